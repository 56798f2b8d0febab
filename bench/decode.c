/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * decode.c - decoding packets from memory: nanoseconds of processor time a packet, as a multiple of
 * a bound measured in the same rounds
 *
 * bench/decode [--rounds N] [FILE...]: over the Ethernet packets of the files, repeated until they
 * are 100,000 and more than the last-level cache; without files, over made packets (mix.h).
 *
 * The bound is a hand-written parser that finds addresses, ports and payload and nothing else; alone
 * and asking for packets ahead of time. gopacket, where it and go are installed, does the same
 * packets in a process of its own, in turn with the rest. Allocations of the library are counted.
 */
#include <err.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <torc/torc.h>

#include "mix.h"
#include "allocations.h"
#include "go_peer.h"
#include "rounds.h"

#define PACKETS	    133000u
#define MEMORY	    ((size_t)160 << 20)
#define LEAST_BYTES ((size_t)48 << 20)
#define BATCH	    64u
#define AHEAD	    12u

/* ---- the packets ---- */

/* What the bound and torc_decode() go by. */
struct place {
	const uint8_t *data;
	uint32_t caplen;
};

static struct place *places;
static struct torc_packet *packets;
static uint32_t packet_count;
static uint8_t *memory;
static size_t memory_used;

static void packet_add(const uint8_t *data, uint32_t caplen, uint32_t len)
{
	uint8_t *to = memory + memory_used;

	if (memory_used + caplen + 16 > MEMORY)
		return;
	memmove(to, data, caplen);
	memory_used += caplen + 16; /* as far apart as records of a pcap file */
	places[packet_count] = (struct place){ to, caplen };
	packets[packet_count++] = (struct torc_packet){
		.data = to, .caplen = caplen, .len = len, .link_type = TORC_LINK_ETHERNET
	};
}

static void packets_make(void)
{
	uint8_t frame[MIX_BYTES_MAX];

	while (packet_count < PACKETS) {
		uint32_t size = mix_packet(frame);

		packet_add(frame, size, size);
	}
}

static void packets_read(const char *path)
{
	struct torc_packet packet;
	struct torc_error error;
	struct torc_file *file;

	if (torc_file_open(&file, path, NULL, &error) < 0) {
		warnx("%s", error.text);
		return;
	}
	while (torc_file_next(file, &packet) == 1)
		if (packet.link_type == TORC_LINK_ETHERNET && packet_count < PACKETS)
			packet_add(packet.data, packet.caplen, packet.len);
	torc_file_close(file);
}

static void packets_load(char **paths)
{
	uint32_t once, n;

	memory = malloc(MEMORY);
	places = calloc(PACKETS * 2, sizeof(*places));
	packets = calloc(PACKETS * 2, sizeof(*packets));
	if (!memory || !places || !packets)
		err(1, "memory");
	if (!*paths)
		packets_make();
	for (; *paths; paths++)
		packets_read(*paths);
	if (packet_count == 0)
		errx(1, "there are no Ethernet packets in the files");
	once = packet_count;
	for (n = 0; packet_count < PACKETS || (memory_used < LEAST_BYTES && packet_count < PACKETS * 2);
	     n++)
		packet_add(packets[n % once].data, packets[n % once].caplen, packets[n % once].len);
	printf("%u packets (%u different), %.1f MB, mean %.0f bytes\n", packet_count, once,
	       (double)memory_used / 1e6, (double)memory_used / packet_count - 16);
}

/* ---- the bound ---- */

struct five_tuple {
	uint8_t source[16], destination[16];
	uint16_t source_port, destination_port;
	uint8_t protocol, version;
	bool truncated;
	uint32_t transport, payload;
};

static inline unsigned int be16(const uint8_t *p)
{
	return (unsigned int)(p[0] << 8 | p[1]);
}

/* The end of the IP packet among the bytes there are. */
static inline uint32_t bound_end(uint32_t caplen, uint32_t end, struct five_tuple *t)
{
	if (end > caplen)
		t->truncated = true;
	return end < caplen ? end : caplen;
}

static inline uint32_t bound_ipv4(const uint8_t *data, uint32_t *caplen, uint32_t at,
				  struct five_tuple *t)
{
	const uint8_t *p = data + at;
	uint32_t header, total;

	if (*caplen - at < 20)
		return 0;
	header = (p[0] & 15u) * 4;
	total = be16(p + 2);
	if (header < 20 || header > *caplen - at)
		return 0;
	t->version = 4;
	memcpy(t->source, p + 12, 4);
	memcpy(t->destination, p + 16, 4);
	t->protocol = p[9];
	if (total)
		*caplen = bound_end(*caplen, at + total, t);
	return be16(p + 6) & 0x1FFF ? 0 : at + header;
}

