/* SPDX-License-Identifier: BSD-3-Clause */
/* Faults in what programs do with capture files and with packets: write, read, decode, change. */
#include <fcntl.h>
#include <sys/stat.h>

#include <torc/torc.h>

#include "faults.h"
#include "fragments.h"

#define PACKETS 20u

static char folder[] = "/tmp/torc-faults-XXXXXX";
static char pcap[64], pcapng[64], packed[64], fragmented[64];

/* ---- writing ---- */

/* What the account says is there, and no torn end. */
static void read_back(const char *path, uint64_t written)
{
	bool counted = faults_pause();
	struct torc_file *file;
	struct torc_packet packet;
	uint64_t count = 0;
	int opened = torc_file_open(&file, path, NULL, NULL), code = opened;

	while (code >= 0 && (code = torc_file_next(file, &packet)) > 0)
		count++;
	if (code == -TORC_EFORMAT && written == 0)
		code = 0; /* empty: its header could not be written */
	must(code >= 0, "%s cannot be read: %s", path, torc_strerror(code));
	must(count == written, "%llu packets in the file, %llu in the account",
	     (unsigned long long)count, (unsigned long long)written);
	if (opened >= 0)
		torc_file_close(file);
	faults_resume(counted);
}

static int write_packets(struct torc_writer *writer)
{
	uint8_t frame[80];
	struct torc_packet packet = { .data = frame, .len = sizeof(frame), .caplen = sizeof(frame),
				      .link_type = TORC_LINK_ETHERNET, .ifindex = 1 };
	int code = 0;

	for (unsigned int i = 0; i < PACKETS && code >= 0; i++) {
		net_frame(frame, sizeof(frame), i);
		packet.timestamp_ns = 1700000000000000000u + i;
		code = told(torc_writer_write(writer, &packet, 1), torc_writer_error(writer));
	}
	return code;
}

/* single: everything goes into the one file of that name */
static int close_writer(struct torc_writer *writer, int code, const char *single)
{
	struct torc_writer_stats stats = { .size = sizeof(stats) };
	struct torc_error error = { 0 };
	int closed = torc_writer_close(writer, &stats, &error);

	told(closed, error.text);
	must(stats.taken == stats.written + stats.lost && stats.waiting == 0,
	     "taken %llu is not written %llu and lost %llu", (unsigned long long)stats.taken,
	     (unsigned long long)stats.written, (unsigned long long)stats.lost);
	must(stats.lost == 0 || code < 0 || closed < 0, "packets were lost without a word");
	if (single)
		read_back(single, stats.written);
	return code < 0 ? code : closed;
}

static int write_file(const char *name, const struct torc_writer_options *options, bool single)
{
	struct torc_error error = { 0 };
	struct torc_writer *writer;
	char path[64];
	int code;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (single)
		unlink(path);
	code = told(torc_writer_open(&writer, path, options, &error), error.text);
	if (code < 0)
		return code;
	code = write_packets(writer);
	return close_writer(writer, code, single ? path : NULL);
}

static int write_pcap(void)
{
	return write_file("w.pcap", NULL, true);
}

static int write_pcapng(void)
{
	return write_file("w.pcapng", NULL, true);
}

static int write_gzip(void)
{
	return write_file("w.pcap.gz", NULL, false);
}

static int write_zstd(void)
{
	return write_file("w.pcapng.zst", NULL, false);
}

static int write_each(void)
{
	struct torc_writer_options options = { .size = sizeof(options), .mode = 0640,
					       .flags = TORC_WRITER_FLUSH_EACH | TORC_WRITER_FSYNC };

	return write_file("e.pcap", &options, true);
}

static int write_by_a_thread(void)
{
	struct torc_writer_options options = { .size = sizeof(options), .flags = TORC_WRITER_ASYNC,
					       .buffer_bytes = 1 << 20 };

	return write_file("a.pcap", &options, true);
}

