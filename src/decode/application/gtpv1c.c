/* SPDX-License-Identifier: BSD-3-Clause */
/* gtpv1c.c - GTP-C version 1: 3GPP TS 29.060 §6 and §7.7 */
#include <torc/layers/application/gtpv2.h>

#include "decode/registry.h"
#include "decode/tunnel/gtp.h"

/* Behind port 2123, where gtpv2_decode() has looked at the version. */
static int gtpv1c_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t header, total;

	TORC_NEED(cursor, GTP_HEADER);
	if (p[0] >> 5 != 1)
		return torc_cursor_malformed(cursor, "the version is not 1");
	total = GTP_HEADER + (uint32_t)torc_be16(p + 2);
	if (total > cursor->wire_length)
		return torc_cursor_malformed(cursor, "the length is above the datagram's");
	torc_cursor_claim(cursor, total);
	header = gtp_header_bytes(p, cursor->length);
	if (header == 0)
		return torc_cursor_malformed(cursor, "an extension header has length 0");
	if (header > total)
		return torc_cursor_malformed(cursor, "the length ends in the header");
	TORC_NEED(cursor, header);
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static void gtpv1c_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	uint32_t header = gtp_header_bytes(p, layer->header_length);
	struct torc_gtpv1c *gtp = out;

	gtp->version = p[0] >> 5;
	gtp->is_gtp = p[0] & GTP_IS_GTP;
	gtp->has_extension = p[0] & GTP_HAS_EXTENSION;
	gtp->has_sequence = p[0] & GTP_HAS_SEQUENCE;
	gtp->has_npdu = p[0] & GTP_HAS_NPDU;
	gtp->message_type = p[1];
	gtp->length = torc_be16(p + 2);
	gtp->teid = torc_be32(p + 4);
	/* a field whose flag is not set means nothing */
	if (gtp->has_sequence)
		gtp->sequence = torc_be16(p + 8);
	if (gtp->has_npdu)
		gtp->npdu_number = p[10];
	if (gtp->has_extension)
		gtp->next_extension = p[11];
	gtp->elements = (struct torc_bytes){ p + header, layer->header_length - header };
	gtp->extensions = gtp_extensions(p, header);
}

int torc_gtpv1c_extension_next(const struct torc_gtpv1c *gtp, uint32_t *position,
			       struct torc_gtp_extension *extension)
{
	return gtp_extension_next(&gtp->extensions, gtp->next_extension, position, extension);
}

static int extension_element(const void *layer, uint32_t *position, void *element)
{
	const struct torc_gtpv1c *gtp = layer;

	return gtp_extension_element(&gtp->extensions, gtp->next_extension, position, element);
}

static const struct torc_list_info extension_list = {
	.next = extension_element,
	.element_size = sizeof(struct gtp_extension_view),
	.fields = gtp_extension_fields,
};

/* TS 29.060 §7.7.0: elements without a length of their own; 0: not known */
static uint32_t fixed_length(uint8_t type)
{
	static const uint8_t lengths[128] = {
		[1] = 1, [2] = 8, [3] = 6, [4] = 4, [5] = 4, [8] = 1, [9] = 28, [11] = 1, [12] = 3,
		[13] = 1, [14] = 1, [15] = 1, [16] = 4, [17] = 4, [18] = 5, [19] = 1, [20] = 1,
		[21] = 1, [22] = 9, [23] = 1, [24] = 1, [25] = 2, [26] = 2, [27] = 2, [28] = 2,
		[29] = 1, [127] = 4
	};

	return type < sizeof(lengths) ? lengths[type] : 0;
}

int torc_gtpv1c_element_next(const struct torc_gtpv1c *gtp, uint32_t *position,
			     struct torc_gtpv1c_element *element)
{
	uint32_t left, length, head;
	const uint8_t *p;

	if (*position >= gtp->elements.length)
		return 0;
	p = gtp->elements.data + *position;
	left = gtp->elements.length - *position;
	head = p[0] < 128 ? 1 : 3;
	if (left < head)
		return 0;
	length = head == 1 ? fixed_length(p[0]) : torc_be16(p + 1);
	if ((head == 1 && length == 0) || length > left - head)
		return 0;
	element->type = p[0];
	element->value = (struct torc_bytes){ p + head, length };
	*position += head + length;
	return 1;
}

