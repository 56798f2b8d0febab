/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * spread.c - one thread reads, several get its packets by flow
 *
 *	reader: torc_file ──▶ hash ──▶ open chunk of the member ──▶ its queue ──▶ torc_spread_next_batch()
 *	or whoever calls torc_spread_put()
 *
 * Packets go into chunks, and chunks go round: free, filled, waiting, read by the member, free. A chunk
 * is handed over when it is full, and not before, since waking a member costs as much as a hundred
 * packets. One lock for all of it is enough: it is taken a few times for each chunk.
 *
 * Packets of a file's own reader are copied. Those of a ring on a file stay where they are: each chunk
 * keeps the blocks of the ring that its packets are in, and the last member to be done with a block
 * gives it back to the ring. When the ring is at another block, all chunks are handed over, so that
 * no block waits for packets to come.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <torc/spread.h>

#include "cluster/cluster.h"
#include "ring/ring.h"
#include "util/error.h"
#include "util/sized.h"

#define READ_BATCH    64
#define CHUNK_PACKETS 256
#define CHUNK_BYTES   (128u << 10)
#define BUFFER_BYTES  (1u << 20)
#define CHUNKS_LEAST  3u /* one filled, one waiting, one read */
#define CHUNKS_MOST   4096u
#define ALIGN         8u
#define KEPT_MOST     8u /* blocks that the packets of one chunk are in */

/* A block of a ring that packets of chunks are in. */
struct kept {
	struct kept *next; /* the reader's: one a ring, the block that it is at */
	const struct torc_ring *ring;
	struct ring_hold block;
	uint32_t users; /* atomic: the reader, and chunks */
};

struct chunk {
	struct chunk *next;
	uint32_t count, kept_count;
	struct kept *kept[KEPT_MOST];
	size_t used, room; /* of bytes */
	uint8_t *bytes;    /* allocated when it is used first */
	struct torc_packet packets[CHUNK_PACKETS];
};

struct member {
	struct chunk *chunks;        /* all of them, an array */
	struct chunk *open;          /* the reader's alone; NULL: none */
	struct chunk *read;          /* the member's alone; NULL: none */
	struct chunk *free;          /* under the lock, as all that follows */
	struct chunk *first, *last;  /* waiting */
	pthread_cond_t filled;
};

struct torc_spread {
	struct torc_file *file;
	struct torc_spread_options options;
	uint64_t round; /* round robin */
	uint32_t chunks; /* of each member */
	struct member *members;
	pthread_t thread;
	bool running;
	struct kept *current; /* the reader's, as the next one */
	struct member *waiting; /* for whom there was no room in time */
	pthread_mutex_t lock;
	pthread_cond_t freed; /* for the reader */
	bool stopped, ended;
	int code; /* with which the file ended */
};

/* ---- the reader ---- */

/* What is in the open chunk becomes the member's. */
static void hand_over(struct torc_spread *spread, struct member *member)
{
	struct chunk *chunk = member->open;

	if (!chunk)
		return;
	member->open = NULL;
	pthread_mutex_lock(&spread->lock);
	chunk->next = NULL;
	if (member->first)
		member->last->next = chunk;
	else
		member->first = chunk;
	member->last = chunk;
	pthread_cond_signal(&member->filled);
	pthread_mutex_unlock(&spread->lock);
}

static struct timespec time_in(int timeout_ms)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += timeout_ms / 1000;
	at.tv_nsec += timeout_ms % 1000 * 1000000;
	if (at.tv_nsec >= 1000000000) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000;
	}
	return at;
}

/* An empty chunk for the member, in that time (-1: some time). 0, -ESHUTDOWN when stopped, -ETIMEDOUT. */
static int open_chunk(struct torc_spread *spread, struct member *member, int timeout_ms)
{
	struct timespec until = { .tv_sec = 0 };
	struct chunk *chunk;
	int result = 0;

	pthread_mutex_lock(&spread->lock);
	while (!member->free && !spread->stopped && result == 0) {
		if (timeout_ms < 0) {
			pthread_cond_wait(&spread->freed, &spread->lock);
			continue;
		}
		if (until.tv_sec == 0)
			until = time_in(timeout_ms);
		result = pthread_cond_timedwait(&spread->freed, &spread->lock, &until);
	}
	chunk = spread->stopped ? NULL : member->free;
	result = spread->stopped ? -ESHUTDOWN : chunk ? 0 : -ETIMEDOUT;
	if (chunk)
		member->free = chunk->next;
	pthread_mutex_unlock(&spread->lock);
	if (!chunk)
		return result;
	chunk->count = 0;
	chunk->used = 0;
	member->open = chunk;
	return 0;
}

