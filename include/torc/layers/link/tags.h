/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/link/tags.h - tags between a frame's addresses and its type: PBB, E-tag, VN-tag */
#ifndef TORC_LAYERS_TAGS_H
#define TORC_LAYERS_TAGS_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The service tag of provider backbone bridges, in front of the customer's frame: IEEE 802.1Q §9.7 */
struct torc_pbb {
	uint8_t priority;
	bool drop_eligible;
	bool uses_customer_address;
	uint32_t service_id; /* 24 bits */
};

TORC_LAYER_READER(pbb, PBB)

/* IEEE 802.1BR §7.5 */
struct torc_etag {
	uint8_t priority;
	bool drop_eligible;
	uint32_t ingress_id; /* 20 bits: extension and base */
	uint8_t group;       /* 0: destination_id is one port */
	uint32_t destination_id;
	uint16_t ether_type; /* of what follows; 0: length is there */
	uint16_t length;
};

TORC_LAYER_READER(etag, ETAG)

/* Cisco VN-tag: draft of IEEE 802.1Qbh */
struct torc_vntag {
	bool to_interface; /* direction: false: to the bridge */
	bool is_list;      /* destination is a list of interfaces */
	uint16_t destination; /* 14 bits */
	bool is_looped;
	uint8_t version;
	uint16_t source; /* 12 bits */
	uint16_t ether_type;
	uint16_t length;
};

TORC_LAYER_READER(vntag, VNTAG)

#ifdef __cplusplus
}
#endif

#endif
