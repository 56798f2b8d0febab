/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/industrial/ams.h - AMS over TCP, which carries Beckhoff's ADS */
#ifndef TORC_LAYERS_AMS_H
#define TORC_LAYERS_AMS_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Beckhoff, TwinCAT ADS/AMS specification: AMS/TCP packet; numbers are little-endian */
struct torc_ams {
	uint32_t packet_length;       /* behind the first six bytes */
	struct torc_bytes target;     /* the six numbers of a network id */
	uint16_t target_port;
	struct torc_bytes source;
	uint16_t source_port;
	uint16_t command;
	uint16_t state_flags;
	bool is_response;
	uint32_t length;              /* of the data */
	uint32_t error;
	uint32_t invoke_id;
	uint32_t index_group;         /* of requests to read and write, as the next two */
	uint32_t index_offset;
	uint32_t data_length;
	struct torc_bytes data;
};

TORC_LAYER_READER(ams, AMS)

#ifdef __cplusplus
}
#endif

#endif
