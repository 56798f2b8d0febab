/* SPDX-License-Identifier: BSD-3-Clause */
/* What the writer writes, the reader reads: formats, interfaces, extras, statistics, limits. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <torc/file.h>

#include "capture_bytes.h"
#include "test.h"
#include "test_folder.h"

#define PACKETS 300u

static struct torc_error error;
static char folder[] = "/tmp/torc-write-XXXXXX";

static const char *in_folder(const char *name)
{
	static char path[4][128];
	static unsigned int turn;
	char *result = path[turn++ % 4];

	snprintf(result, sizeof(path[0]), "%s/%s", folder, name);
	return result;
}

static uint8_t data[1600];

static struct torc_packet packet_number(uint32_t number)
{
	fill_packet(data, sizeof(data), number);
	return (struct torc_packet){
		.data = data, .caplen = number * 13 % 1500, .len = 1500 + number,
		.timestamp_ns = 1700000000123456789u + number * 1000003u,
		.link_type = TORC_LINK_ETHERNET, .direction = number % 3,
		.kind = number % 3 == TORC_PACKET_RX ? TORC_PACKET_BROADCAST :
			number % 3 == TORC_PACKET_TX ? TORC_PACKET_OUTGOING :
						       TORC_PACKET_KIND_UNKNOWN,
	};
}

static struct torc_writer *open_writer(const char *name, const struct torc_writer_options *options)
{
	struct torc_writer *writer = NULL;

	if (!ok(torc_writer_open(&writer, in_folder(name), options, &error) == 0, "%s", name)) {
		note("%s", error.text);
		exit(1);
	}
	return writer;
}

static bool same(const struct torc_packet *got, uint32_t number, uint64_t tick_ns, bool pcapng)
{
	struct torc_packet want = packet_number(number);

	want.timestamp_ns -= want.timestamp_ns % tick_ns;
	return got->timestamp_ns == want.timestamp_ns && got->caplen == want.caplen &&
	       got->len == want.len && memcmp(got->data, want.data, want.caplen) == 0 &&
	       (!pcapng || (got->direction == want.direction && got->kind == want.kind));
}

static void round_trip(const char *name, uint32_t flags, enum torc_file_format format)
{
	struct torc_writer_options options = { .size = sizeof(options), .flags = flags };
	struct torc_writer *writer;
	struct torc_writer_stats stats = { .size = sizeof(stats) };
	struct torc_packet packet;
	struct torc_file_info info = { .size = sizeof(info) };
	struct torc_file *file;
	uint64_t tick_ns = flags & TORC_WRITER_MICROSECONDS ? 1000 : 1;
	struct stat status;
	uint32_t i;
	bool good = true;

	if (torc_writer_open(&writer, in_folder(name), &options, &error) == -EOPNOTSUPP) {
		skip(name, "this build does not have the compression");
		return;
	}
	for (i = 0; i < PACKETS; i++) {
		packet = packet_number(i);
		good &= torc_writer_write(writer, &packet, 1) == 1;
	}
	is(torc_writer_close(writer, &stats, &error), 0, "%s: written", name);
	stat(in_folder(name), &status);
	ok(good && stats.taken == PACKETS && stats.written == PACKETS && stats.lost == 0 &&
	   stats.waiting == 0 && stats.written_bytes == (uint64_t)status.st_size,
	   "%s: the account", name);
	is(status.st_mode & 0777, 0600, "%s: for its owner only", name);
	if (!ok(torc_file_open(&file, in_folder(name), NULL, &error) == 0, "%s: read", name))
		return;
	torc_file_info(file, &info);
	ok(info.format == format && info.link_type == TORC_LINK_ETHERNET, "%s: the format", name);
	for (i = 0, good = true; torc_file_next(file, &packet) > 0; i++)
		good &= same(&packet, i, tick_ns, format == TORC_FORMAT_PCAPNG);
	ok(good && i == PACKETS, "%s: %u packets come back as they were", name, i);
	torc_file_close(file);
}

/* ---- pcapng's further parts ---- */

