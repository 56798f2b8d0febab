/* SPDX-License-Identifier: BSD-3-Clause */
/* lcm.c - LCM: "UDP Multicast Protocol Description" of lcm-proj.github.io */
#include <torc/layers/application/lcm.h>

#include <string.h>

#include "decode/registry.h"

#define MESSAGE         0x4C433032
#define FRAGMENT        0x4C433033
#define MESSAGE_HEADER  8
#define FRAGMENT_HEADER 20
#define CHANNEL_MAX     63

/* The header without the name of the channel, which all but later fragments have. */
static uint32_t fixed_header(const uint8_t *p, bool *has_channel)
{
	if (torc_be32(p) == MESSAGE) {
		*has_channel = true;
		return MESSAGE_HEADER;
	}
	*has_channel = torc_be16(p + 16) == 0;
	return FRAGMENT_HEADER;
}

static int lcm_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data, *end;
	uint32_t header, left;
	bool has_channel;

	TORC_NEED(cursor, MESSAGE_HEADER);
	if (torc_be32(p) != MESSAGE && torc_be32(p) != FRAGMENT)
		return torc_cursor_malformed(cursor, "the magic is neither LC02 nor LC03");
	TORC_NEED(cursor, torc_be32(p) == MESSAGE ? MESSAGE_HEADER : FRAGMENT_HEADER);
	header = fixed_header(p, &has_channel);
	if (has_channel) {
		left = cursor->length - header;
		end = memchr(p + header, 0, left < CHANNEL_MAX + 1 ? left : CHANNEL_MAX + 1);
		if (!end && left <= CHANNEL_MAX && cursor->wire_length > cursor->length)
			return TORC_STEP_CUT_TAIL;
		if (!end)
			return torc_cursor_malformed(cursor, "the channel has no end");
		header = (uint32_t)(end - p) + 1;
	}
	cursor->header_length = header;
	cursor->next = has_channel ? TORC_LAYER_PAYLOAD : TORC_LAYER_FRAGMENT;
	return TORC_STEP_OK;
}

static void lcm_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_lcm *lcm = out;
	bool has_channel;
	uint32_t header = fixed_header(p, &has_channel);

	lcm->magic = torc_be32(p);
	lcm->sequence = torc_be32(p + 4);
	lcm->is_fragment = lcm->magic == FRAGMENT;
	if (lcm->is_fragment) {
		lcm->message_size = torc_be32(p + 8);
		lcm->fragment_offset = torc_be32(p + 12);
		lcm->fragment_number = torc_be16(p + 16);
		lcm->fragment_count = torc_be16(p + 18);
	}
	if (!has_channel)
		return;
	lcm->channel = (struct torc_bytes){
		p + header,
		(uint32_t)strnlen((const char *)p + header, layer->header_length - header)
	};
	if (layer->payload_length >= 8)
		lcm->fingerprint = torc_be64(p + layer->header_length);
}

static const struct torc_field_info lcm_fields[] = {
	TORC_FIELD_AT(struct torc_lcm, magic, "magic", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_lcm, sequence, "seq", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_lcm, is_fragment, "fragment", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_lcm, message_size, "message_size", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_lcm, fragment_offset, "fragment_offset", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_lcm, fragment_number, "fragment_number", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_lcm, fragment_count, "fragment_count", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_lcm, channel, "channel", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_lcm, fingerprint, "fingerprint", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number lcm_numbers[] = {
	{ TORC_BY_UDP_PORT, 7667 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_lcm = {
	.name = "LCM",
	.key = "lcm",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_lcm),
	.numbers = lcm_numbers,
	.decode = lcm_decode,
	.read = lcm_read,
	.fields = lcm_fields,
};
