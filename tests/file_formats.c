/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Formats that are only read: snoop and ERF, whole and cut at every length, with tshark as a second
 * reader; and files that are known by name only.
 */
#include <errno.h>
#include <stdio.h>

#include <torc/file.h>

#include "capture_bytes.h"
#include "test.h"
#include "test_folder.h"

#define PACKETS 5u

static struct torc_error error;
static char folder[] = "/tmp/torc-formats-XXXXXX";

static uint32_t length_of(uint32_t number)
{
	return 60 + number * 3; /* padded to 4 and to 8 */
}

/* RFC 1761, with the padding to 4 bytes that it asks for. */
static struct bytes make_snoop(uint32_t datalink)
{
	struct bytes bytes = { .big = true };
	uint32_t i;

	put(&bytes, "snoop\0\0\0", 8);
	put32(&bytes, 2);
	put32(&bytes, datalink);
	for (i = 0; i < PACKETS; i++) {
		uint32_t len = length_of(i), pad = (4 - len % 4) % 4;

		put32(&bytes, len + 100);
		put32(&bytes, len);
		put32(&bytes, 24 + len + pad);
		put32(&bytes, 0);
		put32(&bytes, 1700000000 + i);
		put32(&bytes, 250000);
		put_packet_bytes(&bytes, len, i);
		put(&bytes, "\0\0\0", pad);
	}
	return bytes;
}

static void put_erf_header(struct bytes *bytes, uint32_t second, uint8_t type, uint8_t port,
			   uint32_t record, uint32_t wire)
{
	bytes->big = false;
	put32(bytes, 1u << 30); /* a quarter of a second */
	put32(bytes, second);
	bytes->big = true;
	put8(bytes, type);
	put8(bytes, 4 | port);
	put16(bytes, (uint16_t)record);
	put16(bytes, 0);
	put16(bytes, (uint16_t)wire);
}

/* Ethernet on two ports, one record with extension headers; metadata and padding between them. */
static struct bytes make_erf(void)
{
	struct bytes bytes = { 0 };
	uint32_t i;

	for (i = 0; i < PACKETS; i++) {
		uint32_t len = length_of(i), more = i == 3 ? 24 : 0;
		uint32_t record = (18 + more + len + 7) / 8 * 8, pad = record - 18 - more - len;

		put_erf_header(&bytes, 1700000000 + i, i == 3 ? 0x82 : 2, i == 1, record, len);
		if (more)
			put(&bytes, "\x83-------\x83-------\3-------", 24);
		put16(&bytes, 0);
		put_packet_bytes(&bytes, len, i);
		put(&bytes, "\0\0\0\0\0\0\0", pad);
		if (i == 2) {
			put_erf_header(&bytes, 1700000000, 48, 0, 24, 0);
			put64(&bytes, 0);
		}
	}
	return bytes;
}

/* The packets of bytes in number, which may be fewer than all when the file is cut. */
static unsigned int read_all(const struct bytes *bytes, size_t length, uint32_t more, int *result)
{
	struct torc_packet packet;
	struct torc_file *file;
	unsigned int count = 0;
	bool good = true;

	*result = torc_file_open_memory(&file, bytes->data, length, NULL, &error);
	if (*result < 0)
		return 0;
	while ((*result = torc_file_next(file, &packet)) > 0) {
		uint8_t want[128];

		fill_packet(want, length_of(count), count);
		good &= packet.caplen == length_of(count) && packet.len == packet.caplen + more &&
			memcmp(packet.data, want, packet.caplen) == 0 &&
			packet.timestamp_ns == (1700000000ull + count) * 1000000000u + 250000000u &&
			packet.link_type == TORC_LINK_ETHERNET;
		count++;
	}
	torc_file_close(file);
	return good ? count : UINT32_MAX;
}

static void test_every_cut(const struct bytes *bytes, uint32_t more, const char *name)
{
	unsigned int last = 0, count;
	bool good = true;
	size_t length;
	int result;

	for (length = 0; length < bytes->length; length++) {
		uint8_t *copy = malloc(length + 1); /* its end is where a sanitizer looks */
		struct bytes cut = { .data = copy, .length = length };

		memcpy(copy, bytes->data, length);
		count = read_all(&cut, length, more, &result);
		good &= count >= last && count <= PACKETS &&
			(result == -TORC_EFORMAT || (result == 0 && count > 0) ||
			 (result == 0 && length == 16));
		last = count;
		free(copy);
	}
	ok(good, "%s cut at every length: whole packets, then the damage", name);
}

