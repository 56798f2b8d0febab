/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stream.h - what the files of the stream engine share
 *
 *	add.c       packets in: data in order at once, one packet or many
 *	read.c      a segment from a decoded packet
 *	receive.c   the way of every other segment, step by step
 *	resync.c    a side that is somewhere else, since most of it was not captured
 *	handshake.c SYN, SYN/ACK, data in a SYN, a new connection on the same ports
 *	queue.c     what waits: extents of blocks, and who wins where they overlap
 *	tree.c      the extents of one end, by their start
 *	deliver.c   events; what the end of a hole, an acknowledgment or a limit sets free
 *	end.c       FIN, RST, idle connections, the last packet
 *	table.c     connections: memory, look-up, lists by state
 *	arena.c     the blocks
 *	options.c   options, policies by network
 *	account.c   counters and what is told of a connection
 *
 * A connection is 120 bytes; with its share of the hash table at most 128. What only some need (data
 * that waits, retransmissions that were counted) is in a struct trouble of its own.
 */
#ifndef TORC_STREAM_STREAM_H
#define TORC_STREAM_STREAM_H

#include <stdlib.h>
#include <string.h>

#include <torc/layers/transport/tcp.h>
#include <torc/stream.h>

#include "util/wide.h"

#define NONE	  UINT32_MAX
#define NO_OFFSET UINT64_MAX

/* How far from what is expected a sequence number may be: the largest window, RFC 7323 §2.3. */
#define WINDOW_MAX (1 << 30)

/* ---- blocks ---- */

#define BLOCK_BYTES 1536u
#define BLOCK_DATA  (BLOCK_BYTES - (uint32_t)offsetof(struct block, data))

/*
 * Bytes of one packet. The first block of an extent carries the extent: the bytes of one segment, or
 * of several that followed one another, [start, end) of the stream, in a chain of blocks.
 */
struct block {
	uint32_t next;   /* in the chain */
	uint32_t length;
	uint64_t packet;
	uint64_t timestamp_ns;
	uint64_t start;  /* of the extent, as the rest */
	uint64_t end;
	uint32_t last;   /* block of the chain */
	uint32_t skip;   /* bytes of data that are no longer wanted: length goes on behind them */
	uint32_t parent; /* the tree of the extents that wait, by start */
	uint32_t child[2];
	bool red;
	bool cut;        /* not captured: length bytes without data */
	uint8_t data[1536 - 62];
};

struct arena {
	struct block *blocks;
	uint32_t count;
	uint32_t touched; /* blocks that were ever used */
	uint32_t used;    /* spent ones too */
	uint32_t free;    /* chain */
	uint32_t spent;   /* chain: free when the events were read */
	uint32_t spent_count;
};

int arena_open(struct arena *arena, uint64_t bytes);
void arena_close(struct arena *arena);
uint32_t arena_take(struct arena *arena); /* NONE when there is no block left */
void arena_spend(struct arena *arena, uint32_t index);
void arena_reclaim(struct arena *arena); /* the spent blocks are free now */

static inline struct block *block_at(const struct arena *arena, uint32_t index)
{
	return &arena->blocks[index];
}

/* ---- connections ---- */

/* Addresses and ports, the smaller end first; IPv4 in the first 4 bytes. */
struct key {
	uint64_t low[2];
	uint64_t high[2];
	uint16_t low_port;
	uint16_t high_port;
	uint32_t scope; /* VLAN ids and tunnel; the top bit: IPv6 */
};

#define SCOPE_IPV6 0x80000000u

/*
 * Bits of struct torc_stream.flags[end]. The upper four bits belong to the connection as a whole: see
 * stream_list_of() and the like.
 */
enum {
	END_FAST = 1 << 0,   /* nothing about it but data in order is expected */
	END_BASE = 1 << 1,   /* isn is known */
	END_SYN = 1 << 2,    /* its SYN was seen */
	END_FIN = 1 << 3,    /* its FIN was reached */
	END_ACKED = 1 << 4,  /* acked is known */
	END_TIME = 1 << 5,   /* timestamp is known */
	END_RST = 1 << 6,    /* a RST that was not exact, and nothing since */
	END_CLIENT = 1 << 7, /* it sent the SYN */
	END_SCALE_SHIFT = 8, /* 4 bits: the window scale of its SYN */
	END_SCALE_NONE = 15  /* its SYN had none */
};

/* Lists of connections, by the timeout that holds; FREE: not in the table. */
enum stream_list { LIST_HANDSHAKE, LIST_OPEN, LIST_CLOSED, LISTS, LIST_FREE = LISTS };

