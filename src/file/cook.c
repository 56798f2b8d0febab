/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cook.c - packets of several interfaces in one pcap file, which has one link type and no
 * interfaces: Linux cooked mode v2 (LINKTYPE_LINUX_SLL2), as tcpdump -i any writes it
 *
 *	protocol 2, reserved 2, interface 4, device type (ARPHRD_) 2, packet type 1,
 *	address length 1, source address 8; big-endian; then what follows the link header
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "file/encode.h"

#define ETHERNET_HEADER 14u

enum { /* protocols that are no EtherType, linux/if_ether.h */
	SLL_802_3 = 0x0001, /* Novell: IPX straight behind the length */
	SLL_802_2 = 0x0004  /* LLC */
};

/* The ARPHRD_ of an interface of this machine; 0: not known. */
static uint16_t ask_device_type(int32_t ifindex)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { .ifr_ifindex = ifindex };
	uint16_t type = 0;

	if (fd < 0)
		return 0;
	if (ioctl(fd, SIOCGIFNAME, &request) == 0 && ioctl(fd, SIOCGIFHWADDR, &request) == 0)
		type = request.ifr_hwaddr.sa_family;
	close(fd);
	return type;
}

static uint16_t device_type(struct torc_writer *writer, const struct torc_packet *packet)
{
	struct torc_writer_device *device;
	unsigned int places = sizeof(writer->devices) / sizeof(writer->devices[0]);

	device = &writer->devices[(uint32_t)packet->ifindex % places];
	if (device->ifindex != packet->ifindex) {
		device->ifindex = packet->ifindex;
		device->type = 0;
		if (writer->options.flags & TORC_WRITER_INTERFACE_NAMES)
			device->type = ask_device_type(packet->ifindex);
	}
	if (device->type == 0)
		return packet->link_type == TORC_LINK_ETHERNET ? ARPHRD_ETHER : ARPHRD_NONE;
	return device->type;
}

/* What follows an Ethernet header; the VLAN tag, if there is one, stays with the payload. */
static uint16_t ethernet_protocol(const uint8_t *frame, uint32_t caplen)
{
	uint16_t type = (uint16_t)(frame[12] << 8 | frame[13]);

	if (type >= 0x600)
		return type;
	return caplen >= 16 && frame[14] == 0xff && frame[15] == 0xff ? SLL_802_3 : SLL_802_2;
}

/* Raw IP says its version in its first four bits. */
static uint16_t ip_protocol(const uint8_t *bytes, uint32_t caplen)
{
	unsigned int version = caplen > 0 ? bytes[0] >> 4 : 0;

	return version == 4 ? 0x0800 : version == 6 ? 0x86dd : 0;
}

uint32_t torc_writer_cook(struct torc_writer *writer, const struct torc_packet *packet,
			  uint8_t header[TORC_COOKED_HEADER])
{
	bool is_frame = packet->link_type == TORC_LINK_ETHERNET &&
			packet->caplen >= ETHERNET_HEADER;
	uint16_t protocol = is_frame ? ethernet_protocol(packet->data, packet->caplen) :
				       ip_protocol(packet->data, packet->caplen);
	uint8_t kind = packet->kind, *at = header;

	if (kind > TORC_PACKET_OUTGOING)
		kind = packet->direction == TORC_PACKET_TX ? TORC_PACKET_OUTGOING :
							     TORC_PACKET_TO_HOST;
	at = put16(at, htons(protocol));
	at = put16(at, 0);
	at = put32(at, htonl((uint32_t)packet->ifindex));
	at = put16(at, htons(device_type(writer, packet)));
	*at++ = kind;
	*at++ = is_frame ? 6 : 0;
	memset(at, 0, 8);
	if (is_frame)
		memcpy(at, packet->data + 6, 6);
	return is_frame ? ETHERNET_HEADER : 0;
}
