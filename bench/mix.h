/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mix.h - made packets, mixed as public captures are
 *
 * Shares in per mille, from some 133,000 packets of several hundred captures: IPv6 74; TCP 680, UDP
 * 260 (DNS 23), fragments 28, ICMP 12, tunnels and others the rest; VLAN tags 13; 18 % below 64
 * bytes, 35 % below 128, 12 % of 1408 and more, mean 423. The same seed gives the same packets.
 */
#ifndef TORC_BENCH_MIX_H
#define TORC_BENCH_MIX_H

#include <stdint.h>
#include <string.h>

#define MIX_BYTES_MAX 1536

static uint64_t mix_state = 0x9E3779B97F4A7C15u;

/* splitmix64 */
static inline uint32_t mix_random(uint32_t below)
{
	uint64_t z = mix_state += 0x9E3779B97F4A7C15u;

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
	z = (z ^ z >> 27) * 0x94D049BB133111EBu;
	return (uint32_t)((z ^ z >> 31) >> 32) % below;
}

static inline uint8_t *mix_16(uint8_t *p, unsigned int value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
	return p + 2;
}

static inline uint32_t mix_size(void)
{
	uint32_t share = mix_random(100);

	if (share < 18)
		return 54 + mix_random(10);
	if (share < 53)
		return 64 + mix_random(64);
	if (share < 65)
		return 1408 + mix_random(107);
	return 128 + mix_random(900);
}

static inline uint8_t *mix_ipv4(uint8_t *p, uint32_t length, unsigned int protocol,
				unsigned int fragment)
{
	memcpy(p, "\x45\x00\x00\x00\x12\x34\x00\x00\x40\x00\x00\x00\x0A\x00\x00\x00\x0A\x01", 18);
	mix_16(p + 2, length);
	mix_16(p + 6, fragment);
	p[9] = (uint8_t)protocol;
	mix_16(p + 14, mix_random(4096));
	mix_16(p + 18, mix_random(4096));
	return p + 20;
}

static inline uint8_t *mix_ipv6(uint8_t *p, uint32_t length, unsigned int protocol)
{
	memset(p, 0, 40);
	p[0] = 0x60;
	mix_16(p + 4, length - 40);
	p[6] = (uint8_t)protocol;
	p[7] = 64;
	memcpy(p + 8, "\x20\x01\x0D\xB8", 4);
	mix_16(p + 22, mix_random(4096));
	memcpy(p + 24, "\x20\x01\x0D\xB8", 4);
	mix_16(p + 38, mix_random(4096));
	return p + 40;
}

/* What a server listens on, at one end or the other. */
static inline void mix_ports(uint8_t *p, unsigned int server)
{
	unsigned int client = 32768 + mix_random(28000), back = mix_random(2);

	mix_16(p, back ? server : client);
	mix_16(p + 2, back ? client : server);
}

/* Three of five have timestamps, some are SYNs, the others have no options. */
static inline void mix_tcp(uint8_t *p, uint32_t length)
{
	static const uint8_t syn[] = { 2, 4, 5, 0xB4, 4, 2, 8, 10, 1, 2, 3, 4,
				       0, 0, 0, 0, 1, 3, 3, 7 };
	uint32_t share = mix_random(100);

	memset(p, 0, 20);
	mix_ports(p, share & 1 ? 443 : 80);
	mix_16(p + 4, mix_random(65536));
	p[12] = 0x50;
	p[13] = 0x10;
	if (share < 60 && length >= 32) {
		p[12] = 0x80;
		memcpy(p + 20, "\x01\x01\x08\x0A\x00\x01\x02\x03\x00\x04\x05\x06", 12);
	} else if (share >= 94 && length >= 40) {
		p[12] = 0xA0;
		p[13] = 0x02;
		memcpy(p + 20, syn, sizeof(syn));
	}
}

/* One in eleven is DNS, some are NTP; the rest goes to ports nobody decodes. */
static inline void mix_udp(uint8_t *p, uint32_t length)
{
	static const uint8_t query[] = { 0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 7, 'e', 'x', 'a',
					 'm',  'p',  'l', 'e', 0, 0, 1, 0, 1 };
	uint32_t share = mix_random(100);

	mix_ports(p, share < 9 ? 53 : share < 11 ? 123 : 20000 + mix_random(12000));
	mix_16(p + 4, length);
	mix_16(p + 6, 0);
	if (share < 9 && length >= 8 + sizeof(query))
		memcpy(p + 8, query, sizeof(query));
	else if (share < 11 && length > 8)
		p[8] = 0x23;
}

/* Inside: an Ethernet frame of its own, or an IP packet. */
static inline void mix_tunnel(uint8_t *p, uint32_t length, unsigned int protocol)
{
	if (protocol == 17 && length > 8 + 8 + 14 + 40) {
		mix_ports(p, 4789);
		mix_16(p + 2, 4789);
		mix_16(p + 4, length);
		memcpy(p + 8, "\x08\0\0\0\0\0\x2A\0", 8);
		mix_16(p + 16 + 12, 0x0800);
		mix_tcp(mix_ipv4(p + 30, length - 30, 6, 0), length - 50);
	} else if (protocol == 47 && length > 4 + 40) {
		memcpy(p, "\0\0\x08\0", 4);
		mix_tcp(mix_ipv4(p + 4, length - 4, 6, 0), length - 24);
	}
}

static inline void mix_transport(uint8_t *p, uint32_t length, uint32_t kind)
{
	if (kind < 680) {
		mix_tcp(p, length);
	} else if (kind < 940) {
		mix_udp(p, length);
	} else if (kind < 952) {
		memcpy(p, "\x08\0\0\0\0\1\0\1", 8);
	} else if (kind >= 985 && kind < 990) {
		mix_tunnel(p, length, 17);
	} else if (kind >= 990) {
		mix_tunnel(p, length, 47);
	}
}

/* Writes one packet of at most MIX_BYTES_MAX bytes; returns its length. */
static inline uint32_t mix_packet(uint8_t *frame)
{
	uint32_t size = mix_size(), kind = mix_random(1000), ip;
	static const uint8_t other[] = { 50, 132, 89, 112 };
	unsigned int protocol;
	uint8_t *p;

	memset(frame, 0, size);
	memcpy(frame, "\x02\0\0\0\0\x01\x02\0\0\0\0\x02", 12);
	p = frame + 12;
	if (mix_random(1000) < 13 && size >= 80)
		p = mix_16(mix_16(p, 0x8100), 100);
	ip = size - (uint32_t)(p + 2 - frame);
	protocol = kind < 680 ? 6 : kind < 940 ? 17 : kind < 952 ? 1 : kind < 980 ? 17 :
		   kind < 985 ? other[kind & 3] : kind < 990 ? 17 : 47;
	if (kind >= 952 && kind < 980) {
		mix_ipv4(mix_16(p, 0x0800), ip, protocol, 1 + mix_random(500));
	} else if (mix_random(1000) < 74 && ip >= 60) {
		mix_transport(mix_ipv6(mix_16(p, 0x86DD), ip, protocol == 1 ? 58 : protocol),
			      ip - 40, kind);
	} else {
		mix_transport(mix_ipv4(mix_16(p, 0x0800), ip, protocol, 0), ip - 20, kind);
	}
	return size;
}

#endif
