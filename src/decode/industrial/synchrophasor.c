/* SPDX-License-Identifier: BSD-3-Clause */
/* synchrophasor.c - frames of phasor measurement units: IEEE C37.118.2-2011 §6 */
#include <torc/layers/industrial/synchrophasor.h>

#include "decode/registry.h"

#define HEADER      14
#define CHECKSUM    2
#define SYNC        0xAA
#define NAME        16
#define VERSION_MAX 3

enum { DATA, HEADER_FRAME, CONFIGURATION_1, CONFIGURATION_2, COMMAND, CONFIGURATION_3 };

static uint8_t frame_type(const uint8_t *p)
{
	return p[1] >> 4 & 7;
}

static bool is_frame(const uint8_t *p)
{
	uint8_t version = p[1] & 0xF;

	return p[0] == SYNC && !(p[1] & 0x80) && frame_type(p) <= CONFIGURATION_3 && version > 0 &&
	       version <= VERSION_MAX && torc_be16(p + 2) >= HEADER + CHECKSUM;
}

static int synchrophasor_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t size;

	TORC_NEED(cursor, HEADER);
	if (!is_frame(p))
		return torc_cursor_malformed(cursor, "no sync word of a frame");
	size = torc_be16(p + 2);
	/* several frames in a segment are a layer each */
	if (cursor->wire_length > size) {
		cursor->header_length = size;
		if (cursor->length >= size + HEADER && is_frame(p + size))
			cursor->next = TORC_LAYER_SYNCHROPHASOR;
	} else {
		torc_cursor_claim(cursor, size);
		cursor->header_length = size < cursor->length ? size : cursor->length;
	}
	return cursor->header_length > cursor->length ? TORC_STEP_CUT_TAIL : TORC_STEP_OK;
}

static void synchrophasor_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			       void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_synchrophasor *frame = out;
	uint32_t length = layer->header_length - HEADER;

	frame->frame_type = frame_type(p);
	frame->version = p[1] & 0xF;
	frame->size = torc_be16(p + 2);
	frame->id_code = torc_be16(p + 4);
	frame->second = torc_be32(p + 6);
	frame->time_quality = p[10];
	frame->fraction = torc_be24(p + 11);
	if (layer->header_length == frame->size) {
		length -= CHECKSUM;
		frame->checksum = torc_be16(p + HEADER + length);
	}
	p += HEADER;
	frame->data = (struct torc_bytes){ p, length };
	if (frame->frame_type == COMMAND && length >= 2)
		frame->command = torc_be16(p);
	if (frame->frame_type == DATA && length >= 2)
		frame->status = torc_be16(p);
	if ((frame->frame_type != CONFIGURATION_1 && frame->frame_type != CONFIGURATION_2) ||
	    length < 6)
		return;
	frame->time_base = torc_be32(p) & 0xFFFFFF;
	frame->unit_count = torc_be16(p + 4);
	if (length < 6 + NAME)
		return;
	frame->station = (struct torc_bytes){ p + 6, NAME };
	while (frame->station.length > 0 && p[6 + frame->station.length - 1] == ' ')
		frame->station.length--;
}

static const char *type_name(uint64_t type)
{
	static const char *const names[] = { "data", "header", "configuration 1",
					     "configuration 2", "command", "configuration 3" };

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

/* §6.6, table 15 */
static const char *command_name(uint64_t command)
{
	static const char *const names[] = { [1] = "data off", "data on", "send header",
					     "send configuration 1", "send configuration 2",
					     "send configuration 3", [8] = "extended" };

	return command < sizeof(names) / sizeof(names[0]) ? names[command] : NULL;
}

static const struct torc_field_info synchrophasor_fields[] = {
	TORC_FIELD_AT(struct torc_synchrophasor, frame_type, "frame_type", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = type_name),
	TORC_FIELD_AT(struct torc_synchrophasor, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_synchrophasor, size, "size", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_synchrophasor, id_code, "id_code", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_synchrophasor, second, "second", TORC_FIELD_UINT, .unit = "s"),
	TORC_FIELD_AT(struct torc_synchrophasor, time_quality, "time_quality", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_synchrophasor, fraction, "fraction", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_synchrophasor, command, "command", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY,
		      .value_name = command_name),
	TORC_FIELD_AT(struct torc_synchrophasor, status, "status", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_synchrophasor, time_base, "time_base", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_synchrophasor, unit_count, "unit_count", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_synchrophasor, station, "station", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_synchrophasor, data, "data", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_synchrophasor, checksum, "checksum", TORC_FIELD_HEX),
	TORC_FIELDS_END
};

static const struct torc_layer_number synchrophasor_numbers[] = {
	{ TORC_BY_TCP_PORT, 4712 },
	{ TORC_BY_UDP_PORT, 4712 },
	{ TORC_BY_UDP_PORT, 4713 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_synchrophasor = {
	.name = "Synchrophasor",
	.key = "synchrophasor",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_synchrophasor),
	.numbers = synchrophasor_numbers,
	.decode = synchrophasor_decode,
	.read = synchrophasor_read,
	.fields = synchrophasor_fields,
};
