/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/network/igmp.h - IGMP versions 1 to 3: RFC 1112, RFC 2236, RFC 3376 */
#ifndef TORC_LAYERS_IGMP_H
#define TORC_LAYERS_IGMP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_igmp {
	uint8_t version;           /* 1 to 3 as type and length tell; 0: another message */
	uint8_t type;
	uint8_t max_response_code; /* of version 3 above 127: mantissa and exponent */
	uint32_t max_response_ms;
	uint16_t checksum;
	uint8_t group[4];          /* of queries and of versions 1 and 2 */
	bool suppress_router_processing;
	uint8_t robustness;
	uint32_t query_interval_s;
	uint16_t source_count;     /* of a version 3 query */
	uint16_t record_count;     /* of a version 3 report */
	struct torc_bytes sources; /* 4 bytes each */
	struct torc_bytes records;
};

TORC_LAYER_READER(igmp, IGMP)

/* A group record of a version 3 report, RFC 3376 §4.2.4 */
struct torc_igmp_record {
	uint8_t type;
	uint8_t group[4];
	uint16_t source_count;
	struct torc_bytes sources; /* 4 bytes each */
};

/* The record at *position, 0 at first; 1, or 0 at the end or where one does not fit. */
TORC_API int torc_igmp_record_next(const struct torc_igmp *igmp, uint32_t *position,
				   struct torc_igmp_record *record);

#ifdef __cplusplus
}
#endif

#endif
