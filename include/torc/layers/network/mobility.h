/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/network/mobility.h - the mobility header of IPv6, RFC 6275 §6.1 */
#ifndef TORC_LAYERS_MOBILITY_H
#define TORC_LAYERS_MOBILITY_H

#include <torc/layer.h>
#include <torc/layers/tlv.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_mobility {
	uint8_t next_header;    /* 59: none */
	uint16_t header_length; /* bytes */
	uint8_t message_type;   /* 0 BRR, 1 HoTI, 2 CoTI, 3 HoT, 4 CoT, 5 BU, 6 BA, 7 BE, ... */
	uint16_t checksum;
	uint16_t nonce_index; /* of HoT and CoT */
	uint64_t cookie;      /* of HoTI, CoTI, HoT and CoT */
	uint64_t token;       /* of HoT and CoT */
	uint16_t sequence;    /* of BU and BA */
	uint8_t status;       /* of BA and BE */
	uint16_t flags;       /* of BU: 0x8000 acknowledge, 0x4000 home, 0x2000 link-local, 0x1000 key; of BA: 0x80 key */
	uint32_t lifetime_s;  /* of BU and BA */
	uint8_t home[16];     /* of BE */
	struct torc_bytes options;
	struct torc_bytes data; /* of types that are not named here */
};

TORC_LAYER_READER(mobility, MOBILITY)

/* The option at *position, 0 at first; padding of one byte has type 0 and length 0. 1, or 0 at the end. */
TORC_API int torc_mobility_option_next(const struct torc_mobility *mobility, uint32_t *position,
				       struct torc_tlv *option);

#ifdef __cplusplus
}
#endif

#endif
