/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/tunnel/ague.h - Generic UDP Encapsulation on Andromeda's port 666 */
#ifndef TORC_LAYERS_AGUE_H
#define TORC_LAYERS_AGUE_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* draft-ietf-intarea-gue §3.1 */
struct torc_ague_var0 {
	uint8_t version;        /* 0 */
	bool is_control;        /* protocol is the type of a control message then */
	uint8_t header_length;  /* of the extensions, in units of 4 bytes */
	uint8_t protocol;       /* IP protocol of what is carried */
	uint16_t flags;         /* which extensions there are */
	struct torc_bytes extensions;
};

TORC_LAYER_READER(ague_var0, AGUE_VAR0)

/* §3.3: no header at all; the first bits of the IP packet are the version */
struct torc_ague_var1 {
	uint8_t protocol; /* 4: IPv4, 41: IPv6 */
};

TORC_LAYER_READER(ague_var1, AGUE_VAR1)

#ifdef __cplusplus
}
#endif

#endif
