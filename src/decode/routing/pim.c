/* SPDX-License-Identifier: BSD-3-Clause */
/* pim.c - Protocol Independent Multicast version 2: RFC 7761 §4.9 */
#include <torc/layers/routing/pim.h>

#include "decode/registry.h"
#include "decode/tlv.h"

#define HEADER	 4
#define REGISTER 8 /* header and flags of a register, behind which is the packet itself */

enum { HELLO = 0, REGISTER_TYPE = 1 };

static int pim_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;

	TORC_NEED(cursor, HEADER);
	if (p[0] >> 4 != 2)
		return torc_cursor_malformed(cursor, "the version is not 2");
	cursor->header_length = cursor->length;
	if ((p[0] & 0xF) != REGISTER_TYPE)
		return TORC_STEP_OK;
	TORC_NEED(cursor, REGISTER);
	cursor->header_length = REGISTER;
	if (cursor->length == REGISTER)
		return TORC_STEP_OK;
	cursor->next = p[REGISTER] >> 4 == 4 ? TORC_LAYER_IPV4 :
		       p[REGISTER] >> 4 == 6 ? TORC_LAYER_IPV6 :
					       TORC_LAYER_PAYLOAD;
	return TORC_STEP_OK;
}

static void pim_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_pim *pim = out;
	struct torc_bytes rest = { p + HEADER, layer->header_length - HEADER };

	pim->version = p[0] >> 4;
	pim->type = p[0] & 0xF;
	pim->checksum = torc_be16(p + 2);
	if (pim->type == REGISTER_TYPE) {
		pim->is_border = p[4] & 0x80;
		pim->is_null = p[4] & 0x40;
	} else if (pim->type == HELLO) {
		pim->options = rest;
	} else {
		pim->data = rest;
	}
}

int torc_pim_option_next(const struct torc_pim *pim, uint32_t *position, struct torc_tlv *option)
{
	static const struct tlv_form form = { 2, 2, false, 1 };

	return tlv_next(&pim->options, &form, position, option);
}

static int option_element(const void *layer, uint32_t *position, void *element)
{
	return torc_pim_option_next(layer, position, element);
}

static const struct torc_list_info option_list = {
	.next = option_element,
	.element_size = sizeof(struct torc_tlv),
	.fields = tlv_fields,
};

/* IANA, "PIM Message Types" */
static const char *type_name(uint64_t type)
{
	static const char *const names[] = { "hello", "register", "register stop", "join/prune",
					     "bootstrap", "assert", "graft", "graft ack",
					     "candidate RP advertisement", "state refresh",
					     "DF election" };

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

static const struct torc_field_info pim_fields[] = {
	TORC_FIELD_AT(struct torc_pim, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_pim, type, "pim_type", TORC_FIELD_UINT,
		      .value_name = type_name),
	TORC_FIELD_AT(struct torc_pim, checksum, "checksum", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_pim, is_border, "border", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_pim, is_null, "null", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_pim, options, "options", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &option_list),
	TORC_FIELD_AT(struct torc_pim, data, "data", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number pim_numbers[] = {
	{ TORC_BY_IP_PROTOCOL, 103 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_pim = {
	.name = "PIM",
	.key = "pim",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_pim),
	.numbers = pim_numbers,
	.decode = pim_decode,
	.read = pim_read,
	.fields = pim_fields,
};
