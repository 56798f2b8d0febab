/* SPDX-License-Identifier: BSD-3-Clause */
/* multicast.c - IGMP, RFC 1112, RFC 2236 and RFC 3376, and MLD, RFC 2710 and RFC 3810, written */
#include "build/writer.h"

#include <torc/layers/network/igmp.h>
#include <torc/layers/network/mld.h>

#define QUERY	  0x11
#define REPORT_V1 0x12
#define REPORT_V2 0x16
#define LEAVE	  0x17
#define REPORT_V3 0x22

/*
 * RFC 3376 §4.1.1, RFC 3810 §5.1.3: what does not fit into all bits but the first has a mantissa of so
 * many bits with a 1 in front, and three bits of exponent: (1mantissa) << (exponent + 3).
 */
static uint32_t code_of(uint32_t value, unsigned int mantissa_bits)
{
	uint32_t first = 1u << (mantissa_bits + 3), exponent = 0;

	if (value < first)
		return value;
	while (exponent < 7 && value >> (exponent + 3) >= 2u << mantissa_bits)
		exponent++;
	value >>= exponent + 3;
	if (value >= 2u << mantissa_bits)
		value = (2u << mantissa_bits) - 1;
	return first | exponent << mantissa_bits | (value & ((1u << mantissa_bits) - 1));
}

static uint32_t value_of(uint32_t code, unsigned int mantissa_bits)
{
	uint32_t first = 1u << (mantissa_bits + 3), mantissa = (1u << mantissa_bits) - 1;

	return code < first ? code :
			      ((code & mantissa) | (mantissa + 1)) << ((code >> mantissa_bits & 7) + 3);
}

/* The code as the struct has it, unless the time that it stands for is another one. */
static uint32_t igmp_code(const struct torc_igmp *igmp, bool is_float)
{
	uint32_t tenths = igmp->max_response_ms / 100, code = igmp->max_response_code;

	if (tenths == 0 || (is_float ? value_of(code, 4) : code) == tenths)
		return code;
	return is_float ? code_of(tenths, 4) : tenths;
}

static uint32_t count_of(uint16_t count, const struct torc_bytes *addresses, uint32_t each)
{
	return count ? count : addresses->length / each;
}

/* How many records there are: fixed bytes, sources and auxiliary words each. */
static uint32_t records_count(const struct torc_bytes *records, uint32_t fixed)
{
	uint32_t count = 0, at = 0;

	for (; at + fixed <= records->length; count++)
		at += fixed + torc_be16(records->data + at + 2) * (fixed - 4) +
		      records->data[at + 1] * 4u;
	return count;
}

static void igmp_query_v3(struct writer *w, const struct torc_igmp *igmp)
{
	write8(w, (igmp->suppress_router_processing ? 8u : 0) | (igmp->robustness & 7u));
	write8(w, code_of(igmp->query_interval_s, 4));
	write16(w, count_of(igmp->source_count, &igmp->sources, 4));
	write_bytes(w, igmp->sources.data, igmp->sources.length);
}

void igmp_write(struct writer *w, const void *layer)
{
	const struct torc_igmp *igmp = layer;
	bool is_v3 = igmp->version == 3 || igmp->robustness || igmp->query_interval_s ||
		     igmp->sources.length;

	write8(w, igmp->type);
	write8(w, igmp_code(igmp, igmp->type == QUERY && is_v3));
	write16(w, igmp->checksum);
	switch (igmp->type) {
	case REPORT_V3:
		write16(w, 0);
		write16(w, igmp->record_count || w->counts_given ? igmp->record_count :
								   records_count(&igmp->records, 8));
		write_bytes(w, igmp->records.data, igmp->records.length);
		break;
	case QUERY:
	case REPORT_V1:
	case REPORT_V2:
	case LEAVE:
		write_bytes(w, igmp->group, 4);
		if (igmp->type == QUERY && is_v3)
			igmp_query_v3(w, igmp);
		break;
	default: /* another message: its bytes are in no struct, and follow as payload */
		break;
	}
}

void mldv1_write(struct writer *w, const void *layer)
{
	const struct torc_mldv1 *mld = layer;

	write16(w, mld->max_response_ms);
	write16(w, 0);
	write_bytes(w, mld->group, 16);
}

void mldv2_query_write(struct writer *w, const void *layer)
{
	const struct torc_mldv2_query *query = layer;
	uint32_t code = query->max_response_code;

	if (query->max_response_ms && value_of(code, 12) != query->max_response_ms)
		code = code_of(query->max_response_ms, 12);
	write16(w, code);
	write16(w, 0);
	write_bytes(w, query->group, 16);
	write8(w, (query->suppress_router_processing ? 8u : 0) | (query->robustness & 7u));
	write8(w, code_of(query->query_interval_s, 4));
	write16(w, count_of(query->source_count, &query->sources, 16));
	write_bytes(w, query->sources.data, query->sources.length);
}

void mldv2_report_write(struct writer *w, const void *layer)
{
	const struct torc_mldv2_report *report = layer;

	write16(w, 0);
	write16(w, report->record_count || w->counts_given ? report->record_count :
							     records_count(&report->records, 20));
	write_bytes(w, report->records.data, report->records.length);
}
