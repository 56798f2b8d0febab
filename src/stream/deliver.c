/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * deliver.c - events: what a segment, an acknowledgment or a limit makes known
 *
 * With TORC_STREAMS_WHEN_ACKED, bytes that the receiver has and has not acknowledged are in the
 * extent `ready`. Without it that is empty but for moments.
 */
#include "stream/stream.h"

/* ---- bytes ---- */

static void gap_event(struct torc_streams *streams, struct torc_stream *stream, unsigned int end,
		      uint64_t to, enum torc_stream_gap_reason reason)
{
	uint64_t next = end_next(&stream->end[end]), length = to - next;
	struct torc_stream_event *event = event_push(streams, stream, end, TORC_STREAM_GAP, reason);
	struct trouble *trouble = trouble_of(streams, stream);

	event->offset = next;
	event->length = (uint32_t)length;
	streams->stats.gaps += length;
	if (trouble)
		trouble->end[end].gaps += length;
	end_set_next(&stream->end[end], to);
}

static void data_event(struct torc_streams *streams, struct torc_stream *stream, unsigned int end,
		       const uint8_t *data, uint64_t length)
{
	struct torc_stream_event *event = event_push(streams, stream, end, TORC_STREAM_DATA, 0);
	uint64_t next = end_next(&stream->end[end]);

	event->offset = next;
	event->length = (uint32_t)length;
	event->data = data;
	streams->stats.delivered += length;
	end_set_next(&stream->end[end], next + length);
}

/* How much of [next, next + length) comes before the urgent byte, which is then next. */
static uint64_t before_urgent(struct torc_streams *streams, struct torc_stream *stream,
			      unsigned int end, uint64_t length)
{
	struct trouble *trouble = trouble_if(streams, stream);
	uint64_t next = end_next(&stream->end[end]), urgent;

	if (!trouble || trouble->end[end].urgent == NO_OFFSET)
		return length;
	urgent = trouble->end[end].urgent;
	if (urgent >= next + length)
		return length;
	if (urgent > next)
		return urgent - next;
	trouble->end[end].urgent = NO_OFFSET;
	if (urgent < next)
		return length;
	gap_event(streams, stream, end, next + 1, TORC_GAP_URGENT);
	account_bytes(streams, stream, end, FATE_OUTSIDE, &streams->stats.urgent, 1);
	return 0;
}

/* Bytes that are next, around the urgent one. Those events have the time of the packet at hand. */
static void data_events(struct torc_streams *streams, struct torc_stream *stream, unsigned int end,
			const uint8_t *data, uint64_t length)
{
	while (length > 0) {
		uint64_t part = before_urgent(streams, stream, end, length);

		if (part > 0)
			data_event(streams, stream, end, data, part);
		else
			part = 1; /* it was left out */
		data += part;
		length -= part;
	}
}

/* The first bytes of a block that waited. */
static void block_events(struct torc_streams *streams, struct torc_stream *stream,
			 unsigned int end, struct block *block, uint64_t length)
{
	uint32_t first = streams->event_count;

	if (block->cut) {
		gap_event(streams, stream, end, end_next(&stream->end[end]) + length,
			  TORC_GAP_SNAPLEN);
	} else {
		trouble_at(streams, stream->trouble)->end[end].waiting -= length;
		streams->stats.waiting -= length;
		data_events(streams, stream, end, block->data + block->skip, length);
	}
	for (; first < streams->event_count; first++) {
		streams->events[first].timestamp_ns = block->timestamp_ns;
		streams->events[first].packet = block->packet;
	}
	block->skip += (uint32_t)length;
	block->length -= (uint32_t)length;
	block->start += length;
}

/* What is ready, up to an offset. */
static void ready_deliver(struct torc_streams *streams, struct torc_stream *stream,
			  unsigned int end, uint64_t to)
{
	struct trouble *trouble = trouble_if(streams, stream);
	uint64_t next = end_next(&stream->end[end]);

	if (!trouble)
		return;
	while (trouble->end[end].ready != NONE && next < to) {
		uint32_t index = trouble->end[end].ready;
		struct block *block = block_at(&streams->arena, index);
		uint64_t length = to - next < block->length ? to - next : block->length;

		block_events(streams, stream, end, block, length);
		if (block->length == 0)
			trouble->end[end].ready = extent_pop(streams, trouble, index);
		next = end_next(&stream->end[end]);
	}
}

