/* SPDX-License-Identifier: BSD-3-Clause */
/* aes.c - AES-128, encryption of single blocks (FIPS 197); its tables are computed, §4.2 and §5.1.1 */
#include "util/aes.h"

#define ROUNDS 10

static uint8_t rotate8(uint8_t x, unsigned int n)
{
	return (uint8_t)(x << n | x >> (8 - n));
}

static uint32_t rotate32(uint32_t x, unsigned int n)
{
	return x >> n | x << (32 - n);
}

/* Times x in GF(2^8). */
static uint8_t twice(uint8_t x)
{
	return (uint8_t)(x << 1 ^ (x & 0x80 ? 0x1b : 0));
}

/* p goes through all elements but 0 by times 3, q by its inverse: q is always 1 / p. */
static void make_tables(struct aes *aes)
{
	uint8_t p = 1, q = 1;

	do {
		p = (uint8_t)(p ^ twice(p));
		q ^= (uint8_t)(q << 1);
		q ^= (uint8_t)(q << 2);
		q ^= (uint8_t)(q << 4);
		q ^= q & 0x80 ? 0x09 : 0;
		aes->sbox[p] = (uint8_t)(q ^ rotate8(q, 1) ^ rotate8(q, 2) ^ rotate8(q, 3) ^
					 rotate8(q, 4) ^ 0x63);
	} while (p != 1);
	aes->sbox[0] = 0x63;
	for (unsigned int i = 0; i < 256; i++) {
		uint8_t s = aes->sbox[i], two = twice(s);

		aes->table[i] = (uint32_t)two << 24 | (uint32_t)s << 16 | (uint32_t)s << 8 | (two ^ s);
	}
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint32_t substitute(const struct aes *aes, uint32_t word)
{
	return (uint32_t)aes->sbox[word >> 24] << 24 | (uint32_t)aes->sbox[word >> 16 & 255] << 16 |
	       (uint32_t)aes->sbox[word >> 8 & 255] << 8 | aes->sbox[word & 255];
}

void aes_begin(struct aes *aes, const uint8_t key[16])
{
	make_tables(aes);
	aes_set_key(aes, key);
}

void aes_set_key(struct aes *aes, const uint8_t key[16])
{
	uint8_t constant = 1;

	for (unsigned int i = 0; i < 4; i++)
		aes->keys[i] = get32(key + 4 * i);
	for (unsigned int i = 4; i < 44; i++) {
		uint32_t word = aes->keys[i - 1];

		if (i % 4 == 0) {
			word = substitute(aes, rotate32(word, 24)) ^ (uint32_t)constant << 24;
			constant = twice(constant);
		}
		aes->keys[i] = aes->keys[i - 4] ^ word;
	}
}

void aes_encrypt(const struct aes *aes, const uint8_t in[16], uint8_t out[16])
{
	uint32_t state[4], next[4];
	const uint32_t *keys = aes->keys;

	for (unsigned int i = 0; i < 4; i++)
		state[i] = get32(in + 4 * i) ^ *keys++;
	for (unsigned int round = 1; round < ROUNDS; round++) {
#pragma GCC unroll 4
		for (unsigned int i = 0; i < 4; i++) /* column i takes its bytes by ShiftRows */
			next[i] = aes->table[state[i] >> 24] ^
				  rotate32(aes->table[state[(i + 1) % 4] >> 16 & 255], 8) ^
				  rotate32(aes->table[state[(i + 2) % 4] >> 8 & 255], 16) ^
				  rotate32(aes->table[state[(i + 3) % 4] & 255], 24) ^ *keys++;
#pragma GCC unroll 4
		for (unsigned int i = 0; i < 4; i++)
			state[i] = next[i];
	}
#pragma GCC unroll 4
	for (unsigned int i = 0; i < 4; i++) {
		uint32_t word = (uint32_t)aes->sbox[state[i] >> 24] << 24 |
				(uint32_t)aes->sbox[state[(i + 1) % 4] >> 16 & 255] << 16 |
				(uint32_t)aes->sbox[state[(i + 2) % 4] >> 8 & 255] << 8 |
				aes->sbox[state[(i + 3) % 4] & 255];

		word ^= *keys++;
		for (unsigned int n = 0; n < 4; n++)
			out[4 * i + n] = (uint8_t)(word >> (24 - 8 * n));
	}
}
