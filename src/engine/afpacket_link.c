/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afpacket_link.c - interfaces that are not Ethernet: tunnels, PPP and others
 *
 * Which link type an interface has is chosen as libpcap does, by its ARPHRD_ number
 * (linux/if_arp.h). Bare IP begins with the network header, wherever the kernel has put a header
 * of its own in front. Where nothing but the socket's address tells what a packet is, that becomes
 * a "cooked" header (LINKTYPE_LINUX_SLL) in front of the network header; the sixteen bytes that
 * the kernel leaves there have room for it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <net/if_arp.h>
#include <string.h>

#include "engine/afpacket.h"

#define HATYPE_NONE 0xFFFE /* ARPHRD_NONE */

#define LINK_IEEE802_11       105
#define LINK_IEEE802_11_RADIO 127

uint16_t afp_link_type(uint16_t hatype)
{
	switch (hatype) {
	case ARPHRD_ETHER:
	case ARPHRD_LOOPBACK:
		return TORC_LINK_ETHERNET;
	case HATYPE_NONE:
	case ARPHRD_SLIP:
	case ARPHRD_CSLIP:
	case ARPHRD_SLIP6:
	case ARPHRD_CSLIP6:
	case ARPHRD_ADAPT:
	case ARPHRD_RAWHDLC:
	case ARPHRD_DLCI:
	case ARPHRD_TUNNEL:
	case ARPHRD_SIT:
		return TORC_LINK_RAW;
	case ARPHRD_IEEE80211:
		return LINK_IEEE802_11;
	case ARPHRD_IEEE80211_RADIOTAP:
		return LINK_IEEE802_11_RADIO;
	default:
		return TORC_LINK_LINUX_SLL;
	}
}

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* LINKTYPE_LINUX_SLL, in front of the network header. */
static void put_cooked(struct torc_packet *packet, const struct sockaddr_ll *address,
		       uint32_t snaplen)
{
	uint8_t *data = (uint8_t *)(uintptr_t)packet->data - AFP_COOKED_BYTES;
	struct sockaddr_ll from = *address; /* may lie right in front of the packet */

	put16(data, from.sll_pkttype);
	put16(data + 2, from.sll_hatype);
	put16(data + 4, from.sll_halen);
	memcpy(data + 6, from.sll_addr, 8);
	memcpy(data + 14, &from.sll_protocol, 2); /* in network order already */
	packet->data = data;
	packet->len += AFP_COOKED_BYTES;
	packet->caplen += AFP_COOKED_BYTES;
	if (packet->caplen > snaplen)
		packet->caplen = snaplen;
}

void afp_view_link(struct torc_packet *packet, const struct sockaddr_ll *address,
		   uint32_t header, uint32_t snaplen)
{
	packet->link_type = afp_link_type(address->sll_hatype);
	if (packet->link_type != TORC_LINK_RAW && packet->link_type != TORC_LINK_LINUX_SLL)
		return;
	if (header > packet->caplen)
		header = packet->caplen;
	packet->data += header;
	packet->caplen -= header;
	packet->len -= header;
	if (packet->link_type == TORC_LINK_LINUX_SLL)
		put_cooked(packet, address, snaplen);
}

int afp_frame_begin(uint16_t link_type, const uint8_t *data, size_t length, uint16_t *protocol)
{
	*protocol = 0; /* the kernel takes it from the frame (packet_parse_headers) */
	if (link_type == TORC_LINK_LINUX_SLL) {
		if (length <= AFP_COOKED_BYTES)
			return -EINVAL;
		memcpy(protocol, data + 14, 2);
		return AFP_COOKED_BYTES;
	}
	if (link_type != TORC_LINK_RAW)
		return 0;
	if (length == 0 || (data[0] >> 4 != 4 && data[0] >> 4 != 6))
		return -EINVAL;
	*protocol = htons(data[0] >> 4 == 4 ? ETH_P_IP : ETH_P_IPV6);
	return 0;
}
