/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * line.c - a packet in one line, in the words tcpdump uses
 *
 * Each layer writes its part; parts are joined by ": ", or by nothing behind a part that ends with
 * its own comma or blank. Layers without words of their own here show their name and the fields
 * that their table marks TORC_FIELD_SUMMARY.
 */
#include <torc/layers/link/arp.h>
#include <torc/layers/link/ethernet.h>
#include <torc/layers/network/icmp.h>
#include <torc/layers/network/ip.h>
#include <torc/layers/link/link.h>
#include <torc/layers/network/mld.h>
#include <torc/layers/network/ndp.h>
#include <torc/layers/transport/tcp.h>
#include <torc/layers/transport/udp.h>

#include "decode/registry.h"
#include "text/line_dns.h"
#include "text/line_icmp.h"
#include "text/value.h"

#define BYTES_SHOWN 32

struct line {
	struct text text;
	const struct torc_decoded *decoded;
	unsigned int flags;
	bool joined; /* the last part needs no ": " behind it */
};

static void field_text(struct line *line, const char *before, uint64_t number)
{
	text_string(&line->text, before);
	text_uint(&line->text, number);
}

static void part_start(struct line *line)
{
	if (!line->joined)
		text_string(&line->text, ": ");
	line->joined = false;
}

/* Bytes behind a layer's header as they were on the wire, whatever was captured. */
static uint32_t wire_payload(const struct torc_decoded *decoded, const struct torc_layer *layer)
{
	uint32_t start = layer->offset + layer->header_length;
	uint32_t missing = 0;

	if (start + layer->payload_length == decoded->caplen)
		missing = decoded->len - decoded->caplen;
	return layer->payload_length + missing;
}

/* The same as the IP header before it says, which may be more than there is; 0: offloaded. */
static uint32_t ip_payload(const struct torc_decoded *decoded, const struct torc_layer *layer)
{
	uint32_t length = wire_payload(decoded, layer), total, start;
	const struct torc_layer *ip = layer;
	const uint8_t *p;

	while (ip > decoded->layers && torc_layer_role(ip->type) != TORC_ROLE_NETWORK)
		ip--;
	p = torc_layer_header(decoded, ip);
	if (ip->type == TORC_LAYER_IPV4)
		total = torc_be16(p + 2);
	else if (ip->type == TORC_LAYER_IPV6 && torc_be16(p + 4) != 0)
		total = 40u + torc_be16(p + 4);
	else
		return length;
	start = layer->offset + layer->header_length - ip->offset;
	return total >= start ? total - start : length;
}

/* ---- link ---- */

static const char *ether_type_name(unsigned int ether_type)
{
	switch (ether_type) {
	case 0x0800:
		return "IPv4";
	case 0x86DD:
		return "IPv6";
	case 0x8100:
		return "802.1Q";
	case 0x88A8:
		return "802.1Q-QinQ";
	default:
		ether_type = torc_registered_type(TORC_BY_ETHER_TYPE, ether_type);
		return ether_type != TORC_LAYER_NONE ? torc_layer_name(ether_type) : "Unknown";
	}
}

static void ether_type_text(struct line *line, uint16_t ether_type, uint16_t length)
{
	if (ether_type == 0) {
		field_text(line, ", 802.3, length ", length);
		return;
	}
	text_string(&line->text, ", ethertype ");
	text_string(&line->text, ether_type_name(ether_type));
	text_string(&line->text, " (0x");
	text_hex(&line->text, ether_type, 4);
	text_char(&line->text, ')');
}

static void line_ethernet(struct line *line, const struct torc_layer *layer)
{
	struct torc_ethernet ethernet;
	bool unknown = line->decoded->registry == TORC_BY_ETHER_TYPE;

	torc_layer_ethernet(line->decoded, layer, &ethernet);
	if (!(line->flags & TORC_TEXT_LINK) && !unknown)
		return;
	part_start(line);
	text_mac(&line->text, ethernet.source, 6);
	text_string(&line->text, " > ");
	text_mac(&line->text, ethernet.destination, 6);
	ether_type_text(line, ethernet.ether_type, ethernet.length);
	if (ethernet.ether_type != 0)
		field_text(line, ", length ", line->decoded->len - layer->offset);
}

