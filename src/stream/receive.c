/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * receive.c - the way of a segment that is not simply the next one, step by step and much as a host
 * goes it (RFC 9293 §3.10.7): SYN, RST, timestamps, acknowledgment, payload, FIN
 */
#include <errno.h>
#include <stdlib.h>

#include "stream/stream.h"
#include "util/error.h"

/* ---- what an acknowledgment says ---- */

static void receive_ack(struct work *work)
{
	struct torc_stream *stream = work->stream;
	unsigned int other = !work->from;
	struct end *end = &stream->end[other];
	struct trouble *trouble = trouble_if(work->streams, stream);
	uint32_t ack = work->segment->ack;

	if (trouble)
		resync_ack(&trouble->end[other], ack);
	if (stream->flags[other] & END_ACKED && (int32_t)(ack - end->acked) < 0)
		return;
	if (stream->flags[other] & END_BASE &&
	    (int32_t)(ack - end->isn - 1 - end->next_low) > WINDOW_MAX)
		return; /* of something that was never sent */
	end->acked = ack;
	end->window = work->segment->window;
	stream->flags[other] |= END_ACKED;
	if (!trouble || !(stream->flags[other] & END_BASE))
		return;
	if (trouble->end[other].doubt != NONE &&
	    end_acked(stream, other) >
		    (int64_t)block_at(&work->streams->arena, trouble->end[other].doubt)->start)
		doubt_settle(work->streams, stream, other, true);
	deliver_drain(work->streams, stream, other);
}

/* RFC 7323 §5: false for a segment that is older than one that was taken. */
static bool time_passes(struct work *work)
{
	struct end *end = &work->stream->end[work->from];
	uint16_t *flags = &work->stream->flags[work->from];
	const struct segment *segment = work->segment;
	const uint32_t days_24 = (uint32_t)(UINT64_C(24) * 86400 * 1000000000 >> TICK_BITS);

	if (!segment->has_time)
		return true;
	/* by one older passes, as with Linux */
	if (*flags & END_TIME && (int32_t)(end->timestamp - segment->time) > 1 &&
	    ticks(work->streams) - work->stream->last < days_24)
		return false;
	if (*flags & END_ACKED && (int32_t)(segment->seq - end->acked) > 0)
		return true; /* not in order: the time of what was acknowledged stays */
	if (!(*flags & END_TIME) || (int32_t)(segment->time - end->timestamp) > 0 ||
	    ticks(work->streams) - work->stream->last >= days_24)
		end->timestamp = segment->time;
	*flags |= END_TIME;
	return true;
}

/* ---- payload ---- */

static void outside(struct work *work, uint64_t *reason, uint64_t bytes)
{
	account_bytes(work->streams, work->stream, work->from, FATE_OUTSIDE, reason, bytes);
}

/*
 * The first byte of a side whose SYN was not seen: what the other side acknowledged, when that is
 * not far behind; else what comes.
 */
static void base_choose(struct work *work)
{
	struct end *end = &work->stream->end[work->from];
	uint16_t *flags = &work->stream->flags[work->from];
	uint32_t first = work->segment->seq;

	if (*flags & END_BASE)
		return;
	if (*flags & END_ACKED && first - end->acked <= WINDOW_MAX)
		first = end->acked;
	end->isn = first - 1;
	*flags |= END_BASE;
}

/* Offset behind what the receiver offered to take, or UINT64_MAX where that is not known. */
static inline uint64_t window_end(const struct torc_stream *stream, unsigned int from)
{
	const unsigned int known = END_SYN | END_ACKED;
	unsigned int scale;

	/* without the SYNs nobody knows the scale */
	if ((stream->flags[from] & known) != known || !(stream->flags[!from] & END_SYN))
		return UINT64_MAX;
	scale = end_scale(stream, !from);
	if (scale == END_SCALE_NONE || end_scale(stream, from) == END_SCALE_NONE)
		scale = 0;
	return (uint64_t)end_acked(stream, from) + ((uint64_t)stream->end[from].window << scale);
}

