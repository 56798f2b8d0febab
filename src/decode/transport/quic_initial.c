/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * quic_initial.c - QUIC's Initial packets: keys, header protection and payload, RFC 9001 §5, RFC 9369 §3.3;
 * their frames, RFC 9000 §12.4 and §19; a ClientHello put together
 */
#include "decode/transport/quic_initial.h"

#include <errno.h>
#include <string.h>

#include "util/gcm.h"
#include "util/sha256.h"
#include "util/sized.h"

#define TAG_SIZE    16
#define SAMPLE_SIZE 16
#define IV_SIZE	    12

enum { PADDING = 0, PING = 1, ACK = 2, ACK_ECN = 3, CRYPTO = 6, CLOSE = 0x1C };

/* What differs between the versions: the salt of the first secret, the words of the last ones. */
struct version {
	uint32_t first, last;
	uint8_t salt[20];
	const char *key, *iv, *header_protection;
};

static const struct version versions[] = {
	{ QUIC_VERSION_1, QUIC_VERSION_1,
	  { 0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
	    0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a },
	  "quic key", "quic iv", "quic hp" },
	{ QUIC_VERSION_2, QUIC_VERSION_2,
	  { 0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93,
	    0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9 },
	  "quicv2 key", "quicv2 iv", "quicv2 hp" },
	{ 0xFF000021, 0xFF000022, /* drafts 33 and 34: as version 1 */
	  { 0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
	    0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a },
	  "quic key", "quic iv", "quic hp" },
	{ 0xFF00001D, 0xFF000020, /* 29 to 32 */
	  { 0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97,
	    0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0, 0x43, 0x90, 0xa8, 0x99 },
	  "quic key", "quic iv", "quic hp" },
	{ 0xFF000017, 0xFF00001C, /* 23 to 28 */
	  { 0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7,
	    0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65, 0xbe, 0xf9, 0xf5, 0x02 },
	  "quic key", "quic iv", "quic hp" },
};

static const struct version *version_find(uint32_t number)
{
	for (size_t i = 0; i < sizeof(versions) / sizeof(*versions); i++)
		if (number >= versions[i].first && number <= versions[i].last)
			return &versions[i];
	return NULL;
}

/* HKDF-Expand-Label with no context, RFC 8446 §7.1 */
static void expand_label(const struct hmac *secret, const char *label, uint8_t *out, uint8_t length)
{
	size_t size = strlen(label);
	uint8_t info[32] = { 0, length, (uint8_t)(6 + size), 't', 'l', 's', '1', '3', ' ' };

	memcpy(info + 9, label, size); /* behind it: a context of no bytes */
	torc_hkdf_expand(secret, info, 10 + size, out, length);
}

struct keys {
	uint8_t key[16], iv[IV_SIZE], header_protection[16];
};

/* RFC 9001 §5.2 */
static void keys_make(const struct version *version, struct torc_bytes original, bool from_server,
		      struct keys *keys)
{
	uint8_t bytes[SHA256_SIZE];
	struct hmac secret;

	torc_hkdf_extract(&secret, version->salt, sizeof(version->salt), original.data,
			  original.length);
	expand_label(&secret, from_server ? "server in" : "client in", bytes, sizeof(bytes));
	torc_hmac_begin(&secret, bytes, sizeof(bytes));
	expand_label(&secret, version->key, keys->key, sizeof(keys->key));
	expand_label(&secret, version->iv, keys->iv, sizeof(keys->iv));
	expand_label(&secret, version->header_protection, keys->header_protection,
		     sizeof(keys->header_protection));
}

/*
 * RFC 9001 §5.4: header, the packet's bytes up to the packet number and four more, is made what it was
 * before it was protected; returns how many bytes the number has.
 */
static unsigned int unprotect(const struct aes *aes, const uint8_t *sample, uint8_t *header,
			      uint32_t number_offset)
{
	uint8_t mask[16];
	unsigned int count;

	aes_encrypt(aes, sample, mask);
	header[0] ^= mask[0] & 0x0F;
	count = (header[0] & 3u) + 1;
	for (unsigned int i = 0; i < count; i++)
		header[number_offset + i] ^= mask[1 + i];
	return count;
}

int torc_quic_initial_open(const struct torc_quic *quic, struct torc_bytes original,
			   bool from_server, uint8_t *buffer, size_t size,
			   struct torc_quic_initial *initial)
{
	struct torc_quic_initial full = { .size = sizeof(full) };
	const struct version *version = version_find(quic->version);
	const uint8_t *packet = quic->packet.data;
	uint32_t at = quic->number_offset, length = quic->packet.length;
	uint8_t tag[TAG_SIZE];
	unsigned int count;
	struct keys keys;
	struct aes aes;
	struct gcm gcm;

