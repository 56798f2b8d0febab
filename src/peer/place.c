/* SPDX-License-Identifier: BSD-3-Clause */
/* place.c - where a leader listens: a socket and a lock in a folder of its user's; unix(7), flock(2) */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "peer/peer.h"
#include "util/error.h"

#define LISTEN_BACKLOG 256
#define MARK_TRIES     100 /* times MARK_WAIT_NS: for another process to have bound its own */
#define MARK_WAIT_NS   1000000

/* Ours, and nobody else can write it: names in it are then what our user's processes made. */
bool torc_peer_folder_usable(const char *folder)
{
	struct stat status;
	bool made = mkdir(folder, 0755) == 0;

	if (made)
		(void)!chmod(folder, 0755); /* whatever the umask: others may look */
	return (made || errno == EEXIST) && lstat(folder, &status) == 0 &&
	       S_ISDIR(status.st_mode) && status.st_uid == geteuid() &&
	       !(status.st_mode & (S_IWGRP | S_IWOTH)) && access(folder, W_OK) == 0;
}

int torc_peer_folder(char *path, size_t size, struct torc_error *error)
{
	const char *given = getenv("TORC_RUNTIME_DIR"), *user = getenv("XDG_RUNTIME_DIR");
	bool fits = true, named = false;

	if (given && *given) {
		fits = (size_t)snprintf(path, size, "%s", given) < size;
		named = true;
	} else if (geteuid() == 0) {
		fits = (size_t)snprintf(path, size, "/run/torc") < size;
	} else if (user && *user) {
		fits = (size_t)snprintf(path, size, "%s/torc", user) < size;
		named = true;
	} else {
		fits = (size_t)snprintf(path, size, "/run/user/%u/torc", geteuid()) < size;
	}
	if (fits && torc_peer_folder_usable(path))
		return 0;
	return torc_error_set(error, -ENOENT, "no folder for the sockets of processes that share a "
			      "capture: %.80s is not there, not ours alone, or not writable: %s",
			      path, named ? "correct it" : "set XDG_RUNTIME_DIR to such a folder");
}

int torc_peer_place(struct torc_peer_place *place, const char *kind, unsigned int id,
		    struct torc_error *error)
{
	char folder[sizeof(place->path)];
	int ret = torc_peer_folder(folder, sizeof(folder), error), length;

	if (ret < 0)
		return ret;
	length = snprintf(place->path, sizeof(place->path), "%.100s/%s-%" PRIu64 "-%u", folder, kind,
			  torc_peer_netns(), id);
	if ((size_t)length >= sizeof(place->path))
		return torc_error_set(error, -ENAMETOOLONG, "%s is too long a name for a folder of "
				      "sockets: set TORC_RUNTIME_DIR to a shorter one", folder);
	snprintf(place->lock, sizeof(place->lock), "%s.lock", place->path);
	return 0;
}

static int ascending(const void *a, const void *b)
{
	unsigned int one = *(const unsigned int *)a, two = *(const unsigned int *)b;

	return (one > two) - (one < two);
}

int torc_peer_places(const char *kind, unsigned int *ids, unsigned int max)
{
	char folder[sizeof(((struct torc_peer_place *)0)->path)], head[64];
	int length = snprintf(head, sizeof(head), "%s-%" PRIu64 "-", kind, torc_peer_netns());
	unsigned int count = 0;
	struct dirent *entry;
	DIR *stream = NULL;

	if (torc_peer_folder(folder, sizeof(folder), NULL) == 0)
		stream = opendir(folder);
	while (stream && count < max && (entry = readdir(stream))) {
		const char *number = entry->d_name + length;
		char *end;

		if (strncmp(entry->d_name, head, (size_t)length) != 0 || *number < '0' ||
		    *number > '9')
			continue;
		ids[count] = (unsigned int)strtoul(number, &end, 10);
		count += *end == '\0';
	}
	if (stream)
		closedir(stream);
	qsort(ids, count, sizeof(*ids), ascending);
	return (int)count;
}

int torc_peer_lock_open(const struct torc_peer_place *place)
{
	int fd = open(place->lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	struct stat status;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == geteuid())
		return fd;
	close(fd);
	return -EACCES;
}

