/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/openvpn.h - the head of an OpenVPN packet over UDP */
#ifndef TORC_LAYERS_OPENVPN_H
#define TORC_LAYERS_OPENVPN_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_openvpn {
	uint8_t opcode;   /* 1: hard reset of a client, version 1 ... 6: data, 9: data, version 2 */
	uint8_t key_id;   /* 0 to 7 */
	uint32_t peer_id; /* of data of version 2 */
	uint64_t session; /* of the sender, in control packets */
};

TORC_LAYER_READER(openvpn, OPENVPN)

#ifdef __cplusplus
}
#endif

#endif