static void write_rich(struct torc_writer *writer)
{
	struct torc_file_interface view = { .size = sizeof(view), .name = "eth0", .ifindex = 7,
					    .description = "the uplink", .filter = "udp port 53",
					    .os = "Linux", .hardware = "card", .comment = "why",
					    .link_type = 1, .fcs_bytes = 4, .has_mac = true,
					    .mac = { 2, 0, 0, 0, 0, 9 },
					    .speed_bits = 25000000000u };
	struct torc_stats stats = { .size = sizeof(stats), .received = 90, .kernel_seen = 100, .dropped = 10,
				    .filtered = 5, .card_missed = TORC_UNKNOWN };
	struct torc_file_option more = { 1, 6, (const uint8_t *)"second" };
	struct torc_file_extra extra = {
		.size = sizeof(extra), .flags = 0x0d, .drop_count = 3, .packet_id = 77,
		.queue = 5, .comment = "hello", .comment_bytes = 5, .hash_bytes = 5,
		.hash = (const uint8_t *)"\002abcd", .verdict_bytes = 2,
		.verdict = (const uint8_t *)"\001v", .more = &more, .more_count = 1,
	};
	struct torc_packet packet = packet_number(5);

	is(torc_writer_add_interface(writer, &view), 0, "the first interface");
	packet.ifindex = 7;
	is(torc_writer_write_extra(writer, &packet, &extra), 1, "a packet with everything");
	packet.ifindex = 8;
	packet.link_type = TORC_LINK_RAW;
	packet.flags = TORC_PACKET_CHECKSUM_PARTIAL;
	is(torc_writer_write(writer, &packet, 1), 1, "of an interface nobody declared");
	is(torc_writer_write_block(writer, 10, "KLST\003\0\0\0abc", 11), 0, "a block of secrets");
	is(torc_writer_write_block(writer, 6, "", 0), -EINVAL, "packets are not written as blocks");
	is(torc_writer_set_stats(writer, 0, &stats), 0, "statistics");
	is(torc_writer_set_stats(writer, 2, &stats), -ENOENT, "of no such interface");
}

static unsigned int secrets;

static void on_block(void *user, const struct torc_file_block *block)
{
	(void)user;
	secrets += block->type == 10 && block->body_bytes == 12 &&
		   memcmp(block->body + 8, "abc", 3) == 0;
}

static void check_rich(struct torc_file *file)
{
	struct torc_file_interface view = { .size = sizeof(view) };
	struct torc_file_extra extra = { .size = sizeof(extra) };
	struct torc_file_option option;
	struct torc_packet packet;
	struct torc_file_info info = { .size = sizeof(info) };

	is(torc_file_next(file, &packet), 1, "the first packet");
	torc_file_extra(file, 0, &extra);
	ok(extra.flags == 0x0d && extra.drop_count == 3 && extra.packet_id == 77 &&
	   extra.queue == 5 && packet.queue == 5, "its numbers");
	ok(extra.comment_count == 2 && extra.comment_bytes == 5 &&
	   memcmp(extra.comment, "hello", 5) == 0, "its comment");
	ok(extra.hash_bytes == 5 && memcmp(extra.hash, "\002abcd", 5) == 0 &&
	   extra.verdict_bytes == 2, "its hash and verdict");
	ok(torc_file_option(file, 0, 7, &option) == 1 && option.code == 1 && option.length == 6,
	   "a further option");
	is(torc_file_next(file, &packet), 1, "the second packet");
	ok(packet.ifindex == 1 && packet.link_type == TORC_LINK_RAW &&
	   packet.flags == TORC_PACKET_CHECKSUM_PARTIAL, "of the second interface");
	is(torc_file_next(file, &packet), 0, "the end");
	is(secrets, 1, "the secrets");
	torc_file_interface(file, 0, &view);
	is_str(view.name, "eth0", "interface name");
	is_str(view.description, "the uplink", "description");
	is_str(view.filter, "udp port 53", "filter");
	is_str(view.os, "Linux", "system");
	is_str(view.hardware, "card", "hardware");
	is_str(view.comment, "why", "comment");
	ok(view.fcs_bytes == 4 && view.has_mac && view.mac[5] == 9 &&
	   view.speed_bits == 25000000000u && view.ticks_per_second == 1000000000, "numbers");
	ok(view.received == 105 && view.accepted_by_filter == 100 && view.dropped_by_os == 10 &&
	   view.delivered == 90 && view.dropped_by_interface == TORC_UNKNOWN,
	   "the account; what is unknown stays away");
	ok(view.start_ns == packet_number(5).timestamp_ns && view.end_ns == view.start_ns,
	   "and its time");
	torc_file_info(file, &info);
	is_str(info.comment, "a test", "the section's comment");
	is_str(info.application, "tests 1", "the section's application");
}

