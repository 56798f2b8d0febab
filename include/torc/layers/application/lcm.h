/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/lcm.h - Lightweight Communications and Marshalling: a message, or a piece of one */
#ifndef TORC_LAYERS_LCM_H
#define TORC_LAYERS_LCM_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* lcm-proj.github.io, "UDP Multicast Protocol Description": UDP port 7667 */
struct torc_lcm {
	uint32_t magic;        /* 0x4C433032 a message, 0x4C433033 a fragment */
	uint32_t sequence;
	bool is_fragment;
	uint32_t message_size; /* of a fragment, as the next three: bytes of the whole message */
	uint32_t fragment_offset;
	uint16_t fragment_number;
	uint16_t fragment_count;
	struct torc_bytes channel; /* of a message and of fragment 0 */
	uint64_t fingerprint;      /* what type the message has, where its first 8 bytes are there */
};

TORC_LAYER_READER(lcm, LCM)

#ifdef __cplusplus
}
#endif

#endif