/*
 * Bytes of which only an acknowledgment will tell whether the receiver took them: those of a SYN, and
 * those beyond the window. Newer ones take their place.
 */
static void doubt_add(struct work *work, struct piece piece, bool in_syn)
{
	struct torc_streams *streams = work->streams;
	struct trouble *trouble = trouble_of(streams, work->stream);
	uint64_t bytes = piece.end - piece.start;
	uint32_t extent = NONE, old;

	if (trouble) {
		old = trouble->end[work->from].doubt;
		if (old != NONE && (block_at(&streams->arena, old)->end != piece.start || in_syn))
			doubt_settle(streams, work->stream, work->from, false);
		extent = extent_make(work, trouble, piece);
	}
	if (extent == NONE) {
		account_bytes(streams, work->stream, work->from, FATE_DROPPED,
			      &streams->stats.memory, bytes);
		return;
	}
	trouble->end[work->from].waiting += bytes;
	streams->stats.waiting += bytes;
	old = trouble->end[work->from].doubt;
	if (old != NONE) {
		extent_append(streams, old, extent);
		return;
	}
	trouble->end[work->from].doubt = extent;
	trouble->end[work->from].doubt_is_syn = in_syn;
}

/* What is sent now may say what became of it. */
static void doubt_review(struct work *work, uint64_t start, uint64_t end)
{
	const struct trouble *trouble = trouble_if(work->streams, work->stream);
	const struct block *doubt;

	if (!trouble || trouble->end[work->from].doubt == NONE)
		return;
	doubt = block_at(&work->streams->arena, trouble->end[work->from].doubt);
	if (start < doubt->end && end > doubt->start)
		doubt_settle(work->streams, work->stream, work->from, false); /* sent again */
	else if (start >= doubt->end && trouble->end[work->from].doubt_is_syn)
		doubt_settle(work->streams, work->stream, work->from, true); /* it went on */
	deliver_drain(work->streams, work->stream, work->from);
}

/* What came before, up to where the receiver is. */
static void duplicate(struct work *work, struct piece *piece, uint64_t taken)
{
	uint64_t end = piece->end < taken ? piece->end : taken;
	uint64_t bytes = end - piece->start;
	struct torc_stream_event *event;

	event = event_push(work->streams, work->stream, work->from, TORC_STREAM_OVERLAP,
			   TORC_OVERLAP_DELIVERED);
	event->offset = piece->start;
	event->length = (uint32_t)bytes;
	event->other = piece->data;
	work->streams->stats.overlaps++;
	account_bytes(work->streams, work->stream, work->from, FATE_DUPLICATE, NULL, bytes);
	piece->data += bytes;
	piece->start = end;
}

/* Payload that is new, at or behind what is next: handed out, or kept. */
static void take(struct work *work, struct piece piece)
{
	const struct trouble *trouble = trouble_if(work->streams, work->stream);
	uint32_t first = trouble ? trouble->end[work->from].first : NONE;
	struct trouble *own;

	if (piece.start == end_taken(work->streams, work->stream, work->from) &&
	    (first == NONE || block_at(&work->streams->arena, first)->start >= piece.end)) {
		if (piece.data)
			deliver_now(work, piece);
		else
			deliver_gap(work->streams, work->stream, work->from, piece.end,
				    TORC_GAP_SNAPLEN);
		return;
	}
	own = trouble_of(work->streams, work->stream);
	if (own)
		queue_insert(work, own, piece);
	else if (piece.data)
		account_bytes(work->streams, work->stream, work->from, FATE_DROPPED,
			      &work->streams->stats.memory, piece.end - piece.start);
}