/* Room for that many bytes; a record that is longer than a chunk makes it larger. */
static bool make_room(struct chunk *chunk, size_t bytes)
{
	size_t room = bytes > CHUNK_BYTES ? bytes : CHUNK_BYTES;

	if (chunk->room >= bytes)
		return true;
	free(chunk->bytes);
	chunk->bytes = malloc(room);
	chunk->room = chunk->bytes ? room : 0;
	return chunk->bytes != NULL;
}

static void copy_bytes(struct chunk *chunk, struct torc_packet *copy)
{
	uint8_t *to = chunk->bytes + chunk->used;

	if (copy->caplen > 0)
		memcpy(to, copy->data, copy->caplen);
	copy->data = to;
	chunk->used += ((size_t)copy->caplen + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

/* ---- blocks of rings ---- */

static void drop(struct kept *kept)
{
	if (__atomic_sub_fetch(&kept->users, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	ring_block_release(&kept->block);
	free(kept);
}

static void drop_all(struct chunk *chunk)
{
	while (chunk->kept_count > 0)
		drop(chunk->kept[--chunk->kept_count]);
}

/* The block stays until the chunk is empty. False: it has room for no more of them. */
static bool chunk_keeps(struct chunk *chunk, struct kept *kept)
{
	for (uint32_t i = chunk->kept_count; i > 0; i--)
		if (chunk->kept[i - 1] == kept)
			return true;
	if (chunk->kept_count == KEPT_MOST)
		return false;
	__atomic_add_fetch(&kept->users, 1, __ATOMIC_RELAXED);
	chunk->kept[chunk->kept_count++] = kept;
	return true;
}

/* Room in the member's open chunk: for bytes to be copied, or in the block kept (NULL: none). */
static int have_room(struct torc_spread *spread, struct member *member, size_t bytes,
		     struct kept *kept, int timeout_ms)
{
	struct chunk *chunk = member->open;
	int result = 0;

	if (chunk && (chunk->count == CHUNK_PACKETS || (kept && !chunk_keeps(chunk, kept)) ||
		      (!kept && chunk->count > 0 && chunk->room - chunk->used < bytes)))
		hand_over(spread, member);
	if (!member->open)
		result = open_chunk(spread, member, timeout_ms);
	if (result < 0)
		return result;
	chunk = member->open;
	if (kept)
		chunk_keeps(chunk, kept);
	else if (chunk->used == 0 && !make_room(chunk, bytes))
		return -ENOMEM;
	return 0;
}

static int give(struct torc_spread *spread, struct member *member, const struct torc_packet *packet,
		struct kept *kept, int timeout_ms)
{
	size_t bytes = ((size_t)packet->caplen + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	struct chunk *chunk = member->open;
	struct torc_packet *copy;
	int result;

	/* most are in the same block as the one before */
	if (!kept || !chunk || chunk->count == CHUNK_PACKETS || chunk->kept_count == 0 ||
	    chunk->kept[chunk->kept_count - 1] != kept) {
		result = have_room(spread, member, bytes, kept, timeout_ms);
		if (result < 0)
			return result;
		chunk = member->open;
	}
	copy = &chunk->packets[chunk->count++];
	*copy = *packet;
	copy->parsed = NULL;
	if (!kept)
		copy_bytes(chunk, copy);
	return 0;
}

static uint32_t member_of(struct torc_spread *spread, const struct torc_packet *packet)
{
	uint32_t members = spread->options.members;

	if (spread->options.type == TORC_CLUSTER_ROUND_ROBIN)
		return (uint32_t)(spread->round++ % members);
	return torc_cluster_share_of(spread->options.type, packet, members);
}

static void hand_over_all(struct torc_spread *spread)
{
	for (uint32_t n = 0; n < spread->options.members; n++)
		hand_over(spread, &spread->members[n]);
}

static bool is_stopped(struct torc_spread *spread)
{
	bool stopped;

	pthread_mutex_lock(&spread->lock);
	stopped = spread->stopped;
	pthread_mutex_unlock(&spread->lock);
	return stopped;
}

static int read_batch(struct torc_spread *spread)
{
	const struct timespec pause = { .tv_nsec = 1000000 };
	struct torc_packet packets[READ_BATCH];
	int count = torc_file_next_batch(spread->file, packets, READ_BATCH), result = 0;

	if (count == -EINTR || count == -EAGAIN) {
		hand_over_all(spread);
		nanosleep(&pause, NULL);
		return 1;
	}
	for (int i = 0; i < count && result == 0; i++)
		result = give(spread, &spread->members[member_of(spread, &packets[i])], &packets[i],
			      NULL, -1);
	return result < 0 ? result : count;
}

static void end(struct torc_spread *spread, int code)
{
	hand_over_all(spread);
	pthread_mutex_lock(&spread->lock);
	spread->ended = true;
	spread->code = code;
	for (uint32_t n = 0; n < spread->options.members; n++)
		pthread_cond_signal(&spread->members[n].filled);
	pthread_mutex_unlock(&spread->lock);
}

static void *read_file(void *argument)
{
	struct torc_spread *spread = argument;
	int result;

	do {
		result = read_batch(spread);
	} while (result > 0 && !is_stopped(spread));
	end(spread, result < 0 ? result : 0);
	return NULL;
}

/* ---- packets of the caller's ---- */

/* The block that the ring is at, kept; NULL: its packets have to be copied. */
static struct kept *kept_of(struct torc_spread *spread, const struct torc_ring *ring)
{
	struct kept **link = &spread->current, *kept;
	struct ring_hold block;

	while (*link && (*link)->ring != ring)
		link = &(*link)->next;
	kept = *link;
	if (!ring || !ring_block(ring, &block))
		return NULL;
	if (kept && kept->block.engine == block.engine && kept->block.token == block.token)
		return kept;
	if (kept) {
		*link = kept->next;
		hand_over_all(spread);
		drop(kept);
	}
	kept = malloc(sizeof(*kept));
	if (!kept)
		return NULL;
	*kept = (struct kept){ .next = spread->current, .ring = ring, .block = block, .users = 1 };
	spread->current = kept;
	ring_block_hold(&block);
	return kept;
}

int torc_spread_put(struct torc_spread *spread, struct torc_ring *ring,
		    const struct torc_packet *packets, unsigned int count, int timeout_ms)
{
	struct kept *kept = kept_of(spread, ring);
	unsigned int given = 0;
	int result = spread->file || spread->ended ? -EBUSY : 0;

	while (given < count && result == 0) {
		const struct torc_packet *packet = &packets[given];
		struct member *member = spread->waiting;

		if (!member)
			member = &spread->members[member_of(spread, packet)];
		result = give(spread, member, packet, kept, timeout_ms);
		/* round robin gives the next member to the next packet, not to the same one again */
		spread->waiting = result == 0 ? NULL : member;
		given += result == 0;
	}
	return given > 0 || result == -ETIMEDOUT ? (int)given : result;
}

void torc_spread_flush(struct torc_spread *spread)
{
	hand_over_all(spread);
}

void torc_spread_end(struct torc_spread *spread, int code)
{
	if (!spread->file)
		end(spread, code);
}

/* ---- the members ---- */

/*
 * Another processor wrote it: what is certain to be read is fetched while the first is looked at. Packets
 * in blocks of a ring lie far apart; torc_decode_batch() fetches those.
 */
static void fetch(const struct chunk *chunk)
{
	for (uint32_t i = 0; i < chunk->count; i++)
		__builtin_prefetch(&chunk->packets[i]);
	if (chunk->used == 0)
		return;
	for (size_t at = 0, i = 0; i < chunk->count; i++) {
		__builtin_prefetch(chunk->bytes + at);
		__builtin_prefetch(chunk->bytes + at + 63); /* most headers end in the second line */
		at += ((size_t)chunk->packets[i].caplen + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	}
}

int torc_spread_next_batch(struct torc_spread *spread, uint32_t number,
			   const struct torc_packet **packets)
{
	struct member *member;
	int result;

	if (number >= spread->options.members)
		return -EINVAL;
	member = &spread->members[number];
	if (member->read)
		drop_all(member->read);
	pthread_mutex_lock(&spread->lock);
	if (member->read) {
		member->read->next = member->free;
		member->free = member->read;
		member->read = NULL;
		pthread_cond_signal(&spread->freed);
	}
	while (!member->first && !spread->stopped && !spread->ended)
		pthread_cond_wait(&member->filled, &spread->lock);
	if (member->first && !spread->stopped) {
		member->read = member->first;
		member->first = member->first->next;
	}
	result = member->read ? (int)member->read->count : spread->stopped ? 0 : spread->code;
	pthread_mutex_unlock(&spread->lock);
	if (result > 0) {
		*packets = member->read->packets;
		fetch(member->read);
	}
	return result;
}

void torc_spread_stop(struct torc_spread *spread)
{
	pthread_mutex_lock(&spread->lock);
	spread->stopped = true;
	pthread_cond_broadcast(&spread->freed);
	for (uint32_t n = 0; n < spread->options.members; n++)
		pthread_cond_broadcast(&spread->members[n].filled);
	pthread_mutex_unlock(&spread->lock);
}

/* ---- open and close ---- */

static int make_members(struct torc_spread *spread)
{
	uint64_t chunks = spread->options.buffer_bytes / CHUNK_BYTES;

	spread->chunks = chunks < CHUNKS_LEAST ? CHUNKS_LEAST :
			 chunks > CHUNKS_MOST  ? CHUNKS_MOST :
						 (uint32_t)chunks;
	spread->members = calloc(spread->options.members, sizeof(*spread->members));
	if (!spread->members)
		return -ENOMEM;
	for (uint32_t n = 0; n < spread->options.members; n++)
		pthread_cond_init(&spread->members[n].filled, NULL);
	for (uint32_t n = 0; n < spread->options.members; n++) {
		struct member *member = &spread->members[n];

		member->chunks = calloc(spread->chunks, sizeof(*member->chunks));
		if (!member->chunks)
			return -ENOMEM;
		for (uint32_t i = 0; i < spread->chunks; i++) {
			member->chunks[i].next = member->free;
			member->free = &member->chunks[i];
		}
	}
	return 0;
}

static int start(struct torc_spread *spread)
{
	sigset_t all, before;
	int result;

	sigfillset(&all); /* signals are the program's, not this thread's */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	result = pthread_create(&spread->thread, NULL, read_file, spread);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	spread->running = result == 0;
	return -result;
}

int torc_spread_open(struct torc_spread **out, struct torc_file *file,
		     const struct torc_spread_options *given, struct torc_error *error)
{
	struct torc_spread_options options = { .buffer_bytes = BUFFER_BYTES };
	pthread_condattr_t monotonic;
	struct torc_spread *spread;
	int result = torc_sized_take(&options, sizeof(options), given, "torc_spread_options", error);

	if (result < 0)
		return result;
	if (options.buffer_bytes == 0)
		options.buffer_bytes = BUFFER_BYTES;
	if (options.members < 1 || options.members > TORC_SPREAD_MEMBERS_MAX)
		return torc_error_set(error, -EINVAL, "a file is spread to 1 to %u members, not %u",
				      TORC_SPREAD_MEMBERS_MAX, options.members);
	if ((unsigned int)options.type > TORC_CLUSTER_PER_INNER_FLOW_IP_5_TUPLE)
		return torc_error_set(error, -EINVAL, "cluster type %d does not exist",
				      (int)options.type);
	spread = calloc(1, sizeof(*spread));
	if (!spread)
		return torc_error_set(error, -ENOMEM, "out of memory");
	spread->file = file;
	spread->options = options;
	pthread_mutex_init(&spread->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&spread->freed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	result = make_members(spread);
	if (result == 0 && file)
		result = start(spread);
	if (result < 0) {
		torc_spread_close(spread);
		return torc_error_set(error, result, "cannot spread a file: %s", torc_strerror(result));
	}
	*out = spread;
	return 0;
}

void torc_spread_close(struct torc_spread *spread)
{
	if (!spread)
		return;
	if (spread->running) {
		torc_spread_stop(spread);
		pthread_join(spread->thread, NULL);
	}
	for (uint32_t n = 0; spread->members && n < spread->options.members; n++) {
		struct member *member = &spread->members[n];

		for (uint32_t i = 0; member->chunks && i < spread->chunks; i++) {
			drop_all(&member->chunks[i]);
			free(member->chunks[i].bytes);
		}
		free(member->chunks);
		pthread_cond_destroy(&member->filled);
	}
	while (spread->current) {
		struct kept *kept = spread->current;

		spread->current = kept->next;
		drop(kept);
	}
	free(spread->members);
	pthread_cond_destroy(&spread->freed);
	pthread_mutex_destroy(&spread->lock);
	free(spread);
}
