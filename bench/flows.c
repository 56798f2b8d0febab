/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * flows.c - the flow table: nanoseconds of processor time a packet over decoding alone, with a
 * thousand and with a million flows alive; a file to records, against nfpcapd and softflowd; a flood
 * of ten million connections through a table of a million
 *
 * bench/flows. The packets lie in memory in random order of flows. The other programs, where they are
 * installed, read the same file in turn with torc; what counts is the processor time of each.
 */
#include <err.h>
#include <netinet/in.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <torc/torc.h>

#include "rounds.h"

#define ROUNDS       7u
#define FILE_ROUNDS  3u
#define BATCH        32u
#define PACKETS      1000000u
#define SLOT         64u
#define FILE_FLOWS   20000u
#define FILE_PACKETS 25u /* of each flow */
#define START_NS     1700000000000000000u
#define SINK_PORT    19995u

static uint8_t *bytes; /* PACKETS slots */
static struct torc_packet *packets;
static uint32_t seed = 1;

static uint32_t rnd(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)(seed >> 4) * below >> 28);
}

/* An empty TCP segment of flow n. */
static void make_slot(uint8_t *p, uint32_t n, uint8_t flags)
{
	static const uint8_t model[54] = {
		2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0,
		0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, 6, 0, 0, 10, 0, 0, 0, 192, 168, 0, 1,
		0, 0, 1, 187, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 4, 0, 0, 0, 0, 0,
	};

	memcpy(p, model, sizeof(model));
	p[26] = (uint8_t)(10 + (n >> 29));
	p[27] = (uint8_t)(n >> 21);
	p[28] = (uint8_t)(n >> 13);
	p[29] = (uint8_t)(n >> 5);
	p[34] = (uint8_t)(16 + (n & 31)); /* 32 ports a host */
	p[47] = flags;
}

static void make_packets(uint32_t flows, uint8_t flags)
{
	uint32_t n, other;

	for (n = 0; n < PACKETS; n++) {
		make_slot(bytes + (size_t)n * SLOT, n % flows, flags);
		packets[n] = (struct torc_packet){ .caplen = 54, .len = 54,
						   .data = bytes + (size_t)n * SLOT,
						   .link_type = TORC_LINK_ETHERNET };
	}
	/* in random order in memory: as flows come on a wire */
	for (n = PACKETS - 1; n > 0; n--) {
		uint8_t slot[54];

		other = (uint32_t)((uint64_t)rnd(1 << 28) * (n + 1) >> 28);
		memcpy(slot, packets[n].data, 54);
		memcpy(bytes + (size_t)n * SLOT, packets[other].data, 54);
		memcpy(bytes + (size_t)other * SLOT, slot, 54);
	}
}

/* One pass over all packets, a second of packet time; nanoseconds a packet. */
static double pass(struct torc_flow_table *table, uint64_t second)
{
	static struct torc_decoded decoded[BATCH];
	double begin;
	uint32_t n;

	for (n = 0; n < PACKETS; n++)
		packets[n].timestamp_ns = START_NS + second * 1000000000u + n * 1000u;
	begin = rounds_cpu_ns();
	for (n = 0; n < PACKETS; n += BATCH) {
		torc_decode_batch(packets + n, BATCH, decoded);
		if (table)
			torc_flow_table_add_batch(table, packets + n, decoded, BATCH);
	}
	return (rounds_cpu_ns() - begin) / PACKETS;
}

static struct torc_flow_table *open_table(void)
{
	struct torc_flow_table_options options = { .size = sizeof(options), .flows = 1000000 };
	struct torc_flow_table *table;
	struct torc_error error;

	if (torc_flow_table_open(&table, &options, &error) < 0)
		errx(1, "%s", error.text);
	return table;
}

static void print_row(const char *name, const struct rounds *r, const char *unit)
{
	printf("%-44s %8.1f %8.1f %8.1f  %s\n", name, rounds_share(r, 0.25), rounds_median(r),
	       rounds_share(r, 0.75), unit);
}

static void measure_table(uint32_t flows, const char *name, const char *goal)
{
	struct torc_flow_table *table = open_table();
	struct torc_flow_table_stats stats = { .size = sizeof(stats) };
	struct rounds alone = { .count = 0 }, over = { .count = 0 };

	make_packets(flows, 0x10);
	pass(table, 0); /* all flows begin */
	for (unsigned int n = 1; n <= ROUNDS; n++) {
		double bare = pass(NULL, n), whole = pass(table, n);

		rounds_add(&alone, bare);
		rounds_add(&over, whole - bare);
	}
	torc_flow_table_stats(table, &stats);
	if (stats.open != flows || !stats.balanced)
		errx(1, "%llu flows instead of %u", (unsigned long long)stats.open, flows);
	print_row("decoding alone", &alone, "ns a packet");
	print_row(name, &over, "ns a packet");
	rounds_tell((struct rounds_row){ .bench = "flows", .what = "table", .name = name,
					 .unit = "ns", .goal = goal }, &over, NULL);
	torc_flow_table_close(table);
}

