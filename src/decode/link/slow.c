/* SPDX-License-Identifier: BSD-3-Clause */
/* slow.c - slow protocols: IEEE 802.3 §57A; LACP and marker: IEEE 802.1AX §6.4.2 and §6.5.3 */
#include <torc/layers/link/slow.h>

#include <string.h>

#include "decode/registry.h"

#define LACP_LENGTH 110

enum { LACP = 1, MARKER = 2, OAM = 3, SPECIFIC = 10 };

static int slow_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;

	TORC_NEED(cursor, 2);
	if (p[0] == LACP) {
		TORC_NEED(cursor, LACP_LENGTH);
		if (torc_be16(p + 2) != 0x0114 || torc_be16(p + 22) != 0x0214)
			return torc_cursor_malformed(cursor, "no actor or partner in front");
		torc_cursor_claim(cursor, LACP_LENGTH);
	}
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static void slow_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_slow *slow = out;

	slow->subtype = p[0];
	if (p[0] == LACP || p[0] == MARKER)
		slow->version = p[1];
	if (p[0] != LACP)
		return;
	slow->actor_priority = torc_be16(p + 4);
	memcpy(slow->actor_system, p + 6, 6);
	slow->actor_key = torc_be16(p + 12);
	slow->actor_port_priority = torc_be16(p + 14);
	slow->actor_port = torc_be16(p + 16);
	slow->actor_state = p[18];
	slow->partner_priority = torc_be16(p + 24);
	memcpy(slow->partner_system, p + 26, 6);
	slow->partner_key = torc_be16(p + 32);
	slow->partner_port_priority = torc_be16(p + 34);
	slow->partner_port = torc_be16(p + 36);
	slow->partner_state = p[38];
	slow->collector_delay = torc_be16(p + 44);
}

static const char *subtype_name(uint64_t subtype)
{
	return subtype == LACP ? "LACP" : subtype == MARKER ? "marker" : subtype == OAM ? "OAM" :
	       subtype == SPECIFIC ? "organization specific" : NULL;
}

static const struct torc_field_info slow_fields[] = {
	TORC_FIELD_AT(struct torc_slow, subtype, "subtype", TORC_FIELD_UINT,
		      .value_name = subtype_name),
	TORC_FIELD_AT(struct torc_slow, version, "version", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_slow, actor_priority, "actor_priority", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_slow, actor_system, "actor_system", TORC_FIELD_MAC,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_slow, actor_key, "actor_key", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_slow, actor_port_priority, "actor_port_priority", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_slow, actor_port, "actor_port", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_slow, actor_state, "actor_state", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_slow, partner_priority, "partner_priority", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_slow, partner_system, "partner_system", TORC_FIELD_MAC,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_slow, partner_key, "partner_key", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_slow, partner_port_priority, "partner_port_priority", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_slow, partner_port, "partner_port", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_slow, partner_state, "partner_state", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_slow, collector_delay, "collector_delay", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number slow_numbers[] = {
	{ TORC_BY_ETHER_TYPE, 0x8809 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_slow = {
	.name = "SlowProtocol",
	.key = "slow",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_slow),
	.numbers = slow_numbers,
	.decode = slow_decode,
	.read = slow_read,
	.fields = slow_fields,
};