/* What one end sends. */
struct end {
	uint32_t isn;       /* sequence number of offset 0, minus 1 */
	uint32_t next_low;  /* offset behind what was delivered: 48 bits */
	uint16_t next_high;
	uint16_t window;    /* what the other end offered last, not scaled */
	uint32_t acked;     /* sequence number that the other end acknowledged */
	uint32_t timestamp; /* the last that was in order, RFC 7323 */
	uint32_t packets;
};

struct torc_stream {
	struct key key;
	struct end end[2]; /* the smaller first, as in the key */
	uint64_t first_ns;
	uint32_t last;     /* of its last packet, in ticks */
	uint32_t chain;    /* in its bucket */
	uint32_t before, behind; /* in its list */
	uint32_t trouble;
	uint16_t flags[2];
};

_Static_assert(sizeof(struct torc_stream) == 120, "128 bytes with its share of the hash table");

static inline enum stream_list stream_list_of(const struct torc_stream *stream)
{
	return (enum stream_list)(stream->flags[0] >> 12 & 3);
}

static inline unsigned int stream_opened(const struct torc_stream *stream)
{
	return stream->flags[0] >> 14;
}

static inline unsigned int stream_closed(const struct torc_stream *stream)
{
	return stream->flags[1] >> 12;
}

static inline unsigned int end_scale(const struct torc_stream *stream, unsigned int end)
{
	return stream->flags[end] >> END_SCALE_SHIFT & 15;
}

static inline void end_set_scale(struct torc_stream *stream, unsigned int end, unsigned int scale)
{
	stream->flags[end] = (uint16_t)((stream->flags[end] & ~(15u << END_SCALE_SHIFT)) |
					scale << END_SCALE_SHIFT);
}

/* ---- what only some connections have ---- */

struct trouble_end {
	uint32_t root;  /* of the tree of extents that wait */
	uint32_t first; /* of it */
	uint32_t last;  /* of it, by start */
	uint32_t ready; /* extent the receiver has, not yet acknowledged */
	uint32_t doubt; /* extent of which nobody knows whether the receiver took it */
	uint64_t fin;
	uint64_t urgent;
	uint64_t gaps, duplicate, outside, dropped, different, waiting;
	uint64_t packets_high; /* what struct end.packets cannot hold */
	uint32_t other_isn; /* of a SYN that may count instead */
	bool has_other_isn;
	uint8_t other_scale;
	bool doubt_is_syn;
	uint8_t far_segments; /* one behind the other, more than a window away; 0: none */
	bool far_acked;       /* and the other side acknowledged there: */
	uint32_t far_ack;
	uint32_t far_start, far_next; /* sequence numbers of the first, and behind the last */
};

struct trouble {
	struct trouble_end end[2];
	uint64_t since_ns; /* when it began to wait for the hole that is first now */
	uint32_t stream;
	uint32_t blocks;
	uint32_t class;    /* 0: does not wait */
	uint32_t smaller, larger; /* neighbours in the list of its class */
	uint32_t earlier, later;  /* in the list of those that wait */
};

#define TROUBLE_CLASSES 33

/* ---- the engine ---- */

/* Objects in slabs, which never move; grows a slab at a time. */
struct pool {
	void **slabs;
	uint32_t slab_count;
	uint32_t slab_objects;
	uint32_t used; /* objects ever taken */
	uint32_t live;
	uint32_t free; /* list of those that were given back */
};

struct list {
	uint32_t first;
	uint32_t last;
	uint32_t count;
};

struct network {
	uint8_t address[16];
	uint8_t bits;
	bool ipv6;
	uint8_t policy;
};

/* An object to release when the events were read. */
struct ended {
	uint32_t stream;
	bool free; /* the connection too, not only its trouble */
};

struct torc_streams {
	struct torc_streams_options options;
	struct network *networks; /* the longest prefix first */
	unsigned int network_count;
	uint64_t seed[4];

	uint64_t now_ns;
	uint64_t base_ns;  /* the first packet's; of ticks */
	uint64_t check_ns; /* when to look for what timed out */
	uint64_t checked_ns;
	uint64_t packet;
	bool has_time;
	uint64_t packet_ns; /* its own time: now_ns never goes back. Apart from packet, see event_data() */

	struct torc_stream_event *events;
	uint32_t event_count, event_next, event_room;
	bool finishing;
	bool shows_waiting; /* an event points to bytes that wait: no other packet may change them */

