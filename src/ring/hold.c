/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hold.c - blocks in use, and which thread uses them
 *
 * A block goes back to the kernel when nobody needs it: the ring itself while it reads on in it,
 * and with TORC_REENTRANT each thread that still has borrowed packets of it. What a thread holds
 * is kept in a list of its own, found through a thread-specific key, and let go at its next call,
 * or when the thread ends.
 */
#include <errno.h>
#include <stdlib.h>

#include "ring/ring.h"

#define NO_BLOCK UINT32_MAX

struct ring_hold {
	struct torc_ring *ring; /* NULL: the ring was closed */
	uint64_t serial; /* of the ring; 0: free; atomic */
	unsigned int block;
	struct torc_parsed *parsed;
	struct ring_hold *next_of_ring;
	struct ring_hold *next_of_thread;
};

static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool key_made;

/* Guards the links between threads and rings: a ring may close while a thread ends. */
static pthread_mutex_t links = PTHREAD_MUTEX_INITIALIZER;

/* ---- blocks ---- */

/* A block with one user, the ring; its index, or -ENOMEM. */
int ring_block_add(struct torc_ring *ring, unsigned int port, uint32_t token)
{
	unsigned int slot = 0;

	while (slot < ring->block_slots && ring->blocks[slot].users > 0)
		slot++;
	if (slot == ring->block_slots) {
		unsigned int slots = ring->block_slots ? 2 * ring->block_slots : 8;
		struct ring_block *blocks = realloc(ring->blocks, slots * sizeof(*blocks));

		if (!blocks)
			return ring_fail(ring, -ENOMEM, "out of memory");
		for (unsigned int i = ring->block_slots; i < slots; i++)
			blocks[i].users = 0;
		ring->blocks = blocks;
		ring->block_slots = slots;
	}
	ring->blocks[slot] = (struct ring_block){ .port = port, .token = token, .users = 1 };
	return (int)slot;
}

void ring_block_put(struct torc_ring *ring, unsigned int index)
{
	struct ring_block *block = &ring->blocks[index];

	if (--block->users == 0) {
		struct ring_port *port = &ring->ports[block->port];

		port->ops->release(port->engine, block->token);
	}
}

/* ---- threads ---- */

static void unlink_from_ring(struct ring_hold *hold)
{
	struct ring_hold **at = &hold->ring->holds;

	while (*at && *at != hold)
		at = &(*at)->next_of_ring;
	if (*at)
		*at = hold->next_of_ring;
}

/* A thread ends: everything it held goes back. */
static void thread_ends(void *value)
{
	struct ring_hold *hold = value;

	pthread_mutex_lock(&links);
	while (hold) {
		struct ring_hold *next = hold->next_of_thread;

		if (hold->ring) {
			ring_lock(hold->ring);
			ring_hold_drop(hold->ring, hold);
			unlink_from_ring(hold);
			ring_unlock(hold->ring);
		}
		free(hold->parsed);
		free(hold);
		hold = next;
	}
	pthread_mutex_unlock(&links);
}

static void make_key(void)
{
	key_made = pthread_key_create(&key, thread_ends) == 0;
}

void ring_holds_register(struct torc_ring *ring)
{
	(void)ring;
	pthread_once(&key_once, make_key);
}

/* A record of this thread whose ring was closed, or a new one. */
static struct ring_hold *empty_hold(struct ring_hold *first)
{
	struct ring_hold *hold = first;

	while (hold && __atomic_load_n(&hold->serial, __ATOMIC_ACQUIRE) != 0)
		hold = hold->next_of_thread;
	if (hold)
		return hold;
	hold = calloc(1, sizeof(*hold));
	if (!hold)
		return NULL;
	hold->next_of_thread = first;
	if (pthread_setspecific(key, hold) != 0) {
		free(hold);
		return NULL;
	}
	return hold;
}

static struct ring_hold *new_hold(struct torc_ring *ring, struct ring_hold *first)
{
	struct ring_hold *hold = empty_hold(first);

	if (!hold)
		return NULL;
	if (ring->parsed && !hold->parsed)
		hold->parsed = calloc(RING_BATCH, sizeof(*hold->parsed));
	if (ring->parsed && !hold->parsed)
		return NULL;
	hold->ring = ring;
	hold->block = NO_BLOCK;
	__atomic_store_n(&hold->serial, ring->serial, __ATOMIC_RELAXED);
	hold->next_of_ring = ring->holds;
	ring->holds = hold;
	return hold;
}

/* This thread's hold on the ring, made at its first call; under the ring's lock. */
struct ring_hold *ring_hold_mine(struct torc_ring *ring)
{
	struct ring_hold *first, *hold;

	if (!key_made)
		return NULL;
	first = pthread_getspecific(key);
	for (hold = first; hold; hold = hold->next_of_thread)
		if (__atomic_load_n(&hold->serial, __ATOMIC_RELAXED) == ring->serial)
			return hold;
	return new_hold(ring, first);
}

void ring_hold_keep(struct torc_ring *ring, struct ring_hold *hold, unsigned int block)
{
	ring->blocks[block].users++;
	hold->block = block;
}

void ring_hold_drop(struct torc_ring *ring, struct ring_hold *hold)
{
	if (hold->block != NO_BLOCK) {
		ring_block_put(ring, hold->block);
		hold->block = NO_BLOCK;
	}
}

struct torc_parsed *ring_hold_parsed(struct ring_hold *hold)
{
	return hold->parsed;
}

/* The ring closes: the threads' records stay theirs, with nothing behind them. */
void ring_holds_free(struct torc_ring *ring)
{
	pthread_mutex_lock(&links);
	while (ring->holds) {
		struct ring_hold *hold = ring->holds;

		ring->holds = hold->next_of_ring;
		ring_hold_drop(ring, hold);
		hold->ring = NULL;
		/* Release: whoever sees that it is free sees it empty. */
		__atomic_store_n(&hold->serial, 0, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&links);
}
