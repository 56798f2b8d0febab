/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * line.c - a packet in one line, in the words tcpdump uses
 *
 * Each layer writes its part; parts are joined by ": ", or by nothing behind a part that ends with
 * its own comma or blank. Layers without words of their own here show their name and the fields
 * that their table marks TORC_FIELD_SUMMARY.
 */
#include <torc/layers/link/arp.h>
#include <torc/layers/link/chdlc.h>
#include <torc/layers/link/ethernet.h>
#include <torc/layers/network/icmp.h>
#include <torc/layers/network/ip.h>
#include <torc/layers/link/link.h>
#include <torc/layers/network/mld.h>
#include <torc/layers/network/ndp.h>
#include <torc/layers/transport/udp.h>

#include "decode/registry.h"
#include "text/line.h"
#include "text/line_dns.h"
#include "text/line_dot11.h"
#include "text/line_icmp.h"
#include "text/value.h"

#define BYTES_SHOWN 32

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
uint32_t line_payload_length(const struct torc_decoded *decoded, const struct torc_layer *layer)
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
	case 0x8847:
		return "MPLS unicast";
	case 0x8848:
		return "MPLS multicast";
	case 0x8863:
		return "PPPoE D";
	case 0x8864:
		return "PPPoE S";
	case 0x88CC:
		return "LLDP";
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
	if (line->flags & TORC_TEXT_QUICK) {
		text_string(&line->text, ", ");
		text_string(&line->text, ether_type_name(ether_type));
		return;
	}
	text_string(&line->text, ", ethertype ");
	text_string(&line->text, ether_type_name(ether_type));
	text_string(&line->text, " (0x");
	text_hex(&line->text, ether_type, 4);
	text_char(&line->text, ')');
}

/* Whether nobody decodes what this header says it carries, behind its tags. */
static bool is_unknown(const struct line *line, const struct torc_layer *layer)
{
	const struct torc_layer *end = line->decoded->layers + line->decoded->layer_count;

	if (line->decoded->registry != TORC_BY_ETHER_TYPE)
		return false;
	do
		layer++;
	while (layer < end && layer->type == TORC_LAYER_DOT1Q);
	return layer >= end || layer->type == TORC_LAYER_PAYLOAD;
}

static void line_ethernet(struct line *line, const struct torc_layer *layer)
{
	struct torc_ethernet ethernet;
	bool unknown = is_unknown(line, layer);

	torc_layer_ethernet(line->decoded, layer, &ethernet);
	if (!(line->flags & TORC_TEXT_LINK) && !unknown)
		return;
	part_start(line);
	text_mac(&line->text, ethernet.source, 6);
	text_string(&line->text, " > ");
	text_mac(&line->text, ethernet.destination, 6);
	ether_type_text(line, ethernet.ether_type, ethernet.length);
	line->typed = ethernet.ether_type != 0;
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
	line->typed = line->flags & TORC_TEXT_LINK && tag.ether_type != 0;
	text_string(&line->text, ", ");
	line->joined = true;
}