	uint32_t *buckets;
	uint32_t bucket_mask;
	struct pool streams;
	struct pool troubles;
	uint32_t trouble_max;
	uint32_t trouble_hand; /* where the search for one to give up goes on */
	struct list lists[LISTS];
	uint32_t classes[TROUBLE_CLASSES]; /* first of each */
	uint32_t wait_first, wait_last;
	struct ended *ended;
	uint32_t ended_count, ended_room;

	struct arena arena;
	uint32_t connection_blocks;
	uint32_t reserve_blocks; /* kept free at the beginning of each packet */

	struct torc_streams_stats stats;
};

/* ---- read.c ---- */

/* A TCP segment, all in host order. */
struct segment {
	const uint8_t *payload;
	uint32_t length; /* captured */
	uint32_t cut;    /* on the wire behind that */
	uint32_t seq, ack;
	uint16_t window, urgent;
	uint8_t flags;
	bool has_time;
	uint32_t time;
	const uint8_t *tcp;
	uint32_t header;
};

/* false: not TCP over IP */
bool segment_read(const struct torc_streams *streams, const struct torc_decoded *decoded,
		  struct segment *segment, struct key *key, unsigned int *end);
/* Of one that is all there: tcp, its header, and so many bytes behind that. */
void segment_fill(struct segment *segment, const uint8_t *tcp, uint32_t header, uint32_t length);
/* The window scale of a SYN, or -1. */
int segment_scale(const struct segment *segment);

/* ---- table.c ---- */

/*
 * With a secret seed, so that nobody can choose addresses that all fall into one bucket. addresses:
 * both of IPv4, or those of IPv6 mixed; ends: ports and scope as they lie in the key.
 */
static inline uint32_t hash_ends(const struct torc_streams *streams, uint64_t addresses,
				 uint64_t ends)
{
	return (uint32_t)wide_mix(addresses ^ streams->seed[0], ends ^ streams->seed[1]);
}

#define SLAB_BYTES   (1u << 19)
#define SLAB_STREAMS 4368u /* what is left is the slab's head */
#define SLAB_SHIFT   13    /* an index is the slab's number, and the place in it in so many bits */

#define SLAB_TROUBLES 256u

struct slab_head {
	uint32_t first; /* index of its first stream */
	void **user;    /* SLAB_STREAMS pointers, or NULL */
	void **messages;
};

#define TICK_BITS 20 /* a tick is 2^20 ns, some 1.05 ms */

int table_open(struct torc_streams *streams);
void table_close(struct torc_streams *streams);
struct torc_stream *table_find(struct torc_streams *streams, const struct key *key);
struct torc_stream *table_add(struct torc_streams *streams, const struct key *key);
void table_remove(struct torc_streams *streams, struct torc_stream *stream); /* from look-up */
void table_free(struct torc_streams *streams, struct torc_stream *stream);
void stream_list(struct torc_streams *streams, struct torc_stream *stream, enum stream_list list);
uint32_t stream_index(const struct torc_stream *stream);
static inline struct torc_stream *stream_at(const struct torc_streams *streams, uint32_t index)
{
	char *slab = streams->streams.slabs[index >> SLAB_SHIFT];

	return (struct torc_stream *)(slab + SLAB_BYTES -
				      SLAB_STREAMS * sizeof(struct torc_stream)) +
	       (index & ((1u << SLAB_SHIFT) - 1));
}
static inline struct trouble *trouble_at(const struct torc_streams *streams, uint32_t index)
{
	return (struct trouble *)streams->troubles.slabs[index / SLAB_TROUBLES] +
	       index % SLAB_TROUBLES;
}
/* The trouble of a connection, made when it has none. NULL: no memory. */
struct trouble *trouble_of(struct torc_streams *streams, struct torc_stream *stream);
void trouble_free(struct torc_streams *streams, struct torc_stream *stream);
/* Its number of blocks or of waiting extents changed: put it into the right lists. */
void trouble_sort(struct torc_streams *streams, struct trouble *trouble);
/* The hole that is waited for is another one now. */
void trouble_restart(struct torc_streams *streams, struct trouble *trouble);
struct trouble *trouble_largest(const struct torc_streams *streams);
/* The first list entry that is idle for the timeout; looks at most at so many. */
struct torc_stream *table_idle(struct torc_streams *streams, enum stream_list list,
			       uint64_t timeout_ns, uint32_t *looks);
struct torc_stream *table_victim(struct torc_streams *streams);
struct slab_head *stream_slab(const struct torc_stream *stream, uint32_t *place);

