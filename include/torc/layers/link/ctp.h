/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/link/ctp.h - Ethernet's configuration testing protocol ("loopback") */
#ifndef TORC_LAYERS_CTP_H
#define TORC_LAYERS_CTP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The Ethernet, Version 2.0 (DIX), §8.4. Numbers have their low byte first. */
struct torc_ctp {
	uint16_t skip_count; /* bytes of functions that were done already */
};

TORC_LAYER_READER(ctp, CTP)

struct torc_ctp_forward {
	uint16_t function; /* 2 */
	uint8_t address[6]; /* where to send it next */
};

TORC_LAYER_READER(ctp_forward, CTP_FORWARD)

struct torc_ctp_reply {
	uint16_t function; /* 1 */
	uint16_t receipt_number;
	struct torc_bytes data;
};

TORC_LAYER_READER(ctp_reply, CTP_REPLY)

#ifdef __cplusplus
}
#endif

#endif
