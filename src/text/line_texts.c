/* SPDX-License-Identifier: BSD-3-Clause */
/* line_texts.c - protocols of text in one line: as tcpdump has them, but for passwords */
#include <torc/layers/application/dialog.h>
#include <torc/layers/application/resp.h>
#include <torc/layers/application/rtsp.h>
#include <torc/layers/application/ssh.h>
#include <torc/layers/application/telnet.h>

#include <string.h>
#include <strings.h>

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

/* "RTSP: OPTIONS rtsp://x/ RTSP/1.0": the first line */
void line_rtsp(struct line *line, const struct torc_layer **layer)
{
	struct torc_bytes text;
	uint32_t next;

	text_string(&line->text, "RTSP: ");
	if (!take_line(torc_layer_header(line->decoded, *layer), (*layer)->header_length, &text,
		       &next)) {
		text_escaped(&line->text, text.data, text.length);
		more_text(line, *layer);
		return;
	}
	text_escaped(&line->text, text.data, text.length);
}

/* ---- Telnet ---- */

static void telnet_option(struct line *line, uint8_t option)
{
	static const char *const names[] = {
		"BINARY", "ECHO", "RCP", "SUPPRESS GO AHEAD", "NAME", "STATUS", "TIMING MARK",
		"RCTE", "NAOL", "NAOP", "NAOCRD", "NAOHTS", "NAOHTD", "NAOFFD", "NAOVTS", "NAOVTD",
		"NAOLFD", "EXTEND ASCII", "LOGOUT", "BYTE MACRO", "DATA ENTRY TERMINAL", "SUPDUP",
		"SUPDUP OUTPUT", "SEND LOCATION", "TERMINAL TYPE", "END OF RECORD", "TACACS UID",
		"OUTPUT MARKING", "TTYLOC", "3270 REGIME", "X.3 PAD", "NAWS", "TSPEED", "LFLOW",
		"LINEMODE", "XDISPLOC", "OLD-ENVIRON", "AUTHENTICATION", "ENCRYPT", "NEW-ENVIRON"
	};

	if (option < COUNT(names)) {
		text_string(&line->text, names[option]);
	} else {
		text_string(&line->text, "0x");
		text_hex(&line->text, option, 1);
	}
}

/* What a subnegotiation is for, then its bytes: " TERMINAL TYPE IS 0x61 0x62 SE". */
static void telnet_subnegotiation(struct line *line, const struct torc_telnet_item *item)
{
	static const char *const any[] = { "IS", "SEND", "INFO" };
	static const char *const authentication[] = { "IS", "SEND", "REPLY", "NAME" };
	static const char *const encrypt[] = { "IS", "SUPPORT", "REPLY", "START", "END",
					       "REQUEST-START", "REQUEST-END", "ENC_KEYID",
					       "DEC_KEYID" };
	const char *const *names = item->option == 37 ? authentication :
				   item->option == 38 ? encrypt :
							any;
	size_t count = item->option == 37 ? COUNT(authentication) :
		       item->option == 38 ? COUNT(encrypt) :
					    COUNT(any);

	for (uint32_t i = 0; i < item->data.length; i++) {
		uint8_t byte = item->data.data[i];

		text_char(&line->text, ' ');
		if (i == 0 && byte < count) {
			text_string(&line->text, names[byte]);
			continue;
		}
		text_string(&line->text, "0x");
		text_hex(&line->text, byte, 1);
	}
	text_string(&line->text, item->is_whole ? " SE" : " [|telnet]");
}

/* " [telnet DO ECHO, WILL NAWS]"; of what is typed and printed, nothing: a password may be in it. */
void line_telnet(struct line *line, const struct torc_layer **layer)
{
	static const char *const commands[] = { "EOF", "SUSP", "ABORT", "EOR", "SE", "NOP",
						"DMARK", "BRK", "IP", "AO", "AYT", "EC", "EL",
						"GA", "SB", "WILL", "WONT", "DO", "DONT" };
	struct torc_telnet_item item;
	struct torc_telnet telnet;
	uint32_t position = 0;
	bool any = false;

	torc_layer_telnet(line->decoded, *layer, &telnet);
	while (torc_telnet_item_next(&telnet, &position, &item)) {
		if (item.command == 0)
			continue;
		text_string(&line->text, any ? ", " : " [telnet ");
		any = true;
		text_string(&line->text, commands[(item.command - 236u) % COUNT(commands)]);
		if (item.command < 250)
			continue;
		text_char(&line->text, ' ');
		if (!item.is_whole && item.command != 250) {
			text_string(&line->text, "[|telnet]");
			break;
		}
		telnet_option(line, item.option);
		if (item.command == 250)
			telnet_subnegotiation(line, &item);
	}
	if (any)
		text_char(&line->text, ']');
	line->joined = false;
}

/* ---- RESP ---- */

static bool is_word(const struct torc_bytes *word, const char *name)
{
	return word->length == strlen(name) &&
	       strncasecmp((const char *)word->data, name, word->length) == 0;
}

/* What follows these is a password. */
static bool tells_password(const struct torc_bytes *word)
{
	return is_word(word, "AUTH") || is_word(word, "requirepass") || is_word(word, "masterauth");
}

static void resp_value_text(struct line *line, const struct torc_resp_value *value, bool secret)
{
	bool is_number = value->type == ':';

	if (value->is_null || (!is_number && value->number == 0 && strchr("$!=*%~>|", value->type))) {
		text_string(&line->text, value->is_null ? " null" : " empty");
	} else if (strchr("*%~>|", value->type)) {
		return; /* its values follow */
	} else if (secret) {
		text_string(&line->text, " (password)");
	} else {
		text_string(&line->text, " \"");
		if (is_number)
			text_int(&line->text, value->number);
		else
			text_escaped(&line->text, value->string.data, value->string.length);
		text_char(&line->text, '"');
	}
}

void line_resp(struct line *line, const struct torc_layer **layer)
{
	struct torc_resp_value value;
	struct torc_resp resp;
	uint32_t position = 0;
	uint64_t left = 0; /* of the values of arrays */
	bool secret = false, whole = true;

	torc_layer_resp(line->decoded, *layer, &resp);
	text_string(&line->text, "RESP");
	while (whole && torc_resp_value_next(&resp, &position, &value)) {
		whole = value.is_whole;
		if (left > 0)
			left--;
		else
			secret = false;
		if (!whole)
			break;
		if (strchr("*~>|%", value.type) && value.number > 0)
			left += (uint64_t)value.number * (value.type == '%' || value.type == '|' ? 2 : 1);
		resp_value_text(line, &value, secret);
		secret |= tells_password(&value.string);
	}
	if (!whole || left > 0)
		more_text(line, *layer);
}
