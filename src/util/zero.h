/* SPDX-License-Identifier: BSD-3-Clause */
/* zero.h - zeros for a struct of some hundred bytes that is filled in for each packet */
#ifndef TORC_UTIL_ZERO_H
#define TORC_UTIL_ZERO_H

#include <stddef.h>
#include <string.h>

#define ZERO_STEP 64u

/*
 * memset() for a size that is known when this is compiled. For more than 128 bytes GCC makes
 * "rep stos" of a memset(), whose start takes longer than the stores it stands for; in steps it
 * is the stores.
 */
static inline __attribute__((always_inline)) void zero_struct(void *at, size_t size)
{
	char *to = at;

	for (; size > ZERO_STEP; size -= ZERO_STEP, to += ZERO_STEP)
		memset(to, 0, ZERO_STEP);
	memset(to, 0, size);
}

#endif
