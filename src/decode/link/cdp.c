/* SPDX-License-Identifier: BSD-3-Clause */
/* cdp.c - Cisco Discovery Protocol, over SNAP with type 0x2000 */
#include <torc/layers/link/discovery.h>

#include "decode/registry.h"

static int cdp_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, 4);
	cursor->header_length = 4;
	if (cursor->length > 4)
		cursor->next = TORC_LAYER_CDP_INFO;
	return TORC_STEP_OK;
}

static void cdp_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_cdp *cdp = out;

	cdp->version = p[0];
	cdp->ttl_s = p[1];
	cdp->checksum = torc_be16(p + 2);
}

static const struct torc_field_info cdp_fields[] = {
	TORC_FIELD_AT(struct torc_cdp, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_cdp, ttl_s, "ttl", TORC_FIELD_UINT, .unit = "seconds"),
	TORC_FIELD_AT(struct torc_cdp, checksum, "checksum", TORC_FIELD_HEX), TORC_FIELDS_END
};

static const struct torc_layer_number cdp_numbers[] = {
	{ TORC_BY_SNAP, 0x2000 },
	{ TORC_BY_ETHER_TYPE, 0x2000 }, /* behind GRE */
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_cdp = {
	.name = "CiscoDiscovery",
	.key = "cdp",
	.struct_size = sizeof(struct torc_cdp),
	.numbers = cdp_numbers,
	.decode = cdp_decode,
	.read = cdp_read,
	.fields = cdp_fields,
};

/* Lengths include type and length themselves. */
static int cdp_info_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t at = 0;

	while (cursor->length - at >= 4 && torc_be16(p + at + 2) >= 4 &&
	       torc_be16(p + at + 2) <= cursor->length - at)
		at += torc_be16(p + at + 2);
	cursor->header_length = cursor->length;
	if (at == cursor->length)
		return TORC_STEP_OK;
	if (cursor->length - at >= 4 && torc_be16(p + at + 2) < 4)
		return torc_cursor_bad_tail(cursor, "a TLV is shorter than its header");
	return TORC_STEP_CUT_TAIL;
}

static void cdp_info_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			  void *out)
{
	struct torc_cdp_info *info = out;

	info->tlvs = (struct torc_bytes){ torc_layer_header(decoded, layer), layer->header_length };
}

int torc_cdp_tlv_next(const struct torc_cdp_info *info, uint32_t *position,
		      struct torc_cdp_tlv *tlv)
{
	const uint8_t *p;
	uint32_t left, length;

	if (*position >= info->tlvs.length)
		return 0;
	p = info->tlvs.data + *position;
	left = info->tlvs.length - *position;
	length = left < 4 ? 0 : torc_be16(p + 2);
	if (length < 4 || length > left)
		return 0;
	tlv->type = torc_be16(p);
	tlv->value = (struct torc_bytes){ p + 4, length - 4 };
	*position += length;
	return 1;
}

static int tlv_element(const void *layer, uint32_t *position, void *element)
{
	return torc_cdp_tlv_next(layer, position, element);
}

static const char *type_name(uint64_t type)
{
	static const char *const names[] = {
		[1] = "device id",
		[2] = "addresses",
		[3] = "port id",
		[4] = "capabilities",
		[5] = "software version",
		[6] = "platform",
		[7] = "IP prefixes",
		[8] = "protocol hello",
		[9] = "VTP domain",
		[10] = "native VLAN",
		[11] = "duplex",
		[14] = "VoIP VLAN reply",
		[15] = "VoIP VLAN query",
		[16] = "power consumption",
		[17] = "MTU",
		[18] = "extended trust",
		[19] = "untrusted CoS",
		[20] = "system name",
		[21] = "system object id",
		[22] = "management addresses",
		[23] = "location",
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

static const struct torc_field_info tlv_fields[] = {
	TORC_FIELD_AT(struct torc_cdp_tlv, type, "type", TORC_FIELD_UINT, .value_name = type_name),
	TORC_FIELD_AT(struct torc_cdp_tlv, value, "value", TORC_FIELD_STRING), TORC_FIELDS_END
};

static const struct torc_list_info tlv_list = {
	.next = tlv_element,
	.element_size = sizeof(struct torc_cdp_tlv),
	.fields = tlv_fields,
};

static const struct torc_field_info cdp_info_fields[] = {
	TORC_FIELD_AT(struct torc_cdp_info, tlvs, "tlvs", TORC_FIELD_LIST, .list = &tlv_list),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_cdp_info = {
	.name = "CiscoDiscoveryInfo",
	.key = "cdp_info",
	.struct_size = sizeof(struct torc_cdp_info),
	.decode = cdp_info_decode,
	.read = cdp_info_read,
	.fields = cdp_info_fields,
};
