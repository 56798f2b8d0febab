/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * captures.c - the project's own packets as capture files, for make agree
 *
 *	captures FOLDER
 *
 * golden.pcapng    the packets of tests/golden/, each with its link type
 * streams.pcapng   those of them that are to be decoded with TORC_DECODE_STREAMS
 * cut.pcapng       the golden packets cut by the snaplen at every length
 * mixed.pcapng     made packets, mixed as public captures are (bench/mix.h)
 */
#include <torc/file.h>

#include "../../bench/mix.h"
#include "../golden.h"

#define MIXED_PACKETS 20000

static struct torc_writer *all_file, *streams_file, *cut_file;
static int written;

static struct torc_writer *create(const char *folder, const char *name)
{
	struct torc_writer *writer;
	struct torc_error error;
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (torc_writer_open(&writer, path, NULL, &error) < 0) {
		fprintf(stderr, "%s\n", error.text);
		exit(1);
	}
	return writer;
}

static void append(struct torc_writer *writer, const struct torc_packet *packet)
{
	if (torc_writer_write(writer, packet, 1) != 1) {
		fprintf(stderr, "packet %d could not be written\n", written);
		exit(1);
	}
	written++;
}

/* An interface for each link type: the file has one type an interface. */
static void append_golden(const struct golden *golden)
{
	struct torc_packet packet = golden_packet(golden, (uint8_t *)golden->data, golden->caplen);

	packet.ifindex = 1 + golden->link_type;
	append(golden->streams ? streams_file : all_file, &packet);
	for (packet.caplen--; packet.caplen + 1 > 0; packet.caplen--)
		append(cut_file, &packet);
}

static void append_mixed(struct torc_writer *writer)
{
	uint8_t frame[MIX_BYTES_MAX];
	struct torc_packet packet = { .data = frame, .link_type = TORC_LINK_ETHERNET };
	unsigned int i;

	for (i = 0; i < MIXED_PACKETS; i++) {
		packet.caplen = packet.len = mix_packet(frame);
		packet.timestamp_ns = 1700000000000000000u + i;
		append(writer, &packet);
	}
}

int main(int argc, char **argv)
{
	struct torc_writer *mixed;

	if (argc != 2)
		return 2;
	all_file = create(argv[1], "golden.pcapng");
	streams_file = create(argv[1], "streams.pcapng");
	cut_file = create(argv[1], "cut.pcapng");
	mixed = create(argv[1], "mixed.pcapng");
	if (golden_each(append_golden) == 0)
		return 1;
	append_mixed(mixed);
	if (torc_writer_close(all_file, NULL, NULL) < 0 ||
	    torc_writer_close(streams_file, NULL, NULL) < 0 ||
	    torc_writer_close(cut_file, NULL, NULL) < 0 ||
	    torc_writer_close(mixed, NULL, NULL) < 0)
		return 1;
	printf("%d packets\n", written);
	return 0;
}
