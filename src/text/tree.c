/* SPDX-License-Identifier: BSD-3-Clause */
/* tree.c - every layer and field of a packet, one a line; bytes in hex; times */
#include <string.h>
#include <time.h>

#include "text/value.h"

#define INDENT        "    "
#define BYTES_SHOWN   64
#define HEX_PER_LINE  16

static void tree_fields(struct text *text, const struct torc_field_info *fields,
			const void *object, unsigned int depth);

static void indent(struct text *text, unsigned int depth)
{
	while (depth-- > 0)
		text_string(text, INDENT);
}

static void tree_list(struct text *text, const struct torc_field_info *field, const void *object,
		      unsigned int depth)
{
	union layer_struct element;
	uint32_t position = 0, n = 0;

	for (;;) {
		memset(element.bytes, 0, field->list->element_size);
		if (!field->list->next(object, &position, element.bytes))
			return;
		indent(text, depth);
		text_string(text, field->name);
		text_char(text, '[');
		text_uint(text, n++);
		text_string(text, "]:\n");
		tree_fields(text, field->list->fields, element.bytes, depth + 1);
	}
}

static void tree_field(struct text *text, const struct torc_field_info *field, const void *object,
		       unsigned int depth)
{
	struct torc_value value;

	field_value(field, object, &value);
	indent(text, depth);
	text_string(text, field->name);
	text_string(text, ": ");
	value_text(text, &value, BYTES_SHOWN);
	if (value.unit) {
		text_char(text, ' ');
		text_string(text, value.unit);
	}
	if (value.name) {
		text_string(text, " (");
		text_string(text, value.name);
		text_char(text, ')');
	}
	text_char(text, '\n');
}

static void tree_fields(struct text *text, const struct torc_field_info *fields,
			const void *object, unsigned int depth)
{
	for (; fields && fields->name; fields++) {
		if (field_hidden(fields, object))
			continue;
		if (fields->kind == TORC_FIELD_LIST)
			tree_list(text, fields, object, depth);
		else
			tree_field(text, fields, object, depth);
	}
}

/* "IPv4 at 14, header 20, payload 40" */
static void tree_layer(struct text *text, const struct torc_decoded *decoded,
		       const struct torc_layer *layer)
{
	uint8_t room[TORC_DERIVE_ROOM];
	union layer_struct object;

	text_string(text, torc_layer_name(layer->type));
	text_string(text, " at ");
	text_uint(text, layer->offset);
	text_string(text, ", header ");
	text_uint(text, layer->header_length);
	text_string(text, ", payload ");
	text_uint(text, layer->payload_length);
	if (layer->type == TORC_LAYER_DECODE_FAILURE) {
		text_string(text, ": ");
		text_string(text, torc_layer_name(decoded->failed_type));
		text_string(text, ": ");
		text_string(text, decoded->reason);
	}
	text_char(text, '\n');
	tree_fields(text, layer_all_fields(decoded, layer, &object, room), object.bytes, 1);
}

int torc_text_tree(const struct torc_decoded *decoded, char *buffer, size_t size)
{
	struct text text = text_start(buffer, size);
	uint32_t trailer, length;
	unsigned int i;

	for (i = 0; i < decoded->layer_count; i++)
		tree_layer(&text, decoded, &decoded->layers[i]);
	trailer = torc_trailer(decoded, &length);
	if (length > 0) {
		text_string(&text, "trailer at ");
		text_uint(&text, trailer);
		text_string(&text, ", ");
		text_uint(&text, length);
		text_string(&text, " bytes\n");
	}
	if (decoded->reason && !torc_layer_first(decoded, TORC_LAYER_DECODE_FAILURE)) {
		text_string(&text, torc_layer_name(decoded->failed_type));
		text_string(&text, ": ");
		text_string(&text, decoded->reason);
		text_char(&text, '\n');
	}
	if (decoded->registry != TORC_BY_NONE) {
		text_string(&text, "no decoder for ");
		text_string(&text, torc_registry_name(decoded->registry));
		text_char(&text, ' ');
		text_uint(&text, decoded->number);
		text_char(&text, '\n');
	}
	return text_end(&text);
}

/* "\t0x0010:  4500 0028 ...  E..(...", the columns of tcpdump -X */
static void hex_line(struct text *text, const uint8_t *data, uint32_t offset, uint32_t count,
		     bool ascii)
{
	uint32_t i;

	text_string(text, "\t0x");
	text_hex(text, offset, 4);
	text_string(text, ": ");
	for (i = 0; i < count; i++) {
		if (i % 2 == 0)
			text_char(text, ' ');
		text_hex(text, data[offset + i], 2);
	}
	if (ascii) {
		for (; i < HEX_PER_LINE; i++)
			text_string(text, i % 2 == 0 ? "   " : "  ");
		text_string(text, "  ");
		for (i = 0; i < count; i++)
			text_char(text, data[offset + i] > ' ' && data[offset + i] < 0x7F ?
						(char)data[offset + i] : '.');
	}
	text_char(text, '\n');
}

int torc_text_hex(const uint8_t *data, uint32_t length, bool ascii, char *buffer, size_t size)
{
	struct text text = text_start(buffer, size);
	uint32_t offset, left;

	for (offset = 0; offset < length; offset += HEX_PER_LINE) {
		left = length - offset;
		hex_line(&text, data, offset, left < HEX_PER_LINE ? left : HEX_PER_LINE, ascii);
	}
	return text_end(&text);
}

int torc_text_escaped(const char *string, size_t length, char *buffer, size_t size)
{
	struct text text = text_start(buffer, size);

	text_escaped(&text, (const uint8_t *)string, length);
	return text_end(&text);
}

int torc_text_time(uint64_t timestamp_ns, unsigned int digits, char *buffer, size_t size)
{
	struct text text = text_start(buffer, size);
	time_t seconds = (time_t)(timestamp_ns / 1000000000u);
	uint64_t fraction = timestamp_ns % 1000000000u;
	uint64_t place = 100000000u;
	char date[32];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(date, sizeof(date), "%Y-%m-%d %H:%M:%S", &tm);
	text_string(&text, date);
	if (digits > 0)
		text_char(&text, '.');
	for (; digits > 0 && place > 0; digits--, place /= 10)
		text_char(&text, (char)('0' + fraction / place % 10));
	return text_end(&text);
}
