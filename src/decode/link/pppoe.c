/* SPDX-License-Identifier: BSD-3-Clause */
/* pppoe.c - PPP over Ethernet, RFC 2516 §4 */
#include <torc/layers/link/ppp.h>

#include "decode/registry.h"

#define SESSION 0 /* code */

/* A session carries PPP; the tags of discovery belong to the header. */
static int pppoe_decode(struct torc_cursor *cursor)
{
	uint32_t length;

	TORC_NEED(cursor, 6);
	if (cursor->data[0] != 0x11)
		return torc_cursor_malformed(cursor, "version and type are not 1");
	length = torc_be16(cursor->data + 4);
	torc_cursor_claim(cursor, 6 + length);
	cursor->header_length = 6;
	if (cursor->data[1] == SESSION)
		cursor->next = TORC_LAYER_PPP;
	else
		cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static void pppoe_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
		       void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_pppoe *pppoe = out;

	pppoe->version = p[0] >> 4;
	pppoe->type = p[0] & 0xF;
	pppoe->code = p[1];
	pppoe->session_id = torc_be16(p + 2);
	pppoe->length = torc_be16(p + 4);
	pppoe->tags = (struct torc_bytes){ p + 6, layer->header_length - 6 };
}

int torc_pppoe_tag_next(const struct torc_pppoe *pppoe, uint32_t *position,
			struct torc_pppoe_tag *tag)
{
	const uint8_t *p;
	uint32_t left;

	if (*position >= pppoe->tags.length)
		return 0;
	p = pppoe->tags.data + *position;
	left = pppoe->tags.length - *position;
	if (left < 4 || torc_be16(p + 2) > left - 4)
		return 0;
	tag->type = torc_be16(p);
	tag->value = (struct torc_bytes){ p + 4, torc_be16(p + 2) };
	*position += 4 + tag->value.length;
	return 1;
}

static int tag_element(const void *layer, uint32_t *position, void *element)
{
	return torc_pppoe_tag_next(layer, position, element);
}

static const char *code_name(uint64_t code)
{
	switch (code) {
	case SESSION:
		return "session";
	case 0x07:
		return "offer";
	case 0x09:
		return "initiation";
	case 0x19:
		return "request";
	case 0x65:
		return "session confirmation";
	case 0xA7:
		return "terminate";
	default:
		return NULL;
	}
}

/* RFC 2516, appendix A */
static const char *tag_name(uint64_t type)
{
	switch (type) {
	case 0x0000:
		return "end of list";
	case 0x0101:
		return "service name";
	case 0x0102:
		return "access concentrator name";
	case 0x0103:
		return "host unique";
	case 0x0104:
		return "access concentrator cookie";
	case 0x0105:
		return "vendor specific";
	case 0x0110:
		return "relay session id";
	case 0x0201:
		return "service name error";
	case 0x0202:
		return "access concentrator system error";
	case 0x0203:
		return "generic error";
	default:
		return NULL;
	}
}

static const struct torc_field_info tag_fields[] = {
	TORC_FIELD_AT(struct torc_pppoe_tag, type, "type", TORC_FIELD_HEX, .value_name = tag_name),
	TORC_FIELD_AT(struct torc_pppoe_tag, value, "value", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_list_info tags_list = {
	.next = tag_element,
	.element_size = sizeof(struct torc_pppoe_tag),
	.fields = tag_fields,
};

static const struct torc_field_info pppoe_fields[] = {
	TORC_FIELD_AT(struct torc_pppoe, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_pppoe, type, "type", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_pppoe, code, "code", TORC_FIELD_HEX, .value_name = code_name),
	TORC_FIELD_AT(struct torc_pppoe, session_id, "session_id", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_pppoe, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_pppoe, tags, "tags", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &tags_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number pppoe_numbers[] = {
	{ TORC_BY_ETHER_TYPE, 0x8863 },
	{ TORC_BY_ETHER_TYPE, 0x8864 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_pppoe = {
	.name = "PPPoE",
	.key = "pppoe",
	.struct_size = sizeof(struct torc_pppoe),
	.numbers = pppoe_numbers,
	.decode = pppoe_decode,
	.read = pppoe_read,
	.fields = pppoe_fields,
};
