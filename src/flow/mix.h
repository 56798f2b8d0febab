/* SPDX-License-Identifier: BSD-3-Clause */
/* mix.h - two words into one: both halves of their 128-bit product */
#ifndef TORC_FLOW_MIX_H
#define TORC_FLOW_MIX_H

#include <stdint.h>

static inline uint64_t flow_mix(uint64_t a, uint64_t b)
{
	__extension__ typedef unsigned __int128 product;
	product p = (product)a * b;

	return (uint64_t)p ^ (uint64_t)(p >> 64);
}

#endif
