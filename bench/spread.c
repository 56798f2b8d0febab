/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * spread.c - a file to a flow table by one thread, by threads that share one reader, and by rings in a
 * cluster that read it each
 *
 * The file lies in the page cache, plain and compressed. Each way decodes every packet and counts it
 * in a flow table of its thread, or makes JSON of it, too; all must find the same number of packets. Three
 * figures: the time from open to end, which means something on a machine that does nothing else;
 * processor time; and the processor time of the thread that has most of it, below which the other cannot
 * get, however many processors there are (without threads of the library: those that decompress, and the
 * reader of "a file").
 *
 *	spread [MEGABYTES [ROUNDS [THREADS]]]
 */
#include <err.h>
#include <pthread.h>
#include <unistd.h>

#include <torc/torc.h>

#include "rounds.h"

#define BATCH   24u
#define MOST    64u
#define FLOWS   20000u

static uint32_t threads = 2;

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
	double cpu; /* seconds, of its thread */
	pthread_t thread;
};

static double thread_cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double most_cpu; /* seconds of the busiest thread */

static void busiest(double cpu)
{
	if (cpu > most_cpu)
		most_cpu = cpu;
}

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
	double begin = thread_cpu();
	int count;

	open_table(&worker);
	if (torc_file_open(&file, path, NULL, &error) < 0)
		errx(1, "%s", error.text);
	while ((count = torc_file_next_batch(file, packets, BATCH)) > 0)
		work(&worker, packets, (unsigned int)count);
	torc_file_close(file);
	torc_flow_table_close(worker.table);
	busiest(thread_cpu() - begin);
	return worker.packets;
}

static void *member(void *argument)
{
	struct worker *worker = argument;
	const struct torc_packet *packets;
	int count;

	while ((count = torc_spread_next_batch(worker->spread, worker->number, &packets)) > 0)
		work(worker, packets, (unsigned int)count);
	worker->cpu = thread_cpu();
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
		 threads);
	if (torc_ring_open(&ring, device, 0, 0, &error) < 0)
		errx(1, "%s", error.text);
	torc_ring_set_cluster(ring, 1, TORC_CLUSTER_PER_FLOW);
	torc_ring_enable(ring);
	while ((count = torc_ring_next_batch(ring, packets, BATCH)) > 0)
		work(worker, packets, (unsigned int)count);
	torc_ring_close(ring);
	worker->cpu = thread_cpu();
	return NULL;
}

static struct worker workers[MOST];

static void begin_threads(const char *path, void *(*run)(void *), struct torc_spread *spread)
{
	for (uint32_t n = 0; n < threads; n++) {
		workers[n] = (struct worker){ .path = path, .spread = spread, .number = n };
		open_table(&workers[n]);
		pthread_create(&workers[n].thread, NULL, run, &workers[n]);
	}
}

static uint64_t end_threads(void)
{
	uint64_t packets = 0;

	for (uint32_t n = 0; n < threads; n++) {
		pthread_join(workers[n].thread, NULL);
		busiest(workers[n].cpu);
		packets += workers[n].packets;
		torc_flow_table_close(workers[n].table);
	}
	return packets;
}

static uint64_t by_spread(const char *path)
{
	struct torc_spread_options options = { .size = sizeof(options), .members = threads };
	struct torc_spread *spread;
	struct torc_error error;
	struct torc_file *file;
	uint64_t packets;

	if (torc_file_open(&file, path, NULL, &error) < 0 ||
	    torc_spread_open(&spread, file, &options, &error) < 0)
		errx(1, "%s", error.text);
	begin_threads(path, member, spread);
	packets = end_threads();
	torc_spread_close(spread);
	torc_file_close(file);
	return packets;
}

/* This thread reads, from a ring whose blocks the members hold. */
static uint64_t by_putting(const char *path)
{
	struct torc_spread_options options = { .size = sizeof(options), .members = threads,
					       .buffer_bytes = 4 << 20 };
	struct torc_packet packets[64];
	struct torc_spread *spread;
	struct torc_error error;
	struct torc_ring *ring;
	double begin = thread_cpu();
	uint64_t found;
	char device[128];
	int count;

	snprintf(device, sizeof(device), "pcap:%s", path);
	if (torc_ring_open(&ring, device, 0, 0, &error) < 0 || torc_ring_enable(ring) < 0 ||
	    torc_spread_open(&spread, NULL, &options, &error) < 0)
		errx(1, "%s", error.text);
	begin_threads(path, member, spread);
	while ((count = torc_ring_next_batch(ring, packets, 64)) > 0)
		torc_spread_put(spread, ring, packets, (unsigned int)count, -1);
	torc_spread_end(spread, 0);
	busiest(thread_cpu() - begin);
	found = end_threads();
	torc_spread_close(spread);
	torc_ring_close(ring);
	return found;
}

