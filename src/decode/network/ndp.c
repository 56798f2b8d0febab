/* SPDX-License-Identifier: BSD-3-Clause */
/* ndp.c - Neighbor Discovery for IPv6: RFC 4861 §4 */
#include <torc/layers/network/ndp.h>

#include <string.h>

#include "decode/registry.h"

#define SOURCE_ADDRESS 1
#define TARGET_ADDRESS 2
#define PREFIX	       3
#define MTU	       5

/* The options count in units of eight bytes and must fill what is there (RFC 4861 §4.6). */
static bool options_fit(const uint8_t *p, uint32_t length)
{
	uint32_t at = 0;

	while (at < length) {
		if (length - at < 2 || p[at + 1] == 0 || p[at + 1] * 8u > length - at)
			return false;
		at += p[at + 1] * 8u;
	}
	return true;
}

static int message_decode(struct torc_cursor *cursor, uint32_t fixed)
{
	TORC_NEED(cursor, fixed);
	cursor->header_length = cursor->length;
	if (cursor->length == cursor->wire_length &&
	    !options_fit(cursor->data + fixed, cursor->length - fixed))
		return torc_cursor_bad_tail(cursor, "an option does not fit");
	return TORC_STEP_OK;
}

static struct torc_bytes options_behind(const struct torc_decoded *decoded,
					const struct torc_layer *layer, uint32_t fixed)
{
	return (struct torc_bytes){ torc_layer_header(decoded, layer) + fixed,
				    layer->header_length - fixed };
}

int torc_ndp_option_next(const struct torc_bytes *options, uint32_t *position,
			 struct torc_ndp_option *option)
{
	const uint8_t *p;
	uint32_t left, length;

	if (*position >= options->length)
		return 0;
	p = options->data + *position;
	left = options->length - *position;
	if (left < 2 || p[1] == 0 || p[1] * 8u > left)
		return 0;
	length = p[1] * 8u;
	memset(option, 0, sizeof(*option));
	option->type = p[0];
	option->data = (struct torc_bytes){ p + 2, length - 2 };
	if ((p[0] == SOURCE_ADDRESS || p[0] == TARGET_ADDRESS) && length == 8)
		memcpy(option->link_address, p + 2, 6);
	if (p[0] == PREFIX && length == 32) {
		option->prefix_length = p[2];
		memcpy(option->prefix, p + 16, 16);
	}
	if (p[0] == MTU && length == 8)
		option->mtu = torc_be32(p + 4);
	*position += length;
	return 1;
}

/* IANA, "IPv6 Neighbor Discovery Option Formats" */
static const char *option_name(uint64_t type)
{
	switch (type) {
	case SOURCE_ADDRESS:
		return "source link address";
	case TARGET_ADDRESS:
		return "target link address";
	case PREFIX:
		return "prefix";
	case 4:
		return "redirected header";
	case MTU:
		return "MTU";
	case 14:
		return "nonce";
	case 24:
		return "route";
	case 25:
		return "DNS servers";
	case 31:
		return "DNS search list";
	case 38:
		return "PREF64";
	default:
		return NULL;
	}
}

static const struct torc_field_info option_fields[] = {
	TORC_FIELD_AT(struct torc_ndp_option, type, "type", TORC_FIELD_UINT,
		      .value_name = option_name),
	TORC_FIELD_AT(struct torc_ndp_option, link_address, "link_address", TORC_FIELD_MAC,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_ndp_option, prefix, "prefix", TORC_FIELD_IPV6,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_ndp_option, prefix_length, "prefix_length", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_ndp_option, mtu, "mtu", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_ndp_option, data, "data", TORC_FIELD_BYTES),
	TORC_FIELDS_END
};

static int rs_decode(struct torc_cursor *cursor)
{
	return message_decode(cursor, 4);
}

static void rs_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	struct torc_icmpv6_router_solicitation *message = out;

	message->options = options_behind(decoded, layer, 4);
}

static int rs_option(const void *layer, uint32_t *position, void *element)
{
	const struct torc_icmpv6_router_solicitation *message = layer;

	return torc_ndp_option_next(&message->options, position, element);
}

