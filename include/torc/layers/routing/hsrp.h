/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/routing/hsrp.h - Hot Standby Router Protocol, RFC 2281, and its version 2 */
#ifndef TORC_LAYERS_HSRP_H
#define TORC_LAYERS_HSRP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_hsrp {
	uint8_t version; /* 0, the format of RFC 2281, or 2 */
	uint8_t opcode;  /* 0: hello, 1: coup, 2: resign */
	uint8_t state;   /* as RFC 2281 numbers it, or 1 to 6 in version 2 */
	uint16_t group;
	uint32_t priority;
	uint32_t hello_ms;
	uint32_t hold_ms;
	uint8_t identifier[6]; /* version 2 */
	uint8_t ipv4[4];       /* the virtual address: one of the two */
	uint8_t ipv6[16];
	struct torc_bytes authentication; /* version 0: 8 characters */
};

TORC_LAYER_READER(hsrp, HSRP)

#ifdef __cplusplus
}
#endif

#endif
