/* SPDX-License-Identifier: BSD-3-Clause */
/* siphash.c - SipHash with one round a word and three at the end */
#include "util/siphash.h"

#include <string.h>

static inline uint64_t rotate(uint64_t word, unsigned int bits)
{
	return word << bits | word >> (64 - bits);
}

static inline void round_of(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] = rotate(v[0], 32) + v[3];
	v[2] += v[1];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[2] = rotate(v[2], 32);
}

uint64_t torc_siphash(const uint64_t key[2], const void *data, size_t length)
{
	uint64_t v[4] = { key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d,
			  key[0] ^ 0x6c7967656e657261, key[1] ^ 0x7465646279746573 };
	const uint8_t *p = data;
	uint64_t word, last = (uint64_t)length << 56;

	for (; length >= 8; p += 8, length -= 8) {
		memcpy(&word, p, 8);
		v[3] ^= word;
		round_of(v);
		v[0] ^= word;
	}
	word = 0;
	memcpy(&word, p, length);
	last |= word;
	v[3] ^= last;
	round_of(v);
	v[0] ^= last;
	v[2] ^= 0xff;
	for (int i = 0; i < 3; i++)
		round_of(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
