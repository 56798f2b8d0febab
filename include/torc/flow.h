/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * torc/flow.h - endpoints and flows of a decoded packet, and their hashes
 *
 *	struct torc_flow flow;
 *
 *	if (torc_flow_network(&decoded, 0, &flow))
 *		worker = torc_flow_symmetric_hash(&flow) % workers;
 *
 * A flow is a pair of endpoints of one layer: MAC addresses, IP addresses, or ports. Both are plain
 * values; bytes that an address does not use are zero, so that memcmp() compares them too.
 */
#ifndef TORC_FLOW_H
#define TORC_FLOW_H

#include <torc/decode.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The numbers are gopacket's: they are part of torc_flow_fast_hash(). */
enum torc_endpoint_type {
	TORC_ENDPOINT_INVALID = 0,
	TORC_ENDPOINT_IPV4 = 1,
	TORC_ENDPOINT_IPV6 = 2,
	TORC_ENDPOINT_MAC = 3,
	TORC_ENDPOINT_TCP_PORT = 4,
	TORC_ENDPOINT_UDP_PORT = 5,
	TORC_ENDPOINT_SCTP_PORT = 6,
	TORC_ENDPOINT_RUDP_PORT = 7,
	TORC_ENDPOINT_UDPLITE_PORT = 8,
	TORC_ENDPOINT_PPP = 9
};

struct torc_endpoint {
	uint8_t type;   /* enum torc_endpoint_type */
	uint8_t length; /* bytes used */
	uint8_t bytes[16]; /* network order */
};

struct torc_flow {
	uint8_t type;
	uint8_t source_length;
	uint8_t destination_length; /* Linux SLL has a source only */
	uint8_t source[16];
	uint8_t destination[16];
};

/*
 * torc_flow_link, _network, _transport - the flow of the nth layer of that role
 *
 * n   0 the outermost, 1 the next, -1 the innermost
 *
 * Returns true with the flow; false, and the invalid flow, when there is no such layer. A later
 * fragment has no transport layer, so it has no ports.
 */
TORC_API bool torc_flow_link(const struct torc_decoded *decoded, int n, struct torc_flow *flow);
TORC_API bool torc_flow_network(const struct torc_decoded *decoded, int n, struct torc_flow *flow);
TORC_API bool torc_flow_transport(const struct torc_decoded *decoded, int n,
				  struct torc_flow *flow);

/* torc_flow_of_layer - the flow of one layer; false when its type has none */
TORC_API bool torc_flow_of_layer(const struct torc_decoded *decoded,
				 const struct torc_layer *layer, struct torc_flow *flow);

/* torc_flow_from_endpoints - 0, or -EINVAL when the types differ */
TORC_API int torc_flow_from_endpoints(const struct torc_endpoint *source,
				      const struct torc_endpoint *destination,
				      struct torc_flow *flow);

/* torc_flow_source, _destination - the endpoints of a flow */
TORC_API struct torc_endpoint torc_flow_source(const struct torc_flow *flow);
TORC_API struct torc_endpoint torc_flow_destination(const struct torc_flow *flow);

/* torc_flow_reverse - the flow of the other direction */
TORC_API struct torc_flow torc_flow_reverse(const struct torc_flow *flow);

/* torc_endpoint_compare, torc_flow_compare - total orders: negative, 0 when equal, positive */
TORC_API int torc_endpoint_compare(const struct torc_endpoint *a, const struct torc_endpoint *b);
TORC_API int torc_flow_compare(const struct torc_flow *a, const struct torc_flow *b);

/*
 * torc_flow_symmetric_hash - a symmetric hash: a flow and its reverse have the same; all 64 bits are good
 *
 * Stable across machines and versions. Cost: four multiplications.
 */
TORC_API uint64_t torc_flow_symmetric_hash(const struct torc_flow *flow);

/*
 * torc_flow_fast_hash, torc_endpoint_fast_hash - gopacket's FastHash, bit for bit
 *
 * For those who move over and keep data by it: FNV-1a, one multiplication a byte.
 */
TORC_API uint64_t torc_flow_fast_hash(const struct torc_flow *flow);
TORC_API uint64_t torc_endpoint_fast_hash(const struct torc_endpoint *endpoint);

/* torc_endpoint_text, torc_flow_text - "10.0.0.1", "10.0.0.1->10.0.0.2"; as snprintf() */
TORC_API int torc_endpoint_text(const struct torc_endpoint *endpoint, char *buffer, size_t size);
TORC_API int torc_flow_text(const struct torc_flow *flow, char *buffer, size_t size);

/* "1:", 28 characters, and the terminating zero */
#define TORC_COMMUNITY_ID_SIZE 31

/*
 * torc_community_id - Community ID, version 1, of a packet
 *
 * n     which network layer: 0 the outermost, -1 the innermost
 * seed  0 unless the tools that compare agreed on another
 * id    TORC_COMMUNITY_ID_SIZE bytes
 *
 * The same string as Zeek, Suricata and Wireshark give. Returns true, or false and an empty string
 * for what is not IP and for a later fragment of a protocol with ports, whose ports are unknown.
 */
TORC_API bool torc_community_id(const struct torc_decoded *decoded, int n, uint16_t seed,
				char *id);

#ifdef __cplusplus
}
#endif

#endif
