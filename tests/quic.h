/* SPDX-License-Identifier: BSD-3-Clause */
/* quic.h - Initial packets of QUIC that tests make: encrypted and protected as RFC 9001 §5 says */
#ifndef TORC_TESTS_QUIC_H
#define TORC_TESTS_QUIC_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "util/gcm.h"
#include "util/sha256.h"

struct made_quic {
	uint8_t bytes[4096];
	uint32_t length;
};

/* What a packet is made of; ids and token are of those lengths. */
struct quic_parts {
	uint32_t version;
	const char *destination, *source, *original, *token;
	uint8_t destination_length, source_length, original_length;
	uint16_t token_length;
	bool from_server;
	uint32_t number;
	uint8_t number_length; /* 1 to 4 */
	const uint8_t *frames;
	uint32_t length;
};

static inline void quic_label(const struct hmac *secret, const char *label, uint8_t *out, uint8_t length)
{
	uint8_t info[64] = { 0, length, (uint8_t)(6 + strlen(label)) };

	memcpy(info + 3, "tls13 ", 6);
	memcpy(info + 9, label, strlen(label));
	torc_hkdf_expand(secret, info, 10 + strlen(label), out, length);
}

static inline void quic_keys(const struct quic_parts *parts, uint8_t key[16], uint8_t iv[12], uint8_t hp[16])
{
	static const uint8_t salts[2][20] = {
		{ 0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
		  0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a },
		{ 0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93,
		  0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9 }
	};
	bool second = parts->version != 1;
	uint8_t secret[32];
	struct hmac hmac;

	torc_hkdf_extract(&hmac, salts[second], 20, parts->original, parts->original_length);
	quic_label(&hmac, parts->from_server ? "server in" : "client in", secret, 32);
	torc_hmac_begin(&hmac, secret, 32);
	quic_label(&hmac, second ? "quicv2 key" : "quic key", key, 16);
	quic_label(&hmac, second ? "quicv2 iv" : "quic iv", iv, 12);
	quic_label(&hmac, second ? "quicv2 hp" : "quic hp", hp, 16);
}

static inline void quic_add(struct made_quic *made, const void *bytes, size_t length)
{
	memcpy(made->bytes + made->length, bytes, length);
	made->length += (uint32_t)length;
}

static inline void quic_add16(struct made_quic *made, unsigned int value) /* of two bytes, RFC 9000 §16 */
{
	quic_add(made, (uint8_t[]){ (uint8_t)(0x40 | value >> 8), (uint8_t)value }, 2);
}

/* One packet behind those that made has. */
static inline void quic_make(struct made_quic *made, const struct quic_parts *parts)
{
	uint32_t start = made->length, number_at, payload_at, size = parts->number_length;
	uint8_t key[16], iv[12], hp[16], mask[16], first = parts->version == 1 ? 0xC0 : 0xD0;
	struct aes aes;
	struct gcm gcm;

	quic_keys(parts, key, iv, hp);
	quic_add(made, (uint8_t[]){ (uint8_t)(first | (size - 1)), (uint8_t)(parts->version >> 24),
				    (uint8_t)(parts->version >> 16), (uint8_t)(parts->version >> 8),
				    (uint8_t)parts->version }, 5);
	quic_add(made, &parts->destination_length, 1);
	quic_add(made, parts->destination, parts->destination_length);
	quic_add(made, &parts->source_length, 1);
	quic_add(made, parts->source, parts->source_length);
	if (parts->token_length > 0)
		quic_add16(made, parts->token_length);
	else
		quic_add(made, "", 1);
	quic_add(made, parts->token, parts->token_length);
	quic_add16(made, size + parts->length + 16);
	number_at = made->length;
	for (uint32_t i = 0; i < size; i++)
		quic_add(made, (uint8_t[]){ (uint8_t)(parts->number >> 8 * (size - 1 - i)) }, 1);
	payload_at = made->length;
	for (uint32_t i = 0; i < 4; i++)
		iv[8 + i] ^= (uint8_t)(parts->number >> (24 - 8 * i));
	aes_begin(&aes, key);
	torc_gcm_begin(&gcm, &aes);
	torc_gcm_crypt(&gcm, iv, parts->frames, parts->length, made->bytes + payload_at);
	torc_gcm_tag(&gcm, iv, made->bytes + start, payload_at - start, made->bytes + payload_at,
		     parts->length, made->bytes + payload_at + parts->length);
	made->length += parts->length + 16;
	aes_begin(&aes, hp);
	aes_encrypt(&aes, made->bytes + number_at + 4, mask);
	made->bytes[start] ^= mask[0] & 0x0F;
	for (uint32_t i = 0; i < size; i++)
		made->bytes[number_at + i] ^= mask[1 + i];
}

/* Frames of an Initial packet, as a client writes them. */
static inline void quic_crypto(struct made_quic *frames, const uint8_t *bytes, unsigned int offset,
			       unsigned int length)
{
	quic_add(frames, "\6", 1);
	quic_add16(frames, offset);
	quic_add16(frames, length);
	quic_add(frames, bytes + offset, length);
}

#endif
