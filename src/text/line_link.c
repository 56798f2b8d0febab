/* SPDX-License-Identifier: BSD-3-Clause */
/* line_link.c - PPP, PPPoE and the loopback of Ethernet in one line, in the words of tcpdump */
#include <torc/layers/link/aoe.h>
#include <torc/layers/link/ctp.h>
#include <torc/layers/link/ppp.h>

#include "text/line.h"

void line_aoe(struct line *line, const struct torc_layer **layer)
{
	struct torc_aoe aoe;

	torc_layer_aoe(line->decoded, *layer, &aoe);
	field_text(line, "AoE length ", line->decoded->len - (*layer)->offset);
	field_text(line, ", Ver ", aoe.version);
	text_string(&line->text, ", Flags: [");
	text_string(&line->text, aoe.flags & TORC_AOE_RESPONSE ? "Response" : "");
	if (aoe.flags & TORC_AOE_ERROR)
		text_string(&line->text, aoe.flags & TORC_AOE_RESPONSE ? ", Error" : "Error");
	text_string(&line->text, aoe.flags & (TORC_AOE_RESPONSE | TORC_AOE_ERROR) ? "]" : "none]");
	*layer = line->decoded->layers + line->decoded->layer_count - 1;
}

/* The function whose turn it is. What there is before and behind it is on its way, not here. */
void line_ctp(struct line *line, const struct torc_layer **layer)
{
	const struct torc_layer *end = line->decoded->layers + line->decoded->layer_count;
	const struct torc_layer *turn = *layer + 1;
	struct torc_ctp_forward forward;
	struct torc_ctp_reply reply;
	struct torc_ctp ctp;

	torc_layer_ctp(line->decoded, *layer, &ctp);
	field_text(line, "Loopback, skipCount ", ctp.skip_count);
	while (turn < end && turn->offset < (*layer)->offset + 2u + ctp.skip_count)
		turn++;
	if (turn >= end)
		return;
	if (torc_layer_ctp_forward(line->decoded, turn, &forward) == 0) {
		text_string(&line->text, ", Forward Data, forwarding address ");
		text_mac(&line->text, forward.address, 6);
		field_text(line, ", data (", line_payload_length(line->decoded, turn));
	} else if (torc_layer_ctp_reply(line->decoded, turn, &reply) == 0) {
		field_text(line, ", Reply, receipt number ", reply.receipt_number);
		field_text(line, ", data (", message_length(line, turn) - 4);
	} else {
		return;
	}
	text_string(&line->text, " octets)");
	*layer = end - 1;
}

/* What PPP carries says itself what it is, where it is decoded. */
void line_ppp(struct line *line, const struct torc_layer **layer)
{
	struct torc_ppp ppp;

	torc_layer_ppp(line->decoded, *layer, &ppp);
	if (line->decoded->registry == TORC_BY_PPP_PROTOCOL)
		text_string(&line->text, "unknown PPP protocol (0x");
	else
		text_string(&line->text, "PPP (0x");
	text_hex(&line->text, ppp.protocol, 4);
	text_char(&line->text, ')');
}

/* [Service-Name "x"], or the digits of what is no text */
static void tag_text(struct line *line, const struct torc_pppoe_tag *tag)
{
	static const struct {
		uint16_t type;
		const char *name;
	} names[] = { { 0x0101, "Service-Name" },      { 0x0102, "AC-Name" },
		      { 0x0103, "Host-Uniq" },	       { 0x0104, "AC-Cookie" },
		      { 0x0105, "Vendor-Specific" },   { 0x0110, "Relay-Session-ID" },
		      { 0x0120, "PPP-Max-Payload" },   { 0x0201, "Service-Name-Error" },
		      { 0x0202, "AC-System-Error" },   { 0x0203, "Generic-Error" } };
	uint32_t i = 0, plain = 0;

	while (i < COUNT(names) && names[i].type != tag->type)
		i++;
	text_string(&line->text, " [");
	if (i < COUNT(names)) {
		text_string(&line->text, names[i].name);
	} else {
		text_string(&line->text, "TAG-0x");
		text_hex(&line->text, tag->type, 1);
	}
	while (plain < tag->value.length && tag->value.data[plain] >= 0x20 &&
	       tag->value.data[plain] < 0x7F)
		plain++;
	if (tag->value.length > 0 && plain == tag->value.length) {
		text_string(&line->text, " \"");
		text_escaped(&line->text, tag->value.data, plain);
		text_char(&line->text, '"');
	} else if (tag->value.length > 0) {
		text_string(&line->text, " 0x");
		text_bytes(&line->text, tag->value.data, tag->value.length);
	}
	text_char(&line->text, ']');
}

void line_pppoe(struct line *line, const struct torc_layer **layer)
{
	static const struct {
		uint8_t code;
		const char *name;
	} codes[] = { { 0x09, "PADI" }, { 0x07, "PADO" }, { 0x19, "PADR" },
		      { 0x65, "PADS" }, { 0xA7, "PADT" }, { 0x00, "" } };
	struct torc_pppoe_tag tag;
	struct torc_pppoe pppoe;
	uint32_t position = 0, i = 0;

	torc_layer_pppoe(line->decoded, *layer, &pppoe);
	text_string(&line->text, "PPPoE ");
	while (i < COUNT(codes) && codes[i].code != pppoe.code)
		i++;
	if (i < COUNT(codes)) {
		text_string(&line->text, codes[i].name);
	} else {
		text_string(&line->text, "PAD-0x");
		text_hex(&line->text, pppoe.code, 1);
	}
	if (pppoe.session_id != 0) {
		text_string(&line->text, " [ses 0x");
		text_hex(&line->text, pppoe.session_id, 1);
		text_char(&line->text, ']');
	}
	while (torc_pppoe_tag_next(&pppoe, &position, &tag))
		tag_text(line, &tag);
	if (pppoe.code != 0)
		return;
	text_char(&line->text, ' ');
	line->joined = true;
}
