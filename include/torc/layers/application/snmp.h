/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/snmp.h - the head of an SNMP message, RFC 1157, RFC 3416, RFC 3412 */
#ifndef TORC_LAYERS_SNMP_H
#define TORC_LAYERS_SNMP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_snmp {
	uint8_t version;  /* 0: 1, 1: 2c, 3: 3, as they are numbered */
	uint8_t pdu_type;  /* A0: get, A1: get next, A2: response ...; 0: encrypted */
	uint8_t flags;  /* of version 3 */
	uint32_t message_id;  /* of version 3 */
	uint32_t request_id;
	uint32_t error_status;  /* non-repeaters of a bulk request */
	uint32_t error_index;  /* max repetitions of a bulk request */
	struct torc_bytes community;  /* of versions 1 and 2c */
	struct torc_bytes bindings;  /* in BER */
};

TORC_LAYER_READER(snmp, SNMP)

#ifdef __cplusplus
}
#endif

#endif
