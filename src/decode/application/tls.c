/* SPDX-License-Identifier: BSD-3-Clause */
/* tls.c - TLS: records, RFC 8446 §5.1; hellos are in tls_hello.c, fingerprints in tls_fingerprint.c */
#include <torc/layers/application/tls.h>

#include <string.h>

#include "decode/application/tls_hello.h"
#include "decode/registry.h"

#define CONTENT_FIRST	  20
#define CONTENT_CHANGE	  20
#define CONTENT_HANDSHAKE 22
#define CONTENT_LAST	  24 /* heartbeat */

#define RECORD_MAX (16384 + 2048) /* RFC 5246 §6.2.3 */

/*
 * All that the segment carries is this layer's: whole records, and the beginning of one that goes
 * on in the next segment.
 */
static int tls_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;

	TORC_NEED(cursor, 5);
	if (p[0] < CONTENT_FIRST || p[0] > CONTENT_LAST)
		return torc_cursor_malformed(cursor, "unknown content type");
	if (p[1] != 3 || torc_be16(p + 3) > RECORD_MAX)
		return torc_cursor_malformed(cursor, "bad version or length of a record");
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

int torc_tls_record_next(const struct torc_tls *tls, uint32_t *position,
			 struct torc_tls_record *record)
{
	const uint8_t *p;
	uint32_t left, length;

	if (*position >= tls->records.length)
		return 0;
	p = tls->records.data + *position;
	left = tls->records.length - *position;
	if (left < 5 || p[0] < CONTENT_FIRST || p[0] > CONTENT_LAST || p[1] != 3)
		return 0;
	length = torc_be16(p + 3);
	record->content_type = p[0];
	record->version = torc_be16(p + 1);
	record->length = (uint16_t)length;
	record->is_whole = length <= left - 5;
	record->data = (struct torc_bytes){ p + 5, record->is_whole ? length : left - 5 };
	*position += 5 + record->data.length;
	return 1;
}

static void read_hello(struct torc_tls *tls, struct torc_bytes message)
{
	struct torc_tls_hello hello;

	tls->hello = message;
	if (!tls_hello_read(message, TORC_TLS_OVER_TCP, &hello))
		return;
	tls->hello_version = hello.version;
	tls->session_id_length = (uint8_t)hello.session_id.length;
	tls->cipher_suite_count = (uint16_t)(hello.cipher_suites.length / 2);
	tls->cipher_suite = hello.cipher_suite;
	tls->supported_version = hello.supported_version;
	tls->server_name = hello.server_name;
	tls->alpn = hello.alpn;
}

/*
 * changed: behind a change of cipher, where all but a hello of TLS 1.3, which is known by its
 * length, is encrypted. Later in a connection it is too, and the type means nothing.
 */
static void read_handshake(struct torc_tls *tls, const struct torc_tls_record *record, bool changed)
{
	const uint8_t *p = record->data.data;
	uint32_t length;

	if (record->data.length < 4)
		return;
	length = torc_be24(p + 1);
	if (p[0] > 24 || length > RECORD_MAX * 4)
		return;
	if (changed && (p[0] > TLS_SERVER_HELLO || length + 4 != record->length))
		return;
	tls->handshake_type = p[0];
	if (p[0] == TLS_CLIENT_HELLO || p[0] == TLS_SERVER_HELLO)
		read_hello(tls, record->data);
}

static void tls_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	struct torc_tls *tls = out;
	struct torc_tls_record record;
	bool changed = false;
	uint32_t position = 0;

	tls->content_type = p[0];
	tls->version = torc_be16(p + 1);
	tls->length = torc_be16(p + 3);
	tls->records = (struct torc_bytes){ p, layer->header_length };
	while (torc_tls_record_next(tls, &position, &record)) {
		if (record.content_type != CONTENT_CHANGE) {
			if (record.content_type == CONTENT_HANDSHAKE)
				read_handshake(tls, &record, changed);
			return;
		}
		changed = true; /* RFC 8446 §D.4: also in front of a second ClientHello */
	}
}

static void tls_derive(void *object, uint8_t *room)
{
	struct torc_tls *tls = object;

	tls_fingerprints(tls->hello, TORC_TLS_OVER_TCP, &room,
			 (struct tls_fingerprints){ &tls->ja3, &tls->ja3s, &tls->ja4 });
}

