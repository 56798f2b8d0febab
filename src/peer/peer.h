/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * peer.h - which other process may share a capture with ours, and how the two meet
 *
 * Processes that share a capture (the members of a cluster) hand each other packet sockets and
 * memory. One of them, the leader, listens; others come to it. Nobody is let in for being root, nor
 * for a name or a number that he writes somewhere:
 *
 *  1. Place. The leader listens on a unix socket, KIND-NETNS-ID, in a folder that its user alone can
 *     write: /run/torc for root, $XDG_RUNTIME_DIR/torc for anybody else. NETNS names the network
 *     namespace. Who comes looks whether folder and socket are his own user's (place.c).
 *  2. User. Both sides compare SO_PEERCRED with the effective user they had when they began; the
 *     leader does it right after accept(4), before anything is kept of a connection (door.c).
 *  3. Right. The first message each side sends brings a packet socket (linux/if_packet.h): whoever
 *     has one in this network namespace, unbound and without a locked filter, may see and send
 *     everything here already, so that what he is handed gives him nothing new (proof.c). Where what
 *     is shared takes another right, the proof is a socket of that family: AF_XDP.
 *  4. Life. A process is known by a descriptor of it (pidfd_open(2)), not by its number (proof.c).
 *
 * What each side does, in order:
 *
 *	who comes                                     the leader
 *	torc_peer_place()                             torc_peer_place()
 *	torc_peer_connect()                           torc_peer_lock_open(), torc_peer_lock()
 *	torc_peer_proof()                             torc_peer_listen(), torc_door_open()
 *	torc_peer_send(greeting, proof)               torc_door_accept()
 *	                                              torc_peer_receive(), torc_peer_check_proof()
 *	torc_peer_receive(welcome, proof)             torc_door_greeted(), torc_peer_pidfd()
 *	torc_peer_check_proof()                       torc_peer_send(welcome, proof)
 *
 * Functions return 0 or more, or a negative errno. None waits (marks: 100 ms at most).
 * What is said in the messages is another process's text: whoever receives it looks at each number
 * before it is used.
 */
#ifndef TORC_PEER_PEER_H
#define TORC_PEER_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct torc_error;

/* ---- place.c: where the leader listens ---- */

struct torc_peer_place {
	char path[108]; /* of the socket, as long as sun_path is */
	char lock[116]; /* whoever has this file locked is the leader */
};

/*
 * torc_peer_folder - the folder of this user's sockets, made if need be
 *
 * $TORC_RUNTIME_DIR when that is set; else /run/torc for root, and $XDG_RUNTIME_DIR/torc or
 * /run/user/UID/torc for others. It belongs to our effective user and nobody else can write it.
 * Returns 0, or -ENOENT and a sentence that says what to set.
 */
int torc_peer_folder(char *path, size_t size, struct torc_error *error);
/* Is it, made if need be, a folder of our effective user's that nobody else can write? */
bool torc_peer_folder_usable(const char *folder);

/* torc_peer_netns - a number of the network namespace of the calling thread; 0: cannot be known */
uint64_t torc_peer_netns(void);

/*
 * torc_peer_place - where the leader of KIND and id listens in this network namespace
 *
 * kind  such as "cluster": letters only
 * Returns 0, -ENOENT (no folder), -ENAMETOOLONG.
 */
int torc_peer_place(struct torc_peer_place *place, const char *kind, unsigned int id,
		    struct torc_error *error);

/* The ids of all places of a kind in this network namespace, in order; how many, at most max. */
int torc_peer_places(const char *kind, unsigned int *ids, unsigned int max);

/*
 * torc_peer_lock_open - the lock of a place, owned by the caller; not locked yet
 * torc_peer_lock - lock it: 0, -EBUSY (another process has it), -ESTALE (the file has been removed
 *                  meanwhile: open it anew)
 *
 * It is an flock(2): freed when the process ends, whatever became of it. A fork() inherits it: a
 * child closes its copy.
 */
int torc_peer_lock_open(const struct torc_peer_place *place);
int torc_peer_lock(const struct torc_peer_place *place, int lock);

/*
 * torc_peer_listen - with the lock: a listening socket, non-blocking, owned by the caller
 *
 * -EADDRINUSE when somebody has a listening socket there: he is to be connected to, and answers when
 * he can. A socket that a killed process left is removed. Duplicates of the listening socket may be
 * handed to others, so that the place stays when the leader dies.
 */
