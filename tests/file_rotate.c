/* SPDX-License-Identifier: BSD-3-Clause */
/* Rotation by size, count, time and hand; the names are tcpdump's. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include <torc/file.h>

#include "test.h"
#include "test_folder.h"

static struct torc_error error;
static char folder[] = "/tmp/torc-rotate-XXXXXX";
static char rotated[4096];

static const char *in_folder(const char *name)
{
	static char path[4][256];
	static unsigned int turn;
	char *result = path[turn++ % 4];

	snprintf(result, sizeof(path[0]), "%s/%s", folder, name);
	return result;
}

static void on_rotate(void *user, const char *path)
{
	(void)user;
	strncat(rotated, strrchr(path, '/') + 1, sizeof(rotated) - strlen(rotated) - 2);
	strcat(rotated, " ");
}

static struct torc_packet packet_at(uint64_t timestamp_ns)
{
	static const uint8_t data[84];

	return (struct torc_packet){ .data = data, .caplen = 84, .len = 84,
				     .timestamp_ns = timestamp_ns,
				     .link_type = TORC_LINK_ETHERNET,
				     .direction = TORC_PACKET_DIRECTION_UNKNOWN,
				     .kind = TORC_PACKET_KIND_UNKNOWN };
}

/* How many packets a file has; -1: it cannot be read. Its first interface is in *view. */
static int count_packets(const char *name, struct torc_file_interface *view)
{
	struct torc_packet packet;
	struct torc_file *file;
	int count = 0, result;

	if (torc_file_open(&file, in_folder(name), NULL, &error) < 0)
		return -1;
	while ((result = torc_file_next(file, &packet)) > 0)
		count++;
	if (view) {
		static char kept[64];

		view->size = sizeof(*view);
		torc_file_interface(file, 0, view);
		snprintf(kept, sizeof(kept), "%s", view->name ? view->name : "");
		view->name = kept; /* the reader's own goes with it */
	}
	torc_file_close(file);
	return result < 0 ? -1 : count;
}

static struct torc_writer *open_writer(const char *name, struct torc_writer_options options)
{
	struct torc_writer *writer = NULL;

	options.size = sizeof(options);
	options.on_rotate = on_rotate;
	rotated[0] = '\0';
	if (!ok(torc_writer_open(&writer, in_folder(name), &options, &error) == 0, "%s", name)) {
		note("%s", error.text);
		exit(1);
	}
	return writer;
}

/* Write count packets, step_ns apart; returns how many were taken. */
static unsigned int write_packets(struct torc_writer *writer, unsigned int count,
				  uint64_t start_ns, uint64_t step_ns)
{
	unsigned int i, taken = 0;

	for (i = 0; i < count; i++) {
		struct torc_packet packet = packet_at(start_ns + i * step_ns);

		taken += torc_writer_write(writer, &packet, 1) == 1;
	}
	return taken;
}

static uint64_t close_writer(struct torc_writer *writer)
{
	struct torc_writer_stats stats = { .size = sizeof(stats) };

	is(torc_writer_close(writer, &stats, &error), 0, "closed");
	ok(stats.taken == stats.written && stats.lost == 0, "nothing was lost");
	return stats.files;
}

/* A record is 100 bytes: a file of more than 1000 is full with 10 packets (24 + 1000 > 1000). */
static void test_size(uint32_t flags)
{
	struct torc_writer *writer;

	writer = open_writer("size.pcap", (struct torc_writer_options){ .rotate_bytes = 1000,
									.flags = flags });
	is(write_packets(writer, 35, 1000, 1), 35, "35 packets");
	is(close_writer(writer), 4, "four files");
	is_str(rotated, "size.pcap size.pcap1 size.pcap2 size.pcap3 ", "are named as tcpdump -C");
	ok(count_packets("size.pcap", NULL) == 10 && count_packets("size.pcap1", NULL) == 10 &&
	   count_packets("size.pcap2", NULL) == 10 && count_packets("size.pcap3", NULL) == 5,
	   "each has its packets");
}

static void test_ring(void)
{
	struct torc_writer *writer;

	writer = open_writer("ring.pcap", (struct torc_writer_options){ .rotate_packets = 10,
									.ring_files = 11 });
	is(write_packets(writer, 125, 1000, 1), 125, "125 packets");
	is(close_writer(writer), 13, "13 files");
	ok(strncmp(rotated, "ring.pcap00 ring.pcap01 ", 24) == 0 &&
	   strstr(rotated, "ring.pcap10 ring.pcap00 ring.pcap01 "),
	   "as many digits as the last needs, and the first comes again");
	ok(count_packets("ring.pcap00", NULL) == 10 && count_packets("ring.pcap01", NULL) == 5 &&
	   count_packets("ring.pcap02", NULL) == 10 && count_packets("ring.pcap11", NULL) == -1,
	   "the oldest were overwritten");
}

