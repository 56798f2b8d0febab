/* SPDX-License-Identifier: BSD-3-Clause */
/* side.h - which end of a TCP connection a segment comes from, where a protocol's messages do not say it */
#ifndef DECODE_APPLICATION_SIDE_H
#define DECODE_APPLICATION_SIDE_H

#include "decode/registry.h"

enum { SIDE_SERVER = 1, SIDE_CLIENT = 2, SIDE_EITHER = 3 };

/*
 * The port that leads to this layer type is the server's. What is before the layer is layer - 1, and in a decode
 * function the last one there is.
 */
static inline unsigned int side_of(const struct torc_decoded *decoded,
				   const struct torc_layer *layer, unsigned int type)
{
	unsigned int side = 0;
	const uint8_t *p;

	if (layer == decoded->layers || layer[-1].type != TORC_LAYER_TCP)
		return SIDE_EITHER;
	p = torc_layer_header(decoded, layer - 1);
	if (registry_find(TORC_BY_TCP_PORT, torc_be16(p)) == type)
		side |= SIDE_SERVER;
	if (registry_find(TORC_BY_TCP_PORT, torc_be16(p + 2)) == type)
		side |= SIDE_CLIENT;
	return side ? side : SIDE_EITHER;
}

static inline unsigned int cursor_side(const struct torc_cursor *cursor, unsigned int type)
{
	return side_of(cursor->decoded, cursor->decoded->layers + cursor->decoded->layer_count,
		       type);
}

#endif
