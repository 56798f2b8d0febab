/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * openvpn.c - OpenVPN over UDP: the head of a packet, openvpn.net/community-resources/openvpn-protocol. What
 * follows it depends on keys and settings of both ends: Payload.
 */
#include <torc/layers/application/openvpn.h>

#include "decode/registry.h"

enum { DATA_V1 = 6, DATA_V2 = 9, OPCODE_LAST = 11 };

#define CONTROL_MIN 14 /* opcode, session, count of acknowledgments, packet id */

static int openvpn_decode(struct torc_cursor *cursor)
{
	uint8_t opcode;

	TORC_NEED(cursor, 1);
	opcode = cursor->data[0] >> 3;
	if (opcode == 0 || opcode > OPCODE_LAST)
		return torc_cursor_malformed(cursor, "unknown opcode");
	if (opcode == DATA_V1 || opcode == DATA_V2) {
		cursor->header_length = opcode == DATA_V1 ? 1 : 4;
		TORC_NEED(cursor, cursor->header_length);
	} else {
		if (cursor->wire_length < CONTROL_MIN)
			return torc_cursor_malformed(cursor, "too short for a control packet");
		cursor->header_length = 9;
		TORC_NEED(cursor, 9);
	}
	cursor->next = TORC_LAYER_PAYLOAD;
	return TORC_STEP_OK;
}

static void openvpn_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			 void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_openvpn *openvpn = out;

	openvpn->opcode = p[0] >> 3;
	openvpn->key_id = p[0] & 7;
	if (openvpn->opcode == DATA_V2)
		openvpn->peer_id = torc_be24(p + 1);
	else if (openvpn->opcode != DATA_V1)
		openvpn->session = torc_be64(p + 1);
}

static const char *opcode_name(uint64_t opcode)
{
	static const char *const names[] = {
		[1] = "hard reset client v1", "hard reset server v1", "soft reset v1",
		"control v1", "acknowledgment v1", "data v1", "hard reset client v2",
		"hard reset server v2", "data v2", "hard reset client v3", "control wrapped key v1"
	};

	return opcode < sizeof(names) / sizeof(names[0]) ? names[opcode] : NULL;
}

static const struct torc_field_info openvpn_fields[] = {
	TORC_FIELD_AT(struct torc_openvpn, opcode, "opcode", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = opcode_name),
	TORC_FIELD_AT(struct torc_openvpn, key_id, "key_id", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_openvpn, peer_id, "peer_id", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_openvpn, session, "session", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELDS_END
};

static const struct torc_layer_number openvpn_numbers[] = {
	{ TORC_BY_UDP_PORT, 1194 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_openvpn = {
	.name = "OpenVPN",
	.key = "openvpn",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_openvpn),
	.numbers = openvpn_numbers,
	.decode = openvpn_decode,
	.read = openvpn_read,
	.fields = openvpn_fields,
};
