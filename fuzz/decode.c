/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fuzz/decode.c - any bytes as a packet: decoded both ways, with streams, and written as text and
 * JSON. The first two bytes are the link type, the next how much longer it was on the wire.
 */
#include <stdlib.h>
#include <string.h>

#include <torc/flow.h>

#include "util/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char text[1 << 17];

static void insist(bool holds)
{
	if (!holds)
		abort();
}

static void bounds(const struct torc_decoded *decoded)
{
	uint32_t at = 0, trailer, length;
	unsigned int i;

	for (i = 0; i < decoded->layer_count; i++) {
		insist(decoded->layers[i].offset == at);
		at += decoded->layers[i].header_length;
		insist(at <= decoded->caplen);
		insist(decoded->layers[i].payload_length <= decoded->caplen - at);
	}
	trailer = torc_trailer(decoded, &length);
	insist(trailer + length == decoded->caplen);
}

static void same(const struct torc_decoded *a, const struct torc_decoded *b)
{
	insist(a->status == b->status && a->flags == b->flags);
	insist(!a->reason == !b->reason && (!a->reason || strcmp(a->reason, b->reason) == 0));
	insist(a->layer_count == b->layer_count);
	insist(memcmp(a->layers, b->layers, a->layer_count * sizeof(a->layers[0])) == 0);
}

/* What a terminal prints and does not obey: UTF-8 without controls. */
static void harmless(const uint8_t *p, size_t left)
{
	while (left > 0) {
		uint32_t character;
		unsigned int length = text_utf8(p, left, &character);

		insist(length > 0 && !text_steers(character));
		p += length;
		left -= length;
	}
}

static void written(const struct torc_packet *packet, const struct torc_decoded *decoded)
{
	char id[TORC_COMMUNITY_ID_SIZE];
	struct torc_flow flow;
	int length = torc_text_line(decoded, TORC_TEXT_LINK, text, sizeof(text));

	if (length < (int)sizeof(text))
		harmless((const uint8_t *)text, (size_t)length);
	torc_text_tree(decoded, text, sizeof(text));
	torc_json_packet(packet, decoded, "f", text, sizeof(text));
	torc_flow_network(decoded, -1, &flow);
	torc_flow_transport(decoded, -1, &flow);
	torc_community_id(decoded, 0, 0, id);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct torc_decode_options options = { .size = sizeof(options) };
	struct torc_packet packet = { .link_type = TORC_LINK_ETHERNET };
	struct torc_decoded decoded, again;
	uint8_t *bytes;

	if (size < 3)
		return 0;
	packet.link_type = (uint16_t)(data[0] << 8 | data[1]);
	packet.caplen = (uint32_t)size - 3;
	packet.len = packet.caplen + data[2];
	bytes = malloc(packet.caplen ? packet.caplen : 1); /* so that one byte too far is seen */
	if (!bytes)
		return 0;
	memcpy(bytes, data + 3, packet.caplen);
	packet.data = bytes;
	torc_decode_packet(&packet, &decoded);
	bounds(&decoded);
	torc_decode_with(&packet, &options, &again);
	same(&decoded, &again);
	written(&packet, &decoded);
	options.flags = TORC_DECODE_STREAMS;
	torc_decode_with(&packet, &options, &again);
	bounds(&again);
	written(&packet, &again);
	free(bytes);
	return 0;
}
