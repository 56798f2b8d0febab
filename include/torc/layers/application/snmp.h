/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/snmp.h - an SNMP message and its variables, RFC 1157, RFC 3416, RFC 3412 */
#ifndef TORC_LAYERS_SNMP_H
#define TORC_LAYERS_SNMP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_snmp {
	uint8_t version;  /* 0: 1, 1: 2c, 3: 3, as they are numbered */
	uint8_t pdu_type;  /* A0: get, A1: get next, A2: response ...; 0: encrypted */
	uint8_t flags;  /* of version 3: 1 authenticated, 2 encrypted, 4 a report is wanted */
	uint32_t message_id;  /* of version 3 */
	uint32_t request_id;
	uint32_t error_status;
	uint32_t error_index;  /* of the variable that it is about, from 1 */
	uint32_t non_repeaters;  /* of a bulk request, instead of the two above */
	uint32_t max_repetitions;
	struct torc_bytes community;  /* of versions 1 and 2c */
	struct torc_bytes bindings;  /* in BER: see torc_snmp_binding_next() */
	uint32_t pdu_length;  /* bytes in the PDU */
	struct torc_bytes user;  /* of version 3 with its own security model, RFC 3414 §2.4 */
	struct torc_bytes engine;  /* of version 3: whose variables these are, RFC 3411 §5 */
	struct torc_bytes context;
	struct torc_bytes enterprise;  /* of a trap of version 1, as the next four: an object identifier */
	uint8_t agent[4];
	uint32_t generic_trap;
	uint32_t specific_trap;
	uint32_t timestamp;  /* hundredths of a second */
};

TORC_LAYER_READER(snmp, SNMP)

/* A variable and its value; what is of another type is 0 or empty. */
struct torc_snmp_binding {
	struct torc_bytes oid;
	uint8_t type;  /* the tag: 2 integer, 4 string, 5 null, 6 object identifier, 40: address ... */
	struct torc_bytes value;  /* as it is on the wire */
	struct torc_bytes string;
	int64_t integer;
	uint64_t counter;  /* of a counter, gauge or time ticks (hundredths of a second) */
	struct torc_bytes object;  /* of an object identifier */
	uint8_t address[4];
};

/* The variable at *position, 0 at first; 1, or 0 at the end. */
TORC_API int torc_snmp_binding_next(const struct torc_snmp *snmp, uint32_t *position,
				    struct torc_snmp_binding *binding);

#ifdef __cplusplus
}
#endif

#endif
