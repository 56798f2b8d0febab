/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tags.c - tags between a frame's addresses and its type: the service tag of provider backbone bridges,
 * IEEE 802.1Q §9.7, the E-tag of port extenders, IEEE 802.1BR §7.5, and Cisco's VN-tag
 */
#include <torc/layers/link/tags.h>

#include "decode/registry.h"

#define PBB_HEADER   4
#define ETAG_HEADER  8 /* with the type that follows */
#define VNTAG_HEADER 6

static int pbb_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, PBB_HEADER);
	cursor->header_length = PBB_HEADER;
	cursor->next = TORC_LAYER_ETHERNET;
	return TORC_STEP_OK;
}

static void pbb_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_pbb *pbb = out;

	pbb->priority = p[0] >> 5;
	pbb->drop_eligible = p[0] & 0x10;
	pbb->uses_customer_address = p[0] & 0x08;
	pbb->service_id = torc_be24(p + 1);
}

static const struct torc_field_info pbb_fields[] = {
	TORC_FIELD_AT(struct torc_pbb, priority, "priority", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_pbb, drop_eligible, "drop_eligible", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_pbb, uses_customer_address, "uses_customer_address",
		      TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_pbb, service_id, "service_id", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELDS_END
};

static const struct torc_layer_number pbb_numbers[] = {
	{ TORC_BY_ETHER_TYPE, 0x88E7 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_pbb = {
	.name = "PBB",
	.key = "pbb",
	.struct_size = sizeof(struct torc_pbb),
	.numbers = pbb_numbers,
	.decode = pbb_decode,
	.read = pbb_read,
	.fields = pbb_fields,
};

static int etag_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, ETAG_HEADER);
	cursor->header_length = ETAG_HEADER;
	cursor_next_type_or_length(cursor, torc_be16(cursor->data + 6));
	return TORC_STEP_OK;
}

/* A type, or a length (IEEE 802.3 §3.2.6). */
static void type_or_length(uint16_t value, uint16_t *type, uint16_t *length)
{
	*(value >= 0x600 ? type : length) = value;
}

static void etag_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_etag *etag = out;

	etag->priority = p[0] >> 5;
	etag->drop_eligible = p[0] & 0x10;
	etag->ingress_id = (uint32_t)p[4] << 12 | (torc_be16(p) & 0xFFFu);
	etag->group = p[2] >> 4 & 3;
	etag->destination_id = (uint32_t)p[5] << 12 | (torc_be16(p + 2) & 0xFFFu);
	type_or_length(torc_be16(p + 6), &etag->ether_type, &etag->length);
}

static const struct torc_field_info etag_fields[] = {
	TORC_FIELD_AT(struct torc_etag, priority, "priority", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_etag, drop_eligible, "drop_eligible", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_etag, ingress_id, "ingress_id", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_etag, group, "group", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_etag, destination_id, "destination_id", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_etag, ether_type, "ether_type", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_etag, length, "length", TORC_FIELD_UINT, .unit = "bytes",
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number etag_numbers[] = {
	{ TORC_BY_ETHER_TYPE, 0x893F },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_etag = {
	.name = "ETag",
	.key = "etag",
	.struct_size = sizeof(struct torc_etag),
	.numbers = etag_numbers,
	.decode = etag_decode,
	.read = etag_read,
	.fields = etag_fields,
};

static int vntag_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, VNTAG_HEADER);
	cursor->header_length = VNTAG_HEADER;
	cursor_next_type_or_length(cursor, torc_be16(cursor->data + 4));
	return TORC_STEP_OK;
}

static void vntag_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_vntag *vntag = out;

	vntag->to_interface = p[0] & 0x80;
	vntag->is_list = p[0] & 0x40;
	vntag->destination = torc_be16(p) & 0x3FFF;
	vntag->is_looped = p[2] & 0x80;
	vntag->version = p[2] >> 4 & 3;
	vntag->source = torc_be16(p + 2) & 0xFFF;
	type_or_length(torc_be16(p + 4), &vntag->ether_type, &vntag->length);
}

static const struct torc_field_info vntag_fields[] = {
	TORC_FIELD_AT(struct torc_vntag, to_interface, "to_interface", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_vntag, is_list, "is_list", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_vntag, destination, "destination", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_vntag, is_looped, "is_looped", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_vntag, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_vntag, source, "source", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_vntag, ether_type, "ether_type", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_vntag, length, "length", TORC_FIELD_UINT, .unit = "bytes",
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number vntag_numbers[] = {
	{ TORC_BY_ETHER_TYPE, 0x8926 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_vntag = {
	.name = "VNTag",
	.key = "vntag",
	.struct_size = sizeof(struct torc_vntag),
	.numbers = vntag_numbers,
	.decode = vntag_decode,
	.read = vntag_read,
	.fields = vntag_fields,
};
