/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * defrag.c - fragments to datagrams, from memory: nanoseconds of processor time a fragment
 *
 * bench/defrag [--rounds N]: datagrams of 4,440 bytes in three fragments, those of 64 datagrams
 * interleaved, every fourth datagram in reverse order. Decoding alone is measured beside it; gopacket's
 * ip4defrag, where it and go are installed, does the same packets in a process of its own.
 */
#include <string.h>

#include <torc/torc.h>

#include "go_peer.h"
#include "rounds.h"

#define DATAGRAMS  16384u
#define TOGETHER   64u
#define PARTS      3u
#define PART_BYTES 1480u
#define FRAME      (34u + PART_BYTES)
#define FRAGMENTS  (DATAGRAMS * PARTS)

static uint8_t *memory;
static struct torc_packet packets[FRAGMENTS];
static struct torc_defrag *defrag;

static void put16(uint8_t *at, unsigned int value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void frame_make(uint8_t *frame, unsigned int datagram, unsigned int part)
{
	unsigned int word = part * PART_BYTES / 8 | (part + 1 < PARTS ? 0x2000 : 0);

	memcpy(frame, "\2\0\0\0\0\2\2\0\0\0\0\1\x08\0\x45\0\0\0\0\0\0\0\x40\x11\0\0\x0a\0\0\1\x0a\0\0\2", 34);
	put16(frame + 16, 20 + PART_BYTES);
	put16(frame + 18, datagram);
	put16(frame + 20, word);
	frame[29] = (uint8_t)(datagram >> 8);
	put16(frame + 24, torc_checksum_internet(frame + 14, 20));
	memset(frame + 34, (int)datagram, PART_BYTES);
}

static void packets_make(void)
{
	memory = malloc((size_t)FRAGMENTS * FRAME);
	if (!memory)
		errx(1, "no memory");
	for (unsigned int n = 0; n < FRAGMENTS; n++) {
		unsigned int group = n / (TOGETHER * PARTS), inside = n % (TOGETHER * PARTS);
		unsigned int datagram = group * TOGETHER + inside % TOGETHER;
		unsigned int part = inside / TOGETHER;

		frame_make(memory + (size_t)n * FRAME, datagram,
			   datagram % 4 ? part : PARTS - 1 - part);
		packets[n] = (struct torc_packet){ .data = memory + (size_t)n * FRAME,
						   .caplen = FRAME, .len = FRAME,
						   .timestamp_ns = 1700000000000000000u + n * 1000u,
						   .link_type = TORC_LINK_ETHERNET };
	}
}

static unsigned long decode_only(void)
{
	struct torc_decoded decoded;
	unsigned long found = 0;

	for (unsigned int n = 0; n < FRAGMENTS; n++) {
		torc_decode_packet(&packets[n], &decoded);
		found += decoded.layer_count;
	}
	return found;
}

static unsigned long decode_and_join(void)
{
	struct torc_decoded decoded;
	struct torc_packet whole;
	unsigned long count = 0;

	for (unsigned int n = 0; n < FRAGMENTS; n++) {
		torc_decode_packet(&packets[n], &decoded);
		count += torc_defrag_add(defrag, &packets[n], &decoded, &whole) ==
			 TORC_DEFRAG_WHOLE;
	}
	if (count != DATAGRAMS)
		errx(1, "%lu of %u datagrams came out", count, DATAGRAMS);
	return count;
}

static struct way {
	const char *name;
	unsigned long (*run)(void);
	struct rounds ns;
} ways[] = {
	{ .name = "torc_decode alone", .run = decode_only },
	{ .name = "torc_decode and torc_defrag_add", .run = decode_and_join },
	{ .name = "gopacket ip4defrag" },
};

#define OURS 1
#define GO   2

static void round_run(struct go_peer *peer)
{
	for (unsigned int i = 0; i <= OURS; i++) {
		double start = rounds_cpu_ns();

		ways[i].run();
		rounds_add(&ways[i].ns, (rounds_cpu_ns() - start) / FRAGMENTS);
	}
	if (peer->in)
		rounds_add(&ways[GO].ns, go_peer_round(peer, "round"));
}

static void report(void)
{
	const struct rounds *go = &ways[GO].ns;

	printf("%-34s %12s %10s %10s\n", "", "ns/fragment", "lower q.", "upper q.");
	for (unsigned int i = 0; i <= GO; i++) {
		const struct rounds *ns = &ways[i].ns;

		if (ns->count == 0)
			continue;
		printf("%-34s %12.1f %10.1f %10.1f\n", ways[i].name, rounds_median(ns),
		       rounds_share(ns, 0.25), rounds_share(ns, 0.75));
		rounds_tell((struct rounds_row){ .bench = "defrag", .name = ways[i].name,
						 .unit = "CPU ns/fragment",
						 .peer = i == GO ? NULL : "gopacket ip4defrag",
						 .goal = i == OURS ? "<= 0.1" : NULL },
			    ns, i != GO && go->count ? go : NULL);
	}
	if (go->count)
		printf("%.1f x as fast as ip4defrag\n", rounds_ratio(go, &ways[OURS].ns));
}

int main(int argc, char **argv)
{
	unsigned int rounds = argc > 2 && strcmp(argv[1], "--rounds") == 0 ?
				      (unsigned int)atoi(argv[2]) : 9;
	struct go_peer peer;

	if (rounds < 1 || rounds > ROUNDS_MAX)
		errx(2, "--rounds takes 1 to %d", ROUNDS_MAX);
	packets_make();
	if (torc_defrag_open(&defrag, NULL, NULL) < 0)
		errx(1, "no memory");
	go_peer_start(&peer, "defrag/main.go", "defrag", packets, FRAGMENTS);
	for (unsigned int n = 0; n < rounds; n++)
		round_run(&peer);
	go_peer_stop(&peer);
	report();
	torc_defrag_close(defrag);
	free(memory);
	return 0;
}
