/* SPDX-License-Identifier: BSD-3-Clause */
/* field.c - names and values in text, by the tables of fields that reading has */
#include "build/field.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "build/writer.h"
#include "decode/registry.h"
#include "text/value.h"
#include "util/error.h"

/* ---- names ---- */

#define NEAR_COUNT 3

/* The names that come nearest to one that is none, the best first. */
struct near {
	const char *names[NEAR_COUNT];
	unsigned int distances[NEAR_COUNT];
	unsigned int count;
};

/* How many letters to add, drop or change (Levenshtein); names are short. */
static unsigned int distance(const char *a, const char *b)
{
	enum { MOST = 48 };
	size_t a_length = strnlen(a, MOST - 1), b_length = strnlen(b, MOST - 1);
	unsigned int row[MOST], corner, above;

	for (unsigned int j = 0; j <= b_length; j++)
		row[j] = j;
	for (unsigned int i = 1; i <= a_length; i++) {
		corner = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			unsigned int change = tolower((unsigned char)a[i - 1]) !=
					      tolower((unsigned char)b[j - 1]);

			above = row[j];
			row[j] = corner + change;
			if (above + 1 < row[j])
				row[j] = above + 1;
			if (row[j - 1] + 1 < row[j])
				row[j] = row[j - 1] + 1;
			corner = above;
		}
	}
	return row[b_length];
}

static void near_add(struct near *near, const char *wanted, const char *name)
{
	/* a beginning or an end of a name is nearer than the letters say: "dest", "port" */
	unsigned int far = strcasestr(name, wanted) ? 1 : distance(wanted, name), i;

	for (i = near->count; i > 0 && near->distances[i - 1] > far; i--) {
		if (i == NEAR_COUNT)
			continue;
		near->names[i] = near->names[i - 1];
		near->distances[i] = near->distances[i - 1];
	}
	if (i == NEAR_COUNT)
		return;
	near->names[i] = name;
	near->distances[i] = far;
	if (near->count < NEAR_COUNT)
		near->count++;
}

static const char *near_text(const struct near *near, char *buffer, size_t size)
{
	size_t length = 0;

	buffer[0] = '\0';
	for (unsigned int i = 0; i < near->count && length < size; i++)
		length += (size_t)snprintf(buffer + length, size - length, "%s%s", i ? ", " : "",
					   near->names[i]);
	return buffer;
}

unsigned int field_layer(const char *name, struct torc_error *error)
{
	unsigned int type = torc_layer_type_of(name);
	struct near near = { 0 };
	char text[160];

	if (type != TORC_LAYER_NONE)
		return type;
	for (unsigned int n = 1; n < TORC_LAYER_TYPES; n++)
		if (layer_ops(n) && layer_ops(n)->fields)
			near_add(&near, name, layer_ops(n)->key);
	torc_error_set(error, -EINVAL, "no layer is called \"%.40s\"; the nearest are %s", name,
		       near_text(&near, text, sizeof(text)));
	return TORC_LAYER_NONE;
}

const struct torc_field_info *field_of_layer(unsigned int type, const char *name,
					     const char *(*others)(unsigned int type, unsigned int n),
					     struct torc_error *error)
{
	const char *other;

	const struct torc_layer_ops *ops = layer_ops(type);
	const struct torc_field_info *field = ops ? field_named(ops->fields, name) : NULL;
	struct near near = { 0 };
	char text[160];

	if (field || !ops)
		return field;
	for (field = ops->fields; field && field->name; field++)
		near_add(&near, name, field->name);
	for (unsigned int n = 0; others && (other = others(type, n)); n++)
		near_add(&near, name, other);
	if (near.count == 0) {
		torc_error_set(error, -EINVAL, "%s has no fields", ops->key);
		return NULL;
	}
	torc_error_set(error, -EINVAL, "%s has no field \"%.40s\"; the nearest are %s", ops->key,
		       name, near_text(&near, text, sizeof(text)));
	return NULL;
}

/* ---- values ---- */

static int parse_hex(const char *text, struct field_text_value *value)
{
	unsigned int byte;
	int used;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		text += 2;
	while (*text) {
		if (value->length == sizeof(value->bytes) || !isxdigit((unsigned char)text[0]) ||
		    !isxdigit((unsigned char)text[1]) || sscanf(text, "%2x%n", &byte, &used) != 1)
			return -EINVAL;
		value->bytes[value->length++] = (uint8_t)byte;
		text += used;
		text += *text == ':' && text[1];
	}
	return 0;
}

int field_unescape(const char *text, uint8_t *bytes, size_t room)
{
	size_t length = 0;

	while (*text && length < room) {
		unsigned int byte = (uint8_t)*text++;

		if (byte == '\\' && *text) {
			byte = (uint8_t)*text++;
			if (byte == 'x') {
				if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1]) ||
				    sscanf(text, "%2x", &byte) != 1)
					return -EINVAL;
				text += 2;
			} else {
				byte = byte == 'n' ? '\n' : byte == 'r' ? '\r' : byte == 't' ? '\t' :
				       byte == '0' ? 0 : byte;
			}
		}
		bytes[length++] = (uint8_t)byte;
	}
	return *text ? -EINVAL : (int)length;
}

static int parse_string(const char *path, const char *text, struct field_text_value *value,
			struct torc_error *error)
{
	int length = field_unescape(text, value->bytes, sizeof(value->bytes));

	if (length < 0)
		return torc_error_set(error, -EINVAL, "%s: \"%.40s\" is more than 64 bytes, or has an escape "
				      "that is none", path, text);
	value->length = (uint32_t)length;
	return 0;
}

