/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afxdp_tap.h - copies of packets, made by the program: what stands in for a socket with mode=tap
 */
#ifndef TORC_ENGINE_AFXDP_TAP_H
#define TORC_ENGINE_AFXDP_TAP_H

#include <linux/if_xdp.h>
#include <stddef.h>
#include <stdint.h>

struct torc_error;

/* What program and user space share of a queue: the fill ring, and what was lost. */
struct afxdp_tap_shared {
	uint32_t filled __attribute__((aligned(64))); /* free frames put in: ours */
	uint32_t taken __attribute__((aligned(64)));  /* taken out: the program's */
	uint64_t lost;                                /* packets that found no free frame */
	uint64_t free[] __attribute__((aligned(64)));
};

struct afxdp_tap {
	int records;                     /* BPF_MAP_TYPE_RINGBUF: readable when a copy has come */
	int frames;                      /* map of them */
	int shared;                      /* map of struct afxdp_tap_shared */
	uint8_t *frame_memory;
	size_t frame_memory_bytes;
	unsigned long *position;         /* of the kernel in the ring of records, in bytes */
	unsigned long *consumer, told;   /* ours, as the kernel knows it */
	const uint8_t *ring;             /* struct tap_record, mapped twice in a row */
	unsigned long mask;
	void *consumer_map, *ring_map;
	size_t ring_map_bytes;
	struct afxdp_tap_shared *mine;
	size_t mine_bytes;
};

/* frame_count: a power of two. No frame is free yet. */
int afxdp_tap_open(struct afxdp_tap **opened, uint32_t frame_bytes, uint32_t frame_count,
		   struct torc_error *error);
void afxdp_tap_close(struct afxdp_tap *tap);
/* Every record is of one size: where the reader is follows from how many it has taken so far. */
uint32_t afxdp_tap_waiting(const struct afxdp_tap *tap, uint64_t taken);
uint32_t afxdp_tap_peek(struct afxdp_tap *tap, uint64_t taken, struct xdp_desc *descs,
			uint32_t max);
void afxdp_tap_taken(struct afxdp_tap *tap, uint64_t taken);
/* Nothing waits: from now on the kernel wakes who polls. Look once more before sleeping. */
void afxdp_tap_rest(struct afxdp_tap *tap, uint64_t taken);

#endif
