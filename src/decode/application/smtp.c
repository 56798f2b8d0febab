/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * smtp.c - SMTP: commands and replies, RFC 5321 §4; AUTH RFC 4954, STARTTLS RFC 3207, BDAT RFC 3030. What
 * follows DATA in the same segment is the mail: Payload.
 */
#include <torc/layers/application/smtp.h>

#include <strings.h>

#include "decode/application/dialog.h"
#include "decode/registry.h"

static const char *const commands[] = { "EHLO", "HELO", "LHLO", "MAIL", "RCPT", "DATA",	    "BDAT",
					"RSET", "NOOP", "QUIT", "VRFY", "EXPN", "HELP",	    "AUTH",
					"ETRN", "SEND", "SOML", "SAML", "TURN", "STARTTLS", "XCLIENT",
					"XFORWARD", "X-ANONYMOUSTLS", NULL };

static bool begins(const struct torc_bytes *text, const char *word)
{
	return text->length >= strlen(word) &&
	       strncasecmp((const char *)text->data, word, strlen(word)) == 0;
}

/* What a mail may have at the beginning of a line too has to look as a command does. */
static bool fits(const struct torc_dialog_line *line)
{
	static const char *const alone[] = { "DATA", "RSET", "QUIT", "STARTTLS", "TURN", NULL };

	if (!dialog_is_one_case(&line->command))
		return false;
	if (dialog_is(&line->command, "MAIL") || dialog_is(&line->command, "SEND") ||
	    dialog_is(&line->command, "SOML") || dialog_is(&line->command, "SAML"))
		return begins(&line->argument, "FROM:");
	if (dialog_is(&line->command, "RCPT"))
		return begins(&line->argument, "TO:");
	for (size_t i = 0; alone[i]; i++)
		if (dialog_is(&line->command, alone[i]))
			return line->argument.length == 0;
	return true;
}

static bool is_last(const struct torc_dialog_line *line)
{
	return !line->is_reply &&
	       (dialog_is(&line->command, "DATA") || dialog_is(&line->command, "BDAT") ||
		dialog_is(&line->command, "STARTTLS"));
}

static int smtp_decode(struct torc_cursor *cursor)
{
	static const struct dialog_grammar grammar = {
		TORC_LAYER_SMTP, TORC_DIALOG_NUMBERED, commands, fits, is_last
	};

	return dialog_decode(cursor, &grammar);
}

/* What is between < and >, or up to a blank where they are missing. */
static struct torc_bytes path_of(struct torc_bytes text, uint32_t skip)
{
	const uint8_t *end;

	text = (struct torc_bytes){ text.data + skip, text.length - skip };
	while (text.length > 0 && text.data[0] == ' ')
		text = (struct torc_bytes){ text.data + 1, text.length - 1 };
	if (text.length == 0 || text.data[0] != '<')
		return take_word(&text);
	end = memchr(text.data, '>', text.length);
	return (struct torc_bytes){ text.data + 1, end ? (uint32_t)(end - text.data) - 1 :
							 text.length - 1 };
}

static void line_take(struct torc_smtp *smtp, const struct torc_dialog_line *line)
{
	struct torc_bytes argument = line->argument;

	if (line->is_reply) {
		if (line->code == 220 && !smtp->host.data)
			smtp->host = take_word(&argument);
	} else if (dialog_is(&line->command, "EHLO") || dialog_is(&line->command, "HELO") ||
		   dialog_is(&line->command, "LHLO")) {
		smtp->host = take_word(&argument);
	} else if (dialog_is(&line->command, "AUTH")) {
		smtp->mechanism = take_word(&argument);
	} else if (dialog_is(&line->command, "STARTTLS")) {
		smtp->is_starttls = true;
	} else if (!smtp->sender.data && begins(&argument, "FROM:")) {
		smtp->sender = path_of(argument, 5);
	} else if (!smtp->recipient.data && begins(&argument, "TO:")) {
		smtp->recipient = path_of(argument, 3);
	}
}

static void smtp_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	struct torc_dialog_line line;
	struct torc_smtp *smtp = out;
	uint32_t position = 0;

	dialog_read(decoded, layer, TORC_DIALOG_NUMBERED, &smtp->dialog, &smtp->first);
	while (torc_dialog_line_next(&smtp->dialog, &position, &line))
		line_take(smtp, &line);
}

/* RFC 5321 §4.2.3, RFC 4954 §4 and §6 */
static const char *code_name(uint64_t code)
{
	static const struct {
		uint16_t code;
		const char *name;
	} names[] = {
		{ 211, "system status" }, { 214, "help" }, { 220, "service ready" },
		{ 221, "closing" }, { 235, "authenticated" }, { 250, "ok" },
		{ 251, "user not local, will forward" }, { 252, "cannot verify, will try" },
		{ 334, "authentication challenge" }, { 354, "start mail input" },
		{ 421, "service not available" }, { 450, "mailbox busy" },
		{ 451, "local error" }, { 452, "insufficient storage" },
		{ 454, "temporary failure" }, { 455, "parameters not accepted" },
		{ 500, "syntax error" }, { 501, "syntax error in parameters" },
		{ 502, "not implemented" }, { 503, "bad sequence" },
		{ 504, "parameter not implemented" }, { 521, "no mail here" },
		{ 530, "authentication required" }, { 534, "mechanism too weak" },
		{ 535, "credentials invalid" }, { 550, "mailbox unavailable" },
		{ 551, "user not local" }, { 552, "storage exceeded" },
		{ 553, "mailbox name not allowed" }, { 554, "transaction failed" },
		{ 555, "parameters not recognized" }
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].code == code)
			return names[i].name;
	return NULL;
}

static const struct torc_field_info smtp_fields[] = {
	DIALOG_FIELDS(struct torc_smtp, code_name),
	DIALOG_STRING(struct torc_smtp, host, "host"),
	DIALOG_STRING(struct torc_smtp, sender, "sender"),
	DIALOG_STRING(struct torc_smtp, recipient, "recipient"),
	DIALOG_STRING(struct torc_smtp, mechanism, "mechanism"),
	TORC_FIELD_AT(struct torc_smtp, is_starttls, "starttls", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL),
	DIALOG_LINES(struct torc_smtp),
	TORC_FIELDS_END
};

static const struct torc_layer_number smtp_numbers[] = {
	{ TORC_BY_TCP_PORT, 25 },
	{ TORC_BY_TCP_PORT, 587 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_smtp = {
	.name = "SMTP",
	.key = "smtp",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_smtp),
	.numbers = smtp_numbers,
	.decode = smtp_decode,
	.read = smtp_read,
	.fields = smtp_fields,
};
