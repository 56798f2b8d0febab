/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * compress.c - chunks of records as gzip members (RFC 1952) or zstd frames (RFC 8878) of their own
 *
 * Members and frames may follow one another by both standards; each can be read without the ones
 * behind it, which is what makes a compressed file as safe to cut as a plain one.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/types.h>

#ifdef TORC_HAVE_ZLIB
#include <zlib.h>
#endif
#ifdef TORC_HAVE_ZSTD
#include <zstd.h>
#endif

#include "file/sink.h"
#include "util/error.h"

#if defined(TORC_HAVE_ZLIB) || defined(TORC_HAVE_ZSTD)
static int make_room(struct torc_sink *sink, size_t room)
{
	uint8_t *packed;

	if (room <= sink->packed_room)
		return 0;
	packed = realloc(sink->packed, room);
	if (!packed)
		return -ENOMEM;
	sink->packed = packed;
	sink->packed_room = room;
	return 0;
}
#endif

#ifdef TORC_HAVE_ZLIB
static int open_gzip(struct torc_sink *sink)
{
	z_stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return -ENOMEM;
	if (deflateInit2(stream, sink->level ?: Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8,
			 Z_DEFAULT_STRATEGY) != Z_OK) {
		free(stream);
		return -EINVAL;
	}
	sink->stream = stream;
	return 0;
}

static ssize_t compress_gzip(struct torc_sink *sink, const uint8_t *bytes, size_t size)
{
	z_stream *stream = sink->stream;

	deflateReset(stream); /* before deflateBound(), which looks at the state */
	if (make_room(sink, deflateBound(stream, size)) < 0)
		return -ENOMEM;
	stream->next_in = (Bytef *)(uintptr_t)bytes;
	stream->avail_in = (uInt)size;
	stream->next_out = sink->packed;
	stream->avail_out = (uInt)sink->packed_room;
	if (deflate(stream, Z_FINISH) != Z_STREAM_END)
		return -EIO;
	return (ssize_t)(sink->packed_room - stream->avail_out);
}
#endif

#ifdef TORC_HAVE_ZSTD
static int open_zstd(struct torc_sink *sink)
{
	if (sink->level > ZSTD_maxCLevel())
		return -EINVAL;
	sink->stream = ZSTD_createCCtx();
	return sink->stream ? 0 : -ENOMEM;
}

static ssize_t compress_zstd(struct torc_sink *sink, const uint8_t *bytes, size_t size)
{
	size_t made;

	if (make_room(sink, ZSTD_compressBound(size)) < 0)
		return -ENOMEM;
	made = ZSTD_compressCCtx(sink->stream, sink->packed, sink->packed_room, bytes, size,
				 sink->level ?: 3);
	return ZSTD_isError(made) ? -EIO : (ssize_t)made;
}
#endif

int torc_sink_compression_open(struct torc_sink *sink, struct torc_error *error)
{
	int result = -EOPNOTSUPP;

	switch (sink->compression) {
	case TORC_COMPRESSION_GZIP:
#ifdef TORC_HAVE_ZLIB
		result = open_gzip(sink);
#endif
		break;
	case TORC_COMPRESSION_ZSTD:
#ifdef TORC_HAVE_ZSTD
		result = open_zstd(sink);
#endif
		break;
	default:
		return 0;
	}
	if (result == -EOPNOTSUPP)
		return torc_error_set(error, result, "this build of torc cannot compress with %s",
				      sink->compression == TORC_COMPRESSION_GZIP ? "gzip" : "zstd");
	if (result < 0)
		return torc_error_set(error, result, "compression level %d: %s", sink->level,
				      torc_strerror(result));
	return 0;
}

ssize_t torc_sink_compress(struct torc_sink *sink, const uint8_t *bytes, size_t size)
{
	switch (sink->compression) {
#ifdef TORC_HAVE_ZLIB
	case TORC_COMPRESSION_GZIP:
		return compress_gzip(sink, bytes, size);
#endif
#ifdef TORC_HAVE_ZSTD
	case TORC_COMPRESSION_ZSTD:
		return compress_zstd(sink, bytes, size);
#endif
	default:
		(void)bytes;
		(void)size;
		return -EOPNOTSUPP;
	}
}

void torc_sink_compression_close(struct torc_sink *sink)
{
#ifdef TORC_HAVE_ZLIB
	if (sink->compression == TORC_COMPRESSION_GZIP && sink->stream) {
		deflateEnd(sink->stream);
		free(sink->stream);
	}
#endif
#ifdef TORC_HAVE_ZSTD
	if (sink->compression == TORC_COMPRESSION_ZSTD)
		ZSTD_freeCCtx(sink->stream);
#endif
	sink->stream = NULL;
	free(sink->packed);
	sink->packed = NULL;
}
