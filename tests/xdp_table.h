/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * xdp_table.h - leader and members of an AF_XDP cluster over rings of plain memory
 *
 * The kernel's side is played here: kernel_delivers() takes frames out of the fill ring and puts
 * packets into the rx ring. Used by tests and by the fuzz target of the shared memory.
 */
#ifndef TORC_TESTS_XDP_TABLE_H
#define TORC_TESTS_XDP_TABLE_H

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "engine/afxdp_table.h"

#define RIG_FRAMES 64u
#define RIG_BYTES  2048u
#define RIG_OFFSET (AFXDP_KERNEL_HEADROOM + AFXDP_HEADROOM)

/* In memory that a fork shares, as the kernel's rings are. */
struct rig_rings {
	uint32_t fill_producer, fill_consumer, rx_producer, rx_consumer, flags;
	uint64_t fill[RIG_FRAMES];
	struct xdp_desc rx[RIG_FRAMES];
};

struct rig {
	struct afxdp_geometry geometry;
	struct afxdp_table table; /* the leader's */
	struct afxdp_queue queue;
	struct rig_rings *rings;
	uint32_t next; /* the number of the next packet: its length */
};

static inline void *rig_memory(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static inline void rig_queue(struct rig *rig)
{
	struct rig_rings *r = rig->rings;

	rig->queue = (struct afxdp_queue){
		.fd = -1,
		.memory = -1,
		.frame_bytes = RIG_BYTES,
		.frame_count = RIG_FRAMES,
		.frames_bytes = RIG_FRAMES * RIG_BYTES,
		.fill = { .producer = &r->fill_producer, .consumer = &r->fill_consumer,
			  .flags = &r->flags, .entries = r->fill, .mask = RIG_FRAMES - 1 },
		.rx = { .producer = &r->rx_producer, .consumer = &r->rx_consumer,
			.flags = &r->flags, .entries = r->rx, .mask = RIG_FRAMES - 1 },
	};
}

static inline int rig_measure(struct rig *rig)
{
	const struct afxdp_table_about about = { .magic = AFXDP_TABLE_MAGIC, .queue_mask = 1,
						 .frame_count = RIG_FRAMES, .frame_bytes = RIG_BYTES };

	return afxdp_table_measure(&rig->geometry, &about);
}

/* Every frame is in the fill ring. */
static inline void rig_fill(struct rig *rig)
{
	for (uint32_t i = 0; i < RIG_FRAMES; i++)
		rig->rings->fill[i] = (uint64_t)i * RIG_BYTES;
	rig->rings->fill_producer = rig->queue.fill.mine = RIG_FRAMES;
}

static inline uint32_t kernel_delivers(struct rig *rig, uint32_t count)
{
	struct rig_rings *r = rig->rings;
	uint32_t done = 0;

	while (done < count && r->fill_consumer != r->fill_producer) {
		uint64_t address = r->fill[r->fill_consumer++ % RIG_FRAMES];

		r->rx[r->rx_producer++ % RIG_FRAMES] =
			(struct xdp_desc){ .addr = address + RIG_OFFSET, .len = 60 + rig->next++ };
		done++;
	}
	return done;
}

#endif
