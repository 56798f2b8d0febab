/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * header.c - struct pkt_parsing_info from libtorc's parsed headers, and PF_RING's hash
 *
 * PF_RING's hash is a plain sum of 32-bit words: symmetric, and the same on every machine. Programs
 * read it as pkt_hash; Torc's clusters use a better one of their own.
 */
#include <stddef.h>
#include <string.h>

#include "plain.h"
#include "state.h"

#define ETH_HEADER_BYTES 14
#define VLAN_TAG_BYTES   4
#define TCP_FLAGS_MASK   0x3F /* PF_RING keeps FIN to URG */

static uint32_t load32(const void *at)
{
	uint32_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

/* IPv4 counts in host order, IPv6 word by word as it lies in memory: as PF_RING does. */
static inline uint32_t address_sum(const void *address, uint8_t version)
{
	const uint8_t *bytes = address;

	if (version == 4)
		return load32(bytes);
	if (version == 6)
		return load32(bytes) + load32(bytes + 4) + load32(bytes + 8) + load32(bytes + 12);
	return 0;
}

static uint32_t mac_sum(const uint8_t *a, const uint8_t *b)
{
	uint32_t sum = 0;

	for (unsigned int i = 0; i < ETH_ALEN; i++)
		sum += a[i] + b[i];
	return sum;
}

uint32_t pf_hash_sum(const struct pkt_parsing_info *info, bool use_tunnel, uint16_t vlan)
{
	const tunnel_info *tunnel = &info->tunnel;

	if (use_tunnel && tunnel->tunnel_id != NO_TUNNEL_ID) {
		if (tunnel->tunneled_ip_version == 0 && tunnel->tunneled_proto == 0)
			return vlan + mac_sum(tunnel->tunneled_smac, tunnel->tunneled_dmac);
		return vlan + address_sum(&tunnel->tunneled_ip_src, tunnel->tunneled_ip_version) +
		       address_sum(&tunnel->tunneled_ip_dst, tunnel->tunneled_ip_version) +
		       tunnel->tunneled_proto + tunnel->tunneled_l4_src_port +
		       tunnel->tunneled_l4_dst_port;
	}
	if (info->ip_version == 0 && info->l3_proto == 0)
		return vlan + mac_sum(info->smac, info->dmac);
	return vlan + address_sum(&info->ip_src, info->ip_version) +
	       address_sum(&info->ip_dst, info->ip_version) + info->l3_proto +
	       info->l4_src_port + info->l4_dst_port;
}

/* An ip_addr. PF_RING's IPv4 is a number in host order, its IPv6 the bytes of the packet. */
static inline void put_address(void *address, const uint8_t *bytes, uint8_t version)
{
	uint32_t v4 = version == 4 ? ntohl(load32(bytes)) : 0;

	if (version == 6) {
		memcpy(address, bytes, sizeof(ip_addr));
		return;
	}
	memset(address, 0, sizeof(ip_addr));
	memcpy(address, &v4, sizeof(v4));
}

static void fill_tunnel(tunnel_info *tunnel, const struct torc_parsed *parsed)
{
	if (parsed->tunnel_id == TORC_NO_TUNNEL_ID && parsed->inner.version == 0) {
		*tunnel = (tunnel_info){ .tunnel_id = NO_TUNNEL_ID };
		return;
	}
	tunnel->tunnel_id = parsed->tunnel_id;
	memcpy(tunnel->tunneled_dmac, parsed->inner_destination_mac, ETH_ALEN);
	memcpy(tunnel->tunneled_smac, parsed->inner_source_mac, ETH_ALEN);
	tunnel->tunneled_eth_type = parsed->inner_ether_type;
	tunnel->tunneled_ip_version = parsed->inner.version;
	tunnel->tunneled_proto = parsed->inner.protocol;
	put_address(&tunnel->tunneled_ip_src, parsed->inner.source, parsed->inner.version);
	put_address(&tunnel->tunneled_ip_dst, parsed->inner.destination, parsed->inner.version);
	tunnel->tunneled_l4_src_port = parsed->inner.source_port;
	tunnel->tunneled_l4_dst_port = parsed->inner.destination_port;
}

/*
 * PF_RING has 0 where libtorc has TORC_NO_OFFSET, but says where layer 3 starts also when it is
 * not IP, and takes the end of the IP header for layer 4 also in a fragment.
 */
static void fill_offsets(struct pkt_offset *offset, const struct torc_parsed *parsed,
			 const uint8_t *data, uint32_t caplen)
{
	int l3 = parsed->network_offset, l4 = parsed->transport_offset;

	*offset = (struct pkt_offset){ 0 };
	if (parsed->vlan_count > 0)
		offset->vlan_offset = (int16_t)(ETH_HEADER_BYTES +
						VLAN_TAG_BYTES * (parsed->vlan_count - 1));
	if (l3 < 0 && caplen >= ETH_HEADER_BYTES)
		l3 = ETH_HEADER_BYTES + VLAN_TAG_BYTES * parsed->vlan_count;
	offset->l3_offset = (int16_t)(l3 > 0 ? l3 : 0);
	if (l4 < 0 && parsed->ip.version == 4 && l3 >= 0 && (uint32_t)l3 < caplen)
		l4 = l3 + 4 * (data[l3] & 0x0F);
	else if (l4 < 0 && parsed->ip.version == 6)
		l4 = parsed->payload_offset;
	offset->l4_offset = (int16_t)(l4 > 0 ? l4 : 0);
	offset->payload_offset = parsed->payload_offset > 0 ? parsed->payload_offset :
							      offset->l4_offset;
}

void pf_parsed_fill(struct pkt_parsing_info *info, const struct torc_parsed *parsed,
		    const uint8_t *data, uint32_t caplen)
{
	memcpy(info->dmac, parsed->destination_mac, ETH_ALEN);
	memcpy(info->smac, parsed->source_mac, ETH_ALEN);
	info->eth_type = parsed->ether_type;
	info->vlan_id = parsed->vlan_id;
	info->qinq_vlan_id = parsed->inner_vlan_id;
	info->ip_version = parsed->ip.version;
	info->l3_proto = parsed->ip.protocol;
	info->ip_tos = parsed->ip.tos;
	put_address(&info->ip_src, parsed->ip.source, parsed->ip.version);
	put_address(&info->ip_dst, parsed->ip.destination, parsed->ip.version);
	info->l4_src_port = parsed->ip.source_port;
	info->l4_dst_port = parsed->ip.destination_port;
	info->icmp_type = parsed->icmp_type;
	info->icmp_code = parsed->icmp_code;
	memset(&info->tcp, 0, sizeof(info->tcp));
	info->tcp.flags = parsed->tcp_flags & TCP_FLAGS_MASK;
	info->tcp.seq_num = parsed->tcp_sequence;
	info->tcp.ack_num = parsed->tcp_acknowledgment;
	fill_tunnel(&info->tunnel, parsed);
	info->last_matched_rule_id = (u_int16_t)-1;
	fill_offsets(&info->offset, parsed, data, caplen);
}

/* All of a plain packet's parsed_pkt, of which most is zero already. */
static void fill_plain(struct pkt_parsing_info *info, const uint8_t *data, uint32_t transport_bytes)
{
	const uint8_t *transport = data + PLAIN_TRANSPORT;

	memcpy(info->dmac, data, 2 * ETH_ALEN);
	info->eth_type = ETH_P_IP;
	info->ip_version = 4;
	info->l3_proto = data[23];
	info->ip_tos = data[15];
	info->ip_src.v4 = be32(data + 26);
	info->ip_dst.v4 = be32(data + 30);
	info->l4_src_port = be16(transport);
	info->l4_dst_port = be16(transport + 2);
	if (info->l3_proto == IPPROTO_TCP) {
		info->tcp.flags = transport[13] & TCP_FLAGS_MASK;
		info->tcp.seq_num = be32(transport + 4);
		info->tcp.ack_num = be32(transport + 8);
	}
	info->tunnel.tunnel_id = NO_TUNNEL_ID;
	info->last_matched_rule_id = (u_int16_t)-1;
	info->offset.l3_offset = PLAIN_IPV4;
	info->offset.l4_offset = PLAIN_TRANSPORT;
	info->offset.payload_offset = (int16_t)(PLAIN_TRANSPORT + transport_bytes);
}

static __attribute__((noinline)) void fill_any(struct pfring_pkthdr *hdr,
					       const struct torc_packet *packet)
{
	struct pkt_parsing_info *info = &hdr->extended_hdr.parsed_pkt;
	struct torc_parsed parsed;

	torc_parse(packet->link_type, packet->data, packet->caplen, &parsed);
	pf_parsed_fill(info, &parsed, packet->data, packet->caplen);
	if (parsed.flags & TORC_PARSED_MORE_FRAGMENTS)
		hdr->extended_hdr.flags |= PKT_FLAGS_IP_MORE_FRAG;
	if (parsed.flags & TORC_PARSED_LATER_FRAGMENT)
		hdr->extended_hdr.flags |= PKT_FLAGS_IP_FRAG_OFFSET;
	hdr->extended_hdr.pkt_hash = pf_hash_sum(info, true, info->vlan_id);
}

/* Everything behind the short header, the hash, and the flags that only parsing tells. */
void pf_header_long(struct pfring_pkthdr *hdr, const struct torc_packet *packet)
{
	uint32_t transport_bytes = likely(is_plain(packet)) ? plain_transport_bytes(packet) : 0;

	torc_pf_clear(hdr);
	hdr->extended_hdr.tx.bounce_interface = UNKNOWN_INTERFACE;
	if (unlikely(transport_bytes == 0)) {
		fill_any(hdr, packet);
		return;
	}
	fill_plain(&hdr->extended_hdr.parsed_pkt, packet->data, transport_bytes);
	hdr->extended_hdr.pkt_hash = plain_hash(packet->data);
}

/* The hash of any packet, the long way: recv.c has the short one. */
uint32_t pf_hash_parsed(const struct torc_packet *packet)
{
	struct pkt_parsing_info info;
	struct torc_parsed parsed;

	torc_parse(packet->link_type, packet->data, packet->caplen, &parsed);
	pf_parsed_fill(&info, &parsed, packet->data, packet->caplen);
	return pf_hash_sum(&info, true, info.vlan_id);
}
