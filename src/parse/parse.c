/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * parse.c - torc_parse(): link layer, then the way inwards
 *
 * Ethernet (IEEE 802.3) with VLAN tags (802.1Q, 802.1ad, and 0x9100 as sold before 802.1ad), Linux
 * cooked captures v1 and v2, BSD loopback, and bare IP, as the registered link types say.
 */
#include <string.h>

#include "parse/cursor.h"
#include "parse/flow.h"
#include "parse/plain.h"
#include "util/prefetch.h"
#include "util/zero.h"

#define TAGS_MAX 8

static bool is_tag(uint16_t type)
{
	return type == ETHER_VLAN || type == ETHER_QINQ || type == ETHER_QINQ_OLD;
}

/* Walks the tags behind an Ethernet type; returns the type of what follows them. */
static uint16_t skip_tags(struct cursor *c, uint16_t type)
{
	struct torc_parsed *parsed = c->parsed;

	while (is_tag(type) && parsed->vlan_count < TAGS_MAX && need(c, 4)) {
		uint16_t id = torc_be16(here(c)) & 0x0FFF;

		if (parsed->vlan_count == 0) {
			parsed->vlan_id = id;
			parsed->vlan_offset = (int16_t)c->at;
		} else if (parsed->vlan_count == 1) {
			parsed->inner_vlan_id = id;
		}
		parsed->vlan_count++;
		type = torc_be16(here(c) + 2);
		c->at += 4;
	}
	return type;
}

static void parse_ethernet(struct cursor *c)
{
	struct torc_parsed *parsed = c->parsed;

	if (!need(c, 14))
		return;
	memcpy(parsed->destination_mac, here(c), 6);
	memcpy(parsed->source_mac, here(c) + 6, 6);
	parsed->ether_type = torc_be16(here(c) + 12);
	c->at += 14;
	parsed->ether_type = skip_tags(c, parsed->ether_type);
}

/* LINUX_SLL: type, ARPHRD, address length, 8 bytes of address, protocol. */
static void parse_sll(struct cursor *c)
{
	if (!need(c, 16))
		return;
	if (torc_be16(here(c) + 4) == 6)
		memcpy(c->parsed->source_mac, here(c) + 6, 6);
	c->parsed->ether_type = torc_be16(here(c) + 14);
	c->at += 16;
	c->parsed->ether_type = skip_tags(c, c->parsed->ether_type);
}

/* LINUX_SLL2: protocol, reserved, ifindex, ARPHRD, packet type, address length, address. */
static void parse_sll2(struct cursor *c)
{
	if (!need(c, 20))
		return;
	if (here(c)[11] == 6)
		memcpy(c->parsed->source_mac, here(c) + 12, 6);
	c->parsed->ether_type = torc_be16(here(c));
	c->at += 20;
	c->parsed->ether_type = skip_tags(c, c->parsed->ether_type);
}

static void parse_bare_ip(struct cursor *c)
{
	if (!need(c, 1))
		return;
	if (*here(c) >> 4 == 4)
		c->parsed->ether_type = ETHER_IPV4;
	else if (*here(c) >> 4 == 6)
		c->parsed->ether_type = ETHER_IPV6;
}

/* BSD loopback: four bytes of address family, in the byte order of the machine that wrote them;
 * the numbers of IPv6 differ from system to system, so that the IP version decides. */
static void parse_loopback(struct cursor *c)
{
	if (!need(c, 4))
		return;
	c->at += 4;
	parse_bare_ip(c);
}

static void parse_link(struct cursor *c, uint16_t link_type)
{
	switch (link_type) {
	case TORC_LINK_ETHERNET:
		parse_ethernet(c);
		break;
	case TORC_LINK_LINUX_SLL:
		parse_sll(c);
		break;
	case TORC_LINK_LINUX_SLL2:
		parse_sll2(c);
		break;
	case TORC_LINK_NULL:
	case TORC_LINK_LOOP:
		parse_loopback(c);
		break;
	case TORC_LINK_RAW:
	case TORC_LINK_RAW_BSD:
	case TORC_LINK_RAW_OPENBSD:
	case TORC_LINK_IPV4:
	case TORC_LINK_IPV6:
		parse_bare_ip(c);
		break;
	default:
		break;
	}
}

static int parse_network(struct cursor *c)
{
	struct torc_parsed *parsed = c->parsed;
	struct ip_walk walk;
	int level = 3;

	if (!torc_parse_ether_type(c, parsed->ether_type, &parsed->ip, &walk))
		return 2;
	parsed->network_offset = (int16_t)walk.header;
	parsed->flags |= walk.fragment;
	if (walk.has_ports) {
		parsed->transport_offset = (int16_t)walk.transport;
		level = 4;
	}
	if (walk.payload != 0)
		parsed->payload_offset = (int16_t)walk.payload;
	else if (walk.fragment & TORC_PARSED_LATER_FRAGMENT && walk.transport != 0)
		parsed->payload_offset = (int16_t)walk.transport;
	if (torc_parse_tunnel(c, &walk))
		level = 5;
	parsed->flow_hash = torc_flow_hash(parsed, TORC_FLOW_PORTS | TORC_FLOW_PROTOCOL);
	parsed->flags |= TORC_PARSED_FLOW_HASH;
	return level;
}

/* All of it zero, or TORC_NO_OFFSET. */
static inline void parsed_begin(struct torc_parsed *parsed)
{
	zero_struct(parsed, sizeof(*parsed));
	parsed->tunnel_id = TORC_NO_TUNNEL_ID;
	parsed->vlan_offset = TORC_NO_OFFSET;
	parsed->network_offset = TORC_NO_OFFSET;
	parsed->transport_offset = TORC_NO_OFFSET;
	parsed->payload_offset = TORC_NO_OFFSET;
}

int torc_parse_general(uint16_t link_type, const uint8_t *data, uint32_t caplen,
		       struct torc_parsed *parsed)
{
	struct cursor c = {
		.data = data,
		.end = caplen < PARSE_REACH ? caplen : PARSE_REACH,
		.parsed = parsed,
	};

	parsed_begin(parsed);
	parse_link(&c, link_type);
	return parse_network(&c);
}

int torc_parse(uint16_t link_type, const uint8_t *data, uint32_t caplen,
	       struct torc_parsed *parsed)
{
	uint32_t end = caplen < PARSE_REACH ? caplen : PARSE_REACH;

	prefetch_neighbour(data, caplen);
	parsed_begin(parsed);
	if (link_type != TORC_LINK_ETHERNET || !plain_parse(data, end, parsed))
		return torc_parse_general(link_type, data, caplen, parsed);
	parsed->flags |= TORC_PARSED_FLOW_HASH;
	parsed->flow_hash = torc_flow_mix_final(
		torc_flow_ip_sum(&parsed->ip, TORC_FLOW_PORTS | TORC_FLOW_PROTOCOL));
	return 4;
}
