/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * streams_write.c - torc streams --write: one file for each direction, named as tcpflow names them
 *
 *	010.000.000.001.40000-010.000.000.002.00080
 *
 * sender first; a further connection of the same ends gets c1, c2 ... behind it. A gap is marked in the
 * file, "[100 bytes missing]", not filled. Few of the files are open at a time: the one that was opened
 * first is closed, and opened again at its end when more comes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "streams.h"

enum { OPEN_MAX_FILES = 256, BUFFER = 1 << 15 };

struct streams_file {
	int fd; /* -1: closed for now */
	unsigned int used; /* of the buffer, which is there while it is open */
	char *buffer;
	char name[128];
};

struct streams_writer {
	const char *folder;
	int folder_fd;
	uint64_t written;
	unsigned int hand; /* the open one that is closed next */
	bool failed;
	struct streams_file *open[OPEN_MAX_FILES];
};

struct streams_writer *streams_writer_open(const char *folder)
{
	struct streams_writer *writer = calloc(1, sizeof(*writer));

	if (!writer)
		return NULL;
	writer->folder = folder;
	if (mkdir(folder, 0777) < 0 && errno != EEXIST)
		writer->folder_fd = -1;
	else
		writer->folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (writer->folder_fd >= 0)
		return writer;
	cli_complain("torc: --write %s: %s", folder, strerror(errno));
	free(writer);
	return NULL;
}

static void put_address(char *text, size_t size, const struct torc_stream_info *info,
			unsigned int side)
{
	const uint8_t *a = info->sides[side].address;
	size_t length = 0;

	if (info->ip_version == 4) {
		snprintf(text, size, "%03u.%03u.%03u.%03u.%05u", a[0], a[1], a[2], a[3],
			 info->sides[side].port);
		return;
	}
	for (unsigned int i = 0; i < 16; i += 2)
		length += (size_t)snprintf(text + length, size - length, "%s%02x%02x", i ? ":" : "",
					   a[i], a[i + 1]);
	snprintf(text + length, size - length, ".%05u", info->sides[side].port);
}

/* Complains once, so that a full disk is not told for each file. */
static bool write_all(struct streams_writer *writer, const struct streams_file *file,
		      const char *data, size_t length)
{
	while (length > 0 && !writer->failed) {
		ssize_t done = write(file->fd, data, length);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0) {
			cli_complain("torc: --write %s/%s: %s", writer->folder, file->name,
				     strerror(errno));
			writer->failed = true;
			break;
		}
		data += done;
		length -= (size_t)done;
	}
	return !writer->failed;
}

/* The buffer is written when it is full, and so at multiples of its size: whole pages of the file. */
static bool write_buffered(struct streams_writer *writer, struct streams_file *file,
			   const char *data, size_t length)
{
	while (length > 0) {
		size_t part = BUFFER - file->used < length ? BUFFER - file->used : length;

		memcpy(file->buffer + file->used, data, part);
		file->used += (unsigned int)part;
		data += part;
		length -= part;
		if (file->used < BUFFER)
			break;
		file->used = 0;
		if (!write_all(writer, file, file->buffer, BUFFER))
			return false;
	}
	return true;
}

static void close_one(struct streams_writer *writer, struct streams_file *file)
{
	for (unsigned int i = 0; i < OPEN_MAX_FILES && file->fd >= 0; i++)
		if (writer->open[i] == file) {
			write_all(writer, file, file->buffer, file->used);
			close(file->fd);
			free(file->buffer);
			file->fd = -1;
			file->used = 0;
			writer->open[i] = NULL;
		}
}

/* A place for one more open file. */
static bool open_one(struct streams_writer *writer, struct streams_file *file, int flags)
{
	writer->hand = (writer->hand + 1) % OPEN_MAX_FILES;
	if (writer->open[writer->hand])
		close_one(writer, writer->open[writer->hand]);
	file->fd = openat(writer->folder_fd, file->name,
			  O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC | flags, 0666);
	if (file->fd < 0)
		return false;
	file->buffer = malloc(BUFFER);
	if (!file->buffer) {
		close(file->fd);
		file->fd = -1;
		return false;
	}
	writer->open[writer->hand] = file;
	return true;
}

/* A new file; one of an earlier connection of this run is not written over. */
static struct streams_file *file_new(struct streams_writer *writer,
				     const struct torc_streams *streams,
				     const struct torc_stream_event *event,
				     struct streams_connection *connection)
{
	struct torc_stream_info info = { .size = sizeof(info) };
	struct streams_file *file = calloc(1, sizeof(*file));
	char from[64], to[64];

	if (!file || torc_stream_info(streams, event->stream, &info) < 0) {
		free(file);
		return NULL;
	}
	file->fd = -1;
	put_address(from, sizeof(from), &info, event->side);
	put_address(to, sizeof(to), &info, !event->side);
	for (unsigned int again = connection->again; again < 100000; again++) {
		int length = snprintf(file->name, sizeof(file->name), "%s-%s", from, to);

		if (again > 0)
			snprintf(file->name + length, sizeof(file->name) - (size_t)length, "c%u",
				 again);
		if (open_one(writer, file, O_CREAT | O_EXCL)) {
			connection->again = again;
			writer->written++;
			return file;
		}
		if (errno != EEXIST)
			break;
	}
	cli_complain("torc: --write %s/%s: %s", writer->folder, file->name, strerror(errno));
	free(file);
	return NULL;
}

bool streams_writer_event(struct streams_writer *writer, const struct torc_streams *streams,
			  const struct torc_stream_event *event,
			  struct streams_connection *connection)
{
	struct streams_file *file = connection->files[event->side];
	char mark[64];

	if (!file)
		file = connection->files[event->side] = file_new(writer, streams, event, connection);
	if (!file)
		return false;
	if (file->fd < 0 && !open_one(writer, file, 0)) {
		cli_complain("torc: --write %s/%s: %s", writer->folder, file->name, strerror(errno));
		return false;
	}
	if (event->type == TORC_STREAM_DATA)
		return write_buffered(writer, file, (const char *)event->data, event->length);
	return write_buffered(writer, file, mark,
			      (size_t)snprintf(mark, sizeof(mark), "[%u bytes missing]", event->length));
}

void streams_writer_end(struct streams_writer *writer, struct streams_connection *connection)
{
	for (unsigned int side = 0; side < 2; side++)
		if (connection->files[side]) {
			close_one(writer, connection->files[side]);
			free(connection->files[side]);
		}
}

uint64_t streams_writer_close(struct streams_writer *writer, bool *good)
{
	uint64_t written = writer->written;

	*good = !writer->failed;
	close(writer->folder_fd);
	free(writer);
	return written;
}
