/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afxdp_receive.c - blocks of an AF_XDP ring
 *
 * A block is up to AFXDP_BLOCK_PACKETS descriptors of one queue. They are copied out of the rx ring
 * when the block is acquired; the frames they name are the ring's until the block is released, so
 * blocks can be released in any order.
 */
#include <endian.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "engine/afxdp_engine.h"
#include "util/clock.h"

#define BLOCKS_FIRST 16u
#define FRESH_NS     4000000u /* a clock that is being disciplined moves by 2 microseconds */

/*
 * The program stamps with CLOCK_MONOTONIC. The difference to CLOCK_REALTIME moves when the clock is
 * set or disciplined; below a microsecond it is left as it was, so that the jitter of reading two
 * clocks never changes the order of packets.
 */
static void sample_clocks(struct afxdp_blocks *blocks)
{
	uint64_t before, after, offset, was = blocks->monotonic_offset_ns;
	unsigned int tries = 0;

	do {
		before = torc_clock_ns(CLOCK_MONOTONIC);
		blocks->pickup_ns = torc_clock_ns(CLOCK_REALTIME);
		after = torc_clock_ns(CLOCK_MONOTONIC);
	} while (after - before > 2000 && ++tries < 4);
	blocks->sampled_ns = after;
	offset = blocks->pickup_ns - (before + (after - before) / 2);
	if (offset - was + 1000 > 2000)
		blocks->monotonic_offset_ns = offset;
}

static const struct afxdp_stamp *stamp_of(const uint8_t *frame)
{
	return (const void *)(frame - sizeof(struct afxdp_stamp));
}

/* Reading three clocks for each of many small blocks would cost as much as the packets do. */
static bool clocks_are_fresh(const struct torc_engine *engine, const struct afxdp_block *block)
{
	const struct afxdp_stamp *first = stamp_of(block->queue->frames + block->descs[0].addr);

	return first->cookie == engine->port->cookie && !(first->flags & AFXDP_STAMP_HARDWARE) &&
	       first->time_ns - engine->blocks.sampled_ns + FRESH_NS < 2 * FRESH_NS;
}

/* ---- tokens ---- */

static int more_blocks(struct afxdp_blocks *blocks)
{
	uint32_t count = blocks->count ? blocks->count * 2 : BLOCKS_FIRST, *free_tokens;
	struct afxdp_block **all = realloc(blocks->all, count * sizeof(struct afxdp_block *));

	if (!all)
		return -ENOMEM;
	blocks->all = all;
	free_tokens = realloc(blocks->free, count * sizeof(*free_tokens));
	if (!free_tokens)
		return -ENOMEM;
	blocks->free = free_tokens;
	while (blocks->count < count) {
		struct afxdp_block *block = malloc(sizeof(*block));

		if (!block)
			return blocks->free_count > 0 ? 0 : -ENOMEM;
		block->whole = NULL;
		all[blocks->count] = block;
		free_tokens[blocks->free_count++] = blocks->count++;
	}
	return 0;
}

void afxdp_blocks_free(struct afxdp_blocks *blocks)
{
	for (uint32_t i = 0; i < blocks->count; i++) {
		free(blocks->all[i]->whole);
		free(blocks->all[i]);
	}
	free(blocks->all);
	free(blocks->free);
	*blocks = (struct afxdp_blocks){ 0 };
}

/* ---- receive ---- */

/*
 * All frames of a block at once, and the descriptors of the next: what another processor has written
 * takes longer to arrive than a packet takes, and only many requests under way make up for it.
 */
static void read_block_ahead(const struct afxdp_block *block)
{
	const uint8_t *stamps = block->queue->frames - sizeof(struct afxdp_stamp);

	for (uint32_t i = 0; i < block->count; i++)
		__builtin_prefetch(stamps + block->descs[i].addr);
}

int afxdp_acquire(struct torc_engine *engine, uint32_t *token)
{
	struct afxdp_blocks *blocks = &engine->blocks;
	struct afxdp_block *block;

	if (blocks->free_count == 0 && more_blocks(blocks) < 0)
		return -ENOMEM;
	*token = blocks->free[blocks->free_count - 1];
	block = blocks->all[*token];
	if (!engine->role->take || engine->role->take(engine, block) == 0)
		return 0;
	read_block_ahead(block);
	blocks->free_count--;
	blocks->current = block;
	blocks->filled = 0;
	if (!clocks_are_fresh(engine, block))
		sample_clocks(blocks);
	return 1;
}

void afxdp_release(struct torc_engine *engine, uint32_t token)
{
	struct afxdp_blocks *blocks = &engine->blocks;
	struct afxdp_block *block = blocks->all[token];

	engine->role->give_back(engine, block);
	if (blocks->current == block)
		blocks->current = NULL;
	blocks->free[blocks->free_count++] = token;
}

unsigned int afxdp_queued(struct torc_engine *engine)
{
	return engine->role->queued ? engine->role->queued(engine) : 0;
}

static uint8_t kind_of(const struct torc_engine *engine, const uint8_t *frame)
{
	static const uint8_t everybody[6] = { 255, 255, 255, 255, 255, 255 };

	if (frame[0] & 1)
		return memcmp(frame, everybody, 6) ? TORC_PACKET_MULTICAST : TORC_PACKET_BROADCAST;
	return memcmp(frame, engine->device.address, 6) ? TORC_PACKET_TO_OTHER :
							  TORC_PACKET_TO_HOST;
}

/*
 * Packets that follow each other mostly differ in bytes, length and time only. What the others have
 * in common is made once, and copied for as long as stamp and destination say the same.
 */
