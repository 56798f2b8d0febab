/* SPDX-License-Identifier: BSD-3-Clause */
/* little.h - numbers whose lowest byte comes first, at any alignment */
#ifndef TORC_DECODE_LITTLE_H
#define TORC_DECODE_LITTLE_H

#include <stdint.h>

static inline uint16_t le16(const uint8_t *p)
{
	return (uint16_t)(p[1] << 8 | p[0]);
}

static inline uint32_t le32(const uint8_t *p)
{
	return (uint32_t)le16(p + 2) << 16 | le16(p);
}

static inline uint64_t le64(const uint8_t *p)
{
	return (uint64_t)le32(p + 4) << 32 | le32(p);
}

#endif
