/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/link/chdlc.h - Cisco HDLC */
#ifndef TORC_LAYERS_CHDLC_H
#define TORC_LAYERS_CHDLC_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_chdlc {
	uint8_t address; /* 0F: to one, 8F: to all */
	uint8_t control;
	uint16_t protocol; /* an EtherType, or one of Cisco's */
};

TORC_LAYER_READER(chdlc, CHDLC)

#ifdef __cplusplus
}
#endif

#endif
