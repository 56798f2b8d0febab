/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/diameter.h - Diameter: who may use the network, and what it costs */
#ifndef TORC_LAYERS_DIAMETER_H
#define TORC_LAYERS_DIAMETER_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* RFC 6733 §3 */
struct torc_diameter {
	uint8_t version; /* 1 */
	uint32_t length; /* of the message, header included; 24 bits */
	bool is_request;
	bool is_proxiable;
	bool is_error;
	bool is_retransmitted; /* perhaps: sent again after a fail-over */
	uint32_t command;      /* 24 bits */
	uint32_t application_id;
	uint32_t hop_by_hop_id;
	uint32_t end_to_end_id;
	struct torc_bytes avps;
};

TORC_LAYER_READER(diameter, DIAMETER)

/* RFC 6733 §4.1 */
struct torc_diameter_avp {
	uint32_t code;
	bool is_vendor_specific;
	bool is_mandatory;
	bool is_protected;
	uint32_t length;    /* without padding; 24 bits */
	uint32_t vendor_id; /* where is_vendor_specific */
	struct torc_bytes data;
	struct torc_bytes text; /* data, where the standard says that it is text */
};

/* The AVP at *position, 0 at first; 1, or 0 at the end or where one does not fit. */
TORC_API int torc_diameter_avp_next(const struct torc_diameter *diameter, uint32_t *position,
				    struct torc_diameter_avp *avp);

#ifdef __cplusplus
}
#endif

#endif
