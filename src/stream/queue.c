/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * queue.c - what waits behind a hole: extents, and who wins where a later segment overlaps one
 *
 * An extent is what Linux has as one skb in its out-of-order queue: a segment, and those that were
 * appended because they began where it ended. Extents may overlap: then their bytes are the same
 * there, because whoever lost was overwritten, and the one that starts first is delivered first. What
 * a later segment is compared with are these, not single bytes, so that the answer is the kernel's
 * (tcp_data_queue_ofo() of net/ipv4/tcp_input.c tells the rules).
 */
#include "stream/stream.h"

/* ---- extents ---- */

uint32_t extent_make(struct work *work, struct trouble *trouble, struct piece piece)
{
	struct arena *arena = &work->streams->arena;
	uint32_t head = NONE, last = NONE;
	uint64_t at = piece.start;

	while (at < piece.end) {
		uint64_t left = piece.end - at;
		uint32_t index = arena_take(arena);
		struct block *block = block_at(arena, index);

		if (index == NONE) {
			if (head != NONE)
				extent_drop(work->streams, trouble, head);
			return NONE;
		}
		trouble->blocks++;
		block->length = (uint32_t)(piece.data && left > BLOCK_DATA ? BLOCK_DATA : left);
		block->packet = work->streams->packet;
		block->timestamp_ns = work->streams->packet_ns;
		block->skip = 0;
		block->cut = piece.data == NULL;
		if (piece.data)
			memcpy(block->data, piece.data + (at - piece.start), block->length);
		if (head == NONE)
			head = index;
		else
			block_at(arena, last)->next = index;
		last = index;
		at += block->length;
	}
	block_at(arena, head)->start = piece.start;
	block_at(arena, head)->end = piece.end;
	block_at(arena, head)->last = last;
	return head;
}

void extent_append(struct torc_streams *streams, uint32_t extent, uint32_t more)
{
	struct block *head = block_at(&streams->arena, extent);
	const struct block *next = block_at(&streams->arena, more);

	block_at(&streams->arena, head->last)->next = more;
	head->last = next->last;
	head->end = next->end;
}

uint32_t extent_pop(struct torc_streams *streams, struct trouble *trouble, uint32_t extent)
{
	const struct block *head = block_at(&streams->arena, extent);
	uint32_t next = head->next;

	if (next != NONE) {
		struct block *heir = block_at(&streams->arena, next);

		heir->start = head->start + head->length;
		heir->end = head->end;
		heir->last = head->last;
	}
	trouble->blocks--;
	arena_spend(&streams->arena, extent);
	return next;
}

uint64_t extent_drop(struct torc_streams *streams, struct trouble *trouble, uint32_t extent)
{
	uint64_t bytes = 0;

	while (extent != NONE) {
		struct block *block = block_at(&streams->arena, extent);
		uint32_t next = block->next;

		bytes += block->cut ? 0 : block->length;
		trouble->blocks--;
		arena_spend(&streams->arena, extent);
		extent = next;
	}
	return bytes;
}

/* ---- the bytes of an extent, block by block ---- */

struct span {
	uint32_t block; /* the next one to look at */
	uint64_t at;    /* offset of its first byte */
	uint8_t *data;
	uint64_t start, end; /* of data */
};

static struct span span_begin(const struct torc_streams *streams, uint32_t extent)
{
	return (struct span){ .block = extent, .at = block_at(&streams->arena, extent)->start };
}

/* The next bytes of [start, end) that lie together. */
static bool span_next(const struct torc_streams *streams, struct span *span, uint64_t start,
		      uint64_t end)
{
	while (span->block != NONE) {
		struct block *block = block_at(&streams->arena, span->block);
		uint64_t at = span->at, behind = at + block->length;

		span->block = block->next;
		span->at = behind;
		if (behind <= start)
			continue;
		if (at >= end)
			return false;
		span->start = at > start ? at : start;
		span->end = behind < end ? behind : end;
		span->data = block->data + block->skip + (span->start - at);
		return true;
	}
	return false;
}

/* ---- overlaps ---- */

struct overlap {
	struct work *work;
	struct trouble *trouble;
	struct piece piece;
	unsigned int wins; /* NEW_ bits of the policy */
	uint64_t rank;     /* where what it becomes part of starts */
	uint32_t copy;     /* the extent made of the piece, or NONE when it is not kept */
};

/* Does the piece win against an extent? */
static bool wins(const struct overlap *overlap, const struct block *old)
{
	const struct piece *piece = &overlap->piece;
	unsigned int relation;

	if (overlap->rank < old->start)
		relation = piece->end >= old->end ? NEW_AROUND : NEW_BEFORE;
	else if (piece->start > old->start)
		relation = piece->end > old->end ? NEW_BEHIND : NEW_INSIDE;
	else if (piece->end == old->end)
		relation = NEW_EQUAL;
	else
		relation = piece->end > old->end ? NEW_LONGER : NEW_SHORTER;
	return overlap->wins & relation;
}

