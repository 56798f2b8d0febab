/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/link/eap.h - EAP, RFC 3748, and its transport on LANs, IEEE 802.1X */
#ifndef TORC_LAYERS_EAP_H
#define TORC_LAYERS_EAP_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* IEEE 802.1X-2010 §11.3 */
struct torc_eapol {
	uint8_t version;
	uint8_t type; /* 0 EAP, 1 start, 2 logoff, 3 key */
	uint16_t length; /* bytes of what follows */
};

TORC_LAYER_READER(eapol, EAPOL)

/* The key descriptor of IEEE 802.11-2016 §12.7.2 */
struct torc_eapol_key {
	uint8_t descriptor_type; /* 2: RSN, 254: WPA */
	uint16_t key_information;
	uint16_t key_length;
	uint64_t replay_counter;
	struct torc_bytes nonce;
	struct torc_bytes iv;
	uint64_t receive_sequence;
	uint64_t key_id;
	struct torc_bytes integrity_check;
	struct torc_bytes key_data;
};

TORC_LAYER_READER(eapol_key, EAPOL_KEY)

struct torc_eap {
	uint8_t code; /* 1 request, 2 response, 3 success, 4 failure */
	uint8_t id;
	uint16_t length; /* bytes, this header included */
	uint8_t type;    /* of requests and responses */
	struct torc_bytes data;
};

TORC_LAYER_READER(eap, EAP)

#ifdef __cplusplus
}
#endif

#endif
