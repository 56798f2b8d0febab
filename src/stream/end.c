/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * end.c - how a connection ends: both FINs, a RST, nothing for too long, a limit, the last packet
 *
 * One that ended by FIN or RST stays in the table for a while, so that late packets (the ACK of the
 * last FIN, retransmissions) do not look like a new one.
 */
#include <stdlib.h>

#include "stream/stream.h"

/* ---- releasing ---- */

static void ended_add(struct torc_streams *streams, uint32_t stream, bool free_it)
{
	if (streams->ended_count == streams->ended_room) {
		uint32_t room = streams->ended_room ? streams->ended_room * 2 : 64;
		struct ended *ended = realloc(streams->ended, room * sizeof(*ended));

		if (!ended)
			return; /* its memory comes back with torc_streams_close() */
		streams->ended = ended;
		streams->ended_room = room;
	}
	streams->ended[streams->ended_count++] = (struct ended){ stream, free_it };
}

void end_forget(struct torc_streams *streams, struct torc_stream *stream)
{
	table_remove(streams, stream);
	ended_add(streams, stream_index(stream), true);
}

void end_release(struct torc_streams *streams)
{
	for (uint32_t i = 0; i < streams->ended_count; i++) {
		struct torc_stream *stream = stream_at(streams, streams->ended[i].stream);
		uint32_t place;
		struct slab_head *head = stream_slab(stream, &place);

		if (stream->trouble != NONE)
			trouble_free(streams, stream);
		if (head->user)
			head->user[place] = NULL;
		if (streams->ended[i].free)
			table_free(streams, stream);
	}
	streams->ended_count = 0;
	arena_reclaim(&streams->arena);
}

/* ---- the end of one ---- */

/* What the host had not when the connection was reset, it never got. */
static void drop_waiting(struct torc_streams *streams, struct torc_stream *stream, unsigned int end)
{
	struct trouble *trouble = trouble_if(streams, stream);

	while (trouble && trouble->end[end].first != NONE) {
		struct trouble_end *side = &trouble->end[end];
		uint64_t bytes = extent_drop(streams, trouble, queue_pop(streams, side));

		side->waiting -= bytes;
		streams->stats.waiting -= bytes;
		account_bytes(streams, stream, end, FATE_DROPPED, &streams->stats.reset, bytes);
	}
}

/* All that can be known of one direction. */
static void end_flush(struct torc_streams *streams, struct torc_stream *stream, unsigned int end,
		      enum torc_stream_close_reason reason)
{
	enum torc_stream_gap_reason gap = reason == TORC_CLOSE_EVICTED ? TORC_GAP_MEMORY :
									 TORC_GAP_LOST;
	const struct trouble *trouble = trouble_if(streams, stream);
	int64_t acked;

	doubt_settle(streams, stream, end, false);
	deliver_ready(streams, stream, end);
	if (reason == TORC_CLOSE_RST)
		drop_waiting(streams, stream, end);
	while (trouble && trouble->end[end].first != NONE)
		deliver_over(streams, stream, end, gap);
	if (stream->flags[end] & END_FIN)
		return;
	acked = end_acked(stream, end);
	if (trouble && trouble->end[end].fin != NO_OFFSET && reason != TORC_CLOSE_RST)
		deliver_gap(streams, stream, end, trouble->end[end].fin, gap);
	else if (acked > (int64_t)end_next(&stream->end[end]) + 1) /* one may be a FIN */
		deliver_gap(streams, stream, end, (uint64_t)acked, gap);
}

static void count_end(struct torc_streams_stats *stats, enum torc_stream_close_reason reason)
{
	switch (reason) {
	case TORC_CLOSE_FIN:
		stats->closed_fin++;
		break;
	case TORC_CLOSE_RST:
		stats->closed_rst++;
		break;
	case TORC_CLOSE_IDLE:
		stats->closed_idle++;
		break;
	case TORC_CLOSE_REUSED:
		stats->closed_reused++;
		break;
	case TORC_CLOSE_EVICTED:
		stats->closed_evicted++;
		break;
	case TORC_CLOSE_FINISH:
		stats->closed_finish++;
		break;
	}
}

void stream_end(struct torc_streams *streams, struct torc_stream *stream,
		enum torc_stream_close_reason reason)
{
	bool lingers = reason == TORC_CLOSE_FIN || reason == TORC_CLOSE_RST;
	unsigned int client = stream->flags[0] & END_CLIENT ? 0 : 1;

	/* a RST that was not exact, and then silence */
	if (reason == TORC_CLOSE_IDLE && ((stream->flags[0] | stream->flags[1]) & END_RST))
		reason = TORC_CLOSE_RST;
	end_flush(streams, stream, client, reason);
	end_flush(streams, stream, !client, reason);
	stream->flags[0] &= (uint16_t)~END_FAST;
	stream->flags[1] = (uint16_t)((stream->flags[1] & 0x0FFF & ~END_FAST) |
				      (unsigned int)reason << 12);
	event_push(streams, stream, client, TORC_STREAM_CLOSE, reason);
	count_end(&streams->stats, reason);
	streams->stats.open--;
	if (stream->trouble != NONE)
		trouble_sort(streams, trouble_at(streams, stream->trouble));
	if (lingers)
		stream_list(streams, stream, LIST_CLOSED);
	else
		table_remove(streams, stream);
	ended_add(streams, stream_index(stream), !lingers);
}

