/* SPDX-License-Identifier: BSD-3-Clause */
/* isis.c - IS-IS: ISO 10589 §9.5 to §9.13; system ids have the six bytes that all networks use */
#include <torc/layers/routing/isis.h>

#include "decode/registry.h"
#include "decode/tlv.h"

#define COMMON 8 /* bytes in front of what differs by type */

/* The header of a PDU type; 0: there is no such type. */
static uint32_t header_of(unsigned int type)
{
	switch (type) {
	case TORC_ISIS_L1_HELLO:
	case TORC_ISIS_L2_HELLO:
	case TORC_ISIS_L1_LSP:
	case TORC_ISIS_L2_LSP:
		return 27;
	case TORC_ISIS_P2P_HELLO:
		return 20;
	case TORC_ISIS_L1_CSNP:
	case TORC_ISIS_L2_CSNP:
		return 33;
	case TORC_ISIS_L1_PSNP:
	case TORC_ISIS_L2_PSNP:
		return 17;
	default:
		return 0;
	}
}

static int isis_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t header, length;
	unsigned int type;

	TORC_NEED(cursor, COMMON);
	type = p[4] & 0x1F;
	header = header_of(type);
	if (p[0] != 0x83 || p[2] != 1)
		return torc_cursor_malformed(cursor, "the discriminator or version is not IS-IS's");
	if (header == 0)
		return torc_cursor_malformed(cursor, "unknown PDU type");
	if (p[3] != 0 && p[3] != 6)
		return torc_cursor_malformed(cursor, "system ids do not have 6 bytes");
	TORC_NEED(cursor, header);
	length = torc_be16(p + (type <= TORC_ISIS_P2P_HELLO ? 17 : 8));
	if (length < header)
		return torc_cursor_malformed(cursor, "the PDU's length ends in its header");
	torc_cursor_claim(cursor, length);
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static void hello_read(struct torc_isis *isis, const uint8_t *p)
{
	isis->circuit_type = p[8] & 3;
	isis->source = (struct torc_bytes){ p + 9, 6 };
	isis->hold_s = torc_be16(p + 15);
	isis->pdu_length = torc_be16(p + 17);
	if (isis->pdu_type == TORC_ISIS_P2P_HELLO)
		return;
	isis->priority = p[19] & 0x7F;
	isis->lan = (struct torc_bytes){ p + 20, 7 };
}

static void lsp_read(struct torc_isis *isis, const uint8_t *p)
{
	isis->lifetime_s = torc_be16(p + 10);
	isis->lsp = (struct torc_bytes){ p + 12, 8 };
	isis->sequence = torc_be32(p + 20);
	isis->checksum = torc_be16(p + 24);
	isis->lsp_flags = p[26];
}

static void isis_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_isis *isis = out;
	uint32_t header;

	isis->pdu_type = p[4] & 0x1F;
	isis->max_areas = p[7];
	if (isis->pdu_type <= TORC_ISIS_P2P_HELLO) {
		hello_read(isis, p);
	} else {
		isis->pdu_length = torc_be16(p + 8);
		if (isis->pdu_type <= TORC_ISIS_L2_LSP)
			lsp_read(isis, p);
		else
			isis->source = (struct torc_bytes){ p + 10, 7 };
	}
	header = header_of(isis->pdu_type);
	if (header == 33) {
		isis->first_lsp = (struct torc_bytes){ p + 17, 8 };
		isis->last_lsp = (struct torc_bytes){ p + 25, 8 };
	}
	isis->tlvs = (struct torc_bytes){ p + header, layer->header_length - header };
}

int torc_isis_tlv_next(const struct torc_isis *isis, uint32_t *position, struct torc_tlv *tlv)
{
	static const struct tlv_form form = { 1, 1, false, 1 };

	return tlv_next(&isis->tlvs, &form, position, tlv);
}

static int tlv_element(const void *layer, uint32_t *position, void *element)
{
	return torc_isis_tlv_next(layer, position, element);
}

static const struct torc_list_info tlv_list = {
	.next = tlv_element,
	.element_size = sizeof(struct torc_tlv),
	.fields = tlv_fields,
};

static const char *type_name(uint64_t type)
{
	static const char *const names[] = {
		[TORC_ISIS_L1_HELLO] = "L1 LAN hello", [TORC_ISIS_L2_HELLO] = "L2 LAN hello",
		[TORC_ISIS_P2P_HELLO] = "point-to-point hello", [TORC_ISIS_L1_LSP] = "L1 LSP",
		[TORC_ISIS_L2_LSP] = "L2 LSP", [TORC_ISIS_L1_CSNP] = "L1 CSNP",
		[TORC_ISIS_L2_CSNP] = "L2 CSNP", [TORC_ISIS_L1_PSNP] = "L1 PSNP",
		[TORC_ISIS_L2_PSNP] = "L2 PSNP"
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

static const struct torc_field_info isis_fields[] = {
	TORC_FIELD_AT(struct torc_isis, pdu_type, "pdu_type", TORC_FIELD_UINT,
		      .value_name = type_name),
	TORC_FIELD_AT(struct torc_isis, pdu_length, "pdu_length", TORC_FIELD_UINT,
		      .unit = "bytes"),
	TORC_FIELD_AT(struct torc_isis, max_areas, "max_areas", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_isis, circuit_type, "circuit_type", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_isis, source, "source", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_isis, hold_s, "hold", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "seconds"),
	TORC_FIELD_AT(struct torc_isis, priority, "priority", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_isis, lan, "lan", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_isis, lsp, "lsp", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_isis, sequence, "seq", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_isis, lifetime_s, "lifetime", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "seconds"),
	TORC_FIELD_AT(struct torc_isis, checksum, "checksum", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_isis, lsp_flags, "lsp_flags", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_isis, first_lsp, "first_lsp", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_isis, last_lsp, "last_lsp", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_isis, tlvs, "tlvs", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &tlv_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number isis_numbers[] = {
	{ TORC_BY_LLC_SAP, 0xFE }, /* with 83 as first byte: llc.c */
	{ TORC_BY_ETHER_TYPE, 0xFE }, /* in GRE, as routers send it */
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_isis = {
	.name = "ISIS",
	.key = "isis",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_isis),
	.numbers = isis_numbers,
	.decode = isis_decode,
	.read = isis_read,
	.fields = isis_fields,
};
