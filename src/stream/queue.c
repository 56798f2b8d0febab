/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * queue.c - what waits behind a hole: extents, and who wins where a later segment overlaps one
 *
 * The list of an end is sorted by start, and no extent lies inside another. Extents may overlap: then
 * their bytes are the same there, because whoever lost was overwritten. An extent is what Linux has
 * as one skb in its out-of-order queue: a segment, and those that were appended because they began
 * where it ended. What a later segment is compared with are these, not single bytes, so that the
 * answer is the kernel's (tcp_data_queue_ofo() of net/ipv4/tcp_input.c tells the rules).
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
	block_at(arena, head)->after = NONE;
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
		heir->after = head->after;
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
	uint32_t copy;     /* the extent made of the piece, or NONE when it is not kept */
};

/* What the piece is to an extent. */
static unsigned int relation(const struct piece *piece, const struct block *old)
{
	if (piece->start < old->start)
		return piece->end >= old->end ? NEW_AROUND : NEW_BEFORE;
	if (piece->start > old->start)
		return piece->end > old->end ? NEW_BEHIND : NEW_INSIDE;
	if (piece->end == old->end)
		return NEW_EQUAL;
	return piece->end > old->end ? NEW_LONGER : NEW_SHORTER;
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
	bool wins = overlap->wins & relation(&overlap->piece, old);
	size_t length = span->end - span->start;
	bool differ = memcmp(span->data, new, length) != 0;
	struct torc_stream_event *event =
		event_push(streams, overlap->work->stream, overlap->work->from, TORC_STREAM_OVERLAP,
			   differ ? TORC_OVERLAP_DIFFERENT : TORC_OVERLAP_SAME);

	event->offset = span->start;
	event->length = (uint32_t)length;
	event->data = wins ? new : span->data;
	event->other = wins ? span->data : new;
	streams->stats.overlaps++;
	if (!differ)
		return;
	streams->stats.overlaps_different++;
	overlap->trouble->end[overlap->work->from].different += length;
	if (wins && !is_covered(overlap, old)) {
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
	bool from_copy = overlap->copy != NONE && overlap->wins & relation(piece, old);
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

	if (overlap->wins & relation(&overlap->piece, old))
		return;
	while (span_next(streams, &to, old->start, old->end)) {
		struct span from = span_begin(streams, extent);

		while (span_next(streams, &from, to.start, to.end))
			memcpy(to.data + (from.start - to.start), from.data,
			       from.end - from.start);
	}
}

/* ---- the list ---- */

/* The piece against the list: the places where it goes in, and whether it is there already. */
struct place {
	uint32_t before; /* extent that starts before it, or NONE */
	uint32_t joins;  /* extent that ends where it begins, or NONE */
	uint32_t first;  /* that overlaps, or NONE */
	bool inside;     /* of one extent */
};

/* Extents without bytes give way to a piece that has them. */
static void drop_cut(struct overlap *overlap)
{
	struct torc_streams *streams = overlap->work->streams;
	struct trouble_end *side = &overlap->trouble->end[overlap->work->from];
	uint32_t *at = &side->first, previous = NONE;

	while (*at != NONE) {
		uint32_t index = *at;
		struct block *block = block_at(&streams->arena, index);

		if (!block->cut || block->end <= overlap->piece.start ||
		    block->start >= overlap->piece.end) {
			previous = index;
			at = &block->after;
			continue;
		}
		*at = block->after;
		if (side->last == index)
			side->last = previous;
		extent_drop(streams, overlap->trouble, index);
	}
}

static struct place place_find(const struct torc_streams *streams, const struct trouble_end *side,
			       const struct piece *piece)
{
	struct place place = { NONE, NONE, NONE, false };
	uint32_t index = side->first;

	/* mostly it is what follows the last one */
	if (side->last != NONE && piece->start >= block_at(&streams->arena, side->last)->end)
		index = side->last;
	for (; index != NONE; index = block_at(&streams->arena, index)->after) {
		const struct block *old = block_at(&streams->arena, index);

		if (old->start >= piece->end)
			break;
		if (old->end == piece->start && !old->cut)
			place.joins = index;
		if (old->end > piece->start) {
			if (place.first == NONE)
				place.first = index;
			if (old->start <= piece->start && old->end >= piece->end)
				place.inside = true;
		}
		if (old->start < piece->start)
			place.before = index;
	}
	return place;
}

/* Puts an extent into the list behind another one, or first. */
static void list_put(struct torc_streams *streams, struct trouble_end *side, uint32_t before,
		     uint32_t extent)
{
	struct block *head = block_at(&streams->arena, extent);
	uint32_t *link = before == NONE ? &side->first : &block_at(&streams->arena, before)->after;

	head->after = *link;
	*link = extent;
	if (head->after == NONE)
		side->last = extent;
}

/* The extents behind this one that lie inside it. */
static void list_uncover(struct overlap *overlap, uint32_t extent)
{
	struct torc_streams *streams = overlap->work->streams;
	struct trouble_end *side = &overlap->trouble->end[overlap->work->from];
	struct block *head = block_at(&streams->arena, extent);

	while (head->after != NONE && block_at(&streams->arena, head->after)->end <= head->end) {
		uint32_t inside = head->after;
		uint64_t bytes;

		head->after = block_at(&streams->arena, inside)->after;
		if (side->last == inside)
			side->last = extent;
		bytes = extent_drop(streams, overlap->trouble, inside);
		side->waiting -= bytes;
		streams->stats.waiting -= bytes;
		account_bytes(streams, overlap->work->stream, overlap->work->from, FATE_DUPLICATE,
			      NULL, bytes);
	}
}

static void overlaps_settle(struct overlap *overlap, uint32_t first)
{
	const struct arena *arena = &overlap->work->streams->arena;
	uint32_t index;

	/* first what the piece loses, so that it passes on what it has then */
	for (index = first; index != NONE && overlap->copy != NONE &&
			    block_at(arena, index)->start < overlap->piece.end;
	     index = block_at(arena, index)->after)
		overlap_yield(overlap, index);
	for (index = first;
	     index != NONE && block_at(arena, index)->start < overlap->piece.end;
	     index = block_at(arena, index)->after)
		overlap_settle(overlap, index);
}

/* A piece that was not captured: kept only where nothing else is. */
static void insert_cut(struct work *work, struct trouble *trouble, const struct piece *piece)
{
	struct trouble_end *side = &trouble->end[work->from];
	struct place place = place_find(work->streams, side, piece);
	uint32_t extent;

	if (place.first != NONE)
		return;
	extent = extent_make(work, trouble, *piece);
	if (extent != NONE)
		list_put(work->streams, side, place.before, extent);
}

void queue_insert(struct work *work, struct trouble *trouble, struct piece piece)
{
	struct torc_streams *streams = work->streams;
	struct trouble_end *side = &trouble->end[work->from];
	struct overlap overlap = { work, trouble, piece, 0, NONE };
	uint64_t bytes = piece.end - piece.start;
	struct place place;

	if (!piece.data) {
		insert_cut(work, trouble, &piece);
		return;
	}
	drop_cut(&overlap);
	place = place_find(streams, side, &piece);
	if (place.first != NONE)
		overlap.wins = policy_wins(policy_of(streams, work->stream, !work->from));
	if (!place.inside) {
		overlap.copy = extent_make(work, trouble, piece);
		if (overlap.copy == NONE) {
			account_bytes(streams, work->stream, work->from, FATE_DROPPED,
				      &streams->stats.memory, bytes);
			return;
		}
		side->waiting += bytes;
		streams->stats.waiting += bytes;
	} else {
		account_bytes(streams, work->stream, work->from, FATE_DUPLICATE, NULL, bytes);
	}
	overlaps_settle(&overlap, place.first);
	if (place.inside)
		return;
	if (place.joins != NONE) {
		extent_append(streams, place.joins, overlap.copy);
		overlap.copy = place.joins;
	} else {
		/* before one with the same start, which is shorter, and goes */
		list_put(streams, side, place.before, overlap.copy);
	}
	list_uncover(&overlap, overlap.copy);
}