/* What tshark prints of the file: time, length, captured length. */
static void test_tshark(const struct bytes *bytes, uint32_t more, const char *name)
{
	char path[64], command[256], line[128];
	unsigned int count = 0;
	bool good = true;
	FILE *out, *pipe;

	if (system("command -v tshark >/dev/null 2>&1") != 0) {
		skip(name, "tshark is not installed");
		return;
	}
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	out = fopen(path, "we");
	if (!out || fwrite(bytes->data, 1, bytes->length, out) != bytes->length)
		exit(1);
	fclose(out);
	snprintf(command, sizeof(command), "HOME=. tshark -r %s -T fields -e frame.time_epoch "
		 "-e frame.len -e frame.cap_len 2>/dev/null", path);
	pipe = popen(command, "r");
	while (pipe && fgets(line, sizeof(line), pipe)) {
		double second;
		unsigned int len, caplen;

		if (sscanf(line, "%lf %u %u", &second, &len, &caplen) == 3 && caplen > 0) {
			good &= second == 1700000000.25 + count &&
				len == length_of(count) + more && caplen == length_of(count);
			count++;
		}
	}
	if (pipe)
		pclose(pipe);
	ok(good && count == PACKETS, "tshark reads %s the same way", name);
}

static void test_format(const struct bytes *bytes, uint32_t more, const char *name,
			enum torc_file_format format)
{
	struct torc_file_info info = { .size = sizeof(info) };
	struct torc_file *file;
	int result;

	is(read_all(bytes, bytes->length, more, &result), PACKETS, "%s: all packets", name);
	is(result, 0, "and the end");
	torc_file_open_memory(&file, bytes->data, bytes->length, NULL, &error);
	torc_file_info(file, &info);
	is_str(info.format_name, name, "its name");
	is(info.format, format, "and number");
	torc_file_close(file);
	test_every_cut(bytes, more, name);
	test_tshark(bytes, more, name);
}

static void test_ports(const struct bytes *bytes)
{
	struct torc_file_interface view = { .size = sizeof(view) };
	struct torc_packet packets[PACKETS];
	struct torc_file *file;

	torc_file_open_memory(&file, bytes->data, bytes->length, NULL, &error);
	is(torc_file_next_batch(file, packets, PACKETS), PACKETS, "ERF in one batch");
	ok(packets[0].ifindex == 0 && packets[1].ifindex == 1 && packets[2].ifindex == 0,
	   "each port of the card is an interface");
	is(torc_file_interface(file, 1, &view), 0, "which is known");
	is(view.fcs_bytes, 4, "with a frame check sequence");
	torc_file_close(file);
}

static void refuse(const void *data, size_t length, const char *words)
{
	struct torc_file *file;

	ok(torc_file_open_memory(&file, data, length, NULL, &error) == -TORC_EFORMAT &&
	   strstr(error.text, words), "refused: %s", words);
	if (!strstr(error.text, words))
		note("%s", error.text);
}

static void test_refusals(void)
{
	struct bytes bytes = make_snoop(7);

	refuse(bytes.data, bytes.length, "datalink type 7");
	bytes.data[11] = 3;
	refuse(bytes.data, bytes.length, "snoop version 3");
	bytes.length = 0;
	put_erf_header(&bytes, 1700000000, 2, 0, 32, 14);
	put(&bytes, "0123456789012345", 16);
	put_erf_header(&bytes, 1700000000, 1, 0, 32, 14);
	put(&bytes, "0123456789012345", 16);
	{
		struct torc_file *file;
		struct torc_packet packet;

		torc_file_open_memory(&file, bytes.data, bytes.length, NULL, &error);
		is(torc_file_next(file, &packet), 1, "Ethernet in ERF");
		is(torc_file_next(file, &packet), -TORC_EFORMAT, "POS is not read");
		ok(strstr(torc_file_error(file), "type 1"), "and named");
		torc_file_close(file);
	}
	free(bytes.data);
	refuse("GMBU\0\2 and more", 16, "Network Monitor");
	refuse("RTSS\0\2 and more", 16, "Network Monitor");
	refuse("XCP\0", 4, "NetXRay");
	refuse("BZh91AY&SY", 10, "bzip2 -dc");
	refuse("\x02\x21\x4c\x18", 4, "lz4 -dc");
}

int main(void)
{
	struct bytes snoop = make_snoop(4), erf = make_erf();

	if (!mkdtemp(folder))
		exit(1);
	test_format(&snoop, 100, "snoop", TORC_FORMAT_SNOOP);
	test_format(&erf, 0, "ERF", TORC_FORMAT_ERF);
	test_ports(&erf);
	test_refusals();
	free(snoop.data);
	free(erf.data);
	remove_folder(folder);
	return done();
}
