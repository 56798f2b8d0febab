/* SPDX-License-Identifier: BSD-3-Clause */
/* line_texts.c - protocols of text in one line: as tcpdump has them, but for passwords */
#include <torc/layers/application/dialog.h>

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
