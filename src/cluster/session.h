/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * session.h - this process's part in one cluster
 *
 * A session exists from the first member of this process in the cluster to the last. All sessions
 * are under one lock of the process, the big lock; the watcher thread holds it while it works. The
 * table's lock is taken inside it and never waited for with the big lock held, so that the watchers
 * of all processes keep answering each other (torc_session_lock_table()).
 */
#ifndef TORC_CLUSTER_SESSION_H
#define TORC_CLUSTER_SESSION_H

#include <stdbool.h>
#include <sys/types.h>

#include "cluster/cluster.h"
#include "cluster/peer.h"
#include "cluster/table.h"

struct session_client {
	struct session_client *next;
	int fd;
	unsigned int process; /* CLUSTER_NOBODY until its HELLO */
};

struct session {
	struct session *next;
	unsigned int refs; /* the list's, and those of functions that let the big lock go */
	unsigned int id;
	unsigned int members; /* of this process */
	pid_t pid;            /* of the process that has this session: not a fork's */
	unsigned int process; /* our number in the table */
	struct cluster_table *table;
	int memfd;
	int table_map, program; /* CLUSTER_MODE_EXTENDED: the bucket map and the program */
	void *map_memory;
	bool down;         /* out of the list */
	bool forked;       /* this process has it from its parent */
	bool collect;      /* server: there may be places to give up */
	bool stuck;        /* the table's lock could not be had: its holder was stopped, perhaps */
	bool orphan;       /* the server is gone and no other was found yet */
	int listener;      /* of the server, else -1 */
	int server;        /* of everybody else, else -1: the connection to it */
	int links;         /* of the server: netlink, what becomes of interfaces; else -1 */
	bool link_down[CLUSTER_GROUPS];
	struct session_client *clients;
	uint64_t confirm_by_ns; /* a new server: who has not come back by then is dead; 0: all have */
	uint64_t confirm_end_ns; /* the same, for those that are alive */
	struct peer_message goods[CLUSTER_GROUPS]; /* CLUSTER_MODE_DEALT; fd_count 0: none */
	int dups[CLUSTER_SLOTS]; /* a duplicate of each slot's socket, or -1 */
};

void torc_sessions_lock(void);
void torc_sessions_unlock(void);
struct session *torc_sessions_first(void);
/* Changes in the child of a fork. */
unsigned int torc_session_forks(void);

/*
 * The session of a cluster, made if there is none: found in this process, joined over a socket, or
 * founded. Big lock held. It is kept until torc_session_put().
 */
int torc_session_get(struct session **session, const struct torc_cluster_request *request,
		     struct torc_error *error);
void torc_session_hold(struct session *session);
void torc_session_put(struct session *session);

/*
 * A fork has inherited a session and uses it: from now on it has its own connection and watcher,
 * and a process number of its own. 0 too when nothing had to be done.
 */
int torc_session_own(struct session *session, struct torc_error *error);

/* The last member has left: disconnect, and free once nobody holds it. Big lock held. */
void torc_session_close(struct session *session);

/*
 * Lock the table; big lock held, and let go while waiting. -ESHUTDOWN: the session was closed
 * meanwhile, and its clients are freed; -ETIMEDOUT: who has it does not go on (SIGSTOP, a debugger).
 * The watcher waits for ever, and needs a torc_session_hold() of its own.
 */
int torc_session_lock_table(struct session *session);

/* To the server, and to all others if that is us; not to the one it came from. */
void torc_session_tell(struct session *session, const struct peer_message *message, int from);
/* What the members on an interface have in common, or NULL. */
struct peer_message *torc_session_goods(struct session *session, int ifindex);
/* Keep it, unless there is some already; the descriptors are taken in any case. */
void torc_session_keep_goods(struct session *session, struct peer_message *message);
/* Let the others have this slot's socket, and do what LOOK asks for; errors are no matter. */
void torc_session_share_socket(struct session *session, unsigned int slot);
void torc_session_look(struct session *session);
void torc_session_drop_dup(struct session *session, unsigned int slot);

/* ---- group.c: the kernel's side; big lock and table lock held ---- */

/* Put a socket into the group of an interface, which is made if need be. Returns the group. */
int torc_group_enter(struct session *session, unsigned int slot, int fd, int ifindex,
		     struct torc_error *error);
/* Shares as the slots want them, and a program that says so. */
int torc_group_update(struct session *session, unsigned int group);
/* The program only; leaving as in torc_places_fill(). */
int torc_group_install(struct session *session, unsigned int group, unsigned int leaving);
/* Until no packet is on its way that has met an older program or table. */
void torc_group_wait(struct session *session, unsigned int group);
/* Compare all groups with what the kernel has, drop what is gone, and install again. */
void torc_group_repair(struct session *session);
/* The id a cluster's group on this interface has if nobody else uses it. */
uint16_t torc_group_preferred_id(unsigned int id, int ifindex);

/*
 * links.c: an interface that comes up again has its sockets in another order. open: of the server;
 * read: something happened to an interface.
 */
void torc_links_open(struct session *session);
void torc_links_read(struct session *session);

/* ---- serve.c: the server, and what becomes of the others when it dies; big lock held ---- */

/* This process listens from now on, in the place of the one that did. */
void torc_serve_begin(struct session *session);
void torc_serve_accept(struct session *session);
void torc_serve_client(struct session *session, struct session_client *client);
/* Of everybody else: something came from the server, or it is gone. */
void torc_serve_server(struct session *session);
/* What is due; returns in how many milliseconds to call again, -1: not before something happens. */
int torc_serve_due(struct session *session);
void torc_serve_close_client(struct session *session, struct session_client *client);

/* ---- watch.c: the watcher thread ---- */

int torc_watch_start(void);
/* Call torc_serve_...() when this descriptor is readable / no more (before it is closed). */
int torc_watch_add(int fd);
void torc_watch_remove(int fd);
/* Wake the watcher so that it looks what is due. */
void torc_watch_poke(void);
/* The last session is gone: ends the thread. Big lock held, and let go meanwhile. */
void torc_watch_stop(void);
/* Is the calling thread the watcher? */
bool torc_watch_is_self(void);
/* In a fork there is no watcher. */
void torc_watch_forget(void);

uint64_t torc_cluster_now_ns(void);

#endif
