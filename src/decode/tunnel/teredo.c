/* SPDX-License-Identifier: BSD-3-Clause */
/* teredo.c - Teredo, IPv6 in UDP through translators: RFC 4380 §5.1.1 */
#include <torc/layers/tunnel/tunnel.h>

#include "decode/common.h"

#define AUTHENTICATION 4  /* without identifier, value, nonce and confirmation */
#define CONFIRMATION   9  /* nonce and confirmation */
#define ORIGIN         8

enum { IS_ORIGIN = 0, IS_AUTHENTICATION = 1 };

/*
 * Bytes in front of the IPv6 packet; what is not there counts as if it were. An authentication comes first, then
 * an origin; neither begins as an IPv6 header does.
 */
static uint32_t indications_length(const uint8_t *p, uint32_t length)
{
	uint32_t at = 0;

	if (length >= AUTHENTICATION && torc_be16(p) == IS_AUTHENTICATION)
		at = AUTHENTICATION + p[2] + p[3] + CONFIRMATION;
	if (length >= at + 2 && torc_be16(p + at) == IS_ORIGIN)
		at += ORIGIN;
	return at;
}

/* Only the packet inside tells that the port is right: it is IPv6, and ends where the datagram does. */
static int teredo_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t at;

	TORC_NEED(cursor, 1);
	at = indications_length(p, cursor->length);
	TORC_NEED(cursor, at + IPV6_HEADER);
	if (p[at] >> 4 != 6 || at + IPV6_HEADER + torc_be16(p + at + 4) != cursor->wire_length)
		return torc_cursor_malformed(cursor, "no IPv6 packet of the datagram's length");
	cursor->header_length = at;
	cursor->next = TORC_LAYER_IPV6;
	return TORC_STEP_OK;
}

static void teredo_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	uint32_t length = layer->header_length;
	struct torc_teredo *teredo = out;

	if (length >= AUTHENTICATION && torc_be16(p) == IS_AUTHENTICATION) {
		const uint8_t *value = p + AUTHENTICATION + p[2], *behind = value + p[3];

		teredo->has_authentication = true;
		teredo->client = (struct torc_bytes){ p + AUTHENTICATION, p[2] };
		teredo->authentication = (struct torc_bytes){ value, p[3] };
		teredo->nonce = torc_be64(behind);
		teredo->confirmation = behind[8];
		p = behind + CONFIRMATION;
		length -= AUTHENTICATION + (uint32_t)(teredo->client.length +
						      teredo->authentication.length) + CONFIRMATION;
	}
	if (length < ORIGIN)
		return;
	teredo->has_origin = true;
	teredo->origin_port = torc_be16(p + 2) ^ 0xFFFF;
	for (int i = 0; i < 4; i++)
		teredo->origin_address[i] = p[4 + i] ^ 0xFF;
}

static const struct torc_field_info teredo_fields[] = {
	TORC_FIELD_AT(struct torc_teredo, has_authentication, "has_authentication", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_teredo, has_origin, "has_origin", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_teredo, client, "client", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_teredo, authentication, "authentication", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_teredo, nonce, "nonce", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_teredo, confirmation, "confirmation", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_teredo, origin_port, "origin_port", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_teredo, origin_address, "origin_ip", TORC_FIELD_IPV4,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELDS_END
};

static const struct torc_layer_number teredo_numbers[] = {
	{ TORC_BY_UDP_PORT, 3544 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_teredo = {
	.name = "Teredo",
	.key = "teredo",
	.struct_size = sizeof(struct torc_teredo),
	.numbers = teredo_numbers,
	.decode = teredo_decode,
	.read = teredo_read,
	.fields = teredo_fields,
};
