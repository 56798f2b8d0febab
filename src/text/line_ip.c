/* SPDX-License-Identifier: BSD-3-Clause */
/* line_ip.c - IPv4, IPv6 and its extensions in the words tcpdump uses; addresses and ports by name */
#include <torc/layers/network/ip.h>

#include "text/line.h"

/* Ports of two bytes at the beginning: all but RUDP, which says its own. */
static bool has_ports(unsigned int type)
{
	return torc_layer_role(type) == TORC_ROLE_TRANSPORT && type != TORC_LAYER_RUDP;
}

/* The transport header that belongs to an IP header; NULL for what has no ports. */
static const struct torc_layer *transport_of(const struct torc_decoded *decoded,
					     const struct torc_layer *ip)
{
	const struct torc_layer *end = decoded->layers + decoded->layer_count;
	const struct torc_layer *layer;

	for (layer = ip + 1; layer < end; layer++) {
		/* of a header that is cut behind its ports too */
		if (has_ports(layer->type) || (layer->type == TORC_LAYER_DECODE_FAILURE &&
					       has_ports(decoded->failed_type)))
			return layer->header_length >= 4 ? layer : NULL;
		if (layer->type != TORC_LAYER_IPV6_HOP_BY_HOP &&
		    layer->type != TORC_LAYER_IPV6_ROUTING &&
		    layer->type != TORC_LAYER_IPV6_FRAGMENT &&
		    layer->type != TORC_LAYER_IPV6_DESTINATION)
			return NULL;
	}
	return NULL;
}

void line_port_text(struct line *line, unsigned int protocol, uint16_t port)
{
	const struct torc_text_options *options = line->options;
	const char *name = NULL;

	if (options->port_name)
		name = options->port_name(options->context, protocol, port);
	if (name)
		text_escaped(&line->text, (const uint8_t *)name, (uint32_t)strlen(name));
	else
		text_uint(&line->text, port);
}

static unsigned int protocol_of(const struct torc_decoded *decoded,
				const struct torc_layer *transport)
{
	unsigned int type = transport->type;

	if (type == TORC_LAYER_DECODE_FAILURE)
		type = decoded->failed_type;
	return type == TORC_LAYER_TCP ? 6 : type == TORC_LAYER_SCTP ? 132 : 17;
}

/* An address, and the port behind it at that place of the transport header. */
static void end_text(struct line *line, const uint8_t *address, unsigned int length,
		     const struct torc_layer *transport, unsigned int at)
{
	const struct torc_text_options *options = line->options;
	const char *name = NULL;

	if (options->host_name)
		name = options->host_name(options->context, address, length);
	if (name)
		text_escaped(&line->text, (const uint8_t *)name, (uint32_t)strlen(name));
	else if (length == 4)
		text_ipv4(&line->text, address);
	else
		text_ipv6(&line->text, address);
	if (!transport)
		return;
	text_char(&line->text, '.');
	line_port_text(line, protocol_of(line->decoded, transport),
		       torc_be16(torc_layer_header(line->decoded, transport) + at));
}

static void ends_text(struct line *line, const struct torc_layer *ip, const uint8_t *source,
		      unsigned int length)
{
	const struct torc_layer *transport = transport_of(line->decoded, ip);

	end_text(line, source, length, transport, 0);
	text_string(&line->text, " > ");
	end_text(line, source + length, length, transport, 2);
}

/* Bytes that the header promises and that were not on the wire. */
static uint32_t missing_bytes(const struct line *line, const struct torc_layer *ip, uint32_t total)
{
	uint32_t there = line->decoded->len - ip->offset;

	return total > there ? total - there : 0;
}

static const char *protocol_name(unsigned int protocol)
{
	switch (protocol) {
	case 0:
		return "Options";
	case 1:
		return "ICMP";
	case 2:
		return "IGMP";
	case 4:
		return "IPIP";
	case 6:
		return "TCP";
	case 17:
		return "UDP";
	case 41:
		return "IPv6";
	case 43:
		return "Routing";
	case 44:
		return "Fragment";
	case 47:
		return "GRE";
	case 50:
		return "ESP";
	case 51:
		return "AH";
	case 58:
		return "ICMPv6";
	case 60:
		return "DSTOPT";
	case 88:
		return "EIGRP";
	case 89:
		return "OSPF";
	case 103:
		return "PIM";
	case 112:
		return "VRRP";
	case 132:
		return "SCTP";
	default:
		return "unknown";
	}
}

