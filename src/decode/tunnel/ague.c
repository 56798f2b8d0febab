/* SPDX-License-Identifier: BSD-3-Clause */
/* ague.c - Generic UDP Encapsulation: draft-ietf-intarea-gue-09 §3 */
#include <torc/layers/tunnel/ague.h>

#include "decode/registry.h"

#define HEADER     4
#define IS_CONTROL 0x20
#define IPV4       4
#define IPV6       41

/* The port is also a game's: what is carried must be a protocol; of control messages there is type 0 (§3.2). */
static bool is_plausible(const struct torc_cursor *cursor, uint32_t header)
{
	const uint8_t *p = cursor->data;

	if (p[0] & IS_CONTROL)
		return p[1] == 0;
	if ((p[1] == IPV4 || p[1] == IPV6) && cursor->length > header)
		return p[header] >> 4 == (p[1] == IPV4 ? 4 : 6);
	return registry_find(TORC_BY_IP_PROTOCOL, p[1]) != TORC_LAYER_NONE;
}

static int ague_var0_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t header;

	TORC_NEED(cursor, 1);
	if (p[0] >> 6 == 1) {
		cursor->next = TORC_LAYER_AGUE_VAR1;
		return TORC_STEP_OTHER;
	}
	if (p[0] >> 6 != 0)
		return torc_cursor_malformed(cursor, "the version is neither 0 nor 1");
	TORC_NEED(cursor, HEADER);
	header = HEADER + (p[0] & 0x1Fu) * 4;
	TORC_NEED(cursor, header);
	if (!is_plausible(cursor, header))
		return torc_cursor_malformed(cursor, "no protocol is carried");
	cursor->header_length = header;
	if (p[0] & IS_CONTROL)
		cursor->next = TORC_LAYER_PAYLOAD;
	else
		cursor_next(cursor, TORC_BY_IP_PROTOCOL, p[1]);
	return TORC_STEP_OK;
}

static void ague_var0_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			   void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_ague_var0 *ague = out;

	ague->version = p[0] >> 6;
	ague->is_control = p[0] & IS_CONTROL;
	ague->header_length = p[0] & 0x1F;
	ague->protocol = p[1];
	ague->flags = torc_be16(p + 2);
	ague->extensions = (struct torc_bytes){ p + HEADER, layer->header_length - HEADER };
}

static const struct torc_field_info ague_var0_fields[] = {
	TORC_FIELD_AT(struct torc_ague_var0, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_ague_var0, is_control, "control", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_ague_var0, header_length, "extension_words", TORC_FIELD_UINT,
		      .unit = "4 bytes"),
	TORC_FIELD_AT(struct torc_ague_var0, protocol, "protocol", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_ague_var0, flags, "flags", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_ague_var0, extensions, "extensions", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number ague_var0_numbers[] = {
	{ TORC_BY_UDP_PORT, 666 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_ague_var0 = {
	.name = "AGUEVar0",
	.key = "ague_var0",
	.struct_size = sizeof(struct torc_ague_var0),
	.numbers = ague_var0_numbers,
	.decode = ague_var0_decode,
	.read = ague_var0_read,
	.fields = ague_var0_fields,
};

/* 01 at the beginning is a version of GUE and of IP */
static int ague_var1_decode(struct torc_cursor *cursor)
{
	uint8_t version;

	TORC_NEED(cursor, 1);
	version = cursor->data[0] >> 4;
	if (version != 4 && version != 6)
		return torc_cursor_malformed(cursor, "no IP packet follows");
	cursor->header_length = 0;
	cursor->next = version == 4 ? TORC_LAYER_IPV4 : TORC_LAYER_IPV6;
	return TORC_STEP_OK;
}

static void ague_var1_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			   void *out)
{
	((struct torc_ague_var1 *)out)->protocol =
		decoded->data[layer->offset] >> 4 == 4 ? IPV4 : IPV6;
}

static const struct torc_field_info ague_var1_fields[] = {
	TORC_FIELD_AT(struct torc_ague_var1, protocol, "protocol", TORC_FIELD_UINT),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_ague_var1 = {
	.name = "AGUEVar1",
	.key = "ague_var1",
	.struct_size = sizeof(struct torc_ague_var1),
	.decode = ague_var1_decode,
	.read = ague_var1_read,
	.fields = ague_var1_fields,
};
