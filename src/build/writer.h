/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * writer.h - from a layer's struct to its header: the way back of struct torc_layer_ops.read
 *
 * A writer appends to a buffer and never writes behind its end; it goes on counting, so that length
 * is what the header would have taken. Lengths and checksums are written as the struct has them.
 */
#ifndef TORC_BUILD_WRITER_H
#define TORC_BUILD_WRITER_H

#include <endian.h>
#include <string.h>

#include <torc/layer.h>

struct writer {
	uint8_t *data;
	uint32_t room;
	uint32_t length;
};

static inline void write_bytes(struct writer *w, const void *bytes, uint32_t length)
{
	if (length <= w->room && w->length <= w->room - length && length > 0)
		memcpy(w->data + w->length, bytes, length);
	w->length += length;
}

static inline void write8(struct writer *w, unsigned int number)
{
	write_bytes(w, (const uint8_t[]){ (uint8_t)number }, 1);
}

static inline void write16(struct writer *w, unsigned int number)
{
	uint16_t wire = htobe16((uint16_t)number);

	write_bytes(w, &wire, 2);
}

static inline void write32(struct writer *w, uint32_t number)
{
	uint32_t wire = htobe32(number);

	write_bytes(w, &wire, 4);
}

static inline void write_zeros(struct writer *w, uint32_t count)
{
	while (count-- > 0)
		write8(w, 0);
}

/* Bytes, and zeros up to a multiple of a power of two behind the first: from is where it counts from. */
static inline void write_padded(struct writer *w, const struct torc_bytes *bytes, uint32_t from,
				uint32_t multiple)
{
	write_bytes(w, bytes->data, bytes->length);
	write_zeros(w, -(w->length - from) & (multiple - 1));
}

typedef void layer_write(struct writer *w, const void *layer);

/* How a layer type is written, or NULL. */
layer_write *layer_writer(unsigned int type);

/* Of one family each: the writer of a type, or NULL. */
layer_write *link_writer(unsigned int type);
layer_write *network_writer(unsigned int type);
layer_write *transport_writer(unsigned int type);
layer_write *tunnel_writer(unsigned int type);
layer_write *ndp_writer(unsigned int type);

#endif
