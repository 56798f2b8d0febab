/* SPDX-License-Identifier: BSD-3-Clause */
/* crc32c.c - CRC32c by tables ("slicing by 8"), or by the instruction of SSE 4.2 */
#include "util/crc32c.h"

#include <endian.h>
#include <pthread.h>
#include <string.h>

#define POLYNOMIAL 0x82F63B78 /* reflected */

/* tables[n][byte]: what the byte does to the register with n more bytes behind it. */
static uint32_t tables[8][256];
static pthread_once_t tables_made = PTHREAD_ONCE_INIT;

static void tables_make(void)
{
	for (uint32_t byte = 0; byte < 256; byte++) {
		uint32_t crc = byte;

		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ POLYNOMIAL : crc >> 1;
		tables[0][byte] = crc;
	}
	for (uint32_t byte = 0; byte < 256; byte++)
		for (int n = 1; n < 8; n++)
			tables[n][byte] =
				tables[n - 1][byte] >> 8 ^ tables[0][tables[n - 1][byte] & 0xFF];
}

uint32_t crc32c_add_portable(uint32_t crc, const void *data, size_t length)
{
	const uint8_t *p = data;
	uint64_t word;

	pthread_once(&tables_made, tables_make);
	for (; length >= 8; p += 8, length -= 8) {
		memcpy(&word, p, 8);
		word = le64toh(word) ^ crc;
		crc = 0;
#pragma GCC unroll 8
		for (int n = 0; n < 8; n++)
			crc ^= tables[7 - n][word >> (8 * n) & 0xFF];
	}
	while (length-- > 0)
		crc = crc >> 8 ^ tables[0][(crc ^ *p++) & 0xFF];
	return crc;
}

#if defined(__x86_64__)
static __attribute__((target("sse4.2"))) uint32_t add_by_instruction(uint32_t crc, const uint8_t *p,
								     size_t length)
{
	uint64_t wide = crc, word;

	for (; length >= 8; p += 8, length -= 8) {
		memcpy(&word, p, 8);
		wide = __builtin_ia32_crc32di(wide, word);
	}
	crc = (uint32_t)wide;
	while (length-- > 0)
		crc = __builtin_ia32_crc32qi(crc, *p++);
	return crc;
}
#endif

uint32_t crc32c_add(uint32_t crc, const void *data, size_t length)
{
#if defined(__x86_64__)
	if (__builtin_cpu_supports("sse4.2"))
		return add_by_instruction(crc, data, length);
#endif
	return crc32c_add_portable(crc, data, length);
}
