/* SPDX-License-Identifier: BSD-3-Clause */
/* gre.c - Generic Routing Encapsulation: RFC 2784, key and sequence RFC 2890, PPTP RFC 2637 §4 */
#include <torc/layers/tunnel/tunnel.h>

#include "decode/registry.h"

#define HAS_CHECKSUM       0x8000
#define HAS_ROUTING        0x4000
#define HAS_KEY            0x2000
#define HAS_SEQUENCE       0x1000
#define STRICT_ROUTE       0x0800
#define HAS_ACKNOWLEDGMENT 0x0080
#define VERSION            0x0007

#define ERSPAN 0x88BE

/* What stands in front of the routing entries. */
static uint32_t fixed_length(uint16_t flags)
{
	return 4 + (flags & (HAS_CHECKSUM | HAS_ROUTING) ? 4 : 0) + (flags & HAS_KEY ? 4 : 0) +
	       (flags & HAS_SEQUENCE ? 4 : 0) +
	       ((flags & VERSION) == 1 && flags & HAS_ACKNOWLEDGMENT ? 4 : 0);
}

/* RFC 1701: entries of family, offset and length, up to one of family and length 0. */
static int routing_length(const struct torc_cursor *cursor, uint32_t at, uint32_t *length)
{
	uint32_t start = at;

	for (;;) {
		TORC_NEED(cursor, at + 4);
		uint16_t family = torc_be16(cursor->data + at);
		uint8_t bytes = cursor->data[at + 3];

		at += 4;
		if (family == 0 && bytes == 0)
			break;
		TORC_NEED(cursor, at + bytes);
		at += bytes;
	}
	*length = at - start;
	return TORC_STEP_OK;
}

static int gre_decode(struct torc_cursor *cursor)
{
	uint32_t routing = 0;
	uint16_t flags, protocol;
	int step;

	TORC_NEED(cursor, 4);
	flags = torc_be16(cursor->data);
	protocol = torc_be16(cursor->data + 2);
	if ((flags & VERSION) > 1)
		return torc_cursor_malformed(cursor, "version is neither 0 nor 1");
	if (cursor->length < fixed_length(flags))
		return TORC_STEP_CUT_TAIL;
	if (flags & HAS_ROUTING) {
		step = routing_length(cursor, fixed_length(flags), &routing);
		if (step != TORC_STEP_OK)
			return TORC_STEP_CUT_TAIL;
	}
	cursor->header_length = fixed_length(flags) + routing;
	if (protocol == ERSPAN && !(flags & HAS_SEQUENCE))
		cursor->next = TORC_LAYER_ETHERNET; /* ERSPAN type I has no header of its own */
	else
		cursor_next(cursor, TORC_BY_ETHER_TYPE, protocol);
	return TORC_STEP_OK;
}

static void gre_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer), *end = p + layer->header_length;
	uint16_t flags = torc_be16(p);
	struct torc_gre *gre = out;

	gre->has_checksum = flags & HAS_CHECKSUM;
	gre->has_routing = flags & HAS_ROUTING;
	gre->has_key = flags & HAS_KEY;
	gre->has_sequence = flags & HAS_SEQUENCE;
	gre->strict_source_route = flags & STRICT_ROUTE;
	gre->recursion_control = flags >> 8 & 7;
	gre->version = flags & VERSION;
	gre->has_acknowledgment = gre->version == 1 && flags & HAS_ACKNOWLEDGMENT;
	gre->protocol = torc_be16(p + 2);
	if (layer->header_length < fixed_length(flags))
		return; /* cut among its optional words */
	p += 4;
	if (gre->has_checksum || gre->has_routing) {
		gre->checksum = torc_be16(p);
		gre->offset = torc_be16(p + 2);
		p += 4;
	}
	if (gre->has_key) {
		gre->key = torc_be32(p);
		p += 4;
	}
	if (gre->has_sequence) {
		gre->sequence = torc_be32(p);
		p += 4;
	}
	if (gre->has_acknowledgment) {
		gre->acknowledgment = torc_be32(p);
		p += 4;
	}
	gre->routing = (struct torc_bytes){ p, (uint32_t)(end - p) };
}

static const struct torc_field_info gre_fields[] = {
	TORC_FIELD_AT(struct torc_gre, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_gre, protocol, "protocol", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_gre, has_checksum, "has_checksum", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_gre, has_routing, "has_routing", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_gre, has_key, "has_key", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_gre, has_sequence, "has_sequence", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_gre, has_acknowledgment, "has_ack", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_gre, strict_source_route, "strict_source_route", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_gre, recursion_control, "recursion_control", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_gre, checksum, "checksum", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_gre, offset, "offset", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_gre, key, "key", TORC_FIELD_UINT, .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_gre, sequence, "seq", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_gre, acknowledgment, "ack", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_gre, routing, "routing", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number gre_numbers[] = {
	{ TORC_BY_IP_PROTOCOL, 47 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_gre = {
	.name = "GRE",
	.key = "gre",
	.struct_size = sizeof(struct torc_gre),
	.numbers = gre_numbers,
	.decode = gre_decode,
	.read = gre_read,
	.fields = gre_fields,
	.checksum = { TORC_SUM_GRE, 4, 0 },
};
