/* SPDX-License-Identifier: BSD-3-Clause */
/* edit.c - the fields that are changed most, at fixed places of their headers */
#include <torc/edit.h>

#include <errno.h>
#include <string.h>

#include "edit/change.h"

/* ---- the packet ---- */

void edit_decode(struct torc_edit *edit)
{
	torc_decode(edit->link_type, edit->data, edit->caplen, edit->len, &edit->decoded);
	edit_plain_find(edit);
}

int torc_edit_begin(struct torc_edit *edit, const struct torc_packet *packet, void *buffer,
		    size_t room)
{
	if (packet->caplen > room)
		return -ENOSPC;
	if (packet->data != buffer && packet->caplen > 0)
		memmove(buffer, packet->data, packet->caplen);
	edit->data = buffer;
	edit->room = room < UINT32_MAX ? (uint32_t)room : UINT32_MAX;
	edit->caplen = packet->caplen;
	edit->len = packet->len > packet->caplen ? packet->len : packet->caplen;
	edit->flags = packet->flags;
	edit->link_type = packet->link_type;
	memset(edit->reserved, 0, sizeof(edit->reserved));
	edit_decode(edit);
	return 0;
}

void torc_edit_packet(const struct torc_edit *edit, struct torc_packet *packet)
{
	packet->data = edit->data;
	packet->caplen = edit->caplen;
	packet->len = edit->len;
	packet->flags = edit->flags;
	packet->link_type = edit->link_type;
	packet->parsed = NULL; /* of the packet as it was */
}

/* RFC 792, RFC 4443 §3: behind eight bytes stands the packet that was the cause. */
bool edit_quoted(const struct torc_edit *edit, struct torc_decoded *quoted,
		 struct edit_inside *inside)
{
	const struct torc_decoded *decoded = &edit->decoded;

	for (unsigned int i = decoded->layer_count; i-- > 0;) {
		const struct torc_layer *layer = &decoded->layers[i];
		const uint8_t *p = torc_layer_header(decoded, layer);
		uint32_t length = layer->header_length + layer->payload_length;
		bool error;

		if (layer->type == TORC_LAYER_ICMPV4)
			error = p[0] == 3 || p[0] == 4 || p[0] == 5 || p[0] == 11 || p[0] == 12;
		else if (layer->type == TORC_LAYER_ICMPV6)
			error = p[0] >= 1 && p[0] <= 4;
		else
			continue;
		if (!error || length <= 8)
			return false;
		inside->base = layer->offset + 8;
		torc_decode(TORC_LINK_RAW, edit->data + inside->base, length - 8, length - 8, quoted);
		inside->decoded = quoted;
		return true;
	}
	return false;
}

/* ---- single fields ---- */

/* Kinds of layers that a field may be of; one bit each. */
enum { OF_ETHERNET = 1, OF_TAG = 2, OF_IPV4 = 4, OF_IPV6 = 8, OF_TCP = 16, OF_OTHER_PORTS = 32 };

/* Inlined down to where the kinds are constants: a comparison or two are left of the switch. */
#define INLINE static inline __attribute__((always_inline))

INLINE unsigned int kind_of(unsigned int type)
{
	switch (type) {
	case TORC_LAYER_ETHERNET:
		return OF_ETHERNET;
	case TORC_LAYER_DOT1Q:
		return OF_TAG;
	case TORC_LAYER_IPV4:
		return OF_IPV4;
	case TORC_LAYER_IPV6:
		return OF_IPV6;
	case TORC_LAYER_TCP:
		return OF_TCP;
	case TORC_LAYER_UDP:
	case TORC_LAYER_UDPLITE:
	case TORC_LAYER_SCTP:
		return OF_OTHER_PORTS;
	default:
		return 0;
	}
}

INLINE const struct torc_layer *find(const struct torc_decoded *decoded, unsigned int kinds, int n)
{
	unsigned int count = decoded->layer_count;

	if (n >= 0) {
		for (unsigned int i = 0; i < count; i++)
			if (kind_of(decoded->layers[i].type) & kinds && n-- == 0)
				return &decoded->layers[i];
		return NULL;
	}
	for (unsigned int i = count; i-- > 0;)
		if (kind_of(decoded->layers[i].type) & kinds && ++n == 0)
			return &decoded->layers[i];
	return NULL;
}

/* ---- the same in packets with one IP and one TCP or UDP header: see edit_plain_find() ---- */

/* Whether the only layer of its kind is meant. */
INLINE bool is_plain(const struct torc_edit *edit, int n)
{
	return edit->plain[1] && (n == TORC_OUTERMOST || n == TORC_INNERMOST);
}

