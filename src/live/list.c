/* SPDX-License-Identifier: BSD-3-Clause */
/* list.c - the live rings of the machine: reading what each published */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "live/folder.h"
#include "live/live.h"
#include "live/page.h"
#include "util/sized.h"

#define READ_TRIES   100
#define FOLDERS_MOST 1024

struct torc_live_list {
	struct live_folder folders[FOLDERS_MOST];
	unsigned int count, at;
};

static void add_folder(struct torc_live_list *list, int at, const char *name, uid_t user)
{
	if (list->count < FOLDERS_MOST &&
	    torc_live_folder(&list->folders[list->count], at, name, user) == 0)
		list->count++;
}

/* Root looks into everybody's folder in /run/user, where only he and its user can do anything. */
static void add_users(struct torc_live_list *list)
{
	struct live_folder users, home;
	struct dirent *entry;

	if (torc_live_folder(&users, AT_FDCWD, "/run/user", 0) < 0)
		return;
	while ((entry = readdir(users.stream))) {
		char *end;
		unsigned long user = strtoul(entry->d_name, &end, 10);

		/* each is a mount of its own */
		if (end == entry->d_name || *end != '\0')
			continue;
		home.stream = fdopendir(openat(dirfd(users.stream), entry->d_name,
					       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
		if (!home.stream)
			continue;
		add_folder(list, dirfd(home.stream), "torc", (uid_t)user);
		torc_live_folder_close(&home);
	}
	torc_live_folder_close(&users);
}

/* Where our own rings are published, when that is not in /run. */
static void add_own(struct torc_live_list *list)
{
	const char *directory = torc_live_directory();

	if (directory[0] && strcmp(directory, "/run/torc") != 0)
		add_folder(list, AT_FDCWD, directory, geteuid());
}

int torc_live_open(struct torc_live_list **out)
{
	struct torc_live_list *list = calloc(1, sizeof(*list));
	const char *given = getenv("TORC_RUNTIME_DIR");

	if (!list)
		return -ENOMEM;
	if (given && *given) {
		add_folder(list, AT_FDCWD, given, (uid_t)-1);
	} else {
		add_folder(list, AT_FDCWD, "/run/torc", 0);
		/* of the units: root alone makes folders there, and gave this one its owner */
		add_folder(list, AT_FDCWD, "/run/torc-services", (uid_t)-1);
		if (geteuid() == 0)
			add_users(list);
		else
			add_own(list);
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

/*
 * Is the process of that number one of the file's user? What root or we ourselves have written is no
 * lie: there it is enough that the process lives, whoever it is by now (torc -Z). Its state stands
 * before its user in that file.
 */
static void look_at_owner(struct torc_live_ring *ring)
{
	bool trusted = ring->uid == 0 || ring->uid == geteuid(), found = false;
	char path[48], line[128], state = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", ring->pid);
	file = fopen(path, "re");
	while (file && !found && fgets(line, sizeof(line), file)) {
		uid_t real, effective, saved;

		sscanf(line, "State: %c", &state);
		if (sscanf(line, "Uid: %u %u %u", &real, &effective, &saved) == 3)
			found = trusted || real == ring->uid || effective == ring->uid ||
				saved == ring->uid;
	}
	if (file)
		fclose(file);
	ring->owner_known = found;
	ring->stopped = found && (state == 'T' || state == 't');
}

static bool read_ring(const struct live_folder *folder, const char *name, pid_t pid,
		      struct live_page *page)
{
	int fd = torc_live_folder_open(folder, name);
	bool good;

	if (fd < 0)
		return false;
	good = is_alive(fd) && read_page(fd, page);
	close(fd);
	if (!good)
		return false;
	terminate(&page->ring);
	page->ring.pid = pid;
	page->ring.uid = folder->user;
	look_at_owner(&page->ring);
	return true;
}

int torc_live_next(struct torc_live_list *list, struct torc_live_ring *ring,
		   struct torc_stats *stats)
{
	struct live_page page;
	const char *name;
	int result;
	pid_t pid;

	for (; list->at < list->count; list->at++) {
		struct live_folder *folder = &list->folders[list->at];

		while (torc_live_folder_next(folder, &name, &pid) > 0) {
			if (!read_ring(folder, name, pid, &page))
				continue;
			result = torc_sized_give(ring, &page.ring, sizeof(page.ring));
			if (result == 0 && stats)
				result = torc_sized_give(stats, &page.stats, sizeof(page.stats));
			return result < 0 ? result : 1;
		}
	}
	return 0;
}

void torc_live_close(struct torc_live_list *list)
{
	if (!list)
		return;
	for (unsigned int i = 0; i < list->count; i++)
		torc_live_folder_close(&list->folders[i]);
	free(list);
}
