/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * shared.h - what every process of a cluster holds, leader or not: descriptors
 *
 * With them a process can become the leader without any right and without a name: the socket at
 * which new processes knock, the mailbox, the table's memory, the eBPF program and its map, and a
 * duplicate of every member's socket.
 */
#ifndef TORC_CLUSTER_SHARED_H
#define TORC_CLUSTER_SHARED_H

#include "cluster/cluster.h"
#include "cluster/message.h"

struct cluster_handoff {
	int ifindex;
	struct torc_cluster_goods goods; /* count 0: none; owned */
};

struct cluster_shared {
	unsigned int id;
	struct torc_peer_place place;
	uid_t user;     /* effective, when it joined */
	int proof;      /* a packet socket: our right to capture here */
	int lock;       /* our own; -1: this process cannot become the leader */
	int listener;
	int mailbox[2]; /* in: the leader reads; out */
	int memory;     /* of the table */
	int map, program; /* CLUSTER_MODE_EXTENDED: the bucket map and the program */
	void *map_memory; /* of the leader */
	struct cluster_handoff handoffs[CLUSTER_GROUPS]; /* CLUSTER_MODE_DEALT */
	int dups[CLUSTER_SLOTS]; /* a duplicate of each slot's socket, or -1 */
};

void torc_shared_init(struct cluster_shared *shared, unsigned int id);
void torc_shared_close(struct cluster_shared *shared);

/* What the members had in common, and their program: there are none. */
void torc_shared_forget(struct cluster_shared *shared);

/* Keep a duplicate in the place of an older one; the descriptor is taken. */
void torc_shared_keep_socket(struct cluster_shared *shared, unsigned int slot, int fd);
void torc_shared_drop_socket(struct cluster_shared *shared, unsigned int slot);

/* What the members on an interface have in common, or NULL. */
const struct torc_cluster_goods *torc_shared_handoff(const struct cluster_shared *shared,
						     int ifindex);
/* Keep it, unless there is some already or no room; the descriptors are taken in any case. */
void torc_shared_keep_handoff(struct cluster_shared *shared, const struct cluster_message *message,
			      int *fds, unsigned int fd_count);

/* A message on a line with a slot's socket, or what is handed off; errors are no matter. */
void torc_shared_send_socket(const struct cluster_shared *shared, int line, unsigned int slot);
void torc_shared_send_handoffs(const struct cluster_shared *shared, int line);

#endif
