/* SPDX-License-Identifier: BSD-3-Clause */
/* Capture files that others wrote: every form of pcap, every block of pcapng, each byte order. */
#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>

#include <torc/file.h>

#include "capture_bytes.h"
#include "test.h"

static struct torc_error error;

static struct torc_file *open_bytes(const struct bytes *bytes)
{
	struct torc_file *file = NULL;

	ok(torc_file_open_memory(&file, bytes->data, bytes->length, NULL, &error) == 0, "it opens");
	if (!file) {
		note("%s", error.text);
		exit(1);
	}
	return file;
}

static bool same_bytes(const struct torc_packet *packet, uint32_t number)
{
	uint8_t want[4096];

	fill_packet(want, packet->caplen, number);
	return packet->caplen <= sizeof(want) && memcmp(packet->data, want, packet->caplen) == 0;
}

/* ---- pcap ---- */

struct form {
	const char *name;
	uint32_t magic;
	uint16_t major, minor;
	uint32_t part_ns; /* nanoseconds in a unit of the second word */
	uint32_t file_extra;
	uint32_t record_extra;
	bool lengths_swapped;
};

static const struct form forms[] = {
	{ "pcap 2.4", 0xa1b2c3d4, 2, 4, 1000, 0, 0, false },
	{ "pcap 2.4 with nanoseconds", 0xa1b23c4d, 2, 4, 1, 0, 0, false },
	{ "pcap 2.3 with the new order of lengths", 0xa1b2c3d4, 2, 3, 1000, 0, 0, false },
	{ "pcap 2.3 with the old order of lengths", 0xa1b2c3d4, 2, 3, 1000, 0, 0, true },
	{ "pcap 2.2", 0xa1b2c3d4, 2, 2, 1000, 0, 0, true },
	{ "pcap 2.1", 0xa1b2c3d4, 2, 1, 1000, 0, 0, true },
	{ "pcap 2.0", 0xa1b2c3d4, 2, 0, 1000, 0, 0, true },
	{ "DG/UX 543.0", 0xa1b2c3d4, 543, 0, 1000, 0, 0, true },
	{ "Kuznetzov", 0xa1b2cd34, 2, 4, 1000, 0, 8, false },
	{ "Navtel", 0xa12b3c4d, 2, 4, 1, 0, 0, false },
	{ "Ixia hardware", 0x1c0001ac, 2, 4, 1000, 4, 0, false },
	{ "Ixia software", 0x1c0001ab, 2, 4, 1000, 4, 0, false },
};

static void put_form(struct bytes *bytes, const struct form *form, unsigned int packets)
{
	static const uint8_t extra[8] = { 3, 0, 0, 0, 8, 0, 4, 0 }; /* interface, protocol, outgoing */
	uint32_t i;

	put_pcap_header(bytes, form->magic, form->major, form->minor, 1);
	put(bytes, extra, form->file_extra);
	for (i = 0; i < packets; i++) {
		uint32_t caplen = 60 + i, len = 1000 + i;

		put32(bytes, 1700000000 + i);
		put32(bytes, 123456);
		put32(bytes, form->lengths_swapped ? len : caplen);
		put32(bytes, form->lengths_swapped ? caplen : len);
		put(bytes, extra, form->record_extra);
		put_packet_bytes(bytes, caplen, i);
	}
}

static void test_form(const struct form *form, bool big)
{
	struct torc_file_extra extra = { .size = sizeof(extra) };
	struct bytes bytes = { .big = big };
	struct torc_packet packet;
	struct torc_file_info info = { .size = sizeof(info) };
	struct torc_file *file;
	unsigned int count = 0;
	bool good = true;

	put_form(&bytes, form, 5);
	file = open_bytes(&bytes);
	while (torc_file_next(file, &packet) > 0) {
		good &= packet.caplen == 60 + count && packet.len == 1000 + count;
		good &= packet.timestamp_ns == (1700000000ull + count) * 1000000000 +
						       123456ull * form->part_ns;
		good &= packet.link_type == TORC_LINK_ETHERNET && same_bytes(&packet, count);
		good &= torc_file_extra(file, 0, &extra) == 0 && extra.len == packet.len;
		count++;
	}
	torc_file_info(file, &info);
	ok(good && count == 5 && info.packets == 5, "%s, %s-endian: times, lengths and bytes",
	   form->name, big ? "big" : "little");
	ok(info.big_endian == big && info.version_minor == form->minor &&
	   info.offset == bytes.length && info.damage_offset == TORC_UNKNOWN,
	   "%s: what the file is", form->name);
	if (form->record_extra)
		ok(packet.direction == TORC_PACKET_TX && packet.kind == TORC_PACKET_OUTGOING,
		   "%s: the direction", form->name);
	torc_file_close(file);
	free(bytes.data);
}

