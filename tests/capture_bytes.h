/* SPDX-License-Identifier: BSD-3-Clause */
/* capture_bytes.h - capture files byte by byte, in either byte order, for the tests of the reader */
#ifndef TORC_CAPTURE_BYTES_H
#define TORC_CAPTURE_BYTES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct bytes {
	uint8_t *data;
	size_t length;
	size_t room;
	bool big; /* byte order of the numbers put */
	size_t block; /* where the open block begins */
};

static inline void put(struct bytes *bytes, const void *data, size_t length)
{
	if (bytes->length + length > bytes->room) {
		bytes->room = 2 * (bytes->length + length);
		bytes->data = realloc(bytes->data, bytes->room);
		if (!bytes->data)
			abort();
	}
	if (length > 0)
		memcpy(bytes->data + bytes->length, data, length);
	bytes->length += length;
}

static inline void put_number(struct bytes *bytes, uint64_t value, unsigned int size)
{
	uint8_t text[8];
	unsigned int i;

	for (i = 0; i < size; i++)
		text[bytes->big ? size - 1 - i : i] = (uint8_t)(value >> 8 * i);
	put(bytes, text, size);
}

static inline void put8(struct bytes *bytes, uint8_t value)
{
	put(bytes, &value, 1);
}

static inline void put16(struct bytes *bytes, uint16_t value)
{
	put_number(bytes, value, 2);
}

static inline void put32(struct bytes *bytes, uint32_t value)
{
	put_number(bytes, value, 4);
}

static inline void put64(struct bytes *bytes, uint64_t value)
{
	put_number(bytes, value, 8);
}

/* A packet whose bytes tell which one it is. */
static inline void fill_packet(uint8_t *data, size_t length, uint32_t number)
{
	size_t i;

	for (i = 0; i < length; i++)
		data[i] = (uint8_t)(number * 7 + i);
}

static inline void put_packet_bytes(struct bytes *bytes, uint32_t length, uint32_t number)
{
	uint8_t *data = malloc(length + 1);

	if (!data)
		abort();
	fill_packet(data, length, number);
	put(bytes, data, length);
	free(data);
}

/* ---- pcap ---- */

static inline void put_pcap_header(struct bytes *bytes, uint32_t magic, uint16_t major,
				   uint16_t minor, uint32_t link)
{
	put32(bytes, magic);
	put16(bytes, major);
	put16(bytes, minor);
	put32(bytes, 0);
	put32(bytes, 0);
	put32(bytes, 65535);
	put32(bytes, link);
}

static inline void put_pcap_record(struct bytes *bytes, uint32_t seconds, uint32_t part,
				   uint32_t caplen, uint32_t len, uint32_t number)
{
	put32(bytes, seconds);
	put32(bytes, part);
	put32(bytes, caplen);
	put32(bytes, len);
	put_packet_bytes(bytes, caplen, number);
}

/* ---- pcapng ---- */

static inline void open_block(struct bytes *bytes, uint32_t type)
{
	bytes->block = bytes->length;
	put32(bytes, type);
	put32(bytes, 0);
}

static inline void pad_block(struct bytes *bytes)
{
	while ((bytes->length - bytes->block) % 4 != 0)
		put8(bytes, 0);
}

static inline void close_block(struct bytes *bytes)
{
	size_t end;

	pad_block(bytes);
	put32(bytes, (uint32_t)(bytes->length - bytes->block + 4));
	end = bytes->length;
	bytes->length = bytes->block + 4;
	put32(bytes, (uint32_t)(end - bytes->block));
	bytes->length = end;
}

static inline void put_option(struct bytes *bytes, uint16_t code, const void *value,
			      uint16_t length)
{
	put16(bytes, code);
	put16(bytes, length);
	put(bytes, value, length);
	pad_block(bytes);
}

static inline void put_text_option(struct bytes *bytes, uint16_t code, const char *text)
{
	put_option(bytes, code, text, (uint16_t)strlen(text));
}

static inline void put_number_option(struct bytes *bytes, uint16_t code, uint64_t value,
				     unsigned int size)
{
	put16(bytes, code);
	put16(bytes, (uint16_t)size);
	put_number(bytes, value, size);
	pad_block(bytes);
}

