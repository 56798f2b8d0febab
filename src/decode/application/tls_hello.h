/* SPDX-License-Identifier: BSD-3-Clause */
/* tls_hello.h - hellos inside the library: what TLS, DTLS and QUIC layers share */
#ifndef TORC_DECODE_TLS_HELLO_H
#define TORC_DECODE_TLS_HELLO_H

#include <torc/layers/application/tls.h>

#define TLS_CLIENT_HELLO 1
#define TLS_SERVER_HELLO 2

/* A reader that stops at the end: at most length bytes are left behind p. */
struct tls_reader {
	const uint8_t *p;
	uint32_t length;
};

/* Bytes with their length in front, in that many bytes; false when they do not fit. */
static inline bool tls_vector(struct tls_reader *reader, uint32_t length_bytes,
			      struct torc_bytes *vector)
{
	uint32_t length = 0;

	if (reader->length < length_bytes)
		return false;
	for (uint32_t i = 0; i < length_bytes; i++)
		length = length << 8 | reader->p[i];
	if (length > reader->length - length_bytes)
		return false;
	*vector = (struct torc_bytes){ reader->p + length_bytes, length };
	reader->p += length_bytes + length;
	reader->length -= length_bytes + length;
	return true;
}

static inline bool tls_skip(struct tls_reader *reader, uint32_t bytes)
{
	if (reader->length < bytes)
		return false;
	reader->p += bytes;
	reader->length -= bytes;
	return true;
}

/* RFC 8701: values that mean nothing. */
static inline bool tls_is_grease(uint16_t value)
{
	return (value & 0x0F0F) == 0x0A0A && value >> 8 == (value & 0xFF);
}

/* torc_tls_hello_read() for those who know the size; false: no hello. */
bool tls_hello_read(struct torc_bytes message, enum torc_tls_carrier carrier,
		    struct torc_tls_hello *hello);

/* "ClientHello"; NULL for a number without a name */
const char *tls_handshake_name(uint64_t type);

/* Where the fingerprints of a layer go; ja3s may be NULL. */
struct tls_fingerprints {
	struct torc_bytes *ja3, *ja3s, *ja4;
};

/* Those that the hello in message has; their bytes are at *room, which moves behind them. */
void tls_fingerprints(struct torc_bytes message, enum torc_tls_carrier carrier, uint8_t **room,
		      struct tls_fingerprints out);

#endif
