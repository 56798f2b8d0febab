/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * spread.c - a file to a flow table by one thread, by threads that share one reader, and by rings in a
 * cluster that read it each
 *
 * The file lies in the page cache, plain and compressed. Each way decodes every packet and counts it
 * in a flow table of its thread, or makes JSON of it, too; all must find the same number of packets. Two figures: the time from
 * open to end, which means something on a machine that does nothing else, and processor time.
 *
 *	spread [MEGABYTES [ROUNDS]]
 */
#include <err.h>
#include <pthread.h>
#include <unistd.h>

#include <torc/torc.h>

#include "rounds.h"

#define BATCH   24u
#define THREADS 4u
#define FLOWS   20000u

static char folder[] = "/var/tmp/torc-bench-XXXXXX";
static char plain[64], packed[64];

static void make_file(const char *path, enum torc_compression compression, uint64_t bytes)
{
	static const uint32_t lengths[] = { 60, 90, 128, 200, 400, 1000, 1514 };
	struct torc_maker_options options = { .size = sizeof(options), .flows = FLOWS,
					      .lengths = lengths, .length_count = 7,
					      .protocol = TORC_MAKE_TCP };
	struct torc_writer_options writing = { .size = sizeof(writing), .format = TORC_FORMAT_PCAP,
					       .compression = compression };
	static struct torc_packet packets[64];
	struct torc_error error;
	struct torc_writer *writer;
	struct torc_maker *maker;
	uint64_t done = 0, clock_ns = 1700000000ull * 1000000000;

	if (torc_maker_open(&maker, &options, &error) < 0 ||
	    torc_writer_open(&writer, path, &writing, &error) < 0)
		errx(1, "%s", error.text);
	while (done < bytes) {
		unsigned int count = torc_maker_batch(maker, packets, 64);

		for (unsigned int i = 0; i < count; i++) {
			packets[i].timestamp_ns = clock_ns += 1000;
			done += packets[i].caplen;
		}
		if (torc_writer_write(writer, packets, count) != (int)count)
			errx(1, "%s", torc_writer_error(writer));
	}
	if (torc_writer_close(writer, NULL, &error) < 0)
		errx(1, "%s", error.text);
	torc_maker_close(maker);
}

struct worker {
	const char *path;
	struct torc_spread *spread;
	uint32_t number;
	struct torc_flow_table *table;
	uint64_t packets, text;
	pthread_t thread;
};

static void open_table(struct worker *worker)
{
	struct torc_flow_table_options options = { .size = sizeof(options), .flows = 2 * FLOWS };
	struct torc_error error;

	if (torc_flow_table_open(&worker->table, &options, &error) < 0)
		errx(1, "%s", error.text);
}

static bool as_json; /* work that is more than reading */

static void work(struct worker *worker, const struct torc_packet *packets, unsigned int count)
{
	struct torc_decoded decoded[BATCH];

	for (unsigned int at = 0; at < count; at += BATCH) {
		unsigned int part = count - at < BATCH ? count - at : BATCH;

		torc_decode_batch(packets + at, part, decoded);
		torc_flow_table_add_batch(worker->table, packets + at, decoded, part);
		for (unsigned int i = 0; as_json && i < part; i++) {
			char text[4096];

			worker->text += (uint64_t)torc_json_packet(packets + at + i, &decoded[i],
								   NULL, text, sizeof(text));
		}
	}
	worker->packets += count;
}

static uint64_t by_one(const char *path)
{
	struct worker worker = { .path = path };
	struct torc_packet packets[BATCH];
	struct torc_error error;
	struct torc_file *file;
	int count;

	open_table(&worker);
	if (torc_file_open(&file, path, NULL, &error) < 0)
		errx(1, "%s", error.text);
	while ((count = torc_file_next_batch(file, packets, BATCH)) > 0)
		work(&worker, packets, (unsigned int)count);
	torc_file_close(file);
	torc_flow_table_close(worker.table);
	return worker.packets;
}

static void *member(void *argument)
{
	struct worker *worker = argument;
	const struct torc_packet *packets;
	int count;

	while ((count = torc_spread_next_batch(worker->spread, worker->number, &packets)) > 0)
		work(worker, packets, (unsigned int)count);
	return NULL;
}

static void *ring(void *argument)
{
	struct worker *worker = argument;
	struct torc_packet packets[BATCH];
	struct torc_error error;
	struct torc_ring *ring;
	char device[128];
	int count;

	snprintf(device, sizeof(device), "pcap:%s;member=%u/%u", worker->path, worker->number + 1,
		 THREADS);
	if (torc_ring_open(&ring, device, 0, 0, &error) < 0)
		errx(1, "%s", error.text);
	torc_ring_set_cluster(ring, 1, TORC_CLUSTER_PER_FLOW);
	torc_ring_enable(ring);
	while ((count = torc_ring_next_batch(ring, packets, BATCH)) > 0)
		work(worker, packets, (unsigned int)count);
	torc_ring_close(ring);
	return NULL;
}