/* "(tos 0x0, ttl 64, id 1, offset 0, flags [DF], proto TCP (6), length 60)" and a new line */
static void ipv4_fields(struct line *line, const struct torc_layer *layer, const uint8_t *p)
{
	static const char *const congestion[] = { "", ",ECT(1)", ",ECT(0)", ",CE" };
	static const char *const flags[] = { "none", "+", "DF", "+, DF" };
	struct torc_checksum checksum;
	struct text *text = &line->text;

	text_string(text, "(tos 0x");
	text_hex(text, p[1], 1);
	text_string(text, congestion[p[1] & 3]);
	field_text(line, ", ttl ", p[8]);
	field_text(line, ", id ", torc_be16(p + 4));
	field_text(line, ", offset ", (torc_be16(p + 6) & 0x1FFFu) * 8);
	text_string(text, ", flags [");
	text_string(text, p[6] & 0x80 ? "rsvd" : flags[p[6] >> 5 & 3]);
	text_string(text, "], proto ");
	text_string(text, protocol_name(p[9]));
	field_text(line, " (", p[9]);
	field_text(line, "), length ", torc_be16(p + 2));
	if (layer->header_length > 20) {
		text_string(text, ", options (0x");
		text_bytes(text, p + 20, layer->header_length - 20);
		text_char(text, ')');
	}
	if (line_checksum(line, layer, &checksum) == TORC_CHECKSUM_WRONG) {
		text_string(text, ", bad cksum ");
		text_hex(text, checksum.found, 1);
		text_string(text, " (->");
		text_hex(text, checksum.expected, 1);
		text_string(text, ")!");
	}
	text_string(text, ")\n    ");
}

/* The protocol of an IP header, where nothing of it is there or it is nobody's. */
static void protocol_text(struct line *line, unsigned int protocol)
{
	field_text(line, ": ip-proto-", protocol);
}

void line_ipv4(struct line *line, const struct torc_layer *layer)
{
	const uint8_t *p = torc_layer_header(line->decoded, layer);
	uint32_t missing = missing_bytes(line, layer, torc_be16(p + 2));

	part_start(line);
	text_string(&line->text, line->typed ? "" : "IP ");
	line->typed = false;
	if (missing > 0) {
		field_text(line, "truncated-ip - ", missing);
		text_string(&line->text, " bytes missing! ");
	}
	if (line->flags & TORC_TEXT_VERBOSE)
		ipv4_fields(line, layer, p);
	ends_text(line, layer, p + 12, 4);
	if (layer->payload_length == 0)
		protocol_text(line, p[9]);
}

static void ipv6_fields(struct line *line, const uint8_t *p)
{
	struct text *text = &line->text;
	unsigned int traffic_class = torc_be16(p) >> 4 & 0xFF;
	uint32_t label = torc_be32(p) & 0xFFFFF;

	text_char(text, '(');
	if (traffic_class) {
		text_string(text, "class 0x");
		text_hex(text, traffic_class, 2);
		text_string(text, ", ");
	}
	if (label) {
		text_string(text, "flowlabel 0x");
		text_hex(text, label, 5);
		text_string(text, ", ");
	}
	field_text(line, "hlim ", p[7]);
	text_string(text, ", next-header ");
	text_string(text, protocol_name(p[6]));
	field_text(line, " (", p[6]);
	field_text(line, ") payload length: ", torc_be16(p + 4));
	text_string(text, ") ");
}

void line_ipv6(struct line *line, const struct torc_layer *layer)
{
	const uint8_t *p = torc_layer_header(line->decoded, layer);
	uint32_t missing = missing_bytes(line, layer, 40u + torc_be16(p + 4));

	part_start(line);
	text_string(&line->text, line->typed ? "" : "IP6 ");
	line->typed = false;
	if (missing > 0) {
		field_text(line, "truncated-ip6 - ", missing);
		text_string(&line->text, " bytes missing! ");
	}
	if (line->flags & TORC_TEXT_VERBOSE)
		ipv6_fields(line, p);
	ends_text(line, layer, p + 8, 16);
	if (layer->payload_length == 0)
		protocol_text(line, p[6]);
}

void line_extension(struct line *line, const struct torc_layer *layer)
{
	struct torc_ipv6_fragment fragment;

	part_start(line);
	if (layer->type == TORC_LAYER_IPV6_HOP_BY_HOP) {
		text_string(&line->text, "HBH ");
	} else if (layer->type == TORC_LAYER_IPV6_DESTINATION) {
		text_string(&line->text, "DSTOPT ");
	} else if (layer->type == TORC_LAYER_IPV6_ROUTING) {
		text_string(&line->text, "srcrt ");
	} else {
		torc_layer_ipv6_fragment(line->decoded, layer, &fragment);
		field_text(line, "frag (", fragment.fragment_offset);
		field_text(line, "|", line_payload_length(line->decoded, layer));
		text_string(&line->text, ") ");
	}
	line->joined = true;
}

/* A later fragment: which protocol, as its IP header says. */
void line_fragment(struct line *line, const struct torc_layer *layer)
{
	const struct torc_layer *ip = layer > line->decoded->layers ? layer - 1 : layer;
	struct torc_ipv4 ipv4;

	part_start(line);
	if (torc_layer_ipv4(line->decoded, ip, &ipv4) == 0)
		field_text(line, "ip-proto-", ipv4.protocol);
	else
		field_text(line, "length ", layer->header_length);
}
