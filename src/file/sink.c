/* SPDX-License-Identifier: BSD-3-Clause */
/* sink.c - chunks of whole records into files; see sink.h */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file/file.h"
#include "file/pcapng.h"
#include "file/sink.h"

static void add(uint64_t *counter, uint64_t count)
{
	/* one thread writes; readers want a whole number, not an order */
	__atomic_store_n(counter, *counter + count, __ATOMIC_RELAXED);
}

int torc_sink_open(struct torc_sink *sink, const struct torc_writer_options *options,
		   struct torc_error *error)
{
	sink->fd = -1;
	sink->mode = options->mode ?: 0600;
	sink->flags = options->flags;
	sink->format = options->format;
	sink->compression = options->compression;
	sink->level = options->compression_level;
	sink->on_rotate = options->on_rotate;
	sink->user = options->user;
	sink->keep_files = options->keep_files;
	if (sink->keep_files > 0) {
		sink->kept = calloc(sink->keep_files, sizeof(*sink->kept));
		if (!sink->kept)
			return torc_error_set(error, -ENOMEM, "no memory for %u file names",
					      sink->keep_files);
	}
	return torc_sink_compression_open(sink, error);
}

/* ---- files ---- */

/* Is it something that packets may be written to? */
static int check_target(const struct torc_sink *sink, int fd, const char *path,
			struct torc_error *error)
{
	struct stat status;

	if (isatty(fd))
		return torc_error_set(error, -ENOTTY, "%s is a terminal: packets are not written to "
				      "one", sink->is_stdout ? "standard output" : path);
	if (fstat(fd, &status) < 0)
		return torc_error_set(error, -errno, "%s: %s", path, torc_strerror(errno));
	if (S_ISREG(status.st_mode) && torc_file_is_open(status.st_dev, status.st_ino))
		return torc_error_set(error, -EBUSY, "%s is being read: write to another file",
				      path);
	return S_ISREG(status.st_mode);
}

/* Forget the oldest file when there are enough; a name that comes again is not the oldest. */
static void keep_newest(struct torc_sink *sink)
{
	char **slot;
	uint32_t i;

	if (!sink->kept)
		return;
	for (i = 0; i < sink->keep_files; i++)
		if (sink->kept[i] && strcmp(sink->kept[i], sink->path) == 0)
			return;
	slot = &sink->kept[sink->kept_at];
	if (*slot)
		unlink(*slot);
	free(*slot);
	*slot = strdup(sink->path);
	sink->kept_at = (sink->kept_at + 1) % sink->keep_files;
}

static int open_target(struct torc_sink *sink, const char *path, struct torc_error *error)
{
	int regular;

	sink->is_stdout = strcmp(path, "-") == 0;
	if (sink->is_stdout)
		sink->fd = STDOUT_FILENO;
	else
		sink->fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, sink->mode);
	if (sink->fd < 0)
		return torc_error_set(error, -errno, "%s: cannot create: %s", path,
				      torc_strerror(errno));
	regular = check_target(sink, sink->fd, path, error);
	sink->file_bytes = 0;
	/* standard output may be shared with others and is appended to, not emptied */
	if (regular > 0 && sink->flags & TORC_WRITER_APPEND) {
		off_t end = lseek(sink->fd, 0, SEEK_END);

		sink->file_bytes = (uint64_t)end;
		if (end < 0)
			regular = torc_error_set(error, -errno, "%s: its end cannot be found: %s",
						 path, torc_strerror(errno));
	} else if (regular > 0 && !sink->is_stdout && ftruncate(sink->fd, 0) < 0) {
		regular = torc_error_set(error, -errno, "%s: cannot empty it: %s", path,
					 torc_strerror(errno));
	}
	if (regular < 0) {
		if (!sink->is_stdout)
			close(sink->fd);
		sink->fd = -1;
		return regular;
	}
	sink->regular = regular;
	add(&sink->files, 1);
	keep_newest(sink);
	return 0;
}

int torc_sink_begin(struct torc_sink *sink, char *path, struct torc_error *error)
{
	int ended = torc_sink_end(sink, error), result;

	free(sink->path);
	sink->path = path;
	result = open_target(sink, path, error);
	return result < 0 ? result : ended;
}

int torc_sink_end(struct torc_sink *sink, struct torc_error *error)
{
	int result = 0;

	sink->owed_bytes = 0;
	if (sink->fd < 0)
		return 0;
	if ((sink->flags & TORC_WRITER_FSYNC) && sink->regular && fsync(sink->fd) < 0)
		result = -errno;
	if (!sink->is_stdout && close(sink->fd) < 0 && result == 0)
		result = -errno;
	sink->fd = -1;
	if (result < 0) {
		add(&sink->failures, 1);
		torc_error_set(error, result, "%s: cannot finish: %s", sink->path,
			       torc_strerror(result));
	}
	if (sink->on_rotate)
		sink->on_rotate(sink->user, sink->path);
	return result;
}

void torc_sink_close(struct torc_sink *sink)
{
	uint32_t i;

	for (i = 0; sink->kept && i < sink->keep_files; i++)
		free(sink->kept[i]);
	free(sink->kept);
	free(sink->owed);
	free(sink->path);
	torc_sink_compression_close(sink);
}

/* ---- bytes ---- */

