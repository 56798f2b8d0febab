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
	struct torc_bytes hello;       /* the message, its header too, or its beginning */

	/*
	 * Fingerprints: empty here, since they take microseconds. torc_field(), text and JSON have them,
	 * and torc_tls_fingerprint().
	 */
	struct torc_bytes ja3, ja3s, ja4;
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

/* What carries a hello. */
enum torc_tls_carrier {
	TORC_TLS_OVER_TCP = 't',
	TORC_TLS_OVER_QUIC = 'q',
	TORC_TLS_OVER_DTLS = 'd'
};

/*
 * A ClientHello or ServerHello, RFC 8446 §4.1. Lists are as they are on the wire, without the length in
 * front, of numbers of two bytes each. Extensions that are not there leave theirs empty.
 */
struct torc_tls_hello {
	size_t size;                /* sizeof(struct torc_tls_hello) */
	uint8_t type;               /* 1 ClientHello, 2 ServerHello */
	uint8_t carrier;            /* enum torc_tls_carrier */
	bool is_whole;              /* false: it goes on behind the bytes there are, or is damaged */
	bool has_server_name;       /* the extension, even an empty one */
	uint16_t version;           /* of the hello: 0x0303 in TLS 1.3 */
	uint16_t supported_version; /* the newest offered, or the one chosen, §4.2.1; 0: not said */
	uint16_t cipher_suite;      /* a ServerHello's choice */
	struct torc_bytes random;
	struct torc_bytes session_id;
	struct torc_bytes cookie;              /* DTLS, RFC 6347 §4.2.1 */
	struct torc_bytes cipher_suites;       /* of a ClientHello */
	struct torc_bytes extensions;          /* each: type, length, that many bytes */
	struct torc_bytes server_name;         /* RFC 6066 §3 */
	struct torc_bytes alpn;                /* the first protocol */
	struct torc_bytes alpn_protocols;      /* all, a byte of length before each; RFC 7301 §3.1 */
	struct torc_bytes versions;            /* offered */
	struct torc_bytes groups;              /* RFC 8422 §5.1.1 */
	struct torc_bytes point_formats;       /* a byte each, §5.1.2 */
	struct torc_bytes signature_algorithms;
	struct torc_bytes quic_parameters;     /* RFC 9000 §18 */
};

/*
 * torc_tls_hello_read - take a hello apart
 *
 * message   from its type on, with the header of a handshake message: 4 bytes, or 12 in DTLS; it
 *           may be cut, then what is there is read
 * hello     size is set; filled in, bytes are borrowed from message
 *
 * Returns 0, or -EINVAL when that is no hello or size is not set.
 */
TORC_API int torc_tls_hello_read(struct torc_bytes message, enum torc_tls_carrier carrier,
				 struct torc_tls_hello *hello);

/*
 * Fingerprints of a hello. JA3 (JA3S for a ServerHello) is the MD5, in hex, of what JA3_TEXT is: numbers in the
 * order of the hello. JA4 is of a ClientHello, "t13d1516h2_8daaf6152771_e5627efa2ab1": its lists are sorted
 * before they are hashed with SHA-256; JA4_RAW has the lists.
 */
enum torc_tls_fingerprint_kind {
	TORC_TLS_JA3 = 0,
	TORC_TLS_JA3_TEXT = 1,
	TORC_TLS_JA4 = 2,
	TORC_TLS_JA4_RAW = 3
};

#define TORC_TLS_FINGERPRINT_SIZE 37 /* of JA3 and JA4, the zero included */

/*
 * torc_tls_fingerprint - a fingerprint as text
 *
 * Returns its length as snprintf() does; 0, and "", when the hello has none: it is not whole, a list has
 * more than 512 numbers, or JA4 was asked of a ServerHello; -EINVAL for another kind. Cost: some
 * microseconds.
 */
TORC_API int torc_tls_fingerprint(const struct torc_tls_hello *hello,
				  enum torc_tls_fingerprint_kind kind, char *buffer, size_t size);

#ifdef __cplusplus
}
#endif

#endif
