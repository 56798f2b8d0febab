/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * common.h - the headers that nearly every packet has, into room that is there
 *
 * They stand in a header so that pushing a layer can have them inline; the families' writers use the same.
 */
#ifndef TORC_BUILD_COMMON_H
#define TORC_BUILD_COMMON_H

#include <endian.h>
#include <string.h>

#include <torc/layers/link/ethernet.h>
#include <torc/layers/network/ip.h>
#include <torc/layers/transport/tcp.h>
#include <torc/layers/transport/udp.h>

#define ETHERNET_HEADER 14
#define IPV4_HEADER	20 /* without options */
#define IPV6_HEADER	40
#define TCP_HEADER	20 /* without options */
#define UDP_HEADER	8

static inline void put16(uint8_t *p, unsigned int number)
{
	uint16_t wire = htobe16((uint16_t)number);

	memcpy(p, &wire, 2);
}

static inline void put32(uint8_t *p, uint32_t number)
{
	uint32_t wire = htobe32(number);

	memcpy(p, &wire, 4);
}

/*
 * Whole words of 64 bits are written, and read again as such: what is read wider than it was written has to
 * wait until it is in the cache.
 */
static inline void put64(uint8_t *p, uint64_t number)
{
	uint64_t wire = htobe64(number);

	memcpy(p, &wire, 8);
}

static inline uint32_t load32(const void *p)
{
	uint32_t wire;

	memcpy(&wire, p, 4);
	return be32toh(wire);
}

static inline uint64_t load64(const void *p)
{
	uint64_t wire;

	memcpy(&wire, p, 8);
	return be64toh(wire);
}

/* IEEE 802.3 §3.2 */
static inline void ethernet_put(uint8_t *p, const struct torc_ethernet *ethernet)
{
	memcpy(p, ethernet->destination, 6);
	memcpy(p + 6, ethernet->source, 6);
	put16(p + 12, ethernet->ether_type ? ethernet->ether_type : ethernet->length);
}

/* RFC 791 §3.1, up to the options */
static inline void ipv4_put(uint8_t *p, const struct torc_ipv4 *ipv4, uint32_t header, unsigned int ttl)
{
	unsigned int words = (ipv4->header_length ? ipv4->header_length : header) / 4 & 0xF;
	unsigned int fragment = (ipv4->reserved ? 0x8000u : 0) | (ipv4->dont_fragment ? 0x4000u : 0) |
				(ipv4->more_fragments ? 0x2000u : 0) |
				(ipv4->fragment_offset / 8u & 0x1FFF);

	put64(p, (uint64_t)(0x40 | words) << 56 | (uint64_t)ipv4->tos << 48 |
			 (uint64_t)ipv4->total_length << 32 | (uint64_t)ipv4->id << 16 | fragment);
	put64(p + 8, (uint64_t)ttl << 56 | (uint64_t)ipv4->protocol << 48 |
			     (uint64_t)ipv4->checksum << 32 | load32(ipv4->source));
	memcpy(p + 16, ipv4->destination, 4);
}

/* RFC 8200 §3 */
static inline void ipv6_put(uint8_t *p, const struct torc_ipv6 *ipv6, unsigned int hop_limit)
{
	put64(p, (uint64_t)6 << 60 | (uint64_t)ipv6->traffic_class << 52 |
			 (uint64_t)(ipv6->flow_label & 0xFFFFF) << 32 |
			 (uint64_t)ipv6->payload_length << 16 | (uint64_t)ipv6->next_header << 8 | hop_limit);
	memcpy(p + 8, ipv6->source, 16);
	memcpy(p + 24, ipv6->destination, 16);
}

/* RFC 9293 §3.1, up to the options */
static inline void tcp_put(uint8_t *p, const struct torc_tcp *tcp, uint32_t header)
{
	unsigned int words = (tcp->header_length ? tcp->header_length : header) / 4 & 0xF;

	put64(p, (uint64_t)tcp->source_port << 48 | (uint64_t)tcp->destination_port << 32 | tcp->sequence);
	put64(p + 8, (uint64_t)tcp->acknowledgment << 32 | (uint64_t)words << 28 |
			     (uint64_t)(tcp->flags & 0x1FFu) << 16 | tcp->window);
	put32(p + 16, (uint32_t)tcp->checksum << 16 | tcp->urgent);
}

/* RFC 768 */
static inline void udp_put(uint8_t *p, const struct torc_udp *udp)
{
	put64(p, (uint64_t)udp->source_port << 48 | (uint64_t)udp->destination_port << 32 |
			 (uint64_t)udp->length << 16 | udp->checksum);
}

#endif
