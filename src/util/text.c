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

void text_escaped(struct text *text, const uint8_t *data, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++) {
		if (data[i] >= ' ' && data[i] < 0x7F && data[i] != '\\') {
			text_char(text, (char)data[i]);
			continue;
		}
		text_string(text, "\\x");
		text_hex(text, data[i], 2);
	}
}
