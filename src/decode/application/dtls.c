/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dtls.c - DTLS: records, RFC 6347 §4.1 and RFC 9147 §4, fragments of handshake messages, RFC 6347 §4.2.2
 *
 * Most of it goes between ports that nobody has registered, so it is found by its bytes: type, version,
 * an epoch of no sense to others, and lengths that lead from record to record to the end of the datagram.
 */
#include <torc/layers/application/dtls.h>

#include "decode/application/dtls.h"
#include "decode/application/tls_hello.h"
#include "decode/registry.h"

#define HEADER		 13
#define HANDSHAKE_HEADER 12
#define RECORD_MAX	 (16384 + 2048)
#define HELLO_VERIFY	 3

enum { CHANGE_CIPHER = 20, ALERT = 21, HANDSHAKE = 22, CONTENT_LAST = 26 };

static bool is_record(const uint8_t *p)
{
	uint16_t version = torc_be16(p + 1), epoch = torc_be16(p + 3);

	if (p[0] < CHANGE_CIPHER || p[0] > CONTENT_LAST || (version != 0xFEFF && version != 0xFEFD))
		return false;
	/* in the clear are the handshake's; each change of keys is another epoch */
	return torc_be16(p + 11) <= RECORD_MAX && (epoch == 0 ? p[0] <= HANDSHAKE : epoch < 256);
}

/* DTLS 1.3's header of what is encrypted, RFC 9147 §4: three bits, and no version. */
static bool is_unified(uint8_t first)
{
	return first >> 5 == 1;
}

bool dtls_begins(const uint8_t *p, uint32_t length, uint32_t wire_length)
{
	uint32_t at = 0;

	while (length - at >= HEADER) {
		uint32_t size = HEADER;

		if (at > 0 && is_unified(p[at]))
			return true;
		if (!is_record(p + at))
			return false;
		size += torc_be16(p + at + 11);
		if (size > length - at)
			return length < wire_length;
		at += size;
		if (at == length)
			return true;
	}
	return at > 0 && (length < wire_length || is_unified(p[at]));
}

static int dtls_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, HEADER);
	if (!dtls_begins(cursor->data, cursor->length, cursor->wire_length))
		return torc_cursor_malformed(cursor, "no records that fill the datagram");
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

int torc_dtls_record_next(const struct torc_dtls *dtls, uint32_t *position,
			  struct torc_dtls_record *record)
{
	const uint8_t *p;
	uint32_t left;

	if (*position >= dtls->records.length || dtls->records.length - *position < HEADER)
		return 0;
	p = dtls->records.data + *position;
	left = dtls->records.length - *position - HEADER;
	if (!is_record(p))
		return 0;
	record->content_type = p[0];
	record->version = torc_be16(p + 1);
	record->epoch = torc_be16(p + 3);
	record->sequence = torc_be64(p + 3) & 0xFFFFFFFFFFFF;
	record->length = torc_be16(p + 11);
	record->is_whole = record->length <= left;
	record->data = (struct torc_bytes){ p + HEADER, record->is_whole ? record->length : left };
	*position += HEADER + record->data.length;
	return 1;
}

static void read_hello(struct torc_dtls *dtls, struct torc_bytes message)
{
	struct torc_tls_hello hello;

	dtls->hello = message;
	if (!tls_hello_read(message, TORC_TLS_OVER_DTLS, &hello))
		return;
	dtls->hello_version = hello.version;
	dtls->supported_version = hello.supported_version;
	dtls->session_id_length = (uint8_t)hello.session_id.length;
	dtls->cipher_suite_count = (uint16_t)(hello.cipher_suites.length / 2);
	dtls->cipher_suite = hello.cipher_suite;
	dtls->cookie = hello.cookie;
	dtls->server_name = hello.server_name;
	dtls->alpn = hello.alpn;
}

/* Of a server that wants the client to say it again, RFC 6347 §4.2.1: a version before it. */
static void read_cookie(struct torc_dtls *dtls, struct torc_bytes message)
{
	struct tls_reader body = { message.data + HANDSHAKE_HEADER, message.length - HANDSHAKE_HEADER };

	if (tls_skip(&body, 2))
		tls_vector(&body, 1, &dtls->cookie);
}

static void read_handshake(struct torc_dtls *dtls, struct torc_bytes message)
{
	const uint8_t *p = message.data;

	if (message.length < HANDSHAKE_HEADER)
		return;
	dtls->handshake_type = p[0];
	dtls->message_length = torc_be24(p + 1);
	dtls->message_sequence = torc_be16(p + 4);
	dtls->fragment_offset = torc_be24(p + 6);
	dtls->fragment_length = torc_be24(p + 9);
	if (p[0] == HELLO_VERIFY && dtls->fragment_offset == 0)
		read_cookie(dtls, message);
	if ((p[0] == TLS_CLIENT_HELLO || p[0] == TLS_SERVER_HELLO) && dtls->fragment_offset == 0)
		read_hello(dtls, message);
}

