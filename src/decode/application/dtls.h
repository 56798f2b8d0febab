/* SPDX-License-Identifier: BSD-3-Clause */
/* dtls.h - DTLS known by its bytes: where a port says nothing, or belongs to another protocol too */
#ifndef TORC_DECODE_DTLS_H
#define TORC_DECODE_DTLS_H

#include <stdbool.h>
#include <stdint.h>

/* Records from p on to the end of the datagram, or to where the capture cut it. */
bool dtls_begins(const uint8_t *p, uint32_t length, uint32_t wire_length);

/* The one byte that is looked at first: the version's, and no port has it often. */
static inline bool dtls_is_possible(const uint8_t *p, uint32_t length)
{
	return length >= 13 && p[1] == 0xFE;
}

#endif
