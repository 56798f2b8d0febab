/* SPDX-License-Identifier: BSD-3-Clause */
/* sized.c - public structs that begin with their size */
#include "util/sized.h"

#include <errno.h>
#include <string.h>

#include "util/error.h"

/* Far above any of them: what is larger was never set. */
#define SIZE_MOST 65536

/* All of them have room for a size and something more, and end where a size could begin. */
static bool is_size(size_t size)
{
	return size > sizeof(size_t) && size <= SIZE_MOST && size % _Alignof(size_t) == 0;
}

int torc_sized_give(void *given, const void *full, size_t full_bytes)
{
	size_t size, common;

	memcpy(&size, given, sizeof(size));
	if (!is_size(size))
		return -EINVAL;
	common = size < full_bytes ? size : full_bytes;
	memcpy((char *)given + sizeof(size), (const char *)full + sizeof(size),
	       common - sizeof(size));
	memset((char *)given + common, 0, size - common);
	return 0;
}

int torc_sized_take(void *full, size_t full_bytes, const void *given, const char *name,
		    struct torc_error *error)
{
	const char *bytes = given;
	size_t size, common;

	if (!given)
		return 0;
	memcpy(&size, given, sizeof(size));
	if (!is_size(size))
		return torc_error_set(error, -EINVAL,
				      "%s.size is %zu: set it to sizeof(struct %s)", name, size, name);
	common = size < full_bytes ? size : full_bytes;
	for (size_t at = common; at < size; at++)
		if (bytes[at])
			return torc_error_set(error, -E2BIG,
					      "%s has a setting that this version of the library "
					      "does not know (byte %zu)", name, at);
	memcpy(full, given, common);
	return 0;
}
