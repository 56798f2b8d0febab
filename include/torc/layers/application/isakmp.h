/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/isakmp.h - ISAKMP, which IKE versions 1 and 2 are: RFC 2408, RFC 7296 */
#ifndef TORC_LAYERS_ISAKMP_H
#define TORC_LAYERS_ISAKMP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* RFC 2408 §3.1, RFC 7296 §3.1 */
struct torc_isakmp {
	uint64_t initiator_spi; /* a cookie in version 1 */
	uint64_t responder_spi; /* 0 in the first message */
	uint8_t next_payload;   /* type of the first one */
	uint8_t major;
	uint8_t minor;
	uint8_t exchange;
	uint8_t flags; /* version 1: 1 encrypted, 2 commit; 2: 8 initiator, 16 version, 32 response */
	uint32_t message_id;
	uint32_t length; /* bytes of the message */
	struct torc_bytes payloads;  /* empty where version 1 encrypts all of them */
	struct torc_bytes encrypted; /* those */
};

TORC_LAYER_READER(isakmp, ISAKMP)

struct torc_isakmp_payload {
	uint8_t type;
	bool critical;
	uint16_t length; /* bytes with its head of four */
	uint16_t notify; /* of a notification: what it says */
	struct torc_bytes body;
};

/*
 * The payload at *position, 0 at first; 1, or 0 at the end or where one does not fit. *position is no
 * offset: it holds the type of the next one too.
 */
TORC_API int torc_isakmp_payload_next(const struct torc_isakmp *isakmp, uint32_t *position,
				      struct torc_isakmp_payload *payload);

#ifdef __cplusplus
}
#endif

#endif
