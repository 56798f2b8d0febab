/* SPDX-License-Identifier: BSD-3-Clause */
/* udp.c - User Datagram Protocol, RFC 768; length 0 is a jumbogram's, RFC 2675 §4 */
#include <torc/flow.h>
#include <torc/layers/transport/udp.h>

#include "decode/common.h"
#include "decode/registry.h"

static void udp_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_udp *udp = out;

	udp->source_port = torc_be16(p);
	udp->destination_port = torc_be16(p + 2);
	udp->length = torc_be16(p + 4);
	udp->checksum = torc_be16(p + 6);
}

static const struct torc_field_info udp_fields[] = {
	TORC_FIELD_AT(struct torc_udp, source_port, "src_port", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_udp, destination_port, "dst_port", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_udp, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_udp, checksum, "checksum", TORC_FIELD_HEX),
	TORC_FIELDS_END
};

static const struct torc_layer_number udp_numbers[] = {
	{ TORC_BY_IP_PROTOCOL, 17 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_udp = {
	.name = "UDP",
	.key = "udp",
	.role = TORC_ROLE_TRANSPORT,
	.struct_size = sizeof(struct torc_udp),
	.numbers = udp_numbers,
	.decode = udp_decode,
	.read = udp_read,
	.fields = udp_fields,
	.flow = { TORC_ENDPOINT_UDP_PORT, 2, 0, 2 },
	.checksum = { TORC_SUM_PSEUDO, 6, 17 },
};
