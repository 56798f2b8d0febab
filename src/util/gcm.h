/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * gcm.h - AES-128 in Galois/Counter Mode (NIST SP 800-38D), with IVs of 12 bytes
 *
 * For QUIC Initial, whose keys are public: not in constant time.
 */
#ifndef TORC_UTIL_GCM_H
#define TORC_UTIL_GCM_H

#include <stddef.h>

#include "util/aes.h"

struct gcm {
	const struct aes *aes;
	uint64_t table[16][2]; /* the multiples of the hash key by four bits */
};

/* aes has the key, and is borrowed. */
void torc_gcm_begin(struct gcm *gcm, const struct aes *aes);
/* Encrypts or decrypts: the same, §6.5. out may be in. */
void torc_gcm_crypt(const struct gcm *gcm, const uint8_t iv[12], const uint8_t *in, size_t length,
		    uint8_t *out);
/* The tag of what is encrypted and of more bytes that are not. */
void torc_gcm_tag(const struct gcm *gcm, const uint8_t iv[12], const uint8_t *clear,
		  size_t clear_length, const uint8_t *cipher, size_t length, uint8_t tag[16]);

#endif
