/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * source.c - bytes of a capture file, decompressed: gzip members (RFC 1952), zstd frames (RFC 8878),
 * xz streams and lz4 frames, one after another
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef TORC_HAVE_ZLIB
#include <zlib.h>
#endif
#ifdef TORC_HAVE_ZSTD
#include <zstd.h>
#endif

#ifdef TORC_HAVE_LZMA
#include <lzma.h>
#endif
#ifdef TORC_HAVE_LZ4
#include <lz4frame.h>
#endif

#include "file/source.h"

#define INPUT_BYTES     (256u << 10)
#define AHEAD_BYTES     (1u << 20) /* a small file is not worth a thread */
#define XZ_MEMORY_BYTES (256u << 20) /* xz -9 needs 65 MiB */

static ssize_t read_raw(struct torc_source *source, void *bytes, size_t size)
{
	ssize_t got;

	if (source->fd >= 0) {
		got = read(source->fd, bytes, size);
		if (got < 0)
			return -errno;
	} else {
		got = (ssize_t)(size < source->memory_left ? size : source->memory_left);
		if (got > 0)
			memcpy(bytes, source->memory, (size_t)got);
		source->memory += got;
		source->memory_left -= (size_t)got;
	}
	__atomic_store_n(&source->raw_bytes, source->raw_bytes + (uint64_t)got, __ATOMIC_RELAXED);
	return got;
}

enum torc_compression torc_source_detect(const uint8_t *bytes, size_t length)
{
	if (length >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b)
		return TORC_COMPRESSION_GZIP;
	if (length >= 4 && bytes[1] == 0xb5 && bytes[2] == 0x2f && bytes[3] == 0xfd &&
	    bytes[0] == 0x28)
		return TORC_COMPRESSION_ZSTD;
	/* a skippable frame, as parallel compressors put in front */
	if (length >= 4 && (bytes[0] & 0xf0) == 0x50 && bytes[1] == 0x2a && bytes[2] == 0x4d &&
	    bytes[3] == 0x18)
		return TORC_COMPRESSION_ZSTD;
	if (length >= 4 && memcmp(bytes, "\xfd""7zX", 4) == 0)
		return TORC_COMPRESSION_XZ;
	if (length >= 4 && memcmp(bytes, "\x04\x22\x4d\x18", 4) == 0)
		return TORC_COMPRESSION_LZ4;
	return TORC_COMPRESSION_NONE;
}

const char *torc_compression_name(enum torc_compression compression)
{
	static const char *const names[] = {
		[TORC_COMPRESSION_AUTO] = "", [TORC_COMPRESSION_NONE] = "",
		[TORC_COMPRESSION_GZIP] = "gzip", [TORC_COMPRESSION_ZSTD] = "zstd",
		[TORC_COMPRESSION_XZ] = "xz", [TORC_COMPRESSION_LZ4] = "lz4",
	};

	return names[compression];
}

#if defined(TORC_HAVE_ZLIB) || defined(TORC_HAVE_ZSTD) || defined(TORC_HAVE_LZMA) || \
	defined(TORC_HAVE_LZ4)
/* Have compressed bytes at hand: 1, 0 at the end of the file, or a negative code. */
static ssize_t refill(struct torc_source *source)
{
	ssize_t got;

	if (source->input_at < source->input_end || source->stream_full)
		return 1;
	got = read_raw(source, source->input, INPUT_BYTES);
	if (got <= 0)
		return got;
	source->input_at = 0;
	source->input_end = (size_t)got;
	return 1;
}

static ssize_t broken(struct torc_source *source, const char *what)
{
	snprintf(source->reason, sizeof(source->reason), "%s", what);
	source->stream_broken = true;
	return -TORC_EFORMAT;
}
#endif

#ifdef TORC_HAVE_ZLIB
/* One step of inflate(): a negative code, or 0 with *made bytes (which may be none yet). */
static ssize_t inflate_step(struct torc_source *source, uint8_t *bytes, size_t size, size_t *made)
{
	z_stream *stream = source->stream;
	int result;

	stream->next_in = source->input + source->input_at;
	stream->avail_in = (unsigned int)(source->input_end - source->input_at);
	stream->next_out = bytes;
	stream->avail_out = (unsigned int)(size > INT32_MAX ? INT32_MAX : size);
	result = inflate(stream, Z_NO_FLUSH);
	source->input_at = source->input_end - stream->avail_in;
	*made = (size_t)(stream->next_out - bytes);
	source->stream_full = stream->avail_out == 0;
	if (result == Z_STREAM_END) {
		source->stream_full = false;
		source->stream_ended = true;
		return inflateReset(stream) == Z_OK ? 0 : -ENOMEM;
	}
	if (result == Z_OK || result == Z_BUF_ERROR)
		return 0;
	if (*made > 0)
		return 0; /* the next step meets the same error */
	return result == Z_MEM_ERROR ? -ENOMEM : broken(source, "the gzip data is damaged");
}

