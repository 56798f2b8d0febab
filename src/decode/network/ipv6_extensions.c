/* SPDX-License-Identifier: BSD-3-Clause */
/* ipv6_extensions.c - extension headers of IPv6, RFC 8200 §4; jumbograms, RFC 2675 §2 */
#include <torc/layers/network/ip.h>

#include <string.h>

#include "decode/registry.h"

#define OPTION_PAD1  0x00
#define OPTION_JUMBO 0xC2

/* All but the fragment header: next header, then the length in units of 8 beyond the first 8. */
static uint32_t extension_length(const uint8_t *p)
{
	return (p[1] + 1u) * 8;
}

static int extension_take(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, 8);
	if (cursor->length < extension_length(cursor->data))
		return TORC_STEP_CUT_TAIL;
	cursor->header_length = extension_length(cursor->data);
	return TORC_STEP_OK;
}

static int extension_next(struct torc_cursor *cursor)
{
	cursor_next(cursor, TORC_BY_IP_PROTOCOL, cursor->data[0]);
	return TORC_STEP_OK;
}

static int extension_decode(struct torc_cursor *cursor)
{
	int step = extension_take(cursor);

	return step == TORC_STEP_OK ? extension_next(cursor) : step;
}

/* The option of an options area at *position; 1, or 0 at the end or where one does not fit. */
static int option_at(const struct torc_bytes *options, uint32_t *position,
		     struct torc_ipv6_option *option)
{
	const uint8_t *p;
	uint32_t left;

	if (*position >= options->length)
		return 0;
	p = options->data + *position;
	left = options->length - *position;
	option->type = p[0];
	option->data = (struct torc_bytes){ p + 1, 0 };
	if (p[0] == OPTION_PAD1) {
		*position += 1;
		return 1;
	}
	if (left < 2 || p[1] > left - 2)
		return 0;
	option->data = (struct torc_bytes){ p + 2, p[1] };
	*position += 2u + p[1];
	return 1;
}

static int options_decode(struct torc_cursor *cursor)
{
	int step = extension_take(cursor);
	struct torc_ipv6_option option;
	struct torc_bytes options;
	uint32_t position = 0;

	if (step != TORC_STEP_OK)
		return step;
	options = (struct torc_bytes){ cursor->data + 2, cursor->header_length - 2 };
	while (option_at(&options, &position, &option))
		;
	extension_next(cursor);
	return position == options.length ? TORC_STEP_OK :
					    torc_cursor_bad_tail(cursor, "an option does not fit");
}

/* The jumbo payload counts from behind the IPv6 header, and only when that has length 0. */
static void jumbo_claim(struct torc_cursor *cursor)
{
	const struct torc_decoded *decoded = cursor->decoded;
	struct torc_bytes options = { cursor->data + 2, cursor->header_length - 2 };
	const struct torc_layer *before;
	struct torc_ipv6_option option;
	uint32_t position = 0;

	if (decoded->layer_count == 0)
		return;
	before = &decoded->layers[decoded->layer_count - 1];
	if (before->type != TORC_LAYER_IPV6 ||
	    torc_be16(torc_layer_header(decoded, before) + 4) != 0)
		return;
	while (option_at(&options, &position, &option)) {
		if (option.type != OPTION_JUMBO || option.data.length != 4)
			continue;
		if (torc_be32(option.data.data) > 0xFFFF)
			torc_cursor_claim(cursor, torc_be32(option.data.data));
		return;
	}
}

static int hop_by_hop_decode(struct torc_cursor *cursor)
{
	int step = options_decode(cursor);

	if (step == TORC_STEP_OK)
		jumbo_claim(cursor);
	return step;
}

static void options_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			 void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_ipv6_options *header = out;

	header->next_header = p[0];
	header->header_length = (uint16_t)extension_length(p);
	header->options = (struct torc_bytes){ p + 2, layer->header_length - 2 };
}

int torc_ipv6_option_next(const struct torc_ipv6_options *header, uint32_t *position,
			  struct torc_ipv6_option *option)
{
	return option_at(&header->options, position, option);
}

static int option_element(const void *layer, uint32_t *position, void *element)
{
	return torc_ipv6_option_next(layer, position, element);
}

/* IANA, "Destination Options and Hop-by-Hop Options" */
static const char *option_name(uint64_t type)
{
	switch (type) {
	case 0x00:
		return "pad1";
	case 0x01:
		return "padN";
	case 0x04:
		return "tunnel encapsulation limit";
	case 0x05:
		return "router alert";
	case 0x0F:
		return "performance and diagnostic metrics";
	case 0x26:
		return "quick start";
	case 0x30:
		return "minimum path MTU";
	case 0x63:
		return "RPL";
	case 0xC2:
		return "jumbo payload";
	case 0xC9:
		return "home address";
	default:
		return NULL;
	}
}

