/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/industrial/profinet.h - PROFINET: real-time frames, and the discovery and configuration protocol */
#ifndef TORC_LAYERS_PROFINET_H
#define TORC_LAYERS_PROFINET_H

#include <torc/layer.h>
#include <torc/layers/tlv.h>

#ifdef __cplusplus
extern "C" {
#endif

/* IEC 61158-6-10; EtherType 0x8892 */
struct torc_profinet_rt {
	uint16_t frame_id;       /* 0x8000 to 0xFBFF cyclic, 0xFEFC to 0xFEFF DCP */
	bool is_cyclic;          /* as have those below */
	uint16_t cycle_counter;  /* units of 31.25 us */
	uint8_t data_status;
	uint8_t transfer_status; /* 0: good */
	struct torc_bytes data;
};

TORC_LAYER_READER(profinet_rt, PROFINET_RT)

struct torc_profinet_dcp {
	uint8_t service;         /* 3 get, 4 set, 5 identify, 6 hello */
	uint8_t service_type;    /* 0 request, 1 response, 5 not supported */
	uint32_t transaction;
	uint16_t response_delay; /* of a request to all, units of 10 ms; else reserved */
	uint16_t data_length;
	struct torc_bytes name;  /* of the station, where a block has it */
	struct torc_bytes blocks; /* see torc_profinet_block_next() */
};

TORC_LAYER_READER(profinet_dcp, PROFINET_DCP)

/*
 * The block at *position, 0 at first; its type is option and suboption. Returns 1, or 0 at the end
 * and where one does not fit.
 */
TORC_API int torc_profinet_block_next(const struct torc_profinet_dcp *dcp, uint32_t *position,
				      struct torc_tlv *block);

#ifdef __cplusplus
}
#endif

#endif
