/* SPDX-License-Identifier: BSD-3-Clause */
/* memory.c - see memory.h */
#include "util/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int torc_memory_map(void **memory, int fd, size_t *bytes)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;

	if (seals < 0 || !(seals & F_SEAL_SHRINK) || fstat(fd, &st) < 0 ||
	    st.st_size < (off_t)*bytes)
		return -EPROTO;
	*bytes = (size_t)st.st_size;
	*memory = mmap(NULL, *bytes, PROT_READ, MAP_SHARED, fd, 0);
	return *memory == MAP_FAILED ? -errno : 0;
}

int torc_memory_create(void **memory, size_t bytes)
{
	int fd = memfd_create("torc", MFD_CLOEXEC | MFD_ALLOW_SEALING), ret;

	if (fd < 0)
		return -errno;
	*memory = MAP_FAILED;
	if (ftruncate(fd, (off_t)bytes) == 0)
		*memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
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