static const struct torc_field_info option_fields[] = {
	TORC_FIELD_AT(struct torc_ipv6_option, type, "type", TORC_FIELD_HEX,
		      .value_name = option_name),
	TORC_FIELD_AT(struct torc_ipv6_option, data, "data", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_list_info options_list = {
	.next = option_element,
	.element_size = sizeof(struct torc_ipv6_option),
	.fields = option_fields,
};

static const struct torc_field_info options_fields[] = {
	TORC_FIELD_AT(struct torc_ipv6_options, next_header, "next_header", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_ipv6_options, header_length, "length", TORC_FIELD_UINT,
		      .unit = "bytes"),
	TORC_FIELD_AT(struct torc_ipv6_options, options, "options", TORC_FIELD_LIST,
		      .list = &options_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number hop_by_hop_numbers[] = {
	{ TORC_BY_IP_PROTOCOL, 0 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_ipv6_hop_by_hop = {
	.name = "IPv6HopByHop",
	.key = "ipv6_hop_by_hop",
	.struct_size = sizeof(struct torc_ipv6_options),
	.numbers = hop_by_hop_numbers,
	.decode = hop_by_hop_decode,
	.read = options_read,
	.fields = options_fields,
};

static const struct torc_layer_number destination_numbers[] = {
	{ TORC_BY_IP_PROTOCOL, 60 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_ipv6_destination = {
	.name = "IPv6Destination",
	.key = "ipv6_destination",
	.struct_size = sizeof(struct torc_ipv6_options),
	.numbers = destination_numbers,
	.decode = options_decode,
	.read = options_read,
	.fields = options_fields,
};

/* Where the addresses are: types 0 and 2 behind a reserved word, 4 (RFC 8754 §2) likewise. */
static struct torc_bytes routing_addresses(const uint8_t *p, uint32_t length)
{
	uint32_t count = (length - 8) / 16;

	if (p[2] == 4 && p[4] + 1u < count) /* "last entry"; TLVs follow */
		count = p[4] + 1u;
	if (p[2] != 0 && p[2] != 2 && p[2] != 4)
		count = 0;
	return (struct torc_bytes){ p + 8, count * 16 };
}

static void routing_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			 void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_ipv6_routing *routing = out;

	routing->next_header = p[0];
	routing->header_length = (uint16_t)extension_length(p);
	routing->routing_type = p[2];
	routing->segments_left = p[3];
	routing->data = (struct torc_bytes){ p + 4, layer->header_length - 4 };
	routing->addresses = routing_addresses(p, layer->header_length);
}

struct routing_address {
	uint8_t address[16];
};

static int routing_address_next(const void *layer, uint32_t *position, void *element)
{
	const struct torc_ipv6_routing *routing = layer;

	if (routing->addresses.length - *position < 16)
		return 0;
	memcpy(element, routing->addresses.data + *position, 16);
	*position += 16;
	return 1;
}

static const struct torc_field_info routing_address_fields[] = {
	TORC_FIELD_AT(struct routing_address, address, "address", TORC_FIELD_IPV6),
	TORC_FIELDS_END
};

static const struct torc_list_info routing_address_list = {
	.next = routing_address_next,
	.element_size = sizeof(struct routing_address),
	.fields = routing_address_fields,
};

static const char *routing_type_name(uint64_t type)
{
	static const char *const names[] = {
		"source route", "Nimrod", "type 2 (mobility)", "RPL source route", "segment routing"
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

static const struct torc_field_info routing_fields[] = {
	TORC_FIELD_AT(struct torc_ipv6_routing, next_header, "next_header", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_ipv6_routing, header_length, "length", TORC_FIELD_UINT,
		      .unit = "bytes"),
	TORC_FIELD_AT(struct torc_ipv6_routing, routing_type, "routing_type", TORC_FIELD_UINT,
		      .value_name = routing_type_name),
	TORC_FIELD_AT(struct torc_ipv6_routing, segments_left, "segments_left", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_ipv6_routing, data, "data", TORC_FIELD_BYTES),
	TORC_FIELD_AT(struct torc_ipv6_routing, addresses, "addresses", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &routing_address_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number routing_numbers[] = {
	{ TORC_BY_IP_PROTOCOL, 43 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_ipv6_routing = {
	.name = "IPv6Routing",
	.key = "ipv6_routing",
	.struct_size = sizeof(struct torc_ipv6_routing),
	.numbers = routing_numbers,
	.decode = extension_decode,
	.read = routing_read,
	.fields = routing_fields,
};

/* An atomic fragment (RFC 6946: offset 0, no more) is a whole packet. */
static int fragment_decode(struct torc_cursor *cursor)
{
	uint16_t word;

	TORC_NEED(cursor, 8);
	cursor->header_length = 8;
	word = torc_be16(cursor->data + 2);
	if (word & 0xFFF8) {
		cursor->flags |= TORC_DECODED_FRAGMENT | TORC_DECODED_LATER_FRAGMENT;
		cursor->next = TORC_LAYER_FRAGMENT;
		return TORC_STEP_OK;
	}
	if (word & 1)
		cursor->flags |= TORC_DECODED_FRAGMENT;
	return extension_next(cursor);
}

static void fragment_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			  void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_ipv6_fragment *fragment = out;

	fragment->next_header = p[0];
	fragment->fragment_offset = torc_be16(p + 2) & 0xFFF8;
	fragment->more_fragments = p[3] & 1;
	fragment->id = torc_be32(p + 4);
}

static const struct torc_field_info fragment_fields[] = {
	TORC_FIELD_AT(struct torc_ipv6_fragment, next_header, "next_header", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_ipv6_fragment, fragment_offset, "fragment_offset",
		      TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_ipv6_fragment, more_fragments, "more_fragments",
		      TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_ipv6_fragment, id, "id", TORC_FIELD_UINT),
	TORC_FIELDS_END
};

static const struct torc_layer_number fragment_numbers[] = {
	{ TORC_BY_IP_PROTOCOL, 44 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_ipv6_fragment = {
	.name = "IPv6Fragment",
	.key = "ipv6_fragment",
	.struct_size = sizeof(struct torc_ipv6_fragment),
	.numbers = fragment_numbers,
	.decode = fragment_decode,
	.read = fragment_read,
	.fields = fragment_fields,
};
