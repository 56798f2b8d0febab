/* SPDX-License-Identifier: BSD-3-Clause */
/* etherip.c - Ethernet within IP, RFC 3378 */
#include <torc/layers/tunnel/tunnel.h>

#include "decode/registry.h"

static int etherip_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, 2);
	if (cursor->data[0] >> 4 != 3)
		return torc_cursor_malformed(cursor, "version is not 3");
	cursor->header_length = 2;
	cursor->next = TORC_LAYER_ETHERNET;
	return TORC_STEP_OK;
}

static void etherip_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			 void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_etherip *etherip = out;

	etherip->version = p[0] >> 4;
	etherip->reserved = torc_be16(p) & 0xFFF;
}

static const struct torc_field_info etherip_fields[] = {
	TORC_FIELD_AT(struct torc_etherip, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_etherip, reserved, "reserved", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number etherip_numbers[] = {
	{ TORC_BY_IP_PROTOCOL, 97 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_etherip = {
	.name = "EtherIP",
	.key = "etherip",
	.struct_size = sizeof(struct torc_etherip),
	.numbers = etherip_numbers,
	.decode = etherip_decode,
	.read = etherip_read,
	.fields = etherip_fields,
};
