/* SPDX-License-Identifier: BSD-3-Clause */
/* gcm.c - Galois/Counter Mode, NIST SP 800-38D §6 and §7; the hash four bits at a time */
#include "util/gcm.h"

#include <string.h>

static uint64_t get64(const uint8_t *p)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < 8; i++)
		value = value << 8 | p[i];
	return value;
}

static void put64(uint8_t *p, uint64_t value)
{
	for (unsigned int i = 0; i < 8; i++)
		p[i] = (uint8_t)(value >> (56 - 8 * i));
}

/* The first bit of a block is the lowest power (§6.3): times x is a shift to the right. */
static void times_x(uint64_t z[2])
{
	uint64_t carry = z[1] & 1 ? 0xE1ull << 56 : 0;

	z[1] = z[1] >> 1 | z[0] << 63;
	z[0] = z[0] >> 1 ^ carry;
}

void torc_gcm_begin(struct gcm *gcm, const struct aes *aes)
{
	uint8_t block[16] = { 0 };
	uint64_t h[2];

	gcm->aes = aes;
	aes_encrypt(aes, block, block);
	h[0] = get64(block);
	h[1] = get64(block + 8);
	gcm->table[0][0] = gcm->table[0][1] = 0;
	for (unsigned int bit = 8; bit > 0; bit >>= 1) {
		memcpy(gcm->table[bit], h, sizeof(h));
		times_x(h);
	}
	for (unsigned int i = 3; i < 16; i++) {
		unsigned int low = i & -i;

		gcm->table[i][0] = gcm->table[low][0] ^ gcm->table[i ^ low][0];
		gcm->table[i][1] = gcm->table[low][1] ^ gcm->table[i ^ low][1];
	}
}

/* z times the hash key, §6.3 */
static void multiply(const struct gcm *gcm, uint64_t z[2])
{
	/* what falls off the end in four steps comes back here: E1 shifted, for each bit */
	static const uint16_t back[16] = { 0x0000, 0x1C20, 0x3840, 0x2460, 0x7080, 0x6CA0,
					   0x48C0, 0x54E0, 0xE100, 0xFD20, 0xD940, 0xC560,
					   0x9180, 0x8DA0, 0xA9C0, 0xB5E0 };
	uint64_t high = 0, low = 0;

	for (int half = 1; half >= 0; half--)
		for (uint64_t bits = z[half], i = 0; i < 16; i++, bits >>= 4) {
			const uint64_t *part = gcm->table[bits & 15];
			unsigned int off = low & 15;

			low = (low >> 4 | high << 60) ^ part[1];
			high = (high >> 4 ^ (uint64_t)back[off] << 48) ^ part[0];
		}
	z[0] = high;
	z[1] = low;
}

static void hash(const struct gcm *gcm, uint64_t z[2], const uint8_t *p, size_t length)
{
	uint8_t last[16] = { 0 };

	for (; length >= 16; p += 16, length -= 16) {
		z[0] ^= get64(p);
		z[1] ^= get64(p + 8);
		multiply(gcm, z);
	}
	if (length == 0)
		return;
	memcpy(last, p, length);
	z[0] ^= get64(last);
	z[1] ^= get64(last + 8);
	multiply(gcm, z);
}

/* The key stream's block of that number, 1 is the tag's. */
static void stream_block(const struct gcm *gcm, const uint8_t iv[12], uint32_t number,
			 uint8_t block[16])
{
	memcpy(block, iv, 12);
	for (unsigned int i = 0; i < 4; i++)
		block[12 + i] = (uint8_t)(number >> (24 - 8 * i));
	aes_encrypt(gcm->aes, block, block);
}

void torc_gcm_crypt(const struct gcm *gcm, const uint8_t iv[12], const uint8_t *in, size_t length,
		    uint8_t *out)
{
	uint8_t block[16];

	for (size_t i = 0; i < length; i++) {
		if (i % 16 == 0)
			stream_block(gcm, iv, (uint32_t)(i / 16) + 2, block);
		out[i] = in[i] ^ block[i % 16];
	}
}

void torc_gcm_tag(const struct gcm *gcm, const uint8_t iv[12], const uint8_t *clear,
		  size_t clear_length, const uint8_t *cipher, size_t length, uint8_t tag[16])
{
	uint64_t z[2] = { 0, 0 };
	uint8_t block[16];

	hash(gcm, z, clear, clear_length);
	hash(gcm, z, cipher, length);
	z[0] ^= (uint64_t)clear_length * 8;
	z[1] ^= (uint64_t)length * 8;
	multiply(gcm, z);
	stream_block(gcm, iv, 1, block);
	put64(tag, z[0] ^ get64(block));
	put64(tag + 8, z[1] ^ get64(block + 8));
}