/* ---- RST, RFC 9293 §3.10.7.4 and RFC 5961 §3 ---- */

enum rst { RST_EXACT, RST_NEAR, RST_FAR };

static enum rst rst_judge(const struct work *work)
{
	const struct torc_stream *stream = work->stream;
	const struct segment *segment = work->segment;
	unsigned int from = work->from;
	const struct trouble *trouble = trouble_if(work->streams, stream);
	int64_t at, taken = (int64_t)end_taken(work->streams, stream, from);

	/* the answer to a SYN: no sequence number yet, but it must acknowledge the SYN */
	if (!(stream->flags[from] & END_SYN) && stream->flags[!from] & END_SYN &&
	    segment->flags & TORC_TCP_ACK &&
	    segment->ack - stream->end[!from].isn - 1 <=
		    (uint32_t)(end_taken(work->streams, stream, !from) + 65536))
		return RST_EXACT;
	if (!(stream->flags[from] & END_BASE))
		return RST_EXACT; /* nothing is known that it could contradict */
	at = end_offset(&stream->end[from], segment->seq);
	if (at == taken || at == end_acked(stream, from))
		return RST_EXACT;
	if (stream->flags[from] & END_FIN && at == taken + 1)
		return RST_EXACT;
	/* what Linux takes too: right behind the last bytes that wait */
	if (trouble && trouble->end[from].last != NONE &&
	    at == (int64_t)block_at(&work->streams->arena, trouble->end[from].last)->end)
		return RST_EXACT;
	return at > taken && at - taken <= WINDOW_MAX ? RST_NEAR : RST_FAR;
}

void receive_rst(struct work *work)
{
	struct torc_streams *streams = work->streams;

	account_bytes(streams, work->stream, work->from, FATE_OUTSIDE, &streams->stats.in_rst,
		      work->segment->length);
	switch (rst_judge(work)) {
	case RST_EXACT:
		stream_end(streams, work->stream, TORC_CLOSE_RST);
		return;
	case RST_NEAR:
		work->stream->flags[work->from] |= END_RST;
		break;
	case RST_FAR:
		break;
	}
	streams->stats.resets_ignored++;
}

/* ---- limits ---- */

void end_make_room(struct torc_streams *streams)
{
	while (streams->streams.live - streams->ended_count >= streams->options.max_connections) {
		struct torc_stream *victim = table_victim(streams);

		if (!victim)
			return;
		if (stream_closed(victim)) {
			end_forget(streams, victim);
		} else {
			stream_end(streams, victim, TORC_CLOSE_EVICTED);
		}
	}
}

#define CHECK_NS (UINT64_C(1) << 27) /* how often to look for what timed out: 134 ms */

/* So many that all of a list are seen in half of its timeout. */
static uint32_t looks_of(const struct torc_streams *streams, enum stream_list list,
			 uint64_t elapsed_ns, uint64_t timeout_ns)
{
	double share = 2.0 * (double)elapsed_ns / (double)(timeout_ns + 1);
	double looks = 16 + share * streams->lists[list].count;

	if (looks > streams->lists[list].count)
		return streams->lists[list].count;
	return looks > 65536 ? 65536 : (uint32_t)looks;
}

static void check_list(struct torc_streams *streams, enum stream_list list, uint64_t timeout_ns,
		       uint64_t elapsed_ns)
{
	uint32_t looks = looks_of(streams, list, elapsed_ns, timeout_ns), events = 0;
	struct torc_stream *stream;

	while (events++ < 256 && (stream = table_idle(streams, list, timeout_ns, &looks))) {
		if (list == LIST_CLOSED) {
			end_forget(streams, stream);
		} else {
			stream_end(streams, stream, TORC_CLOSE_IDLE);
			if (streams->arena.spent_count > 0)
				break; /* one with data that waited is enough for one packet */
		}
	}
	if (stream)
		streams->check_ns = streams->now_ns; /* go on with the next packet */
}

/* Holes that were waited for long enough. */
static void check_holes(struct torc_streams *streams)
{
	while (streams->wait_first != NONE && streams->arena.spent_count == 0) {
		struct trouble *trouble = trouble_at(streams, streams->wait_first);
		struct torc_stream *stream = stream_at(streams, trouble->stream);

		if (streams->now_ns - trouble->since_ns < streams->options.gap_timeout_ns)
			return;
		deliver_over(streams, stream, 0, TORC_GAP_TIME);
		deliver_over(streams, stream, 1, TORC_GAP_TIME);
		trouble_restart(streams, trouble);
		stream_refresh(streams, stream);
	}
	if (streams->wait_first != NONE)
		streams->check_ns = streams->now_ns;
}

void end_check_timeouts(struct torc_streams *streams)
{
	const struct torc_streams_options *options = &streams->options;
	uint64_t elapsed = streams->now_ns - streams->checked_ns;

	streams->check_ns = streams->now_ns + CHECK_NS;
	streams->checked_ns = streams->now_ns;
	check_holes(streams);
	check_list(streams, LIST_CLOSED, options->closed_timeout_ns, elapsed);
	check_list(streams, LIST_HANDSHAKE, options->handshake_timeout_ns, elapsed);
	check_list(streams, LIST_OPEN, options->idle_timeout_ns, elapsed);
}
