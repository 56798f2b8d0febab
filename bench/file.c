/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * file.c - reading and writing capture files: nanoseconds a packet, against a bare loop and libpcap
 *
 * bench/file [MEGABYTES]. A made file of that size (1100) with the lengths of ordinary traffic lies
 * in the page cache; each way reads all of it, or writes a quarter of it, once in each round, and
 * all must find the same number of packets and bytes. Times are of the processor.
 */
#include <err.h>
#include <fcntl.h>
#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <torc/decode.h>
#include <torc/file.h>
#include <torc/flow.h>
#include <torc/parse.h>

#include "rounds.h"

#define ROUNDS 7u
#define BATCH  64u
#define BLOCK  (256u << 10)
#define DECODE_BATCH 24u /* their layers stay in the first level cache */

static char folder[] = "/var/tmp/torc-bench-XXXXXX";
static char pcap_path[64], pcapng_path[64], out_path[64];

struct sums {
	uint64_t packets;
	uint64_t bytes;
};

static uint64_t found; /* so that nothing is left out by the compiler */

struct way {
	const char *name;
	struct sums (*run)(void);
	struct rounds ns;
};

/* ---- packets: 18 % under 64 bytes, 35 % to 127, 35 % to 1407, 12 % full ---- */

static uint32_t seed = 1;

static uint32_t rnd(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)(seed >> 4) * below >> 28);
}

static uint32_t packet_length(void)
{
	uint32_t kind = rnd(100);

	return kind < 18 ? 54 + rnd(10) : kind < 53 ? 64 + rnd(64) : kind < 88 ? 128 + rnd(1280) :
							       1408 + rnd(107);
}

/* TCP and UDP over IPv4, from many hosts; a quarter of a megabyte, so that it stays in the cache. */
#define SLOTS      160u
#define SLOT_BYTES 1536u
static uint8_t slots[SLOTS][SLOT_BYTES];

static void make_slots(void)
{
	unsigned int i, k;

	for (i = 0; i < SLOTS; i++) {
		uint8_t *slot = slots[i];

		for (k = 0; k < SLOT_BYTES; k++)
			slot[k] = (uint8_t)rnd(256);
		slot[12] = 8; /* IPv4, no options, no fragment */
		slot[13] = 0;
		slot[14] = 0x45;
		slot[20] = slot[21] = 0;
		slot[23] = i % 4 ? 6 : 17;
		slot[46] = 0x50; /* TCP without options; UDP's length is set with the packet's */
	}
}

/* Never one of the last BATCH: each packet of a batch says its own length. */
static const uint8_t *slot_of_length(uint32_t length)
{
	static uint32_t turn;
	uint8_t *slot = slots[(turn += 1 + rnd(2)) % SLOTS];

	slot[16] = (uint8_t)((length - 14) >> 8);
	slot[17] = (uint8_t)(length - 14);
	if (slot[23] == 17) {
		slot[38] = (uint8_t)((length - 34) >> 8);
		slot[39] = (uint8_t)(length - 34);
	}
	return slot;
}

static void make_packets(struct torc_packet *packets, uint64_t *clock_ns)
{
	unsigned int i;

	for (i = 0; i < BATCH; i++) {
		uint32_t length = packet_length();

		*clock_ns += 1000 + rnd(100000);
		packets[i] = (struct torc_packet){
			.data = slot_of_length(length), .caplen = length, .len = length,
			.timestamp_ns = *clock_ns, .link_type = TORC_LINK_ETHERNET,
			.direction = TORC_PACKET_RX, .kind = TORC_PACKET_TO_HOST,
		};
	}
}

/* ---- reading ---- */

/* What a bare loop needs to know of a packet's flow; see flow_of_bytes(). */
struct bare_flow {
	uint8_t source[16], destination[16];
	uint16_t source_port, destination_port;
	uint8_t version, protocol;
	bool cut;
	uint32_t transport_offset, payload_offset;
};

