/* SPDX-License-Identifier: BSD-3-Clause */
/* memory.c - see memory.h */
#include "util/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is large begins where a huge page can. */
static void *map(int fd, size_t bytes, int protection)
{
	size_t spare = bytes >= TORC_HUGE_PAGE ? TORC_HUGE_PAGE : 0, before;
	size_t page = (size_t)getpagesize();
	char *room;
	void *memory;

	if (!spare)
		return mmap(NULL, bytes, protection, MAP_SHARED, fd, 0);
	room = mmap(NULL, bytes + spare, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (room == MAP_FAILED)
		return MAP_FAILED;
	before = (size_t)(-(uintptr_t)room % TORC_HUGE_PAGE);
	memory = mmap(room + before, bytes, protection, MAP_SHARED | MAP_FIXED, fd, 0);
	if (memory == MAP_FAILED) {
		munmap(room, bytes + spare);
		return MAP_FAILED;
	}
	if (before > 0)
		munmap(room, before);
	bytes = (bytes + page - 1) & ~(page - 1);
	munmap(room + before + bytes, spare - before);
	return memory;
}

int torc_memory_map(void **memory, int fd, size_t *bytes)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;

	if (seals < 0 || !(seals & F_SEAL_SHRINK) || fstat(fd, &st) < 0 ||
	    st.st_size < (off_t)*bytes)
		return -EPROTO;
	*bytes = (size_t)st.st_size;
	*memory = map(fd, *bytes, PROT_READ);
	return *memory == MAP_FAILED ? -errno : 0;
}

int torc_memory_create(void **memory, size_t bytes)
{
	int fd = memfd_create("torc", MFD_CLOEXEC | MFD_ALLOW_SEALING), ret;

	if (fd < 0)
		return -errno;
	*memory = MAP_FAILED;
	if (ftruncate(fd, (off_t)bytes) == 0)
		*memory = map(fd, bytes, PROT_READ | PROT_WRITE);
	if (*memory != MAP_FAILED && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW |
							     F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) == 0)
		return fd;
	ret = -errno;
	if (*memory != MAP_FAILED)
		munmap(*memory, bytes);
	close(fd);
	return ret;
}

int torc_memory_sealed(const void *bytes, size_t size)
{
	int fd = memfd_create("torc", MFD_CLOEXEC | MFD_ALLOW_SEALING), ret;

	if (fd < 0)
		return -errno;
	ret = pwrite(fd, bytes, size, 0) == (ssize_t)size ? 0 : -ENOSPC;
	if (ret == 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE |
						       F_SEAL_SEAL) < 0)
		ret = -errno;
	if (ret == 0)
		return fd;
	close(fd);
	return ret;
}
