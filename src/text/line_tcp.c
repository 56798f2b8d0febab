/* SPDX-License-Identifier: BSD-3-Clause */
/* line_tcp.c - a TCP segment in the words tcpdump uses */
#include <torc/layers/transport/tcp.h>

#include "text/line.h"

#define EXPERIMENT 254	  /* RFC 6994: an option whose kind its first two bytes say */
#define FAST_OPEN  0xF989 /* before it had a number of its own, RFC 7413 appendix B */

static void tcp_flags_text(struct line *line, uint16_t flags)
{
	static const struct {
		uint16_t bit;
		char letter;
	} letters[] = {
		{ TORC_TCP_FIN, 'F' }, { TORC_TCP_SYN, 'S' }, { TORC_TCP_RST, 'R' },
		{ TORC_TCP_PSH, 'P' }, { TORC_TCP_ACK, '.' }, { TORC_TCP_URG, 'U' },
		{ TORC_TCP_ECE, 'E' }, { TORC_TCP_CWR, 'W' }, { TORC_TCP_AE, 'e' },
	};
	unsigned int i;

	text_string(&line->text, "Flags [");
	for (i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		if (flags & letters[i].bit)
			text_char(&line->text, letters[i].letter);
	text_string(&line->text, flags == 0 ? "none]" : "]");
}

static void tcp_sack_text(struct line *line, const struct torc_bytes *data, uint32_t base)
{
	uint32_t i;

	field_text(line, "sack ", data->length / 8);
	for (i = 0; i + 8 <= data->length; i += 8) {
		field_text(line, i == 0 ? " {" : "{",
			   (uint32_t)(torc_be32(data->data + i) - base));
		field_text(line, ":", (uint32_t)(torc_be32(data->data + i + 4) - base));
		text_char(&line->text, '}');
	}
}

/* RFC 7413 §4.1.1: without a cookie it asks for one. */
static void fast_open_text(struct line *line, const char *name, const uint8_t *p, uint32_t length)
{
	text_string(&line->text, name);
	text_string(&line->text, length > 0 ? " cookie " : " cookiereq");
	text_bytes(&line->text, p, length);
}

static void tcp_other_option_text(struct line *line, const struct torc_tcp_option *option)
{
	const char *name = option->kind == TORC_TCP_OPTION_MD5		? "md5" :
			   option->kind == TORC_TCP_OPTION_AO		? "tcp-ao" :
			   option->kind == TORC_TCP_OPTION_USER_TIMEOUT ? "uto" :
			   option->kind == TORC_TCP_OPTION_MPTCP	? "mptcp" :
									  NULL;

	if (name)
		text_string(&line->text, name);
	else
		field_text(line, "unknown-", option->kind);
	text_string(&line->text, option->data.length > 0 ? " 0x" : "");
	text_bytes(&line->text, option->data.data, option->data.length);
}

static void tcp_option_text(struct line *line, const struct torc_tcp_option *option, uint32_t base)
{
	const uint8_t *p = option->data.data;
	uint32_t length = option->data.length;

	if (option->kind == TORC_TCP_OPTION_END) {
		text_string(&line->text, "eol");
	} else if (option->kind == TORC_TCP_OPTION_NOP) {
		text_string(&line->text, "nop");
	} else if (option->kind == TORC_TCP_OPTION_MSS && length == 2) {
		field_text(line, "mss ", torc_be16(p));
	} else if (option->kind == TORC_TCP_OPTION_WINDOW_SCALE && length == 1) {
		field_text(line, "wscale ", p[0]);
	} else if (option->kind == TORC_TCP_OPTION_SACK_PERMITTED) {
		text_string(&line->text, "sackOK");
	} else if (option->kind == TORC_TCP_OPTION_SACK) {
		tcp_sack_text(line, &option->data, base);
	} else if (option->kind == TORC_TCP_OPTION_TIMESTAMPS && length == 8) {
		field_text(line, "TS val ", torc_be32(p));
		field_text(line, " ecr ", torc_be32(p + 4));
	} else if (option->kind == TORC_TCP_OPTION_USER_TIMEOUT && length == 2) {
		text_string(&line->text, "uto 0x");
		text_hex(&line->text, torc_be16(p), 1);
	} else if (option->kind == TORC_TCP_OPTION_FAST_OPEN) {
		fast_open_text(line, "tfo", p, length);
	} else if (option->kind == EXPERIMENT && length >= 2 && torc_be16(p) == FAST_OPEN) {
		fast_open_text(line, "exp-tfo", p + 2, length - 2);
	} else if (option->kind != TORC_TCP_OPTION_MPTCP || !line_mptcp(line, p, length)) {
		tcp_other_option_text(line, option);
	}
}

static void tcp_options_text(struct line *line, const struct torc_tcp *tcp, uint32_t base,
			     bool is_cut)
{
	struct torc_tcp_option option;
	uint32_t position = 0;
	bool first = true;

	text_string(&line->text, ", options [");
	while (torc_tcp_option_next(tcp, &position, &option)) {
		if (!first)
			text_char(&line->text, ',');
		first = false;
		tcp_option_text(line, &option, base);
	}
	if (position < tcp->options.length || is_cut) {
		text_string(&line->text, first ? "" : ",");
		text_string(&line->text, is_cut ? "[|tcp]" : "[bad opt]");
	}
	text_char(&line->text, ']');
}

/* ", cksum 0x1234 (correct)" */
static void tcp_checksum_text(struct line *line, const struct torc_layer *layer)
{
	struct torc_checksum checksum;
	int state = line_checksum(line, layer, &checksum);

	if (state != TORC_CHECKSUM_RIGHT && state != TORC_CHECKSUM_WRONG &&
	    state != TORC_CHECKSUM_OFFLOADED)
		return;
	text_string(&line->text, ", cksum 0x");
	text_hex(&line->text, torc_be16(torc_layer_header(line->decoded, layer) + 16), 4);
	if (state == TORC_CHECKSUM_WRONG) {
		text_string(&line->text, " (incorrect -> 0x");
		text_hex(&line->text, checksum.expected, 4);
		text_char(&line->text, ')');
	} else {
		text_string(&line->text,
			    state == TORC_CHECKSUM_RIGHT ? " (correct)" : " (left to the card)");
	}
}

void line_tcp(struct line *line, const struct torc_layer *layer)
{
	uint32_t length = line_payload_length(line->decoded, layer), missing, base = 0;
	struct torc_tcp tcp;

	torc_layer_tcp(line->decoded, layer, &tcp);
	/* options that were cut are no data */
	missing = (torc_layer_header(line->decoded, layer)[12] >> 4) * 4u;
	missing = missing > tcp.header_length ? missing - tcp.header_length : 0;
	length = length > missing ? length - missing : 0;
	part_start(line);
	if (line->flags & TORC_TEXT_QUICK) {
		field_text(line, "tcp ", length);
		return;
	}
	tcp_flags_text(line, tcp.flags);
	tcp_checksum_text(line, layer);
	if (layer == torc_layer_first(line->decoded, TORC_LAYER_TCP)) {
		tcp.sequence -= line->options->sequence_base;
		tcp.acknowledgment -= line->options->acknowledgment_base;
		base = line->options->acknowledgment_base;
	}
	if (length > 0 || tcp.flags & (TORC_TCP_SYN | TORC_TCP_FIN | TORC_TCP_RST))
		field_text(line, ", seq ", tcp.sequence);
	if (length > 0)
		field_text(line, ":", (uint32_t)(tcp.sequence + length));
	if (tcp.flags & TORC_TCP_ACK)
		field_text(line, ", ack ", tcp.acknowledgment);
	field_text(line, ", win ", tcp.window);
	if (tcp.flags & TORC_TCP_URG)
		field_text(line, ", urg ", tcp.urgent);
	if (tcp.options.length > 0)
		tcp_options_text(line, &tcp, base, missing > 0);
	field_text(line, ", length ", length);
}
