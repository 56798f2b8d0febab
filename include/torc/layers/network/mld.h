/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/network/mld.h - Multicast Listener Discovery: RFC 2710 and RFC 3810; behind the ICMPv6 header */
#ifndef TORC_LAYERS_MLD_H
#define TORC_LAYERS_MLD_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* RFC 2710 §3: query, report and done are alike */
struct torc_mldv1 {
	uint16_t max_response_ms;
	uint8_t group[16];
};

/* RFC 3810 §5.1 */
struct torc_mldv2_query {
	uint16_t max_response_code; /* above 32767: mantissa and exponent */
	uint32_t max_response_ms;
	uint8_t group[16];
	bool suppress_router_processing;
	uint8_t robustness;
	uint32_t query_interval_s;
	uint16_t source_count;
	struct torc_bytes sources; /* 16 bytes each */
};

TORC_LAYER_READER(mldv2_query, MLDV2_QUERY)

/* RFC 3810 §5.2 */
struct torc_mldv2_report {
	uint16_t record_count;
	struct torc_bytes records;
};

TORC_LAYER_READER(mldv2_report, MLDV2_REPORT)

struct torc_mldv2_record {
	uint8_t type;
	uint8_t group[16];
	uint16_t source_count;
	struct torc_bytes sources; /* 16 bytes each */
};

/* The record at *position, 0 at first; 1, or 0 at the end or where one does not fit. */
TORC_API int torc_mldv2_record_next(const struct torc_mldv2_report *report, uint32_t *position,
				    struct torc_mldv2_record *record);

#ifdef __cplusplus
}
#endif

#endif
