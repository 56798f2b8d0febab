/* SPDX-License-Identifier: BSD-3-Clause */
/* line_tunnels.c - tunnels, and those who set them up, in one line, in the words of tcpdump */
#include <torc/layers/application/isakmp.h>
#include <torc/layers/network/ipsec.h>
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

static void hex_text(struct line *line, const char *before, uint64_t number, unsigned int digits)
{
	text_string(&line->text, before);
	text_hex(&line->text, number, digits);
}

void line_udp_encap(struct line *line, const struct torc_layer **layer)
{
	struct torc_udp_encap encap;

	torc_layer_udp_encap(line->decoded, *layer, &encap);
	text_string(&line->text, encap.is_keepalive ? "isakmp-nat-keep-alive" : "NONESP-encap");
}

void line_esp(struct line *line, const struct torc_layer **layer)
{
	const uint8_t *p = torc_layer_header(line->decoded, *layer);

	if (*layer > line->decoded->layers && (*layer)[-1].type == TORC_LAYER_UDP)
		text_string(&line->text, "UDP-encap: ");
	hex_text(line, "ESP(spi=0x", torc_be32(p), 8);
	hex_text(line, ",seq=0x", torc_be32(p + 4), 1);
	field_text(line, "), length ", message_length(line, *layer));
}

/*
 * Version 1 does not say who asks and who answers: tcpdump remembers who came first, here it is said of
 * the first message, in which there is no responder's cookie yet.
 */
static void ikev1_text(struct line *line, const struct torc_isakmp *isakmp)
{
	text_string(&line->text, isakmp->message_id ? " phase 2/others" : " phase 1");
	text_string(&line->text, isakmp->responder_spi ? " ? " : " I ");
}

void line_isakmp(struct line *line, const struct torc_layer **layer)
{
	static const char *const exchanges[] = {
		[0] = "none", [1] = "base", [2] = "ident", [3] = "auth", [4] = "agg", [5] = "inf",
		[32] = "oakley-quick", [33] = "oakley-newgroup", [34] = "ikev2_init",
		[35] = "ikev2_auth", [36] = "child_sa", [37] = "inf2"
	};
	struct torc_isakmp isakmp;
	const char *flags[3];

	torc_layer_isakmp(line->decoded, *layer, &isakmp);
	text_string(&line->text, "isakmp:");
	if (isakmp.major == 1)
		ikev1_text(line, &isakmp);
	else
		text_string(&line->text, isakmp.message_id ? " child_sa  " : " parent_sa ");
	if (isakmp.exchange >= COUNT(exchanges) || !exchanges[isakmp.exchange])
		text_char(&line->text, '#');
	name_text(line, exchanges, COUNT(exchanges), isakmp.exchange);
	if (isakmp.flags == 0)
		return;
	flags[0] = isakmp.major == 1 ? (isakmp.flags & 1 ? "E" : "") : isakmp.flags & 8 ? "I" : "";
	flags[1] = isakmp.major == 1 ? (isakmp.flags & 2 ? "C" : "") : isakmp.flags & 16 ? "V" : "";
	flags[2] = isakmp.major == 2 && isakmp.flags & 32 ? "R" : "";
	text_char(&line->text, '[');
	for (size_t i = 0; i < COUNT(flags); i++)
		text_string(&line->text, flags[i]);
	text_char(&line->text, ']');
}

void line_nsh(struct line *line, const struct torc_layer **layer)
{
	struct torc_nsh nsh;

	torc_layer_nsh(line->decoded, *layer, &nsh);
	text_string(&line->text, nsh.is_oam ? "NSH, flags [O]" : "NSH, flags [none]");
	hex_text(line, ", service-path-id 0x", nsh.service_path, 6);
	hex_text(line, ", service-index 0x", nsh.service_index, 1);
	if (nsh.next_protocol < 1 || nsh.next_protocol > 5)
		hex_text(line, ": unknown-next-protocol-0x", nsh.next_protocol, 2);
}

void line_vxlan_gpe(struct line *line, const struct torc_layer **layer)
{
	struct torc_vxlan_gpe vxlan;

	torc_layer_vxlan_gpe(line->decoded, *layer, &vxlan);
	text_string(&line->text, "VXLAN-GPE, flags [I");
	text_string(&line->text, vxlan.has_next_protocol ? "P" : "");
	text_string(&line->text, vxlan.is_replicated ? "B" : "");
	text_string(&line->text, vxlan.is_oam ? "O" : "");
	field_text(line, "], vni ", vxlan.network_id);
	if (vxlan.has_next_protocol && (vxlan.next_protocol < 1 || vxlan.next_protocol > 5))
		hex_text(line, ": unknown-next-protocol-0x", vxlan.next_protocol, 2);
}
