/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afxdp_deal.h - what the members of an AF_XDP cluster share: the memory and its lock
 *
 * Between afxdp_deal.c, which deals packets out and gives frames back, and afxdp_share.c, where
 * members join and leave.
 */
#ifndef TORC_ENGINE_AFXDP_DEAL_H
#define TORC_ENGINE_AFXDP_DEAL_H

#include <sys/socket.h>

#include "cluster/cluster.h"
#include "engine/afxdp.h"

#define SLOTS  256u
#define NOBODY SLOTS /* who holds a frame that is lost */
#define WAKE_BYTES 16

/* A number of a frame is its place among all frames of all queues, plus 1. */
struct shared_frame {
	uint64_t addr;
	uint32_t len;
	uint32_t next;   /* in its list; 0: the last */
	uint32_t holder; /* slot + 1; 0: the kernel */
};

struct shared_member {
	uint32_t first, last; /* of the list, 0: empty */
	uint32_t waiting;     /* in the list */
	uint32_t held;        /* in the list and in blocks of the ring */
	uint32_t present, called;
	uint64_t overflowed;
	socklen_t wake_length;
	char wake[WAKE_BYTES]; /* address of its wake socket */
};

struct shared_deal {
	pthread_mutex_t lock;
	struct afxdp_queue like; /* the numbers of all queues; no addresses */
	uint64_t buffer_bytes, queue_mask;
	uint64_t claimed; /* of what the sockets dropped */
	uint32_t queue_count, frames;
	uint32_t cookie, generic;
	uint32_t changes;    /* torc_cluster_deal's, as far as they were looked at */
	uint32_t limit;      /* of held */
	uint32_t accountant; /* the slot that claims what the sockets dropped */
	uint32_t turn;
	uint32_t refill_end[AFXDP_MAX_QUEUES];
	struct shared_member members[SLOTS];
	struct shared_frame frame[];
};

struct afxdp_group {
	struct afxdp_group *next;
	unsigned int id, count; /* members of this process */
	struct torc_engine *host;
	struct shared_deal *deal;
	size_t bytes;
	int memory;
};

static inline struct shared_member *afxdp_deal_mine(const struct torc_engine *engine)
{
	return &engine->group->deal->members[engine->slot];
}

void afxdp_deal_lock(struct torc_engine *engine);
void afxdp_deal_unlock(struct torc_engine *engine);

/* With the lock. */
/* Give back all that is held from the first slot to the last. */
void afxdp_deal_release(struct afxdp_group *group, uint32_t first, uint32_t last);
/* What came while nobody received belongs to nobody. */
void afxdp_deal_discard(struct torc_engine *engine);

/* With the port's lock. */
/* What wakes this member: a socket that the kernel names (unix(7), autobind). */
int afxdp_deal_open_wake(struct torc_engine *engine);
/* Into the slot that the member has. */
int afxdp_deal_enter(struct torc_engine *engine, struct torc_error *error);
/* After a fork() this process may have a slot of its own, which knows nothing of its sockets. */
void afxdp_deal_follow(struct torc_engine *engine);

#endif
