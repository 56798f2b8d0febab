/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * unsupported.c - what needs a bypass card or PF_RING's module
 *
 * Each of these returns PF_RING_ERROR_NOT_SUPPORTED and does nothing: programs that resolve every
 * name at load find them, and none is told that something was done. docs/pfring.md has the reasons.
 */
#include <stdio.h>

#include "state.h"

#define UNSUPPORTED(name, ...)                                                                     \
	API int name(__VA_ARGS__)                                                                  \
	{                                                                                          \
		return PF_RING_ERROR_NOT_SUPPORTED;                                                \
	}

#pragma GCC diagnostic ignored "-Wunused-parameter"

/* Chunks, flow records and metadata come from the card's own memory layout. */
UNSUPPORTED(pfring_recv_chunk, pfring *ring, void **chunk, pfring_chunk_info *chunk_info,
	    u_int8_t wait_for_incoming_chunk)
UNSUPPORTED(pfring_recv_flow, pfring *ring, pfring_flow_update *flow, u_int8_t wait_for_flows)
UNSUPPORTED(pfring_get_metadata, pfring *ring, u_char **metadata, u_int32_t *metadata_len)

/* Rules in the card. */
UNSUPPORTED(pfring_add_hw_rule, pfring *ring, hw_filtering_rule *rule)
UNSUPPORTED(pfring_remove_hw_rule, pfring *ring, u_int16_t rule_id)
UNSUPPORTED(pfring_set_default_hw_action, pfring *ring, generic_default_action_type action)
UNSUPPORTED(pfring_set_virtual_device, pfring *ring, virtual_filtering_device_info *info)

/* The card's clock, and when a frame left it. */
UNSUPPORTED(pfring_get_device_clock, pfring *ring, struct timespec *ts)
UNSUPPORTED(pfring_set_device_clock, pfring *ring, struct timespec *ts)
UNSUPPORTED(pfring_adjust_device_clock, pfring *ring, struct timespec *offset, int8_t sign)
UNSUPPORTED(pfring_send_get_time, pfring *ring, char *pkt, u_int pkt_len, struct timespec *ts)

/* Two rings on one set of slots. */
UNSUPPORTED(pfring_set_master, pfring *ring, pfring *master)
UNSUPPORTED(pfring_set_master_id, pfring *ring, u_int32_t master_id)

/* PF_RING itself never wrote these two. */
UNSUPPORTED(pfring_get_filtering_rule_stats, pfring *ring, u_int16_t rule_id, char *stats,
	    u_int *stats_len)
UNSUPPORTED(pfring_search_payload, pfring *ring, char *string_to_search)

/* A ring is published under the name of its interface. */
UNSUPPORTED(pfring_set_bound_dev_name, pfring *ring, char *custom_dev_name)

/* Not PF_RING's API, but its pfcount links it; no ring here carries sysdig's events. */
API char *sysdig_event2name(unsigned int event_type)
{
	static _Thread_local char name[16];

	snprintf(name, sizeof(name), "? %u", event_type);
	return name;
}
