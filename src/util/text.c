/* SPDX-License-Identifier: BSD-3-Clause */
/* text.c - numbers, addresses and bytes as text */
#include "util/text.h"

#include <arpa/inet.h>

static const char hex_digits[] = "0123456789abcdef";

void text_uint(struct text *text, uint64_t number)
{
	char digits[20];
	int i = sizeof(digits);

	do {
		digits[--i] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	for (; i < (int)sizeof(digits); i++)
		text_char(text, digits[i]);
}

void text_int(struct text *text, int64_t number)
{
	if (number < 0)
		text_char(text, '-');
	text_uint(text, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
}

void text_hex(struct text *text, uint64_t number, unsigned int digits)
{
	unsigned int i;

	for (i = 16; i > 0; i--)
		if (i <= digits || number >> (4 * (i - 1)) != 0)
			text_char(text, hex_digits[number >> (4 * (i - 1)) & 0xF]);
}

void text_mac(struct text *text, const uint8_t *address, unsigned int length)
{
	unsigned int i;

	for (i = 0; i < length; i++) {
		if (i > 0)
			text_char(text, ':');
		text_hex(text, address[i], 2);
	}
}

void text_ipv4(struct text *text, const uint8_t *address)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		if (i > 0)
			text_char(text, '.');
		text_uint(text, address[i]);
	}
}

void text_ipv6(struct text *text, const uint8_t *address)
{
	char buffer[INET6_ADDRSTRLEN];

	text_string(text, inet_ntop(AF_INET6, address, buffer, sizeof(buffer)));
}

void text_bytes(struct text *text, const uint8_t *data, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++)
		text_hex(text, data[i], 2);
}

unsigned int text_utf8(const uint8_t *p, size_t left, uint32_t *character)
{
	unsigned int length, i;

	*character = p[0];
	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xC2 || p[0] > 0xF4)
		return 0;
	length = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
	if (left < length)
		return 0;
	*character = p[0] & (0x7Fu >> length);
	for (i = 1; i < length; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 0;
		*character = *character << 6 | (p[i] & 0x3F);
	}
	if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) ||
	    (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F))
		return 0;
	return length;
}

bool text_steers(uint32_t character)
{
	return character < 0x20 || (character >= 0x7F && character <= 0x9F) ||
	       character == 0x061C || (character >= 0x200B && character <= 0x200F) ||
	       (character >= 0x2028 && character <= 0x202E) ||
	       (character >= 0x2060 && character <= 0x206F) || character == 0xFEFF ||
	       (character >= 0xFFF9 && character <= 0xFFFB);
}

void text_uuid(struct text *text, const uint8_t *uuid)
{
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			text_char(text, '-');
		text_hex(text, uuid[i], 2);
	}
}

void text_oid(struct text *text, const uint8_t *data, size_t length)
{
	bool is_first = true;
	uint64_t number = 0;

	for (size_t i = 0; i < length; i++) {
		number = number << 7 | (data[i] & 0x7F);
		if (data[i] & 0x80)
			continue;
		if (is_first) { /* 40 times the first number, 0 to 2, and the second */
			uint64_t root = number < 80 ? number / 40 : 2;

			text_uint(text, root);
			number -= 40 * root;
		}
		text_char(text, '.');
		text_uint(text, number);
		is_first = false;
		number = 0;
	}
}

/* The bytes of a character in UTF-8. */
static size_t utf8_put(uint32_t c, char *to)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xC0 | c >> 6);
		to[1] = (char)(0x80 | (c & 0x3F));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (char)(0xE0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 0x3F));
		to[2] = (char)(0x80 | (c & 0x3F));
		return 3;
	}
	to[0] = (char)(0xF0 | c >> 18);
	to[1] = (char)(0x80 | (c >> 12 & 0x3F));
	to[2] = (char)(0x80 | (c >> 6 & 0x3F));
	to[3] = (char)(0x80 | (c & 0x3F));
	return 4;
}

size_t text_from_utf16(const uint8_t *data, size_t length, char *buffer, size_t size)
{
	size_t written = 0;

	for (size_t i = 0; length - i >= 2 && size - written >= 4; i += 2) {
		uint32_t c = (uint32_t)data[i + 1] << 8 | data[i];

		if (c >= 0xD800 && c < 0xDC00 && length - i >= 4 && (data[i + 3] & 0xFC) == 0xDC) {
			c = 0x10000 + ((c & 0x3FF) << 10 | (data[i + 3] & 3u) << 8 | data[i + 2]);
			i += 2;
		} else if (c >= 0xD800 && c < 0xE000) {
			c = 0xFFFD;
		}
		written += utf8_put(c, buffer + written);
	}
	return written;
}

void text_escaped(struct text *text, const uint8_t *data, size_t length)
{
	size_t i = 0;

	while (i < length) {
		uint32_t character;
		unsigned int n = text_utf8(data + i, length - i, &character);
		bool plain = n > 0 && !text_steers(character) && character != '\\';

		if (plain && text->length + n >= text->size) {
			text->length += n; /* no half of a character */
			i += n;
			continue;
		}
		for (n = n ? n : 1; n > 0; n--) {
			if (plain) {
				text_char(text, (char)data[i++]);
			} else {
				text_string(text, "\\x");
				text_hex(text, data[i++], 2);
			}
		}
	}
}
