/* SPDX-License-Identifier: BSD-3-Clause */
/* line_media.c - IPX, RTCP and service location in one line, in the words of tcpdump (of RTCP, with -T rtcp) */
#include <torc/layers/application/rtp.h>
#include <torc/layers/application/srvloc.h>
#include <torc/layers/network/ipx.h>

#include "text/line.h"
#include "text/value.h"

#define SHOWN 8

/* Seconds with two digits behind the point, of a number whose lower bits are the fraction. */
static void seconds_text(struct line *line, const char *before, uint64_t number, unsigned int bits)
{
	uint64_t whole = number >> bits, part = number & ((1ull << bits) - 1);
	uint64_t hundredths = (part * 100 + (1ull << (bits - 1))) >> bits;

	whole += hundredths / 100;
	hundredths %= 100;
	field_text(line, before, whole);
	text_string(&line->text, hundredths < 10 ? ".0" : ".");
	text_uint(&line->text, hundredths);
}

static void report_text(struct line *line, const struct torc_rtcp_report *report)
{
	field_text(line, " ", (uint32_t)report->lost & 0xFFFFFF);
	field_text(line, "l ", report->highest_sequence);
	field_text(line, "s ", report->jitter);
	seconds_text(line, "j @", report->last_report, 16);
	seconds_text(line, "+", report->delay, 16);
}

void line_rtcp(struct line *line, const struct torc_layer **layer)
{
	static const char *const types[] = { "sr", "rr", "sdes", "bye" };
	uint32_t position = 0, reports = 0;
	struct torc_rtcp_packet packet;
	struct torc_rtcp_report report;
	struct torc_rtcp rtcp;

	torc_layer_rtcp(line->decoded, *layer, &rtcp);
	for (int i = 0; i < SHOWN && torc_rtcp_packet_next(&rtcp, &position, &packet); i++) {
		text_char(&line->text, ' ');
		if (packet.type < 200 + COUNT(types)) {
			text_string(&line->text, types[packet.type - 200]);
		} else {
			text_string(&line->text, "type-0x");
			text_hex(&line->text, packet.type, 1);
		}
		if (packet.type > 201)
			field_text(line, " ", packet.length);
		if (packet.type == 200) {
			seconds_text(line, " @",
				     (uint64_t)packet.ntp_seconds << 32 | packet.ntp_fraction, 32);
			field_text(line, " ", packet.timestamp);
			field_text(line, " ", packet.packet_count);
			field_text(line, "p ", packet.octet_count);
			text_char(&line->text, 'b');
		}
		for (int n = 0; packet.type <= 201 && n < packet.count && reports < position; n++)
			if (torc_rtcp_report_next(&rtcp, &reports, &report))
				report_text(line, &report);
	}
}

void line_srvloc(struct line *line, const struct torc_layer **layer)
{
	const struct torc_field_info *fields = torc_layer_describe(TORC_LAYER_SRVLOC)->fields;
	struct torc_srvloc srvloc;
	struct torc_value value;

	torc_layer_srvloc(line->decoded, *layer, &srvloc);
	field_text(line, "SRVLOCv", srvloc.version);
	text_string(&line->text, ", ");
	field_value(field_named(fields, "function"), &srvloc, &value);
	text_string(&line->text, value.name ? value.name : "?");
	if (srvloc.service_type.length > 0) {
		text_char(&line->text, ' ');
		line_ascii(line, &srvloc.service_type);
	}
	if (srvloc.url.length > 0) {
		text_char(&line->text, ' ');
		line_ascii(line, &srvloc.url);
	}
	if (srvloc.error_code) {
		field_value(field_named(fields, "error_code"), &srvloc, &value);
		text_string(&line->text, ", ");
		if (value.name)
			text_string(&line->text, value.name);
		else
			field_text(line, "error ", srvloc.error_code);
	}
	field_text(line, ", length ", srvloc.length);
}

static void ipx_node(struct line *line, uint32_t network, const uint8_t *node)
{
	text_hex(&line->text, network, 8);
	text_char(&line->text, '.');
	text_mac(&line->text, node, 6);
}

/* What RIP's packets say: a network, how many routers away, how long that takes. */
static void ipx_rip(struct line *line, const uint8_t *p, uint32_t left)
{
	uint16_t command;

	if (left < 2)
		return;
	command = torc_be16(p);
	text_string(&line->text, command == 1 ? "ipx-rip-req" : command == 2 ? "ipx-rip-resp" :
										"ipx-rip-?");
	for (int i = 0; i < (command == 1 ? 1 : 15) && left >= 2u + 8 * (i + 1u); i++) {
		text_char(&line->text, ' ');
		text_hex(&line->text, torc_be32(p + 2 + 8 * i), 8);
		field_text(line, "/", torc_be16(p + 6 + 8 * i));
		field_text(line, ".", torc_be16(p + 8 + 8 * i));
	}
}

/* Services: a type, a name, where it is. */
static void ipx_sap(struct line *line, const uint8_t *p, uint32_t left)
{
	static const char *const commands[] = { [1] = "ipx-sap-req", "ipx-sap-resp",
						"ipx-sap-nearest-req", "ipx-sap-nearest-resp" };
	uint16_t command;

	if (left < 4)
		return;
	command = torc_be16(p);
	name_text(line, commands, COUNT(commands), command);
	if (command == 1 || command == 3) {
		text_char(&line->text, ' ');
		text_hex(&line->text, torc_be16(p + 2), 1);
		return;
	}
	for (int i = 0; i < SHOWN && left >= 2u + 64 * (i + 1u); i++) {
		const uint8_t *entry = p + 2 + 64 * i;
		struct torc_bytes name = { entry + 2,
					   (uint32_t)strnlen((const char *)entry + 2, 48) };

		text_char(&line->text, ' ');
		text_hex(&line->text, torc_be16(entry), 4);
		text_string(&line->text, " '");
		line_ascii(line, &name);
		text_string(&line->text, "' addr ");
		ipx_node(line, torc_be32(entry + 50), entry + 54);
	}
}

void line_ipx(struct line *line, const struct torc_layer **layer)
{
	const uint8_t *p = torc_layer_header(line->decoded, *layer) + (*layer)->header_length;
	uint32_t left = (*layer)->payload_length;
	struct torc_ipx ipx;

	torc_layer_ipx(line->decoded, *layer, &ipx);
	text_string(&line->text, "IPX ");
	ipx_node(line, ipx.source_network, ipx.source);
	text_char(&line->text, '.');
	text_hex(&line->text, ipx.source_socket, 4);
	text_string(&line->text, " > ");
	ipx_node(line, ipx.destination_network, ipx.destination);
	text_char(&line->text, '.');
	text_hex(&line->text, ipx.destination_socket, 4);
	text_string(&line->text, ": ");
	*layer = line->decoded->layers + line->decoded->layer_count - 1;
	switch (ipx.destination_socket) {
	case 0x452:
		ipx_sap(line, p, left);
		break;
	case 0x453:
		ipx_rip(line, p, left);
		break;
	case 0x455:
		field_text(line, "ipx-netbios ", ipx.length - 30u);
		break;
	case 0x456:
		field_text(line, "ipx-diags ", ipx.length - 30u);
		break;
	case 0x553:
		field_text(line, "ipx-nwlink-dgm ", ipx.length - 30u);
		break;
	default:
		text_uint(&line->text, ipx.length - 30u);
	}
}
