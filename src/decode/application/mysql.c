/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mysql.c - MySQL's and MariaDB's client/server protocol: dev.mysql.com/doc/dev/mysql-server, "Client/Server
 * Protocol"; numbers with the lowest byte first. Greeting, login, commands, OK and errors are read; what rows
 * there are only the connection tells.
 */
#include <torc/layers/application/mysql.h>

#include <string.h>

#include "decode/application/side.h"
#include "decode/guess.h"
#include "decode/little.h"

#define PROTOCOL_41	   0x00000200u
#define WITH_DATABASE	   0x00000008u
#define WITH_TLS	   0x00000800u
#define SECURE_CONNECTION  0x00008000u
#define WITH_PLUGIN	   0x00080000u
#define LENGTH_IN_FRONT	   0x00200000u /* of the scrambled password, also above 250 */
#define COMMAND_MAX	   0x1F
#define LOGIN_HEAD	   32

enum { INIT_DATABASE = 2, QUERY = 3, CREATE_DATABASE = 5, DROP_DATABASE = 6, PREPARE = 22 };

static uint32_t le24(const uint8_t *p)
{
	return (uint32_t)(p[0] | p[1] << 8 | p[2] << 16);
}

/* The packet at p; its bytes, 0: there is not even its header. */
static uint32_t packet_read(const uint8_t *p, uint32_t left, struct torc_mysql_packet *packet)
{
	*packet = (struct torc_mysql_packet){ 0 };
	if (left < 4)
		return 0;
	packet->length = le24(p);
	packet->sequence = p[3];
	packet->is_whole = packet->length <= left - 4;
	packet->body = (struct torc_bytes){ p + 4, packet->is_whole ? packet->length : left - 4 };
	return 4 + packet->body.length;
}

/* What is left to read of a body. */
struct reader {
	const uint8_t *p;
	uint32_t left;
};

static bool skip(struct reader *reader, uint32_t bytes)
{
	if (reader->left < bytes)
		return false;
	reader->p += bytes;
	reader->left -= bytes;
	return true;
}

/* Up to a zero, or to the end. */
static struct torc_bytes take_string(struct reader *reader)
{
	const uint8_t *end = reader->left ? memchr(reader->p, 0, reader->left) : NULL;
	struct torc_bytes string = { reader->p, end ? (uint32_t)(end - reader->p) : reader->left };

	skip(reader, string.length + (end ? 1 : 0));
	return string;
}

/* Version 10 in front of a version that is text. */
static bool is_greeting(const struct torc_bytes *body)
{
	return body->length > 20 && body->data[0] == 10 && body->data[1] >= '0' &&
	       body->data[1] <= '9' && memchr(body->data + 1, 0, body->length - 1) != NULL;
}

static void greeting_read(struct reader reader, struct torc_mysql *mysql)
{
	skip(&reader, 1);
	mysql->version = take_string(&reader);
	if (reader.left < 4)
		return;
	mysql->thread_id = le32(reader.p);
	if (reader.left < 15)
		return;
	mysql->capabilities = le16(reader.p + 13); /* behind 8 bytes of salt and a zero */
	if (reader.left < 31)
		return;
	mysql->charset = reader.p[15];
	mysql->status = le16(reader.p + 16);
	mysql->capabilities |= (uint32_t)le16(reader.p + 18) << 16;
	if (!(mysql->capabilities & WITH_PLUGIN))
		return;
	/* reader.p[20] is the salt's length, of which 8 bytes were in front; then 10 bytes and the rest */
	if (skip(&reader, 31u + (reader.p[20] > 21 ? reader.p[20] - 8u : 13u)))
		mysql->plugin = take_string(&reader);
}

static void login_read(struct reader reader, struct torc_mysql *mysql)
{
	uint32_t length;

	mysql->capabilities = le32(reader.p);
	mysql->charset = reader.p[8];
	skip(&reader, LOGIN_HEAD);
	mysql->user = take_string(&reader);
	if (reader.left == 0 || !(mysql->capabilities & (SECURE_CONNECTION | LENGTH_IN_FRONT)))
		return;
	length = reader.p[0];
	if (length > 250 || !skip(&reader, 1) || reader.left < length)
		return;
	mysql->password = (struct torc_bytes){ reader.p, length };
	skip(&reader, length);
	if (mysql->capabilities & WITH_DATABASE)
		mysql->database = take_string(&reader);
	if (mysql->capabilities & WITH_PLUGIN)
		mysql->plugin = take_string(&reader);
}

