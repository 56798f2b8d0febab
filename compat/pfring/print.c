/* SPDX-License-Identifier: BSD-3-Clause */
/* print.c - one packet as a line of text, and numbers with separators, as PF_RING writes them */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "state.h"

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86DD
#define ETHERTYPE_ARP  0x0806
#define ETHERTYPE_STP  0x0027 /* a length field: what PF_RING takes for spanning tree */
#define ARP_BYTES      28

struct text {
	char *at;
	size_t size, used;
};

static void put(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct text *text, const char *format, ...)
{
	va_list args;
	int length;

	if (text->used + 1 >= text->size)
		return;
	va_start(args, format);
	length = vsnprintf(text->at + text->used, text->size - text->used, format, args);
	va_end(args);
	text->used += length < 0 ? 0 : (size_t)length;
	if (text->used >= text->size)
		text->used = text->size - 1;
}

static void put_mac(struct text *text, const u_char *mac)
{
	put(text, "%02X:%02X:%02X:%02X:%02X:%02X", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

static void put_address(struct text *text, ip_addr address, u_int16_t eth_type)
{
	u_int8_t bytes[16];
	char buffer[INET6_ADDRSTRLEN] = "";
	u_int32_t v4 = htonl(address.v4);

	memcpy(bytes, &address, sizeof(bytes));
	inet_ntop(eth_type == ETHERTYPE_IPV4 ? AF_INET : AF_INET6,
		  eth_type == ETHERTYPE_IPV4 ? (void *)&v4 : bytes, buffer, sizeof(buffer));
	put(text, "%s", buffer);
}

static void put_pair(struct text *text, u_int16_t eth_type, ip_addr from, u_int16_t from_port,
		     ip_addr to, u_int16_t to_port)
{
	put(text, "[%s][", eth_type == ETHERTYPE_IPV4 ? "IPv4" : "IPv6");
	put_address(text, from, eth_type);
	put(text, ":%d -> ", from_port);
	put_address(text, to, eth_type);
	put(text, ":%d] ", to_port);
}

static void put_protocol(struct text *text, const char *label, u_int8_t protocol)
{
	switch (protocol) {
	case IPPROTO_TCP:
		put(text, "[%s=TCP]", label);
		break;
	case IPPROTO_UDP:
		put(text, "[%s=UDP]", label);
		break;
	case IPPROTO_ICMP:
		put(text, "[%s=ICMP]", label);
		break;
	case IPPROTO_GRE:
		put(text, "[%s=GRE]", label);
		break;
	case IPPROTO_SCTP:
		put(text, "[%s=SCTP]", label);
		break;
	default:
		put(text, "[%s=%d]", label, protocol);
	}
}

static void put_tunnel(struct text *text, const struct pkt_parsing_info *info)
{
	const tunnel_info *tunnel = &info->tunnel;

	put(text, "[TEID=0x%08X]", tunnel->tunnel_id);
	put_protocol(text, "tunneled_proto", tunnel->tunneled_proto);
	put_pair(text, tunnel->tunneled_ip_version == 6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4,
		 tunnel->tunneled_ip_src, tunnel->tunneled_l4_src_port, tunnel->tunneled_ip_dst,
		 tunnel->tunneled_l4_dst_port);
}

static void put_ip(struct text *text, const struct pfring_pkthdr *h)
{
	const struct pkt_parsing_info *info = &h->extended_hdr.parsed_pkt;

	put_pair(text, info->eth_type, info->ip_src, info->l4_src_port, info->ip_dst,
		 info->l4_dst_port);
	put_protocol(text, "l3_proto", info->l3_proto);
	if (info->tunnel.tunnel_id != NO_TUNNEL_ID)
		put_tunnel(text, info);
	put(text, "[hash=%u]", h->extended_hdr.pkt_hash);
	if (info->l3_proto == IPPROTO_TCP)
		put(text, "[tos=%d][tcp_seq_num=%u]", info->ip_tos, info->tcp.seq_num);
}

/* RFC 826, Ethernet and IPv4: sender at 8 and 14, target at 18 and 24. */
static void put_arp(struct text *text, const u_char *arp, u_int32_t left)
{
	put(text, "[ARP]");
	if (left < ARP_BYTES)
		return;
	put(text, "[Sender=");
	put_mac(text, arp + 8);
	put(text, "/%d.%d.%d.%d][Target=", arp[14], arp[15], arp[16], arp[17]);
	put_mac(text, arp + 18);
	put(text, "/%d.%d.%d.%d]", arp[24], arp[25], arp[26], arp[27]);
}

static void put_network(struct text *text, const u_char *p, const struct pfring_pkthdr *h)
{
	const struct pkt_parsing_info *info = &h->extended_hdr.parsed_pkt;
	int l3 = info->offset.l3_offset;

	switch (info->eth_type) {
	case ETHERTYPE_IPV4:
	case ETHERTYPE_IPV6:
		put_ip(text, h);
		break;
	case ETHERTYPE_ARP:
		put_arp(text, p + l3, l3 > 0 && (u_int32_t)l3 < h->caplen ?
					      h->caplen - (u_int32_t)l3 : 0);
		break;
	case ETHERTYPE_STP:
		put(text, "[STP]");
		break;
	default:
		put(text, "[eth_type=0x%04X]", info->eth_type);
	}
}

API int pfring_print_parsed_pkt(char *buff, u_int buff_len, const u_char *p,
				const struct pfring_pkthdr *h)
{
	const struct pkt_parsing_info *info = &h->extended_hdr.parsed_pkt;
	struct text text = { .at = buff, .size = buff_len };

	if (buff_len == 0)
		return 0;
	buff[0] = '\0';
	put(&text, "[");
	put_mac(&text, info->smac);
	put(&text, " -> ");
	put_mac(&text, info->dmac);
	put(&text, "] ");
	if (info->offset.vlan_offset)
		put(&text, "[vlan %u] ", info->vlan_id);
	if (info->offset.vlan_offset && info->qinq_vlan_id)
		put(&text, "[QinQ-vlan %u] ", info->qinq_vlan_id);
	put_network(&text, p, h);
	put(&text, " [caplen=%d][len=%d][eth_offset=%d][l3_offset=%d][l4_offset=%d]"
		   "[payload_offset=%d]",
	    h->caplen, h->len, info->offset.eth_offset, info->offset.l3_offset,
	    info->offset.l4_offset, info->offset.payload_offset);
	return (int)text.used;
}

API int pfring_print_pkt(char *buff, u_int buff_len, const u_char *p, u_int len, u_int caplen)
{
	struct pfring_pkthdr hdr = { .len = len, .caplen = caplen };

	pfring_parse_pkt((u_char *)(uintptr_t)p, &hdr, 5, 0, 1);
	return pfring_print_parsed_pkt(buff, buff_len, p, &hdr);
}

/* 1234567 as 1'234'567, up to 999'999'999'999; a fraction in two digits, cut off */
API char *pfring_format_numbers(double val, char *buf, u_int buf_len, u_int8_t add_decimals)
{
	unsigned long whole = (unsigned long)val;
	struct text text = { .at = buf, .size = buf_len };
	unsigned int group[4], first = 3;

	if (val < 1000) {
		if (add_decimals)
			snprintf(buf, buf_len, "%.2f", val);
		else
			snprintf(buf, buf_len, "%u", (unsigned int)val);
		return buf;
	}
	for (int i = 3; i >= 0; i--, whole /= 1000)
		group[i] = (unsigned int)(whole % 1000);
	whole = (unsigned long)val;
	first = whole >= 1000000000 ? 0 : whole >= 1000000 ? 1 : 2;
	put(&text, "%u", group[first]);
	for (unsigned int i = first + 1; i < 4; i++)
		put(&text, "'%03u", group[i]);
	if (add_decimals)
		put(&text, ".%02d", (int)((val - (double)whole) * 100) % 100);
	return buf;
}

API int32_t gmt_to_local(time_t t)
{
	struct tm local;

	if (t == 0)
		t = time(NULL);
	return localtime_r(&t, &local) ? (int32_t)local.tm_gmtoff : 0;
}
