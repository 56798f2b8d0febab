/* SPDX-License-Identifier: BSD-3-Clause */
/* types.c - cluster types, and how a file is split by them */
#include "fanout/types.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include <torc/cluster.h>

#include "parse/cursor.h"
#include "parse/flow.h"
#include "parse/plain.h"

#define TUPLE_5 (TORC_FLOW_PORTS | TORC_FLOW_PROTOCOL)

static const struct {
	const char *name;
	int bits;
} types[] = {
	[TORC_CLUSTER_PER_FLOW] = { "per_flow", TUPLE_5 | TORC_FLOW_VLAN },
	[TORC_CLUSTER_ROUND_ROBIN] = { "round_robin", 0 },
	[TORC_CLUSTER_PER_FLOW_2_TUPLE] = { "per_flow_2_tuple", 0 },
	[TORC_CLUSTER_PER_FLOW_4_TUPLE] = { "per_flow_4_tuple", TORC_FLOW_PORTS },
	[TORC_CLUSTER_PER_FLOW_5_TUPLE] = { "per_flow_5_tuple", TUPLE_5 },
	[TORC_CLUSTER_PER_FLOW_TCP_5_TUPLE] = { "per_flow_tcp_5_tuple",
						TUPLE_5 | TORC_FLOW_TCP_ONLY },
	[TORC_CLUSTER_PER_INNER_FLOW] = { "per_inner_flow",
					  TUPLE_5 | TORC_FLOW_VLAN | TORC_FLOW_INNER },
	[TORC_CLUSTER_PER_INNER_FLOW_2_TUPLE] = { "per_inner_flow_2_tuple", TORC_FLOW_INNER },
	[TORC_CLUSTER_PER_INNER_FLOW_4_TUPLE] = { "per_inner_flow_4_tuple",
						  TORC_FLOW_PORTS | TORC_FLOW_INNER },
	[TORC_CLUSTER_PER_INNER_FLOW_5_TUPLE] = { "per_inner_flow_5_tuple",
						  TUPLE_5 | TORC_FLOW_INNER },
	[TORC_CLUSTER_PER_INNER_FLOW_TCP_5_TUPLE] = { "per_inner_flow_tcp_5_tuple",
						      TUPLE_5 | TORC_FLOW_INNER |
							      TORC_FLOW_TCP_ONLY },
	[TORC_CLUSTER_PER_FLOW_IP_5_TUPLE] = { "per_flow_ip_5_tuple", TUPLE_5 | TORC_FLOW_MAC },
	[TORC_CLUSTER_PER_INNER_FLOW_IP_5_TUPLE] = { "per_inner_flow_ip_5_tuple",
						     TUPLE_5 | TORC_FLOW_MAC | TORC_FLOW_INNER },
};

#define TYPE_COUNT (sizeof(types) / sizeof(*types))

int torc_cluster_flow_bits(enum torc_cluster_type type)
{
	return (size_t)type < TYPE_COUNT ? types[type].bits : -EINVAL;
}

const char *torc_cluster_type_text(enum torc_cluster_type type)
{
	return (size_t)type < TYPE_COUNT ? types[type].name : "?";
}

const char *torc_cluster_type_name(enum torc_cluster_type type)
{
	return torc_cluster_flow_bits(type) < 0 ? NULL : torc_cluster_type_text(type);
}

#define NAME_MAX_BYTES 48

/* "cluster_per_flow_5_tuple", "per_flow_5_tuple", "flow-5-tuple" and "5-tuple" are the same. */
static void short_name(const char *name, char *brief)
{
	size_t length = 0;
	char *flow;

	if (strncasecmp(name, "cluster_", 8) == 0)
		name += 8;
	for (; *name && length < NAME_MAX_BYTES - 1; name++)
		brief[length++] = *name == '-' ? '_' : (char)tolower((unsigned char)*name);
	brief[length] = 0;
	if (strncmp(brief, "per_", 4) == 0)
		memmove(brief, brief + 4, strlen(brief + 4) + 1);
	flow = strstr(brief, "flow_");
	if (flow)
		memmove(flow, flow + 5, strlen(flow + 5) + 1);
}

int torc_cluster_type_parse(const char *name)
{
	char wanted[NAME_MAX_BYTES], known[NAME_MAX_BYTES];

	short_name(name, wanted);
	for (int type = 0; torc_cluster_flow_bits((enum torc_cluster_type)type) >= 0; type++) {
		short_name(torc_cluster_type_text((enum torc_cluster_type)type), known);
		if (strcmp(wanted, known) == 0)
			return type;
	}
	return -EINVAL;
}

/* What the programs in the kernel look behind outside of a tunnel only; so this does. */
static bool is_behind_more(uint16_t ether_type)
{
	return ether_type == ETHER_MPLS || ether_type == ETHER_MPLS_MULTICAST ||
	       ether_type == ETHER_PPPOE;
}

uint32_t torc_cluster_hash(unsigned int flow_bits, const struct torc_parsed *parsed)
{
	bool inner = (flow_bits & TORC_FLOW_INNER) && parsed->inner.version != 0 &&
		     !is_behind_more(parsed->inner_ether_type);
	unsigned int fragment = inner ? TORC_PARSED_INNER_FRAGMENT : TORC_PARSED_FRAGMENT;

	if (!inner)
		flow_bits &= ~(unsigned int)TORC_FLOW_INNER;
	if (parsed->flags & fragment)
		flow_bits &= ~(unsigned int)TUPLE_5;
	return torc_flow_hash(parsed, flow_bits);
}

/*
 * The same of what nearly every packet is; false: it is something else. What of a parsed packet has no
 * part in the hash is not even written to memory.
 */
static bool plain_hash(unsigned int flow_bits, const struct torc_packet *packet, uint32_t *hash)
{
	uint32_t end = packet->caplen < PARSE_REACH ? packet->caplen : PARSE_REACH, sum;
	struct torc_parsed parsed;

	parsed.vlan_count = 0;
	parsed.inner_vlan_id = 0; /* or GCC fears for it */
	if (packet->link_type != TORC_LINK_ETHERNET || !plain_parse(packet->data, end, &parsed))
		return false;
	sum = torc_flow_ip_sum(&parsed.ip, flow_bits);
	if (flow_bits & TORC_FLOW_VLAN)
		sum += torc_flow_tag_sum(&parsed);
	*hash = torc_flow_mix_final(sum);
	return true;
}

unsigned int torc_cluster_share_of(enum torc_cluster_type type, const struct torc_packet *packet,
				   unsigned int count)
{
	int bits = torc_cluster_flow_bits(type);
	struct torc_parsed parsed;
	uint32_t hash;

	if (bits < 0 || count < 2)
		return 0;
	if (packet->parsed) {
		hash = torc_cluster_hash((unsigned int)bits, packet->parsed);
	} else if (!plain_hash((unsigned int)bits, packet, &hash)) {
		torc_parse(packet->link_type, packet->data, packet->caplen, &parsed);
		hash = torc_cluster_hash((unsigned int)bits, &parsed);
	}
	return (unsigned int)((uint64_t)hash * count >> 32);
}