static void dtls_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	struct torc_dtls *dtls = out;
	struct torc_dtls_record record;
	uint32_t position = 0;

	dtls->records = (struct torc_bytes){ torc_layer_header(decoded, layer), layer->header_length };
	if (!torc_dtls_record_next(dtls, &position, &record))
		return;
	dtls->content_type = record.content_type;
	dtls->version = record.version;
	dtls->epoch = record.epoch;
	dtls->sequence = record.sequence;
	dtls->length = record.length;
	if (record.content_type == HANDSHAKE && record.epoch == 0)
		read_handshake(dtls, record.data);
}

static void dtls_derive(void *object, uint8_t *room)
{
	struct torc_dtls *dtls = object;

	tls_fingerprints(dtls->hello, TORC_TLS_OVER_DTLS, &room,
			 (struct tls_fingerprints){ &dtls->ja3, &dtls->ja3s, &dtls->ja4 });
}

static int record_element(const void *layer, uint32_t *position, void *element)
{
	return torc_dtls_record_next(layer, position, element);
}

static const char *content_name(uint64_t type)
{
	static const char *const names[] = { "change cipher spec", "alert", "handshake",
					     "application data", "heartbeat", "connection id", "ACK" };

	return type >= CHANGE_CIPHER && type <= CONTENT_LAST ? names[type - CHANGE_CIPHER] : NULL;
}

static const char *handshake_name(uint64_t type)
{
	return type == HELLO_VERIFY ? "HelloVerifyRequest" : tls_handshake_name(type);
}

static const char *version_name(uint64_t version)
{
	switch (version) {
	case 0xFEFF:
		return "DTLS 1.0";
	case 0xFEFD:
		return "DTLS 1.2";
	case 0xFEFC:
		return "DTLS 1.3";
	default:
		return NULL;
	}
}

static const struct torc_field_info record_fields[] = {
	TORC_FIELD_AT(struct torc_dtls_record, content_type, "content_type", TORC_FIELD_UINT,
		      .value_name = content_name),
	TORC_FIELD_AT(struct torc_dtls_record, version, "version", TORC_FIELD_HEX,
		      .value_name = version_name),
	TORC_FIELD_AT(struct torc_dtls_record, epoch, "epoch", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_dtls_record, sequence, "sequence", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_dtls_record, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_dtls_record, is_whole, "whole", TORC_FIELD_BOOL), TORC_FIELDS_END
};

static const struct torc_list_info record_list = {
	.next = record_element,
	.element_size = sizeof(struct torc_dtls_record),
	.fields = record_fields,
};

static const struct torc_field_info dtls_fields[] = {
	TORC_FIELD_AT(struct torc_dtls, content_type, "content_type", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = content_name),
	TORC_FIELD_AT(struct torc_dtls, version, "version", TORC_FIELD_HEX,
		      .value_name = version_name),
	TORC_FIELD_AT(struct torc_dtls, epoch, "epoch", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_dtls, sequence, "sequence", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_dtls, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_dtls, handshake_type, "handshake_type", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY | TORC_FIELD_OPTIONAL,
		      .value_name = handshake_name),
	TORC_FIELD_AT(struct torc_dtls, message_length, "message_length", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_dtls, message_sequence, "message_sequence", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dtls, fragment_offset, "fragment_offset", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dtls, fragment_length, "fragment_length", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_dtls, hello_version, "hello_version", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL, .value_name = version_name),
	TORC_FIELD_AT(struct torc_dtls, supported_version, "supported_version", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL, .value_name = version_name),
	TORC_FIELD_AT(struct torc_dtls, session_id_length, "session_id_length", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dtls, cipher_suite_count, "cipher_suite_count", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dtls, cipher_suite, "cipher_suite", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dtls, cookie, "cookie", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dtls, server_name, "sni", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_SUMMARY | TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dtls, alpn, "alpn", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dtls, ja3, "ja3", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_DERIVED),
	TORC_FIELD_AT(struct torc_dtls, ja3s, "ja3s", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_DERIVED),
	TORC_FIELD_AT(struct torc_dtls, ja4, "ja4", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_DERIVED),
	TORC_FIELD_AT(struct torc_dtls, records, "records", TORC_FIELD_LIST, .list = &record_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number dtls_numbers[] = {
	{ TORC_BY_UDP_PORT, 5349 },  /* STUN */
	{ TORC_BY_UDP_PORT, 5684 },  /* CoAP */
	{ TORC_BY_UDP_PORT, 10161 }, /* SNMP */
	{ TORC_BY_UDP_PORT, 10162 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_dtls = {
	.name = "DTLS",
	.key = "dtls",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_dtls),
	.numbers = dtls_numbers,
	.decode = dtls_decode,
	.read = dtls_read,
	.fields = dtls_fields,
	.derive = dtls_derive,
};