static ssize_t read_gzip(struct torc_source *source, uint8_t *bytes, size_t size)
{
	for (;;) {
		size_t made = 0;
		ssize_t result = refill(source);

		if (result == 0 && !source->stream_ended)
			return broken(source, "the gzip data ends early");
		if (result <= 0)
			return result;
		/* what follows the last member and is none, such as padding, is left alone */
		if (source->stream_ended && source->input[source->input_at] != 0x1f)
			return 0;
		source->stream_ended = false;
		result = inflate_step(source, bytes, size, &made);
		if (result < 0 || made > 0)
			return result < 0 ? result : (ssize_t)made;
	}
}

static int open_gzip(struct torc_source *source)
{
	z_stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return -ENOMEM;
	if (inflateInit2(stream, 15 + 16) != Z_OK) {
		free(stream);
		return -ENOMEM;
	}
	source->stream = stream;
	return 0;
}
#endif

#ifdef TORC_HAVE_ZSTD
static ssize_t read_zstd(struct torc_source *source, uint8_t *bytes, size_t size)
{
	for (;;) {
		ZSTD_outBuffer out = { bytes, size, 0 };
		ZSTD_inBuffer in;
		ssize_t result = refill(source);
		size_t left;

		if (result == 0 && !source->stream_ended)
			return broken(source, "the zstd data ends early");
		if (result <= 0)
			return result;
		in = (ZSTD_inBuffer){ source->input, source->input_end, source->input_at };
		left = ZSTD_decompressStream(source->stream, &out, &in);
		source->input_at = in.pos;
		source->stream_full = out.pos == size && left != 0;
		source->stream_ended = left == 0;
		if (ZSTD_isError(left))
			result = broken(source, "the zstd data is damaged");
		if (out.pos > 0 || result < 0)
			return out.pos > 0 ? (ssize_t)out.pos : result;
	}
}

static int open_zstd(struct torc_source *source)
{
	source->stream = ZSTD_createDStream();
	return source->stream ? 0 : -ENOMEM;
}
#endif

#ifdef TORC_HAVE_LZMA
static int open_xz(struct torc_source *source)
{
	lzma_stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return -ENOMEM;
	*stream = (lzma_stream)LZMA_STREAM_INIT;
	if (lzma_stream_decoder(stream, XZ_MEMORY_BYTES, 0) != LZMA_OK) {
		free(stream);
		return -ENOMEM;
	}
	source->stream = stream;
	return 0;
}

/* Between streams there may be padding of zeros. 1: there is another, 0: there is none, or unread. */
static int next_xz(struct torc_source *source)
{
	while (source->input_at < source->input_end && source->input[source->input_at] == 0)
		source->input_at++;
	if (source->input_at == source->input_end)
		return 0;
	if (source->input[source->input_at] != 0xfd ||
	    lzma_stream_decoder(source->stream, XZ_MEMORY_BYTES, 0) != LZMA_OK)
		return -1;
	source->stream_ended = false;
	return 1;
}

/* One step of lzma_code(): a negative code, or 0 with *made bytes (which may be none yet). */
static ssize_t xz_step(struct torc_source *source, uint8_t *bytes, size_t size, size_t *made)
{
	lzma_stream *stream = source->stream;
	lzma_ret result;

	stream->next_in = source->input + source->input_at;
	stream->avail_in = source->input_end - source->input_at;
	stream->next_out = bytes;
	stream->avail_out = size;
	result = lzma_code(stream, LZMA_RUN);
	source->input_at = source->input_end - stream->avail_in;
	*made = size - stream->avail_out;
	source->stream_full = stream->avail_out == 0 && result != LZMA_STREAM_END;
	source->stream_ended = result == LZMA_STREAM_END;
	if (result == LZMA_OK || result == LZMA_STREAM_END || result == LZMA_BUF_ERROR || *made > 0)
		return 0;
	if (result == LZMA_MEMLIMIT_ERROR)
		return broken(source, "the xz data wants more than 256 MiB of memory: decompress it "
				      "first");
	return result == LZMA_MEM_ERROR ? -ENOMEM : broken(source, "the xz data is damaged");
}

static ssize_t read_xz(struct torc_source *source, uint8_t *bytes, size_t size)
{
	for (;;) {
		size_t made = 0;
		ssize_t result = refill(source);
		int next = 1;

		if (result == 0 && !source->stream_ended)
			return broken(source, "the xz data ends early");
		if (result <= 0)
			return result;
		if (source->stream_ended)
			next = next_xz(source);
		if (next < 0)
			return 0; /* what follows the last stream and is none is left alone */
		if (next == 0)
			continue;
		result = xz_step(source, bytes, size, &made);
		if (result < 0 || made > 0)
			return result < 0 ? result : (ssize_t)made;
	}
}
#endif

