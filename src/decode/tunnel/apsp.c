/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * apsp.c - the PSP Security Protocol's header (PSP architecture specification §4) with the token and
 * the endpoints that Andromeda adds to it
 */
#include <torc/layers/tunnel/apsp.h>

#include "decode/registry.h"

#define HEADER        40
#define PSP_HEADER    16 /* in front of which nothing is encrypted; the crypt offset counts from there */
#define LENGTH        4  /* as the header has it */
#define IPV4          4
#define IPV6          41
#define RESERVED_ONE  1

/* What is carried can be read as far as it is not encrypted: an IP header that is, says nothing. */
static bool is_clear(const uint8_t *p)
{
	return PSP_HEADER + (p[2] & 0x3Fu) * 4 >= HEADER + (p[0] == IPV4 ? 20u : 40u);
}

static int apsp_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;

	TORC_NEED(cursor, HEADER);
	if ((p[0] != IPV4 && p[0] != IPV6) || p[1] != LENGTH || p[2] & 0xC0 ||
	    !(p[3] & RESERVED_ONE))
		return torc_cursor_malformed(cursor, "no header of PSP with endpoints");
	cursor->header_length = HEADER;
	if (is_clear(p))
		cursor->next = p[0] == IPV4 ? TORC_LAYER_IPV4 : TORC_LAYER_IPV6;
	else
		cursor->next = TORC_LAYER_PAYLOAD;
	return TORC_STEP_OK;
}

static void apsp_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_apsp *apsp = out;

	apsp->next_header = p[0];
	apsp->header_length = p[1];
	apsp->crypt_offset = p[2] & 0x3F;
	apsp->is_sampled = p[3] & 0x80;
	apsp->is_drop = p[3] & 0x40;
	apsp->version = p[3] >> 2 & 0xF;
	apsp->has_virtual_cookie = p[3] & 2;
	apsp->security_parameters = torc_be32(p + 4);
	apsp->initialization_vector = torc_be64(p + 8);
	apsp->security_token = torc_be32(p + 16);
	apsp->virtual_key = torc_be32(p + 20);
	apsp->source_endpoint = torc_be64(p + 24);
	apsp->destination_endpoint = torc_be64(p + 32);
}

static const struct torc_field_info apsp_fields[] = {
	TORC_FIELD_AT(struct torc_apsp, next_header, "next_header", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_apsp, header_length, "length", TORC_FIELD_UINT,
		      .unit = "8 bytes"),
	TORC_FIELD_AT(struct torc_apsp, crypt_offset, "crypt_offset", TORC_FIELD_UINT,
		      .unit = "4 bytes"),
	TORC_FIELD_AT(struct torc_apsp, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_apsp, is_sampled, "sampled", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_apsp, is_drop, "drop", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_apsp, has_virtual_cookie, "virtual_cookie", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_apsp, security_parameters, "spi", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_apsp, initialization_vector, "iv", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_apsp, security_token, "security_token", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_apsp, virtual_key, "virtual_key", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_apsp, source_endpoint, "src_endpoint", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_apsp, destination_endpoint, "dst_endpoint", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELDS_END
};

static const struct torc_layer_number apsp_numbers[] = {
	{ TORC_BY_UDP_PORT, 1000 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_apsp = {
	.name = "APSP",
	.key = "apsp",
	.struct_size = sizeof(struct torc_apsp),
	.numbers = apsp_numbers,
	.decode = apsp_decode,
	.read = apsp_read,
	.fields = apsp_fields,
};
