/* SPDX-License-Identifier: BSD-3-Clause */
/* mobility.c - the mobility header of IPv6, RFC 6275 §6.1; its options §6.2 */
#include <torc/layers/network/mobility.h>

#include <string.h>

#include "decode/registry.h"
#include "decode/tlv.h"

#define HEADER 6 /* and at least two bytes of the message */

enum { BRR, HOTI, COTI, HOT, COT, BU, BA, BE };

/* Bytes of each message, in front of its options; 0: all is data. */
static uint32_t fixed_length(uint8_t type)
{
	static const uint8_t lengths[] = { 2, 10, 10, 18, 18, 6, 6, 18 };

	return type < sizeof(lengths) ? lengths[type] : 0;
}

static bool mobility_options_fit(const uint8_t *p, uint32_t length)
{
	uint32_t at = 0;

	while (at < length) {
		if (p[at] == 0) {
			at++;
			continue;
		}
		if (length - at < 2 || p[at + 1] + 2u > length - at)
			return false;
		at += p[at + 1] + 2u;
	}
	return true;
}

/* Its length counts eight bytes, less the first eight. */
static int mobility_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t length, fixed;

	TORC_NEED(cursor, 8);
	length = (p[1] + 1u) * 8;
	fixed = HEADER + fixed_length(p[2]);
	if (length < fixed)
		return torc_cursor_malformed(cursor, "length is below the message");
	if (cursor->length < length)
		return TORC_STEP_CUT_TAIL;
	cursor->header_length = length;
	cursor_next(cursor, TORC_BY_IP_PROTOCOL, p[0]);
	if (fixed > HEADER && !mobility_options_fit(p + fixed, length - fixed))
		return torc_cursor_bad_tail(cursor, "an option does not fit");
	return TORC_STEP_OK;
}

/* Tests of the way home and there, and errors; p is behind the first six bytes. */
static void test_read(const uint8_t *p, struct torc_mobility *mobility)
{
	switch (mobility->message_type) {
	case HOTI:
	case COTI:
		mobility->cookie = torc_be64(p + 2);
		break;
	case HOT:
	case COT:
		mobility->nonce_index = torc_be16(p);
		mobility->cookie = torc_be64(p + 2);
		mobility->token = torc_be64(p + 10);
		break;
	case BE:
		mobility->status = p[0];
		memcpy(mobility->home, p + 2, 16);
		break;
	}
}

/* Updates of a binding and what is said of them; lifetimes count four seconds (§6.1.7). */
static void binding_read(const uint8_t *p, struct torc_mobility *mobility)
{
	if (mobility->message_type == BU) {
		mobility->sequence = torc_be16(p);
		mobility->flags = torc_be16(p + 2);
	} else {
		mobility->status = p[0];
		mobility->flags = p[1];
		mobility->sequence = torc_be16(p + 2);
	}
	mobility->lifetime_s = torc_be16(p + 4) * 4u;
}

static void mobility_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			  void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_mobility *mobility = out;
	uint32_t fixed;

	mobility->next_header = p[0];
	mobility->header_length = (uint16_t)((p[1] + 1u) * 8);
	mobility->message_type = p[2];
	mobility->checksum = torc_be16(p + 4);
	fixed = HEADER + fixed_length(p[2]);
	if (layer->header_length < fixed)
		return;
	if (fixed == HEADER) {
		mobility->data = (struct torc_bytes){ p + HEADER, layer->header_length - HEADER };
		return;
	}
	if (p[2] == BU || p[2] == BA)
		binding_read(p + HEADER, mobility);
	else
		test_read(p + HEADER, mobility);
	mobility->options = (struct torc_bytes){ p + fixed, layer->header_length - fixed };
}

int torc_mobility_option_next(const struct torc_mobility *mobility, uint32_t *position,
			      struct torc_tlv *option)
{
	static const struct tlv_form form = { 1, 1, false, 1 };

	if (*position < mobility->options.length && mobility->options.data[*position] == 0) {
		*option = (struct torc_tlv){ .value = { mobility->options.data + *position + 1, 0 } };
		*position += 1;
		return 1;
	}
	return tlv_next(&mobility->options, &form, position, option);
}

static int option_element(const void *layer, uint32_t *position, void *element)
{
	return torc_mobility_option_next(layer, position, element);
}

static const struct torc_list_info option_list = {
	.next = option_element,
	.element_size = sizeof(struct torc_tlv),
	.fields = tlv_fields,
};

/* IANA's "Mobility Header Types" */
static const char *message_name(uint64_t type)
{
	static const char *const names[] = {
		"binding refresh request", "home test init", "care-of test init", "home test",
		"care-of test", "binding update", "binding acknowledgment", "binding error",
		"fast binding update", "fast binding acknowledgment", "fast neighbor advertisement",
		"experimental", "home agent switch", "heartbeat", "handover initiate",
		"handover acknowledge", "binding revocation", "localized routing initiation",
		"localized routing acknowledgment", "update notification",
		"update notification acknowledgment", "flow binding", "subscription query",
		"subscription response"
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

static const struct torc_field_info mobility_fields[] = {
	TORC_FIELD_AT(struct torc_mobility, next_header, "next_header", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_mobility, header_length, "length", TORC_FIELD_UINT,
		      .unit = "bytes"),
	TORC_FIELD_AT(struct torc_mobility, message_type, "message_type", TORC_FIELD_UINT,
		      .value_name = message_name),
	TORC_FIELD_AT(struct torc_mobility, checksum, "checksum", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_mobility, nonce_index, "nonce_index", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_mobility, cookie, "cookie", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_mobility, token, "token", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_mobility, sequence, "seq", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_mobility, status, "status", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_mobility, flags, "flags", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_mobility, lifetime_s, "lifetime", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "seconds"),
	TORC_FIELD_AT(struct torc_mobility, home, "home_ip", TORC_FIELD_IPV6,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_mobility, options, "options", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &option_list),
	TORC_FIELD_AT(struct torc_mobility, data, "data", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number mobility_numbers[] = {
	{ TORC_BY_IP_PROTOCOL, 135 },
	{ TORC_BY_IP_PROTOCOL, 62 }, /* of the drafts, as tcpdump and tshark have it */
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_mobility = {
	.name = "IPv6Mobility",
	.key = "mobility",
	.struct_size = sizeof(struct torc_mobility),
	.numbers = mobility_numbers,
	.decode = mobility_decode,
	.read = mobility_read,
	.fields = mobility_fields,
	.checksum = { TORC_SUM_PSEUDO, 4, 135 },
};
