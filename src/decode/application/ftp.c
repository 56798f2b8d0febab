/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ftp.c - FTP's control connection: RFC 959 §4 and §5, extensions RFC 2228, RFC 2428, RFC 3659; and where the
 * data will go, as both ends announce it
 */
#include <torc/layers/application/ftp.h>

#include <arpa/inet.h>

#include "decode/application/dialog.h"
#include "decode/registry.h"

static const char *const commands[] = {
	"USER", "PASS", "ACCT", "CWD",	"CDUP", "SMNT", "QUIT", "REIN", "PORT", "PASV", "TYPE",
	"STRU", "MODE", "RETR", "STOR", "STOU", "APPE", "ALLO", "REST", "RNFR", "RNTO", "ABOR",
	"DELE", "RMD",	"MKD",	"PWD",	"LIST", "NLST", "SITE", "SYST", "STAT", "HELP", "NOOP",
	"FEAT", "OPTS", "MDTM", "SIZE", "MLST", "MLSD", "EPRT", "EPSV", "LPRT", "LPSV", "AUTH",
	"ADAT", "PROT", "PBSZ", "CCC",	"MIC",	"CONF", "ENC",	"LANG", "HOST", "CLNT", "MFMT",
	"XMKD", "XRMD", "XPWD", "XCUP", "XCWD", "XCRC", "XMD5", "AVBL", "CSID", NULL
};

/* What follows AUTH is encrypted, if the server agrees (RFC 4217 §4). */
static bool is_last(const struct torc_dialog_line *line)
{
	return !line->is_reply && dialog_is(&line->command, "AUTH");
}

static int ftp_decode(struct torc_cursor *cursor)
{
	static const struct dialog_grammar grammar = {
		.type = TORC_LAYER_FTP,
		.kind = TORC_DIALOG_NUMBERED,
		.commands = commands,
		.is_last = is_last,
	};

	return dialog_decode(cursor, &grammar);
}

/* The number at *at, moved on behind its digits; false: there is none, or it is above most. */
static bool take_number(const struct torc_bytes *text, uint32_t *at, uint32_t most, uint32_t *number)
{
	uint32_t first = *at;

	for (*number = 0; *at < text->length && text->data[*at] >= '0' && text->data[*at] <= '9';
	     (*at)++) {
		*number = *number * 10 + text->data[*at] - '0';
		if (*number > most)
			return false;
	}
	return *at > first;
}

/* RFC 959 §4.1.2: h1,h2,h3,h4,p1,p2 */
static void read_numbers(const struct torc_bytes *text, uint32_t at, struct torc_ftp *ftp)
{
	uint8_t bytes[6];
	uint32_t number;

	for (uint32_t i = 0; i < 6; i++) {
		if (!take_number(text, &at, 255, &number))
			return;
		bytes[i] = (uint8_t)number;
		if (i < 5 && (at >= text->length || text->data[at++] != ','))
			return;
	}
	memcpy(ftp->data_ipv4, bytes, 4);
	ftp->data_port = torc_be16(bytes + 4);
}

/* RFC 2428 §2: a delimiter, then the family (1: IPv4, 2: IPv6), address and port between such; §3: |||port| */
static void read_delimited(const struct torc_bytes *text, uint32_t at, struct torc_ftp *ftp)
{
	char address[INET6_ADDRSTRLEN] = "";
	const uint8_t *end;
	uint8_t delimiter;
	uint32_t family = 0, port, length;

	if (at + 3 > text->length)
		return;
	delimiter = text->data[at++];
	take_number(text, &at, 2, &family);
	if (at >= text->length || text->data[at++] != delimiter)
		return;
	end = at < text->length ? memchr(text->data + at, delimiter, text->length - at) : NULL;
	length = end ? (uint32_t)(end - text->data) - at : 0;
	if (!end || length >= sizeof(address))
		return;
	memcpy(address, text->data + at, length);
	at += length + 1;
	if (!take_number(text, &at, 65535, &port))
		return;
	if (family == 1)
		inet_pton(AF_INET, address, ftp->data_ipv4);
	else if (family == 2)
		inet_pton(AF_INET6, address, ftp->data_ipv6);
	ftp->data_port = (uint16_t)port;
}

