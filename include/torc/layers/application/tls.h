/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/tls.h - TLS records, RFC 8446, and what a ClientHello shows */
#ifndef TORC_LAYERS_TLS_H
#define TORC_LAYERS_TLS_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_tls {
	uint8_t content_type; /* of the first record: 22 handshake, 23 application data ... */
	uint16_t version;
	uint16_t length;      /* bytes of the first record, its header not counted */
	uint8_t handshake_type; /* of a handshake in the clear: 1 ClientHello, 2 ServerHello ... */

	/* ClientHello and ServerHello */
	uint16_t hello_version;
	uint8_t session_id_length;
	uint16_t cipher_suite_count;  /* ClientHello */
	uint16_t cipher_suite;        /* ServerHello's choice */
	uint16_t supported_version;   /* the highest offered, or the one chosen; RFC 8446 §4.2.1 */
	struct torc_bytes server_name; /* RFC 6066 §3 */
	struct torc_bytes alpn;        /* the first protocol, RFC 7301 */
	struct torc_bytes records;
};

TORC_LAYER_READER(tls, TLS)

struct torc_tls_record {
	uint8_t content_type;
	uint16_t version;
	uint16_t length;
	bool is_whole; /* it ends in this packet */
	struct torc_bytes data;
};

/* The record at *position, 0 at first; 1, or 0 at the end. */
TORC_API int torc_tls_record_next(const struct torc_tls *tls, uint32_t *position,
				  struct torc_tls_record *record);

#ifdef __cplusplus
}
#endif

#endif