INLINE const struct torc_layer *plain_ip(const struct torc_edit *edit)
{
	return &edit->decoded.layers[edit->plain[0] - 1];
}

/* The checksum of the TCP or UDP header follows; a place in that header is counted from *p. */
INLINE uint8_t *plain_transport(const struct torc_edit *edit, bool *is_udp)
{
	const struct torc_layer *layer = &edit->decoded.layers[edit->plain[1] - 1];

	*is_udp = layer->type == TORC_LAYER_UDP;
	return edit->data + layer->offset;
}

/* Writes so many bytes, an even number, at an even place of a header; by how much the sum changes. */
INLINE uint32_t exchange(uint8_t *p, const uint8_t *bytes, uint32_t length)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < length; i += 2)
		sum += (uint16_t)~torc_be16(p + i) + torc_be16(bytes + i);
	memcpy(p, bytes, length);
	return sum;
}

/* Bytes of the TCP or UDP header. */
INLINE int plain_write(struct torc_edit *edit, uint32_t offset, const uint8_t *bytes, uint32_t length)
{
	bool is_udp;
	uint8_t *p = plain_transport(edit, &is_udp);

	edit_follow(p + (is_udp ? 6 : 16), exchange(p + offset, bytes, length), is_udp);
	return 0;
}

/* An address of the IP header. */
INLINE int plain_address(struct torc_edit *edit, uint32_t offset, const uint8_t *bytes, uint32_t length)
{
	uint8_t *ip = edit->data + plain_ip(edit)->offset, *p;
	uint32_t sum = exchange(ip + offset, bytes, length);
	bool is_udp;

	p = plain_transport(edit, &is_udp);
	edit_follow(p + (is_udp ? 6 : 16), sum, is_udp);
	if (length == 4)
		edit_follow(ip + 10, sum, false);
	return 0;
}

/* A layer that was asked for, and the packet that it is in. */
struct place {
	const struct torc_layer *layer;
	const struct edit_inside *inside; /* NULL: not quoted */
	struct edit_inside where;
	struct torc_decoded quoted;
};

INLINE int locate(const struct torc_edit *edit, unsigned int kinds, int n, struct place *place)
{
	place->inside = NULL;
	place->where = (struct edit_inside){ &edit->decoded, 0 };
	if (n >= TORC_QUOTED) {
		if (!edit_quoted(edit, &place->quoted, &place->where))
			return -ENOENT;
		place->inside = &place->where;
		n -= TORC_QUOTED;
	}
	place->layer = find(place->where.decoded, kinds, n);
	return place->layer ? 0 : -ENOENT;
}

static int write_at(struct torc_edit *edit, const struct place *place, uint32_t offset,
		    const uint8_t *bytes, uint32_t length)
{
	if (offset + length > place->layer->header_length)
		return -ENODATA;
	return edit_change(edit, place->inside, place->where.base + place->layer->offset + offset,
			   bytes, length);
}

/* Bytes at an offset of the nth layer of some kinds. */
INLINE int field_write(struct torc_edit *edit, unsigned int kinds, int n, uint32_t offset,
		       const uint8_t *bytes, uint32_t length)
{
	struct place place;
	int code = locate(edit, kinds, n, &place);

	return code < 0 ? code : write_at(edit, &place, offset, bytes, length);
}

/* Some bits of the first two bytes, in the IPv6 header those four bits further to the left. */
static int bits_write(struct torc_edit *edit, unsigned int kinds, int n, unsigned int shift,
		      unsigned int width, unsigned int value)
{
	struct place place;
	uint32_t mask, word;
	int code = locate(edit, kinds, n, &place);

	if (value >> width)
		return -ERANGE;
	if (code < 0)
		return code;
	shift += place.layer->type == TORC_LAYER_IPV6 ? 4 : 0;
	mask = ((1u << width) - 1) << shift;
	word = torc_be16(torc_layer_header(place.where.decoded, place.layer));
	word = (word & ~mask) | value << shift;
	return write_at(edit, &place, 0, (uint8_t[]){ (uint8_t)(word >> 8), (uint8_t)word }, 2);
}

int torc_edit_source_mac(struct torc_edit *edit, int n, const uint8_t mac[6])
{
	return field_write(edit, OF_ETHERNET, n, 6, mac, 6);
}

int torc_edit_destination_mac(struct torc_edit *edit, int n, const uint8_t mac[6])
{
	return field_write(edit, OF_ETHERNET, n, 0, mac, 6);
}

int torc_edit_vlan_id(struct torc_edit *edit, int n, unsigned int id)
{
	return bits_write(edit, OF_TAG, n, 0, 12, id);
}