static int write_rotated(void)
{
	struct torc_writer_options options = { .size = sizeof(options), .keep_files = 3,
					       .rotate_packets = 4 };

	return write_file("r.pcap", &options, false);
}

static int write_a_ring_of_files(void)
{
	struct torc_writer_options options = { .size = sizeof(options), .ring_files = 3,
					       .rotate_bytes = 500 };

	return write_file("n.pcapng", &options, false);
}

static int append(void)
{
	struct torc_writer_options options = { .size = sizeof(options),
					       .flags = TORC_WRITER_APPEND };
	struct torc_writer_options empty = { .size = sizeof(empty), .has_link_type = true,
					     .link_type = TORC_LINK_ETHERNET };
	struct torc_error error = { 0 };
	struct torc_writer *writer;
	bool counted = faults_pause();
	char path[64];
	int code;

	snprintf(path, sizeof(path), "%s/append.pcap", folder);
	code = torc_writer_open(&writer, path, &empty, NULL);
	must(code == 0 && torc_writer_close(writer, NULL, NULL) == 0, "no file to append to");
	faults_resume(counted);
	code = told(torc_writer_open(&writer, path, &options, &error), error.text);
	if (code < 0)
		return code;
	code = write_packets(writer);
	return close_writer(writer, code, path);
}

static int write_ticks(void)
{
	struct torc_writer_options options = { .size = sizeof(options), .rotate_ns = 1000000000 };
	struct torc_error error = { 0 };
	struct torc_writer *writer;
	char path[64];
	int code;

	snprintf(path, sizeof(path), "%s/%%S.pcap", folder);
	code = told(torc_writer_open(&writer, path, &options, &error), error.text);
	if (code < 0)
		return code;
	code = write_packets(writer);
	for (unsigned int second = 0; second < 3 && code >= 0; second++)
		code = told(torc_writer_tick(writer, (1700000001u + second) * UINT64_C(1000000000)),
			    torc_writer_error(writer));
	if (code >= 0)
		code = told(torc_writer_flush(writer), torc_writer_error(writer));
	if (code >= 0)
		code = told(torc_writer_rotate(writer), torc_writer_error(writer));
	return close_writer(writer, code, NULL);
}

/* All that pcapng can say, and a file that is followed. */
static int copy_with_all(void)
{
	struct torc_file_extra extra = { .size = sizeof(extra) };
	struct torc_error error = { 0 };
	struct torc_writer *writer;
	struct torc_file *file;
	struct torc_packet packet;
	char path[64];
	int code = told(torc_file_open(&file, pcapng, NULL, &error), error.text);

	if (code < 0)
		return code;
	snprintf(path, sizeof(path), "%s/copy.pcapng", folder);
	unlink(path);
	code = told(torc_writer_open(&writer, path, NULL, &error), error.text);
	if (code < 0) {
		torc_file_close(file);
		return code;
	}
	code = told(torc_writer_follow(writer, file), torc_writer_error(writer));
	while (code >= 0 && (code = told(torc_file_next(file, &packet), torc_file_error(file))) > 0) {
		torc_file_extra(file, 0, &extra);
		code = told(torc_writer_write_extra(writer, &packet, &extra),
			    torc_writer_error(writer));
	}
	code = close_writer(writer, code, path);
	torc_file_close(file);
	return code;
}