static inline uint32_t bound_ipv6(const uint8_t *data, uint32_t *caplen, uint32_t at,
				  struct five_tuple *t)
{
	const uint8_t *p = data + at;
	uint8_t next;

	if (*caplen - at < 40)
		return 0;
	t->version = 6;
	memcpy(t->source, p + 8, 16);
	memcpy(t->destination, p + 24, 16);
	next = p[6];
	if (be16(p + 4))
		*caplen = bound_end(*caplen, at + 40 + be16(p + 4), t);
	at += 40;
	while (next == 0 || next == 43 || next == 44 || next == 60) {
		if (at + 8 > *caplen || (next == 44 && be16(data + at + 2) & 0xFFF8))
			return 0;
		p = data + at;
		at += next == 44 ? 8 : (p[1] + 1u) * 8;
		next = p[0];
	}
	t->protocol = next;
	return at;
}

static __attribute__((noinline)) int bound(const uint8_t *data, uint32_t caplen,
					   struct five_tuple *t)
{
	uint32_t at = 14;
	unsigned int type;

	memset(t, 0, sizeof(*t));
	if (caplen < 14)
		return 0;
	for (type = be16(data + 12); type == 0x8100 || type == 0x88A8; at += 4) {
		if (at + 4 > caplen)
			return 0;
		type = be16(data + at + 2);
	}
	if (type == 0x0800)
		at = bound_ipv4(data, &caplen, at, t);
	else if (type == 0x86DD)
		at = bound_ipv6(data, &caplen, at, t);
	else
		return 0;
	if (at == 0 || at >= caplen)
		return 1;
	t->transport = at;
	if (t->protocol == 6 && caplen - at >= 20)
		t->payload = at + (data[at + 12] >> 4) * 4u;
	else if (t->protocol == 17 && caplen - at >= 8)
		t->payload = at + 8;
	else
		return 1;
	t->source_port = (uint16_t)be16(data + at);
	t->destination_port = (uint16_t)be16(data + at + 2);
	return 2;
}

/* ---- the ways; each returns something that depends on every packet ---- */

static struct torc_decoded decoded[BATCH];

static unsigned long way_bound(void)
{
	struct five_tuple t;
	unsigned long sum = 0;

	for (uint32_t n = 0; n < packet_count; n++)
		sum += (unsigned long)bound(places[n].data, places[n].caplen, &t) + t.payload;
	return sum;
}

static unsigned long way_bound_ahead(void)
{
	struct five_tuple t;
	unsigned long sum = 0;

	for (uint32_t n = 0; n < packet_count; n++) {
		if (n + AHEAD < packet_count) {
			__builtin_prefetch(places[n + AHEAD].data);
			__builtin_prefetch(places[n + AHEAD].data + 63);
		}
		sum += (unsigned long)bound(places[n].data, places[n].caplen, &t) + t.payload;
	}
	return sum;
}

static unsigned long way_single(void)
{
	unsigned long sum = 0;

	for (uint32_t n = 0; n < packet_count; n++) {
		sum += (unsigned long)torc_decode(TORC_LINK_ETHERNET, places[n].data,
						  places[n].caplen, places[n].caplen, decoded);
		sum += decoded->layer_count;
	}
	return sum;
}

static unsigned long way_batch(void)
{
	unsigned long sum = 0;

	for (uint32_t n = 0; n < packet_count; n += BATCH) {
		uint32_t count = packet_count - n < BATCH ? packet_count - n : BATCH;

		torc_decode_batch(packets + n, count, decoded);
		for (uint32_t i = 0; i < count; i++)
			sum += decoded[i].layer_count;
	}
	return sum;
}

