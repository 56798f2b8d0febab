/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * arp_responder.c - answers for an IPv4 address that nobody has, with a MAC address of its own choice
 *
 *	arp_responder DEVICE ADDRESS MAC
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include <torc/torc.h>

static uint8_t address[4], mac[6];

/* Is that packet a request for our address? */
static bool is_for_us(const struct torc_packet *packet, struct torc_arp *request)
{
	struct torc_decoded decoded;

	torc_decode_packet(packet, &decoded);
	return torc_layer_arp(&decoded, torc_layer_first(&decoded, TORC_LAYER_ARP), request) == 0 &&
	       request->operation == TORC_ARP_REQUEST && request->hardware_length == 6 &&
	       memcmp(request->target_ip, address, 4) == 0;
}

static int answer(struct torc_ring *ring, const struct torc_arp *request)
{
	struct torc_ethernet ethernet = { 0 };
	struct torc_arp reply = { .operation = TORC_ARP_REPLY };
	struct torc_builder builder;
	struct torc_packet packet;
	uint8_t frame[64];

	memcpy(ethernet.source, mac, 6);
	memcpy(ethernet.destination, request->sender_mac, 6);
	memcpy(reply.sender_mac, mac, 6);
	memcpy(reply.sender_ip, address, 4);
	memcpy(reply.target_mac, request->sender_mac, 6);
	memcpy(reply.target_ip, request->sender_ip, 4);
	torc_build_begin(&builder, TORC_LINK_ETHERNET, frame, sizeof(frame));
	torc_build_push(&builder, TORC_LAYER_ETHERNET, &ethernet, sizeof(ethernet), 0);
	torc_build_push(&builder, TORC_LAYER_ARP, &reply, sizeof(reply), 0);
	if (torc_build_finish(&builder, &packet) < 0)
		return -1;
	return torc_ring_send(ring, packet.data, packet.caplen);
}

int main(int argc, char **argv)
{
	struct torc_packet packet;
	struct torc_ring *ring;
	struct torc_error error;
	struct torc_arp request;
	int result;

	if (argc != 4 || inet_pton(AF_INET, argv[2], address) != 1 ||
	    sscanf(argv[3], "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", &mac[0], &mac[1], &mac[2], &mac[3],
		   &mac[4], &mac[5]) != 6) {
		fprintf(stderr, "usage: arp_responder DEVICE ADDRESS MAC\n");
		return 2;
	}
	if (torc_ring_open(&ring, argv[1], 0, TORC_PROMISC | TORC_IMMEDIATE, &error) < 0) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	result = torc_ring_set_filter(ring, "arp");
	if (result == 0)
		result = torc_ring_enable(ring);
	printf("answering for %s\n", argv[2]);
	fflush(stdout);
	while (result >= 0 && (result = torc_ring_next(ring, &packet)) > 0)
		if (is_for_us(&packet, &request) && answer(ring, &request) < 0)
			fprintf(stderr, "%s\n", torc_ring_error(ring));
	if (result < 0)
		fprintf(stderr, "%s\n", torc_ring_error(ring));
	torc_ring_close(ring);
	return result < 0;
}
