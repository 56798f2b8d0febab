/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/tunnel/lisp.h - Locator/ID Separation Protocol: data, RFC 9300, and control, RFC 9301 */
#ifndef TORC_LAYERS_LISP_H
#define TORC_LAYERS_LISP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What stands in front of an IP packet: RFC 9300 §5.3 */
struct torc_lisp {
	uint8_t flags; /* 0x80 nonce, 0x40 locator status, 0x20 echo nonce, 0x10 versions, 0x08 instance */
	uint32_t nonce;    /* 24 bits; or versions of source and destination */
	uint32_t instance; /* 24 bits, when its flag is there */
	uint32_t locator_status; /* 32 bits, or 8 beside an instance */
};

TORC_LAYER_READER(lisp, LISP)

/* The head of a control message: RFC 9301 §5.2 to §5.8 */
struct torc_lisp_control {
	uint8_t message_type; /* 1 request, 2 reply, 3 register, 4 notify, 5 notify ack, 8 encapsulated */
	uint8_t record_count;
	uint64_t nonce;
	struct torc_bytes data; /* records, and what authenticates them */
};

TORC_LAYER_READER(lisp_control, LISP_CONTROL)

#ifdef __cplusplus
}
#endif

#endif
