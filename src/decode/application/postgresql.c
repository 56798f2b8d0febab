/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * postgresql.c - PostgreSQL's frontend/backend protocol 3: postgresql.org/docs/current/protocol-message-formats.html.
 * A segment is a list of messages, the last of which may go on in the next one.
 */
#include <torc/layers/application/postgresql.h>

#include <string.h>

#include "decode/application/side.h"

#define VERSION_3    0x00030000
#define CANCEL	     0x04D2162E
#define TLS	     0x04D2162F
#define GSSAPI	     0x04D21630
#define START_MAX    10000   /* bytes of a message of the start */
#define MESSAGE_MAX  (1u << 24) /* what the first message of a segment may say to be believed */

static bool is_start_code(uint32_t code)
{
	return code == VERSION_3 || code == CANCEL || code == TLS || code == GSSAPI;
}

static bool is_start(const uint8_t *p, uint32_t length)
{
	return length >= 8 && torc_be32(p) >= 8 && torc_be32(p) <= START_MAX &&
	       is_start_code(torc_be32(p + 4));
}

static bool is_type(uint8_t type, bool is_backend)
{
	return type != 0 && strchr(is_backend ? "RKSZTDCEINntA1239sGHWVcdv" : "QPBDESXCHpdfcF",
				   type) != NULL;
}

/* The message at p; its bytes, 0: it is none. */
static uint32_t message_read(const uint8_t *p, uint32_t left, bool is_backend,
			     struct torc_postgresql_message *message)
{
	uint32_t header = 5, length;

	*message = (struct torc_postgresql_message){ 0 };
	if (!is_backend && is_start(p, left)) {
		header = 4;
		length = torc_be32(p);
	} else {
		if (left < 5 || !is_type(p[0], is_backend) || torc_be32(p + 1) < 4 ||
		    torc_be32(p + 1) > MESSAGE_MAX)
			return 0;
		message->kind = (uint16_t)(p[0] | (is_backend ? TORC_POSTGRESQL_BACKEND : 0));
		length = torc_be32(p + 1);
	}
	message->length = length;
	length -= 4;
	message->is_whole = length <= left - header;
	message->body = (struct torc_bytes){ p + header, message->is_whole ? length : left - header };
	return header + message->body.length;
}

/* The server answers a request for encryption with one byte. */
static bool is_answer(const uint8_t *p, uint32_t length, bool is_backend)
{
	return is_backend && length == 1 && (p[0] == 'S' || p[0] == 'N' || p[0] == 'G');
}

/*
 * Whether the first message may be trusted, though it goes on behind the segment: what follows those that are
 * whole has to be a message too, and text is not taken for one.
 */
static int postgresql_decode(struct torc_cursor *cursor)
{
	bool is_backend = !(cursor_side(cursor, TORC_LAYER_POSTGRESQL) & SIDE_CLIENT);
	struct torc_postgresql_message message;
	uint32_t at = 0, used;

	TORC_NEED(cursor, 1);
	if (is_answer(cursor->data, cursor->wire_length, is_backend)) {
		cursor->header_length = 1;
		return TORC_STEP_OK;
	}
	TORC_NEED(cursor, 5);
	while (at < cursor->length) {
		used = message_read(cursor->data + at, cursor->length - at, is_backend, &message);
		if (used == 0 && (at == 0 || cursor->length - at >= 5))
			return torc_cursor_malformed(cursor, "no message in front");
		at += used ? used : cursor->length - at;
	}
	cursor->header_length = at;
	return TORC_STEP_OK;
}

int torc_postgresql_message_next(const struct torc_postgresql *postgresql, uint32_t *position,
				 struct torc_postgresql_message *message)
{
	const uint8_t *p = postgresql->messages.data + *position;
	uint32_t left = postgresql->messages.length - *position, used;

	*message = (struct torc_postgresql_message){ 0 };
	if (*position >= postgresql->messages.length)
		return 0;
	if (is_answer(p, postgresql->messages.length, postgresql->is_backend)) {
		message->kind = TORC_POSTGRESQL_ANSWER | p[0];
		message->is_whole = true;
		*position = 1;
		return 1;
	}
	used = message_read(p, left, postgresql->is_backend, message);
	*position += used;
	return used > 0;
}