static inline void put_section(struct bytes *bytes, bool big)
{
	bytes->big = big;
	open_block(bytes, 0x0A0D0D0A);
	put32(bytes, 0x1A2B3C4D);
	put16(bytes, 1);
	put16(bytes, 0);
	put64(bytes, UINT64_MAX);
	put_text_option(bytes, 1, "a section");
	put_text_option(bytes, 4, "tests");
	put_option(bytes, 0, NULL, 0);
	close_block(bytes);
}

/* An interface without options but its resolution. */
static inline void put_interface(struct bytes *bytes, uint16_t link, uint32_t snaplen,
				 uint8_t resolution)
{
	open_block(bytes, 1);
	put16(bytes, link);
	put16(bytes, 0);
	put32(bytes, snaplen);
	put_option(bytes, 9, &resolution, 1);
	put_option(bytes, 0, NULL, 0);
	close_block(bytes);
}

/* The head of an enhanced packet block and its bytes: options may follow, then close_block(). */
static inline void open_packet(struct bytes *bytes, uint32_t interface, uint64_t ticks,
			       uint32_t caplen, uint32_t len, uint32_t number)
{
	open_block(bytes, 6);
	put32(bytes, interface);
	put32(bytes, (uint32_t)(ticks >> 32));
	put32(bytes, (uint32_t)ticks);
	put32(bytes, caplen);
	put32(bytes, len);
	put_packet_bytes(bytes, caplen, number);
	pad_block(bytes);
}

/* A file with everything: two sections of different byte order, every kind of block. 12 packets. */
#define EVERYTHING_PACKETS 12u

static inline void put_everything_section(struct bytes *bytes, bool big, uint32_t number)
{
	put_section(bytes, big);
	put_interface(bytes, 1, 0, 9);
	put_interface(bytes, 113, 96, 6);
	open_packet(bytes, 0, 1700000000123456789u, 60, 60, number);
	put_text_option(bytes, 1, "first comment");
	put_text_option(bytes, 1, "second");
	put_number_option(bytes, 2, 1 | 2 << 2, 4); /* inbound, multicast */
	put_option(bytes, 3, "\002\001\002\003\004", 5);
	put_number_option(bytes, 4, 17, 8);
	put_number_option(bytes, 5, 99, 8);
	put_number_option(bytes, 6, 3, 4);
	put_option(bytes, 7, "\001xyz", 4);
	put_option(bytes, 0, NULL, 0);
	close_block(bytes);
	open_packet(bytes, 1, 1700000000123456u, 61, 1500, number + 1);
	close_block(bytes);
	open_block(bytes, 3); /* simple */
	put32(bytes, 70);
	put_packet_bytes(bytes, 70, number + 2);
	close_block(bytes);
	open_block(bytes, 2); /* the old packet block */
	put16(bytes, 1);
	put16(bytes, 5); /* drops */
	put32(bytes, (uint32_t)(1700000001000000u >> 32));
	put32(bytes, (uint32_t)1700000001000000u);
	put32(bytes, 33);
	put32(bytes, 40);
	put_packet_bytes(bytes, 33, number + 3);
	close_block(bytes);
	open_block(bytes, 4); /* names */
	put16(bytes, 1);
	put16(bytes, 4 + 11);
	put(bytes, "\012\000\000\001one\0two.net", 4 + 11);
	pad_block(bytes);
	put16(bytes, 0);
	put16(bytes, 0);
	close_block(bytes);
	open_block(bytes, 10); /* secrets */
	put32(bytes, 0x544c534b);
	put32(bytes, 5);
	put(bytes, "abcde", 5);
	close_block(bytes);
	open_block(bytes, 0x80001234); /* nobody knows it */
	put(bytes, "whatever", 8);
	close_block(bytes);
	open_packet(bytes, 0, 1700000002000000000u, 0, 0, number + 4);
	put_number_option(bytes, 2, 2, 4); /* outbound */
	close_block(bytes);
	open_block(bytes, 5); /* statistics */
	put32(bytes, 0);
	put64(bytes, 0);
	put_number_option(bytes, 4, 1000, 8);
	put_number_option(bytes, 5, 2, 8);
	put_number_option(bytes, 7, 3, 8);
	put_number_option(bytes, 8, 995, 8);
	close_block(bytes);
	open_packet(bytes, 0, 1700000003000000000u, 1400, 1400, number + 5);
	close_block(bytes);
}

static inline void put_everything(struct bytes *bytes)
{
	put_everything_section(bytes, false, 0);
	put_everything_section(bytes, true, 6);
}

#endif
