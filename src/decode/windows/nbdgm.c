/* SPDX-License-Identifier: BSD-3-Clause */
/* nbdgm.c - NetBIOS's datagram service: RFC 1002 §4.4 */
#include <torc/layers/windows/netbios.h>

#include <string.h>

#include "decode/registry.h"
#include "decode/windows/netbios.h"
#include "decode/windows/smb.h"

#define HEADER	      10
#define NAMES	      14 /* where the names of a datagram begin */
#define DATAGRAM_PORT 138

enum { UNIQUE = 0x10, BROADCAST = 0x12, ERROR = 0x13, QUERY = 0x14, NEGATIVE = 0x16 };

static bool has_data(uint8_t type)
{
	return type >= UNIQUE && type <= BROADCAST;
}

static int nbdgm_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t source, destination, at = HEADER;

	TORC_NEED(cursor, HEADER);
	if (p[0] < UNIQUE || p[0] > NEGATIVE || p[1] & 0xF0)
		return torc_cursor_malformed(cursor, "no type and flags of a datagram");
	if (p[0] == ERROR) {
		TORC_NEED(cursor, HEADER + 1);
		cursor->header_length = HEADER + 1;
		return TORC_STEP_OK;
	}
	if (has_data(p[0])) {
		TORC_NEED(cursor, NAMES);
		torc_cursor_claim(cursor, NAMES + torc_be16(p + 10));
		at = NAMES;
		if (!netbios_name_at(p + at, cursor->length - at, &source))
			goto no_name;
		at += source;
	}
	if (!netbios_name_at(p + at, cursor->length - at, &destination))
		goto no_name;
	cursor->header_length = at + destination;
	if (!has_data(p[0]))
		return TORC_STEP_OK;
	cursor->next = TORC_LAYER_PAYLOAD;
	if (cursor->length - cursor->header_length >= 4 &&
	    smb_kind(p + cursor->header_length) == TORC_LAYER_SMB)
		cursor->next = TORC_LAYER_SMB;
	return TORC_STEP_OK;
no_name:
	if (cursor->length < cursor->wire_length)
		return TORC_STEP_SHORT;
	return torc_cursor_malformed(cursor, "no name of 32 letters");
}

static void nbdgm_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
		       void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_nbdgm *nbdgm = out;
	uint32_t at = HEADER;

	nbdgm->type = p[0];
	nbdgm->more_fragments = p[1] & 1;
	nbdgm->is_first = p[1] & 2;
	nbdgm->node_type = p[1] >> 2 & 3;
	nbdgm->id = torc_be16(p + 2);
	memcpy(nbdgm->source_ip, p + 4, 4);
	nbdgm->source_port = torc_be16(p + 8);
	if (p[0] == ERROR) {
		nbdgm->error_code = p[10];
		return;
	}
	if (has_data(p[0])) {
		nbdgm->length = torc_be16(p + 10);
		nbdgm->offset = torc_be16(p + 12);
		nbdgm->source = (struct torc_bytes){ p + NAMES + 1, NETBIOS_LETTERS };
		at = NAMES + netbios_name_size(p + NAMES, layer->header_length - NAMES);
	}
	nbdgm->destination = (struct torc_bytes){ p + at + 1, NETBIOS_LETTERS };
}

static const char *type_name(uint64_t type)
{
	static const char *const names[] = { "unique",	    "group", "broadcast", "error",
					     "query",	    "positive response",
					     "negative response" };

	return type >= UNIQUE && type <= NEGATIVE ? names[type - UNIQUE] : NULL;
}

static const char *node_name(uint64_t type)
{
	static const char *const names[] = { "B", "P", "M", "distribution server" };

	return type < 4 ? names[type] : NULL;
}

static const struct torc_field_info nbdgm_fields[] = {
	TORC_FIELD_AT(struct torc_nbdgm, type, "message_type", TORC_FIELD_HEX,
		      .value_name = type_name),
	TORC_FIELD_AT(struct torc_nbdgm, more_fragments, "more_fragments", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_nbdgm, is_first, "first", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_nbdgm, node_type, "node_type", TORC_FIELD_UINT,
		      .value_name = node_name),
	TORC_FIELD_AT(struct torc_nbdgm, id, "id", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_nbdgm, source_ip, "source_ip", TORC_FIELD_IPV4),
	TORC_FIELD_AT(struct torc_nbdgm, source_port, "source_port", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_nbdgm, length, "datagram_length", TORC_FIELD_UINT,
		      .unit = "bytes"),
	TORC_FIELD_AT(struct torc_nbdgm, offset, "fragment_offset", TORC_FIELD_UINT,
		      .unit = "bytes"),
	TORC_FIELD_AT(struct torc_nbdgm, error_code, "error_code", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_nbdgm, source, "source", TORC_FIELD_NETBIOS,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_nbdgm, destination, "destination", TORC_FIELD_NETBIOS,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number nbdgm_numbers[] = {
	{ TORC_BY_UDP_PORT, DATAGRAM_PORT },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_nbdgm = {
	.name = "NBDGM",
	.key = "nbdgm",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_nbdgm),
	.numbers = nbdgm_numbers,
	.decode = nbdgm_decode,
	.read = nbdgm_read,
	.fields = nbdgm_fields,
};
