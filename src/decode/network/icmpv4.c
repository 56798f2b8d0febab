/* SPDX-License-Identifier: BSD-3-Clause */
/* icmpv4.c - Internet Control Message Protocol, RFC 792; what it carries is Payload */
#include <torc/layers/network/icmp.h>

#include "decode/registry.h"

#define HEADER 8

static int icmpv4_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, HEADER);
	cursor->header_length = HEADER;
	cursor->next = TORC_LAYER_PAYLOAD;
	return TORC_STEP_OK;
}

static void icmpv4_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_icmpv4 *icmp = out;

	icmp->type = p[0];
	icmp->code = p[1];
	icmp->checksum = torc_be16(p + 2);
	icmp->id = torc_be16(p + 4);
	icmp->sequence = torc_be16(p + 6);
}

/* IANA, "ICMP Type Numbers" */
static const char *type_name(uint64_t type)
{
	static const char *const names[] = {
		[0] = "echo reply", [3] = "destination unreachable", [4] = "source quench",
		[5] = "redirect", [8] = "echo request", [9] = "router advertisement",
		[10] = "router solicitation", [11] = "time exceeded", [12] = "parameter problem",
		[13] = "timestamp", [14] = "timestamp reply", [15] = "information request",
		[16] = "information reply", [17] = "address mask request",
		[18] = "address mask reply"
	};

	if (type == 42 || type == 43) /* RFC 8335 */
		return type == 42 ? "extended echo request" : "extended echo reply";
	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

static const struct torc_field_info icmpv4_fields[] = {
	TORC_FIELD_AT(struct torc_icmpv4, type, "icmp_type", TORC_FIELD_UINT,
		      .value_name = type_name),
	TORC_FIELD_AT(struct torc_icmpv4, code, "code", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_icmpv4, checksum, "checksum", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_icmpv4, id, "id", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_icmpv4, sequence, "seq", TORC_FIELD_UINT),
	TORC_FIELDS_END
};

static const struct torc_layer_number icmpv4_numbers[] = {
	{ TORC_BY_IP_PROTOCOL, 1 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_icmpv4 = {
	.name = "ICMPv4",
	.key = "icmpv4",
	.struct_size = sizeof(struct torc_icmpv4),
	.numbers = icmpv4_numbers,
	.decode = icmpv4_decode,
	.read = icmpv4_read,
	.fields = icmpv4_fields,
	.checksum = { TORC_SUM_MESSAGE, 2, 0 },
};
