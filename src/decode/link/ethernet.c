/* SPDX-License-Identifier: BSD-3-Clause */
/* ethernet.c - Ethernet II and IEEE 802.3 frames */
#include <torc/flow.h>
#include <torc/layers/link/ethernet.h>

#include <string.h>

#include "decode/common.h"
#include "decode/registry.h"

static void ethernet_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			  void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_ethernet *ethernet = out;
	uint16_t value = torc_be16(p + 12);

	memcpy(ethernet->destination, p, 6);
	memcpy(ethernet->source, p + 6, 6);
	if (value >= 0x600)
		ethernet->ether_type = value;
	else
		ethernet->length = value;
}

static const struct torc_field_info ethernet_fields[] = {
	TORC_FIELD_AT(struct torc_ethernet, source, "src", TORC_FIELD_MAC),
	TORC_FIELD_AT(struct torc_ethernet, destination, "dst", TORC_FIELD_MAC),
	TORC_FIELD_AT(struct torc_ethernet, ether_type, "ether_type", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_ethernet, length, "length", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "bytes"),
	TORC_FIELDS_END
};

static const struct torc_layer_number ethernet_numbers[] = {
	{ TORC_BY_LINK_TYPE, TORC_LINK_ETHERNET },
	{ TORC_BY_ETHER_TYPE, 0x6558 }, /* transparent Ethernet bridging: GRE, Geneve */
	{ TORC_BY_IP_PROTOCOL, 143 },   /* RFC 8986 §10.1 */
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_ethernet = {
	.name = "Ethernet",
	.key = "ethernet",
	.role = TORC_ROLE_LINK,
	.struct_size = sizeof(struct torc_ethernet),
	.numbers = ethernet_numbers,
	.decode = ethernet_decode,
	.read = ethernet_read,
	.fields = ethernet_fields,
	.flow = { TORC_ENDPOINT_MAC, 6, 6, 0 },
};
