/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/routing/isis.h - Intermediate System to Intermediate System, ISO 10589 */
#ifndef TORC_LAYERS_ISIS_H
#define TORC_LAYERS_ISIS_H

#include <torc/layer.h>
#include <torc/layers/tlv.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
	TORC_ISIS_L1_HELLO = 15,
	TORC_ISIS_L2_HELLO = 16,
	TORC_ISIS_P2P_HELLO = 17,
	TORC_ISIS_L1_LSP = 18,
	TORC_ISIS_L2_LSP = 20,
	TORC_ISIS_L1_CSNP = 24,
	TORC_ISIS_L2_CSNP = 25,
	TORC_ISIS_L1_PSNP = 26,
	TORC_ISIS_L2_PSNP = 27
};

struct torc_isis {
	uint8_t pdu_type;     /* TORC_ISIS_ */
	uint8_t circuit_type; /* of a hello: 1, 2, or 3 for both levels */
	uint8_t priority;     /* of a hello on a LAN */
	uint8_t max_areas;    /* 0: 3 */
	uint16_t hold_s;      /* of a hello */
	uint16_t pdu_length;
	uint16_t lifetime_s; /* of an LSP, as the next two */
	uint16_t checksum;
	uint32_t sequence;
	uint8_t lsp_flags;
	struct torc_bytes source; /* system id of a hello, with a circuit of a list of LSPs */
	struct torc_bytes lan;    /* 7 bytes */
	struct torc_bytes lsp;    /* 8 bytes */
	struct torc_bytes first_lsp; /* of a complete list of LSPs */
	struct torc_bytes last_lsp;
	struct torc_bytes tlvs;
};

TORC_LAYER_READER(isis, ISIS)

/* The TLV at *position, 0 at first; 1, or 0 at the end. */
TORC_API int torc_isis_tlv_next(const struct torc_isis *isis, uint32_t *position,
				struct torc_tlv *tlv);

#ifdef __cplusplus
}
#endif

#endif
