/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * join.c - the whole packet: headers of the first fragment, all of the payload, lengths made right
 *
 * The headers around the IP header that was cut promise what the first fragment had. So that a
 * decoder finds the rest inside of them, their lengths grow by what the payload has grown.
 */
#include "defrag/join.h"

#include <string.h>

#include <torc/checksum.h>
#include <torc/layer.h>

#define ECN_CE 3

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* A length field of 16 bits; 0, which means "to the end" or "not said", where it does not fit. */
static void put_length(uint8_t *at, uint32_t length)
{
	put16(at, length <= UINT16_MAX ? length : 0);
}

static void sum_ipv4(uint8_t *header)
{
	put16(header + 10, 0);
	put16(header + 10, torc_checksum_internet(header, (header[0] & 15u) * 4));
}

/* ECN, RFC 3168 §5.3: congestion that one fragment met, the datagram has met. */
static void finish_ipv4(uint8_t *header, uint32_t length, uint8_t ecn)
{
	put16(header + 2, length);
	put16(header + 6, 0);
	if (ecn & 1 << ECN_CE)
		header[1] |= ECN_CE;
	sum_ipv4(header);
}

static void finish_ipv6(const struct datagram *datagram, uint8_t *packet, uint32_t length)
{
	uint8_t *header = packet + datagram->ip_offset;

	put16(header + 4, length - 40);
	packet[datagram->next_header_offset] = datagram->next_header;
	if (datagram->ecn & 1 << ECN_CE)
		header[1] |= ECN_CE << 4;
}

/* One header around it, whose content is so long now. */
static void grow(uint8_t *header, unsigned int type, uint32_t length)
{
	switch (type) {
	case TORC_LAYER_IPV4:
		put_length(header + 2, length);
		sum_ipv4(header);
		break;
	case TORC_LAYER_IPV6:
		put_length(header + 4, length - 40);
		break;
	case TORC_LAYER_UDP:
		put_length(header + 4, length);
		put16(header + 6, 0); /* no checksum any more: it was the first fragment's */
		break;
	case TORC_LAYER_PPPOE:
		put_length(header + 4, length - 6);
		break;
	case TORC_LAYER_GTPV1U:
		put_length(header + 2, length - 8);
		break;
	}
}

static void grow_outer(const struct datagram *datagram, uint8_t *packet, uint32_t length)
{
	struct torc_decoded decoded;

	torc_decode(datagram->link_type, packet, datagram->header_bytes, length, &decoded);
	for (unsigned int i = 0; i < decoded.layer_count; i++) {
		const struct torc_layer *layer = &decoded.layers[i];

		if (layer->offset >= datagram->ip_offset)
			break;
		grow(packet + layer->offset, layer->type, length - layer->offset);
	}
}

uint32_t join(const struct store *store, const struct datagram *datagram, const struct range *last,
	      uint8_t *output)
{
	uint32_t length = datagram->header_bytes + datagram->end;

	store_copy(store, datagram->header_cell, 0, output, datagram->header_bytes);
	for (uint32_t number = datagram->first; number != NOTHING;
	     number = store->pieces[number].next) {
		const struct piece *piece = &store->pieces[number];

		store_copy(store, piece->cell, piece->skip,
			   output + datagram->header_bytes + piece->begin,
			   piece->end - piece->begin);
	}
	if (last)
		memcpy(output + datagram->header_bytes + last->begin, last->bytes,
		       last->end - last->begin);
	if (datagram->key.version == 4)
		finish_ipv4(output + datagram->ip_offset, length - datagram->ip_offset,
			    datagram->ecn);
	else
		finish_ipv6(datagram, output, length - datagram->ip_offset);
	if (datagram->ip_offset > 0)
		grow_outer(datagram, output, length);
	return length;
}
