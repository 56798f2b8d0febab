/* SPDX-License-Identifier: BSD-3-Clause */
/* ppp.c - Point-to-Point Protocol, RFC 1661 §2, in HDLC-like framing RFC 1662 §3.1 */
#include <torc/layers/link/ppp.h>

#include "decode/registry.h"

#define LINK_PPP_HDLC 50 /* LINKTYPE_PPP_HDLC */

/* The two bytes of HDLC-like framing may stand in front. */
static uint32_t prefix_length(const uint8_t *p)
{
	return p[0] == 0xFF && p[1] == 0x03 ? 2 : 0;
}

/* A protocol number ends at the first odd byte: one byte is enough when it is compressed. */
static int ppp_decode(struct torc_cursor *cursor)
{
	uint32_t at;

	TORC_NEED(cursor, 1);
	TORC_NEED(cursor, cursor->data[0] == 0xFF ? 2 : 1);
	at = prefix_length(cursor->data);
	TORC_NEED(cursor, at + 1);
	if (cursor->data[at] & 1) {
		cursor->header_length = at + 1;
		cursor_next(cursor, TORC_BY_PPP_PROTOCOL, cursor->data[at]);
		return TORC_STEP_OK;
	}
	TORC_NEED(cursor, at + 2);
	if (!(cursor->data[at + 1] & 1))
		return torc_cursor_malformed(cursor, "protocol number is even");
	cursor->header_length = at + 2;
	cursor_next(cursor, TORC_BY_PPP_PROTOCOL, torc_be16(cursor->data + at));
	return TORC_STEP_OK;
}

static void ppp_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_ppp *ppp = out;
	uint32_t at = layer->header_length > 2 ? prefix_length(p) : 0;

	ppp->has_address_control = at != 0;
	ppp->protocol = layer->header_length - at == 1 ? p[at] : torc_be16(p + at);
}

static const struct torc_field_info ppp_fields[] = {
	TORC_FIELD_AT(struct torc_ppp, protocol, "protocol", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_ppp, has_address_control, "address_control", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number ppp_numbers[] = {
	{ TORC_BY_LINK_TYPE, TORC_LINK_PPP },
	{ TORC_BY_LINK_TYPE, LINK_PPP_HDLC },
	{ TORC_BY_ETHER_TYPE, 0x880B },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_ppp = {
	.name = "PPP",
	.key = "ppp",
	.role = TORC_ROLE_LINK,
	.struct_size = sizeof(struct torc_ppp),
	.numbers = ppp_numbers,
	.decode = ppp_decode,
	.read = ppp_read,
	.fields = ppp_fields,
};