static int write_extras(void)
{
	struct torc_file_interface interface = { .size = sizeof(interface), .name = "eth7",
						 .description = "a port", .filter = "udp",
						 .link_type = TORC_LINK_ETHERNET, .ifindex = 1 };
	struct torc_file_extra extra = { .size = sizeof(extra), .comment = "hello",
					 .comment_bytes = 5, .drop_count = 7,
					 .packet_id = TORC_UNKNOWN, .queue = TORC_NO_QUEUE };
	struct torc_stats stats = { .size = sizeof(stats), .received = 1 };
	uint8_t frame[80];
	struct torc_packet packet = { .data = frame, .len = sizeof(frame), .caplen = sizeof(frame),
				      .link_type = TORC_LINK_ETHERNET, .ifindex = 1 };
	struct torc_error error = { 0 };
	struct torc_writer *writer;
	char path[64];
	int code;

	net_frame(frame, sizeof(frame), 1);
	snprintf(path, sizeof(path), "%s/x.pcapng", folder);
	unlink(path);
	code = told(torc_writer_open(&writer, path, NULL, &error), error.text);
	if (code < 0)
		return code;
	code = told(torc_writer_add_interface(writer, &interface), torc_writer_error(writer));
	if (code >= 0)
		code = told(torc_writer_write_extra(writer, &packet, &extra),
			    torc_writer_error(writer));
	if (code >= 0)
		code = told(torc_writer_write_block(writer, 0x0A0D0D10, "12345678", 8),
			    torc_writer_error(writer));
	if (code >= 0)
		code = told(torc_writer_set_stats(writer, 0, &stats), torc_writer_error(writer));
	return close_writer(writer, code, path);
}

/* ---- reading ---- */

static int read_all(struct torc_file *file, uint64_t wanted)
{
	struct torc_file_info info = { .size = sizeof(info) };
	struct torc_packet packets[8];
	uint64_t count = 0;
	int code = 0, tries = 0;

	do {
		code = torc_file_next_batch(file, packets, COUNT(packets));
		if (code > 0)
			count += (unsigned int)code;
	} while (code > 0 || (code == -EINTR && tries++ < 3)); /* "call again" */
	told(code, torc_file_error(file));
	must(code < 0 || count == wanted, "%llu packets were read", (unsigned long long)count);
	must(torc_file_info(file, &info) == 0 && info.packets == count, "info counts others");
	torc_file_close(file);
	return code;
}

static int read_file(const char *path, uint64_t wanted)
{
	struct torc_error error = { 0 };
	struct torc_file *file;
	int code = told(torc_file_open(&file, path, NULL, &error), error.text);

	return code < 0 ? code : read_all(file, wanted);
}

static int read_pcap(void)
{
	return read_file(pcap, PACKETS);
}

static int read_pcapng(void)
{
	return read_file(pcapng, PACKETS);
}

/* So long that a thread of the reader's own unpacks it. */
static int read_packed(void)
{
	return read_file(packed, 40000);
}

static int read_memory(void)
{
	static uint8_t bytes[8192];
	struct torc_error error = { 0 };
	struct torc_file *file;
	bool counted = faults_pause();
	int fd = open(pcap, O_RDONLY | O_CLOEXEC), code;
	ssize_t length = read(fd, bytes, sizeof(bytes));

	close(fd);
	faults_resume(counted);
	code = told(torc_file_open_memory(&file, bytes, (size_t)length, NULL, &error), error.text);
	return code < 0 ? code : read_all(file, PACKETS);
}

/* ---- sources ---- */

static int source_of_fragments(void)
{
	struct torc_error error = { 0 };
	struct torc_source *source;
	struct torc_packet packet;
	struct torc_decoded decoded;
	unsigned int count = 0;
	int code = told(torc_source_open_file(&source, fragmented, &error), error.text);

	if (code < 0)
		return code;
	code = told(torc_source_set_defrag(source, NULL, &error), error.text);
	while (code >= 0 && (code = told(torc_source_next(source, &packet, &decoded),
					 torc_source_error(source))) > 0)
		count++;
	must(code < 0 || count == 1, "%u packets of two fragments", count);
	torc_source_close(source);
	return code;
}

