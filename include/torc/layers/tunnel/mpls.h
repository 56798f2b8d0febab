/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/tunnel/mpls.h - MPLS label stack entries, RFC 3032 §2.1 */
#ifndef TORC_LAYERS_MPLS_H
#define TORC_LAYERS_MPLS_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_mpls {
	uint32_t label;        /* 20 bits */
	uint8_t traffic_class; /* RFC 5462 */
	bool bottom_of_stack;
	uint8_t ttl;
};

TORC_LAYER_READER(mpls, MPLS)

#ifdef __cplusplus
}
#endif

#endif
