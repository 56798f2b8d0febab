/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/network/ndp.h - Neighbor Discovery for IPv6, RFC 4861; behind the ICMPv6 header */
#ifndef TORC_LAYERS_NDP_H
#define TORC_LAYERS_NDP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_icmpv6_router_solicitation {
	struct torc_bytes options;
};

struct torc_icmpv6_router_advertisement {
	uint8_t hop_limit;
	bool managed; /* addresses by DHCPv6 */
	bool other;   /* other settings by DHCPv6 */
	uint16_t router_lifetime_s;
	uint32_t reachable_time_ms;
	uint32_t retransmission_ms;
	struct torc_bytes options;
};

struct torc_icmpv6_neighbor_solicitation {
	uint8_t target[16];
	struct torc_bytes options;
};

struct torc_icmpv6_neighbor_advertisement {
	bool router;
	bool solicited;
	bool override;
	uint8_t target[16];
	struct torc_bytes options;
};

struct torc_icmpv6_redirect {
	uint8_t target[16];
	uint8_t destination[16];
	struct torc_bytes options;
};

TORC_LAYER_READER(icmpv6_router_solicitation, ICMPV6_ROUTER_SOLICITATION)
TORC_LAYER_READER(icmpv6_router_advertisement, ICMPV6_ROUTER_ADVERTISEMENT)
TORC_LAYER_READER(icmpv6_neighbor_solicitation, ICMPV6_NEIGHBOR_SOLICITATION)
TORC_LAYER_READER(icmpv6_neighbor_advertisement, ICMPV6_NEIGHBOR_ADVERTISEMENT)
TORC_LAYER_READER(icmpv6_redirect, ICMPV6_REDIRECT)

/* RFC 4861 §4.6 */
struct torc_ndp_option {
	uint8_t type;
	uint8_t link_address[6]; /* of types 1 and 2, where it is as long */
	uint8_t prefix[16];      /* of type 3 */
	uint8_t prefix_length;
	uint32_t mtu;            /* of type 5 */
	struct torc_bytes data;  /* behind type and length */
};

/* The option at *position of options, 0 at first; 1, or 0 at the end or where one does not fit. */
TORC_API int torc_ndp_option_next(const struct torc_bytes *options, uint32_t *position,
				  struct torc_ndp_option *option);

#ifdef __cplusplus
}
#endif

#endif