static int element_element(const void *layer, uint32_t *position, void *element)
{
	return torc_gtpv1c_element_next(layer, position, element);
}

/* TS 29.060 §7.1 */
static const char *message_name(uint64_t type)
{
	static const char *const names[] = {
		[1] = "echo request", [2] = "echo response", [3] = "version not supported",
		[16] = "create PDP context request", [17] = "create PDP context response",
		[18] = "update PDP context request", [19] = "update PDP context response",
		[20] = "delete PDP context request", [21] = "delete PDP context response",
		[22] = "initiate PDP context activation request",
		[23] = "initiate PDP context activation response", [26] = "error indication",
		[27] = "PDU notification request", [28] = "PDU notification response",
		[29] = "PDU notification reject request", [30] = "PDU notification reject response",
		[31] = "supported extension headers notification",
		[48] = "identification request", [49] = "identification response",
		[50] = "SGSN context request", [51] = "SGSN context response",
		[52] = "SGSN context acknowledge", [53] = "forward relocation request",
		[54] = "forward relocation response", [55] = "forward relocation complete",
		[70] = "RAN information relay"
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

/* TS 29.060 §7.7.0 */
static const char *element_name(uint64_t type)
{
	static const char *const names[] = {
		[1] = "cause", [2] = "IMSI", [3] = "RAI", [4] = "TLLI", [5] = "P-TMSI",
		[8] = "reordering required", [9] = "authentication triplet", [11] = "MAP cause",
		[12] = "P-TMSI signature", [13] = "MS validated", [14] = "recovery",
		[15] = "selection mode", [16] = "TEID data I", [17] = "TEID control plane",
		[18] = "TEID data II", [19] = "teardown", [20] = "NSAPI", [21] = "RANAP cause",
		[22] = "RAB context", [23] = "radio priority SMS", [24] = "radio priority",
		[25] = "packet flow id", [26] = "charging characteristics",
		[27] = "trace reference", [28] = "trace type", [127] = "charging ID",
		[128] = "end user address", [129] = "MM context", [130] = "PDP context",
		[131] = "APN", [132] = "PCO", [133] = "GSN address", [134] = "MSISDN",
		[135] = "QoS", [136] = "authentication quintuplet", [137] = "TFT",
		[141] = "extension header types", [151] = "RAT type", [152] = "ULI",
		[153] = "MS time zone", [154] = "IMEI(SV)", [251] = "charging gateway address",
		[255] = "private extension"
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

static const struct torc_field_info element_fields[] = {
	TORC_FIELD_AT(struct torc_gtpv1c_element, type, "type", TORC_FIELD_UINT,
		      .value_name = element_name),
	TORC_FIELD_AT(struct torc_gtpv1c_element, value, "value", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_list_info element_list = {
	.next = element_element,
	.element_size = sizeof(struct torc_gtpv1c_element),
	.fields = element_fields,
};

static const struct torc_field_info gtpv1c_fields[] = {
	TORC_FIELD_AT(struct torc_gtpv1c, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_gtpv1c, is_gtp, "protocol_type", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_gtpv1c, has_extension, "has_extension", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_gtpv1c, has_sequence, "has_seq", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_gtpv1c, has_npdu, "has_npdu", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_gtpv1c, message_type, "message_type", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = message_name),
	TORC_FIELD_AT(struct torc_gtpv1c, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_gtpv1c, teid, "teid", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_gtpv1c, sequence, "seq", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_gtpv1c, npdu_number, "npdu_number", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_gtpv1c, next_extension, "next_extension", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_gtpv1c, extensions, "extensions", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &extension_list),
	TORC_FIELD_AT(struct torc_gtpv1c, elements, "elements", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &element_list),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_gtpv1c = {
	.name = "GTPv1C",
	.key = "gtpv1c",
	.struct_size = sizeof(struct torc_gtpv1c),
	.decode = gtpv1c_decode,
	.read = gtpv1c_read,
	.fields = gtpv1c_fields,
};
