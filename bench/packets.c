/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * packets.c - what a change to a packet costs: nanoseconds of processor time, in cache
 *
 * Checksums are measured against loops of two bytes and of one byte at a time, as textbooks have them.
 */
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#include <torc/torc.h>

#include "go_peer.h"
#include "libnet_peer.h"
#include "rounds.h"
#include "util/crc32c.h"

#define REPEAT 50000u
#define ROUNDS 15u

static uint8_t frame[1514];
static volatile uint32_t sink; /* so that nothing is optimised away */

/* ---- checksums of 1,454 bytes ---- */

#define SUMMED 1454u

static void sum_plain(void)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i + 1 < SUMMED; i += 2)
		sum += torc_be16(frame + i);
	while (sum >> 16)
		sum = (sum & 0xFFFF) + (sum >> 16);
	sink = ~sum;
}

static void sum_torc(void)
{
	sink = torc_checksum_internet(frame, SUMMED);
}

static void crc_plain(void)
{
	static uint32_t table[256];
	uint32_t crc = 0xFFFFFFFF;

	for (uint32_t i = 0; i < 256 && table[255] == 0; i++) {
		table[i] = i;
		for (int bit = 0; bit < 8; bit++)
			table[i] = table[i] & 1 ? table[i] >> 1 ^ 0x82F63B78 : table[i] >> 1;
	}
	for (uint32_t i = 0; i < SUMMED; i++)
		crc = crc >> 8 ^ table[(crc ^ frame[i]) & 0xFF];
	sink = crc;
}

static void crc_torc(void)
{
	sink = crc32c_add(0xFFFFFFFF, frame, SUMMED);
}

static void crc_portable(void)
{
	sink = crc32c_add_portable(0xFFFFFFFF, frame, SUMMED);
}

/* ---- edits of an Ethernet frame with IPv4, TCP and 1,400 bytes, or with IPv6 ---- */

static struct torc_edit edit4, edit6;
static uint8_t bytes4[1514], bytes6[1514];
static uint32_t turn;

static void edits_begin(struct torc_edit *edit, uint8_t *bytes, bool ipv6)
{
	const uint32_t length = 1474;
	struct torc_maker_options options = { .size = sizeof(options), .lengths = &length,
					      .length_count = 1, .protocol = TORC_MAKE_TCP,
					      .ipv6 = ipv6 };
	struct torc_packet packet = { .data = bytes, .caplen = length, .len = length,
				      .link_type = TORC_LINK_ETHERNET };
	struct torc_maker *maker;

	if (torc_maker_open(&maker, &options, NULL) < 0)
		exit(1);
	torc_maker_write(maker, 0, bytes);
	torc_maker_close(maker);
	torc_edit_begin(edit, &packet, bytes, 1514);
}

static void edit_address(void)
{
	uint8_t address[4] = { 10, 0, (uint8_t)(turn >> 8), (uint8_t)turn };

	turn++;
	sink = (uint32_t)torc_edit_ipv4_destination(&edit4, TORC_OUTERMOST, address);
}

static void edit_address6(void)
{
	uint8_t address[16] = { 0xfd, [14] = (uint8_t)(turn >> 8), [15] = (uint8_t)turn };

	turn++;
	sink = (uint32_t)torc_edit_ipv6_destination(&edit6, TORC_OUTERMOST, address);
}

static void edit_port(void)
{
	sink = (uint32_t)torc_edit_source_port(&edit4, TORC_OUTERMOST, turn++ & 0xFFFF);
}

static void edit_ttl(void)
{
	sink = (uint32_t)torc_edit_ttl(&edit4, TORC_OUTERMOST, turn++ & 0xFF);
}

static void edit_by_name(void)
{
	static struct torc_assignment assignment;

	if (!assignment.field)
		torc_assignment_parse(&assignment, "ipv4.dst=10.0.0.9", NULL);
	sink = (uint32_t)torc_edit_set(&edit4, &assignment);
}

/* ---- Ethernet, IPv4 and TCP built, lengths and checksums computed ---- */

static struct go_peer gopacket;

static void build(size_t payload)
{
	static struct torc_ethernet ethernet = { .source = { 2, [5] = 1 }, .destination = { 2, [5] = 2 } };
	static struct torc_ipv4 ipv4 = { .source = { 10, [3] = 1 }, .destination = { 10, [3] = 2 } };
	static struct torc_tcp tcp = { .source_port = 5000, .destination_port = 80,
				       .flags = TORC_TCP_ACK, .window = 65535 };
	static uint8_t zeros[1400], bytes[1514];
	static struct torc_builder builder;

	tcp.sequence++;
	torc_build_begin(&builder, TORC_LINK_ETHERNET, bytes, sizeof(bytes));
	torc_build_push(&builder, TORC_LAYER_ETHERNET, &ethernet, sizeof(ethernet), 0);
	torc_build_push(&builder, TORC_LAYER_IPV4, &ipv4, sizeof(ipv4), 0);
	torc_build_push(&builder, TORC_LAYER_TCP, &tcp, sizeof(tcp), 0);
	torc_build_payload(&builder, zeros, payload);
	sink = (uint32_t)torc_build_finish(&builder, NULL);
}

static void build_64(void)
{
	build(64);
}

