/* SPDX-License-Identifier: BSD-3-Clause */
/* prism.c - the header of Prism cards, tcpdump.org/linktypes/LINKTYPE_IEEE802_11_PRISM */
#include <torc/layers/wireless/radiotap.h>

#include "decode/registry.h"
#include "decode/little.h"

#define FIXED	   24 /* code, length, name of the device */
#define VALUE	   12
#define CODE_OLD   0x44
#define CODE_LINUX 0x41

static int prism_decode(struct torc_cursor *cursor)
{
	uint32_t code, length;

	TORC_NEED(cursor, FIXED);
	code = le32(cursor->data);
	length = le32(cursor->data + 4);
	if (code != CODE_OLD && code != CODE_LINUX)
		return torc_cursor_malformed(cursor, "the message code is not Prism's");
	if (length < FIXED || length > 0xFFFF)
		return torc_cursor_malformed(cursor, "the length is not that of a Prism header");
	if (cursor->length < length) {
		if (cursor->wire_length < length)
			cursor->flags |= TORC_DECODED_CUT_BY_HEADER;
		return TORC_STEP_CUT_TAIL;
	}
	cursor->header_length = length;
	cursor->next = TORC_LAYER_DOT11;
	return TORC_STEP_OK;
}

static void prism_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
		       void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_prism *prism = out;
	uint32_t name = 0;

	while (name < 16 && p[8 + name] != 0)
		name++;
	prism->code = le32(p);
	prism->length = le32(p + 4);
	prism->device = (struct torc_bytes){ p + 8, name };
	prism->values = (struct torc_bytes){ p + FIXED, layer->header_length - FIXED };
}

int torc_prism_value_next(const struct torc_prism *prism, uint32_t *position,
			  struct torc_prism_value *value)
{
	const uint8_t *p = prism->values.data + *position;

	if (*position > prism->values.length || prism->values.length - *position < VALUE)
		return 0;
	*value = (struct torc_prism_value){ .did = le32(p), .status = le16(p + 4),
					    .length = le16(p + 6), .number = le32(p + 8) };
	*position += VALUE;
	return 1;
}

static int value_element(const void *layer, uint32_t *position, void *element)
{
	return torc_prism_value_next(layer, position, element);
}

/* The number of a value is in the upper half of its DID, or in bits 12 to 15 with Linux's code. */
static const char *did_name(uint64_t did)
{
	static const char *const names[] = { NULL, "host time", "MAC time", "channel", "RSSI",
					     "signal quality", "signal", "noise", "rate",
					     "transmitted frame", "frame length" };
	uint64_t number = (did & 0xFFF) == CODE_LINUX ? did >> 12 : did >> 16;

	return number < sizeof(names) / sizeof(names[0]) ? names[number] : NULL;
}

static const struct torc_field_info value_fields[] = {
	TORC_FIELD_AT(struct torc_prism_value, did, "did", TORC_FIELD_HEX, .value_name = did_name),
	TORC_FIELD_AT(struct torc_prism_value, status, "status", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_prism_value, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_prism_value, number, "number", TORC_FIELD_UINT),
	TORC_FIELDS_END
};

static const struct torc_list_info value_list = {
	.next = value_element,
	.element_size = sizeof(struct torc_prism_value),
	.fields = value_fields,
};

static const struct torc_field_info prism_fields[] = {
	TORC_FIELD_AT(struct torc_prism, code, "code", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_prism, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_prism, device, "device", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_prism, values, "values", TORC_FIELD_LIST, .list = &value_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number prism_numbers[] = { { TORC_BY_LINK_TYPE, TORC_LINK_PRISM },
							  { TORC_BY_NONE, 0 } };

const struct torc_layer_ops torc_layer_ops_prism = {
	.name = "Prism monitor mode header",
	.key = "prism",
	.struct_size = sizeof(struct torc_prism),
	.numbers = prism_numbers,
	.decode = prism_decode,
	.read = prism_read,
	.fields = prism_fields,
};
