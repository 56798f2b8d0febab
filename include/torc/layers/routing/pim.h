/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/routing/pim.h - Protocol Independent Multicast version 2, RFC 7761 */
#ifndef TORC_LAYERS_PIM_H
#define TORC_LAYERS_PIM_H

#include <torc/layer.h>
#include <torc/layers/tlv.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_pim {
	uint8_t version; /* 2 */
	uint8_t type;    /* 0: hello, 1: register, whose packet is the next layer ... */
	uint16_t checksum;
	bool is_border; /* the two bits of a register */
	bool is_null;
	struct torc_bytes options; /* of a hello */
	struct torc_bytes data;    /* of the other types */
};

TORC_LAYER_READER(pim, PIM)

/* The option of a hello at *position, 0 at first; 1, or 0 at the end. */
TORC_API int torc_pim_option_next(const struct torc_pim *pim, uint32_t *position,
				  struct torc_tlv *option);

#ifdef __cplusplus
}
#endif

#endif
