/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * torc/layers/windows/dcerpc.h - remote procedure calls of DCE ([C706] chapter 12) and of Windows ([MS-RPCE])
 *
 * Over TCP each fragment of a call is a layer, over UDP each datagram. TCP's port is 135, and others that the
 * endpoint mapper tells; for those, torc_register_number() or torc dump --decode-as.
 */
#ifndef TORC_LAYERS_DCERPC_H
#define TORC_LAYERS_DCERPC_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_dcerpc {
	uint8_t version; /* 5, or 4 over UDP */
	uint8_t minor_version;
	uint8_t packet_type; /* 0: request, 2: response, 3: fault, 11: bind, 12: its answer ... */
	uint8_t flags;
	uint8_t flags2; /* over UDP */
	bool is_little; /* how numbers are written */
	uint16_t length; /* of the fragment; over UDP of what follows the header */
	uint16_t auth_length;
	uint32_t call_id; /* over UDP the number of the call */
	uint16_t context_id;
	uint16_t opnum; /* of a request: the procedure */
	uint32_t status; /* of a fault or rejection */
	uint16_t max_transmit; /* of a bind and its answer, as the next two */
	uint16_t max_receive;
	uint32_t association_group;
	uint8_t object[16]; /* in the order in which it is written as text */
	uint8_t interface_id[16]; /* over UDP: whose procedure it is */
	uint32_t interface_version;
	struct torc_bytes service; /* its name, where it is well known */
	uint8_t activity[16];
	struct torc_bytes contexts; /* of a bind or its answer, with their count: see the lists */
	struct torc_bytes stub; /* what a request or response carries */
};

TORC_LAYER_READER(dcerpc, DCERPC)

/* An interface that a client wants to call, from a bind. */
struct torc_dcerpc_context {
	uint16_t context_id;
	uint8_t interface_id[16];
	uint16_t version;
	uint16_t minor_version;
	struct torc_bytes service; /* its name, where it is well known */
	uint8_t transfer[16]; /* the first way to write numbers that it offers */
	uint8_t transfer_count;
};

/* The interface at *position, 0 at first; 1, or 0 at the end. */
TORC_API int torc_dcerpc_context_next(const struct torc_dcerpc *dcerpc, uint32_t *position,
				      struct torc_dcerpc_context *context);

/* What became of one, in the same order. */
struct torc_dcerpc_result {
	uint16_t result; /* 0: accepted, 1: refused by its user, 2: by its provider, 3: negotiated */
	uint16_t reason;
};

TORC_API int torc_dcerpc_result_next(const struct torc_dcerpc *dcerpc, uint32_t *position,
				     struct torc_dcerpc_result *result);

#ifdef __cplusplus
}
#endif

#endif
