/* SPDX-License-Identifier: BSD-3-Clause */
/* hello.h - ClientHellos and ServerHellos that tests make */
#ifndef TORC_TESTS_HELLO_H
#define TORC_TESTS_HELLO_H

#include <stdint.h>
#include <string.h>

struct made_hello {
	uint8_t bytes[4096];
	uint32_t length;
};

static inline void put16(struct made_hello *hello, unsigned int value)
{
	hello->bytes[hello->length++] = (uint8_t)(value >> 8);
	hello->bytes[hello->length++] = (uint8_t)value;
}

static inline void put_bytes(struct made_hello *hello, const void *bytes, size_t length)
{
	memcpy(hello->bytes + hello->length, bytes, length);
	hello->length += (uint32_t)length;
}

static inline void put_list(struct made_hello *hello, const uint16_t *list, size_t count)
{
	put16(hello, (unsigned int)(2 * count));
	for (size_t i = 0; i < count; i++)
		put16(hello, list[i]);
}

/* The header of the message, without the fields that DTLS has more. */
static inline void hello_begin(struct made_hello *hello, uint8_t type, unsigned int version)
{
	uint8_t header[4] = { type };
	uint8_t random[33] = { 0 }; /* and a session id of no bytes */

	hello->length = 0;
	put_bytes(hello, header, sizeof(header));
	put16(hello, version);
	put_bytes(hello, random, sizeof(random));
}

/* Lengths that are known by now: of extensions that begin at that place (0: there are none), of all. */
static inline void hello_end(struct made_hello *hello, uint32_t extensions)
{
	uint32_t length = hello->length - extensions - 2;

	if (extensions) {
		hello->bytes[extensions] = (uint8_t)(length >> 8);
		hello->bytes[extensions + 1] = (uint8_t)length;
	}
	hello->bytes[2] = (uint8_t)((hello->length - 4) >> 8);
	hello->bytes[3] = (uint8_t)(hello->length - 4);
}

/* One that QUIC clients send: TLS 1.3, a name, "h3", and padding in an extension nobody knows. */
static inline void hello_make(struct made_hello *hello, const char *name, uint32_t padding)
{
	static const uint16_t suites[] = { 0x1301, 0x1302, 0x1303 }, groups[] = { 29, 23 };
	static const uint16_t signatures[] = { 0x0403, 0x0804, 0x0401 };
	size_t length = strlen(name);
	uint32_t extensions;

	hello_begin(hello, 1, 0x0303);
	put_list(hello, suites, 3);
	put_bytes(hello, "\1\0", 2);
	extensions = hello->length;
	put16(hello, 0);
	put16(hello, 0); /* server name */
	put16(hello, (unsigned int)length + 5);
	put16(hello, (unsigned int)length + 3);
	put_bytes(hello, "\0", 1);
	put16(hello, (unsigned int)length);
	put_bytes(hello, name, length);
	put16(hello, 10);
	put16(hello, 6);
	put_list(hello, groups, 2);
	put16(hello, 13);
	put16(hello, 8);
	put_list(hello, signatures, 3);
	put_bytes(hello, "\0\20\0\5\0\3\2h3", 9);
	put_bytes(hello, "\0\53\0\3\2\3\4", 7);
	put_bytes(hello, "\0\71\0\4\1\2\x67\x10", 8); /* max_idle_timeout 10000 */
	put16(hello, 0x1234);
	put16(hello, padding);
	memset(hello->bytes + hello->length, 0x55, padding);
	hello->length += padding;
	hello_end(hello, extensions);
}

#endif
