/* SPDX-License-Identifier: BSD-3-Clause */
/* application.c - DNS, DHCP, NTP and RADIUS, written */
#include "build/writer.h"

#include <torc/layers/application/dhcp.h>
#include <torc/layers/application/dns.h>
#include <torc/layers/application/ntp.h>
#include <torc/layers/application/radius.h>

#define DNS_HEADER	  12
#define DHCP_COOKIE	  0x63825363u
#define DHCP_MESSAGE	  53
#define DHCP_END	  255
#define NTP_CONTROL	  6
#define NTP_PRIVATE	  7
#define RELAY_FORWARD	  12
#define RELAY_REPLY	  13

/*
 * RFC 1035 §4.1: the header from its fields, questions and records as the message has them. Over TCP
 * the length is in front (§4.2.2).
 */
void dns_write(struct writer *w, const void *layer)
{
	const struct torc_dns *dns = layer;
	uint32_t sections = dns->message.length > DNS_HEADER ? dns->message.length - DNS_HEADER : 0;

	if (w->behind == TORC_LAYER_TCP)
		write16(w, DNS_HEADER + sections);
	write16(w, dns->id);
	write16(w, (dns->is_response ? 0x8000u : 0) | (dns->opcode & 0xFu) << 11 |
			   (dns->authoritative ? 0x0400u : 0) | (dns->truncated ? 0x0200u : 0) |
			   (dns->recursion_desired ? 0x0100u : 0) |
			   (dns->recursion_available ? 0x0080u : 0) |
			   (dns->authentic_data ? 0x0020u : 0) |
			   (dns->checking_disabled ? 0x0010u : 0) | (dns->response_code & 0xFu));
	write16(w, dns->question_count);
	write16(w, dns->answer_count);
	write16(w, dns->authority_count);
	write16(w, dns->additional_count);
	if (sections > 0)
		write_bytes(w, dns->message.data + DNS_HEADER, sections);
}

/* ---- DHCP ---- */

static bool has_message_type(const struct torc_dhcpv4 *dhcp)
{
	struct torc_dhcpv4_option option;
	uint32_t position = 0;

	while (torc_dhcpv4_option_next(dhcp, &position, &option))
		if (option.type == DHCP_MESSAGE)
			return true;
	return false;
}

/* RFC 2131 §2; a message type that the options do not have is written in front of them */
void dhcpv4_write(struct writer *w, const void *layer)
{
	const struct torc_dhcpv4 *dhcp = layer;

	write8(w, dhcp->operation);
	write8(w, dhcp->hardware_type);
	write8(w, dhcp->hardware_length);
	write8(w, dhcp->hops);
	write32(w, dhcp->transaction_id);
	write16(w, dhcp->seconds);
	write16(w, dhcp->flags);
	write_bytes(w, dhcp->client_ip, 4);
	write_bytes(w, dhcp->your_ip, 4);
	write_bytes(w, dhcp->server_ip, 4);
	write_bytes(w, dhcp->relay_ip, 4);
	write_bytes(w, dhcp->client_address, 6);
	write_zeros(w, 10);
	write_fixed(w, &dhcp->server_name, 64);
	write_fixed(w, &dhcp->boot_file, 128);
	if (!dhcp->options.data && dhcp->message_type == 0)
		return; /* BOOTP */
	write32(w, DHCP_COOKIE);
	if (dhcp->message_type && !has_message_type(dhcp)) {
		write8(w, DHCP_MESSAGE);
		write8(w, 1);
		write8(w, dhcp->message_type);
	}
	write_bytes(w, dhcp->options.data, dhcp->options.length);
	if (dhcp->options.length == 0 && dhcp->message_type)
		write8(w, DHCP_END);
}

/* RFC 8415 §8, relay messages §9 */
void dhcpv6_write(struct writer *w, const void *layer)
{
	const struct torc_dhcpv6 *dhcp = layer;

	write8(w, dhcp->message_type);
	if (dhcp->message_type == RELAY_FORWARD || dhcp->message_type == RELAY_REPLY) {
		write8(w, dhcp->hop_count);
		write_bytes(w, dhcp->link_address, 16);
		write_bytes(w, dhcp->peer_address, 16);
	} else {
		write24(w, dhcp->transaction_id);
	}
	write_bytes(w, dhcp->options.data, dhcp->options.length);
}

/* ---- NTP ---- */

/* RFC 9327 §2 (status, offset and count are in no struct), and ntpd's own mode 7 */
static void ntp_message(struct writer *w, const struct torc_ntp *ntp)
{
	if (ntp->mode == NTP_CONTROL) {
		write8(w, (ntp->leap_indicator & 3u) << 6 | (ntp->version & 7u) << 3 | ntp->mode);
		write8(w, (ntp->response ? 0x80u : 0) | (ntp->operation & 0x1Fu));
		write16(w, ntp->sequence);
		write16(w, 0);
		write16(w, ntp->association_id);
		write16(w, 0);
		write16(w, ntp->message.length);
	} else {
		write8(w, (ntp->response ? 0x80u : 0) | (ntp->version & 7u) << 3 | ntp->mode);
		write8(w, ntp->sequence & 0x7Fu);
		write8(w, 0);
		write8(w, ntp->operation);
		write32(w, 0);
	}
	write_bytes(w, ntp->message.data, ntp->message.length);
}

/* RFC 5905 §7.3 */
void ntp_write(struct writer *w, const void *layer)
{
	const struct torc_ntp *ntp = layer;

	if (ntp->mode == NTP_CONTROL || ntp->mode == NTP_PRIVATE) {
		ntp_message(w, ntp);
		return;
	}
	write8(w, (ntp->leap_indicator & 3u) << 6 | (ntp->version & 7u) << 3 | (ntp->mode & 7u));
	write8(w, ntp->stratum);
	write8(w, (uint8_t)ntp->poll);
	write8(w, (uint8_t)ntp->precision);
	write32(w, ntp->root_delay);
	write32(w, ntp->root_dispersion);
	write32(w, ntp->reference_id);
	write64(w, ntp->reference_timestamp);
	write64(w, ntp->origin_timestamp);
	write64(w, ntp->receive_timestamp);
	write64(w, ntp->transmit_timestamp);
	write_bytes(w, ntp->extensions.data, ntp->extensions.length);
}

/* RFC 2865 §3 */
void radius_write(struct writer *w, const void *layer)
{
	const struct torc_radius *radius = layer;

	write8(w, radius->code);
	write8(w, radius->id);
	write16(w, radius->length);
	write_bytes(w, radius->authenticator, 16);
	write_bytes(w, radius->attributes.data, radius->attributes.length);
}
