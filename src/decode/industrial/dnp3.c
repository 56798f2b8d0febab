/* SPDX-License-Identifier: BSD-3-Clause */
/* dnp3.c - DNP3: IEEE 1815-2012 §9.2 (link), §8.2 (transport), §4.2 (application) */
#include <torc/layers/industrial/dnp3.h>

#include "decode/little.h"
#include "decode/registry.h"

#define START       0x0564
#define HEADER      10
#define LENGTH_MIN  5  /* control and addresses, which the length counts */
#define BLOCK       16 /* of user data, each with two bytes of checksum behind it */
#define CHECKSUM    2

enum { DIR = 0x80, PRM = 0x40, FCB = 0x20, FCV = 0x10 };
enum { USER_DATA = 3, UNCONFIRMED_USER_DATA = 4 }; /* functions of primary frames with user data */

/* §9.2.4.3.2: x^16 + x^13 + x^12 + x^11 + x^10 + x^8 + x^6 + x^5 + x^2 + 1, lowest bit first, inverted */
static uint16_t dnp3_checksum(const uint8_t *p, uint32_t length)
{
	uint16_t sum = 0;

	for (uint32_t i = 0; i < length; i++) {
		sum ^= p[i];
		for (int bit = 0; bit < 8; bit++)
			sum = (uint16_t)(sum & 1 ? sum >> 1 ^ 0xA6BC : sum >> 1);
	}
	return (uint16_t)~sum;
}

static uint32_t frame_length(const uint8_t *p)
{
	uint32_t data = p[2] - LENGTH_MIN;

	return HEADER + data + (data + BLOCK - 1) / BLOCK * CHECKSUM;
}

/* A frame in the middle of a stream begins anywhere: the checksum of the header tells it. */
static int dnp3_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t frame;

	TORC_NEED(cursor, HEADER);
	if (torc_be16(p) != START || p[2] < LENGTH_MIN)
		return torc_cursor_malformed(cursor, "no start of a frame");
	if (le16(p + 8) != dnp3_checksum(p, HEADER - CHECKSUM))
		return torc_cursor_malformed(cursor, "the checksum of the header is wrong");
	frame = frame_length(p);
	/* several frames in a segment are a layer each */
	if (cursor->wire_length > frame) {
		cursor->header_length = frame;
		if (cursor->length >= frame + HEADER && torc_be16(p + frame) == START)
			cursor->next = TORC_LAYER_DNP3;
	} else {
		torc_cursor_claim(cursor, frame);
		cursor->header_length = frame < cursor->length ? frame : cursor->length;
	}
	if (cursor->header_length > cursor->length)
		return TORC_STEP_CUT_TAIL;
	return TORC_STEP_OK;
}

static void application_read(const uint8_t *p, uint32_t length, struct torc_dnp3 *dnp3)
{
	uint32_t at = 2;

	if (length < at)
		return;
	dnp3->has_application = true;
	dnp3->app_first = p[0] & 0x80;
	dnp3->app_final = p[0] & 0x40;
	dnp3->app_confirm = p[0] & 0x20;
	dnp3->app_unsolicited = p[0] & 0x10;
	dnp3->app_sequence = p[0] & 0xF;
	dnp3->function = p[1];
	if (dnp3->function >= 129) {
		if (length < 4)
			return;
		dnp3->indications = torc_be16(p + 2);
		at = 4;
	}
	if (length < at + 3)
		return;
	dnp3->has_object = true;
	dnp3->object_group = p[at];
	dnp3->object_variation = p[at + 1];
	dnp3->qualifier = p[at + 2];
}

static void dnp3_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_dnp3 *dnp3 = out;
	uint32_t block;

	dnp3->length = p[2];
	dnp3->control = p[3];
	dnp3->from_master = p[3] & DIR;
	dnp3->is_primary = p[3] & PRM;
	dnp3->frame_count = p[3] & FCB && dnp3->is_primary;
	dnp3->has_frame_count = p[3] & FCV;
	dnp3->link_function = p[3] & 0xF;
	dnp3->destination = le16(p + 4);
	dnp3->source = le16(p + 6);
	dnp3->checksum = le16(p + 8);
	dnp3->data = (struct torc_bytes){ p + HEADER, layer->header_length - HEADER };
	block = dnp3->length - LENGTH_MIN;
	if (block > BLOCK)
		block = BLOCK;
	if (block > dnp3->data.length)
		block = dnp3->data.length;
	if (block == 0 || !dnp3->is_primary || (dnp3->link_function != USER_DATA &&
						dnp3->link_function != UNCONFIRMED_USER_DATA))
		return;
	p += HEADER;
	dnp3->has_transport = true;
	dnp3->is_final = p[0] & 0x80;
	dnp3->is_first = p[0] & 0x40;
	dnp3->transport_sequence = p[0] & 0x3F;
	if (dnp3->is_first)
		application_read(p + 1, block - 1, dnp3);
}

/* §4.2.2.5, table 4-2 */
static const char *function_name(uint64_t function)
{
	static const char *const names[] = {
		"confirm", "read", "write", "select", "operate", "direct operate",
		"direct operate, no response", "immediate freeze",
		"immediate freeze, no response", "freeze and clear",
		"freeze and clear, no response", "freeze at time", "freeze at time, no response",
		"cold restart", "warm restart", "initialize data", "initialize application",
		"start application", "stop application", "save configuration",
		"enable unsolicited", "disable unsolicited", "assign class", "delay measurement",
		"record current time", "open file", "close file", "delete file",
		"get file information", "authenticate file", "abort file",
		"activate configuration", "authentication request",
		"authentication request, no response", [129] = "response",
		"unsolicited response", "authentication response"
	};

	return function < sizeof(names) / sizeof(names[0]) ? names[function] : NULL;
}

static const struct torc_field_info dnp3_fields[] = {
	TORC_FIELD_AT(struct torc_dnp3, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_dnp3, control, "control", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_dnp3, from_master, "from_master", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_dnp3, is_primary, "primary", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_dnp3, frame_count, "frame_count", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dnp3, has_frame_count, "has_frame_count", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dnp3, link_function, "link_function", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_dnp3, source, "src", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_dnp3, destination, "dst", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_dnp3, checksum, "checksum", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_dnp3, has_transport, "has_transport", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_dnp3, is_final, "final", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dnp3, is_first, "first", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dnp3, transport_sequence, "transport_seq", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dnp3, has_application, "has_application", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_dnp3, app_first, "app_first", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dnp3, app_final, "app_final", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dnp3, app_confirm, "app_confirm", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dnp3, app_unsolicited, "app_unsolicited", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dnp3, app_sequence, "app_seq", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dnp3, function, "function", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY,
		      .value_name = function_name),
	TORC_FIELD_AT(struct torc_dnp3, indications, "indications", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_dnp3, object_group, "object_group", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_dnp3, object_variation, "object_variation", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_dnp3, qualifier, "qualifier", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dnp3, data, "data", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number dnp3_numbers[] = {
	{ TORC_BY_TCP_PORT, 20000 },
	{ TORC_BY_UDP_PORT, 20000 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_dnp3 = {
	.name = "DNP3",
	.key = "dnp3",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_dnp3),
	.numbers = dnp3_numbers,
	.decode = dnp3_decode,
	.read = dnp3_read,
	.fields = dnp3_fields,
};
