/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/http.h - heads of HTTP/1 messages, RFC 9112 */
#ifndef TORC_LAYERS_HTTP_H
#define TORC_LAYERS_HTTP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How the body behind a head is framed, by the head alone: RFC 9112 §6.3. */
enum torc_http_body {
	TORC_HTTP_BODY_NONE = 0,
	TORC_HTTP_BODY_LENGTH = 1,  /* content_length bytes */
	TORC_HTTP_BODY_CHUNKED = 2,
	TORC_HTTP_BODY_CLOSE = 3,   /* a response: until the connection is closed */
	TORC_HTTP_BODY_INVALID = 4  /* lengths that contradict each other, or are none */
};

struct torc_http {
	bool is_response;
	bool is_whole;             /* the empty line at the end is there */
	bool is_ambiguous;         /* both Transfer-Encoding and Content-Length: RFC 9112 §6.1 */
	uint8_t minor_version;     /* of HTTP/1 */
	uint8_t body;              /* enum torc_http_body */
	uint16_t status;           /* of a response */
	uint64_t content_length;   /* bytes, with TORC_HTTP_BODY_LENGTH */
	struct torc_bytes method;  /* of a request */
	struct torc_bytes target;  /* of a request */
	struct torc_bytes reason;  /* of a response */
	struct torc_bytes headers; /* the lines behind the first */
	struct torc_bytes host;    /* of some headers, the first value; empty: there is none */
	struct torc_bytes user_agent;
	struct torc_bytes content_type;
};

TORC_LAYER_READER(http, HTTP)

struct torc_http_header {
	struct torc_bytes name;
	struct torc_bytes value; /* without blanks around it; folded lines as they are */
};

/* The header at *position, 0 at first; 1, or 0 at the end. */
TORC_API int torc_http_header_next(const struct torc_http *http, uint32_t *position,
				   struct torc_http_header *header);

#ifdef __cplusplus
}
#endif

#endif