struct alike {
	uint64_t marks;       /* of the stamp */
	uint64_t destination; /* DESTINATION of it is the address */
	uint64_t time_mask;   /* 0: the stamp has no time */
	uint64_t time_ns;     /* to be added */
	struct torc_packet packet;
};

#define DESTINATION htobe64(0xFFFFFFFFFFFF0000)
#define ALIKE_BYTES (offsetof(struct torc_packet, parsed) - offsetof(struct torc_packet, ifindex))

static inline uint64_t marks_of(const uint8_t *frame)
{
	uint64_t marks;

	_Static_assert(sizeof(struct afxdp_stamp) - offsetof(struct afxdp_stamp, cookie) ==
		       sizeof(marks), "cookie and flags");
	memcpy(&marks, &stamp_of(frame)->cookie, sizeof(marks));
	return marks;
}

/* Eight bytes are there: afxdp_queue_peek(). */
static inline uint64_t destination_of(const uint8_t *frame)
{
	uint64_t destination;

	memcpy(&destination, frame, sizeof(destination));
	return destination;
}

static inline bool is_alike(const struct alike *alike, const uint8_t *frame)
{
	return ((marks_of(frame) ^ alike->marks) |
		((destination_of(frame) ^ alike->destination) & DESTINATION)) == 0;
}

/*
 * A driver (in one mode) either has room for metadata or has not, so a cookie that is there is this
 * packet's. It is only read: writing to the frame would take the line away from the processor that
 * is about to fill it again.
 */
static __attribute__((noinline)) void learn(const struct torc_engine *engine, struct alike *alike,
					    const uint8_t *frame)
{
	const struct afxdp_stamp *stamp = stamp_of(frame);

	*alike = (struct alike){
		.marks = marks_of(frame),
		.destination = destination_of(frame),
		.time_mask = UINT64_MAX,
		.packet = { .ifindex = engine->device.ifindex,
			    .link_type = TORC_LINK_ETHERNET,
			    .direction = TORC_PACKET_RX,
			    .kind = kind_of(engine, frame),
			    .queue = engine->blocks.current->queue->id },
	};
	if (stamp->cookie != engine->port->cookie) {
		alike->time_mask = 0;
		alike->time_ns = engine->blocks.pickup_ns;
		alike->packet.flags = TORC_PACKET_BATCH_TIMESTAMP;
		return;
	}
	if (stamp->flags & AFXDP_STAMP_HARDWARE)
		alike->packet.flags = TORC_PACKET_HW_TIMESTAMP;
	else
		alike->time_ns = engine->blocks.monotonic_offset_ns;
	if (stamp->flags & AFXDP_STAMP_VLAN_RESTORED)
		alike->packet.flags |= TORC_PACKET_VLAN_RESTORED;
}

/*
 * A packet in several pieces is put together in memory of the block's, each piece at a place that is
 * no other's. Without memory the first piece is all that can be had.
 */
static __attribute__((noinline)) void assemble(struct torc_engine *engine,
					       struct afxdp_block *block, struct torc_packet *packet)
{
	const struct afxdp_queue *queue = block->queue;
	size_t begin = (size_t)(engine->blocks.filled - 1) * queue->frame_bytes, end;
	const struct xdp_desc *desc;

	if (!block->whole)
		block->whole = malloc((size_t)AFXDP_BLOCK_PACKETS * queue->frame_bytes);
	if (block->whole) {
		memcpy(block->whole + begin, packet->data, packet->len);
		packet->data = block->whole + begin;
	}
	end = packet->len;
	do {
		desc = &block->descs[engine->blocks.filled++];
		if (block->whole)
			memcpy(block->whole + begin + end, queue->frames + desc->addr, desc->len);
		end += desc->len;
	} while ((desc->options & XDP_PKT_CONTD) && engine->blocks.filled < block->count);
	packet->caplen = block->whole ? (uint32_t)end : packet->len;
	packet->len = (uint32_t)end;
}

unsigned int afxdp_fill(struct torc_engine *engine, struct torc_packet *packets, unsigned int max)
{
	struct afxdp_blocks *blocks = &engine->blocks;
	struct afxdp_block *block = blocks->current;
	const uint32_t snaplen = engine->reader.snaplen;
	const uint8_t *frames;
	struct alike alike;
	unsigned int count;
	uint32_t at, end;

	if (!block)
		return 0;
	at = blocks->filled;
	end = block->count;
	frames = block->queue->frames;
	if (at < end)
		learn(engine, &alike, frames + block->descs[at].addr);
	for (count = 0; count < max && at < end; count++) {
		const struct xdp_desc *desc = &block->descs[at++];
		const uint8_t *frame = frames + desc->addr;
		struct torc_packet *packet = &packets[count];

		if (__builtin_expect(!is_alike(&alike, frame), 0))
			learn(engine, &alike, frame);
		packet->data = frame;
		packet->timestamp_ns = (stamp_of(frame)->time_ns & alike.time_mask) + alike.time_ns;
		packet->len = packet->caplen = desc->len;
		memcpy(&packet->ifindex, &alike.packet.ifindex, ALIKE_BYTES);
		packet->parsed = NULL;
		if (__builtin_expect(desc->options & XDP_PKT_CONTD && at < end, 0)) {
			blocks->filled = at;
			assemble(engine, block, packet);
			at = blocks->filled;
		}
		if (packet->caplen > snaplen)
			packet->caplen = snaplen;
	}
	blocks->filled = at;
	return count;
}