static int sources_in_a_row(void)
{
	struct torc_source *sources[2] = { NULL, NULL }, *all;
	struct torc_error error = { 0 };
	struct torc_packet packets[8];
	struct torc_decoded decoded[8];
	unsigned int count = 0;
	int code = 0;

	for (int i = 0; i < 2 && code == 0; i++)
		code = told(torc_source_open_file(&sources[i], i ? pcapng : pcap, &error),
			    error.text);
	if (code < 0) {
		torc_source_close(sources[0]);
		return code;
	}
	code = told(torc_source_open_concat(&all, sources, 2, &error), error.text);
	if (code < 0)
		return code;
	while ((code = told(torc_source_next_batch(all, packets, decoded, 8),
			    torc_source_error(all))) > 0)
		count += (unsigned int)code;
	must(code < 0 || count == 2 * PACKETS, "%u packets of two sources", count);
	torc_source_close(all);
	return code;
}

static int source_of_streams(void)
{
	const struct torc_stream_event *event;
	struct torc_error error = { 0 };
	struct torc_source *source;
	int code = told(torc_source_open_file(&source, pcap, &error), error.text);

	if (code < 0)
		return code;
	code = told(torc_source_set_reassembly(source, NULL, &error), error.text);
	while (code >= 0 && (code = told(torc_source_next_event(source, &event),
					 torc_source_error(source))) > 0)
		;
	torc_source_close(source);
	return code;
}

/* ---- packets ---- */

static int filters(void)
{
	static const struct torc_filter_instruction all[] = { { 0x06, 0, 0, 0xffff } };
	struct torc_error error = { 0 };
	struct torc_filter *filter;
	uint8_t frame[80];
	int code;

	net_frame(frame, sizeof(frame), 1);
	code = told(torc_filter_compile(&filter, "udp port 7000 and net 10.0.0.0/8",
					TORC_LINK_ETHERNET, 0, &error), error.text);
	if (code < 0)
		return code;
	must(torc_filter_matches(filter, frame, 80, 80) > 0, "the filter does not match");
	torc_filter_free(filter);
	code = told(torc_filter_from_instructions(&filter, all, 1, &error), error.text);
	if (code < 0)
		return code;
	must(torc_filter_matches(filter, frame, 80, 80) == 0xffff, "nor does the other");
	torc_filter_free(filter);
	return 0;
}

/* Nothing of it allocates or calls the kernel. */
static int decode_and_print(void)
{
	static char text[65536];
	struct torc_packet packet = { .link_type = TORC_LINK_ETHERNET, .caplen = 80, .len = 80 };
	struct torc_decoded decoded;
	struct torc_value value;
	uint8_t frame[80];

	net_frame(frame, sizeof(frame), 1);
	packet.data = frame;
	must(torc_decode_packet(&packet, &decoded) >= 0, "it does not decode");
	must(torc_text_line(&decoded, 0, text, sizeof(text)) > 0, "no line");
	must(torc_text_tree(&decoded, text, sizeof(text)) > 0, "no tree");
	must(torc_json_packet(&packet, &decoded, 0, text, sizeof(text)) > 0, "no JSON");
	must(torc_field(&decoded, "udp.dst_port", &value) >= 0 && value.number == NET_PORT,
	     "no field");
	must(faults->allocations == 0, "decoding allocates");
	return 0;
}

static int change_and_build(void)
{
	uint8_t frame[80], room[256], piece[256];
	struct torc_packet packet = { .link_type = TORC_LINK_ETHERNET, .caplen = 80, .len = 80 }, out;
	struct torc_assignment assignment;
	struct torc_builder builder;
	struct torc_error error = { 0 };
	struct torc_split split;
	struct torc_edit edit;
	int code;

	net_frame(frame, sizeof(frame), 1);
	packet.data = frame;
	must(torc_edit_begin(&edit, &packet, room, sizeof(room)) == 0 &&
		     torc_edit_vlan_push(&edit, 0, 5) == 0 && torc_edit_ttl(&edit, 0, 9) == 0 &&
		     torc_edit_finish(&edit) >= 0, "it cannot be changed");
	code = told(torc_assignment_parse(&assignment, "ipv4.dst=10.0.0.9", &error), error.text);
	if (code == 0)
		code = torc_edit_set(&edit, &assignment);
	torc_build_begin(&builder, TORC_LINK_RAW, room, sizeof(room));
	if (code == 0)
		code = told(torc_build_text(&builder, "IPv4(dst=10.0.0.1)/UDP(dst_port=53)/"
					    "Payload(length=100)", &error), error.text);
	if (code >= 0)
		code = torc_build_finish(&builder, &out);
	if (code >= 0)
		code = torc_split_begin(&split, &out, 80, 1);
	while (code > 0)
		code = torc_split_next(&split, piece, sizeof(piece), &out);
	must(faults->allocations == 0, "changing and building allocate");
	return code;
}

