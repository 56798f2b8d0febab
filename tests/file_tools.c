/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cross-reading: what we write, tcpdump, tshark and capinfos read; what tcpdump, tshark, editcap and
 * mergecap write, we read; the same packets, times, lengths, comments and statistics. A tool that is
 * not installed is skipped.
 */
#include <inttypes.h>

#include <torc/file.h>

#include "capture_bytes.h"
#include "test.h"
#include "test_folder.h"

#define PACKETS 50u

static struct torc_error error;
static char folder[] = "/tmp/torc-tools-XXXXXX";
static char want[65536], got[65536];

static bool have(const char *tool)
{
	char command[128];

	snprintf(command, sizeof(command), "command -v %s >/dev/null 2>&1", tool);
	if (system(command) == 0)
		return true;
	skip(tool, "it is not installed");
	return false;
}

/* What a command prints, into got; the folder is where it runs. */
static bool run(const char *format, ...) __attribute__((format(printf, 1, 2)));

static bool run(const char *format, ...)
{
	char command[1024], whole[1200];
	va_list args;
	FILE *pipe;
	size_t length;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	snprintf(whole, sizeof(whole), "cd %s && HOME=. TZ=UTC %s 2>>stderr", folder, command);
	pipe = popen(whole, "r");
	if (!pipe)
		return false;
	length = fread(got, 1, sizeof(got) - 1, pipe);
	got[length] = '\0';
	return pclose(pipe) == 0;
}