/* Write it all: how much of it got there, with *code the reason when that is less. */
static size_t write_all(int fd, const uint8_t *bytes, size_t size, int *code)
{
	size_t done = 0;

	while (done < size) {
		ssize_t count = write(fd, bytes + done, size - done);

		if (count > 0) {
			done += (size_t)count;
		} else if (count < 0 && errno == EAGAIN) {
			struct pollfd ready = { .fd = fd, .events = POLLOUT };

			poll(&ready, 1, -1);
		} else if (count == 0 || errno != EINTR) {
			*code = count == 0 ? -ENOSPC : -errno;
			break;
		}
	}
	return done;
}

/* The length of the record at bytes; the chunk is our own, so it is whole. */
static size_t record_length(const struct torc_sink *sink, const uint8_t *bytes, bool header,
			    bool *is_packet)
{
	if (sink->format == TORC_FORMAT_PCAP) {
		*is_packet = !header;
		return header ? 24 : 16 + get32(bytes + 8, false);
	}
	*is_packet = get32(bytes, false) == PCAPNG_EPB;
	return get32(bytes + 4, false);
}

static void owe(struct torc_sink *sink, const uint8_t *bytes, size_t size)
{
	uint8_t *owed = realloc(sink->owed, sink->owed_bytes + size);

	if (!owed)
		return;
	memcpy(owed + sink->owed_bytes, bytes, size);
	sink->owed = owed;
	sink->owed_bytes += size;
}

/*
 * Of a chunk of which only done bytes arrived: returns the bytes up to the last whole record, and
 * counts what is behind it.
 */
static size_t settle(struct torc_sink *sink, const struct torc_chunk *chunk, size_t done,
		     uint32_t *arrived)
{
	bool header = chunk->begins, is_packet;
	size_t at, length, whole = 0;
	uint32_t lost = 0;

	for (at = 0; at < chunk->used; at += length) {
		length = record_length(sink, chunk->bytes + at, header, &is_packet);
		header = false;
		if (at + length <= done) {
			whole = at + length;
			*arrived += is_packet;
		} else if (is_packet) {
			lost++;
		} else {
			owe(sink, chunk->bytes + at, length);
		}
	}
	add(&sink->lost, lost);
	return whole;
}

static int write_failed(struct torc_sink *sink, const struct torc_chunk *chunk, size_t done,
			int code, struct torc_error *error)
{
	bool packed = sink->compression != TORC_COMPRESSION_NONE;
	uint32_t arrived = 0;
	size_t kept = settle(sink, chunk, packed ? 0 : done, &arrived);

	sink->file_bytes += kept;
	if (sink->regular && done > kept) {
		/* for standard output the file may have begun before us */
		off_t end = lseek(sink->fd, 0, SEEK_CUR) - (off_t)(done - kept);

		if (ftruncate(sink->fd, end) == 0)
			lseek(sink->fd, end, SEEK_SET);
	}
	add(&sink->written, arrived);
	add(&sink->written_bytes, kept);
	add(&sink->failures, 1);
	return torc_error_set(error, code, "%s: cannot write: %s; packets are lost and counted until "
			      "there is room (%u at once)", sink->path, torc_strerror(code),
			      chunk->packets - arrived);
}

static int put(struct torc_sink *sink, const struct torc_chunk *chunk, struct torc_error *error)
{
	const uint8_t *bytes = chunk->bytes;
	size_t size = chunk->used, done;
	int code = 0;

	if (sink->compression != TORC_COMPRESSION_NONE) {
		ssize_t packed = torc_sink_compress(sink, bytes, size);

		if (packed < 0)
			return write_failed(sink, chunk, 0, (int)packed, error);
		bytes = sink->packed;
		size = (size_t)packed;
	}
	done = write_all(sink->fd, bytes, size, &code);
	if (done < size)
		return write_failed(sink, chunk, done, code, error);
	sink->file_bytes += done;
	add(&sink->written, chunk->packets);
	add(&sink->written_bytes, done);
	return 0;
}

/* The chunk behind what is owed to the file from the failure before. */
static int put_with_owed(struct torc_sink *sink, const struct torc_chunk *chunk,
			 struct torc_error *error)
{
	size_t owed = sink->owed_bytes;
	struct torc_chunk both = *chunk;
	int result;

	both.bytes = malloc(owed + chunk->used);
	if (!both.bytes) {
		uint32_t arrived = 0;

		settle(sink, chunk, 0, &arrived);
		return torc_error_set(error, -ENOMEM, "%s: no memory; %u packets are lost",
				      sink->path, chunk->packets);
	}
	memcpy(both.bytes, sink->owed, owed);
	memcpy(both.bytes + owed, chunk->bytes, chunk->used);
	both.used = owed + chunk->used;
	both.begins = sink->file_bytes == 0;
	sink->owed_bytes = 0;
	result = put(sink, &both, error);
	free(both.bytes);
	return result;
}

int torc_sink_put(struct torc_sink *sink, struct torc_chunk *chunk, struct torc_error *error)
{
	char *path = chunk->path;
	int begun = 0, result;

	chunk->path = NULL; /* the sink's from now on */
	if (path)
		begun = torc_sink_begin(sink, path, error);
	else if (sink->fd < 0 && sink->path) /* it could not be created: is there room now? */
		begun = open_target(sink, sink->path, error);
	if (sink->fd < 0) {
		uint32_t arrived = 0;

		settle(sink, chunk, 0, &arrived);
		add(&sink->failures, 1);
		return begun;
	}
	if (chunk->used == 0)
		return begun;
	if (sink->owed_bytes > 0)
		result = put_with_owed(sink, chunk, error);
	else
		result = put(sink, chunk, error);
	return result < 0 ? result : begun;
}
