/* SPDX-License-Identifier: BSD-3-Clause */
/* sctp.h - from a chunk type to the layer that it is */
#ifndef TORC_DECODE_SCTP_H
#define TORC_DECODE_SCTP_H

#include <torc/layer.h>

uint16_t torc_sctp_chunk_layer(uint8_t type);

#endif
