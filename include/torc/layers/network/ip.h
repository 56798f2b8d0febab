/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/network/ip.h - IPv4 (RFC 791), IPv6 and its extension headers (RFC 8200) */
#ifndef TORC_LAYERS_IP_H
#define TORC_LAYERS_IP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* RFC 791 §3.1 */
struct torc_ipv4 {
	uint8_t header_length; /* bytes: 20 ... 60 */
	uint8_t tos;           /* DSCP and ECN */
	uint16_t total_length; /* bytes; 0 in captures taken before segmentation offload */
	uint16_t id;
	bool reserved;
	bool dont_fragment;
	bool more_fragments;
	uint16_t fragment_offset; /* bytes */
	uint8_t ttl;
	uint8_t protocol;
	uint16_t checksum;
	uint8_t source[4];
	uint8_t destination[4];
	struct torc_bytes options;
};

struct torc_ipv4_option {
	uint8_t type;
	struct torc_bytes data;
};

/* torc_ipv4_option_next - walk the options; *position is 0 at first; 1, or 0 at the end */
TORC_API int torc_ipv4_option_next(const struct torc_ipv4 *ipv4, uint32_t *position,
				   struct torc_ipv4_option *option);

/* RFC 8200 §3 */
struct torc_ipv6 {
	uint8_t traffic_class;
	uint32_t flow_label;
	uint16_t payload_length; /* bytes; 0 in jumbograms and offloaded captures */
	uint8_t next_header;
	uint8_t hop_limit;
	uint8_t source[16];
	uint8_t destination[16];
};

/* RFC 8200 §4.3 and §4.6: hop-by-hop and destination options have the same form */
struct torc_ipv6_options {
	uint8_t next_header;
	uint16_t header_length; /* bytes */
	struct torc_bytes options;
};

struct torc_ipv6_option {
	uint8_t type;
	struct torc_bytes data;
};

/* torc_ipv6_option_next - walk the options; *position is 0 at first; 1, or 0 at the end */
TORC_API int torc_ipv6_option_next(const struct torc_ipv6_options *header, uint32_t *position,
				   struct torc_ipv6_option *option);

/* RFC 8200 §4.4; of type 4, segment routing, RFC 8754 §2 */
struct torc_ipv6_routing {
	uint8_t next_header;
	uint16_t header_length; /* bytes */
	uint8_t routing_type;
	uint8_t segments_left;
	struct torc_bytes data;      /* behind the first four bytes */
	struct torc_bytes addresses; /* types 0, 2 and 4: 16 bytes each; else empty */
};

/* RFC 8200 §4.5 */
struct torc_ipv6_fragment {
	uint8_t next_header;
	uint16_t fragment_offset; /* bytes */
	bool more_fragments;
	uint32_t id;
};

TORC_LAYER_READER(ipv4, IPV4)
TORC_LAYER_READER(ipv6, IPV6)
TORC_LAYER_READER(ipv6_routing, IPV6_ROUTING)
TORC_LAYER_READER(ipv6_fragment, IPV6_FRAGMENT)

static inline int torc_layer_ipv6_hop_by_hop(const struct torc_decoded *decoded,
					     const struct torc_layer *layer,
					     struct torc_ipv6_options *out)
{
	return torc_layer_read(decoded, layer, TORC_LAYER_IPV6_HOP_BY_HOP, out, sizeof(*out));
}

static inline int torc_layer_ipv6_destination(const struct torc_decoded *decoded,
					      const struct torc_layer *layer,
					      struct torc_ipv6_options *out)
{
	return torc_layer_read(decoded, layer, TORC_LAYER_IPV6_DESTINATION, out, sizeof(*out));
}

#ifdef __cplusplus
}
#endif

#endif