static void line_dot1q(struct line *line, const struct torc_layer *layer)
{
	struct torc_dot1q tag;

	torc_layer_dot1q(line->decoded, layer, &tag);
	part_start(line);
	field_text(line, "vlan ", tag.vlan_id);
	field_text(line, ", p ", tag.priority);
	if (tag.drop_eligible)
		text_string(&line->text, ", DEI");
	if (line->flags & TORC_TEXT_LINK)
		ether_type_text(line, tag.ether_type, tag.length);
	text_string(&line->text, ", ");
	line->joined = true;
}

static const char *direction_word(unsigned int packet_type)
{
	static const char *const words[] = { "In", "B", "M", "P", "Out" };

	return packet_type < 5 ? words[packet_type] : "?";
}

static void line_sll(struct line *line, const struct torc_layer *layer)
{
	struct torc_linux_sll2 sll2;
	struct torc_linux_sll sll;

	if (layer->type == TORC_LAYER_LINUX_SLL && !(line->flags & TORC_TEXT_LINK))
		return;
	part_start(line);
	if (layer->type == TORC_LAYER_LINUX_SLL2) {
		torc_layer_linux_sll2(line->decoded, layer, &sll2);
		field_text(line, "if ", sll2.interface_index);
		text_char(&line->text, ' ');
		text_string(&line->text, direction_word(sll2.packet_type));
	} else {
		torc_layer_linux_sll(line->decoded, layer, &sll);
		text_string(&line->text, direction_word(sll.packet_type));
	}
	text_char(&line->text, ' ');
	line->joined = true;
}

static const char *value_name_of(const struct line *line, const char *path)
{
	struct torc_value value;

	return torc_field(line->decoded, path, &value) == 1 ? value.name : NULL;
}

/* A message about something else than IPv4: what RFC 826 has in every one. */
static void arp_other_text(struct line *line, const struct torc_arp *arp)
{
	const char *name = value_name_of(line, "arp.operation");

	if (name)
		text_string(&line->text, name);
	else
		field_text(line, "operation ", arp->operation);
	field_text(line, ", hardware ", arp->hardware_type);
	field_text(line, " (len ", arp->hardware_length);
	text_string(&line->text, "), protocol 0x");
	text_hex(&line->text, arp->protocol_type, 4);
	field_text(line, " (len ", arp->protocol_length);
	text_char(&line->text, ')');
}

static bool is_zero(const struct torc_bytes *bytes)
{
	uint32_t i = 0;

	while (i < bytes->length && bytes->data[i] == 0)
		i++;
	return i == bytes->length;
}

static void line_arp(struct line *line, const struct torc_layer *layer)
{
	struct text *text = &line->text;
	struct torc_arp arp;

	torc_layer_arp(line->decoded, layer, &arp);
	part_start(line);
	text_string(text, "ARP, ");
	if (arp.protocol_type != 0x0800 || arp.protocol_length != 4) {
		arp_other_text(line, &arp);
	} else if (arp.operation == TORC_ARP_REQUEST) {
		text_string(text, "Request who-has ");
		text_ipv4(text, arp.target_ip);
		if (!is_zero(&arp.target_hardware)) {
			text_string(text, " (");
			text_mac(text, arp.target_hardware.data, arp.target_hardware.length);
			text_char(text, ')');
		}
		text_string(text, " tell ");
		text_ipv4(text, arp.sender_ip);
	} else if (arp.operation == TORC_ARP_REPLY) {
		text_string(text, "Reply ");
		text_ipv4(text, arp.sender_ip);
		text_string(text, " is-at ");
		text_mac(text, arp.sender_hardware.data, arp.sender_hardware.length);
	} else {
		arp_other_text(line, &arp);
	}
	field_text(line, ", length ", line->decoded->len - layer->offset);
}

/* ---- network ---- */

/* The transport header that belongs to an IP header; NULL for what has no ports. */
static const struct torc_layer *transport_of(const struct torc_decoded *decoded,
					     const struct torc_layer *ip)
{
	const struct torc_layer *end = decoded->layers + decoded->layer_count;
	const struct torc_layer *layer;

	for (layer = ip + 1; layer < end; layer++) {
		if (torc_layer_role(layer->type) == TORC_ROLE_TRANSPORT)
			return layer->header_length >= 4 ? layer : NULL;
		if (layer->type != TORC_LAYER_IPV6_HOP_BY_HOP &&
		    layer->type != TORC_LAYER_IPV6_ROUTING &&
		    layer->type != TORC_LAYER_IPV6_FRAGMENT &&
		    layer->type != TORC_LAYER_IPV6_DESTINATION)
			return NULL;
	}
	return NULL;
}

