/* SPDX-License-Identifier: BSD-3-Clause */
/* mpls.c - MPLS label stack entries, RFC 3032 §2.1; one layer each */
#include <torc/layers/tunnel/mpls.h>

#include "decode/registry.h"

/*
 * Nothing in a label says what is under the last one. IP tells itself by its version (RFC 4928 §2);
 * anything else, pseudowires with a control word among them, is left as payload.
 */
static int mpls_decode(struct torc_cursor *cursor)
{
	uint8_t first;

	TORC_NEED(cursor, 4);
	cursor->header_length = 4;
	if (!(cursor->data[2] & 1)) {
		cursor->next = TORC_LAYER_MPLS;
		return TORC_STEP_OK;
	}
	first = cursor->length > 4 ? cursor->data[4] >> 4 : 0;
	cursor->next = first == 4 ? TORC_LAYER_IPV4 :
		       first == 6 ? TORC_LAYER_IPV6 :
				    TORC_LAYER_PAYLOAD;
	return TORC_STEP_OK;
}

static void mpls_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_mpls *mpls = out;

	mpls->label = torc_be24(p) >> 4;
	mpls->traffic_class = p[2] >> 1 & 7;
	mpls->bottom_of_stack = p[2] & 1;
	mpls->ttl = p[3];
}

static const struct torc_field_info mpls_fields[] = {
	TORC_FIELD_AT(struct torc_mpls, label, "label", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_mpls, traffic_class, "tc", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_mpls, bottom_of_stack, "bottom", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_mpls, ttl, "ttl", TORC_FIELD_UINT),
	TORC_FIELDS_END
};

static const struct torc_layer_number mpls_numbers[] = {
	{ TORC_BY_ETHER_TYPE, 0x8847 },
	{ TORC_BY_ETHER_TYPE, 0x8848 },
	{ TORC_BY_IP_PROTOCOL, 137 },
	{ TORC_BY_UDP_PORT, 6635 }, /* RFC 7510 */
	{ TORC_BY_PPP_PROTOCOL, 0x0281 },
	{ TORC_BY_PPP_PROTOCOL, 0x0283 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_mpls = {
	.name = "MPLS",
	.key = "mpls",
	.struct_size = sizeof(struct torc_mpls),
	.numbers = mpls_numbers,
	.decode = mpls_decode,
	.read = mpls_read,
	.fields = mpls_fields,
};
