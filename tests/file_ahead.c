/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A large compressed file is decompressed by a thread of its own: every packet comes, a damage comes
 * behind them, a file that grew goes on, and closing early leaves no thread.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <torc/file.h>

#include "test.h"
#include "test_folder.h"

#define PACKETS 20000u

static struct torc_error error;
static char folder[] = "/tmp/torc-ahead-XXXXXX";
static uint32_t seed;
static unsigned int threads_before; /* a sanitizer may have one */

static const char *in_folder(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

/* Bytes that do not shrink, so that the file is large too. */
static struct torc_packet packet_number(uint32_t number)
{
	static uint32_t words[375];
	uint32_t i;

	seed = number;
	for (i = 0; i < 375; i++)
		words[i] = seed = seed * 1664525 + 1013904223;
	return (struct torc_packet){
		.data = (const uint8_t *)words, .len = 60 + number % 400, .caplen = 60 + number % 400,
		.timestamp_ns = 1700000000000000000u + number, .link_type = TORC_LINK_ETHERNET,
	};
}

static bool write_packets(const char *name, uint32_t from, uint32_t count)
{
	struct torc_writer_options options = { .size = sizeof(options) };
	struct torc_writer *writer;
	uint32_t i;
	int code = torc_writer_open(&writer, in_folder(name), &options, &error);

	if (code == -EOPNOTSUPP) {
		skip(name, "built without that compression");
		return false;
	}
	for (i = from; code == 0 && i < from + count; i++) {
		struct torc_packet packet = packet_number(i);

		torc_writer_write(writer, &packet, 1);
	}
	if (code == 0)
		torc_writer_close(writer, NULL, NULL);
	return ok(code == 0, "%s: %u packets written", name, count);
}

/* Reads on from packet number from: returns how many came and are the right ones, up to max. */
static uint32_t read_packets(struct torc_file *file, uint32_t from, uint32_t max, int *result)
{
	struct torc_packet packet;
	uint32_t count = 0;

	*result = 0;
	while (count < max && (*result = torc_file_next(file, &packet)) > 0) {
		struct torc_packet want = packet_number(from + count);

		if (packet.caplen != want.caplen || packet.timestamp_ns != want.timestamp_ns ||
		    memcmp(packet.data, want.data, want.caplen) != 0)
			break;
		count++;
	}
	return count;
}

static unsigned int threads(void)
{
	return count_files("/proc/self/task");
}

/* A thread that was joined may be seen for a moment still. */
static bool alone(void)
{
	int i;

	for (i = 0; i < 5000 && threads() > threads_before; i++)
		usleep(2000);
	return threads() == threads_before;
}

/* From the beginning to the end; the file stays open. */
static struct torc_file *test_packed(const char *name)
{
	struct torc_file *file;
	cpu_set_t set;
	int result;

	torc_file_open(&file, in_folder(name), NULL, &error);
	is(read_packets(file, 0, PACKETS / 2, &result), PACKETS / 2, "half of the packets");
	if (sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) > 1)
		is(threads(), threads_before + 1, "a second thread is at work");
	else
		skip("a second thread", "there is one processor");
	is(read_packets(file, PACKETS / 2, PACKETS, &result), PACKETS - PACKETS / 2, "the others");
	is(result, 0, "the end");
	ok(alone(), "and of the thread");
	return file;
}

static void test_whole(const char *name)
{
	struct torc_file_info info = { .size = sizeof(info) };
	char more[32], command[128];
	struct torc_file *file = test_packed(name);
	int result;

	torc_file_info(file, &info);
	is(info.file_offset, info.file_bytes, "the whole file was read");
	snprintf(more, sizeof(more), "more-%s", name); /* a second section, a second member */
	snprintf(command, sizeof(command), "cd %s && cat %s >>%s", folder, more, name);
	if (write_packets(more, PACKETS, 100) && system(command) == 0) {
		is(read_packets(file, PACKETS, 200, &result), 100, "a file that grew goes on");
		is(result, 0, "to its new end");
	}
	torc_file_close(file);
	torc_file_open(&file, in_folder(name), NULL, &error);
	read_packets(file, 0, PACKETS / 2, &result);
	torc_file_close(file);
	ok(alone(), "closing in the middle ends the thread");
}

