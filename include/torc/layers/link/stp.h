/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/link/stp.h - spanning tree: IEEE 802.1D-2004 §9 */
#ifndef TORC_LAYERS_STP_H
#define TORC_LAYERS_STP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_stp {
	uint16_t protocol_id;
	uint8_t version; /* 0 STP, 2 RSTP, 3 MSTP */
	uint8_t type;    /* 0 configuration, 2 rapid, 0x80 topology change */
	bool topology_change;
	bool topology_change_acknowledged;
	uint8_t flags;
	uint16_t root_priority;
	uint16_t root_system_id; /* 12 bits: the VLAN, mostly */
	uint8_t root_address[6];
	uint32_t cost;
	uint16_t bridge_priority;
	uint16_t bridge_system_id;
	uint8_t bridge_address[6];
	uint16_t port_id;
	uint32_t message_age_ms;
	uint32_t max_age_ms;
	uint32_t hello_time_ms;
	uint32_t forward_delay_ms;
	uint16_t vlan_id; /* PVST+ (Cisco's, behind SNAP): the VLAN it is of; else 0 */
};

TORC_LAYER_READER(stp, STP)

#ifdef __cplusplus
}
#endif

#endif
