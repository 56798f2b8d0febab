/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * handshake.c - how a connection begins: SYN and SYN/ACK in any order and number, RFC 9293 §3.5, with
 * data (TCP Fast Open, RFC 7413), or on the ports of an earlier one
 *
 * What a SYN says is not believed when it contradicts what was delivered (RFC 5961 §4). It is
 * remembered: when the other side acknowledges it, it was a new connection.
 */
#include "stream/stream.h"

static void set_isn(struct torc_stream *stream, unsigned int end, uint32_t isn)
{
	stream->end[end].isn = isn;
	stream->flags[end] |= END_BASE;
}

static uint8_t scale_of(const struct segment *segment)
{
	int scale = segment_scale(segment);

	return (uint8_t)(scale < 0 ? END_SCALE_NONE : scale);
}

static void set_syn(struct torc_stream *stream, unsigned int end, uint32_t isn, uint8_t scale)
{
	set_isn(stream, end, isn);
	stream->flags[end] |= END_SYN;
	end_set_scale(stream, end, scale);
}

/* ---- a new connection ---- */

static struct torc_stream *open_with(struct torc_streams *streams, const struct key *key,
				     unsigned int client, enum torc_stream_open_reason reason)
{
	struct torc_stream *stream;

	end_make_room(streams);
	stream = table_add(streams, key);
	if (!stream)
		return NULL;
	stream->first_ns = streams->packet_ns;
	stream->last = ticks(streams);
	stream->flags[client] |= END_CLIENT;
	stream->flags[0] = (uint16_t)((stream->flags[0] & 0x3FFF) | (unsigned int)reason << 14);
	stream_list(streams, stream, reason == TORC_OPEN_MIDSTREAM ? LIST_OPEN : LIST_HANDSHAKE);
	streams->stats.opened++;
	streams->stats.open++;
	event_push(streams, stream, client, TORC_STREAM_OPEN, reason);
	return stream;
}

struct torc_stream *handshake_open(struct torc_streams *streams, const struct key *key,
				   unsigned int from, const struct segment *segment)
{
	unsigned int kind = segment->flags & (TORC_TCP_SYN | TORC_TCP_ACK | TORC_TCP_RST);

	if (kind & TORC_TCP_SYN && segment->flags & TORC_TCP_FIN)
		return NULL; /* no host takes it */
	if (kind == TORC_TCP_SYN)
		return open_with(streams, key, from, TORC_OPEN_SYN);
	if (kind == (TORC_TCP_SYN | TORC_TCP_ACK))
		return open_with(streams, key, !from, TORC_OPEN_SYN_ACK);
	/* a keep-alive has no data worth a connection, but nobody can tell one from data */
	if (kind != TORC_TCP_ACK || segment->length == 0 ||
	    streams->options.flags & TORC_STREAMS_NO_MIDSTREAM)
		return NULL;
	if (key->low_port != key->high_port)
		from = key->low_port < key->high_port; /* the greater port is the client's */
	return open_with(streams, key, from, TORC_OPEN_MIDSTREAM);
}

/* ---- SYN inside a connection ---- */

static bool has_data(const struct torc_stream *stream)
{
	return (stream->end[0].next_low | stream->end[0].next_high | stream->end[1].next_low |
		stream->end[1].next_high) != 0 ||
	       stream_opened(stream) == TORC_OPEN_MIDSTREAM;
}

/* A SYN with another number than the one before. */
static bool syn_differs(struct work *work)
{
	struct torc_stream *stream = work->stream;
	unsigned int from = work->from;
	struct trouble *trouble = trouble_of(work->streams, stream);
	struct trouble_end *side;

	if (!trouble)
		return false;
	side = &trouble->end[from];
	side->has_other_isn = true;
	side->other_isn = work->segment->seq;
	side->other_scale = scale_of(work->segment);
	if (has_data(stream) || stream->flags[from] & END_FIN) {
		work->streams->stats.syns_ignored++;
		return false;
	}
	/* nothing was sent yet: the last SYN counts, but the first SYN/ACK, until the ACK decides */
	if (!(work->segment->flags & TORC_TCP_ACK)) {
		side->other_isn = stream->end[from].isn;
		side->other_scale = (uint8_t)end_scale(stream, from);
		doubt_settle(work->streams, stream, from, false);
		set_syn(stream, from, work->segment->seq, scale_of(work->segment));
	}
	return true;
}

