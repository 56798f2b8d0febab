/* SPDX-License-Identifier: BSD-3-Clause */
/* ip.c - IPv4 (RFC 791), IPv6 (RFC 8200), behind MPLS labels (RFC 3032) and PPPoE (RFC 2516) too */
#include <string.h>

#include "parse/cursor.h"

#define IPV6_EXTENSIONS_MAX 16

enum {
	IPV6_HOP_BY_HOP = 0,
	IPV6_ROUTING = 43,
	IPV6_FRAGMENT = 44,
	IPV6_AUTHENTICATION = 51,
	IPV6_DESTINATION = 60,
	IPV6_MOBILITY = 135,
	IPV6_HIP = 139,
	IPV6_SHIM6 = 140
};

/* What lies behind the length in the header is link-layer padding. 0: a segment not yet cut. */
static void bound(struct cursor *c, uint32_t length)
{
	if (length != 0 && c->end - c->at > length)
		c->end = c->at + length;
}

static bool parse_ipv4(struct cursor *c, struct torc_parsed_ip *ip, struct ip_walk *walk)
{
	const uint8_t *h = here(c);
	uint32_t header_length = (h[0] & 15) * 4u;
	uint16_t fragment;

	if (header_length < 20 || !need(c, 20))
		return false;
	ip->version = 4;
	ip->tos = h[1];
	ip->fragment_id = torc_be16(h + 4);
	ip->ttl = h[8];
	ip->protocol = h[9];
	memcpy(ip->source, h + 12, 4);
	memcpy(ip->destination, h + 16, 4);
	fragment = torc_be16(h + 6);
	if (fragment & 0x2000)
		walk->fragment |= TORC_PARSED_FRAGMENT | TORC_PARSED_MORE_FRAGMENTS;
	if (fragment & 0x1FFF)
		walk->fragment |= TORC_PARSED_FRAGMENT | TORC_PARSED_LATER_FRAGMENT;
	bound(c, torc_be16(h + 2));
	if (!need(c, header_length))
		return true;
	c->at += header_length;
	walk->transport = c->at;
	return true;
}

static void ipv6_fragment(const uint8_t *h, struct torc_parsed_ip *ip, struct ip_walk *walk)
{
	uint16_t offset = torc_be16(h + 2);

	ip->fragment_id = torc_be32(h + 4);
	/* An "atomic" fragment (RFC 6946) is a whole datagram. */
	if (offset & 1)
		walk->fragment |= TORC_PARSED_FRAGMENT | TORC_PARSED_MORE_FRAGMENTS;
	if (offset & 0xFFF8)
		walk->fragment |= TORC_PARSED_FRAGMENT | TORC_PARSED_LATER_FRAGMENT;
}

/* Length of the extension header at the cursor, 0 when next is no extension header. */
static uint32_t extension_length(const uint8_t *h, uint8_t next)
{
	switch (next) {
	case IPV6_HOP_BY_HOP:
	case IPV6_ROUTING:
	case IPV6_DESTINATION:
	case IPV6_MOBILITY:
	case IPV6_HIP:
	case IPV6_SHIM6:
		return (h[1] + 1u) * 8;
	case IPV6_FRAGMENT:
		return 8;
	case IPV6_AUTHENTICATION:
		return (h[1] + 2u) * 4;
	default:
		return 0;
	}
}

static bool is_extension(uint8_t next)
{
	static const uint8_t zeros[2];

	return extension_length(zeros, next) != 0;
}

static void skip_extensions(struct cursor *c, struct torc_parsed_ip *ip, struct ip_walk *walk)
{
	for (int i = 0; is_extension(ip->protocol); i++) {
		uint32_t length;
		uint8_t kind = ip->protocol;

		if (i == IPV6_EXTENSIONS_MAX || !need(c, 8))
			return;
		length = extension_length(here(c), kind);
		if (!need(c, length))
			return;
		ip->protocol = *here(c);
		if (kind == IPV6_FRAGMENT)
			ipv6_fragment(here(c), ip, walk);
		c->at += length;
		if (walk->fragment & TORC_PARSED_LATER_FRAGMENT)
			break; /* the rest is the middle of something */
	}
	walk->transport = c->at;
}

static bool parse_ipv6(struct cursor *c, struct torc_parsed_ip *ip, struct ip_walk *walk)
{
	const uint8_t *h = here(c);
	uint32_t payload_length;

	if (!need(c, 40))
		return false;
	ip->version = 6;
	ip->tos = (uint8_t)(h[0] << 4 | h[1] >> 4);
	payload_length = torc_be16(h + 4);
	ip->protocol = h[6];
	ip->ttl = h[7];
	memcpy(ip->source, h + 8, 16);
	memcpy(ip->destination, h + 24, 16);
	c->at += 40;
	bound(c, payload_length);
	skip_extensions(c, ip, walk);
	return true;
}

bool torc_parse_ip(struct cursor *c, struct torc_parsed_ip *ip, struct ip_walk *walk)
{
	bool found = false;

	memset(walk, 0, sizeof(*walk));
	walk->header = c->at;
	if (!need(c, 1))
		return false;
	if (*here(c) >> 4 == 4)
		found = parse_ipv4(c, ip, walk);
	else if (*here(c) >> 4 == 6)
		found = parse_ipv6(c, ip, walk);
	if (walk->transport && !(walk->fragment & TORC_PARSED_LATER_FRAGMENT))
		torc_parse_transport(c, ip, walk);
	return found;
}

static bool skip_mpls(struct cursor *c)
{
	for (int i = 0; i < MPLS_LABELS_MAX; i++) {
		bool bottom;

		if (!need(c, 4))
			return false;
		bottom = here(c)[2] & 1;
		c->at += 4;
		if (bottom)
			return true;
	}
	return false;
}

/* The IP version behind the header of a session; 0: none, or no session data. */
static unsigned int skip_pppoe(struct cursor *c)
{
	uint16_t protocol;

	if (!need(c, PPPOE_BYTES) || torc_be16(here(c)) != PPPOE_DATA)
		return 0;
	protocol = torc_be16(here(c) + 6);
	c->at += PPPOE_BYTES;
	return protocol == PPP_IPV4 ? 4 : protocol == PPP_IPV6 ? 6 : 0;
}

bool torc_parse_ether_type(struct cursor *c, uint16_t type, struct torc_parsed_ip *ip,
			   struct ip_walk *walk)
{
	unsigned int version = type == ETHER_IPV4 ? 4 : type == ETHER_IPV6 ? 6 : 0;

	if (type == ETHER_MPLS || type == ETHER_MPLS_MULTICAST) {
		if (!skip_mpls(c))
			return false;
		return torc_parse_ip(c, ip, walk);
	}
	if (type == ETHER_PPPOE)
		version = skip_pppoe(c);
	if (version == 0 || !need(c, 1) || *here(c) >> 4 != version)
		return false;
	return torc_parse_ip(c, ip, walk);
}
