/* SPDX-License-Identifier: BSD-3-Clause */
/* network.c - IPv4 and IPv6 with their options and extension headers, ICMP and ARP, written */
#include "build/common.h"
#include "build/writer.h"

#include <torc/layers/link/arp.h>
#include <torc/layers/network/icmp.h>
#include <torc/layers/network/ip.h>

void ipv4_write(struct writer *w, const void *layer)
{
	const struct torc_ipv4 *ipv4 = layer;
	uint32_t start = w->length;
	uint8_t *p = write_room(w, IPV4_HEADER);

	if (p)
		ipv4_put(p, ipv4, IPV4_HEADER + ((ipv4->options.length + 3) & ~3u), ipv4->ttl);
	write_padded(w, &ipv4->options, start, 4);
}

void ipv6_write(struct writer *w, const void *layer)
{
	const struct torc_ipv6 *ipv6 = layer;
	uint8_t *p = write_room(w, IPV6_HEADER);

	if (p)
		ipv6_put(p, ipv6, ipv6->hop_limit);
}

/* The length of an extension header as the struct has it, or as its contents need it. */
static unsigned int extension_length(uint16_t given, uint32_t contents)
{
	uint32_t length = given ? given : contents;

	return length > 8 ? (length + 7) / 8 - 1 : 0;
}

/* RFC 8200 §4.3 and §4.6; what is missing to a multiple of eight is PadN or Pad1 (§4.2) */
void ipv6_options_write(struct writer *w, const void *layer)
{
	const struct torc_ipv6_options *header = layer;
	uint32_t pad = -(2 + header->options.length) & 7;

	write8(w, header->next_header);
	write8(w, extension_length(header->header_length, 2 + header->options.length));
	write_bytes(w, header->options.data, header->options.length);
	if (pad == 1) {
		write8(w, 0);
	} else if (pad > 1) {
		write8(w, 1);
		write8(w, pad - 2);
		write_zeros(w, pad - 2);
	}
}

/* RFC 8200 §4.4: data is all behind the first four bytes; without it, from the addresses */
void ipv6_routing_write(struct writer *w, const void *layer)
{
	const struct torc_ipv6_routing *routing = layer;
	bool whole = routing->data.length > 0;
	uint32_t contents = whole ? routing->data.length : 4 + routing->addresses.length;
	uint32_t start = w->length;

	write8(w, routing->next_header);
	write8(w, extension_length(routing->header_length, 4 + contents));
	write8(w, routing->routing_type);
	write8(w, routing->segments_left);
	if (whole) {
		write_padded(w, &routing->data, start, 8);
		return;
	}
	/* segment routing has the number of its last entry there (RFC 8754 §2), the others nothing */
	write8(w, routing->routing_type == 4 && contents > 4 ? routing->addresses.length / 16 - 1 : 0);
	write_zeros(w, 3);
	write_padded(w, &routing->addresses, start, 8);
}

/* RFC 8200 §4.5 */
void ipv6_fragment_write(struct writer *w, const void *layer)
{
	const struct torc_ipv6_fragment *fragment = layer;

	write8(w, fragment->next_header);
	write8(w, 0);
	write16(w, (fragment->fragment_offset & 0xFFF8u) | (fragment->more_fragments ? 1 : 0));
	write32(w, fragment->id);
}

/* RFC 792 */
void icmpv4_write(struct writer *w, const void *layer)
{
	const struct torc_icmpv4 *icmp = layer;

	write8(w, icmp->type);
	write8(w, icmp->code);
	write16(w, icmp->checksum);
	write16(w, icmp->id);
	write16(w, icmp->sequence);
}

/* RFC 4443 §2.1, §4.1 */
void icmpv6_write(struct writer *w, const void *layer)
{
	const struct torc_icmpv6 *icmp = layer;

	write8(w, icmp->type);
	write8(w, icmp->code);
	write16(w, icmp->checksum);
}

void icmpv6_echo_write(struct writer *w, const void *layer)
{
	const struct torc_icmpv6_echo *echo = layer;

	write16(w, echo->id);
	write16(w, echo->sequence);
}

static void arp_address(struct writer *w, const uint8_t *plain, uint32_t length,
			const struct torc_bytes *bytes)
{
	if (plain)
		write_bytes(w, plain, length);
	else
		write_bytes(w, bytes->data, bytes->length);
}

/* RFC 826; the addresses of Ethernet and IPv4 are those that have a field of their own */
void arp_write(struct writer *w, const void *layer)
{
	const struct torc_arp *arp = layer;
	bool mac = arp->hardware_length == 6, ip = arp->protocol_length == 4 &&
						   arp->protocol_type == 0x0800;

	write16(w, arp->hardware_type);
	write16(w, arp->protocol_type);
	write8(w, arp->hardware_length);
	write8(w, arp->protocol_length);
	write16(w, arp->operation);
	arp_address(w, mac ? arp->sender_mac : NULL, 6, &arp->sender_hardware);
	arp_address(w, ip ? arp->sender_ip : NULL, 4, &arp->sender_protocol);
	arp_address(w, mac ? arp->target_mac : NULL, 6, &arp->target_hardware);
	arp_address(w, ip ? arp->target_ip : NULL, 4, &arp->target_protocol);
}
