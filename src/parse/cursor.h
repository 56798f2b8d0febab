/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cursor.h - where the parser stands; shared by its files
 *
 * Every read of the packet is preceded by need(): bytes from data[at] up to data[end] exist.
 */
#ifndef TORC_PARSE_CURSOR_H
#define TORC_PARSE_CURSOR_H

#include <torc/parse.h>

#include "parse/bytes.h"

/* Offsets are 16 bits wide: headers are looked for in this many bytes only. */
#define PARSE_REACH 32767u

enum {
	ETHER_IPV4 = 0x0800,
	ETHER_TEB = 0x6558, /* Ethernet in GRE, RFC 1701 */
	ETHER_VLAN = 0x8100,
	ETHER_IPV6 = 0x86DD,
	ETHER_MPLS = 0x8847,
	ETHER_MPLS_MULTICAST = 0x8848,
	ETHER_PPPOE = 0x8864, /* a session, RFC 2516 */
	ETHER_QINQ = 0x88A8,
	ETHER_QINQ_OLD = 0x9100
};

enum {
	PROTOCOL_ICMP = 1,
	PROTOCOL_IPV4 = 4,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_DCCP = 33,
	PROTOCOL_IPV6 = 41,
	PROTOCOL_GRE = 47,
	PROTOCOL_ICMPV6 = 58,
	PROTOCOL_SCTP = 132,
	PROTOCOL_UDP_LITE = 136
};

enum {
	PORT_GTP_U = 2152,
	PORT_VXLAN = 4789,
	PORT_VXLAN_LINUX = 8472 /* what Linux used before there was a number */
};

/* Whether what goes to that UDP port may be a tunnel. */
static inline bool is_tunnel_port(uint16_t port)
{
	return port == PORT_VXLAN || port == PORT_VXLAN_LINUX || port == PORT_GTP_U;
}

struct cursor {
	const uint8_t *data;
	uint32_t at;
	uint32_t end;
	struct torc_parsed *parsed;
};

/* One IP header and what it says about the rest. */
struct ip_walk {
	uint32_t header;    /* offset of the IP header */
	uint32_t transport; /* offset of what follows it and its extensions */
	uint32_t payload;   /* offset after the transport header, or 0 */
	uint8_t fragment;   /* TORC_PARSED_ bits */
	bool has_ports;     /* the transport header was reached */
};

static inline bool need(struct cursor *c, uint32_t length)
{
	if (c->at <= c->end && c->end - c->at >= length)
		return true;
	c->parsed->flags |= TORC_PARSED_TRUNCATED;
	return false;
}

static inline const uint8_t *here(const struct cursor *c)
{
	return c->data + c->at;
}

/* parse.c: torc_parse() without the short way of plain.h */
int torc_parse_general(uint16_t link_type, const uint8_t *data, uint32_t caplen,
		       struct torc_parsed *parsed);

/* ip.c: from an IP header to behind its transport header; false: no IP header there */
bool torc_parse_ip(struct cursor *c, struct torc_parsed_ip *ip, struct ip_walk *walk);

#define MPLS_LABELS_MAX 8
#define PPPOE_BYTES     8      /* with PPP's protocol */
#define PPPOE_DATA      0x1100 /* version and type 1, code 0 */
#define PPP_IPV4        0x0021
#define PPP_IPV6        0x0057

/* ip.c: the same behind an Ethernet type; MPLS labels and PPPoE are skipped */
bool torc_parse_ether_type(struct cursor *c, uint16_t type, struct torc_parsed_ip *ip,
			   struct ip_walk *walk);

/* transport.c: ports at the cursor; leaves the cursor behind the header where it can */
void torc_parse_transport(struct cursor *c, struct torc_parsed_ip *ip, struct ip_walk *walk);

/* tunnel.c: the packet inside, if the outer one is a tunnel; true when an inner IP was found */
bool torc_parse_tunnel(struct cursor *c, const struct ip_walk *outer);

#endif
