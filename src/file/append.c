/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * append.c - going on in a file that is there: what it is decides how packets are written, and it is
 * read to its end first, since behind a torn record nobody would find them
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "file/file.h"
#include "file/source.h"
#include "file/writer.h"

/* Does the reader come to the end of the file? */
static int read_to_end(struct torc_file *file, struct torc_error *error)
{
	struct torc_packet packets[64];
	int result;

	do {
		result = torc_file_next_batch(file, packets, 64);
	} while (result > 0);
	if (result < 0)
		return torc_error_set(error, result, "%s; nothing is appended to it",
				      torc_file_error(file));
	return 0;
}

/* A pcap file says for all packets how they are written. */
static int match_pcap(struct torc_writer *writer, const struct torc_file_info *info,
		      uint64_t ticks_per_second, struct torc_error *error)
{
	struct torc_writer_options *options = &writer->options;

	if (info->version_major != 2 || info->version_minor != 4 ||
	    strcmp(info->format_name, "pcap") != 0)
		return torc_error_set(error, -EINVAL, "%s: %s %u.%u is not appended to: write another "
				      "file", info->path, info->format_name, info->version_major,
				      info->version_minor);
	if (options->flags & TORC_WRITER_COOKED) {
		options->has_link_type = true;
		options->link_type = TORC_LINK_LINUX_SLL2;
	}
	if (options->has_link_type && options->link_type != info->link_type)
		return torc_error_set(error, -EINVAL, "%s: its link type is %u, that of the packets %u: "
				      "write another file, or pcapng", info->path, info->link_type,
				      options->link_type);
	options->has_link_type = true;
	options->link_type = info->link_type;
	if (info->snaplen > 0 && (options->snaplen == 0 || options->snaplen > info->snaplen))
		options->snaplen = info->snaplen;
	options->flags &= ~(uint32_t)TORC_WRITER_MICROSECONDS;
	if (ticks_per_second == 1000000)
		options->flags |= TORC_WRITER_MICROSECONDS;
	return 0;
}

static int match(struct torc_writer *writer, const struct torc_file_info *info,
		 uint64_t ticks_per_second, struct torc_error *error)
{
	struct torc_writer_options *options = &writer->options;

	if (info->format > TORC_FORMAT_PCAPNG || info->compression > TORC_COMPRESSION_ZSTD)
		return torc_error_set(error, -EOPNOTSUPP, "%s: %s %s is only read: write another file",
				      info->path, info->format_name,
				      torc_compression_name(info->compression));
	if ((options->format != TORC_FORMAT_AUTO && options->format != info->format) ||
	    (options->compression != TORC_COMPRESSION_AUTO &&
	     options->compression != info->compression))
		return torc_error_set(error, -EINVAL, "%s: it is %s %s, which is not what is to be "
				      "written", info->path, info->format_name,
				      torc_compression_name(info->compression));
	if (info->big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__))
		return torc_error_set(error, -EINVAL, "%s: it has the other byte order: write another "
				      "file", info->path);
	options->format = info->format;
	options->compression = info->compression;
	return info->format == TORC_FORMAT_PCAP ?
		       match_pcap(writer, info, ticks_per_second, error) : 0;
}

int torc_writer_look_at(struct torc_writer *writer, const char *path, struct torc_error *error)
{
	const struct torc_writer_options *options = &writer->options;
	struct torc_file_info info = { .size = sizeof(info) };
	struct torc_file *file;
	struct stat status;
	int result;

	if (strcmp(path, "-") == 0 || options->rotate_bytes || options->rotate_ns ||
	    options->rotate_packets || options->keep_files)
		return torc_error_set(error, -EINVAL, "%s: only one file that does not rotate can be "
				      "appended to", path);
	if (stat(path, &status) < 0)
		return errno == ENOENT ? 0 : torc_error_set(error, -errno, "%s: %s", path,
							    torc_strerror(errno));
	if (S_ISREG(status.st_mode) && status.st_size == 0)
		return 0; /* as a new file */
	if (!S_ISREG(status.st_mode))
		return torc_error_set(error, -EINVAL, "%s: only a file can be appended to", path);
	if (torc_file_is_open(status.st_dev, status.st_ino))
		return torc_error_set(error, -EBUSY, "%s is being read: write to another file", path);
	result = torc_file_open(&file, path, NULL, error);
	if (result < 0)
		return result;
	result = read_to_end(file, error);
	if (result == 0)
		result = torc_file_info(file, &info);
	if (result == 0)
		result = match(writer, &info, file->port_count > 0 ?
			       file->ports[0].view.ticks_per_second : 0, error);
	torc_file_close(file);
	writer->appends = result == 0;
	return result;
}