static inline struct trouble *trouble_if(const struct torc_streams *streams,
					 const struct torc_stream *stream)
{
	return stream->trouble == NONE ? NULL : trouble_at(streams, stream->trouble);
}

static inline uint32_t ticks(const struct torc_streams *streams)
{
	return (uint32_t)((streams->now_ns - streams->base_ns) >> TICK_BITS);
}

/* ---- offsets ---- */

static inline uint64_t end_next(const struct end *end)
{
	return (uint64_t)end->next_high << 32 | end->next_low;
}

static inline void end_set_next(struct end *end, uint64_t next)
{
	end->next_low = (uint32_t)next;
	end->next_high = (uint16_t)(next >> 32);
}

/* Where a sequence number is in the stream; negative before its beginning. */
static inline int64_t end_offset(const struct end *end, uint32_t seq)
{
	uint32_t expected = end->isn + 1 + end->next_low;

	return (int64_t)end_next(end) + (int32_t)(seq - expected);
}

/* Offset behind what the receiver has: all that was delivered, or only waits for its ACK. */
static inline uint64_t end_taken(const struct torc_streams *streams,
				 const struct torc_stream *stream, unsigned int end)
{
	const struct trouble *trouble = trouble_if(streams, stream);

	if (trouble && trouble->end[end].ready != NONE)
		return block_at(&streams->arena, trouble->end[end].ready)->end;
	return end_next(&stream->end[end]);
}

/* Offset that the other end acknowledged; -1 when that is not known. */
static inline int64_t end_acked(const struct torc_stream *stream, unsigned int end)
{
	const unsigned int known = END_BASE | END_ACKED;

	if ((stream->flags[end] & known) != known)
		return -1;
	return end_offset(&stream->end[end], stream->end[end].acked);
}

/* Side of an event: 0 the client's. */
static inline uint8_t side_of(const struct torc_stream *stream, unsigned int end)
{
	return stream->flags[end] & END_CLIENT ? 0 : 1;
}

/* ---- options.c ---- */

/* What a segment that comes later is to one that waits; bits of a policy: the later one wins. */
enum {
	NEW_BEFORE = 1 << 0,   /* starts before it, ends inside */
	NEW_AROUND = 1 << 1,   /* starts before it, reaches its end */
	NEW_LONGER = 1 << 2,   /* same start */
	NEW_EQUAL = 1 << 3,
	NEW_SHORTER = 1 << 4,
	NEW_BEHIND = 1 << 5,   /* starts inside, ends after it */
	NEW_INSIDE = 1 << 6
};

unsigned int policy_of(const struct torc_streams *streams, const struct torc_stream *stream,
		       unsigned int end); /* of what that end receives */
unsigned int policy_wins(unsigned int policy);
int policies_parse(struct torc_streams *streams, const char *text, struct torc_error *error);
int options_fill(struct torc_streams *streams, const struct torc_streams_options *options,
		 struct torc_error *error);

/* ---- receive.c, handshake.c ---- */

/* Packets of a batch, each of which may bring one event; so many of others end it as well. */
#define BATCH_EVENTS 256u

/* stream: that of the key, or NULL. */
void receive_segment(struct torc_streams *streams, const struct segment *segment,
		     const struct key *key, unsigned int from, struct torc_stream *stream);

/* What is at hand while a segment is worked on: from is the end that sent it. */
struct work {
	struct torc_streams *streams;
	struct torc_stream *stream;
	unsigned int from;
	const struct segment *segment;
};

/* A new connection by this segment; NULL when it opens none. */
struct torc_stream *handshake_open(struct torc_streams *streams, const struct key *key,
				   unsigned int from, const struct segment *segment);
/* A segment with SYN; false: it is not looked at any further. */
bool handshake_syn(struct work *work);
/* Does this segment begin a new connection on the ports of one that is there or was there? */
bool handshake_reuses(const struct work *work);
/* The old one is ended, when it was not; the new one. */
struct torc_stream *handshake_reopen(struct work *work, const struct key *key);
/* What a segment says of the SYNs of which nobody knew which one counts. */
void handshake_decide(struct work *work);
/* The FAST bits and lists, after anything but data in order; ends it when both FINs were reached. */
void stream_refresh(struct torc_streams *streams, struct torc_stream *stream);

/* ---- resync.c ---- */

/* A segment with data more than a window away. True: the stream is there now, behind a gap. */
bool resync_data(struct work *work);
/* An acknowledgment of what this side sends. */
void resync_ack(struct trouble_end *side, uint32_t ack);