/* From a server: 00, FE and FF begin what ends an answer. */
static void answer_read(struct reader reader, struct torc_mysql *mysql)
{
	if (reader.p[0] == 0xFF && reader.left >= 3) {
		mysql->kind = TORC_MYSQL_ERROR;
		mysql->error_code = le16(reader.p + 1);
		skip(&reader, 3);
		if (reader.left >= 6 && reader.p[0] == '#') {
			mysql->sqlstate = (struct torc_bytes){ reader.p + 1, 5 };
			skip(&reader, 6);
		}
		mysql->error = (struct torc_bytes){ reader.p, reader.left };
	} else if (reader.p[0] == 0xFE && reader.left == 5) {
		mysql->kind = TORC_MYSQL_EOF;
		mysql->status = le16(reader.p + 3);
	} else if (reader.p[0] == 0 && reader.left >= 7 && reader.p[1] < 251 && reader.p[2] < 251) {
		mysql->kind = TORC_MYSQL_OK;
		mysql->status = le16(reader.p + 3);
	}
}

/* A statement begins with a word, a comment or a parenthesis. */
static bool is_statement(const struct reader *text)
{
	uint8_t c = text->left ? text->p[0] | 0x20 : 0;

	return (c >= 'a' && c <= 'z') || (text->left && strchr("/( \t\r\n#", text->p[0]));
}

/* What goes on in the next segment may as well be other bytes: there only statements are commands. */
static bool command_fits(const struct torc_mysql_packet *packet)
{
	struct reader text = { packet->body.data + 1, packet->body.length - 1 };
	uint8_t command = packet->body.data[0];

	return command <= COMMAND_MAX &&
	       (packet->is_whole ||
		((command == QUERY || command == PREPARE) && is_statement(&text)));
}

static void command_read(struct reader reader, struct torc_mysql *mysql)
{
	mysql->kind = TORC_MYSQL_COMMAND;
	mysql->command = reader.p[0];
	skip(&reader, 1);
	if (mysql->command == INIT_DATABASE || mysql->command == QUERY ||
	    mysql->command == CREATE_DATABASE || mysql->command == DROP_DATABASE ||
	    mysql->command == PREPARE)
		mysql->query = (struct torc_bytes){ reader.p, reader.left };
}

/* The first packet tells what a segment is for. */
static void first_read(const struct torc_mysql_packet *packet, unsigned int side,
		       struct torc_mysql *mysql)
{
	struct reader reader = { packet->body.data, packet->body.length };

	mysql->sequence = packet->sequence;
	mysql->length = packet->length;
	if (reader.left == 0)
		return;
	if (side & SIDE_SERVER) {
		if (packet->sequence == 0 && is_greeting(&packet->body)) {
			mysql->kind = TORC_MYSQL_GREETING;
			greeting_read(reader, mysql);
		} else if (packet->sequence > 0) {
			answer_read(reader, mysql);
		}
		return;
	}
	if (packet->sequence == 0 && command_fits(packet)) {
		command_read(reader, mysql);
	} else if (packet->sequence == 1 && reader.left >= LOGIN_HEAD &&
		   le32(reader.p) & PROTOCOL_41) {
		mysql->kind = packet->length == LOGIN_HEAD && le32(reader.p) & WITH_TLS ?
				      TORC_MYSQL_TLS :
				      TORC_MYSQL_LOGIN;
		login_read(reader, mysql);
	}
}

/*
 * The headers have nothing that tells them from other bytes: the first packet is of a kind that is known, or all
 * of them are whole, fill the segment and are numbered one behind the other.
 */
static int mysql_decode(struct torc_cursor *cursor)
{
	struct torc_mysql_packet packet;
	struct torc_mysql mysql = { 0 };
	uint32_t at, used, count = 0;
	uint8_t sequence;

	TORC_NEED(cursor, 5);
	if (begins_tls(cursor->data, cursor->length))
		return torc_cursor_malformed(cursor, "TLS");
	at = packet_read(cursor->data, cursor->length, &packet);
	first_read(&packet, cursor_side(cursor, TORC_LAYER_MYSQL), &mysql);
	sequence = packet.sequence;
	while (packet.is_whole && at < cursor->length) {
		used = packet_read(cursor->data + at, cursor->length - at, &packet);
		if (used == 0)
			break;
		if (packet.sequence != (uint8_t)(sequence + 1) && packet.sequence != 0)
			return torc_cursor_malformed(cursor, "packets without order");
		sequence = packet.sequence;
		at += used;
		count++;
	}
	if (mysql.kind == TORC_MYSQL_OTHER &&
	    (!packet.is_whole || at < cursor->length || mysql.length == 0 ||
	     (count == 0 && mysql.sequence == 0)))
		return torc_cursor_malformed(cursor, "no packet that is known");
	cursor->header_length = cursor->length;
	return TORC_STEP_OK;
}