static void isn_swap(struct work *work, unsigned int end, struct trouble_end *side)
{
	uint32_t isn = work->stream->end[end].isn;
	uint8_t scale = (uint8_t)end_scale(work->stream, end);

	set_syn(work->stream, end, side->other_isn, side->other_scale);
	side->other_isn = isn;
	side->other_scale = scale;
	doubt_settle(work->streams, work->stream, end, false);
}

void handshake_decide(struct work *work)
{
	struct trouble *trouble = trouble_if(work->streams, work->stream);
	unsigned int other = !work->from;
	struct trouble_end *side;

	if (!trouble || !trouble->end[other].has_other_isn || has_data(work->stream) ||
	    !(work->segment->flags & TORC_TCP_ACK))
		return;
	side = &trouble->end[other];
	if (work->segment->ack == side->other_isn + 1 &&
	    work->segment->ack != work->stream->end[other].isn + 1)
		isn_swap(work, other, side);
}

bool handshake_syn(struct work *work)
{
	struct torc_stream *stream = work->stream;
	const struct segment *segment = work->segment;
	unsigned int from = work->from, other = !from;

	if (!(stream->flags[from] & END_BASE)) {
		set_syn(stream, from, segment->seq, scale_of(segment));
	} else if (stream->end[from].isn == segment->seq) {
		if (!(stream->flags[from] & END_SYN))
			set_syn(stream, from, segment->seq, scale_of(segment)); /* its SYN/ACK came before */
	} else if (!syn_differs(work)) {
		return false;
	}
	if (!(segment->flags & TORC_TCP_ACK))
		return true;
	handshake_decide(work);
	if (!(stream->flags[other] & END_BASE))
		set_isn(stream, other, segment->ack - 1);
	/* data in the SYN that this does not acknowledge was not taken, and comes again */
	if (segment->ack == stream->end[other].isn + 1)
		doubt_settle(work->streams, stream, other, false);
	return true;
}

/* ---- the same ports again ---- */

/* One that ended: any SYN but that of a retransmission. */
static bool reuses_ended(const struct work *work)
{
	const struct torc_stream *stream = work->stream;

	if (!(work->segment->flags & TORC_TCP_SYN))
		return false;
	return stream_closed(stream) == TORC_CLOSE_RST ||
	       !(stream->flags[work->from] & END_BASE) ||
	       stream->end[work->from].isn != work->segment->seq;
}

bool handshake_reuses(const struct work *work)
{
	const struct torc_stream *stream = work->stream;
	const struct segment *segment = work->segment;
	const struct trouble *trouble = trouble_if(work->streams, stream);
	unsigned int from = work->from, other = !from;

	if (stream_closed(stream))
		return reuses_ended(work);
	if (!trouble || !has_data(stream))
		return false;
	/* the SYN that was ignored is acknowledged */
	if ((segment->flags & (TORC_TCP_SYN | TORC_TCP_ACK)) == (TORC_TCP_SYN | TORC_TCP_ACK) &&
	    trouble->end[other].has_other_isn && segment->ack == trouble->end[other].other_isn + 1)
		return true;
	/* only one direction was captured: it goes on behind that SYN */
	return trouble->end[from].has_other_isn && stream->end[other].packets == 0 &&
	       !(segment->flags & TORC_TCP_SYN) && segment->seq == trouble->end[from].other_isn + 1;
}

struct torc_stream *handshake_reopen(struct work *work, const struct key *key)
{
	struct torc_streams *streams = work->streams;
	unsigned int from = work->from, client;
	struct torc_stream *stream;
	struct trouble_end side;

	if (stream_closed(work->stream)) {
		end_forget(streams, work->stream);
		return handshake_open(streams, key, from, work->segment);
	}
	client = work->segment->flags & TORC_TCP_SYN ? !from : from;
	side = trouble_at(streams, work->stream->trouble)->end[client];
	stream_end(streams, work->stream, TORC_CLOSE_REUSED);
	stream = open_with(streams, key, client, TORC_OPEN_SYN);
	if (stream)
		set_syn(stream, client, side.other_isn, side.other_scale);
	return stream;
}
