/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plain.h - a short way for what nearly every packet is: Ethernet (IEEE 802.3), at most one tag
 * (802.1Q), IPv4 without options (RFC 791) or IPv6 without extensions (RFC 8200), no fragment, TCP
 * (RFC 9293) or UDP (RFC 768) whose header is there, no tunnel
 *
 * Nothing is written before all of it has been looked at, so that what is not plain can still go
 * the general way. tests/parse.c holds both ways against each other.
 */
#ifndef TORC_PARSE_PLAIN_H
#define TORC_PARSE_PLAIN_H

#include <string.h>

#include "parse/cursor.h"

#define PLAIN static inline __attribute__((always_inline))

enum { PLAIN_ETHERNET = 14, PLAIN_TAG = 4, PLAIN_IPV4 = 20, PLAIN_IPV6 = 40 };
enum { PLAIN_TCP = 20, PLAIN_UDP = 8 };

/* Length of the TCP or UDP header at p, which has that many bytes; 0 when it is not plain. */
PLAIN uint32_t plain_transport(const uint8_t *p, uint32_t left, uint8_t protocol)
{
	uint32_t length;

	if (protocol == PROTOCOL_TCP) {
		length = left >= PLAIN_TCP ? (p[12] >> 4) * 4u : 0;
		return length >= PLAIN_TCP && length <= left ? length : 0;
	}
	if (protocol != PROTOCOL_UDP || left < PLAIN_UDP || is_tunnel_port(torc_be16(p + 2)))
		return 0;
	return PLAIN_UDP;
}

/* How many of the bytes belong to an IP packet that says so; 0: it does not say. */
PLAIN uint32_t plain_bound(uint32_t left, uint32_t says)
{
	return says != 0 && says < left ? says : left;
}

PLAIN void plain_ports(struct torc_parsed *parsed, const uint8_t *p, uint32_t at, uint32_t length)
{
	parsed->ip.source_port = torc_be16(p);
	parsed->ip.destination_port = torc_be16(p + 2);
	parsed->transport_offset = (int16_t)at;
	parsed->payload_offset = (int16_t)(at + length);
	if (parsed->ip.protocol == PROTOCOL_TCP) {
		parsed->tcp_sequence = torc_be32(p + 4);
		parsed->tcp_acknowledgment = torc_be32(p + 8);
		parsed->tcp_flags = p[13];
	}
}

PLAIN bool plain_ipv4(const uint8_t *p, uint32_t at, uint32_t left, struct torc_parsed *parsed)
{
	uint32_t length;

	if (left < PLAIN_IPV4 || p[0] != 0x45 || torc_be16(p + 6) & 0x3FFF)
		return false;
	left = plain_bound(left, torc_be16(p + 2));
	if (left < PLAIN_IPV4)
		return false;
	length = plain_transport(p + PLAIN_IPV4, left - PLAIN_IPV4, p[9]);
	if (length == 0)
		return false;
	parsed->ip.version = 4;
	parsed->ip.tos = p[1];
	parsed->ip.fragment_id = torc_be16(p + 4);
	parsed->ip.ttl = p[8];
	parsed->ip.protocol = p[9];
	memcpy(parsed->ip.source, p + 12, 4);
	memcpy(parsed->ip.destination, p + 16, 4);
	plain_ports(parsed, p + PLAIN_IPV4, at + PLAIN_IPV4, length);
	return true;
}

PLAIN bool plain_ipv6(const uint8_t *p, uint32_t at, uint32_t left, struct torc_parsed *parsed)
{
	uint32_t length;

	if (left < PLAIN_IPV6 || p[0] >> 4 != 6)
		return false;
	left = plain_bound(left - PLAIN_IPV6, torc_be16(p + 4));
	length = plain_transport(p + PLAIN_IPV6, left, p[6]);
	if (length == 0)
		return false;
	parsed->ip.version = 6;
	parsed->ip.tos = (uint8_t)(p[0] << 4 | p[1] >> 4);
	parsed->ip.protocol = p[6];
	parsed->ip.ttl = p[7];
	memcpy(parsed->ip.source, p + 8, 16);
	memcpy(parsed->ip.destination, p + 24, 16);
	plain_ports(parsed, p + PLAIN_IPV6, at + PLAIN_IPV6, length);
	return true;
}

/* A whole Ethernet frame into *parsed, which torc_parse() has begun; false: it is not plain. */
PLAIN bool plain_parse(const uint8_t *data, uint32_t end, struct torc_parsed *parsed)
{
	uint32_t at = PLAIN_ETHERNET;
	uint16_t type;

	if (end < PLAIN_ETHERNET + PLAIN_TAG)
		return false;
	type = torc_be16(data + 12);
	if (type == ETHER_VLAN) {
		type = torc_be16(data + PLAIN_ETHERNET + 2);
		at += PLAIN_TAG;
	}
	if (type == ETHER_IPV4 ? !plain_ipv4(data + at, at, end - at, parsed) :
	    type != ETHER_IPV6 || !plain_ipv6(data + at, at, end - at, parsed))
		return false;
	memcpy(parsed->destination_mac, data, 6);
	memcpy(parsed->source_mac, data + 6, 6);
	parsed->ether_type = type;
	parsed->network_offset = (int16_t)at;
	if (at != PLAIN_ETHERNET) {
		parsed->vlan_id = torc_be16(data + PLAIN_ETHERNET) & 0x0FFF;
		parsed->vlan_offset = PLAIN_ETHERNET;
		parsed->vlan_count = 1;
	}
	return true;
}

#endif
