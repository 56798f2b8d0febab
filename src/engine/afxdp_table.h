/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afxdp_table.h - the table that the members of an AF_XDP cluster share
 *
 *	rx rings ── whoever finds nothing in its inbox has the lock  ──┬── inbox of member 0
 *	            and hands whole runs of packets out                ├── inbox of member 1
 *	                                                               └── ...
 *	fill rings ── frames that were given back, in order, many at once ── holder of each frame
 *
 * Every member can write this memory, so nothing in it is believed: the geometry is this process's
 * own copy, each number is loaded once and bounded, and where a packet lies follows from the number
 * of its frame and our own base. There is no address and no object of a library in it. All access
 * goes through the functions below, which know the queues but no engine, no cluster and no process.
 *
 * A member takes from its inbox and gives frames back without the lock. Who has the lock may be
 * killed or stopped (SIGSTOP, a debugger) at any instruction: whoever waits for a while takes the
 * lock over and completes what was begun. One that goes on after that finds the lock another's
 * before each thing that it writes, and the rings of the kernel are moved by compare-and-swap, so
 * that it moves nothing any more.
 */
#ifndef TORC_ENGINE_AFXDP_TABLE_H
#define TORC_ENGINE_AFXDP_TABLE_H

#include "engine/afxdp_queue.h"

#define TABLE_SLOTS  256u
#define TABLE_NOBODY TABLE_SLOTS

/* How the memory is cut. Powers of two, but for queues and frames; the shifts are their logarithms. */
struct afxdp_geometry {
	uint32_t queues;
	uint32_t frame_count, count_shift; /* of a queue */
	uint32_t frame_bytes, bytes_shift;
	uint32_t frames;             /* of all queues */
	uint32_t inbox, inbox_shift; /* places in each */
};

#define AFXDP_TABLE_MAGIC 0x54580004u /* changes with all that follows */

/* What the one that makes the table tells those who come, in memory that is sealed. */
struct afxdp_table_about {
	uint32_t magic; /* filled in by afxdp_table_create() */
	uint32_t unused;
	uint64_t queue_mask, buffer_bytes;
	uint32_t frame_count, frame_bytes; /* of each queue */
	uint32_t cookie, generic;          /* the port's */
};

/* A packet: the number of its frame among those of all queues, and where in it. */
struct afxdp_packet {
	uint32_t frame, offset, length;
};

/* ---- the layout, which afxdp_table.c alone looks into ---- */

struct afxdp_table_member {
	uint32_t head __attribute__((aligned(64))); /* the next place of its inbox */
	uint32_t held;       /* frames, in the inbox and taken from it */
	uint64_t overflowed; /* packets that it had no frames left for */
	uint32_t asleep __attribute__((aligned(64)));
	uint32_t wake;
};

struct afxdp_shared {
	uint32_t lock __attribute__((aligned(64))); /* slot + 1, and its turn << 16; 0: free */
	uint32_t progress;
	uint32_t turn;
	uint64_t claimed;
	uint32_t refill_end[AFXDP_MAX_QUEUES];
	uint32_t cursor[AFXDP_MAX_QUEUES]; /* where the next refill begins */
	uint32_t returned __attribute__((aligned(64))); /* frames, since the last one */
	struct afxdp_table_member members[TABLE_SLOTS];
	/* uint64_t inbox[TABLE_SLOTS][geometry.inbox], uint16_t holder[geometry.frames] */
};

/* ---- what a process has of it ---- */

struct afxdp_table {
	struct afxdp_geometry geometry;
	struct afxdp_queue *queues; /* as this process has them mapped; borrowed */
	struct afxdp_shared *shared;
	uint16_t *holder; /* of each frame; in the shared memory, as inbox is */
	uint64_t *inbox;
	size_t bytes;
	int memory, about; /* descriptors of whoever has made it; else -1 */

	bool present[TABLE_SLOTS]; /* members, as this process knows them */
	uint32_t limit;            /* of the frames that one of them may hold */
	uint32_t word;             /* in the lock when it is ours */
	uint32_t turns;            /* tells two times apart at which we had it */
	uint32_t seen_word, seen_progress;
	uint64_t seen_ns; /* since then the lock is as it is */
};

