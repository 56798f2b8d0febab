/* SPDX-License-Identifier: BSD-3-Clause */
/* available.c - see available.h; proc(5), cgroups(7), Documentation/admin-guide/cgroup-v2.rst */
#include "util/available.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <torc/base.h>

#include "util/error.h"

#define MIB (1u << 20)

/* The number in a file of one line; UINT64_MAX for "max" and where there is none. */
static uint64_t read_number(const char *root, const char *group, const char *name)
{
	char path[PATH_MAX];
	unsigned long long value;
	FILE *file;
	int got;

	if (snprintf(path, sizeof(path), "%s/sys/fs/cgroup%s/%s", root, group, name) >=
	    (int)sizeof(path))
		return UINT64_MAX;
	file = fopen(path, "re");
	if (!file)
		return UINT64_MAX;
	got = fscanf(file, "%llu", &value);
	fclose(file);
	return got == 1 ? value : UINT64_MAX;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t left_in_group(const char *root, const char *group)
{
	uint64_t max = read_number(root, group, "memory.max");
	uint64_t used = read_number(root, group, "memory.current");

	if (max == UINT64_MAX)
		return UINT64_MAX;
	if (used == UINT64_MAX)
		return max;
	return used < max ? max - used : 0;
}

/* The line "0::/path" names the group in the hierarchy of version 2. */
static uint64_t left_in_groups(const char *root)
{
	char path[PATH_MAX], line[PATH_MAX], *group = NULL;
	uint64_t left = UINT64_MAX;
	FILE *file;

	snprintf(path, sizeof(path), "%s/proc/self/cgroup", root);
	file = fopen(path, "re");
	while (file && !group && fgets(line, sizeof(line), file))
		if (strncmp(line, "0::/", 4) == 0)
			group = line + 3;
	if (file)
		fclose(file);
	if (!group)
		return UINT64_MAX;
	group[strcspn(group, "\n")] = '\0';
	while (group[0]) {
		left = least(left, left_in_group(root, group[1] ? group : ""));
		*strrchr(group, '/') = '\0';
	}
	return left;
}

uint64_t torc_memory_available(const char *root)
{
	char path[PATH_MAX], line[256];
	uint64_t available = UINT64_MAX;
	unsigned long long kib;
	FILE *file;

	snprintf(path, sizeof(path), "%s/proc/meminfo", root);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemAvailable: %llu kB", &kib) == 1)
			available = kib > UINT64_MAX / 1024 ? UINT64_MAX : kib * 1024;
	if (file)
		fclose(file);
	return least(available, left_in_groups(root));
}

int torc_memory_fair(uint64_t bytes, const char *what, const char *whom, struct torc_error *error)
{
	uint64_t available = torc_memory_available("");

	if (bytes <= available / 2)
		return 0;
	return torc_error_set(error, -ENOMEM,
			      "%s %s would take %llu MiB, more than half of the %llu MiB of memory "
			      "that are available: ask for less",
			      what, whom, (unsigned long long)(bytes / MIB),
			      (unsigned long long)(available / MIB));
}
