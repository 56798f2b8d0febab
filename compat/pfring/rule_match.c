/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rule_match.c - does a wildcard rule match a parsed packet?
 *
 * A zero field of the rule is not compared. Hosts are compared under their mask; an IPv6 mask whose
 * first 32 bits are zero compares nothing, as in PF_RING.
 */
#include <string.h>
#include <strings.h>

#include "state.h"

struct side {
	const u_int8_t *mac;
	ip_addr host, mask;
	u_int16_t port_low, port_high;
};

static bool mac_matches(const u_int8_t *rule, const u_int8_t *packet)
{
	static const u_int8_t any[ETH_ALEN];

	return memcmp(rule, any, ETH_ALEN) == 0 || memcmp(rule, packet, ETH_ALEN) == 0;
}

static bool host_matches(const ip_addr *host, const ip_addr *mask, const ip_addr *address,
			 u_int8_t version)
{
	if (version != 6)
		return (address->v4 & mask->v4) == host->v4;
	if (mask->v6.s6_addr32[0] == 0)
		return true;
	for (int i = 0; i < 4; i++)
		if ((address->v6.s6_addr32[i] & mask->v6.s6_addr32[i]) != host->v6.s6_addr32[i])
			return false;
	return true;
}

static bool side_matches(const struct side *side, const u_int8_t *mac, const ip_addr *address,
			 u_int16_t port, u_int8_t version)
{
	if (!mac_matches(side->mac, mac) ||
	    !host_matches(&side->host, &side->mask, address, version))
		return false;
	return side->port_high == 0 || (port >= side->port_low && port <= side->port_high);
}

/* The fields that have no direction. */
static bool common_matches(const filtering_rule *rule, const struct pfring_extended_pkthdr *header)
{
	const filtering_rule_core_fields *core = &rule->core_fields;
	const struct pkt_parsing_info *info = &header->parsed_pkt;

	if (info->l3_proto == IPPROTO_TCP && core->tcp.flags && core->tcp.flags != info->tcp.flags)
		return false;
	if (core->if_index > 0 && header->if_index != UNKNOWN_INTERFACE &&
	    core->if_index != header->if_index)
		return false;
	if ((core->vlan_id && core->vlan_id != info->vlan_id) ||
	    (core->eth_type && core->eth_type != info->eth_type) ||
	    (core->proto && core->proto != info->l3_proto))
		return false;
	return !(rule->extended_fields.optional_fields & FILTER_TUNNEL_ID_FLAG) ||
	       rule->extended_fields.tunnel.tunnel_id == info->tunnel.tunnel_id;
}

/* The hosts of the tunnel part are those inside of the tunnel. */
static bool tunnel_matches(const filtering_rule *rule, const struct pkt_parsing_info *info)
{
	static const ip_addr none;
	ip_addr host = rule->extended_fields.tunnel.shost;
	ip_addr mask = rule->extended_fields.tunnel.shost_mask;
	ip_addr address = info->tunnel.tunneled_ip_src;
	u_int8_t version = info->tunnel.tunneled_ip_version;

	if (memcmp(&mask, &none, sizeof(mask)) &&
	    (version == 0 || !host_matches(&host, &mask, &address, version)))
		return false;
	host = rule->extended_fields.tunnel.dhost;
	mask = rule->extended_fields.tunnel.dhost_mask;
	address = info->tunnel.tunneled_ip_dst;
	return !memcmp(&mask, &none, sizeof(mask)) ||
	       (version != 0 && host_matches(&host, &mask, &address, version));
}

static bool holds(const uint8_t *payload, size_t length, const char *word, size_t word_length)
{
	for (size_t at = 0; word_length > 0 && at + word_length <= length; at++)
		if (strncasecmp((const char *)payload + at, word, word_length) == 0)
			return true;
	return false;
}

/* "one|other": the payload holds one of the words; upper and lower case are the same. */
static bool pattern_matches(const filtering_rule *rule, const struct pfring_pkthdr *hdr,
			    const uint8_t *data)
{
	const char *pattern = rule->extended_fields.payload_pattern;
	size_t left = strnlen(pattern, sizeof(rule->extended_fields.payload_pattern));
	int payload = hdr->extended_hdr.parsed_pkt.offset.payload_offset;

	if (left == 0)
		return true;
	if (payload <= 0 || (u_int32_t)payload >= hdr->caplen)
		return false;
	while (left > 0) {
		const char *bar = memchr(pattern, '|', left);
		size_t length = bar ? (size_t)(bar - pattern) : left;

		if (holds(data + payload, hdr->caplen - (u_int32_t)payload, pattern, length))
			return true;
		length += bar ? 1 : 0;
		pattern += length;
		left -= length;
	}
	return false;
}

static bool directed_matches(const filtering_rule *rule, const struct pkt_parsing_info *info)
{
	const filtering_rule_core_fields *core = &rule->core_fields;
	struct side source = { core->smac, core->shost, core->shost_mask, core->sport_low,
			       core->sport_high };
	struct side destination = { core->dmac, core->dhost, core->dhost_mask, core->dport_low,
				    core->dport_high };
	ip_addr from = info->ip_src, to = info->ip_dst;
	u_int8_t version = info->ip_version;

	if (side_matches(&source, info->smac, &from, info->l4_src_port, version) &&
	    side_matches(&destination, info->dmac, &to, info->l4_dst_port, version))
		return true;
	return rule->bidirectional &&
	       side_matches(&source, info->dmac, &to, info->l4_dst_port, version) &&
	       side_matches(&destination, info->smac, &from, info->l4_src_port, version);
}

bool pf_rule_matches(const filtering_rule *rule, const struct pfring_pkthdr *hdr,
		     const uint8_t *data)
{
	const struct pkt_parsing_info *info = &hdr->extended_hdr.parsed_pkt;

	if (!common_matches(rule, &hdr->extended_hdr) || !tunnel_matches(rule, info) ||
	    !directed_matches(rule, info))
		return false;
	if (rule->balance_pool > 0 &&
	    hdr->extended_hdr.pkt_hash % rule->balance_pool != rule->balance_id)
		return false;
	return pattern_matches(rule, hdr, data);
}
