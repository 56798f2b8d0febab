/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/network/icmp.h - ICMP for IPv4 (RFC 792) and for IPv6 (RFC 4443) */
#ifndef TORC_LAYERS_ICMP_H
#define TORC_LAYERS_ICMP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* RFC 792: the second four bytes mean an id and a sequence in echo and the like */
struct torc_icmpv4 {
	uint8_t type;
	uint8_t code;
	uint16_t checksum;
	uint16_t id;
	uint16_t sequence;
};

/* RFC 4443 §2.1 */
struct torc_icmpv6 {
	uint8_t type;
	uint8_t code;
	uint16_t checksum;
};

/* RFC 4443 §4.1 and §4.2, behind the ICMPv6 header */
struct torc_icmpv6_echo {
	uint16_t id;
	uint16_t sequence;
};

TORC_LAYER_READER(icmpv4, ICMPV4)
TORC_LAYER_READER(icmpv6, ICMPV6)
TORC_LAYER_READER(icmpv6_echo, ICMPV6_ECHO)

#ifdef __cplusplus
}
#endif

#endif
