/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dropbox.c - what Dropbox's clients call out to their network, to UDP port 17500: a JSON object (RFC 8259) with
 * the names that they have had since they do so. Of the object the known members are read where they stand.
 */
#include <torc/layers/application/dropbox.h>

#include <string.h>

#include "decode/registry.h"

/* What stands behind "name": in the object; empty: nothing does. */
static struct torc_bytes value_of(const struct torc_bytes *object, const char *name)
{
	uint32_t size = (uint32_t)strlen(name), at = 0;
	const uint8_t *p = object->data;

	for (; object->length > size + 3 && at < object->length - size - 3; at++) {
		if (p[at] != '"' || memcmp(p + at + 1, name, size) != 0 || p[at + 1 + size] != '"')
			continue;
		at += size + 2;
		while (at < object->length && (p[at] == ' ' || p[at] == ':'))
			at++;
		return (struct torc_bytes){ p + at, object->length - at };
	}
	return (struct torc_bytes){ 0 };
}

/* A number, a string without its quotes, or what a list holds between [ and ]. */
static struct torc_bytes scalar_of(struct torc_bytes value)
{
	uint8_t end = value.length && value.data[0] == '"' ? '"' :
		      value.length && value.data[0] == '[' ? ']' :
							     0;
	uint32_t length = 0;

	if (end)
		value = (struct torc_bytes){ value.data + 1, value.length - 1 };
	while (length < value.length && value.data[length] != end &&
	       (end || (value.data[length] != ',' && value.data[length] != '}' &&
			value.data[length] != ' ')))
		length++;
	return (struct torc_bytes){ value.data, length };
}

static int dropbox_decode(struct torc_cursor *cursor)
{
	struct torc_bytes object = { cursor->data, cursor->length };

	TORC_NEED(cursor, 2);
	if (cursor->data[0] != '{' || cursor->data[1] != '"')
		return torc_cursor_malformed(cursor, "no JSON object");
	if (!value_of(&object, "host_int").length && !value_of(&object, "version").length)
		return cursor->length < cursor->wire_length ?
			       TORC_STEP_SHORT :
			       torc_cursor_malformed(cursor, "none of its members");
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static void dropbox_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			 void *out)
{
	struct torc_dropbox *dropbox = out;
	struct torc_bytes port;

	dropbox->object =
		(struct torc_bytes){ torc_layer_header(decoded, layer), layer->header_length };
	dropbox->host = scalar_of(value_of(&dropbox->object, "host_int"));
	dropbox->version = scalar_of(value_of(&dropbox->object, "version"));
	dropbox->name = scalar_of(value_of(&dropbox->object, "displayname"));
	dropbox->namespaces = scalar_of(value_of(&dropbox->object, "namespaces"));
	port = scalar_of(value_of(&dropbox->object, "port"));
	for (uint32_t i = 0; i < port.length && i < 5; i++) {
		if (port.data[i] < '0' || port.data[i] > '9')
			break;
		dropbox->port = (uint16_t)(dropbox->port * 10 + port.data[i] - '0');
	}
}

#define OPTIONAL_STRING(member, name, shown)                                                       \
	TORC_FIELD_AT(struct torc_dropbox, member, name, TORC_FIELD_STRING,                        \
		      .flags = TORC_FIELD_OPTIONAL | (shown))

static const struct torc_field_info dropbox_fields[] = {
	OPTIONAL_STRING(host, "host", TORC_FIELD_SUMMARY),
	OPTIONAL_STRING(version, "version", TORC_FIELD_SUMMARY),
	OPTIONAL_STRING(name, "name", TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_dropbox, port, "port", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	OPTIONAL_STRING(namespaces, "namespaces", 0),
	OPTIONAL_STRING(object, "object", 0),
	TORC_FIELDS_END
};

static const struct torc_layer_number dropbox_numbers[] = {
	{ TORC_BY_UDP_PORT, 17500 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_dropbox = {
	.name = "DropboxLAN",
	.key = "dropbox",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_dropbox),
	.numbers = dropbox_numbers,
	.decode = dropbox_decode,
	.read = dropbox_read,
	.fields = dropbox_fields,
};
