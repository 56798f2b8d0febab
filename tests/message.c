/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * message.c - messages of TLS, DNS and HTTP out of streams: the same however segments cut them, with
 * their places and packets; gaps, bodies, pipelining; a protocol of one's own
 */
#include "stream.h"

static struct play game;
static struct torc_messages *messages;
static char told[1 << 14];
static size_t told_length;

static void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void tell(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	told_length += (size_t)vsnprintf(told + told_length, sizeof(told) - told_length, format, args);
	va_end(args);
}

static void tell_message(const struct torc_message *message)
{
	const struct torc_layer *layer = message->decoded->layers;
	struct torc_http http;
	struct torc_dns dns;
	struct torc_tls tls;

	tell("%c%llu+%llu", message->side ? 's' : 'c', (unsigned long long)message->offset,
	     (unsigned long long)message->length);
	if (message->body_length)
		tell("(+%llu)", (unsigned long long)message->body_length);
	if (torc_layer_http(message->decoded, layer, &http) == 0 && http.is_response)
		tell(" %u %.*s", http.status, (int)http.reason.length, http.reason.data);
	else if (layer->type == TORC_LAYER_HTTP)
		tell(" %.*s %.*s %.*s", (int)http.method.length, http.method.data,
		     (int)http.target.length, http.target.data, (int)http.host.length,
		     http.host.data);
	else if (torc_layer_dns(message->decoded, layer, &dns) == 0)
		tell(" dns %u", dns.id);
	else if (torc_layer_tls(message->decoded, layer, &tls) == 0)
		tell(" tls %u %u", tls.content_type, tls.length);
	else
		tell(" %s", message->protocol);
	tell("; ");
}

static void pull(void)
{
	const struct torc_stream_event *event;
	const struct torc_message *message;

	while ((event = torc_streams_next(game.streams))) {
		torc_messages_add(messages, game.streams, event);
		while ((message = torc_messages_next(messages)))
			tell_message(message);
	}
}

/* What one side says, in segments of that many bytes. */
static void say(unsigned int from, const void *bytes, size_t length, size_t cut)
{
	struct play_side *me = &game.side[from], *peer = &game.side[!from];
	const char *at = bytes;

	while (length > 0) {
		uint32_t part = (uint32_t)(length < cut ? length : cut), size;
		uint8_t tcp[20 + 2000] = { 0 }, frame[20 + sizeof(tcp)];
		struct torc_packet packet = { .data = frame, .link_type = TORC_LINK_RAW,
					      .timestamp_ns = game.now_ns += 1000 };
		struct torc_decoded decoded;

		play_put_be(tcp, game.port[from], 2);
		play_put_be(tcp + 2, game.port[!from], 2);
		play_put_be(tcp + 4, me->isn + 1 + (uint32_t)me->next, 4);
		play_put_be(tcp + 8, peer->isn + 1 + (uint32_t)peer->next, 4);
		memcpy(tcp + 12, "\x50\x10\xff\xff", 4);
		memcpy(tcp + 20, at, part);
		size = play_frame(&game, from, frame, tcp, 20 + part, 20 + part);
		packet.caplen = packet.len = size;
		torc_decode_packet(&packet, &decoded);
		torc_streams_add(game.streams, &packet, &decoded);
		pull();
		me->next += part;
		at += part;
		length -= part;
	}
}

struct line {
	char side; /* c, s; g: a gap in what the client sends, G: in what the server sends */
	const char *text;
	size_t length; /* 0: of the text */
};

static void talk(const struct line *lines, size_t count, uint16_t port, size_t cut)
{
	struct torc_messages_stats stats = { .size = sizeof(stats) };

	play_begin(&game, NULL);
	game.port[1] = port;
	torc_messages_open(&messages, NULL);
	told_length = 0;
	told[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		size_t length = lines[i].length ? lines[i].length : strlen(lines[i].text);
		unsigned int from = lines[i].side == 's' || lines[i].side == 'G';

		if (lines[i].side == 'g' || lines[i].side == 'G') {
			game.side[from].next += (int64_t)length;
			/* the other side has it: a gap, not a hole to wait for */
			say(!from, "\r\n", 2, 2);
			continue;
		}
		say(from, lines[i].text, length, cut);
	}
	torc_messages_stats(messages, &stats);
	if (stats.seen != stats.in_messages + stats.bodies + stats.unknown + stats.lost + stats.waiting)
		tell("NOT BALANCED");
	torc_streams_finish(game.streams);
	pull();
	torc_messages_stats(messages, &stats);
	if (stats.waiting || stats.memory_bytes)
		tell("LEFT");
	torc_messages_close(messages);
	torc_streams_close(game.streams);
}

