/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * quic.c - QUIC's long header: RFC 8999 §5.1, RFC 9000 §17.2, version 2 RFC 9369 §3.2. A short header has
 * nothing that tells it from other bytes (RFC 9000 §17.3), and is Payload.
 */
#include <torc/layers/transport/quic.h>

#include "decode/registry.h"

#define VERSION_1  0x00000001
#define VERSION_2  0x6B3343CF
#define CID_MAX	   20

enum { INITIAL = 0, HANDSHAKE = 2, RETRY = 3 };

static bool is_known_version(uint32_t version)
{
	return version == 0 || version == VERSION_1 || version == VERSION_2 ||
	       version >> 8 == 0xFF0000; /* drafts */
}

static uint8_t type_of(const uint8_t *p)
{
	uint8_t type = p[0] >> 4 & 3;

	/* RFC 9369 §3.2 turns them by one */
	return torc_be32(p + 1) == VERSION_2 ? (type + 3) & 3 : type;
}

/* RFC 9000 §16; false where it is not whole. */
static bool take_integer(const uint8_t *p, uint32_t length, uint32_t *at, uint64_t *value)
{
	uint32_t size;

	if (*at >= length)
		return false;
	size = 1u << (p[*at] >> 6);
	if (size > length - *at)
		return false;
	*value = p[*at] & 0x3F;
	for (uint32_t i = 1; i < size; i++)
		*value = *value << 8 | p[*at + i];
	*at += size;
	return true;
}

/* The whole header up to the packet number, or as far as it goes: sets quic, returns its end or 0. */
static uint32_t header_read(const uint8_t *p, uint32_t length, struct torc_quic *quic)
{
	uint32_t at = 5;
	uint64_t size;

	quic->version = torc_be32(p + 1);
	quic->type = quic->version ? type_of(p) : 0;
	for (int i = 0; i < 2; i++) {
		struct torc_bytes *id = i == 0 ? &quic->destination : &quic->source;

		if (at >= length || p[at] > CID_MAX || p[at] > length - at - 1)
			return 0;
		*id = (struct torc_bytes){ p + at + 1, p[at] };
		at += 1u + p[at];
	}
	if (quic->version == 0 || quic->type == RETRY) {
		if (quic->version == 0)
			quic->versions = (struct torc_bytes){ p + at, length - at };
		return length;
	}
	if (quic->type == INITIAL) {
		if (!take_integer(p, length, &at, &size) || size > length - at)
			return 0;
		quic->token = (struct torc_bytes){ p + at, (uint32_t)size };
		at += (uint32_t)size;
	}
	return take_integer(p, length, &at, &quic->length) ? at : 0;
}

static int quic_decode(struct torc_cursor *cursor)
{
	struct torc_quic quic = { 0 };
	const uint8_t *p = cursor->data;
	uint32_t header;

	TORC_NEED(cursor, 7);
	if (!(p[0] & 0x80) || !is_known_version(torc_be32(p + 1)) ||
	    (torc_be32(p + 1) != 0 && !(p[0] & 0x40)))
		return torc_cursor_malformed(cursor, "not a long header of a known version");
	if (p[5] > CID_MAX)
		return torc_cursor_malformed(cursor, "a connection id of more than 20 bytes");
	header = header_read(p, cursor->length, &quic);
	if (header == 0 && cursor->length < cursor->wire_length)
		return TORC_STEP_SHORT;
	if (header == 0)
		return torc_cursor_malformed(cursor, "a connection id or token does not fit");
	cursor->header_length = header;
	if (header < cursor->length)
		cursor->next = TORC_LAYER_PAYLOAD;
	return TORC_STEP_OK;
}

static void quic_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_quic *quic = out;

	header_read(p, layer->header_length, quic);
}

static const char *type_name(uint64_t type)
{
	static const char *const names[] = { "Initial", "0-RTT", "Handshake", "Retry" };

	return names[type & 3];
}

static const struct torc_field_info quic_fields[] = {
	TORC_FIELD_AT(struct torc_quic, version, "version", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_quic, type, "packet_type", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = type_name),
	TORC_FIELD_AT(struct torc_quic, destination, "destination", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_quic, source, "source", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_quic, token, "token", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_quic, versions, "versions", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_quic, length, "length", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "bytes"),
	TORC_FIELDS_END
};

static const struct torc_layer_number quic_numbers[] = {
	{ TORC_BY_UDP_PORT, 443 },
	{ TORC_BY_UDP_PORT, 853 },
	{ TORC_BY_UDP_PORT, 4433 },
	{ TORC_BY_UDP_PORT, 8443 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_quic = {
	.name = "QUIC",
	.key = "quic",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_quic),
	.numbers = quic_numbers,
	.decode = quic_decode,
	.read = quic_read,
	.fields = quic_fields,
};
