/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/transport/quic.h - the long header of QUIC, RFC 9000 and RFC 9369 */
#ifndef TORC_LAYERS_QUIC_H
#define TORC_LAYERS_QUIC_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_quic {
	uint32_t version;  /* 0: version negotiation */
	uint8_t type;  /* 0: Initial, 1: 0-RTT, 2: Handshake, 3: Retry, as version 1 numbers them */
	struct torc_bytes destination;  /* connection ids */
	struct torc_bytes source;
	struct torc_bytes token;  /* of an Initial */
	struct torc_bytes versions;  /* of a version negotiation, 4 bytes each */
	uint64_t length;  /* of packet number and payload */
};

TORC_LAYER_READER(quic, QUIC)

#ifdef __cplusplus
}
#endif

#endif
