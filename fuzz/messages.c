/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fuzz/messages.c - any bytes as both sides of a connection, cut anywhere, with gaps: the protocols,
 * the HTTP head parser, and the account after each event
 *
 * A byte chooses the port, then a byte for each event: its top bit the side, the next a gap, the rest
 * how many of the bytes that follow.
 */
#include <stdlib.h>
#include <string.h>

#include <torc/layers/application/http.h>
#include <torc/message.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void insist(bool holds)
{
	if (!holds)
		abort();
}

static void message_check(const struct torc_message *message, const uint64_t *seen)
{
	static char text[1 << 16];
	struct torc_http_header header;
	struct torc_http http;
	uint32_t position = 0;

	insist(message->offset + message->length <= seen[message->side]);
	insist(message->packet_count >= 1);
	torc_text_tree(message->decoded, text, sizeof(text));
	if (torc_layer_http(message->decoded, message->decoded->layers, &http) == 0) {
		insist(http.is_whole);
		while (torc_http_header_next(&http, &position, &header) == 1)
			insist(position <= http.headers.length);
	}
}

static void account_check(const struct torc_messages *messages)
{
	struct torc_messages_stats s = { .size = sizeof(s) };

	insist(torc_messages_stats(messages, &s) == 0);
	insist(s.seen == s.in_messages + s.bodies + s.unknown + s.lost + s.waiting);
	insist(s.memory_bytes <= 1 << 20);
}

static uint64_t next[2];

static void events(struct torc_streams *streams, struct torc_messages *messages)
{
	const struct torc_stream_event *event;
	const struct torc_message *message;

	while ((event = torc_streams_next(streams))) {
		insist(torc_messages_add(messages, streams, event) == 0);
		while ((message = torc_messages_next(messages)))
			message_check(message, next);
		account_check(messages);
	}
}

static void segment(struct torc_streams *streams, struct torc_messages *messages, uint16_t port,
		    unsigned int side, const uint8_t *bytes, uint32_t length)
{
	struct torc_packet packet = { .link_type = TORC_LINK_RAW, .caplen = 40 + length,
				      .len = 40 + length };
	struct torc_decoded decoded;
	uint8_t *p = calloc(1, packet.caplen); /* so that one byte too far is seen */
	uint32_t seq = 1000 + (uint32_t)next[side], ack = 1000 + (uint32_t)next[!side];

	insist(p);
	p[0] = 0x45;
	p[3] = (uint8_t)packet.len;
	p[9] = 6;
	p[15] = side ? 2 : 1;
	p[19] = side ? 1 : 2;
	memcpy(p + 20, side ? (uint8_t[]){ (uint8_t)(port >> 8), (uint8_t)port, 0x9c, 0x40 } :
			      (uint8_t[]){ 0x9c, 0x40, (uint8_t)(port >> 8), (uint8_t)port }, 4);
	for (unsigned int i = 0; i < 4; i++) {
		p[24 + i] = (uint8_t)(seq >> (24 - 8 * i));
		p[28 + i] = (uint8_t)(ack >> (24 - 8 * i));
	}
	p[32] = 0x50;
	p[33] = 0x10;
	if (length > 0)
		memcpy(p + 40, bytes, length);
	next[side] += length;
	packet.data = p;
	torc_decode_packet(&packet, &decoded);
	insist(torc_streams_add(streams, &packet, &decoded) >= 0);
	events(streams, messages);
	free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t ports[] = { 80, 443, 53, 9999 };
	struct torc_messages_options options = { .size = sizeof(options), .memory_bytes = 1 << 20 };
	struct torc_streams_options small = { .size = sizeof(small), .waiting_bytes = 256 << 10,
					      .max_connections = 16 };
	struct torc_messages *messages;
	struct torc_streams *streams;
	uint16_t port;

	if (size < 2)
		return 0;
	port = ports[data[0] & 3];
	memset(next, 0, sizeof(next));
	insist(torc_streams_open(&streams, &small, NULL) == 0);
	insist(torc_messages_open(&messages, &options) == 0);
	for (data++, size--; size > 1;) {
		unsigned int side = data[0] >> 7;
		uint32_t length = data[0] & 63;

		if (data[0] & 64) { /* a gap that the other side acknowledges at once */
			next[side] += length;
			segment(streams, messages, port, !side, NULL, 0);
			data++, size--;
			continue;
		}
		data++, size--;
		length = length > size ? (uint32_t)size : length;
		segment(streams, messages, port, side, data, length);
		data += length;
		size -= length;
	}
	insist(torc_streams_finish(streams) == 0);
	events(streams, messages);
	torc_messages_close(messages);
	torc_streams_close(streams);
	return 0;
}
