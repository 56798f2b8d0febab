/* SPDX-License-Identifier: BSD-3-Clause */
/* stp.c - spanning tree messages, IEEE 802.1D-2004 §9.3; MSTP, 802.1Q §14; SPT, 802.1aq §14 */
#include <torc/layers/link/stp.h>

#include <string.h>

#include "decode/registry.h"

#define CONFIGURATION   0x00
#define RAPID           0x02
#define TOPOLOGY_CHANGE 0x80

#define PVST_LENGTH 42 /* either message, and which VLAN it is of: type 0, length 2, number */

/* Version 3, and version 4 behind it, add a length and that many bytes. */
static void tail_take(struct torc_cursor *cursor)
{
	uint32_t at = cursor->header_length, left = cursor->length - at;

	if (left >= 2 && left - 2 >= torc_be16(cursor->data + at))
		cursor->header_length += 2u + torc_be16(cursor->data + at);
}

static bool is_pvst(const struct torc_cursor *cursor)
{
	const struct torc_decoded *decoded = cursor->decoded;

	return cursor->length >= PVST_LENGTH && decoded->layer_count > 0 &&
	       decoded->layers[decoded->layer_count - 1].type == TORC_LAYER_SNAP &&
	       torc_be32(cursor->data + PVST_LENGTH - 6) == 2;
}

/* What is behind is padding, except for the trees of MSTP and of shortest path bridging. */
static int stp_decode(struct torc_cursor *cursor)
{
	unsigned int version;

	TORC_NEED(cursor, 4);
	switch (cursor->data[3]) {
	case TOPOLOGY_CHANGE:
		cursor->header_length = 4;
		return TORC_STEP_OK;
	case CONFIGURATION:
		TORC_NEED(cursor, 35);
		cursor->header_length = is_pvst(cursor) ? PVST_LENGTH : 35;
		return TORC_STEP_OK;
	case RAPID:
		TORC_NEED(cursor, 36);
		cursor->header_length = is_pvst(cursor) ? PVST_LENGTH : 36;
		for (version = 3; version <= 4 && version <= cursor->data[2]; version++)
			tail_take(cursor);
		return TORC_STEP_OK;
	default:
		return torc_cursor_malformed(cursor, "unknown message type");
	}
}

/* Times count in 1/256 seconds (IEEE 802.1D-2004 §9.2.8). */
static uint32_t time_ms(const uint8_t *p)
{
	return torc_be16(p) * 1000u / 256;
}

static void stp_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_stp *stp = out;

	stp->protocol_id = torc_be16(p);
	stp->version = p[2];
	stp->type = p[3];
	if (layer->header_length < 35)
		return;
	stp->flags = p[4];
	stp->topology_change = p[4] & 0x01;
	stp->topology_change_acknowledged = p[4] & 0x80;
	stp->root_priority = torc_be16(p + 5) & 0xF000;
	stp->root_system_id = torc_be16(p + 5) & 0xFFF;
	memcpy(stp->root_address, p + 7, 6);
	stp->cost = torc_be32(p + 13);
	stp->bridge_priority = torc_be16(p + 17) & 0xF000;
	stp->bridge_system_id = torc_be16(p + 17) & 0xFFF;
	memcpy(stp->bridge_address, p + 19, 6);
	stp->port_id = torc_be16(p + 25);
	stp->message_age_ms = time_ms(p + 27);
	stp->max_age_ms = time_ms(p + 29);
	stp->hello_time_ms = time_ms(p + 31);
	stp->forward_delay_ms = time_ms(p + 33);
	if (layer->header_length == PVST_LENGTH && p[2] < 3)
		stp->vlan_id = torc_be16(p + PVST_LENGTH - 2);
}

static const char *type_name(uint64_t type)
{
	return type == CONFIGURATION   ? "configuration" :
	       type == RAPID	       ? "rapid spanning tree" :
	       type == TOPOLOGY_CHANGE ? "topology change notification" :
					 NULL;
}

static const struct torc_field_info stp_fields[] = {
	TORC_FIELD_AT(struct torc_stp, protocol_id, "protocol_id", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_stp, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_stp, type, "type", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_SUMMARY, .value_name = type_name),
	TORC_FIELD_AT(struct torc_stp, flags, "flags", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_stp, topology_change, "tc", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_stp, topology_change_acknowledged, "tca", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_stp, root_priority, "root_priority", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_stp, root_system_id, "root_system_id", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_stp, root_address, "root", TORC_FIELD_MAC,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_stp, cost, "cost", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_stp, bridge_priority, "bridge_priority", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_stp, bridge_system_id, "bridge_system_id", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_stp, bridge_address, "bridge", TORC_FIELD_MAC),
	TORC_FIELD_AT(struct torc_stp, port_id, "port_id", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_stp, message_age_ms, "message_age", TORC_FIELD_UINT,
		      .unit = "ms"),
	TORC_FIELD_AT(struct torc_stp, max_age_ms, "max_age", TORC_FIELD_UINT, .unit = "ms"),
	TORC_FIELD_AT(struct torc_stp, hello_time_ms, "hello_time", TORC_FIELD_UINT, .unit = "ms"),
	TORC_FIELD_AT(struct torc_stp, forward_delay_ms, "forward_delay", TORC_FIELD_UINT,
		      .unit = "ms"),
	TORC_FIELD_AT(struct torc_stp, vlan_id, "vlan_id", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number stp_numbers[] = {
	{ TORC_BY_LLC_SAP, 0x42 },
	{ TORC_BY_SNAP, 0x010B }, /* one for each VLAN */
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_stp = {
	.name = "STP",
	.key = "stp",
	.struct_size = sizeof(struct torc_stp),
	.numbers = stp_numbers,
	.decode = stp_decode,
	.read = stp_read,
	.fields = stp_fields,
};
