/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/tunnel/wireguard.h - messages of WireGuard */
#ifndef TORC_LAYERS_WIREGUARD_H
#define TORC_LAYERS_WIREGUARD_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_wireguard {
	uint8_t type;  /* 1: initiation, 2: response, 3: cookie, 4: data */
	uint32_t sender;  /* index, of types 1 and 2 */
	uint32_t receiver;  /* index, of types 2, 3 and 4 */
	uint64_t counter;  /* of type 4 */
	struct torc_bytes ephemeral;  /* public key, 32 bytes, of types 1 and 2 */
};

TORC_LAYER_READER(wireguard, WIREGUARD)

#ifdef __cplusplus
}
#endif

#endif
