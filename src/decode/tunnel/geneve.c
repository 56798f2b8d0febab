/* SPDX-License-Identifier: BSD-3-Clause */
/* geneve.c - Generic Network Virtualization Encapsulation, RFC 8926 §3.4 */
#include <torc/layers/tunnel/tunnel.h>

#include "decode/registry.h"

/* The options count in units of four bytes. A version that is not 0 is somebody else's format. */
static int geneve_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, 8);
	if (cursor->data[0] >> 6 != 0) {
		cursor->header_length = 8;
		cursor->next = TORC_LAYER_PAYLOAD;
		return TORC_STEP_OK;
	}
	if (cursor->length < 8 + (cursor->data[0] & 0x3Fu) * 4)
		return TORC_STEP_CUT_TAIL;
	cursor->header_length = 8 + (cursor->data[0] & 0x3Fu) * 4;
	cursor_next(cursor, TORC_BY_ETHER_TYPE, torc_be16(cursor->data + 2));
	return TORC_STEP_OK;
}

static void geneve_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_geneve *geneve = out;

	geneve->version = p[0] >> 6;
	geneve->options_length = (uint8_t)((p[0] & 0x3Fu) * 4);
	geneve->is_control = p[1] & 0x80;
	geneve->has_critical_options = p[1] & 0x40;
	geneve->protocol = torc_be16(p + 2);
	geneve->network_id = torc_be24(p + 4);
	geneve->options = (struct torc_bytes){ p + 8, layer->header_length - 8 };
}

int torc_geneve_option_next(const struct torc_geneve *geneve, uint32_t *position,
			    struct torc_geneve_option *option)
{
	const uint8_t *p;
	uint32_t left, length;

	if (*position >= geneve->options.length)
		return 0;
	p = geneve->options.data + *position;
	left = geneve->options.length - *position;
	if (left < 4)
		return 0;
	length = (p[3] & 0x1Fu) * 4;
	if (length > left - 4)
		return 0;
	option->option_class = torc_be16(p);
	option->type = p[2];
	option->data = (struct torc_bytes){ p + 4, length };
	*position += 4 + length;
	return 1;
}

static int option_element(const void *layer, uint32_t *position, void *element)
{
	return torc_geneve_option_next(layer, position, element);
}

static const struct torc_field_info option_fields[] = {
	TORC_FIELD_AT(struct torc_geneve_option, option_class, "class", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_geneve_option, type, "type", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_geneve_option, data, "data", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_list_info options_list = {
	.next = option_element,
	.element_size = sizeof(struct torc_geneve_option),
	.fields = option_fields,
};

static const struct torc_field_info geneve_fields[] = {
	TORC_FIELD_AT(struct torc_geneve, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_geneve, options_length, "options_length", TORC_FIELD_UINT,
		      .unit = "bytes"),
	TORC_FIELD_AT(struct torc_geneve, is_control, "control", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_geneve, has_critical_options, "critical", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_geneve, protocol, "protocol", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_geneve, network_id, "vni", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_geneve, options, "options", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &options_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number geneve_numbers[] = {
	{ TORC_BY_UDP_PORT, 6081 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_geneve = {
	.name = "Geneve",
	.key = "geneve",
	.struct_size = sizeof(struct torc_geneve),
	.numbers = geneve_numbers,
	.decode = geneve_decode,
	.read = geneve_read,
	.fields = geneve_fields,
};
