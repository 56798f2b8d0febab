/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * table.c - the connections: memory, look-up by addresses and ports, lists by state
 *
 * Connections lie in slabs of 512 KiB that begin at a multiple of their size, so that a pointer to
 * one leads to the head of its slab. A packet does not move its connection in its list: who looks for
 * idle ones puts those that were active to the end instead (a clock, as page caches have it).
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "stream/stream.h"

/* ---- memory ---- */

static void *pool_slab(struct pool *pool)
{
	void **slabs = realloc(pool->slabs, (pool->slab_count + 1) * sizeof(*slabs));

	if (!slabs)
		return NULL;
	pool->slabs = slabs;
	if (pool->slab_objects == SLAB_STREAMS) {
		slabs[pool->slab_count] = aligned_alloc(SLAB_BYTES, SLAB_BYTES);
		if (slabs[pool->slab_count])
			*(struct slab_head *)slabs[pool->slab_count] =
				(struct slab_head){ .first = pool->slab_count << SLAB_SHIFT };
	} else {
		slabs[pool->slab_count] = malloc(SLAB_TROUBLES * sizeof(struct trouble));
	}
	return slabs[pool->slab_count] ? slabs[pool->slab_count++] : NULL;
}

/* The number of an object that was never used, or NONE. */
static uint32_t pool_fresh(struct pool *pool)
{
	if (pool->used == pool->slab_count * pool->slab_objects && !pool_slab(pool))
		return NONE;
	pool->live++;
	return pool->used++;
}

static struct torc_stream *slab_streams(void *slab)
{
	return (struct torc_stream *)((char *)slab + SLAB_BYTES -
				      SLAB_STREAMS * sizeof(struct torc_stream));
}

_Static_assert(SLAB_STREAMS * sizeof(struct torc_stream) + sizeof(struct slab_head) <= SLAB_BYTES,
	       "a slab holds its head");

struct slab_head *stream_slab(const struct torc_stream *stream, uint32_t *place)
{
	void *slab = (void *)((uintptr_t)stream & ~(uintptr_t)(SLAB_BYTES - 1));

	*place = (uint32_t)(stream - slab_streams(slab));
	return slab;
}

uint32_t stream_index(const struct torc_stream *stream)
{
	uint32_t place;
	const struct slab_head *head = stream_slab(stream, &place);

	return head->first + place;
}

/* ---- look-up ---- */

static uint32_t key_hash(const struct torc_streams *streams, const struct key *key)
{
	uint64_t ends, addresses = key->low[0] << 32 | key->high[0];

	memcpy(&ends, &key->low_port, sizeof(ends));
	if (key->scope & SCOPE_IPV6)
		addresses = wide_mix(key->low[0] ^ streams->seed[0], key->high[0] ^ streams->seed[1]) ^
			    wide_mix(key->low[1] ^ streams->seed[2], key->high[1] ^ streams->seed[3]);
	return hash_ends(streams, addresses, ends);
}

static inline bool key_equal(const struct key *a, const struct key *b)
{
	uint64_t x, y;

	memcpy(&x, &a->low_port, sizeof(x));
	memcpy(&y, &b->low_port, sizeof(y));
	return ((a->low[0] ^ b->low[0]) | (a->high[0] ^ b->high[0]) | (a->low[1] ^ b->low[1]) |
		(a->high[1] ^ b->high[1]) | (x ^ y)) == 0;
}

struct torc_stream *table_find(struct torc_streams *streams, const struct key *key)
{
	uint32_t index = streams->buckets[key_hash(streams, key) & streams->bucket_mask];

	while (index != NONE) {
		struct torc_stream *stream = stream_at(streams, index);

		if (key_equal(&stream->key, key))
			return stream;
		index = stream->chain;
	}
	return NULL;
}

static void bucket_put(struct torc_streams *streams, struct torc_stream *stream)
{
	uint32_t *bucket = &streams->buckets[key_hash(streams, &stream->key) &
					     streams->bucket_mask];

	stream->chain = *bucket;
	*bucket = stream_index(stream);
}

/* Twice as many buckets; without memory for them the chains get longer. */
static void buckets_grow(struct torc_streams *streams)
{
	uint32_t old_count = streams->bucket_mask + 1, *old = streams->buckets;
	uint32_t *buckets = malloc(old_count * 2 * sizeof(*buckets));

	if (!buckets)
		return;
	memset(buckets, 0xff, old_count * 2 * sizeof(*buckets));
	streams->buckets = buckets;
	streams->bucket_mask = old_count * 2 - 1;
	for (uint32_t i = 0; i < old_count; i++) {
		uint32_t index = old[i];

		while (index != NONE) {
			struct torc_stream *stream = stream_at(streams, index);

			index = stream->chain;
			bucket_put(streams, stream);
		}
	}
	free(old);
}

void table_remove(struct torc_streams *streams, struct torc_stream *stream)
{
	uint32_t *at = &streams->buckets[key_hash(streams, &stream->key) & streams->bucket_mask];
	uint32_t index = stream_index(stream);

	while (*at != index)
		at = &stream_at(streams, *at)->chain;
	*at = stream->chain;
	stream_list(streams, stream, LIST_FREE);
}

