/* SPDX-License-Identifier: BSD-3-Clause */
/* join.h - a datagram whose pieces are all there becomes a packet */
#ifndef TORC_DEFRAG_JOIN_H
#define TORC_DEFRAG_JOIN_H

#include "defrag/store.h"

/* Write headers and payload to output (OUTPUT_BYTES); returns the packet's length. */
uint32_t join(const struct store *store, const struct datagram *datagram, uint8_t *output);

#endif
