/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * torc/parse.h - the headers of a packet in one pass: what a ring's long header holds
 *
 * This is the small, fast parser behind TORC_LONG_HEADER, the flow hash and the clusters. It knows
 * link, network and transport headers and four tunnels, and nothing else; for every protocol and
 * every field there is torc/decode.h.
 */
#ifndef TORC_PARSE_H
#define TORC_PARSE_H

#include <torc/packet.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TORC_NO_OFFSET    (-1)
#define TORC_NO_TUNNEL_ID 0xFFFFFFFFu

/* struct torc_parsed.flags; the first three are of the outer packet */
enum {
	TORC_PARSED_FRAGMENT = 1 << 0,       /* an IP fragment, first or later */
	TORC_PARSED_LATER_FRAGMENT = 1 << 1, /* not the first: it has no transport header */
	TORC_PARSED_MORE_FRAGMENTS = 1 << 2,
	TORC_PARSED_TRUNCATED = 1 << 3,      /* the captured bytes ended before the headers did */
	TORC_PARSED_INNER_FRAGMENT = 1 << 4, /* the packet in the tunnel is a fragment */
	TORC_PARSED_INNER_LATER_FRAGMENT = 1 << 5,
	TORC_PARSED_FLOW_HASH = 1 << 6       /* flow_hash says something: the packet is IP */
};

/* Addresses and ports of one IP header and what it carries. All numbers are in host order. */
struct torc_parsed_ip {
	uint8_t version;  /* 4, 6, or 0: no IP header */
	uint8_t protocol; /* of the transport: IPv6 extension headers were skipped */
	uint8_t tos;      /* IPv4 type of service, IPv6 traffic class */
	uint8_t ttl;
	uint32_t fragment_id;
	uint8_t source[16];      /* network order; IPv4 in the first four bytes */
	uint8_t destination[16];
	uint16_t source_port; /* TCP, UDP, UDP-Lite, SCTP, DCCP; 0 in a later fragment */
	uint16_t destination_port;
};

/*
 * Offsets count from the first byte of the packet; TORC_NO_OFFSET where there is no such header.
 * vlan_offset is that of the outer tag's control information, right behind its type. All offsets
 * are of the outer packet: in a tunnel payload_offset is that of the tunnel's header.
 */
struct torc_parsed {
	uint8_t destination_mac[6];
	uint8_t source_mac[6];
	uint16_t ether_type; /* of what follows the tags */
	uint16_t vlan_id;    /* outer tag, 12 bits; 0 without a tag (see vlan_count) */
	uint16_t inner_vlan_id;
	uint8_t vlan_count;
	uint8_t flags; /* TORC_PARSED_ bits */
	struct torc_parsed_ip ip;
	uint8_t icmp_type;
	uint8_t icmp_code;
	uint8_t tcp_flags;
	uint32_t tcp_sequence;
	uint32_t tcp_acknowledgment;
	uint32_t tunnel_id; /* GTP-U TEID, GRE key, VXLAN network; TORC_NO_TUNNEL_ID without one */
	uint16_t inner_ether_type;
	uint8_t inner_destination_mac[6];
	uint8_t inner_source_mac[6];
	struct torc_parsed_ip inner; /* version 0: no tunnel */
	int16_t vlan_offset;
	int16_t network_offset;
	int16_t transport_offset;
	int16_t payload_offset;
	/* Of outer addresses, ports and protocol: the same for both directions of a flow, in every
	 * process and every run; evenly spread in all its bits. 0 for what is not IP: see
	 * TORC_PARSED_FLOW_HASH. */
	uint32_t flow_hash;
	uint32_t reserved[5]; /* for later; 0 */
};

/*
 * torc_parse - fill in a struct torc_parsed from the bytes of a packet
 *
 * link_type  TORC_LINK_; one that is not listed there is level 2 and nothing more
 *
 * Never fails and never reads past caplen; what is not there stays zero (TORC_NO_OFFSET for
 * offsets). Bytes behind the end that the IP header states are padding and not parsed; headers are
 * looked for in the first 32767 bytes. Walks at most 8 VLAN tags, 8 MPLS labels, a PPPoE session,
 * 16 IPv6 extension headers and one tunnel: GRE, VXLAN, GTP-U, IP in IP. tunnel_id may be set although what the
 * tunnel carries was cut off; inner.version says whether there is an inner packet.
 * Returns the deepest layer reached: 2 link, 3 network, 4 transport, 5 tunnel. What lies right
 * behind the packet is prefetched (never read): mostly the next packet.
 */
TORC_API int torc_parse(uint16_t link_type, const uint8_t *data, uint32_t caplen,
			struct torc_parsed *parsed);

#ifdef __cplusplus
}
#endif

#endif
