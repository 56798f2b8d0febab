/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * resync.c - a side that is somewhere else by more than a window, since most of it was not captured
 *
 * One segment that far away is nothing a host takes. But when more follow it, each at the number where
 * the one before ended, and the other side acknowledges there, then the receiver has what this capture
 * has not: the stream goes on behind a gap. Without a packet of the other side, it takes some segments
 * more. An acknowledgment anywhere else says that the receiver takes no such thing.
 *
 * How often the sequence numbers went round in between, nobody can tell: the gap is the shortest.
 */
#include "stream/stream.h"

#define SEGMENTS_ACKED	2u
#define SEGMENTS_SILENT 4u /* when the other side is not heard */

static void far_note(struct trouble_end *side, const struct segment *segment)
{
	if (side->far_segments == 0 || segment->seq != side->far_next) {
		side->far_segments = 0;
		side->far_start = segment->seq;
		side->far_acked = false;
	}
	if (side->far_segments < UINT8_MAX)
		side->far_segments++;
	side->far_next = segment->seq + segment->length + segment->cut;
}

void resync_ack(struct trouble_end *side, uint32_t ack)
{
	if (side->far_segments == 0)
		return;
	/* it may lag behind what was seen first */
	if ((int32_t)(ack - side->far_next) > 0 || (int32_t)(ack - side->far_start) < -WINDOW_MAX) {
		side->far_segments = 0;
		return;
	}
	side->far_acked = true;
	side->far_ack = ack;
}

/* What waits came before the gap, and so does what nobody knows of. */
static void flush(struct work *work, struct trouble_end *side)
{
	doubt_settle(work->streams, work->stream, work->from, false);
	deliver_ready(work->streams, work->stream, work->from);
	while (side->first != NONE)
		deliver_over(work->streams, work->stream, work->from, TORC_GAP_LOST);
	side->fin = side->urgent = NO_OFFSET;
}

bool resync_data(struct work *work)
{
	struct torc_streams *streams = work->streams;
	struct torc_stream *stream = work->stream;
	struct end *end = &stream->end[work->from];
	struct trouble *trouble = trouble_of(streams, stream);
	struct trouble_end *side = trouble ? &trouble->end[work->from] : NULL;
	uint32_t distance;

	if (!side || stream->flags[work->from] & END_FIN || work->segment->flags & TORC_TCP_SYN)
		return false;
	far_note(side, work->segment);
	if (side->far_segments < (side->far_acked ? SEGMENTS_ACKED : SEGMENTS_SILENT))
		return false;
	side->far_segments = 0;
	flush(work, side);
	if (stream->flags[work->from] & END_FIN) /* what waited led to it */
		return false;
	distance = work->segment->seq - (end->isn + 1 + end->next_low);
	deliver_gap(streams, stream, work->from, end_next(end) + distance, TORC_GAP_LOST);
	stream->flags[work->from] &= (uint16_t)~END_ACKED;
	if (side->far_acked) {
		stream->flags[work->from] |= END_ACKED;
		end->acked = side->far_ack;
	}
	streams->stats.resyncs++;
	return true;
}
