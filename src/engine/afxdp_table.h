/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afxdp_table.h - what the leader of an AF_XDP cluster and its members share
 *
 *	rx rings ── the leader hands whole runs of packets out ──┬── inbox of member 0
 *	                                                         ├── inbox of member 1
 *	                                                         └── ...
 *	fill rings ── the leader, in order, many frames at once ── returns of each member
 *
 * Each word has one writer. The table (who holds which frame, the inboxes and their heads) is in
 * memory that the leader alone can write and the others have mapped to read. What a member says is
 * in memory of its own, one byte a frame, which the leader has mapped to read: the byte becomes what
 * came with the packet when its frame is free again. So a member can give back what it was handed,
 * and nothing else.
 *
 * Nothing that another process wrote is believed: the geometry is this process's own copy, each
 * number is loaded once and bounded, and where a packet lies follows from the number of its frame and
 * our own base. All access goes through the functions below, which know the queues but no engine, no
 * cluster and no process.
 *
 * A leader may end at any instruction. Its successor makes a table of its own from the old one, the
 * rings of the kernel and the returns, and completes what was begun (afxdp_table_succeed()).
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

#define AFXDP_TABLE_MAGIC 0x54580005u /* changes with all that follows */

/* What the one that opened the queues tells those who come, in memory that is sealed. */
struct afxdp_table_about {
	uint32_t magic; /* AFXDP_TABLE_MAGIC */
	uint32_t unused;
	uint64_t queue_mask, buffer_bytes;
	uint32_t frame_count, frame_bytes; /* of each queue */
	uint32_t cookie, generic;          /* the port's */
};

/* -EPROTO when it cannot be. */
int afxdp_table_measure(struct afxdp_geometry *geometry, const struct afxdp_table_about *about);

/* A packet: the number of its frame among those of all queues, and where in it. */
struct afxdp_packet {
	uint32_t frame, offset, length;
};

/* In the options of a descriptor that was taken: what the byte of its frame is to become. */
#define AFXDP_TURN (1u << 31)

/* ---- the layout, which afxdp_table.c alone looks into ---- */

struct afxdp_inbox {
	uint32_t head __attribute__((aligned(64))); /* the next place */
	uint64_t overflowed; /* packets that its member had no frames left for */
};

struct afxdp_shared {
	uint64_t claimed; /* of what the sockets lost */
	uint32_t turn;    /* round robin */
	uint32_t refill_end[AFXDP_MAX_QUEUES];
	uint32_t cursor[AFXDP_MAX_QUEUES]; /* where the next refill begins */
	struct afxdp_inbox inboxes[TABLE_SLOTS];
	/* uint64_t entries[TABLE_SLOTS][geometry.inbox], uint16_t holder[geometry.frames] */
};

struct afxdp_returns {
	uint32_t sleeps; /* counts the times at which its reader was about to sleep */
	uint32_t given;  /* and the frames that it has given back */
	uint8_t turn[] __attribute__((aligned(64))); /* of each frame */
};

/* ---- what a process has of it ---- */

/* A member as its leader knows it. */
struct afxdp_seat {
	const struct afxdp_returns *returns; /* NULL: nobody sits here */
	uint32_t next;  /* place of the next entry */
	uint32_t held;  /* frames, in the inbox and taken from it */
	uint32_t given; /* of what it has given back: so many are free or the kernel's */
	uint32_t woken; /* its count of sleeps when it was woken last */
	bool has_more;  /* since afxdp_table_sleeper() */
};

struct afxdp_table {
	struct afxdp_geometry geometry;
	struct afxdp_shared *shared; /* the leader can write it, nobody else */
	uint64_t *entries;
	uint16_t *holder; /* of each frame */
	size_t bytes;
	int memory; /* the leader's descriptor, or -1 */

	/* the leader's own */
	struct afxdp_queue *queues; /* borrowed */
	struct afxdp_seat *seats;   /* TABLE_SLOTS of them; NULL: a member's */
	uint32_t limit;             /* of the frames that one member may hold */
	uint32_t top;               /* nobody sits from here on */
	uint32_t free;              /* frames that nobody holds, and the kernel has not */
};