struct torc_stream *table_add(struct torc_streams *streams, const struct key *key)
{
	struct pool *pool = &streams->streams;
	struct torc_stream *stream;
	uint32_t index = pool->free;

	if (index != NONE) {
		pool->free = stream_at(streams, index)->chain;
		pool->live++;
	} else {
		uint32_t number = pool_fresh(pool);

		if (number == NONE)
			return NULL;
		index = number / SLAB_STREAMS << SLAB_SHIFT | number % SLAB_STREAMS;
	}
	/* two connections a bucket at most, on average */
	if (pool->live / 2 > streams->bucket_mask)
		buckets_grow(streams);
	stream = stream_at(streams, index);
	memset(stream, 0, sizeof(*stream));
	stream->key = *key;
	stream->trouble = NONE;
	stream->flags[0] = LIST_FREE << 12;
	bucket_put(streams, stream);
	return stream;
}

void table_free(struct torc_streams *streams, struct torc_stream *stream)
{
	stream->chain = streams->streams.free;
	streams->streams.free = stream_index(stream);
	streams->streams.live--;
}

/* ---- lists ---- */

static void list_remove(struct torc_streams *streams, struct torc_stream *stream)
{
	struct list *list = &streams->lists[stream_list_of(stream)];

	if (stream->before == NONE)
		list->first = stream->behind;
	else
		stream_at(streams, stream->before)->behind = stream->behind;
	if (stream->behind == NONE)
		list->last = stream->before;
	else
		stream_at(streams, stream->behind)->before = stream->before;
	list->count--;
}

void stream_list(struct torc_streams *streams, struct torc_stream *stream, enum stream_list to)
{
	struct list *list = &streams->lists[to % LISTS];
	uint32_t index = stream_index(stream);

	if (stream_list_of(stream) != LIST_FREE)
		list_remove(streams, stream);
	stream->flags[0] = (uint16_t)((stream->flags[0] & ~(3u << 12)) | (unsigned int)to << 12);
	if (to == LIST_FREE)
		return;
	stream->before = list->last;
	stream->behind = NONE;
	if (list->last == NONE)
		list->first = index;
	else
		stream_at(streams, list->last)->behind = index;
	list->last = index;
	list->count++;
}

struct torc_stream *table_idle(struct torc_streams *streams, enum stream_list list,
			       uint64_t timeout_ns, uint32_t *looks)
{
	uint32_t timeout = (uint32_t)(timeout_ns >> TICK_BITS), now = ticks(streams);

	while (*looks > 0 && streams->lists[list].first != NONE) {
		struct torc_stream *stream = stream_at(streams, streams->lists[list].first);

		--*looks;
		if (now - stream->last >= timeout)
			return stream;
		stream_list(streams, stream, list);
	}
	return NULL;
}

/* One that ended, else one without data, else the longest idle one of a few. */
struct torc_stream *table_victim(struct torc_streams *streams)
{
	struct torc_stream *victim = NULL;
	uint32_t now = ticks(streams);

	for (int list = LIST_CLOSED; list >= 0; list -= 2) /* CLOSED, HANDSHAKE */
		if (streams->lists[list].first != NONE)
			return stream_at(streams, streams->lists[list].first);
	for (int i = 0; i < 8 && streams->lists[LIST_OPEN].first != NONE; i++) {
		struct torc_stream *stream = stream_at(streams, streams->lists[LIST_OPEN].first);

		if (!victim || now - stream->last > now - victim->last)
			victim = stream;
		stream_list(streams, stream, LIST_OPEN);
	}
	return victim;
}

/* ---- trouble ---- */

static unsigned int class_of(uint32_t blocks)
{
	return blocks ? 32u - (unsigned int)__builtin_clz(blocks) : 0;
}

static void class_leave(struct torc_streams *streams, struct trouble *trouble)
{
	if (trouble->class == 0)
		return;
	if (trouble->smaller == NONE)
		streams->classes[trouble->class] = trouble->larger;
	else
		trouble_at(streams, trouble->smaller)->larger = trouble->larger;
	if (trouble->larger != NONE)
		trouble_at(streams, trouble->larger)->smaller = trouble->smaller;
	trouble->class = 0;
}

static void class_enter(struct torc_streams *streams, struct trouble *trouble, uint32_t index,
			unsigned int class)
{
	trouble->class = class;
	if (class == 0)
		return;
	trouble->smaller = NONE;
	trouble->larger = streams->classes[class];
	if (trouble->larger != NONE)
		trouble_at(streams, trouble->larger)->smaller = index;
	streams->classes[class] = index;
}

static bool waits(const struct trouble *trouble)
{
	return trouble->end[0].first != NONE || trouble->end[1].first != NONE;
}

static void wait_leave(struct torc_streams *streams, struct trouble *trouble)
{
	if (trouble->since_ns == 0)
		return;
	if (trouble->earlier == NONE)
		streams->wait_first = trouble->later;
	else
		trouble_at(streams, trouble->earlier)->later = trouble->later;
	if (trouble->later == NONE)
		streams->wait_last = trouble->earlier;
	else
		trouble_at(streams, trouble->later)->earlier = trouble->earlier;
	trouble->since_ns = 0;
}

