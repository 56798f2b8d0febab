/* SPDX-License-Identifier: BSD-3-Clause */
/* gtpv1u.c - GTP-U version 1: 3GPP TS 29.281 §5 */
#include <torc/layers/tunnel/tunnel.h>

#include "decode/common.h"
#include "decode/tunnel/gtp.h"

#define USER_PACKET 255 /* G-PDU */

/* A user packet begins with its IP version, or is PPP (TS 29.281 §5.1 leaves it to the tunnel). */
static void next_by_version(struct torc_cursor *cursor)
{
	uint32_t at = cursor->header_length;
	uint8_t version = cursor->length > at ? cursor->data[at] >> 4 : 0;

	cursor->next = version == 4 ? TORC_LAYER_IPV4 :
		       version == 6 ? TORC_LAYER_IPV6 :
				      TORC_LAYER_PPP;
}

static int gtpv1u_decode(struct torc_cursor *cursor)
{
	uint32_t header;

	TORC_NEED(cursor, GTP_HEADER);
	if (cursor->data[0] >> 5 != 1)
		return torc_cursor_malformed(cursor, "version is not 1");
	torc_cursor_claim(cursor, GTP_HEADER + (uint32_t)torc_be16(cursor->data + 2));
	header = gtp_header_bytes(cursor->data, cursor->length);
	if (header == 0)
		return fixed_header_only(cursor, gtp_fixed_bytes(cursor->data),
					 "an extension header has length 0");
	if (header > cursor->length)
		return TORC_STEP_CUT_TAIL;
	cursor->header_length = header;
	if (cursor->data[1] == USER_PACKET)
		next_by_version(cursor);
	else
		cursor->next = TORC_LAYER_PAYLOAD;
	return TORC_STEP_OK;
}

static void gtpv1u_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_gtpv1u *gtp = out;

	gtp->version = p[0] >> 5;
	gtp->is_gtp = p[0] & GTP_IS_GTP;
	gtp->has_extension = p[0] & GTP_HAS_EXTENSION;
	gtp->has_sequence = p[0] & GTP_HAS_SEQUENCE;
	gtp->has_npdu = p[0] & GTP_HAS_NPDU;
	gtp->message_type = p[1];
	gtp->length = torc_be16(p + 2);
	gtp->teid = torc_be32(p + 4);
	if (layer->header_length < GTP_HEADER + GTP_OPTIONAL)
		return;
	/* a field whose flag is not set means nothing */
	if (gtp->has_sequence)
		gtp->sequence = torc_be16(p + 8);
	if (gtp->has_npdu)
		gtp->npdu_number = p[10];
	if (gtp->has_extension)
		gtp->next_extension = p[11];
	gtp->extensions = gtp_extensions(p, layer->header_length);
}

int torc_gtpv1u_extension_next(const struct torc_gtpv1u *gtp, uint32_t *position,
			       struct torc_gtp_extension *extension)
{
	return gtp_extension_next(&gtp->extensions, gtp->next_extension, position, extension);
}

static int extension_element(const void *layer, uint32_t *position, void *element)
{
	const struct torc_gtpv1u *gtp = layer;

	return gtp_extension_element(&gtp->extensions, gtp->next_extension, position, element);
}

static const struct torc_list_info extension_list = {
	.next = extension_element,
	.element_size = sizeof(struct gtp_extension_view),
	.fields = gtp_extension_fields,
};

static const char *message_name(uint64_t type)
{
	switch (type) {
	case 1:
		return "echo request";
	case 2:
		return "echo response";
	case 26:
		return "error indication";
	case 31:
		return "supported extension headers notification";
	case 254:
		return "end marker";
	case USER_PACKET:
		return "user packet";
	default:
		return NULL;
	}
}

static const struct torc_field_info gtpv1u_fields[] = {
	TORC_FIELD_AT(struct torc_gtpv1u, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_gtpv1u, is_gtp, "protocol_type", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_gtpv1u, has_extension, "has_extension", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_gtpv1u, has_sequence, "has_seq", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_gtpv1u, has_npdu, "has_npdu", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_gtpv1u, message_type, "message_type", TORC_FIELD_UINT,
		      .value_name = message_name),
	TORC_FIELD_AT(struct torc_gtpv1u, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_gtpv1u, teid, "teid", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_gtpv1u, sequence, "seq", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_gtpv1u, npdu_number, "npdu_number", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_gtpv1u, next_extension, "next_extension", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_gtpv1u, extensions, "extensions", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &extension_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number gtpv1u_numbers[] = {
	{ TORC_BY_UDP_PORT, 2152 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_gtpv1u = {
	.name = "GTPv1U",
	.key = "gtpv1u",
	.struct_size = sizeof(struct torc_gtpv1u),
	.numbers = gtpv1u_numbers,
	.decode = gtpv1u_decode,
	.read = gtpv1u_read,
	.fields = gtpv1u_fields,
};
