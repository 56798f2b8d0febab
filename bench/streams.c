/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * streams.c - TCP streams: nanoseconds of processor time a segment, beside decoding alone and against
 * gopacket's reassembly; whole programs against tcpflow and libnids on the same file
 *
 * bench/streams [--rounds N]: 200 connections of 300 segments and a little more, made the same each
 * time; of what each sends, 2 % of the segments come one place later and 1 % come twice. All packets
 * are in memory. The same is done with none out of order. Allocations while streams run are counted.
 * Peers that are not installed are left out. --once runs the streams a single time and nothing else,
 * for callgrind.
 *
 * What is compared: gopacket's reassembly decodes Ethernet, IPv4 and TCP of packets in its memory and
 * assembles them, as "streams, not decoded" does. tcpflow reads the file and writes each direction to
 * a file, as torc streams --write does. libnids reads the file and hands the bytes over, as torc
 * streams does. "reading alone" and "copying alone" say what no program that reads, or reads and
 * writes, that file can go below.
 */
#include <err.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <torc/torc.h>

#include "allocations.h"
#include "go_peer.h"
#include "rounds.h"

#define CONNECTIONS 200u
#define SEGMENTS    305u /* of each */
#define MSS	    1448u
#define BATCH	    64u
#define BATCH_PLAIN 256u /* where no decoded packets have to stay in the cache */

/* ---- the packets ---- */

struct traffic {
	struct torc_packet *packets;
	uint32_t count, room;
	uint8_t *memory;
	size_t used, size;
};

static struct traffic mixed, in_order;

static void put(uint8_t *at, uint32_t value, int bytes)
{
	while (bytes-- > 0) {
		at[bytes] = (uint8_t)value;
		value >>= 8;
	}
}

static void packet_add(struct traffic *to, uint32_t connection, bool from_server, uint32_t seq,
		       uint32_t ack, uint8_t flags, uint32_t length)
{
	uint8_t *p = to->memory + to->used;
	uint32_t size = 54 + length;

	if (to->used + size + 16 > to->size || to->count == to->room)
		errx(1, "the room for packets is too small");
	memset(p, 0, 54);
	memcpy(p, "\2\0\0\0\0\2\2\0\0\0\0\1\x08\0\x45", 15);
	put(p + 16, size - 14, 2);
	p[22] = 64;
	p[23] = 6;
	put(p + 26, from_server ? 0x0A010001 : 0x0A000001 + connection, 4);
	put(p + 30, from_server ? 0x0A000001 + connection : 0x0A010001, 4);
	put(p + 24, torc_checksum_internet(p + 14, 20), 2);
	put(p + 34, from_server ? 80 : 20000 + connection, 2);
	put(p + 36, from_server ? 20000 + connection : 80, 2);
	put(p + 38, seq, 4);
	put(p + 42, ack, 4);
	p[46] = 0x50;
	p[47] = flags;
	put(p + 48, 65535, 2);
	memset(p + 54, (int)('a' + seq % 26), length);
	to->packets[to->count] = (struct torc_packet){
		.data = p, .caplen = size, .len = size, .link_type = TORC_LINK_ETHERNET,
		.timestamp_ns = 1700000000000000000u + to->count * UINT64_C(2000)
	};
	to->count++;
	to->used += size + 16; /* as far apart as records of a pcap file */
}

/* Who answers: every tenth segment is the other side's, the rest the server's data. */
static void packets_make(struct traffic *to, bool ordered)
{
	uint64_t dice = 88172645463325252u;

	to->room = CONNECTIONS * (SEGMENTS + 20) * 2;
	to->size = (size_t)to->room * (MSS + 80);
	to->packets = __libc_calloc(to->room, sizeof(*to->packets));
	to->memory = __libc_malloc(to->size);
	if (!to->packets || !to->memory)
		err(1, "memory");
	for (uint32_t c = 0; c < CONNECTIONS; c++) {
		packet_add(to, c, false, 999, 0, 2, 0);
		packet_add(to, c, true, 4999, 1000, 0x12, 0);
		packet_add(to, c, false, 1000, 5000, 0x10, 0);
	}
	for (uint32_t n = 0; n < SEGMENTS; n++) {
		for (uint32_t c = 0; c < CONNECTIONS; c++) {
			uint32_t seq = 5000 + n * MSS, chance;

			dice ^= dice << 13, dice ^= dice >> 7, dice ^= dice << 17;
			chance = ordered ? 99 : (uint32_t)(dice >> 40) % 100;
			if (n % 10 == 9)
				packet_add(to, c, false, 1000, seq, 0x10, 0);
			if (chance < 2 && n % 10 != 9 && n + 1 < SEGMENTS) { /* this one one later */
				packet_add(to, c, true, seq + MSS, 1000, 0x10, MSS);
				packet_add(to, c, true, seq, 1000, 0x10, MSS);
				continue;
			}
			packet_add(to, c, true, seq, 1000, 0x10, MSS);
			if (chance == 2)
				packet_add(to, c, true, seq, 1000, 0x10, MSS);
		}
	}
	for (uint32_t c = 0; c < CONNECTIONS; c++) {
		packet_add(to, c, true, 5000 + SEGMENTS * MSS, 1000, 0x11, 0);
		packet_add(to, c, false, 1000, 5001 + SEGMENTS * MSS, 0x11, 0);
		packet_add(to, c, true, 5001 + SEGMENTS * MSS, 1001, 0x10, 0);
	}
}

