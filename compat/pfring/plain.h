/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plain.h - a short way for what most packets are: untagged Ethernet, IPv4 without options
 * (RFC 791 §3.1), no fragment, TCP (RFC 9293 §3.1) or UDP (RFC 768) outside of tunnels
 *
 * What is said about such a packet is what header.c says about it by torc_parse();
 * tests/pfring_plain.c holds both ways against each other.
 */
#ifndef TORC_PFRING_PLAIN_H
#define TORC_PFRING_PLAIN_H

#include "state.h"

#define VXLAN_LINUX_PORT 8472 /* what Linux used before there was a number */

/* Offsets in it; a TCP header without options ends at PLAIN_BYTES. */
enum { PLAIN_IPV4 = 14, PLAIN_TRANSPORT = 34, PLAIN_BYTES = 54, PLAIN_TCP = 20, PLAIN_UDP = 8 };

static inline uint16_t be16(const uint8_t *at)
{
	uint16_t word;

	memcpy(&word, at, sizeof(word));
	return ntohs(word);
}

static inline uint32_t be32(const uint8_t *at)
{
	uint32_t word;

	memcpy(&word, at, sizeof(word));
	return ntohl(word);
}

/* Where torc_parse() looks for what is inside. */
static inline bool is_tunnel(uint16_t destination_port)
{
	return destination_port == GTP_U_DATA_PORT || destination_port == VXLAN_IP_PORT ||
	       destination_port == VXLAN_LINUX_PORT;
}

static inline bool is_plain(const struct torc_packet *packet)
{
	const uint8_t *data = packet->data;
	uint32_t middle;

	if (unlikely(packet->link_type != TORC_LINK_ETHERNET || packet->caplen < PLAIN_BYTES))
		return false;
	middle = be32(data + 20); /* fragment, time to live, protocol */
	if (unlikely(be32(data + 12) >> 8 != 0x080045 || middle & 0x3FFF0000 ||
		     be16(data + 16) < PLAIN_TRANSPORT - PLAIN_IPV4 + PLAIN_UDP))
		return false;
	return (uint8_t)middle == IPPROTO_TCP ||
	       ((uint8_t)middle == IPPROTO_UDP && !is_tunnel(be16(data + PLAIN_TRANSPORT + 2)));
}

/* PF_RING's sum, of a plain packet. */
static inline uint32_t plain_hash(const uint8_t *data)
{
	uint32_t ports = be32(data + PLAIN_TRANSPORT);

	return be32(data + 26) + be32(data + 30) + data[23] + (ports >> 16) + (ports & 0xFFFF);
}

/* Bytes of its TCP or UDP header; 0: they are not all there, or no header of TCP's. */
static inline uint32_t plain_transport_bytes(const struct torc_packet *packet)
{
	uint32_t end = PLAIN_IPV4 + (uint32_t)be16(packet->data + 16), bytes;

	if (packet->data[23] == IPPROTO_UDP)
		return PLAIN_UDP;
	if (end > packet->caplen)
		end = packet->caplen;
	bytes = (packet->data[PLAIN_TRANSPORT + 12] >> 4) * 4u;
	return bytes >= PLAIN_TCP && PLAIN_TRANSPORT + bytes <= end ? bytes : 0;
}

#endif