/* The extent goes when the piece is kept, because it lies inside. */
static bool is_covered(const struct overlap *overlap, const struct block *old)
{
	return overlap->copy != NONE && overlap->piece.start <= old->start &&
	       overlap->piece.end >= old->end;
}

/* Bytes that are overwritten stay readable in a block of their own until the next packet. */
static const uint8_t *keep_old(struct torc_streams *streams, const struct span *span)
{
	uint32_t index = arena_take(&streams->arena);
	struct block *block = block_at(&streams->arena, index);

	if (index == NONE)
		return NULL;
	memcpy(block->data, span->data, span->end - span->start);
	arena_spend(&streams->arena, index);
	return block->data;
}

/* Bytes of an extent, and the others for the same place: tell it, and make them the same. */
static void bytes_settle(struct overlap *overlap, const struct block *old, const struct span *span,
			 const uint8_t *new)
{
	struct torc_streams *streams = overlap->work->streams;
	bool new_wins = wins(overlap, old);
	size_t length = span->end - span->start;
	bool differ = memcmp(span->data, new, length) != 0;
	struct torc_stream_event *event =
		event_push(streams, overlap->work->stream, overlap->work->from, TORC_STREAM_OVERLAP,
			   differ ? TORC_OVERLAP_DIFFERENT : TORC_OVERLAP_SAME);

	event->offset = span->start;
	event->length = (uint32_t)length;
	event->data = new_wins ? new : span->data;
	event->other = new_wins ? span->data : new;
	streams->shows_waiting = true;
	streams->stats.overlaps++;
	if (!differ)
		return;
	streams->stats.overlaps_different++;
	overlap->trouble->end[overlap->work->from].different += length;
	if (new_wins && !is_covered(overlap, old)) {
		event->other = keep_old(streams, span);
		memcpy(span->data, new, length);
	}
}

/* The piece and one extent that overlaps it. */
static void overlap_settle(struct overlap *overlap, uint32_t extent)
{
	struct torc_streams *streams = overlap->work->streams;
	const struct block *old = block_at(&streams->arena, extent);
	const struct piece *piece = &overlap->piece;
	uint64_t start = piece->start > old->start ? piece->start : old->start;
	uint64_t end = piece->end < old->end ? piece->end : old->end;
	/* where the piece wins, it does with what it has now, which may be another extent's */
	bool from_copy = overlap->copy != NONE && wins(overlap, old);
	struct span span = span_begin(streams, extent);

	while (span_next(streams, &span, start, end)) {
		struct span part = span, copy;

		if (!from_copy) {
			bytes_settle(overlap, old, &span, piece->data + (span.start - piece->start));
			continue;
		}
		copy = span_begin(streams, overlap->copy);
		while (span_next(streams, &copy, span.start, span.end)) {
			part.start = copy.start;
			part.end = copy.end;
			part.data = span.data + (copy.start - span.start);
			bytes_settle(overlap, old, &part, copy.data);
		}
	}
}

/* Where an extent that is there wins, the copy of the piece takes its bytes. */
static void overlap_yield(struct overlap *overlap, uint32_t extent)
{
	struct torc_streams *streams = overlap->work->streams;
	const struct block *old = block_at(&streams->arena, extent);
	struct span to = span_begin(streams, overlap->copy);

	if (wins(overlap, old))
		return;
	while (span_next(streams, &to, old->start, old->end)) {
		struct span from = span_begin(streams, extent);

		while (span_next(streams, &from, to.start, to.end))
			memcpy(to.data + (from.start - to.start), from.data,
			       from.end - from.start);
	}
}

/* ---- the tree ---- */

uint32_t queue_pop(const struct torc_streams *streams, struct trouble_end *side)
{
	uint32_t extent = side->first;

	tree_remove(&streams->arena, side, extent);
	return extent;
}

/* Where a piece goes, by the kernel's way down the tree. */
struct place {
	uint32_t parent; /* NONE: the tree is empty */
	unsigned int way;
	uint32_t joins;    /* extent that it is appended to, or NONE */
	uint32_t replaces; /* shorter extent with the same start, or NONE */
	bool inside;       /* of an extent that the way led to */
};

static struct place place_find(const struct torc_streams *streams, const struct trouble_end *side,
			       const struct piece *piece)
{
	const struct arena *arena = &streams->arena;
	struct place place = { NONE, 0, NONE, NONE, false };
	uint32_t index = side->root;

	/* mostly it is what follows the last one */
	if (index != NONE && piece->start >= block_at(arena, side->last)->end) {
		const struct block *last = block_at(arena, side->last);

		if (piece->start == last->end && piece->data && !last->cut)
			place.joins = side->last;
		place.parent = side->last;
		place.way = 1;
		return place;
	}
	while (index != NONE) {
		const struct block *old = block_at(arena, index);

		place.parent = index;
		place.way = piece->start >= old->start;
		if (place.way && piece->start < old->end) {
			place.inside = piece->end <= old->end;
			if (!place.inside && piece->start == old->start)
				place.replaces = index;
			if (place.inside || place.replaces != NONE)
				return place;
		} else if (place.way && piece->start == old->end && piece->data && !old->cut) {
			place.joins = index;
			return place;
		}
		index = old->child[place.way];
	}
	return place;
}

