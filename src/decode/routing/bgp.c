/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bgp.c - BGP-4: RFC 4271 §4. TCP carries a stream, so a segment is a list of messages, the last of which
 * may go on in the next segment.
 */
#include <torc/layers/routing/bgp.h>

#include <string.h>

#include "decode/registry.h"
#include "decode/routing/bgp.h"

#define HEADER 19

enum { OPEN = 1, UPDATE = 2, NOTIFICATION = 3, KEEPALIVE = 4, REFRESH = 5 };

static bool is_header(const uint8_t *p)
{
	for (int i = 0; i < 16; i++)
		if (p[i] != 0xFF)
			return false;
	return torc_be16(p + 16) >= HEADER && p[18] >= OPEN && p[18] <= REFRESH;
}

static int bgp_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, HEADER);
	if (!is_header(cursor->data))
		return torc_cursor_malformed(cursor, "no marker, length and type of a message");
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static void bgp_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_bgp *bgp = out;

	bgp->messages = (struct torc_bytes){ p, layer->header_length };
}

/* §4.3: withdrawn routes, attributes, routes; each part as far as it is there */
static void update_read(const uint8_t *p, uint32_t left, struct torc_bgp_message *message)
{
	uint32_t length;

	if (left < 2)
		return;
	length = torc_be16(p);
	if (length > left - 2 && message->is_whole)
		return;
	length = length < left - 2 ? length : left - 2;
	message->withdrawn = (struct torc_bytes){ p + 2, length };
	p += 2 + length;
	left -= 2 + length;
	if (left < 2)
		return;
	length = torc_be16(p);
	if (length > left - 2 && message->is_whole)
		return;
	length = length < left - 2 ? length : left - 2;
	message->attributes = (struct torc_bytes){ p + 2, length };
	message->prefixes = (struct torc_bytes){ p + 2 + length, left - 2 - length };
}

static void message_read(const uint8_t *p, uint32_t length, struct torc_bgp_message *message)
{
	if (message->type == OPEN && length >= 10) {
		message->version = p[0];
		message->autonomous_system = torc_be16(p + 1);
		message->hold_s = torc_be16(p + 3);
		memcpy(message->identifier, p + 5, 4);
	} else if (message->type == NOTIFICATION && length >= 2) {
		message->error_code = p[0];
		message->error_subcode = p[1];
	} else if (message->type == UPDATE) {
		update_read(p, length, message);
	}
}

int torc_bgp_message_next(const struct torc_bgp *bgp, uint32_t *position,
			  struct torc_bgp_message *message)
{
	const uint8_t *p;
	uint32_t left, length;

	*message = (struct torc_bgp_message){ 0 };
	if (*position >= bgp->messages.length || bgp->messages.length - *position < HEADER)
		return 0;
	p = bgp->messages.data + *position;
	left = bgp->messages.length - *position;
	if (!is_header(p))
		return 0;
	length = torc_be16(p + 16);
	message->type = p[18];
	message->length = (uint16_t)length;
	message->is_whole = length <= left;
	length = message->is_whole ? length : left;
	message_read(p + HEADER, length - HEADER, message);
	*position += length;
	return 1;
}

static int message_element(const void *layer, uint32_t *position, void *element)
{
	return torc_bgp_message_next(layer, position, element);
}

static const char *type_name(uint64_t type)
{
	static const char *const names[] = { [1] = "open", "update", "notification", "keepalive",
					     "route refresh" };

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

static const struct torc_field_info message_fields[] = {
	TORC_FIELD_AT(struct torc_bgp_message, type, "type", TORC_FIELD_UINT,
		      .value_name = type_name),
	TORC_FIELD_AT(struct torc_bgp_message, length, "length", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_bgp_message, is_whole, "whole", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_bgp_message, version, "version", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_bgp_message, autonomous_system, "as", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_bgp_message, hold_s, "hold", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "seconds"),
	TORC_FIELD_AT(struct torc_bgp_message, identifier, "identifier", TORC_FIELD_IPV4,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_bgp_message, error_code, "error_code", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_bgp_message, error_subcode, "error_subcode", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_list_info message_list = {
	.next = message_element,
	.element_size = sizeof(struct torc_bgp_message),
	.fields = message_fields,
};

static const struct torc_field_info bgp_fields[] = {
	TORC_FIELD_AT(struct torc_bgp, messages, "messages", TORC_FIELD_LIST,
		      .list = &message_list),
	TORC_FIELD_AT(struct torc_bgp, messages, "withdrawn", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &torc_bgp_withdrawn_list),
	TORC_FIELD_AT(struct torc_bgp, messages, "attributes", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &torc_bgp_attribute_list),
	TORC_FIELD_AT(struct torc_bgp, messages, "as_path", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &torc_bgp_as_list),
	TORC_FIELD_AT(struct torc_bgp, messages, "communities", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &torc_bgp_community_list),
	TORC_FIELD_AT(struct torc_bgp, messages, "routes", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &torc_bgp_route_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number bgp_numbers[] = {
	{ TORC_BY_TCP_PORT, 179 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_bgp = {
	.name = "BGP",
	.key = "bgp",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_bgp),
	.numbers = bgp_numbers,
	.decode = bgp_decode,
	.read = bgp_read,
	.fields = bgp_fields,
};
