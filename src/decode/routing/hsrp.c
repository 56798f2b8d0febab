/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hsrp.c - Hot Standby Router Protocol: RFC 2281 §5; version 2, which no document of a standard
 * describes, as routers send it: a TLV of type 1 and 40 bytes
 */
#include <torc/layers/routing/hsrp.h>

#include <string.h>

#include "decode/registry.h"

#define HEADER	 20 /* RFC 2281 */
#define HEADER_2 42

static bool is_version_2(const uint8_t *p)
{
	return p[0] == 1 && p[1] == 40 && p[2] == 2;
}

static int hsrp_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t header;

	TORC_NEED(cursor, 3);
	if (p[0] != 0 && !is_version_2(p))
		return torc_cursor_malformed(cursor, "the version is neither 0 nor 2");
	header = is_version_2(p) ? HEADER_2 : HEADER;
	TORC_NEED(cursor, header);
	if (p[is_version_2(p) ? 3 : 1] > 2)
		return torc_cursor_malformed(cursor, "unknown operation");
	cursor->header_length = header;
	cursor->next = TORC_LAYER_PAYLOAD; /* TLVs of authentication */
	return TORC_STEP_OK;
}

static void version_2_read(struct torc_hsrp *hsrp, const uint8_t *p)
{
	hsrp->version = p[2];
	hsrp->opcode = p[3];
	hsrp->state = p[4];
	hsrp->group = torc_be16(p + 6);
	memcpy(hsrp->identifier, p + 8, 6);
	hsrp->priority = torc_be32(p + 14);
	hsrp->hello_ms = torc_be32(p + 18);
	hsrp->hold_ms = torc_be32(p + 22);
	if (p[5] == 6)
		memcpy(hsrp->ipv6, p + 26, 16);
	else
		memcpy(hsrp->ipv4, p + 26, 4);
}

static void hsrp_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_hsrp *hsrp = out;

	if (layer->header_length == HEADER_2) {
		version_2_read(hsrp, p);
		return;
	}
	hsrp->version = p[0];
	hsrp->opcode = p[1];
	hsrp->state = p[2];
	hsrp->hello_ms = p[3] * 1000u;
	hsrp->hold_ms = p[4] * 1000u;
	hsrp->priority = p[5];
	hsrp->group = p[6];
	hsrp->authentication = (struct torc_bytes){ p + 8, (uint32_t)strnlen((const char *)p + 8, 8) };
	memcpy(hsrp->ipv4, p + 16, 4);
}

static const char *opcode_name(uint64_t opcode)
{
	static const char *const names[] = { "hello", "coup", "resign" };

	return opcode < sizeof(names) / sizeof(names[0]) ? names[opcode] : NULL;
}

static const struct torc_field_info hsrp_fields[] = {
	TORC_FIELD_AT(struct torc_hsrp, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_hsrp, opcode, "opcode", TORC_FIELD_UINT,
		      .value_name = opcode_name),
	TORC_FIELD_AT(struct torc_hsrp, state, "state", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_hsrp, hello_ms, "hello", TORC_FIELD_UINT, .unit = "ms"),
	TORC_FIELD_AT(struct torc_hsrp, hold_ms, "hold", TORC_FIELD_UINT, .unit = "ms"),
	TORC_FIELD_AT(struct torc_hsrp, priority, "priority", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_hsrp, group, "group", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_hsrp, authentication, "authentication", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_hsrp, identifier, "identifier", TORC_FIELD_MAC,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_hsrp, ipv4, "ipv4", TORC_FIELD_IPV4,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_hsrp, ipv6, "ipv6", TORC_FIELD_IPV6,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number hsrp_numbers[] = {
	{ TORC_BY_UDP_PORT, 1985 },
	{ TORC_BY_UDP_PORT, 2029 }, /* over IPv6 */
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_hsrp = {
	.name = "HSRP",
	.key = "hsrp",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_hsrp),
	.numbers = hsrp_numbers,
	.decode = hsrp_decode,
	.read = hsrp_read,
	.fields = hsrp_fields,
};
