/* SPDX-License-Identifier: BSD-3-Clause */
/* netflow.c - NetFlow version 5, version 9 (RFC 3954 §5 and §6) and IPFIX (RFC 7011 §3) */
#include <torc/layers/application/netflow.h>

#include <string.h>

#include "decode/registry.h"

#define V5    5
#define V9    9
#define IPFIX 10

#define V5_HEADER    24
#define V5_RECORD    48
#define V5_RECORDS   30 /* at most, says the format */
#define V9_HEADER    20
#define IPFIX_HEADER 16
#define SET_HEADER   4
#define DATA_SET     256 /* the least id of one */
#define ENTERPRISE   0x8000

/* As in v9; IPFIX counts on from two. */
#define TEMPLATE_SET	     0
#define OPTIONS_TEMPLATE_SET 1
#define IPFIX_SETS	     2

/* A set that ends where the message does is the last; what the capture cut is no fault of a set. */
static bool sets_fit(const uint8_t *p, uint32_t length, bool is_whole)
{
	uint32_t at = 0, set_length;

	while (at < length) {
		if (length - at < SET_HEADER)
			return !is_whole;
		set_length = torc_be16(p + at + 2);
		if (set_length < SET_HEADER)
			return false;
		if (set_length > length - at)
			return !is_whole;
		at += set_length;
	}
	return true;
}

static int v5_decode(struct torc_cursor *cursor)
{
	uint32_t count;

	TORC_NEED(cursor, V5_HEADER);
	count = torc_be16(cursor->data + 2);
	if (count == 0 || count > V5_RECORDS)
		return torc_cursor_malformed(cursor, "neither one record nor up to thirty");
	torc_cursor_claim(cursor, V5_HEADER + count * V5_RECORD);
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static int sets_decode(struct torc_cursor *cursor, uint32_t fixed, bool is_whole)
{
	cursor->header_length = cursor->length;
	if (!sets_fit(cursor->data + fixed, cursor->length - fixed, is_whole))
		return torc_cursor_bad_tail(cursor, "a set does not fit");
	return TORC_STEP_OK;
}

static int ipfix_decode(struct torc_cursor *cursor)
{
	uint32_t length;

	TORC_NEED(cursor, IPFIX_HEADER);
	length = torc_be16(cursor->data + 2);
	if (length < IPFIX_HEADER)
		return torc_cursor_malformed(cursor, "length is below the header");
	torc_cursor_claim(cursor, length);
	return sets_decode(cursor, IPFIX_HEADER, cursor->length == length);
}

static int netflow_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, 2);
	switch (torc_be16(cursor->data)) {
	case V5:
		return v5_decode(cursor);
	case V9: /* which does not say how long it is */
		TORC_NEED(cursor, V9_HEADER);
		return sets_decode(cursor, V9_HEADER, cursor->length == cursor->wire_length);
	case IPFIX:
		return ipfix_decode(cursor);
	default:
		return torc_cursor_malformed(cursor, "version is none of 5, 9 and 10");
	}
}

static void read_v5(struct torc_netflow *netflow, const uint8_t *p, uint32_t length)
{
	uint16_t sampling = torc_be16(p + 22);

	netflow->count = torc_be16(p + 2);
	netflow->uptime_ms = torc_be32(p + 4);
	netflow->export_time = torc_be32(p + 8);
	netflow->export_time_ns = torc_be32(p + 12);
	netflow->sequence = torc_be32(p + 16);
	netflow->engine_type = p[20];
	netflow->engine_id = p[21];
	netflow->sampling_mode = (uint8_t)(sampling >> 14);
	netflow->sampling_interval = sampling & 0x3FFF;
	netflow->records = (struct torc_bytes){ p + V5_HEADER, (length - V5_HEADER) / V5_RECORD *
								       V5_RECORD };
}