static void mysql_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	struct torc_mysql *mysql = out;
	struct torc_mysql_packet packet;

	mysql->packets =
		(struct torc_bytes){ torc_layer_header(decoded, layer), layer->header_length };
	packet_read(mysql->packets.data, mysql->packets.length, &packet);
	first_read(&packet, side_of(decoded, layer, TORC_LAYER_MYSQL), mysql);
}

int torc_mysql_packet_next(const struct torc_mysql *mysql, uint32_t *position,
			   struct torc_mysql_packet *packet)
{
	uint32_t used;

	if (*position >= mysql->packets.length) {
		*packet = (struct torc_mysql_packet){ 0 };
		return 0;
	}
	used = packet_read(mysql->packets.data + *position, mysql->packets.length - *position, packet);
	*position += used;
	return used > 0;
}

static int packet_element(const void *layer, uint32_t *position, void *element)
{
	return torc_mysql_packet_next(layer, position, element);
}

static const char *kind_name(uint64_t kind)
{
	static const char *const names[] = { "other", "greeting", "login", "TLS follows",
					     "command", "ok", "error", "end of rows" };

	return kind < sizeof(names) / sizeof(names[0]) ? names[kind] : NULL;
}

static const char *command_name(uint64_t command)
{
	static const char *const names[] = {
		"sleep", "quit", "use database", "query", "list fields", "create database",
		"drop database", "refresh", "shutdown", "statistics", "list processes", "connect",
		"kill", "debug", "ping", "time", "delayed insert", "change user", "binlog dump",
		"table dump", "connect out", "register replica", "prepare", "execute",
		"send long data", "close statement", "reset statement", "set option", "fetch",
		"daemon", "binlog dump by GTID", "reset connection"
	};

	return command < sizeof(names) / sizeof(names[0]) ? names[command] : NULL;
}

static const struct torc_field_info packet_fields[] = {
	TORC_FIELD_AT(struct torc_mysql_packet, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	TORC_FIELD_AT(struct torc_mysql_packet, sequence, "seq", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_mysql_packet, is_whole, "whole", TORC_FIELD_BOOL), TORC_FIELDS_END
};

static const struct torc_list_info packet_list = {
	.next = packet_element,
	.element_size = sizeof(struct torc_mysql_packet),
	.fields = packet_fields,
};

#define OPTIONAL(member, name, kind, ...)                                                          \
	TORC_FIELD_AT(struct torc_mysql, member, name, kind, .flags = TORC_FIELD_OPTIONAL,         \
		      ##__VA_ARGS__)

#define SHOWN(member, name, kind, ...)                                                             \
	TORC_FIELD_AT(struct torc_mysql, member, name, kind,                                       \
		      .flags = TORC_FIELD_OPTIONAL | TORC_FIELD_SUMMARY, ##__VA_ARGS__)

static const struct torc_field_info mysql_fields[] = {
	TORC_FIELD_AT(struct torc_mysql, kind, "kind", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_SUMMARY, .value_name = kind_name),
	TORC_FIELD_AT(struct torc_mysql, sequence, "seq", TORC_FIELD_UINT),
	TORC_FIELD_AT(struct torc_mysql, length, "length", TORC_FIELD_UINT, .unit = "bytes"),
	SHOWN(command, "command", TORC_FIELD_UINT, .value_name = command_name),
	SHOWN(query, "query", TORC_FIELD_STRING),
	SHOWN(version, "version", TORC_FIELD_STRING),
	OPTIONAL(thread_id, "thread_id", TORC_FIELD_UINT),
	OPTIONAL(capabilities, "capabilities", TORC_FIELD_HEX),
	OPTIONAL(charset, "charset", TORC_FIELD_UINT),
	OPTIONAL(status, "status", TORC_FIELD_HEX),
	SHOWN(user, "user", TORC_FIELD_STRING),
	SHOWN(database, "database", TORC_FIELD_STRING),
	OPTIONAL(password, "password", TORC_FIELD_BYTES),
	OPTIONAL(plugin, "plugin", TORC_FIELD_STRING),
	SHOWN(error_code, "error_code", TORC_FIELD_UINT),
	OPTIONAL(sqlstate, "sqlstate", TORC_FIELD_STRING),
	SHOWN(error, "error", TORC_FIELD_STRING),
	TORC_FIELD_AT(struct torc_mysql, packets, "packets", TORC_FIELD_LIST, .list = &packet_list),
	TORC_FIELDS_END
};

static const struct torc_layer_number mysql_numbers[] = {
	{ TORC_BY_TCP_PORT, 3306 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_mysql = {
	.name = "MySQL",
	.key = "mysql",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_mysql),
	.numbers = mysql_numbers,
	.decode = mysql_decode,
	.read = mysql_read,
	.fields = mysql_fields,
};
