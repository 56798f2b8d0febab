/* SPDX-License-Identifier: BSD-3-Clause */
/* rotate.c - when a file is full, and what the next one is called (tcpdump's -C, -G and -W) */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "file/writer.h"

static bool is_numbered(const struct torc_writer_options *options)
{
	return options->rotate_bytes > 0 || options->rotate_packets > 0;
}

/* Digits of the last number of a ring: none for a ring of one, as tcpdump has it. */
static int ring_digits(const struct torc_writer_options *options)
{
	uint32_t last;
	int digits = 0;

	if (!is_numbered(options) || options->ring_files == 0)
		return 0;
	for (last = options->ring_files - 1; last > 0; last /= 10)
		digits++;
	return digits;
}

/* The path is a format of the caller's: strftime() takes nothing from the stack for it. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static size_t put_time(char *name, size_t room, const char *format, uint64_t time_ns)
{
	time_t seconds = (time_t)(time_ns / 1000000000);
	struct tm local;

	return localtime_r(&seconds, &local) ? strftime(name, room, format, &local) : 0;
}
#pragma GCC diagnostic pop

/* dumpcap's: NAME_00001_20260131120000.pcap, the number from 1 on and the time of the file's begin. */
static char *dumpcap_name(const struct torc_writer *writer)
{
	const char *path = writer->template, *slash = strrchr(path, '/');
	const char *base = slash ? slash + 1 : path, *suffix = strstr(base, ".pcap");
	char time[32], *name;
	int length;

	if (!suffix)
		suffix = strrchr(base, '.') ?: base + strlen(base);
	length = (int)(suffix - path);
	if (put_time(time, sizeof(time), "%Y%m%d%H%M%S", writer->name_ns) == 0)
		return NULL;
	if (asprintf(&name, "%.*s_%05u_%s%s", length, path, writer->file_count % 100000 + 1, time,
		     suffix) < 0)
		return NULL;
	return name;
}

char *torc_writer_name(const struct torc_writer *writer)
{
	const struct torc_writer_options *options = &writer->options;
	int digits = ring_digits(options);
	char base[4096], *name;

	if (options->flags & TORC_WRITER_DUMPCAP_NAMES)
		return dumpcap_name(writer);
	if (options->rotate_ns > 0) {
		if (put_time(base, sizeof(base), writer->template, writer->name_ns) == 0)
			return NULL;
	} else if ((size_t)snprintf(base, sizeof(base), "%s", writer->template) >= sizeof(base)) {
		return NULL;
	}
	if (digits == 0 && writer->number == 0)
		return strdup(base);
	if (asprintf(&name, "%s%0*u", base, digits, writer->number) < 0)
		return NULL;
	return name;
}

bool torc_writer_time_is_up(const struct torc_writer *writer, uint64_t timestamp_ns)
{
	return writer->options.rotate_ns > 0 && writer->has_period &&
	       timestamp_ns >= writer->period_ns &&
	       timestamp_ns - writer->period_ns >= writer->options.rotate_ns;
}

bool torc_writer_is_full(const struct torc_writer *writer, uint64_t timestamp_ns)
{
	const struct torc_writer_options *options = &writer->options;

	if (torc_writer_time_is_up(writer, timestamp_ns))
		return writer->clocked || writer->file_packets > 0;
	if (writer->file_packets == 0)
		return false;
	if (options->rotate_bytes > 0 && writer->file_bytes > options->rotate_bytes)
		return true;
	return options->rotate_packets > 0 && writer->file_packets >= options->rotate_packets;
}

/* By the clock slices follow one another without a gap; in a file each begins with a packet. */
static uint64_t slice_of(const struct torc_writer *writer, uint64_t timestamp_ns)
{
	if (writer->options.flags & TORC_WRITER_ROTATE_ALIGNED)
		return torc_writer_period(writer, timestamp_ns);
	if (!writer->clocked)
		return timestamp_ns;
	return timestamp_ns - (timestamp_ns - writer->period_ns) % writer->options.rotate_ns;
}

uint64_t torc_writer_period(const struct torc_writer *writer, uint64_t timestamp_ns)
{
	if (writer->options.flags & TORC_WRITER_ROTATE_ALIGNED)
		return timestamp_ns - timestamp_ns % writer->options.rotate_ns;
	return timestamp_ns;
}

static void next_number(struct torc_writer *writer)
{
	writer->number++;
	if (writer->options.ring_files > 0 && writer->number >= writer->options.ring_files)
		writer->number = 0;
}

/*
 * A new slice of time begins the numbers again, unless its name is that of the slice before: then
 * what was written is not overwritten, but as tcpdump does it where nobody says how many to keep.
 */
static char *name_slice(struct torc_writer *writer, uint64_t name_ns, bool by_hand)
{
	uint32_t number = writer->number;
	char *before, *path;
	bool same;

	writer->number = 0;
	before = torc_writer_name(writer);
	writer->name_ns = name_ns;
	path = torc_writer_name(writer);
	same = before && path && strcmp(before, path) == 0;
	free(before);
	if (!same || !(by_hand || writer->options.keep_files > 0))
		return path;
	free(path);
	writer->number = number + 1;
	return torc_writer_name(writer);
}

int torc_writer_rotate_at(struct torc_writer *writer, uint64_t timestamp_ns, bool by_hand)
{
	const struct torc_writer_options *options = &writer->options;
	bool by_time = by_hand ? options->rotate_ns > 0 :
				 torc_writer_time_is_up(writer, timestamp_ns);
	char *path, *copy;
	int result;

	if (options->max_files > 0 && writer->file_count >= options->max_files) {
		writer->finished = true;
		return 0;
	}
	result = torc_writer_end_file(writer);
	if (result == -ENOBUFS)
		return result;
	if (by_time) {
		uint64_t slice_ns = by_hand ? timestamp_ns : slice_of(writer, timestamp_ns);

		path = name_slice(writer, slice_ns, by_hand);
		writer->period_ns = slice_ns;
		writer->has_period = !by_hand || writer->clocked; /* else with the next packet */
	} else {
		next_number(writer);
		if (options->flags & TORC_WRITER_DUMPCAP_NAMES)
			writer->name_ns = timestamp_ns;
		path = torc_writer_name(writer);
	}
	if (!path)
		return torc_error_set(&writer->error, -ENAMETOOLONG, "%s: the name of the next file "
				      "cannot be made", writer->template);
	copy = strdup(path);
	if (!copy) {
		free(path);
		return torc_error_set(&writer->error, -ENOMEM, "%s: no memory for the name of the next "
				      "file", writer->template);
	}
	result = torc_writer_submit(writer);
	free(writer->path);
	writer->path = path;
	free(writer->path_next);
	writer->path_next = copy;
	writer->begun = false;
	writer->port_written = 0;
	writer->repeat_written = 0;
	writer->file_bytes = writer->file_packets = 0;
	writer->file_count++;
	return result;
}
