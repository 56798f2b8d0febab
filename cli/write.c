/* SPDX-License-Identifier: BSD-3-Clause */
/* write.c - torc dump -w: the options of a struct torc_writer, and packets into it */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "write.h"

/* tcpdump's -C: millions of bytes; with a letter, KiB, MiB and GiB. */
static const char *set_megabytes(const struct cli_option *option, void *field, const char *text)
{
	static const struct cli_unit units[] = {
		{ "", 1e6 },	      { "k", 1024.0 },		{ "m", 1048576.0 },
		{ "g", 1073741824.0 }, { NULL, 0 },
	};

	(void)option;
	if (!cli_parse_unit(text, units, field) || *(uint64_t *)field == 0)
		return "millions of bytes, or a number with k, m or g";
	return NULL;
}

static const char *set_seconds(const struct cli_option *option, void *field, const char *text)
{
	if (cli_set_positive(option, field, text) || *(uint64_t *)field > 1000000000)
		return "a number of seconds";
	*(uint64_t *)field *= 1000000000u;
	return NULL;
}

static const char *set_mode(const struct cli_option *option, void *field, const char *text)
{
	char *end;
	unsigned long mode = strtoul(text, &end, 8);

	(void)option;
	if (*text < '0' || *text > '7' || *end || mode == 0 || mode > 0777)
		return "an octal mode such as 0640";
	*(uint64_t *)field = mode;
	return NULL;
}

/* One "key=value" of --rotate. */
static bool set_rotate_part(struct write_settings *settings, const char *part)
{
	static const struct cli_option none;

	if (strncmp(part, "size=", 5) == 0)
		return cli_parse_size(part + 5, &settings->rotate_bytes) && settings->rotate_bytes;
	if (strncmp(part, "time=", 5) == 0)
		return cli_parse_duration(part + 5, &settings->rotate_ns) && settings->rotate_ns;
	if (strncmp(part, "files=", 6) == 0)
		return !cli_set_positive(&none, &settings->keep_files, part + 6) &&
		       settings->keep_files <= UINT32_MAX;
	return false;
}

static const char *set_rotate(const struct cli_option *option, void *field, const char *text)
{
	char *copy = strdup(text), *rest = copy, *part;
	bool good = copy != NULL;

	(void)option;
	while (good && (part = strsep(&rest, ",")))
		good = set_rotate_part(field, part);
	free(copy);
	return good ? NULL : "size=SIZE,time=TIME,files=N, each with its unit: size=1GiB,files=24";
}

bool write_key(const char *text, const char *key, uint64_t *value)
{
	static const struct cli_option none;
	size_t length = strlen(key);

	return strncmp(text, key, length) == 0 && text[length] == ':' &&
	       !cli_set_positive(&none, value, text + length + 1) && *value <= 1000000000u;
}

/* dumpcap's -b KEY:VALUE; its kB are 1000 bytes. */
static const char *set_dumpcap_rotate(const struct cli_option *option, void *field,
				      const char *text)
{
	struct write_settings *settings = field;
	uint64_t value;

	(void)option;
	settings->dumpcap_names = true;
	if (write_key(text, "duration", &value) || write_key(text, "interval", &value)) {
		settings->rotate_ns = value * 1000000000u;
		settings->aligned = *text == 'i';
	} else if (write_key(text, "filesize", &value)) {
		settings->rotate_bytes = value * 1000;
	} else if (write_key(text, "packets", &value)) {
		settings->rotate_packets = value;
	} else if (write_key(text, "files", &value)) {
		settings->keep_files = value;
	} else if (strncmp(text, "printname:", 10) == 0 && text[10]) {
		settings->print_name = text + 10;
	} else {
		return "duration:SECONDS, interval:SECONDS, filesize:KB, packets:N, files:N or "
		       "printname:FILE";
	}
	return NULL;
}

#define AT(member) offsetof(struct write_settings, member)

const struct cli_option write_options[] = {
	{ 'w', "write", "FILE", "write a file: pcap, .pcapng, also .gz, .zst (- is standard output)",
	  cli_set_text, AT(path), NULL },
	{ 0, "rotate", "LIST", "begin new files: size=1GiB,time=60s,files=24 (files to keep)",
	  set_rotate, 0, NULL },
	{ 'C', NULL, "MB", "new file after so many million bytes (k, m, g: KiB, MiB, GiB)",
	  set_megabytes, AT(rotate_bytes), NULL },
	{ 'G', NULL, "SECONDS", "new file after so many seconds; strftime(3) in the name",
	  set_seconds, AT(rotate_ns), NULL },
	{ 'W', NULL, "N", "with -C: a ring of N files; with -G: end after N files",
	  cli_set_positive, AT(count_files), NULL },
	{ 'b', "ring-buffer", "KEY:VALUE", "dumpcap's: duration: interval: (s) filesize: (kB) packets: "
	  "files: printname:", set_dumpcap_rotate, 0, NULL },
	{ 'z', "on-rotate", "COMMAND", "run COMMAND FILE when a file is complete", cli_set_text,
	  AT(on_rotate), NULL },
	{ 'U', "packet-buffered", NULL, "write each packet at once", cli_set_flag, AT(flush_each),
	  NULL },
	{ 0, "format", "FORMAT", "pcap or pcapng, whatever the name ends with", cli_set_choice, AT(format),
	  "auto pcap pcapng" },
	{ 0, "append", NULL, "go on in a file that is there, as it is", cli_set_flag, AT(append),
	  NULL },
	{ 0, "mode", "MODE", "of new files (default 0600)", set_mode, AT(mode), NULL },
	{ 0, "micro", NULL, "microseconds in pcap files instead of nanoseconds", cli_set_flag,
	  AT(micro), NULL },
	{ 0 },
};

