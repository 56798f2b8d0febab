/* SPDX-License-Identifier: BSD-3-Clause */
/* line_routing.c - what routers say to each other, in the words of tcpdump */
#include <torc/layers/routing/bgp.h>
#include <torc/layers/routing/eigrp.h>
#include <torc/layers/routing/hsrp.h>
#include <torc/layers/routing/isis.h>
#include <torc/layers/routing/pim.h>
#include <torc/layers/routing/rip.h>
#include <torc/layers/routing/ripng.h>

#include "text/line.h"

#define ROUTES_SHOWN 32

static void bgp_routes(struct line *line, const char *before, const struct torc_bgp *bgp,
		       int (*next)(const struct torc_bgp *bgp, uint32_t *position,
				   struct torc_bgp_route *route))
{
	struct torc_bgp_route route;
	uint32_t position = 0, count = 0;

	while (next(bgp, &position, &route)) {
		text_string(&line->text, count == 0 ? before : " ");
		if (count++ == ROUTES_SHOWN) {
			text_string(&line->text, "...");
			return;
		}
		if (route.family == 2)
			text_ipv6(&line->text, route.ipv6);
		else
			text_ipv4(&line->text, route.ipv4);
		field_text(line, "/", route.prefix_length);
		if (route.path_id)
			field_text(line, " (path id ", route.path_id);
		text_string(&line->text, route.path_id ? ")" : "");
	}
}

static void bgp_path(struct line *line, const struct torc_bgp *bgp)
{
	uint32_t position = 0, count = 0;
	struct torc_bgp_as as;
	bool is_open = false;

	while (torc_bgp_as_next(bgp, &position, &as)) {
		bool is_set = as.segment == 1 || as.segment == 4;

		text_string(&line->text, count == 0 ? ", AS path " : " ");
		if (count++ == ROUTES_SHOWN) {
			text_string(&line->text, "...");
			return;
		}
		text_string(&line->text, is_set && !is_open ? "{" : "");
		text_uint(&line->text, as.as);
		is_open = is_set && as.left > 0;
		text_string(&line->text, is_set && !is_open ? "}" : "");
	}
}

static void bgp_attributes(struct line *line, const struct torc_bgp *bgp)
{
	static const char *const origins[] = { "IGP", "EGP", "Incomplete" };
	struct torc_bgp_attribute attribute;
	uint32_t position = 0;

	for (int i = 0; i < ROUTES_SHOWN && torc_bgp_attribute_next(bgp, &position, &attribute);
	     i++) {
		switch (attribute.type) {
		case 1:
			text_string(&line->text, ", origin ");
			name_text(line, origins, COUNT(origins), attribute.origin);
			break;
		case 3:
			text_string(&line->text, ", next hop ");
			text_ipv4(&line->text, attribute.next_hop);
			break;
		case 4:
			field_text(line, ", MED ", attribute.med);
			break;
		case 5:
			field_text(line, ", local preference ", attribute.local_preference);
			break;
		default:
			break;
		}
	}
}

static void bgp_communities(struct line *line, const struct torc_bgp *bgp)
{
	struct torc_bgp_community community;
	uint32_t position = 0, count = 0;

	while (torc_bgp_community_next(bgp, &position, &community)) {
		text_string(&line->text, count == 0 ? ", communities " : " ");
		if (count++ == ROUTES_SHOWN) {
			text_string(&line->text, "...");
			return;
		}
		text_uint(&line->text, community.as);
		field_text(line, ":", community.value);
		if (community.is_large)
			field_text(line, ":", community.second);
	}
}