static void build_1400(void)
{
	build(1400);
}

static void libnet_64(void)
{
	static const uint8_t zeros[64];

	sink = libnet_build(turn++, zeros, 64);
}

static void libnet_1400(void)
{
	static const uint8_t zeros[1400];

	sink = libnet_build(turn++, zeros, 1400);
}

/* ---- rounds ---- */

static struct way {
	const char *name;
	void (*run)(void);
	int peer; /* the place of what it is compared with; -1: nothing */
	const char *goal;
	const char *go; /* what the Go program is asked for; else run */
	bool is_libnet;
	int other; /* a second one it is compared with; 0: none */
	struct rounds ns;
} ways[] = {
	{ .name = "sum of 1,454 bytes, 2 at a time", .run = sum_plain, .peer = -1 },
	{ .name = "torc_checksum_internet", .run = sum_torc, .peer = 0, .goal = "<= 0.25" },
	{ .name = "CRC32c of 1,454 bytes, 1 at a time", .run = crc_plain, .peer = -1 },
	{ .name = "CRC32c by tables", .run = crc_portable, .peer = 2, .goal = "<= 0.5" },
	{ .name = "CRC32c as torc verifies", .run = crc_torc, .peer = 2, .goal = "<= 0.2" },
	{ .name = "edit of an IPv4 address", .run = edit_address, .peer = -1, .goal = "<= 20" },
	{ .name = "edit of an IPv6 address", .run = edit_address6, .peer = -1 },
	{ .name = "edit of a TCP port", .run = edit_port, .peer = -1, .goal = "<= 15" },
	{ .name = "edit of a TTL", .run = edit_ttl, .peer = -1 },
	{ .name = "edit of an address by name", .run = edit_by_name, .peer = -1 },
	{ .name = "gopacket SerializeLayers, 64 bytes", .go = "64", .peer = -1 },
	{ .name = "libnet, 64 bytes", .run = libnet_64, .peer = -1, .is_libnet = true },
	{ .name = "torc_build, 64 bytes", .run = build_64, .peer = 10, .goal = "<= 0.2", .other = 11 },
	{ .name = "gopacket SerializeLayers, 1,400 bytes", .go = "1400", .peer = -1 },
	{ .name = "libnet, 1,400 bytes", .run = libnet_1400, .peer = -1, .is_libnet = true },
	{ .name = "torc_build, 1,400 bytes", .run = build_1400, .peer = 13, .goal = "<= 0.2", .other = 14 },
};

#define WAYS (sizeof(ways) / sizeof(*ways))

/* What it is compared with, if that was there. */
static const struct way *peer_of(int n)
{
	return n < 0 || ways[n].ns.count == 0 ? NULL : &ways[n];
}

static void report(const struct way *way)
{
	const struct way *peer = peer_of(way->peer), *other = way->other ? peer_of(way->other) : NULL;

	if (way->ns.count == 0)
		return;
	printf("%-36s %10.1f %8.1f %8.1f", way->name, rounds_median(&way->ns),
	       rounds_share(&way->ns, 0.25), rounds_share(&way->ns, 0.75));
	if (peer)
		printf("   %.2f x %s", rounds_ratio(&way->ns, &peer->ns), peer->name);
	if (other)
		printf(", %.2f x %s", rounds_ratio(&way->ns, &other->ns), other->name);
	printf("\n");
	rounds_tell((struct rounds_row){ .bench = "packets", .name = way->name, .unit = "ns",
					 .peer = peer ? peer->name : NULL, .goal = way->goal },
		    &way->ns, peer ? &peer->ns : NULL);
	if (other)
		rounds_tell((struct rounds_row){ .bench = "packets", .name = way->name, .unit = "ns",
						 .peer = other->name, .goal = "<= 0.33" },
			    &way->ns, &other->ns);
}

int main(void)
{
	const struct torc_packet packet = { .data = frame, .caplen = 64, .len = 64,
					    .link_type = TORC_LINK_ETHERNET };
	bool has_libnet;

	for (uint32_t i = 0; i < sizeof(frame); i++)
		frame[i] = (uint8_t)(i * 31 + i / 256);
	edits_begin(&edit4, bytes4, false);
	edits_begin(&edit6, bytes6, true);
	go_peer_start(&gopacket, "serialize/main.go", "serialize", &packet, 1);
	has_libnet = libnet_start();
	if (!has_libnet)
		printf("libnet is left out: it is not installed\n");
	for (unsigned int round = 0; round < ROUNDS; round++)
		for (size_t n = 0; n < WAYS; n++) {
			double start = rounds_cpu_ns();

			if (ways[n].is_libnet && !has_libnet)
				continue;
			if (ways[n].go) {
				if (gopacket.in)
					rounds_add(&ways[n].ns, go_peer_round(&gopacket, ways[n].go));
				continue;
			}
			for (uint32_t i = 0; i < REPEAT; i++)
				ways[n].run();
			rounds_add(&ways[n].ns, (rounds_cpu_ns() - start) / REPEAT);
		}
	printf("%-36s %10s %8s %8s\n", "", "ns", "lower q.", "upper q.");
	for (size_t n = 0; n < WAYS; n++)
		report(&ways[n]);
	go_peer_stop(&gopacket);
	return 0;
}
