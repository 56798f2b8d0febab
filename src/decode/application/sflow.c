/* SPDX-License-Identifier: BSD-3-Clause */
/* sflow.c - sFlow version 5 datagrams and their samples */
#include <torc/layers/application/sflow.h>

#include <string.h>

#include "decode/registry.h"

#define FLOW		  1
#define COUNTERS	  2
#define FLOW_EXPANDED	  3
#define COUNTERS_EXPANDED 4

#define AGENT_IPV4 1
#define AGENT_IPV6 2

/* Up to the samples, with the agent's address of either family. */
static uint32_t fixed_length(const uint8_t *p)
{
	return torc_be32(p + 4) == AGENT_IPV6 ? 40 : 28;
}

static int sflow_decode(struct torc_cursor *cursor)
{
	uint32_t family;

	TORC_NEED(cursor, 8);
	family = torc_be32(cursor->data + 4);
	if (torc_be32(cursor->data) != 5)
		return torc_cursor_malformed(cursor, "version is not 5");
	if (family != AGENT_IPV4 && family != AGENT_IPV6)
		return torc_cursor_malformed(cursor, "unknown kind of agent address");
	TORC_NEED(cursor, fixed_length(cursor->data));
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static void sflow_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
		       void *out)
{
	const uint8_t *start = torc_layer_header(decoded, layer), *p;
	struct torc_sflow *sflow = out;
	uint32_t fixed = fixed_length(start);

	sflow->version = torc_be32(start);
	if (fixed == 28)
		memcpy(sflow->agent_ipv4, start + 8, 4);
	else
		memcpy(sflow->agent_ipv6, start + 8, 16);
	p = start + fixed - 16;
	sflow->sub_agent_id = torc_be32(p);
	sflow->sequence = torc_be32(p + 4);
	sflow->uptime_ms = torc_be32(p + 8);
	sflow->sample_count = torc_be32(p + 12);
	sflow->samples = (struct torc_bytes){ start + fixed, layer->header_length - fixed };
}

/* What flow and counter samples begin with; the expanded ones have wider ids. */
static void read_sample(struct torc_sflow_sample *sample)
{
	const uint8_t *p = sample->data.data;
	bool expanded = sample->format == FLOW_EXPANDED || sample->format == COUNTERS_EXPANDED;
	uint32_t ids = expanded ? 12 : 8, interfaces = expanded ? 16 : 8;

	if (sample->enterprise != 0 || sample->data.length < ids + 4)
		return;
	if (sample->format == COUNTERS || sample->format == COUNTERS_EXPANDED) {
		sample->sequence = torc_be32(p);
		sample->record_count = torc_be32(p + ids);
		return;
	}
	if ((sample->format != FLOW && sample->format != FLOW_EXPANDED) ||
	    sample->data.length < ids + 12 + interfaces + 4)
		return;
	sample->sequence = torc_be32(p);
	sample->sampling_rate = torc_be32(p + ids);
	sample->sample_pool = torc_be32(p + ids + 4);
	sample->drops = torc_be32(p + ids + 8);
	sample->record_count = torc_be32(p + ids + 12 + interfaces);
}

int torc_sflow_sample_next(const struct torc_sflow *sflow, uint32_t *position,
			   struct torc_sflow_sample *sample)
{
	const uint8_t *p;
	uint32_t left, format;

	if (*position >= sflow->samples.length)
		return 0;
	p = sflow->samples.data + *position;
	left = sflow->samples.length - *position;
	if (left < 8 || torc_be32(p + 4) > left - 8)
		return 0;
	format = torc_be32(p);
	*sample = (struct torc_sflow_sample){ .enterprise = format >> 12,
					      .format = format & 0xFFF,
					      .data = { p + 8, torc_be32(p + 4) } };
	read_sample(sample);
	*position += 8 + sample->data.length;
	return 1;
}

static int sample_element(const void *layer, uint32_t *position, void *element)
{
	return torc_sflow_sample_next(layer, position, element);
}

static const char *format_name(uint64_t format)
{
	static const char *const names[] = { NULL, "flow", "counters", "expanded flow",
					     "expanded counters" };

	return format < sizeof(names) / sizeof(names[0]) ? names[format] : NULL;
}

static const struct torc_field_info sample_fields[] = {
	TORC_FIELD_AT(struct torc_sflow_sample, enterprise, "enterprise", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_sflow_sample, format, "format", TORC_FIELD_UINT,
		      .value_name = format_name),
	TORC_FIELD_AT(struct torc_sflow_sample, sequence, "seq", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_sflow_sample, sampling_rate, "sampling_rate", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_sflow_sample, sample_pool, "sample_pool", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_sflow_sample, drops, "drops", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_sflow_sample, record_count, "record_count", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_sflow_sample, data, "data", TORC_FIELD_BYTES),
	TORC_FIELDS_END
};

static const struct torc_list_info sample_list = {
	.next = sample_element,
	.element_size = sizeof(struct torc_sflow_sample),
	.fields = sample_fields,
};

static const struct torc_field_info sflow_fields[] = {
	TORC_FIELD_AT(struct torc_sflow, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_sflow, agent_ipv4, "agent", TORC_FIELD_IPV4,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_sflow, agent_ipv6, "agent6", TORC_FIELD_IPV6,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_sflow, sub_agent_id, "sub_agent_id", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_sflow, sequence, "seq", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_sflow, uptime_ms, "uptime", TORC_FIELD_UINT, .unit = "ms"),
	TORC_FIELD_AT(struct torc_sflow, sample_count, "sample_count", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_sflow, samples, "samples", TORC_FIELD_LIST, .list = &sample_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number sflow_numbers[] = { { TORC_BY_UDP_PORT, 6343 },
							  { TORC_BY_NONE, 0 } };

const struct torc_layer_ops torc_layer_ops_sflow = {
	.name = "SFlow",
	.key = "sflow",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_sflow),
	.numbers = sflow_numbers,
	.decode = sflow_decode,
	.read = sflow_read,
	.fields = sflow_fields,
};