void trouble_restart(struct torc_streams *streams, struct trouble *trouble)
{
	uint32_t index = stream_at(streams, trouble->stream)->trouble;

	wait_leave(streams, trouble);
	if (!waits(trouble))
		return;
	trouble->since_ns = streams->now_ns ? streams->now_ns : 1;
	trouble->earlier = streams->wait_last;
	trouble->later = NONE;
	if (streams->wait_last == NONE)
		streams->wait_first = index;
	else
		trouble_at(streams, streams->wait_last)->later = index;
	streams->wait_last = index;
}

void trouble_sort(struct torc_streams *streams, struct trouble *trouble)
{
	unsigned int class = class_of(trouble->blocks);

	if (class != trouble->class) {
		class_leave(streams, trouble);
		class_enter(streams, trouble, stream_at(streams, trouble->stream)->trouble, class);
	}
	if (waits(trouble) != (trouble->since_ns != 0))
		trouble_restart(streams, trouble);
}

struct trouble *trouble_largest(const struct torc_streams *streams)
{
	for (unsigned int class = TROUBLE_CLASSES - 1; class > 0; class--)
		if (streams->classes[class] != NONE)
			return trouble_at(streams, streams->classes[class]);
	return NULL;
}

/* A connection that gives up its trouble, and so itself, because there are too many of them. */
static void trouble_make_room(struct torc_streams *streams, const struct torc_stream *keep)
{
	struct pool *pool = &streams->troubles;

	for (uint32_t i = 0; i < pool->used; i++) {
		struct trouble *trouble;

		streams->trouble_hand = (streams->trouble_hand + 1) % pool->used;
		trouble = trouble_at(streams, streams->trouble_hand);
		if (trouble->stream != NONE && stream_at(streams, trouble->stream) != keep &&
		    !stream_closed(stream_at(streams, trouble->stream))) {
			stream_end(streams, stream_at(streams, trouble->stream), TORC_CLOSE_EVICTED);
			return;
		}
	}
}

struct trouble *trouble_of(struct torc_streams *streams, struct torc_stream *stream)
{
	struct pool *pool = &streams->troubles;
	struct trouble *trouble;
	uint32_t index = pool->free;

	if (stream->trouble != NONE)
		return trouble_at(streams, stream->trouble);
	/* what is given up is free with the next packet: this one may be over the limit until then */
	if (pool->live >= streams->trouble_max)
		trouble_make_room(streams, stream);
	if (index != NONE) {
		pool->free = trouble_at(streams, index)->later;
		pool->live++;
	} else {
		index = pool_fresh(pool);
		if (index == NONE)
			return NULL;
	}
	trouble = trouble_at(streams, index);
	memset(trouble, 0, sizeof(*trouble));
	trouble->stream = stream_index(stream);
	for (unsigned int end = 0; end < 2; end++) {
		struct trouble_end *side = &trouble->end[end];

		side->root = side->first = side->last = side->ready = side->doubt = NONE;
		side->fin = side->urgent = NO_OFFSET;
	}
	stream->trouble = index;
	return trouble;
}

void trouble_free(struct torc_streams *streams, struct torc_stream *stream)
{
	struct trouble *trouble = trouble_at(streams, stream->trouble);

	class_leave(streams, trouble);
	wait_leave(streams, trouble);
	trouble->stream = NONE;
	trouble->later = streams->troubles.free;
	streams->troubles.free = stream->trouble;
	streams->troubles.live--;
	stream->trouble = NONE;
}

/* ---- life ---- */

int table_open(struct torc_streams *streams)
{
	streams->streams = (struct pool){ .slab_objects = SLAB_STREAMS, .free = NONE };
	streams->troubles = (struct pool){ .slab_objects = SLAB_TROUBLES, .free = NONE };
	for (unsigned int i = 0; i < LISTS; i++)
		streams->lists[i] = (struct list){ NONE, NONE, 0 };
	memset(streams->classes, 0xff, sizeof(streams->classes));
	streams->wait_first = streams->wait_last = NONE;
	streams->bucket_mask = 1023;
	streams->buckets = malloc((streams->bucket_mask + 1) * sizeof(*streams->buckets));
	if (!streams->buckets)
		return -ENOMEM;
	memset(streams->buckets, 0xff, (streams->bucket_mask + 1) * sizeof(*streams->buckets));
	if (getrandom(streams->seed, sizeof(streams->seed), 0) < 0)
		return -errno;
	return 0;
}

void table_close(struct torc_streams *streams)
{
	for (uint32_t i = 0; i < streams->streams.slab_count; i++) {
		struct slab_head *head = streams->streams.slabs[i];

		free(head->user);
		free(head->messages);
		free(head);
	}
	for (uint32_t i = 0; i < streams->troubles.slab_count; i++)
		free(streams->troubles.slabs[i]);
	free(streams->streams.slabs);
	free(streams->troubles.slabs);
	free(streams->buckets);
}