/* Takes what lies before an offset out of an extent: it came twice. */
static uint32_t extent_trim(struct torc_streams *streams, struct torc_stream *stream,
			    unsigned int end, uint32_t extent, uint64_t to)
{
	struct trouble *trouble = trouble_at(streams, stream->trouble);

	while (extent != NONE && block_at(&streams->arena, extent)->start < to) {
		struct block *block = block_at(&streams->arena, extent);
		uint64_t left = to - block->start;
		uint32_t part = left < block->length ? (uint32_t)left : block->length;

		if (!block->cut) {
			trouble->end[end].waiting -= part;
			streams->stats.waiting -= part;
			account_bytes(streams, stream, end, FATE_DUPLICATE, NULL, part);
		}
		block->skip += part;
		block->length -= part;
		block->start += part;
		if (block->length == 0)
			extent = extent_pop(streams, trouble, extent);
	}
	return extent;
}

/* How far one may deliver: everything, or what the receiver acknowledged. */
static uint64_t deliver_limit(const struct torc_streams *streams, const struct torc_stream *stream,
			      unsigned int end)
{
	int64_t acked;

	if (!(streams->options.flags & TORC_STREAMS_WHEN_ACKED))
		return UINT64_MAX;
	acked = end_acked(stream, end);
	return acked < 0 ? 0 : (uint64_t)acked;
}

static void ready_add(struct torc_streams *streams, struct trouble_end *side, uint32_t extent)
{
	if (side->ready == NONE)
		side->ready = extent;
	else
		extent_append(streams, side->ready, extent);
}

void deliver_now(struct work *work, struct piece piece)
{
	struct torc_streams *streams = work->streams;
	struct trouble *trouble;
	uint32_t extent;

	if (!(streams->options.flags & TORC_STREAMS_WHEN_ACKED)) {
		data_events(streams, work->stream, work->from, piece.data, piece.end - piece.start);
		return;
	}
	trouble = trouble_of(streams, work->stream);
	extent = trouble ? extent_make(work, trouble, piece) : NONE;
	if (extent == NONE) {
		/* no room: it cannot wait for its acknowledgment */
		ready_deliver(streams, work->stream, work->from, UINT64_MAX);
		data_events(streams, work->stream, work->from, piece.data, piece.end - piece.start);
		return;
	}
	trouble->end[work->from].waiting += piece.end - piece.start;
	streams->stats.waiting += piece.end - piece.start;
	ready_add(streams, &trouble->end[work->from], extent);
}

void deliver_gap(struct torc_streams *streams, struct torc_stream *stream, unsigned int end,
		 uint64_t to, enum torc_stream_gap_reason reason)
{
	ready_deliver(streams, stream, end, UINT64_MAX);
	if (to > end_next(&stream->end[end]))
		gap_event(streams, stream, end, to, reason);
}

/* Behind the FIN there is nothing. */
static void fin_reached(struct torc_streams *streams, struct torc_stream *stream, unsigned int end)
{
	struct trouble *trouble = trouble_if(streams, stream);

	stream->flags[end] |= END_FIN;
	while (trouble && trouble->end[end].first != NONE) {
		struct trouble_end *side = &trouble->end[end];
		uint64_t bytes = extent_drop(streams, trouble, queue_pop(streams, side));

		side->waiting -= bytes;
		streams->stats.waiting -= bytes;
		account_bytes(streams, stream, end, FATE_OUTSIDE, &streams->stats.after_fin, bytes);
	}
}

/* The first extent, when nothing is missing before it. */
static bool drain_extent(struct torc_streams *streams, struct torc_stream *stream,
			 unsigned int end, struct trouble *trouble)
{
	struct trouble_end *side = &trouble->end[end];
	uint32_t extent = side->first;
	uint64_t taken = end_taken(streams, stream, end);

	if (extent == NONE || block_at(&streams->arena, extent)->start > taken)
		return false;
	extent = extent_trim(streams, stream, end, queue_pop(streams, side), taken);
	if (extent != NONE)
		ready_add(streams, side, extent);
	ready_deliver(streams, stream, end, deliver_limit(streams, stream, end));
	return true;
}

/* A hole that the receiver acknowledged: it has those bytes, and they will not come again. */
static bool drain_hole(struct torc_streams *streams, struct torc_stream *stream, unsigned int end,
		       struct trouble *trouble)
{
	const struct trouble_end *side = &trouble->end[end];
	uint64_t taken = end_taken(streams, stream, end), to;
	int64_t acked = end_acked(stream, end);

