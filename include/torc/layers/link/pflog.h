/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/link/pflog.h - what the packet filter of the BSDs logged, and why */
#ifndef TORC_LAYERS_PFLOG_H
#define TORC_LAYERS_PFLOG_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Link type 117, tcpdump.org/linktypes/LINKTYPE_PFLOG. The length tells the version: 45 bytes, 61
 * with ids, 69 with FreeBSD's rule identifier, 100 with OpenBSD's addresses. What a version lacks
 * is 0.
 */
struct torc_pflog {
	uint8_t length; /* without padding to four bytes */
	uint8_t family; /* of the packet: 2 IPv4; 24, 28 or 30 IPv6 */
	uint8_t action;
	uint8_t reason;
	struct torc_bytes interface;
	struct torc_bytes ruleset;
	uint32_t rule;
	uint32_t subrule; /* 0xFFFFFFFF: none */
	uint32_t uid;
	int32_t pid;
	uint32_t rule_uid;
	int32_t rule_pid;
	uint8_t direction; /* 1 in, 2 out */
	uint32_t rule_identifier;
	bool is_rewritten;        /* addresses below, by which the packet came */
	uint8_t original_family;
	uint8_t source[16];       /* of IPv4 the first four */
	uint8_t destination[16];
	uint16_t source_port;
	uint16_t destination_port;
};

TORC_LAYER_READER(pflog, PFLOG)

#ifdef __cplusplus
}
#endif

#endif