static void line_port(struct line *line, const struct torc_layer *transport, unsigned int at)
{
	if (transport)
		field_text(line, ".", torc_be16(torc_layer_header(line->decoded, transport) + at));
}

static void line_ipv4(struct line *line, const struct torc_layer *layer)
{
	const struct torc_layer *transport = transport_of(line->decoded, layer);
	const uint8_t *p = torc_layer_header(line->decoded, layer);

	part_start(line);
	text_string(&line->text, "IP ");
	text_ipv4(&line->text, p + 12);
	line_port(line, transport, 0);
	text_string(&line->text, " > ");
	text_ipv4(&line->text, p + 16);
	line_port(line, transport, 2);
	if (layer->payload_length == 0)
		field_text(line, ": ip-proto-", p[9]);
}

static void line_ipv6(struct line *line, const struct torc_layer *layer)
{
	const struct torc_layer *transport = transport_of(line->decoded, layer);
	const uint8_t *p = torc_layer_header(line->decoded, layer);

	part_start(line);
	text_string(&line->text, "IP6 ");
	text_ipv6(&line->text, p + 8);
	line_port(line, transport, 0);
	text_string(&line->text, " > ");
	text_ipv6(&line->text, p + 24);
	line_port(line, transport, 2);
	if (layer->payload_length == 0)
		field_text(line, ": ip-proto-", p[6]);
}

static void line_extension(struct line *line, const struct torc_layer *layer)
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
		field_text(line, "|", ip_payload(line->decoded, layer));
		text_string(&line->text, ") ");
	}
	line->joined = true;
}

/* A later fragment: which protocol, which datagram, where in it. */
static void line_fragment(struct line *line, const struct torc_layer *layer)
{
	const struct torc_layer *ip = layer > line->decoded->layers ? layer - 1 : layer;
	struct torc_ipv4 ipv4;

	part_start(line);
	if (torc_layer_ipv4(line->decoded, ip, &ipv4) == 0) {
		field_text(line, "ip-proto-", ipv4.protocol);
		field_text(line, ", frag id ", ipv4.id);
		field_text(line, ", offset ", ipv4.fragment_offset);
		text_string(&line->text, ", ");
	}
	field_text(line, "length ", layer->header_length);
}

/* ---- transport ---- */

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

static void tcp_sack_text(struct line *line, const struct torc_bytes *data)
{
	uint32_t i;

	field_text(line, "sack ", data->length / 8);
	for (i = 0; i + 8 <= data->length; i += 8) {
		field_text(line, i == 0 ? " {" : "{", torc_be32(data->data + i));
		field_text(line, ":", torc_be32(data->data + i + 4));
		text_char(&line->text, '}');
	}
}

static void tcp_option_text(struct line *line, const struct torc_tcp_option *option)
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
		tcp_sack_text(line, &option->data);
	} else if (option->kind == TORC_TCP_OPTION_TIMESTAMPS && length == 8) {
		field_text(line, "TS val ", torc_be32(p));
		field_text(line, " ecr ", torc_be32(p + 4));
	} else {
		static const struct {
			uint8_t kind;
			const char *name;
		} names[] = {
			{ TORC_TCP_OPTION_MD5, "md5" }, { TORC_TCP_OPTION_AO, "tcp-ao" },
			{ TORC_TCP_OPTION_USER_TIMEOUT, "uto" },
			{ TORC_TCP_OPTION_MPTCP, "mptcp" }, { TORC_TCP_OPTION_FAST_OPEN, "tfo" },
		};
		unsigned int i;

		for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (names[i].kind == option->kind)
				break;
		if (i < sizeof(names) / sizeof(names[0]))
			text_string(&line->text, names[i].name);
		else
			field_text(line, "unknown-", option->kind);
		text_string(&line->text, length > 0 ? " 0x" : "");
		text_bytes(&line->text, p, length);
	}
}

static void tcp_options_text(struct line *line, const struct torc_tcp *tcp)
{
	struct torc_tcp_option option;
	uint32_t position = 0;
	bool first = true;

	text_string(&line->text, ", options [");
	while (torc_tcp_option_next(tcp, &position, &option)) {
		if (!first)
			text_char(&line->text, ',');
		first = false;
		tcp_option_text(line, &option);
	}
	text_char(&line->text, ']');
}

