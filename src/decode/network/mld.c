/* SPDX-License-Identifier: BSD-3-Clause */
/* mld.c - Multicast Listener Discovery: RFC 2710 §3, RFC 3810 §5 */
#include <torc/layers/network/mld.h>

#include <string.h>

#include "decode/records.h"
#include "decode/registry.h"

static int mldv1_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, 20);
	cursor->header_length = 20;
	return TORC_STEP_OK;
}

static void mldv1_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
		       void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_mldv1 *mld = out;

	mld->max_response_ms = torc_be16(p);
	memcpy(mld->group, p + 4, 16);
}

static const struct torc_field_info mldv1_fields[] = {
	TORC_FIELD_AT(struct torc_mldv1, max_response_ms, "max_response_time", TORC_FIELD_UINT,
		      .unit = "ms"),
	TORC_FIELD_AT(struct torc_mldv1, group, "group", TORC_FIELD_IPV6,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_mldv1_query = {
	.name = "MLDv1MulticastListenerQuery",
	.key = "mldv1_query",
	.struct_size = sizeof(struct torc_mldv1),
	.decode = mldv1_decode,
	.read = mldv1_read,
	.fields = mldv1_fields,
};

static const struct torc_layer_number mldv1_report_numbers[] = { { TORC_BY_ICMPV6_TYPE, 131 },
								 { TORC_BY_NONE, 0 } };

const struct torc_layer_ops torc_layer_ops_mldv1_report = {
	.name = "MLDv1MulticastListenerReport",
	.key = "mldv1_report",
	.struct_size = sizeof(struct torc_mldv1),
	.numbers = mldv1_report_numbers,
	.decode = mldv1_decode,
	.read = mldv1_read,
	.fields = mldv1_fields,
};

static const struct torc_layer_number mldv1_done_numbers[] = { { TORC_BY_ICMPV6_TYPE, 132 },
							       { TORC_BY_NONE, 0 } };

const struct torc_layer_ops torc_layer_ops_mldv1_done = {
	.name = "MLDv1MulticastListenerDone",
	.key = "mldv1_done",
	.struct_size = sizeof(struct torc_mldv1),
	.numbers = mldv1_done_numbers,
	.decode = mldv1_decode,
	.read = mldv1_read,
	.fields = mldv1_fields,
};

/* ---- version 2 ---- */

static int mldv2_query_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, 24);
	if (cursor->length < 24 + torc_be16(cursor->data + 22) * 16u)
		return TORC_STEP_CUT_TAIL;
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static void mldv2_query_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			     void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_mldv2_query *query = out;
	uint16_t code = torc_be16(p);

	/* RFC 3810 §5.1.3 and §5.1.9: large codes are small floating point numbers */
	query->max_response_code = code;
	query->max_response_ms =
		code < 0x8000 ? code : ((code & 0xFFFu) | 0x1000) << ((code >> 12 & 7) + 3);
	memcpy(query->group, p + 4, 16);
	query->suppress_router_processing = p[20] & 8;
	query->robustness = p[20] & 7;
	query->query_interval_s =
		p[21] < 128 ? p[21] : ((p[21] & 0xFu) | 0x10) << ((p[21] >> 4 & 7) + 3);
	query->source_count = torc_be16(p + 22);
	query->sources = (struct torc_bytes){ p + 24, sources_length(layer->header_length - 24,
								    query->source_count, 16) };
}

static const struct torc_field_info mldv2_query_fields[] = {
	TORC_FIELD_AT(struct torc_mldv2_query, max_response_ms, "max_response_time",
		      TORC_FIELD_UINT, .unit = "ms"),
	TORC_FIELD_AT(struct torc_mldv2_query, group, "group", TORC_FIELD_IPV6,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_mldv2_query, suppress_router_processing, "suppress",
		      TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_mldv2_query, robustness, "robustness", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_mldv2_query, query_interval_s, "query_interval", TORC_FIELD_UINT,
		      .unit = "seconds"),
	TORC_FIELD_AT(struct torc_mldv2_query, source_count, "source_count", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_mldv2_query, sources, "sources", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_mldv2_query = {
	.name = "MLDv2MulticastListenerQuery",
	.key = "mldv2_query",
	.struct_size = sizeof(struct torc_mldv2_query),
	.decode = mldv2_query_decode,
	.read = mldv2_query_read,
	.fields = mldv2_query_fields,
};

static int mldv2_report_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, 4);
	records_claim(cursor, 4, 20);
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static void mldv2_report_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			      void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_mldv2_report *report = out;

	report->record_count = torc_be16(p + 2);
	report->records = (struct torc_bytes){ p + 4, layer->header_length - 4 };
}

int torc_mldv2_record_next(const struct torc_mldv2_report *report, uint32_t *position,
			   struct torc_mldv2_record *record)
{
	const uint8_t *p;
	uint32_t left, total;

	if (*position >= report->records.length)
		return 0;
	p = report->records.data + *position;
	left = report->records.length - *position;
	if (left < 20)
		return 0;
	total = 20 + torc_be16(p + 2) * 16u + p[1] * 4u; /* auxiliary data counts in words */
	if (total > left)
		return 0;
	record->type = p[0];
	record->source_count = torc_be16(p + 2);
	memcpy(record->group, p + 4, 16);
	record->sources = (struct torc_bytes){ p + 20, record->source_count * 16u };
	*position += total;
	return 1;
}

static int record_element(const void *layer, uint32_t *position, void *element)
{
	return torc_mldv2_record_next(layer, position, element);
}

static const char *record_name(uint64_t type)
{
	static const char *const names[] = { NULL,	   "is include", "is exclude", "to include",
					     "to exclude", "allow new",	 "block old" };

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

static const struct torc_field_info record_fields[] = {
	TORC_FIELD_AT(struct torc_mldv2_record, type, "type", TORC_FIELD_UINT,
		      .value_name = record_name),
	TORC_FIELD_AT(struct torc_mldv2_record, group, "group", TORC_FIELD_IPV6),
	TORC_FIELD_AT(struct torc_mldv2_record, source_count, "source_count", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_mldv2_record, sources, "sources", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_list_info record_list = {
	.next = record_element,
	.element_size = sizeof(struct torc_mldv2_record),
	.fields = record_fields,
};

static const struct torc_field_info mldv2_report_fields[] = {
	TORC_FIELD_AT(struct torc_mldv2_report, record_count, "record_count", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_mldv2_report, records, "records", TORC_FIELD_LIST,
		      .list = &record_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number mldv2_report_numbers[] = { { TORC_BY_ICMPV6_TYPE, 143 },
								 { TORC_BY_NONE, 0 } };

const struct torc_layer_ops torc_layer_ops_mldv2_report = {
	.name = "MLDv2MulticastListenerReport",
	.key = "mldv2_report",
	.struct_size = sizeof(struct torc_mldv2_report),
	.numbers = mldv2_report_numbers,
	.decode = mldv2_report_decode,
	.read = mldv2_report_read,
	.fields = mldv2_report_fields,
};