/* By hand: Ethernet, tags, IPv4 with options, IPv6 without extensions, TCP and UDP ports. */
static __attribute__((noinline)) void flow_of_bytes(const uint8_t *at, uint32_t length,
						    struct bare_flow *flow)
{
	uint32_t offset = 14, type;

	memset(flow, 0, sizeof(*flow));
	if (length < 14)
		return;
	type = (uint32_t)at[12] << 8 | at[13];
	while ((type == 0x8100 || type == 0x88a8) && length >= offset + 4) {
		type = (uint32_t)at[offset + 2] << 8 | at[offset + 3];
		offset += 4;
	}
	if (type == 0x0800 && length >= offset + 20) {
		uint32_t total = (uint32_t)at[offset + 2] << 8 | at[offset + 3];

		flow->version = 4;
		flow->protocol = at[offset + 9];
		memcpy(flow->source, at + offset + 12, 4);
		memcpy(flow->destination, at + offset + 16, 4);
		flow->cut = total > length - offset;
		flow->transport_offset = offset + (at[offset] & 15) * 4u;
	} else if (type == 0x86dd && length >= offset + 40) {
		flow->version = 6;
		flow->protocol = at[offset + 6];
		memcpy(flow->source, at + offset + 8, 16);
		memcpy(flow->destination, at + offset + 24, 16);
		flow->transport_offset = offset + 40;
	} else {
		return;
	}
	offset = flow->transport_offset;
	if ((flow->protocol != 6 && flow->protocol != 17) || length < offset + 8)
		return;
	flow->source_port = (uint16_t)(at[offset] << 8 | at[offset + 1]);
	flow->destination_port = (uint16_t)(at[offset + 2] << 8 | at[offset + 3]);
	flow->payload_offset = offset + 8;
	if (flow->protocol == 6 && length >= offset + 20)
		flow->payload_offset = offset + (at[offset + 12] >> 4) * 4u;
}

static inline __attribute__((always_inline)) struct sums bare_loop(bool flows)
{
	static uint8_t buffer[65536 + BLOCK];
	uint8_t *at = buffer, *end = buffer;
	struct sums sums = { 0 };
	int fd = open(pcap_path, O_RDONLY);
	bool begun = false;
	ssize_t got;

	for (;;) {
		size_t left = (size_t)(end - at);

		memmove(buffer + 65536 - left, at, left);
		at = buffer + 65536 - left;
		got = read(fd, buffer + 65536, BLOCK);
		if (got <= 0)
			break;
		end = buffer + 65536 + got;
		if (!begun)
			at += 24;
		begun = true;
		while (end - at >= 16) {
			uint32_t caplen;

			memcpy(&caplen, at + 8, 4);
			if ((size_t)(end - at) < 16 + (size_t)caplen)
				break;
			sums.packets++;
			sums.bytes += caplen;
			if (flows) {
				struct bare_flow flow;

				flow_of_bytes(at + 16, caplen, &flow);
				found += flow.source_port != 0;
			}
			at += 16 + caplen;
		}
	}
	close(fd);
	return sums;
}

static struct sums read_bare(void)
{
	return bare_loop(false);
}

static struct sums read_bare_flows(void)
{
	return bare_loop(true);
}

/* File to flows: every layer decoded, network and transport flows taken from them. */
static struct sums read_decoded(void)
{
	static struct torc_decoded decoded[DECODE_BATCH];
	struct torc_packet packets[DECODE_BATCH];
	struct torc_flow network, transport;
	struct sums sums = { 0 };
	struct torc_file *file;
	int count, i;

	if (torc_file_open(&file, pcap_path, NULL, NULL) < 0)
		errx(1, "%s", pcap_path);
	while ((count = torc_file_next_batch(file, packets, DECODE_BATCH)) > 0) {
		torc_decode_batch(packets, (unsigned int)count, decoded);
		for (i = 0; i < count; i++) {
			sums.bytes += packets[i].caplen;
			found += torc_flow_network(&decoded[i], 0, &network) &&
				 torc_flow_transport(&decoded[i], 0, &transport);
		}
		sums.packets += (unsigned int)count;
	}
	torc_file_close(file);
	return sums;
}

