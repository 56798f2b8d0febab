/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/routing/eigrp.h - Enhanced Interior Gateway Routing Protocol, RFC 7868 */
#ifndef TORC_LAYERS_EIGRP_H
#define TORC_LAYERS_EIGRP_H

#include <torc/layer.h>
#include <torc/layers/tlv.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_eigrp {
	uint8_t version; /* 2 */
	uint8_t opcode;
	uint16_t checksum;
	uint32_t flags;
	uint32_t sequence;
	uint32_t acknowledgment;
	uint16_t virtual_router;
	uint16_t autonomous_system;
	struct torc_bytes tlvs;
};

TORC_LAYER_READER(eigrp, EIGRP)

/* The TLV at *position, 0 at first; 1, or 0 at the end. */
TORC_API int torc_eigrp_tlv_next(const struct torc_eigrp *eigrp, uint32_t *position,
				 struct torc_tlv *tlv);

#ifdef __cplusplus
}
#endif

#endif
