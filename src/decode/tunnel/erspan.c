/* SPDX-License-Identifier: BSD-3-Clause */
/* erspan.c - mirrored frames over GRE, types II and III: draft-foschiano-erspan-03 §4.2, §4.3 */
#include <torc/layers/tunnel/tunnel.h>

#include "decode/registry.h"

static int erspan2_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, 8);
	if (cursor->data[0] >> 4 != 1)
		return torc_cursor_malformed(cursor, "version is not 1 (type II)");
	cursor->header_length = 8;
	cursor->next = TORC_LAYER_ETHERNET;
	return TORC_STEP_OK;
}

static void erspan2_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			 void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_erspan2 *erspan = out;

	erspan->version = p[0] >> 4;
	erspan->vlan_id = torc_be16(p) & 0xFFF;
	erspan->class_of_service = p[2] >> 5;
	erspan->encapsulation = p[2] >> 3 & 3;
	erspan->is_truncated = p[2] & 4;
	erspan->session_id = torc_be16(p + 2) & 0x3FF;
	erspan->reserved = torc_be16(p + 4) >> 4;
	erspan->index = torc_be24(p + 5) & 0xFFFFF;
}

static const struct torc_field_info erspan2_fields[] = {
	TORC_FIELD_AT(struct torc_erspan2, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_erspan2, vlan_id, "vlan_id", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_erspan2, class_of_service, "cos", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_erspan2, encapsulation, "encapsulation", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_erspan2, is_truncated, "truncated", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_erspan2, session_id, "session_id", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_erspan2, reserved, "reserved", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_erspan2, index, "index", TORC_FIELD_UINT),
	TORC_FIELDS_END
};

static const struct torc_layer_number erspan2_numbers[] = {
	{ TORC_BY_ETHER_TYPE, 0x88BE },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_erspan2 = {
	.name = "ERSPAN Type II",
	.key = "erspan2",
	.struct_size = sizeof(struct torc_erspan2),
	.numbers = erspan2_numbers,
	.decode = erspan2_decode,
	.read = erspan2_read,
	.fields = erspan2_fields,
};

#define ERSPAN3_HEADER 12
#define SUBHEADER      8

static int erspan3_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	unsigned int kind;

	TORC_NEED(cursor, ERSPAN3_HEADER);
	if (p[0] >> 4 != 2)
		return torc_cursor_malformed(cursor, "version is not 2 (type III)");
	cursor->header_length = ERSPAN3_HEADER;
	if (p[11] & 1) {
		if (cursor->length < ERSPAN3_HEADER + SUBHEADER)
			return TORC_STEP_CUT_TAIL;
		cursor->header_length += SUBHEADER;
	}
	kind = p[10] >> 2 & 0x1F;
	if (kind == 0)
		cursor->next = TORC_LAYER_ETHERNET;
	else if (kind == 2 && cursor->length > cursor->header_length)
		cursor->next = p[cursor->header_length] >> 4 == 6 ? TORC_LAYER_IPV6 : TORC_LAYER_IPV4;
	else
		cursor->next = TORC_LAYER_PAYLOAD;
	return TORC_STEP_OK;
}

static void erspan3_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			 void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_erspan3 *erspan = out;

	erspan->version = p[0] >> 4;
	erspan->vlan_id = torc_be16(p) & 0xFFF;
	erspan->class_of_service = p[2] >> 5;
	erspan->bad_short_oversized = p[2] >> 3 & 3;
	erspan->is_truncated = p[2] & 4;
	erspan->session_id = torc_be16(p + 2) & 0x3FF;
	erspan->timestamp = torc_be32(p + 4);
	erspan->security_group = torc_be16(p + 8);
	erspan->is_ethernet_pdu = p[10] & 0x80;
	erspan->frame_type = p[10] >> 2 & 0x1F;
	erspan->hardware_id = (uint8_t)(torc_be16(p + 10) >> 4 & 0x3F);
	erspan->is_egress = p[11] & 8;
	erspan->granularity = p[11] >> 1 & 3;
	erspan->has_subheader = p[11] & 1;
	if (layer->header_length < ERSPAN3_HEADER + SUBHEADER)
		return;
	erspan->platform = p[ERSPAN3_HEADER] >> 2;
	erspan->subheader = (struct torc_bytes){ p + ERSPAN3_HEADER, SUBHEADER };
}

static const char *granularity_name(uint64_t granularity)
{
	static const char *const names[] = { "100 us", "100 ns", "IEEE 1588", "platform's" };

	return granularity < sizeof(names) / sizeof(names[0]) ? names[granularity] : NULL;
}

static const char *frame_type_name(uint64_t type)
{
	return type == 0 ? "Ethernet" : type == 2 ? "IP" : NULL;
}

static const char *bso_name(uint64_t bso)
{
	static const char *const names[] = { "good", "short", "oversized", "bad" };

	return bso < sizeof(names) / sizeof(names[0]) ? names[bso] : NULL;
}

static const struct torc_field_info erspan3_fields[] = {
	TORC_FIELD_AT(struct torc_erspan3, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_erspan3, vlan_id, "vlan_id", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_erspan3, class_of_service, "cos", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_erspan3, bad_short_oversized, "bso", TORC_FIELD_UINT,
		      .value_name = bso_name),
	TORC_FIELD_AT(struct torc_erspan3, is_truncated, "truncated", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_erspan3, session_id, "session_id", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_erspan3, timestamp, "timestamp", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_erspan3, security_group, "security_group", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_erspan3, is_ethernet_pdu, "ethernet_pdu", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_erspan3, frame_type, "frame_type", TORC_FIELD_UINT,
		      .value_name = frame_type_name),
	TORC_FIELD_AT(struct torc_erspan3, hardware_id, "hardware_id", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_erspan3, is_egress, "egress", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_erspan3, granularity, "granularity", TORC_FIELD_UINT,
		      .value_name = granularity_name),
	TORC_FIELD_AT(struct torc_erspan3, has_subheader, "has_subheader", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_erspan3, platform, "platform", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_erspan3, subheader, "subheader", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number erspan3_numbers[] = {
	{ TORC_BY_ETHER_TYPE, 0x22EB },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_erspan3 = {
	.name = "ERSPAN Type III",
	.key = "erspan3",
	.struct_size = sizeof(struct torc_erspan3),
	.numbers = erspan3_numbers,
	.decode = erspan3_decode,
	.read = erspan3_read,
	.fields = erspan3_fields,
};
