/* SPDX-License-Identifier: BSD-3-Clause */
/* ipx.c - IPX: Novell, IPX Router Specification 1.20, §2 */
#include <torc/layers/network/ipx.h>

#include <string.h>

#include "decode/registry.h"

#define HEADER 30

static int ipx_decode(struct torc_cursor *cursor)
{
	uint32_t length;

	TORC_NEED(cursor, HEADER);
	length = torc_be16(cursor->data + 2);
	if (length < HEADER)
		return torc_cursor_malformed(cursor, "length is below the header");
	torc_cursor_claim(cursor, length);
	cursor->header_length = HEADER;
	if (cursor->length > HEADER)
		cursor->next = TORC_LAYER_PAYLOAD;
	return TORC_STEP_OK;
}

static void ipx_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_ipx *ipx = out;

	ipx->checksum = torc_be16(p);
	ipx->length = torc_be16(p + 2);
	ipx->hops = p[4];
	ipx->packet_type = p[5];
	ipx->destination_network = torc_be32(p + 6);
	memcpy(ipx->destination, p + 10, 6);
	ipx->destination_socket = torc_be16(p + 16);
	ipx->source_network = torc_be32(p + 18);
	memcpy(ipx->source, p + 22, 6);
	ipx->source_socket = torc_be16(p + 28);
}

static const char *type_name(uint64_t type)
{
	switch (type) {
	case 0:
		return "unknown";
	case 1:
		return "RIP";
	case 4:
		return "SAP";
	case 5:
		return "SPX";
	case 17:
		return "NCP";
	case 20:
		return "NetBIOS broadcast";
	default:
		return NULL;
	}
}

static const char *socket_name(uint64_t socket)
{
	switch (socket) {
	case 0x451:
		return "NCP";
	case 0x452:
		return "SAP";
	case 0x453:
		return "RIP";
	case 0x455:
		return "NetBIOS";
	case 0x456:
		return "diagnostics";
	case 0x457:
		return "serialization";
	case 0x550:
	case 0x552:
	case 0x553:
		return "NWLink";
	default:
		return NULL;
	}
}

static const struct torc_field_info ipx_fields[] = {
	TORC_FIELD_AT(struct torc_ipx, checksum, "checksum", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_ipx, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_ipx, hops, "hops", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_ipx, packet_type, "packet_type", TORC_FIELD_UINT,
		      .value_name = type_name),
	TORC_FIELD_AT(struct torc_ipx, destination_network, "dst_network", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_ipx, destination, "dst", TORC_FIELD_MAC),
	TORC_FIELD_AT(struct torc_ipx, destination_socket, "dst_socket", TORC_FIELD_HEX,
		      .value_name = socket_name),
	TORC_FIELD_AT(struct torc_ipx, source_network, "src_network", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_ipx, source, "src", TORC_FIELD_MAC),
	TORC_FIELD_AT(struct torc_ipx, source_socket, "src_socket", TORC_FIELD_HEX,
		      .value_name = socket_name),
	TORC_FIELDS_END
};

static const struct torc_layer_number ipx_numbers[] = {
	{ TORC_BY_ETHER_TYPE, IPX },
	{ TORC_BY_LLC_SAP, 0xE0 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_ipx = {
	.name = "IPX",
	.key = "ipx",
	.struct_size = sizeof(struct torc_ipx),
	.numbers = ipx_numbers,
	.decode = ipx_decode,
	.read = ipx_read,
	.fields = ipx_fields,
};
