/* SPDX-License-Identifier: BSD-3-Clause */
/* prefetch.h - asking for the next packet while this one is looked at */
#ifndef TORC_UTIL_PREFETCH_H
#define TORC_UTIL_PREFETCH_H

#include <stdint.h>

/*
 * In the blocks of rings and in files the next packet lies right behind this one: 16 to 100 bytes
 * of a header of the block or file, then its own headers. Where it does not, nothing is lost.
 */
static inline void prefetch_neighbour(const uint8_t *data, uint32_t caplen)
{
	uintptr_t end = (uintptr_t)data + caplen;

	__builtin_prefetch((const void *)(end + 16));
	__builtin_prefetch((const void *)(end + 80));
}

#endif
