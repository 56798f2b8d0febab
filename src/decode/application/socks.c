/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * socks.c - SOCKS: version 5 RFC 1928, its names and passwords RFC 1929, versions 4 and 4a the papers by Ying-Da
 * Lee. A message fills its segment, or data follow a request that was answered; what a connection carries then
 * is Payload.
 */
#include <torc/layers/application/socks.h>

#include <string.h>

#include "decode/application/side.h"

enum { ADDRESS_IPV4 = 1, ADDRESS_NAME = 3, ADDRESS_IPV6 = 4 };

/* Address and port of version 5 (RFC 1928 §5) behind three bytes; the message's length, 0: it is none. */
static uint32_t address_read(const uint8_t *p, uint32_t length, struct torc_socks *socks)
{
	uint32_t at = 4, size;

	if (length < 7 || p[2] != 0)
		return 0;
	socks->address_type = p[3];
	if (p[3] == ADDRESS_NAME)
		at++;
	size = p[3] == ADDRESS_IPV4 ? 4 : p[3] == ADDRESS_IPV6 ? 16 : p[3] == ADDRESS_NAME ? p[4] : 0;
	if (size == 0 || length < at + size + 2)
		return 0;
	if (p[3] == ADDRESS_IPV4)
		memcpy(socks->ipv4, p + at, 4);
	else if (p[3] == ADDRESS_IPV6)
		memcpy(socks->ipv6, p + at, 16);
	else
		socks->host = (struct torc_bytes){ p + at, size };
	socks->port = torc_be16(p + at + size);
	return at + size + 2;
}

/* RFC 1929 §2: a version of its own, 1; a name and a password with their lengths in front */
static uint32_t password_read(const uint8_t *p, uint32_t length, struct torc_socks *socks)
{
	uint32_t at;

	if (length < 5 || p[1] == 0 || length < 3u + p[1])
		return 0;
	at = 2u + p[1];
	if (length != at + 1 + p[at])
		return 0;
	socks->user = (struct torc_bytes){ p + 2, p[1] };
	socks->password = (struct torc_bytes){ p + at + 1, p[at] };
	socks->message = TORC_SOCKS_AUTHENTICATION;
	socks->version = 5;
	return length;
}

/* A name behind a zero at *at; false: there is no zero. */
static bool take_string(const uint8_t *p, uint32_t length, uint32_t *at, struct torc_bytes *string)
{
	const uint8_t *end = *at < length ? memchr(p + *at, 0, length - *at) : NULL;

	if (!end)
		return false;
	*string = (struct torc_bytes){ p + *at, (uint32_t)(end - p) - *at };
	*at += string->length + 1;
	return true;
}

/* Version 4; of 4a the address is 0.0.0.x, and the host's name follows the user's. */
static uint32_t request_4_read(const uint8_t *p, uint32_t length, struct torc_socks *socks)
{
	uint32_t at = 8;

	if (length < 9 || p[1] < 1 || p[1] > 2)
		return 0;
	socks->message = TORC_SOCKS_REQUEST;
	socks->version = 4;
	socks->command = p[1];
	socks->port = torc_be16(p + 2);
	socks->address_type = ADDRESS_IPV4;
	memcpy(socks->ipv4, p + 4, 4);
	if (!take_string(p, length, &at, &socks->user))
		return 0;
	if (p[4] == 0 && p[5] == 0 && p[6] == 0 && p[7] != 0) {
		socks->address_type = ADDRESS_NAME;
		if (!take_string(p, length, &at, &socks->host))
			return 0;
	}
	return at;
}

/* The message's length, 0: it is none. */
static uint32_t client_read(const uint8_t *p, uint32_t length, struct torc_socks *socks)
{
	if (p[0] == 4)
		return request_4_read(p, length, socks);
	if (p[0] == 1)
		return password_read(p, length, socks);
	if (p[0] != 5)
		return 0;
	socks->version = 5;
	if (p[1] > 0 && length == 2u + p[1]) {
		socks->message = TORC_SOCKS_GREETING;
		socks->methods = (struct torc_bytes){ p + 2, p[1] };
		return length;
	}
	socks->message = TORC_SOCKS_REQUEST;
	socks->command = p[1];
	return p[1] >= 1 && p[1] <= 3 ? address_read(p, length, socks) : 0;
}