static const struct torc_list_info rs_options = {
	.next = rs_option,
	.element_size = sizeof(struct torc_ndp_option),
	.fields = option_fields,
};

static const struct torc_field_info rs_fields[] = {
	TORC_FIELD_AT(struct torc_icmpv6_router_solicitation, options, "options", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &rs_options),
	TORC_FIELDS_END
};

static const struct torc_layer_number rs_numbers[] = { { TORC_BY_ICMPV6_TYPE, 133 },
						       { TORC_BY_NONE, 0 } };

const struct torc_layer_ops torc_layer_ops_icmpv6_router_solicitation = {
	.name = "ICMPv6RouterSolicitation",
	.key = "icmpv6_router_solicitation",
	.struct_size = sizeof(struct torc_icmpv6_router_solicitation),
	.numbers = rs_numbers,
	.decode = rs_decode,
	.read = rs_read,
	.fields = rs_fields,
};

static int ra_decode(struct torc_cursor *cursor)
{
	return message_decode(cursor, 12);
}

static void ra_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_icmpv6_router_advertisement *message = out;

	message->hop_limit = p[0];
	message->managed = p[1] & 0x80;
	message->other = p[1] & 0x40;
	message->router_lifetime_s = torc_be16(p + 2);
	message->reachable_time_ms = torc_be32(p + 4);
	message->retransmission_ms = torc_be32(p + 8);
	message->options = options_behind(decoded, layer, 12);
}

static int ra_option(const void *layer, uint32_t *position, void *element)
{
	const struct torc_icmpv6_router_advertisement *message = layer;

	return torc_ndp_option_next(&message->options, position, element);
}

static const struct torc_list_info ra_options = {
	.next = ra_option,
	.element_size = sizeof(struct torc_ndp_option),
	.fields = option_fields,
};

static const struct torc_field_info ra_fields[] = {
	TORC_FIELD_AT(struct torc_icmpv6_router_advertisement, hop_limit, "hop_limit",
		      TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_icmpv6_router_advertisement, managed, "managed", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_icmpv6_router_advertisement, other, "other", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_icmpv6_router_advertisement, router_lifetime_s, "router_lifetime",
		      TORC_FIELD_UINT, .unit = "seconds"),
	TORC_FIELD_AT(struct torc_icmpv6_router_advertisement, reachable_time_ms, "reachable_time",
		      TORC_FIELD_UINT, .unit = "ms"),
	TORC_FIELD_AT(struct torc_icmpv6_router_advertisement, retransmission_ms,
		      "retransmission_time", TORC_FIELD_UINT, .unit = "ms"),
	TORC_FIELD_AT(struct torc_icmpv6_router_advertisement, options, "options", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &ra_options),
	TORC_FIELDS_END
};

static const struct torc_layer_number ra_numbers[] = { { TORC_BY_ICMPV6_TYPE, 134 },
						       { TORC_BY_NONE, 0 } };

const struct torc_layer_ops torc_layer_ops_icmpv6_router_advertisement = {
	.name = "ICMPv6RouterAdvertisement",
	.key = "icmpv6_router_advertisement",
	.struct_size = sizeof(struct torc_icmpv6_router_advertisement),
	.numbers = ra_numbers,
	.decode = ra_decode,
	.read = ra_read,
	.fields = ra_fields,
};

static int ns_decode(struct torc_cursor *cursor)
{
	return message_decode(cursor, 20);
}

static void ns_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_icmpv6_neighbor_solicitation *message = out;

	memcpy(message->target, p + 4, 16);
	message->options = options_behind(decoded, layer, 20);
}

static int ns_option(const void *layer, uint32_t *position, void *element)
{
	const struct torc_icmpv6_neighbor_solicitation *message = layer;

	return torc_ndp_option_next(&message->options, position, element);
}

static const struct torc_list_info ns_options = {
	.next = ns_option,
	.element_size = sizeof(struct torc_ndp_option),
	.fields = option_fields,
};

static const struct torc_field_info ns_fields[] = {
	TORC_FIELD_AT(struct torc_icmpv6_neighbor_solicitation, target, "target", TORC_FIELD_IPV6,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_icmpv6_neighbor_solicitation, options, "options", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &ns_options),
	TORC_FIELDS_END
};

