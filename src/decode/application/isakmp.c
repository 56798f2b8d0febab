/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * isakmp.c - ISAKMP: RFC 2408 §3, and IKE version 2: RFC 7296 §3. Both have the same head and a chain of
 * payloads, each of which tells the type of the next.
 */
#include <torc/layers/application/isakmp.h>

#include "decode/registry.h"

#define HEADER    28
#define PAYLOAD   4 /* bytes in front of the body */
#define ENCRYPTED 1 /* flag of version 1 */

enum { NOTIFICATION_1 = 11, NOTIFICATION_2 = 41, SK = 46, SKF = 53 };

/* An offset has 24 bits of a position, the type of the payload there the others. */
#define OFFSET_MASK 0xFFFFFFu

static bool is_encrypted(uint8_t major, uint8_t flags)
{
	return major == 1 && flags & ENCRYPTED;
}

/* What a notification says stands behind its protocol and the size of the SPI that it is about. */
static uint16_t notify_of(uint8_t type, const uint8_t *body, uint32_t length)
{
	uint32_t at = type == NOTIFICATION_1 ? 6 : 2; /* version 1 has a domain in front */

	if ((type != NOTIFICATION_1 && type != NOTIFICATION_2) || length < at + 2)
		return 0;
	return torc_be16(body + at);
}

int torc_isakmp_payload_next(const struct torc_isakmp *isakmp, uint32_t *position,
			     struct torc_isakmp_payload *payload)
{
	uint32_t at = *position & OFFSET_MASK, left, length;
	uint8_t type = *position ? (uint8_t)(*position >> 24) : isakmp->next_payload;
	const uint8_t *p;

	if (type == 0 || at >= isakmp->payloads.length)
		return 0;
	p = isakmp->payloads.data + at;
	left = isakmp->payloads.length - at;
	if (left < PAYLOAD || torc_be16(p + 2) < PAYLOAD || torc_be16(p + 2) > left)
		return 0;
	length = torc_be16(p + 2);
	payload->type = type;
	payload->critical = isakmp->major == 2 && p[1] & 0x80;
	payload->length = (uint16_t)length;
	payload->body = (struct torc_bytes){ p + PAYLOAD, length - PAYLOAD };
	payload->notify = notify_of(type, p + PAYLOAD, length - PAYLOAD);
	/* what is in an encrypted payload is told by its head, and is not behind it */
	type = isakmp->major == 2 && (type == SK || type == SKF) ? 0 : p[0];
	at += length;
	*position = at > OFFSET_MASK ? OFFSET_MASK : (uint32_t)type << 24 | at;
	return 1;
}

/* Whether the chain ends where the message does; SK is the last one whatever it says (RFC 7296 §3.14). */
static bool payloads_fit(const struct torc_isakmp *isakmp)
{
	struct torc_isakmp_payload payload;
	uint32_t position = 0;

	while (torc_isakmp_payload_next(isakmp, &position, &payload) > 0)
		;
	return position ? (position >> 24) == 0 : isakmp->next_payload == 0;
}

static struct torc_isakmp head_read(const uint8_t *p, uint32_t length)
{
	struct torc_isakmp isakmp = {
		.initiator_spi = torc_be64(p),
		.responder_spi = torc_be64(p + 8),
		.next_payload = p[16],
		.major = p[17] >> 4,
		.minor = p[17] & 0xF,
		.exchange = p[18],
		.flags = p[19],
		.message_id = torc_be32(p + 20),
		.length = torc_be32(p + 24),
	};
	struct torc_bytes rest = { p + HEADER, length - HEADER };

	if (is_encrypted(isakmp.major, isakmp.flags))
		isakmp.encrypted = rest;
	else
		isakmp.payloads = rest;
	return isakmp;
}

static int isakmp_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	struct torc_isakmp isakmp;

	TORC_NEED(cursor, HEADER);
	if (p[17] >> 4 != 1 && p[17] >> 4 != 2)
		return torc_cursor_malformed(cursor, "version is neither 1 nor 2");
	if (torc_be32(p + 24) < HEADER)
		return torc_cursor_malformed(cursor, "length is below the header");
	torc_cursor_claim(cursor, torc_be32(p + 24));
	cursor->header_length = cursor->length;
	isakmp = head_read(p, cursor->length);
	if (cursor->length == isakmp.length && isakmp.payloads.length > 0 && !payloads_fit(&isakmp))
		return torc_cursor_bad_tail(cursor, "a payload does not fit");
	return TORC_STEP_OK;
}

static void isakmp_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			void *out)
{
	*(struct torc_isakmp *)out = head_read(torc_layer_header(decoded, layer), layer->header_length);
}

static int payload_element(const void *layer, uint32_t *position, void *element)
{
	return torc_isakmp_payload_next(layer, position, element);
}

