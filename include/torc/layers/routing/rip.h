/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/routing/rip.h - Routing Information Protocol, RFC 1058 and RFC 2453 */
#ifndef TORC_LAYERS_RIP_H
#define TORC_LAYERS_RIP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_rip {
	uint8_t command; /* 1: request, 2: response */
	uint8_t version; /* 1 or 2 */
	struct torc_bytes entries;
};

TORC_LAYER_READER(rip, RIP)

struct torc_rip_entry {
	uint16_t family; /* 2: IP; FFFF: authentication, whose type is in tag */
	uint16_t tag;    /* version 2, as mask and next hop */
	uint8_t address[4];
	uint8_t mask[4];
	uint8_t next_hop[4];
	uint32_t metric;
};

/* The entry at *position, 0 at first; 1, or 0 at the end. */
TORC_API int torc_rip_entry_next(const struct torc_rip *rip, uint32_t *position,
				 struct torc_rip_entry *entry);

#ifdef __cplusplus
}
#endif

#endif
