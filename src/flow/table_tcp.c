/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * table_tcp.c - what a flow learns from a TCP segment (RFC 9293): the handshake's round trip, where
 * each end's sequence is, holes, and the end of the connection
 *
 * One hole is remembered a flow: the latest, from the highest byte seen to a segment beyond it. What
 * fills it came out of order; what lies before the highest byte otherwise was there before.
 */
#include "flow/table.h"

#include <torc/layers/transport/tcp.h>

#define SAME_CONNECTION 65536 /* a SYN so far behind the highest byte is one that came twice */

void flow_history(struct flow *flow, struct flow_more *more, unsigned int letter,
		  unsigned int direction)
{
	unsigned int code = letter * 2 + direction;

	if (flow->history & 1u << code)
		return;
	more->history |= (uint64_t)code << 4 * (unsigned int)__builtin_popcount(flow->history);
	flow->history |= (uint16_t)(1u << code);
}

/* A SYN of a connection that is not the one this flow is of. */
bool flow_tcp_begins(const struct flow *flow, const struct flow_packet *packet)
{
	unsigned int direction = flow_direction(flow, packet);

	if ((packet->tcp_flags & (TORC_TCP_SYN | TORC_TCP_ACK | TORC_TCP_RST)) != TORC_TCP_SYN)
		return false;
	if (flow->tcp & TCP_KNOWN << direction)
		return flow->next_sequence[direction] - (packet->sequence + 1) >= SAME_CONNECTION;
	/* the first word of this end: both open at the same time, or the flow was over */
	return flow_state(flow) != TORC_FLOW_OPENING;
}

static uint32_t limited(uint64_t ns)
{
	return ns < UINT32_MAX ? (uint32_t)ns : UINT32_MAX;
}

/* From SYN to SYN and ACK, and from there to the client's ACK. */
static void time_handshake(struct flow *flow, struct flow_more *more,
			   const struct flow_packet *packet, unsigned int direction)
{
	uint16_t flags = packet->tcp_flags & (TORC_TCP_SYN | TORC_TCP_ACK);
	uint64_t since = packet->time_ns > more->handshake_ns
				 ? packet->time_ns - more->handshake_ns : 0;

	if (direction == 0 && flags == TORC_TCP_SYN && !(flow->tcp & TCP_ANSWERED)) {
		flow->tcp |= TCP_SYN_SEEN; /* of several the last is the one that is answered */
		more->handshake_ns = packet->time_ns;
	} else if (direction == 1 && flags == (TORC_TCP_SYN | TORC_TCP_ACK) &&
		   (flow->tcp & (TCP_SYN_SEEN | TCP_ANSWERED)) == TCP_SYN_SEEN) {
		flow->tcp |= TCP_ANSWERED;
		more->rtt_ns[0] = limited(since);
		more->handshake_ns = packet->time_ns;
	} else if (direction == 0 && flags == TORC_TCP_ACK && (flow->tcp & TCP_ANSWERED)) {
		flow->tcp &= (uint8_t)~(TCP_SYN_SEEN | TCP_ANSWERED);
		more->rtt_ns[1] = limited(since);
		more->hole[0] = more->hole[1] = 0;
	}
}

static bool handshake_runs(const struct flow *flow)
{
	return (flow->tcp & (TCP_SYN_SEEN | TCP_ANSWERED)) != 0;
}

/* A segment that begins before the highest byte: it fills the hole, or was there before. */
static void segment_behind(struct flow *flow, struct flow_more *more, uint32_t begin, uint32_t end,
			   unsigned int direction)
{
	bool mine = !(flow->tcp & TCP_HOLE_SERVER) == (direction == 0);
	uint32_t *hole = more->hole;

	if (!handshake_runs(flow) && mine && hole[0] != hole[1] &&
	    (int32_t)(begin - hole[0]) >= 0 && (int32_t)(end - hole[1]) <= 0) {
		more->out_of_order[direction]++;
		if (begin == hole[0])
			hole[0] = end;
		else
			hole[1] = begin;
		return;
	}
	more->retransmissions[direction]++;
	flow_history(flow, more, LETTER_T, direction);
	if ((int32_t)(end - flow->next_sequence[direction]) > 0)
		flow->next_sequence[direction] = end;
}

static void follow_sequence(struct flow *flow, struct flow_more *more,
			    const struct flow_packet *packet, unsigned int direction)
{
	uint32_t begin = packet->sequence;
	uint32_t end = begin + packet->payload + !!(packet->tcp_flags & TORC_TCP_SYN) +
		       !!(packet->tcp_flags & TORC_TCP_FIN);
	int32_t ahead = (int32_t)(begin - flow->next_sequence[direction]);

	if (!(flow->tcp & TCP_KNOWN << direction)) {
		flow->tcp |= (uint8_t)(TCP_KNOWN << direction);
		flow->next_sequence[direction] = end;
		return;
	}
	if (end == begin)
		return;
	if (ahead < 0) {
		segment_behind(flow, more, begin, end, direction);
		return;
	}
	if (ahead > 0 && !handshake_runs(flow)) {
		more->hole[0] = flow->next_sequence[direction];
		more->hole[1] = begin;
		flow->tcp = (uint8_t)((flow->tcp & ~TCP_HOLE_SERVER) |
				      (direction ? TCP_HOLE_SERVER : 0));
	}
	flow->next_sequence[direction] = end;
}

static void write_history(struct flow *flow, struct flow_more *more,
			  const struct flow_packet *packet, unsigned int direction)
{
	uint16_t flags = packet->tcp_flags;

	if (flags & TORC_TCP_SYN)
		flow_history(flow, more, flags & TORC_TCP_ACK ? LETTER_H : LETTER_S, direction);
	if (packet->payload > 0)
		flow_history(flow, more, LETTER_D, direction);
	else if ((flags & (TORC_TCP_SYN | TORC_TCP_FIN | TORC_TCP_RST | TORC_TCP_ACK)) ==
		 TORC_TCP_ACK)
		flow_history(flow, more, LETTER_A, direction);
	if (flags & TORC_TCP_FIN)
		flow_history(flow, more, LETTER_F, direction);
	if (flags & TORC_TCP_RST)
		flow_history(flow, more, LETTER_R, direction);
	else if (packet->window == 0 && !(flags & TORC_TCP_SYN))
		flow_history(flow, more, LETTER_W, direction);
}

void flow_tcp_update(struct flow *flow, struct flow_more *more, const struct flow_packet *packet,
		     unsigned int direction)
{
	uint16_t flags = packet->tcp_flags;

	flow->tcp_flags[direction] |= flags;
	write_history(flow, more, packet, direction);
	if (handshake_runs(flow) || flags & TORC_TCP_SYN)
		time_handshake(flow, more, packet, direction);
	if (!(flags & TORC_TCP_RST)) /* the sequence of a reset may be anything */
		follow_sequence(flow, more, packet, direction);
	if (flags & TORC_TCP_FIN)
		flow->tcp |= (uint8_t)(TCP_FIN_SEEN << direction);
	if (flags & TORC_TCP_RST)
		flow->tcp |= TCP_RST_SEEN;
}
