/* SPDX-License-Identifier: BSD-3-Clause */
/* line_sctp.c - SCTP and its chunks in one line, in the words of tcpdump: RFC 9260 §3 */
#include <torc/layers/transport/sctp.h>

#include "text/line.h"

static void bracket_text(struct line *line, const char *before, uint64_t number)
{
	field_text(line, before, number);
	text_char(&line->text, ']');
}

static void data_text(struct line *line, const struct torc_layer *layer)
{
	/* the registry of payload protocol identifiers */
	static const char *const protocols[] = {
		[1] = "IUA",	[2] = "M2UA",  [3] = "M3UA",  [4] = "SUA",   [5] = "M2PA",
		[6] = "V5UA",	[7] = "H.248", [8] = "BICC",  [9] = "TALI",  [10] = "DUA",
		[11] = "ASAP",	[12] = "ENRP", [13] = "H.323", [14] = "Q.IPC", [18] = "S1AP",
		[19] = "RUA",	[20] = "HNBAP", [24] = "SBc-AP", [25] = "NBAP", [27] = "X2AP"
	};
	struct torc_sctp_data data;

	torc_layer_sctp_data(line->decoded, layer, &data);
	text_string(&line->text, data.unordered || data.begins || data.ends ? " " : "");
	text_string(&line->text, data.unordered ? "(U)" : "");
	text_string(&line->text, data.begins ? "(B)" : "");
	text_string(&line->text, data.ends ? "(E)" : "");
	bracket_text(line, " [TSN: ", data.tsn);
	bracket_text(line, " [SID: ", data.stream_id);
	bracket_text(line, " [SSEQ ", data.stream_sequence);
	text_string(&line->text, " [PPID ");
	if (data.payload_protocol < COUNT(protocols) && protocols[data.payload_protocol]) {
		text_string(&line->text, protocols[data.payload_protocol]);
	} else {
		text_string(&line->text, "0x");
		text_hex(&line->text, data.payload_protocol, 1);
	}
	text_char(&line->text, ']');
}

static void init_text(struct line *line, const struct torc_layer *layer)
{
	struct torc_sctp_init init;

	torc_layer_read(line->decoded, layer, layer->type, &init, sizeof(init));
	bracket_text(line, " [init tag: ", init.initiate_tag);
	bracket_text(line, " [rwnd: ", init.advertised_window);
	bracket_text(line, " [OS: ", init.outbound_streams);
	bracket_text(line, " [MIS: ", init.inbound_streams);
	bracket_text(line, " [init TSN: ", init.initial_tsn);
}

static void sack_text(struct line *line, const struct torc_layer *layer)
{
	struct torc_sctp_sack sack;
	uint32_t i;

	torc_layer_sctp_sack(line->decoded, layer, &sack);
	bracket_text(line, " [cum ack ", sack.cumulative_tsn);
	bracket_text(line, " [a_rwnd ", sack.advertised_window);
	bracket_text(line, " [#gap acks ", sack.gap_count);
	bracket_text(line, " [#dup tsns ", sack.duplicate_count);
	for (i = 0; i + 4 <= sack.gaps.length; i += 4) {
		field_text(line, " [gap ack block #", i / 4 + 1);
		field_text(line, ": start = ", sack.cumulative_tsn + torc_be16(sack.gaps.data + i));
		bracket_text(line, ", end = ",
			     sack.cumulative_tsn + torc_be16(sack.gaps.data + i + 2));
	}
	for (i = 0; i + 4 <= sack.duplicates.length; i += 4) {
		field_text(line, " [dup TSN #", i / 4 + 1);
		bracket_text(line, ": ", torc_be32(sack.duplicates.data + i));
	}
}

static void chunk_text(struct line *line, const struct torc_layer *layer)
{
	static const char *const names[] = { "DATA", "INIT", "INIT ACK", "SACK", "HB REQ", "HB ACK",
					     "ABORT", "SHUTDOWN", "SHUTDOWN ACK", "OP ERR",
					     "COOKIE ECHO", "COOKIE ACK", "ECN ECHO", "CWR",
					     "SHUTDOWN COMPLETE" };
	uint8_t type = torc_layer_header(line->decoded, layer)[0];

	if (type < COUNT(names)) {
		text_char(&line->text, '[');
		text_string(&line->text, names[type]);
	} else {
		text_string(&line->text, "[Unknown chunk type: 0x");
		text_hex(&line->text, type, 2);
	}
	text_char(&line->text, ']');
	if (layer->type == TORC_LAYER_SCTP_DATA)
		data_text(line, layer);
	else if (layer->type == TORC_LAYER_SCTP_INIT || layer->type == TORC_LAYER_SCTP_INIT_ACK)
		init_text(line, layer);
	else if (layer->type == TORC_LAYER_SCTP_SACK)
		sack_text(line, layer);
}

void line_sctp(struct line *line, const struct torc_layer **layer)
{
	const struct torc_layer *end = line->decoded->layers + line->decoded->layer_count;
	static const char *const planes[] = { "[ForCES HP]", "[ForCES MP]", "[ForCES LP]" };
	struct torc_sctp sctp;
	unsigned int count = 0, plane;

	torc_layer_sctp(line->decoded, *layer, &sctp);
	text_string(&line->text, "sctp");
	plane = sctp.destination_port - 6704u; /* RFC 5811 §5 */
	if (plane > 2)
		plane = sctp.source_port - 6704u;
	text_string(&line->text, plane <= 2 ? planes[plane] : "");
	while (*layer + 1 < end && (*layer)[1].type >= TORC_LAYER_SCTP_UNKNOWN &&
	       (*layer)[1].type <= TORC_LAYER_SCTP_COOKIE_ACK) {
		(*layer)++;
		field_text(line, count == 0 ? " (" : " , (", count + 1);
		text_string(&line->text, ") ");
		chunk_text(line, *layer);
		count++;
	}
}
