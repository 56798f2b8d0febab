/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * flow.h - the flow hash: one function for torc_parse(), for files split among members, and, word
 * for word, for the programs that a cluster installs in the kernel
 *
 * It has to be computed by classic BPF too, which knows 32-bit additions, multiplications, shifts
 * and exclusive ors, and no loops. Each end of a flow is mixed by itself, so that the sum of the
 * two is symmetric without the collisions that adding or xor-ing addresses has (10.0.0.1 with
 * 10.0.0.4 and 10.0.0.2 with 10.0.0.3 are different flows here), and the sum is mixed again.
 */
#ifndef TORC_PARSE_FLOW_H
#define TORC_PARSE_FLOW_H

#include <torc/parse.h>

#include "parse/bytes.h"

/* What of a packet makes its flow, beside the addresses. */
enum {
	TORC_FLOW_PORTS = 1 << 0,
	TORC_FLOW_PROTOCOL = 1 << 1,
	TORC_FLOW_VLAN = 1 << 2,
	TORC_FLOW_TCP_ONLY = 1 << 3,  /* ports and protocol count for TCP only */
	TORC_FLOW_INNER = 1 << 4,     /* of the tunnelled packet, where there is one */
	TORC_FLOW_MAC = 1 << 5        /* what is not IP is told apart by its MAC addresses */
};

/* Odd constants; what matters is that they have no structure of their own. */
#define TORC_FLOW_WORD     0x9E3779B1u /* between the words of an IPv6 address */
#define TORC_FLOW_PORT     0x85EBCA77u
#define TORC_FLOW_END_1    0xC2B2AE3Du
#define TORC_FLOW_END_2    0x27D4EB2Fu
#define TORC_FLOW_PROTO    0x165667B1u
#define TORC_FLOW_TAG      0x9E3779B9u
#define TORC_FLOW_FINAL_1  0x7FEB352Du
#define TORC_FLOW_FINAL_2  0x846CA68Bu

static inline uint32_t torc_flow_mix_end(uint32_t end)
{
	end *= TORC_FLOW_END_1;
	end ^= end >> 15;
	end *= TORC_FLOW_END_2;
	return end ^ end >> 13;
}

static inline uint32_t torc_flow_mix_final(uint32_t sum)
{
	sum ^= sum >> 16;
	sum *= TORC_FLOW_FINAL_1;
	sum ^= sum >> 15;
	sum *= TORC_FLOW_FINAL_2;
	return sum ^ sum >> 16;
}

#define TORC_FLOW_TCP 6 /* the IP protocol */

static inline uint32_t torc_flow_address(const uint8_t *address, unsigned int version)
{
	uint32_t word = torc_be32(address);

	if (version == 6) {
		for (int i = 4; i < 16; i += 4)
			word = word * TORC_FLOW_WORD + torc_be32(address + i);
	}
	return word;
}

/* Of both ends; inline, so that what is known at the call is not asked for each packet. */
static inline uint32_t torc_flow_ip_sum(const struct torc_parsed_ip *ip, unsigned int what)
{
	uint32_t source = torc_flow_address(ip->source, ip->version);
	uint32_t destination = torc_flow_address(ip->destination, ip->version);
	uint32_t sum = 0;

	if ((what & TORC_FLOW_TCP_ONLY) && ip->protocol != TORC_FLOW_TCP)
		what &= ~(TORC_FLOW_PORTS | TORC_FLOW_PROTOCOL);
	if (what & TORC_FLOW_PORTS) {
		source += ip->source_port * TORC_FLOW_PORT;
		destination += ip->destination_port * TORC_FLOW_PORT;
	}
	if (what & TORC_FLOW_PROTOCOL)
		sum = ip->protocol * TORC_FLOW_PROTO;
	return sum + torc_flow_mix_end(source) + torc_flow_mix_end(destination);
}

/* Both tags in wire order; "no tag" and "tag 0" differ. */
static inline uint32_t torc_flow_tag_sum(const struct torc_parsed *parsed)
{
	uint32_t sum = 0;

	if (parsed->vlan_count > 0)
		sum = (parsed->vlan_id + 1u) * TORC_FLOW_TAG;
	if (parsed->vlan_count > 1)
		sum = (sum + parsed->inner_vlan_id + 1u) * TORC_FLOW_TAG;
	return sum;
}

/* torc_flow_hash - of a parsed packet, by TORC_FLOW_ bits; 0 for what has no flow */
uint32_t torc_flow_hash(const struct torc_parsed *parsed, unsigned int what);

#endif
