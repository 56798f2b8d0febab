/* SPDX-License-Identifier: BSD-3-Clause */
/* sum.c - sums of many bytes, also while they are copied: 64 bytes at a time, with AVX2 where there is */
#include "util/sum.h"

typedef uint64_t lanes __attribute__((vector_size(32)));

/* 32-bit halves into lanes of 64 bits: no carry is lost. to may be NULL, which each caller knows. */
static inline __attribute__((always_inline)) uint64_t blocks_sum(uint8_t *to, const uint8_t *p,
								 size_t blocks)
{
	lanes first = { 0 }, second = { 0 }, x, y;

	for (; blocks > 0; blocks--, p += 64) {
		memcpy(&x, p, 32);
		memcpy(&y, p + 32, 32);
		if (to) {
			memcpy(to, &x, 32);
			memcpy(to + 32, &y, 32);
			to += 64;
		}
		first += (x & 0xFFFFFFFF) + (x >> 32);
		second += (y & 0xFFFFFFFF) + (y >> 32);
	}
	first += second;
	return first[0] + first[1] + first[2] + first[3];
}

#if defined(__x86_64__)
static __attribute__((target("avx2"))) uint64_t sum_avx2(const uint8_t *p, size_t blocks)
{
	return blocks_sum(NULL, p, blocks);
}

static __attribute__((target("avx2"))) uint64_t copy_avx2(uint8_t *to, const uint8_t *p, size_t blocks)
{
	return blocks_sum(to, p, blocks);
}
#endif

uint64_t sum_blocks(const void *data, size_t blocks)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2"))
		return sum_avx2(data, blocks);
#endif
	return blocks_sum(NULL, data, blocks);
}

uint64_t sum_blocks_portable(const void *data, size_t blocks)
{
	return blocks_sum(NULL, data, blocks);
}

uint64_t sum_copy(void *to, const void *data, size_t length)
{
	size_t whole = length & ~(size_t)63;
	uint64_t sum = 0;

	if (whole > 0) {
#if defined(__x86_64__)
		if (__builtin_cpu_supports("avx2"))
			sum = copy_avx2(to, data, whole / 64);
		else
#endif
			sum = blocks_sum(to, data, whole / 64);
	}
	if (whole == length)
		return sum;
	memcpy((uint8_t *)to + whole, (const uint8_t *)data + whole, length - whole);
	return sum + sum_tail((const uint8_t *)data + whole, length - whole);
}
