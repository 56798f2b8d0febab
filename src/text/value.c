/* SPDX-License-Identifier: BSD-3-Clause */
/* value.c - fields: from a table and a struct to a value, a value by name, a value as text */
#include "text/value.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <torc/layers/windows/netbios.h>

#include "decode/registry.h"

const struct torc_field_info *layer_fields(const struct torc_decoded *decoded,
					   const struct torc_layer *layer,
					   union layer_struct *out)
{
	const struct torc_layer_ops *ops = layer_ops(layer->type);

	if (!ops || !ops->fields || !ops->read)
		return NULL;
	memset(out->bytes, 0, ops->struct_size);
	ops->read(decoded, layer, out->bytes);
	return ops->fields;
}

const struct torc_field_info *layer_all_fields(const struct torc_decoded *decoded,
					       const struct torc_layer *layer,
					       union layer_struct *out, uint8_t *room)
{
	const struct torc_field_info *fields = layer_fields(decoded, layer, out);
	const struct torc_layer_ops *ops = layer_ops(layer->type);

	if (fields && ops->derive)
		ops->derive(out->bytes, room);
	return fields;
}

static uint64_t number_at(const uint8_t *p, unsigned int size, bool is_signed)
{
	uint64_t number = 0;
	uint32_t n32;
	uint16_t n16;

	switch (size) {
	case 1:
		return is_signed ? (uint64_t)(int64_t)(int8_t)p[0] : p[0];
	case 2:
		memcpy(&n16, p, 2);
		return is_signed ? (uint64_t)(int64_t)(int16_t)n16 : n16;
	case 4:
		memcpy(&n32, p, 4);
		return is_signed ? (uint64_t)(int64_t)(int32_t)n32 : n32;
	case 8:
		memcpy(&number, p, 8);
		return number;
	default:
		return 0;
	}
}

void field_value(const struct torc_field_info *field, const void *object, struct torc_value *value)
{
	const uint8_t *p = (const uint8_t *)object + field->offset;
	struct torc_domain_name name;

	memset(value, 0, sizeof(*value));
	value->kind = field->kind;
	value->size = field->size;
	value->unit = field->unit;
	switch (field->kind) {
	case TORC_FIELD_MAC:
	case TORC_FIELD_IPV4:
	case TORC_FIELD_IPV6:
	case TORC_FIELD_UUID:
		memcpy(value->address, p, field->size <= 16 ? field->size : 16);
		break;
	case TORC_FIELD_BYTES:
	case TORC_FIELD_STRING:
	case TORC_FIELD_OID:
	case TORC_FIELD_NETBIOS:
	case TORC_FIELD_UTF16:
		memcpy(&value->bytes, p, sizeof(value->bytes));
		break;
	case TORC_FIELD_NAME:
		memcpy(&name, p, sizeof(name));
		value->bytes = name.message;
		value->number = name.offset;
		break;
	case TORC_FIELD_LIST:
		break;
	default:
		value->number = number_at(p, field->size, field->kind == TORC_FIELD_INT);
		if (field->value_name)
			value->name = field->value_name(value->number);
	}
}

bool field_hidden(const struct torc_field_info *field, const void *object)
{
	static const uint8_t zero[16];
	union layer_struct element;
	struct torc_value value;
	uint32_t position = 0;

	if (!(field->flags & TORC_FIELD_OPTIONAL))
		return false;
	if (field->kind == TORC_FIELD_LIST) {
		memset(element.bytes, 0, field->list->element_size);
		return !field->list->next(object, &position, element.bytes);
	}
	field_value(field, object, &value);
	return value.number == 0 && value.bytes.length == 0 &&
	       memcmp(value.address, zero, sizeof(zero)) == 0;
}

/* "FRED<20>", without the blanks or zeros behind the name; empty where there are no letters */
static int netbios_name(const struct torc_bytes *letters, char *buffer, size_t size)
{
	struct text text = text_start(buffer, size);
	uint8_t name[TORC_NETBIOS_NAME];
	unsigned int length = TORC_NETBIOS_NAME - 1;

	if (!torc_netbios_name(letters, name))
		return 0;
	while (length > 0 && (name[length - 1] == ' ' || name[length - 1] == 0))
		length--;
	for (unsigned int i = 0; i < length; i++)
		text_char(&text, (char)name[i]);
	text_char(&text, '<');
	text_hex(&text, name[TORC_NETBIOS_NAME - 1], 2);
	text_char(&text, '>');
	return text_end(&text);
}

int value_name(const struct torc_value *value, char *buffer, size_t size)
{
	struct torc_domain_name name = { value->bytes, (uint32_t)value->number };

	if (value->kind == TORC_FIELD_NETBIOS)
		return netbios_name(&value->bytes, buffer, size);
	if (value->kind == TORC_FIELD_UTF16)
		return (int)text_from_utf16(value->bytes.data, value->bytes.length, buffer, size);
	return torc_domain_name_text(&name, buffer, size);
}

