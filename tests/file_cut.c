/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Capture files cut at every byte of their first 4 KiB and at random behind it, and files with
 * changed bytes: every whole packet comes, then an error that names the byte; nothing reads past
 * the end (an inaccessible page follows it).
 */
#include <fcntl.h>

#include <torc/file.h>

#include "capture_bytes.h"
#include "test.h"

#define PACKETS_MAX 4000
#define CUTS_BEHIND 300
#define CHANGES     20000

static uint32_t seed = 12345;

static uint32_t rnd(void)
{
	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}

/* Touch what was borrowed, so that a sanitizer or the guard page sees it. */
static uint32_t touch(const struct torc_file *file, unsigned int index,
		      const struct torc_packet *packet)
{
	struct torc_file_extra extra = { .size = sizeof(extra) };
	struct torc_file_option option;
	uint32_t sum = 0, i;
	unsigned int nth;

	for (i = 0; i < packet->caplen; i++)
		sum += packet->data[i];
	torc_file_extra(file, index, &extra);
	for (i = 0; i < extra.comment_bytes; i++)
		sum += (uint8_t)extra.comment[i];
	for (nth = 0; torc_file_option(file, index, nth, &option) > 0; nth++)
		for (i = 0; i < option.length; i++)
			sum += option.value[i];
	return sum;
}

static void on_block(void *user, const struct torc_file_block *block)
{
	uint32_t *sum = user, i;
	struct torc_file_name name;

	for (i = 0; i < block->body_bytes; i++)
		*sum += block->body[i];
	for (i = 0; torc_file_block_name(block, i, &name) > 0; i++)
		if (name.name_bytes > 0)
			*sum += (uint8_t)name.name[name.name_bytes - 1];
}

struct reading {
	int opened;
	int result;
	unsigned int packets;
	uint64_t damage;
	uint64_t offset; /* what was read without an error */
	uint64_t ends[PACKETS_MAX]; /* where each packet's record ends */
};

static void read_all(const uint8_t *data, size_t length, struct reading *reading)
{
	static uint32_t sum;
	struct torc_file_options options = { .size = sizeof(options), .on_block = on_block,
					     .user = &sum };
	struct torc_packet packets[7];
	struct torc_file_info info = { .size = sizeof(info) };
	struct torc_file *file;
	int i;

	reading->packets = 0;
	reading->opened = torc_file_open_memory(&file, data, length, &options, NULL);
	if (reading->opened < 0)
		return;
	while ((reading->result = torc_file_next_batch(file, packets, 7)) > 0)
		for (i = 0; i < reading->result; i++) {
			sum += touch(file, (unsigned int)i, &packets[i]);
			reading->packets++;
		}
	torc_file_info(file, &info);
	reading->damage = info.damage_offset;
	reading->offset = info.offset;
	torc_file_close(file);
}

/* Where the packets end, by reading one at a time. */
static void find_ends(const uint8_t *data, size_t length, struct reading *reading)
{
	struct torc_packet packet;
	struct torc_file_info info = { .size = sizeof(info) };
	struct torc_file *file;

	reading->packets = 0;
	if (torc_file_open_memory(&file, data, length, NULL, NULL) < 0)
		return;
	while (torc_file_next(file, &packet) > 0) {
		torc_file_info(file, &info);
		reading->ends[reading->packets++] = info.offset;
	}
	torc_file_close(file);
}

static bool cut_is_right(const struct reading *whole, const uint8_t *data, size_t cut)
{
	uint8_t *copy = guarded(data, cut);
	struct reading now;
	unsigned int want = 0;
	bool good;

	while (want < whole->packets && whole->ends[want] <= cut)
		want++;
	read_all(copy, cut, &now);
	guarded_free(copy, cut);
	if (now.opened < 0)
		good = want == 0 && now.opened == -TORC_EFORMAT;
	else
		good = now.packets == want &&
		       (now.result == 0 ?
				now.offset == cut : /* between two records */
				now.result == -TORC_EFORMAT && now.damage < cut &&
					(want == 0 || now.damage >= whole->ends[want - 1]));
	if (!good)
		note("cut at %zu: opened %d, %u of %u packets, result %d at %llu", cut, now.opened,
		     now.packets, want, now.result, (unsigned long long)now.damage);
	return good;
}

