/* SPDX-License-Identifier: BSD-3-Clause */
/* line_setup.c - what sets links, tunnels and addresses up or looks after them, in the words of tcpdump */
#include <torc/layers/link/oam.h>
#include <torc/layers/link/ppp_control.h>
#include <torc/layers/network/ipsec.h>
#include <torc/layers/network/mobility.h>
#include <torc/layers/tunnel/l2tp.h>

#include "text/line.h"

/* "LCP, Conf-Request (0x01), id 1", which all of PPP's begin with. */
static void code_text(struct line *line, const char *name, const char *const *codes, size_t count,
		      unsigned int code, unsigned int id)
{
	text_string(&line->text, name);
	text_string(&line->text, ", ");
	text_string(&line->text, code < count && codes[code] ? codes[code] : "Unknown Opcode");
	text_string(&line->text, " (0x");
	text_hex(&line->text, code, 2);
	field_text(line, "), id ", id);
}

void line_ppp_control(struct line *line, const struct torc_layer **layer)
{
	static const char *const codes[] = {
		"Vendor-Extension", "Conf-Request", "Conf-Ack", "Conf-Nack", "Conf-Reject",
		"Term-Request", "Term-Ack", "Code-Reject", "Prot-Reject", "Echo-Request",
		"Echo-Reply", "Disc-Req", "Ident", "Time-Remaining", "Reset-Req", "Reset-Ack"
	};
	const uint8_t *p = torc_layer_header(line->decoded, *layer);
	bool is_ipv6 = (*layer)->type == TORC_LAYER_IPV6CP;

	code_text(line, is_ipv6 ? "IP6CP" : torc_layer_name((*layer)->type), codes, COUNT(codes),
		  p[0], p[1]);
	/* of what PPP has there: with its protocol number */
	field_text(line, ", length ", message_length(line, *layer) + 2);
}

static void string_text(struct line *line, const char *before, const struct torc_bytes *string)
{
	text_string(&line->text, before);
	text_escaped(&line->text, string->data, string->length);
}

void line_pap(struct line *line, const struct torc_layer **layer)
{
	static const char *const codes[] = { [1] = "Auth-Req", "Auth-ACK", "Auth-NACK" };
	struct torc_pap pap;

	torc_layer_pap(line->decoded, *layer, &pap);
	/* the password is a field, and in no line */
	code_text(line, "PAP", codes, COUNT(codes), pap.code, pap.identifier);
	if (pap.code == 1)
		string_text(line, ", Peer ", &pap.peer);
	else if (pap.code <= 3)
		string_text(line, ", Msg ", &pap.message);
}

void line_chap(struct line *line, const struct torc_layer **layer)
{
	static const char *const codes[] = { [1] = "Challenge", "Response", "Success", "Fail" };
	struct torc_chap chap;

	torc_layer_chap(line->decoded, *layer, &chap);
	code_text(line, "CHAP", codes, COUNT(codes), chap.code, chap.identifier);
	if (chap.code == 1 || chap.code == 2) {
		text_string(&line->text, ", Value ");
		text_bytes(&line->text, chap.value.data, chap.value.length);
		string_text(line, ", Name ", &chap.name);
	} else if (chap.code == 3 || chap.code == 4) {
		string_text(line, ", Msg ", &chap.message);
	}
}

/* The blank in front is tcpdump's. Of a control message its type is told, of data what they are. */
void line_l2tp(struct line *line, const struct torc_layer **layer)
{
	static const char *const messages[] = {
		[1] = "SCCRQ", [2] = "SCCRP", [3] = "SCCCN", [4] = "StopCCN", [6] = "HELLO",
		[7] = "OCRQ", [8] = "OCRP", [9] = "OCCN", [10] = "ICRQ", [11] = "ICRP",
		[12] = "ICCN", [14] = "CDN", [15] = "WEN", [16] = "SLI"
	};
	struct text *text = &line->text;
	struct torc_l2tp l2tp;

	torc_layer_l2tp(line->decoded, *layer, &l2tp);
	text_string(text, " l2tp:[");
	text_string(text, l2tp.is_control ? "T" : "");
	text_string(text, l2tp.has_length ? "L" : "");
	text_string(text, l2tp.has_sequence ? "S" : "");
	text_string(text, l2tp.has_offset ? "O" : "");
	text_string(text, l2tp.has_priority ? "P" : "");
	field_text(line, "](", l2tp.tunnel);
	field_text(line, "/", l2tp.session);
	text_char(text, ')');
	if (l2tp.has_sequence) {
		field_text(line, "Ns=", l2tp.send);
		field_text(line, ",Nr=", l2tp.receive);
	}
	if (!l2tp.is_control) {
		if (l2tp.version == 2 && (*layer)->payload_length > 0) {
			text_string(text, " {");
			line->joined = true;
			line->closing = "}";
		}
		return;
	}
	if (l2tp.attributes.length == 0) {
		text_string(text, " ZLB");
	} else if (l2tp.message_type != 0) {
		text_string(text, " *MSGTYPE(");
		name_text(line, messages, COUNT(messages), l2tp.message_type);
		text_char(text, ')');
	}
}

