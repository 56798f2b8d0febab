/* SPDX-License-Identifier: BSD-3-Clause */
/* wide.h - products of 128 bits, also where the compiler has no type for them (32-bit machines) */
#ifndef TORC_UTIL_WIDE_H
#define TORC_UTIL_WIDE_H

#include <stdint.h>

struct wide {
	uint64_t high, low;
};

static inline struct wide wide_multiply(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
	__extension__ typedef unsigned __int128 product;
	product p = (product)a * b;

	return (struct wide){ (uint64_t)(p >> 64), (uint64_t)p };
#else
	uint64_t low = (a & UINT32_MAX) * (b & UINT32_MAX);
	uint64_t left = (a >> 32) * (b & UINT32_MAX) + (low >> 32);
	uint64_t right = (a & UINT32_MAX) * (b >> 32) + (left & UINT32_MAX);

	return (struct wide){ (a >> 32) * (b >> 32) + (left >> 32) + (right >> 32),
			      right << 32 | (low & UINT32_MAX) };
#endif
}

/* Both halves of the product in one word: a step of a hash. */
static inline uint64_t wide_mix(uint64_t a, uint64_t b)
{
	struct wide product = wide_multiply(a, b);

	return product.high ^ product.low;
}

/* count: 0 to 127 */
static inline struct wide wide_shift_right(struct wide number, unsigned int count)
{
	if (count == 0)
		return number;
	if (count >= 64)
		return (struct wide){ 0, number.high >> (count - 64) };
	return (struct wide){ number.high >> count,
			      number.high << (64 - count) | number.low >> count };
}

/* Bit by bit where the number is really wide. */
static inline struct wide wide_divide(struct wide number, uint64_t by)
{
	struct wide result = { number.high / by, 0 };
	uint64_t rest = number.high % by;

	if (rest == 0) {
		result.low = number.low / by;
		return result;
	}
	for (unsigned int i = 64; i-- > 0;) {
		uint64_t carry = rest >> 63;

		rest = rest << 1 | (number.low >> i & 1);
		if (carry || rest >= by) {
			rest -= by;
			result.low |= (uint64_t)1 << i;
		}
	}
	return result;
}

#endif
