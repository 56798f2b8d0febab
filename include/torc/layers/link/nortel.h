/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/link/nortel.h - Nortel discovery, also called SONMP and BTDP: which switch sits at the end of a cable */
#ifndef TORC_LAYERS_NORTEL_H
#define TORC_LAYERS_NORTEL_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_nortel_discovery {
	uint8_t address[4];    /* of the switch that sends */
	uint32_t segment;      /* 24 bits: slot and port, in a form of the chassis */
	uint8_t chassis;       /* the kind of device */
	uint8_t backplane;     /* 2 Ethernet, 10 with Fast Ethernet, 12 with Gigabit Ethernet ... */
	uint8_t state;         /* 1 the topology changed, 2 heartbeat, 3 new */
	uint8_t link_count;
};

TORC_LAYER_READER(nortel_discovery, NORTEL_DISCOVERY)

#ifdef __cplusplus
}
#endif

#endif
