/* SPDX-License-Identifier: BSD-3-Clause */
/* cip.c - Common Industrial Protocol: the CIP Networks Library, volume 1, §2-4, appendices A to C */
#include <torc/layers/industrial/cip.h>

#include "decode/little.h"
#include "decode/registry.h"

#define REQUEST_HEADER  2
#define RESPONSE_HEADER 4
#define IS_RESPONSE     0x80

static int cip_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t header;

	TORC_NEED(cursor, REQUEST_HEADER);
	cursor->header_length = cursor->length;
	if (p[0] & IS_RESPONSE) {
		TORC_NEED(cursor, RESPONSE_HEADER);
		header = RESPONSE_HEADER + p[3] * 2u;
	} else {
		header = REQUEST_HEADER + p[1] * 2u;
	}
	if (header <= cursor->length)
		return TORC_STEP_OK;
	if (header > cursor->wire_length && !(cursor->flags & TORC_DECODED_CUT_BY_HEADER))
		return torc_cursor_bad_tail(cursor, p[0] & IS_RESPONSE ?
							    "the additional status does not fit" :
							    "the path does not fit");
	return TORC_STEP_CUT_TAIL;
}

/* The value of a logical segment (appendix C-1.4.2), padded as messages have it; its whole length. */
static uint32_t logical_value(const uint8_t *p, uint32_t left, uint32_t *value)
{
	switch (p[0] & 3) {
	case 0:
		*value = p[1];
		return 2;
	case 1:
		*value = left >= 4 ? le16(p + 2) : 0;
		return 4;
	case 2:
		*value = left >= 6 ? le32(p + 2) : 0;
		return 6;
	default:
		return left + 1;
	}
}

/* The port of a route (C-1.4.1): its number and the address behind it, padded. */
static uint32_t port_length(const uint8_t *p)
{
	uint32_t length = (p[0] & 0x10) ? 2u + p[1] : 2;

	if ((p[0] & 0xF) == 0xF)
		length += 2;
	return (length + 1) & ~1u;
}

/* A logical segment: the first of each kind is kept. Returns its length. */
static uint32_t logical_read(const uint8_t *p, uint32_t left, struct torc_cip *cip)
{
	uint32_t value = 0, length;

	if (p[0] == 0x34) /* an electronic key, of format 4 */
		return 10;
	length = logical_value(p, left, &value);
	if (length > left)
		return length;
	switch (p[0] >> 2 & 7) {
	case 0:
		cip->class_id = cip->has_class ? cip->class_id : value;
		cip->has_class = true;
		break;
	case 1:
		cip->instance = cip->has_instance ? cip->instance : value;
		cip->has_instance = true;
		break;
	case 3:
		cip->connection_point = cip->has_connection_point ? cip->connection_point : value;
		cip->has_connection_point = true;
		break;
	case 4:
		cip->attribute = cip->has_attribute ? cip->attribute : value;
		cip->has_attribute = true;
		break;
	default:
		break;
	}
	return length;
}

/* The segments of a padded path (C-1.4), as far as they are known and fit. */
static void path_read(const uint8_t *p, uint32_t left, struct torc_cip *cip)
{
	uint32_t length;

	for (; left >= 2; p += length, left -= length) {
		switch (p[0] >> 5) {
		case 0:
			length = port_length(p);
			break;
		case 1:
			length = logical_read(p, left, cip);
			break;
		case 2: /* of a network: one byte, or so many words */
			length = p[0] & 0x10 ? 2 + p[1] * 2u : 2;
			break;
		case 4: /* data: simple, or a symbol in ASCII */
			length = p[0] == 0x91 ? (2u + p[1] + 1) & ~1u : 2 + p[1] * 2u;
			if (p[0] == 0x91 && 2u + p[1] <= left && !cip->symbol.data)
				cip->symbol = (struct torc_bytes){ p + 2, p[1] };
			break;
		default:
			return;
		}
		if (length > left)
			return;
	}
}

static void cip_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	uint32_t length = layer->header_length, before, list;
	struct torc_cip *cip = out;

	cip->service = p[0] & ~IS_RESPONSE;
	cip->is_response = p[0] & IS_RESPONSE;
	if (cip->is_response) {
		before = RESPONSE_HEADER;
		cip->status = p[2];
		list = p[3] * 2u;
	} else {
		before = REQUEST_HEADER;
		cip->path_words = p[1];
		list = p[1] * 2u;
	}
	if (list > length - before)
		list = length - before;
	if (cip->is_response) {
		cip->additional_status = (struct torc_bytes){ p + before, list };
	} else {
		cip->path = (struct torc_bytes){ p + before, list };
		path_read(p + before, list, cip);
	}
	cip->data = (struct torc_bytes){ p + before + list, length - before - list };
}

