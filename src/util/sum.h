/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sum.h - one's-complement sums of 16-bit words, RFC 1071
 *
 * A sum is kept in 64 bits, in host order and not folded, so that sums and single words may be added
 * to it: up to 2^48 of them.
 */
#ifndef TORC_UTIL_SUM_H
#define TORC_UTIL_SUM_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The sum in 16 bits, not inverted. */
static inline uint16_t sum_folded(uint64_t sum)
{
	sum = (sum & 0xFFFFFFFF) + (sum >> 32);
	sum = (sum & 0xFFFF) + (sum >> 16 & 0xFFFF) + (sum >> 32);
	sum = (sum & 0xFFFF) + (sum >> 16);
	return (uint16_t)(sum + (sum >> 16));
}

/* The checksum that a sum makes. */
static inline uint16_t sum_checksum(uint64_t sum)
{
	return (uint16_t)~sum_folded(sum);
}

/* A sum of words in network order as it is in host order: the order of bytes does not matter to it. */
static inline uint16_t sum_from_network(uint64_t sum)
{
	uint16_t folded = sum_folded(sum);

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	folded = __builtin_bswap16(folded);
#endif
	return folded;
}

#define SUM_BLOCKS_FROM 256 /* bytes; below it a call is not worth it */

/* The sum of so many blocks of 64 bytes, in network order; and without the processor's own instructions. */
uint64_t sum_blocks(const void *data, size_t blocks);
uint64_t sum_blocks_portable(const void *data, size_t blocks);

/* Copies, and returns the sum in network order. */
uint64_t sum_copy(void *to, const void *data, size_t length);

/* The sum in network order; an odd last byte counts as if a zero followed. */
static inline uint64_t sum_tail(const uint8_t *p, size_t length)
{
	uint64_t even = 0, odd = 0, words[4];
	uint32_t half;
	uint16_t word;

	/* two chains of 32-bit halves: no carry is lost in 64 bits, and neither waits for the other */
	for (; length >= sizeof(words); p += sizeof(words), length -= sizeof(words)) {
		memcpy(words, p, sizeof(words));
		even += (words[0] & 0xFFFFFFFF) + (words[0] >> 32) + (words[1] & 0xFFFFFFFF) +
			(words[1] >> 32);
		odd += (words[2] & 0xFFFFFFFF) + (words[2] >> 32) + (words[3] & 0xFFFFFFFF) +
		       (words[3] >> 32);
	}
	for (; length >= 4; p += 4, length -= 4) {
		memcpy(&half, p, 4);
		even += half;
	}
	if (length >= 2) {
		memcpy(&word, p, 2);
		even += word;
		p += 2;
		length -= 2;
	}
	if (length > 0) {
		word = 0;
		memcpy(&word, p, 1);
		even += word;
	}
	return even + odd;
}

/* Adds the words of some bytes to a sum in host order. */
static inline uint64_t sum_add(uint64_t sum, const void *data, size_t length)
{
	const uint8_t *p = data;
	uint64_t network = 0;

	if (length >= SUM_BLOCKS_FROM) {
		network = sum_blocks(p, length / 64);
		p += length & ~(size_t)63;
		length &= 63;
	}
	return sum + sum_from_network(network + sum_tail(p, length));
}

#endif
