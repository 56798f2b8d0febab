/* SPDX-License-Identifier: BSD-3-Clause */
/* source.h - where the bytes of a capture file come from: descriptor or memory, packed or not */
#ifndef TORC_FILE_SOURCE_H
#define TORC_FILE_SOURCE_H

#include <sys/types.h>

#include <torc/file.h>

struct torc_source {
	int fd; /* -1: memory */
	bool owns_fd;
	const uint8_t *memory;
	size_t memory_left;
	uint64_t raw_bytes; /* taken from descriptor or memory; __atomic, relaxed */

	enum torc_compression compression;
	void *stream;   /* z_stream, ZSTD_DStream, lzma_stream, LZ4F_dctx */
	uint8_t *input; /* compressed bytes not yet used: input[input_at .. input_end) */
	size_t input_at;
	size_t input_end;
	bool stream_ended; /* at the end of a member or frame: another may follow */
	bool stream_full;  /* the last output was filled up: there may be more without input */
	bool stream_broken;
	bool plain_file;        /* a read never waits: a thread may do it */
	uint64_t unpacked;      /* bytes so far, as long as there is no thread */
	struct torc_ahead *ahead; /* NULL: no thread decompresses */
	char reason[128];  /* why the last read failed, when the code alone does not say it */
};

/* More bytes, at most size: how many, 0 at the end, or a negative code. One read() of a plain file. */
ssize_t torc_source_read(struct torc_source *source, void *bytes, size_t size);

/* The same without a thread, for the thread. */
ssize_t torc_source_unpack(struct torc_source *source, void *bytes, size_t size);

/* ahead.c: NULL when there is no thread to be had, or only one processor */
struct torc_ahead *torc_ahead_start(struct torc_source *source);
/* As torc_source_read(). After the end, or a code, nothing more comes. -EOPNOTSUPP, with a reason: this is
 * a child that was forked since. */
ssize_t torc_ahead_read(struct torc_ahead *ahead, uint8_t *bytes, size_t size);
/* End the thread; NULL is allowed. */
void torc_ahead_stop(struct torc_ahead *ahead);

/* What the first bytes of a file say. */
enum torc_compression torc_source_detect(const uint8_t *bytes, size_t length);

/* "gzip", ...; "" for none */
const char *torc_compression_name(enum torc_compression compression);

/*
 * From now on decompress, beginning with these bytes (already read, copied). -EOPNOTSUPP: not in
 * this build.
 */
int torc_source_decompress(struct torc_source *source, enum torc_compression compression,
			   const uint8_t *bytes, size_t length);

void torc_source_release(struct torc_source *source);

#endif
