/* SPDX-License-Identifier: BSD-3-Clause */
/* lldp.c - Link Layer Discovery Protocol, IEEE 802.1AB-2016 §8.4 */
#include <torc/layers/link/discovery.h>

#include <string.h>

#include "decode/registry.h"

#define END	 0
#define CHASSIS	 1
#define PORT	 2
#define TTL	 3
#define SPECIFIC 127 /* to an organization */

#define CHASSIS_MAC 4 /* subtypes */
#define PORT_MAC    3

static uint8_t tlv_type(const uint8_t *p)
{
	return p[0] >> 1;
}

static uint32_t tlv_length(const uint8_t *p)
{
	return torc_be16(p) & 0x1FF;
}

/* Chassis, port and time to live come first, in this order. */
static int lldp_decode(struct torc_cursor *cursor)
{
	uint32_t at = 0;

	for (uint8_t type = CHASSIS; type <= TTL; type++) {
		const uint8_t *p = cursor->data + at;

		TORC_NEED(cursor, at + 2);
		if (tlv_type(p) != type || tlv_length(p) < 2)
			return torc_cursor_malformed(cursor, "chassis, port or TTL is missing");
		TORC_NEED(cursor, at + 2 + tlv_length(p));
		at += 2 + tlv_length(p);
	}
	cursor->header_length = at;
	if (cursor->length > at)
		cursor->next = TORC_LAYER_LLDP_INFO;
	return TORC_STEP_OK;
}

static void lldp_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_lldp *lldp = out;

	lldp->chassis_subtype = p[2];
	lldp->chassis_id = (struct torc_bytes){ p + 3, tlv_length(p) - 1 };
	if (p[2] == CHASSIS_MAC && lldp->chassis_id.length == 6)
		memcpy(lldp->chassis_address, p + 3, 6);
	p += 2 + tlv_length(p);
	lldp->port_subtype = p[2];
	lldp->port_id = (struct torc_bytes){ p + 3, tlv_length(p) - 1 };
	if (p[2] == PORT_MAC && lldp->port_id.length == 6)
		memcpy(lldp->port_address, p + 3, 6);
	p += 2 + tlv_length(p);
	lldp->ttl_s = torc_be16(p + 2);
}

static const struct torc_field_info lldp_fields[] = {
	TORC_FIELD_AT(struct torc_lldp, chassis_subtype, "chassis_subtype", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_lldp, chassis_id, "chassis_id", TORC_FIELD_BYTES),
	TORC_FIELD_AT(struct torc_lldp, chassis_address, "chassis", TORC_FIELD_MAC,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_lldp, port_subtype, "port_subtype", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_lldp, port_id, "port_id", TORC_FIELD_STRING),
	TORC_FIELD_AT(struct torc_lldp, port_address, "port", TORC_FIELD_MAC,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_lldp, ttl_s, "ttl", TORC_FIELD_UINT, .unit = "seconds"),
	TORC_FIELDS_END
};

static const struct torc_layer_number lldp_numbers[] = { { TORC_BY_ETHER_TYPE, 0x88CC },
							 { TORC_BY_NONE, 0 } };

const struct torc_layer_ops torc_layer_ops_lldp = {
	.name = "LinkLayerDiscovery",
	.key = "lldp",
	.struct_size = sizeof(struct torc_lldp),
	.numbers = lldp_numbers,
	.decode = lldp_decode,
	.read = lldp_read,
	.fields = lldp_fields,
};

/* ---- what follows, up to the end TLV; behind it is padding ---- */

static int lldp_info_decode(struct torc_cursor *cursor)
{
	uint32_t at = 0;

	for (;;) {
		const uint8_t *p = cursor->data + at;

		if (cursor->length < at + 2 || cursor->length < at + 2 + tlv_length(p))
			return TORC_STEP_CUT_TAIL;
		at += 2 + tlv_length(p);
		if (tlv_type(p) == END)
			break;
		if (at == cursor->length) /* the end TLV is missing; so be it */
			break;
	}
	cursor->header_length = at;
	return TORC_STEP_OK;
}

static void lldp_info_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			   void *out)
{
	struct torc_lldp_info *info = out;

	info->tlvs = (struct torc_bytes){ torc_layer_header(decoded, layer), layer->header_length };
}

int torc_lldp_tlv_next(const struct torc_lldp_info *info, uint32_t *position,
		       struct torc_lldp_tlv *tlv)
{
	const uint8_t *p;
	uint32_t left, length;

	if (*position >= info->tlvs.length)
		return 0;
	p = info->tlvs.data + *position;
	left = info->tlvs.length - *position;
	if (left < 2 || tlv_length(p) > left - 2 || tlv_type(p) == END)
		return 0;
	length = tlv_length(p);
	*tlv = (struct torc_lldp_tlv){ .type = tlv_type(p), .value = { p + 2, length } };
	if (tlv->type == SPECIFIC && length >= 4) {
		tlv->oui = torc_be24(p + 2);
		tlv->subtype = p[5];
		tlv->value = (struct torc_bytes){ p + 6, length - 4 };
	}
	*position += 2 + length;
	return 1;
}

static int tlv_element(const void *layer, uint32_t *position, void *element)
{
	return torc_lldp_tlv_next(layer, position, element);
}

static const char *type_name(uint64_t type)
{
	static const char *const names[] = { "end",
					     "chassis id",
					     "port id",
					     "TTL",
					     "port description",
					     "system name",
					     "system description",
					     "system capabilities",
					     "management address" };

	if (type == SPECIFIC)
		return "organization specific";
	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

static const struct torc_field_info tlv_fields[] = {
	TORC_FIELD_AT(struct torc_lldp_tlv, type, "type", TORC_FIELD_UINT, .value_name = type_name),
	TORC_FIELD_AT(struct torc_lldp_tlv, oui, "oui", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_lldp_tlv, subtype, "subtype", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_lldp_tlv, value, "value", TORC_FIELD_STRING), TORC_FIELDS_END
};

static const struct torc_list_info tlv_list = {
	.next = tlv_element,
	.element_size = sizeof(struct torc_lldp_tlv),
	.fields = tlv_fields,
};

static const struct torc_field_info lldp_info_fields[] = {
	TORC_FIELD_AT(struct torc_lldp_info, tlvs, "tlvs", TORC_FIELD_LIST, .list = &tlv_list),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_lldp_info = {
	.name = "LinkLayerDiscoveryInfo",
	.key = "lldp_info",
	.struct_size = sizeof(struct torc_lldp_info),
	.decode = lldp_info_decode,
	.read = lldp_info_read,
	.fields = lldp_info_fields,
};
