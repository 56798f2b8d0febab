/* SPDX-License-Identifier: BSD-3-Clause */
/* util.c - loading other libraries, and the loopback test */
#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "state.h"

#define LOOP_CHUNK 65536 /* a multiple of 256, so that each chunk holds the same bytes */

API void pfring_thirdparty_lib_init(const char *thirdparty_lib_name,
				    struct thirdparty_func thirdparty_function_ptr[])
{
	void *library = dlopen(thirdparty_lib_name, RTLD_LAZY), *symbol;

	if (!library)
		return;
	for (struct thirdparty_func *at = thirdparty_function_ptr; at->name; at++) {
		if (at->ptr)
			continue;
		symbol = dlsym(library, at->name);
		memcpy(&at->ptr, &symbol, sizeof(at->ptr));
	}
	/* The library stays open: the pointers lead into it. */
}

static int fill_file(int fd)
{
	u_char chunk[LOOP_CHUNK];

	for (u_int i = 0; i < sizeof(chunk); i++)
		chunk[i] = (u_char)i;
	return pwrite(fd, chunk, sizeof(chunk), 0) == (ssize_t)sizeof(chunk) ? 0 : -EIO;
}

/* PF_RING's module copies 0, 1, 2 ... to the program; here the bytes lie in a file in memory. */
API int pfring_loopback_test(pfring *ring, char *buffer, u_int buffer_len, u_int test_len)
{
	u_int done = 0;
	int fd, rc;

	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	if (test_len > buffer_len)
		test_len = buffer_len;
	fd = memfd_create("pfring_loopback_test", MFD_CLOEXEC);
	if (fd < 0)
		return PF_RING_ERROR_GENERIC;
	rc = fill_file(fd);
	while (rc == 0 && done < test_len) {
		u_int size = test_len - done < LOOP_CHUNK ? test_len - done : LOOP_CHUNK;

		if (pread(fd, buffer + done, size, 0) != (ssize_t)size)
			rc = -EIO;
		done += size;
	}
	close(fd);
	return pf_result(rc);
}
