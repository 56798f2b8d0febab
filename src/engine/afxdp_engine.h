/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afxdp_engine.h - inside the AF_XDP engine
 *
 *	card ── XDP program ────┬── socket of queue 0 ──┐
 *	        (afxdp_program) ├── socket of queue 1 ──┼── engine ── ring
 *	                        │     (afxdp_queue)     │
 *	                        └── host stack          └── a port: what this process holds of an
 *	                            everything else         interface (afxdp_port)
 *
 * With mode=tap the program puts copies into a queue of our own (afxdp_tap) and the packet goes to
 * the host stack.
 *
 * The program and its map belong to the port: an interface takes one XDP program, so all rings
 * that this process has on an interface share it. The sockets of a set of queues (afxdp_sockets)
 * belong to all engines of this process on these queues; one of them receives alone, or all that
 * are in a cluster do, with those of other processes (afxdp_cluster). Everything is held by
 * descriptors alone, so whatever ends the last process gives the interface back to the host.
 */
#ifndef TORC_ENGINE_AFXDP_ENGINE_H
#define TORC_ENGINE_AFXDP_ENGINE_H

#include "engine/afxdp_port.h"

struct afxdp_member;

/* A batch of descriptors that the ring holds. */
struct afxdp_block {
	struct afxdp_queue *queue;
	bool handed;    /* to a member of a cluster, by its leader */
	uint8_t *whole; /* where packets in several pieces are put together; NULL until needed */
	uint32_t count;
	struct xdp_desc descs[AFXDP_BLOCK_PACKETS];
};

/*
 * What an engine is to the queues of its interface:
 *
 *	sender   it only sends, by a socket of its own
 *	owner    it receives by sockets that are this process's alone
 *	member   of a cluster, it receives what the leader hands it (afxdp_member.c)
 *	outside  a cluster has the queues: it has left it, or may be about to join
 *
 * Who receives nothing has neither take nor queued, stop and count. Start, stop and count are called
 * under the port's lock.
 */
struct afxdp_role {
	/* Up to a block of descriptors, of one queue; 0: none at hand. */
	uint32_t (*take)(struct torc_engine *engine, struct afxdp_block *block);
	void (*give_back)(struct torc_engine *engine, const struct afxdp_block *block);
	unsigned int (*queued)(struct torc_engine *engine); /* packets at hand */
	int (*start)(struct torc_engine *engine);
	void (*stop)(struct torc_engine *engine);
	/* Adds what was seen and dropped and is not past yet. */
	int (*count)(struct torc_engine *engine, struct torc_engine_stats *stats);
};

extern const struct afxdp_role afxdp_role_sender, afxdp_role_owner, afxdp_role_outside;

/* What a ring that receives has in its hands. */
struct afxdp_blocks {
	struct afxdp_block **all; /* by token */
	uint32_t *free;           /* stack of tokens */
	uint32_t count, free_count;
	struct afxdp_block *current;  /* acquired last */
	uint32_t filled;              /* descriptors of current seen by fill() */
	uint32_t next_queue;          /* where acquire() looks first */
	uint64_t monotonic_offset_ns; /* CLOCK_REALTIME - CLOCK_MONOTONIC */
	uint64_t pickup_ns;           /* CLOCK_REALTIME when current was acquired */
	uint64_t sampled_ns;          /* CLOCK_MONOTONIC when these two were read */
};

/* atomic: stats() may come from any thread */
struct afxdp_counters {
	uint64_t past_seen, past_dropped; /* between a start and a stop, and in a cluster, of before */
	bool past_unknown;                /* the kernel did not say at a stop */
	uint64_t sent, sent_bytes, send_errors, send_full;
};

struct torc_engine {
	const struct afxdp_role *role;
	struct afxdp_port *port;       /* NULL: a sender's, or its interface is gone */
	struct afxdp_sockets *sockets; /* NULL: another process has them */
	struct afxdp_member *member;   /* a member's */

	struct afxdp_link device;
	struct torc_engine_config config; /* its strings are not kept */
	struct afxdp_reader reader;
	bool generic; /* asked for */
	bool tap;     /* copies; the host has every packet too */
	uint32_t busy_poll_us;
	uint64_t buffer_bytes;
	uint64_t queue_mask;

	bool running; /* between start() and stop() */
	bool down;    /* as told to the ring last */
	bool gone;    /* deleted */
	bool waiting; /* started in vain; tried again now and then */
	bool checked; /* since start() */
	int epoll;    /* over the sockets and monitor: what the ring waits for */
	int monitor;  /* netlink */
	int packet_socket; /* holds promiscuous mode, sends on other interfaces; -1 until needed */
	bool promisc;

	struct afxdp_blocks blocks;
	struct afxdp_counters counters;
	pthread_mutex_t sockets_lock; /* they do not change under the hands of stats() */
};

/* What a role has seen is past when it ends. */
static inline void afxdp_add_past(struct torc_engine *engine, const struct torc_engine_stats *stats)
{
	__atomic_fetch_add(&engine->counters.past_seen, stats->seen, __ATOMIC_RELAXED);
	__atomic_fetch_add(&engine->counters.past_dropped, stats->dropped, __ATOMIC_RELAXED);
}

/* afxdp_open.c: from the device string to sockets on an interface */
int afxdp_open_device(struct torc_engine *engine, const char *name, const char *settings,
		      struct torc_error *error);
int afxdp_open_on_device(struct torc_engine *engine, struct torc_error *error);
void afxdp_close_on_device(struct torc_engine *engine);
/* Under the port's lock, before start(): would the kernel take its program? */
int afxdp_try_program(struct torc_engine *engine, struct torc_error *error);

/* afxdp_run.c: start and stop, and the interface's fate */
int afxdp_start(struct torc_engine *engine);
int afxdp_stop(struct torc_engine *engine);
int afxdp_check(struct torc_engine *engine);
int afxdp_join(struct torc_engine *engine, struct torc_cluster_member *member,
	       struct torc_error *error);
int afxdp_leave(struct torc_engine *engine);
int afxdp_stats(struct torc_engine *engine, struct torc_engine_stats *stats);

int afxdp_acquire(struct torc_engine *engine, uint32_t *token);
unsigned int afxdp_fill(struct torc_engine *engine, struct torc_packet *packets, unsigned int max);
void afxdp_release(struct torc_engine *engine, uint32_t token);
unsigned int afxdp_queued(struct torc_engine *engine);
void afxdp_blocks_free(struct afxdp_blocks *blocks);

/* The packet socket, opened now if it was not: -EPERM and others. */
int afxdp_packet_socket(struct torc_engine *engine);
int afxdp_set_promisc(struct torc_engine *engine, bool on);
int afxdp_send(struct torc_engine *engine, int ifindex, const void *data, size_t length);
int afxdp_send_batch(struct torc_engine *engine, const struct torc_packet *packets,
		     unsigned int count);
int afxdp_flush(struct torc_engine *engine);

#endif
