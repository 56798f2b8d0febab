/* SPDX-License-Identifier: BSD-3-Clause */
/* radius.c - RADIUS: RFC 2865 §3, accounting RFC 2866, dynamic authorization RFC 5176 */
#include <torc/layers/application/radius.h>

#include <string.h>

#include "decode/registry.h"
#include "decode/tlv.h"

#define HEADER_LENGTH 20

static int radius_decode(struct torc_cursor *cursor)
{
	uint16_t length;

	TORC_NEED(cursor, HEADER_LENGTH);
	length = torc_be16(cursor->data + 2);
	if (length < HEADER_LENGTH)
		return torc_cursor_malformed(cursor, "length is below the header");
	torc_cursor_claim(cursor, length);
	cursor->header_length = cursor->length;
	if (cursor->length == length &&
	    !tlv_fill(cursor->data + HEADER_LENGTH, length - HEADER_LENGTH))
		return torc_cursor_bad_tail(cursor, "an attribute does not fit");
	return TORC_STEP_OK;
}

static void radius_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_radius *radius = out;

	radius->code = p[0];
	radius->id = p[1];
	radius->length = torc_be16(p + 2);
	memcpy(radius->authenticator, p + 4, 16);
	radius->attributes =
		(struct torc_bytes){ p + HEADER_LENGTH, layer->header_length - HEADER_LENGTH };
}

int torc_radius_attribute_next(const struct torc_radius *radius, uint32_t *position,
			       struct torc_radius_attribute *attribute)
{
	const uint8_t *p;
	uint32_t left;

	if (*position >= radius->attributes.length)
		return 0;
	p = radius->attributes.data + *position;
	left = radius->attributes.length - *position;
	if (left < 2 || p[1] < 2 || p[1] > left)
		return 0;
	attribute->type = p[0];
	attribute->value = (struct torc_bytes){ p + 2, p[1] - 2u };
	*position += p[1];
	return 1;
}

static int attribute_element(const void *layer, uint32_t *position, void *element)
{
	return torc_radius_attribute_next(layer, position, element);
}

static const char *code_name(uint64_t code)
{
	switch (code) {
	case 1:
		return "access request";
	case 2:
		return "access accept";
	case 3:
		return "access reject";
	case 4:
		return "accounting request";
	case 5:
		return "accounting response";
	case 11:
		return "access challenge";
	case 12:
		return "status server";
	case 40:
		return "disconnect request";
	case 41:
		return "disconnect ACK";
	case 42:
		return "disconnect NAK";
	case 43:
		return "CoA request";
	case 44:
		return "CoA ACK";
	case 45:
		return "CoA NAK";
	default:
		return NULL;
	}
}

static const char *attribute_name(uint64_t type)
{
	static const char *const names[] = {
		NULL, "User-Name", "User-Password", "CHAP-Password", "NAS-IP-Address", "NAS-Port",
		"Service-Type", "Framed-Protocol", "Framed-IP-Address", "Framed-IP-Netmask",
		"Framed-Routing", "Filter-Id", "Framed-MTU", "Framed-Compression", "Login-IP-Host",
		"Login-Service", "Login-TCP-Port", NULL, "Reply-Message", "Callback-Number",
		"Callback-Id", NULL, "Framed-Route", "Framed-IPX-Network", "State", "Class",
		"Vendor-Specific", "Session-Timeout", "Idle-Timeout", "Termination-Action",
		"Called-Station-Id", "Calling-Station-Id", "NAS-Identifier", "Proxy-State",
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

static const struct torc_field_info attribute_fields[] = {
	TORC_FIELD_AT(struct torc_radius_attribute, type, "type", TORC_FIELD_UINT,
		      .value_name = attribute_name),
	TORC_FIELD_AT(struct torc_radius_attribute, value, "value", TORC_FIELD_STRING),
	TORC_FIELDS_END
};

static const struct torc_list_info attribute_list = {
	.next = attribute_element,
	.element_size = sizeof(struct torc_radius_attribute),
	.fields = attribute_fields,
};

static const struct torc_field_info radius_fields[] = {
	TORC_FIELD_AT(struct torc_radius, code, "code", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = code_name),
	TORC_FIELD_AT(struct torc_radius, id, "id", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_radius, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_radius, attributes, "attributes", TORC_FIELD_LIST,
		      .list = &attribute_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number radius_numbers[] = {
	{ TORC_BY_UDP_PORT, 1645 }, /* in use before 1812, 1813 and 3799 were assigned */
	{ TORC_BY_UDP_PORT, 1646 },
	{ TORC_BY_UDP_PORT, 1700 },
	{ TORC_BY_UDP_PORT, 1812 },
	{ TORC_BY_UDP_PORT, 1813 },
	{ TORC_BY_UDP_PORT, 3799 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_radius = {
	.name = "RADIUS",
	.key = "radius",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_radius),
	.numbers = radius_numbers,
	.decode = radius_decode,
	.read = radius_read,
	.fields = radius_fields,
};
