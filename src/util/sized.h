/* SPDX-License-Identifier: BSD-3-Clause */
/* sized.h - public structs that may grow: "Structs that may grow" in torc/base.h */
#ifndef TORC_UTIL_SIZED_H
#define TORC_UTIL_SIZED_H

#include <torc/base.h>

/*
 * From the library to the caller: given begins with its size. What of full fits is copied, the rest
 * of the caller's is zeroed, its size stays. -EINVAL, and nothing is touched, when that is no size.
 */
int torc_sized_give(void *given, const void *full, size_t full_bytes);

/*
 * From the caller to the library: full holds the defaults, and what the caller's struct has is
 * copied over them; given NULL leaves them. -EINVAL with a sentence that names the struct when its size is none; -E2BIG when
 * something is set that this library does not know.
 */
int torc_sized_take(void *full, size_t full_bytes, const void *given, const char *name,
		    struct torc_error *error);

#endif