void value_text(struct text *text, const struct torc_value *value, uint32_t bytes_max)
{
	char name[TORC_DOMAIN_NAME_MAX];
	uint32_t length = value->bytes.length < bytes_max ? value->bytes.length : bytes_max;

	switch (value->kind) {
	case TORC_FIELD_HEX:
		text_string(text, "0x");
		text_hex(text, value->number, value->size * 2u);
		break;
	case TORC_FIELD_BOOL:
		text_string(text, value->number ? "true" : "false");
		break;
	case TORC_FIELD_MAC:
		text_mac(text, value->address, value->size);
		break;
	case TORC_FIELD_IPV4:
		text_ipv4(text, value->address);
		break;
	case TORC_FIELD_IPV6:
		text_ipv6(text, value->address);
		break;
	case TORC_FIELD_BYTES:
		text_bytes(text, value->bytes.data, length);
		break;
	case TORC_FIELD_STRING:
		text_escaped(text, value->bytes.data, length);
		break;
	case TORC_FIELD_NAME:
		value_name(value, name, sizeof(name));
		text_string(text, name);
		return;
	case TORC_FIELD_NETBIOS:
	case TORC_FIELD_UTF16:
		text_escaped(text, (const uint8_t *)name, (size_t)value_name(value, name, sizeof(name)));
		return;
	case TORC_FIELD_UUID:
		text_uuid(text, value->address);
		break;
	case TORC_FIELD_OID:
		text_oid(text, value->bytes.data, length);
		break;
	case TORC_FIELD_INT:
		text_int(text, (int64_t)value->number);
		break;
	default:
		text_uint(text, value->number);
	}
	if (length < value->bytes.length)
		text_string(text, "...");
}

int torc_value_text(const struct torc_value *value, char *buffer, size_t size)
{
	struct text text = text_start(buffer, size);

	value_text(&text, value, UINT32_MAX);
	return text_end(&text);
}

bool path_next(const char **path, struct path_step *step)
{
	const char *p = *path;
	size_t length = strcspn(p, ".[");
	char *end;
	long n = 0;

	if (length == 0 || length >= sizeof(step->name))
		return false;
	memcpy(step->name, p, length);
	step->name[length] = '\0';
	p += length;
	if (*p == '[') {
		if (!isdigit((unsigned char)p[1]) && p[1] != '-')
			return false;
		n = strtol(p + 1, &end, 10);
		if (*end != ']' || n < INT16_MIN || n > INT16_MAX)
			return false;
		p = end + 1;
	}
	step->n = (int)n;
	if (*p == '.' && p[1] != '\0')
		p++;
	else if (*p != '\0')
		return false;
	*path = p;
	return true;
}

const struct torc_field_info *field_named(const struct torc_field_info *fields, const char *name)
{
	for (; fields && fields->name; fields++)
		if (strcmp(fields->name, name) == 0)
			return fields;
	return NULL;
}

/* "options[2].kind" of the layer struct object: the field in the nth element of a list. */
static int list_value(const struct torc_field_info *list_field, int n, const char *rest,
		      const void *object, struct torc_value *value)
{
	const struct torc_list_info *list = list_field->list;
	const struct torc_field_info *field;
	union layer_struct element;
	struct path_step step;
	uint32_t position = 0;

	if (!path_next(&rest, &step) || *rest != '\0')
		return -EINVAL;
	field = field_named(list->fields, step.name);
	if (!field || field->kind == TORC_FIELD_LIST)
		return -EINVAL;
	do {
		memset(element.bytes, 0, list->element_size);
		if (!list->next(object, &position, element.bytes))
			return 0;
	} while (n-- > 0);
	field_value(field, element.bytes, value);
	return 1;
}

int torc_field(const struct torc_decoded *decoded, const char *path, struct torc_value *value)
{
	static __thread uint8_t derived[TORC_DERIVE_ROOM];
	const struct torc_field_info *field;
	const struct torc_layer_ops *ops;
	const struct torc_layer *layer;
	union layer_struct object;
	struct path_step step;
	unsigned int type;
	int n;

	if (!path_next(&path, &step) || *path == '\0')
		return -EINVAL;
	type = torc_layer_type_of(step.name);
	ops = type != TORC_LAYER_NONE ? layer_ops(type) : NULL;
	n = step.n;
	if (!ops || !path_next(&path, &step))
		return -EINVAL;
	field = field_named(ops->fields, step.name);
	if (!field || (field->kind == TORC_FIELD_LIST) != (*path != '\0'))
		return -EINVAL;
	layer = torc_layer_nth(decoded, type, n);
	if (!layer)
		return 0;
	if (field->flags & TORC_FIELD_DERIVED)
		layer_all_fields(decoded, layer, &object, derived);
	else
		layer_fields(decoded, layer, &object);
	if (field->kind == TORC_FIELD_LIST)
		return list_value(field, step.n, path, object.bytes, value);
	field_value(field, object.bytes, value);
	return 1;
}
