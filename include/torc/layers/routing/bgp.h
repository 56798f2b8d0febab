/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/routing/bgp.h - messages of the Border Gateway Protocol 4, RFC 4271 */
#ifndef TORC_LAYERS_BGP_H
#define TORC_LAYERS_BGP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_bgp {
	struct torc_bytes messages;
};

TORC_LAYER_READER(bgp, BGP)

struct torc_bgp_message {
	uint8_t type;    /* 1: open, 2: update, 3: notification, 4: keepalive, 5: route refresh */
	uint16_t length; /* with the header */
	bool is_whole;   /* false: it goes on in the next segment */
	uint8_t version; /* of an open, as the next three */
	uint16_t autonomous_system;
	uint16_t hold_s;
	uint8_t identifier[4];
	uint8_t error_code; /* of a notification */
	uint8_t error_subcode;
	struct torc_bytes withdrawn; /* of an update, on the wire, as far as it is there: see the lists below */
	struct torc_bytes attributes;
	struct torc_bytes prefixes;
};

/* The message at *position, 0 at first; 1, or 0 at the end. */
TORC_API int torc_bgp_message_next(const struct torc_bgp *bgp, uint32_t *position,
				   struct torc_bgp_message *message);

/*
 * What the updates of a segment say, of all of them in the order of the wire; message is the place in the list of
 * messages. Each function fills in the element at *position, 0 at first,
 * and returns 1, or 0 at the end.
 */

/* A route, announced or withdrawn, of IPv4 (RFC 4271 §4.3) or of the families of RFC 4760. */
struct torc_bgp_route {
	uint16_t message;
	uint8_t prefix_length; /* bits */
	uint8_t family;        /* 1: IPv4, 2: IPv6 */
	uint32_t path_id;      /* RFC 7911; told by what fits, since only the opens say */
	uint8_t ipv4[4];
	uint8_t ipv6[16];
};

TORC_API int torc_bgp_route_next(const struct torc_bgp *bgp, uint32_t *position,
				 struct torc_bgp_route *route);
TORC_API int torc_bgp_withdrawn_next(const struct torc_bgp *bgp, uint32_t *position,
				     struct torc_bgp_route *route);

/* A path attribute; what is of another type is 0. */
struct torc_bgp_attribute {
	uint16_t message;
	uint8_t flags; /* 80: optional, 40: transitive, 20: partial, 10: two bytes of length */
	uint8_t type;
	uint16_t length;
	uint8_t origin;      /* 0: IGP, 1: EGP, 2: incomplete */
	uint8_t next_hop[4];
	uint8_t next_hop_ipv6[16];
	uint32_t med;
	uint32_t local_preference;
	struct torc_bytes value;
};

TORC_API int torc_bgp_attribute_next(const struct torc_bgp *bgp, uint32_t *position,
				     struct torc_bgp_attribute *attribute);

/* A number of an AS path. */
struct torc_bgp_as {
	uint16_t message;
	uint8_t segment; /* 1: set, 2: sequence, 3 and 4: the same inside a confederation */
	uint8_t left;    /* in its segment, behind it */
	uint32_t as;
};

TORC_API int torc_bgp_as_next(const struct torc_bgp *bgp, uint32_t *position,
			      struct torc_bgp_as *as);

/* A community of RFC 1997, or a large one of RFC 8092, which has three numbers. */
struct torc_bgp_community {
	uint16_t message;
	bool is_large;
	uint32_t as;
	uint32_t value;
	uint32_t second; /* of a large one */
};

TORC_API int torc_bgp_community_next(const struct torc_bgp *bgp, uint32_t *position,
				     struct torc_bgp_community *community);

#ifdef __cplusplus
}
#endif

#endif
