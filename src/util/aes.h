/* SPDX-License-Identifier: BSD-3-Clause */
/* aes.h - AES-128, encryption of single blocks (FIPS 197) */
#ifndef TORC_UTIL_AES_H
#define TORC_UTIL_AES_H

#include <stdint.h>

struct aes {
	uint32_t keys[44];
	uint32_t table[256]; /* SubBytes and MixColumns of the first byte of a column */
	uint8_t sbox[256];
};

void aes_begin(struct aes *aes, const uint8_t key[16]);
/* Another key for one that was begun: a third of the time. */
void aes_set_key(struct aes *aes, const uint8_t key[16]);
/* Some 100 ns. Not in constant time: whoever shares the processor's cache may learn of the key. */
void aes_encrypt(const struct aes *aes, const uint8_t in[16], uint8_t out[16]);

#endif
