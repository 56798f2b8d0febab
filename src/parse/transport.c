/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * transport.c - TCP (RFC 9293), UDP (RFC 768), UDP-Lite (RFC 3828), SCTP (RFC 9260), DCCP
 * (RFC 4340), ICMP (RFC 792), ICMPv6 (RFC 4443)
 */
#include "parse/cursor.h"

/* Shortest whole header; 0 for what has no ports. */
static uint32_t header_min(uint8_t protocol)
{
	switch (protocol) {
	case PROTOCOL_TCP:
		return 20;
	case PROTOCOL_UDP:
	case PROTOCOL_UDP_LITE:
		return 8;
	case PROTOCOL_SCTP:
	case PROTOCOL_DCCP:
		return 12;
	default:
		return 0;
	}
}

/* TCP and DCCP say how long their header is, in words. 0: not a possible length. */
static uint32_t header_length(const uint8_t *h, uint8_t protocol, uint32_t least)
{
	uint32_t length = least;

	if (protocol == PROTOCOL_TCP)
		length = (h[12] >> 4) * 4u;
	else if (protocol == PROTOCOL_DCCP)
		length = h[4] * 4u;
	return length >= least ? length : 0;
}

static void parse_icmp(struct cursor *c, struct torc_parsed_ip *ip, struct ip_walk *walk)
{
	if (!need(c, 4))
		return;
	walk->has_ports = true;
	if (ip == &c->parsed->ip) {
		c->parsed->icmp_type = here(c)[0];
		c->parsed->icmp_code = here(c)[1];
	}
	if (need(c, 8))
		walk->payload = c->at + 8;
}

static void keep_tcp(struct torc_parsed *parsed, const uint8_t *h)
{
	parsed->tcp_sequence = torc_be32(h + 4);
	parsed->tcp_acknowledgment = torc_be32(h + 8);
	parsed->tcp_flags = h[13];
}

void torc_parse_transport(struct cursor *c, struct torc_parsed_ip *ip, struct ip_walk *walk)
{
	uint32_t least = header_min(ip->protocol), length;

	if (ip->protocol == PROTOCOL_ICMP || ip->protocol == PROTOCOL_ICMPV6) {
		parse_icmp(c, ip, walk);
		return;
	}
	if (least == 0) {
		walk->payload = c->at;
		return;
	}
	if (!need(c, 4))
		return;
	ip->source_port = torc_be16(here(c));
	ip->destination_port = torc_be16(here(c) + 2);
	walk->has_ports = true;
	if (!need(c, least))
		return;
	if (ip->protocol == PROTOCOL_TCP && ip == &c->parsed->ip)
		keep_tcp(c->parsed, here(c));
	length = header_length(here(c), ip->protocol, least);
	if (length != 0 && need(c, length))
		walk->payload = c->at + length;
}
