/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/link/fddi.h - FDDI, ISO 9314-2 */
#ifndef TORC_LAYERS_FDDI_H
#define TORC_LAYERS_FDDI_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_fddi {
	uint8_t frame_control;
	uint8_t priority;
	uint8_t destination[6];
	uint8_t source[6];
};

TORC_LAYER_READER(fddi, FDDI)

#ifdef __cplusplus
}
#endif

#endif
