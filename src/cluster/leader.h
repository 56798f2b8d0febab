/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * leader.h - the one process of a cluster that changes its table
 *
 * It lets processes in, answers their requests (message.h), does what there is to do in the kernel
 * (group.h), notices deaths and gives places up. All of it is under the big lock (watch.h); what
 * comes from other processes the watcher reads, what its own process wants is a call.
 */
#ifndef TORC_CLUSTER_LEADER_H
#define TORC_CLUSTER_LEADER_H

#include <stdbool.h>

#include "cluster/group.h"

/* Another process of the cluster, by its number. */
struct leader_process {
	int line;  /* -1: it has none: not in use, or it has not come to this leader yet */
	int pidfd; /* -1: only the end of its line tells of its death */
};

struct leader {
	struct cluster cluster;
	struct torc_door door;
	unsigned int self;  /* our process number */
	bool collect;       /* there may be places to give up */
	int links;          /* netlink: what becomes of interfaces; or -1 */
	bool link_down[CLUSTER_GROUPS];
	uint64_t confirm_by_ns;  /* who has not come back by then is dead; 0: all have */
	uint64_t confirm_end_ns; /* the same, for those that are alive */
	uint64_t settle_by_ns;   /* no socket enters before all have come back, or it is then */
	struct leader_process processes[CLUSTER_PROCESSES];
};

/*
 * torc_leader_found - a new cluster; our process is its first
 * torc_leader_succeed - go on in the place of another, with the table that it left
 *
 * Whoever calls has the lock of the place. shared gets a new memory, and the mailbox and so on where
 * it is new. Returns 0 or a negative errno.
 */
int torc_leader_found(struct leader **leader, struct cluster_shared *shared);
int torc_leader_succeed(struct leader **leader, struct cluster_shared *shared,
			const struct cluster_memory *old, unsigned int self);

/*
 * Lines, door and table; not what is shared. Is any other process left in the cluster? In a fork too,
 * once it has forgotten the watcher: nobody is to take it for the leader.
 */
bool torc_leader_close(struct leader *leader);

/* Something came on a descriptor; false: it is none of ours. */
bool torc_leader_ready(struct leader *leader, int fd);

/* What is due; in how many milliseconds to call again, -1: not before something happens. */
int torc_leader_due(struct leader *leader);

/* ---- requests.c: what a process asks for; also our own ---- */

/* The descriptors are taken. An answer is filled in where one is due. */
void torc_leader_request(struct leader *leader, unsigned int process,
			 const struct cluster_message *request, int *fds, unsigned int fd_count,
			 struct cluster_message *answer);

/* To every other process but one. */
void torc_leader_tell(struct leader *leader, const struct cluster_message *message, const int *fds,
		      unsigned int fd_count, unsigned int but);

/* ---- collect.c: deaths and places ---- */

/* Everybody closes the duplicate of a slot's socket. */
void torc_leader_drop_socket(struct leader *leader, unsigned int slot);
/* Its members hold no share from now on, and their places can go. */
void torc_leader_process_gone(struct leader *leader, unsigned int process);
/* Give up the places of closed sockets; returns whether something is left to do. */
bool torc_leader_collect(struct leader *leader);

#endif