static const char *in_folder(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

/* UDP datagrams in Ethernet, some cut, from the beginning of 2024. */
static struct torc_packet packet_number(uint32_t number)
{
	static uint8_t data[1514];
	uint32_t len = 60 + number * 29 % 1400;

	memset(data, (int)number, sizeof(data));
	memcpy(data, "\2\0\0\0\0\2\2\0\0\0\0\1\10\0\105\0", 16);
	data[16] = (uint8_t)((len - 14) >> 8);
	data[17] = (uint8_t)(len - 14);
	memcpy(data + 18, "\0\0\0\0\100\21\0\0\12\0\0\1\12\0\0\2\100\0\100\1", 20);
	data[38] = (uint8_t)((len - 34) >> 8);
	data[39] = (uint8_t)(len - 34);
	return (struct torc_packet){
		.data = data, .len = len, .caplen = number % 7 == 3 ? 50 : len,
		.timestamp_ns = 1704067200123456789u + number * 1500000001ull,
		.link_type = TORC_LINK_ETHERNET, .direction = number % 2,
		.kind = number % 2 ? TORC_PACKET_TO_HOST : TORC_PACKET_OUTGOING,
	};
}

static void write_file(const char *name, uint32_t flags)
{
	struct torc_writer_options options = { .size = sizeof(options), .flags = flags };
	struct torc_file_interface view = { .size = sizeof(view), .name = "veth7", .filter = "udp",
					    .link_type = 1 };
	struct torc_stats stats = { .size = sizeof(stats), .received = PACKETS, .kernel_seen = PACKETS + 7, .dropped = 7,
				    .filtered = TORC_UNKNOWN, .card_missed = TORC_UNKNOWN };
	struct torc_file_extra extra = { .size = sizeof(extra), .drop_count = TORC_UNKNOWN,
					 .packet_id = TORC_UNKNOWN, .queue = TORC_NO_QUEUE };
	struct torc_writer *writer;
	char comment[32];
	uint32_t i;

	if (torc_writer_open(&writer, in_folder(name), &options, &error) < 0) {
		note("%s", error.text);
		exit(1);
	}
	torc_writer_add_interface(writer, &view);
	for (i = 0; i < PACKETS; i++) {
		struct torc_packet packet = packet_number(i);

		snprintf(comment, sizeof(comment), "number %u", i);
		extra.comment = i % 10 == 0 ? comment : NULL;
		extra.comment_bytes = (uint32_t)strlen(comment);
		torc_writer_write_extra(writer, &packet, &extra);
	}
	torc_writer_set_stats(writer, 0, &stats);
	torc_writer_close(writer, NULL, NULL);
}

/* The lines that tshark should print: time, captured length, length, and perhaps a comment. */
static void expect(uint64_t tick_ns, bool comments)
{
	uint32_t i;
	size_t at = 0;

	for (i = 0; i < PACKETS; i++) {
		struct torc_packet packet = packet_number(i);
		uint64_t time_ns = packet.timestamp_ns - packet.timestamp_ns % tick_ns;

		at += (size_t)snprintf(want + at, sizeof(want) - at,
				       "%" PRIu64 ".%09" PRIu64 "\t%u\t%u", time_ns / 1000000000,
				       time_ns % 1000000000, packet.caplen, packet.len);
		if (comments && i % 10 == 0)
			at += (size_t)snprintf(want + at, sizeof(want) - at, "\tnumber %u", i);
		else if (comments)
			at += (size_t)snprintf(want + at, sizeof(want) - at, "\t");
		at += (size_t)snprintf(want + at, sizeof(want) - at, "\n");
	}
}

/* The same lines from a file, by our reader. */
static void list(const char *name)
{
	struct torc_file_extra extra = { .size = sizeof(extra) };
	struct torc_packet packet;
	struct torc_file *file;
	size_t at = 0;

	got[0] = '\0';
	if (torc_file_open(&file, in_folder(name), NULL, &error) < 0) {
		note("%s", error.text);
		return;
	}
	while (torc_file_next(file, &packet) > 0) {
		torc_file_extra(file, 0, &extra);
		at += (size_t)snprintf(got + at, sizeof(got) - at,
				       "%" PRIu64 ".%09" PRIu64 "\t%u\t%u\t%.*s\n",
				       packet.timestamp_ns / 1000000000,
				       packet.timestamp_ns % 1000000000, packet.caplen, packet.len,
				       (int)extra.comment_bytes, extra.comment ? extra.comment : "");
	}
	torc_file_close(file);
}

static void test_tshark_reads(const char *name, uint64_t tick_ns, bool comments)
{
	run("tshark -n -r %s -T fields -e frame.time_epoch -e frame.cap_len -e frame.len %s", name,
	    comments ? "-e frame.comment" : "");
	expect(tick_ns, comments);
	is_str(got, want, "tshark reads %s", name);
}

static void test_tshark(void)
{
	if (!have("tshark"))
		return;
	test_tshark_reads("ours.pcap", 1, false);
	test_tshark_reads("ours-micro.pcap", 1000, false);
	test_tshark_reads("ours.pcapng", 1, true);
	if (access(in_folder("ours.pcapng.gz"), R_OK) == 0)
		test_tshark_reads("ours.pcapng.gz", 1, true);
	run("tshark -n -r ours.pcapng -T fields -e frame.interface_name -e frame.packet_flags_direction"
	    " -c 2");
	is_str(got, "veth7\t0x00000002\nveth7\t0x00000001\n", "tshark: interface and direction");
}

static void test_capinfos(void)
{
	if (!have("capinfos"))
		return;
	ok(run("capinfos ours.pcapng"), "capinfos reads ours.pcapng");
	ok(strstr(got, "Number of packets = 50") && strstr(got, "Number of stat entries = 1") &&
	   strstr(got, "Name = veth7") && strstr(got, "Filter string = udp") &&
	   strstr(got, "Time precision = nanoseconds (9)"), "with interface and statistics");
	ok(run("capinfos -t -E -c -M ours.pcap"), "capinfos reads ours.pcap");
	ok(strstr(got, "nsecpcap") && strstr(got, "50"), "as what it is");
}

static void strip_comments(void)
{
	char *from = got, *to = got;

	for (; *from; from++)
		if (*from != '\t' || from[1] != '\n')
			*to++ = *from;
	*to = '\0';
}

/* The packets of a file of theirs, of which ours.pcap was the source. */
static void we_read(const char *name, uint64_t tick_ns)
{
	list(name);
	strip_comments();
	expect(tick_ns, false);
	is_str(got, want, "we read %s", name);
}

static void test_tcpdump(void)
{
	uint32_t i, good = 0;
	char *line;

	if (!have("tcpdump"))
		return;
	if (!run("tcpdump -n -c 1 -r ours.pcap") && run("grep -i \"couldn't\\|initgroups\" stderr")) {
		skip("tcpdump", "it cannot give up its privileges in this namespace");
		return;
	}
	ok(run("tcpdump -n -tt --nano -r ours.pcapng"), "tcpdump reads ours.pcapng");
	for (i = 0, line = strtok(got, "\n"); line; i++, line = strtok(NULL, "\n")) {
		struct torc_packet packet = packet_number(i);
		char time[64];

		snprintf(time, sizeof(time), "%" PRIu64 ".%09" PRIu64 " IP 10.0.0.1",
			 packet.timestamp_ns / 1000000000, packet.timestamp_ns % 1000000000);
		good += strncmp(line, time, strlen(time)) == 0;
	}
	is(good, PACKETS, "with every packet's time");
	ok(run("tcpdump -r ours.pcap --nano -w - >tcpdump-nano.pcap"), "tcpdump writes it again");
	we_read("tcpdump-nano.pcap", 1);
	ok(run("tcpdump -r ours.pcapng -w - >tcpdump.pcap"), "and our pcapng as pcap");
	we_read("tcpdump.pcap", 1000);
}

static void test_editcap(void)
{
	static const struct {
		const char *format, *name;
		uint64_t tick_ns;
	} forms[] = { { "pcap", "editcap.pcap", 1000 },
		      { "nsecpcap", "editcap-nano.pcap", 1 },
		      { "modpcap", "editcap-modified.pcap", 1000 },
		      { "pcapng", "editcap.pcapng", 1 } };
	unsigned int i;

	if (!have("editcap"))
		return;
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		ok(run("editcap -F %s ours.pcap %s", forms[i].format, forms[i].name),
		   "editcap writes %s", forms[i].name);
		we_read(forms[i].name, forms[i].tick_ns);
	}
	ok(run("editcap -F pcapng -a '3:a remark' ours.pcap remark.pcapng"), "a comment");
	list("remark.pcapng");
	ok(strstr(got, "\ta remark\n"), "we read editcap's comment");
}

static void test_mergecap(void)
{
	struct torc_file *file;
	struct torc_packet packet;
	struct torc_file_info info = { .size = sizeof(info) };
	unsigned int count = 0;

	if (!have("mergecap"))
		return;
	ok(run("mergecap -w merged.pcapng ours.pcap ours.pcapng"), "two files merged");
	if (torc_file_open(&file, in_folder("merged.pcapng"), NULL, &error) < 0) {
		ok(false, "%s", error.text);
		return;
	}
	while (torc_file_next(file, &packet) > 0)
		count++;
	torc_file_info(file, &info);
	ok(count == 2 * PACKETS && info.interface_count >= 1,
	   "we read mergecap's: every packet of both");
	torc_file_close(file);
}

int main(void)
{
	if (!mkdtemp(folder))
		skip_all("no temporary folder");
	write_file("ours.pcap", 0);
	write_file("ours-micro.pcap", TORC_WRITER_MICROSECONDS);
	write_file("ours.pcapng", 0);
#ifdef TORC_HAVE_ZLIB
	write_file("ours.pcapng.gz", 0);
#endif
	test_tshark();
	test_capinfos();
	test_tcpdump();
	test_editcap();
	test_mergecap();
	remove_folder(folder);
	return done();
}
