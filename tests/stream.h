/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stream.h - connections written as text, for tests of TCP streams
 *
 *	play(&play, ">S <S > >@4=AAAA >@0=hhhh >F <F >");
 *	is_str(play.log, "open:syn c:hhhhAAAA close:fin", "a hole that is filled");
 *
 * A word is a segment: > from the client, < from the server, then in any order
 *	S F R U P     flags; ACK is set, but in the client's SYN without ^; - takes it away
 *	@N            sequence number: offset N of its stream; a SYN has none, -1. Without it: what
 *	              follows the highest that was sent
 *	=TEXT         payload, up to the space, and so the last; _ for one of 1,000 bytes "x"
 *	^N            acknowledges offset N; without it, all that the other side sent
 *	wN  tN  uN    window, timestamp, urgent pointer
 *	nN            initial sequence number of this side from here on
 *	kN            window scale, in a SYN
 *	~N            N bytes more on the wire than were captured
 *	x             a wrong checksum
 * and +N alone: N milliseconds pass, | alone: a mark in the log. Every packet comes a millisecond
 * behind the one before.
 *
 * The log has a word an event: open:REASON, close:REASON, c:BYTES and s:BYTES, c[N,REASON] for a gap,
 * and with overlaps, c{OFFSET,REASON,KEPT,OTHER}.
 */
#ifndef TORC_TEST_STREAM_H
#define TORC_TEST_STREAM_H

#include <torc/torc.h>

#include "test.h"

struct play_side {
	uint32_t isn;
	int64_t next; /* behind the highest offset sent */
};

struct play {
	struct torc_streams *streams;
	struct play_side side[2];
	uint8_t address[2][4];
	uint16_t port[2];
	uint64_t now_ns;
	uint64_t step_ns; /* from packet to packet */
	bool overlaps;    /* log them */
	size_t length;
	int last_side; /* whose bytes the log ends with, or -1 */
	uint64_t delivered[2], gaps[2]; /* as the events tell */
	char log[1 << 16];
};

static inline void play_put(struct play *play, const void *text, size_t length)
{
	if (play->length + length + 1 >= sizeof(play->log))
		return;
	memcpy(play->log + play->length, text, length);
	play->length += length;
	play->log[play->length] = '\0';
}

