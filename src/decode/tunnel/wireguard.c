/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * wireguard.c - WireGuard: "Next Generation Kernel Network Tunnel", 2020, §5.4. All but the numbers is
 * encrypted; the length of each type and its three zeros tell it from others on its port.
 */
#include <torc/layers/tunnel/wireguard.h>

#include "decode/registry.h"

enum { INITIATION = 1, RESPONSE = 2, COOKIE = 3, DATA = 4 };

#define DATA_HEADER 16 /* and a tag of 16 bytes behind what it carries */

static int wireguard_decode(struct torc_cursor *cursor)
{
	static const uint8_t lengths[] = { 0, 148, 92, 64 };
	const uint8_t *p = cursor->data;

	TORC_NEED(cursor, 4);
	if (p[0] < INITIATION || p[0] > DATA || torc_be24(p + 1) != 0)
		return torc_cursor_malformed(cursor, "unknown message type");
	if (p[0] == DATA ? cursor->wire_length < DATA_HEADER + 16 || cursor->wire_length % 16 :
			   cursor->wire_length != lengths[p[0]])
		return torc_cursor_malformed(cursor, "not the length of its type");
	TORC_NEED(cursor, p[0] == DATA ? DATA_HEADER : lengths[p[0]]);
	cursor->header_length = p[0] == DATA ? DATA_HEADER : lengths[p[0]];
	if (p[0] == DATA)
		cursor->next = TORC_LAYER_PAYLOAD;
	return TORC_STEP_OK;
}

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static void wireguard_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_wireguard *wireguard = out;

	wireguard->type = p[0];
	if (p[0] == DATA || p[0] == COOKIE) {
		wireguard->receiver = le32(p + 4);
		if (p[0] == DATA)
			wireguard->counter = (uint64_t)le32(p + 12) << 32 | le32(p + 8);
		return;
	}
	wireguard->sender = le32(p + 4);
	if (p[0] == RESPONSE)
		wireguard->receiver = le32(p + 8);
	wireguard->ephemeral = (struct torc_bytes){ p + (p[0] == RESPONSE ? 12 : 8), 32 };
}

static const char *type_name(uint64_t type)
{
	static const char *const names[] = { [1] = "handshake initiation", "handshake response",
					     "cookie reply", "transport data" };

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

static const struct torc_field_info wireguard_fields[] = {
	TORC_FIELD_AT(struct torc_wireguard, type, "message_type", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = type_name),
	TORC_FIELD_AT(struct torc_wireguard, sender, "sender", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_wireguard, receiver, "receiver", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_wireguard, counter, "counter", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_wireguard, ephemeral, "ephemeral", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number wireguard_numbers[] = {
	{ TORC_BY_UDP_PORT, 51820 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_wireguard = {
	.name = "WireGuard",
	.key = "wireguard",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_wireguard),
	.numbers = wireguard_numbers,
	.decode = wireguard_decode,
	.read = wireguard_read,
	.fields = wireguard_fields,
};