static int parse_number(const struct torc_field_info *field, const char *path, const char *text,
			struct field_text_value *value, struct torc_error *error)
{
	bool is_signed = field->kind == TORC_FIELD_INT;
	uint64_t most = UINT64_MAX >> (64 - 8 * field->size);
	char *end;

	errno = 0;
	if (field->kind == TORC_FIELD_BOOL && strcasecmp(text, "true") == 0)
		return value->number = 1, 0;
	if (field->kind == TORC_FIELD_BOOL && strcasecmp(text, "false") == 0)
		return value->number = 0, 0;
	if (field->kind == TORC_FIELD_BOOL)
		most = 1;
	else if (is_signed)
		most >>= 1;
	value->number = is_signed ? (uint64_t)strtoll(text, &end, 0) : strtoull(text, &end, 0);
	if (!*text || *end || (!is_signed && strchr(text, '-')))
		return torc_error_set(error, -EINVAL, "%s: \"%.40s\" is not a number", path, text);
	if (is_signed ? errno == ERANGE || (int64_t)value->number > (int64_t)most ||
				(int64_t)value->number < -(int64_t)most - 1 :
			errno == ERANGE || value->number > most)
		return torc_error_set(error, -ERANGE, "%s: %.40s does not fit; %s%llu are possible",
				      path, text, is_signed ? "numbers up to " : "0 to ",
				      (unsigned long long)most);
	return 0;
}

int field_parse(const struct torc_field_info *field, const char *path, const char *text,
		struct field_text_value *value, struct torc_error *error)
{
	*value = (struct field_text_value){ 0 };
	switch (field->kind) {
	case TORC_FIELD_MAC:
		if (parse_hex(text, value) == 0 && value->length == 6 && strchr(text, ':'))
			return 0;
		return torc_error_set(error, -EINVAL,
				      "%s: \"%.40s\" is no address such as 02:00:00:00:00:01", path,
				      text);
	case TORC_FIELD_IPV4:
		value->length = 4;
		if (inet_pton(AF_INET, text, value->bytes) == 1)
			return 0;
		return torc_error_set(error, -EINVAL, "%s: \"%.40s\" is no IPv4 address", path, text);
	case TORC_FIELD_IPV6:
		value->length = 16;
		if (inet_pton(AF_INET6, text, value->bytes) == 1)
			return 0;
		return torc_error_set(error, -EINVAL, "%s: \"%.40s\" is no IPv6 address", path, text);
	case TORC_FIELD_BYTES:
		if (parse_hex(text, value) == 0)
			return 0;
		return torc_error_set(error, -EINVAL,
				      "%s: \"%.40s\" is not bytes in hex, at most 64", path, text);
	case TORC_FIELD_STRING:
		return parse_string(path, text, value, error);
	case TORC_FIELD_UINT:
	case TORC_FIELD_HEX:
	case TORC_FIELD_BOOL:
	case TORC_FIELD_INT:
		return parse_number(field, path, text, value, error);
	default:
		return torc_error_set(error, -EOPNOTSUPP, "%s cannot be set: it is a list or a name",
				      path);
	}
}

void field_store(const struct torc_field_info *field, void *object,
		 const struct field_text_value *value)
{
	uint8_t *p = (uint8_t *)object + field->offset;
	struct torc_bytes bytes = { value->bytes, value->length };
	uint16_t n16 = (uint16_t)value->number;
	uint32_t n32 = (uint32_t)value->number;

	switch (field->kind) {
	case TORC_FIELD_MAC:
	case TORC_FIELD_IPV4:
	case TORC_FIELD_IPV6:
		memcpy(p, value->bytes, field->size < value->length ? field->size : value->length);
		break;
	case TORC_FIELD_BYTES:
	case TORC_FIELD_STRING:
		memcpy(p, &bytes, sizeof(bytes));
		break;
	default:
		if (field->size == 1)
			*p = (uint8_t)value->number;
		else if (field->size == 2)
			memcpy(p, &n16, 2);
		else if (field->size == 4)
			memcpy(p, &n32, 4);
		else if (field->size == 8)
			memcpy(p, &value->number, 8);
	}
}

bool field_holds(const struct torc_field_info *field, const void *object,
		 const struct field_text_value *value)
{
	struct torc_value found;

	field_value(field, object, &found);
	switch (field->kind) {
	case TORC_FIELD_MAC:
	case TORC_FIELD_IPV4:
	case TORC_FIELD_IPV6:
		return memcmp(found.address, value->bytes, value->length) == 0;
	case TORC_FIELD_BYTES:
	case TORC_FIELD_STRING:
		return found.bytes.length == value->length &&
		       (value->length == 0 ||
			memcmp(found.bytes.data, value->bytes, value->length) == 0);
	default:
		return found.number == value->number;
	}
}

uint64_t field_most(unsigned int type, const struct torc_field_info *field)
{
	const struct field_text_value ones = { .number = UINT64_MAX };
	const struct torc_layer_ops *ops = layer_ops(type);
	layer_write *write = layer_writer(type);
	union layer_struct object = { { 0 } }, again = { { 0 } };
	struct torc_decoded decoded = { 0 };
	struct torc_layer layer = { .type = (uint16_t)type };
	uint8_t header[128];
	struct writer w = { .data = header, .room = sizeof(header), .type = (uint16_t)type,
			    .counts_given = true };
	struct torc_value found;

	if (!write || !ops || field->kind == TORC_FIELD_INT)
		return 0;
	field_store(field, object.bytes, &ones);
	if (field->kind == TORC_FIELD_BOOL)
		object.bytes[field->offset] = 1;
	write(&w, object.bytes);
	if (w.length > sizeof(header))
		return 0;
	decoded.data = header;
	decoded.caplen = decoded.len = layer.header_length = w.length;
	ops->read(&decoded, &layer, again.bytes);
	field_value(field, again.bytes, &found);
	return found.number;
}
