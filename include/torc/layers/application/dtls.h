/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/dtls.h - DTLS records, RFC 6347 and RFC 9147, and what their hellos show */
#ifndef TORC_LAYERS_DTLS_H
#define TORC_LAYERS_DTLS_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Of the first record. Records of DTLS 1.3 that are encrypted have no such header: they end the list. */
struct torc_dtls {
	uint8_t content_type; /* 22 handshake, 23 application data ... */
	uint16_t version;     /* 0xFEFF: 1.0, 0xFEFD: 1.2 and 1.3 */
	uint16_t epoch;       /* 0: in the clear */
	uint64_t sequence;
	uint16_t length;      /* bytes of the record, its header not counted */

	/* a handshake message in the clear, or a fragment of one, RFC 6347 §4.2.2 */
	uint8_t handshake_type; /* 1 ClientHello, 2 ServerHello, 3 HelloVerifyRequest ... */
	uint32_t message_length;
	uint16_t message_sequence;
	uint32_t fragment_offset;
	uint32_t fragment_length;

	/* ClientHello and ServerHello, in their first fragment */
	uint16_t hello_version;
	uint16_t supported_version; /* the newest offered (the lowest number), or the one chosen */
	uint8_t session_id_length;
	uint16_t cipher_suite_count;  /* ClientHello */
	uint16_t cipher_suite;        /* ServerHello's choice */
	struct torc_bytes cookie;     /* of a HelloVerifyRequest too */
	struct torc_bytes server_name;
	struct torc_bytes alpn;       /* the first protocol */
	struct torc_bytes hello;      /* the message, its header too: torc_tls_hello_read() */
	struct torc_bytes records;
	/* empty here: torc_field(), text and JSON compute them, and torc_tls_fingerprint() */
	struct torc_bytes ja3, ja3s, ja4;
};

TORC_LAYER_READER(dtls, DTLS)

struct torc_dtls_record {
	uint8_t content_type;
	uint16_t version;
	uint16_t epoch;
	uint64_t sequence;
	uint16_t length;
	bool is_whole; /* it ends in this packet */
	struct torc_bytes data;
};

/* The record at *position, 0 at first; 1, or 0 at the end. */
TORC_API int torc_dtls_record_next(const struct torc_dtls *dtls, uint32_t *position,
				   struct torc_dtls_record *record);

#ifdef __cplusplus
}
#endif

#endif