static void test_pcap_details(void)
{
	struct torc_file_interface interface = { .size = sizeof(interface) };
	struct torc_file_extra extra = { .size = sizeof(extra) };
	struct bytes bytes = { 0 };
	struct torc_file_info info = { .size = sizeof(info) };
	struct torc_packet packet;
	struct torc_file *file;

	put_pcap_header(&bytes, 0xa1b2c3d4, 2, 4, 0x24000000 | 1); /* 2 words of FCS */
	put_pcap_record(&bytes, 1, 2, 64, 60, 0);		   /* captured more than there was */
	put_pcap_record(&bytes, 0xFFFFFFFF, 999999, 10, 10, 1);
	file = open_bytes(&bytes);
	is(torc_file_interface(file, 0, &interface), 0, "the one interface");
	is(interface.link_type, 1, "the link type without the bits above it");
	is(interface.fcs_bytes, 4, "the length of the frame check sequence");
	is(interface.snaplen, 65535, "the snaplen");
	is(torc_file_interface(file, 1, &interface), -ENOENT, "there is no second");
	is(torc_file_next(file, &packet), 1, "a captured length above the length on the wire");
	ok(packet.caplen == 64 && packet.len == 64, "is delivered whole, with len raised");
	torc_file_extra(file, 0, &extra);
	is(extra.len, 60, "what the file said is in the extras");
	is(extra.offset, 24, "and where the record is");
	is(torc_file_next(file, &packet), 1, "and reading goes on");
	ok(packet.timestamp_ns == 4294967295999999000u, "seconds are unsigned");
	torc_file_info(file, &info);
	is(info.length_clashes, 1, "the clash was counted");
	is(torc_file_next(file, &packet), 0, "the end");
	is(torc_file_extra(file, 0, &extra), -ENOENT, "no extras without a packet");
	torc_file_close(file);
	free(bytes.data);
}

/* The second word of a time, when it is no fraction of a second. */
static void test_fraction(uint32_t magic, uint32_t second, uint32_t part, uint64_t ns,
			  const char *what)
{
	struct bytes bytes = { 0 };
	struct torc_packet packet;
	struct torc_file *file;

	put_pcap_header(&bytes, magic, 2, 4, 1);
	put_pcap_record(&bytes, second, part, 10, 10, 0);
	file = open_bytes(&bytes);
	torc_file_next(file, &packet);
	ok(packet.timestamp_ns == ns, "%s", what);
	torc_file_close(file);
	free(bytes.data);
}

static void test_fractions(void)
{
	test_fraction(0xa1b2c3d4, 100, 0xfffffffa, 99999994000u, "6 microseconds before");
	test_fraction(0xa1b2c3d4, 100, (uint32_t)-999999, 99000001000u, "almost a second before");
	test_fraction(0xa1b2c3d4, 100, (uint32_t)-1000000, 4393967296000u, "more is none");
	test_fraction(0xa1b2c3d4, 100, 1500000, 101500000000u, "more than a second is added");
	test_fraction(0xa1b2c3d4, 0, 0xfffffffa, 0, "not before 1970");
	test_fraction(0xa1b23c4d, 100, 0xfffffffa, 99999999994u, "6 nanoseconds before");
}

/* ---- pcapng ---- */

struct blocks {
	unsigned int names, secrets, others, statistics;
	char text[64];
};

static void on_block(void *user, const struct torc_file_block *block)
{
	struct blocks *blocks = user;
	struct torc_file_name name;
	unsigned int i;

	blocks->names += block->type == 4;
	blocks->statistics += block->type == 5;
	blocks->secrets += block->type == 10 && block->body_bytes >= 13;
	blocks->others += block->type == 0x80001234 && !memcmp(block->body, "whatever", 8);
	if (block->type != 4)
		return;
	blocks->text[0] = '\0';
	for (i = 0; torc_file_block_name(block, i, &name) > 0; i++) {
		strncat(blocks->text, name.name, name.name_bytes);
		strcat(blocks->text, name.address_bytes == 4 && name.address[3] == 1 ? "/" : "?");
	}
}

