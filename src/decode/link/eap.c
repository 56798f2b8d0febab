/* SPDX-License-Identifier: BSD-3-Clause */
/* eap.c - EAP, RFC 3748 §4, and EAP over LAN, IEEE 802.1X-2010 §11.3 */
#include <torc/layers/link/eap.h>

#include "decode/registry.h"

#define PACKET_EAP 0 /* types of EAPOL */
#define PACKET_KEY 3

#define DESCRIPTOR_RSN 2
#define DESCRIPTOR_WPA 254
#define KEY_LENGTH     95 /* of that descriptor, without key data */

/* ---- EAPOL ---- */

static int eapol_decode(struct torc_cursor *cursor)
{
	uint16_t length;

	TORC_NEED(cursor, 4);
	length = torc_be16(cursor->data + 2);
	torc_cursor_claim(cursor, 4u + length);
	cursor->header_length = 4;
	if (cursor->data[1] == PACKET_EAP && length > 0)
		cursor->next = TORC_LAYER_EAP;
	else if (cursor->data[1] == PACKET_KEY && cursor->length > 4 &&
		 (cursor->data[4] == DESCRIPTOR_RSN || cursor->data[4] == DESCRIPTOR_WPA))
		cursor->next = TORC_LAYER_EAPOL_KEY;
	else if (length > 0)
		cursor->next = TORC_LAYER_PAYLOAD;
	return TORC_STEP_OK;
}

static void eapol_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
		       void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_eapol *eapol = out;

	eapol->version = p[0];
	eapol->type = p[1];
	eapol->length = torc_be16(p + 2);
}

static const char *eapol_type_name(uint64_t type)
{
	static const char *const names[] = { "EAP", "start", "logoff", "key", "ASF alert" };

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

static const struct torc_field_info eapol_fields[] = {
	TORC_FIELD_AT(struct torc_eapol, version, "version", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_eapol, type, "type", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = eapol_type_name),
	TORC_FIELD_AT(struct torc_eapol, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELDS_END
};

static const struct torc_layer_number eapol_numbers[] = {
	{ TORC_BY_ETHER_TYPE, 0x888E },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_eapol = {
	.name = "EAPOL",
	.key = "eapol",
	.struct_size = sizeof(struct torc_eapol),
	.numbers = eapol_numbers,
	.decode = eapol_decode,
	.read = eapol_read,
	.fields = eapol_fields,
};

/* ---- the key descriptor ---- */

static int eapol_key_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, KEY_LENGTH);
	if (cursor->length < KEY_LENGTH + (uint32_t)torc_be16(cursor->data + 93))
		return TORC_STEP_CUT_TAIL;
	cursor->header_length = KEY_LENGTH + torc_be16(cursor->data + 93);
	return TORC_STEP_OK;
}

static void eapol_key_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			   void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_eapol_key *key = out;

	key->descriptor_type = p[0];
	key->key_information = torc_be16(p + 1);
	key->key_length = torc_be16(p + 3);
	key->replay_counter = torc_be64(p + 5);
	key->nonce = (struct torc_bytes){ p + 13, 32 };
	key->iv = (struct torc_bytes){ p + 45, 16 };
	key->receive_sequence = torc_be64(p + 61);
	key->key_id = torc_be64(p + 69);
	key->integrity_check = (struct torc_bytes){ p + 77, 16 };
	key->key_data = (struct torc_bytes){ p + KEY_LENGTH, layer->header_length - KEY_LENGTH };
}

static const struct torc_field_info eapol_key_fields[] = {
	TORC_FIELD_AT(struct torc_eapol_key, descriptor_type, "descriptor_type", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_eapol_key, key_information, "key_information", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_eapol_key, key_length, "key_length", TORC_FIELD_UINT,
		      .unit = "bytes"),
	TORC_FIELD_AT(struct torc_eapol_key, replay_counter, "replay_counter", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_eapol_key, nonce, "nonce", TORC_FIELD_BYTES),
	TORC_FIELD_AT(struct torc_eapol_key, iv, "iv", TORC_FIELD_BYTES),
	TORC_FIELD_AT(struct torc_eapol_key, receive_sequence, "receive_sequence", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_eapol_key, key_id, "key_id", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_eapol_key, integrity_check, "mic", TORC_FIELD_BYTES),
	TORC_FIELD_AT(struct torc_eapol_key, key_data, "key_data", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_eapol_key = {
	.name = "EAPOLKey",
	.key = "eapol_key",
	.struct_size = sizeof(struct torc_eapol_key),
	.decode = eapol_key_decode,
	.read = eapol_key_read,
	.fields = eapol_key_fields,
};

/* ---- EAP ---- */

static int eap_decode(struct torc_cursor *cursor)
{
	uint16_t length;

	TORC_NEED(cursor, 4);
	length = torc_be16(cursor->data + 2);
	if (length < 4)
		return torc_cursor_malformed(cursor, "length is below the header");
	torc_cursor_claim(cursor, length);
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static void eap_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_eap *eap = out;

	eap->code = p[0];
	eap->id = p[1];
	eap->length = torc_be16(p + 2);
	if (layer->header_length < 5)
		return;
	eap->type = p[4];
	eap->data = (struct torc_bytes){ p + 5, layer->header_length - 5 };
}

static const char *eap_code_name(uint64_t code)
{
	static const char *const names[] = { NULL, "request", "response", "success", "failure" };

	return code < sizeof(names) / sizeof(names[0]) ? names[code] : NULL;
}

/* IANA, "EAP method types" */
static const char *eap_type_name(uint64_t type)
{
	switch (type) {
	case 1:
		return "identity";
	case 2:
		return "notification";
	case 3:
		return "nak";
	case 4:
		return "MD5 challenge";
	case 13:
		return "TLS";
	case 17:
		return "LEAP";
	case 18:
		return "SIM";
	case 21:
		return "TTLS";
	case 23:
		return "AKA";
	case 25:
		return "PEAP";
	case 43:
		return "FAST";
	case 52:
		return "PWD";
	default:
		return NULL;
	}
}

static const struct torc_field_info eap_fields[] = {
	TORC_FIELD_AT(struct torc_eap, code, "code", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = eap_code_name),
	TORC_FIELD_AT(struct torc_eap, id, "id", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_eap, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_eap, type, "type", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .value_name = eap_type_name),
	TORC_FIELD_AT(struct torc_eap, data, "data", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

const struct torc_layer_ops torc_layer_ops_eap = {
	.name = "EAP",
	.key = "eap",
	.struct_size = sizeof(struct torc_eap),
	.decode = eap_decode,
	.read = eap_read,
	.fields = eap_fields,
};