int torc_peer_listen(const struct torc_peer_place *place);

/* With the lock: the place is over; both files are removed. */
void torc_peer_remove(const struct torc_peer_place *place);

/*
 * torc_peer_connect - to whoever listens there: a non-blocking descriptor, owned by the caller
 *
 * -ECONNREFUSED: nobody listens; -EACCES: folder, socket or listener are another user's; -EAGAIN:
 * too many are waiting, try again.
 */
int torc_peer_connect(const struct torc_peer_place *place);

/*
 * torc_peer_mark - a descriptor that says something to all processes of this user and network
 * namespace, as long as it or a duplicate of it is open, whoever has it; owned by the caller.
 * -EADDRINUSE: somebody has marked it already.
 * torc_peer_unmark - close the descriptor; nothing is left behind if it was the last
 * torc_peer_marked - does anybody have it?
 *
 * kind, id  as for a place, such as "dealt" and the number of an interface
 */
int torc_peer_mark(const char *kind, unsigned int id, struct torc_error *error);
void torc_peer_unmark(const char *kind, unsigned int id, int fd);
bool torc_peer_marked(const char *kind, unsigned int id);

/* ---- proof.c: who is at the other end ---- */

/* A packet socket that receives nothing, to be shown and closed; -EPERM without CAP_NET_RAW. */
int torc_peer_proof(void);

/*
 * torc_peer_check_proof - is the socket that was handed over a proof of right?
 *
 * fd      what came with the greeting; borrowed
 * family  AF_PACKET: also unbound, protocol 0, its filter not locked; or AF_XDP
 * Returns 0 or -EACCES with a sentence.
 */
int torc_peer_check_proof(int fd, int family, struct torc_error *error);

/* Is the other end of a unix socket a process of this effective user? */
bool torc_peer_is_user(int fd, uid_t user);

/* The process at the other end: a pidfd, owned by the caller, or a negative errno. */
int torc_peer_pidfd(int fd);
/* Its number as seen from here when it connected or listened; 0: not visible. For people only. */
pid_t torc_peer_pid(int fd);

/* ---- message.c: messages with descriptors ---- */

#define TORC_PEER_FDS 136 /* in a message at most */

/* One whole message, or an error: -EAGAIN when it would have to wait, -EPIPE. fds are borrowed. */
int torc_peer_send(int fd, const void *bytes, size_t size, const int *fds, unsigned int fd_count);

/*
 * torc_peer_receive - one message: its length, 0 when the other side is gone, -EAGAIN, -EPROTO
 *
 * size      of bytes; a longer message is -EPROTO
 * fds       of room for TORC_PEER_FDS; what came is owned by the caller
 * fd_count  how many came, 0 with every error: those are closed
 */
int torc_peer_receive(int fd, void *bytes, size_t size, int *fds, unsigned int *fd_count);

/* ---- door.c: connections that have not said yet what they want ---- */

#define TORC_DOOR_WAITING 8
#define TORC_DOOR_NS      1000000000u /* for the greeting */
#define TORC_DOOR_REST_NS 100000000u  /* no accept(4) for so long when descriptors have run out */

struct torc_door {
	int listener; /* borrowed */
	int spare;    /* a descriptor to give up when there are no others */
	uid_t user;
	uint64_t rest_until_ns; /* CLOCK_MONOTONIC; not to be polled before */
	struct {
		int fd; /* owned by whoever accepted it; -1: free */
		uint64_t until_ns;
	} waiting[TORC_DOOR_WAITING];
};

/* Only processes of the user who calls come in. */
void torc_door_open(struct torc_door *door, int listener);
void torc_door_close(struct torc_door *door); /* not the connections */

/*
 * torc_door_accept - the next connection: non-blocking, owned by the caller, who closes it when
 * torc_door_late() names it
 *
 * One whose greeting can be read at once does not wait, and is always let through. -EAGAIN: none, or
 * one that was turned away (a stranger, or the ninth that waits); -EMFILE: no descriptor is left, do
 * not poll the listener until rest_until_ns.
 */
int torc_door_accept(struct torc_door *door, uint64_t now_ns);

/* A connection has greeted, or is closed: it waits no more. */
void torc_door_greeted(struct torc_door *door, int fd);

/* A connection that has not greeted in time, or -1. due_ns: when to ask again, 0: nobody waits. */
int torc_door_late(const struct torc_door *door, uint64_t now_ns, uint64_t *due_ns);

#endif
