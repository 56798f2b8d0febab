/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is left of a file when its writer is killed, when the disk is full, when the disk is slow:
 * it reads to its last whole packet, and the account says what is missing.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <torc/file.h>

#include "test.h"
#include "test_folder.h"

static struct torc_error error;
static char folder[] = "/tmp/torc-safe-XXXXXX";

static const char *in_folder(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

/* Packets that carry their number. */
static struct torc_packet packet_number(uint32_t *number)
{
	static uint8_t data[2000];

	memset(data, (int)(*number & 0xff), sizeof(data));
	memcpy(data, number, sizeof(*number));
	return (struct torc_packet){ .data = data, .caplen = 100 + *number % 1000, .len = 1500,
				     .link_type = 1, .timestamp_ns = *number,
				     .direction = TORC_PACKET_RX, .kind = TORC_PACKET_TO_HOST };
}

/*
 * Read a file back: how many packets, all whole, with rising numbers; without_gaps: every one.
 * -1 when something is wrong; *result is how it ended.
 */
static int check_file(const char *path, bool without_gaps, int *result)
{
	struct torc_packet packet;
	struct torc_file *file;
	uint32_t number, next = 0;
	int count = 0;

	*result = torc_file_open(&file, path, NULL, &error);
	if (*result < 0)
		return -1;
	while ((*result = torc_file_next(file, &packet)) > 0) {
		memcpy(&number, packet.data, sizeof(number));
		if (packet.caplen != 100 + number % 1000 || number < next ||
		    (without_gaps && number != next) ||
		    packet.data[packet.caplen - 1] != (number & 0xff))
			break;
		next = number + 1;
		count++;
	}
	torc_file_close(file);
	return *result > 0 ? -1 : count;
}

/* ---- kill -9 ---- */

static void test_kill(const char *name, uint32_t flags, unsigned int round)
{
	const char *path = in_folder(name);
	struct torc_writer_options options = { .size = sizeof(options), .flags = flags };
	struct stat status;
	struct torc_packet packet;
	int result, count;
	pid_t child;

	unlink(path);
	child = fork();
	if (child == 0) {
		struct torc_writer *writer;
		uint32_t number;

		if (torc_writer_open(&writer, path, &options, &error) < 0)
			_exit(1);
		for (number = 0;; number++) {
			packet = packet_number(&number);
			torc_writer_write(writer, &packet, 1);
			if (number % 1000 == 0)
				usleep(1000); /* a few hundred MB at most */
		}
	}
	do {
		usleep(1000);
	} while (stat(path, &status) < 0 || status.st_size < 300000 + round * 77777);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	count = check_file(path, true, &result);
	/* the kernel may have been killed in the middle of the last write() too */
	ok(count > 100 && (result == 0 || result == -TORC_EFORMAT),
	   "%s: killed, %d packets are whole", name, count);
}

/* ---- a full disk ---- */

/* Fill a file up to a limit that hits in the middle of records; then there is room again. */
static void fill_up(const char *path, struct torc_writer_options *options, bool *failed,
		    struct torc_writer_stats *stats)
{
	struct rlimit limit = { 1234567, RLIM_INFINITY }, none = { RLIM_INFINITY, RLIM_INFINITY };
	struct torc_writer *writer;
	struct torc_packet packet;
	uint32_t number;

	*failed = false;
	unlink(path);
	if (torc_writer_open(&writer, path, options, &error) < 0)
		return;
	setrlimit(RLIMIT_FSIZE, &limit);
	for (number = 0; number < 5000; number++) {
		packet = packet_number(&number);
		if (number == 4500) {
			torc_writer_flush(writer);
			setrlimit(RLIMIT_FSIZE, &none);
		}
		*failed |= torc_writer_write(writer, &packet, 1) == -EFBIG;
		/* a thread that is slow would lose packets for want of room instead */
		if ((options->flags & TORC_WRITER_ASYNC) && number % 100 == 0)
			*failed |= torc_writer_flush(writer) == -EFBIG;
	}
	torc_writer_close(writer, stats, &error);
}

static void test_full(const char *name, uint32_t flags)
{
	struct torc_writer_options options = { .size = sizeof(options), .flags = flags,
					       .buffer_bytes = flags ? 1 << 20 : 100000 };
	struct torc_writer_stats stats = { .size = sizeof(stats) };
	const char *path = in_folder(name);
	int result, count;
	bool failed;

	signal(SIGXFSZ, SIG_IGN);
	fill_up(path, &options, &failed, &stats);
	ok(failed, "%s: a full disk is reported", name);
	ok(stats.taken == 5000 && stats.lost > 0 && stats.failures > 0 && stats.waiting == 0 &&
	   stats.written + stats.lost == 5000, "%s: 5000 taken = %llu written + %llu lost", name,
	   (unsigned long long)stats.written, (unsigned long long)stats.lost);
	count = check_file(path, false, &result);
	ok(count == (int)stats.written && result == 0,
	   "%s: the file has just the packets that count as written, and ends well", name);
	if (count != (int)stats.written || result != 0)
		note("%d packets, %d: %s", count, result, error.text);
}

/* No room for even the header, and later there is. */
static void test_header_lost(const char *name)
{
	struct rlimit limit = { 10, RLIM_INFINITY }, none = { RLIM_INFINITY, RLIM_INFINITY };
	struct torc_writer_options options = { .size = sizeof(options) };
	struct torc_writer_stats stats = { .size = sizeof(stats) };
	struct torc_writer *writer;
	struct torc_packet packet;
	uint32_t number = 0;
	int result, taken;

	torc_writer_open(&writer, in_folder(name), &options, &error);
	setrlimit(RLIMIT_FSIZE, &limit); /* also for what this test prints */
	packet = packet_number(&number);
	taken = torc_writer_write(writer, &packet, 1);
	result = torc_writer_flush(writer);
	setrlimit(RLIMIT_FSIZE, &none);
	is(taken, 1, "%s: a packet", name);
	is(result, -EFBIG, "%s: no room for a byte", name);
	number++;
	packet = packet_number(&number);
	is(torc_writer_write(writer, &packet, 1), 1, "%s: the next", name);
	is(torc_writer_close(writer, &stats, &error), 0, "%s: has room", name);
	ok(stats.written == 1 && stats.lost == 1, "%s: one written, one lost", name);
	ok(check_file(in_folder(name), false, &result) == 1 && result == 0,
	   "%s: the header is there all the same", name);
}

static void test_device_full(void)
{
	struct torc_writer_options options = { .size = sizeof(options), .has_link_type = true,
					       .link_type = 1 };
	struct torc_writer *writer;

	if (access("/dev/full", W_OK) < 0) {
		skip("/dev/full", "there is none here");
		return;
	}
	is(torc_writer_open(&writer, "/dev/full", &options, &error), -ENOSPC,
	   "a disk that is full from the beginning");
	ok(strstr(error.text, "/dev/full"), "the sentence names it");
}

/* ---- a slow disk ---- */

static void test_slow(void)
{
	enum { packets = 40000 }; /* some 25 MB, for buffers of 2 MB and a pipe nobody reads */
	struct torc_writer_options options = { .size = sizeof(options), .buffer_bytes = 2 << 20,
					       .flags = TORC_WRITER_ASYNC };
	struct torc_writer_stats stats = { .size = sizeof(stats) }, during = { .size = sizeof(during) };
	const char *path = in_folder("fifo");
	struct torc_writer *writer;
	struct torc_packet packet;
	uint32_t number;
	int fd, bad = 0;
	pid_t child;

	ok(mkfifo(path, 0600) == 0, "a pipe");
	fd = open(path, O_RDWR | O_CLOEXEC); /* so that opening it for writing does not wait */
	is(torc_writer_open(&writer, path, &options, &error), 0, "a writer by a thread");
	for (number = 0; number < packets; number++) {
		packet = packet_number(&number);
		bad += torc_writer_write(writer, &packet, 1) != 1;
	}
	is(bad, 0, "every packet is taken at once although nobody reads the pipe");
	torc_writer_stats(writer, &during);
	ok(during.taken == packets && during.lost > packets / 2 && during.waiting > 0 &&
	   during.taken == during.written + during.lost + during.waiting,
	   "what has no room is lost and counted: %llu lost, %llu waiting",
	   (unsigned long long)during.lost, (unsigned long long)during.waiting);
	child = fork();
	if (child == 0) { /* now somebody reads: closing waits for what is in the buffers */
		char sink[65536];

		while (read(fd, sink, sizeof(sink)) > 0)
			;
		_exit(0);
	}
	is(torc_writer_close(writer, &stats, &error), 0, "closed");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(fd);
	ok(stats.waiting == 0 && stats.written + stats.lost == packets &&
	   stats.lost == during.lost, "what was in the buffers got there");
}

int main(void)
{
	unsigned int round;

	if (!mkdtemp(folder))
		skip_all("no temporary folder");
	for (round = 0; round < 4; round++) {
		test_kill("kill.pcap", 0, round);
		test_kill("kill.pcapng", TORC_WRITER_ASYNC, round);
	}
	test_full("full.pcap", 0);
	test_full("full.pcapng", 0);
	test_full("full-thread.pcapng", TORC_WRITER_ASYNC);
	test_full("full-thread.pcap", TORC_WRITER_ASYNC);
	test_header_lost("header.pcap");
	test_header_lost("header.pcapng");
	test_device_full();
	test_slow();
	remove_folder(folder);
	return done();
}
