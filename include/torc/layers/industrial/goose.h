/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/industrial/goose.h - GOOSE: events of substations */
#ifndef TORC_LAYERS_GOOSE_H
#define TORC_LAYERS_GOOSE_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* IEC 61850-8-1:2011 annex A and §18.1; EtherType 0x88B8 */
struct torc_goose {
	uint16_t application_id;
	uint16_t length;          /* with these eight bytes */
	uint16_t reserved1;       /* 0x8000: simulated */
	uint16_t reserved2;
	bool has_pdu;             /* as have those below: in BER */
	struct torc_bytes control_block; /* gocbRef */
	uint32_t time_allowed_ms; /* until the next one at the latest */
	struct torc_bytes data_set;
	struct torc_bytes id;     /* goID */
	uint32_t second;          /* of the event, since 1970 */
	uint32_t fraction;        /* of a second, in units of 2^-24 */
	uint8_t time_quality;
	uint32_t state_number;    /* stNum: counts events */
	uint32_t sequence_number; /* sqNum: counts repetitions */
	bool is_simulation;
	uint32_t configuration;   /* confRev */
	bool needs_commissioning;
	uint32_t entry_count;
	struct torc_bytes data;   /* the entries, in BER */
};

TORC_LAYER_READER(goose, GOOSE)

#ifdef __cplusplus
}
#endif

#endif
