/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dns_answerer.c - answers every question for an IPv4 address (type A) with the same one
 *
 *	dns_answerer DEVICE ADDRESS
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include <torc/torc.h>

static uint8_t address[4];

/* The answer in place of the question: ends exchanged, what was asked, and a record. */
static int answer(struct torc_ring *ring, const struct torc_decoded *query, const struct torc_dns *asked)
{
	struct torc_ethernet ethernet;
	struct torc_ipv4 ipv4, reply_ipv4 = { 0 };
	struct torc_udp udp, reply_udp = { 0 };
	struct torc_dns reply = { .id = asked->id, .is_response = true, .authoritative = true,
				  .recursion_desired = asked->recursion_desired };
	struct torc_dns_record record;
	struct torc_builder builder;
	struct torc_packet packet;
	uint8_t message[512], frame[600], mac[6];
	uint32_t position = 0;

	if (torc_layer_ethernet(query, torc_layer_first(query, TORC_LAYER_ETHERNET), &ethernet) < 0 ||
	    torc_layer_ipv4(query, torc_layer_first(query, TORC_LAYER_IPV4), &ipv4) < 0 ||
	    torc_layer_udp(query, torc_layer_first(query, TORC_LAYER_UDP), &udp) < 0 ||
	    !torc_dns_record_next(asked, TORC_DNS_QUESTIONS, &position, &record) || record.type != 1)
		return 0;
	memcpy(mac, ethernet.source, 6);
	memcpy(ethernet.source, ethernet.destination, 6);
	memcpy(ethernet.destination, mac, 6);
	memcpy(reply_ipv4.source, ipv4.destination, 4);
	memcpy(reply_ipv4.destination, ipv4.source, 4);
	reply_udp.source_port = udp.destination_port;
	reply_udp.destination_port = udp.source_port;
	torc_build_dns_record(&reply, message, sizeof(message), TORC_DNS_QUESTIONS, &record);
	record.ttl_s = 60;
	memcpy(record.ipv4, address, 4);
	torc_build_dns_record(&reply, message, sizeof(message), TORC_DNS_ANSWERS, &record);
	torc_build_begin(&builder, TORC_LINK_ETHERNET, frame, sizeof(frame));
	torc_build_push(&builder, TORC_LAYER_ETHERNET, &ethernet, sizeof(ethernet), 0);
	torc_build_push(&builder, TORC_LAYER_IPV4, &reply_ipv4, sizeof(reply_ipv4), 0);
	torc_build_push(&builder, TORC_LAYER_UDP, &reply_udp, sizeof(reply_udp), 0);
	torc_build_push(&builder, TORC_LAYER_DNS, &reply, sizeof(reply), 0);
	return torc_build_finish(&builder, &packet) < 0 ? 0 : torc_ring_send(ring, packet.data, packet.caplen);
}

int main(int argc, char **argv)
{
	struct torc_decoded decoded;
	struct torc_packet packet;
	struct torc_ring *ring;
	struct torc_error error;
	struct torc_dns dns;
	int result;

	if (argc != 3 || inet_pton(AF_INET, argv[2], address) != 1)
		return fprintf(stderr, "usage: dns_answerer DEVICE ADDRESS\n"), 2;
	if (torc_ring_open(&ring, argv[1], 0, TORC_PROMISC | TORC_IMMEDIATE, &error) < 0)
		return fprintf(stderr, "%s\n", error.text), 1;
	torc_ring_set_direction(ring, TORC_RX_ONLY);
	torc_ring_set_filter(ring, "udp dst port 53");
	result = torc_ring_enable(ring);
	puts("answering");
	fflush(stdout);
	while (result >= 0 && (result = torc_ring_next(ring, &packet)) > 0) {
		torc_decode_packet(&packet, &decoded);
		if (torc_layer_dns(&decoded, torc_layer_first(&decoded, TORC_LAYER_DNS), &dns) == 0 &&
		    answer(ring, &decoded, &dns) < 0)
			fprintf(stderr, "%s\n", torc_ring_error(ring));
	}
	torc_ring_close(ring);
	return result < 0;
}
