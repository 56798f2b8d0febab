/* SPDX-License-Identifier: BSD-3-Clause */
/* line_services.c - services and tunnels in one line, in the words of tcpdump where it has some */
#include <torc/layers/application/syslog.h>
#include <torc/layers/application/tftp.h>
#include <torc/layers/link/slow.h>
#include <torc/layers/transport/quic.h>
#include <torc/layers/tunnel/wireguard.h>

#include "text/line.h"

/* What a message carries, encrypted or not, has been counted in its length. */
static void skip_payload(struct line *line, const struct torc_layer **layer)
{
	*layer = line->decoded->layers + line->decoded->layer_count - 1;
}

void line_quic(struct line *line, const struct torc_layer **layer)
{
	static const char *const types[] = { "Initial", "0-RTT", "Handshake", "Retry" };
	struct torc_quic quic;

	torc_layer_quic(line->decoded, *layer, &quic);
	text_string(&line->text, "QUIC, ");
	text_string(&line->text, quic.version ? types[quic.type & 3] : "Version Negotiation");
	if (quic.version) {
		text_string(&line->text, ", version 0x");
		text_hex(&line->text, quic.version, 8);
	}
	text_string(&line->text, ", dcid ");
	text_bytes(&line->text, quic.destination.data, quic.destination.length);
	text_string(&line->text, ", scid ");
	text_bytes(&line->text, quic.source.data, quic.source.length);
	field_text(line, ", length ", message_length(line, *layer));
	skip_payload(line, layer);
}

void line_slow(struct line *line, const struct torc_layer **layer)
{
	struct torc_slow slow;
	bool has_version;

	torc_layer_slow(line->decoded, *layer, &slow);
	has_version = slow.subtype == 1 || slow.subtype == 2;
	if (slow.subtype == 1 || slow.subtype == 2 || slow.subtype == 3)
		text_string(&line->text, slow.subtype == 1 ? "LACP" :
					 slow.subtype == 2 ? "MARKER" : "OAM");
	else
		field_text(line, "unknown (", slow.subtype);
	if (slow.subtype < 1 || slow.subtype > 3)
		text_char(&line->text, ')');
	if (has_version)
		field_text(line, "v", slow.version);
	field_text(line, ", length ", message_length(line, *layer));
}

void line_syslog(struct line *line, const struct torc_layer **layer)
{
	static const char *const facilities[] = {
		"kernel", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp",
		"cron", "authpriv", "ftp", "ntp", "security", "console", "cron", "local0",
		"local1", "local2", "local3", "local4", "local5", "local6", "local7"
	};
	static const char *const severities[] = { "emergency", "alert", "critical", "error",
						  "warning", "notice", "info", "debug" };
	struct torc_syslog syslog;

	torc_layer_syslog(line->decoded, *layer, &syslog);
	text_string(&line->text, "SYSLOG ");
	name_text(line, facilities, COUNT(facilities), syslog.facility);
	text_char(&line->text, '.');
	name_text(line, severities, COUNT(severities), syslog.severity);
	field_text(line, ", length: ", message_length(line, *layer));
}

/* The strings of options, each behind a blank. */
static void options_text(struct line *line, const struct torc_bytes *options)
{
	uint32_t at = 0, length;

	while (at < options->length) {
		length = (uint32_t)strnlen((const char *)options->data + at, options->length - at);
		text_char(&line->text, ' ');
		text_escaped(&line->text, options->data + at, length);
		at += length + 1;
	}
}

void line_tftp(struct line *line, const struct torc_layer **layer)
{
	static const char *const opcodes[] = { [1] = "RRQ", "WRQ", "DATA", "ACK", "ERROR", "OACK" };
	static const char *const errors[] = { "EUNDEF", "ENOTFOUND", "EACCESS", "ENOSPACE", "EBADOP",
					      "EBADID", "EEXISTS", "ENOUSER" };
	struct torc_tftp tftp;

	torc_layer_tftp(line->decoded, *layer, &tftp);
	field_text(line, "TFTP, length ", message_length(line, *layer));
	text_string(&line->text, ", ");
	name_text(line, opcodes, COUNT(opcodes), tftp.opcode);
	if (tftp.opcode <= 2) {
		text_string(&line->text, " \"");
		text_escaped(&line->text, tftp.file.data, tftp.file.length);
		text_string(&line->text, "\" ");
		text_escaped(&line->text, tftp.mode.data, tftp.mode.length);
	} else if (tftp.opcode <= 4) {
		field_text(line, " block ", tftp.block);
	} else if (tftp.opcode == 5) {
		text_char(&line->text, ' ');
		name_text(line, errors, COUNT(errors), tftp.error_code);
		text_string(&line->text, " \"");
		text_escaped(&line->text, tftp.error.data, tftp.error.length);
		text_char(&line->text, '"');
	}
	options_text(line, &tftp.options);
	skip_payload(line, layer);
}

void line_wireguard(struct line *line, const struct torc_layer **layer)
{
	static const char *const types[] = { [1] = "handshake initiation", "handshake response",
					     "cookie reply", "transport data" };
	struct torc_wireguard wireguard;

	torc_layer_wireguard(line->decoded, *layer, &wireguard);
	text_string(&line->text, "WireGuard, ");
	name_text(line, types, COUNT(types), wireguard.type);
	field_text(line, ", length ", message_length(line, *layer));
	skip_payload(line, layer);
}
