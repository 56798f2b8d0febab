/* SPDX-License-Identifier: BSD-3-Clause */
/* sha256.c - SHA-256, FIPS 180-4 §5.3.3 and §6.2; HMAC, RFC 2104 §2; HKDF, RFC 5869 §2 */
#include "util/sha256.h"

#include <string.h>

/* §4.2.2 */
static const uint32_t constants[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2
};

static uint32_t rotate(uint32_t x, unsigned int n)
{
	return x >> n | x << (32 - n);
}

static void compress(uint32_t state[8], const uint8_t block[64])
{
	uint32_t w[64], s[8];

	for (unsigned int i = 0; i < 16; i++)
		w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
		       (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
	for (unsigned int i = 16; i < 64; i++)
		w[i] = w[i - 16] + w[i - 7] +
		       (rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3) +
		       (rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10);
	memcpy(s, state, sizeof(s));
#pragma GCC unroll 8
	for (unsigned int i = 0; i < 64; i++) {
		uint32_t t1 = s[7] + (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) +
			      ((s[4] & s[5]) ^ (~s[4] & s[6])) + constants[i] + w[i];
		uint32_t t2 = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) +
			      ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));

		s[7] = s[6];
		s[6] = s[5];
		s[5] = s[4];
		s[4] = s[3] + t1;
		s[3] = s[2];
		s[2] = s[1];
		s[1] = s[0];
		s[0] = t1 + t2;
	}
	for (unsigned int i = 0; i < 8; i++)
		state[i] += s[i];
}

void torc_sha256_begin(struct sha256 *sha)
{
	static const uint32_t start[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
					   0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

	memcpy(sha->state, start, sizeof(start));
	sha->length = 0;
}

void torc_sha256_add(struct sha256 *sha, const void *bytes, size_t length)
{
	const uint8_t *p = bytes;

	while (length > 0) {
		size_t at = sha->length % 64, part = length < 64 - at ? length : 64 - at;

		memcpy(sha->block + at, p, part);
		sha->length += part;
		p += part;
		length -= part;
		if (at + part == 64)
			compress(sha->state, sha->block);
	}
}

void torc_sha256_end(struct sha256 *sha, uint8_t digest[SHA256_SIZE])
{
	static const uint8_t padding[64] = { 0x80 };
	uint64_t bits = sha->length * 8;
	uint8_t length[8];

	for (unsigned int i = 0; i < 8; i++)
		length[i] = (uint8_t)(bits >> (56 - 8 * i));
	torc_sha256_add(sha, padding, (119 - sha->length % 64) % 64 + 1);
	torc_sha256_add(sha, length, sizeof(length));
	for (unsigned int i = 0; i < SHA256_SIZE; i++)
		digest[i] = (uint8_t)(sha->state[i / 4] >> (24 - 8 * (i % 4)));
}

void torc_hmac_begin(struct hmac *hmac, const void *key, size_t length)
{
	uint8_t block[64] = { 0 };

	if (length > sizeof(block)) {
		torc_sha256_begin(&hmac->inner);
		torc_sha256_add(&hmac->inner, key, length);
		torc_sha256_end(&hmac->inner, block);
	} else {
		memcpy(block, key, length);
	}
	for (unsigned int i = 0; i < sizeof(block); i++)
		block[i] ^= 0x36;
	torc_sha256_begin(&hmac->inner);
	torc_sha256_add(&hmac->inner, block, sizeof(block));
	for (unsigned int i = 0; i < sizeof(block); i++)
		block[i] ^= 0x36 ^ 0x5c;
	torc_sha256_begin(&hmac->outer);
	torc_sha256_add(&hmac->outer, block, sizeof(block));
}

void torc_hmac(const struct hmac *hmac, const void *first, size_t first_length, const void *second,
	       size_t second_length, uint8_t code[SHA256_SIZE])
{
	struct hmac now = *hmac;

	torc_sha256_add(&now.inner, first, first_length);
	torc_sha256_add(&now.inner, second, second_length);
	torc_sha256_end(&now.inner, code);
	torc_sha256_add(&now.outer, code, SHA256_SIZE);
	torc_sha256_end(&now.outer, code);
}

void torc_hkdf_extract(struct hmac *prk, const void *salt, size_t salt_length, const void *input,
		       size_t length)
{
	uint8_t key[SHA256_SIZE];

	torc_hmac_begin(prk, salt, salt_length);
	torc_hmac(prk, input, length, NULL, 0, key);
	torc_hmac_begin(prk, key, sizeof(key));
}

void torc_hkdf_expand(const struct hmac *prk, const void *info, size_t info_length, uint8_t *out,
		      size_t length)
{
	uint8_t block[SHA256_SIZE];
	struct hmac now;
	uint8_t count = 0;

	while (length > 0) {
		size_t part = length < sizeof(block) ? length : sizeof(block);

		now = *prk;
		if (count++ > 0)
			torc_sha256_add(&now.inner, block, sizeof(block));
		torc_hmac(&now, info, info_length, &count, 1, block);
		memcpy(out, block, part);
		out += part;
		length -= part;
	}
}
