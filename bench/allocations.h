/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * allocations.h - counts what a benchmark's library allocates: these stand before the C library's own
 *
 * For one file of a program only.
 */
#ifndef TORC_BENCH_ALLOCATIONS_H
#define TORC_BENCH_ALLOCATIONS_H

#include <stdlib.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static unsigned long allocations;

void *malloc(size_t size)
{
	allocations++;
	return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	allocations++;
	return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	allocations++;
	return __libc_realloc(old, size);
}

#endif
