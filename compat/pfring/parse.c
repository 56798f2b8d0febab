/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * parse.c - pfring_parse_pkt(): the headers of a packet, as deep as the caller asks
 *
 * The parser is torc_parse(). PF_RING's contract adds that a header which is parsed already up to
 * some layer is taken from there, and that nothing below the level asked for is filled in.
 */
#include <string.h>
#include <sys/time.h>

#include "state.h"

enum {
	LEVEL_LINK = 2,
	LEVEL_NETWORK = 3,
	LEVEL_TRANSPORT = 4,
	LEVEL_TUNNEL = 5
};

/* What the caller has already: layer 3 starts at a place of its own choosing. */
static int parse_from_network(const u_char *pkt, struct pfring_pkthdr *hdr,
			      struct torc_parsed *parsed)
{
	int start = hdr->extended_hdr.parsed_pkt.offset.l3_offset, depth;

	if (start < 0 || (u_int32_t)start > hdr->caplen)
		return LEVEL_LINK;
	depth = torc_parse(TORC_LINK_RAW, pkt + start, hdr->caplen - (u_int32_t)start, parsed);
	if (parsed->network_offset >= 0)
		parsed->network_offset = (int16_t)(parsed->network_offset + start);
	if (parsed->transport_offset >= 0)
		parsed->transport_offset = (int16_t)(parsed->transport_offset + start);
	if (parsed->payload_offset >= 0)
		parsed->payload_offset = (int16_t)(parsed->payload_offset + start);
	return depth;
}

static void keep_link(struct pkt_parsing_info *info, const struct pkt_parsing_info *before)
{
	memcpy(info->dmac, before->dmac, ETH_ALEN);
	memcpy(info->smac, before->smac, ETH_ALEN);
	info->eth_type = before->eth_type;
	info->vlan_id = before->vlan_id;
	info->qinq_vlan_id = before->qinq_vlan_id;
	info->offset.vlan_offset = before->offset.vlan_offset;
	info->offset.l3_offset = before->offset.l3_offset;
}

static void drop_transport(struct pkt_parsing_info *info)
{
	info->l4_src_port = info->l4_dst_port = 0;
	info->icmp_type = info->icmp_code = 0;
	memset(&info->tcp, 0, sizeof(info->tcp));
	info->offset.payload_offset = 0;
}

static void drop_network(struct pkt_parsing_info *info)
{
	info->ip_version = info->l3_proto = info->ip_tos = 0;
	memset(&info->ip_src, 0, sizeof(info->ip_src));
	memset(&info->ip_dst, 0, sizeof(info->ip_dst));
	info->offset.l4_offset = 0;
}

static void drop_tunnel(tunnel_info *tunnel)
{
	memset(tunnel, 0, sizeof(*tunnel));
	tunnel->tunnel_id = NO_TUNNEL_ID;
}

API int pfring_parse_pkt(u_char *pkt, struct pfring_pkthdr *hdr, u_int8_t level,
			 u_int8_t add_timestamp, u_int8_t add_hash)
{
	struct pkt_parsing_info *info = &hdr->extended_hdr.parsed_pkt, before = *info;
	bool resume = info->offset.l3_offset != 0;
	struct torc_parsed parsed = { .network_offset = TORC_NO_OFFSET,
				      .transport_offset = TORC_NO_OFFSET,
				      .payload_offset = TORC_NO_OFFSET };
	int depth;

	depth = resume ? parse_from_network(pkt, hdr, &parsed) :
			 torc_parse(TORC_LINK_ETHERNET, pkt, hdr->caplen, &parsed);
	pf_parsed_fill(info, &parsed, pkt, hdr->caplen);
	info->last_matched_rule_id = before.last_matched_rule_id;
	if (resume)
		keep_link(info, &before);
	if (level < LEVEL_TUNNEL)
		drop_tunnel(&info->tunnel);
	if (level < LEVEL_TRANSPORT)
		drop_transport(info);
	if (level < LEVEL_NETWORK)
		drop_network(info);
	if (add_timestamp && hdr->ts.tv_sec == 0) {
		struct timeval now;

		gettimeofday(&now, NULL);
		hdr->ts = now;
	}
	if (add_hash && hdr->extended_hdr.pkt_hash == 0)
		hdr->extended_hdr.pkt_hash = pf_hash_sum(info, true, info->vlan_id);
	return depth < level ? depth : level;
}
