/* SPDX-License-Identifier: BSD-3-Clause */
/* stun.c - STUN: RFC 8489 §5 and §14; the cookie tells it from others on its port */
#include <torc/layers/application/stun.h>

#include "decode/application/dtls.h"
#include "decode/registry.h"
#include "decode/tlv.h"

#define HEADER 20
#define COOKIE 0x2112A442

static int stun_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;

	/* RFC 7983: both are between the same ports */
	if (dtls_is_possible(p, cursor->length) &&
	    dtls_begins(p, cursor->length, cursor->wire_length)) {
		cursor->next = TORC_LAYER_DTLS;
		return TORC_STEP_OTHER;
	}
	TORC_NEED(cursor, HEADER);
	if (p[0] & 0xC0 || torc_be32(p + 4) != COOKIE || torc_be16(p + 2) % 4 != 0)
		return torc_cursor_malformed(cursor, "no cookie");
	torc_cursor_claim(cursor, HEADER + torc_be16(p + 2));
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static void stun_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_stun *stun = out;

	stun->type = torc_be16(p);
	stun->message_class = (uint8_t)((stun->type >> 7 & 2) | (stun->type >> 4 & 1));
	stun->method = (uint16_t)((stun->type & 0xF) | (stun->type >> 1 & 0x70) |
				  (stun->type >> 2 & 0xF80));
	stun->length = torc_be16(p + 2);
	stun->transaction = (struct torc_bytes){ p + 8, 12 };
	stun->attributes = (struct torc_bytes){ p + HEADER, layer->header_length - HEADER };
}

int torc_stun_attribute_next(const struct torc_stun *stun, uint32_t *position,
			     struct torc_tlv *attribute)
{
	static const struct tlv_form form = { 2, 2, false, 4 };

	return tlv_next(&stun->attributes, &form, position, attribute);
}

static int attribute_element(const void *layer, uint32_t *position, void *element)
{
	return torc_stun_attribute_next(layer, position, element);
}

static const struct torc_list_info attribute_list = {
	.next = attribute_element,
	.element_size = sizeof(struct torc_tlv),
	.fields = tlv_fields,
};

static const char *class_name(uint64_t number)
{
	static const char *const names[] = { "request", "indication", "success response",
					     "error response" };

	return number < 4 ? names[number] : NULL;
}

/* RFC 8489 §18.2, RFC 8656 §17 */
static const char *method_name(uint64_t method)
{
	static const char *const names[] = { [1] = "binding", [3] = "allocate", "refresh",
					     [6] = "send", "data", "create permission",
					     "channel bind" };

	return method < sizeof(names) / sizeof(names[0]) ? names[method] : NULL;
}

static const struct torc_field_info stun_fields[] = {
	TORC_FIELD_AT(struct torc_stun, type, "message_type", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_stun, message_class, "message_class", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = class_name),
	TORC_FIELD_AT(struct torc_stun, method, "method", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = method_name),
	TORC_FIELD_AT(struct torc_stun, length, "length", TORC_FIELD_UINT,
		      .unit = "bytes"),
	TORC_FIELD_AT(struct torc_stun, transaction, "transaction", TORC_FIELD_BYTES),
	TORC_FIELD_AT(struct torc_stun, attributes, "attributes", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &attribute_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number stun_numbers[] = {
	{ TORC_BY_UDP_PORT, 3478 },
	{ TORC_BY_TCP_PORT, 3478 },
	{ TORC_BY_UDP_PORT, 19302 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_stun = {
	.name = "STUN",
	.key = "stun",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_stun),
	.numbers = stun_numbers,
	.decode = stun_decode,
	.read = stun_read,
	.fields = stun_fields,
};