static void read_v9(struct torc_netflow *netflow, const uint8_t *p, uint32_t length)
{
	netflow->count = torc_be16(p + 2);
	netflow->uptime_ms = torc_be32(p + 4);
	netflow->export_time = torc_be32(p + 8);
	netflow->sequence = torc_be32(p + 12);
	netflow->domain = torc_be32(p + 16);
	netflow->sets = (struct torc_bytes){ p + V9_HEADER, length - V9_HEADER };
}

static void read_ipfix(struct torc_netflow *netflow, const uint8_t *p, uint32_t length)
{
	netflow->length = torc_be16(p + 2);
	netflow->export_time = torc_be32(p + 4);
	netflow->sequence = torc_be32(p + 8);
	netflow->domain = torc_be32(p + 12);
	netflow->sets = (struct torc_bytes){ p + IPFIX_HEADER, length - IPFIX_HEADER };
}

static void netflow_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			 void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_netflow *netflow = out;
	struct torc_netflow_set set;
	uint32_t position = 0;

	netflow->version = torc_be16(p);
	if (netflow->version == V5)
		read_v5(netflow, p, layer->header_length);
	else if (netflow->version == V9)
		read_v9(netflow, p, layer->header_length);
	else
		read_ipfix(netflow, p, layer->header_length);
	while (torc_netflow_set_next(netflow, &position, &set))
		netflow->set_count++;
}

int torc_netflow_record_next(const struct torc_netflow *netflow, uint32_t *position,
			     struct torc_netflow_record *record)
{
	const uint8_t *p;

	if (*position >= netflow->records.length)
		return 0;
	p = netflow->records.data + *position;
	*record = (struct torc_netflow_record){
		.input = torc_be16(p + 12),	 .output = torc_be16(p + 14),
		.packets = torc_be32(p + 16),	 .octets = torc_be32(p + 20),
		.first_ms = torc_be32(p + 24),	 .last_ms = torc_be32(p + 28),
		.source_port = torc_be16(p + 32), .destination_port = torc_be16(p + 34),
		.tcp_flags = p[37],		 .protocol = p[38],
		.tos = p[39],			 .source_as = torc_be16(p + 40),
		.destination_as = torc_be16(p + 42), .source_prefix = p[44],
		.destination_prefix = p[45],
	};
	memcpy(record->source, p, 4);
	memcpy(record->destination, p + 4, 4);
	memcpy(record->next_hop, p + 8, 4);
	*position += V5_RECORD;
	return 1;
}

static uint8_t set_kind(uint16_t version, uint16_t id)
{
	uint16_t first = version == IPFIX ? IPFIX_SETS : 0;

	if (id >= DATA_SET)
		return TORC_NETFLOW_SET_DATA;
	if (id == first + TEMPLATE_SET)
		return TORC_NETFLOW_SET_TEMPLATE;
	if (id == first + OPTIONS_TEMPLATE_SET)
		return TORC_NETFLOW_SET_OPTIONS_TEMPLATE;
	return TORC_NETFLOW_SET_OTHER;
}

int torc_netflow_set_next(const struct torc_netflow *netflow, uint32_t *position,
			  struct torc_netflow_set *set)
{
	const uint8_t *p;
	uint32_t left;
	uint16_t length;

	if (*position >= netflow->sets.length)
		return 0;
	p = netflow->sets.data + *position;
	left = netflow->sets.length - *position;
	if (left < SET_HEADER)
		return 0;
	length = torc_be16(p + 2);
	if (length < SET_HEADER || length > left)
		return 0;
	*set = (struct torc_netflow_set){ .id = torc_be16(p),
					  .length = length,
					  .data = { p + SET_HEADER, length - SET_HEADER } };
	set->kind = set_kind(netflow->version, set->id);
	*position += length;
	return 1;
}

/* Bytes of so many fields, each four, or eight with an enterprise; more than there is: too many. */
static uint32_t fields_length(const struct torc_netflow_template *template, const uint8_t *p,
			      uint32_t length)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < template->field_count && at <= length; i++) {
		bool is_long = template->has_enterprises && length - at >= 4 &&
			       torc_be16(p + at) & ENTERPRISE;

		at += is_long ? 8 : 4;
	}
	return at;
}