static void check_first_packet(struct torc_file *file, const struct torc_packet *packet)
{
	struct torc_file_extra extra = { .size = sizeof(extra) };
	struct torc_file_option option;

	ok(packet->timestamp_ns == 1700000000123456789u, "nanoseconds");
	ok(packet->direction == TORC_PACKET_RX && packet->kind == TORC_PACKET_MULTICAST,
	   "direction and kind from the flags word");
	is(packet->queue, 3, "queue");
	is(torc_file_extra(file, 0, &extra), 0, "extras");
	is(extra.flags, 9, "flags word");
	is(extra.drop_count, 17, "drop count");
	is(extra.packet_id, 99, "packet id");
	is(extra.queue, 3, "queue");
	is(extra.comment_count, 2, "two comments");
	ok(extra.comment_bytes == 13 && !memcmp(extra.comment, "first comment", 13), "the first");
	ok(extra.hash_bytes == 5 && extra.hash[0] == 2, "hash");
	ok(extra.verdict_bytes == 4 && !memcmp(extra.verdict, "\001xyz", 4), "verdict");
	is(torc_file_option(file, 0, 1, &option), 1, "options one by one");
	ok(option.code == 1 && option.length == 6 && !memcmp(option.value, "second", 6),
	   "the second comment");
	is(torc_file_option(file, 0, 8, &option), 0, "there are eight of them");
}

static void check_section(struct torc_file *file, unsigned int section)
{
	struct torc_file_extra extra = { .size = sizeof(extra) };
	struct torc_packet p[6];
	uint32_t base = 2 * section, i;
	bool good = true;

	for (i = 0; i < 6; i++) {
		if (!ok(torc_file_next(file, &p[i]) == 1, "section %u packet %u", section, i)) {
			note("%s", torc_file_error(file));
			return;
		}
		good &= same_bytes(&p[i], 6 * section + i);
		if (i == 0)
			check_first_packet(file, &p[i]);
		if (i == 3)
			torc_file_extra(file, 0, &extra);
	}
	ok(good, "every byte of the packets");
	ok(p[1].timestamp_ns == 1700000000123456000u && p[1].caplen == 61 && p[1].len == 1500 &&
	   p[1].link_type == 113 && p[1].ifindex == (int)base + 1, "the second interface");
	ok(p[2].timestamp_ns == 0 && (p[2].flags & TORC_PACKET_TIMESTAMP_MISSING) &&
	   p[2].caplen == 70 && p[2].ifindex == (int)base, "a simple packet has no time");
	ok(p[3].timestamp_ns == 1700000001000000000u && p[3].caplen == 33 && p[3].len == 40 &&
	   extra.drop_count == 5, "the old packet block");
	ok(p[4].caplen == 0 && p[4].direction == TORC_PACKET_TX, "an empty packet, outbound");
}

static void test_everything(void)
{
	struct torc_file_interface interface = { .size = sizeof(interface) };
	struct blocks blocks = { 0 };
	struct torc_file_options options = { .size = sizeof(options), .on_block = on_block,
					     .user = &blocks };
	struct bytes bytes = { 0 };
	struct torc_file_info info = { .size = sizeof(info) };
	struct torc_packet packet;
	struct torc_file *file;

	put_everything(&bytes);
	if (!ok(torc_file_open_memory(&file, bytes.data, bytes.length, &options, &error) == 0,
		"a file with everything"))
		return;
	torc_file_info(file, &info);
	is(info.link_type, 1, "the first link type is known before the first packet");
	check_section(file, 0);
	check_section(file, 1);
	is(torc_file_next(file, &packet), 0, "the end");
	torc_file_info(file, &info);
	ok(info.section_count == 2 && info.interface_count == 4 && info.big_endian,
	   "two sections, four interfaces");
	is_str(info.application, "tests", "the section's application");
	is_str(info.comment, "a section", "the section's comment");
	ok(blocks.names == 2 && blocks.secrets == 2 && blocks.others == 2 &&
	   blocks.statistics == 2, "blocks that are not packets");
	is_str(blocks.text, "one/two.net/", "names");
	is(torc_file_interface(file, 2, &interface), 0, "an interface of the second section");
	ok(interface.section == 1 && interface.received == 1000 &&
	   interface.dropped_by_interface == 2 && interface.dropped_by_os == 3 &&
	   interface.delivered == 995 && interface.accepted_by_filter == TORC_UNKNOWN,
	   "its statistics; what was not said is unknown");
	torc_file_close(file);
	free(bytes.data);
}