static void test_cut(const char *name)
{
	struct torc_file *file;
	struct stat status;
	uint32_t count;
	int result;

	stat(in_folder(name), &status);
	if (truncate(in_folder(name), status.st_size / 2) < 0)
		exit(1);
	torc_file_open(&file, in_folder(name), NULL, &error);
	count = read_packets(file, 0, PACKETS, &result);
	ok(count > PACKETS / 3 && count < PACKETS && result == -TORC_EFORMAT,
	   "a file that is cut: what is whole, then the damage");
	ok(strstr(torc_file_error(file), "ends early"), "which is named");
	is(read_packets(file, count, 1, &result), 0, "nothing comes behind it");
	is(result, -TORC_EFORMAT, "and it stays so");
	torc_file_close(file);
	ok(alone(), "no thread is left");
}

/* A child has a copy of the file, but not of the thread: it is told, and does not wait for ever. */
static void test_fork(const char *name)
{
	struct torc_file *file;
	int result, status = 0;
	pid_t child;

	torc_file_open(&file, in_folder(name), NULL, &error);
	read_packets(file, 0, PACKETS / 2, &result);
	fflush(stdout);
	child = fork();
	if (child == 0) {
		read_packets(file, PACKETS / 2, PACKETS, &result);
		status = result == -EOPNOTSUPP && strstr(torc_file_error(file), "open it anew") ? 7 : 8;
		torc_file_close(file);
		_exit(status);
	}
	waitpid(child, &status, 0);
	is(WIFEXITED(status) ? WEXITSTATUS(status) : -1, sysconf(_SC_NPROCESSORS_ONLN) > 1 ? 7 : 8,
	   "a child is told to open it anew");
	is(read_packets(file, PACKETS / 2, PACKETS - PACKETS / 2, &result), PACKETS - PACKETS / 2, "the parent reads on");
	torc_file_close(file);
	ok(alone(), "and its thread ends");
}

/* What torc does not write, other programs do. */
static bool pack(const char *program, const char *plain, const char *packed)
{
	char command[600];

	snprintf(command, sizeof(command), "%s -q -c <%s/%s >%s/%s 2>/dev/null", program, folder, plain,
		 folder, packed);
	return system(command) == 0;
}

static void *nothing(void *argument)
{
	return argument;
}

int main(void)
{
	static const char *const names[] = { "a.pcapng.gz", "a.pcapng.zst" };
	static const char *const others[] = { "xz", "lz4" };
	static const char *const programs[] = { "xz", "lz4 -B4" }; /* blocks that a half is many of */
	struct torc_file *file;
	pthread_t first;
	size_t i;

	if (!mkdtemp(folder))
		exit(1);
	/* a sanitizer begins a thread of its own with the first */
	if (pthread_create(&first, NULL, nothing, NULL) != 0)
		exit(1);
	pthread_join(first, NULL);
	for (i = 0; i < 50 && threads() > 1; i++)
		usleep(2000);
	threads_before = threads();
	for (i = 0; i < 2; i++)
		if (write_packets(names[i], 0, PACKETS)) {
			test_whole(names[i]);
			test_fork(names[i]);
			test_cut(names[i]);
		}
	for (i = 0; i < 2 && write_packets("a.pcapng", 0, PACKETS); i++) {
		char name[32];

		snprintf(name, sizeof(name), "a.pcapng.%s", others[i]);
		if (!pack(programs[i], "a.pcapng", name) ||
		    torc_file_open(&file, in_folder(name), NULL, &error) < 0) {
			note("%s is not installed, or not in this build", others[i]);
			continue;
		}
		torc_file_close(file);
		torc_file_close(test_packed(name));
		test_cut(name);
	}
	remove_folder(folder);
	return done();
}
