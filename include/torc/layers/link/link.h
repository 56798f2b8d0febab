/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/link/link.h - link headers of captures: BSD loopback, Linux cooked v1 and v2 */
#ifndef TORC_LAYERS_LINK_H
#define TORC_LAYERS_LINK_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* LINKTYPE_NULL and LINKTYPE_LOOP: the address family, in either byte order */
struct torc_loopback {
	uint32_t family;
};

/* LINKTYPE_LINUX_SLL */
struct torc_linux_sll {
	uint16_t packet_type; /* 0 to us, 1 broadcast, 2 multicast, 3 to somebody else, 4 from us */
	uint16_t hardware_type; /* ARPHRD_ */
	uint16_t address_length; /* as it is in the packet; at most 8 bytes are there */
	uint8_t address[8];
	uint16_t ether_type;
};

/* LINKTYPE_LINUX_SLL2 */
struct torc_linux_sll2 {
	uint16_t ether_type;
	uint32_t interface_index;
	uint16_t hardware_type;
	uint8_t packet_type;
	uint8_t address_length;
	uint8_t address[8];
};

TORC_LAYER_READER(loopback, LOOPBACK)
TORC_LAYER_READER(linux_sll, LINUX_SLL)
TORC_LAYER_READER(linux_sll2, LINUX_SLL2)

#ifdef __cplusplus
}
#endif

#endif
