/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sha256.h - SHA-256 (FIPS 180-4), HMAC (RFC 2104) and HKDF (RFC 5869) with it
 *
 * For keys that everybody can compute (QUIC Initial) and for fingerprints; not in constant time.
 */
#ifndef TORC_UTIL_SHA256_H
#define TORC_UTIL_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE 32

struct sha256 {
	uint32_t state[8];
	uint64_t length; /* bytes so far */
	uint8_t block[64];
};

void torc_sha256_begin(struct sha256 *sha);
void torc_sha256_add(struct sha256 *sha, const void *bytes, size_t length);
void torc_sha256_end(struct sha256 *sha, uint8_t digest[SHA256_SIZE]);

/* One key, many messages: the state of both hashes behind the key. */
struct hmac {
	struct sha256 inner, outer;
};

void torc_hmac_begin(struct hmac *hmac, const void *key, size_t length);
/* The code of a message in two parts; hmac stays as it was. The second may be of no bytes. */
void torc_hmac(const struct hmac *hmac, const void *first, size_t first_length, const void *second,
	       size_t second_length, uint8_t code[SHA256_SIZE]);

/* HKDF-Extract, RFC 5869 §2.2: the pseudorandom key is what the hmac is begun with. */
void torc_hkdf_extract(struct hmac *prk, const void *salt, size_t salt_length, const void *input,
		       size_t length);
/* HKDF-Expand, §2.3: at most 255 * 32 bytes. */
void torc_hkdf_expand(const struct hmac *prk, const void *info, size_t info_length, uint8_t *out,
		      size_t length);

#endif