static void line_chdlc(struct line *line, const struct torc_layer *layer)
{
	struct torc_chdlc chdlc;

	torc_layer_chdlc(line->decoded, layer, &chdlc);
	/* nothing behind it leads nowhere too */
	if (line->decoded->registry != TORC_BY_ETHER_TYPE && layer->payload_length > 0)
		return;
	part_start(line);
	text_string(&line->text, "unknown CHDLC protocol (0x");
	text_hex(&line->text, chdlc.protocol, 4);
	text_char(&line->text, ')');
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

/* A message about something else than IPv4 on Ethernet: kinds and lengths of its addresses. */
static void arp_other_text(struct line *line, const struct torc_arp *arp)
{
	struct text *text = &line->text;

	if (arp->hardware_type == 1)
		text_string(text, "Ethernet");
	else
		field_text(line, "Unknown Hardware (", arp->hardware_type);
	text_string(text, arp->hardware_type == 1 ? "" : ")");
	field_text(line, " (len ", arp->hardware_length);
	text_string(text, arp->protocol_type == 0x0800 ? "), IPv4" : "), Unknown Protocol (0x");
	if (arp->protocol_type != 0x0800) {
		text_hex(text, arp->protocol_type, 4);
		text_char(text, ')');
	}
	field_text(line, " (len ", arp->protocol_length);
	text_char(text, ')');
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
	text_string(text, line->typed ? "" : "ARP, ");
	if (arp.target_protocol.length < arp.protocol_length) {
		text_string(text, "[|arp]");
		return;
	}
	if (arp.protocol_type != 0x0800 || arp.protocol_length != 4 || arp.hardware_length == 0) {
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
	} else if (arp.operation == 3 || arp.operation == 4) { /* RFC 903 */
		text_string(text, arp.operation == 3 ? "Reverse Request who-is " : "Reverse Reply ");
		text_mac(text, arp.target_hardware.data, arp.target_hardware.length);
		text_string(text, arp.operation == 3 ? " tell " : " at ");
		if (arp.operation == 3)
			text_mac(text, arp.sender_hardware.data, arp.sender_hardware.length);
		else
			text_ipv4(text, arp.target_ip);
	} else {
		field_text(line, "Unknown (", arp.operation);
		text_char(text, ')');
		return;
	}
	field_text(line, ", length ", line->decoded->len - layer->offset);
}

/* ---- transport ---- */

/* Whether a layer follows that has a part of its own. */
static bool is_last_part(const struct line *line, const struct torc_layer *layer)
{
	const struct torc_layer *next = layer + 1;

	return next >= line->decoded->layers + line->decoded->layer_count ||
	       next->type == TORC_LAYER_PAYLOAD || next->type == TORC_LAYER_DECODE_FAILURE;
}

/* "[udp sum ok] " in front of what UDP or ICMPv6 carries. */
static void sum_text(struct line *line, const struct torc_layer *layer, const char *name,
		     unsigned int at)
{
	struct torc_checksum checksum;
	struct text *text = &line->text;
	int state = line_checksum(line, layer, &checksum);

	if (state == TORC_CHECKSUM_NONE || state == TORC_CHECKSUM_NOT_CHECKABLE)
		return;
	text_char(text, '[');
	if (state == TORC_CHECKSUM_WRONG) {
		text_string(text, "bad ");
		text_string(text, name);
		text_string(text, " cksum 0x");
		text_hex(text, torc_be16(torc_layer_header(line->decoded, layer) + at), 4);
		text_string(text, " -> 0x");
		text_hex(text, checksum.expected, 4);
		text_string(text, "!] ");
		return;
	}
	if (state == TORC_CHECKSUM_ABSENT) {
		text_string(text, "no cksum] ");
		return;
	}
	text_string(text, name);
	text_string(text, state == TORC_CHECKSUM_RIGHT ? " sum ok] " : " sum left to the card] ");
}

int line_checksum(const struct line *line, const struct torc_layer *layer,
		  struct torc_checksum *checksum)
{
	if (!(line->flags & TORC_TEXT_VERBOSE))
		return TORC_CHECKSUM_NONE;
	return torc_checksum_verify(line->decoded, layer, line->options->packet_flags, checksum);
}

static void line_udp(struct line *line, const struct torc_layer *layer)
{
	bool last = is_last_part(line, layer) || line->flags & TORC_TEXT_QUICK;
	uint32_t length;

	if (line->flags & TORC_TEXT_VERBOSE) {
		part_start(line);
		sum_text(line, layer, "udp", 6);
		line->joined = true;
	}
	if (!last)
		return;
	part_start(line);
	length = torc_be16(torc_layer_header(line->decoded, layer) + 4);
	if (line->decoded->flags & TORC_DECODED_FRAGMENT && length >= 8)
		length -= 8; /* of the whole datagram */
	else
		length = line_payload_length(line->decoded, layer);
	field_text(line, "UDP, length ", length);
}

/* The length of a message, its header included. */
static void line_length(struct line *line, const struct torc_layer *layer)
{
	field_text(line, ", length ", line_payload_length(line->decoded, layer) + layer->header_length);
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
		field_text(line, "type-#", icmp.type);
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

static void unknown_type_text(struct line *line, unsigned int type)
{
	field_text(line, "unknown icmp6 type (", type);
	text_char(&line->text, ')');
}

static void line_icmpv6(struct line *line, const struct torc_layer *layer)
{
	const char *name = value_name_of(line, "icmpv6.icmp_type");
	const struct torc_layer *next = layer + 1;
	struct torc_icmpv6 icmp;

	torc_layer_icmpv6(line->decoded, layer, &icmp);
	part_start(line);
	sum_text(line, layer, "icmp6", 2);
	text_string(&line->text, "ICMP6, ");
	if (name)
		text_string(&line->text, name);
	else
		unknown_type_text(line, icmp.type);
	if (line_icmpv6_error(&line->text, line->decoded, layer)) {
		line_length(line, layer);
		return;
	}
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

	if (decoded->registry == TORC_BY_NONE || decoded->registry == TORC_BY_ETHER_TYPE ||
	    decoded->registry == TORC_BY_PPP_PROTOCOL)
		return;
	part_start(line);
	if (decoded->registry == TORC_BY_IP_PROTOCOL) {
		field_text(line, " ip-proto-", decoded->number);
		field_text(line, " ", layer->header_length);
		return;
	}
	text_string(&line->text, torc_registry_name(decoded->registry));
	field_text(line, " ", decoded->number);
	field_text(line, ", length ", layer->header_length);
}

/*
 * Access points and SNAP say nothing that what they carry does not, and pf's log and PKTAP not who talks,
 * unless asked, or nobody decodes it.
 */
static bool is_left_out(const struct line *line, const struct torc_layer *layer)
{
	const struct torc_layer *end = line->decoded->layers + line->decoded->layer_count;

	return (layer->type == TORC_LAYER_LLC || layer->type == TORC_LAYER_SNAP ||
		layer->type == TORC_LAYER_PPP || layer->type == TORC_LAYER_PFLOG ||
		layer->type == TORC_LAYER_PKTAP || layer->type == TORC_LAYER_NFLOG ||
		layer->type == TORC_LAYER_PPI || layer->type == TORC_LAYER_MACSEC) &&
	       !(line->flags & TORC_TEXT_LINK) && line->decoded->registry == TORC_BY_NONE &&
	       layer + 1 < end && layer[1].type != TORC_LAYER_PAYLOAD &&
	       layer[1].type != TORC_LAYER_DECODE_FAILURE;
}

/* The layers that most packets have, the most frequent ones first; false: none of them. */
static bool line_layer(struct line *line, const struct torc_layer *layer)
{
	static const struct {
		uint16_t type;
		void (*write)(struct line *line, const struct torc_layer *layer);
	} parts[] = {
		{ TORC_LAYER_ETHERNET, line_ethernet },
		{ TORC_LAYER_IPV4, line_ipv4 },
		{ TORC_LAYER_TCP, line_tcp },
		{ TORC_LAYER_PAYLOAD, line_payload },
		{ TORC_LAYER_IPV6, line_ipv6 },
		{ TORC_LAYER_UDP, line_udp },
		{ TORC_LAYER_DNS, line_dns },
		{ TORC_LAYER_DOT1Q, line_dot1q },
		{ TORC_LAYER_LINUX_SLL, line_sll },
		{ TORC_LAYER_LINUX_SLL2, line_sll },
		{ TORC_LAYER_ARP, line_arp },
		{ TORC_LAYER_IPV6_HOP_BY_HOP, line_extension },
		{ TORC_LAYER_IPV6_DESTINATION, line_extension },
		{ TORC_LAYER_IPV6_ROUTING, line_extension },
		{ TORC_LAYER_IPV6_FRAGMENT, line_extension },
		{ TORC_LAYER_FRAGMENT, line_fragment },
		{ TORC_LAYER_ICMPV4, line_icmpv4 },
		{ TORC_LAYER_ICMPV6, line_icmpv6 },
		{ TORC_LAYER_ICMPV6_ECHO, NULL },
		{ TORC_LAYER_ICMPV6_ROUTER_SOLICITATION, NULL },
		{ TORC_LAYER_ICMPV6_ROUTER_ADVERTISEMENT, NULL },
		{ TORC_LAYER_ICMPV6_NEIGHBOR_SOLICITATION, NULL },
		{ TORC_LAYER_ICMPV6_NEIGHBOR_ADVERTISEMENT, NULL },
		{ TORC_LAYER_MLDV2_REPORT, NULL },
		{ TORC_LAYER_LOOPBACK, NULL },
		{ TORC_LAYER_CHDLC, line_chdlc },
	};
	unsigned int i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (parts[i].type != layer->type)
			continue;
		if (parts[i].write)
			parts[i].write(line, layer);
		return true;
	}
	return false;
}

static void line_write(struct line *line)
{
	const struct torc_decoded *decoded = line->decoded;
	const struct torc_layer *layer = decoded->layers, *end = layer + decoded->layer_count;

	for (; layer < end; layer++) {
		if (is_left_out(line, layer))
			continue;
		if (layer->type == TORC_LAYER_DECODE_FAILURE)
			line_failure(line);
		else if (!line_layer(line, layer) && !line_dot11_layer(line, layer) &&
			 !line_words(line, &layer))
			line_any(line, layer);
		if (line->flags & TORC_TEXT_QUICK &&
		    torc_layer_role(layer->type) == TORC_ROLE_TRANSPORT)
			break;
	}
	/* a layer that is there up to where its tail is cut or wrong; TCP and ARP say so themselves */
	if (decoded->reason && decoded->failed_type != TORC_LAYER_TCP &&
	    decoded->failed_type != TORC_LAYER_ARP &&
	    !torc_layer_first(decoded, TORC_LAYER_DECODE_FAILURE)) {
		if (line->text.length > 0)
			text_char(&line->text, ' ');
		line->joined = true;
		line_failure(line);
	}
	if (decoded->status == TORC_DECODED_LAYER_LIMIT)
		text_string(&line->text, " [more layers]");
	if (line->closing)
		text_string(&line->text, line->closing);
	if (line->text.length == 0)
		field_text(line, "length ", decoded->len);
}

int torc_text_line_with(const struct torc_decoded *decoded, const struct torc_text_options *options,
			char *buffer, size_t size)
{
	struct torc_text_options whole = { .size = sizeof(whole) };
	struct line line = {
		.text = text_start(buffer, size),
		.decoded = decoded,
		.options = &whole,
		.joined = true,
	};

	memcpy(&whole, options, options->size < sizeof(whole) ? options->size : sizeof(whole));
	line.flags = whole.flags;
	line_write(&line);
	return text_end(&line.text);
}

int torc_text_line(const struct torc_decoded *decoded, unsigned int flags, char *buffer,
		   size_t size)
{
	struct torc_text_options options = { .size = sizeof(options), .flags = flags };

	return torc_text_line_with(decoded, &options, buffer, size);
}
