/* SPDX-License-Identifier: BSD-3-Clause */
/* icmpv6.c - ICMP for IPv6, RFC 4443 §2.1, and its echo messages, §4; others register by type */
#include <torc/layers/network/icmp.h>

#include "decode/registry.h"

#define LISTENER_QUERY 130

/* RFC 3810 §8.1: queries of both versions have one type; the first one's is 24 bytes long. */
static unsigned int listener_query(const struct torc_cursor *cursor)
{
	return cursor->wire_length > 24 ? TORC_LAYER_MLDV2_QUERY : TORC_LAYER_MLDV1_QUERY;
}

static int icmpv6_decode(struct torc_cursor *cursor)
{
	unsigned int type;

	TORC_NEED(cursor, 4);
	cursor->header_length = 4;
	type = registry_find(TORC_BY_ICMPV6_TYPE, cursor->data[0]);
	if (cursor->data[0] == LISTENER_QUERY)
		type = listener_query(cursor);
	cursor->next = type != TORC_LAYER_NONE ? (uint16_t)type : TORC_LAYER_PAYLOAD;
	return TORC_STEP_OK;
}

static void icmpv6_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_icmpv6 *icmp = out;

	icmp->type = p[0];
	icmp->code = p[1];
	icmp->checksum = torc_be16(p + 2);
}

/* IANA, "ICMPv6 "type" Numbers" */
static const char *type_name(uint64_t type)
{
	static const char *const errors[] = {
		[1] = "destination unreachable", [2] = "packet too big", [3] = "time exceeded",
		[4] = "parameter problem"
	};
	static const char *const messages[] = {
		"echo request", "echo reply", "multicast listener query",
		"multicast listener report", "multicast listener done", "router solicitation",
		"router advertisement", "neighbor solicitation", "neighbor advertisement",
		"redirect"
	};

	if (type < sizeof(errors) / sizeof(errors[0]))
		return errors[type];
	if (type >= 128 && type - 128 < sizeof(messages) / sizeof(messages[0]))
		return messages[type - 128];
	return type == 143 ? "multicast listener report v2" : NULL;
}

static const struct torc_field_info icmpv6_fields[] = {
	TORC_FIELD_AT(struct torc_icmpv6, type, "icmp_type", TORC_FIELD_UINT,
		      .value_name = type_name),
	TORC_FIELD_AT(struct torc_icmpv6, code, "code", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_icmpv6, checksum, "checksum", TORC_FIELD_HEX),
	TORC_FIELDS_END
};

static const struct torc_layer_number icmpv6_numbers[] = {
	{ TORC_BY_IP_PROTOCOL, 58 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_icmpv6 = {
	.name = "ICMPv6",
	.key = "icmpv6",
	.struct_size = sizeof(struct torc_icmpv6),
	.numbers = icmpv6_numbers,
	.decode = icmpv6_decode,
	.read = icmpv6_read,
	.fields = icmpv6_fields,
	.checksum = { TORC_SUM_PSEUDO, 2, 58 },
};

static int echo_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, 4);
	cursor->header_length = 4;
	cursor->next = TORC_LAYER_PAYLOAD;
	return TORC_STEP_OK;
}

static void echo_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_icmpv6_echo *echo = out;

	echo->id = torc_be16(p);
	echo->sequence = torc_be16(p + 2);
}

static const struct torc_field_info echo_fields[] = {
	TORC_FIELD_AT(struct torc_icmpv6_echo, id, "id", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_icmpv6_echo, sequence, "seq", TORC_FIELD_UINT),
	TORC_FIELDS_END
};

static const struct torc_layer_number echo_numbers[] = {
	{ TORC_BY_ICMPV6_TYPE, 128 },
	{ TORC_BY_ICMPV6_TYPE, 129 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_icmpv6_echo = {
	.name = "ICMPv6Echo",
	.key = "icmpv6_echo",
	.struct_size = sizeof(struct torc_icmpv6_echo),
	.numbers = echo_numbers,
	.decode = echo_decode,
	.read = echo_read,
	.fields = echo_fields,
};
