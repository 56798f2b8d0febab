/* SPDX-License-Identifier: BSD-3-Clause */
/* lisp.c - Locator/ID Separation Protocol: data, RFC 9300 §5.3, and the heads of control messages, RFC 9301 §5 */
#include <torc/layers/tunnel/lisp.h>

#include "decode/common.h"

#define HEADER       8
#define HAS_NONCE    0x80
#define HAS_STATUS   0x40
#define ECHO_NONCE   0x20
#define HAS_VERSIONS 0x10
#define HAS_INSTANCE 0x08

enum { REQUEST = 1, REPLY, REGISTER, NOTIFY, NOTIFY_ACK, ENCAPSULATED = 8 };

/* Whether an IP packet of just that length begins there. */
static unsigned int ip_at(const struct torc_cursor *cursor, uint32_t at)
{
	const uint8_t *p = cursor->data + at;
	uint32_t left = cursor->length - at, wire = cursor->wire_length - at;

	if (left >= IPV4_HEADER && p[0] >> 4 == 4 && (p[0] & 0xF) >= 5 && torc_be16(p + 2) == wire)
		return TORC_LAYER_IPV4;
	if (left >= IPV6_HEADER && p[0] >> 4 == 6 && torc_be16(p + 4) + (uint32_t)IPV6_HEADER == wire)
		return TORC_LAYER_IPV6;
	return TORC_LAYER_NONE;
}

static int lisp_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;

	TORC_NEED(cursor, HEADER);
	if ((p[0] & HAS_VERSIONS && p[0] & (HAS_NONCE | ECHO_NONCE)) || p[0] & 0x03)
		return torc_cursor_malformed(cursor, "flags that exclude each other");
	TORC_NEED(cursor, HEADER + IPV4_HEADER);
	cursor->header_length = HEADER;
	cursor->next = (uint16_t)ip_at(cursor, HEADER);
	if (cursor->next == TORC_LAYER_NONE)
		return torc_cursor_malformed(cursor, "no IP packet of the datagram's length");
	return TORC_STEP_OK;
}

static void lisp_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_lisp *lisp = out;

	lisp->flags = p[0];
	lisp->nonce = torc_be24(p + 1);
	if (p[0] & HAS_INSTANCE) {
		lisp->instance = torc_be24(p + 4);
		lisp->locator_status = p[7];
	} else {
		lisp->locator_status = torc_be32(p + 4);
	}
}

static const struct torc_field_info lisp_fields[] = {
	TORC_FIELD_AT(struct torc_lisp, flags, "flags", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_lisp, nonce, "nonce", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_lisp, instance, "instance", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_lisp, locator_status, "locator_status", TORC_FIELD_HEX),
	TORC_FIELDS_END
};

static const struct torc_layer_number lisp_numbers[] = {
	{ TORC_BY_UDP_PORT, 4341 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_lisp = {
	.name = "LISP",
	.key = "lisp",
	.struct_size = sizeof(struct torc_lisp),
	.numbers = lisp_numbers,
	.decode = lisp_decode,
	.read = lisp_read,
	.fields = lisp_fields,
};

/* An encapsulated message has four bytes, then the IP packet that asks. */
static int control_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint8_t type;

	TORC_NEED(cursor, 4);
	type = p[0] >> 4;
	if (type == ENCAPSULATED) {
		TORC_NEED(cursor, 4 + IPV4_HEADER);
		cursor->header_length = 4;
		cursor->next = (uint16_t)ip_at(cursor, 4);
		if (cursor->next == TORC_LAYER_NONE)
			return torc_cursor_malformed(cursor, "no IP packet of the datagram's length");
		return TORC_STEP_OK;
	}
	if (type < REQUEST || type > NOTIFY_ACK)
		return torc_cursor_malformed(cursor, "unknown message type");
	TORC_NEED(cursor, 4 + 8);
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static void control_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			 void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_lisp_control *lisp = out;

	lisp->message_type = p[0] >> 4;
	if (lisp->message_type == ENCAPSULATED)
		return;
	lisp->record_count = p[3];
	lisp->nonce = torc_be64(p + 4);
	lisp->data = (struct torc_bytes){ p + 12, layer->header_length - 12 };
}

static const char *type_name(uint64_t type)
{
	static const char *const names[] = { [1] = "map request", [2] = "map reply",
					     [3] = "map register", [4] = "map notify",
					     [5] = "map notify acknowledgment",
					     [8] = "encapsulated control message" };

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

static const struct torc_field_info control_fields[] = {
	TORC_FIELD_AT(struct torc_lisp_control, message_type, "message_type", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = type_name),
	TORC_FIELD_AT(struct torc_lisp_control, record_count, "records", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY | TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_lisp_control, nonce, "nonce", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_lisp_control, data, "data", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number control_numbers[] = {
	{ TORC_BY_UDP_PORT, 4342 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_lisp_control = {
	.name = "LISPControl",
	.key = "lisp_control",
	.struct_size = sizeof(struct torc_lisp_control),
	.numbers = control_numbers,
	.decode = control_decode,
	.read = control_read,
	.fields = control_fields,
};