/* The template at the beginning of these bytes; 0: it does not fit, or this is padding. */
static uint32_t read_template(struct torc_netflow_template *template, const uint8_t *p,
			      uint32_t length)
{
	uint32_t header = 4, fields;

	if (length < header)
		return 0;
	template->id = torc_be16(p);
	template->field_count = torc_be16(p + 2);
	if (template->id < DATA_SET)
		return 0;
	/* a withdrawn options template has no scope count (RFC 7011 §8.1) */
	if (template->kind == TORC_NETFLOW_SET_OPTIONS_TEMPLATE &&
	    (!template->has_enterprises || template->field_count > 0)) {
		header = 6;
		if (length < header)
			return 0;
		template->scope_count = torc_be16(p + 4);
		if (!template->has_enterprises) { /* bytes of scopes, then of options */
			uint32_t scopes = template->field_count / 4u;

			template->field_count = (uint16_t)(scopes + template->scope_count / 4u);
			template->scope_count = (uint16_t)scopes;
		}
	}
	fields = fields_length(template, p + header, length - header);
	if (fields > length - header)
		return 0;
	template->fields = (struct torc_bytes){ p + header, fields };
	return header + fields;
}

/* A position is where the set begins, in the upper half, and where in its data the template does. */
int torc_netflow_template_next(const struct torc_netflow *netflow, uint32_t *position,
			       struct torc_netflow_template *template)
{
	uint32_t start = *position >> 16, at = *position & 0xFFFF, next = start, length;
	struct torc_netflow_set set;

	while (start <= 0xFFFF && torc_netflow_set_next(netflow, &next, &set)) {
		*template = (struct torc_netflow_template){
			.kind = set.kind, .has_enterprises = netflow->version == IPFIX
		};
		length = set.kind == TORC_NETFLOW_SET_TEMPLATE ||
					 set.kind == TORC_NETFLOW_SET_OPTIONS_TEMPLATE ?
				 read_template(template, set.data.data + at, set.data.length - at) :
				 0;
		if (length > 0) {
			*position = start << 16 | (at + length);
			return 1;
		}
		start = next;
		at = 0;
	}
	return 0;
}

int torc_netflow_field_next(const struct torc_netflow_template *template, uint32_t *position,
			    struct torc_netflow_field *field)
{
	const uint8_t *p = template->fields.data, *end = p + template->fields.length;

	if (*position >= template->fields.length)
		return 0;
	p += *position;
	*field = (struct torc_netflow_field){ .id = torc_be16(p), .length = torc_be16(p + 2) };
	if (template->has_enterprises && field->id & ENTERPRISE && end - p >= 8) {
		field->id &= (uint16_t)~ENTERPRISE;
		field->enterprise = torc_be32(p + 4);
		*position += 4;
	}
	*position += 4;
	return 1;
}

static int record_element(const void *layer, uint32_t *position, void *element)
{
	return torc_netflow_record_next(layer, position, element);
}

static int set_element(const void *layer, uint32_t *position, void *element)
{
	return torc_netflow_set_next(layer, position, element);
}

static int template_element(const void *layer, uint32_t *position, void *element)
{
	return torc_netflow_template_next(layer, position, element);
}

static const char *kind_name(uint64_t kind)
{
	static const char *const names[] = { NULL, "template", "options template", "data" };

	return kind < sizeof(names) / sizeof(names[0]) ? names[kind] : NULL;
}

