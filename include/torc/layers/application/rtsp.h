/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/rtsp.h - heads of Real-Time Streaming Protocol messages, RFC 2326 and RFC 7826 */
#ifndef TORC_LAYERS_RTSP_H
#define TORC_LAYERS_RTSP_H

#include <torc/layers/application/http.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_rtsp {
	bool is_response;
	uint16_t status;          /* of a response */
	struct torc_bytes method; /* of a request */
	struct torc_bytes uri;    /* of a request */
	struct torc_bytes reason; /* of a response */
	struct torc_bytes version; /* "RTSP/1.0" */
	struct torc_bytes headers; /* the lines behind the first */
	uint32_t sequence;         /* CSeq */
	struct torc_bytes session; /* of some headers, the first value; empty: there is none */
	struct torc_bytes transport;
	struct torc_bytes content_type;
	struct torc_bytes user_agent;
	struct torc_bytes server;
};

TORC_LAYER_READER(rtsp, RTSP)

/* The header at *position, 0 at first; 1, or 0 at the end. */
TORC_API int torc_rtsp_header_next(const struct torc_rtsp *rtsp, uint32_t *position,
				   struct torc_http_header *header);

#ifdef __cplusplus
}
#endif

#endif
