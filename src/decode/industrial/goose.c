/* SPDX-License-Identifier: BSD-3-Clause */
/* goose.c - generic object oriented substation events: IEC 61850-8-1:2011 §18.1 and annex A */
#include <torc/layers/industrial/goose.h>

#include "decode/registry.h"

#define HEADER 8
#define PDU    0x61

/* The tags of what is in the PDU (annex A). */
enum {
	CONTROL_BLOCK = 0x80,
	TIME_ALLOWED,
	DATA_SET,
	ID,
	TIME,
	STATE_NUMBER,
	SEQUENCE_NUMBER,
	SIMULATION,
	CONFIGURATION,
	NEEDS_COMMISSIONING,
	ENTRY_COUNT,
	ALL_DATA = 0xAB,
};

/* Type and length of BER (X.690 §8.1.3) at *at, moved on to the value; false: not whole. */
static bool take_head(const uint8_t *p, uint32_t length, uint32_t *at, uint8_t *tag, uint32_t *size)
{
	uint32_t bytes;

	if (*at > length || length - *at < 2)
		return false;
	*tag = p[*at];
	*size = p[*at + 1];
	*at += 2;
	if (*size < 0x80)
		return true;
	bytes = *size & 0x7F;
	if (bytes == 0 || bytes > 3 || length - *at < bytes)
		return false;
	for (*size = 0; bytes > 0; bytes--)
		*size = *size << 8 | p[(*at)++];
	return true;
}

static int goose_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;

	TORC_NEED(cursor, HEADER);
	if (torc_be16(p + 2) < HEADER)
		return torc_cursor_malformed(cursor, "the length is less than 8");
	torc_cursor_claim(cursor, torc_be16(p + 2));
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

/* An integer of BER, as far as it has 32 bits. */
static uint32_t number_of(const uint8_t *p, uint32_t size)
{
	uint32_t number = 0;

	for (uint32_t i = 0; i < size; i++)
		number = number << 8 | p[i];
	return number;
}

static void value_read(uint8_t tag, const uint8_t *p, uint32_t size, struct torc_goose *goose)
{
	struct torc_bytes value = { p, size };

	switch (tag) {
	case CONTROL_BLOCK:
		goose->control_block = value;
		break;
	case TIME_ALLOWED:
		goose->time_allowed_ms = number_of(p, size);
		break;
	case DATA_SET:
		goose->data_set = value;
		break;
	case ID:
		goose->id = value;
		break;
	case TIME:
		if (size != 8)
			break;
		goose->second = torc_be32(p);
		goose->fraction = torc_be24(p + 4);
		goose->time_quality = p[7];
		break;
	case STATE_NUMBER:
		goose->state_number = number_of(p, size);
		break;
	case SEQUENCE_NUMBER:
		goose->sequence_number = number_of(p, size);
		break;
	case SIMULATION:
		goose->is_simulation = number_of(p, size) != 0;
		break;
	case CONFIGURATION:
		goose->configuration = number_of(p, size);
		break;
	case NEEDS_COMMISSIONING:
		goose->needs_commissioning = number_of(p, size) != 0;
		break;
	case ENTRY_COUNT:
		goose->entry_count = number_of(p, size);
		break;
	case ALL_DATA:
		goose->data = value;
		break;
	default:
		break;
	}
}

static void goose_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
		       void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	uint32_t length = layer->header_length, at = HEADER, size;
	struct torc_goose *goose = out;
	uint8_t tag;

	goose->application_id = torc_be16(p);
	goose->length = torc_be16(p + 2);
	goose->reserved1 = torc_be16(p + 4);
	goose->reserved2 = torc_be16(p + 6);
	if (!take_head(p, length, &at, &tag, &size) || tag != PDU) {
		goose->data = (struct torc_bytes){ p + HEADER, length - HEADER };
		return;
	}
	goose->has_pdu = true;
	while (take_head(p, length, &at, &tag, &size)) {
		/* the data may go on where the packet was cut */
		if (size > length - at && tag == ALL_DATA)
			size = length - at;
		if (size > length - at)
			break;
		value_read(tag, p + at, size, goose);
		at += size;
	}
}

static const struct torc_field_info goose_fields[] = {
	TORC_FIELD_AT(struct torc_goose, application_id, "appid", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_goose, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_goose, reserved1, "reserved1", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_goose, reserved2, "reserved2", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_goose, has_pdu, "has_pdu", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_goose, control_block, "control_block", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_goose, time_allowed_ms, "time_allowed", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "ms"),
	TORC_FIELD_AT(struct torc_goose, data_set, "data_set", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_goose, id, "id", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_goose, second, "second", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "s"),
	TORC_FIELD_AT(struct torc_goose, fraction, "fraction", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "2^-24 s"),
	TORC_FIELD_AT(struct torc_goose, time_quality, "time_quality", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_goose, state_number, "state_number", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_goose, sequence_number, "sequence_number", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_goose, is_simulation, "simulation", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_goose, configuration, "configuration", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_goose, needs_commissioning, "needs_commissioning",
		      TORC_FIELD_BOOL, .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_goose, entry_count, "entry_count", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_goose, data, "data", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number goose_numbers[] = {
	{ TORC_BY_ETHER_TYPE, 0x88B8 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_goose = {
	.name = "GOOSE",
	.key = "goose",
	.struct_size = sizeof(struct torc_goose),
	.numbers = goose_numbers,
	.decode = goose_decode,
	.read = goose_read,
	.fields = goose_fields,
};
