/* SPDX-License-Identifier: BSD-3-Clause */
/* publish.c - a ring's own file among the live rings */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <torc/confine.h>

#include "live/folder.h"
#include "live/live.h"
#include "live/page.h"
#include "peer/peer.h"

struct torc_live {
	struct live_page *page;
	int fd;
	uint32_t ring_id;
	pid_t pid; /* whose name the file has */
	char path[256];
};

/* Where our user's sockets are; without such a folder, one in /tmp, which we alone read. */
static bool choose(char *directory, size_t size)
{
	const char *given = getenv("TORC_RUNTIME_DIR");

	if (torc_peer_folder(directory, size, NULL) == 0)
		return true;
	snprintf(directory, size, "/tmp/torc-%u", (unsigned int)geteuid());
	return !(given && *given) && torc_peer_folder_usable(directory);
}

const char *torc_live_directory(void)
{
	static __thread char directory[200];

	if (!choose(directory, sizeof(directory)))
		directory[0] = '\0';
	return directory;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void copy(char *to, size_t size, const char *from)
{
	size_t length = strnlen(from, size - 1);

	memcpy(to, from, length);
	to[length] = '\0';
}

static void begin(struct live_page *page)
{
	__atomic_store_n(&page->sequence, page->sequence + 1, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE); /* odd before anything changes */
}

static void end(struct live_page *page)
{
	/* Release: even only after everything has changed. */
	__atomic_store_n(&page->sequence, page->sequence + 1, __ATOMIC_RELEASE);
}

/*
 * The file under a name that readers do not look for: it gets its own when all is there. Its memory
 * is taken now: a write to a mapping that a full file system has no page for is a SIGBUS.
 */
static int map(struct torc_live *live, const char *path)
{
	unlink(path); /* of a process before us with our number */
	live->fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (live->fd < 0)
		return -errno;
	if (fchmod(live->fd, 0644) < 0 || flock(live->fd, LOCK_EX | LOCK_NB) < 0 ||
	    posix_fallocate(live->fd, 0, sizeof(*live->page)) != 0)
		return -EIO;
	live->page = mmap(NULL, sizeof(*live->page), PROT_READ | PROT_WRITE, MAP_SHARED, live->fd,
			  0);
	if (live->page == MAP_FAILED) {
		live->page = NULL;
		return -errno;
	}
	return 0;
}

static void fill_in(struct live_page *page, uint32_t ring_id)
{
	struct stat status;

	page->ring.pid = getpid();
	page->ring.uid = getuid();
	page->ring.ring_id = ring_id;
	page->ring.opened_ns = now_ns();
	if (stat("/proc/self/ns/net", &status) == 0)
		page->ring.network_namespace = status.st_ino;
	page->ring.size = page->ring_bytes = sizeof(page->ring);
	page->stats.size = page->stats_bytes = sizeof(page->stats);
	page->version = LIVE_VERSION;
	__atomic_store_n(&page->magic, LIVE_MAGIC, __ATOMIC_RELEASE);
}

/*
 * What dead processes of ours have left: a file that nobody has locked. Once in each process, as only
 * a process that is killed leaves any.
 */
static void sweep(const char *directory)
{
	static pid_t swept; /* atomic */
	struct live_folder folder;
	const char *name;
	pid_t pid;

	if (__atomic_exchange_n(&swept, getpid(), __ATOMIC_RELAXED) == getpid() ||
	    torc_live_folder(&folder, AT_FDCWD, directory, geteuid()) < 0)
		return;
	while (torc_live_folder_next(&folder, &name, &pid) > 0) {
		int fd = torc_live_folder_open(&folder, name);

		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
			unlinkat(dirfd(folder.stream), name, 0);
		if (fd >= 0)
			close(fd);
	}
	torc_live_folder_close(&folder);
}

static void name_file(const struct torc_live *live, char *path, size_t size)
{
	const char *end = strrchr(live->path, '/');

	snprintf(path, size, "%.*s/%d.%u", (int)(end - live->path), live->path, (int)live->pid,
		 live->ring_id);
}

/* A child that goes on with the ring after fork(): the file is its own from now on. */
static void follow_fork(struct torc_live *live)
{
	char path[sizeof(live->path)];

	if (live->pid == getpid())
		return;
	live->pid = getpid();
	name_file(live, path, sizeof(path));
	if (rename(live->path, path) == 0)
		memcpy(live->path, path, sizeof(path));
}

struct torc_live *torc_live_publish(uint32_t ring_id)
{
	const char *directory = torc_live_directory();
	struct torc_live *live = calloc(1, sizeof(*live));
	char path[sizeof(live->path)];

	if (!live)
		return NULL;
	live->fd = -1;
	if (directory[0] == '\0') {
		torc_live_withdraw(live);
		return NULL;
	}
	sweep(directory);
	live->ring_id = ring_id;
	live->pid = getpid();
	snprintf(path, sizeof(path), "%s/new-%d-%u", directory, (int)getpid(), ring_id);
	snprintf(live->path, sizeof(live->path), "%s/%d.%u", directory, (int)getpid(), ring_id);
	if (map(live, path) == 0) {
		fill_in(live->page, ring_id);
		if (rename(path, live->path) == 0)
			return live;
	}
	unlink(path);
	torc_live_withdraw(live);
	return NULL;
}

void torc_live_update(struct torc_live *live, const struct torc_ring_info *info,
		      const struct torc_stats *stats, const char *application_stats,
		      uint64_t poll_calls)
{
	struct torc_confine_info confined = { .size = sizeof(confined) };
	struct torc_live_ring *ring = &live->page->ring;

	torc_confine_info(&confined);
	follow_fork(live);
	begin(live->page);
	ring->pid = getpid();
	ring->updated_ns = now_ns();
	ring->poll_calls = poll_calls;
	copy(ring->application_name, sizeof(ring->application_name), info->application_name);
	copy(ring->device, sizeof(ring->device), info->device);
	copy(ring->interface_name, sizeof(ring->interface_name), info->interface_name);
	copy(ring->engine, sizeof(ring->engine), info->engine);
	copy(ring->engine_detail, sizeof(ring->engine_detail), info->engine_detail);
	copy(ring->filter, sizeof(ring->filter), info->filter);
	copy(ring->application_stats, sizeof(ring->application_stats), application_stats);
	ring->snaplen = info->snaplen;
	ring->flags = info->flags;
	ring->ifindex = info->ifindex;
	ring->mtu = info->mtu;
	ring->queue_count = info->queue_count;
	ring->block_bytes = info->block_bytes;
	ring->buffer_bytes = info->buffer_bytes;
	ring->enabled = info->enabled;
	ring->direction = info->direction;
	ring->mode = info->mode;
	ring->sampling_rate = info->sampling_rate;
	ring->poll_watermark = info->poll_watermark;
	ring->poll_duration_ms = info->poll_duration_ms;
	ring->cluster_id = info->cluster_id;
	ring->cluster_type = info->cluster_type;
	ring->vlan = info->vlan;
	ring->link_type = info->link_type;
	ring->channel_mask = info->channel_mask;
	ring->confined = confined.in_force;
	live->page->stats = *stats;
	end(live->page);
}

void torc_live_withdraw(struct torc_live *live)
{
	if (!live)
		return;
	/* after fork() two processes have the mapping: the one that used the ring last owns it */
	if (live->page && live->page->ring.pid == getpid())
		unlink(live->path);
	if (live->page)
		munmap(live->page, sizeof(*live->page));
	if (live->fd >= 0)
		close(live->fd);
	free(live);
}
