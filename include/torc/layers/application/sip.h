/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/sip.h - Session Initiation Protocol, RFC 3261 */
#ifndef TORC_LAYERS_SIP_H
#define TORC_LAYERS_SIP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_sip {
	bool is_response;
	uint16_t status;           /* of a response */
	struct torc_bytes method;  /* of a request */
	struct torc_bytes uri;     /* of a request */
	struct torc_bytes reason;  /* of a response */
	struct torc_bytes version; /* "SIP/2.0" */
	struct torc_bytes headers; /* the lines behind the first */
};

TORC_LAYER_READER(sip, SIP)

struct torc_sip_header {
	struct torc_bytes name;
	struct torc_bytes value; /* folded lines as they are */
};

/* The header at *position, 0 at first; 1, or 0 at the end. */
TORC_API int torc_sip_header_next(const struct torc_sip *sip, uint32_t *position,
				  struct torc_sip_header *header);

#ifdef __cplusplus
}
#endif

#endif