static uint64_t by_threads(const char *path, void *(*run)(void *), struct torc_spread *spread)
{
	struct worker workers[THREADS];
	uint64_t packets = 0;

	for (uint32_t n = 0; n < THREADS; n++) {
		workers[n] = (struct worker){ .path = path, .spread = spread, .number = n };
		open_table(&workers[n]);
		pthread_create(&workers[n].thread, NULL, run, &workers[n]);
	}
	for (uint32_t n = 0; n < THREADS; n++) {
		pthread_join(workers[n].thread, NULL);
		packets += workers[n].packets;
		torc_flow_table_close(workers[n].table);
	}
	return packets;
}

static uint64_t by_spread(const char *path)
{
	struct torc_spread_options options = { .size = sizeof(options), .members = THREADS };
	struct torc_spread *spread;
	struct torc_error error;
	struct torc_file *file;
	uint64_t packets;

	if (torc_file_open(&file, path, NULL, &error) < 0 ||
	    torc_spread_open(&spread, file, &options, &error) < 0)
		errx(1, "%s", error.text);
	packets = by_threads(path, member, spread);
	torc_spread_close(spread);
	torc_file_close(file);
	return packets;
}

static uint64_t by_rings(const char *path)
{
	return by_threads(path, ring, NULL);
}

static const struct way {
	const char *name;
	uint64_t (*run)(const char *path);
} ways[] = {
	{ "one thread", by_one },
	{ "torc_spread, 4 threads", by_spread },
	{ "4 rings in a cluster", by_rings },
};

#define WAYS (sizeof(ways) / sizeof(ways[0]))

static double process_cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void measure(const char *what, const char *path, unsigned int rounds)
{
	static struct rounds time[WAYS], cpu[WAYS];
	uint64_t first = 0;

	memset(time, 0, sizeof(time));
	memset(cpu, 0, sizeof(cpu));
	for (unsigned int i = 0; i < rounds * WAYS; i++) {
		double begin = rounds_now(), used = process_cpu();
		uint64_t packets = ways[i % WAYS].run(path);

		if (i == 0)
			first = packets;
		if (packets != first || packets == 0)
			errx(1, "%s: %llu packets, not %llu", ways[i % WAYS].name,
			     (unsigned long long)packets, (unsigned long long)first);
		rounds_add(&cpu[i % WAYS], (process_cpu() - used) * 1e9 / (double)packets);
		rounds_add(&time[i % WAYS], (rounds_now() - begin) * 1e9 / (double)packets);
	}
	for (unsigned int i = 0; i < WAYS; i++) {
		struct rounds_row row = { .bench = "spread", .what = what, .name = ways[i].name,
					  .peer = ways[0].name, .unit = "ns/packet" };

		printf("%-8s %-26s %8.1f %8.2f %10.1f %8.2f\n", what, ways[i].name,
		       rounds_median(&time[i]), rounds_ratio(&time[i], &time[0]),
		       rounds_median(&cpu[i]), rounds_ratio(&cpu[i], &cpu[0]));
		rounds_tell(row, &time[i], i ? &time[0] : NULL);
		row.unit = "CPU ns/packet";
		rounds_tell(row, &cpu[i], i ? &cpu[0] : NULL);
	}
}

int main(int argc, char **argv)
{
	uint64_t megabytes = argc > 1 ? strtoull(argv[1], NULL, 10) : 500;
	unsigned int rounds = argc > 2 ? (unsigned int)atoi(argv[2]) : 5;

	if (megabytes < 1 || rounds < 1 || rounds > ROUNDS_MAX || !mkdtemp(folder))
		errx(1, "no temporary folder, or no size");
	snprintf(plain, sizeof(plain), "%s/in.pcap", folder);
	snprintf(packed, sizeof(packed), "%s/in.pcap.gz", folder);
	make_file(plain, TORC_COMPRESSION_NONE, megabytes * 1000000);
	make_file(packed, TORC_COMPRESSION_GZIP, megabytes * 1000000 / 5);
	rounds_machine(stdout);
	printf("%llu MB plain, %llu MB before gzip; decoded and counted in a flow table; JSON: "
	       "the packed one, and text made of each packet\n",
	       (unsigned long long)megabytes, (unsigned long long)(megabytes / 5));
	printf("%-8s %-26s %8s %8s %10s %8s\n", "", "", "ns", "x one", "CPU ns", "x one");
	measure("plain", plain, rounds);
	measure("gzip", packed, rounds);
	as_json = true;
	measure("JSON", packed, rounds);
	unlink(plain);
	unlink(packed);
	rmdir(folder);
	return 0;
}
