/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From pcapng to pcapng everything that a file tells goes along: section, interfaces, packets with
 * all options, names, secrets, custom data as far as it may be copied; in either byte order.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include <torc/file.h>

#include "capture_bytes.h"
#include "test.h"
#include "test_folder.h"

static struct torc_error error;
static char folder[] = "/tmp/torc-carry-XXXXXX";
static char text[16384]; /* what a file has, a line for each block and option */

/* ---- the file that is read ---- */

static void put_custom(struct bytes *bytes, uint16_t code, const char *value)
{
	put16(bytes, code);
	put16(bytes, (uint16_t)(4 + strlen(value)));
	put32(bytes, 32473); /* the number for examples */
	put(bytes, value, strlen(value));
	pad_block(bytes);
}

static void put_rich_interface(struct bytes *bytes)
{
	open_block(bytes, 1);
	put16(bytes, 1);
	put16(bytes, 0);
	put32(bytes, 65535);
	put_text_option(bytes, 1, "first");
	put_text_option(bytes, 1, "second");
	put_text_option(bytes, 2, "wire");
	put_option(bytes, 4, "\300\0\2\1\377\377\377\0", 8);
	put_number_option(bytes, 8, 1000000000, 8);
	put_option(bytes, 9, "\6", 1);
	put_option(bytes, 11, "\0udp", 4);
	put_number_option(bytes, 16, 7, 8);
	put_custom(bytes, 2988, "mine");
	put_option(bytes, 0, NULL, 0);
	close_block(bytes);
}

static void put_names(struct bytes *bytes)
{
	open_block(bytes, 4);
	put_option(bytes, 1, "\12\0\0\1one\0uno", 12);
	put_option(bytes, 0, NULL, 0);
	put_text_option(bytes, 2, "server");
	put_option(bytes, 0, NULL, 0);
	close_block(bytes);
}

static void put_secrets(struct bytes *bytes)
{
	open_block(bytes, 10);
	put32(bytes, 0x544c534b);
	put32(bytes, 6);
	put(bytes, "secret", 6);
	pad_block(bytes);
	put_text_option(bytes, 1, "keys");
	put_option(bytes, 0, NULL, 0);
	close_block(bytes);
}

static void put_rich_packet(struct bytes *bytes)
{
	open_packet(bytes, 0, 1700000000000001, 5, 60, 1);
	put_text_option(bytes, 1, "hello");
	put_number_option(bytes, 2, 1, 4);
	put_option(bytes, 3, "\2abcd", 5);
	put_number_option(bytes, 4, 9, 8);
	put_text_option(bytes, 1, "again");
	put_custom(bytes, 2989, "data");
	put_custom(bytes, 19373, "here");
	put_option(bytes, 0, NULL, 0);
	close_block(bytes);
}

static void put_others(struct bytes *bytes)
{
	open_block(bytes, 0xBAD); /* custom, to be copied */
	put(bytes, "1234custom", 10);
	close_block(bytes);
	open_block(bytes, 0x40000BAD); /* not to be copied */
	put(bytes, "1234stays.", 10);
	close_block(bytes);
	open_block(bytes, 9);
	put(bytes, "MESSAGE=x\n", 10);
	close_block(bytes);
}

static struct bytes make_file(bool big)
{
	struct bytes bytes = { .big = big };

	open_block(&bytes, 0x0A0D0D0A);
	put32(&bytes, 0x1A2B3C4D);
	put16(&bytes, 1);
	put16(&bytes, 0);
	put64(&bytes, UINT64_MAX);
	put_text_option(&bytes, 1, "about");
	put_text_option(&bytes, 1, "more");
	put_text_option(&bytes, 2, "box");
	put_text_option(&bytes, 4, "maker");
	put_custom(&bytes, 2988, "own");
	put_option(&bytes, 0, NULL, 0);
	close_block(&bytes);
	put_rich_interface(&bytes);
	put_interface(&bytes, 101, 0, 9); /* without packets */
	put_secrets(&bytes);
	put_names(&bytes);
	put_others(&bytes);
	put_rich_packet(&bytes);
	put_names(&bytes);
	open_block(&bytes, 2); /* the old packet block, with drops */
	put16(&bytes, 0);
	put16(&bytes, 5);
	put32(&bytes, (uint32_t)(1700000001000000u >> 32));
	put32(&bytes, (uint32_t)1700000001000000u);
	put32(&bytes, 4);
	put32(&bytes, 4);
	put_packet_bytes(&bytes, 4, 2);
	close_block(&bytes);
	open_block(&bytes, 5);
	put32(&bytes, 0);
	put64(&bytes, 0);
	put32(&bytes, (uint32_t)(1700000000000000u >> 32)); /* two halves, as a packet's time */
	put32(&bytes, (uint32_t)1700000000000000u);
	bytes.length -= 8;
	put16(&bytes, 2);
	put16(&bytes, 8);
	put32(&bytes, (uint32_t)(1699999999000000u >> 32));
	put32(&bytes, (uint32_t)1699999999000000u);
	put_number_option(&bytes, 4, 12345, 8);
	close_block(&bytes);
	return bytes;
}