/* Leaves of a segment what is new and can be part of the stream; false when that is nothing. */
static bool trim(struct work *work, int64_t at, struct piece *piece)
{
	struct torc_streams *streams = work->streams;
	const struct trouble *trouble = trouble_if(streams, work->stream);
	uint64_t length = work->segment->length, taken, fin = NO_OFFSET;

	*piece = (struct piece){ work->segment->payload, 0, 0 };
	if (at < 0) {
		uint64_t before = (uint64_t)-at < length ? (uint64_t)-at : length;

		outside(work, &streams->stats.before_start, before);
		piece->data += before;
		length -= before;
		at = 0;
	}
	piece->start = (uint64_t)at;
	piece->end = piece->start + length;
	taken = end_taken(streams, work->stream, work->from);
	if (piece->start < taken && length > 0)
		duplicate(work, piece, taken);
	if (work->stream->flags[work->from] & END_FIN)
		fin = taken;
	else if (trouble)
		fin = trouble->end[work->from].fin;
	if (piece->end > fin) {
		uint64_t behind = piece->end - (piece->start > fin ? piece->start : fin);

		outside(work, &streams->stats.after_fin, behind);
		piece->end -= behind;
	}
	return piece->end > piece->start;
}

/* The offset of the FIN, when the segment has one and it can be right. */
static void fin_note(struct work *work, uint64_t fin)
{
	uint64_t taken = end_taken(work->streams, work->stream, work->from);
	struct trouble *trouble;

	if (work->stream->flags[work->from] & END_FIN || fin < taken)
		return;
	if (fin == taken && work->stream->trouble == NONE) {
		work->stream->flags[work->from] |= END_FIN;
		return;
	}
	trouble = trouble_of(work->streams, work->stream);
	if (trouble)
		trouble->end[work->from].fin = fin;
}

/* One byte before what is next, or none: the peer is asked whether it is there, RFC 9293 §3.8.4. */
static bool is_keep_alive(const struct work *work, int64_t at)
{
	const struct segment *segment = work->segment;

	return segment->length <= 1 && segment->cut == 0 &&
	       !(segment->flags & (TORC_TCP_FIN | TORC_TCP_SYN)) &&
	       at == (int64_t)end_taken(work->streams, work->stream, work->from) - 1;
}

static void urgent_note(struct work *work, int64_t at)
{
	const struct segment *segment = work->segment;
	struct trouble *trouble;

	if (work->streams->options.urgent != TORC_URGENT_OUT_OF_BAND ||
	    !(segment->flags & TORC_TCP_URG) || segment->urgent == 0 || at + segment->urgent <= 0)
		return;
	trouble = trouble_of(work->streams, work->stream);
	if (trouble) /* as Linux has it: the pointer is to the byte behind (RFC 6093 §2.1) */
		trouble->end[work->from].urgent = (uint64_t)(at + segment->urgent - 1);
}

static void receive_data(struct work *work)
{
	struct torc_streams *streams = work->streams;
	struct torc_stream *stream = work->stream;
	const struct segment *segment = work->segment;
	bool in_syn = segment->flags & TORC_TCP_SYN;
	uint64_t behind;
	struct piece piece;
	int64_t at, ahead;

	base_choose(work);
	at = end_offset(&stream->end[work->from], segment->seq + in_syn);
	ahead = at - (int64_t)end_next(&stream->end[work->from]);
	if (is_keep_alive(work, at)) {
		streams->stats.keep_alives++;
		outside(work, &streams->stats.keep_alive, segment->length);
		return;
	}
	if (segment->length + segment->cut == 0 && !(segment->flags & TORC_TCP_FIN))
		return;
	if (ahead > WINDOW_MAX || ahead < -WINDOW_MAX) {
		if (!resync_data(work)) {
			outside(work, &streams->stats.window, segment->length);
			return;
		}
		at = end_offset(&stream->end[work->from], segment->seq);
	} else if (stream->trouble != NONE) {
		trouble_at(streams, stream->trouble)->end[work->from].far_segments = 0;
	}
	urgent_note(work, at);
	behind = (uint64_t)(at + segment->length + segment->cut);
	if (at >= 0)
		doubt_review(work, (uint64_t)at, behind);
	if (trim(work, at, &piece)) {
		if (in_syn || piece.start >= window_end(stream, work->from)) {
			streams->stats.window_probes += !in_syn;
			doubt_add(work, piece, in_syn);
			return;
		}
		take(work, piece);
	}
	if (segment->cut > 0 && at + (int64_t)segment->length >= 0) {
		piece = (struct piece){ NULL, (uint64_t)at + segment->length, behind };
		if (piece.start < end_taken(streams, stream, work->from))
			piece.start = end_taken(streams, stream, work->from);
		if (piece.end > piece.start && !(stream->flags[work->from] & END_FIN))
			take(work, piece);
	}
	if (segment->flags & TORC_TCP_FIN && at + (int64_t)segment->length >= 0)
		fin_note(work, behind);
	deliver_drain(streams, stream, work->from);
}