static const struct torc_field_info record_fields[] = {
	TORC_FIELD_AT(struct torc_netflow_record, source, "src", TORC_FIELD_IPV4),
	TORC_FIELD_AT(struct torc_netflow_record, destination, "dst", TORC_FIELD_IPV4),
	TORC_FIELD_AT(struct torc_netflow_record, source_port, "src_port", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_netflow_record, destination_port, "dst_port", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_netflow_record, protocol, "protocol", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_netflow_record, packets, "packets", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_netflow_record, octets, "octets", TORC_FIELD_UINT,
		      .unit = "bytes"),
	TORC_FIELD_AT(struct torc_netflow_record, first_ms, "first", TORC_FIELD_UINT, .unit = "ms"),
	TORC_FIELD_AT(struct torc_netflow_record, last_ms, "last", TORC_FIELD_UINT, .unit = "ms"),
	TORC_FIELD_AT(struct torc_netflow_record, tcp_flags, "tcp_flags", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_netflow_record, tos, "tos", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_netflow_record, next_hop, "next_hop", TORC_FIELD_IPV4),
	TORC_FIELD_AT(struct torc_netflow_record, input, "input", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_netflow_record, output, "output", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_netflow_record, source_as, "src_as", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_netflow_record, destination_as, "dst_as", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_netflow_record, source_prefix, "src_prefix", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_netflow_record, destination_prefix, "dst_prefix",
		      TORC_FIELD_UINT),
	TORC_FIELDS_END
};

static const struct torc_field_info set_fields[] = {
	TORC_FIELD_AT(struct torc_netflow_set, id, "id", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_netflow_set, kind, "kind", TORC_FIELD_UINT,
		      .value_name = kind_name),
	TORC_FIELD_AT(struct torc_netflow_set, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_netflow_set, data, "data", TORC_FIELD_BYTES),
	TORC_FIELDS_END
};

static const struct torc_field_info template_fields[] = {
	TORC_FIELD_AT(struct torc_netflow_template, id, "id", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_netflow_template, kind, "kind", TORC_FIELD_UINT,
		      .value_name = kind_name),
	TORC_FIELD_AT(struct torc_netflow_template, field_count, "field_count", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_netflow_template, scope_count, "scope_count", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_netflow_template, fields, "fields", TORC_FIELD_BYTES),
	TORC_FIELDS_END
};

static const struct torc_list_info record_list = {
	.next = record_element,
	.element_size = sizeof(struct torc_netflow_record),
	.fields = record_fields,
};

static const struct torc_list_info set_list = {
	.next = set_element,
	.element_size = sizeof(struct torc_netflow_set),
	.fields = set_fields,
};

static const struct torc_list_info template_list = {
	.next = template_element,
	.element_size = sizeof(struct torc_netflow_template),
	.fields = template_fields,
};

static const struct torc_field_info netflow_fields[] = {
	TORC_FIELD_AT(struct torc_netflow, version, "version", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_netflow, count, "count", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_netflow, length, "length", TORC_FIELD_UINT, .unit = "bytes",
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_netflow, uptime_ms, "uptime", TORC_FIELD_UINT, .unit = "ms",
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_netflow, export_time, "export_time", TORC_FIELD_UINT,
		      .unit = "seconds"),
	TORC_FIELD_AT(struct torc_netflow, export_time_ns, "export_time_ns", TORC_FIELD_UINT,
		      .unit = "ns", .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_netflow, sequence, "seq", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_netflow, domain, "domain", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_netflow, engine_type, "engine_type", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_netflow, engine_id, "engine_id", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_netflow, sampling_mode, "sampling_mode", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_netflow, sampling_interval, "sampling_interval", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_netflow, set_count, "set_count", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_netflow, records, "records", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &record_list),
	TORC_FIELD_AT(struct torc_netflow, sets, "sets", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &set_list),
	TORC_FIELD_AT(struct torc_netflow, sets, "templates", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &template_list),
	TORC_FIELDS_END
};

/* IANA gave IPFIX its port; the others are what exporters and collectors come set to. */
static const struct torc_layer_number netflow_numbers[] = {
	{ TORC_BY_UDP_PORT, 2055 }, { TORC_BY_UDP_PORT, 4739 }, { TORC_BY_UDP_PORT, 9995 },
	{ TORC_BY_UDP_PORT, 9996 }, { TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_netflow = {
	.name = "NetFlow",
	.key = "netflow",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_netflow),
	.numbers = netflow_numbers,
	.decode = netflow_decode,
	.read = netflow_read,
	.fields = netflow_fields,
};