static uint32_t server_read(const uint8_t *p, uint32_t length, struct torc_socks *socks)
{
	if (length == 2 && (p[0] == 5 || p[0] == 1)) {
		socks->version = 5;
		socks->message = p[0] == 5 ? TORC_SOCKS_METHOD : TORC_SOCKS_AUTHENTICATED;
		socks->method = p[0] == 5 ? p[1] : 0;
		socks->reply = p[0] == 5 ? 0 : p[1];
		return length;
	}
	socks->message = TORC_SOCKS_REPLY;
	socks->reply = p[1];
	if (length >= 8 && p[0] == 0 && p[1] >= 90 && p[1] <= 93) {
		socks->version = 4;
		socks->port = torc_be16(p + 2);
		socks->address_type = ADDRESS_IPV4;
		memcpy(socks->ipv4, p + 4, 4);
		return 8;
	}
	socks->version = 5;
	return p[0] == 5 && p[1] <= 8 ? address_read(p, length, socks) : 0;
}

static uint32_t message_read(const uint8_t *p, uint32_t length, unsigned int side,
			     struct torc_socks *socks)
{
	return side & SIDE_CLIENT ? client_read(p, length, socks) : server_read(p, length, socks);
}

static int socks_decode(struct torc_cursor *cursor)
{
	struct torc_socks socks = { 0 };

	TORC_NEED(cursor, 2);
	cursor->header_length = message_read(cursor->data, cursor->length,
					     cursor_side(cursor, TORC_LAYER_SOCKS), &socks);
	if (cursor->header_length == 0) {
		if (cursor->length < cursor->wire_length && socks.version != 0)
			return TORC_STEP_SHORT;
		return torc_cursor_malformed(cursor, "no message in front");
	}
	if (cursor->header_length < cursor->length)
		cursor->next = TORC_LAYER_PAYLOAD;
	return TORC_STEP_OK;
}

/* A greeting is known by the segment's length, so it is read with all of that. */
static void socks_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	message_read(torc_layer_header(decoded, layer), layer->header_length,
		     side_of(decoded, layer, TORC_LAYER_SOCKS), out);
}

static const char *message_name(uint64_t message)
{
	static const char *const names[] = { [1] = "greeting", "method", "authentication",
					     "authenticated", "request", "reply" };

	return message < sizeof(names) / sizeof(names[0]) ? names[message] : NULL;
}

static const char *command_name(uint64_t command)
{
	static const char *const names[] = { [1] = "connect", "bind", "UDP associate" };

	return command < sizeof(names) / sizeof(names[0]) ? names[command] : NULL;
}

static const char *reply_name(uint64_t reply)
{
	static const char *const names[] = { "succeeded", "general failure", "not allowed",
					     "network unreachable", "host unreachable",
					     "connection refused", "TTL expired",
					     "command not supported", "address type not supported" };
	static const char *const names_4[] = { "granted", "rejected", "no identd", "other user" };

	if (reply >= 90 && reply <= 93)
		return names_4[reply - 90];
	return reply < sizeof(names) / sizeof(names[0]) ? names[reply] : NULL;
}

static const char *method_name(uint64_t method)
{
	static const char *const names[] = { "none", "GSSAPI", "name and password" };

	return method == 0xFF ? "none acceptable" : method < 3 ? names[method] : NULL;
}

static const char *address_name(uint64_t type)
{
	static const char *const names[] = { [1] = "IPv4", [3] = "name", [4] = "IPv6" };

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : NULL;
}

#define OPTIONAL(member, name, kind, ...)                                                          \
	TORC_FIELD_AT(struct torc_socks, member, name, kind,                                       \
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY, ##__VA_ARGS__)

static const struct torc_field_info socks_fields[] = {
	TORC_FIELD_AT(struct torc_socks, version, "version", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY),
	TORC_FIELD_AT(struct torc_socks, message, "message", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = message_name),
	OPTIONAL(command, "command", TORC_FIELD_UINT, .value_name = command_name),
	OPTIONAL(reply, "reply", TORC_FIELD_UINT, .value_name = reply_name),
	OPTIONAL(method, "method", TORC_FIELD_UINT, .value_name = method_name),
	TORC_FIELD_AT(struct torc_socks, methods, "methods", TORC_FIELD_BYTES,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_socks, address_type, "address_type", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL, .value_name = address_name),
	OPTIONAL(ipv4, "ipv4", TORC_FIELD_IPV4),
	OPTIONAL(ipv6, "ipv6", TORC_FIELD_IPV6),
	OPTIONAL(host, "host", TORC_FIELD_STRING),
	OPTIONAL(port, "port", TORC_FIELD_UINT),
	OPTIONAL(user, "user", TORC_FIELD_STRING),
	TORC_FIELD_AT(struct torc_socks, password, "password", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELDS_END
};

static const struct torc_layer_number socks_numbers[] = {
	{ TORC_BY_TCP_PORT, 1080 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_socks = {
	.name = "SOCKS",
	.key = "socks",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_socks),
	.numbers = socks_numbers,
	.decode = socks_decode,
	.read = socks_read,
	.fields = socks_fields,
};
