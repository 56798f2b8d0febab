/* SPDX-License-Identifier: BSD-3-Clause */
/* line_texts.c - protocols of text in one line: as tcpdump has them, but for passwords */
#include <string.h>

#include <torc/layers/application/dialog.h>
#include <torc/layers/application/ssh.h>

#include "decode/application/heads.h"
#include "decode/registry.h"
#include "text/line.h"

/* A message goes on in the next segment, or was cut: tcpdump's way to say so. */
static void more_text(struct line *line, const struct torc_layer *layer)
{
	text_string(&line->text, " [|");
	text_string(&line->text, torc_layer_key(layer->type));
	text_char(&line->text, ']');
}

/* "HTTP: GET / HTTP/1.1", "SSH: SSH-2.0-OpenSSH_9.2": the first line of the head. */
void line_head(struct line *line, const struct torc_layer **layer)
{
	struct torc_bytes text;
	uint32_t next;
	bool is_whole = take_line(torc_layer_header(line->decoded, *layer),
				  (*layer)->header_length, &text, &next);

	text_string(&line->text, torc_layer_name((*layer)->type));
	text_string(&line->text, ": ");
	text_escaped(&line->text, text.data, text.length);
	if (!is_whole)
		more_text(line, *layer);
}

/* The identification, or what of the key exchange a client or a server would like best. */
void line_ssh(struct line *line, const struct torc_layer **layer)
{
	struct torc_ssh ssh;
	const uint8_t *comma;
	uint32_t length;

	torc_layer_read(line->decoded, *layer, TORC_LAYER_SSH, &ssh, sizeof(ssh));
	if (ssh.identification.length > 0) {
		line_head(line, layer);
		return;
	}
	comma = ssh.kex.length ? memchr(ssh.kex.data, ',', ssh.kex.length) : NULL;
	length = comma ? (uint32_t)(comma - ssh.kex.data) : ssh.kex.length;
	text_string(&line->text, "SSH: key exchange, ");
	text_escaped(&line->text, ssh.kex.data, length);
}

/* "SMTP: MAIL FROM:<a@b>": the first line; that a password was sent, but not which. */
void line_dialog(struct line *line, const struct torc_layer **layer)
{
	union {
		struct torc_dialog dialog; /* the structs of all of them begin with it */
		uint8_t bytes[TORC_LAYER_STRUCT_MAX];
	} object;
	struct torc_dialog_line first;
	struct torc_bytes text;
	uint32_t position = 0, shown, next;

	torc_layer_read(line->decoded, *layer, (*layer)->type, &object, sizeof(object));
	torc_dialog_line_next(&object.dialog, &position, &first);
	take_line(object.dialog.lines.data, object.dialog.lines.length, &text, &next);
	text_string(&line->text, torc_layer_name((*layer)->type));
	text_string(&line->text, ": ");
	shown = first.password.length ? (uint32_t)(first.password.data - text.data) : text.length;
	text_escaped(&line->text, text.data, shown);
	if (shown < text.length)
		text_string(&line->text, "(password)");
	if (!first.is_whole)
		more_text(line, *layer);
}