	/* its length is at most that of the packet: so all of it is there */
	if (!version || quic->type != QUIC_INITIAL || at == 0 || at > length ||
	    quic->length != length - at || quic->length < 4 + SAMPLE_SIZE || original.length > 255)
		return -EINVAL;
	if (size < length)
		return -ENOSPC;
	keys_make(version, original, from_server, &keys);
	aes_begin(&aes, keys.header_protection);
	memcpy(buffer, packet, at + 4);
	count = unprotect(&aes, packet + at + 4, buffer, at);
	for (unsigned int i = 0; i < count; i++) {
		full.packet_number = full.packet_number << 8 | buffer[at + i];
		keys.iv[IV_SIZE - count + i] ^= buffer[at + i];
	}
	at += count;
	length -= at + TAG_SIZE;
	aes_set_key(&aes, keys.key);
	torc_gcm_begin(&gcm, &aes);
	torc_gcm_tag(&gcm, keys.iv, buffer, at, packet + at, length, tag);
	if (memcmp(tag, packet + at + length, TAG_SIZE) != 0)
		return -EBADMSG;
	torc_gcm_crypt(&gcm, keys.iv, packet + at, length, buffer + at);
	full.frames = (struct torc_bytes){ buffer + at, length };
	return torc_sized_give(initial, &full, sizeof(full));
}

/* ---- frames ---- */

static bool skip_integers(struct torc_bytes frames, uint32_t *at, uint64_t count)
{
	uint64_t value;

	while (count-- > 0)
		if (!quic_integer(frames.data, frames.length, at, &value))
			return false;
	return true;
}

/* RFC 9000 §19.3: largest, delay, how many ranges, the first; two for each other range */
static bool skip_ack(struct torc_bytes frames, uint32_t *at, bool ecn)
{
	uint64_t ranges;

	return skip_integers(frames, at, 2) &&
	       quic_integer(frames.data, frames.length, at, &ranges) &&
	       ranges <= frames.length && skip_integers(frames, at, 1 + 2 * ranges) &&
	       skip_integers(frames, at, ecn ? 3 : 0);
}

/* RFC 9000 §19.19: error, frame, and a sentence */
static bool skip_close(struct torc_bytes frames, uint32_t *at)
{
	uint64_t length;

	if (!skip_integers(frames, at, 2) ||
	    !quic_integer(frames.data, frames.length, at, &length) || length > frames.length - *at)
		return false;
	*at += (uint32_t)length;
	return true;
}

static bool take_crypto(struct torc_bytes frames, uint32_t *at, struct torc_quic_crypto *crypto)
{
	uint64_t length;

	if (!quic_integer(frames.data, frames.length, at, &crypto->offset) ||
	    !quic_integer(frames.data, frames.length, at, &length) || length > frames.length - *at)
		return false;
	crypto->data = (struct torc_bytes){ frames.data + *at, (uint32_t)length };
	*at += (uint32_t)length;
	return true;
}

int torc_quic_crypto_next(struct torc_bytes frames, uint32_t *position,
			  struct torc_quic_crypto *crypto)
{
	while (*position < frames.length) {
		switch (frames.data[(*position)++]) {
		case PADDING:
		case PING:
			continue;
		case ACK:
		case ACK_ECN:
			if (skip_ack(frames, position, frames.data[*position - 1] == ACK_ECN))
				continue;
			break;
		case CLOSE:
			if (skip_close(frames, position))
				continue;
			break;
		case CRYPTO:
			if (take_crypto(frames, position, crypto))
				return 1;
		}
		*position = frames.length; /* damaged, or no frame of an Initial packet */
	}
	return 0;
}

/* ---- a ClientHello ---- */

void quic_hello_begin(struct quic_hello *hello)
{
	memset(hello->have, 0, sizeof(hello->have));
}

bool quic_hello_add(struct quic_hello *hello, struct torc_bytes frames)
{
	struct torc_quic_crypto crypto;
	uint32_t position = 0;
	bool all = true;

	while (torc_quic_crypto_next(frames, &position, &crypto)) {
		if (crypto.offset >= QUIC_HELLO_MAX ||
		    crypto.data.length > QUIC_HELLO_MAX - crypto.offset) {
			all = false;
			continue;
		}
		for (uint32_t i = 0; i < crypto.data.length; i++) {
			uint32_t at = (uint32_t)crypto.offset + i;

			hello->bytes[at] = crypto.data.data[i];
			hello->have[at / 64] |= 1ull << at % 64;
		}
	}
	return all;
}

struct torc_bytes quic_hello_bytes(const struct quic_hello *hello)
{
	uint32_t length = 0;

	while (length < QUIC_HELLO_MAX && hello->have[length / 64] == UINT64_MAX)
		length += 64;
	if (length < QUIC_HELLO_MAX)
		length += (uint32_t)__builtin_ctzll(~hello->have[length / 64]);
	return (struct torc_bytes){ hello->bytes, length };
}
