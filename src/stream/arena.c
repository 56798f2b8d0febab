/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * arena.c - the blocks for what waits: one piece of memory, taken as it is used, never more
 *
 * Blocks whose bytes were handed out are spent: they stay as they are until the next packet, because
 * the events point into them.
 */
#include <errno.h>
#include <stdlib.h>

#include "stream/stream.h"

_Static_assert(sizeof(struct block) == BLOCK_BYTES, "a block is its header and its data");

int arena_open(struct arena *arena, uint64_t bytes)
{
	arena->count = (uint32_t)(bytes / BLOCK_BYTES);
	arena->free = arena->spent = NONE;
	/* zeroed pages that are not touched take no memory */
	arena->blocks = calloc(arena->count, BLOCK_BYTES);
	return arena->blocks ? 0 : -ENOMEM;
}

void arena_close(struct arena *arena)
{
	free(arena->blocks);
}

uint32_t arena_take(struct arena *arena)
{
	uint32_t index = arena->free;

	if (index != NONE)
		arena->free = block_at(arena, index)->next;
	else if (arena->touched < arena->count)
		index = arena->touched++;
	else
		return NONE;
	arena->used++;
	block_at(arena, index)->next = NONE;
	return index;
}

void arena_spend(struct arena *arena, uint32_t index)
{
	block_at(arena, index)->next = arena->spent;
	arena->spent = index;
	arena->spent_count++;
}

void arena_reclaim(struct arena *arena)
{
	while (arena->spent != NONE) {
		uint32_t index = arena->spent;
		struct block *block = block_at(arena, index);

		arena->spent = block->next;
		block->next = arena->free;
		arena->free = index;
		arena->used--;
	}
	arena->spent_count = 0;
}