static bool file_write(const char *path)
{
	struct torc_writer_options options = { .size = sizeof(options),
					       .format = TORC_FORMAT_PCAP };
	struct torc_writer *writer;
	bool good;

	if (torc_writer_open(&writer, path, &options, NULL) < 0)
		return false;
	good = torc_writer_write(writer, mixed.packets, mixed.count) >= 0;
	return torc_writer_close(writer, NULL, NULL) == 0 && good;
}

/* ---- the ways ---- */

static struct torc_decoded decoded[BATCH];
static unsigned long counted; /* allocations between the first packet and the last */

static uint64_t decode_all(const struct traffic *of)
{
	uint64_t sum = 0;

	for (uint32_t n = 0; n < of->count; n += BATCH) {
		uint32_t count = of->count - n < BATCH ? of->count - n : BATCH;

		torc_decode_batch(of->packets + n, count, decoded);
		for (uint32_t i = 0; i < count; i++)
			sum += decoded[i].layer_count;
	}
	return sum;
}

static uint64_t events_read(struct torc_streams *streams)
{
	const struct torc_stream_event *event;
	uint64_t sum = 0;

	while ((event = torc_streams_next(streams)))
		if (event->type == TORC_STREAM_DATA)
			sum += event->length;
	return sum;
}

enum way { DECODE, ONE_BY_ONE, BATCHES, NOT_DECODED, WAYS };

/* Some packets into the streams; returns how many bytes came out. */
static uint64_t streams_add(struct torc_streams *streams, const struct torc_packet *packets,
			    uint32_t count, enum way way)
{
	uint64_t sum = 0;

	if (way != NOT_DECODED)
		torc_decode_batch(packets, count, decoded);
	for (uint32_t i = 0; i < count;) {
		int taken = 1;

		if (way == ONE_BY_ONE)
			torc_streams_add(streams, &packets[i], &decoded[i]);
		else
			taken = torc_streams_add_batch(streams, packets + i,
						       way == BATCHES ? decoded + i : NULL,
						       count - i);
		sum += events_read(streams);
		i += (uint32_t)taken;
	}
	return sum;
}

static uint64_t streams_all(const struct traffic *of, enum way way)
{
	uint32_t batch = way == NOT_DECODED ? BATCH_PLAIN : BATCH;
	struct torc_streams *streams;
	uint64_t sum = 0;

	if (torc_streams_open(&streams, NULL, NULL) < 0)
		errx(1, "no streams");
	counted = allocations;
	for (uint32_t n = 0; n < of->count; n += batch)
		sum += streams_add(streams, of->packets + n,
				   of->count - n < batch ? of->count - n : batch, way);
	counted = allocations - counted;
	torc_streams_close(streams);
	return sum;
}

/* ---- gopacket, in a process of its own ---- */

static struct go_peer gopacket;
static char capture[200];

/* ---- whole programs: seconds of processor time ---- */

