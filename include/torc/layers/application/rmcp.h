/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/rmcp.h - remote management of servers: RMCP and what ASF puts into it */
#ifndef TORC_LAYERS_RMCP_H
#define TORC_LAYERS_RMCP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* DMTF DSP0136 (ASF 2.0) §3.2.2.2 */
struct torc_rmcp {
	uint8_t version;  /* 6 */
	uint8_t sequence; /* 255: do not acknowledge */
	bool is_ack;
	uint8_t message_class; /* 6 ASF, 7 IPMI, 8 of the vendor */
};

TORC_LAYER_READER(rmcp, RMCP)

/* DSP0136 §3.2.2.3 */
struct torc_asf {
	uint32_t enterprise; /* IANA's number of who defines the types; 4542 is ASF */
	uint8_t message_type;
	uint8_t tag; /* of request and answer; 255: there is no answer */
	uint8_t length; /* bytes behind the header */
};

TORC_LAYER_READER(asf, ASF)

/* DSP0136 §3.2.4.3; DASH and IPMI: IPMI 2.0 §13.2.4 */
struct torc_asf_presence_pong {
	uint32_t enterprise;
	uint8_t oem[4];
	bool has_ipmi;
	bool has_asf_v1;
	bool has_security_extensions;
	bool has_dash;
};

TORC_LAYER_READER(asf_presence_pong, ASF_PRESENCE_PONG)

#ifdef __cplusplus
}
#endif

#endif