/* Of queues that this process has. Returns 0, -ENOMEM and other codes. */
int afxdp_table_create(struct afxdp_table *table, const struct afxdp_table_about *about,
		       struct afxdp_queue *queues);
/* Of another process's making: what it tells is checked, and copied to about. */
int afxdp_table_map(struct afxdp_table *table, int memory, int about_fd,
		    struct afxdp_table_about *about);
/* The same on memory that is there already; for tests. */
int afxdp_table_lay(struct afxdp_table *table, void *memory, size_t bytes,
		    const struct afxdp_table_about *about);
void afxdp_table_free(struct afxdp_table *table);

/* ---- the lock ---- */

/* The slot that has it, or TABLE_NOBODY. */
uint32_t afxdp_table_locker(const struct afxdp_table *table);
/*
 * Returns at once. gone: who has it is known to be dead. It is taken over when nothing has changed
 * for 10 ms with a dead holder, and for 100 ms with one that may be stopped.
 */
bool afxdp_table_try_lock(struct afxdp_table *table, uint32_t slot, bool gone);
void afxdp_table_unlock(struct afxdp_table *table);

/* ---- with the lock ---- */

/* A new member in the slot. Returns the place of its next packet. */
uint32_t afxdp_table_enter(struct afxdp_table *table, uint32_t slot);
/* What the slot holds is free; TABLE_NOBODY: what anybody holds. */
void afxdp_table_release(struct afxdp_table *table, uint32_t slot);
/* What nobody holds who is present. */
void afxdp_table_release_absent(struct afxdp_table *table);
/* The packets at the front of a queue's rx ring, AFXDP_BLOCK_PACKETS at most. */
uint32_t afxdp_table_look(struct afxdp_table *table, uint32_t queue, struct afxdp_packet *packets);
/*
 * Hand them out, each to its owner's inbox, and take them out of the rx ring. Who had better be woken
 * is written to asleep; returns how many.
 */
uint32_t afxdp_table_hand_out(struct afxdp_table *table, uint32_t queue,
			      const struct afxdp_packet *packets, const uint16_t *owners,
			      uint32_t count, uint16_t *asleep);
/* Free frames to the kernel: when many of them have come together, or all that there are. */
void afxdp_table_refill(struct afxdp_table *table, bool all);
/* A number that changes with each run of packets that is handed out. */
uint32_t afxdp_table_progress(const struct afxdp_table *table);
/* For round robin: the next number. */
uint32_t afxdp_table_turn(struct afxdp_table *table);

/* ---- without it ---- */

/*
 * Up to max packets of one queue out of the inbox of a slot, from *place on, which moves; *queue is
 * theirs. Returns how many; those that cannot be are left out, and *place counts them. By more than
 * geometry.inbox it moves only when the inbox itself was not what it can be.
 */
uint32_t afxdp_table_take(const struct afxdp_table *table, uint32_t slot, uint32_t *place,
			  struct xdp_desc *descs, uint32_t max, uint32_t *queue);
/* The slot's frames are free again, if they are the slot's; any: though they are nobody's. */
void afxdp_table_give_back(struct afxdp_table *table, uint32_t slot, uint32_t queue,
			   const struct xdp_desc *descs, uint32_t count, bool any);
uint32_t afxdp_table_waiting(const struct afxdp_table *table, uint32_t slot, uint32_t place);
/* The frames that it holds, as all believe. */
uint32_t afxdp_table_held(const struct afxdp_table *table, uint32_t slot);
/*
 * From now on who hands packets to this slot is to wake it, by the socket of this number; look once
 * more before sleeping.
 */
void afxdp_table_sleep(struct afxdp_table *table, uint32_t slot, uint32_t wake);
uint32_t afxdp_table_wake_number(const struct afxdp_table *table, uint32_t slot);
uint64_t afxdp_table_overflowed(const struct afxdp_table *table, uint32_t slot);
/* Of what the sockets have lost, as much as nobody has claimed yet. */
uint64_t afxdp_table_claim(struct afxdp_table *table, uint64_t lost);

#endif