static double program_run(const char *command)
{
	struct rusage usage;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	if (wait4(pid, &status, 0, &usage) < 0 || status != 0)
		return -1;
	return (double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

struct program {
	const char *name, *format; /* %s: the folder of the build, 3 times, or less */
	struct rounds seconds;
	bool missing;
};

static struct program programs[] = {
	{ .name = "torc streams", .format = "%s/torc streams -q -r %s/bench/streams.pcap >/dev/null" },
	{ .name = "libnids", .format = "%s/bench/nids %s/bench/streams.pcap >/dev/null 2>&1" },
	{ .name = "torc streams --write", .format = "%s/torc streams -q -r %s/bench/streams.pcap "
	  "--write %s/bench/written >/dev/null" },
	{ .name = "tcpflow", .format = "tcpflow -q -r %s/bench/streams.pcap -o %s/bench/written "
	  ">/dev/null 2>&1" },
	{ .name = "reading alone", .format = "dd if=%s/bench/streams.pcap of=/dev/null bs=1M "
	  "2>/dev/null" },
	{ .name = "copying alone", .format = "dd if=%s/bench/streams.pcap of=%s/bench/written bs=1M "
	  "2>/dev/null" },
};

#define PROGRAMS (sizeof(programs) / sizeof(*programs))

static void programs_round(void)
{
	const char *folder = getenv("B") ? getenv("B") : "build";
	char command[700];

	for (size_t n = 0; n < PROGRAMS; n++) {
		double seconds;

		snprintf(command, sizeof(command), "rm -rf %s/bench/written", folder);
		if (system(command) != 0)
			errx(1, "cannot remove %s/bench/written", folder);

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(command, sizeof(command), programs[n].format, folder, folder, folder);
#pragma GCC diagnostic pop
		seconds = programs[n].missing ? -1 : program_run(command);
		programs[n].missing = seconds < 0;
		if (seconds >= 0)
			rounds_add(&programs[n].seconds, seconds * 1e9 / mixed.count);
	}
}

static void nids_build(void)
{
	const char *folder = getenv("B") ? getenv("B") : "build";
	char command[700];

	snprintf(command, sizeof(command),
		 "cc -O2 -o %s/bench/nids bench/streams/nids.c -lnids 2>/dev/null", folder);
	if (system(command) != 0)
		printf("libnids is left out: cc or libnids-dev is not installed\n");
}

/* ---- rounds ---- */

static struct rounds ordered_ns[WAYS], mixed_ns[WAYS], go_ns;

static void round_run(const struct traffic *of, struct rounds *ns)
{
	for (int way = DECODE; way < WAYS; way++) {
		double start = rounds_cpu_ns();
		uint64_t sum = way == DECODE ? decode_all(of) : streams_all(of, (enum way)way);

		rounds_add(&ns[way], (rounds_cpu_ns() - start) / of->count);
		if (way != DECODE && sum != (uint64_t)CONNECTIONS * SEGMENTS * MSS)
			errx(1, "%llu bytes were delivered", (unsigned long long)sum);
	}
}

static void tell(const char *name, const char *what, const struct rounds *ns, const char *peer,
		 const struct rounds *base, const char *goal)
{
	if (ns->count == 0)
		return;
	printf("%-36s %10.1f %8.1f %8.1f", name, rounds_median(ns), rounds_share(ns, 0.25),
	       rounds_share(ns, 0.75));
	if (base && base->count)
		printf(" %8.2f", rounds_ratio(ns, base));
	printf("\n");
	rounds_tell((struct rounds_row){ .bench = "streams", .what = what, .name = name,
					 .unit = "CPU ns/packet", .peer = peer, .goal = goal },
		    ns, base && base->count ? base : NULL);
}

static void tell_ways(const char *what, const struct rounds *ns)
{
	static const char *const names[WAYS] = { "torc_decode_batch", "with streams, one by one",
						 "with streams, in batches",
						 "streams, not decoded" };

	printf("%s:\n", what);
	for (int way = DECODE; way < WAYS; way++)
		tell(names[way], what, &ns[way], way == DECODE ? NULL : names[DECODE],
		     way == DECODE ? NULL : &ns[DECODE], way == NOT_DECODED ? "<= 1.5" : NULL);
}

static void report(void)
{
	printf("%-36s %10s %8s %8s %8s\n", "", "ns/packet", "lower q.", "upper q.", "x");
	tell_ways("in order", ordered_ns);
	tell_ways("2 % early, 1 % twice", mixed_ns);
	tell("gopacket reassembly", NULL, &go_ns, "streams, not decoded", &mixed_ns[NOT_DECODED],
	     ">= 10");
	for (size_t n = 0; n < PROGRAMS; n++)
		tell(programs[n].name, "programs", &programs[n].seconds,
		     n & 1 ? programs[n - 1].name : NULL, n & 1 ? &programs[n - 1].seconds : NULL,
		     n == 1 || n == 3 ? ">= 8" : NULL);
	printf("allocations while streams run: %lu (of 200 connections, with 2 %% out of order)\n",
	       counted);
}

int main(int argc, char **argv)
{
	const char *folder = getenv("B") ? getenv("B") : "build";
	unsigned int rounds = 11;

	if (argc > 1 && strcmp(argv[1], "--once") == 0) {
		packets_make(&in_order, true);
		printf("%llu bytes, %u packets\n",
		       (unsigned long long)streams_all(&in_order, NOT_DECODED), in_order.count);
		return 0;
	}
	if (argc > 2 && strcmp(argv[1], "--rounds") == 0)
		rounds = (unsigned int)atoi(argv[2]);
	if (rounds < 1 || rounds > ROUNDS_MAX)
		errx(2, "--rounds takes 1 to %d", ROUNDS_MAX);
	packets_make(&in_order, true);
	packets_make(&mixed, false);
	snprintf(capture, sizeof(capture), "%s/bench/streams.pcap", folder);
	if (!file_write(capture))
		errx(1, "cannot write %s", capture);
	printf("%u packets, %u connections, %.1f MB\n", mixed.count, CONNECTIONS,
	       (double)mixed.used / 1e6);
	go_peer_start_on(&gopacket, "reassembly/main.go", "reassembly", capture);
	nids_build();
	for (unsigned int n = 0; n < rounds; n++) {
		round_run(&in_order, ordered_ns);
		round_run(&mixed, mixed_ns);
		if (gopacket.in)
			rounds_add(&go_ns, go_peer_round(&gopacket, "go"));
		if (n < 5)
			programs_round();
	}
	go_peer_stop(&gopacket);
	report();
	return 0;
}
