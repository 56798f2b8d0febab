/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nbss.c - NetBIOS's session service: RFC 1002 §4.3, and [MS-SMB2] §2.1 for port 445
 *
 * A segment may begin in the middle of a message, so one begins here only where a message of SMB follows at once,
 * or a name or length that its type asks for. What is left behind a message is looked at the same way.
 */
#include <torc/layers/windows/netbios.h>

#include <string.h>

#include "decode/registry.h"
#include "decode/windows/netbios.h"
#include "decode/windows/smb.h"

#define HEADER 4

enum { MESSAGE = 0, REQUEST = 0x81, ACCEPTED, REFUSED, ELSEWHERE, KEEPALIVE };

/* Of the three bytes of length the upper bits are flags on port 139, and were always 0 there. */
bool nbss_begins(const uint8_t *p, uint32_t left)
{
	uint32_t length, size;

	if (left < HEADER)
		return false;
	length = torc_be24(p + 1);
	switch (p[0]) {
	case MESSAGE:
		return left >= HEADER + 4 && length >= 32 && smb_kind(p + HEADER) != TORC_LAYER_NONE;
	case REQUEST:
		return length >= 68 && length < 600 &&
		       netbios_name_at(p + HEADER, left - HEADER, &size);
	case ACCEPTED:
	case KEEPALIVE:
		return length == 0;
	case REFUSED:
		return length == 1 && left > HEADER && p[HEADER] >= 0x80;
	case ELSEWHERE:
		return length == 6;
	default:
		return false;
	}
}

static int nbss_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;

	TORC_NEED(cursor, HEADER);
	if (!nbss_begins(p, cursor->length)) {
		if (p[0] == MESSAGE && cursor->length < HEADER + 4)
			return TORC_STEP_SHORT;
		return torc_cursor_malformed(cursor, "no type and length of a session");
	}
	cursor->header_length = HEADER;
	if (p[0] == MESSAGE) {
		cursor->next = (uint16_t)smb_kind(p + HEADER);
		return TORC_STEP_OK;
	}
	cursor->header_length += torc_be24(p + 1);
	if (cursor->header_length > cursor->length)
		cursor->header_length = cursor->length;
	else if (nbss_begins(p + cursor->header_length, cursor->length - cursor->header_length))
		cursor->next = TORC_LAYER_NBSS;
	return TORC_STEP_OK;
}

static void nbss_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	uint32_t left = layer->header_length - HEADER, size;
	struct torc_nbss *nbss = out;

	nbss->type = p[0];
	nbss->length = torc_be24(p + 1);
	if (nbss->type == REFUSED && left > 0)
		nbss->error_code = p[HEADER];
	if (nbss->type != REQUEST || !netbios_name_at(p + HEADER, left, &size))
		return;
	nbss->called = (struct torc_bytes){ p + HEADER + 1, NETBIOS_LETTERS };
	p += HEADER + size;
	left -= size;
	if (netbios_name_at(p, left, &size))
		nbss->calling = (struct torc_bytes){ p + 1, NETBIOS_LETTERS };
}

static const char *type_name(uint64_t type)
{
	static const char *const names[] = { "request", "positive response", "negative response",
					     "retarget response", "keepalive" };

	return type == MESSAGE ? "message" :
	       type >= REQUEST && type <= KEEPALIVE ? names[type - REQUEST] :
						      NULL;
}

/* RFC 1002 §4.3.4 */
static const char *error_name(uint64_t code)
{
	switch (code) {
	case 0x80:
		return "not listening on called name";
	case 0x81:
		return "not listening for calling name";
	case 0x82:
		return "called name not present";
	case 0x83:
		return "insufficient resources";
	case 0x8F:
		return "unspecified error";
	default:
		return NULL;
	}
}

static const struct torc_field_info nbss_fields[] = {
	TORC_FIELD_AT(struct torc_nbss, type, "message_type", TORC_FIELD_HEX,
		      .value_name = type_name),
	TORC_FIELD_AT(struct torc_nbss, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_nbss, error_code, "error_code", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL, .value_name = error_name),
	TORC_FIELD_AT(struct torc_nbss, called, "called", TORC_FIELD_NETBIOS,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_nbss, calling, "calling", TORC_FIELD_NETBIOS,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number nbss_numbers[] = {
	{ TORC_BY_TCP_PORT, 139 },
	{ TORC_BY_TCP_PORT, 445 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_nbss = {
	.name = "NBSS",
	.key = "nbss",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_nbss),
	.numbers = nbss_numbers,
	.decode = nbss_decode,
	.read = nbss_read,
	.fields = nbss_fields,
};
