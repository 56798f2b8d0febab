/* SPDX-License-Identifier: BSD-3-Clause */
/* macsec.c - MAC security: the SecTAG, IEEE 802.1AE §9.3; the check value behind the data, §9.9 */
#include <torc/layers/tunnel/macsec.h>

#include <string.h>

#include "decode/registry.h"

#define HEADER  6
#define SCI     8
#define ICV     16
#define VERSION 0x80
#define STATION 0x40
#define HAS_SCI 0x20
#define COPY    0x10
#define SECRET  0x08 /* E */
#define CHANGED 0x04 /* C */

static uint32_t tag_length(const uint8_t *p)
{
	return p[0] & HAS_SCI ? HEADER + SCI : HEADER;
}

/* With E and C both 0, the data are as they were and only their check value is added. */
static int macsec_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t tag, data;

	TORC_NEED(cursor, HEADER);
	if (p[0] & VERSION)
		return torc_cursor_malformed(cursor, "version is not 0");
	tag = tag_length(p);
	TORC_NEED(cursor, tag);
	data = p[1] & 0x3F;
	if (data != 0)
		torc_cursor_claim(cursor, tag + data + ICV);
	cursor->header_length = tag;
	if (p[0] & (SECRET | CHANGED)) {
		cursor->next = TORC_LAYER_PAYLOAD;
		return TORC_STEP_OK;
	}
	if (cursor->wire_length < tag + 2 + ICV)
		return torc_cursor_malformed(cursor, "no room for data and check value");
	torc_cursor_claim(cursor, cursor->wire_length - ICV);
	if (cursor->length < tag + 2)
		return TORC_STEP_CUT_TAIL;
	cursor->header_length = tag + 2;
	cursor_next_type_or_length(cursor, torc_be16(p + tag));
	return TORC_STEP_OK;
}

static void macsec_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	uint32_t tag = tag_length(p);
	struct torc_macsec *macsec = out;
	uint16_t type;

	macsec->is_end_station = p[0] & STATION;
	macsec->has_sci = p[0] & HAS_SCI;
	macsec->is_single_copy_broadcast = p[0] & COPY;
	macsec->is_encrypted = p[0] & SECRET;
	macsec->is_changed = p[0] & CHANGED;
	macsec->association = p[0] & 3;
	macsec->short_length = p[1] & 0x3F;
	macsec->packet_number = torc_be32(p + 2);
	if (macsec->has_sci) {
		memcpy(macsec->system, p + HEADER, 6);
		macsec->port = torc_be16(p + HEADER + 6);
	}
	if (layer->header_length < tag + 2)
		return;
	type = torc_be16(p + tag);
	if (type >= 0x600)
		macsec->ether_type = type;
	else
		macsec->length = type;
}

static const struct torc_field_info macsec_fields[] = {
	TORC_FIELD_AT(struct torc_macsec, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_macsec, is_end_station, "end_station", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_macsec, has_sci, "has_sci", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_macsec, is_single_copy_broadcast, "single_copy_broadcast",
		      TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_macsec, is_encrypted, "encrypted", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_macsec, is_changed, "changed", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_macsec, association, "an", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_macsec, short_length, "short_length", TORC_FIELD_UINT,
		      .unit = "bytes"),
	TORC_FIELD_AT(struct torc_macsec, packet_number, "pn", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_macsec, system, "system", TORC_FIELD_MAC,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_macsec, port, "port", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_macsec, ether_type, "ether_type", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_macsec, length, "length", TORC_FIELD_UINT, .unit = "bytes",
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number macsec_numbers[] = {
	{ TORC_BY_ETHER_TYPE, 0x88E5 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_macsec = {
	.name = "MACsec",
	.key = "macsec",
	.struct_size = sizeof(struct torc_macsec),
	.numbers = macsec_numbers,
	.decode = macsec_decode,
	.read = macsec_read,
	.fields = macsec_fields,
};