static uint64_t by_rings(const char *path)
{
	begin_threads(path, ring, NULL);
	return end_threads();
}

static const struct way {
	const char *name;
	uint64_t (*run)(const char *path);
} ways[] = {
	{ "one thread", by_one },
	{ "torc_spread_put, a ring", by_putting },
	{ "torc_spread, a file", by_spread },
	{ "rings in a cluster", by_rings },
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
	static struct rounds time[WAYS], cpu[WAYS], most[WAYS];
	uint64_t first = 0;

	memset(time, 0, sizeof(time));
	memset(cpu, 0, sizeof(cpu));
	memset(most, 0, sizeof(most));
	for (unsigned int i = 0; i < rounds * WAYS; i++) {
		double begin = rounds_now(), used = process_cpu();
		uint64_t packets;

		most_cpu = 0;
		packets = ways[i % WAYS].run(path);
		if (i == 0)
			first = packets;
		if (packets != first || packets == 0)
			errx(1, "%s: %llu packets, not %llu", ways[i % WAYS].name,
			     (unsigned long long)packets, (unsigned long long)first);
		rounds_add(&cpu[i % WAYS], (process_cpu() - used) * 1e9 / (double)packets);
		rounds_add(&most[i % WAYS], most_cpu * 1e9 / (double)packets);
		rounds_add(&time[i % WAYS], (rounds_now() - begin) * 1e9 / (double)packets);
	}
	for (unsigned int i = 0; i < WAYS; i++) {
		struct rounds_row row = { .bench = "spread", .what = what, .name = ways[i].name,
					  .peer = ways[0].name, .unit = "ns/packet" };

		printf("%-8s %-26s %8.1f %8.2f %10.1f %8.2f %10.1f %8.2f\n", what, ways[i].name,
		       rounds_median(&time[i]), rounds_ratio(&time[i], &time[0]),
		       rounds_median(&cpu[i]), rounds_ratio(&cpu[i], &cpu[0]),
		       rounds_median(&most[i]), rounds_ratio(&most[i], &most[0]));
		rounds_tell(row, &time[i], i ? &time[0] : NULL);
		row.unit = "CPU ns/packet";
		rounds_tell(row, &cpu[i], i ? &cpu[0] : NULL);
		row.unit = "CPU ns/packet, busiest thread";
		rounds_tell(row, &most[i], i ? &most[0] : NULL);
	}
}

int main(int argc, char **argv)
{
	uint64_t megabytes = argc > 1 ? strtoull(argv[1], NULL, 10) : 500;
	unsigned int rounds = argc > 2 ? (unsigned int)atoi(argv[2]) : 5;

	threads = argc > 3 ? (uint32_t)atoi(argv[3]) : threads;
	if (threads < 1 || threads > MOST)
		errx(1, "1 to %u threads", MOST);
	if (megabytes < 1 || rounds < 1 || rounds > ROUNDS_MAX || !mkdtemp(folder))
		errx(1, "no temporary folder, or no size");
	snprintf(plain, sizeof(plain), "%s/in.pcap", folder);
	snprintf(packed, sizeof(packed), "%s/in.pcap.gz", folder);
	make_file(plain, TORC_COMPRESSION_NONE, megabytes * 1000000);
	make_file(packed, TORC_COMPRESSION_GZIP, megabytes * 1000000 / 5);
	rounds_machine(stdout);
	printf("%llu MB plain, %llu MB before gzip; decoded and counted in a flow table; JSON: "
	       "the packed one, and text made of each packet; %u threads beside the reader\n",
	       (unsigned long long)megabytes, (unsigned long long)(megabytes / 5), threads);
	printf("%-8s %-26s %8s %8s %10s %8s %10s %8s\n", "", "", "ns", "x one", "CPU ns", "x one",
	       "busiest ns", "x one");
	measure("plain", plain, rounds);
	measure("gzip", packed, rounds);
	as_json = true;
	measure("JSON", packed, rounds);
	unlink(plain);
	unlink(packed);
	rmdir(folder);
	return 0;
}