/* ---- a segment of a connection that is there ---- */

static void touch(struct work *work)
{
	struct torc_stream *stream = work->stream;

	stream->last = ticks(work->streams);
	if (++stream->end[work->from].packets == 0) {
		struct trouble *trouble = trouble_of(work->streams, stream);

		if (trouble)
			trouble->end[work->from].packets_high++;
	}
}

void stream_refresh(struct torc_streams *streams, struct torc_stream *stream)
{
	const struct trouble *trouble = trouble_if(streams, stream);
	bool simple = !(streams->options.flags & TORC_STREAMS_WHEN_ACKED);

	if (stream_closed(stream))
		return;
	if (stream->flags[0] & stream->flags[1] & END_FIN) {
		stream_end(streams, stream, TORC_CLOSE_FIN);
		return;
	}
	if (stream_list_of(stream) == LIST_HANDSHAKE &&
	    end_next(&stream->end[0]) + end_next(&stream->end[1]) > 0)
		stream_list(streams, stream, LIST_OPEN);
	for (unsigned int end = 0; end < 2; end++) {
		const struct trouble_end *side = trouble ? &trouble->end[end] : NULL;
		bool fast = simple && stream_list_of(stream) == LIST_OPEN &&
			    (stream->flags[end] & (END_BASE | END_FIN | END_RST)) == END_BASE;

		if (side && (side->first != NONE || side->doubt != NONE || side->fin != NO_OFFSET ||
			     side->urgent != NO_OFFSET || side->has_other_isn || side->far_segments > 0))
			fast = false;
		stream->flags[end] = (uint16_t)((stream->flags[end] & ~END_FAST) |
						(fast ? END_FAST : 0));
	}
	if (trouble)
		trouble_sort(streams, trouble_at(streams, stream->trouble));
}

static void late(struct work *work)
{
	work->streams->stats.late++;
	account_bytes(work->streams, NULL, 0, FATE_OUTSIDE, &work->streams->stats.after_close,
		      work->segment->length);
}

static void receive(struct work *work)
{
	struct torc_streams *streams = work->streams;
	struct torc_stream *stream = work->stream;
	const struct segment *segment = work->segment;

	if (segment->flags & TORC_TCP_RST) {
		touch(work);
		receive_rst(work);
		return;
	}
	if (!(segment->flags & (TORC_TCP_ACK | TORC_TCP_SYN))) {
		outside(work, &streams->stats.no_ack, segment->length);
		return;
	}
	if (segment->flags & TORC_TCP_SYN &&
	    (segment->flags & TORC_TCP_FIN || !handshake_syn(work))) {
		outside(work, &streams->stats.refused_syn, segment->length);
		return;
	}
	if (!time_passes(work)) {
		touch(work);
		outside(work, &streams->stats.timestamps, segment->length);
		return;
	}
	touch(work);
	stream->flags[work->from] &= (uint16_t)~END_RST;
	handshake_decide(work);
	if (segment->flags & TORC_TCP_ACK)
		receive_ack(work);
	if (!stream_closed(stream))
		receive_data(work);
	deliver_for_room(streams, stream);
}

void receive_segment(struct torc_streams *streams, const struct segment *segment,
		     const struct key *key, unsigned int from, struct torc_stream *stream)
{
	struct work work = { streams, stream, from, segment };

	if (stream && handshake_reuses(&work))
		work.stream = handshake_reopen(&work, key);
	else if (!stream)
		work.stream = handshake_open(streams, key, from, segment);
	if (!work.stream) {
		streams->stats.stray++;
		account_bytes(streams, NULL, 0, FATE_OUTSIDE, &streams->stats.no_stream,
			      segment->length);
		return;
	}
	if (stream_closed(work.stream)) {
		late(&work);
		return;
	}
	receive(&work);
	stream_refresh(streams, work.stream);
}

