/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afxdp_cluster.h - one member of a cluster
 */
#ifndef TORC_ENGINE_AFXDP_CLUSTER_H
#define TORC_ENGINE_AFXDP_CLUSTER_H

#include "engine/afxdp_block.h"
#include "engine/afxdp_port.h"

struct torc_cluster_member;

struct afxdp_member {
	struct afxdp_cluster *cluster;
	struct torc_cluster_member *member;
	struct afxdp_port *port;
	unsigned int slot;
	bool running;
	int wake;         /* a socket: readable when somebody has handed packets to us */
	unsigned int wake_number; /* its name */
	uint64_t taken;   /* out of the inbox; atomic, one writer */
	uint64_t useless; /* of them, what were no packets; the same */
	uint32_t base;    /* the place of the inbox at which taken was 0 */
	uint64_t past_dropped; /* claimed of what the sockets lost, and overflowed before a fork */
	uint32_t out;      /* packets that the ring has */
	uint32_t returned; /* frames that we gave back since the last refill */
	uint32_t progress; /* of all, when the rx rings were looked at last */
	bool waited;       /* the lock was another's the last time */
};

struct afxdp_join {
	struct afxdp_port *port;
	const char *device;             /* for sentences */
	uint64_t mask;
	int epoll;                      /* gets what wakes the member */
	struct afxdp_sockets **sockets; /* the engine's; NULL there: another process has them */
};

int afxdp_cluster_join(struct afxdp_member **joined, const struct afxdp_join *join,
		       struct torc_cluster_member *member, struct torc_error *error);
/*
 * Frees the member; its share and its frames are the others'. Adds what it has seen to past. Returns
 * whether there are others. Under the port's lock, as the three that follow and joining.
 */
bool afxdp_cluster_leave(struct afxdp_member *member, int epoll, struct torc_engine_stats *past);
int afxdp_cluster_start(struct afxdp_member *member);
void afxdp_cluster_stop(struct afxdp_member *member);
/* Add what it has seen and dropped. */
void afxdp_cluster_count(struct afxdp_member *member, struct torc_engine_stats *stats);
/* A block of what is ours, its frames back, packets at hand; without that lock. */
uint32_t afxdp_cluster_take(struct afxdp_member *member, struct afxdp_block *block);
void afxdp_cluster_give_back(struct afxdp_member *member, const struct afxdp_block *block);
/* A block of somebody who is in no cluster, though one has the sockets meanwhile. */
void afxdp_cluster_return(struct afxdp_sockets *sockets, const struct afxdp_block *block);
unsigned int afxdp_cluster_queued(struct afxdp_member *member);

#endif