/* The same by the parser of TORC_LONG_HEADER. */
static struct sums read_parsed(void)
{
	struct torc_packet packets[BATCH];
	struct torc_parsed parsed;
	struct sums sums = { 0 };
	struct torc_file *file;
	int count, i;

	if (torc_file_open(&file, pcap_path, NULL, NULL) < 0)
		errx(1, "%s", pcap_path);
	while ((count = torc_file_next_batch(file, packets, BATCH)) > 0) {
		for (i = 0; i < count; i++) {
			torc_parse(packets[i].link_type, packets[i].data, packets[i].caplen,
				   &parsed);
			sums.bytes += packets[i].caplen;
			found += parsed.ip.source_port != 0;
		}
		sums.packets += (unsigned int)count;
	}
	torc_file_close(file);
	return sums;
}

static struct sums read_batch(const char *path)
{
	struct torc_packet packets[BATCH];
	struct sums sums = { 0 };
	struct torc_error error;
	struct torc_file *file;
	int count, i;

	if (torc_file_open(&file, path, NULL, &error) < 0)
		errx(1, "%s", error.text);
	while ((count = torc_file_next_batch(file, packets, BATCH)) > 0) {
		for (i = 0; i < count; i++)
			sums.bytes += packets[i].caplen;
		sums.packets += (unsigned int)count;
	}
	torc_file_close(file);
	return sums;
}

static struct sums read_pcap_batch(void)
{
	return read_batch(pcap_path);
}

static struct sums read_pcapng_batch(void)
{
	return read_batch(pcapng_path);
}

static struct sums read_next(void)
{
	struct torc_packet packet;
	struct sums sums = { 0 };
	struct torc_file *file;

	if (torc_file_open(&file, pcap_path, NULL, NULL) < 0)
		errx(1, "%s", pcap_path);
	while (torc_file_next(file, &packet) > 0) {
		sums.packets++;
		sums.bytes += packet.caplen;
	}
	torc_file_close(file);
	return sums;
}

static struct sums read_libpcap(const char *path)
{
	char reason[PCAP_ERRBUF_SIZE];
	pcap_t *pcap = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO,
							       reason);
	struct pcap_pkthdr *header;
	struct sums sums = { 0 };
	const u_char *data;

	if (!pcap)
		errx(1, "%s", reason);
	while (pcap_next_ex(pcap, &header, &data) > 0) {
		sums.packets++;
		sums.bytes += header->caplen;
	}
	pcap_close(pcap);
	return sums;
}

static struct sums read_libpcap_pcap(void)
{
	return read_libpcap(pcap_path);
}

static struct sums read_libpcap_pcapng(void)
{
	return read_libpcap(pcapng_path);
}

/* ---- writing ---- */

static uint64_t write_bytes;

static struct sums write_torc(const char *path, enum torc_file_format format, uint64_t bytes)
{
	struct torc_writer_options options = { .size = sizeof(options), .format = format };
	struct torc_packet packets[BATCH];
	struct sums sums = { 0 };
	struct torc_writer *writer;
	struct torc_error error;
	uint64_t clock_ns = 1700000000ull * 1000000000;
	unsigned int i;

	seed = 1;
	if (torc_writer_open(&writer, path, &options, &error) < 0)
		errx(1, "%s", error.text);
	while (sums.bytes < bytes) {
		make_packets(packets, &clock_ns);
		if (torc_writer_write(writer, packets, BATCH) != (int)BATCH)
			errx(1, "%s", torc_writer_error(writer));
		for (i = 0; i < BATCH; i++)
			sums.bytes += packets[i].caplen;
		sums.packets += BATCH;
	}
	if (torc_writer_close(writer, NULL, &error) < 0)
		errx(1, "%s", error.text);
	return sums;
}

