/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * dialog.h - one reader for the protocols of commands and replies: torc/layers/application/dialog.h
 *
 * A segment of such a connection may as well be the middle of a mail or of a list. So the first line decides:
 * a command must be one that the protocol has, from the end of the connection that commands; a reply must have
 * the form of one. What is neither is Payload, and so is what follows the last line.
 */
#ifndef DECODE_APPLICATION_DIALOG_H
#define DECODE_APPLICATION_DIALOG_H

#include <torc/layers/application/dialog.h>

#include "decode/application/heads.h"

struct dialog_grammar {
	uint16_t type; /* the layer's */
	uint8_t kind;  /* enum torc_dialog_kind */
	const char *const *commands; /* in upper case, up to a NULL */
	/* Whether the argument can be this command's; NULL: any can. */
	bool (*fits)(const struct torc_dialog_line *command);
	/* Whether other bytes than lines follow this line; NULL: never. */
	bool (*is_last)(const struct torc_dialog_line *line);
};

int dialog_decode(struct torc_cursor *cursor, const struct dialog_grammar *grammar);

/* Fills in what all of them begin with: the lines, and the first of them. */
void dialog_read(const struct torc_decoded *decoded, const struct torc_layer *layer, uint8_t kind,
		 struct torc_dialog *dialog, struct torc_dialog_line *first);

/* Equal, whatever the case. */
bool dialog_is(const struct torc_bytes *word, const char *name);

/* A sentence begins with a capital and goes on in small letters; whoever commands does not. */
bool dialog_is_one_case(const struct torc_bytes *word);

/* For field tables: the lines of a layer whose struct begins with struct torc_dialog. */
extern const struct torc_list_info dialog_lines;

/* The rows that all of them begin with, and the one that they end with. */
#define DIALOG_FIELDS(object, code_name)                                                           \
	TORC_FIELD_AT(object, first.is_reply, "reply", TORC_FIELD_BOOL),                           \
	TORC_FIELD_AT(object, first.tag, "tag", TORC_FIELD_STRING, .flags = TORC_FIELD_OPTIONAL),  \
	TORC_FIELD_AT(object, first.code, "code", TORC_FIELD_UINT, .flags = TORC_FIELD_OPTIONAL,   \
		      .value_name = (code_name)),                                                  \
	TORC_FIELD_AT(object, first.command, "command", TORC_FIELD_STRING,                         \
		      .flags = TORC_FIELD_OPTIONAL),                                               \
	TORC_FIELD_AT(object, first.argument, "argument", TORC_FIELD_STRING,                       \
		      .flags = TORC_FIELD_OPTIONAL)

#define DIALOG_LINES(object)                                                                       \
	TORC_FIELD_AT(object, dialog.lines, "lines", TORC_FIELD_LIST, .list = &dialog_lines)

/* A row of a string that is not always there. */
#define DIALOG_STRING(object, member, name)                                                        \
	TORC_FIELD_AT(object, member, name, TORC_FIELD_STRING, .flags = TORC_FIELD_OPTIONAL)

#endif
