/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/ldap.h - messages of the Lightweight Directory Access Protocol, RFC 4511 */
#ifndef TORC_LAYERS_LDAP_H
#define TORC_LAYERS_LDAP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a segment holds, or a datagram of CLDAP ([MS-ADTS] §6.3.3). */
struct torc_ldap {
	struct torc_bytes messages;
};

TORC_LAYER_READER(ldap, LDAP)

struct torc_ldap_message {
	uint32_t message_id;
	uint8_t operation; /* 0: bind, 1: its answer, 3: search, 4: an entry found, 5: the end of them ... */
	uint32_t length; /* behind tag and length */
	bool is_whole; /* false: it goes on in the next segment */
	uint8_t version; /* of a bind, as the next two */
	uint8_t authentication; /* 0: simple, 3: SASL */
	struct torc_bytes mechanism; /* of SASL */
	/* who binds, the base of a search, or the entry that it is about; of an extended request its identifier */
	struct torc_bytes name;
	uint8_t scope; /* of a search, as the next three: 0: base, 1: one level, 2: the subtree */
	uint32_t size_limit;
	uint32_t time_limit_s;
	struct torc_bytes filter; /* as it is in BER */
	bool is_result; /* of an answer that has a result, as the next three */
	uint32_t result_code; /* 0: success, 32: no such object, 49: invalid credentials ... */
	struct torc_bytes matched;
	struct torc_bytes diagnostic;
};

/* The message at *position, 0 at first; 1, or 0 at the end. */
TORC_API int torc_ldap_message_next(const struct torc_ldap *ldap, uint32_t *position,
				    struct torc_ldap_message *message);

#ifdef __cplusplus
}
#endif

#endif
