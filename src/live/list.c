/* SPDX-License-Identifier: BSD-3-Clause */
/* list.c - the live rings of the machine: reading what each published */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "live/live.h"
#include "live/page.h"
#include "util/sized.h"

#define READ_TRIES 100

struct torc_live_list {
	glob_t paths;
	size_t at;
};

static const char *const places[] = { "/run/torc/*.*", "/run/user/*/torc/*.*",
				      "/tmp/torc-*/*.*" };

static void add_place(struct torc_live_list *list, const char *pattern)
{
	int flags = list->paths.gl_pathv ? GLOB_APPEND : 0;

	glob(pattern, flags, NULL, &list->paths);
}

static void add_given(struct torc_live_list *list, const char *directory, const char *tail)
{
	char pattern[512];

	if (directory && *directory && strlen(directory) + strlen(tail) < sizeof(pattern)) {
		strcpy(pattern, directory);
		strcat(pattern, tail);
		add_place(list, pattern);
	}
}

int torc_live_open(struct torc_live_list **out)
{
	struct torc_live_list *list = calloc(1, sizeof(*list));
	const char *given = getenv("TORC_RUNTIME_DIR"), *user = getenv("XDG_RUNTIME_DIR");

	if (!list)
		return -ENOMEM;
	if (given && *given) {
		add_given(list, given, "/*.*");
	} else {
		for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
			add_place(list, places[i]);
		if (user && strncmp(user, "/run/user/", 10) != 0)
			add_given(list, user, "/torc/*.*");
	}
	*out = list;
	return 0;
}

/* One of the two structs of a page, of bytes in the file: what this version knows of it. */
static bool read_struct(int fd, uint64_t at, uint32_t bytes, void *to, size_t most)
{
	size_t known = bytes < most ? bytes : most;

	return bytes >= sizeof(size_t) && pread(fd, to, known, (off_t)at) == (ssize_t)known;
}

/* A copy that the owner did not change meanwhile. */
static bool read_page(int fd, struct live_page *page)
{
	const size_t head = offsetof(struct live_page, ring);

	for (int i = 0; i < READ_TRIES; i++) {
		uint32_t again;

		memset(page, 0, sizeof(*page));
		if (pread(fd, page, head, 0) != (ssize_t)head || page->magic != LIVE_MAGIC ||
		    page->version != LIVE_VERSION ||
		    !read_struct(fd, head, page->ring_bytes, &page->ring, sizeof(page->ring)) ||
		    !read_struct(fd, head + page->ring_bytes, page->stats_bytes, &page->stats,
				 sizeof(page->stats)))
			return false;
		if (pread(fd, &again, sizeof(again), offsetof(struct live_page, sequence)) !=
		    sizeof(again))
			return false;
		if (again == page->sequence && again % 2 == 0)
			return true;
	}
	return false;
}

/* Strings come from another process: terminate each. */
static void terminate(struct torc_live_ring *ring)
{
	ring->application_name[sizeof(ring->application_name) - 1] = '\0';
	ring->device[sizeof(ring->device) - 1] = '\0';
	ring->interface_name[sizeof(ring->interface_name) - 1] = '\0';
	ring->engine[sizeof(ring->engine) - 1] = '\0';
	ring->engine_detail[sizeof(ring->engine_detail) - 1] = '\0';
	ring->filter[sizeof(ring->filter) - 1] = '\0';
	ring->application_stats[sizeof(ring->application_stats) - 1] = '\0';
}

/* The lock of a living owner cannot be had; a file that can be locked is left over. */
static bool is_alive(int fd)
{
	if (flock(fd, LOCK_SH | LOCK_NB) < 0)
		return errno == EWOULDBLOCK;
	flock(fd, LOCK_UN);
	return false;
}

static bool read_ring(const char *path, struct live_page *page)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	bool alive, good;

	if (fd < 0)
		return false;
	alive = is_alive(fd);
	good = read_page(fd, page);
	close(fd);
	if (!alive && good)
		unlink(path); /* fails where it is not ours to remove */
	if (!alive || !good)
		return false;
	terminate(&page->ring);
	return true;
}

int torc_live_next(struct torc_live_list *list, struct torc_live_ring *ring,
		   struct torc_stats *stats)
{
	struct live_page page;
	int result;

	while (list->at < list->paths.gl_pathc) {
		if (!read_ring(list->paths.gl_pathv[list->at++], &page))
			continue;
		result = torc_sized_give(ring, &page.ring, sizeof(page.ring));
		if (result == 0 && stats)
			result = torc_sized_give(stats, &page.stats, sizeof(page.stats));
		return result < 0 ? result : 1;
	}
	return 0;
}

void torc_live_close(struct torc_live_list *list)
{
	if (!list)
		return;
	globfree(&list->paths);
	free(list);
}
