/* SPDX-License-Identifier: BSD-3-Clause */
/* ipv6.c - Internet Protocol version 6, RFC 8200 §3 */
#include <torc/flow.h>
#include <torc/layers/network/ip.h>

#include <string.h>

#include "decode/common.h"
#include "decode/registry.h"

static void ipv6_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_ipv6 *ipv6 = out;
	uint32_t word = torc_be32(p);

	ipv6->traffic_class = (uint8_t)(word >> 20);
	ipv6->flow_label = word & 0xFFFFF;
	ipv6->payload_length = torc_be16(p + 4);
	ipv6->next_header = p[6];
	ipv6->hop_limit = p[7];
	memcpy(ipv6->source, p + 8, 16);
	memcpy(ipv6->destination, p + 24, 16);
}

static const struct torc_field_info ipv6_fields[] = {
	TORC_FIELD_AT(struct torc_ipv6, source, "src", TORC_FIELD_IPV6),
	TORC_FIELD_AT(struct torc_ipv6, destination, "dst", TORC_FIELD_IPV6),
	TORC_FIELD_AT(struct torc_ipv6, traffic_class, "traffic_class", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_ipv6, flow_label, "flow_label", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_ipv6, payload_length, "length", TORC_FIELD_UINT,
		      .unit = "bytes"),
	TORC_FIELD_AT(struct torc_ipv6, next_header, "next_header", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_ipv6, hop_limit, "hop_limit", TORC_FIELD_UINT),
	TORC_FIELDS_END
};

/* FreeBSD, macOS, NetBSD and Linux number the family differently. */
static const struct torc_layer_number ipv6_numbers[] = {
	{ TORC_BY_LINK_TYPE, TORC_LINK_IPV6 },
	{ TORC_BY_ETHER_TYPE, 0x86DD },
	{ TORC_BY_IP_PROTOCOL, 41 },
	{ TORC_BY_PPP_PROTOCOL, 0x0057 },
	{ TORC_BY_ADDRESS_FAMILY, 10 },
	{ TORC_BY_ADDRESS_FAMILY, 24 },
	{ TORC_BY_ADDRESS_FAMILY, 28 },
	{ TORC_BY_ADDRESS_FAMILY, 30 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_ipv6 = {
	.name = "IPv6",
	.key = "ipv6",
	.role = TORC_ROLE_NETWORK,
	.struct_size = sizeof(struct torc_ipv6),
	.numbers = ipv6_numbers,
	.decode = ipv6_decode,
	.read = ipv6_read,
	.fields = ipv6_fields,
	.flow = { TORC_ENDPOINT_IPV6, 16, 8, 24 },
};
