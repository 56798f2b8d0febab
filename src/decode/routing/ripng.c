/* SPDX-License-Identifier: BSD-3-Clause */
/* ripng.c - the Routing Information Protocol for IPv6: RFC 2080 §2 */
#include <torc/layers/routing/ripng.h>

#include <string.h>

#include "decode/registry.h"

#define HEADER 4
#define ENTRY  20

static int ripng_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;

	TORC_NEED(cursor, HEADER);
	if (p[0] < 1 || p[0] > 2 || p[1] != 1)
		return torc_cursor_malformed(cursor, "no command and version");
	cursor->header_length = HEADER + (cursor->length - HEADER) / ENTRY * ENTRY;
	return TORC_STEP_OK;
}

static void ripng_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
		       void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_ripng *ripng = out;

	ripng->command = p[0];
	ripng->version = p[1];
	ripng->entries = (struct torc_bytes){ p + HEADER, layer->header_length - HEADER };
}

int torc_ripng_entry_next(const struct torc_ripng *ripng, uint32_t *position,
			  struct torc_ripng_entry *entry)
{
	const uint8_t *p = ripng->entries.data + *position;

	*entry = (struct torc_ripng_entry){ 0 };
	if (*position >= ripng->entries.length || ripng->entries.length - *position < ENTRY)
		return 0;
	memcpy(entry->prefix, p, 16);
	entry->tag = torc_be16(p + 16);
	entry->prefix_length = p[18];
	entry->metric = p[19];
	*position += ENTRY;
	return 1;
}

static int entry_element(const void *layer, uint32_t *position, void *element)
{
	return torc_ripng_entry_next(layer, position, element);
}

static const char *command_name(uint64_t command)
{
	return command == 1 ? "request" : command == 2 ? "response" : NULL;
}

static const struct torc_field_info entry_fields[] = {
	TORC_FIELD_AT(struct torc_ripng_entry, prefix, "prefix", TORC_FIELD_IPV6),
	TORC_FIELD_AT(struct torc_ripng_entry, prefix_length, "prefix_length", TORC_FIELD_UINT,
		      .unit = "bits"),
	TORC_FIELD_AT(struct torc_ripng_entry, tag, "tag", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_ripng_entry, metric, "metric", TORC_FIELD_UINT),
	TORC_FIELDS_END
};

static const struct torc_list_info entry_list = {
	.next = entry_element,
	.element_size = sizeof(struct torc_ripng_entry),
	.fields = entry_fields,
};

static const struct torc_field_info ripng_fields[] = {
	TORC_FIELD_AT(struct torc_ripng, command, "command", TORC_FIELD_UINT,
		      .value_name = command_name),
	TORC_FIELD_AT(struct torc_ripng, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_ripng, entries, "entries", TORC_FIELD_LIST, .list = &entry_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number ripng_numbers[] = {
	{ TORC_BY_UDP_PORT, 521 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_ripng = {
	.name = "RIPng",
	.key = "ripng",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_ripng),
	.numbers = ripng_numbers,
	.decode = ripng_decode,
	.read = ripng_read,
	.fields = ripng_fields,
};