/* IANA's "IKEv1 Exchange Types" and "IKEv2 Exchange Types" */
static const char *exchange_name(uint64_t exchange)
{
	static const char *const names[] = {
		[1] = "base", [2] = "identity protection", [3] = "authentication only",
		[4] = "aggressive", [5] = "informational", [6] = "transaction",
		[32] = "quick mode", [33] = "new group mode", [34] = "IKE_SA_INIT",
		[35] = "IKE_AUTH", [36] = "CREATE_CHILD_SA", [37] = "INFORMATIONAL",
		[38] = "IKE_SESSION_RESUME", [39] = "GSA_AUTH", [40] = "GSA_REGISTRATION",
		[41] = "GSA_REKEY", [43] = "IKE_INTERMEDIATE", [44] = "IKE_FOLLOWUP_KE"
	};

	return exchange < sizeof(names) / sizeof(names[0]) ? names[exchange] : NULL;
}

/* RFC 2408 §3.1, RFC 3947 §3.2, RFC 7296 §3.2 */
static const char *payload_name(uint64_t type)
{
	static const char *const names[] = {
		[0] = "none", [1] = "SA", [2] = "proposal", [3] = "transform", [4] = "KE",
		[5] = "ID", [6] = "CERT", [7] = "CERTREQ", [8] = "HASH", [9] = "SIG",
		[10] = "nonce", [11] = "notification", [12] = "delete", [13] = "vendor ID",
		[14] = "attributes", [20] = "NAT-D", [21] = "NAT-OA", [33] = "SA", [34] = "KE",
		[35] = "IDi", [36] = "IDr", [37] = "CERT", [38] = "CERTREQ", [39] = "AUTH",
		[40] = "nonce", [41] = "notify", [42] = "delete", [43] = "vendor ID",
		[44] = "TSi", [45] = "TSr", [46] = "encrypted", [47] = "configuration",
		[48] = "EAP", [53] = "encrypted fragment", [130] = "NAT-D", [131] = "NAT-OA",
		[132] = "fragment"
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

/* IANA's "IKEv2 Notify Message Types", and those of version 1 that are met: RFC 2408 §3.14.1, RFC 3706 */
static const char *notify_name(uint64_t notify)
{
	switch (notify) {
	case 7:
		return "invalid syntax";
	case 14:
		return "no proposal chosen";
	case 17:
		return "invalid key exchange";
	case 24:
		return "authentication failed";
	case 38:
		return "traffic selectors unacceptable";
	case 16384:
		return "initial contact";
	case 16386:
		return "additional traffic selectors possible";
	case 16388:
		return "NAT detection, source";
	case 16389:
		return "NAT detection, destination";
	case 16390:
		return "cookie";
	case 16391:
		return "use transport mode";
	case 16393:
		return "rekey SA";
	case 16394:
		return "ESP TFC padding not supported";
	case 16404:
		return "multiple authentication supported";
	case 16430:
		return "fragmentation supported";
	case 16431:
		return "signature hash algorithms";
	case 24576:
		return "responder lifetime";
	case 24578:
		return "initial contact";
	case 36136:
		return "are you there";
	case 36137:
		return "are you there, answered";
	default:
		return NULL;
	}
}

static const struct torc_field_info payload_fields[] = {
	TORC_FIELD_AT(struct torc_isakmp_payload, type, "type", TORC_FIELD_UINT,
		      .value_name = payload_name),
	TORC_FIELD_AT(struct torc_isakmp_payload, critical, "critical", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_isakmp_payload, length, "length", TORC_FIELD_UINT,
		      .unit = "bytes"),
	TORC_FIELD_AT(struct torc_isakmp_payload, notify, "notify", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .value_name = notify_name),
	TORC_FIELD_AT(struct torc_isakmp_payload, body, "body", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_list_info payload_list = {
	.next = payload_element,
	.element_size = sizeof(struct torc_isakmp_payload),
	.fields = payload_fields,
};

static const struct torc_field_info isakmp_fields[] = {
	TORC_FIELD_AT(struct torc_isakmp, initiator_spi, "initiator_spi", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_isakmp, responder_spi, "responder_spi", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_isakmp, next_payload, "next_payload", TORC_FIELD_UINT,
		      .value_name = payload_name),
	TORC_FIELD_AT(struct torc_isakmp, major, "major", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_isakmp, minor, "minor", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_isakmp, exchange, "exchange", TORC_FIELD_UINT,
		      .value_name = exchange_name),
	TORC_FIELD_AT(struct torc_isakmp, flags, "flags", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_isakmp, message_id, "message_id", TORC_FIELD_HEX),
	TORC_FIELD_AT(struct torc_isakmp, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_isakmp, payloads, "payloads", TORC_FIELD_LIST,
		      .flags = TORC_FIELD_OPTIONAL, .list = &payload_list),
	TORC_FIELD_AT(struct torc_isakmp, encrypted, "encrypted", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number isakmp_numbers[] = {
	{ TORC_BY_UDP_PORT, 500 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_isakmp = {
	.name = "ISAKMP",
	.key = "isakmp",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_isakmp),
	.numbers = isakmp_numbers,
	.decode = isakmp_decode,
	.read = isakmp_read,
	.fields = isakmp_fields,
};
