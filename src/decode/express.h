/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * express.h - a short way for what nearly every packet is: Ethernet, at most one tag, IPv4 or IPv6
 * without anything unusual, TCP or UDP
 *
 * It steps over a header only where all its values are plain. Where one is not (fragments, options
 * of IPv4, lengths that disagree, unknown numbers) it stays in front of that layer, and decode.c
 * goes on with the layer's own function, which says what is wrong. tests/decode_flip.c holds both
 * ways against each other.
 */
#ifndef TORC_DECODE_EXPRESS_H
#define TORC_DECODE_EXPRESS_H

#include "decode/common.h"

/* What the short way returns instead of the next layer's type: it did not even begin. */
#define EXPRESS_NO TORC_LAYER_TYPES

/* One function that is not inlined would have the place stored to memory at each step. */
#define EXPRESS static inline __attribute__((always_inline))

EXPRESS void layer_set(struct torc_layer *layer, unsigned int type, uint32_t offset,
			     uint32_t header_length, uint32_t payload_length)
{
	layer->type = (uint16_t)type;
	layer->reserved = 0;
	layer->offset = offset;
	layer->header_length = header_length;
	layer->payload_length = payload_length;
}

/* Where the short way is: bytes left at offset at, of those captured and of those on the wire. */
struct express {
	const uint8_t *data; /* of the packet */
	uint32_t at;
	uint32_t left;
	uint32_t wire;
	struct torc_layer *layer; /* the next one */
};

/* The header was accepted: enter the layer and step over it. */
EXPRESS void express_step(struct express *e, unsigned int type, uint32_t header)
{
	e->left -= header;
	e->wire -= header;
	layer_set(e->layer++, type, e->at, header, e->left);
	e->at += header;
}

/* A layer that says how long it is with its payload; false when that cannot be. */
EXPRESS bool express_claim(struct express *e, uint32_t header, uint32_t total)
{
	if (total < header || total > e->wire)
		return false;
	e->wire = total;
	if (e->left > total)
		e->left = total;
	return true;
}

/* Each returns the type of the layer at e->at: its own, if it did not step. */

EXPRESS unsigned int express_ipv4(struct express *e)
{
	const uint8_t *p = e->data + e->at;
	unsigned int type;

	if (e->left < IPV4_HEADER || p[0] != 0x45 ||
	    torc_be16(p + 6) & (IPV4_MORE_FRAGMENTS | IPV4_OFFSET_MASK))
		return TORC_LAYER_IPV4;
	type = registry_find(TORC_BY_IP_PROTOCOL, p[9]);
	if (type == TORC_LAYER_NONE || !express_claim(e, IPV4_HEADER, torc_be16(p + 2)))
		return TORC_LAYER_IPV4;
	express_step(e, TORC_LAYER_IPV4, IPV4_HEADER);
	return type;
}

EXPRESS unsigned int express_ipv6(struct express *e)
{
	const uint8_t *p = e->data + e->at;
	unsigned int type;

	if (e->left < IPV6_HEADER || p[0] >> 4 != 6 || torc_be16(p + 4) == 0)
		return TORC_LAYER_IPV6;
	type = registry_find(TORC_BY_IP_PROTOCOL, p[6]);
	if (type == TORC_LAYER_NONE ||
	    !express_claim(e, IPV6_HEADER, IPV6_HEADER + (uint32_t)torc_be16(p + 4)))
		return TORC_LAYER_IPV6;
	express_step(e, TORC_LAYER_IPV6, IPV6_HEADER);
	return type;
}

EXPRESS unsigned int express_tcp(struct express *e)
{
	const uint8_t *p = e->data + e->at;
	uint32_t header;

	if (e->left < TCP_HEADER)
		return TORC_LAYER_TCP;
	header = (p[12] >> 4) * 4u;
	if (header < TCP_HEADER || header > e->left || !tcp_options_fit(p, header))
		return TORC_LAYER_TCP;
	express_step(e, TORC_LAYER_TCP, header);
	return TORC_LAYER_PAYLOAD;
}

EXPRESS unsigned int express_udp(struct express *e)
{
	const uint8_t *p = e->data + e->at;

	if (e->left < UDP_HEADER || !express_claim(e, UDP_HEADER, torc_be16(p + 4)))
		return TORC_LAYER_UDP;
	express_step(e, TORC_LAYER_UDP, UDP_HEADER);
	return udp_next(p, e->left, e->wire);
}

/* Ethernet and a tag. */
EXPRESS unsigned int express_link(struct express *e)
{
	uint16_t next;

	if (!registry_is_plain() || e->left < ETHERNET_HEADER + DOT1Q_HEADER)
		return EXPRESS_NO;
	next = torc_be16(e->data + 12);
	if (next < 0x600)
		return EXPRESS_NO;
	express_step(e, TORC_LAYER_ETHERNET, ETHERNET_HEADER);
	if (next == 0x8100) {
		next = torc_be16(e->data + ETHERNET_HEADER + 2);
		express_step(e, TORC_LAYER_DOT1Q, DOT1Q_HEADER);
	}
	if (next == 0x0800)
		return TORC_LAYER_IPV4;
	if (next == 0x86DD)
		return TORC_LAYER_IPV6;
	return next == 0x0806 ? TORC_LAYER_ARP : EXPRESS_NO;
}

/*
 * Decodes as far as it knows the way. Returns the type of the layer at e->at, TORC_LAYER_NONE when
 * the packet ends, or EXPRESS_NO.
 */
EXPRESS unsigned int express_decode(struct express *e)
{
	unsigned int type = express_link(e);

	if (type == TORC_LAYER_IPV4)
		type = express_ipv4(e);
	else if (type == TORC_LAYER_IPV6)
		type = express_ipv6(e);
	if (type == TORC_LAYER_TCP)
		type = express_tcp(e);
	else if (type == TORC_LAYER_UDP)
		type = express_udp(e);
	if (e->left == 0 && type != EXPRESS_NO)
		return TORC_LAYER_NONE;
	if (type == TORC_LAYER_PAYLOAD) {
		layer_set(e->layer++, type, e->at, e->left, 0);
		return TORC_LAYER_NONE;
	}
	return type;
}

#endif
