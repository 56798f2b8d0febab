/* SPDX-License-Identifier: BSD-3-Clause */
/* modbus.c - Modbus over TCP: Messaging on TCP/IP V1.0b §3.1, Application Protocol V1.1b3 §4 */
#include <torc/layers/industrial/modbus.h>

#include "decode/registry.h"

#define HEADER       7
#define BEFORE_UNIT  6   /* bytes that the length does not count */
#define MESSAGE_MAX  253
#define IS_EXCEPTION 0x80

static int modbus_tcp_decode(struct torc_cursor *cursor)
{
	uint16_t length;

	TORC_NEED(cursor, HEADER);
	if (torc_be16(cursor->data + 2) != 0)
		return torc_cursor_malformed(cursor, "the protocol is not 0");
	length = torc_be16(cursor->data + 4);
	if (length < 2 || length > MESSAGE_MAX + 1)
		return torc_cursor_malformed(cursor, "the length is not one of a message");
	torc_cursor_claim(cursor, BEFORE_UNIT + (uint32_t)length);
	cursor->header_length = HEADER;
	cursor->next = TORC_LAYER_MODBUS;
	return TORC_STEP_OK;
}

static void modbus_tcp_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			    void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_modbus_tcp *modbus = out;

	modbus->transaction_id = torc_be16(p);
	modbus->protocol_id = torc_be16(p + 2);
	modbus->length = torc_be16(p + 4);
	modbus->unit_id = p[6];
}

static const struct torc_field_info modbus_tcp_fields[] = {
	TORC_FIELD_AT(struct torc_modbus_tcp, transaction_id, "transaction_id", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_modbus_tcp, protocol_id, "protocol_id", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_modbus_tcp, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_modbus_tcp, unit_id, "unit_id", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELDS_END
};

static const struct torc_layer_number modbus_tcp_numbers[] = {
	{ TORC_BY_TCP_PORT, 502 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_modbus_tcp = {
	.name = "ModbusTCP",
	.key = "modbus_tcp",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_modbus_tcp),
	.numbers = modbus_tcp_numbers,
	.decode = modbus_tcp_decode,
	.read = modbus_tcp_read,
	.fields = modbus_tcp_fields,
};

static int modbus_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, 1);
	cursor->header_length = cursor->length;
	if (cursor->data[0] & IS_EXCEPTION && cursor->length < 2)
		return cursor->wire_length < 2 ?
			       torc_cursor_bad_tail(cursor, "an exception without a code") :
			       TORC_STEP_CUT_TAIL;
	return TORC_STEP_OK;
}

static void modbus_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_modbus *modbus = out;
	uint32_t before = 1;

	modbus->function = p[0] & ~IS_EXCEPTION;
	modbus->is_exception = p[0] & IS_EXCEPTION;
	if (modbus->is_exception && layer->header_length > 1) {
		modbus->exception_code = p[1];
		before = 2;
	}
	modbus->data = (struct torc_bytes){ p + before, layer->header_length - before };
}

/* MODBUS Application Protocol V1.1b3 §5.1 */
static const char *function_name(uint64_t function)
{
	static const char *const names[] = {
		[1] = "read coils", [2] = "read discrete inputs", [3] = "read holding registers",
		[4] = "read input registers", [5] = "write single coil",
		[6] = "write single register", [7] = "read exception status", [8] = "diagnostics",
		[11] = "get comm event counter", [12] = "get comm event log",
		[15] = "write multiple coils", [16] = "write multiple registers",
		[17] = "report server id", [20] = "read file record", [21] = "write file record",
		[22] = "mask write register", [23] = "read/write multiple registers",
		[24] = "read FIFO queue", [43] = "encapsulated interface transport"
	};

	return function < sizeof(names) / sizeof(names[0]) ? names[function] : NULL;
}

/* §7 */
static const char *exception_name(uint64_t code)
{
	static const char *const names[] = {
		[1] = "illegal function", [2] = "illegal data address", [3] = "illegal data value",
		[4] = "server device failure", [5] = "acknowledge", [6] = "server device busy",
		[8] = "memory parity error", [10] = "gateway path unavailable",
		[11] = "gateway target device failed to respond"
	};

	return code < sizeof(names) / sizeof(names[0]) ? names[code] : NULL;
}

static const struct torc_field_info modbus_fields[] = {
	TORC_FIELD_AT(struct torc_modbus, function, "function", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = function_name),
	TORC_FIELD_AT(struct torc_modbus, is_exception, "exception", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_modbus, exception_code, "exception_code", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY,
		      .value_name = exception_name),
	TORC_FIELD_AT(struct torc_modbus, data, "data", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_modbus = {
	.name = "Modbus",
	.key = "modbus",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_modbus),
	.decode = modbus_decode,
	.read = modbus_read,
	.fields = modbus_fields,
};
