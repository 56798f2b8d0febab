/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * syn_scan.c - which TCP ports of a neighbor are open: SYNs that are built, and their answers
 *
 *	syn_scan DEVICE SOURCE TARGET TARGET_MAC FIRST LAST
 *
 * SOURCE is an address that this host does not have, or its kernel would reset what answers.
 */
#include <arpa/inet.h>
#include <netinet/ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <torc/torc.h>

#define OUR_PORT 40999

static struct torc_ethernet ethernet = { .source = { 2, [5] = 0x77 } };
static struct torc_ipv4 ipv4;

static int ask(struct torc_ring *ring, uint16_t port)
{
	struct torc_tcp tcp = { .source_port = OUR_PORT, .destination_port = port, .sequence = 1,
				.flags = TORC_TCP_SYN, .window = 1024 };
	struct torc_builder builder;
	struct torc_packet packet;
	uint8_t frame[64];

	torc_build_begin(&builder, TORC_LINK_ETHERNET, frame, sizeof(frame));
	torc_build_push(&builder, TORC_LAYER_ETHERNET, &ethernet, sizeof(ethernet), 0);
	torc_build_push(&builder, TORC_LAYER_IPV4, &ipv4, sizeof(ipv4), 0);
	torc_build_push(&builder, TORC_LAYER_TCP, &tcp, sizeof(tcp), 0);
	return torc_build_finish(&builder, &packet) < 0 ? -1 : torc_ring_send(ring, packet.data, packet.caplen);
}

/* Whether that is an answer to our SYN; a SYN in it says that the port is open. */
static bool hear(const struct torc_packet *packet)
{
	struct torc_decoded decoded;
	struct torc_tcp tcp;

	torc_decode_packet(packet, &decoded);
	if (torc_layer_tcp(&decoded, torc_layer_first(&decoded, TORC_LAYER_TCP), &tcp) < 0 ||
	    tcp.destination_port != OUR_PORT || tcp.acknowledgment != 2)
		return false;
	if (tcp.flags & TORC_TCP_SYN)
		printf("%u is open\n", tcp.source_port);
	return true;
}

int main(int argc, char **argv)
{
	int first = argc == 7 ? atoi(argv[5]) : 0, last = argc == 7 ? atoi(argv[6]) : 0, answers = 0, result;
	struct ether_addr *mac = argc == 7 ? ether_aton(argv[4]) : NULL;
	struct torc_packet packet;
	struct torc_error error;
	struct torc_ring *ring;

	if (first < 1 || last < first || last > 65535 || !mac ||
	    inet_pton(AF_INET, argv[2], ipv4.source) != 1 || inet_pton(AF_INET, argv[3], ipv4.destination) != 1)
		return fprintf(stderr, "usage: syn_scan DEVICE SOURCE TARGET TARGET_MAC FIRST LAST\n"), 2;
	memcpy(ethernet.destination, mac, 6);
	if (torc_ring_open(&ring, argv[1], 0, TORC_PROMISC | TORC_IMMEDIATE, &error) < 0)
		return fprintf(stderr, "%s\n", error.text), 1;
	torc_ring_set_direction(ring, TORC_RX_ONLY);
	torc_ring_set_filter(ring, "tcp dst port 40999");
	torc_ring_set_poll_duration(ring, 2000);
	result = torc_ring_enable(ring);
	for (int port = first; result >= 0 && port <= last; port++, answers += result > 0)
		for (result = ask(ring, (uint16_t)port); result >= 0;)
			if ((result = torc_ring_next(ring, &packet)) == 0 || (result > 0 && hear(&packet)))
				break;
	printf("%d of %d ports answered\n", answers, last - first + 1);
	torc_ring_close(ring);
	return result < 0;
}