/* ---- queue.c ---- */

/* Bytes to keep: data NULL for those that were not captured. */
struct piece {
	const uint8_t *data;
	uint64_t start, end;
};

void queue_insert(struct work *work, struct trouble *trouble, struct piece piece);
/* Blocks with these bytes, as an extent that is in no list; NONE: no room. */
uint32_t extent_make(struct work *work, struct trouble *trouble, struct piece piece);
void extent_append(struct torc_streams *streams, uint32_t extent, uint32_t more);
/* Spends its first block. Returns what is left of it, or NONE. */
uint32_t extent_pop(struct torc_streams *streams, struct trouble *trouble, uint32_t extent);
/* Spends its blocks; returns how many bytes were in them. */
uint64_t extent_drop(struct torc_streams *streams, struct trouble *trouble, uint32_t extent);

/* The first extent that waits, out of the tree; its bytes still count as waiting. */
uint32_t queue_pop(const struct torc_streams *streams, struct trouble_end *side);

/* ---- tree.c ---- */

/* As that child of parent, which has none there; NONE: the only one. */
void tree_insert(const struct arena *arena, struct trouble_end *side, uint32_t parent,
		 unsigned int way, uint32_t index);
void tree_replace(const struct arena *arena, struct trouble_end *side, uint32_t old, uint32_t new);
void tree_remove(const struct arena *arena, struct trouble_end *side, uint32_t index);
/* The first (way 0) or last extent, or NONE. */
uint32_t tree_end(const struct arena *arena, const struct trouble_end *side, unsigned int way);
uint32_t tree_next(const struct arena *arena, uint32_t index);

/* ---- deliver.c ---- */

/* More than one packet can cause: see event_room in torc_streams_open(). */
static inline struct torc_stream_event *event_push(struct torc_streams *streams,
						   const struct torc_stream *stream,
						   unsigned int end,
						   enum torc_stream_event_type type, int reason)
{
	struct torc_stream_event *event;

	if (__builtin_expect(streams->event_count == streams->event_room, 0))
		abort(); /* the bound is wrong: an event may not be lost without a word */
	event = &streams->events[streams->event_count++];
	*event = (struct torc_stream_event){
		.type = (uint8_t)type,
		.side = side_of(stream, end),
		.reason = (uint8_t)reason,
		.timestamp_ns = streams->packet_ns,
		.packet = streams->packet,
		.stream = stream,
	};
	return event;
}

/* Bytes of the packet that is worked on, which are next. */
void deliver_now(struct work *work, struct piece piece);
void deliver_gap(struct torc_streams *streams, struct torc_stream *stream, unsigned int end,
		 uint64_t to, enum torc_stream_gap_reason reason);
/* What can go on: extents that are next, holes that were acknowledged, a FIN that was reached. */
void deliver_drain(struct torc_streams *streams, struct torc_stream *stream, unsigned int end);
/* What the receiver has, acknowledged or not. */
void deliver_ready(struct torc_streams *streams, struct torc_stream *stream, unsigned int end);
/* The first hole is given up, and what waits for the ACK delivered. */
void deliver_over(struct torc_streams *streams, struct torc_stream *stream, unsigned int end,
		  enum torc_stream_gap_reason reason);
/* Takes from this one until it is in its limit, and from the largest until there is the reserve. */
void deliver_for_room(struct torc_streams *streams, struct torc_stream *stream);
/* What an end sent in its SYN or beyond the window: it was taken by the receiver, or it was not. */
void doubt_settle(struct torc_streams *streams, struct torc_stream *stream, unsigned int end,
		  bool taken);

/* ---- end.c ---- */

void stream_end(struct torc_streams *streams, struct torc_stream *stream,
		enum torc_stream_close_reason reason);
/* It is not looked up any more, and free when the events were read. */
void end_forget(struct torc_streams *streams, struct torc_stream *stream);
/* What ended with the packet before is released. */
void end_release(struct torc_streams *streams);
void receive_rst(struct work *work);
void end_check_timeouts(struct torc_streams *streams);
/* One more connection may be made: at the limit another one goes. */
void end_make_room(struct torc_streams *streams);

/* ---- account.c ---- */

/* Bytes of payload that are left out: into a counter of the engine and those of the connection. */
enum fate { FATE_DUPLICATE, FATE_OUTSIDE, FATE_DROPPED };
void account_bytes(struct torc_streams *streams, struct torc_stream *stream, unsigned int end,
		   enum fate fate, uint64_t *reason, uint64_t bytes);

#endif
