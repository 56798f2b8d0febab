/* SPDX-License-Identifier: BSD-3-Clause */
/* sha1.c - SHA-1 of one block, RFC 3174 §6.1 */
#include "util/sha1.h"

#include <string.h>

static uint32_t rotate(uint32_t x, unsigned int n)
{
	return x << n | x >> (32 - n);
}

static void schedule(const uint8_t block[64], uint32_t w[80])
{
	unsigned int i;

	for (i = 0; i < 16; i++)
		w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
		       (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
	for (; i < 80; i++)
		w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
}

/* The function and constant of step i, §5. */
static uint32_t mix(unsigned int i, uint32_t b, uint32_t c, uint32_t d)
{
	if (i < 20)
		return ((b & c) | (~b & d)) + 0x5A827999u;
	if (i < 40)
		return (b ^ c ^ d) + 0x6ED9EBA1u;
	if (i < 60)
		return ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDCu;
	return (b ^ c ^ d) + 0xCA62C1D6u;
}

void torc_sha1(const uint8_t *message, size_t length, uint8_t digest[20])
{
	static const uint32_t start[5] = { 0x67452301u, 0xEFCDAB89u, 0x98BADCFEu, 0x10325476u,
					   0xC3D2E1F0u };
	uint32_t w[80], h[5], next;
	uint8_t block[64] = { 0 };
	unsigned int i;

	memcpy(block, message, length);
	block[length] = 0x80;
	block[62] = (uint8_t)(length >> 5); /* its length in bits */
	block[63] = (uint8_t)(length << 3);
	schedule(block, w);
	memcpy(h, start, sizeof(h));
	for (i = 0; i < 80; i++) {
		next = rotate(h[0], 5) + mix(i, h[1], h[2], h[3]) + h[4] + w[i];
		h[4] = h[3];
		h[3] = h[2];
		h[2] = rotate(h[1], 30);
		h[1] = h[0];
		h[0] = next;
	}
	for (i = 0; i < 20; i++)
		digest[i] = (uint8_t)((h[i / 4] + start[i / 4]) >> (24 - 8 * (i % 4)));
}
