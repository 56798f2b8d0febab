/* SPDX-License-Identifier: BSD-3-Clause */
/* A writer with a thread, while others read its account; and two readers of one file at once. */
#include <pthread.h>

#include <torc/file.h>

#include "test.h"
#include "test_folder.h"

#define PACKETS 30000u

static struct torc_error error;
static char folder[] = "/tmp/torc-threads-XXXXXX", path[128];
static bool finished; /* atomic */
static unsigned int rotated; /* atomic */

static void on_rotate(void *user, const char *name)
{
	(void)user;
	(void)name;
	__atomic_add_fetch(&rotated, 1, __ATOMIC_RELAXED);
}

/* The account never runs backwards and always adds up. */
static void *watch(void *argument)
{
	struct torc_writer *writer = argument;
	struct torc_writer_stats stats = { .size = sizeof(stats) }, before = { .size = sizeof(before) };
	static bool good = true;

	while (!__atomic_load_n(&finished, __ATOMIC_ACQUIRE)) {
		torc_writer_stats(writer, &stats);
		good &= stats.taken == stats.written + stats.lost + stats.waiting &&
			stats.written >= before.written && stats.taken >= before.taken &&
			stats.files >= before.files;
		before = stats;
		usleep(200);
	}
	return &good;
}

static void write_files(void)
{
	struct torc_writer_options options = { .size = sizeof(options), .rotate_packets = 5000,
					       .flags = TORC_WRITER_ASYNC,
					       .on_rotate = on_rotate };
	struct torc_packet packets[10];
	struct torc_writer_stats stats = { .size = sizeof(stats) };
	struct torc_writer *writer;
	static uint8_t data[300];
	pthread_t watcher;
	uint32_t i, k;
	void *good;

	is(torc_writer_open(&writer, path, &options, &error), 0, "a writer with a thread");
	pthread_create(&watcher, NULL, watch, writer);
	for (i = 0; i < PACKETS; i += 10) {
		for (k = 0; k < 10; k++)
			packets[k] = (struct torc_packet){ .data = data, .caplen = 300, .len = 300,
							   .link_type = 1, .timestamp_ns = i + k };
		torc_writer_write(writer, packets, 10);
		if (i % 1000 == 0)
			torc_writer_flush(writer);
	}
	torc_writer_flush(writer);
	__atomic_store_n(&finished, true, __ATOMIC_RELEASE);
	pthread_join(watcher, &good);
	is(torc_writer_close(writer, &stats, &error), 0, "closed");
	ok(*(bool *)good, "the account adds up at any moment, seen from another thread");
	ok(stats.written == PACKETS && stats.files == 6 &&
	   __atomic_load_n(&rotated, __ATOMIC_RELAXED) == 6, "six files");
}

static void *read_file(void *argument)
{
	struct torc_packet packet;
	struct torc_file *file;
	uint64_t *count = argument;

	if (torc_file_open(&file, path, NULL, NULL) < 0)
		return NULL;
	while (torc_file_next(file, &packet) > 0)
		*count += packet.caplen == 300;
	torc_file_close(file);
	return NULL;
}

int main(void)
{
	uint64_t counts[2] = { 0 };
	pthread_t readers[2];
	int i;

	if (!mkdtemp(folder))
		skip_all("no temporary folder");
	snprintf(path, sizeof(path), "%s/threads.pcap", folder);
	write_files();
	for (i = 0; i < 2; i++)
		pthread_create(&readers[i], NULL, read_file, &counts[i]);
	for (i = 0; i < 2; i++)
		pthread_join(readers[i], NULL);
	ok(counts[0] == 5000 && counts[1] == 5000, "two readers of one file, each with all of it");
	remove_folder(folder);
	return done();
}
