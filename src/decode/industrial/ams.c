/* SPDX-License-Identifier: BSD-3-Clause */
/* ams.c - AMS over TCP with ADS: TwinCAT ADS/AMS specification, AMS/TCP packet */
#include <torc/layers/industrial/ams.h>

#include "decode/little.h"
#include "decode/registry.h"

#define TCP_HEADER  6
#define HEADER      38 /* with that */
#define RESPONSE    1
#define COMMAND_MAX 9

enum { READ = 2, WRITE = 3, ADD_NOTIFICATION = 6, READ_WRITE = 9 };

static bool is_packet(const uint8_t *p)
{
	uint32_t length = le32(p + 2);

	return le16(p) == 0 && length >= HEADER - TCP_HEADER && le16(p + 22) <= COMMAND_MAX &&
	       le32(p + 26) == length - (HEADER - TCP_HEADER);
}

static int ams_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t total;

	TORC_NEED(cursor, HEADER);
	if (!is_packet(p))
		return torc_cursor_malformed(cursor, "the lengths are not those of a packet");
	total = le32(p + 2);
	total = total < UINT32_MAX - TCP_HEADER ? TCP_HEADER + total : UINT32_MAX;
	/* several packets in a segment are a layer each */
	if (cursor->wire_length > total) {
		cursor->header_length = total;
		if (cursor->length >= total + HEADER && is_packet(p + total))
			cursor->next = TORC_LAYER_AMS;
	} else {
		torc_cursor_claim(cursor, total);
		cursor->header_length = total < cursor->length ? total : cursor->length;
	}
	return cursor->header_length > cursor->length ? TORC_STEP_CUT_TAIL : TORC_STEP_OK;
}

static void ams_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	uint32_t length = layer->header_length - HEADER;
	struct torc_ams *ams = out;

	ams->packet_length = le32(p + 2);
	ams->target = (struct torc_bytes){ p + 6, 6 };
	ams->target_port = le16(p + 12);
	ams->source = (struct torc_bytes){ p + 14, 6 };
	ams->source_port = le16(p + 20);
	ams->command = le16(p + 22);
	ams->state_flags = le16(p + 24);
	ams->is_response = ams->state_flags & RESPONSE;
	ams->length = le32(p + 26);
	ams->error = le32(p + 30);
	ams->invoke_id = le32(p + 34);
	ams->data = (struct torc_bytes){ p + HEADER, length };
	if (ams->is_response || length < 12)
		return;
	if (ams->command == READ || ams->command == WRITE || ams->command == READ_WRITE ||
	    ams->command == ADD_NOTIFICATION) {
		ams->index_group = le32(p + HEADER);
		ams->index_offset = le32(p + HEADER + 4);
		ams->data_length = le32(p + HEADER + 8);
	}
}

static const char *command_name(uint64_t command)
{
	static const char *const names[] = {
		"invalid", "read device info", "read", "write", "read state", "write control",
		"add notification", "delete notification", "notification", "read write"
	};

	return command < sizeof(names) / sizeof(names[0]) ? names[command] : NULL;
}

static const struct torc_field_info ams_fields[] = {
	TORC_FIELD_AT(struct torc_ams, packet_length, "packet_length", TORC_FIELD_UINT,
		      .unit = "bytes"),
	TORC_FIELD_AT(struct torc_ams, target, "target", TORC_FIELD_BYTES),
	TORC_FIELD_AT(struct torc_ams, target_port, "target_port", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_ams, source, "source", TORC_FIELD_BYTES),
	TORC_FIELD_AT(struct torc_ams, source_port, "source_port", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_ams, command, "command", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = command_name),
	TORC_FIELD_AT(struct torc_ams, state_flags, "state_flags", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_ams, is_response, "response", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_ams, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_ams, error, "error_code", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_ams, invoke_id, "invoke_id", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_ams, index_group, "index_group", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_ams, index_offset, "index_offset", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_ams, data_length, "data_length", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_ams, data, "data", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number ams_numbers[] = {
	{ TORC_BY_TCP_PORT, 48898 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_ams = {
	.name = "AMS",
	.key = "ams",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_ams),
	.numbers = ams_numbers,
	.decode = ams_decode,
	.read = ams_read,
	.fields = ams_fields,
};