size_t afxdp_returns_bytes(const struct afxdp_geometry *geometry);

/* ---- the leader ---- */

/*
 * On queues whose rings this process has mapped. known: every frame that lies in no ring is out and
 * comes back by afxdp_table_found(); else it is free. 0, -ENOMEM and other codes.
 */
int afxdp_table_create(struct afxdp_table *table, const struct afxdp_geometry *geometry,
		       struct afxdp_queue *queues, bool known);
/* The same in the place of another leader, whose table we have had mapped. */
int afxdp_table_succeed(struct afxdp_table *table, const struct afxdp_table *old,
			struct afxdp_queue *queues);
/* A member is there, new or one of the leader's before; its returns are borrowed until it is gone. */
void afxdp_table_enter(struct afxdp_table *table, uint32_t slot, bool is_new,
		       const struct afxdp_returns *returns);
/* It is gone: what it holds is free. */
void afxdp_table_leave(struct afxdp_table *table, uint32_t slot);
/* What is held by slots that are not present is free; the others may hold their part. */
void afxdp_table_share(struct afxdp_table *table, const bool *present);
/* A frame that was out when the table was made. */
void afxdp_table_found(struct afxdp_table *table, uint32_t queue, const struct xdp_desc *desc);
/* The packets at the front of a queue's rx ring, AFXDP_BLOCK_PACKETS at most. */
uint32_t afxdp_table_look(struct afxdp_table *table, uint32_t queue, struct afxdp_packet *packets);
/* Hand them out, each to its owner's inbox (TABLE_NOBODY: to none), and out of the rx ring. */
void afxdp_table_hand_out(struct afxdp_table *table, uint32_t queue,
			  const struct afxdp_packet *packets, const uint16_t *owners, uint32_t count);
/* Does it sleep, having got more since it was asked for the last time? To be woken, once. */
bool afxdp_table_sleeper(struct afxdp_table *table, uint32_t slot);
/* Free frames to the kernel: when many of them have come together, or all that are known of. */
void afxdp_table_refill(struct afxdp_table *table, bool all);
/* Has the kernel few frames left, so that the returns are to be looked at soon? */
bool afxdp_table_is_short(const struct afxdp_table *table);
/* Everything that is held is free, and the kernel's. */
void afxdp_table_end(struct afxdp_table *table);
/* For round robin: the next number. */
uint32_t afxdp_table_turn(struct afxdp_table *table);
/* Of what the sockets have lost, as much as nobody has claimed yet. */
uint64_t afxdp_table_claim(struct afxdp_table *table, uint64_t lost);

/* ---- a member ---- */

/* The leader's table, to read. -EPROTO when its size is not what the geometry says. */
int afxdp_table_map(struct afxdp_table *table, const struct afxdp_geometry *geometry, int memory);
/* The same on memory that is there already; for tests. */
int afxdp_table_lay(struct afxdp_table *table, const struct afxdp_geometry *geometry, void *memory,
		    size_t bytes);
uint32_t afxdp_table_head(const struct afxdp_table *table, uint32_t slot);
/*
 * Up to max packets of one queue out of the inbox of a slot, from *place on, which moves; *queue is
 * theirs. Returns how many; those that cannot be are left out, and *place counts them. By more than
 * geometry.inbox it moves only when the inbox itself was not what it can be.
 */
uint32_t afxdp_table_take(const struct afxdp_table *table, uint32_t slot, uint32_t *place,
			  struct xdp_desc *descs, uint32_t max, uint32_t *queue);
/* Their frames are free. */
void afxdp_table_give_back(const struct afxdp_table *table, struct afxdp_returns *returns,
			   uint32_t queue, const struct xdp_desc *descs, uint32_t count);
uint32_t afxdp_table_waiting(const struct afxdp_table *table, uint32_t slot, uint32_t place);
/* From now on the leader wakes us when it hands us something; look once more before sleeping. */
void afxdp_table_sleep(struct afxdp_returns *returns);
uint64_t afxdp_table_overflowed(const struct afxdp_table *table, uint32_t slot);

/* Both: let go of it. */
void afxdp_table_free(struct afxdp_table *table);

#endif