/* ---- what is in a file of this machine's byte order ---- */

static uint32_t word(const uint8_t *at)
{
	uint32_t value;

	memcpy(&value, at, 4);
	return value;
}

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *format, ...)
{
	size_t length = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + length, sizeof(text) - length, format, args);
	va_end(args);
}

static void say_bytes(const uint8_t *at, size_t length)
{
	for (size_t i = 0; i < length; i++)
		say(isalnum(at[i]) || at[i] == '=' ? "%c" : ".%d", at[i]);
}

static void say_options(const uint8_t *at, const uint8_t *end)
{
	while (end - at >= 4 && word(at) != 0) {
		uint32_t code = word(at) & 0xffff, length = word(at) >> 16;

		say(" %u:", code);
		say_bytes(at + 4, length);
		at += 4 + (length + 3) / 4 * 4;
	}
}

static void say_block(const uint8_t *at, const uint8_t *end)
{
	static const struct {
		uint32_t type, fixed;
		const char *name;
	} kinds[] = {
		{ 0x0A0D0D0A, 24, "section" }, { 1, 16, "interface" }, { 5, 20, "statistics" },
		{ 6, 28, "packet" },
	};

	for (unsigned int i = 0; i < 4; i++) {
		uint32_t fixed = kinds[i].fixed;

		if (word(at) != kinds[i].type)
			continue;
		say("%s", kinds[i].name);
		if (word(at) == 6)
			fixed += (word(at + 20) + 3) / 4 * 4;
		say_options(at + fixed, end - 4);
		say("\n");
		return;
	}
	say("block %x ", word(at));
	say_bytes(at + 8, (size_t)(end - at) - 12);
	say("\n");
}

static const char *describe(const char *path)
{
	static uint8_t bytes[65536];
	FILE *file = fopen(path, "r");
	size_t length = file ? fread(bytes, 1, sizeof(bytes), file) : 0, at = 0;

	if (file)
		fclose(file);
	text[0] = '\0';
	while (length - at >= 12) {
		size_t size = word(bytes + at + 4);

		say_block(bytes + at, bytes + at + size);
		at += size;
	}
	return text;
}

/* ---- the tests ---- */

static void copy(const struct bytes *bytes, const char *path, uint64_t rotate_packets)
{
	struct torc_writer_options options = { .size = sizeof(options),
					       .rotate_packets = rotate_packets };
	struct torc_packet batch[8];
	struct torc_writer *writer;
	struct torc_file *file;
	int got;

	if (!ok(torc_file_open_memory(&file, bytes->data, bytes->length, NULL, &error) == 0, "read"))
		exit(1);
	options.follow = file;
	is(torc_writer_open(&writer, path, &options, &error), 0, "a writer that follows");
	while ((got = torc_file_next_batch(file, batch, 8)) > 0)
		is(torc_writer_write(writer, batch, (unsigned int)got), got, "%d packets", got);
	is(torc_writer_close(writer, NULL, &error), 0, "written");
	torc_file_close(file);
}

#define SECTION "section 1:about 1:more 2:box 2988:.217.126.0.0own 4:maker\n"
#define SECRETS "block a KSLT.6.0.0.0secret.0.0.1.0.4.0keys.0.0.0.0\n"
#define NAMES   "block 4 .1.0.12.0.10.0.0.1one.0uno.0.0.0.0.0.2.0.6.0server.0.0.0.0.0.0\n"
#define CUSTOM  "block bad 1234custom.0.0\n" /* has numbers of its own, so only in our order */
#define JOURNAL "block 9 MESSAGE=x.10.0.0\n"
#define PORTS                                                                                      \
	"interface 1:first 1:second 2:wire 4:.192.0.2.1.255.255.255.0 8:.0.202.154.59.0.0.0.0"     \
	" 11:.0udp 16:.7.0.0.0.0.0.0.0 2988:.217.126.0.0mine 9:.9\n"                               \
	"interface 9:.9\n"
