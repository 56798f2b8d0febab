/* SPDX-License-Identifier: BSD-3-Clause */
/* s7comm.c - S7 communication, as it is known from what controllers send: no document is public */
#include <torc/layers/industrial/s7comm.h>

#include "decode/registry.h"

#define HEADER       10
#define HEADER_ERROR 12 /* of answers */
#define ID           0x32

enum { JOB = 1, ACK = 2, ACK_DATA = 3, USER_DATA = 7 };
enum { READ_VAR = 4, WRITE_VAR = 5 };

static uint32_t s7_header(const uint8_t *p)
{
	return p[1] == ACK || p[1] == ACK_DATA ? HEADER_ERROR : HEADER;
}

static int s7comm_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t header;

	TORC_NEED(cursor, HEADER);
	if (p[0] != ID || (p[1] > ACK_DATA && p[1] != USER_DATA) || p[1] == 0)
		return torc_cursor_malformed(cursor, "unknown message type");
	header = s7_header(p);
	TORC_NEED(cursor, header);
	torc_cursor_claim(cursor, header + torc_be16(p + 6) + torc_be16(p + 8));
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

/*
 * Parameters of user data: 00 01 12, how many bytes follow, a method, then what is asked of which
 * group: type and group in half a byte each, a subfunction.
 */
static void user_data_read(const uint8_t *p, uint32_t length, struct torc_s7comm *s7)
{
	if (length < 7)
		return;
	s7->has_group = true;
	s7->direction = p[5] >> 4;
	s7->group = p[5] & 0xF;
	s7->subfunction = p[6];
}

static void s7comm_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	uint32_t header = s7_header(p), left = layer->header_length - header, length;
	struct torc_s7comm *s7 = out;

	s7->protocol_id = p[0];
	s7->message_type = p[1];
	s7->redundancy_id = torc_be16(p + 2);
	s7->reference = torc_be16(p + 4);
	s7->parameter_length = torc_be16(p + 6);
	s7->data_length = torc_be16(p + 8);
	if (header == HEADER_ERROR) {
		s7->error_class = p[10];
		s7->error_code = p[11];
	}
	length = s7->parameter_length < left ? s7->parameter_length : left;
	s7->parameters = (struct torc_bytes){ p + header, length };
	s7->data = (struct torc_bytes){ p + header + length, left - length };
	if (s7->message_type == USER_DATA) {
		user_data_read(p + header, length, s7);
	} else if (length > 0) {
		s7->has_function = true;
		s7->function = p[header];
		if (length > 1 && (s7->function == READ_VAR || s7->function == WRITE_VAR))
			s7->item_count = p[header + 1];
	}
}

static const char *message_name(uint64_t type)
{
	static const char *const names[] = { [JOB] = "job", [ACK] = "ack", [ACK_DATA] = "ack data",
					     [USER_DATA] = "user data" };

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

static const char *function_name(uint64_t function)
{
	switch (function) {
	case 0:
		return "CPU services";
	case READ_VAR:
		return "read variables";
	case WRITE_VAR:
		return "write variables";
	case 0x1A:
		return "request download";
	case 0x1B:
		return "download block";
	case 0x1C:
		return "download ended";
	case 0x1D:
		return "start upload";
	case 0x1E:
		return "upload";
	case 0x1F:
		return "end upload";
	case 0x28:
		return "program invocation";
	case 0x29:
		return "stop PLC";
	case 0xF0:
		return "setup communication";
	default:
		return NULL;
	}
}

static const char *group_name(uint64_t group)
{
	static const char *const names[] = {
		"mode transition", "programmer commands", "cyclic data", "block functions",
		"CPU functions", "security", "BSEND/BRECV", "time functions",
		[15] = "NC programming"
	};

	return group < sizeof(names) / sizeof(names[0]) ? names[group] : NULL;
}

static const struct torc_field_info s7comm_fields[] = {
	TORC_FIELD_AT(struct torc_s7comm, protocol_id, "protocol_id", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_s7comm, message_type, "message_type", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = message_name),
	TORC_FIELD_AT(struct torc_s7comm, redundancy_id, "redundancy_id", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_s7comm, reference, "reference", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_s7comm, parameter_length, "parameter_length", TORC_FIELD_UINT,
		      .unit = "bytes"),
	TORC_FIELD_AT(struct torc_s7comm, data_length, "data_length", TORC_FIELD_UINT,
		      .unit = "bytes"),
	TORC_FIELD_AT(struct torc_s7comm, error_class, "error_class", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_s7comm, error_code, "error_code", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_s7comm, has_function, "has_function", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_s7comm, function, "function", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY,
		      .value_name = function_name),
	TORC_FIELD_AT(struct torc_s7comm, item_count, "item_count", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_s7comm, has_group, "has_group", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_s7comm, direction, "direction", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_s7comm, group, "group", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY,
		      .value_name = group_name),
	TORC_FIELD_AT(struct torc_s7comm, subfunction, "subfunction", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_s7comm, parameters, "parameters", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_s7comm, data, "data", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_s7comm = {
	.name = "S7Comm",
	.key = "s7comm",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_s7comm),
	.decode = s7comm_decode,
	.read = s7comm_read,
	.fields = s7comm_fields,
};
