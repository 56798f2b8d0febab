/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * guess.h - what a segment or datagram is whose ports say nothing, by its first bytes
 *
 * Only with TORC_DECODE_STREAMS, and only for what other protocols can hardly begin with. Where the guess leads to
 * a decoder, that one looks at the rest and refuses what it does not know.
 */
#ifndef TORC_DECODE_GUESS_H
#define TORC_DECODE_GUESS_H

#include <string.h>

#include <torc/layer.h>

/* RFC 8446 §5.1: the head of a record; a kind of 20 to 23, a version of 3.0 to 3.4, a length that a record has. */
static inline bool is_tls_head(const uint8_t *p)
{
	uint16_t length = torc_be16(p + 3);

	return p[0] >= 20 && p[0] <= 23 && p[1] == 3 && p[2] <= 4 && length > 0 &&
	       length <= 16384 + 2048;
}

/*
 * Whether a record begins there: its first bytes are what its kind has, and another one follows it. A handshake
 * that is encrypted has no such bytes; it follows a change of cipher in the same segment.
 */
static inline bool begins_tls(const uint8_t *p, uint32_t length)
{
	uint32_t size;

	if (length < 6 || !is_tls_head(p))
		return false;
	size = torc_be16(p + 3);
	if (p[0] == 20 && (size != 1 || p[5] != 1))
		return false;
	if (p[0] == 21 && size != 2 && size < 16)
		return false;
	if (p[0] == 22 && (p[5] > 24 || (length > 9 && p[5] <= 2 && (p[6] != 0 || p[9] != 3))))
		return false;
	if (length < 5 + size + 5)
		return length <= 5 + size || p[5 + size] - 20u <= 3;
	return is_tls_head(p + 5 + size);
}

static inline bool begins_with(const uint8_t *p, uint32_t length, const char *word)
{
	return length > strlen(word) && memcmp(p, word, strlen(word)) == 0;
}

/* BEP 3: the length of the protocol's name, and the name */
#define BITTORRENT_GREETING "\x13" "BitTorrent protocol"

/* Of a TCP segment; the bytes are there, length of them. */
static inline unsigned int guess_tcp(const uint8_t *p, uint32_t length)
{
	if (length < 6)
		return TORC_LAYER_PAYLOAD;
	switch (p[0]) {
	case 19:
		return begins_with(p, length, BITTORRENT_GREETING) ? TORC_LAYER_BITTORRENT :
								     TORC_LAYER_PAYLOAD;
	case 20:
	case 21:
	case 22:
	case 23:
		return begins_tls(p, length) ? TORC_LAYER_TLS : TORC_LAYER_PAYLOAD;
	case 'S':
		if (begins_with(p, length, "SSH-2.0-") || begins_with(p, length, "SSH-1."))
			return TORC_LAYER_SSH;
		return begins_with(p, length, "SIP/2.0 ") ? TORC_LAYER_SIP : TORC_LAYER_PAYLOAD;
	case 'R':
		return begins_with(p, length, "RTSP/1.0 ") ? TORC_LAYER_RTSP : TORC_LAYER_PAYLOAD;
	case 'G':
	case 'P':
	case 'H':
		if (begins_with(p, length, "GET ") || begins_with(p, length, "POST ") ||
		    begins_with(p, length, "HEAD ") || begins_with(p, length, "PUT ") ||
		    begins_with(p, length, "HTTP/1."))
			return TORC_LAYER_HTTP;
		return TORC_LAYER_PAYLOAD;
	default:
		return TORC_LAYER_PAYLOAD;
	}
}

#endif
