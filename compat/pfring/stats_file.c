/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stats_file.c - the application's own text, where others can read it
 *
 * PF_RING shows it as /proc/net/pf_ring/stats/<pid>-<device>.<ring id>. A library cannot make files
 * in /proc, so the same bytes are in <run>/pf_ring/stats/ under the same name, where <run> is where
 * live rings are published: torc_live_directory(). The file is replaced as a whole, so that a
 * reader never sees half of it, and goes when the ring closes.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <torc/live.h>

#include "state.h"

/* <run>/pf_ring/stats, made where it is missing */
static int stats_folder(char *path, size_t size)
{
	static const char *const steps[] = { "/pf_ring", "/stats" };
	size_t used = (size_t)snprintf(path, size, "%s", torc_live_directory());

	if (used == 0)
		return -EACCES;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && used < size; i++) {
		used += (size_t)snprintf(path + used, size - used, "%s", steps[i]);
		if (used < size && mkdir(path, 0755) < 0 && errno != EEXIST)
			return -errno;
	}
	return used < size ? 0 : -ENAMETOOLONG;
}

/* A process that was killed left its files: whoever makes a new one clears them away. */
static void remove_stale(const char *folder)
{
	DIR *directory = opendir(folder);
	const struct dirent *entry;

	while (directory && (entry = readdir(directory)) != NULL) {
		long pid = strtol(entry->d_name, NULL, 10);

		if (pid > 0 && kill((pid_t)pid, 0) < 0 && errno == ESRCH)
			unlinkat(dirfd(directory), entry->d_name, 0);
	}
	if (directory)
		closedir(directory);
}

/* The name of the file, decided once. */
static int choose_path(pfring *ring)
{
	struct state *state = state_of(ring);
	struct torc_ring_info info = { .size = sizeof(info) };
	char folder[sizeof(state->stats_path) - 48];
	int rc;

	if (state->stats_path[0])
		return 0;
	rc = torc_ring_info(state->torc, &info);
	if (rc == 0)
		rc = stats_folder(folder, sizeof(folder));
	if (rc < 0)
		return rc;
	remove_stale(folder);
	snprintf(state->stats_path, sizeof(state->stats_path), "%s/%d-%.16s.%u", folder,
		 (int)getpid(), info.interface_name[0] ? info.interface_name : "none", info.id);
	return 0;
}

static int write_line(int fd, const char *text)
{
	const struct iovec parts[2] = { { (void *)(uintptr_t)text, strlen(text) },
					{ (void *)(uintptr_t)"\n", 1 } };
	ssize_t wrote = writev(fd, parts, 2);

	if (wrote < 0)
		return -errno;
	return (size_t)wrote == parts[0].iov_len + 1 ? 0 : -ENOSPC;
}

static int write_file(const char *path, const char *text)
{
	char fresh[sizeof(((struct state *)0)->stats_path) + 8];
	int fd, rc;

	snprintf(fresh, sizeof(fresh), "%s.new", path);
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return -errno;
	rc = write_line(fd, text);
	close(fd);
	if (rc == 0 && rename(fresh, path) < 0)
		rc = -errno;
	if (rc < 0)
		unlink(fresh);
	return rc;
}

API int pfring_set_application_stats(pfring *ring, char *stats)
{
	int rc;

	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	if (!stats)
		return pf_result(-EINVAL);
	rc = torc_ring_set_application_stats(state_of(ring)->torc, stats);
	if (rc == 0)
		rc = choose_path(ring);
	if (rc == 0)
		rc = write_file(state_of(ring)->stats_path, stats);
	return pf_result(rc);
}

API char *pfring_get_appl_stats_file_name(pfring *ring, char *path, u_int path_len)
{
	if (!ring || !path)
		return NULL;
	if (pf_result(choose_path(ring)) < 0)
		return NULL;
	if (snprintf(path, path_len, "%s", state_of(ring)->stats_path) >= (int)path_len) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	return path;
}

void pf_stats_file_remove(struct state *state)
{
	if (state->stats_path[0])
		unlink(state->stats_path);
}