static void test_rich(void)
{
	struct torc_writer_options options = { .size = sizeof(options), .comment = "a test",
					       .application = "tests 1" };
	struct torc_file_options reading = { .size = sizeof(reading), .on_block = on_block };
	struct torc_writer *writer = open_writer("rich.pcapng", &options);
	struct torc_file *file;

	write_rich(writer);
	is(torc_writer_close(writer, NULL, &error), 0, "written");
	if (ok(torc_file_open(&file, in_folder("rich.pcapng"), &reading, &error) == 0, "read"))
		check_rich(file);
	torc_file_close(file);
}

/* ---- pcap's limits, and others ---- */

static void test_limits(void)
{
	struct torc_writer_options options = { .size = sizeof(options), .snaplen = 40,
					       .has_link_type = true, .mode = 0640,
					       .link_type = TORC_LINK_NULL };
	struct torc_writer *writer = open_writer("limits.pcap", &options);
	struct torc_packet packet = packet_number(50), got;
	struct torc_file_info info = { .size = sizeof(info) };
	struct torc_file *file;
	struct stat status;

	is(torc_file_open(&file, in_folder("limits.pcap"), NULL, &error), 0,
	   "a file without packets is a capture file from the first moment");
	torc_file_close(file);
	is(torc_writer_write(writer, &packet, 1), -EINVAL, "a second link type is refused");
	ok(strstr(torc_writer_error(writer), "pcapng"), "and the sentence says what to do");
	packet.link_type = TORC_LINK_NULL;
	packet.timestamp_ns = 5000000000ull * 1000000000; /* after 2106 */
	is(torc_writer_write(writer, &packet, 1), 1, "the right one is taken");
	is(torc_writer_close(writer, NULL, NULL), 0, "closed");
	stat(in_folder("limits.pcap"), &status);
	is(status.st_mode & 0777, 0640, "the mode that was asked for");
	torc_file_open(&file, in_folder("limits.pcap"), NULL, &error);
	torc_file_info(file, &info);
	is(torc_file_next(file, &got), 1, "the packet");
	ok(got.caplen == 40 && got.len == packet.len && info.snaplen == 40, "cut to the snaplen");
	ok(got.timestamp_ns / 1000000000 == UINT32_MAX, "a time pcap does not have is its last");
	torc_file_close(file);
}

static void test_refusals(void)
{
	struct torc_writer_options options = { .size = sizeof(options) };
	struct torc_writer *writer;
	struct torc_file *file;
	struct stat before, after;
	int terminal = posix_openpt(O_RDWR | O_NOCTTY);

	stat(in_folder("plain.pcap"), &before);
	torc_file_open(&file, in_folder("plain.pcap"), NULL, &error);
	is(torc_writer_open(&writer, in_folder("plain.pcap"), NULL, &error), -EBUSY,
	   "a file that is being read is not overwritten");
	ok(link(in_folder("plain.pcap"), in_folder("other-name")) == 0 &&
	   torc_writer_open(&writer, in_folder("other-name"), NULL, &error) == -EBUSY,
	   "by any name");
	stat(in_folder("plain.pcap"), &after);
	ok(before.st_size == after.st_size && before.st_size > 0, "it is as it was");
	torc_file_close(file);
	is(torc_writer_open(&writer, in_folder("no/such/folder"), NULL, &error), -ENOENT,
	   "no such folder");
	options.rotate_bytes = 1;
	is(torc_writer_open(&writer, "-", &options, &error), -EINVAL, "stdout is not rotated");
	options.rotate_bytes = 0;
	options.ring_files = 3;
	is(torc_writer_open(&writer, in_folder("x"), &options, &error), -EINVAL,
	   "a ring of files needs a size");
	if (terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0 &&
	    ptsname(terminal))
		is(torc_writer_open(&writer, ptsname(terminal), NULL, &error), -ENOTTY,
		   "packets are not written to a terminal");
	else
		skip("a terminal", "there is none here");
}

