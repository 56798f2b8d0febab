/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/windows/kerberos.h - messages of Kerberos 5, RFC 4120 */
#ifndef TORC_LAYERS_KERBEROS_H
#define TORC_LAYERS_KERBEROS_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_kerberos {
	uint32_t record_length; /* over TCP; more than there is: it goes on in the next segment */
	uint8_t version; /* 5 */
	uint8_t message_type; /* 10: AS-REQ, 11: AS-REP, 12: TGS-REQ, 13: TGS-REP, 30: ERROR ... */
	struct torc_bytes realm; /* of the server */
	struct torc_bytes client_realm; /* of a reply or error */
	struct torc_bytes client; /* in BER: see torc_kerberos_client_next() */
	struct torc_bytes server;
	uint32_t options; /* of a request */
	uint32_t nonce;
	struct torc_bytes till; /* until when a ticket is wanted: 20261128035000Z */
	struct torc_bytes etypes; /* in BER: see torc_kerberos_etype_next() */
	struct torc_bytes preauthentication; /* in BER: see torc_kerberos_preauthentication_next() */
	int32_t ticket_etype; /* of the ticket in a reply */
	int32_t etype; /* of what is encrypted in a reply, for the client */
	uint32_t error_code;
	struct torc_bytes error_text;
	struct torc_bytes server_time; /* of an error */
};

TORC_LAYER_READER(kerberos, KERBEROS)

/* A part of a principal's name: "krbtgt", then "EXAMPLE.COM". */
struct torc_kerberos_name {
	struct torc_bytes name;
};

/*
 * Each fills in the element at *position, 0 at first; 1, or 0 at the end.
 */
TORC_API int torc_kerberos_client_next(const struct torc_kerberos *kerberos, uint32_t *position,
				       struct torc_kerberos_name *name);
TORC_API int torc_kerberos_server_next(const struct torc_kerberos *kerberos, uint32_t *position,
				       struct torc_kerberos_name *name);

/* An encryption that the client can do, the best one first. */
struct torc_kerberos_etype {
	int32_t etype; /* 17, 18: AES, 23: RC4 ... */
};

TORC_API int torc_kerberos_etype_next(const struct torc_kerberos *kerberos, uint32_t *position,
				      struct torc_kerberos_etype *etype);

struct torc_kerberos_preauthentication {
	int32_t type; /* 1: a ticket, 2: an encrypted time, 19: which encryptions, 128: PAC ... */
	uint32_t length;
};

TORC_API int torc_kerberos_preauthentication_next(const struct torc_kerberos *kerberos,
						  uint32_t *position,
						  struct torc_kerberos_preauthentication *element);

#ifdef __cplusplus
}
#endif

#endif