static int record_element(const void *layer, uint32_t *position, void *element)
{
	return torc_tls_record_next(layer, position, element);
}

static const char *content_name(uint64_t type)
{
	static const char *const names[] = { "change cipher spec", "alert", "handshake",
					     "application data", "heartbeat" };

	return type >= CONTENT_FIRST && type <= CONTENT_LAST ? names[type - CONTENT_FIRST] : NULL;
}

const char *tls_handshake_name(uint64_t type)
{
	switch (type) {
	case TLS_CLIENT_HELLO:
		return "ClientHello";
	case TLS_SERVER_HELLO:
		return "ServerHello";
	case 4:
		return "NewSessionTicket";
	case 8:
		return "EncryptedExtensions";
	case 11:
		return "Certificate";
	case 12:
		return "ServerKeyExchange";
	case 13:
		return "CertificateRequest";
	case 14:
		return "ServerHelloDone";
	case 15:
		return "CertificateVerify";
	case 16:
		return "ClientKeyExchange";
	case 20:
		return "Finished";
	default:
		return NULL;
	}
}

static const char *version_name(uint64_t version)
{
	switch (version) {
	case 0x0300:
		return "SSL 3.0";
	case 0x0301:
		return "TLS 1.0";
	case 0x0302:
		return "TLS 1.1";
	case 0x0303:
		return "TLS 1.2";
	case 0x0304:
		return "TLS 1.3";
	default:
		return NULL;
	}
}

static const struct torc_field_info record_fields[] = {
	TORC_FIELD_AT(struct torc_tls_record, content_type, "content_type", TORC_FIELD_UINT,
		      .value_name = content_name),
	TORC_FIELD_AT(struct torc_tls_record, version, "version", TORC_FIELD_HEX,
		      .value_name = version_name),
	TORC_FIELD_AT(struct torc_tls_record, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_tls_record, is_whole, "whole", TORC_FIELD_BOOL), TORC_FIELDS_END
};

static const struct torc_list_info record_list = {
	.next = record_element,
	.element_size = sizeof(struct torc_tls_record),
	.fields = record_fields,
};

static const struct torc_field_info tls_fields[] = {
	TORC_FIELD_AT(struct torc_tls, content_type, "content_type", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = content_name),
	TORC_FIELD_AT(struct torc_tls, version, "version", TORC_FIELD_HEX,
		      .value_name = version_name),
	TORC_FIELD_AT(struct torc_tls, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_tls, handshake_type, "handshake_type", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY | TORC_FIELD_OPTIONAL,
		      .value_name = tls_handshake_name),
	TORC_FIELD_AT(struct torc_tls, hello_version, "hello_version", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL, .value_name = version_name),
	TORC_FIELD_AT(struct torc_tls, supported_version, "supported_version", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL, .value_name = version_name),
	TORC_FIELD_AT(struct torc_tls, session_id_length, "session_id_length", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_tls, cipher_suite_count, "cipher_suite_count", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_tls, cipher_suite, "cipher_suite", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_tls, server_name, "sni", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_SUMMARY | TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_tls, alpn, "alpn", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_tls, ja3, "ja3", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_DERIVED),
	TORC_FIELD_AT(struct torc_tls, ja3s, "ja3s", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_DERIVED),
	TORC_FIELD_AT(struct torc_tls, ja4, "ja4", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_DERIVED),
	TORC_FIELD_AT(struct torc_tls, records, "records", TORC_FIELD_LIST, .list = &record_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number tls_numbers[] = {
	{ TORC_BY_TCP_PORT, 443 },  { TORC_BY_TCP_PORT, 636 }, { TORC_BY_TCP_PORT, 853 },
	{ TORC_BY_TCP_PORT, 989 },  { TORC_BY_TCP_PORT, 990 }, { TORC_BY_TCP_PORT, 992 },
	{ TORC_BY_TCP_PORT, 993 },  { TORC_BY_TCP_PORT, 994 }, { TORC_BY_TCP_PORT, 995 },
	{ TORC_BY_TCP_PORT, 5061 }, { TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_tls = {
	.name = "TLS",
	.key = "tls",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_tls),
	.numbers = tls_numbers,
	.decode = tls_decode,
	.read = tls_read,
	.derive = tls_derive,
	.fields = tls_fields,
};
