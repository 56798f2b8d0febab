/* SPDX-License-Identifier: BSD-3-Clause */
/* util.c - loading other libraries, and the loopback test */
#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "state.h"

#define LOOP_CHUNK 4096 /* below every socket buffer, so that writing never waits for reading */

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

static int through_kernel(int writer, int reader, char *buffer, u_int length)
{
	u_char chunk[LOOP_CHUNK];

	for (u_int done = 0; done < length;) {
		u_int size = length - done < LOOP_CHUNK ? length - done : LOOP_CHUNK;

		for (u_int i = 0; i < size; i++)
			chunk[i] = (u_char)(done + i);
		if (send(writer, chunk, size, MSG_NOSIGNAL) != (ssize_t)size ||
		    recv(reader, buffer + done, size, MSG_WAITALL) != (ssize_t)size)
			return -errno;
		done += size;
	}
	return 0;
}

/* PF_RING copies 0, 1, 2 ... from its module; here they go into the kernel and come back. */
API int pfring_loopback_test(pfring *ring, char *buffer, u_int buffer_len, u_int test_len)
{
	int pair[2], rc;

	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	if (test_len > buffer_len)
		test_len = buffer_len;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return PF_RING_ERROR_GENERIC;
	rc = through_kernel(pair[0], pair[1], buffer, test_len);
	close(pair[0]);
	close(pair[1]);
	return pf_result(rc);
}