/* A string with a zero at its end at *at, moved on behind it; what there is of it, where that is cut. */
static struct torc_bytes take_string(const struct torc_bytes *body, uint32_t *at)
{
	const uint8_t *p = body->data + *at;
	uint32_t left = body->length - *at;
	const uint8_t *end = left ? memchr(p, 0, left) : NULL;
	struct torc_bytes string = { p, end ? (uint32_t)(end - p) : left };

	*at += string.length + (end ? 1 : 0);
	return string;
}

static bool is(const struct torc_bytes *word, const char *name)
{
	return word->length == strlen(name) && memcmp(word->data, name, word->length) == 0;
}

/* Pairs of strings behind the version. */
static void startup_read(const struct torc_bytes *body, struct torc_postgresql *postgresql)
{
	struct torc_bytes name, value;
	uint32_t at = 4;

	while (at < body->length) {
		name = take_string(body, &at);
		value = take_string(body, &at);
		if (is(&name, "user"))
			postgresql->user = value;
		else if (is(&name, "database"))
			postgresql->database = value;
		else if (is(&name, "application_name"))
			postgresql->application = value;
	}
}

/* A letter and a string each, up to a zero. */
static void error_read(const struct torc_bytes *body, struct torc_postgresql *postgresql)
{
	uint32_t at = 0;

	while (at < body->length && body->data[at] != 0) {
		uint8_t kind = body->data[at++];
		struct torc_bytes text = take_string(body, &at);

		if (kind == 'S')
			postgresql->severity = text;
		else if (kind == 'C')
			postgresql->sqlstate = text;
		else if (kind == 'M')
			postgresql->error = text;
	}
}

static void message_take(const struct torc_postgresql_message *message,
			 struct torc_postgresql *postgresql)
{
	const struct torc_bytes *body = &message->body;
	uint8_t type = message->kind & 0xFF;
	uint32_t at = 0;

	if (message->kind == TORC_POSTGRESQL_START) {
		postgresql->code = body->length >= 4 ? torc_be32(body->data) : 0;
		if (postgresql->code == VERSION_3)
			startup_read(body, postgresql);
	} else if (message->kind & TORC_POSTGRESQL_BACKEND) {
		if (type == 'C' && !postgresql->tag.data)
			postgresql->tag = take_string(body, &at);
		else if ((type == 'E' || type == 'N') && !postgresql->error.data)
			error_read(body, postgresql);
	} else if (type == 'p') {
		postgresql->password = take_string(body, &at);
	} else if (!postgresql->query.data && (type == 'Q' || type == 'P')) {
		if (type == 'P') /* the name of the statement is in front */
			take_string(body, &at);
		postgresql->query = take_string(body, &at);
	}
}

static void postgresql_read(const struct torc_decoded *decoded, const struct torc_layer *layer,
			    void *out)
{
	struct torc_postgresql *postgresql = out;
	struct torc_postgresql_message message;
	uint32_t position = 0;
	bool first = true;

	postgresql->is_backend =
		!(side_of(decoded, layer, TORC_LAYER_POSTGRESQL) & SIDE_CLIENT);
	postgresql->messages =
		(struct torc_bytes){ torc_layer_header(decoded, layer), layer->header_length };
	for (; torc_postgresql_message_next(postgresql, &position, &message); first = false) {
		if (first)
			postgresql->kind = message.kind;
		if (message.length > 0)
			message_take(&message, postgresql);
	}
}

static int message_element(const void *layer, uint32_t *position, void *element)
{
	return torc_postgresql_message_next(layer, position, element);
}