/* The services that every class has (appendix A-3), and those of the Connection Manager. */
static const char *service_name(uint64_t service)
{
	static const char *const names[] = {
		[0x01] = "Get Attributes All", "Set Attributes All", "Get Attribute List",
		"Set Attribute List", "Reset", "Start", "Stop", "Create", "Delete",
		"Multiple Service Packet", [0x0D] = "Apply Attributes", "Get Attribute Single",
		[0x10] = "Set Attribute Single", "Find Next Object Instance", [0x15] = "Restore",
		"Save", "No Operation", "Get Member", "Set Member", "Insert Member",
		"Remove Member", "Group Sync"
	};

	return service < sizeof(names) / sizeof(names[0]) ? names[service] : NULL;
}

/* Appendix B-1 */
static const char *status_name(uint64_t status)
{
	static const char *const names[] = {
		"success", "connection failure", "resource unavailable",
		"invalid parameter value", "path segment error", "path destination unknown",
		"partial transfer", "connection lost", "service not supported",
		"invalid attribute value", "attribute list error", "already in requested mode",
		"object state conflict", "object already exists", "attribute not settable",
		"privilege violation", "device state conflict", "reply data too large",
		"fragmentation of a primitive value", "not enough data",
		"attribute not supported", "too much data", "object does not exist",
		"service fragmentation sequence not in progress", "no stored attribute data",
		"store operation failure", "routing failure, request too large",
		"routing failure, response too large", "missing attribute list entry data",
		"invalid attribute value list", "embedded service error", "vendor specific error",
		"invalid parameter", "write-once value already written", "invalid reply received",
		"buffer overflow", "invalid message format", "key failure in path",
		"path size invalid", "unexpected attribute in list", "invalid member id",
		"member not settable", "group 2 only server general failure",
		"unknown Modbus error", "attribute not gettable"
	};

	return status < sizeof(names) / sizeof(names[0]) ? names[status] : NULL;
}

/* Chapter 5, table 5-1.1: the classes that are met in most devices */
static const char *class_name(uint64_t class_id)
{
	static const char *const names[] = {
		[0x01] = "Identity", "Message Router", "DeviceNet", "Assembly", "Connection",
		"Connection Manager", "Register", "Discrete Input Point",
		"Discrete Output Point", "Analog Input Point", "Analog Output Point",
		[0x0E] = "Presence Sensing", "Parameter", "Parameter Group", [0x12] = "Group",
		[0x23] = "Position Sensor", "Position Controller Supervisor",
		"Position Controller", "Block Sequencer", "Command Block", "Motor Data",
		"Control Supervisor", "AC/DC Drive", "Acknowledge Handler", "Overload",
		"Softstart", "Selection", [0x37] = "File", [0x39] = "Safety Supervisor",
		"Safety Validator", [0x42] = "Motion Device Axis", "Time Sync", "Modbus",
		"Originator Connection List", "Modbus Serial Link", "Device Level Ring", "QoS",
		[0x5D] = "CIP Security", "EtherNet/IP Security", "Certificate Management",
		"Authority"
	};

	switch (class_id) {
	case 0xF4:
		return "Port";
	case 0xF5:
		return "TCP/IP Interface";
	case 0xF6:
		return "Ethernet Link";
	default:
		return class_id < sizeof(names) / sizeof(names[0]) ? names[class_id] : NULL;
	}
}

static const struct torc_field_info cip_fields[] = {
	TORC_FIELD_AT(struct torc_cip, is_response, "response", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_cip, service, "service", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = service_name),
	TORC_FIELD_AT(struct torc_cip, status, "status", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY,
		      .value_name = status_name),
	TORC_FIELD_AT(struct torc_cip, additional_status, "additional_status", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_cip, path_words, "path_words", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "2 bytes"),
	TORC_FIELD_AT(struct torc_cip, class_id, "class", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY, .value_name = class_name),
	TORC_FIELD_AT(struct torc_cip, instance, "instance", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_cip, attribute, "attribute", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_cip, connection_point, "connection_point", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_cip, symbol, "symbol", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_cip, path, "path", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_cip, data, "data", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_cip = {
	.name = "CIP",
	.key = "cip",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_cip),
	.decode = cip_decode,
	.read = cip_read,
	.fields = cip_fields,
};
