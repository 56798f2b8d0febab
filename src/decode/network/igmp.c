/* SPDX-License-Identifier: BSD-3-Clause */
/* igmp.c - Internet Group Management Protocol: RFC 1112, RFC 2236, RFC 3376 */
#include <torc/layers/network/igmp.h>

#include <string.h>

#include "decode/records.h"
#include "decode/registry.h"

#define QUERY     0x11
#define REPORT_V1 0x12
#define REPORT_V2 0x16
#define LEAVE     0x17
#define REPORT_V3 0x22

/* RFC 3376 §7.1: a query of version 3 is known by its length on the wire. */
static bool is_query_v3(const uint8_t *p, uint32_t length)
{
	return p[0] == QUERY && length >= 12;
}

static int igmp_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, 8);
	if (is_query_v3(cursor->data, cursor->wire_length)) {
		TORC_NEED(cursor, 12);
		if (cursor->length < 12 + torc_be16(cursor->data + 10) * 4u)
			return TORC_STEP_CUT_TAIL;
	}
	if (cursor->data[0] == REPORT_V3)
		records_claim(cursor, 8, 8);
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

/* RFC 3376 §4.1.1: above 127 a code is a small floating point number. */
static uint32_t code_value(uint8_t code)
{
	return code < 128 ? code : ((code & 0xFu) | 0x10) << ((code >> 4 & 7) + 3);
}

static void read_query_v3(const uint8_t *p, uint32_t length, struct torc_igmp *igmp)
{
	igmp->version = 3;
	igmp->max_response_ms = code_value(p[1]) * 100;
	igmp->suppress_router_processing = p[8] & 8;
	igmp->robustness = p[8] & 7;
	igmp->query_interval_s = code_value(p[9]);
	igmp->source_count = torc_be16(p + 10);
	igmp->sources =
		(struct torc_bytes){ p + 12, sources_length(length - 12, igmp->source_count, 4) };
}

static void igmp_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_igmp *igmp = out;

	igmp->type = p[0];
	igmp->max_response_code = p[1];
	igmp->checksum = torc_be16(p + 2);
	if (p[0] == REPORT_V3) {
		igmp->version = 3;
		igmp->record_count = torc_be16(p + 6);
		igmp->records = (struct torc_bytes){ p + 8, layer->header_length - 8 };
		return;
	}
	if (p[0] == REPORT_V1 || (p[0] == QUERY && p[1] == 0))
		igmp->version = 1;
	else if (p[0] == QUERY || p[0] == REPORT_V2 || p[0] == LEAVE)
		igmp->version = 2;
	else
		return; /* DVMRP, PIM version 1 and others have another format */
	memcpy(igmp->group, p + 4, 4);
	igmp->max_response_ms = p[1] * 100u;
	if (is_query_v3(p, layer->header_length))
		read_query_v3(p, layer->header_length, igmp);
}

int torc_igmp_record_next(const struct torc_igmp *igmp, uint32_t *position,
			  struct torc_igmp_record *record)
{
	const uint8_t *p;
	uint32_t left, sources, total;

	if (*position >= igmp->records.length)
		return 0;
	p = igmp->records.data + *position;
	left = igmp->records.length - *position;
	if (left < 8)
		return 0;
	sources = torc_be16(p + 2) * 4u;
	total = 8 + sources + p[1] * 4u; /* auxiliary data counts in words */
	if (total > left)
		return 0;
	record->type = p[0];
	record->source_count = torc_be16(p + 2);
	memcpy(record->group, p + 4, 4);
	record->sources = (struct torc_bytes){ p + 8, sources };
	*position += total;
	return 1;
}

static int record_element(const void *layer, uint32_t *position, void *element)
{
	return torc_igmp_record_next(layer, position, element);
}

static const char *type_name(uint64_t type)
{
	switch (type) {
	case QUERY:
		return "membership query";
	case REPORT_V1:
		return "v1 membership report";
	case REPORT_V2:
		return "v2 membership report";
	case LEAVE:
		return "leave group";
	case REPORT_V3:
		return "v3 membership report";
	default:
		return NULL;
	}
}

static const char *record_name(uint64_t type)
{
	static const char *const names[] = { NULL, "is include", "is exclude", "to include",
					     "to exclude", "allow new", "block old" };

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

static const struct torc_field_info record_fields[] = {
	TORC_FIELD_AT(struct torc_igmp_record, type, "type", TORC_FIELD_UINT,
		      .value_name = record_name),
	TORC_FIELD_AT(struct torc_igmp_record, group, "group", TORC_FIELD_IPV4),
	TORC_FIELD_AT(struct torc_igmp_record, source_count, "source_count", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_igmp_record, sources, "sources", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_list_info record_list = {
	.next = record_element,
	.element_size = sizeof(struct torc_igmp_record),
	.fields = record_fields,
};

static const struct torc_field_info igmp_fields[] = {
	TORC_FIELD_AT(struct torc_igmp, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_igmp, type, "type", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_SUMMARY, .value_name = type_name),
	TORC_FIELD_AT(struct torc_igmp, max_response_ms, "max_response_time", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "ms"),
	TORC_FIELD_AT(struct torc_igmp, checksum, "checksum", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_igmp, group, "group", TORC_FIELD_IPV4,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_igmp, suppress_router_processing, "suppress", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_igmp, robustness, "robustness", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_igmp, query_interval_s, "query_interval", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "seconds"),
	TORC_FIELD_AT(struct torc_igmp, source_count, "source_count", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_igmp, sources, "sources", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_igmp, record_count, "record_count", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_igmp, records, "records", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &record_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number igmp_numbers[] = {
	{ TORC_BY_IP_PROTOCOL, 2 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_igmp = {
	.name = "IGMP",
	.key = "igmp",
	.struct_size = sizeof(struct torc_igmp),
	.numbers = igmp_numbers,
	.decode = igmp_decode,
	.read = igmp_read,
	.fields = igmp_fields,
};
