/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/mqtt.h - control packets of MQTT 3.1.1 and 5.0 */
#ifndef TORC_LAYERS_MQTT_H
#define TORC_LAYERS_MQTT_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_mqtt {
	struct torc_bytes packets;
};

TORC_LAYER_READER(mqtt, MQTT)

struct torc_mqtt_packet {
	uint8_t type;  /* 1: CONNECT ... 14: DISCONNECT, 15: AUTH */
	uint8_t flags;
	bool is_whole; /* false: it goes on in the next segment */
	uint8_t level; /* of a CONNECT, as the next three: 4 for 3.1.1, 5 for 5.0 */
	uint16_t keep_alive_s;
	uint32_t length; /* behind type and length */
	struct torc_bytes protocol;
	struct torc_bytes client;
	struct torc_bytes topic; /* of a PUBLISH */
};

/* The control packet at *position, 0 at first; 1, or 0 at the end. */
TORC_API int torc_mqtt_packet_next(const struct torc_mqtt *mqtt, uint32_t *position,
				   struct torc_mqtt_packet *packet);

#ifdef __cplusplus
}
#endif

#endif