static const char *kind_name(uint64_t kind)
{
	static const struct {
		uint16_t kind;
		const char *name;
	} names[] = {
		{ 0, "start" }, { 'Q', "query" }, { 'P', "parse" }, { 'B', "bind" },
		{ 'D', "describe" }, { 'E', "execute" }, { 'S', "sync" }, { 'X', "terminate" },
		{ 'C', "close" }, { 'H', "flush" }, { 'p', "authentication" },
		{ 'd', "copy data" }, { 'f', "copy fail" }, { 'c', "copy done" },
		{ 'F', "function call" }, { 0x100 | 'R', "authentication request" },
		{ 0x100 | 'K', "cancellation key" }, { 0x100 | 'S', "parameter status" },
		{ 0x100 | 'Z', "ready for query" }, { 0x100 | 'T', "row description" },
		{ 0x100 | 'D', "data row" }, { 0x100 | 'C', "command complete" },
		{ 0x100 | 'E', "error" }, { 0x100 | 'N', "notice" },
		{ 0x100 | 'I', "empty query" }, { 0x100 | 'n', "no data" },
		{ 0x100 | 't', "parameter description" }, { 0x100 | 'A', "notification" },
		{ 0x100 | '1', "parse complete" }, { 0x100 | '2', "bind complete" },
		{ 0x100 | '3', "close complete" }, { 0x100 | 's', "portal suspended" },
		{ 0x100 | 'G', "copy in" }, { 0x100 | 'H', "copy out" }, { 0x100 | 'W', "copy both" },
		{ 0x100 | 'c', "copy done" }, { 0x100 | 'd', "copy data" },
		{ 0x100 | 'V', "function result" }, { 0x100 | 'v', "negotiate version" },
		{ 0x300 | 'S', "encryption: yes" }, { 0x300 | 'N', "encryption: no" },
		{ 0x300 | 'G', "encryption: GSSAPI" }
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].kind == kind)
			return names[i].name;
	return NULL;
}

static const char *code_name(uint64_t code)
{
	switch (code) {
	case VERSION_3:
		return "startup";
	case CANCEL:
		return "cancel request";
	case TLS:
		return "request for TLS";
	case GSSAPI:
		return "request for GSSAPI";
	default:
		return NULL;
	}
}

static const struct torc_field_info message_fields[] = {
	TORC_FIELD_AT(struct torc_postgresql_message, kind, "kind", TORC_FIELD_HEX,
		      .value_name = kind_name),
	TORC_FIELD_AT(struct torc_postgresql_message, length, "length", TORC_FIELD_UINT,
		      .unit = "bytes"),
	TORC_FIELD_AT(struct torc_postgresql_message, is_whole, "whole", TORC_FIELD_BOOL),
	TORC_FIELDS_END
};

static const struct torc_list_info message_list = {
	.next = message_element,
	.element_size = sizeof(struct torc_postgresql_message),
	.fields = message_fields,
};

#define OPTIONAL_STRING(member, name)                                                              \
	TORC_FIELD_AT(struct torc_postgresql, member, name, TORC_FIELD_STRING,                     \
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY)

static const struct torc_field_info postgresql_fields[] = {
	TORC_FIELD_AT(struct torc_postgresql, is_backend, "backend", TORC_FIELD_BOOL),
	TORC_FIELD_AT(struct torc_postgresql, kind, "kind", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_SUMMARY, .value_name = kind_name),
	TORC_FIELD_AT(struct torc_postgresql, code, "code", TORC_FIELD_HEX,
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY, .value_name = code_name),
	OPTIONAL_STRING(user, "user"),
	OPTIONAL_STRING(database, "database"),
	OPTIONAL_STRING(application, "application"),
	OPTIONAL_STRING(query, "query"),
	OPTIONAL_STRING(tag, "tag"),
	OPTIONAL_STRING(severity, "severity"),
	OPTIONAL_STRING(sqlstate, "sqlstate"),
	OPTIONAL_STRING(error, "error"),
	TORC_FIELD_AT(struct torc_postgresql, password, "password", TORC_FIELD_STRING,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_postgresql, messages, "messages", TORC_FIELD_LIST,
		      .list = &message_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number postgresql_numbers[] = {
	{ TORC_BY_TCP_PORT, 5432 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_postgresql = {
	.name = "PostgreSQL",
	.key = "postgresql",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_postgresql),
	.numbers = postgresql_numbers,
	.decode = postgresql_decode,
	.read = postgresql_read,
	.fields = postgresql_fields,
};
