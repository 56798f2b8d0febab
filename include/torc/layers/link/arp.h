/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/link/arp.h - Address Resolution Protocol, RFC 826 */
#ifndef TORC_LAYERS_ARP_H
#define TORC_LAYERS_ARP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
	TORC_ARP_REQUEST = 1,
	TORC_ARP_REPLY = 2
};

struct torc_arp {
	uint16_t hardware_type;
	uint16_t protocol_type;
	uint8_t hardware_length; /* of an address, in bytes */
	uint8_t protocol_length;
	uint16_t operation;
	struct torc_bytes sender_hardware;
	struct torc_bytes sender_protocol;
	struct torc_bytes target_hardware;
	struct torc_bytes target_protocol;
	/* the same for Ethernet and IPv4, else zero */
	uint8_t sender_mac[6];
	uint8_t target_mac[6];
	uint8_t sender_ip[4];
	uint8_t target_ip[4];
};

TORC_LAYER_READER(arp, ARP)

#ifdef __cplusplus
}
#endif

#endif