int torc_peer_lock(const struct torc_peer_place *place, int lock)
{
	struct stat ours, there;

	if (flock(lock, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	if (fstat(lock, &ours) == 0 && lstat(place->lock, &there) == 0 &&
	    ours.st_ino == there.st_ino && ours.st_dev == there.st_dev)
		return 0;
	flock(lock, LOCK_UN);
	return -ESTALE;
}

static struct sockaddr_un address_of(const struct torc_peer_place *place)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	memcpy(address.sun_path, place->path, sizeof(address.sun_path));
	return address;
}

static int connect_to(const struct torc_peer_place *place, int type)
{
	const struct sockaddr_un address = address_of(place);
	struct stat status;
	int fd, ret;

	if (lstat(place->path, &status) < 0)
		return errno == ENOENT ? -ECONNREFUSED : -errno;
	if (!S_ISSOCK(status.st_mode) || status.st_uid != geteuid())
		return -EACCES;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		ret = errno == ENOENT ? -ECONNREFUSED : -errno;
	else
		ret = type == SOCK_DGRAM || torc_peer_is_user(fd, geteuid()) ? fd : -EACCES;
	if (ret < 0)
		close(fd);
	return ret;
}

static int bind_at(const struct torc_peer_place *place, int type)
{
	const struct sockaddr_un address = address_of(place);
	int fd = connect_to(place, type), ret;

	if (fd >= 0)
		close(fd);
	if (fd >= 0 || fd == -EAGAIN)
		return -EADDRINUSE;
	if (fd != -ECONNREFUSED)
		return fd;
	unlink(place->path); /* of a process that was killed */
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* the file gets the mode that the socket has before it is bound (net/unix/af_unix.c) */
	if (fchmod(fd, 0600) == 0 &&
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
	    (type == SOCK_DGRAM || listen(fd, LISTEN_BACKLOG) == 0))
		return fd;
	ret = -errno;
	close(fd);
	return ret;
}

int torc_peer_connect(const struct torc_peer_place *place)
{
	return connect_to(place, SOCK_SEQPACKET);
}

int torc_peer_listen(const struct torc_peer_place *place)
{
	return bind_at(place, SOCK_SEQPACKET);
}

void torc_peer_remove(const struct torc_peer_place *place)
{
	unlink(place->path);
	unlink(place->lock);
}

/* The lock of a place is taken for a moment; 100 ms for others who do the same. */
static int lock_for_a_moment(const struct torc_peer_place *place)
{
	const struct timespec pause = { .tv_nsec = MARK_WAIT_NS };
	int ret = -EBUSY;

	for (int i = 0; i < MARK_TRIES && (ret == -EBUSY || ret == -ESTALE); i++) {
		int lock = torc_peer_lock_open(place);

		if (i > 0)
			nanosleep(&pause, NULL);
		ret = lock < 0 ? lock : torc_peer_lock(place, lock);
		if (ret == 0)
			return lock;
		if (lock >= 0)
			close(lock);
	}
	return ret;
}

int torc_peer_mark(const char *kind, unsigned int id, struct torc_error *error)
{
	struct torc_peer_place place;
	int ret = torc_peer_place(&place, kind, id, error), lock;

	if (ret < 0)
		return ret;
	lock = lock_for_a_moment(&place);
	ret = lock < 0 ? lock : bind_at(&place, SOCK_DGRAM);
	if (lock >= 0)
		close(lock);
	return ret < 0 ? torc_error_set(error, ret, "%s: %s", place.path, torc_strerror(ret)) : ret;
}

void torc_peer_unmark(const char *kind, unsigned int id, int fd)
{
	struct torc_peer_place place;
	int lock, other;

	close(fd);
	if (torc_peer_place(&place, kind, id, NULL) < 0)
		return;
	lock = lock_for_a_moment(&place);
	if (lock < 0)
		return;
	other = connect_to(&place, SOCK_DGRAM);
	if (other == -ECONNREFUSED)
		torc_peer_remove(&place);
	if (other >= 0)
		close(other);
	close(lock);
}

bool torc_peer_marked(const char *kind, unsigned int id)
{
	struct torc_peer_place place;
	int fd;

	if (torc_peer_place(&place, kind, id, NULL) < 0)
		return false;
	fd = connect_to(&place, SOCK_DGRAM);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}
