/* SPDX-License-Identifier: BSD-3-Clause */
/* line_tunnels.c - the headers of tunnels in one line, in the words of tcpdump */
#include <torc/layers/tunnel/mpls.h>
#include <torc/layers/tunnel/tunnel.h>

#include "text/line.h"

void line_geneve(struct line *line, const struct torc_layer **layer)
{
	struct torc_geneve geneve;

	torc_layer_geneve(line->decoded, *layer, &geneve);
	text_string(&line->text, "Geneve, Flags [");
	text_string(&line->text, geneve.is_control ? "O" : "");
	text_string(&line->text, geneve.has_critical_options ? "C" : "");
	text_string(&line->text, geneve.is_control || geneve.has_critical_options ? "" : "none");
	text_string(&line->text, "], vni 0x");
	text_hex(&line->text, geneve.network_id, 1);
	if (geneve.options_length > 0) {
		field_text(line, ", options [", geneve.options_length);
		text_string(&line->text, " bytes]");
	}
}

void line_gre(struct line *line, const struct torc_layer **layer)
{
	const struct torc_layer *next = *layer + 1;
	struct torc_gre gre;

	torc_layer_gre(line->decoded, *layer, &gre);
	field_text(line, "GREv", gre.version);
	if (gre.has_key) {
		text_string(&line->text, ", key=0x");
		text_hex(&line->text, gre.key, 1);
	}
	if (gre.has_sequence)
		field_text(line, ", seq ", gre.sequence);
	if (gre.has_acknowledgment)
		field_text(line, ", ack ", gre.acknowledgment);
	field_text(line, ", length ", message_length(line, *layer));
	if (next < line->decoded->layers + line->decoded->layer_count &&
	    next->type != TORC_LAYER_PAYLOAD)
		return;
	text_string(&line->text, ": gre-proto-0x");
	text_hex(&line->text, gre.protocol, 1);
}

/* A whole stack of labels is one part. */
void line_mpls(struct line *line, const struct torc_layer **layer)
{
	const struct torc_layer *end = line->decoded->layers + line->decoded->layer_count;
	struct torc_mpls mpls;

	text_string(&line->text, "MPLS");
	for (;; (*layer)++) {
		torc_layer_mpls(line->decoded, *layer, &mpls);
		field_text(line, " (label ", mpls.label);
		field_text(line, ", tc ", mpls.traffic_class);
		text_string(&line->text, mpls.bottom_of_stack ? ", [S]" : "");
		field_text(line, ", ttl ", mpls.ttl);
		text_char(&line->text, ')');
		if (*layer + 1 >= end || (*layer)[1].type != TORC_LAYER_MPLS)
			break;
	}
	if (*layer + 1 < end && (*layer)[1].type != TORC_LAYER_PAYLOAD)
		text_char(&line->text, ' ');
	line->joined = true;
}

void line_vxlan(struct line *line, const struct torc_layer **layer)
{
	struct torc_vxlan vxlan;

	torc_layer_vxlan(line->decoded, *layer, &vxlan);
	text_string(&line->text, "VXLAN, flags [");
	text_string(&line->text, vxlan.has_network_id ? "I] (0x" : ".] (0x");
	text_hex(&line->text, vxlan.flags, 2);
	field_text(line, "), vni ", vxlan.network_id);
}