static void line_tcp(struct line *line, const struct torc_layer *layer)
{
	uint32_t length = ip_payload(line->decoded, layer), missing;
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
		tcp_options_text(line, &tcp);
	field_text(line, ", length ", length);
}

/* Whether a layer follows that has a part of its own. */
static bool is_last_part(const struct line *line, const struct torc_layer *layer)
{
	const struct torc_layer *next = layer + 1;

	return next >= line->decoded->layers + line->decoded->layer_count ||
	       next->type == TORC_LAYER_PAYLOAD || next->type == TORC_LAYER_DECODE_FAILURE;
}

static void line_udp(struct line *line, const struct torc_layer *layer)
{
	if (!is_last_part(line, layer))
		return;
	part_start(line);
	field_text(line, "UDP, length ", ip_payload(line->decoded, layer));
}

/* The length of a message, its header included. */
static void line_length(struct line *line, const struct torc_layer *layer)
{
	field_text(line, ", length ", ip_payload(line->decoded, layer) + layer->header_length);
}

static void line_icmpv4(struct line *line, const struct torc_layer *layer)
{
	const char *name = value_name_of(line, "icmpv4.icmp_type");
	struct torc_icmpv4 icmp;

	torc_layer_icmpv4(line->decoded, layer, &icmp);
	part_start(line);
	text_string(&line->text, "ICMP ");
	if (line_icmp_error(&line->text, line->decoded, layer)) {
		line_length(line, layer);
		return;
	}
	if (name)
		text_string(&line->text, name);
	else
		field_text(line, "type-", icmp.type);
	if (icmp.type == 0 || icmp.type == 8) {
		field_text(line, ", id ", icmp.id);
		field_text(line, ", seq ", icmp.sequence);
	} else if (icmp.code != 0) {
		field_text(line, ", code ", icmp.code);
	}
	line_length(line, layer);
}

/* What the message behind an ICMPv6 header is about, in a few words. */
static void icmpv6_message(struct line *line, const struct torc_layer *layer)
{
	struct torc_icmpv6_neighbor_advertisement advertisement;
	struct torc_icmpv6_neighbor_solicitation solicitation;
	struct torc_mldv2_report report;
	struct torc_icmpv6_echo echo;

	if (torc_layer_icmpv6_echo(line->decoded, layer, &echo) == 0) {
		field_text(line, ", id ", echo.id);
		field_text(line, ", seq ", echo.sequence);
	} else if (torc_layer_icmpv6_neighbor_solicitation(line->decoded, layer,
							   &solicitation) == 0) {
		text_string(&line->text, ", who has ");
		text_ipv6(&line->text, solicitation.target);
	} else if (torc_layer_icmpv6_neighbor_advertisement(line->decoded, layer,
							    &advertisement) == 0) {
		text_string(&line->text, ", tgt is ");
		text_ipv6(&line->text, advertisement.target);
	} else if (torc_layer_mldv2_report(line->decoded, layer, &report) == 0) {
		field_text(line, ", ", report.record_count);
		text_string(&line->text, " group record(s)");
	}
}

static void line_icmpv6(struct line *line, const struct torc_layer *layer)
{
	const char *name = value_name_of(line, "icmpv6.icmp_type");
	const struct torc_layer *next = layer + 1;
	struct torc_icmpv6 icmp;

	torc_layer_icmpv6(line->decoded, layer, &icmp);
	part_start(line);
	text_string(&line->text, "ICMP6, ");
	if (name)
		text_string(&line->text, name);
	else
		field_text(line, "type-", icmp.type);
	if (icmp.code != 0)
		field_text(line, ", code ", icmp.code);
	if (next < line->decoded->layers + line->decoded->layer_count)
		icmpv6_message(line, next);
	line_length(line, layer);
}

static void line_dns(struct line *line, const struct torc_layer *layer)
{
	part_start(line);
	line_dns_text(&line->text, line->decoded, layer);
}

/* ---- any other layer, and none ---- */

static void line_any(struct line *line, const struct torc_layer *layer)
{
	const struct torc_field_info *field;
	union layer_struct object;
	struct torc_value value;

	part_start(line);
	text_string(&line->text, torc_layer_name(layer->type));
	field = layer_fields(line->decoded, layer, &object);
	for (; field && field->name; field++) {
		if (!(field->flags & TORC_FIELD_SUMMARY) || field_hidden(field, object.bytes))
			continue;
		field_value(field, object.bytes, &value);
		text_string(&line->text, ", ");
		text_string(&line->text, field->name);
		text_char(&line->text, ' ');
		if (value.name)
			text_string(&line->text, value.name);
		else
			value_text(&line->text, &value, BYTES_SHOWN);
	}
	if (is_last_part(line, layer))
		field_text(line, ", length ", layer->header_length + layer->payload_length);
}