/* The first extent from this one on that has bytes of the piece, or NONE. */
static uint32_t overlapping(const struct torc_streams *streams, uint32_t index,
			    const struct piece *piece)
{
	const struct arena *arena = &streams->arena;

	while (index != NONE && block_at(arena, index)->end <= piece->start)
		index = tree_next(arena, index);
	return index != NONE && block_at(arena, index)->start < piece->end ? index : NONE;
}

static void drop_waiting(struct overlap *overlap, uint32_t extent)
{
	struct work *work = overlap->work;
	struct trouble_end *side = &overlap->trouble->end[work->from];
	uint64_t bytes = extent_drop(work->streams, overlap->trouble, extent);

	side->waiting -= bytes;
	work->streams->stats.waiting -= bytes;
	account_bytes(work->streams, work->stream, work->from, FATE_DUPLICATE, NULL, bytes);
}

/* Extents without bytes give way to a piece that has them. */
static void drop_cut(struct overlap *overlap)
{
	struct torc_streams *streams = overlap->work->streams;
	struct trouble_end *side = &overlap->trouble->end[overlap->work->from];
	uint32_t index = overlapping(streams, side->first, &overlap->piece), next;

	for (; index != NONE; index = next) {
		next = overlapping(streams, tree_next(&streams->arena, index), &overlap->piece);
		if (block_at(&streams->arena, index)->cut) {
			tree_remove(&streams->arena, side, index);
			extent_drop(streams, overlap->trouble, index);
		}
	}
}

static void overlaps_settle(struct overlap *overlap)
{
	const struct torc_streams *streams = overlap->work->streams;
	const struct trouble_end *side = &overlap->trouble->end[overlap->work->from];
	uint32_t first = overlapping(streams, side->first, &overlap->piece), index;

	/* first what the piece loses, so that it passes on what it has then */
	for (index = first; index != NONE && overlap->copy != NONE;
	     index = overlapping(streams, tree_next(&streams->arena, index), &overlap->piece))
		overlap_yield(overlap, index);
	for (index = first; index != NONE;
	     index = overlapping(streams, tree_next(&streams->arena, index), &overlap->piece))
		overlap_settle(overlap, index);
}

/* Into the tree; those right behind it that lie inside go. */
static void copy_place(struct overlap *overlap, const struct place *place)
{
	struct torc_streams *streams = overlap->work->streams;
	struct trouble_end *side = &overlap->trouble->end[overlap->work->from];
	uint32_t extent = overlap->copy, next;

	if (place->joins != NONE) {
		extent_append(streams, place->joins, extent);
		return;
	}
	if (place->replaces != NONE) {
		tree_replace(&streams->arena, side, place->replaces, extent);
		drop_waiting(overlap, place->replaces);
	} else {
		tree_insert(&streams->arena, side, place->parent, place->way, extent);
	}
	while ((next = tree_next(&streams->arena, extent)) != NONE &&
	       block_at(&streams->arena, next)->end <= overlap->piece.end) {
		tree_remove(&streams->arena, side, next);
		drop_waiting(overlap, next);
	}
	if (next == NONE)
		side->last = extent;
}

/* A piece that was not captured: kept only where nothing else is. */
static void insert_cut(struct overlap *overlap)
{
	struct work *work = overlap->work;
	struct trouble_end *side = &overlap->trouble->end[work->from];
	struct place place;

	if (overlapping(work->streams, side->first, &overlap->piece) != NONE)
		return;
	overlap->copy = extent_make(work, overlap->trouble, overlap->piece);
	if (overlap->copy == NONE)
		return;
	place = place_find(work->streams, side, &overlap->piece);
	copy_place(overlap, &place);
}

void queue_insert(struct work *work, struct trouble *trouble, struct piece piece)
{
	struct torc_streams *streams = work->streams;
	struct trouble_end *side = &trouble->end[work->from];
	struct overlap overlap = { work, trouble, piece, 0, piece.start, NONE };
	unsigned int policy = policy_of(streams, work->stream, !work->from);
	uint64_t bytes = piece.end - piece.start;
	struct place place;

	if (!piece.data) {
		insert_cut(&overlap);
		return;
	}
	drop_cut(&overlap);
	overlap.wins = policy_wins(policy);
	place = place_find(streams, side, &piece);
	if (place.inside) {
		account_bytes(streams, work->stream, work->from, FATE_DUPLICATE, NULL, bytes);
	} else {
		overlap.copy = extent_make(work, trouble, piece);
		if (overlap.copy == NONE) {
			account_bytes(streams, work->stream, work->from, FATE_DROPPED,
				      &streams->stats.memory, bytes);
			return;
		}
		side->waiting += bytes;
		streams->stats.waiting += bytes;
	}
	/* what is appended is delivered with what it is appended to */
	if (place.joins != NONE && policy == TORC_POLICY_LINUX)
		overlap.rank = block_at(&streams->arena, place.joins)->start;
	overlaps_settle(&overlap);
	if (!place.inside)
		copy_place(&overlap, &place);
}
