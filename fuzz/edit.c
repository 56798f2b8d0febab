/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fuzz/edit.c - any bytes as a packet that is changed at random: no byte outside it, checksums say what
 * they said before, and what is refused changes nothing; and its addresses made others. The first two bytes are the link type, the
 * third how much longer it was on the wire, as fuzz/decode.c has them; then come the packet and, as
 * its last bytes, what is changed to what.
 */
#include <stdlib.h>
#include <string.h>

#include <torc/checksum.h>
#include <torc/edit.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void insist(bool holds)
{
	if (!holds)
		abort();
}

static void states_of(const struct torc_edit *edit, int *states)
{
	for (unsigned int i = 0; i < edit->decoded.layer_count; i++)
		states[i] = torc_checksum_verify(&edit->decoded, &edit->decoded.layers[i],
						 edit->flags, NULL);
}

static int change(struct torc_edit *edit, unsigned int which, int n, const uint8_t *value)
{
	switch (which % 13) {
	case 0:
		return torc_edit_source_mac(edit, n, value);
	case 1:
		return torc_edit_destination_mac(edit, n, value);
	case 2:
		return torc_edit_vlan_id(edit, n, torc_be16(value));
	case 3:
		return torc_edit_vlan_priority(edit, n, value[0]);
	case 4:
		return torc_edit_ipv4_source(edit, n, value);
	case 5:
		return torc_edit_ipv4_destination(edit, n, value);
	case 6:
		return torc_edit_ipv6_source(edit, n, value);
	case 7:
		return torc_edit_ipv6_destination(edit, n, value);
	case 8:
		return torc_edit_ttl(edit, n, value[0]);
	case 9:
		return torc_edit_dscp(edit, n, value[0]);
	case 10:
		return torc_edit_source_port(edit, n, torc_be16(value));
	case 11:
		return torc_edit_destination_port(edit, n, torc_be16(value));
	default:
		return torc_edit_tcp_sequence(edit, n, torc_be32(value));
	}
}

/* By name: any layer and field, any number; only that it stays inside the packet. */
static void by_name(struct torc_edit *edit, const uint8_t *value)
{
	static const char *const texts[] = {
		"ipv4.total_length=20",  "ipv4.options=1",	  "ipv6.payload_length=0",
		"udp.length=8",		 "tcp.flags=2",		  "gre.has_key=true",
		"vxlan.vni=77",		 "quoted.ipv4.protocol=6", "ethernet.ether_type=0x86dd",
		"dot1q.ether_type=2048", "ipv6_routing.segments_left=1", "geneve.protocol=0x6558",
		"mpls.bottom=false",	 "gtpv1u.length=9",	  "arp.target_ip=1.2.3.4",
		"pppoe.length=1",
	};
	struct torc_assignment assignment;

	if (torc_assignment_parse(&assignment, texts[value[0] % 16], NULL) == 0)
		torc_edit_set(edit, &assignment);
}

/* Split at some MTU, into a buffer that is no longer than a piece may be. */
static void pieces(const struct torc_packet *packet, const uint8_t *value)
{
	uint32_t mtu = 68 + torc_be16(value) % 600, room = packet->caplen + 8;
	uint8_t *buffer = malloc(room);
	struct torc_packet piece;
	struct torc_split split;
	int count = torc_split_begin(&split, packet, mtu, 1), n = 0;

	while (buffer && count > 0 && torc_split_next(&split, buffer, room, &piece) == 1)
		n++;
	insist(count <= 0 || n == count || packet->caplen == 0);
	free(buffer);
}

