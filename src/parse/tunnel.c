/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tunnel.c - the packet inside GRE (RFC 2784, 2890), VXLAN (RFC 7348), GTP-U (3GPP TS 29.281),
 * IP in IP (RFC 2003, 4213, 2473)
 */
#include <string.h>

#include "parse/cursor.h"

#define GTP_EXTENSIONS_MAX 8

static bool keep_inner(struct cursor *c, const struct ip_walk *walk)
{
	if (walk->fragment & TORC_PARSED_FRAGMENT)
		c->parsed->flags |= TORC_PARSED_INNER_FRAGMENT;
	if (walk->fragment & TORC_PARSED_LATER_FRAGMENT)
		c->parsed->flags |= TORC_PARSED_INNER_LATER_FRAGMENT;
	return true;
}

static bool inner_ip(struct cursor *c)
{
	struct ip_walk walk;

	return torc_parse_ip(c, &c->parsed->inner, &walk) && keep_inner(c, &walk);
}

static bool inner_ether_type(struct cursor *c, uint16_t type)
{
	struct ip_walk walk;

	c->parsed->inner_ether_type = type;
	return torc_parse_ether_type(c, type, &c->parsed->inner, &walk) && keep_inner(c, &walk);
}

static bool inner_ethernet(struct cursor *c)
{
	struct torc_parsed *parsed = c->parsed;
	uint16_t type;

	if (!need(c, 14))
		return false;
	memcpy(parsed->inner_destination_mac, here(c), 6);
	memcpy(parsed->inner_source_mac, here(c) + 6, 6);
	type = torc_be16(here(c) + 12);
	c->at += 14;
	for (int i = 0; i < 2 && (type == ETHER_VLAN || type == ETHER_QINQ) && need(c, 4); i++) {
		type = torc_be16(here(c) + 2);
		c->at += 4;
	}
	return inner_ether_type(c, type);
}

static bool parse_gre(struct cursor *c)
{
	uint32_t length = 4;
	uint16_t flags, type;

	if (!need(c, 4))
		return false;
	flags = torc_be16(here(c));
	type = torc_be16(here(c) + 2);
	if (flags & 0x4007) /* source routing, or a version other than 0 */
		return false;
	if (flags & 0x8000)
		length += 4;
	if (flags & 0x2000)
		length += 4;
	if (flags & 0x1000)
		length += 4;
	if (!need(c, length))
		return false;
	if (flags & 0x2000)
		c->parsed->tunnel_id = torc_be32(here(c) + (flags & 0x8000 ? 8 : 4));
	c->at += length;
	if (type == ETHER_TEB)
		return inner_ethernet(c);
	return inner_ether_type(c, type);
}

static bool parse_vxlan(struct cursor *c)
{
	if (!need(c, 8) || !(here(c)[0] & 0x08))
		return false;
	c->parsed->tunnel_id = torc_be32(here(c) + 4) >> 8;
	c->at += 8;
	return inner_ethernet(c);
}

/* Each extension header ends with the type of the next; its first byte is its length in words. */
static bool skip_gtp_extensions(struct cursor *c, uint8_t next)
{
	for (int i = 0; next != 0; i++) {
		uint32_t length;

		if (i == GTP_EXTENSIONS_MAX || !need(c, 4))
			return false;
		length = here(c)[0] * 4u;
		if (length == 0 || !need(c, length))
			return false;
		next = here(c)[length - 1];
		c->at += length;
	}
	return true;
}

static bool parse_gtp(struct cursor *c)
{
	uint8_t flags;

	/* Version 1, protocol type GTP, a T-PDU. */
	if (!need(c, 8) || here(c)[0] >> 4 != 3 || here(c)[1] != 0xFF)
		return false;
	flags = here(c)[0];
	c->parsed->tunnel_id = torc_be32(here(c) + 4);
	c->at += 8;
	if (flags & 7) {
		uint8_t next;

		if (!need(c, 4))
			return false;
		next = flags & 4 ? here(c)[3] : 0;
		c->at += 4;
		if (!skip_gtp_extensions(c, next))
			return false;
	}
	return inner_ip(c);
}

static bool parse_udp_tunnel(struct cursor *c, uint16_t port)
{
	switch (port) {
	case PORT_VXLAN:
	case PORT_VXLAN_LINUX:
		return parse_vxlan(c);
	case PORT_GTP_U:
		return parse_gtp(c);
	default:
		return false;
	}
}

bool torc_parse_tunnel(struct cursor *c, const struct ip_walk *outer)
{
	const struct torc_parsed_ip *ip = &c->parsed->ip;

	if (outer->payload == 0 || (outer->fragment & TORC_PARSED_LATER_FRAGMENT))
		return false;
	c->at = outer->payload;
	switch (ip->protocol) {
	case PROTOCOL_UDP:
		return parse_udp_tunnel(c, ip->destination_port);
	case PROTOCOL_GRE:
		return parse_gre(c);
	case PROTOCOL_IPV4:
	case PROTOCOL_IPV6:
		return inner_ip(c);
	default:
		return false;
	}
}