static void put_rich_interface(struct bytes *bytes, uint8_t resolution, int64_t offset)
{
	open_block(bytes, 1);
	put16(bytes, 1);
	put16(bytes, 0);
	put32(bytes, 2000);
	put_text_option(bytes, 1, "why");
	put_text_option(bytes, 2, "eth7");
	put_text_option(bytes, 3, "the uplink");
	put_option(bytes, 6, "\002\000\000\000\000\007", 6);
	put_number_option(bytes, 8, 10000000000u, 8);
	put_option(bytes, 9, &resolution, 1);
	put_option(bytes, 11, "\0udp port 53", 12);
	put_text_option(bytes, 12, "Linux");
	put_number_option(bytes, 14, (uint64_t)offset, 8);
	put_text_option(bytes, 15, "a card");
	close_block(bytes);
}

/* An offset that leads before 1970: there is no such time, and that is told. */
static void test_before_1970(void)
{
	struct bytes bytes = { 0 };
	struct torc_file_info info = { .size = sizeof(info) };
	struct torc_packet packet;
	struct torc_file *file;

	put_section(&bytes, false);
	put_rich_interface(&bytes, 6, -100);
	open_packet(&bytes, 0, 99000000, 10, 10, 0);
	close_block(&bytes);
	open_packet(&bytes, 0, 101000000, 10, 10, 0);
	close_block(&bytes);
	file = open_bytes(&bytes);
	is(torc_file_next(file, &packet), 1, "a time before 1970");
	ok(packet.timestamp_ns == 0 && (packet.flags & TORC_PACKET_TIMESTAMP_MISSING), "is none");
	is(torc_file_next(file, &packet), 1, "and one after");
	ok(packet.timestamp_ns == 1000000000u && packet.flags == 0, "is one");
	torc_file_info(file, &info);
	is(info.time_clashes, 1, "the first was counted");
	torc_file_close(file);
	free(bytes.data);
}

static void test_interface_options(void)
{
	struct torc_file_interface view = { .size = sizeof(view) };
	struct bytes bytes = { 0 };
	struct torc_packet packet;
	struct torc_file *file;

	put_section(&bytes, true);
	put_rich_interface(&bytes, 6, -100);
	open_packet(&bytes, 0, 1700000100000001u, 4, 4, 0);
	close_block(&bytes);
	file = open_bytes(&bytes);
	torc_file_interface(file, 0, &view);
	is_str(view.name, "eth7", "name");
	is_str(view.description, "the uplink", "description");
	is_str(view.filter, "udp port 53", "filter");
	is_str(view.os, "Linux", "system");
	is_str(view.hardware, "a card", "hardware");
	is_str(view.comment, "why", "comment");
	ok(view.has_mac && view.mac[5] == 7 && view.speed_bits == 10000000000u &&
	   view.snaplen == 2000, "address, speed, snaplen");
	ok(view.offset_seconds == -100 && view.ticks_per_second == 1000000, "offset, resolution");
	torc_file_next(file, &packet);
	ok(packet.timestamp_ns == 1700000000000001000u, "the offset is in the packet's time");
	torc_file_close(file);
	free(bytes.data);
}

static void test_resolution(uint8_t resolution, uint64_t ticks, uint64_t want)
{
	struct bytes bytes = { 0 };
	struct torc_packet packet = { 0 };
	struct torc_file *file;

	put_section(&bytes, false);
	put_interface(&bytes, 1, 0, resolution);
	open_packet(&bytes, 0, ticks, 4, 4, 0);
	close_block(&bytes);
	if (torc_file_open_memory(&file, bytes.data, bytes.length, NULL, &error) == 0)
		torc_file_next(file, &packet);
	if (!ok(packet.timestamp_ns == want, "resolution 0x%02x", resolution))
		note("got %llu, want %llu", (unsigned long long)packet.timestamp_ns,
		     (unsigned long long)want);
	torc_file_close(file);
	free(bytes.data);
}

/* ---- where the bytes come from ---- */

