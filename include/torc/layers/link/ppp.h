/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/link/ppp.h - PPP, RFC 1661, and PPP over Ethernet, RFC 2516 */
#ifndef TORC_LAYERS_PPP_H
#define TORC_LAYERS_PPP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_ppp {
	uint16_t protocol;
	bool has_address_control; /* 0xff 0x03 in front, RFC 1662 §3.1 */
};

TORC_LAYER_READER(ppp, PPP)

struct torc_pppoe {
	uint8_t version; /* 1 */
	uint8_t type;    /* 1 */
	uint8_t code;    /* 0: session */
	uint16_t session_id;
	uint16_t length; /* bytes of what follows */
	struct torc_bytes tags; /* of discovery */
};

TORC_LAYER_READER(pppoe, PPPOE)

struct torc_pppoe_tag {
	uint16_t type;
	struct torc_bytes value;
};

/* The tag at *position, 0 at first; 1, or 0 at the end or where one does not fit. */
TORC_API int torc_pppoe_tag_next(const struct torc_pppoe *pppoe, uint32_t *position,
				 struct torc_pppoe_tag *tag);

#ifdef __cplusplus
}
#endif

#endif
