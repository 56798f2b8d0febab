/* SPDX-License-Identifier: BSD-3-Clause */
/* ipv4.c - Internet Protocol version 4, RFC 791 §3.1 */
#include <torc/flow.h>
#include <torc/layers/network/ip.h>

#include <string.h>

#include "decode/common.h"
#include "decode/options.h"
#include "decode/registry.h"

static void ipv4_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_ipv4 *ipv4 = out;
	uint16_t fragment = torc_be16(p + 6);

	ipv4->header_length = (uint8_t)layer->header_length;
	ipv4->tos = p[1];
	ipv4->total_length = torc_be16(p + 2);
	ipv4->id = torc_be16(p + 4);
	ipv4->reserved = fragment & 0x8000;
	ipv4->dont_fragment = fragment & 0x4000;
	ipv4->more_fragments = fragment & IPV4_MORE_FRAGMENTS;
	ipv4->fragment_offset = (uint16_t)((fragment & IPV4_OFFSET_MASK) * 8);
	ipv4->ttl = p[8];
	ipv4->protocol = p[9];
	ipv4->checksum = torc_be16(p + 10);
	memcpy(ipv4->source, p + 12, 4);
	memcpy(ipv4->destination, p + 16, 4);
	ipv4->options = (struct torc_bytes){ p + IPV4_HEADER, layer->header_length - IPV4_HEADER };
}

int torc_ipv4_option_next(const struct torc_ipv4 *ipv4, uint32_t *position,
			  struct torc_ipv4_option *option)
{
	return option_next(&ipv4->options, position, &option->type, &option->data);
}

static int ipv4_option_element(const void *layer, uint32_t *position, void *element)
{
	return torc_ipv4_option_next(layer, position, element);
}

/* IANA, "IP Option Numbers" */
static const char *ipv4_option_name(uint64_t type)
{
	switch (type) {
	case 0:
		return "end";
	case 1:
		return "nop";
	case 7:
		return "record route";
	case 68:
		return "timestamp";
	case 130:
		return "security";
	case 131:
		return "loose source route";
	case 136:
		return "stream id";
	case 137:
		return "strict source route";
	case 148:
		return "router alert";
	default:
		return NULL;
	}
}

static const struct torc_field_info ipv4_option_fields[] = {
	TORC_FIELD_AT(struct torc_ipv4_option, type, "type", TORC_FIELD_UINT,
		      .value_name = ipv4_option_name),
	TORC_FIELD_AT(struct torc_ipv4_option, data, "data", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_list_info ipv4_options = {
	.next = ipv4_option_element,
	.element_size = sizeof(struct torc_ipv4_option),
	.fields = ipv4_option_fields,
};

static const struct torc_field_info ipv4_fields[] = {
	TORC_FIELD_AT(struct torc_ipv4, source, "src", TORC_FIELD_IPV4),
	TORC_FIELD_AT(struct torc_ipv4, destination, "dst", TORC_FIELD_IPV4),
	TORC_FIELD_AT(struct torc_ipv4, tos, "tos", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_ipv4, total_length, "total_length", TORC_FIELD_UINT,
		      .unit = "bytes"),
	TORC_FIELD_AT(struct torc_ipv4, id, "id", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_ipv4, dont_fragment, "dont_fragment", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_ipv4, more_fragments, "more_fragments", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_ipv4, reserved, "reserved", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_ipv4, fragment_offset, "fragment_offset", TORC_FIELD_UINT,
		      .unit = "bytes"),
	TORC_FIELD_AT(struct torc_ipv4, ttl, "ttl", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_ipv4, protocol, "protocol", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_ipv4, checksum, "checksum", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_ipv4, options, "options", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &ipv4_options),
	TORC_FIELDS_END
};

static const struct torc_layer_number ipv4_numbers[] = {
	{ TORC_BY_LINK_TYPE, TORC_LINK_IPV4 },
	{ TORC_BY_ETHER_TYPE, 0x0800 },
	{ TORC_BY_IP_PROTOCOL, 4 },
	{ TORC_BY_IP_PROTOCOL, 94 },
	{ TORC_BY_PPP_PROTOCOL, 0x0021 },
	{ TORC_BY_ADDRESS_FAMILY, 2 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_ipv4 = {
	.name = "IPv4",
	.key = "ipv4",
	.role = TORC_ROLE_NETWORK,
	.struct_size = sizeof(struct torc_ipv4),
	.numbers = ipv4_numbers,
	.decode = ipv4_decode,
	.read = ipv4_read,
	.fields = ipv4_fields,
	.flow = { TORC_ENDPOINT_IPV4, 4, 12, 16 },
	.checksum = { TORC_SUM_HEADER, 10, 0 },
};
