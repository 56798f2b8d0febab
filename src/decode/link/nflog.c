/* SPDX-License-Identifier: BSD-3-Clause */
/* nflog.c - packets that netfilter logged: tcpdump.org/linktypes, LINKTYPE_NFLOG; linux/netfilter/nfnetlink_log.h */
#include <torc/layers/link/capture.h>

#include "decode/little.h"
#include "decode/registry.h"
#include "decode/tlv.h"

#define HEADER    4
#define ATTRIBUTE 4 /* length and type, in front of the value */

enum { PACKET_HEADER = 1, PAYLOAD = 9, PREFIX = 10 };
enum { IPV4 = 2, IPV6 = 10 }; /* families of Linux */

static uint16_t number(const uint8_t *p, bool is_little)
{
	return is_little ? le16(p) : torc_be16(p);
}

/* Which order the host has: in one of them the first length is small and the type known. */
static bool order_of(const uint8_t *p, uint32_t length)
{
	return length < HEADER + ATTRIBUTE || le16(p + HEADER + 2) < 256;
}

/* Where the packet begins, and how long it is; *length is 0 and all is attributes where there is none. */
static uint32_t payload_at(const uint8_t *p, uint32_t left, bool is_little, uint32_t *length)
{
	uint32_t at = HEADER, bytes;

	*length = 0;
	while (left - at >= ATTRIBUTE) {
		bytes = number(p + at, is_little);
		if (bytes < ATTRIBUTE)
			return at;
		if (number(p + at + 2, is_little) == PAYLOAD) {
			*length = bytes - ATTRIBUTE;
			return at + ATTRIBUTE;
		}
		bytes = (bytes + 3) / 4 * 4;
		if (bytes > left - at)
			break;
		at += bytes;
	}
	return at;
}

static int nflog_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t at, length;

	TORC_NEED(cursor, HEADER);
	if (p[1] != 0)
		return torc_cursor_malformed(cursor, "version is not 0");
	at = payload_at(p, cursor->length, order_of(p, cursor->length), &length);
	cursor->header_length = at;
	if (length == 0) {
		cursor->header_length = cursor->length;
		return TORC_STEP_OK;
	}
	torc_cursor_claim(cursor, at + length);
	cursor->next = p[0] == IPV4 ? TORC_LAYER_IPV4 :
		       p[0] == IPV6 ? TORC_LAYER_IPV6 : TORC_LAYER_PAYLOAD;
	return TORC_STEP_OK;
}

static void nflog_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_nflog *nflog = out;
	struct torc_tlv attribute;
	uint32_t position = 0;

	nflog->family = p[0];
	nflog->version = p[1];
	nflog->resource = torc_be16(p + 2);
	nflog->is_little = order_of(p, layer->header_length);
	nflog->attributes = (struct torc_bytes){ p + HEADER, layer->header_length - HEADER };
	while (torc_nflog_attribute_next(nflog, &position, &attribute)) {
		if (attribute.type == PACKET_HEADER && attribute.length >= 3)
			nflog->hook = attribute.value.data[2];
		if (attribute.type != PREFIX)
			continue;
		nflog->prefix = attribute.value;
		if (attribute.length > 0 && attribute.value.data[attribute.length - 1] == 0)
			nflog->prefix.length--;
	}
}

int torc_nflog_attribute_next(const struct torc_nflog *nflog, uint32_t *position,
			      struct torc_tlv *attribute)
{
	const uint8_t *p;
	uint32_t left, length;

	if (*position >= nflog->attributes.length)
		return 0;
	p = nflog->attributes.data + *position;
	left = nflog->attributes.length - *position;
	if (left < ATTRIBUTE)
		return 0;
	length = number(p, nflog->is_little);
	if (length < ATTRIBUTE || length > left)
		return 0;
	attribute->type = number(p + 2, nflog->is_little);
	attribute->length = (uint16_t)(length - ATTRIBUTE);
	attribute->value = (struct torc_bytes){ p + ATTRIBUTE, length - ATTRIBUTE };
	*position += (length + 3) / 4 * 4;
	return 1;
}

static int attribute_element(const void *layer, uint32_t *position, void *element)
{
	return torc_nflog_attribute_next(layer, position, element);
}

static const struct torc_list_info attribute_list = {
	.next = attribute_element,
	.element_size = sizeof(struct torc_tlv),
	.fields = tlv_fields,
};

static const char *family_name(uint64_t family)
{
	return family == IPV4 ? "IPv4" : family == IPV6 ? "IPv6" : family == 7 ? "bridge" : NULL;
}

static const char *hook_name(uint64_t hook)
{
	static const char *const names[] = { "prerouting", "input", "forward", "output",
					     "postrouting" };

	return hook < sizeof(names) / sizeof(names[0]) ? names[hook] : NULL;
}

static const struct torc_field_info nflog_fields[] = {
	TORC_FIELD_AT(struct torc_nflog, family, "family", TORC_FIELD_UINT,
		      .value_name = family_name),
	TORC_FIELD_AT(struct torc_nflog, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_nflog, resource, "resource", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_nflog, hook, "hook", TORC_FIELD_UINT, .value_name = hook_name),
	TORC_FIELD_AT(struct torc_nflog, prefix, "prefix", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_nflog, attributes, "attributes", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &attribute_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number nflog_numbers[] = {
	{ TORC_BY_LINK_TYPE, TORC_LINK_NFLOG },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_nflog = {
	.name = "NFLOG",
	.key = "nflog",
	.role = TORC_ROLE_LINK,
	.struct_size = sizeof(struct torc_nflog),
	.numbers = nflog_numbers,
	.decode = nflog_decode,
	.read = nflog_read,
	.fields = nflog_fields,
};
