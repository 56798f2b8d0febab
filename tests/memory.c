/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * memory.c - what is available is found, and a request beyond a fair part of it is refused
 *
 * The files of proc(5) and cgroups(7) are made here; no memory is asked for.
 */
#include <errno.h>
#include <sys/stat.h>

#include <torc/file.h>
#include <torc/ring.h>

#include "test.h"
#include "util/available.h"

#define GIB (1ull << 30)

static char root[] = "/tmp/torc-memory-XXXXXX";

static void put(const char *path, const char *text)
{
	char full[256];
	FILE *file;

	snprintf(full, sizeof(full), "%s%s", root, path);
	for (char *at = full + strlen(root) + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		mkdir(full, 0700);
		*at = '/';
	}
	file = fopen(full, "w");
	if (!file || fputs(text, file) < 0 || fclose(file) != 0)
		skip_all(full);
}

static void test_available(void)
{
	is(torc_memory_available(root), UINT64_MAX, "without /proc it is not known");
	put("/proc/meminfo", "MemTotal: 25165824 kB\nMemFree: 1 kB\nMemAvailable: 20971520 kB\n");
	is(torc_memory_available(root), 20 * GIB, "MemAvailable");
	put("/proc/self/cgroup", "1:name=systemd:/x\n0::/a/b\n");
	is(torc_memory_available(root), 20 * GIB, "groups that say nothing limit nothing");
	put("/sys/fs/cgroup/a/b/memory.max", "max\n");
	put("/sys/fs/cgroup/a/b/memory.current", "4096\n");
	is(torc_memory_available(root), 20 * GIB, "max is no limit");
	put("/sys/fs/cgroup/a/memory.max", "4294967296\n");
	put("/sys/fs/cgroup/a/memory.current", "1073741824\n");
	is(torc_memory_available(root), 3 * GIB, "the limit of a group above, less what is used");
	put("/sys/fs/cgroup/a/b/memory.max", "1073741824\n");
	is(torc_memory_available(root), GIB - 4096, "the least of the groups");
	put("/sys/fs/cgroup/a/b/memory.current", "2147483648\n");
	is(torc_memory_available(root), 0, "more used than allowed: nothing");
	put("/proc/self/cgroup", "0::/\n");
	is(torc_memory_available(root), 20 * GIB, "the root of a container without a limit");
	put("/sys/fs/cgroup/memory.max", "2147483648\n");
	put("/sys/fs/cgroup/memory.current", "0\n");
	is(torc_memory_available(root), 2 * GIB, "and with one");
}

static void expect_refusal(const char *device, uint32_t flags)
{
	/* more than any machine has, and refused before anything is asked for */
	struct torc_ring_options options = { .size = sizeof(options), .flags = flags,
					     .buffer_bytes = 1ull << 50 };
	struct torc_error error = { 0 };
	struct torc_ring *ring;
	int result = torc_ring_open_with(&ring, device, &options, &error);

	if (result == -EPERM || result == -ENODEV || result == -ENETDOWN) {
		skip(device, error.text);
		return;
	}
	is(result, -ENOMEM, "%s, flags %u: a buffer of a million GiB is refused", device, flags);
	ok(strstr(error.text, "half") && strstr(error.text, "available"), "\"%s\"", error.text);
}

static void test_writer(void)
{
	struct torc_writer_options options = { .size = sizeof(options),
					       .buffer_bytes = 1ull << 50 };
	struct torc_error error = { 0 };
	struct torc_writer *writer;
	char path[256];

	snprintf(path, sizeof(path), "%s/a.pcap", root);
	for (unsigned int i = 0; i < 2; i++) {
		options.flags = i ? TORC_WRITER_ASYNC : 0;
		is(torc_writer_open(&writer, path, &options, &error), -ENOMEM,
		   "so is a file's, flags %u", options.flags);
		ok(strstr(error.text, "available") != NULL, "\"%s\"", error.text);
	}
}

int main(void)
{
	char command[256];

	if (!mkdtemp(root))
		skip_all("no temporary folder");
	test_available();
	if (torc_memory_available("") == UINT64_MAX)
		skip_all("this machine does not tell its memory");
	(void)!system("ip link set lo up");
	expect_refusal("lo", 0);
	expect_refusal("lo", TORC_IMMEDIATE);
	expect_refusal("any", 0);
	test_writer();
	snprintf(command, sizeof(command), "rm -r %s", root);
	is(system(command), 0, "the files are gone");
	return done();
}
