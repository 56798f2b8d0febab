/* SPDX-License-Identifier: BSD-3-Clause */
/* encode.h - bytes of records and blocks, in this machine's byte order, at the end of a chunk */
#ifndef TORC_FILE_ENCODE_H
#define TORC_FILE_ENCODE_H

#include <string.h>

#include "file/pcapng.h"
#include "file/writer.h"

#define PADDED(length) (((size_t)(length) + 3) / 4 * 4)

static inline uint8_t *put16(uint8_t *at, uint16_t value)
{
	memcpy(at, &value, sizeof(value));
	return at + sizeof(value);
}

static inline uint8_t *put32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
	return at + sizeof(value);
}

static inline uint8_t *put64(uint8_t *at, uint64_t value)
{
	memcpy(at, &value, sizeof(value));
	return at + sizeof(value);
}

/* The room an option takes. */
static inline size_t option_room(size_t length)
{
	return 4 + PADDED(length);
}

/* encode.c; each returns what is behind what it put at at */
uint8_t *torc_writer_put_padded(uint8_t *at, const void *bytes, size_t length);
uint8_t *torc_writer_put_option(uint8_t *at, uint16_t code, const void *value, size_t length);
uint8_t *torc_writer_close_block(uint8_t *block, uint32_t type, uint8_t *at);

static inline uint8_t *put_padded(uint8_t *at, const void *bytes, size_t length)
{
	return torc_writer_put_padded(at, bytes, length);
}

static inline uint8_t *put_option(uint8_t *at, uint16_t code, const void *value, size_t length)
{
	return torc_writer_put_option(at, code, value, length);
}

/* Type and both lengths of a block whose body, 8 bytes behind its begin, is in place. */
static inline uint8_t *close_block(uint8_t *block, uint32_t type, uint8_t *at)
{
	return torc_writer_close_block(block, type, at);
}

static inline uint8_t *chunk_end(struct torc_writer *writer)
{
	return writer->chunk->bytes + writer->chunk->used;
}

/* What ends at at is part of the file. */
static inline void took(struct torc_writer *writer, const uint8_t *at)
{
	size_t bytes = (size_t)(at - chunk_end(writer));

	writer->chunk->used += bytes;
	writer->file_bytes += bytes;
}

/*
 * follow.c: the options of a block of this type, but for those that say how times are written and
 * those that are not to be copied; swap: they are in the other byte order
 */
uint8_t *torc_writer_copy_options(uint8_t *at, uint32_t type, const void *options, size_t bytes,
				  bool swap);

#endif
