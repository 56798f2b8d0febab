/* SPDX-License-Identifier: BSD-3-Clause */
/* dot1q.c - VLAN tags: IEEE 802.1Q §9.6, 802.1ad, and the older QinQ numbers */
#include <torc/layers/link/ethernet.h>

#include "decode/common.h"
#include "decode/registry.h"

static void dot1q_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
		       void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_dot1q *tag = out;
	uint16_t value = torc_be16(p + 2);

	tag->priority = p[0] >> 5;
	tag->drop_eligible = p[0] & 0x10;
	tag->vlan_id = torc_be16(p) & 0xFFF;
	if (value >= 0x600)
		tag->ether_type = value;
	else
		tag->length = value;
}

static const struct torc_field_info dot1q_fields[] = {
	TORC_FIELD_AT(struct torc_dot1q, vlan_id, "vlan_id", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_dot1q, priority, "priority", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_dot1q, drop_eligible, "drop_eligible", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_dot1q, ether_type, "ether_type", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dot1q, length, "length", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "bytes"),
	TORC_FIELDS_END
};

static const struct torc_layer_number dot1q_numbers[] = {
	{ TORC_BY_ETHER_TYPE, 0x8100 },
	{ TORC_BY_ETHER_TYPE, 0x88A8 },
	{ TORC_BY_ETHER_TYPE, 0x9100 },
	{ TORC_BY_ETHER_TYPE, 0x9200 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_dot1q = {
	.name = "Dot1Q",
	.key = "dot1q",
	.struct_size = sizeof(struct torc_dot1q),
	.numbers = dot1q_numbers,
	.decode = dot1q_decode,
	.read = dot1q_read,
	.fields = dot1q_fields,
};
