/* SPDX-License-Identifier: BSD-3-Clause */
/* rip.c - Routing Information Protocol: RFC 1058 §3.1, RFC 2453 §4 */
#include <torc/layers/routing/rip.h>

#include <string.h>

#include "decode/registry.h"

#define HEADER 4
#define ENTRY  20

#define AUTHENTICATION 0xFFFF /* in the place of a family */
#define TRAILER	       1

static int rip_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;

	TORC_NEED(cursor, HEADER);
	if (p[0] != 1 && p[0] != 2)
		return torc_cursor_malformed(cursor, "the command is neither request nor response");
	if (p[1] != 1 && p[1] != 2)
		return torc_cursor_malformed(cursor, "the version is neither 1 nor 2");
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static void rip_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_rip *rip = out;

	rip->command = p[0];
	rip->version = p[1];
	rip->entries = (struct torc_bytes){ p + HEADER, layer->header_length - HEADER };
}

int torc_rip_entry_next(const struct torc_rip *rip, uint32_t *position,
			struct torc_rip_entry *entry)
{
	const uint8_t *p = rip->entries.data + *position;

	if (*position + ENTRY > rip->entries.length)
		return 0;
	entry->family = torc_be16(p);
	entry->tag = torc_be16(p + 2);
	*position += ENTRY;
	if (entry->family == AUTHENTICATION) {
		/* RFC 4822 §2.3: the digest stands last, and is no entry */
		if (entry->tag == TRAILER)
			return 0;
		memset(entry->address, 0, 4);
		memset(entry->mask, 0, 4);
		memset(entry->next_hop, 0, 4);
		entry->metric = 0;
		return 1;
	}
	memcpy(entry->address, p + 4, 4);
	memcpy(entry->mask, p + 8, 4);
	memcpy(entry->next_hop, p + 12, 4);
	entry->metric = torc_be32(p + 16);
	return 1;
}

static int entry_element(const void *layer, uint32_t *position, void *element)
{
	return torc_rip_entry_next(layer, position, element);
}

static const struct torc_field_info entry_fields[] = {
	TORC_FIELD_AT(struct torc_rip_entry, family, "family", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_rip_entry, tag, "tag", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_rip_entry, address, "address", TORC_FIELD_IPV4),
	TORC_FIELD_AT(struct torc_rip_entry, mask, "mask", TORC_FIELD_IPV4),
	TORC_FIELD_AT(struct torc_rip_entry, next_hop, "next_hop", TORC_FIELD_IPV4),
	TORC_FIELD_AT(struct torc_rip_entry, metric, "metric", TORC_FIELD_UINT),
	TORC_FIELDS_END
};

static const struct torc_list_info entry_list = {
	.next = entry_element,
	.element_size = sizeof(struct torc_rip_entry),
	.fields = entry_fields,
};

static const char *command_name(uint64_t command)
{
	return command == 1 ? "request" : command == 2 ? "response" : NULL;
}

static const struct torc_field_info rip_fields[] = {
	TORC_FIELD_AT(struct torc_rip, command, "command", TORC_FIELD_UINT,
		      .value_name = command_name),
	TORC_FIELD_AT(struct torc_rip, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_rip, entries, "entries", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &entry_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number rip_numbers[] = {
	{ TORC_BY_UDP_PORT, 520 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_rip = {
	.name = "RIP",
	.key = "rip",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_rip),
	.numbers = rip_numbers,
	.decode = rip_decode,
	.read = rip_read,
	.fields = rip_fields,
};
