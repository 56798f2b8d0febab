/* SPDX-License-Identifier: BSD-3-Clause */
/* join.h - a datagram whose pieces are all there becomes a packet */
#ifndef TORC_DEFRAG_JOIN_H
#define TORC_DEFRAG_JOIN_H

#include "defrag/overlap.h"

/*
 * Write headers and payload to output (OUTPUT_BYTES); returns the packet's length. last: a range whose
 * bytes are not in the store and not in output, or NULL.
 */
uint32_t join(const struct store *store, const struct datagram *datagram, const struct range *last,
	      uint8_t *output);

#endif