/* More than a block, with packets of every size: each is whole although reads cut them. */
static void put_long(struct bytes *bytes, unsigned int packets)
{
	uint32_t i;

	put_pcap_header(bytes, 0xa1b23c4d, 2, 4, 1);
	for (i = 0; i < packets; i++)
		put_pcap_record(bytes, i, i, i * 37 % 4000, 4000, i);
}

static void read_long(struct torc_file *file, unsigned int packets, const char *what)
{
	struct torc_packet batch[50];
	unsigned int count = 0;
	bool good = true;
	int got, i;

	while ((got = torc_file_next_batch(file, batch, 50)) > 0)
		for (i = 0; i < got; i++, count++)
			good &= batch[i].caplen == count * 37 % 4000 &&
				same_bytes(&batch[i], count);
	ok(got == 0 && good && count == packets, "%s: %u packets, each whole", what, packets);
}

static void test_sources(void)
{
	enum { packets = 1000 }; /* 2 MB */
	char path[] = "/tmp/torc-read-XXXXXX";
	struct bytes bytes = { 0 };
	struct torc_file_options options = { .size = sizeof(options), .block_bytes = 4096 };
	struct torc_file_info info = { .size = sizeof(info) };
	struct torc_file *file;
	int fd = mkstemp(path), pipe_fds[2];
	pid_t child;
	size_t at;

	put_long(&bytes, packets);
	ok(write(fd, bytes.data, bytes.length) == (ssize_t)bytes.length, "a file");
	ok(torc_file_open(&file, path, NULL, &error) == 0, "by its path");
	read_long(file, packets, "path");
	torc_file_info(file, &info);
	ok(info.file_bytes == bytes.length && info.file_offset == bytes.length, "its size");
	torc_file_close(file);
	ok(torc_file_open(&file, path, &options, &error) == 0, "in blocks of 4 KiB");
	read_long(file, packets, "small blocks");
	torc_file_close(file);
	lseek(fd, 0, SEEK_SET);
	ok(torc_file_open_fd(&file, fd, NULL, &error) == 0, "by a descriptor");
	read_long(file, packets, "descriptor");
	torc_file_close(file);
	ok(fcntl(fd, F_GETFD) >= 0, "which stays open");
	close(fd);
	unlink(path);

	ok(pipe(pipe_fds) == 0, "a pipe");
	child = fork();
	if (child == 0) {
		for (at = 0; at < bytes.length; at += 777)
			if (write(pipe_fds[1], bytes.data + at,
				  bytes.length - at < 777 ? bytes.length - at : 777) < 0)
				_exit(1);
		_exit(0);
	}
	close(pipe_fds[1]);
	ok(torc_file_open_fd(&file, pipe_fds[0], NULL, &error) == 0, "that gives little at once");
	read_long(file, packets, "pipe");
	torc_file_info(file, &info);
	ok(info.file_bytes == TORC_UNKNOWN, "nobody knows its size");
	torc_file_close(file);
	close(pipe_fds[0]);
	waitpid(child, NULL, 0);
	free(bytes.data);
}

/* A file that somebody else still writes: the end is no end for ever. */
static void test_growing(void)
{
	char path[] = "/tmp/torc-grow-XXXXXX";
	int fd = mkstemp(path);
	struct bytes bytes = { 0 };
	struct torc_packet packet;
	struct torc_file *file;

	put_pcap_header(&bytes, 0xa1b2c3d4, 2, 4, 1);
	put_pcap_record(&bytes, 1, 2, 50, 50, 0);
	put_pcap_record(&bytes, 1, 2, 50, 50, 1);
	ok(write(fd, bytes.data, bytes.length - 10) > 0, "a file with half a packet at its end");
	ok(torc_file_open(&file, path, NULL, &error) == 0, "it opens");
	is(torc_file_next(file, &packet), 1, "the whole packet");
	is(torc_file_next(file, &packet), -TORC_EFORMAT, "then it is cut");
	ok(write(fd, bytes.data + bytes.length - 10, 10) == 10, "the rest comes");
	is(torc_file_next(file, &packet), 1, "and the packet is there");
	ok(same_bytes(&packet, 1), "whole");
	is(torc_file_next(file, &packet), 0, "the end");
	torc_file_close(file);
	close(fd);
	unlink(path);
	free(bytes.data);
}

/* ---- what is refused ---- */

