/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/routing/vrrp.h - VRRP version 2, RFC 3768, and 3, RFC 5798 */
#ifndef TORC_LAYERS_VRRP_H
#define TORC_LAYERS_VRRP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_vrrp {
	uint8_t version;
	uint8_t type; /* 1: advertisement */
	uint8_t router_id;
	uint8_t priority;
	uint8_t address_count;
	uint8_t authentication_type; /* version 2 */
	uint32_t interval_ms;
	uint16_t checksum;
	uint8_t address_length; /* 4, or 16 with version 3 over IPv6 */
	struct torc_bytes addresses;
};

TORC_LAYER_READER(vrrp, VRRP)

struct torc_vrrp_address {
	uint8_t ipv4[4];  /* one of the two */
	uint8_t ipv6[16];
};

/* The address at *position, 0 at first; 1, or 0 at the end. */
TORC_API int torc_vrrp_address_next(const struct torc_vrrp *vrrp, uint32_t *position,
				    struct torc_vrrp_address *address);

#ifdef __cplusplus
}
#endif

#endif
