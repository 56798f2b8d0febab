/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/link/pktap.h - what macOS says of a packet: interface, process, direction */
#ifndef TORC_LAYERS_PKTAP_H
#define TORC_LAYERS_PKTAP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Link type 258, and 149 as Apple uses it: bsd/net/pktap.h of XNU. 108 bytes, or 156 with the
 * members below that say so; the header may grow. Numbers are little-endian.
 */
struct torc_pktap {
	uint32_t length;             /* of this header */
	uint32_t record_type;        /* 1: a packet follows */
	uint32_t link_type;          /* of the packet, a DLT; raw IP is 12 */
	struct torc_bytes interface;
	uint32_t flags;              /* 1 in, 2 out, others are XNU's own */
	uint32_t protocol_family;    /* macOS's AF: 2 IPv4, 30 IPv6 */
	uint32_t link_header_length;
	uint32_t link_trailer_length;
	int32_t pid;                 /* -1: none */
	struct torc_bytes command;   /* of the process, at most 20 bytes */
	uint32_t service_class;      /* XNU's SO_TC number */
	uint16_t interface_type;
	uint16_t interface_unit;
	int32_t effective_pid;       /* on whose behalf; -1: the same */
	struct torc_bytes effective_command;
	uint32_t flow_id;            /* from here on of 156 bytes, else 0 */
	uint32_t ip_protocol;
	uint32_t timestamp_s;
	uint32_t timestamp_us;
	struct torc_bytes uuid;
	struct torc_bytes effective_uuid;
};

TORC_LAYER_READER(pktap, PKTAP)

#ifdef __cplusplus
}
#endif

#endif
