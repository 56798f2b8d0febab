/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/link/can.h - frames of a CAN bus, as Linux captures them: tcpdump.org/linktypes, CAN_SOCKETCAN */
#ifndef TORC_LAYERS_CAN_H
#define TORC_LAYERS_CAN_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* linux/can.h: struct can_frame, struct canfd_frame */
struct torc_can {
	uint32_t id; /* 11 bits, or 29 of an extended one; of an error, its classes */
	bool is_extended;
	bool is_remote; /* asks for a frame, and has no data */
	bool is_error;  /* made by the driver */
	bool is_fd;
	uint8_t length; /* bytes of data that it says */
	uint8_t flags;  /* of FD: 1 bit rate switch, 2 error state, 4 FD */
	struct torc_bytes data;
};

TORC_LAYER_READER(can, CAN)

#ifdef __cplusplus
}
#endif

#endif