static inline void play_word(struct play *play, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static inline void play_word(struct play *play, const char *format, ...)
{
	char text[256];
	va_list args;

	if (play->length > 0)
		play_put(play, " ", 1);
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	play_put(play, text, strlen(text));
	play->last_side = -1;
}

static inline void play_event(struct play *play, const struct torc_stream_event *event)
{
	char side = event->side ? 's' : 'c';
	const char *reason = torc_stream_reason_name(event->type, event->reason);

	switch (event->type) {
	case TORC_STREAM_DATA:
		if (event->offset != play->delivered[event->side] + play->gaps[event->side])
			play_word(play, "NOT-NEXT");
		play->delivered[event->side] += event->length;
		if (play->last_side != event->side)
			play_word(play, "%c:", side);
		play->last_side = event->side;
		play_put(play, event->data, event->length);
		break;
	case TORC_STREAM_GAP:
		if (event->offset != play->delivered[event->side] + play->gaps[event->side])
			play_word(play, "NOT-NEXT");
		play->gaps[event->side] += event->length;
		play_word(play, "%c[%u,%s]", side, event->length, reason);
		break;
	case TORC_STREAM_OVERLAP:
		if (play->overlaps)
			play_word(play, "%c{%llu,%s,%.*s,%.*s}", side,
				  (unsigned long long)event->offset, reason,
				  event->data ? (int)event->length : 0, event->data,
				  event->other ? (int)event->length : 0, event->other);
		break;
	default:
		if (event->type == TORC_STREAM_OPEN)
			memset(play->delivered, 0, sizeof(play->delivered) + sizeof(play->gaps));
		play_word(play, "%s:%s", torc_stream_event_name(event->type), reason);
	}
}

static inline void play_events(struct play *play)
{
	const struct torc_stream_event *event;

	while ((event = torc_streams_next(play->streams)))
		play_event(play, event);
}

static inline void play_packet(struct play *play, const uint8_t *data, uint32_t caplen, uint32_t len)
{
	struct torc_packet packet = { .data = data, .caplen = caplen, .len = len,
				      .link_type = TORC_LINK_RAW,
				      .timestamp_ns = play->now_ns += play->step_ns };
	struct torc_decoded decoded;

	torc_decode_packet(&packet, &decoded);
	if (torc_streams_add(play->streams, &packet, &decoded) < 0)
		play_word(play, "BUSY");
	play_events(play);
}

static inline void play_put_be(uint8_t *at, uint64_t value, int bytes)
{
	while (bytes-- > 0) {
		at[bytes] = (uint8_t)value;
		value >>= 8;
	}
}

/* A segment in IPv4, without link layer; header and payload are TCP's. */
static inline uint32_t play_frame(const struct play *play, unsigned int from, uint8_t *frame,
				  const uint8_t *tcp, uint32_t tcp_bytes, uint32_t wire_bytes)
{
	uint8_t pseudo[12 + 2048];
	uint32_t total = 20 + tcp_bytes;

	memset(frame, 0, 20);
	frame[0] = 0x45;
	play_put_be(frame + 2, 20 + wire_bytes, 2);
	frame[8] = 64;
	frame[9] = 6;
	memcpy(frame + 12, play->address[from], 4);
	memcpy(frame + 16, play->address[!from], 4);
	play_put_be(frame + 10, torc_checksum_internet(frame, 20), 2);
	memcpy(frame + 20, tcp, tcp_bytes);
	if (tcp_bytes <= 2048) {
		memcpy(pseudo, frame + 12, 8);
		play_put_be(pseudo + 8, 6, 2);
		play_put_be(pseudo + 10, tcp_bytes, 2);
		memcpy(pseudo + 12, tcp, tcp_bytes);
		play_put_be(frame + 36, torc_checksum_internet(pseudo, 12 + tcp_bytes), 2);
	}
	return total;
}

/* What a word says. */
struct play_segment {
	int64_t at, ack, time, scale;
	bool has_at, has_ack, has_time, has_scale, no_ack, wrong;
	unsigned int flags, window, urgent, more;
	const char *data;
	size_t length;
};

static inline struct play_segment play_parse(struct play *play, unsigned int from,
					     const char *word, const char *end)
{
	static char thousand[1000];
	struct play_segment s = { .window = 65535 };
	char *rest;

	while (word < end) {
		char c = *word++;

		switch (c) {
		case 'S': s.flags |= 2; break;
		case 'F': s.flags |= 1; break;
		case 'R': s.flags |= 4; break;
		case 'P': s.flags |= 8; break;
		case 'U': s.flags |= 32; break;
		case '-': s.no_ack = true; break;
		case 'x': s.wrong = true; break;
		case '_':
			memset(thousand, 'x', sizeof(thousand));
			s.data = thousand;
			s.length = sizeof(thousand);
			break;
		case '=':
			s.data = word;
			s.length = (size_t)(end - word);
			return s;
		default: {
			long long number = strtoll(word, &rest, 10);

			word = rest;
			switch (c) {
			case '@': s.at = number; s.has_at = true; break;
			case '^': s.ack = number; s.has_ack = true; break;
			case 't': s.time = number; s.has_time = true; break;
			case 'k': s.scale = number; s.has_scale = true; break;
			case 'w': s.window = (unsigned int)number; break;
			case 'u': s.urgent = (unsigned int)number; break;
			case '~': s.more = (unsigned int)number; break;
			case 'n':
				play->side[from].isn = (uint32_t)number;
				play->side[from].next = 0;
				break;
			default: note("unknown letter %c in a segment", c); abort();
			}
		}
		}
	}
	return s;
}

static inline void play_segment(struct play *play, unsigned int from, const char *word,
				const char *end)
{
	struct play_segment s = play_parse(play, from, word, end);
	struct play_side *me = &play->side[from], *peer = &play->side[!from];
	int64_t at = s.has_at ? s.at : s.flags & 2 ? -1 : me->next;
	int64_t behind = at + (int64_t)s.length + s.more + (s.flags & 1) + !!(s.flags & 2);
	uint8_t tcp[60 + 2048] = { 0 }, frame[20 + sizeof(tcp)];
	uint32_t header = 20;

	if (!s.no_ack && !(s.flags & 2 && from == 0 && !s.has_ack))
		s.flags |= 16;
	play_put_be(tcp, play->port[from], 2);
	play_put_be(tcp + 2, play->port[!from], 2);
	play_put_be(tcp + 4, me->isn + 1 + (uint32_t)at, 4);
	if (s.flags & 16)
		play_put_be(tcp + 8,
			    peer->isn + 1 + (uint32_t)(s.has_ack ? s.ack : peer->next), 4);
	tcp[13] = (uint8_t)s.flags;
	play_put_be(tcp + 14, s.window, 2);
	play_put_be(tcp + 18, s.urgent, 2);
	if (s.has_scale) {
		memcpy(tcp + header, "\1\3\3", 3);
		tcp[header + 3] = (uint8_t)s.scale;
		header += 4;
	}
	if (s.has_time) {
		memcpy(tcp + header, "\1\1\10\12", 4);
		play_put_be(tcp + header + 4, (uint64_t)s.time, 4);
		header += 12;
	}
	tcp[12] = (uint8_t)(header << 2);
	if (s.length > 0)
		memcpy(tcp + header, s.data, s.length);
	header += (uint32_t)s.length;
	play_frame(play, from, frame, tcp, header, header + s.more);
	if (s.wrong)
		frame[36] ^= 0x55;
	if (behind > me->next)
		me->next = behind;
	play_packet(play, frame, 20 + header, 20 + header + s.more);
}

static inline void play(struct play *play, const char *script)
{
	while (*script) {
		size_t length = strcspn(script, " ");

		if (*script == '+')
			play->now_ns += strtoull(script + 1, NULL, 10) * 1000000;
		else if (*script == '|')
			play_word(play, "|");
		else if (length > 0)
			play_segment(play, *script == '<', script + 1, script + length);
		script += length + (script[length] == ' ');
	}
}

static inline void play_begin(struct play *play, const struct torc_streams_options *options)
{
	struct torc_error error;

	memset(play, 0, offsetof(struct play, log));
	play->log[0] = '\0';
	play->last_side = -1;
	play->side[0].isn = 1000;
	play->side[1].isn = 5000;
	memcpy(play->address, "\12\0\0\1\12\0\0\2", 8);
	play->port[0] = 40000;
	play->port[1] = 80;
	play->now_ns = UINT64_C(1700000000000000000);
	play->step_ns = 1000000;
	if (torc_streams_open(&play->streams, options, &error) < 0) {
		note("%s", error.text);
		abort();
	}
}

/* Both equations of the account, and the bytes of the events against it. */
static inline bool play_balanced(const struct play *play)
{
	struct torc_streams_stats s = { .size = sizeof(s) };
	uint64_t outside, dropped, closed;

	torc_streams_stats(play->streams, &s);
	outside = s.before_start + s.window + s.timestamps + s.checksum + s.no_ack + s.refused_syn +
		  s.after_fin + s.after_close + s.in_rst + s.keep_alive + s.urgent + s.no_stream;
	dropped = s.memory + s.reset;
	closed = s.closed_fin + s.closed_rst + s.closed_idle + s.closed_reused + s.closed_evicted +
		 s.closed_finish;
	return s.balanced && s.outside == outside && s.dropped == dropped &&
	       s.payload == s.delivered + s.duplicate + outside + dropped + s.waiting &&
	       s.opened == s.open + closed;
}

static inline void play_end(struct play *play)
{
	torc_streams_finish(play->streams);
	play_events(play);
}

/* One script with its log: a test. */
static inline void play_case_with(const struct torc_streams_options *options, bool overlaps,
				  const char *name, const char *script, const char *log)
{
	static struct play game;
	struct torc_streams_stats stats = { .size = sizeof(stats) };

	play_begin(&game, options);
	game.overlaps = overlaps;
	play(&game, script);
	play_end(&game);
	is_str(game.log, log, "%s", name);
	torc_streams_stats(game.streams, &stats);
	ok(play_balanced(&game) && stats.waiting == 0 && stats.memory_waiting_bytes == 0,
	   "%s: the account", name);
	torc_streams_close(game.streams);
}

#endif
