/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * imap.c - IMAP: RFC 9051 §2.2 and §6, and the commands of RFC 3501 and its extensions. A literal, whose length
 * stands at the end of a line, is Payload, and so is what follows it.
 */
#include <torc/layers/application/imap.h>

#include "decode/application/dialog.h"
#include "decode/registry.h"

static const char *const commands[] = {
	"CAPABILITY", "NOOP", "LOGOUT", "STARTTLS", "AUTHENTICATE", "LOGIN", "SELECT", "EXAMINE",
	"CREATE", "DELETE", "RENAME", "SUBSCRIBE", "UNSUBSCRIBE", "LIST", "LSUB", "XLIST", "STATUS",
	"APPEND", "CHECK", "CLOSE", "UNSELECT", "EXPUNGE", "SEARCH", "FETCH", "STORE", "COPY",
	"MOVE", "UID", "IDLE", "DONE", "ID", "NAMESPACE", "ENABLE", "COMPRESS", "SORT", "THREAD",
	"GETQUOTA", "GETQUOTAROOT", "SETQUOTA", "GETACL", "SETACL", "DELETEACL", "LISTRIGHTS",
	"MYRIGHTS", "GETMETADATA", "SETMETADATA", "NOTIFY", NULL
};

/* "{310}" and "{310+}": a literal follows (§4.3). */
static bool is_last(const struct torc_dialog_line *line)
{
	const struct torc_bytes *text = &line->argument;

	return (text->length > 2 && text->data[text->length - 1] == '}') ||
	       (!line->is_reply && dialog_is(&line->command, "STARTTLS"));
}

static int imap_decode(struct torc_cursor *cursor)
{
	static const struct dialog_grammar grammar = {
		.type = TORC_LAYER_IMAP,
		.kind = TORC_DIALOG_TAGGED,
		.commands = commands,
		.is_last = is_last,
	};

	return dialog_decode(cursor, &grammar);
}

static struct torc_bytes unquoted(struct torc_bytes word)
{
	if (word.length > 1 && word.data[0] == '"' && word.data[word.length - 1] == '"')
		return (struct torc_bytes){ word.data + 1, word.length - 2 };
	return word;
}

static void imap_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	struct torc_dialog_line line;
	struct torc_imap *imap = out;
	uint32_t position = 0;

	dialog_read(decoded, layer, TORC_DIALOG_TAGGED, &imap->dialog, &imap->first);
	while (torc_dialog_line_next(&imap->dialog, &position, &line)) {
		struct torc_bytes argument = line.argument;

		if (line.is_reply)
			continue;
		if (dialog_is(&line.command, "LOGIN"))
			imap->user = unquoted(take_word(&argument));
		else if (dialog_is(&line.command, "SELECT") || dialog_is(&line.command, "EXAMINE"))
			imap->mailbox = unquoted(argument);
		imap->is_starttls |= dialog_is(&line.command, "STARTTLS");
	}
}

static const struct torc_field_info imap_fields[] = {
	DIALOG_FIELDS(struct torc_imap, NULL),
	DIALOG_STRING(struct torc_imap, user, "user"),
	DIALOG_STRING(struct torc_imap, mailbox, "mailbox"),
	TORC_FIELD_AT(struct torc_imap, is_starttls, "starttls", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL),
	DIALOG_LINES(struct torc_imap),
	TORC_FIELDS_END
};

static const struct torc_layer_number imap_numbers[] = {
	{ TORC_BY_TCP_PORT, 143 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_imap = {
	.name = "IMAP",
	.key = "imap",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_imap),
	.numbers = imap_numbers,
	.decode = imap_decode,
	.read = imap_read,
	.fields = imap_fields,
};
