/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * text.h - writing text into a caller's buffer, counting what did not fit
 *
 * A struct text is always terminated when it has room for one byte; length is that of the whole
 * text, so that a function can return what snprintf() would.
 */
#ifndef TORC_UTIL_TEXT_H
#define TORC_UTIL_TEXT_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <torc/base.h>

struct text {
	char *buffer;
	size_t size;
	size_t length;
};

static inline struct text text_start(char *buffer, size_t size)
{
	if (size > 0)
		buffer[0] = '\0';
	return (struct text){ buffer, size, 0 };
}

static inline void text_char(struct text *text, char c)
{
	if (text->length + 1 < text->size) {
		text->buffer[text->length] = c;
		text->buffer[text->length + 1] = '\0';
	}
	text->length++;
}

static inline void text_string(struct text *text, const char *string)
{
	while (*string)
		text_char(text, *string++);
}

static inline int text_end(const struct text *text)
{
	return text->length > INT_MAX ? INT_MAX : (int)text->length;
}

void text_uint(struct text *text, uint64_t number);
void text_int(struct text *text, int64_t number);

/* At least digits hexadecimal digits, without 0x. */
void text_hex(struct text *text, uint64_t number, unsigned int digits);

/* 02:00:00:00:00:01, of any length */
void text_mac(struct text *text, const uint8_t *address, unsigned int length);

void text_ipv4(struct text *text, const uint8_t *address);

/* RFC 5952 */
void text_ipv6(struct text *text, const uint8_t *address);

/* e1af8308-5d1f-11c9-91a4-08002b14a0fa */
void text_uuid(struct text *text, const uint8_t *uuid);

/* Bytes as pairs of digits; all of them. */
void text_bytes(struct text *text, const uint8_t *data, size_t length);

/* An object identifier as X.690 §8.19 writes it: 1.3.6.1; numbers beyond 64 bits lose their upper ones. */
void text_oid(struct text *text, const uint8_t *data, size_t length);

/*
 * The length of the UTF-8 character at p (RFC 3629), or 0 when it is none: too short, too long a form, a
 * surrogate, or beyond U+10FFFF.
 */
unsigned int text_utf8(const uint8_t *p, size_t left, uint32_t *character);
/* Does it steer a terminal, or the order in which text is shown? Controls, C1 too, and formats. */
bool text_steers(uint32_t character);

/*
 * UTF-16, the lower byte first, as UTF-8 in the buffer, without a zero behind it; what is no character becomes
 * U+FFFD. Ends where the buffer is full. Returns the bytes written.
 */
size_t text_from_utf16(const uint8_t *data, size_t length, char *buffer, size_t size);

/*
 * Bytes of somebody else's that should be readable: what is no UTF-8, a backslash, and what steers a
 * terminal or the direction of text becomes \xNN.
 */
void text_escaped(struct text *text, const uint8_t *data, size_t length);

#endif
