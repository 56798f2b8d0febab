/* SPDX-License-Identifier: BSD-3-Clause */
/* vxlan.c - Virtual eXtensible LAN, RFC 7348 §5 */
#include <torc/layers/tunnel/tunnel.h>

#include "decode/registry.h"

#define HAS_POLICY     0x80 /* first byte */
#define HAS_NETWORK    0x08
#define DONT_LEARN     0x40 /* second byte */
#define POLICY_APPLIED 0x08

static int vxlan_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, 8);
	if (!(cursor->data[0] & 0x08))
		return torc_cursor_malformed(cursor, "there is no network identifier");
	cursor->header_length = 8;
	cursor->next = TORC_LAYER_ETHERNET;
	return TORC_STEP_OK;
}

static void vxlan_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
		       void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_vxlan *vxlan = out;

	vxlan->flags = p[0];
	vxlan->has_network_id = p[0] & HAS_NETWORK;
	vxlan->has_policy = p[0] & HAS_POLICY;
	vxlan->dont_learn = p[1] & DONT_LEARN;
	vxlan->policy_applied = p[1] & POLICY_APPLIED;
	vxlan->policy_id = torc_be16(p + 2);
	vxlan->network_id = torc_be24(p + 4);
}

static const struct torc_field_info vxlan_fields[] = {
	TORC_FIELD_AT(struct torc_vxlan, flags, "flags", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_vxlan, has_network_id, "has_vni", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_vxlan, network_id, "vni", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_vxlan, has_policy, "has_policy", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_vxlan, dont_learn, "dont_learn", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_vxlan, policy_applied, "policy_applied", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_vxlan, policy_id, "policy_id", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number vxlan_numbers[] = {
	{ TORC_BY_UDP_PORT, 4789 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_vxlan = {
	.name = "VXLAN",
	.key = "vxlan",
	.struct_size = sizeof(struct torc_vxlan),
	.numbers = vxlan_numbers,
	.decode = vxlan_decode,
	.read = vxlan_read,
	.fields = vxlan_fields,
};
