/* SPDX-License-Identifier: BSD-3-Clause */
/* store.c - cells, pieces and datagrams in one block of memory */
#include "defrag/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "util/siphash.h"
#include "util/wide.h"

/* For each cell there is one piece and one datagram, since an empty fragment is refused. */
#define BYTES_PER_CELL                                                                             \
	(CELL_BYTES + sizeof(uint32_t) + sizeof(struct piece) + sizeof(struct datagram) +          \
	 2 * sizeof(uint32_t))

static uint32_t power_of_two_below(uint32_t number)
{
	uint32_t power = 1;

	while (power <= number / 2)
		power *= 2;
	return power;
}

/* Anonymous pages: what was never used takes no memory, and all of it is zero at first. */
int store_open(struct store *store, size_t bytes)
{
	uint32_t count = (uint32_t)(bytes / BYTES_PER_CELL), buckets = power_of_two_below(count);
	uint8_t *at;

	*store = (struct store){ .count = count,
				 .cells_left = count,
				 .pieces_left = count,
				 .free_cell = NOTHING,
				 .free_piece = NOTHING,
				 .free_datagram = NOTHING,
				 .bucket_mask = buckets - 1,
				 .age = { { NOTHING, NOTHING }, { NOTHING, NOTHING } },
				 .memory_bytes = bytes };
	if (getrandom(store->seed, sizeof(store->seed), 0) != sizeof(store->seed))
		return -EIO;
	store->memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (store->memory == MAP_FAILED) {
		store->memory = NULL;
		return -ENOMEM;
	}
	at = store->memory;
	store->datagrams = (struct datagram *)(void *)at;
	at += count * sizeof(struct datagram);
	store->pieces = (struct piece *)(void *)at;
	at += count * sizeof(struct piece);
	store->cell_next = (uint32_t *)(void *)at;
	at += count * sizeof(uint32_t);
	store->buckets = (uint32_t *)(void *)at;
	at += buckets * sizeof(uint32_t);
	store->cells = (uint8_t(*)[CELL_BYTES])(void *)at;
	memset(store->buckets, 0xff, buckets * sizeof(uint32_t));
	return 0;
}

void store_close(struct store *store)
{
	if (store->memory)
		munmap(store->memory, store->memory_bytes);
}

uint64_t store_hash(const struct store *store, const void *data, size_t length)
{
	return torc_siphash(store->seed, data, length);
}

/* ---- cells ---- */

/*
 * The compiler knows that no part of a cell is longer than CELL_BYTES, and makes a string instruction of
 * the copy, which takes more than twice as long as memcpy() here.
 */
static __attribute__((noinline)) void copy_bytes(void *to, const void *from, size_t length)
{
	memcpy(to, from, length);
}

static uint32_t cells_for(uint32_t bytes)
{
	return (bytes + CELL_BYTES - 1) / CELL_BYTES;
}

bool store_has_room(const struct store *store, uint32_t pieces, uint32_t bytes)
{
	/* each piece may begin a cell of its own */
	return store->pieces_left >= pieces && store->cells_left >= cells_for(bytes) + pieces;
}

static uint32_t take_cell(struct store *store)
{
	uint32_t cell = store->free_cell;

	store->cells_left--;
	if (cell == NOTHING)
		return store->fresh_cell++;
	store->free_cell = store->cell_next[cell];
	return cell;
}

/* One more cell with up to CELL_BYTES bytes at the end of a chain; returns that cell. */
static uint32_t append_cell(struct store *store, uint32_t *first, uint32_t last,
			    const uint8_t *data, uint32_t length)
{
	uint32_t cell = take_cell(store);

	copy_bytes(store->cells[cell], data, length);
	store->cell_next[cell] = NOTHING;
	if (last == NOTHING)
		*first = cell;
	else
		store->cell_next[last] = cell;
	return cell;
}

uint32_t store_bytes(struct store *store, const uint8_t *data, uint32_t length)
{
	uint32_t first = NOTHING, last = NOTHING;

	while (length > 0) {
		uint32_t part = length < CELL_BYTES ? length : CELL_BYTES;

		last = append_cell(store, &first, last, data, part);
		data += part;
		length -= part;
	}
	return first;
}

void store_bytes_free(struct store *store, uint32_t cell)
{
	while (cell != NOTHING) {
		uint32_t next = store->cell_next[cell];

		store->cell_next[cell] = store->free_cell;
		store->free_cell = cell;
		store->cells_left++;
		cell = next;
	}
}

/* The cell of a chain that an offset is in; the offset becomes the one inside it. */
static uint32_t cell_at(const struct store *store, uint32_t cell, uint32_t *offset)
{
	for (; *offset >= CELL_BYTES; *offset -= CELL_BYTES)
		cell = store->cell_next[cell];
	return cell;
}

void store_copy(const struct store *store, uint32_t cell, uint32_t offset, uint8_t *to,
		uint32_t length)
{
	cell = cell_at(store, cell, &offset);
	while (length > 0) {
		uint32_t part = CELL_BYTES - offset < length ? CELL_BYTES - offset : length;

		copy_bytes(to, store->cells[cell] + offset, part);
		to += part;
		length -= part;
		offset = 0;
		cell = store->cell_next[cell];
	}
}

