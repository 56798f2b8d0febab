/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * lines.c - records as lines of text or JSON, to a file, a pipe or standard output
 *
 * Whole lines are written at once: several processes may share the file. What is no regular file is
 * asked for room first and given no more than PIPE_BUF, so that a reader who stopped holds up nobody.
 * The room of a pipe may be another writer's by then: a pipe is written to without waiting.
 */
#include "export/export.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/error.h"

enum { LINE_MAX_BYTES = 2048, BUFFER = 65536 };

struct lines {
	int fd;
	bool own;       /* the descriptor is closed with the output */
	size_t at_once; /* bytes of one write() */
	size_t used;
	uint64_t records, packets; /* in the buffer */
	char buffer[BUFFER];
};

/*
 * What is set for the descriptor we were given is set for all who share it: this is one of our own, of
 * the same pipe. Where it cannot be had, no harm is done as long as nobody else writes.
 */
static void open_again(struct lines *lines)
{
	char path[40];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", lines->fd);
	fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return;
	lines->fd = fd;
	lines->own = true;
}

static int lines_open(struct torc_export *out, const char *path, struct torc_error *error)
{
	struct lines *lines = out->state;
	struct stat file;

	if (!*path)
		return torc_error_set(error, -EINVAL, "%s: no file: give a path, or - for standard "
				      "output", out->target);
	lines->own = strcmp(path, "-") != 0;
	lines->fd = lines->own ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)
			       : STDOUT_FILENO;
	if (lines->fd < 0 || fstat(lines->fd, &file) < 0) {
		int code = torc_error_set(error, -errno, "%s: %s", path, strerror(errno));

		if (lines->own && lines->fd >= 0)
			close(lines->fd);
		return code;
	}
	lines->at_once = S_ISREG(file.st_mode) ? BUFFER : PIPE_BUF;
	if (S_ISFIFO(file.st_mode) && lines->own)
		fcntl(lines->fd, F_SETFL, O_APPEND | O_NONBLOCK);
	else if (S_ISFIFO(file.st_mode))
		open_again(lines);
	return 0;
}

/* Writes what is there; false when it has to be tried again. */
static bool lines_flush(struct torc_export *out)
{
	struct lines *lines = out->state;
	size_t done = 0;
	ssize_t wrote;

	while (done < lines->used) {
		struct pollfd poller = { .fd = lines->fd, .events = POLLOUT };

		if (lines->at_once < BUFFER && poll(&poller, 1, EXPORT_WAIT_MS) == 0)
			break;
		wrote = write(lines->fd, lines->buffer + done, lines->used - done);
		if (wrote < 0 && errno != EINTR && errno != EAGAIN) {
			export_break(out, -errno, "%s: %s", out->target, strerror(errno));
			export_fail(out, lines->records, lines->packets);
			lines->used = lines->records = lines->packets = 0;
			return true;
		}
		if (wrote > 0)
			done += (size_t)wrote;
		else if (errno == EAGAIN)
			break;
	}
	export_count(out->bytes, done);
	memmove(lines->buffer, lines->buffer + done, lines->used - done);
	lines->used -= done;
	if (lines->used > 0)
		return false;
	export_acknowledge(out, lines->records);
	lines->records = lines->packets = 0;
	return true;
}

static int lines_write(struct torc_export *out, const struct torc_flow_record *record)
{
	struct lines *lines = out->state;
	char line[LINE_MAX_BYTES];
	int length;

	if (out->ops == &export_json)
		length = torc_flow_record_json(record, export_interface(out, record->ifindex),
					       out->options.community_id_seed, line, sizeof(line));
	else
		length = torc_flow_record_text(record, line, sizeof(line));
	if (length <= 0 || (size_t)length >= sizeof(line))
		return -EMSGSIZE;
	line[length++] = '\n';
	if (lines->used + (size_t)length > lines->at_once && !lines_flush(out))
		return -EAGAIN;
	if (out->broken)
		return -EPIPE;
	memcpy(lines->buffer + lines->used, line, (size_t)length);
	lines->used += (size_t)length;
	lines->records++;
	lines->packets += record->packets[0] + record->packets[1];
	return 0;
}

static void lines_idle(struct torc_export *out)
{
	lines_flush(out);
}

static bool lines_finish(struct torc_export *out)
{
	return !lines_flush(out);
}

static void lines_close(struct torc_export *out)
{
	struct lines *lines = out->state;

	if (lines->own)
		close(lines->fd);
}

const struct export_ops export_text = {
	.scheme = "text",
	.state_size = sizeof(struct lines),
	.open = lines_open,
	.write = lines_write,
	.idle = lines_idle,
	.finish = lines_finish,
	.close = lines_close,
};

const struct export_ops export_json = {
	.scheme = "json",
	.state_size = sizeof(struct lines),
	.open = lines_open,
	.write = lines_write,
	.idle = lines_idle,
	.finish = lines_finish,
	.close = lines_close,
};
