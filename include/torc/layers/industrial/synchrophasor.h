/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/industrial/synchrophasor.h - synchrophasors: frames of phasor measurement units */
#ifndef TORC_LAYERS_SYNCHROPHASOR_H
#define TORC_LAYERS_SYNCHROPHASOR_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* IEEE C37.118.2-2011 §6 */
struct torc_synchrophasor {
	/* 0 data, 1 header, 2 configuration 1, 3 configuration 2, 4 command, 5 configuration 3 */
	uint8_t frame_type;
	uint8_t version;
	uint16_t size;           /* of the frame, checksum included */
	uint16_t id_code;        /* whose data stream it is */
	uint32_t second;         /* since 1970, UTC */
	uint8_t time_quality;
	uint32_t fraction;       /* of a second, over the time base of the configuration */
	uint16_t command;        /* of a command */
	uint16_t status;         /* of data: STAT of the first unit */
	uint32_t time_base;      /* of configurations 1 and 2, as the next two */
	uint16_t unit_count;
	struct torc_bytes station; /* name of the first unit, 16 characters */
	struct torc_bytes data;  /* between these 14 bytes and the checksum */
	uint16_t checksum;       /* where the frame is whole */
};

TORC_LAYER_READER(synchrophasor, SYNCHROPHASOR)

#ifdef __cplusplus
}
#endif

#endif
