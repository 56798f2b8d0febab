/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/link/slow.h - slow protocols of IEEE 802.3: LACP, marker, OAM */
#ifndef TORC_LAYERS_SLOW_H
#define TORC_LAYERS_SLOW_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_slow {
	uint8_t subtype;  /* 1: LACP, 2: marker, 3: OAM, 10: organization specific */
	uint8_t version;  /* of LACP and marker */
	uint16_t actor_priority;  /* of LACP, as all that follows */
	uint16_t actor_key;
	uint16_t actor_port_priority;
	uint16_t actor_port;
	uint8_t actor_system[6];
	uint8_t actor_state;
	uint8_t partner_state;
	uint16_t partner_priority;
	uint16_t partner_key;
	uint16_t partner_port_priority;
	uint16_t partner_port;
	uint8_t partner_system[6];
	uint16_t collector_delay;  /* in units of 10 us */
};

TORC_LAYER_READER(slow, SLOW)

#ifdef __cplusplus
}
#endif

#endif
