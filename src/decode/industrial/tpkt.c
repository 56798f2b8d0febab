/* SPDX-License-Identifier: BSD-3-Clause */
/* tpkt.c - ISO transport services on top of TCP: RFC 1006 §6, and X.224 §13 (ISO 8073) */
#include <torc/layers/industrial/tpkt.h>

#include <string.h>

#include "decode/registry.h"
#include "decode/tlv.h"

#define TPKT_HEADER 4
#define S7_ID       0x32
#define S7_HEADER   10

enum { ED = 1, EA = 2, RJ = 5, AK = 6, ER = 7, DR = 8, DC = 12, CC = 13, CR = 14, DT = 15 };

/* The bytes of a TPDU's fixed part, its length's included; 0: there is no such TPDU. */
static uint32_t fixed_part(uint8_t type)
{
	switch (type) {
	case CR:
	case CC:
	case DR:
		return 7;
	case DC:
		return 6;
	case DT:
		return 3;
	case ED:
	case EA:
	case AK:
	case RJ:
	case ER:
		return 5;
	default:
		return 0;
	}
}

/* §13.2: what the length indicator says has the fixed part, and is less than 255 */
static bool is_tpdu(const uint8_t *p, uint32_t room)
{
	uint32_t fixed = fixed_part(p[1] >> 4);

	return fixed && p[0] + 1u >= fixed && p[0] != 0xFF && p[0] + 1u <= room;
}

static int tpkt_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t length;

	TORC_NEED(cursor, TPKT_HEADER + 2);
	length = torc_be16(p + 2);
	if (p[0] != 3 || p[1] != 0 || length < TPKT_HEADER + 3 ||
	    !is_tpdu(p + TPKT_HEADER, length - TPKT_HEADER))
		return torc_cursor_malformed(cursor, "no packet with a TPDU");
	torc_cursor_claim(cursor, length);
	cursor->header_length = TPKT_HEADER;
	cursor->next = TORC_LAYER_COTP;
	return TORC_STEP_OK;
}

static void tpkt_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_tpkt *tpkt = out;

	tpkt->version = p[0];
	tpkt->reserved = p[1];
	tpkt->length = torc_be16(p + 2);
}

static const struct torc_field_info tpkt_fields[] = {
	TORC_FIELD_AT(struct torc_tpkt, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_tpkt, reserved, "reserved", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_tpkt, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELDS_END
};

static const struct torc_layer_number tpkt_numbers[] = {
	{ TORC_BY_TCP_PORT, 102 },
	{ TORC_BY_TCP_PORT, 3389 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_tpkt = {
	.name = "TPKT",
	.key = "tpkt",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_tpkt),
	.numbers = tpkt_numbers,
	.decode = tpkt_decode,
	.read = tpkt_read,
	.fields = tpkt_fields,
};

/* S7's protocol and one of its four message types: what goes on from the DT before does not begin so. */
static bool begins_s7(const uint8_t *p, uint32_t length)
{
	return length >= S7_HEADER && p[0] == S7_ID &&
	       (p[1] == 1 || p[1] == 2 || p[1] == 3 || p[1] == 7);
}

static int cotp_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t header;

	TORC_NEED(cursor, 2);
	if (!is_tpdu(p, UINT32_MAX))
		return torc_cursor_malformed(cursor, "no TPDU");
	header = p[0] + 1u;
	TORC_NEED(cursor, fixed_part(p[1] >> 4));
	if (cursor->length < header)
		return TORC_STEP_CUT_TAIL;
	cursor->header_length = header;
	cursor->next = TORC_LAYER_PAYLOAD;
	if (p[1] >> 4 == DT && begins_s7(p + header, cursor->length - header))
		cursor->next = TORC_LAYER_S7COMM;
	return TORC_STEP_OK;
}

/* RDP's request has a line of text in front of its parameters, and then no parameter of X.224. */
static struct torc_bytes cookie_of(const struct torc_bytes *parameters)
{
	static const char begin[] = "Cookie: ";
	const uint8_t *end;

	if (parameters->length < sizeof(begin) - 1 ||
	    memcmp(parameters->data, begin, sizeof(begin) - 1) != 0)
		return (struct torc_bytes){ parameters->data, 0 };
	end = memchr(parameters->data, '\r', parameters->length);
	return (struct torc_bytes){ parameters->data, end ? (uint32_t)(end - parameters->data) :
							    parameters->length };
}

static void cotp_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_cotp *cotp = out;
	uint32_t fixed;

	cotp->header_length = p[0];
	cotp->type = p[1] >> 4;
	cotp->credit = p[1] & 0xF;
	fixed = fixed_part(cotp->type);
	if (cotp->type == DT) {
		cotp->number = p[2] & 0x7F;
		cotp->is_last = p[2] & 0x80;
	} else {
		cotp->destination_reference = torc_be16(p + 2);
	}
	if (fixed > 5)
		cotp->source_reference = torc_be16(p + 4);
	if (cotp->type == CR || cotp->type == CC) {
		cotp->class_number = p[6] >> 4;
		cotp->options = p[6] & 0xF;
	} else if (cotp->type == DR || cotp->type == ER) {
		cotp->reason = p[fixed - 1];
	}
	cotp->parameters = (struct torc_bytes){ p + fixed, layer->header_length - fixed };
	cotp->cookie = cookie_of(&cotp->parameters);
	cotp->parameters.data += cotp->cookie.length;
	cotp->parameters.length -= cotp->cookie.length;
}

static const struct tlv_form form = { 1, 1, false, 1 };

int torc_cotp_parameter_next(const struct torc_cotp *cotp, uint32_t *position,
			     struct torc_tlv *parameter)
{
	if (cotp->cookie.length > 0)
		return 0;
	return tlv_next(&cotp->parameters, &form, position, parameter);
}

static int parameter_element(const void *layer, uint32_t *position, void *element)
{
	return torc_cotp_parameter_next(layer, position, element);
}

static const char *type_name(uint64_t type)
{
	static const char *const names[] = { [ED] = "ED", [EA] = "EA", [RJ] = "RJ", [AK] = "AK",
					     [ER] = "ER", [DR] = "DR", [DC] = "DC", [CC] = "CC",
					     [CR] = "CR", [DT] = "DT" };

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

static const struct torc_list_info parameter_list = {
	.next = parameter_element,
	.element_size = sizeof(struct torc_tlv),
	.fields = tlv_fields,
};

static const struct torc_field_info cotp_fields[] = {
	TORC_FIELD_AT(struct torc_cotp, header_length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_cotp, type, "tpdu", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = type_name),
	TORC_FIELD_AT(struct torc_cotp, credit, "credit", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_cotp, destination_reference, "dst_reference", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_cotp, source_reference, "src_reference", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_cotp, class_number, "class", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_cotp, options, "options", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_cotp, reason, "reason", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_cotp, number, "number", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_cotp, is_last, "last", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_cotp, cookie, "cookie", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_cotp, parameters, "parameters", TORC_FIELD_LIST,
		      .list = &parameter_list),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_cotp = {
	.name = "COTP",
	.key = "cotp",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_cotp),
	.decode = cotp_decode,
	.read = cotp_read,
	.fields = cotp_fields,
};