struct output {
	const struct write_settings *settings;
	struct torc_writer *writer;
	struct jobs *jobs; /* of -z, borrowed; NULL: none */
	char *comment; /* of several files */
	uint64_t after_last; /* packets that came when all files of -W were there */
	uint64_t left_out;   /* packets of another link type than the pcap file's */
	bool full;   /* all files of -W are there */
	bool gone;   /* a broken pipe */
	int failure; /* said already */
};

static bool output_rotates(const struct write_settings *settings)
{
	return settings->rotate_bytes || settings->rotate_ns || settings->rotate_packets ||
	       settings->keep_files;
}

static void set_options(struct torc_writer_options *options, const struct output *output,
			const struct torc_ring_info *info)
{
	const struct write_settings *settings = output->settings;
	bool live = strcmp(info->engine, "file") != 0;
	bool several = live && (info->interface_count != 1 || info->ifindex == 0);
	bool named = settings->format == TORC_FORMAT_AUTO && strstr(settings->path, ".pcapng");
	bool cooked = several && !named && settings->format != TORC_FORMAT_PCAPNG;

	if (cooked)
		cli_complain("torc: %s: packets of several interfaces: written as LINUX_SLL2, which "
			     "tells interface and direction; .pcapng keeps whole frames too",
			     settings->path);
	*options = (struct torc_writer_options){
		.size = sizeof(*options),
		.flags = (settings->flush_each ? TORC_WRITER_FLUSH_EACH : 0) |
			 (settings->micro ? TORC_WRITER_MICROSECONDS : 0) |
			 (live ? TORC_WRITER_INTERFACE_NAMES : 0) |
			 (cooked ? TORC_WRITER_COOKED : 0) |
			 (settings->append ? TORC_WRITER_APPEND : 0) |
			 (settings->aligned ? TORC_WRITER_ROTATE_ALIGNED : 0) |
			 (settings->dumpcap_names ? TORC_WRITER_DUMPCAP_NAMES : 0),
		.format = (enum torc_file_format)settings->format,
		.snaplen = info->snaplen,
		.link_type = info->link_type,
		.has_link_type = true,
		.mode = (uint32_t)settings->mode,
		.rotate_bytes = settings->rotate_bytes ?: settings->stop_bytes,
		.rotate_packets = settings->rotate_packets,
		.rotate_ns = settings->rotate_ns,
		.keep_files = (uint32_t)settings->keep_files,
		.on_rotate = output->jobs ? jobs_start : NULL,
		.user = output->jobs,
	};
	/* A wire does not wait for the disk; a file can. */
	if (live && strcmp(settings->path, "-") != 0 && !settings->flush_each)
		options->flags |= TORC_WRITER_ASYNC;
	if (settings->rotate_bytes)
		options->ring_files = (uint32_t)settings->count_files;
	else
		options->max_files = (uint32_t)settings->count_files;
	if (settings->stop_files)
		options->max_files = (uint32_t)settings->stop_files;
	else if (settings->stop_bytes && !output_rotates(settings))
		options->max_files = 1;
}

/*
 * pcapng tells what the packets were captured with. Of several interfaces ("any") each is declared
 * with its first packet; the account and the filter are those of all, which have the device's name.
 */
static void declare_interface(struct output *output, const struct torc_ring_info *info,
			      bool is_file)
{
	struct torc_file_interface interface = {
		.size = sizeof(interface),
		.name = info->interface_name,
		.filter = *info->filter ? info->filter : NULL,
		.link_type = info->link_type,
		.snaplen = info->snaplen,
		.ticks_per_second = 1000000000u,
		.ifindex = info->ifindex,
		.received = TORC_UNKNOWN,
		.dropped_by_interface = TORC_UNKNOWN,
		.accepted_by_filter = TORC_UNKNOWN,
		.dropped_by_os = TORC_UNKNOWN,
		.delivered = TORC_UNKNOWN,
	};

	if (info->interface_count != 1 || info->ifindex == 0) {
		interface.name = info->device;
		interface.ifindex = 0;
	}
	if (!is_file)
		torc_writer_add_interface(output->writer, &interface);
}

/* What went wrong is said once; a disk that is full may have room again later. */
static bool failed(struct output *output, int code)
{
	if (code == -EPIPE)
		output->gone = true;
	else if (output->failure == 0)
		cli_complain("torc: %s", torc_writer_error(output->writer));
	output->failure = code;
	return !output->gone;
}