/* RFC 959 §5.4: the numbers of 227 stand somewhere in its text, mostly in (); §4.2 of RFC 2428: 229 has them there */
static void read_reply(const struct torc_dialog_line *line, struct torc_ftp *ftp)
{
	const struct torc_bytes *text = &line->argument;
	uint32_t at = 0;

	if (line->code == 227) {
		while (at < text->length && (text->data[at] < '0' || text->data[at] > '9'))
			at++;
		read_numbers(text, at, ftp);
	} else if (line->code == 229) {
		while (at < text->length && text->data[at] != '(')
			at++;
		read_delimited(text, at + 1, ftp);
	}
}

static void ftp_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	struct torc_dialog_line line;
	struct torc_ftp *ftp = out;
	uint32_t position = 0;

	dialog_read(decoded, layer, TORC_DIALOG_NUMBERED, &ftp->dialog, &ftp->first);
	while (torc_dialog_line_next(&ftp->dialog, &position, &line)) {
		if (ftp->data_port != 0)
			continue;
		if (line.is_reply)
			read_reply(&line, ftp);
		else if (dialog_is(&line.command, "PORT"))
			read_numbers(&line.argument, 0, ftp);
		else if (dialog_is(&line.command, "EPRT"))
			read_delimited(&line.argument, 0, ftp);
		else if (dialog_is(&line.command, "USER"))
			ftp->user = line.argument;
	}
}

/* RFC 959 §4.2.2, RFC 2228 §3, RFC 2428 §4 */
static const char *code_name(uint64_t code)
{
	static const struct {
		uint16_t code;
		const char *name;
	} names[] = {
		{ 110, "restart marker" }, { 120, "ready in some minutes" },
		{ 125, "data connection open, transfer starting" },
		{ 150, "opening data connection" }, { 200, "ok" }, { 202, "superfluous" },
		{ 211, "system status" }, { 212, "directory status" }, { 213, "file status" },
		{ 214, "help" }, { 215, "system type" }, { 220, "service ready" },
		{ 221, "closing control connection" }, { 225, "data connection open" },
		{ 226, "closing data connection" }, { 227, "entering passive mode" },
		{ 229, "entering extended passive mode" }, { 230, "logged in" },
		{ 232, "logged in, authorized by security data" },
		{ 234, "security data exchange complete" }, { 250, "file action completed" },
		{ 257, "path name" }, { 331, "password needed" }, { 332, "account needed" },
		{ 334, "security mechanism accepted" }, { 350, "further information needed" },
		{ 421, "service not available" }, { 425, "no data connection" },
		{ 426, "transfer aborted" }, { 450, "file busy" }, { 451, "local error" },
		{ 452, "insufficient storage" }, { 500, "syntax error" },
		{ 501, "syntax error in parameters" }, { 502, "not implemented" },
		{ 503, "bad sequence" }, { 504, "parameter not implemented" },
		{ 522, "network protocol not supported" }, { 530, "not logged in" },
		{ 532, "account needed to store" }, { 534, "denied for policy reasons" },
		{ 550, "file unavailable" }, { 551, "page type unknown" },
		{ 552, "storage exceeded" }, { 553, "file name not allowed" }
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].code == code)
			return names[i].name;
	return NULL;
}

static const struct torc_field_info ftp_fields[] = {
	DIALOG_FIELDS(struct torc_ftp, code_name),
	DIALOG_STRING(struct torc_ftp, user, "user"),
	TORC_FIELD_AT(struct torc_ftp, data_ipv4, "data_ipv4", TORC_FIELD_IPV4,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_ftp, data_ipv6, "data_ipv6", TORC_FIELD_IPV6,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_ftp, data_port, "data_port", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	DIALOG_LINES(struct torc_ftp),
	TORC_FIELDS_END
};

static const struct torc_layer_number ftp_numbers[] = {
	{ TORC_BY_TCP_PORT, 21 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_ftp = {
	.name = "FTP",
	.key = "ftp",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_ftp),
	.numbers = ftp_numbers,
	.decode = ftp_decode,
	.read = ftp_read,
	.fields = ftp_fields,
};