/* Every packet of a batch, the largest there are, and comments larger than the buffer. */
static void test_large(void)
{
	struct torc_writer_options options = { .size = sizeof(options), .buffer_bytes = 4096 };
	struct torc_writer *writer = open_writer("large.pcapng", &options);
	static uint8_t large[TORC_SNAPLEN_MAX];
	static char comment[65535];
	struct torc_packet packets[3], got;
	struct torc_file_extra extra = { .size = sizeof(extra), .drop_count = TORC_UNKNOWN,
					 .packet_id = TORC_UNKNOWN, .queue = TORC_NO_QUEUE,
					 .comment = comment, .comment_bytes = sizeof(comment) };
	struct torc_file *file;
	unsigned int i;

	fill_packet(large, sizeof(large), 1);
	memset(comment, 'x', sizeof(comment));
	for (i = 0; i < 3; i++) {
		packets[i] = packet_number(i);
		packets[i].data = large;
		packets[i].caplen = packets[i].len = sizeof(large) - i;
	}
	is(torc_writer_write(writer, packets, 3), 3, "three packets of 256 KiB");
	is(torc_writer_write_extra(writer, packets, &extra), 1, "and one with a long comment");
	is(torc_writer_close(writer, NULL, NULL), 0, "closed");
	torc_file_open(&file, in_folder("large.pcapng"), NULL, &error);
	for (i = 0; torc_file_next(file, &got) > 0; i++)
		if (got.caplen != sizeof(large) - i % 3 || memcmp(got.data, large, got.caplen) != 0)
			break;
	is(i, 4, "come back");
	torc_file_close(file);
}

int main(void)
{
	if (!mkdtemp(folder))
		skip_all("no temporary folder");
	round_trip("plain.pcap", 0, TORC_FORMAT_PCAP);
	round_trip("micro.pcap", TORC_WRITER_MICROSECONDS, TORC_FORMAT_PCAP);
	round_trip("plain.pcapng", 0, TORC_FORMAT_PCAPNG);
	round_trip("micro.pcapng", TORC_WRITER_MICROSECONDS, TORC_FORMAT_PCAPNG);
	round_trip("packed.pcap.gz", 0, TORC_FORMAT_PCAP);
	round_trip("packed.pcapng.gz", TORC_WRITER_FLUSH_EACH, TORC_FORMAT_PCAPNG);
	round_trip("packed.pcap.zst", 0, TORC_FORMAT_PCAP);
	round_trip("packed.pcapng.zst", 0, TORC_FORMAT_PCAPNG);
	round_trip("each.pcap", TORC_WRITER_FLUSH_EACH, TORC_FORMAT_PCAP);
	round_trip("thread.pcap", TORC_WRITER_ASYNC, TORC_FORMAT_PCAP);
	round_trip("thread-each.pcapng", TORC_WRITER_ASYNC | TORC_WRITER_FLUSH_EACH,
		   TORC_FORMAT_PCAPNG);
	round_trip("thread.pcapng.zst", TORC_WRITER_ASYNC | TORC_WRITER_FSYNC,
		   TORC_FORMAT_PCAPNG);
	test_rich();
	test_limits();
	test_refusals();
	test_large();
	remove_folder(folder);
	return done();
}
