/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/link/ethernet.h - Ethernet II and 802.3, 802.1Q and 802.1ad tags, LLC and SNAP */
#ifndef TORC_LAYERS_ETHERNET_H
#define TORC_LAYERS_ETHERNET_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* IEEE 802.3 §3; type_or_length below 0x600 is the length of what follows */
struct torc_ethernet {
	uint8_t destination[6];
	uint8_t source[6];
	uint16_t ether_type; /* 0 when the field is a length */
	uint16_t length;     /* 0 when the field is a type */
};

/* IEEE 802.1Q §9.6: the tag behind the TPID that the header before it holds */
struct torc_dot1q {
	uint8_t priority;   /* 0 ... 7 */
	bool drop_eligible;
	uint16_t vlan_id;    /* 0 ... 4095 */
	uint16_t ether_type; /* of what follows; 0 when the field is a length */
	uint16_t length;     /* 0 when the field is a type */
};

/* IEEE 802.2 §3 */
struct torc_llc {
	uint8_t dsap;
	uint8_t ssap;
	bool group;    /* the low bit of the DSAP octet */
	bool response; /* the low bit of the SSAP octet */
	uint16_t control; /* one octet (unnumbered) or two */
};

/* IEEE 802 §9.5 */
struct torc_snap {
	uint8_t oui[3];
	uint16_t ether_type; /* its meaning is the OUI's owner's, unless that is 00:00:00 */
};

TORC_LAYER_READER(ethernet, ETHERNET)
TORC_LAYER_READER(dot1q, DOT1Q)
TORC_LAYER_READER(llc, LLC)
TORC_LAYER_READER(snap, SNAP)

#ifdef __cplusplus
}
#endif

#endif
