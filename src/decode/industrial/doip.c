/* SPDX-License-Identifier: BSD-3-Clause */
/* doip.c - diagnostic communication over IP: ISO 13400-2:2019 §8 */
#include <torc/layers/industrial/doip.h>

#include "decode/registry.h"

#define HEADER      8
#define LENGTH_MAX  0x1000000 /* that is believed */
#define VIN         17
#define ID          6

enum {
	NEGATIVE_ACK = 0x0000,
	ANNOUNCEMENT = 0x0004,
	ACTIVATION_REQUEST = 0x0005,
	ACTIVATION_RESPONSE = 0x0006,
	ALIVE_RESPONSE = 0x0008,
	DIAGNOSTIC = 0x8001,
	DIAGNOSTIC_ACK = 0x8002,
	DIAGNOSTIC_NACK = 0x8003,
};

static const char *type_name(uint64_t type)
{
	switch (type) {
	case NEGATIVE_ACK:
		return "header negative acknowledge";
	case 0x0001:
		return "vehicle identification request";
	case 0x0002:
		return "vehicle identification request by EID";
	case 0x0003:
		return "vehicle identification request by VIN";
	case ANNOUNCEMENT:
		return "vehicle announcement";
	case ACTIVATION_REQUEST:
		return "routing activation request";
	case ACTIVATION_RESPONSE:
		return "routing activation response";
	case 0x0007:
		return "alive check request";
	case ALIVE_RESPONSE:
		return "alive check response";
	case 0x4001:
		return "entity status request";
	case 0x4002:
		return "entity status response";
	case 0x4003:
		return "power mode request";
	case 0x4004:
		return "power mode response";
	case DIAGNOSTIC:
		return "diagnostic message";
	case DIAGNOSTIC_ACK:
		return "diagnostic message positive acknowledge";
	case DIAGNOSTIC_NACK:
		return "diagnostic message negative acknowledge";
	default:
		return NULL;
	}
}

static bool is_message(const uint8_t *p)
{
	return (p[0] ^ p[1]) == 0xFF && type_name(torc_be16(p + 2)) &&
	       torc_be32(p + 4) <= LENGTH_MAX;
}

static int doip_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t total;

	TORC_NEED(cursor, HEADER);
	if (!is_message(p))
		return torc_cursor_malformed(cursor, "no header with a version and its inverse");
	total = HEADER + torc_be32(p + 4);
	/* several messages in a segment are a layer each */
	if (cursor->wire_length > total) {
		cursor->header_length = total;
		if (cursor->length >= total + HEADER && is_message(p + total))
			cursor->next = TORC_LAYER_DOIP;
	} else {
		torc_cursor_claim(cursor, total);
		cursor->header_length = total < cursor->length ? total : cursor->length;
	}
	return cursor->header_length > cursor->length ? TORC_STEP_CUT_TAIL : TORC_STEP_OK;
}

/* Returns how many bytes of the payload have a field of their own. */
static uint32_t payload_read(const uint8_t *p, uint32_t length, struct torc_doip *doip)
{
	switch (doip->payload_type) {
	case NEGATIVE_ACK:
		if (length < 1)
			return 0;
		doip->has_code = true;
		doip->code = p[0];
		return 1;
	case ANNOUNCEMENT:
		if (length < VIN + 2 + 2 * ID + 1)
			return 0;
		doip->vin = (struct torc_bytes){ p, VIN };
		doip->has_source = true;
		doip->source = torc_be16(p + VIN);
		doip->entity = (struct torc_bytes){ p + VIN + 2, ID };
		doip->group = (struct torc_bytes){ p + VIN + 2 + ID, ID };
		doip->further_action = p[VIN + 2 + 2 * ID];
		return VIN + 2 + 2 * ID + 1;
	case ACTIVATION_REQUEST:
		if (length < 3)
			return 0;
		doip->has_source = doip->has_code = true;
		doip->source = torc_be16(p);
		doip->code = p[2];
		return 3;
	case ALIVE_RESPONSE:
		if (length < 2)
			return 0;
		doip->has_source = true;
		doip->source = torc_be16(p);
		return 2;
	case ACTIVATION_RESPONSE: /* the tester, whom it is for, stands first */
	case DIAGNOSTIC_ACK:
	case DIAGNOSTIC_NACK:
		if (length < 5)
			return 0;
		doip->has_code = true;
		doip->code = p[4];
		break;
	case DIAGNOSTIC:
		if (length < 4)
			return 0;
		break;
	default:
		return 0;
	}
	doip->has_source = doip->has_target = true;
	doip->source = torc_be16(doip->payload_type == ACTIVATION_RESPONSE ? p + 2 : p);
	doip->target = torc_be16(doip->payload_type == ACTIVATION_RESPONSE ? p : p + 2);
	return doip->has_code ? 5 : 4;
}

static void doip_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	uint32_t length = layer->header_length - HEADER, used;
	struct torc_doip *doip = out;

	doip->version = p[0];
	doip->inverse_version = p[1];
	doip->payload_type = torc_be16(p + 2);
	doip->length = torc_be32(p + 4);
	used = payload_read(p + HEADER, length, doip);
	doip->data = (struct torc_bytes){ p + HEADER + used, length - used };
}

static const struct torc_field_info doip_fields[] = {
	TORC_FIELD_AT(struct torc_doip, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_doip, inverse_version, "inverse_version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_doip, payload_type, "payload_type", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = type_name),
	TORC_FIELD_AT(struct torc_doip, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_doip, vin, "vin", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_doip, entity, "eid", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_doip, group, "gid", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_doip, further_action, "further_action", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_doip, has_source, "has_source", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_doip, source, "source", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_doip, has_target, "has_target", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_doip, target, "target", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_doip, has_code, "has_code", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_doip, code, "code", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_doip, data, "data", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number doip_numbers[] = {
	{ TORC_BY_TCP_PORT, 13400 },
	{ TORC_BY_UDP_PORT, 13400 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_doip = {
	.name = "DoIP",
	.key = "doip",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_doip),
	.numbers = doip_numbers,
	.decode = doip_decode,
	.read = doip_read,
	.fields = doip_fields,
};
