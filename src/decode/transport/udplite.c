/* SPDX-License-Identifier: BSD-3-Clause */
/* udplite.c - UDP-Lite, RFC 3828 */
#include <torc/flow.h>
#include <torc/layers/transport/udplite.h>

#include "decode/common.h"

static int udplite_decode(struct torc_cursor *cursor)
{
	uint16_t coverage;

	TORC_NEED(cursor, 8);
	coverage = torc_be16(cursor->data + 4);
	if (coverage != 0 && coverage < 8) /* RFC 3828 §3.1 */
		return fixed_header_only(cursor, 8, "checksum coverage is below the header");
	cursor->header_length = 8;
	cursor->next = TORC_LAYER_PAYLOAD;
	return TORC_STEP_OK;
}

static void udplite_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			 void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_udplite *udplite = out;

	udplite->source_port = torc_be16(p);
	udplite->destination_port = torc_be16(p + 2);
	udplite->checksum_coverage = torc_be16(p + 4);
	udplite->checksum = torc_be16(p + 6);
}

static const struct torc_field_info udplite_fields[] = {
	TORC_FIELD_AT(struct torc_udplite, source_port, "src_port", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_udplite, destination_port, "dst_port", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_udplite, checksum_coverage, "coverage", TORC_FIELD_UINT,
		      .unit = "bytes"),
	TORC_FIELD_AT(struct torc_udplite, checksum, "checksum", TORC_FIELD_HEX),
	TORC_FIELDS_END
};

static const struct torc_layer_number udplite_numbers[] = {
	{ TORC_BY_IP_PROTOCOL, 136 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_udplite = {
	.name = "UDPLite",
	.key = "udplite",
	.role = TORC_ROLE_TRANSPORT,
	.struct_size = sizeof(struct torc_udplite),
	.numbers = udplite_numbers,
	.decode = udplite_decode,
	.read = udplite_read,
	.fields = udplite_fields,
	.flow = { TORC_ENDPOINT_UDPLITE_PORT, 2, 0, 2 },
};
