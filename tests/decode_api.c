/* SPDX-License-Identifier: BSD-3-Clause */
/* decode_api.c - chosen layers, batches, places of layers, names, numbers and layers of one's own */
#include <errno.h>

#include <torc/layer.h>
#include <torc/layers/network/ip.h>
#include <torc/layers/transport/tcp.h>
#include <torc/layers/transport/udp.h>

#include "test.h"

/* IPv4 (ttl 64) in which IPv4 (ttl 9) carries UDP 5000 > 7777 with four bytes */
static const uint8_t tunnel[] = {
	0x45, 0, 0, 52, 0, 1, 0, 0, 64, 4, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
	0x45, 0, 0, 32, 0, 2, 0, 0, 9, 17, 0, 0, 10, 1, 0, 1, 10, 1, 0, 2,
	0x13, 0x88, 0x1E, 0x61, 0, 12, 0, 0, 1, 2, 0xAB, 0xCD
};

static const struct torc_packet packet = {
	.data = tunnel, .caplen = sizeof(tunnel), .len = sizeof(tunnel), .link_type = TORC_LINK_RAW
};

static void places(void)
{
	const struct torc_layer *outer, *inner;
	struct torc_decoded decoded;
	struct torc_value value;
	struct torc_ipv4 ipv4;
	struct torc_tcp tcp;

	torc_decode_packet(&packet, &decoded);
	outer = torc_layer_first(&decoded, TORC_LAYER_IPV4);
	inner = torc_layer_last(&decoded, TORC_LAYER_IPV4);
	ok(outer == &decoded.layers[0] && inner == &decoded.layers[1], "first and last");
	ok(torc_layer_nth(&decoded, TORC_LAYER_IPV4, 1) == inner, "nth");
	ok(torc_layer_nth(&decoded, TORC_LAYER_IPV4, -2) == outer, "nth from behind");
	ok(!torc_layer_nth(&decoded, TORC_LAYER_IPV4, 2), "no third");
	ok(torc_layer_by_role(&decoded, TORC_ROLE_NETWORK, -1) == inner, "innermost network layer");
	ok(torc_layer_by_role(&decoded, TORC_ROLE_TRANSPORT, 0) == inner + 1, "transport layer");
	ok(!torc_layer_by_role(&decoded, TORC_ROLE_LINK, 0), "no link layer");
	is(torc_layer_ipv4(&decoded, inner, &ipv4), 0, "read a layer");
	is(ipv4.ttl, 9, "its ttl");
	is(torc_layer_tcp(&decoded, inner, &tcp), -EINVAL, "not as another type");
	is(torc_layer_tcp(&decoded, NULL, &tcp), -EINVAL, "nor none at all");
	is(torc_field(&decoded, "tcp.seq", &value), 0, "a field of a layer that is not there");
	is(torc_field(&decoded, "ipv4.colour", &value), -EINVAL, "a field that does not exist");
	is(torc_field(&decoded, "ipv4", &value), -EINVAL, "a layer without a field");
	is(torc_field(&decoded, "ipv4[x].ttl", &value), -EINVAL, "a place that is no number");
}

static void targets(void)
{
	struct torc_ipv4 outer, inner;
	struct torc_tcp tcp;
	struct torc_target wanted[] = {
		{ .type = TORC_LAYER_IPV4, .size = sizeof(outer), .layer = &outer },
		{ .type = TORC_LAYER_IPV4, .innermost = true, .size = sizeof(inner), .layer = &inner },
		{ .type = TORC_LAYER_TCP, .size = sizeof(tcp), .layer = &tcp },
	};
	struct torc_decode_options options = { .size = sizeof(options), .target_count = 3,
					       .targets = wanted };
	struct torc_decoded decoded;

	torc_decode_with(&packet, &options, &decoded);
	ok(wanted[0].found && outer.ttl == 64, "the outermost, filled in");
	ok(wanted[1].found && inner.ttl == 9, "the innermost, filled in");
	ok(!wanted[2].found, "what is not there is not found");
	is(decoded.layer_count, 4, "all layers");
	options.flags = TORC_DECODE_TARGETS_ONLY;
	torc_decode_with(&packet, &options, &decoded);
	is(decoded.layer_count, 2, "targets only: not further than those");
	ok(decoded.flags & TORC_DECODED_STOPPED, "and it says that it stopped");
	options.flags = 1u << 31;
	is(torc_decode_with(&packet, &options, &decoded), -EINVAL, "an option that does not exist");
	options.flags = 0;
	options.size = 4;
	is(torc_decode_with(&packet, &options, &decoded), -EINVAL, "options without their size");
}