static struct sums write_libpcap(const char *path)
{
	pcap_t *pcap = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, 262144,
							    PCAP_TSTAMP_PRECISION_NANO);
	pcap_dumper_t *dumper = pcap_dump_open(pcap, path);
	struct torc_packet packets[BATCH];
	struct sums sums = { 0 };
	uint64_t clock_ns = 1700000000ull * 1000000000;
	unsigned int i;

	seed = 1;
	if (!dumper)
		errx(1, "%s", pcap_geterr(pcap));
	while (sums.bytes < write_bytes) {
		make_packets(packets, &clock_ns);
		for (i = 0; i < BATCH; i++) {
			struct pcap_pkthdr header = {
				.ts.tv_sec = (time_t)(packets[i].timestamp_ns / 1000000000),
				.ts.tv_usec = (suseconds_t)(packets[i].timestamp_ns % 1000000000),
				.caplen = packets[i].caplen, .len = packets[i].len,
			};

			pcap_dump((u_char *)dumper, &header, packets[i].data);
			sums.bytes += packets[i].caplen;
		}
		sums.packets += BATCH;
	}
	pcap_dump_close(dumper);
	pcap_close(pcap);
	return sums;
}

static struct sums write_nothing(void)
{
	struct torc_packet packets[BATCH];
	struct sums sums = { 0 };
	uint64_t clock_ns = 1700000000ull * 1000000000;
	unsigned int i;

	seed = 1;
	while (sums.bytes < write_bytes) {
		make_packets(packets, &clock_ns);
		for (i = 0; i < BATCH; i++)
			sums.bytes += packets[i].caplen;
		sums.packets += BATCH;
	}
	return sums;
}

static struct sums write_torc_pcap(void)
{
	return write_torc(out_path, TORC_FORMAT_PCAP, write_bytes);
}

static struct sums write_torc_pcapng(void)
{
	return write_torc(out_path, TORC_FORMAT_PCAPNG, write_bytes);
}

static struct sums write_libpcap_file(void)
{
	return write_libpcap(out_path);
}

static struct sums write_torc_null(void)
{
	return write_torc("/dev/null", TORC_FORMAT_PCAP, write_bytes);
}

static struct sums write_libpcap_null(void)
{
	return write_libpcap("/dev/null");
}

/* ---- rounds ---- */

static double cpu_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static struct sums measure(struct way *ways, unsigned int count)
{
	struct sums first = { 0 };
	unsigned int round, i;

	for (round = 0; round < ROUNDS; round++)
		for (i = 0; i < count; i++) {
			double before = cpu_now();
			struct sums sums = ways[i].run();

			rounds_add(&ways[i].ns, (cpu_now() - before) / (double)sums.packets);
			unlink(out_path);
			if (round == 0 && i == 0)
				first = sums;
			if (sums.packets != first.packets || sums.bytes != first.bytes)
				errx(1, "%s found %llu packets, not %llu", ways[i].name,
				     (unsigned long long)sums.packets,
				     (unsigned long long)first.packets);
		}
	return first;
}

static void print(const char *what, const struct way *ways, unsigned int count,
		  const struct sums *sums)
{
	unsigned int i;

	printf("%-34s %8s %8s %8s  %s\n", what, "ns", "x first", "GB/s", "quartiles");

	for (i = 0; i < count; i++) {
		double ns = rounds_median(&ways[i].ns);

		printf("%-34s %8.1f %8.2f %8.2f  %.1f-%.1f\n", ways[i].name, ns,
		       rounds_ratio(&ways[i].ns, &ways[0].ns),
		       (double)sums->bytes / (double)sums->packets / ns,
		       rounds_share(&ways[i].ns, 0.25), rounds_share(&ways[i].ns, 0.75));
		rounds_tell((struct rounds_row){ .bench = "file", .what = what,
						 .name = ways[i].name, .unit = "CPU ns/packet",
						 .peer = ways[0].name },
			    &ways[i].ns, i ? &ways[0].ns : NULL);
	}
}