uint32_t store_clone(struct store *store, uint32_t cell, uint32_t offset, uint32_t length)
{
	uint32_t first = NOTHING, last = NOTHING;
	uint8_t bytes[CELL_BYTES];

	while (length > 0) {
		uint32_t part = length < CELL_BYTES ? length : CELL_BYTES;

		store_copy(store, cell, offset, bytes, part);
		last = append_cell(store, &first, last, bytes, part);
		offset += part;
		length -= part;
	}
	return first;
}

bool store_same(const struct store *store, uint32_t cell, uint32_t offset, const uint8_t *as,
		uint32_t length)
{
	cell = cell_at(store, cell, &offset);
	while (length > 0) {
		uint32_t part = CELL_BYTES - offset < length ? CELL_BYTES - offset : length;

		if (memcmp(as, store->cells[cell] + offset, part) != 0)
			return false;
		as += part;
		length -= part;
		offset = 0;
		cell = store->cell_next[cell];
	}
	return true;
}

/* ---- pieces ---- */

uint32_t store_piece(struct store *store)
{
	uint32_t number = store->free_piece;

	store->pieces_left--;
	if (number == NOTHING)
		number = store->fresh_piece++;
	else
		store->free_piece = store->pieces[number].next;
	store->pieces[number] = (struct piece){ .next = NOTHING, .cell = NOTHING };
	return number;
}

void store_piece_free(struct store *store, uint32_t number)
{
	struct piece *piece = &store->pieces[number];

	store_bytes_free(store, piece->cell);
	piece->next = store->free_piece;
	store->free_piece = number;
	store->pieces_left++;
}

/* ---- datagrams ---- */

/* Three products with secret seeds: what meets in a bucket, nobody outside can choose. */
uint32_t store_bucket(const struct store *store, const struct datagram_key *key)
{
	uint64_t words[6], sum;

	memcpy(words, key, sizeof(words));
	sum = wide_mix(words[0] ^ store->seed[0], words[2] ^ store->seed[1]) ^
	      wide_mix(words[1] ^ store->seed[2], words[3] ^ store->seed[3]);
	return (uint32_t)wide_mix(sum ^ words[4], words[5] ^ store->seed[0]) & store->bucket_mask;
}

_Static_assert(sizeof(struct datagram_key) == 6 * sizeof(uint64_t), "the hash takes all of it");

uint32_t store_find(const struct store *store, uint32_t bucket, const struct datagram_key *key)
{
	uint32_t number = store->buckets[bucket];

	while (number != NOTHING && memcmp(&store->datagrams[number].key, key, sizeof(*key)) != 0)
		number = store->datagrams[number].hash_next;
	return number;
}

static struct age_list *age_of(struct store *store, const struct datagram_key *key)
{
	return &store->age[key->version == 6];
}

uint32_t store_add(struct store *store, uint32_t bucket, const struct datagram_key *key,
		   uint64_t now_ns)
{
	uint32_t number = store->free_datagram;
	struct age_list *age = age_of(store, key);
	struct datagram *datagram;

	if (number != NOTHING)
		store->free_datagram = store->datagrams[number].hash_next;
	else if (store->fresh_datagram < store->count)
		number = store->fresh_datagram++;
	else
		return NOTHING;
	datagram = &store->datagrams[number];
	*datagram = (struct datagram){ .key = *key,
				       .first_ns = now_ns,
				       .bucket = bucket,
				       .hash_next = store->buckets[bucket],
				       .older = age->newest,
				       .newer = NOTHING,
				       .first = NOTHING,
				       .last = NOTHING,
				       .header_cell = NOTHING };
	store->buckets[bucket] = number;
	if (age->newest == NOTHING)
		age->oldest = number;
	else
		store->datagrams[age->newest].newer = number;
	age->newest = number;
	return number;
}

static void unlink_age(struct store *store, const struct datagram *datagram)
{
	struct age_list *age = age_of(store, &datagram->key);

	if (datagram->older == NOTHING)
		age->oldest = datagram->newer;
	else
		store->datagrams[datagram->older].newer = datagram->newer;
	if (datagram->newer == NOTHING)
		age->newest = datagram->older;
	else
		store->datagrams[datagram->newer].older = datagram->older;
}

void store_drop(struct store *store, uint32_t number)
{
	struct datagram *datagram = &store->datagrams[number];
	uint32_t *link = &store->buckets[datagram->bucket];

	while (*link != number)
		link = &store->datagrams[*link].hash_next;
	*link = datagram->hash_next;
	unlink_age(store, datagram);
	for (uint32_t piece = datagram->first; piece != NOTHING;) {
		uint32_t next = store->pieces[piece].next;

		store_piece_free(store, piece);
		piece = next;
	}
	store_bytes_free(store, datagram->header_cell);
	datagram->hash_next = store->free_datagram;
	store->free_datagram = number;
}

uint32_t store_oldest(const struct store *store, uint32_t but)
{
	uint32_t oldest = NOTHING;

	for (unsigned int i = 0; i < 2; i++) {
		uint32_t number = store->age[i].oldest;

		if (number == but && number != NOTHING)
			number = store->datagrams[number].newer;
		if (number != NOTHING &&
		    (oldest == NOTHING ||
		     store->datagrams[number].first_ns < store->datagrams[oldest].first_ns))
			oldest = number;
	}
	return oldest;
}
