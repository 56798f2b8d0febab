/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/link/oam.h - what Ethernet says about itself: CFM, UDLD, and what wakes a machine */
#ifndef TORC_LAYERS_OAM_H
#define TORC_LAYERS_OAM_H

#include <torc/layer.h>
#include <torc/layers/tlv.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Connectivity fault management: IEEE 802.1Q §21, ITU-T G.8013/Y.1731 §9 */
struct torc_cfm {
	uint8_t level;
	uint8_t version;
	uint8_t opcode; /* 1 CCM, 2 LBR, 3 LBM, 4 LTR, 5 LTM, ... */
	uint8_t flags;
	uint8_t tlv_offset; /* of the first TLV, behind this byte */
	uint32_t sequence;  /* of opcodes 1 to 5 */
	uint16_t endpoint;  /* of CCM: who says it */
	struct torc_bytes association; /* of CCM: 48 bytes, MAID or MEG ID */
	uint8_t ttl;        /* of LTM and LTR */
	uint8_t original[6]; /* of LTM */
	uint8_t target[6];
	uint8_t relay_action; /* of LTR */
	struct torc_bytes tlvs;
};

TORC_LAYER_READER(cfm, CFM)

/* The TLV at *position, 0 at first; 1, or 0 at the end or where one does not fit. */
TORC_API int torc_cfm_tlv_next(const struct torc_cfm *cfm, uint32_t *position, struct torc_tlv *tlv);

/* Cisco unidirectional link detection, RFC 5171 */
struct torc_udld {
	uint8_t version; /* 1 */
	uint8_t opcode;  /* 1 probe, 2 echo, 3 flush */
	uint8_t flags;   /* 1 recommended timeout, 2 resynchronize */
	uint16_t checksum;
	struct torc_bytes tlvs;
};

TORC_LAYER_READER(udld, UDLD)

/* As torc_cfm_tlv_next(); lengths are of the value. */
TORC_API int torc_udld_tlv_next(const struct torc_udld *udld, uint32_t *position,
				struct torc_tlv *tlv);

/* What wakes a machine up: six bytes of 255, 16 times its address, a password of 0, 4 or 6 bytes */
struct torc_wake_on_lan {
	uint8_t target[6];
	struct torc_bytes password;
};

TORC_LAYER_READER(wake_on_lan, WAKE_ON_LAN)

#ifdef __cplusplus
}
#endif

#endif
