/* SPDX-License-Identifier: BSD-3-Clause */
/* dialog.c - lines of commands and replies: RFC 5321 §4, RFC 959 §5, RFC 1939 §3, RFC 9051 §2.2, RFC 2812 §2.3 */
#include "decode/application/dialog.h"

#include <strings.h>

#include "decode/application/side.h"

bool dialog_is(const struct torc_bytes *word, const char *name)
{
	return word->length == strlen(name) &&
	       strncasecmp((const char *)word->data, name, word->length) == 0;
}

bool dialog_is_one_case(const struct torc_bytes *word)
{
	for (uint32_t i = 1; i < word->length; i++)
		if ((word->data[i] ^ word->data[0]) & 0x20)
			return false;
	return true;
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* Three digits and then a blank, "-" or nothing (RFC 5321 §4.2, RFC 959 §4.2). */
static uint16_t code_of(const struct torc_bytes *line)
{
	const uint8_t *p = line->data;

	if (line->length < 3 || p[0] < '1' || p[0] > '6' || !is_digit(p[1]) || !is_digit(p[2]) ||
	    (line->length > 3 && p[3] != ' ' && p[3] != '-'))
		return 0;
	return (uint16_t)((p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0'));
}

static void numbered_reply(struct torc_bytes rest, struct torc_dialog_line *line)
{
	line->code = code_of(&rest);
	if (line->code && rest.length > 3) {
		line->is_continued = rest.data[3] == '-';
		rest = (struct torc_bytes){ rest.data + 4, rest.length - 4 };
	} else if (line->code) {
		rest = (struct torc_bytes){ rest.data + 3, 0 };
	}
	line->argument = rest;
}

static bool is_status(const struct torc_bytes *word)
{
	return dialog_is(word, "OK") || dialog_is(word, "NO") || dialog_is(word, "BAD") ||
	       dialog_is(word, "BYE") || dialog_is(word, "PREAUTH");
}

/* RFC 2812 §2.3.1: [ ":" prefix ] command params; a numbered reply has three digits as command */
static void prefixed(struct torc_bytes rest, struct torc_dialog_line *line)
{
	if (rest.length > 1 && rest.data[0] == ':') {
		line->tag = take_word(&rest);
		line->tag = (struct torc_bytes){ line->tag.data + 1, line->tag.length - 1 };
	}
	line->command = take_word(&rest);
	line->argument = rest;
	if (line->command.length == 3 && (line->code = code_of(&line->command)) == 0 &&
	    line->command.data[0] == '0' && is_digit(line->command.data[1]) &&
	    is_digit(line->command.data[2]))
		line->code = (uint16_t)((line->command.data[1] - '0') * 10 +
					line->command.data[2] - '0');
	line->is_reply = line->code != 0;
	if (line->is_reply)
		line->command.length = 0;
}

/* RFC 9051 §2.2: "*" and "+" begin what a server says unasked; its answers have the command's tag */
static void tagged(struct torc_bytes rest, struct torc_dialog_line *line)
{
	line->tag = take_word(&rest);
	if (rest.length == 0 && dialog_is(&line->tag, "DONE")) { /* the end of IDLE has no tag */
		line->command = line->tag;
		line->tag.length = 0;
		return;
	}
	line->is_reply = dialog_is(&line->tag, "*") || dialog_is(&line->tag, "+");
	if (!dialog_is(&line->tag, "+"))
		line->command = take_word(&rest);
	line->is_reply |= is_status(&line->command);
	line->argument = rest;
}

/* An astring (RFC 9051 §4), quoted or not, without its quotes; the rest stays. */
static struct torc_bytes take_quoted(struct torc_bytes *rest)
{
	const uint8_t *end;
	struct torc_bytes word;

	if (rest->length < 2 || rest->data[0] != '"')
		return take_word(rest);
	end = memchr(rest->data + 1, '"', rest->length - 1);
	if (!end)
		return take_word(rest);
	word = (struct torc_bytes){ rest->data + 1, (uint32_t)(end - rest->data) - 1 };
	rest->length -= word.length + 2;
	rest->data = end + 1;
	if (rest->length > 0 && rest->data[0] == ' ')
		*rest = (struct torc_bytes){ rest->data + 1, rest->length - 1 };
	return word;
}

/* The words of the argument before the password, or -1: it has none. */
static int words_before_password(const struct torc_dialog_line *line)
{
	static const struct {
		const char *command;
		int words;
	} commands[] = { { "PASS", 0 },		{ "AUTH", 1 },	{ "APOP", 1 }, { "LOGIN", 1 },
			 { "AUTHENTICATE", 1 }, { "OPER", 1 },	{ "ACCT", 0 }, { "ADAT", 0 } };

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (dialog_is(&line->command, commands[i].command))
			return commands[i].words;
	if (dialog_is(&line->command, "AUTHINFO") && line->argument.length > 5 &&
	    strncasecmp((const char *)line->argument.data, "PASS ", 5) == 0)
		return 1;
	return -1;
}

static void password_find(struct torc_dialog_line *line)
{
	int words = line->is_reply ? -1 : words_before_password(line);
	struct torc_bytes rest = line->argument;

	if (words < 0)
		return;
	while (words-- > 0)
		take_quoted(&rest);
	line->password = rest;
}

static void line_read(uint8_t kind, bool is_reply, struct torc_bytes text,
		      struct torc_dialog_line *line)
{
	line->is_reply = is_reply;
	if (kind == TORC_DIALOG_TAGGED) {
		tagged(text, line);
	} else if (kind == TORC_DIALOG_PREFIXED) {
		prefixed(text, line);
	} else if (kind == TORC_DIALOG_NUMBERED && is_reply) {
		numbered_reply(text, line);
	} else {
		line->command = take_word(&text);
		line->argument = text;
	}
	password_find(line);
}

/* By the first byte of the first line; of the other kinds each line says so itself. */
static bool begins_reply(uint8_t kind, const struct torc_bytes *line)
{
	uint8_t c = line->length ? line->data[0] : 0;

	return kind == TORC_DIALOG_NUMBERED ? is_digit(c) : kind == TORC_DIALOG_STATUS &&
								     (c == '+' || c == '-');
}

static bool is_known(const struct torc_bytes *word, const char *const *commands)
{
	while (*commands && !dialog_is(word, *commands))
		commands++;
	return *commands != NULL;
}

/* Nothing but text and tabs; IRC has its colours as controls. */
static bool is_text(const struct torc_bytes *line, uint8_t kind)
{
	for (uint32_t i = 0; i < line->length; i++)
		if (line->data[i] == 0 || line->data[i] == 0x7F ||
		    (line->data[i] < ' ' && line->data[i] != '\t' && kind != TORC_DIALOG_PREFIXED))
			return false;
	return true;
}

/* Letters and digits, as the word behind "*" has. */
static bool is_word(const struct torc_bytes *word)
{
	for (uint32_t i = 0; i < word->length; i++) {
		uint8_t c = word->data[i];

		if (!is_digit(c) && ((c | 0x20) < 'a' || (c | 0x20) > 'z') && c != '-')
			return false;
	}
	return word->length > 0;
}

static bool reply_fits(const struct dialog_grammar *grammar, const struct torc_dialog_line *line)
{
	switch (grammar->kind) {
	case TORC_DIALOG_STATUS:
		return dialog_is(&line->command, "+OK") || dialog_is(&line->command, "-ERR") ||
		       dialog_is(&line->command, "+");
	case TORC_DIALOG_TAGGED:
		return dialog_is(&line->tag, "+") || is_word(&line->command);
	default:
		return line->code != 0;
	}
}

static bool line_fits(const struct torc_cursor *cursor, const struct dialog_grammar *grammar,
		      const struct torc_dialog_line *line)
{
	unsigned int side = cursor_side(cursor, grammar->type);

	if (line->is_reply)
		return side & SIDE_SERVER && reply_fits(grammar, line);
	/* servers of IRC send commands too, with a prefix or without */
	if (!(side & SIDE_CLIENT) && grammar->kind != TORC_DIALOG_PREFIXED)
		return false;
	return is_known(&line->command, grammar->commands) &&
	       (!grammar->fits || grammar->fits(line));
}

/* The first line is not one of this protocol's; or, cut by the snaplen, might be. */
static int refused(struct torc_cursor *cursor, bool ended, bool readable)
{
	if (!ended && readable && cursor->length < cursor->wire_length)
		return TORC_STEP_SHORT;
	return torc_cursor_malformed(cursor, "neither a command nor a reply");
}

int dialog_decode(struct torc_cursor *cursor, const struct dialog_grammar *grammar)
{
	struct torc_dialog_line line = { 0 };
	bool reply = false, ended = true, goes_on = true;
	uint32_t at = 0, next;
	struct torc_bytes text;

	TORC_NEED(cursor, 3);
	for (; at < cursor->length && ended && goes_on; at += next) {
		bool inside = line.is_continued; /* free text of FTP's replies (RFC 959 §4.2) */
		bool fits;

		ended = take_line(cursor->data + at, cursor->length - at, &text, &next);
		if (at == 0)
			reply = begins_reply(grammar->kind, &text);
		line = (struct torc_dialog_line){ 0 };
		line_read(grammar->kind, reply, text, &line);
		fits = is_text(&text, grammar->kind) && (line_fits(cursor, grammar, &line) ||
							(at > 0 && (inside || !ended)));
		if (!fits && at == 0)
			return refused(cursor, ended, is_text(&text, grammar->kind));
		if (!fits)
			break;
		if (inside && line.code == 0)
			line.is_continued = true;
		goes_on = !grammar->is_last || !grammar->is_last(&line);
	}
	cursor->header_length = at;
	if (at < cursor->length)
		cursor->next = TORC_LAYER_PAYLOAD;
	return TORC_STEP_OK;
}

int torc_dialog_line_next(const struct torc_dialog *dialog, uint32_t *position,
			  struct torc_dialog_line *line)
{
	struct torc_bytes text;
	uint32_t next;

	*line = (struct torc_dialog_line){ 0 };
	if (*position >= dialog->lines.length)
		return 0;
	line->is_whole = take_line(dialog->lines.data + *position,
				   dialog->lines.length - *position, &text, &next);
	line_read(dialog->kind, dialog->is_reply, text, line);
	*position += next;
	return 1;
}

void dialog_read(const struct torc_decoded *decoded, const struct torc_layer *layer, uint8_t kind,
		 struct torc_dialog *dialog, struct torc_dialog_line *first)
{
	uint32_t position = 0;

	dialog->kind = kind;
	dialog->lines =
		(struct torc_bytes){ torc_layer_header(decoded, layer), layer->header_length };
	dialog->is_reply = begins_reply(kind, &dialog->lines);
	torc_dialog_line_next(dialog, &position, first);
	dialog->is_reply = first->is_reply;
}

static int line_element(const void *layer, uint32_t *position, void *element)
{
	return torc_dialog_line_next(layer, position, element);
}

static const struct torc_field_info line_fields[] = {
	DIALOG_STRING(struct torc_dialog_line, tag, "tag"),
	TORC_FIELD_AT(struct torc_dialog_line, code, "code", TORC_FIELD_UINT,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dialog_line, is_continued, "continued", TORC_FIELD_BOOL,
		      .flags = TORC_FIELD_OPTIONAL),
	TORC_FIELD_AT(struct torc_dialog_line, is_whole, "whole", TORC_FIELD_BOOL),
	DIALOG_STRING(struct torc_dialog_line, command, "command"),
	DIALOG_STRING(struct torc_dialog_line, argument, "argument"),
	DIALOG_STRING(struct torc_dialog_line, password, "password"),
	TORC_FIELDS_END
};

const struct torc_list_info dialog_lines = {
	.next = line_element,
	.element_size = sizeof(struct torc_dialog_line),
	.fields = line_fields,
};
