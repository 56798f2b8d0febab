/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/industrial/opcua.h - OPC UA: a chunk of a message, as far as it is not encrypted */
#ifndef TORC_LAYERS_OPCUA_H
#define TORC_LAYERS_OPCUA_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* OPC 10000-6 §6.7.2 and §7.1.2; numbers are little-endian */
struct torc_opcua {
	struct torc_bytes message_type; /* HEL, ACK, ERR, RHE, OPN, MSG, CLO */
	uint8_t chunk;             /* a character: F final, C intermediate, A aborted */
	uint32_t size;             /* of the chunk */
	uint32_t version;          /* of HEL and ACK, as the next four */
	uint32_t receive_buffer;
	uint32_t send_buffer;
	uint32_t message_size_max;
	uint32_t chunk_count_max;
	struct torc_bytes endpoint; /* of HEL and RHE */
	uint32_t error;            /* of ERR, as the next */
	struct torc_bytes reason;
	uint32_t channel;          /* of OPN, MSG and CLO */
	struct torc_bytes security_policy; /* of OPN */
	uint32_t token;            /* of MSG and CLO, as the next two */
	uint32_t sequence;
	uint32_t request_id;
	uint16_t service;          /* of a first MSG that is not encrypted: the node of its encoding */
	struct torc_bytes data;    /* behind what is above */
};

TORC_LAYER_READER(opcua, OPCUA)

#ifdef __cplusplus
}
#endif

#endif