#ifdef TORC_HAVE_LZ4
static int open_lz4(struct torc_source *source)
{
	LZ4F_dctx *stream;

	if (LZ4F_isError(LZ4F_createDecompressionContext(&stream, LZ4F_VERSION)))
		return -ENOMEM;
	source->stream = stream;
	return 0;
}

static ssize_t read_lz4(struct torc_source *source, uint8_t *bytes, size_t size)
{
	for (;;) {
		size_t made = size, used, left;
		ssize_t result = refill(source);

		if (result == 0 && !source->stream_ended)
			return broken(source, "the lz4 data ends early");
		if (result <= 0)
			return result;
		used = source->input_end - source->input_at;
		left = LZ4F_decompress(source->stream, bytes, &made,
				       source->input + source->input_at, &used, NULL);
		if (LZ4F_isError(left))
			return broken(source, "the lz4 data is damaged");
		source->input_at += used;
		source->stream_full = made == size && left != 0;
		source->stream_ended = left == 0;
		if (made > 0)
			return (ssize_t)made;
	}
}
#endif

ssize_t torc_source_unpack(struct torc_source *source, void *bytes, size_t size)
{
	if (source->stream_broken)
		return -TORC_EFORMAT;
	switch (source->compression) {
#ifdef TORC_HAVE_ZLIB
	case TORC_COMPRESSION_GZIP:
		return read_gzip(source, bytes, size);
#endif
#ifdef TORC_HAVE_ZSTD
	case TORC_COMPRESSION_ZSTD:
		return read_zstd(source, bytes, size);
#endif
#ifdef TORC_HAVE_LZMA
	case TORC_COMPRESSION_XZ:
		return read_xz(source, bytes, size);
#endif
#ifdef TORC_HAVE_LZ4
	case TORC_COMPRESSION_LZ4:
		return read_lz4(source, bytes, size);
#endif
	default:
		return read_raw(source, bytes, size);
	}
}

ssize_t torc_source_read(struct torc_source *source, void *bytes, size_t size)
{
	ssize_t got;

	if (source->ahead) {
		got = torc_ahead_read(source->ahead, bytes, size);
		if (got > 0 || got == -EOPNOTSUPP)
			return got;
		/* the end, as far as it is now: a file that grows goes on without the thread */
		torc_ahead_stop(source->ahead);
		source->ahead = NULL;
		source->plain_file = false;
		return got;
	}
	got = torc_source_unpack(source, bytes, size);
	if (got > 0 && source->plain_file && source->compression != TORC_COMPRESSION_NONE) {
		source->unpacked += (uint64_t)got;
		if (source->unpacked >= AHEAD_BYTES)
			source->ahead = torc_ahead_start(source);
		if (source->unpacked >= AHEAD_BYTES && !source->ahead)
			source->plain_file = false; /* not asked again */
	}
	return got;
}

static int open_stream(struct torc_source *source, enum torc_compression compression)
{
	switch (compression) {
#ifdef TORC_HAVE_ZLIB
	case TORC_COMPRESSION_GZIP:
		return open_gzip(source);
#endif
#ifdef TORC_HAVE_ZSTD
	case TORC_COMPRESSION_ZSTD:
		return open_zstd(source);
#endif
#ifdef TORC_HAVE_LZMA
	case TORC_COMPRESSION_XZ:
		return open_xz(source);
#endif
#ifdef TORC_HAVE_LZ4
	case TORC_COMPRESSION_LZ4:
		return open_lz4(source);
#endif
	default:
		(void)source;
		return -EOPNOTSUPP;
	}
}

int torc_source_decompress(struct torc_source *source, enum torc_compression compression,
			   const uint8_t *bytes, size_t length)
{
	int result = open_stream(source, compression);

	if (result < 0)
		return result;
	source->compression = compression;
	source->input = malloc(length > INPUT_BYTES ? length : INPUT_BYTES);
	if (!source->input)
		return -ENOMEM;
	memcpy(source->input, bytes, length);
	source->input_end = length;
	return 0;
}

void torc_source_release(struct torc_source *source)
{
	torc_ahead_stop(source->ahead);
#ifdef TORC_HAVE_ZLIB
	if (source->compression == TORC_COMPRESSION_GZIP && source->stream) {
		inflateEnd(source->stream);
		free(source->stream);
	}
#endif
#ifdef TORC_HAVE_ZSTD
	if (source->compression == TORC_COMPRESSION_ZSTD)
		ZSTD_freeDStream(source->stream);
#endif
#ifdef TORC_HAVE_LZMA
	if (source->compression == TORC_COMPRESSION_XZ && source->stream) {
		lzma_end(source->stream);
		free(source->stream);
	}
#endif
#ifdef TORC_HAVE_LZ4
	if (source->compression == TORC_COMPRESSION_LZ4)
		LZ4F_freeDecompressionContext(source->stream);
#endif
	free(source->input);
	if (source->owns_fd)
		close(source->fd);
	free(source);
}
