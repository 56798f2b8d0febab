/* SPDX-License-Identifier: BSD-3-Clause */
/* gtpv2.c - GTP-C version 2: 3GPP TS 29.274 §5, §6.1, §8.1 */
#include <torc/layers/application/gtpv2.h>

#include "decode/registry.h"

#define BEFORE_LENGTH 4 /* bytes that the length does not count */
#define ELEMENT       4 /* bytes before the value */

#define IS_PIGGYBACKING 0x10
#define HAS_TEID        0x08
#define HAS_PRIORITY    0x04

static uint32_t header_bytes(const uint8_t *p)
{
	return p[0] & HAS_TEID ? 12 : 8;
}

static bool elements_fit(const uint8_t *p, uint32_t length)
{
	uint32_t at = 0;

	while (at < length) {
		if (length - at < ELEMENT || torc_be16(p + at + 1) > length - at - ELEMENT)
			return false;
		at += ELEMENT + torc_be16(p + at + 1);
	}
	return true;
}

static int gtpv2_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t header, total;

	TORC_NEED(cursor, 8);
	if (p[0] >> 5 == 1) {
		cursor->next = TORC_LAYER_GTPV1C;
		return TORC_STEP_OTHER;
	}
	header = header_bytes(p);
	total = BEFORE_LENGTH + (uint32_t)torc_be16(p + 2);
	if (p[0] >> 5 != 2)
		return torc_cursor_malformed(cursor, "the version is not 2");
	if (total < header)
		return torc_cursor_malformed(cursor, "the length ends in the header");
	TORC_NEED(cursor, header);
	if (p[0] & IS_PIGGYBACKING && total < cursor->length)
		cursor->next = TORC_LAYER_GTPV2;
	else
		torc_cursor_claim(cursor, total);
	cursor->header_length = total < cursor->length ? total : cursor->length;
	if (cursor->header_length == total && !elements_fit(p + header, total - header))
		return torc_cursor_bad_tail(cursor, "an element does not fit");
	return TORC_STEP_OK;
}

static void gtpv2_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
		       void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	uint32_t header = header_bytes(p);
	const uint8_t *behind = p + header - 4; /* behind the TEID, if there is one */
	struct torc_gtpv2 *gtp = out;

	gtp->version = p[0] >> 5;
	gtp->is_piggybacking = p[0] & IS_PIGGYBACKING;
	gtp->has_teid = p[0] & HAS_TEID;
	gtp->has_priority = p[0] & HAS_PRIORITY;
	gtp->message_type = p[1];
	gtp->length = torc_be16(p + 2);
	gtp->teid = gtp->has_teid ? torc_be32(p + 4) : 0;
	gtp->sequence = torc_be24(behind);
	gtp->priority = gtp->has_priority ? behind[3] >> 4 : 0;
	gtp->elements = (struct torc_bytes){ p + header, layer->header_length - header };
}

int torc_gtpv2_element_next(const struct torc_gtpv2 *gtp, uint32_t *position,
			    struct torc_gtpv2_element *element)
{
	const uint8_t *p;
	uint32_t left;

	if (*position >= gtp->elements.length)
		return 0;
	p = gtp->elements.data + *position;
	left = gtp->elements.length - *position;
	if (left < ELEMENT || torc_be16(p + 1) > left - ELEMENT)
		return 0;
	element->type = p[0];
	element->instance = p[3] & 0xF;
	element->value = (struct torc_bytes){ p + ELEMENT, torc_be16(p + 1) };
	*position += ELEMENT + torc_be16(p + 1);
	return 1;
}

static int element_element(const void *layer, uint32_t *position, void *element)
{
	return torc_gtpv2_element_next(layer, position, element);
}

/* TS 29.274 §6.1 */
static const char *message_name(uint64_t type)
{
	static const char *const names[] = {
		[1] = "echo request", [2] = "echo response", [3] = "version not supported",
		[32] = "create session request", [33] = "create session response",
		[34] = "modify bearer request", [35] = "modify bearer response",
		[36] = "delete session request", [37] = "delete session response",
		[38] = "change notification request", [39] = "change notification response",
		[64] = "modify bearer command", [65] = "modify bearer failure indication",
		[66] = "delete bearer command", [67] = "delete bearer failure indication",
		[68] = "bearer resource command", [69] = "bearer resource failure indication",
		[70] = "downlink data notification failure indication",
		[73] = "stop paging indication", [95] = "create bearer request",
		[96] = "create bearer response", [97] = "update bearer request",
		[98] = "update bearer response", [99] = "delete bearer request",
		[100] = "delete bearer response", [128] = "identification request",
		[129] = "identification response", [130] = "context request",
		[131] = "context response", [132] = "context acknowledge",
		[133] = "forward relocation request", [134] = "forward relocation response",
		[170] = "release access bearers request",
		[171] = "release access bearers response", [176] = "downlink data notification",
		[177] = "downlink data notification acknowledge",
		[211] = "modify access bearers request", [212] = "modify access bearers response"
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

/* TS 29.274 §8.1 */
static const char *element_name(uint64_t type)
{
	static const char *const names[] = {
		[1] = "IMSI", [2] = "Cause", [3] = "Recovery", [71] = "APN", [72] = "AMBR",
		[73] = "EBI", [74] = "IP Address", [75] = "MEI", [76] = "MSISDN",
		[77] = "Indication", [78] = "PCO", [79] = "PAA", [80] = "Bearer QoS",
		[81] = "Flow QoS", [82] = "RAT Type", [83] = "Serving Network",
		[84] = "Bearer TFT", [86] = "ULI", [87] = "F-TEID", [93] = "Bearer Context",
		[94] = "Charging ID", [95] = "Charging Characteristics", [97] = "Bearer Flags",
		[99] = "PDN Type", [100] = "PTI", [109] = "PDN Connection",
		[114] = "UE Time Zone", [127] = "APN Restriction", [128] = "Selection Mode",
		[132] = "FQ-CSID", [136] = "FQDN", [255] = "Private Extension"
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

static const struct torc_field_info element_fields[] = {
	TORC_FIELD_AT(struct torc_gtpv2_element, type, "type", TORC_FIELD_UINT,
		      .value_name = element_name),
	TORC_FIELD_AT(struct torc_gtpv2_element, instance, "instance", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_gtpv2_element, value, "value", TORC_FIELD_BYTES),
	TORC_FIELDS_END
};

static const struct torc_list_info element_list = {
	.next = element_element,
	.element_size = sizeof(struct torc_gtpv2_element),
	.fields = element_fields,
};

static const struct torc_field_info gtpv2_fields[] = {
	TORC_FIELD_AT(struct torc_gtpv2, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_gtpv2, is_piggybacking, "piggybacking", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_gtpv2, has_teid, "has_teid", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_gtpv2, has_priority, "has_priority", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_gtpv2, message_type, "message_type", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = message_name),
	TORC_FIELD_AT(struct torc_gtpv2, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_gtpv2, teid, "teid", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_gtpv2, sequence, "seq", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_gtpv2, priority, "priority", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_gtpv2, elements, "elements", TORC_FIELD_LIST,
		      .list = &element_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number gtpv2_numbers[] = {
	{ TORC_BY_UDP_PORT, 2123 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_gtpv2 = {
	.name = "GTPv2",
	.key = "gtpv2",
	.struct_size = sizeof(struct torc_gtpv2),
	.numbers = gtpv2_numbers,
	.decode = gtpv2_decode,
	.read = gtpv2_read,
	.fields = gtpv2_fields,
};