/* gopacket's DecodingLayerParser with these layers is what this answers to. */
static unsigned long way_targets(void)
{
	static struct torc_ethernet ethernet;
	static struct torc_dot1q tag;
	static struct torc_ipv4 ipv4;
	static struct torc_ipv6 ipv6;
	static struct torc_tcp tcp;
	static struct torc_udp udp;
	struct torc_target targets[] = {
		{ .type = TORC_LAYER_ETHERNET, .size = sizeof(ethernet), .layer = &ethernet },
		{ .type = TORC_LAYER_DOT1Q, .size = sizeof(tag), .layer = &tag },
		{ .type = TORC_LAYER_IPV4, .size = sizeof(ipv4), .layer = &ipv4 },
		{ .type = TORC_LAYER_IPV6, .size = sizeof(ipv6), .layer = &ipv6 },
		{ .type = TORC_LAYER_TCP, .size = sizeof(tcp), .layer = &tcp },
		{ .type = TORC_LAYER_UDP, .size = sizeof(udp), .layer = &udp },
	};
	struct torc_decode_options options = {
		.size = sizeof(options),
		.flags = TORC_DECODE_TARGETS_ONLY,
		.target_count = sizeof(targets) / sizeof(*targets),
		.targets = targets,
	};
	unsigned long sum = 0;

	for (uint32_t n = 0; n < packet_count; n++) {
		sum += (unsigned long)torc_decode_with(&packets[n], &options, decoded);
		sum += ipv4.ttl + tcp.window + udp.length;
	}
	return sum;
}

static unsigned long way_parse(void)
{
	struct torc_parsed parsed;
	unsigned long sum = 0;

	for (uint32_t n = 0; n < packet_count; n++) {
		torc_parse(TORC_LINK_ETHERNET, places[n].data, places[n].caplen, &parsed);
		sum += parsed.flow_hash;
	}
	return sum;
}

static struct go_peer gopacket;

/* ---- rounds ---- */

struct way {
	const char *name;
	unsigned long (*run)(void);
	const char *go;
	struct rounds ns;
	unsigned long found; /* so that nothing is optimised away */
	unsigned long allocations;
};

static struct way ways[] = {
	{ .name = "bound", .run = way_bound },
	{ .name = "bound, prefetching", .run = way_bound_ahead },
	{ .name = "torc_decode", .run = way_single },
	{ .name = "torc_decode_batch", .run = way_batch },
	{ .name = "torc_decode_with, 6 structs", .run = way_targets },
	{ .name = "torc_parse", .run = way_parse },
	{ .name = "gopacket DecodingLayerParser", .go = "dlp" },
	{ .name = "gopacket NewPacket", .go = "new" },
};

#define WAYS (sizeof(ways) / sizeof(*ways))

static double processor_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void round_run(struct way *way)
{
	unsigned long before = allocations;
	double start;

	if (way->go) {
		if (gopacket.in)
			rounds_add(&way->ns, go_peer_round(&gopacket, way->go));
		return;
	}
	start = processor_ns();
	way->found = way->run();
	rounds_add(&way->ns, (processor_ns() - start) / packet_count);
	way->allocations += allocations - before;
}

static void report(void)
{
	const struct rounds *base = &ways[0].ns;

	printf("%-30s %10s %8s %8s %8s %12s\n", "", "ns/packet", "lower q.", "upper q.",
	       "x bound", "allocations");
	for (size_t n = 0; n < WAYS; n++) {
		const struct rounds *ns = &ways[n].ns;

		if (ns->count == 0)
			continue;
		printf("%-30s %10.1f %8.1f %8.1f %8.2f", ways[n].name, rounds_median(ns),
		       rounds_share(ns, 0.25), rounds_share(ns, 0.75), rounds_ratio(ns, base));
		if (ways[n].run)
			printf(" %12lu", ways[n].allocations);
		printf("\n");
		rounds_tell((struct rounds_row){ .bench = "decode", .name = ways[n].name,
						 .unit = "CPU ns/packet", .peer = "bound" },
			    ns, n ? base : NULL);
	}
	if (ways[WAYS - 1].ns.count > 0)
		printf("torc_decode is %.1f x as fast as DecodingLayerParser, %.0f x as NewPacket\n",
		       rounds_ratio(&ways[WAYS - 2].ns, &ways[2].ns),
		       rounds_ratio(&ways[WAYS - 1].ns, &ways[2].ns));
}

int main(int argc, char **argv)
{
	unsigned int rounds = 15;

	argv++;
	if (argc > 2 && strcmp(argv[0], "--rounds") == 0) {
		rounds = (unsigned int)atoi(argv[1]);
		argv += 2;
	}
	if (rounds < 1 || rounds > ROUNDS_MAX)
		errx(2, "--rounds takes 1 to %d", ROUNDS_MAX);
	packets_load(argv);
	go_peer_start(&gopacket, "main.go", "decode", packets, packet_count);
	for (unsigned int n = 0; n < rounds; n++)
		for (size_t way = 0; way < WAYS; way++)
			round_run(&ways[way]);
	go_peer_stop(&gopacket);
	report();
	return 0;
}