void line_mobility(struct line *line, const struct torc_layer **layer)
{
	static const char *const types[] = { "BRR", "HoTI", "CoTI", "HoT", "CoT", "BU", "BA", "BE" };
	struct text *text = &line->text;
	struct torc_mobility mobility;

	torc_layer_mobility(line->decoded, *layer, &mobility);
	text_string(text, "mobility: ");
	if (mobility.message_type >= COUNT(types)) {
		field_text(line, "type-#", mobility.message_type);
		field_text(line, " len=", mobility.header_length / 8 - 1);
		return;
	}
	text_string(text, types[mobility.message_type]);
	if (mobility.message_type == 3 || mobility.message_type == 4) {
		text_string(text, " nonce id=0x");
		text_hex(text, mobility.nonce_index, 1);
	}
	if (mobility.message_type == 6 || mobility.message_type == 7)
		field_text(line, " status=", mobility.status);
	if (mobility.message_type == 7) {
		text_string(text, " homeaddr ");
		text_ipv6(text, mobility.home);
	}
	if (mobility.message_type == 6 && mobility.flags & 0x80)
		text_string(text, " K");
	if (mobility.message_type != 5 && mobility.message_type != 6)
		return;
	field_text(line, " seq#=", mobility.sequence);
	if (mobility.message_type == 5 && mobility.flags >> 12)
		text_char(text, ' ');
	for (unsigned int i = 0; mobility.message_type == 5 && i < 4; i++)
		if (mobility.flags & 0x8000u >> i)
			text_char(text, "AHLK"[i]);
	field_text(line, " lifetime=", mobility.lifetime_s);
}

void line_ipcomp(struct line *line, const struct torc_layer **layer)
{
	struct torc_ipcomp ipcomp;

	torc_layer_ipcomp(line->decoded, *layer, &ipcomp);
	text_string(&line->text, "IPComp(cpi=0x");
	text_hex(&line->text, ipcomp.index, 4);
	text_char(&line->text, ')');
}

void line_cfm(struct line *line, const struct torc_layer **layer)
{
	static const char *const opcodes[] = { [1] = "Continuity Check Message", "Loopback Reply",
					       "Loopback Message", "Linktrace Reply",
					       "Linktrace Message" };
	struct torc_cfm cfm;

	torc_layer_cfm(line->decoded, *layer, &cfm);
	field_text(line, "CFMv", cfm.version);
	text_char(&line->text, ' ');
	if (cfm.opcode < COUNT(opcodes) && opcodes[cfm.opcode]) {
		text_string(&line->text, opcodes[cfm.opcode]);
	} else {
		field_text(line, "unknown (", cfm.opcode);
		text_char(&line->text, ')');
	}
	field_text(line, ", MD Level ", cfm.level);
	field_text(line, ", length ", message_length(line, *layer));
}

void line_udld(struct line *line, const struct torc_layer **layer)
{
	static const char *const codes[] = { "Reserved", "Probe message", "Echo message",
					     "Flush message" };
	struct text *text = &line->text;
	struct torc_udld udld;

	torc_layer_udld(line->decoded, *layer, &udld);
	field_text(line, "UDLDv", udld.version);
	text_string(text, ", Code ");
	text_string(text, udld.opcode < COUNT(codes) ? codes[udld.opcode] : "Unknown message");
	text_string(text, " (");
	text_hex(text, udld.opcode, 1);
	text_string(text, "), Flags [");
	text_string(text, (udld.flags & 3) == 0 ? "none" : udld.flags & 1 ? "RT" : "RSY");
	text_string(text, (udld.flags & 3) == 3 ? ", RSY] (0x" : "] (0x");
	text_hex(text, udld.flags, 2);
	field_text(line, "), length ", message_length(line, *layer));
}