static void refuse(const void *data, size_t length, const char *words, const char *what)
{
	struct torc_file *file;
	int result = torc_file_open_memory(&file, data, length, NULL, &error);

	ok(result == -TORC_EFORMAT && strstr(error.text, words), "%s is refused", what);
	if (result != -TORC_EFORMAT || !strstr(error.text, words))
		note("%d %s", result, result < 0 ? error.text : "");
	if (result == 0)
		torc_file_close(file);
}

/* Reading reaches an error whose sentence names the byte. */
static void damaged(struct bytes *bytes, unsigned int packets, const char *words, const char *what)
{
	struct torc_file *file = open_bytes(bytes);
	struct torc_packet packet;
	unsigned int count = 0;
	int result;

	while ((result = torc_file_next(file, &packet)) > 0)
		count++;
	ok(result == -TORC_EFORMAT && count == packets && strstr(torc_file_error(file), words),
	   "%s", what);
	if (!strstr(torc_file_error(file), words))
		note("%d after %u: %s", result, count, torc_file_error(file));
	is(torc_file_next(file, &packet), -TORC_EFORMAT, "and it stays so");
	torc_file_close(file);
	free(bytes->data);
	*bytes = (struct bytes){ 0 };
}

static void test_refusals(void)
{
	struct bytes bytes = { 0 };
	struct torc_file *file;

	refuse("", 0, "empty", "nothing");
	refuse("ab", 2, "too short", "two bytes");
	refuse("#!/bin/sh\necho", 14, "23 21 2f 62", "a script");
	put_pcap_header(&bytes, 0xa1b2c3d4, 2, 5, 1);
	refuse(bytes.data, bytes.length, "2.5", "pcap 2.5");
	refuse(bytes.data, 20, "header", "half a header");
	bytes.length = 0;
	put_section(&bytes, false);
	bytes.data[12] = 2;
	refuse(bytes.data, bytes.length, "2.0", "pcapng 2.0");
	is(torc_file_open(&file, "/nonexistent/file", NULL, &error), -ENOENT, "no such file");
	ok(strstr(error.text, "/nonexistent/file"), "the sentence names it");
	is(torc_file_open(&file, "/", NULL, &error), -EISDIR, "a directory");
	is(torc_file_open_fd(&file, 999, NULL, &error), -EBADF, "a descriptor that is not open");

	bytes.length = 0;
	put_pcap_header(&bytes, 0xa1b2c3d4, 2, 4, 1);
	put_pcap_record(&bytes, 0, 0, 10, 10, 0);
	put32(&bytes, 1);
	put32(&bytes, 1);
	put32(&bytes, 0x20202020);
	put32(&bytes, 0x20202020);
	damaged(&bytes, 1, "byte 50:", "an absurd length");

	put_section(&bytes, false);
	put_interface(&bytes, 1, 0, 6);
	open_packet(&bytes, 3, 0, 10, 10, 0);
	close_block(&bytes);
	damaged(&bytes, 0, "interface 3", "an interface that is not there");

	put_section(&bytes, true);
	put_interface(&bytes, 1, 0, 6);
	open_packet(&bytes, 0, 0, 10, 10, 0);
	close_block(&bytes);
	bytes.data[bytes.length - 1] ^= 4;
	damaged(&bytes, 0, "two lengths differ", "a block that ends otherwise than it begins");
}

int main(void)
{
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		test_form(&forms[i], false);
		test_form(&forms[i], true);
	}
	test_pcap_details();
	test_fractions();
	test_everything();
	test_interface_options();
	test_before_1970();
	test_resolution(9, 1700000000123456789u, 1700000000123456789u);
	test_resolution(6, 1700000000123456u, 1700000000123456000u);
	test_resolution(3, 1700000000123u, 1700000000123000000u);
	test_resolution(0, 1700000000u, 1700000000000000000u);
	test_resolution(12, 1700000123456789123u, 1700000123456789u);
	test_resolution(0x80 | 20, 1700000000ull << 20 | 1 << 19, 1700000000500000000u);
	test_resolution(0x80 | 32, 1700000000ull << 32 | 1u << 31, 1700000000500000000u);
	test_resolution(0x80 | 0, 17, 17000000000u);
	test_resolution(6, UINT64_MAX, UINT64_MAX); /* saturated */
	test_resolution(127, UINT64_MAX, 0);
	test_sources();
	test_growing();
	test_refusals();
	return done();
}