/* Tags, tunnels, lengths: in a buffer with room for one tag. */
static void shapes(const struct torc_packet *packet, const uint8_t *value)
{
	static const uint16_t types[] = { TORC_LAYER_VXLAN, TORC_LAYER_GRE, TORC_LAYER_MPLS,
					  TORC_LAYER_DOT1Q, TORC_LAYER_GTPV1U, TORC_LAYER_PPPOE,
					  TORC_LAYER_GENEVE, TORC_LAYER_IPV4 };
	uint8_t *bytes = malloc(packet->caplen + 4);
	struct torc_edit edit;

	if (bytes && torc_edit_begin(&edit, packet, bytes, packet->caplen + 4) == 0) {
		torc_edit_vlan_push(&edit, 0, torc_be16(value));
		torc_edit_finish(&edit);
		torc_edit_strip(&edit, types[value[3] & 7]);
		torc_edit_truncate(&edit, torc_be16(value + 4) & 0xFF);
		torc_edit_vlan_pop(&edit);
		torc_edit_pad(&edit, value[6]);
		insist(edit.caplen <= packet->caplen + 4 && edit.caplen <= edit.len);
	}
	free(bytes);
}

/* Other addresses: in no byte more than there are, the same each time, and checksums say what they said. */
static void anonymize(const struct torc_packet *packet, const uint8_t *value)
{
	static struct torc_anonymizer *anonymizer; /* its memory of addresses is tested with it */
	static const uint8_t key[32] = { 21, 34, 23, 141 };
	int states[TORC_LAYERS_MAX], now[TORC_LAYERS_MAX];
	uint8_t *bytes = malloc(packet->caplen), *again = malloc(packet->caplen);
	struct torc_edit edit, second;
	unsigned int count;

	if (!anonymizer)
		insist(torc_anonymizer_open(&anonymizer, key, NULL) == 0);
	if (bytes && again && torc_edit_begin(&edit, packet, bytes, packet->caplen) == 0 &&
	    torc_edit_begin(&second, packet, again, packet->caplen) == 0) {
		states_of(&edit, states);
		count = torc_edit_anonymize(&edit, anonymizer);
		insist(torc_edit_anonymize(&second, anonymizer) == count);
		insist(memcmp(bytes, again, packet->caplen) == 0);
		insist(count > 0 || memcmp(bytes, packet->data, packet->caplen) == 0);
		states_of(&edit, now);
		for (unsigned int i = 0; i < edit.decoded.layer_count; i++)
			insist(states[i] == now[i]);
		/* and what is changed already can be changed on */
		torc_edit_destination_mac(&edit, 0, value);
		torc_edit_ipv4_source(&edit, 0, value);
	}
	free(again);
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct torc_packet packet = { .link_type = TORC_LINK_ETHERNET };
	int states[TORC_LAYERS_MAX], now[TORC_LAYERS_MAX];
	const uint8_t *value = data + size - 18;
	struct torc_edit edit;
	uint8_t *bytes, *before;

	if (size < 3 + 18)
		return 0;
	packet.link_type = (uint16_t)(data[0] << 8 | data[1]);
	packet.caplen = (uint32_t)size - 3;
	packet.len = packet.caplen + data[2];
	packet.data = data + 3;
	packet.flags = value[17] & 1 ? TORC_PACKET_CHECKSUM_PARTIAL : 0;
	pieces(&packet, value);
	shapes(&packet, value);
	anonymize(&packet, value);
	bytes = malloc(packet.caplen);
	before = malloc(packet.caplen);
	if (bytes && before && torc_edit_begin(&edit, &packet, bytes, packet.caplen) == 0) {
		states_of(&edit, states);
		memcpy(before, bytes, packet.caplen);
		if (change(&edit, value[16], (int[]){ 0, -1, 1, TORC_QUOTED }[value[17] >> 1 & 3],
			   value) < 0) {
			insist(memcmp(before, bytes, packet.caplen) == 0);
		} else {
			states_of(&edit, now);
			for (unsigned int i = 0; i < edit.decoded.layer_count; i++)
				insist(states[i] == now[i]);
		}
		by_name(&edit, value);
		torc_edit_bytes(&edit, torc_be16(value), value, value[2] & 15);
	}
	free(before);
	free(bytes);
	return 0;
}
