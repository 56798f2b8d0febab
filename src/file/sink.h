/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sink.h - the disk side of a writer: files that always end with a whole record
 *
 * A writer hands over chunks of whole records. Each becomes one write(), or one gzip member or zstd
 * frame of its own, so that whatever is cut off a file leaves something readable. When a write
 * fails, the torn end is cut off again, lost packets are counted, and lost records that later ones
 * need (headers, interfaces) are owed: they come first in the next chunk.
 */
#ifndef TORC_FILE_SINK_H
#define TORC_FILE_SINK_H

#include <sys/types.h>

#include <torc/file.h>

struct torc_sink {
	int fd; /* -1: no file is open */
	bool is_stdout;
	bool regular;
	char *path;
	uint32_t mode;
	uint32_t flags; /* TORC_WRITER_ */
	enum torc_file_format format;
	uint64_t file_bytes; /* in the file now */

	enum torc_compression compression;
	int level;
	void *stream; /* z_stream or ZSTD_CCtx */
	uint8_t *packed;
	size_t packed_room;

	uint8_t *owed;
	size_t owed_bytes;

	uint32_t keep_files;
	char **kept; /* paths of the newest keep_files files, oldest at kept_at */
	uint32_t kept_at;
	void (*on_rotate)(void *user, const char *path);
	void *user;

	/* read by torc_writer_stats() of any thread: __atomic, relaxed */
	uint64_t written;
	uint64_t lost;
	uint64_t written_bytes;
	uint64_t files;
	uint64_t failures;
};

/* What goes to the disk at once: whole records only. */
struct torc_chunk {
	uint8_t *bytes;
	size_t used;
	size_t room;
	uint32_t packets;
	bool begins; /* the first bytes are a file's header */
	char *path;  /* not NULL: end the file before and begin this one */
	struct torc_chunk *next;
};

int torc_sink_open(struct torc_sink *sink, const struct torc_writer_options *options,
		   struct torc_error *error);
/* Begin a file; the one before is ended. path is the sink's from now on, whatever is returned. */
int torc_sink_begin(struct torc_sink *sink, char *path, struct torc_error *error);
/* Write a chunk; its path, where it begins a file, becomes the sink's. */
int torc_sink_put(struct torc_sink *sink, struct torc_chunk *chunk, struct torc_error *error);
/* End the file: -EIO and others are the loss of what the kernel had taken already. */
int torc_sink_end(struct torc_sink *sink, struct torc_error *error);
void torc_sink_close(struct torc_sink *sink);

/* compress.c: one member or frame of its own; returns its size, packed into sink->packed */
int torc_sink_compression_open(struct torc_sink *sink, struct torc_error *error);
ssize_t torc_sink_compress(struct torc_sink *sink, const uint8_t *bytes, size_t size);
void torc_sink_compression_close(struct torc_sink *sink);

#endif
