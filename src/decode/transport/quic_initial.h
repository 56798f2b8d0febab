/* SPDX-License-Identifier: BSD-3-Clause */
/* quic_initial.h - QUIC's Initial packets inside the library: a ClientHello out of pieces */
#ifndef TORC_DECODE_QUIC_INITIAL_H
#define TORC_DECODE_QUIC_INITIAL_H

#include <torc/layers/transport/quic.h>

#define QUIC_VERSION_1 0x00000001u
#define QUIC_VERSION_2 0x6B3343CFu
#define QUIC_INITIAL   0 /* torc_quic.type */

#define QUIC_OPEN_MAX  4096 /* a longer packet is not decrypted: datagrams have 1200 to 1500 bytes */
#define QUIC_HELLO_MAX 4096 /* what is behind that in a ClientHello is not kept */

/* A variable-length integer at *at, RFC 9000 §16, which moves behind it; false where it is not whole. */
bool quic_integer(const uint8_t *p, uint32_t length, uint32_t *at, uint64_t *value);

/* The handshake's first bytes, in pieces that come in any order, twice, or never. */
struct quic_hello {
	uint64_t have[QUIC_HELLO_MAX / 64]; /* a bit a byte */
	uint8_t bytes[QUIC_HELLO_MAX];
};

void quic_hello_begin(struct quic_hello *hello);
/* The CRYPTO frames among these; false: some are behind QUIC_HELLO_MAX, and are left out. */
bool quic_hello_add(struct quic_hello *hello, struct torc_bytes frames);
/* What there is from the beginning on without a hole. */
struct torc_bytes quic_hello_bytes(const struct quic_hello *hello);

#endif