/* tcpdump says no more than the name, and with -v each message and attribute in lines of their own */
void line_bgp(struct line *line, const struct torc_layer **layer)
{
	static const char *const types[] = { [1] = "Open", "Update", "Notification", "Keepalive",
					     "Route Refresh" };
	struct torc_bgp_message message;
	uint32_t position = 0;
	struct torc_bgp bgp;

	torc_layer_bgp(line->decoded, *layer, &bgp);
	text_string(&line->text, "BGP");
	if (!(line->flags & TORC_TEXT_VERBOSE))
		return;
	for (int i = 0; i < ROUTES_SHOWN && torc_bgp_message_next(&bgp, &position, &message); i++) {
		text_string(&line->text, i == 0 ? " " : ", ");
		name_text(line, types, COUNT(types), message.type);
		if (message.type == 1)
			field_text(line, " AS ", message.autonomous_system);
		else if (message.type == 3)
			field_text(line, " ", message.error_code);
		if (message.type == 3)
			field_text(line, ".", message.error_subcode);
	}
	bgp_routes(line, ", withdrawn ", &bgp, torc_bgp_withdrawn_next);
	bgp_attributes(line, &bgp);
	bgp_path(line, &bgp);
	bgp_communities(line, &bgp);
	bgp_routes(line, ", routes ", &bgp, torc_bgp_route_next);
}

void line_eigrp(struct line *line, const struct torc_layer **layer)
{
	static const char *const opcodes[] = { [1] = "Update", [3] = "Query", [4] = "Reply",
					       [5] = "Hello", [6] = "IPX SAP", [7] = "Probe" };
	struct torc_eigrp eigrp;

	torc_layer_eigrp(line->decoded, *layer, &eigrp);
	text_string(&line->text, "EIGRP ");
	if (eigrp.opcode >= COUNT(opcodes) || !opcodes[eigrp.opcode])
		text_string(&line->text, "unknown, type: ");
	name_text(line, opcodes, COUNT(opcodes), eigrp.opcode);
	field_text(line, ", length: ", message_length(line, *layer));
}

void line_hsrp(struct line *line, const struct torc_layer **layer)
{
	static const char *const opcodes[] = { "hello", "coup", "resign" };
	static const char *const states[] = { [0] = "initial", [1] = "learn", [2] = "listen",
					      [4] = "speak", [8] = "standby", [16] = "active" };
	static const char *const states_2[] = { [1] = "initial", [2] = "learn", [3] = "listen",
						[4] = "speak", [5] = "standby", [6] = "active" };
	static const uint8_t none[4];
	struct torc_hsrp hsrp;

	torc_layer_hsrp(line->decoded, *layer, &hsrp);
	field_text(line, "HSRPv", hsrp.version);
	text_char(&line->text, '-');
	name_text(line, opcodes, COUNT(opcodes), hsrp.opcode);
	field_text(line, " ", message_length(line, *layer));
	text_string(&line->text, ": state=");
	if (hsrp.version == 0)
		name_text(line, states, COUNT(states), hsrp.state);
	else
		name_text(line, states_2, COUNT(states_2), hsrp.state);
	field_text(line, " group=", hsrp.group);
	text_string(&line->text, " addr=");
	if (hsrp.version == 2 && memcmp(hsrp.ipv4, none, 4) == 0)
		text_ipv6(&line->text, hsrp.ipv6);
	else
		text_ipv4(&line->text, hsrp.ipv4);
	*layer = line->decoded->layers + line->decoded->layer_count - 1;
}

/* A system's id, with a circuit and a fragment of an LSP where there are: 1111.2222.3333.00-00 */
static void id_text(struct line *line, const char *before, const struct torc_bytes *id)
{
	text_string(&line->text, before);
	for (uint32_t i = 0; i < id->length; i++) {
		if (i > 0 && i < 7 && i % 2 == 0)
			text_char(&line->text, '.');
		else if (i == 7)
			text_char(&line->text, '-');
		text_hex(&line->text, id->data[i], 2);
	}
}

static void lsp_text(struct line *line, const struct torc_isis *isis)
{
	id_text(line, ", lsp-id ", &isis->lsp);
	text_string(&line->text, ", seq 0x");
	text_hex(&line->text, isis->sequence, 8);
	text_string(&line->text, ", lifetime ");
	for (unsigned int least = 10000; least > isis->lifetime_s && least > 1; least /= 10)
		text_char(&line->text, ' ');
	text_uint(&line->text, isis->lifetime_s);
	text_char(&line->text, 's');
}

