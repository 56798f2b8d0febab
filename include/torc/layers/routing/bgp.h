/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/routing/bgp.h - messages of the Border Gateway Protocol 4, RFC 4271 */
#ifndef TORC_LAYERS_BGP_H
#define TORC_LAYERS_BGP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_bgp {
	struct torc_bytes messages;
};

TORC_LAYER_READER(bgp, BGP)

struct torc_bgp_message {
	uint8_t type;    /* 1: open, 2: update, 3: notification, 4: keepalive, 5: route refresh */
	uint16_t length; /* with the header */
	bool is_whole;   /* false: it goes on in the next segment */
	uint8_t version; /* of an open, as the next three */
	uint16_t autonomous_system;
	uint16_t hold_s;
	uint8_t identifier[4];
	uint8_t error_code; /* of a notification */
	uint8_t error_subcode;
	struct torc_bytes withdrawn; /* of an update that is whole: lengths in bits and prefixes */
	struct torc_bytes attributes;
	struct torc_bytes prefixes;
};

/* The message at *position, 0 at first; 1, or 0 at the end. */
TORC_API int torc_bgp_message_next(const struct torc_bgp *bgp, uint32_t *position,
				   struct torc_bgp_message *message);

#ifdef __cplusplus
}
#endif

#endif
