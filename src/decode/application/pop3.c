/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pop3.c - POP3: RFC 1939 §3, CAPA RFC 2449, STLS RFC 2595, AUTH RFC 5034. What follows a reply is a mail or
 * a list: Payload.
 */
#include <torc/layers/application/pop3.h>

#include "decode/application/dialog.h"
#include "decode/registry.h"

static const char *const commands[] = { "USER", "PASS", "APOP", "AUTH", "STAT", "LIST", "RETR",
					"DELE", "NOOP", "RSET", "TOP",	"UIDL", "QUIT", "CAPA",
					"STLS", "UTF8", "LANG", "LAST", "XTND", NULL };

static bool is_last(const struct torc_dialog_line *line)
{
	return !line->is_reply && dialog_is(&line->command, "STLS");
}

static int pop3_decode(struct torc_cursor *cursor)
{
	static const struct dialog_grammar grammar = {
		.type = TORC_LAYER_POP3,
		.kind = TORC_DIALOG_STATUS,
		.commands = commands,
		.is_last = is_last,
	};

	return dialog_decode(cursor, &grammar);
}

static void pop3_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	struct torc_dialog_line line;
	struct torc_pop3 *pop3 = out;
	uint32_t position = 0;

	dialog_read(decoded, layer, TORC_DIALOG_STATUS, &pop3->dialog, &pop3->first);
	while (torc_dialog_line_next(&pop3->dialog, &position, &line)) {
		struct torc_bytes argument = line.argument;

		if (dialog_is(&line.command, "USER") || dialog_is(&line.command, "APOP"))
			pop3->user = take_word(&argument);
		pop3->is_starttls |= dialog_is(&line.command, "STLS");
	}
}

static const struct torc_field_info pop3_fields[] = {
	DIALOG_FIELDS(struct torc_pop3, NULL),
	DIALOG_STRING(struct torc_pop3, user, "user"),
	TORC_FIELD_AT(struct torc_pop3, is_starttls, "starttls", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL),
	DIALOG_LINES(struct torc_pop3),
	TORC_FIELDS_END
};

static const struct torc_layer_number pop3_numbers[] = {
	{ TORC_BY_TCP_PORT, 110 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_pop3 = {
	.name = "POP3",
	.key = "pop3",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_pop3),
	.numbers = pop3_numbers,
	.decode = pop3_decode,
	.read = pop3_read,
	.fields = pop3_fields,
};
