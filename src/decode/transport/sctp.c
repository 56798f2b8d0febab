/* SPDX-License-Identifier: BSD-3-Clause */
/* sctp.c - SCTP: RFC 9260 §3; the checksum is CRC32c */
#include <torc/flow.h>
#include <torc/layers/transport/sctp.h>

#include "decode/registry.h"
#include "decode/transport/sctp.h"

static int sctp_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, 12);
	cursor->header_length = 12;
	if (cursor->length > 12)
		cursor->next = torc_sctp_chunk_layer(cursor->data[12]);
	return TORC_STEP_OK;
}

static void sctp_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_sctp *sctp = out;

	sctp->source_port = torc_be16(p);
	sctp->destination_port = torc_be16(p + 2);
	sctp->verification_tag = torc_be32(p + 4);
	sctp->checksum = torc_be32(p + 8);
}

static const struct torc_field_info sctp_fields[] = {
	TORC_FIELD_AT(struct torc_sctp, source_port, "src_port", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_sctp, destination_port, "dst_port", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_sctp, verification_tag, "verification_tag", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_sctp, checksum, "checksum", TORC_FIELD_HEX), TORC_FIELDS_END
};

static const struct torc_layer_number sctp_numbers[] = { { TORC_BY_IP_PROTOCOL, 132 },
							 { TORC_BY_NONE, 0 } };

const struct torc_layer_ops torc_layer_ops_sctp = {
	.name = "SCTP",
	.key = "sctp",
	.role = TORC_ROLE_TRANSPORT,
	.struct_size = sizeof(struct torc_sctp),
	.numbers = sctp_numbers,
	.decode = sctp_decode,
	.read = sctp_read,
	.fields = sctp_fields,
	.flow = { TORC_ENDPOINT_SCTP_PORT, 2, 0, 2 },
	.checksum = { TORC_SUM_CRC32C, 8, 132 },
};