/* "[|TCP]" where the packet was cut, as tcpdump has it; else what is wrong. */
static void line_failure(struct line *line)
{
	const struct torc_decoded *decoded = line->decoded;
	struct text *text = &line->text;

	part_start(line);
	if (decoded->status != TORC_DECODED_MALFORMED) {
		text_string(text, "[|");
		text_string(text, torc_layer_name(decoded->failed_type));
		text_char(text, ']');
		return;
	}
	text_string(text, "[malformed ");
	text_string(text, torc_layer_name(decoded->failed_type));
	text_string(text, ": ");
	text_string(text, decoded->reason);
	text_char(text, ']');
}

/* Bytes that nobody decodes need a word only where the layer before has said nothing of them. */
static void line_payload(struct line *line, const struct torc_layer *layer)
{
	const struct torc_decoded *decoded = line->decoded;

	if (decoded->registry == TORC_BY_NONE || decoded->registry == TORC_BY_ETHER_TYPE)
		return;
	part_start(line);
	text_string(&line->text, torc_registry_name(decoded->registry));
	field_text(line, " ", decoded->number);
	field_text(line, ", length ", layer->header_length);
}

static void line_layer(struct line *line, const struct torc_layer *layer)
{
	static const struct {
		uint16_t type;
		void (*write)(struct line *line, const struct torc_layer *layer);
	} parts[] = {
		{ TORC_LAYER_ETHERNET, line_ethernet },
		{ TORC_LAYER_DOT1Q, line_dot1q },
		{ TORC_LAYER_LINUX_SLL, line_sll },
		{ TORC_LAYER_LINUX_SLL2, line_sll },
		{ TORC_LAYER_ARP, line_arp },
		{ TORC_LAYER_IPV4, line_ipv4 },
		{ TORC_LAYER_IPV6, line_ipv6 },
		{ TORC_LAYER_IPV6_HOP_BY_HOP, line_extension },
		{ TORC_LAYER_IPV6_DESTINATION, line_extension },
		{ TORC_LAYER_IPV6_ROUTING, line_extension },
		{ TORC_LAYER_IPV6_FRAGMENT, line_extension },
		{ TORC_LAYER_FRAGMENT, line_fragment },
		{ TORC_LAYER_TCP, line_tcp },
		{ TORC_LAYER_UDP, line_udp },
		{ TORC_LAYER_ICMPV4, line_icmpv4 },
		{ TORC_LAYER_ICMPV6, line_icmpv6 },
		{ TORC_LAYER_ICMPV6_ECHO, NULL },
		{ TORC_LAYER_ICMPV6_ROUTER_SOLICITATION, NULL },
		{ TORC_LAYER_ICMPV6_ROUTER_ADVERTISEMENT, NULL },
		{ TORC_LAYER_ICMPV6_NEIGHBOR_SOLICITATION, NULL },
		{ TORC_LAYER_ICMPV6_NEIGHBOR_ADVERTISEMENT, NULL },
		{ TORC_LAYER_MLDV2_REPORT, NULL },
		{ TORC_LAYER_DNS, line_dns },
		{ TORC_LAYER_LOOPBACK, NULL },
		{ TORC_LAYER_PAYLOAD, line_payload },
	};
	unsigned int i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].type != layer->type)
			continue;
		if (parts[i].write)
			parts[i].write(line, layer);
		return;
	}
	line_any(line, layer);
}

int torc_text_line(const struct torc_decoded *decoded, unsigned int flags, char *buffer,
		   size_t size)
{
	struct line line = {
		.text = text_start(buffer, size),
		.decoded = decoded,
		.flags = flags,
		.joined = true,
	};
	unsigned int i;

	for (i = 0; i < decoded->layer_count; i++) {
		if (decoded->layers[i].type == TORC_LAYER_DECODE_FAILURE)
			line_failure(&line);
		else
			line_layer(&line, &decoded->layers[i]);
	}
	if (decoded->status == TORC_DECODED_LAYER_LIMIT)
		text_string(&line.text, " [more layers]");
	if (line.text.length == 0)
		field_text(&line, "length ", decoded->len);
	return text_end(&line.text);
}