static void batch(void)
{
	static struct torc_decoded decoded[40], one;
	struct torc_packet packets[40];
	unsigned int i, same = 0;

	for (i = 0; i < 40; i++) {
		packets[i] = packet;
		packets[i].caplen = sizeof(tunnel) - i;
	}
	torc_decode_batch(packets, 40, decoded);
	for (i = 0; i < 40; i++) {
		torc_decode_packet(&packets[i], &one);
		same += one.status == decoded[i].status &&
			one.layer_count == decoded[i].layer_count &&
			memcmp(one.layers, decoded[i].layers,
			       one.layer_count * sizeof(one.layers[0])) == 0;
	}
	is(same, 40, "a batch is the same as one by one");
}

/* A protocol of the test's own: two bytes, the first is 1, the second is shown. */
struct mine {
	uint8_t number;
};

static int mine_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, 2);
	if (cursor->data[0] != 1)
		return torc_cursor_malformed(cursor, "the first byte is not 1");
	cursor->header_length = 2;
	cursor->next = TORC_LAYER_PAYLOAD;
	return TORC_STEP_OK;
}

static void mine_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	((struct mine *)out)->number = torc_layer_header(decoded, layer)[1];
}

static void own_layer(void)
{
	static const struct torc_field_info fields[] = {
		TORC_FIELD_AT(struct mine, number, "number", TORC_FIELD_UINT,
			      .flags = TORC_FIELD_SUMMARY),
		TORC_FIELDS_END
	};
	static const struct torc_layer_number numbers[] = { { TORC_BY_UDP_PORT, 7777 },
							    { TORC_BY_NONE, 0 } };
	static const struct torc_layer_ops ops = {
		.name = "Mine", .key = "mine", .role = TORC_ROLE_APPLICATION,
		.struct_size = sizeof(struct mine), .numbers = numbers, .decode = mine_decode,
		.read = mine_read, .fields = fields,
	};
	static const struct torc_layer_ops empty;
	struct torc_decoded decoded;
	struct torc_value value;
	char text[2048];
	int type;

	torc_decode_packet(&packet, &decoded);
	is(decoded.layers[3].type, TORC_LAYER_PAYLOAD, "a port without a decoder is Payload");
	type = torc_register_layer(&ops);
	ok(type >= TORC_LAYER_USER_FIRST, "a layer of one's own");
	torc_decode_packet(&packet, &decoded);
	is(decoded.layers[3].type, type, "decoded by its port");
	is(decoded.layers[4].type, TORC_LAYER_PAYLOAD, "with what it carries");
	is(torc_field(&decoded, "mine.number", &value), 1, "a field of it");
	is(value.number, 2, "with its value");
	torc_text_line(&decoded, 0, text, sizeof(text));
	ok(strstr(text, "Mine, number 2"), "in the line: %s", text);
	torc_json_packet(&packet, &decoded, NULL, text, sizeof(text));
	ok(strstr(text, "\"type\":\"Mine\"") && strstr(text, "\"number\":2"), "in JSON");
	is_str(torc_layer_name((unsigned int)type), "Mine", "its name");
	is(torc_layer_type_of("MINE"), type, "its type by name, in any case");
	ok(torc_register_layer(&ops) < 0, "not twice");
	ok(torc_register_layer(&empty) < 0, "not without name and function");
}

