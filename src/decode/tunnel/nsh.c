/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nsh.c - Network Service Header, RFC 8300 §2, and VXLAN with a next protocol,
 * draft-ietf-nvo3-vxlan-gpe-12 §3, which share their numbers of what follows
 */
#include <torc/layers/tunnel/tunnel.h>

#include "decode/registry.h"

#define HEADER  8
#define CONTEXT 16 /* of metadata type 1 */

#define GPE_VERSION  0x30 /* flags of VXLAN-GPE */
#define GPE_NETWORK  0x08
#define GPE_PROTOCOL 0x04
#define GPE_BUM      0x02
#define GPE_OAM      0x01

/* The numbers have no registry of ours: there are five, of IANA's "NSH Next Protocol". */
static void next_protocol(struct torc_cursor *cursor, uint8_t protocol)
{
	static const uint16_t types[] = { [1] = TORC_LAYER_IPV4, TORC_LAYER_IPV6, TORC_LAYER_ETHERNET,
					  TORC_LAYER_NSH, TORC_LAYER_MPLS };

	cursor->next = protocol > 0 && protocol < sizeof(types) / sizeof(types[0]) ?
			       types[protocol] : TORC_LAYER_PAYLOAD;
}

static const char *protocol_name(uint64_t protocol)
{
	static const char *const names[] = { [1] = "IPv4", "IPv6", "Ethernet", "NSH", "MPLS" };

	return protocol < sizeof(names) / sizeof(names[0]) ? names[protocol] : NULL;
}

static int nsh_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t length;

	TORC_NEED(cursor, HEADER);
	if (p[0] >> 6 != 0)
		return torc_cursor_malformed(cursor, "version is not 0");
	length = (p[1] & 0x3Fu) * 4;
	if (length < HEADER || ((p[2] & 0xF) == 1 && length != HEADER + CONTEXT))
		return torc_cursor_malformed(cursor, "not the length of its metadata type");
	if (cursor->length < length)
		return TORC_STEP_CUT_TAIL;
	cursor->header_length = length;
	next_protocol(cursor, p[3]);
	return TORC_STEP_OK;
}

static void nsh_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_bytes rest = { p + HEADER, layer->header_length - HEADER };
	struct torc_nsh *nsh = out;

	nsh->version = p[0] >> 6;
	nsh->is_oam = p[0] & 0x20;
	nsh->ttl = (uint8_t)(torc_be16(p) >> 6 & 0x3F);
	nsh->length = (uint8_t)((p[1] & 0x3Fu) * 4);
	nsh->metadata_type = p[2] & 0xF;
	nsh->next_protocol = p[3];
	nsh->service_path = torc_be24(p + 4);
	nsh->service_index = p[7];
	if (nsh->metadata_type == 1)
		nsh->context = rest;
	else
		nsh->metadata = rest;
}

int torc_nsh_metadata_next(const struct torc_nsh *nsh, uint32_t *position,
			   struct torc_nsh_metadata *element)
{
	const uint8_t *p;
	uint32_t left, length;

	if (nsh->metadata_type != 2 || *position >= nsh->metadata.length)
		return 0;
	p = nsh->metadata.data + *position;
	left = nsh->metadata.length - *position;
	if (left < 4 || (p[3] & 0x7Fu) > left - 4)
		return 0;
	length = p[3] & 0x7Fu;
	element->metadata_class = torc_be16(p);
	element->type = p[2];
	element->value = (struct torc_bytes){ p + 4, length };
	*position += 4 + (length + 3u) / 4 * 4;
	return 1;
}

static int metadata_element(const void *layer, uint32_t *position, void *element)
{
	return torc_nsh_metadata_next(layer, position, element);
}

static const struct torc_field_info metadata_fields[] = {
	TORC_FIELD_AT(struct torc_nsh_metadata, metadata_class, "class", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_nsh_metadata, type, "type", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_nsh_metadata, value, "value", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_list_info metadata_list = {
	.next = metadata_element,
	.element_size = sizeof(struct torc_nsh_metadata),
	.fields = metadata_fields,
};

static const struct torc_field_info nsh_fields[] = {
	TORC_FIELD_AT(struct torc_nsh, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_nsh, is_oam, "oam", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_nsh, ttl, "ttl", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_nsh, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_nsh, metadata_type, "metadata_type", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_nsh, next_protocol, "next_protocol", TORC_FIELD_UINT,
		      .value_name = protocol_name),
	TORC_FIELD_AT(struct torc_nsh, service_path, "service_path", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_nsh, service_index, "service_index", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_nsh, context, "context", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_nsh, metadata, "metadata", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &metadata_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number nsh_numbers[] = {
	{ TORC_BY_ETHER_TYPE, 0x894F },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_nsh = {
	.name = "NSH",
	.key = "nsh",
	.struct_size = sizeof(struct torc_nsh),
	.numbers = nsh_numbers,
	.decode = nsh_decode,
	.read = nsh_read,
	.fields = nsh_fields,
};

static int vxlan_gpe_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, HEADER);
	if (cursor->data[0] & GPE_VERSION)
		return torc_cursor_malformed(cursor, "version is not 0");
	if (!(cursor->data[0] & GPE_NETWORK))
		return torc_cursor_malformed(cursor, "there is no network identifier");
	cursor->header_length = HEADER;
	if (cursor->data[0] & GPE_PROTOCOL)
		next_protocol(cursor, cursor->data[3]);
	else
		cursor->next = TORC_LAYER_ETHERNET; /* as VXLAN */
	return TORC_STEP_OK;
}

static void vxlan_gpe_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			   void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_vxlan_gpe *vxlan = out;

	vxlan->flags = p[0];
	vxlan->version = p[0] >> 4 & 3;
	vxlan->has_network_id = p[0] & GPE_NETWORK;
	vxlan->has_next_protocol = p[0] & GPE_PROTOCOL;
	vxlan->is_replicated = p[0] & GPE_BUM;
	vxlan->is_oam = p[0] & GPE_OAM;
	vxlan->next_protocol = p[3];
	vxlan->network_id = torc_be24(p + 4);
}

static const struct torc_field_info vxlan_gpe_fields[] = {
	TORC_FIELD_AT(struct torc_vxlan_gpe, flags, "flags", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_vxlan_gpe, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_vxlan_gpe, has_network_id, "has_vni", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_vxlan_gpe, has_next_protocol, "has_next_protocol",
		      TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_vxlan_gpe, is_replicated, "replicated", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_vxlan_gpe, is_oam, "oam", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_vxlan_gpe, next_protocol, "next_protocol", TORC_FIELD_UINT,
		      .value_name = protocol_name),
	TORC_FIELD_AT(struct torc_vxlan_gpe, network_id, "vni", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELDS_END
};

static const struct torc_layer_number vxlan_gpe_numbers[] = {
	{ TORC_BY_UDP_PORT, 4790 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_vxlan_gpe = {
	.name = "VXLAN-GPE",
	.key = "vxlan_gpe",
	.struct_size = sizeof(struct torc_vxlan_gpe),
	.numbers = vxlan_gpe_numbers,
	.decode = vxlan_gpe_decode,
	.read = vxlan_gpe_read,
	.fields = vxlan_gpe_fields,
};
