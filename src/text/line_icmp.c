/* SPDX-License-Identifier: BSD-3-Clause */
/* line_icmp.c - what an ICMP error says of the packet that it quotes: RFC 792, RFC 1122 §3.2.2 */
#include "text/line_icmp.h"

#include <torc/layer.h>

#include <string.h>

#define UNREACHABLE   3
#define REDIRECT      5
#define TIME_EXCEEDED 11

#define TCP 6
#define UDP 17

#define PROTOCOL_UNREACHABLE 2
#define PORT_UNREACHABLE     3
#define TOO_BIG              4

#define CODES 16

/*
 * The codes of "unreachable", each ended by a zero: n for a net, h for a host, - for what is said
 * with more; then what stands behind "unreachable".
 */
static const char codes[] = "n\0h\0-\0-\0- - need to frag\0- - source route failed\0n - unknown\0"
			    "h - unknown\0- - source host isolated\0n - admin prohibited\0"
			    "h - admin prohibited\0n - tos prohibited\0h - tos prohibited\0"
			    "h - admin prohibited filter\0h - host precedence violation\0"
			    "h - precedence cutoff";

/* Of the quoted packet: its protocol, and the port where it has one. */
static void what_text(struct text *text, uint8_t code, const uint8_t *ip, uint32_t length)
{
	uint32_t header = (ip[0] & 0xFu) * 4;
	bool ports = (ip[9] == TCP || ip[9] == UDP) && length >= header + 4;

	if (code == PORT_UNREACHABLE && ports) {
		text_string(text, ip[9] == TCP ? " tcp port " : " udp port ");
		text_uint(text, torc_be16(ip + header + 2));
	} else {
		text_string(text, " protocol ");
		text_uint(text, ip[9]);
	}
}

static void unreachable_text(struct text *text, const uint8_t *icmp, const uint8_t *ip, uint32_t length)
{
	const char *words = codes;
	uint8_t code = icmp[1], i;

	for (i = 0; i < code; i++)
		words += strlen(words) + 1;
	text_string(text, *words == 'n' ? "net " : *words == 'h' ? "host " : "");
	text_ipv4(text, ip + 16);
	if (code == PROTOCOL_UNREACHABLE || code == PORT_UNREACHABLE)
		what_text(text, code, ip, length);
	text_string(text, " unreachable");
	text_string(text, words + 1);
	if (code == TOO_BIG && torc_be16(icmp + 6) != 0) { /* RFC 1191 §4 */
		text_string(text, " (mtu ");
		text_uint(text, torc_be16(icmp + 6));
		text_char(text, ')');
	}
}

static void redirect_text(struct text *text, const uint8_t *icmp, const uint8_t *ip)
{
	text_string(text, icmp[1] & 2 ? "redirect-tos " : "redirect ");
	text_ipv4(text, ip + 16);
	text_string(text, icmp[1] & 1 ? " to host " : " to net ");
	text_ipv4(text, icmp + 4);
}

/* Where the transport header of a quoted IPv6 packet is, and of which protocol; false: not there. */
static bool quoted_transport(const uint8_t *ip, uint32_t length, uint32_t *at, uint8_t *protocol)
{
	*at = 40;
	*protocol = ip[6];
	while (*protocol == 0 || *protocol == 43 || *protocol == 60) {
		if (length < *at + 8)
			return false;
		*protocol = ip[*at];
		*at += (ip[*at + 1] + 1u) * 8;
	}
	return length >= *at + 4;
}

static void unreachable6_text(struct text *text, uint8_t code, const uint8_t *ip, uint32_t length)
{
	static const char *const words[] = { "unreachable route ", "unreachable prohibited ",
					     "beyond scope ", "unreachable address ",
					     "unreachable port, " };
	uint8_t protocol;
	uint32_t at;

	text_string(text, ", ");
	text_string(text, words[code]);
	text_ipv6(text, ip + 24);
	if (code == 2) {
		text_string(text, ", source address ");
		text_ipv6(text, ip + 8);
	}
	if (code != 4 || !quoted_transport(ip, length, &at, &protocol))
		return;
	text_string(text, protocol == TCP ? " tcp port " : protocol == UDP ? " udp port " :
								    " protocol ");
	text_uint(text, protocol == TCP || protocol == UDP ? torc_be16(ip + at + 2) : protocol);
}

bool line_icmpv6_error(struct text *text, const struct torc_decoded *decoded,
		       const struct torc_layer *layer)
{
	static const char *const problems[] = { ", erroneous - octet ", ", next header - octet ",
						", option - octet " };
	const uint8_t *icmp = torc_layer_header(decoded, layer);
	const uint8_t *body = torc_layer_payload(decoded, layer);
	uint32_t length = layer->payload_length;

	if (length < 4)
		return false;
	if (icmp[0] == 2) {
		text_string(text, ", mtu ");
		text_uint(text, torc_be32(body));
		return true;
	}
	if (icmp[0] == 4 && icmp[1] < 3) {
		text_string(text, problems[icmp[1]]);
		text_uint(text, torc_be32(body));
		return true;
	}
	if (length < 44 || body[4] >> 4 != 6)
		return false;
	if (icmp[0] == 1 && icmp[1] < 5) {
		unreachable6_text(text, icmp[1], body + 4, length - 4);
	} else if (icmp[0] == 3 && icmp[1] == 0) {
		text_string(text, " for ");
		text_ipv6(text, body + 28);
	} else if (icmp[0] == 3 && icmp[1] == 1) {
		text_string(text, " (reassembly)");
	} else {
		return false;
	}
	return true;
}

bool line_icmp_error(struct text *text, const struct torc_decoded *decoded,
		     const struct torc_layer *layer)
{
	const uint8_t *icmp = torc_layer_header(decoded, layer);
	const uint8_t *ip = torc_layer_payload(decoded, layer);
	uint32_t length = layer->payload_length;

	if (icmp[0] == TIME_EXCEEDED && icmp[1] < 2) {
		text_string(text, icmp[1] == 0 ? "time exceeded in-transit" :
						 "ip reassembly time exceeded");
		return true;
	}
	if (length < 20 || ip[0] >> 4 != 4)
		return false;
	if (icmp[0] == UNREACHABLE && icmp[1] < CODES)
		unreachable_text(text, icmp, ip, length);
	else if (icmp[0] == REDIRECT && icmp[1] < 4)
		redirect_text(text, icmp, ip);
	else
		return false;
	return true;
}
