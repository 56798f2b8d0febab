/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/sflow.h - sFlow version 5: sflow.org, "sFlow Version 5", July 2004 */
#ifndef TORC_LAYERS_SFLOW_H
#define TORC_LAYERS_SFLOW_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_sflow {
	uint32_t version; /* 5 */
	uint8_t agent_ipv4[4];  /* one of the two */
	uint8_t agent_ipv6[16];
	uint32_t sub_agent_id;
	uint32_t sequence;
	uint32_t uptime_ms;
	uint32_t sample_count;
	struct torc_bytes samples;
};

TORC_LAYER_READER(sflow, SFLOW)

struct torc_sflow_sample {
	uint32_t enterprise; /* 0: standard */
	uint32_t format;     /* 1 flow, 2 counters, 3 and 4 the same expanded */
	uint32_t sequence;   /* of those four */
	uint32_t sampling_rate; /* of flow samples */
	uint32_t sample_pool;
	uint32_t drops;
	uint32_t record_count;
	struct torc_bytes data;
};

/* The sample at *position, 0 at first; 1, or 0 at the end or where one does not fit. */
TORC_API int torc_sflow_sample_next(const struct torc_sflow *sflow, uint32_t *position,
				    struct torc_sflow_sample *sample);

#ifdef __cplusplus
}
#endif

#endif