static void every_cut(const char *name, const struct line *lines, size_t count, uint16_t port,
		      const char *want)
{
	size_t wrong = 0;

	for (size_t cut = 1; cut <= 1400; cut += cut < 100 ? 1 : 97) {
		talk(lines, count, port, cut);
		if (strcmp(told, want) != 0 && wrong++ == 0)
			note("in segments of %zu: %s", cut, told);
	}
	ok(wrong == 0, "%s: %s", name, want);
}

#define LINES(lines) (lines), sizeof(lines) / sizeof(*(lines))

static void http(void)
{
	static const struct line plain[] = {
		{ 'c', "GET /a HTTP/1.1\r\nHost: one\r\n\r\n", 0 },
		{ 's', "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 0 },
		{ 'c', "POST /b HTTP/1.1\r\nHost: two\r\nContent-Length: 3\r\n\r\nabc", 0 },
		{ 's', "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", 0 },
	};
	static const struct line pipelined[] = {
		{ 'c', "HEAD /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n"
		       "GET /c HTTP/1.1\nHost: x\n\n", 0 },
		{ 's', "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"
		       "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		       "5;x=y\r\nhello\r\nA\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n"
		       "HTTP/1.0 200 Fine\r\n\r\nuntil the end HTTP/1.1 200 no", 0 },
	};
	static const struct line tunnel[] = {
		{ 'c', "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", 0 },
		{ 's', "HTTP/1.1 200 OK\r\n\r\n", 0 },
		{ 'c', "\x16\x03\x01\x02\x03GET / HTTP/1.1\r\n\r\n", 0 },
	};
	static const struct line gap_in_body[] = {
		{ 'c', "GET /a HTTP/1.1\r\n\r\n", 0 },
		{ 's', "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", 0 },
		{ 'G', "4567", 0 },
		{ 's', "890HTTP/1.1 204 None\r\n\r\n", 0 },
	};

	every_cut("requests and answers", LINES(plain), 80,
		  "c0+30 GET /a one; s0+38(+5) 200 OK; c30+50(+3) POST /b two; s43+45 404 Not Found; ");
	every_cut("on another port", LINES(plain), 9999,
		  "c0+30 GET /a one; s0+38(+5) 200 OK; c30+50(+3) POST /b two; s43+45 404 Not Found; ");
	every_cut("pipelined: HEAD, 100, chunks, until close", LINES(pipelined), 80,
		  "c0+29 HEAD /a x; c29+28 GET /b x; c57+25 GET /c x; s0+40 200 OK; "
		  "s40+25 100 Continue; s65+47 200 OK; s158+21 200 Fine; ");
	every_cut("a tunnel is another protocol", LINES(tunnel), 8080,
		  "c0+35 CONNECT h:443 h; s0+19 200 OK; ");
	every_cut("a gap in a body is part of it", LINES(gap_in_body), 80,
		  "c0+19 GET /a ; s0+39(+10) 200 OK; s49+21 204 None; ");
}

static void gaps(void)
{
	static const struct line in_head[] = {
		{ 'c', "GET /lost HTT", 0 },
		{ 'g', "P/1.1", 0 },
		{ 'c', "\r\nHost: x\r\n\r\n", 0 },
		{ 'c', "GET /found HTTP/1.1\r\n\r\n", 0 },
	};

	talk(LINES(in_head), 80, 1000);
	is_str(told, "c31+23 GET /found ; ", "a gap in a head: found again at the next beginning");
}

static void binary(void)
{
	static const char query[] = "\0\x1d\x12\x34\1\0\0\1\0\0\0\0\0\0\7example\3com\0\0\1\0\1"
				    "\0\x1d\x12\x35\1\0\0\1\0\0\0\0\0\0\7example\3com\0\0\1\0\1";
	static const char record[5 + 300 + 5 + 2] = "\x16\3\1\1\x2c";
	static char records[sizeof(record)];
	struct line dns[] = { { 'c', query, sizeof(query) - 1 } };
	struct line tls[] = { { 'c', records, sizeof(records) } };

	memcpy(records, record, sizeof(record));
	memcpy(records + 305, "\x15\3\3\0\2", 5);
	every_cut("two questions", LINES(dns), 53, "c0+31 dns 4660; c31+31 dns 4661; ");
	every_cut("records", LINES(tls), 443, "c0+305 tls 22 300; c305+7 tls 21 2; ");
	every_cut("records on another port", LINES(tls), 4433,
		  "c0+305 tls 22 300; c305+7 tls 21 2; ");
}

static void packets(void)
{
	const struct torc_stream_event *event;
	const struct torc_message *message = NULL;

	play_begin(&game, NULL);
	torc_messages_open(&messages, NULL);
	/* packet 1 opens with the beginning, 3 brings the end before 2 brings the middle */
	for (unsigned int i = 0; i < 3 && !message; i++) {
		static const struct {
			int64_t at;
			const char *text;
		} parts[] = { { 0, "GET /a" }, { 17, "\r\n\r\n" }, { 6, "bc HTTP/1.1" } };
		uint8_t tcp[60] = { 0 }, frame[80];
		struct torc_packet packet = { .data = frame, .link_type = TORC_LINK_RAW,
					      .timestamp_ns = 1000 + i };
		struct torc_decoded decoded;
		uint32_t length = (uint32_t)strlen(parts[i].text);

		play_put_be(tcp, game.port[0], 2);
		play_put_be(tcp + 2, game.port[1], 2);
		play_put_be(tcp + 4, 1001 + (uint64_t)parts[i].at, 4);
		memcpy(tcp + 12, "\x50\x10\xff\xff", 4);
		memcpy(tcp + 20, parts[i].text, length);
		packet.caplen = packet.len = play_frame(&game, 0, frame, tcp, 20 + length, 20 + length);
		torc_decode_packet(&packet, &decoded);
		torc_streams_add(game.streams, &packet, &decoded);
		while (!message && (event = torc_streams_next(game.streams))) {
			torc_messages_add(messages, game.streams, event);
			message = torc_messages_next(messages);
		}
	}
	if (!ok(message != NULL, "a message of three packets"))
		return;
	is(message->packet_count, 3, "it knows them");
	ok(message->packets[0] == 1 && message->packets[1] == 3 && message->packets[2] == 2,
	   "in the order of its bytes");
	ok(message->first_ns == 1000 && message->last_ns == 1001, "and when they came");
	torc_messages_close(messages);
	torc_streams_close(game.streams);
}

/* ---- a protocol of one's own: a letter that says how many bytes follow ---- */

static int own_probe(unsigned int side, const uint8_t *data, uint32_t length)
{
	(void)side;
	return length < 1 ? -1 : data[0] >= 'a' && data[0] <= 'i';
}

static int own_frame(void *state, unsigned int side, const uint8_t *data, uint32_t length,
		     struct torc_message_frame *frame)
{
	unsigned int *count = state;

	(void)side;
	if (own_probe(0, data, length) != 1)
		return -1;
	if (++*count == 1000)
		return -1;
	frame->length = 1 + (uint32_t)(data[0] - 'a');
	return 0;
}

static void own(void)
{
	static const uint16_t ports[] = { 7777, 0 };
	static const struct torc_message_protocol protocol = {
		.name = "own", .layer = TORC_LAYER_PAYLOAD, .ports = ports, .probe = own_probe,
		.frame = own_frame, .state_bytes = sizeof(unsigned int),
	};
	struct torc_message_protocol bad = protocol;
	static const struct line lines[] = { { 'c', "bxcyyazd123", 0 } };

	bad.state_bytes = 65;
	is(torc_message_register(&bad), -22, "too much state");
	is(torc_message_register(&protocol), 0, "a protocol of one's own");
	talk(LINES(lines), 7777, 3);
	is_str(told, "c0+2 own; c2+3 own; c5+1 own; ", "its messages; what is none ends it");
}

int main(void)
{
	http();
	gaps();
	binary();
	packets();
	own();
	return done();
}
