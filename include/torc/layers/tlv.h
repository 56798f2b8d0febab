/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/tlv.h - one element of a list of types, lengths and values, which several layers have */
#ifndef TORC_LAYERS_TLV_H
#define TORC_LAYERS_TLV_H

#include <torc/decode.h>

struct torc_tlv {
	uint16_t type;
	uint16_t length; /* bytes of the value */
	struct torc_bytes value;
};

#endif
