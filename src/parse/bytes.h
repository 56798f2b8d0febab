/* SPDX-License-Identifier: BSD-3-Clause */
/* bytes.h - unaligned big-endian numbers; bounds are checked by the caller */
#ifndef TORC_PARSE_BYTES_H
#define TORC_PARSE_BYTES_H

#include <stdint.h>

static inline uint16_t torc_be16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t torc_be32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

#endif
