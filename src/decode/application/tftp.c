/* SPDX-License-Identifier: BSD-3-Clause */
/* tftp.c - TFTP: RFC 1350 §5; options RFC 2347. Only the first packet comes to port 69. */
#include <torc/layers/application/tftp.h>

#include <string.h>

#include "decode/registry.h"

enum { READ = 1, WRITE = 2, DATA = 3, ACKNOWLEDGMENT = 4, ERROR = 5, OPTIONS = 6 };

static int tftp_decode(struct torc_cursor *cursor)
{
	unsigned int opcode;

	TORC_NEED(cursor, 4);
	opcode = torc_be16(cursor->data);
	if (opcode < READ || opcode > OPTIONS)
		return torc_cursor_malformed(cursor, "unknown operation");
	cursor->header_length = opcode == DATA ? 4 : cursor->length;
	if (opcode == DATA)
		cursor->next = TORC_LAYER_PAYLOAD;
	return TORC_STEP_OK;
}

/* The string at *at, without its zero; moves *at behind that. */
static struct torc_bytes take_string(const uint8_t *p, uint32_t length, uint32_t *at)
{
	uint32_t left = *at < length ? length - *at : 0;
	struct torc_bytes string = { p + (length - left), 0 };

	if (left == 0)
		return string;
	string.length = (uint32_t)strnlen((const char *)string.data, left);
	*at += string.length + 1;
	return string;
}

static void tftp_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_tftp *tftp = out;
	uint32_t at = 2, length = layer->header_length;

	tftp->opcode = (uint8_t)torc_be16(p);
	if (tftp->opcode <= WRITE) {
		tftp->file = take_string(p, length, &at);
		tftp->mode = take_string(p, length, &at);
	} else if (tftp->opcode <= ACKNOWLEDGMENT) {
		tftp->block = torc_be16(p + 2);
		tftp->data_length = tftp->opcode == DATA ? layer->payload_length : 0;
		return;
	} else if (tftp->opcode == ERROR) {
		at = 4;
		tftp->error_code = torc_be16(p + 2);
		tftp->error = take_string(p, length, &at);
		return;
	}
	if (at < length)
		tftp->options = (struct torc_bytes){ p + at, length - at };
}

static const char *opcode_name(uint64_t opcode)
{
	static const char *const names[] = { [1] = "read request", "write request", "data",
					     "acknowledgment", "error", "option acknowledgment" };

	return opcode < sizeof(names) / sizeof(names[0]) ? names[opcode] : NULL;
}

static const struct torc_field_info tftp_fields[] = {
	TORC_FIELD_AT(struct torc_tftp, opcode, "opcode", TORC_FIELD_UINT,
		      .value_name = opcode_name),
	TORC_FIELD_AT(struct torc_tftp, block, "block", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_tftp, file, "file", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_tftp, mode, "mode", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_tftp, options, "options", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_tftp, error_code, "error_code", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_tftp, error, "error", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_tftp, data_length, "data_length", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "bytes"),
	TORC_FIELDS_END
};

static const struct torc_layer_number tftp_numbers[] = {
	{ TORC_BY_UDP_PORT, 69 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_tftp = {
	.name = "TFTP",
	.key = "tftp",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_tftp),
	.numbers = tftp_numbers,
	.decode = tftp_decode,
	.read = tftp_read,
	.fields = tftp_fields,
};
