/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * resp.c - RESP, the protocol of Redis: redis.io/docs/reference/protocol-spec. Each value has its type in front
 * and ends with CR LF; strings and arrays say their length first.
 */
#include <torc/layers/application/resp.h>

#include <string.h>

#include "decode/application/heads.h"
#include "decode/application/side.h"

#define COUNT_MAX (512 * 1024 * 1024) /* of bytes or values: what a server takes */

/* How a type goes on behind its first byte. */
enum form { NO_TYPE, SIMPLE, NUMBER, BULK, AGGREGATE };

static enum form form_of(uint8_t type)
{
	switch (type) {
	case '+':
	case '-':
	case ',':
	case '(':
	case '#':
	case '_':
		return SIMPLE;
	case ':':
		return NUMBER;
	case '$':
	case '!':
	case '=':
		return BULK;
	case '*':
	case '%':
	case '~':
	case '>':
	case '|':
		return AGGREGATE;
	default:
		return NO_TYPE;
	}
}

static bool take_number(const struct torc_bytes *text, int64_t *number)
{
	bool negative = text->length > 0 && text->data[0] == '-';
	uint32_t i = negative || (text->length > 0 && text->data[0] == '+') ? 1 : 0;
	uint64_t value = 0;

	if (i == text->length || text->length - i > 19)
		return false;
	for (; i < text->length; i++) {
		if (text->data[i] < '0' || text->data[i] > '9')
			return false;
		value = value * 10 + text->data[i] - '0';
	}
	*number = (int64_t)(negative ? 0 - value : value);
	return true;
}

static bool is_text(const struct torc_bytes *text)
{
	for (uint32_t i = 0; i < text->length; i++)
		if (text->data[i] < ' ' || text->data[i] == 0x7F)
			return false;
	return true;
}

/* A string of number bytes and CR LF behind its length; returns the bytes used, 0: it is none. */
static uint32_t bulk_read(const uint8_t *p, uint32_t left, uint32_t at, struct torc_resp_value *value)
{
	uint32_t length = (uint32_t)value->number;

	if (value->is_null)
		return at;
	value->is_whole = left - at >= length + 2;
	if (value->is_whole && (p[at + length] != '\r' || p[at + length + 1] != '\n'))
		return 0;
	value->string = (struct torc_bytes){ p + at, length < left - at ? length : left - at };
	return value->is_whole ? at + length + 2 : left;
}

/* The bytes of the value at p, 0: it is none. */
static uint32_t value_read(const uint8_t *p, uint32_t left, struct torc_resp_value *value)
{
	enum form form = left > 0 ? form_of(p[0]) : NO_TYPE;
	struct torc_bytes line;
	uint32_t next;

	*value = (struct torc_resp_value){ 0 };
	if (form == NO_TYPE || left < 2)
		return 0;
	value->type = (char)p[0];
	value->is_whole = take_line(p + 1, left - 1, &line, &next);
	if (!is_text(&line))
		return 0;
	if (form == SIMPLE) {
		value->string = line;
		value->is_null = p[0] == '_';
		return 1 + next;
	}
	if (!take_number(&line, &value->number))
		return 0;
	if (form == NUMBER)
		return 1 + next;
	if (value->number < -1 || value->number > COUNT_MAX)
		return 0;
	value->is_null = value->number == -1;
	if (form == AGGREGATE || !value->is_whole)
		return 1 + next;
	return bulk_read(p, left, 1 + next, value);
}

/* A value in front that has its first line whole, or begins as only a value does. */
static int resp_decode(struct torc_cursor *cursor)
{
	struct torc_resp_value value;
	uint32_t at = 0, used;

	TORC_NEED(cursor, 3);
	used = value_read(cursor->data, cursor->length, &value);
	if (used == 0 || (!value.is_whole && !memchr(cursor->data, '\n', cursor->length))) {
		if (used > 0 && cursor->length < cursor->wire_length)
			return TORC_STEP_SHORT;
		return torc_cursor_malformed(cursor, "no value in front");
	}
	for (; used > 0; used = value_read(cursor->data + at, cursor->length - at, &value))
		at += used;
	cursor->header_length = at;
	if (at < cursor->length)
		cursor->next = TORC_LAYER_PAYLOAD;
	return TORC_STEP_OK;
}

int torc_resp_value_next(const struct torc_resp *resp, uint32_t *position,
			 struct torc_resp_value *value)
{
	uint32_t used;

	if (*position >= resp->values.length) {
		*value = (struct torc_resp_value){ 0 };
		return 0;
	}
	used = value_read(resp->values.data + *position, resp->values.length - *position, value);
	*position += used;
	return used > 0;
}

static void resp_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	struct torc_resp *resp = out;
	struct torc_resp_value value, first = { 0 };
	unsigned int side = side_of(decoded, layer, TORC_LAYER_RESP);
	uint32_t position = 0;

	resp->values =
		(struct torc_bytes){ torc_layer_header(decoded, layer), layer->header_length };
	for (unsigned int n = 0; torc_resp_value_next(resp, &position, &value); n++) {
		if (n == 0)
			first = value;
		if (value.type == '-' && !resp->error.data)
			resp->error = value.string;
		if (!(side & SIDE_CLIENT))
			continue;
		if (first.type == '*' && value.type == '$' && n == 1)
			resp->command = value.string;
		if (first.type == '*' && value.type == '$' && n == 2 && first.number > 1)
			resp->key = value.string;
	}
}

static int value_element(const void *layer, uint32_t *position, void *element)
{
	return torc_resp_value_next(layer, position, element);
}

static const char *type_name(uint64_t type)
{
	switch (type) {
	case '+':
		return "string";
	case '-':
		return "error";
	case ':':
		return "integer";
	case '$':
		return "bulk string";
	case '*':
		return "array";
	case '_':
		return "null";
	case '#':
		return "boolean";
	case ',':
		return "double";
	case '(':
		return "big number";
	case '!':
		return "bulk error";
	case '=':
		return "verbatim string";
	case '%':
		return "map";
	case '~':
		return "set";
	case '>':
		return "push";
	case '|':
		return "attribute";
	default:
		return NULL;
	}
}

static const struct torc_field_info value_fields[] = {
	TORC_FIELD_AT(struct torc_resp_value, type, "type", TORC_FIELD_UINT,
		      .value_name = type_name),
	TORC_FIELD_AT(struct torc_resp_value, is_whole, "whole", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_resp_value, is_null, "null", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_resp_value, number, "number", TORC_FIELD_INT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_resp_value, string, "string", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_list_info value_list = {
	.next = value_element,
	.element_size = sizeof(struct torc_resp_value),
	.fields = value_fields,
};

static const struct torc_field_info resp_fields[] = {
	TORC_FIELD_AT(struct torc_resp, command, "command", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_resp, key, "key", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_resp, error, "error", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_resp, values, "values", TORC_FIELD_LIST, .list = &value_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number resp_numbers[] = {
	{ TORC_BY_TCP_PORT, 6379 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_resp = {
	.name = "RESP",
	.key = "resp",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_resp),
	.numbers = resp_numbers,
	.decode = resp_decode,
	.read = resp_read,
	.fields = resp_fields,
};