#define PACKET                                                                                     \
	"packet 1:hello 2:.1.0.0.0 3:.2abcd 4:.9.0.0.0.0.0.0.0 1:again 2989:.217.126.0.0data\n"
#define OLD_PACKET "packet 4:.5.0.0.0.0.0.0.0\n"
#define STATISTICS "statistics 2:.253.156.151.23.06.143.250 4:90.0.0.0.0.0.0\n"

static void test_copy(bool big)
{
	struct bytes bytes = make_file(big);
	char path[64];

	snprintf(path, sizeof(path), "%s/copy%d.pcapng", folder, big);
	copy(&bytes, path, 0);
	/* blocks that came before the interfaces follow them */
	is_str(describe(path), big ? SECTION PORTS SECRETS NAMES NAMES JOURNAL PACKET OLD_PACKET
					     STATISTICS
				   : SECTION PORTS SECRETS NAMES NAMES CUSTOM JOURNAL PACKET
					     OLD_PACKET STATISTICS,
	       "%s-endian: all of it", big ? "big" : "little");
	free(bytes.data);
}

/* Names and secrets are in each file, so that each can be read alone. */
static void test_rotation(void)
{
	struct bytes bytes = make_file(false);
	char path[64], second[80];

	snprintf(path, sizeof(path), "%s/turn.pcapng", folder);
	snprintf(second, sizeof(second), "%s1", path);
	copy(&bytes, path, 1);
	is_str(describe(second), SECTION PORTS SECRETS NAMES NAMES OLD_PACKET STATISTICS,
	       "the second file of a rotation: what is about all packets");
	free(bytes.data);
}

/* Followed later, after the first packets: what came before the first of them is there too. */
static void test_late(void)
{
	struct bytes bytes = make_file(false);
	struct torc_writer *writer, *other;
	struct torc_packet packet;
	struct torc_file *file;
	char path[64];

	snprintf(path, sizeof(path), "%s/late.pcapng", folder);
	torc_file_open_memory(&file, bytes.data, bytes.length, NULL, &error);
	torc_writer_open(&writer, path, NULL, &error);
	torc_file_next(file, &packet);
	is(torc_writer_follow(writer, file), 0, "followed between reading and writing");
	torc_writer_open(&other, "/dev/null", &(struct torc_writer_options){
		.size = sizeof(struct torc_writer_options), .format = TORC_FORMAT_PCAPNG }, &error);
	is(torc_writer_follow(other, file), -EBUSY, "one writer follows a file");
	torc_writer_write(writer, &packet, 1);
	torc_writer_close(writer, NULL, &error);
	ok(strstr(describe(path), PORTS SECRETS NAMES CUSTOM JOURNAL PACKET) != NULL,
	   "what was in front of the first packet is not lost");
	is(torc_writer_follow(other, file), 0, "another may follow it now");
	torc_writer_close(other, NULL, &error);
	torc_file_close(file);
	free(bytes.data);
}

/* The same file cut anywhere: no byte in front of the cut is believed too much. */
static void test_cut(void)
{
	struct bytes bytes = make_file(true);
	struct torc_writer_options options = { .size = sizeof(options),
					       .format = TORC_FORMAT_PCAPNG };
	unsigned int opened = 0;
	size_t length;

	for (length = 4; length <= bytes.length; length++) {
		uint8_t *part = malloc(length);
		struct torc_writer *writer;
		struct torc_packet packet;
		struct torc_file *file;

		memcpy(part, bytes.data, length);
		if (torc_file_open_memory(&file, part, length, NULL, &error) == 0) {
			options.follow = file;
			torc_writer_open(&writer, "/dev/null", &options, &error);
			while (torc_file_next(file, &packet) > 0)
				torc_writer_write(writer, &packet, 1);
			opened += torc_writer_close(writer, NULL, &error) == 0;
			torc_file_close(file);
		}
		free(part);
	}
	ok(opened > bytes.length / 2, "cut at every byte, it is written as far as it goes");
	free(bytes.data);
}

int main(void)
{
	if (!mkdtemp(folder))
		skip_all("no temporary folder");
	test_copy(false);
	test_copy(true);
	test_rotation();
	test_late();
	test_cut();
	remove_folder(folder);
	return done();
}