/* ---- life ---- */

int torc_streams_open(struct torc_streams **out, const struct torc_streams_options *options,
		      struct torc_error *error)
{
	struct torc_streams *streams = calloc(1, sizeof(*streams));
	int status = streams ? options_fill(streams, options, error) : -ENOMEM;

	*out = NULL;
	if (status < 0) {
		torc_streams_close(streams);
		return streams ? status : torc_error_set(error, status, "no memory for TCP streams");
	}
	streams->connection_blocks =
		(uint32_t)(streams->options.connection_waiting_bytes / BLOCK_BYTES);
	streams->trouble_max = streams->options.max_connections / 4 + 1;
	streams->reserve_blocks = (128u << 10) / BLOCK_BYTES;
	/*
	 * What one packet can cause: a connection whose waiting data is all set free, a DATA and a
	 * GAP a block, and the same for each of those that make room for it or time out.
	 */
	streams->event_room = 2 * BATCH_EVENTS + 16 * (streams->connection_blocks + 64) + 8192;
	streams->events = malloc(streams->event_room * sizeof(*streams->events));
	status = streams->events ? arena_open(&streams->arena, streams->options.waiting_bytes) :
				   -ENOMEM;
	if (status == 0)
		status = table_open(streams);
	if (status < 0) {
		torc_error_set(error, status, "no memory for TCP streams that may wait with %llu bytes",
			       (unsigned long long)streams->options.waiting_bytes);
		torc_streams_close(streams);
		return status;
	}
	*out = streams;
	return 0;
}

void torc_streams_close(struct torc_streams *streams)
{
	if (!streams)
		return;
	table_close(streams);
	arena_close(&streams->arena);
	free(streams->networks);
	free(streams->events);
	free(streams->ended);
	free(streams);
}

/* ---- events out ---- */

int torc_streams_finish(struct torc_streams *streams)
{
	if (streams->event_next < streams->event_count || streams->finishing)
		return -EBUSY;
	streams->finishing = true;
	return 0;
}

/* The events of the next connection that is still there; false behind the last. */
static bool finish_next(struct torc_streams *streams)
{
	streams->event_next = streams->event_count = 0;
	end_release(streams);
	for (int list = LIST_OPEN; list >= LIST_HANDSHAKE; list--)
		if (streams->lists[list].first != NONE) {
			stream_end(streams, stream_at(streams, streams->lists[list].first),
				   TORC_CLOSE_FINISH);
			return true;
		}
	while (streams->lists[LIST_CLOSED].first != NONE)
		end_forget(streams, stream_at(streams, streams->lists[LIST_CLOSED].first));
	end_release(streams);
	streams->finishing = false;
	return false;
}

const struct torc_stream_event *torc_streams_next(struct torc_streams *streams)
{
	if (streams->event_next == streams->event_count &&
	    !(streams->finishing && finish_next(streams)))
		return NULL;
	return &streams->events[streams->event_next++];
}

int torc_streams_feed(struct torc_streams *streams, const struct torc_packet *packet,
		      const struct torc_decoded *decoded,
		      const struct torc_stream_callbacks *callbacks, void *user)
{
	const struct torc_stream_event *event;
	int status = packet ? torc_streams_add(streams, packet, decoded) :
			      torc_streams_finish(streams);

	if (status < 0)
		return status;
	if (callbacks->size < sizeof(*callbacks))
		return -EINVAL;
	status = 0;
	while ((event = torc_streams_next(streams))) {
		int (*const calls[])(void *, const struct torc_stream_event *) = {
			[TORC_STREAM_OPEN] = callbacks->open,
			[TORC_STREAM_DATA] = callbacks->data,
			[TORC_STREAM_GAP] = callbacks->gap,
			[TORC_STREAM_OVERLAP] = callbacks->overlap,
			[TORC_STREAM_CLOSE] = callbacks->close,
		};

		if (status >= 0 && calls[event->type])
			status = calls[event->type](user, event);
	}
	return status < 0 ? status : 0;
}
