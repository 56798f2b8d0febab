/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * copies.c - what each thread of a TORC_REENTRANT ring has borrowed
 *
 * A packet is borrowed until the next call of the same thread, and a thread may stay away for ever.
 * If it kept the block its packet lies in, the kernel would come round to that block and stop there,
 * for all. So each thread gets a copy, in memory of its own, which is found through a thread-specific
 * key and freed when the thread ends.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ring/ring.h"

/* A batch is cut off where it has so many bytes; a single packet may have more. */
#define BATCH_BYTES (256u << 10)
#define ALIGN       16u /* of each packet */

struct ring_copies {
	struct torc_ring *ring; /* NULL: the ring was closed */
	uint64_t serial; /* of the ring; 0: free; atomic */
	uint8_t *memory;
	size_t bytes;
	struct torc_packet packet; /* of torc_ring_borrow() */
	struct torc_parsed *parsed;
	struct ring_copies *next_of_ring;
	struct ring_copies *next_of_thread;
};

static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool key_made;

/* Guards the links between threads and rings: a ring may close while a thread ends. */
static pthread_mutex_t links = PTHREAD_MUTEX_INITIALIZER;

/* ---- threads ---- */

static void unlink_from_ring(struct ring_copies *copies)
{
	struct ring_copies **at = &copies->ring->copies;

	while (*at && *at != copies)
		at = &(*at)->next_of_ring;
	if (*at)
		*at = copies->next_of_ring;
}

/* A thread ends, and so does what it borrowed. */
static void thread_ends(void *value)
{
	struct ring_copies *copies = value;

	pthread_mutex_lock(&links);
	while (copies) {
		struct ring_copies *next = copies->next_of_thread;

		if (copies->ring) {
			ring_lock(copies->ring);
			unlink_from_ring(copies);
			ring_unlock(copies->ring);
		}
		free(copies->memory);
		free(copies->parsed);
		free(copies);
		copies = next;
	}
	pthread_mutex_unlock(&links);
}

static void make_key(void)
{
	key_made = pthread_key_create(&key, thread_ends) == 0;
}

void ring_copies_register(struct torc_ring *ring)
{
	(void)ring;
	pthread_once(&key_once, make_key);
}

/* A record of this thread whose ring was closed, or a new one. */
static struct ring_copies *empty_copies(struct ring_copies *first)
{
	struct ring_copies *copies = first;

	while (copies && __atomic_load_n(&copies->serial, __ATOMIC_ACQUIRE) != 0)
		copies = copies->next_of_thread;
	if (copies)
		return copies;
	copies = calloc(1, sizeof(*copies));
	if (!copies)
		return NULL;
	copies->next_of_thread = first;
	if (pthread_setspecific(key, copies) != 0) {
		free(copies);
		return NULL;
	}
	return copies;
}

static struct ring_copies *new_copies(struct torc_ring *ring, struct ring_copies *first)
{
	struct ring_copies *copies = empty_copies(first);

	if (!copies)
		return NULL;
	if (ring->parsed && !copies->parsed)
		copies->parsed = calloc(RING_BATCH, sizeof(*copies->parsed));
	if (ring->parsed && !copies->parsed)
		return NULL;
	copies->ring = ring;
	__atomic_store_n(&copies->serial, ring->serial, __ATOMIC_RELAXED);
	copies->next_of_ring = ring->copies;
	ring->copies = copies;
	return copies;
}

/* This thread's copies of the ring, made at its first call; under the ring's lock. */
struct ring_copies *ring_copies_mine(struct torc_ring *ring)
{
	struct ring_copies *first, *copies;

	if (!key_made)
		return NULL;
	first = pthread_getspecific(key);
	for (copies = first; copies; copies = copies->next_of_thread)
		if (__atomic_load_n(&copies->serial, __ATOMIC_RELAXED) == ring->serial)
			return copies;
	return new_copies(ring, first);
}

static size_t room(const struct torc_packet *packet)
{
	return ((size_t)packet->caplen + ALIGN) / ALIGN * ALIGN; /* never 0 */
}

/* How many of the packets can be copied: at least one, or 0 when memory ran out. */
unsigned int ring_copies_fit(struct ring_copies *copies, const struct torc_packet *packets,
			     unsigned int count)
{
	size_t bytes = room(&packets[0]);
	unsigned int fit = 1;
	uint8_t *memory;

	while (fit < count && bytes + room(&packets[fit]) <= BATCH_BYTES)
		bytes += room(&packets[fit++]);
	if (bytes <= copies->bytes)
		return fit;
	bytes = bytes < BATCH_BYTES ? 2 * bytes : bytes;
	memory = malloc(bytes);
	if (!memory)
		return 0;
	free(copies->memory);
	copies->memory = memory;
	copies->bytes = bytes;
	return fit;
}

/* The bytes of packets that fit; those of the thread's call before are gone. */
void ring_copies_make(struct ring_copies *copies, struct torc_packet *packets, unsigned int count)
{
	uint8_t *at = copies->memory;

	for (unsigned int i = 0; i < count; i++) {
		memcpy(at, packets[i].data, packets[i].caplen);
		packets[i].data = at;
		at += room(&packets[i]);
	}
}

struct torc_parsed *ring_copies_parsed(struct ring_copies *copies)
{
	return copies->parsed;
}

struct torc_packet *ring_copies_packet(struct ring_copies *copies)
{
	return &copies->packet;
}

/* The ring closes: the threads' records stay theirs, with nothing behind them. */
void ring_copies_free(struct torc_ring *ring)
{
	pthread_mutex_lock(&links);
	while (ring->copies) {
		struct ring_copies *copies = ring->copies;

		ring->copies = copies->next_of_ring;
		copies->ring = NULL;
		/* Release: whoever sees that it is free sees it empty. */
		__atomic_store_n(&copies->serial, 0, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&links);
}