static void test_cuts(const char *name, const struct bytes *bytes)
{
	static struct reading whole;
	unsigned int bad = 0, i;
	size_t cut;

	find_ends(bytes->data, bytes->length, &whole);
	ok(whole.packets > 0, "%s: %u packets in %zu bytes", name, whole.packets, bytes->length);
	for (cut = 0; cut < bytes->length && cut <= 4096; cut++)
		bad += !cut_is_right(&whole, bytes->data, cut);
	is(bad, 0, "%s: cut at every byte of the first 4 KiB", name);
	for (bad = 0, i = 0; bytes->length > 4096 && i < CUTS_BEHIND; i++)
		bad += !cut_is_right(&whole, bytes->data, 4096 + rnd() % (bytes->length - 4096));
	is(bad, 0, "%s: cut at random behind", name);
}

/* Changed bytes: any result is right but a read past the end. */
static void test_changes(const char *name, const struct bytes *bytes)
{
	size_t length = bytes->length < 6000 ? bytes->length : 6000;
	uint8_t *copy = guarded(bytes->data, length);
	static struct reading now;
	unsigned int i, j, read = 0;

	for (i = 0; i < CHANGES; i++) {
		size_t at[3];

		for (j = 0; j < 3; j++) {
			/* mostly where lengths and types are */
			at[j] = rnd() % (i % 2 ? length : length < 400 ? length : 400);
			copy[at[j]] = rnd() % 3 == 0 ? 0xFF : (uint8_t)rnd();
		}
		read_all(copy, length, &now);
		read += now.opened == 0 && now.packets > 0;
		for (j = 0; j < 3; j++)
			copy[at[j]] = bytes->data[at[j]];
	}
	guarded_free(copy, length);
	ok(read > 0, "%s: %u changed files, %u still gave packets", name, CHANGES, read);
}

/* Compressed: packets come up to where the compressed data stops, then an error. */
static void test_packed(const char *name, const char *suffix, const struct bytes *bytes)
{
	char path[64];
	struct torc_file *file;
	struct torc_writer *writer;
	struct torc_packet packet;
	static uint8_t packed[1 << 20];
	static struct reading now;
	unsigned int packets = 0, before = 0, bad = 0, errors = 0;
	struct torc_writer_options options = { .size = sizeof(options), .buffer_bytes = 8192 };
	ssize_t length, cut;
	int fd;

	snprintf(path, sizeof(path), "/tmp/torc-cut-%d%s", (int)getpid(), suffix);
	if (torc_writer_open(&writer, path, &options, NULL) < 0) {
		skip(name, "this build cannot compress with it");
		return;
	}
	torc_file_open_memory(&file, bytes->data, bytes->length, NULL, NULL);
	while (torc_file_next(file, &packet) > 0)
		packets += torc_writer_write(writer, &packet, 1) == 1;
	torc_file_close(file);
	is(torc_writer_close(writer, NULL, NULL), 0, "%s: written", name);
	fd = open(path, O_RDONLY);
	length = read(fd, packed, sizeof(packed));
	close(fd);
	unlink(path);
	for (cut = 0; cut <= length; cut += cut < 1500 ? 1 : 97) {
		uint8_t *copy = guarded(packed, (size_t)cut);

		read_all(copy, (size_t)cut, &now);
		guarded_free(copy, (size_t)cut);
		if (now.opened < 0)
			now.packets = 0;
		errors += now.opened < 0 || now.result < 0;
		bad += now.packets < before || now.packets > packets;
		before = now.packets;
	}
	read_all(packed, (size_t)length, &now);
	ok(now.packets == packets && now.result == 0, "%s: %u packets when whole", name, packets);
	ok(bad == 0 && errors > 1000, "%s: cut anywhere, never fewer packets than in less of it",
	   name);
}

int main(void)
{
	struct bytes pcap = { 0 }, big = { .big = true }, pcapng = { 0 }, old = { .big = true };
	uint32_t i;

	put_pcap_header(&pcap, 0xa1b2c3d4, 2, 4, 1);
	put_pcap_header(&big, 0xa1b23c4d, 2, 4, 1);
	put_pcap_header(&old, 0xa1b2c3d4, 2, 2, 1);
	for (i = 0; i < 300; i++) {
		put_pcap_record(&pcap, i, i, i * 7 % 150, 1500, i);
		put_pcap_record(&big, i, i, i * 11 % 200, 1500, i);
		put_pcap_record(&old, i, i, 90, 90, i);
	}
	for (i = 0; i < 3; i++)
		put_everything(&pcapng);
	test_cuts("pcap", &pcap);
	test_cuts("pcap, big-endian", &big);
	test_cuts("pcap 2.2", &old);
	test_cuts("pcapng", &pcapng);
	test_changes("pcap", &pcap);
	test_changes("pcapng", &pcapng);
	test_packed("gzip", ".pcap.gz", &pcap);
	test_packed("zstd", ".pcapng.zst", &pcap);
	free(pcap.data);
	free(big.data);
	free(old.data);
	free(pcapng.data);
	return done();
}