	if (side->first != NONE)
		to = block_at(&streams->arena, side->first)->start;
	else
		to = side->fin;
	if (to == NO_OFFSET || to <= taken || acked < 0 || (uint64_t)acked < to)
		return false;
	deliver_gap(streams, stream, end, to, TORC_GAP_LOST);
	return true;
}

void deliver_drain(struct torc_streams *streams, struct torc_stream *stream, unsigned int end)
{
	struct trouble *trouble = trouble_if(streams, stream);
	const struct trouble_end *side = trouble ? &trouble->end[end] : NULL;
	uint64_t before;

	if (!side || (side->first == NONE && side->ready == NONE && side->fin == NO_OFFSET))
		return;
	before = end_taken(streams, stream, end);
	while (!(stream->flags[end] & END_FIN)) {
		if (drain_extent(streams, stream, end, trouble))
			continue;
		if (trouble->end[end].fin <= end_taken(streams, stream, end))
			fin_reached(streams, stream, end);
		else if (!drain_hole(streams, stream, end, trouble))
			break;
	}
	ready_deliver(streams, stream, end, deliver_limit(streams, stream, end));
	if (end_taken(streams, stream, end) != before)
		trouble_restart(streams, trouble);
}

void deliver_ready(struct torc_streams *streams, struct torc_stream *stream, unsigned int end)
{
	ready_deliver(streams, stream, end, UINT64_MAX);
}

/* ---- limits ---- */

void deliver_over(struct torc_streams *streams, struct torc_stream *stream, unsigned int end,
		  enum torc_stream_gap_reason reason)
{
	struct trouble *trouble = trouble_if(streams, stream);
	uint32_t first;

	ready_deliver(streams, stream, end, UINT64_MAX);
	if (!trouble)
		return;
	first = trouble->end[end].first;
	if (first != NONE)
		deliver_gap(streams, stream, end, block_at(&streams->arena, first)->start, reason);
	deliver_drain(streams, stream, end);
	ready_deliver(streams, stream, end, UINT64_MAX);
}

/* Of the end for which more waits. False when there is nothing that could go. */
static bool trouble_relieve(struct torc_streams *streams, struct trouble *trouble)
{
	struct torc_stream *stream = stream_at(streams, trouble->stream);
	unsigned int end = trouble->end[1].waiting > trouble->end[0].waiting;
	uint32_t before = trouble->blocks;

	deliver_over(streams, stream, end, TORC_GAP_MEMORY);
	if (trouble->blocks == before)
		deliver_over(streams, stream, !end, TORC_GAP_MEMORY);
	if (trouble->blocks == before) {
		doubt_settle(streams, stream, 0, false);
		doubt_settle(streams, stream, 1, false);
	}
	trouble_sort(streams, trouble);
	return trouble->blocks < before;
}

void deliver_for_room(struct torc_streams *streams, struct torc_stream *stream)
{
	const struct arena *arena = &streams->arena;
	struct trouble *trouble = trouble_if(streams, stream);

	while (trouble && trouble->blocks > streams->connection_blocks &&
	       trouble_relieve(streams, trouble))
		;
	while (arena->count - arena->used + arena->spent_count < streams->reserve_blocks) {
		trouble = trouble_largest(streams);
		if (!trouble || !trouble_relieve(streams, trouble))
			break;
		stream_refresh(streams, stream_at(streams, trouble->stream));
	}
}

void doubt_settle(struct torc_streams *streams, struct torc_stream *stream, unsigned int end,
		  bool taken)
{
	struct trouble *trouble = trouble_if(streams, stream);
	struct trouble_end *side = trouble ? &trouble->end[end] : NULL;
	uint32_t extent = side ? side->doubt : NONE;
	uint64_t bytes;

	if (extent == NONE)
		return;
	side->doubt = NONE;
	/* it goes where nothing else is: the sender has sent nothing else in that place */
	if (taken && !(stream->flags[end] & END_FIN) &&
	    (side->first == NONE || block_at(&streams->arena, side->first)->start >=
					    block_at(&streams->arena, extent)->end)) {
		tree_insert(&streams->arena, side, side->first, 0, extent);
		if (side->last == NONE)
			side->last = extent;
		return;
	}
	bytes = extent_drop(streams, trouble, extent);
	side->waiting -= bytes;
	streams->stats.waiting -= bytes;
	account_bytes(streams, stream, end, FATE_OUTSIDE,
		      side->doubt_is_syn ? &streams->stats.refused_syn : &streams->stats.window,
		      bytes);
}