int torc_edit_vlan_priority(struct torc_edit *edit, int n, unsigned int priority)
{
	return bits_write(edit, OF_TAG, n, 13, 3, priority);
}

int torc_edit_ipv4_source(struct torc_edit *edit, int n, const uint8_t address[4])
{
	if (is_plain(edit, n) && plain_ip(edit)->type == TORC_LAYER_IPV4)
		return plain_address(edit, 12, address, 4);
	return field_write(edit, OF_IPV4, n, 12, address, 4);
}

int torc_edit_ipv4_destination(struct torc_edit *edit, int n, const uint8_t address[4])
{
	if (is_plain(edit, n) && plain_ip(edit)->type == TORC_LAYER_IPV4)
		return plain_address(edit, 16, address, 4);
	return field_write(edit, OF_IPV4, n, 16, address, 4);
}

int torc_edit_ipv6_source(struct torc_edit *edit, int n, const uint8_t address[16])
{
	if (is_plain(edit, n) && plain_ip(edit)->type == TORC_LAYER_IPV6)
		return plain_address(edit, 8, address, 16);
	return field_write(edit, OF_IPV6, n, 8, address, 16);
}

int torc_edit_ipv6_destination(struct torc_edit *edit, int n, const uint8_t address[16])
{
	if (is_plain(edit, n) && plain_ip(edit)->type == TORC_LAYER_IPV6)
		return plain_address(edit, 24, address, 16);
	return field_write(edit, OF_IPV6, n, 24, address, 16);
}

int torc_edit_ttl(struct torc_edit *edit, int n, unsigned int ttl)
{
	const uint8_t byte = (uint8_t)ttl;
	struct place place;
	int code;

	if (ttl > 255)
		return -ERANGE;
	if (is_plain(edit, n) && plain_ip(edit)->type == TORC_LAYER_IPV4) {
		uint8_t *p = edit->data + plain_ip(edit)->offset;

		edit_follow(p + 10, exchange(p + 8, (uint8_t[]){ byte, p[9] }, 2), false);
		return 0;
	}
	code = locate(edit, OF_IPV4 | OF_IPV6, n, &place);
	if (code < 0)
		return code;
	return write_at(edit, &place, place.layer->type == TORC_LAYER_IPV4 ? 8 : 7, &byte, 1);
}

int torc_edit_dscp(struct torc_edit *edit, int n, unsigned int dscp)
{
	return bits_write(edit, OF_IPV4 | OF_IPV6, n, 2, 6, dscp);
}

int torc_edit_ecn(struct torc_edit *edit, int n, unsigned int ecn)
{
	return bits_write(edit, OF_IPV4 | OF_IPV6, n, 0, 2, ecn);
}

int torc_edit_source_port(struct torc_edit *edit, int n, unsigned int port)
{
	const uint8_t bytes[2] = { (uint8_t)(port >> 8), (uint8_t)port };

	if (port > 0xFFFF)
		return -ERANGE;
	if (is_plain(edit, n))
		return plain_write(edit, 0, bytes, 2);
	return field_write(edit, OF_TCP | OF_OTHER_PORTS, n, 0, bytes, 2);
}

int torc_edit_destination_port(struct torc_edit *edit, int n, unsigned int port)
{
	const uint8_t bytes[2] = { (uint8_t)(port >> 8), (uint8_t)port };

	if (port > 0xFFFF)
		return -ERANGE;
	if (is_plain(edit, n))
		return plain_write(edit, 2, bytes, 2);
	return field_write(edit, OF_TCP | OF_OTHER_PORTS, n, 2, bytes, 2);
}

static int tcp_number(struct torc_edit *edit, int n, uint32_t offset, uint32_t number)
{
	const uint8_t bytes[4] = { (uint8_t)(number >> 24), (uint8_t)(number >> 16),
				   (uint8_t)(number >> 8), (uint8_t)number };

	if (is_plain(edit, n) &&
	    edit->decoded.layers[edit->plain[1] - 1].type == TORC_LAYER_TCP)
		return plain_write(edit, offset, bytes, 4);
	return field_write(edit, OF_TCP, n, offset, bytes, 4);
}

int torc_edit_tcp_sequence(struct torc_edit *edit, int n, uint32_t sequence)
{
	return tcp_number(edit, n, 4, sequence);
}

int torc_edit_tcp_acknowledgment(struct torc_edit *edit, int n, uint32_t acknowledgment)
{
	return tcp_number(edit, n, 8, acknowledgment);
}

int torc_edit_bytes(struct torc_edit *edit, uint32_t offset, const void *bytes, uint32_t length)
{
	if (offset > edit->caplen || length > edit->caplen - offset)
		return -ENODATA;
	return edit_change_any(edit, NULL, offset, bytes, length);
}