/* ---- a flood ---- */

static long resident_kib(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	long size, pages = 0;

	if (file) {
		if (fscanf(file, "%ld %ld", &size, &pages) != 2)
			pages = 0;
		fclose(file);
	}
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void measure_flood(void)
{
	static struct torc_decoded decoded[BATCH];
	struct torc_flow_table_stats stats = { .size = sizeof(stats) };
	struct torc_flow_table *table = open_table();
	struct torc_flow_record record;
	struct rounds ns = { .count = 0 };
	uint32_t position = 0, kept = 0, n, k, number = 0;
	uint8_t talk[10][SLOT];
	long full = 0;

	make_packets(PACKETS, 0x02);
	for (k = 0; k < 10; k++)
		make_slot(talk[k], 0x7FFFFF00u + 2 * k, 0x10); /* no SYN, another network */
	for (unsigned int round = 0; round < 10; round++) {
		double begin = rounds_cpu_ns();

		for (n = 0; n < PACKETS; n += BATCH) {
			for (k = 0; k < BATCH; k++) {
				packets[n + k].timestamp_ns = START_NS + (uint64_t)number * 1000;
				make_slot(bytes + (size_t)(n + k) * SLOT, number++, 0x02);
			}
			torc_decode_batch(packets + n, BATCH, decoded);
			torc_flow_table_add_batch(table, packets + n, decoded, BATCH);
			if (n % 32000)
				continue;
			for (k = 0; k < 10; k++) {
				struct torc_packet packet = packets[n];

				packet.data = talk[k];
				torc_decode_packet(&packet, decoded);
				torc_flow_table_add(table, &packet, decoded);
			}
		}
		rounds_add(&ns, (rounds_cpu_ns() - begin) / PACKETS);
		if (round == 1)
			full = resident_kib();
	}
	torc_flow_table_stats(table, &stats);
	while (torc_flow_table_next(table, &position, &record))
		kept += record.packets[0] + record.packets[1] == 10 * ((PACKETS + 31999) / 32000);
	if (!stats.balanced || stats.open != 1000000 || kept != 10)
		errx(1, "flood: the account does not balance, or %u of 10 conversations are left", kept);
	print_row("a flood of 10 million SYN, with making them", &ns, "ns a packet");
	printf("  %llu of %llu flows had no room, 10 of 10 conversations are whole; resident %ld KiB "
	       "after 2 million, %ld KiB after 10\n",
	       (unsigned long long)stats.ended[TORC_FLOW_NO_ROOM], (unsigned long long)stats.begun,
	       full, resident_kib());
	rounds_tell((struct rounds_row){ .bench = "flows", .what = "table", .name = "SYN flood",
					 .unit = "ns" }, &ns, NULL);
	torc_flow_table_close(table);
}

/* ---- a file, against others ---- */

/* cat is no rival: the bytes through the kernel and nothing else, below which nobody comes. */
enum { FLOWS, CAT, NFPCAPD, SOFTFLOWD, PROGRAMS };

static char folder[] = "/var/tmp/torc-bench-XXXXXX";
static char path[64], command[PROGRAMS][512];

static void put32(FILE *out, uint32_t value)
{
	fwrite(&value, 4, 1, out);
}

/* Connections of 25 packets, a hundred of them at a time. */
static void make_file(void)
{
	static uint8_t frame[1514];
	FILE *out = fopen(path, "w");
	uint64_t time_us = 1700000000000000u;
	uint32_t n, k, group, sequence[100], be;

	if (!out)
		err(1, "%s", path);
	put32(out, 0xa1b2c3d4);
	put32(out, 4 << 16 | 2);
	put32(out, 0);
	put32(out, 0);
	put32(out, 65535);
	put32(out, 1);
	for (group = 0; group < FILE_FLOWS; group += 100) {
		memset(sequence, 0, sizeof(sequence));
		for (k = 0; k < FILE_PACKETS; k++)
			for (n = group; n < group + 100; n++) {
				uint32_t *next = &sequence[n - group];
				uint32_t length = k > 1 && k < FILE_PACKETS - 1 ? 54 + rnd(400) : 54;

				make_slot(frame, n, k == 0 ? 0x02 : k == FILE_PACKETS - 1 ? 0x11 : 0x18);
				frame[16] = (uint8_t)((length - 14) >> 8);
				frame[17] = (uint8_t)(length - 14);
				be = htonl(*next);
				memcpy(frame + 38, &be, 4);
				*next += length - 54 + (k == 0);
				time_us += 10;
				put32(out, (uint32_t)(time_us / 1000000));
				put32(out, (uint32_t)(time_us % 1000000));
				put32(out, length);
				put32(out, length);
				fwrite(frame, length, 1, out);
			}
	}
	if (fclose(out) != 0)
		err(1, "%s", path);
}

/* Processor time of a shell command and what it starts, in nanoseconds a packet; 0: it failed. */
static double run(const char *text)
{
	struct rusage before, after;
	double used;
	int status;

	getrusage(RUSAGE_CHILDREN, &before);
	status = system(text);
	getrusage(RUSAGE_CHILDREN, &after);
	if (status != 0)
		return 0;
	used = (double)(after.ru_utime.tv_sec - before.ru_utime.tv_sec) * 1e9 +
	       (double)(after.ru_utime.tv_usec - before.ru_utime.tv_usec) * 1e3 +
	       (double)(after.ru_stime.tv_sec - before.ru_stime.tv_sec) * 1e9 +
	       (double)(after.ru_stime.tv_usec - before.ru_stime.tv_usec) * 1e3;
	return used / (FILE_FLOWS * FILE_PACKETS);
}

static bool installed(const char *name)
{
	char text[64];

	snprintf(text, sizeof(text), "command -v %s >/dev/null", name);
	return system(text) == 0;
}

/* A port where softflowd may send to: what nobody reads the kernel throws away. */
static int open_sink(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(SINK_PORT),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (system("ip link set lo up") != 0 || fd < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		err(1, "port %u", SINK_PORT);
	return fd;
}

static void measure_file(void)
{
	static const char *const names[PROGRAMS] = { "torc flows", "cat", "nfpcapd", "softflowd" };
	struct rounds ns[PROGRAMS] = { { .count = 0 } };
	const char *build = getenv("B");
	int sink = open_sink();
	unsigned int n, k;

	if (!mkdtemp(folder))
		err(1, "%s", folder);
	snprintf(path, sizeof(path), "%s/flows.pcap", folder);
	make_file();
	snprintf(command[FLOWS], sizeof(command[FLOWS]),
		 "%s/torc flows -q --flows 100000 -r %s --ipfix %s/out.ipfix 2>/dev/null", build ? build : "build",
		 path, folder);
	snprintf(command[CAT], sizeof(command[CAT]), "cat %s >/dev/null", path);
	snprintf(command[NFPCAPD], sizeof(command[NFPCAPD]), "nfpcapd -r %s -w %s >/dev/null 2>&1", path,
		 folder);
	/* 1.1.0 reads a file without poll(), and then believes an answer for its control socket that it
	 * never got, and waits there for ever: it gets no such socket */
	snprintf(command[SOFTFLOWD], sizeof(command[SOFTFLOWD]),
		 "timeout 60 softflowd -d -r %s -m 1000000 -n 127.0.0.1:%u -v 9 -p %s/pid -c none "
		 ">/dev/null 2>&1", path, SINK_PORT, folder);
	for (n = 0; n < FILE_ROUNDS; n++)
		for (k = 0; k < PROGRAMS; k++) {
			double used = k == FLOWS || installed(names[k]) ? run(command[k]) : 0;

			if (used > 0)
				rounds_add(&ns[k], used);
		}
	if (ns[FLOWS].count != FILE_ROUNDS)
		errx(1, "torc flows failed");
	for (k = 0; k < PROGRAMS; k++) {
		if (ns[k].count != FILE_ROUNDS) {
			printf("%-44s is not installed, or did not end by itself\n", names[k]);
			continue;
		}
		print_row(names[k], &ns[k], "ns a packet, a file of 500,000");
		if (k != FLOWS)
			printf("  %.1f times the time of torc flows\n", rounds_ratio(&ns[k], &ns[FLOWS]));
		rounds_tell((struct rounds_row){ .bench = "flows", .what = "file", .name = names[k],
						 .unit = "ns", .peer = k ? "torc flows" : NULL,
						 .goal = k > CAT ? ">= 10" : NULL },
			    &ns[k], k ? &ns[FLOWS] : NULL);
	}
	close(sink);
	snprintf(command[0], sizeof(command[0]), "rm -rf %s", folder);
	if (system(command[0]) != 0)
		warnx("%s is left", folder);
}

int main(void)
{
	setlinebuf(stdout);
	bytes = aligned_alloc(64, (size_t)PACKETS * SLOT);
	packets = calloc(PACKETS, sizeof(*packets));
	if (!bytes || !packets)
		errx(1, "out of memory");
	printf("%-44s %8s %8s %8s\n", "", "25 %", "median", "75 %");
	measure_table(1000, "table over decoding, 1,000 flows", "<= 25");
	measure_table(1000000, "table over decoding, 1,000,000 flows", "<= 50");
	measure_flood();
	measure_file();
	free(packets);
	free(bytes);
	return 0;
}
