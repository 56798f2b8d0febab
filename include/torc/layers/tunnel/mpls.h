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

/* The control word between a label stack and the frame that it carries, RFC 4385 §3, RFC 4448 §4.6 */
struct torc_pseudowire {
	uint8_t flags;
	uint8_t fragment; /* 0 whole, 1 first, 2 last, 3 between: RFC 4623 §3 */
	uint8_t length;   /* bytes with the word, when below 64; else 0 */
	uint16_t sequence; /* 0: not used */
};

TORC_LAYER_READER(pseudowire, PSEUDOWIRE)

/* What a path or pseudowire says about itself, RFC 4385 §5, RFC 5586 §2.1 */
struct torc_pseudowire_channel {
	uint8_t version;
	uint16_t channel; /* what follows: 0x0021 IPv4, 0x0057 IPv6, 0x0007 BFD, ... */
};

TORC_LAYER_READER(pseudowire_channel, PSEUDOWIRE_CHANNEL)

#ifdef __cplusplus
}
#endif

#endif
