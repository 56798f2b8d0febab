/* SPDX-License-Identifier: BSD-3-Clause */
/* torc/layers/application/dialog.h - commands and replies, a line each: what SMTP, FTP, POP3, IMAP, NNTP and IRC share */
#ifndef TORC_LAYERS_DIALOG_H
#define TORC_LAYERS_DIALOG_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How lines are told from each other. */
enum torc_dialog_kind {
	TORC_DIALOG_NUMBERED = 1, /* "MAIL ...", "250 ...": SMTP, FTP, NNTP */
	TORC_DIALOG_STATUS = 2,   /* "RETR 1", "+OK ...": POP3 */
	TORC_DIALOG_TAGGED = 3,   /* "a1 SELECT x", "* 5 EXISTS": IMAP */
	TORC_DIALOG_PREFIXED = 4  /* ":server 001 nick ...", "JOIN #x": IRC */
};

/* The lines of one segment; all of them are commands, or all are replies. */
struct torc_dialog {
	uint8_t kind; /* enum torc_dialog_kind */
	bool is_reply;
	struct torc_bytes lines;
};

struct torc_dialog_line {
	bool is_reply;
	bool is_continued;         /* of a numbered reply: not its last line */
	bool is_whole;             /* false: it goes on in the next segment */
	uint16_t code;             /* of a numbered reply, and of IRC; 0: none */
	struct torc_bytes tag;     /* of IMAP: "*" and "+" too; of IRC: the prefix, without ":" */
	struct torc_bytes command; /* of a reply without a number its status: "+OK", "NO" */
	struct torc_bytes argument;
	struct torc_bytes password; /* what of the argument is one, or stands for one */
};

/* The line at *position, 0 at first; 1, or 0 at the end. */
TORC_API int torc_dialog_line_next(const struct torc_dialog *dialog, uint32_t *position,
				   struct torc_dialog_line *line);

#ifdef __cplusplus
}
#endif

#endif