static struct way reading[] = {
	{ .name = "read() of 256 KiB and walk", .run = read_bare },
	{ .name = "torc_file_next_batch", .run = read_pcap_batch },
	{ .name = "torc_file_next", .run = read_next },
	{ .name = "pcap_next_ex", .run = read_libpcap_pcap },
	{ .name = "torc_file_next_batch, pcapng", .run = read_pcapng_batch },
	{ .name = "pcap_next_ex, pcapng", .run = read_libpcap_pcapng },
	{ .name = "read() and a 5-tuple by hand", .run = read_bare_flows },
	{ .name = "torc: read and torc_parse", .run = read_parsed },
	{ .name = "torc: read, torc_decode, flows", .run = read_decoded },
};

static struct way writing[] = {
	{ .name = "making the packets alone", .run = write_nothing },
	{ .name = "torc_writer_write, pcap", .run = write_torc_pcap },
	{ .name = "torc_writer_write, pcapng", .run = write_torc_pcapng },
	{ .name = "pcap_dump", .run = write_libpcap_file },
	{ .name = "torc_writer_write to /dev/null", .run = write_torc_null },
	{ .name = "pcap_dump to /dev/null", .run = write_libpcap_null },
};

#define COUNT(ways) ((unsigned int)(sizeof(ways) / sizeof((ways)[0])))

/* The ratio of two ways without what making the packets takes. */
static double writing_ratio(const struct rounds *slow, const struct rounds *fast)
{
	struct rounds ratio = { .count = slow->count };
	unsigned int i;

	for (i = 0; i < slow->count; i++)
		ratio.values[i] = (slow->values[i] - writing[0].ns.values[i]) /
				  (fast->values[i] - writing[0].ns.values[i]);
	return rounds_median(&ratio);
}

int main(int argc, char **argv)
{
	uint64_t megabytes = argc > 1 ? strtoull(argv[1], NULL, 10) : 1100;
	struct sums sums;

	if (megabytes < 1 || !mkdtemp(folder))
		errx(1, "no temporary folder, or no size");
	make_slots();
	snprintf(pcap_path, sizeof(pcap_path), "%s/in.pcap", folder);
	snprintf(pcapng_path, sizeof(pcapng_path), "%s/in.pcapng", folder);
	snprintf(out_path, sizeof(out_path), "%s/out", folder);
	write_torc(pcap_path, TORC_FORMAT_PCAP, megabytes * 1000000);
	write_torc(pcapng_path, TORC_FORMAT_PCAPNG, megabytes * 1000000);
	write_bytes = megabytes * 1000000 / 4;
	rounds_machine(stdout);
	sums = measure(reading, COUNT(reading));
	printf("%llu packets, %llu MB of them; processor time, medians of %u rounds in turn\n\n",
	       (unsigned long long)sums.packets, (unsigned long long)(sums.bytes / 1000000),
	       ROUNDS);
	print("reading", reading, COUNT(reading), &sums);
	printf("\npcap_next_ex / torc_file_next_batch: %.2f (pcapng: %.2f); file to flows / by hand: "
	       "%.2f (torc_parse: %.2f)\n\n",
	       rounds_ratio(&reading[3].ns, &reading[1].ns),
	       rounds_ratio(&reading[5].ns, &reading[4].ns),
	       rounds_ratio(&reading[8].ns, &reading[6].ns),
	       rounds_ratio(&reading[7].ns, &reading[6].ns));
	unlink(pcap_path);
	unlink(pcapng_path);
	sums = measure(writing, COUNT(writing));
	print("writing", writing, COUNT(writing), &sums);
	printf("\npcap_dump / torc_writer_write, both without making the packets: %.2f "
	       "(to /dev/null: %.2f)\n",
	       writing_ratio(&writing[3].ns, &writing[1].ns),
	       writing_ratio(&writing[5].ns, &writing[4].ns));
	rmdir(folder);
	return 0;
}