static void numbers(void)
{
	struct torc_decoded decoded;
	unsigned int i;
	int status = 0;

	is(torc_registered_type(TORC_BY_IP_PROTOCOL, 17), TORC_LAYER_UDP, "17 is UDP");
	is(torc_register_ip_protocol(17, TORC_LAYER_NONE), 0, "take it away");
	torc_decode_packet(&packet, &decoded);
	is(decoded.status, TORC_DECODED_UNKNOWN_NEXT, "then it is unknown");
	ok(decoded.registry == TORC_BY_IP_PROTOCOL && decoded.number == 17, "and said so");
	torc_register_ip_protocol(17, TORC_LAYER_UDP);
	is(torc_register_ip_protocol(256, TORC_LAYER_UDP), -EINVAL, "protocols have 8 bits");
	is(torc_register_udp_port(70000, TORC_LAYER_UDP), -EINVAL, "ports have 16 bits");
	is(torc_register_udp_port(7, 511), -EINVAL, "a type that does not exist");
	for (i = 1; i < 1000 && status == 0; i++)
		status = torc_register_sctp_port(i, TORC_LAYER_PAYLOAD);
	is(status, -ENOSPC, "a registry that is full says so");
	ok(i > 200, "after some hundred numbers");
	is(torc_registered_type(TORC_BY_SCTP_PORT, 999), TORC_LAYER_NONE, "others are unknown");
}

/* More layers than there is room for: VLAN tag in VLAN tag. */
static void limit(void)
{
	uint8_t frame[400] = { [12] = 0x81, [13] = 0x00 };
	struct torc_decoded decoded;
	unsigned int i;

	for (i = 14; i + 4 <= sizeof(frame); i += 4)
		frame[i + 2] = 0x81;
	is(torc_decode(TORC_LINK_ETHERNET, frame, sizeof(frame), sizeof(frame), &decoded),
	   TORC_DECODED_LAYER_LIMIT, "more layers than the limit have their own status");
	is(decoded.layer_count, TORC_LAYERS_MAX, "with those up to there");
}

/* Bytes that nobody decodes are Payload; where there are none, there is no layer. */
static void nothing(void)
{
	static const uint8_t byte = 0;
	struct torc_decoded decoded;

	is(torc_decode(65000, &byte, 1, 1, &decoded), TORC_DECODED_UNKNOWN_NEXT,
	   "an unknown link type");
	is(decoded.layer_count, 1, "its byte is Payload");
	is(torc_decode(65000, &byte, 0, 60, &decoded), TORC_DECODED_UNKNOWN_NEXT,
	   "the same without a byte");
	is(decoded.layer_count, 0, "has no layer");
	is(decoded.number, 65000, "but the number");
}

/* Radiotap says that the header of the frame (26 bytes with QoS) is padded to a multiple of four. */
static void padded_header(void)
{
	static uint8_t frame[] = {
		0x00, 0x00, 0x09, 0x00, 0x02, 0x00, 0x00, 0x00, 0x20, /* radiotap: flags */
		0x88, 0x01, 0x2c, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x02, 0x02, 0x00, 0x00,
		0x00, 0x00, 0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x03, 0x60, 0x00, 0x05, 0x00,
		0x00, 0x00, /* the padding */
		0xaa, 0xaa, 0x03, 0x00, 0x00, 0x00, 0x88, 0x8e, 0x01, 0x01, 0x00, 0x00
	};
	struct torc_packet monitored = { .data = frame, .caplen = sizeof(frame), .len = sizeof(frame),
				      .link_type = TORC_LINK_RADIOTAP };
	struct torc_decoded decoded;

	torc_decode_packet(&monitored, &decoded);
	is(decoded.layers[1].header_length, 28, "a padded header of 802.11 has its padding");
	ok(torc_layer_first(&decoded, TORC_LAYER_EAPOL), "what is behind the padding is decoded");
	frame[8] = 0; /* not padded: LLC begins with those two bytes */
	torc_decode_packet(&monitored, &decoded);
	is(decoded.layers[1].header_length, 26, "and has none where radiotap does not say so");
	ok(!torc_layer_first(&decoded, TORC_LAYER_EAPOL), "and then other bytes follow");
}

int main(void)
{
	padded_header();
	nothing();
	places();
	targets();
	batch();
	limit();
	own_layer();
	numbers();
	return done();
}
