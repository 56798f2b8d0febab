/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * overlap.c - who wins where fragments overlap
 *
 * The pieces of a datagram are in order and never overlap one another. Policy drop follows Linux's
 * inet_frag_queue_insert() (net/ipv4/inet_fragment.c): fragments that came one right behind the
 * other are a run; what is inside a run is a duplicate, what cuts one ends the datagram. The other
 * policies decide for each piece that the new range meets, by where both begin and end.
 */
#include "defrag/overlap.h"

static uint32_t at_or_before(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static uint32_t at_or_behind(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static bool new_wins(enum torc_defrag_policy policy, const struct piece *old,
		     const struct range *new)
{
	switch (policy) {
	case TORC_DEFRAG_LAST:
		return true;
	case TORC_DEFRAG_BSD:
		return new->begin < old->begin;
	case TORC_DEFRAG_LINUX:
		return new->begin <= old->begin;
	case TORC_DEFRAG_WINDOWS:
		return new->begin < old->begin && new->end > old->end;
	case TORC_DEFRAG_SOLARIS:
		return new->begin < old->begin && new->end >= old->end;
	default: /* first */
		return false;
	}
}

/* ---- the list ---- */

/* A piece whose bytes are in a chain already, between two others; before NOTHING: as the first. */
static uint32_t link_piece(struct store *store, struct datagram *datagram, uint32_t before,
			   const struct range *range, uint32_t cell)
{
	uint32_t number = store_piece(store);
	struct piece *piece = &store->pieces[number];
	uint32_t *link = before == NOTHING ? &datagram->first : &store->pieces[before].next;

	piece->begin = range->begin;
	piece->end = range->end;
	piece->cell = cell;
	piece->next = *link;
	*link = number;
	if (piece->next == NOTHING)
		datagram->last = number;
	return number;
}

static uint32_t add_piece(struct store *store, struct datagram *datagram, uint32_t before,
			  const struct range *range)
{
	uint32_t length = range->end - range->begin;

	datagram->piece_bytes += length;
	return link_piece(store, datagram, before, range, store_bytes(store, range->bytes, length));
}

static void remove_piece(struct store *store, struct datagram *datagram, uint32_t before,
			 uint32_t number)
{
	const struct piece *piece = &store->pieces[number];

	if (before == NOTHING)
		datagram->first = piece->next;
	else
		store->pieces[before].next = piece->next;
	if (datagram->last == number)
		datagram->last = before;
	datagram->piece_bytes -= piece->end - piece->begin;
	store_piece_free(store, number);
}

/* The part of the range from begin to end. */
static struct range part_of(const struct range *range, uint32_t begin, uint32_t end)
{
	return (struct range){ begin, end, range->bytes + (begin - range->begin) };
}

/* ---- policy drop ---- */

static enum insertion append(struct store *store, struct datagram *datagram,
			     const struct range *range)
{
	bool same_run = datagram->last != NOTHING &&
			store->pieces[datagram->last].end == range->begin;
	uint32_t number = add_piece(store, datagram, datagram->last, range);

	store->pieces[number].same_run = same_run;
	return INSERTED;
}

static enum insertion insert_or_refuse(struct store *store, struct datagram *datagram,
				       const struct range *range)
{
	uint32_t before = NOTHING, last = datagram->last, number = datagram->first;

	if (last == NOTHING || store->pieces[last].end < range->end) {
		if (last != NOTHING && range->begin < store->pieces[last].end)
			return INSERT_REFUSED;
		return append(store, datagram, range);
	}
	while (number != NOTHING) {
		uint32_t begin = store->pieces[number].begin, end, run_last = number;

		while (store->pieces[run_last].next != NOTHING &&
		       store->pieces[store->pieces[run_last].next].same_run)
			run_last = store->pieces[run_last].next;
		end = store->pieces[run_last].end;
		if (range->end <= begin)
			break;
		if (range->begin >= begin && range->end <= end)
			return INSERT_DUPLICATE;
		if (range->begin < end)
			return INSERT_REFUSED;
		before = run_last;
		number = store->pieces[run_last].next;
	}
	add_piece(store, datagram, before, range);
	return INSERTED;
}

/* ---- the other policies ---- */

/* The new range has won: the old piece keeps what lies outside. Returns the piece to go on behind. */
static uint32_t give_way(struct store *store, struct datagram *datagram, uint32_t before,
			 uint32_t number, const struct range *new)
{
	struct piece *old = &store->pieces[number];
	uint32_t begin = old->begin, end = old->end;

	if (begin >= new->begin && end <= new->end) {
		remove_piece(store, datagram, before, number);
		return before;
	}
	if (begin < new->begin && end > new->end) {
		uint32_t cell = store_clone(store, old->cell, old->skip + new->end - begin,
					    end - new->end);

		old->end = new->begin;
		link_piece(store, datagram, number, &(struct range){ new->end, end, NULL }, cell);
		datagram->piece_bytes -= new->end - new->begin;
		return number;
	}
	if (begin < new->begin) {
		old->end = new->begin;
		datagram->piece_bytes -= end - new->begin;
		return number;
	}
	old->begin = new->end;
	old->skip += new->end - begin;
	datagram->piece_bytes -= new->end - begin;
	return before;
}

static enum insertion insert_by(struct store *store, struct datagram *datagram,
				enum torc_defrag_policy policy, const struct range *new)
{
	uint32_t before = NOTHING, number = datagram->first, cursor = new->begin;
	bool gave = false;

	while (number != NOTHING && store->pieces[number].begin < new->end) {
		const struct piece *old = &store->pieces[number];
		uint32_t next = old->next;

		if (old->end <= new->begin) {
			before = number;
		} else if (new_wins(policy, old, new)) {
			before = give_way(store, datagram, before, number, new);
			gave = true;
		} else {
			if (cursor < old->begin) {
				struct range part = part_of(new, cursor, old->begin);

				add_piece(store, datagram, before, &part);
				gave = true;
			}
			cursor = at_or_behind(cursor, old->end);
			before = number;
		}
		number = next;
	}
	if (cursor < new->end) {
		struct range part = part_of(new, cursor, new->end);

		add_piece(store, datagram, before, &part);
		gave = true;
	}
	return gave ? INSERTED : INSERT_DUPLICATE;
}

/* ---- both ---- */

/* Look at what the range meets before anything is changed. Returns how many pieces that are. */
static unsigned int meet(const struct store *store, const struct datagram *datagram,
			 const struct range *range, struct overlap *overlap, uint32_t *behind)
{
	unsigned int met = 0;

	*behind = 0;
	if (datagram->last == NOTHING || store->pieces[datagram->last].end <= range->begin)
		return 0;
	for (uint32_t number = datagram->first; number != NOTHING;
	     number = store->pieces[number].next) {
		const struct piece *piece = &store->pieces[number];
		uint32_t begin = at_or_behind(piece->begin, range->begin);
		uint32_t end = at_or_before(piece->end, range->end);

		if (piece->begin >= range->end)
			break;
		if (begin >= end)
			continue;
		met++;
		overlap->any = true;
		if (!overlap->different)
			overlap->different =
				!store_same(store, piece->cell, piece->skip + begin - piece->begin,
					    range->bytes + (begin - range->begin), end - begin);
		if (piece->end > range->end)
			*behind = piece->end - range->end;
	}
	return met;
}

enum insertion overlap_insert(struct store *store, struct datagram *datagram,
			      enum torc_defrag_policy policy, const struct range *range,
			      uint32_t spare_bytes, struct overlap *overlap)
{
	uint32_t behind;
	unsigned int met = meet(store, datagram, range, overlap, &behind);

	if (!store_has_room(store, met + 3, range->end - range->begin + behind + spare_bytes))
		return INSERT_NO_ROOM;
	if (policy == TORC_DEFRAG_DROP)
		return insert_or_refuse(store, datagram, range);
	if (met == 0 && (datagram->last == NOTHING ||
			 store->pieces[datagram->last].end <= range->begin))
		return append(store, datagram, range);
	return insert_by(store, datagram, policy, range);
}
