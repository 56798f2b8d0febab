/* SPDX-License-Identifier: BSD-3-Clause */
/* nntp.c - NNTP: RFC 3977 §3 and §5 to §8, AUTHINFO RFC 4643, STARTTLS RFC 4642. Articles and lists are Payload. */
#include <torc/layers/application/nntp.h>

#include "decode/application/dialog.h"
#include "decode/registry.h"

static const char *const commands[] = { "ARTICLE", "BODY", "HEAD", "STAT", "GROUP", "LISTGROUP",
					"LAST", "NEXT", "LIST", "MODE", "POST", "IHAVE", "CHECK",
					"TAKETHIS", "QUIT", "CAPABILITIES", "DATE", "HELP",
					"NEWGROUPS", "NEWNEWS", "OVER", "XOVER", "HDR", "XHDR",
					"XPAT", "SLAVE", "STARTTLS", "AUTHINFO", NULL };

/* What an article may have at the beginning of a line too has to look as a command does. */
static bool fits(const struct torc_dialog_line *line)
{
	return dialog_is_one_case(&line->command);
}

static bool is_last(const struct torc_dialog_line *line)
{
	return !line->is_reply &&
	       (dialog_is(&line->command, "STARTTLS") || dialog_is(&line->command, "TAKETHIS"));
}

static int nntp_decode(struct torc_cursor *cursor)
{
	static const struct dialog_grammar grammar = {
		.type = TORC_LAYER_NNTP,
		.kind = TORC_DIALOG_NUMBERED,
		.commands = commands,
		.fits = fits,
		.is_last = is_last,
	};

	return dialog_decode(cursor, &grammar);
}

static void nntp_read(const struct torc_decoded *decoded, const struct torc_layer *layer, void *out)
{
	struct torc_dialog_line line;
	struct torc_nntp *nntp = out;
	uint32_t position = 0;

	dialog_read(decoded, layer, TORC_DIALOG_NUMBERED, &nntp->dialog, &nntp->first);
	while (torc_dialog_line_next(&nntp->dialog, &position, &line)) {
		struct torc_bytes argument = line.argument, word = take_word(&argument);

		if (dialog_is(&line.command, "AUTHINFO") && dialog_is(&word, "USER"))
			nntp->user = argument;
		else if (dialog_is(&line.command, "GROUP") || dialog_is(&line.command, "LISTGROUP"))
			nntp->group = word;
	}
}

/* RFC 3977 §3.2 and the appendix C */
static const char *code_name(uint64_t code)
{
	static const struct {
		uint16_t code;
		const char *name;
	} names[] = {
		{ 100, "help" }, { 101, "capabilities" }, { 111, "date" },
		{ 200, "ready, posting allowed" }, { 201, "ready, no posting" },
		{ 205, "closing" }, { 211, "group selected" }, { 215, "list follows" },
		{ 220, "article follows" }, { 221, "headers follow" }, { 222, "body follows" },
		{ 223, "article exists" }, { 224, "overview follows" }, { 230, "new articles" },
		{ 231, "new groups" }, { 235, "article transferred" }, { 240, "article posted" },
		{ 281, "authenticated" }, { 335, "send article" }, { 340, "send article" },
		{ 381, "password required" }, { 382, "continue with TLS" },
		{ 400, "service not available" }, { 401, "wrong mode" }, { 403, "internal fault" },
		{ 411, "no such group" }, { 412, "no group selected" },
		{ 420, "no article selected" }, { 421, "no next article" },
		{ 422, "no previous article" }, { 423, "no article with that number" },
		{ 430, "no article with that id" }, { 435, "article not wanted" },
		{ 436, "transfer failed, try later" }, { 437, "article rejected" },
		{ 440, "posting not permitted" }, { 441, "posting failed" },
		{ 480, "authentication required" }, { 481, "authentication failed" },
		{ 483, "encryption required" }, { 500, "unknown command" },
		{ 501, "syntax error" }, { 502, "not permitted" }, { 503, "not supported" }
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].code == code)
			return names[i].name;
	return NULL;
}

static const struct torc_field_info nntp_fields[] = {
	DIALOG_FIELDS(struct torc_nntp, code_name),
	DIALOG_STRING(struct torc_nntp, user, "user"),
	DIALOG_STRING(struct torc_nntp, group, "group"),
	DIALOG_LINES(struct torc_nntp),
	TORC_FIELDS_END
};

static const struct torc_layer_number nntp_numbers[] = {
	{ TORC_BY_TCP_PORT, 119 },
	{ TORC_BY_NONE, 0 }
};

const struct torc_layer_ops torc_layer_ops_nntp = {
	.name = "NNTP",
	.key = "nntp",
	.role = TORC_ROLE_APPLICATION,
	.struct_size = sizeof(struct torc_nntp),
	.numbers = nntp_numbers,
	.decode = nntp_decode,
	.read = nntp_read,
	.fields = nntp_fields,
};
