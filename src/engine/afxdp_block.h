/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afxdp_block.h - a batch of descriptors that a ring holds
 */
#ifndef TORC_ENGINE_AFXDP_BLOCK_H
#define TORC_ENGINE_AFXDP_BLOCK_H

#include "engine/afxdp_queue.h"

/* A batch of descriptors that the ring holds. */
struct afxdp_block {
	struct afxdp_queue *queue;
	bool dealt;     /* to a member of a cluster */
	uint8_t *whole; /* where packets in several pieces are put together; NULL until needed */
	uint32_t count;
	struct xdp_desc descs[AFXDP_BLOCK_PACKETS];
};

#endif