static const struct torc_layer_number ns_numbers[] = { { TORC_BY_ICMPV6_TYPE, 135 },
						       { TORC_BY_NONE, 0 } };

const struct torc_layer_ops torc_layer_ops_icmpv6_neighbor_solicitation = {
	.name = "ICMPv6NeighborSolicitation",
	.key = "icmpv6_neighbor_solicitation",
	.struct_size = sizeof(struct torc_icmpv6_neighbor_solicitation),
	.numbers = ns_numbers,
	.decode = ns_decode,
	.read = ns_read,
	.fields = ns_fields,
};

static int na_decode(struct torc_cursor *cursor)
{
	return message_decode(cursor, 20);
}

static void na_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_icmpv6_neighbor_advertisement *message = out;

	message->router = p[0] & 0x80;
	message->solicited = p[0] & 0x40;
	message->override = p[0] & 0x20;
	memcpy(message->target, p + 4, 16);
	message->options = options_behind(decoded, layer, 20);
}

static int na_option(const void *layer, uint32_t *position, void *element)
{
	const struct torc_icmpv6_neighbor_advertisement *message = layer;

	return torc_ndp_option_next(&message->options, position, element);
}

static const struct torc_list_info na_options = {
	.next = na_option,
	.element_size = sizeof(struct torc_ndp_option),
	.fields = option_fields,
};

static const struct torc_field_info na_fields[] = {
	TORC_FIELD_AT(struct torc_icmpv6_neighbor_advertisement, router, "router", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_icmpv6_neighbor_advertisement, solicited, "solicited",
		      TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_icmpv6_neighbor_advertisement, override, "override",
		      TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_icmpv6_neighbor_advertisement, target, "target", TORC_FIELD_IPV6,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_icmpv6_neighbor_advertisement, options, "options",
		      TORC_FIELD_LIST, .flags = TORC_FIELD_OPTIONAL, .list = &na_options),
	TORC_FIELDS_END
};

static const struct torc_layer_number na_numbers[] = { { TORC_BY_ICMPV6_TYPE, 136 },
						       { TORC_BY_NONE, 0 } };

const struct torc_layer_ops torc_layer_ops_icmpv6_neighbor_advertisement = {
	.name = "ICMPv6NeighborAdvertisement",
	.key = "icmpv6_neighbor_advertisement",
	.struct_size = sizeof(struct torc_icmpv6_neighbor_advertisement),
	.numbers = na_numbers,
	.decode = na_decode,
	.read = na_read,
	.fields = na_fields,
};

static int redirect_decode(struct torc_cursor *cursor)
{
	return message_decode(cursor, 36);
}

static void redirect_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			  void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_icmpv6_redirect *message = out;

	memcpy(message->target, p + 4, 16);
	memcpy(message->destination, p + 20, 16);
	message->options = options_behind(decoded, layer, 36);
}

static int redirect_option(const void *layer, uint32_t *position, void *element)
{
	const struct torc_icmpv6_redirect *message = layer;

	return torc_ndp_option_next(&message->options, position, element);
}

static const struct torc_list_info redirect_options = {
	.next = redirect_option,
	.element_size = sizeof(struct torc_ndp_option),
	.fields = option_fields,
};

static const struct torc_field_info redirect_fields[] = {
	TORC_FIELD_AT(struct torc_icmpv6_redirect, target, "target", TORC_FIELD_IPV6,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_icmpv6_redirect, destination, "dst", TORC_FIELD_IPV6,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_icmpv6_redirect, options, "options", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &redirect_options),
	TORC_FIELDS_END
};

static const struct torc_layer_number redirect_numbers[] = { { TORC_BY_ICMPV6_TYPE, 137 },
							     { TORC_BY_NONE, 0 } };

const struct torc_layer_ops torc_layer_ops_icmpv6_redirect = {
	.name = "ICMPv6Redirect",
	.key = "icmpv6_redirect",
	.struct_size = sizeof(struct torc_icmpv6_redirect),
	.numbers = redirect_numbers,
	.decode = redirect_decode,
	.read = redirect_read,
	.fields = redirect_fields,
};