/* What several files say of themselves, a line each; owned by the caller. */
static char *join_comments(struct torc_ring *const *rings, unsigned int count)
{
	char **comments = calloc(count + 1, sizeof(*comments));
	char *comment = NULL;
	unsigned int found = 0;

	for (unsigned int i = 0; comments && i < count; i++) {
		const struct torc_file *file = torc_file_of_ring(rings[i]);
		struct torc_file_info info = { .size = sizeof(info) };

		if (file && torc_file_info(file, &info) == 0 && *info.comment)
			comments[found++] = (char *)(uintptr_t)info.comment;
	}
	if (found > 0)
		comment = cli_join(comments, '\n');
	free(comments);
	return comment;
}

/* From files to pcapng: interfaces, comments, names, secrets and statistics stay. */
static void follow(struct output *output, struct torc_ring *const *rings, unsigned int count)
{
	int code = 0;

	for (unsigned int i = 0; i < count && code == 0; i++)
		if (torc_file_of_ring(rings[i]))
			code = torc_writer_follow(output->writer, torc_file_of_ring(rings[i]));
	if (code < 0)
		failed(output, code);
}

struct output *output_open(const struct write_settings *settings, struct jobs *jobs,
			   struct torc_ring *const *rings, unsigned int count, uint64_t start_ns)
{
	struct output *output = calloc(1, sizeof(*output));
	struct torc_writer_options options;
	struct torc_error error = { 0 };
	struct torc_ring_info info = { .size = sizeof(info) };
	int code = -ENOMEM;

	torc_ring_info(rings[0], &info);
	if (output) {
		output->settings = settings;
		output->jobs = jobs;
		set_options(&options, output, &info);
		options.start_ns = start_ns;
		if (count == 1)
			options.follow = torc_file_of_ring(rings[0]);
		else
			options.comment = output->comment = join_comments(rings, count);
		code = torc_writer_open(&output->writer, settings->path, &options, &error);
	}
	if (code < 0) {
		cli_complain("torc: %s", error.text[0] ? error.text : torc_strerror(code));
		if (output)
			free(output->comment);
		free(output);
		return NULL;
	}
	declare_interface(output, &info, strcmp(info.engine, "file") == 0);
	output_tick(output, strcmp(info.engine, "file") != 0); /* the time of -G begins */
	output_flush(output);
	if (count > 1)
		follow(output, rings, count);
	return output;
}

/* A packet that the pcap file has no link type for: left out, said once, and counted. */
static void leave_out(struct output *output)
{
	if (output->left_out++ == 0)
		cli_complain("torc: %s; such packets are left out", torc_writer_error(output->writer));
}

bool output_packets(struct output *output, const struct torc_packet *packets, unsigned int count)
{
	unsigned int done = 0;

	while (done < count && !output->full) {
		int taken = torc_writer_write(output->writer, packets + done, count - done);

		if (taken == -EINVAL) {
			leave_out(output);
			taken = 1;
		} else if (taken < 0) {
			return failed(output, taken); /* all were taken */
		}
		done += (unsigned int)taken;
		output->full = taken == 0;
	}
	output->after_last += count - done;
	return !output->full;
}

/* The time on the wire, less what a packet may be late: its file is not to be left before it. */
static uint64_t wire_time_ns(void)
{
	enum { LATE_NS = 100000000 };
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec - LATE_NS;
}

bool output_tick(struct output *output, bool on_wire)
{
	int result = torc_writer_tick(output->writer, on_wire ? wire_time_ns() : 0);

	if (result < 0)
		return failed(output, result);
	output->full |= result == 0;
	return !output->full;
}

void output_flush(struct output *output)
{
	int code = torc_writer_flush(output->writer);

	if (code < 0)
		failed(output, code);
}

bool output_rotate(struct output *output)
{
	const struct write_settings *settings = output->settings;
	int code;

	if (!output_rotates(settings))
		return false;
	code = torc_writer_rotate(output->writer);
	if (code < 0)
		failed(output, code);
	return true;
}

void output_set_stats(struct output *output, const struct torc_stats *stats)
{
	torc_writer_set_stats(output->writer, 0, stats);
}

void output_account(const struct output *output, struct capture_written *written)
{
	written->writer.size = sizeof(written->writer);
	torc_writer_stats(output->writer, &written->writer);
	written->after_last = output->after_last;
	written->left_out = output->left_out;
}

int output_close(struct output *output, struct capture_written *written)
{
	struct torc_error error = { 0 };
	bool said = output->failure != 0, bad = output->left_out > 0, gone;
	int code;

	written->writer.size = sizeof(written->writer);
	code = torc_writer_close(output->writer, &written->writer, &error);
	gone = output->gone || code == -EPIPE;

	written->after_last = output->after_last;
	written->left_out = output->left_out;
	free(output->comment);
	free(output);
	if (gone)
		return CLI_GOOD;
	if (code < 0 && !said)
		cli_complain("torc: %s", error.text);
	return code < 0 || said || bad ? CLI_FAILED : CLI_GOOD;
}