void line_isis(struct line *line, const struct torc_layer **layer)
{
	static const char *const types[] = {
		[TORC_ISIS_L1_HELLO] = "L1 Lan IIH", [TORC_ISIS_L2_HELLO] = "L2 Lan IIH",
		[TORC_ISIS_P2P_HELLO] = "p2p IIH",   [TORC_ISIS_L1_LSP] = "L1 LSP",
		[TORC_ISIS_L2_LSP] = "L2 LSP",	     [TORC_ISIS_L1_CSNP] = "L1 CSNP",
		[TORC_ISIS_L2_CSNP] = "L2 CSNP",     [TORC_ISIS_L1_PSNP] = "L1 PSNP",
		[TORC_ISIS_L2_PSNP] = "L2 PSNP"
	};
	struct torc_isis isis;

	torc_layer_isis(line->decoded, *layer, &isis);
	text_string(&line->text, "IS-IS, ");
	name_text(line, types, COUNT(types), isis.pdu_type);
	if (isis.lsp.length > 0)
		lsp_text(line, &isis);
	else
		id_text(line, ", src-id ", &isis.source);
	if (isis.lan.length > 0) {
		id_text(line, ", lan-id ", &isis.lan);
		field_text(line, ", prio ", isis.priority);
	}
	field_text(line, ", length ", message_length(line, *layer));
}

void line_pim(struct line *line, const struct torc_layer **layer)
{
	static const char *const types[] = { "Hello", "Register", "Register Stop", "Join / Prune",
					     "Bootstrap", "Assert", "Graft", "Graft Acknowledgement",
					     "Candidate RP Advertisement", "Prune Refresh",
					     "DF Election", "ECMP Redirect" };
	struct torc_pim pim;

	torc_layer_pim(line->decoded, *layer, &pim);
	field_text(line, "PIMv", pim.version);
	text_string(&line->text, ", ");
	name_text(line, types, COUNT(types), pim.type);
	field_text(line, ", length ", message_length(line, *layer));
	if (!(line->flags & TORC_TEXT_VERBOSE)) /* the packet in a register is another one's */
		*layer = line->decoded->layers + line->decoded->layer_count - 1;
}

void line_rip(struct line *line, const struct torc_layer **layer)
{
	struct torc_rip rip;

	torc_layer_rip(line->decoded, *layer, &rip);
	field_text(line, "RIPv", rip.version);
	text_string(&line->text, rip.command == 1 ? ", Request" : ", Response");
	field_text(line, ", length: ", message_length(line, *layer));
}

/* A request for everything is one route of length 0 that cannot be reached (RFC 2080 §2.4.1). */
void line_ripng(struct line *line, const struct torc_layer **layer)
{
	struct torc_ripng_entry entry;
	uint32_t position = 0;
	struct torc_ripng ripng;

	torc_layer_ripng(line->decoded, *layer, &ripng);
	text_string(&line->text, ripng.command == 1 ? " ripng-req " : " ripng-resp ");
	if (ripng.command == 1 && torc_ripng_entry_next(&ripng, &position, &entry) &&
	    position == ripng.entries.length && entry.prefix_length == 0 && entry.metric == 16) {
		text_string(&line->text, "dump");
		return;
	}
	text_uint(&line->text, ripng.entries.length / 20);
	text_char(&line->text, ':');
	position = 0;
	for (int i = 0; i < 4 * ROUTES_SHOWN && torc_ripng_entry_next(&ripng, &position, &entry);
	     i++) {
		text_char(&line->text, ' ');
		text_ipv6(&line->text, entry.prefix);
		field_text(line, "/", entry.prefix_length);
		if (entry.tag)
			field_text(line, " [", entry.tag);
		text_string(&line->text, entry.tag ? "]" : "");
		if (ripng.command == 1 && entry.metric == 1)
			continue;
		field_text(line, " (", entry.metric);
		text_char(&line->text, ')');
	}
}