static void test_keep(void)
{
	struct torc_writer *writer;
	unsigned int before = count_files(folder);

	writer = open_writer("keep.pcap", (struct torc_writer_options){ .rotate_packets = 10,
									.keep_files = 3 });
	write_packets(writer, 95, 1000, 1);
	is(close_writer(writer), 10, "ten files");
	is(count_files(folder) - before, 3, "three are kept");
	ok(count_packets("keep.pcap6", NULL) == -1 && count_packets("keep.pcap7", NULL) == 10 &&
	   count_packets("keep.pcap9", NULL) == 5, "the newest");
}

static void test_time(void)
{
	uint64_t start = 1700000000ull * 1000000000, second = 1000000000;
	struct torc_writer *writer;

	setenv("TZ", "UTC", 1);
	tzset();
	writer = open_writer("time-%H%M%S.pcap",
			     (struct torc_writer_options){ .rotate_ns = 10 * second,
							   .start_ns = start });
	/* 22:13:20 is the start; one packet a second, then none for a minute */
	write_packets(writer, 25, start, second);
	write_packets(writer, 1, start + 85 * second, second);
	is(close_writer(writer), 4, "four files");
	is_str(rotated, "time-221320.pcap time-221330.pcap time-221340.pcap time-221445.pcap ",
	       "the local time of the packet that began each");
	ok(count_packets("time-221320.pcap", NULL) == 10 &&
	   count_packets("time-221330.pcap", NULL) == 10 &&
	   count_packets("time-221340.pcap", NULL) == 5 &&
	   count_packets("time-221445.pcap", NULL) == 1, "each has its ten seconds");

	writer = open_writer("max-%S.pcap",
			     (struct torc_writer_options){ .rotate_ns = second, .start_ns = start,
							   .max_files = 3 });
	is(write_packets(writer, 10, start, second / 2), 6, "after three files nothing is taken");
	is(close_writer(writer), 3, "three files");
	writer = open_writer("both-%S.pcap",
			     (struct torc_writer_options){ .rotate_ns = second, .start_ns = start,
							   .rotate_packets = 2, .ring_files = 2 });
	write_packets(writer, 8, start, second / 5);
	close_writer(writer);
	is_str(rotated, "both-20.pcap0 both-20.pcap1 both-20.pcap0 both-21.pcap0 both-21.pcap1 ",
	       "by time and count: the numbers begin again with each time");
	writer = open_writer("name-%S.pcap",
			     (struct torc_writer_options){ .rotate_ns = 10 * second,
							   .start_ns = start, .rotate_packets = 6 });
	write_packets(writer, 24, start, second);
	close_writer(writer);
	is_str(rotated, "name-20.pcap name-20.pcap1 name-30.pcap name-30.pcap1 name-40.pcap ",
	       "and have the name of the time they are of");
}

static void test_by_hand(void)
{
	struct torc_writer *writer = open_writer("hand.pcap", (struct torc_writer_options){ 0 });
	struct torc_packet packet = packet_at(1);

	torc_writer_write(writer, &packet, 1);
	is(torc_writer_rotate(writer), 0, "rotated by hand");
	is(count_packets("hand.pcap", NULL), 1, "the first file is complete at once");
	is_str(strrchr(torc_writer_path(writer), '/'), "/hand.pcap1", "the path now");
	is(torc_writer_rotate(writer), 0, "again, without a packet");
	torc_writer_write(writer, &packet, 1);
	is(close_writer(writer), 3, "three files");
	ok(count_packets("hand.pcap1", NULL) == 0 && count_packets("hand.pcap2", NULL) == 1,
	   "each is a capture file");
}

/* Interfaces are in each file, and the account as it was when the file ended. */
static void test_statistics(uint32_t flags)
{
	struct torc_file_interface view = { .size = sizeof(view), .name = "eth0", .link_type = 1 };
	struct torc_stats stats = { .size = sizeof(stats), .received = 10, .kernel_seen = 11, .dropped = 1,
				    .card_missed = TORC_UNKNOWN, .filtered = TORC_UNKNOWN };
	struct torc_writer *writer;

	writer = open_writer("stats.pcapng", (struct torc_writer_options){ .rotate_packets = 10,
									   .flags = flags });
	torc_writer_add_interface(writer, &view);
	torc_writer_set_stats(writer, 0, &stats);
	write_packets(writer, 15, 1000, 1);
	stats.received = 15;
	stats.kernel_seen = 16;
	torc_writer_set_stats(writer, 0, &stats);
	is(close_writer(writer), 2, "two files");
	is(count_packets("stats.pcapng", &view), 10, "the first");
	ok(strcmp(view.name, "eth0") == 0 && view.delivered == 10 &&
	   view.dropped_by_os == 1 && view.received == TORC_UNKNOWN, "with its account");
	is(count_packets("stats.pcapng1", &view), 5, "the second");
	ok(strcmp(view.name, "eth0") == 0 && view.delivered == 15 &&
	   view.accepted_by_filter == 16, "with its own");
}

int main(void)
{
	if (!mkdtemp(folder))
		skip_all("no temporary folder");
	test_size(0);
	test_size(TORC_WRITER_ASYNC);
	test_ring();
	test_keep();
	test_time();
	test_by_hand();
	test_statistics(0);
	test_statistics(TORC_WRITER_ASYNC);
	remove_folder(folder);
	return done();
}
