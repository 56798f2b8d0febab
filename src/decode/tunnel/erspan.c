/* SPDX-License-Identifier: BSD-3-Clause */
/* erspan.c - mirrored frames over GRE, type II: draft-foschiano-erspan-03 §4.2 */
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