static int copy_packet(void)
{
	uint8_t frame[80] = { 0 };
	struct torc_packet packet = { .data = frame, .len = sizeof(frame), .caplen = sizeof(frame) };
	struct torc_packet *copy = torc_packet_clone(&packet);

	torc_packet_free(copy);
	return copy ? 0 : -ENOMEM;
}

static const struct sequence table[] = {
	{ "pcap", write_pcap, 0 },
	{ "pcapng", write_pcapng, 0 },
	{ "gzip", write_gzip, 0 },
	{ "zstd", write_zstd, 0 },
	{ "each packet at once, to the disk", write_each, 0 },
	{ "a thread that writes", write_by_a_thread, 0 },
	{ "files that rotate", write_rotated, 0 },
	{ "a ring of files", write_a_ring_of_files, 0 },
	{ "a file that is gone on with", append, 0 },
	{ "files by time", write_ticks, 0 },
	{ "a copy with all that is told", copy_with_all, 0 },
	{ "interfaces, comments and blocks", write_extras, 0 },
	{ "reading pcap", read_pcap, 0 },
	{ "reading pcapng", read_pcapng, 0 },
	{ "reading what is packed", read_packed, 0 },
	{ "reading from memory", read_memory, 0 },
	{ "a source of fragments", source_of_fragments, 0 },
	{ "sources in a row", sources_in_a_row, 0 },
	{ "a source of streams", source_of_streams, 0 },
	{ "filters", filters, 0 },
	{ "decoding and printing", decode_and_print, 0 },
	{ "changing and building", change_and_build, 0 },
	{ "a copy of a packet", copy_packet, 0 },
};

static bool make_file(char *path, const char *name, unsigned int count)
{
	struct torc_writer *writer;
	int code = 0;

	snprintf(path, 64, "%s/%s", folder, name);
	if (torc_writer_open(&writer, path, NULL, NULL) < 0)
		return false;
	for (unsigned int i = 0; i < count && code >= 0; i += PACKETS)
		code = write_packets(writer);
	return torc_writer_close(writer, NULL, NULL) == 0 && code >= 0;
}

static bool make_fragments(void)
{
	struct frag_path path = { .version = 4, .id = 7, .protocol = 17 };
	uint8_t frame[2048], bytes[1000] = { 0 };
	struct torc_packet packet = { .data = frame, .link_type = TORC_LINK_ETHERNET };
	struct torc_writer *writer;

	snprintf(fragmented, sizeof(fragmented), "%s/fragments.pcap", folder);
	if (torc_writer_open(&writer, fragmented, NULL, NULL) < 0)
		return false;
	for (int i = 0; i < 2; i++) {
		packet.caplen = packet.len = (uint32_t)frag_frame(frame, &path, i ? 504 : 0, i == 0,
								   bytes, 504);
		torc_writer_write(writer, &packet, 1);
	}
	return torc_writer_close(writer, NULL, NULL) == 0;
}

int main(int count, char **names)
{
	(void)count;
	faults_begin();
	if (!mkdtemp(folder) || !make_file(pcap, "in.pcap", PACKETS) ||
	    !make_file(pcapng, "in.pcapng", PACKETS) || !make_file(packed, "in.pcap.gz", 40000) ||
	    !make_fragments())
		return 1;
	count = faults_main(table, COUNT(table), names);
	net_run("rm -rf %s", folder);
	return count;
}
