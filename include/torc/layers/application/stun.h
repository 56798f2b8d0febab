/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/stun.h - Session Traversal Utilities for NAT, RFC 8489 */
#ifndef TORC_LAYERS_STUN_H
#define TORC_LAYERS_STUN_H

#include <torc/layer.h>
#include <torc/layers/tlv.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_stun {
	uint16_t type;  /* class and method as they are */
	uint8_t message_class;  /* 0: request, 1: indication, 2: success, 3: error */
	uint16_t method;  /* 1: binding */
	uint16_t length;  /* of the attributes */
	struct torc_bytes transaction;  /* 12 bytes */
	struct torc_bytes attributes;
};

TORC_LAYER_READER(stun, STUN)

/* The attribute at *position, 0 at first; 1, or 0 at the end. */
TORC_API int torc_stun_attribute_next(const struct torc_stun *stun, uint32_t *position,
				      struct torc_tlv *attribute);

#ifdef __cplusplus
}
#endif

#endif
