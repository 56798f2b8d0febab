/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cluster.h - membership of one ring's interface in one cluster
 *
 * The ring makes a member for each of its interfaces when torc_ring_set_cluster() is called; an
 * engine brings its socket in when it starts to receive and out before it stops. A member whose
 * socket is not serving holds no share.
 *
 *	torc_cluster_join      checks type, device and privilege, registers; no share yet
 *	torc_cluster_attach    the socket enters the kernel's fanout group, without a share: from now
 *	                       on it receives nothing
 *	                       ... the engine removes the filter that refused everything ...
 *	torc_cluster_serve     the member takes its share
 *	torc_cluster_detach    the share goes to the others; the socket receives nothing more
 *	                       ... the engine reads what is left, unmaps and closes the socket ...
 *	torc_cluster_closed    the socket is closed: its place in the group can go
 *	torc_cluster_leave     the member is gone
 *
 * A fanout group cannot be left while the socket lives (linux/if_packet.h), so after a detach the
 * engine receives on a new socket. How no packet is lost or misplaced on the way is told in
 * docs/clusters.md. Functions may be called from any thread, one at a time for each member. None
 * is called per packet.
 */
#ifndef TORC_CLUSTER_H
#define TORC_CLUSTER_H

#include <stdbool.h>

#include <torc/ring.h>

#include "fanout/program.h"
#include "fanout/types.h"

struct torc_cluster_member;

struct torc_cluster_request {
	bool dealt; /* the members deal the packets out themselves: see below */
	unsigned int id;
	enum torc_cluster_type type;
	uint32_t options;
	const char *device; /* of the whole ring, as shown to people: all members agree on it */
	int ifindex;        /* this interface; 0: any */
	const char *application_name;
	uint32_t ring_id;
};

/*
 * torc_cluster_join - register a new member, owned by the caller
 *
 * Needs CAP_NET_RAW. Returns 0, -EINVAL (id, type, options), -EPERM, -TORC_ECLUSTER (the cluster
 * lives with another type, options or device), -ENOSPC (256 members), -EOPNOTSUPP (a type that
 * needs CAP_BPF).
 */
int torc_cluster_join(struct torc_cluster_member **member,
		      const struct torc_cluster_request *request, struct torc_error *error);

/*
 * torc_cluster_attach - put a socket into the group
 *
 * fd  a packet socket bound to the interface with ETH_P_ALL, its ring set up, with a filter that
 *     refuses everything; borrowed (it is duplicated: closing it does not leave the group)
 *
 * When it returns 0 the socket receives nothing, until torc_cluster_serve(). (The first member of a
 * group, and round robin by classic means, receive from here on: they too should still refuse.)
 */
int torc_cluster_attach(struct torc_cluster_member *member, int fd, struct torc_error *error);

/* torc_cluster_serve - take the share; the flows that move come from all others evenly */
int torc_cluster_serve(struct torc_cluster_member *member, struct torc_error *error);

/* torc_cluster_detach - give the share up; what is in the socket's ring can still be read */
int torc_cluster_detach(struct torc_cluster_member *member);

/*
 * torc_cluster_check - to be called now and then by whoever receives: after a fork() the process
 * that goes on receiving becomes the member, in the place of its parent. Cost: one comparison.
 */
void torc_cluster_check(struct torc_cluster_member *member);

/* torc_cluster_closed - the engine has unmapped and closed the socket it attached */
void torc_cluster_closed(struct torc_cluster_member *member);

/* torc_cluster_leave - detach and closed where needed, and free the member; NULL is allowed */
void torc_cluster_leave(struct torc_cluster_member *member);

/*
 * Where one of the members hands the packets out (AF_XDP): there is no fanout group, and all members
 * have the same sockets. What they have in common is described by descriptors: whoever has it offers it, all others obtain it, and it stays as long as one of them
 * lives. fds[1] is an XSKMAP, fds[2 + 2 * n] the socket of the nth queue of the mask: the sockets
 * are in the map while some member serves. The rest is the engine's.
 *
 * torc_cluster_attach() takes any socket then, to tell this member from another one of its slot.
 */
#define TORC_CLUSTER_FDS (2 + 2 * 64 + 4)

struct torc_cluster_goods {
	uint64_t queues;
	uint32_t count;
	int fds[TORC_CLUSTER_FDS];
};

/* In memory that all members share; each number is atomic. */
struct torc_cluster_deal {
	uint32_t changes; /* counts them: of members and of shares */
	uint32_t serving; /* members that serve; 0: owner is as it was before */
	uint32_t turns;   /* round robin goes through that many buckets */
	uint16_t owner[CLUSTER_BUCKETS]; /* the slot of each bucket; 0xFFFF: nobody's */
};

/* torc_cluster_offer - the descriptors stay the caller's: they are duplicated. 0, -EMFILE. */
int torc_cluster_offer(struct torc_cluster_member *member, const struct torc_cluster_goods *goods);
/* torc_cluster_obtain - the caller owns the descriptors; waits half a second at most: -EBUSY; -EMFILE */
int torc_cluster_obtain(struct torc_cluster_member *member, struct torc_cluster_goods *goods);
/* Valid as long as the member is; of its interface, once it is attached. */
const struct torc_cluster_deal *torc_cluster_deal(const struct torc_cluster_member *member);
unsigned int torc_cluster_id(const struct torc_cluster_member *member);
enum torc_cluster_type torc_cluster_type(const struct torc_cluster_member *member);
/* This member's own slot, below CLUSTER_SLOTS; the first from 0 on that is free. */
unsigned int torc_cluster_slot(const struct torc_cluster_member *member);
/* Is somebody of our interface in the slot, who has not left? */
bool torc_cluster_present(const struct torc_cluster_member *member, unsigned int slot);
/* The inode of what the member in the slot has attached. */
uint64_t torc_cluster_socket(const struct torc_cluster_member *member, unsigned int slot);
/* This member goes; was it the last on its interface? Then who joins now begins a cluster anew. */
bool torc_cluster_last(struct torc_cluster_member *member);
/*
 * torc_cluster_mark - a descriptor that says something of an interface to all processes, as long as
 * it is open: TORC_MARK_DEALT, such a cluster has it; TORC_MARK_OPEN, a process that may begin one.
 */
#define TORC_MARK_DEALT "dealt"
#define TORC_MARK_OPEN  "open"
int torc_cluster_mark(int ifindex, const char *what);
void torc_cluster_unmark(int ifindex, const char *what, int fd); /* and close it */
bool torc_cluster_marked(int ifindex, const char *what);

/*
 * torc_cluster_file_join - a seat among the rings of this process that read one file as a cluster
 *
 * Rings on the same file (path) with the same id split it: the seats are numbered in the order of
 * joining, for good when the first of them begins to read. Joining later is -EBUSY. Another process
 * on the same file and id is refused (-TORC_ECLUSTER): processes say "pcap:FILE;member=2/4", which
 * needs no registry.
 */
struct torc_cluster_seat;
int torc_cluster_file_join(struct torc_cluster_seat **seat, const char *path, unsigned int id,
			   enum torc_cluster_type type, struct torc_error *error);

/* torc_cluster_file_begin - the ring is about to read: its number, from 0, and how many there are */
void torc_cluster_file_begin(struct torc_cluster_seat *seat, unsigned int *index,
			     unsigned int *count);
void torc_cluster_file_leave(struct torc_cluster_seat *seat);

#endif
