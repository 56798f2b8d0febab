/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/tunnel/l2tp.h - L2TP: version 2, RFC 2661, and 3, RFC 3931 */
#ifndef TORC_LAYERS_L2TP_H
#define TORC_LAYERS_L2TP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * RFC 2661 §3.1, RFC 3931 §3.2 and §4.1. What a version 3 session carries, and how long its cookie is, was
 * settled when it was set up: it is Payload.
 */
struct torc_l2tp {
	bool is_control;
	bool has_length;
	bool has_sequence;
	bool has_offset;
	bool has_priority;
	uint8_t version; /* 2 or 3; of data over IP, which does not tell it, 3 */
	uint16_t length; /* bytes with the header */
	uint32_t tunnel; /* of version 3, the control connection */
	uint32_t session;
	uint16_t send; /* Ns */
	uint16_t receive; /* Nr */
	uint16_t offset;
	uint16_t message_type; /* of the first attribute of a control message */
	struct torc_bytes attributes;
};

TORC_LAYER_READER(l2tp, L2TP)

struct torc_l2tp_attribute {
	bool is_mandatory;
	bool is_hidden;
	uint16_t length; /* bytes with its head of six */
	uint16_t vendor; /* 0: IETF */
	uint16_t type;
	struct torc_bytes value;
};

/* The attribute at *position, 0 at first; 1, or 0 at the end or where one does not fit. */
TORC_API int torc_l2tp_attribute_next(const struct torc_l2tp *l2tp, uint32_t *position,
				      struct torc_l2tp_attribute *attribute);

#ifdef __cplusplus
}
#endif

#endif
