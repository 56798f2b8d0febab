/* SPDX-License-Identifier: BSD-3-Clause */
/* folder.c - see folder.h; openat(2), openat2(2) */
#include "live/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE_BYTES_MOST (1 << 20)

/*
 * Beneath another user's folder he may have mounted something of his own, or put links: neither is
 * followed (Linux 5.6; before, O_NOFOLLOW does what it can).
 */
static int open_beneath(int at, const char *name, int flags)
{
	struct open_how how = {
		.flags = (uint64_t)flags,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS |
			   RESOLVE_NO_MAGICLINKS,
	};
	int fd = (int)syscall(SYS_openat2, at, name, &how, sizeof(how));

	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		fd = openat(at, name, flags);
	return fd;
}

int torc_live_folder(struct live_folder *folder, int at, const char *name, uid_t user)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
	int fd = at == AT_FDCWD ? openat(at, name, flags) : open_beneath(at, name, flags);
	struct stat status;

	folder->stream = NULL;
	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) == 0 && (user == (uid_t)-1 || status.st_uid == user) &&
	    !(status.st_mode & (S_IWGRP | S_IWOTH)))
		folder->stream = fdopendir(fd);
	if (!folder->stream) {
		close(fd);
		return -EACCES;
	}
	folder->user = status.st_uid;
	return 0;
}

void torc_live_folder_close(struct live_folder *folder)
{
	if (folder->stream)
		closedir(folder->stream);
	folder->stream = NULL;
}

static const char *digits(const char *at, unsigned long *number)
{
	char *end;

	if (*at < '0' || *at > '9')
		return NULL;
	errno = 0;
	*number = strtoul(at, &end, 10);
	return errno == 0 ? end : NULL;
}

int torc_live_folder_next(struct live_folder *folder, const char **name, pid_t *pid)
{
	struct dirent *entry;

	while (folder->stream && (entry = readdir(folder->stream))) {
		unsigned long process, ring;
		const char *at = digits(entry->d_name, &process);

		if (!at || *at != '.' || process == 0 || process > INT32_MAX)
			continue;
		at = digits(at + 1, &ring);
		if (!at || *at != '\0')
			continue;
		*name = entry->d_name;
		*pid = (pid_t)process;
		return 1;
	}
	return 0;
}

int torc_live_folder_open(const struct live_folder *folder, const char *name)
{
	int fd = open_beneath(dirfd(folder->stream), name,
			      O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	struct stat status;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1 &&
	    status.st_uid == folder->user && status.st_size <= PAGE_BYTES_MOST)
		return fd;
	close(fd);
	return -EACCES;
}
