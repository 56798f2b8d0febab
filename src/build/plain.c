/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plain.c - a packet begun, layers pushed, finished: in one go what nearly all packets are, [Ethernet] IP and
 * TCP or UDP without options; builder.c has the way that all others go, to the same bytes
 */
#include <errno.h>

#include "build/builder.h"
#include "build/common.h"
#include "util/sum.h"

#define ETHER_IPV4 0x0800
#define ETHER_IPV6 0x86DD
#define IP_TCP	   6
#define IP_UDP	   17

void torc_build_begin(struct torc_builder *builder, uint16_t link_type, void *buffer, size_t room)
{
	builder->data = buffer;
	builder->room = room < UINT32_MAX ? (uint32_t)room : UINT32_MAX;
	builder->length = 0;
	builder->code = 0;
	builder->trailer = 0;
	builder->shape = SHAPE_EMPTY;
	memset(&builder->decoded, 0, offsetof(struct torc_decoded, layers));
	builder->decoded.data = buffer;
	builder->decoded.link_type = link_type;
}

/* Four layers at most: there is room for their records. */
static inline int plain_add(struct torc_builder *builder, unsigned int type, uint32_t header,
			    unsigned int shape)
{
	unsigned int i = builder->decoded.layer_count++;

	builder->given[i] = 0;
	builder->decoded.layers[i] = (struct torc_layer){
		.type = (uint16_t)type, .offset = builder->length, .header_length = header
	};
	builder->length += header;
	builder->shape = shape;
	return 0;
}

int torc_build_push(struct torc_builder *builder, unsigned int type, const void *layer, size_t size,
		    unsigned int given)
{
	const struct torc_ipv4 *ipv4 = layer;
	const struct torc_ipv6 *ipv6 = layer;
	const struct torc_tcp *tcp = layer;
	uint8_t *p = builder->data + builder->length;
	uint32_t shape = builder->shape;

	if (builder->code < 0 || given || builder->room - builder->length < IPV6_HEADER)
		return build_push(builder, type, layer, size, given);
	switch (type) {
	case TORC_LAYER_ETHERNET:
		if (shape != SHAPE_EMPTY || size < sizeof(struct torc_ethernet))
			break;
		ethernet_put(p, layer);
		return plain_add(builder, type, ETHERNET_HEADER, SHAPE_LINK);
	case TORC_LAYER_IPV4:
		if (shape > SHAPE_LINK || size < sizeof(*ipv4) || ipv4->options.length ||
		    (ipv4->header_length && ipv4->header_length != IPV4_HEADER))
			break;
		ipv4_put(p, ipv4, IPV4_HEADER, ipv4->ttl ? ipv4->ttl : 64);
		return plain_add(builder, type, IPV4_HEADER, SHAPE_NETWORK);
	case TORC_LAYER_IPV6:
		if (shape > SHAPE_LINK || size < sizeof(*ipv6))
			break;
		ipv6_put(p, ipv6, ipv6->hop_limit ? ipv6->hop_limit : 64);
		return plain_add(builder, type, IPV6_HEADER, SHAPE_NETWORK);
	case TORC_LAYER_TCP:
		if (shape != SHAPE_NETWORK || size < sizeof(*tcp) || tcp->options.length ||
		    (tcp->header_length && tcp->header_length != TCP_HEADER))
			break;
		tcp_put(p, tcp, TCP_HEADER);
		return plain_add(builder, type, TCP_HEADER, SHAPE_TRANSPORT);
	case TORC_LAYER_UDP:
		if (shape != SHAPE_NETWORK || size < sizeof(struct torc_udp))
			break;
		udp_put(p, layer);
		return plain_add(builder, type, UDP_HEADER, SHAPE_TRANSPORT);
	}
	return build_push(builder, type, layer, size, given);
}

int torc_build_payload(struct torc_builder *builder, const void *bytes, size_t length)
{
	if (builder->code < 0 || builder->shape != SHAPE_TRANSPORT ||
	    length > builder->room - builder->length)
		return build_raw(builder, TORC_LAYER_PAYLOAD, bytes, length);
	builder->payload_sum = sum_copy(builder->data + builder->length, bytes, length);
	return plain_add(builder, TORC_LAYER_PAYLOAD, (uint32_t)length, SHAPE_PAYLOAD);
}

/* The sum of the words in one of 64 bits. */
static inline uint64_t halves(uint64_t word)
{
	return (word >> 32) + (word & 0xFFFFFFFF);
}

/* A number that is missing, or right already: any other is a matter for the registries. */
static inline bool is_usual(unsigned int found, unsigned int wanted)
{
	return found == 0 || found == wanted;
}

/* The length, protocol and checksum of an IP header; the sum of the pseudo-header without its length. */
static inline bool ipv4_finish(uint8_t *p, uint32_t total, unsigned int protocol, uint64_t *sum)
{
	uint64_t first = load64(p), second = load64(p + 8), addresses = (second & 0xFFFFFFFF) + load32(p + 16);

	if (!is_usual(second >> 48 & 0xFF, protocol))
		return false;
	first = (first & ~(0xFFFFull << 32)) | (uint64_t)total << 32;
	second = (second & 0xFF000000FFFFFFFF) | (uint64_t)protocol << 48;
	put64(p, first);
	put64(p + 8, second | (uint64_t)sum_checksum(halves(first) + (second >> 32) + addresses) << 32);
	*sum = addresses + protocol;
	return true;
}

static inline bool ipv6_finish(uint8_t *p, uint32_t length, unsigned int protocol, uint64_t *sum)
{
	uint64_t first = load64(p);

	if (!is_usual(first >> 8 & 0xFF, protocol))
		return false;
	put64(p, (first & 0xFFFFFFFF000000FF) | (uint64_t)length << 16 | protocol << 8);
	*sum = halves(load64(p + 8)) + halves(load64(p + 16)) + halves(load64(p + 24)) +
	       halves(load64(p + 32)) + protocol;
	return true;
}

static inline void tcp_finish(uint8_t *p, uint64_t sum)
{
	sum += halves(load64(p)) + halves(load64(p + 8)) + (load32(p + 16) & 0xFFFF);
	put16(p + 16, sum_checksum(sum));
}

static inline void udp_finish(uint8_t *p, uint32_t length, uint64_t sum)
{
	uint64_t header = (load64(p) & 0xFFFFFFFF00000000) | (uint64_t)length << 16;
	uint16_t checksum = sum_checksum(sum + halves(header));

	put64(p, header | (checksum ? checksum : 0xFFFF)); /* 0 says that there is none (RFC 768) */
}

/* False: it is another packet, and nothing has happened. */
static inline bool plain_finish(struct torc_builder *builder)
{
	struct torc_decoded *decoded = &builder->decoded;
	struct torc_layer *ip = &decoded->layers[decoded->layers[0].type == TORC_LAYER_ETHERNET];
	uint8_t *network = builder->data + ip->offset, *transport = network + ip->header_length;
	uint32_t total = builder->length - ip->offset, length = total - ip->header_length;
	bool is_ipv4 = ip->type == TORC_LAYER_IPV4, is_udp = ip[1].type == TORC_LAYER_UDP;
	unsigned int ether_type = is_ipv4 ? ETHER_IPV4 : ETHER_IPV6, protocol = is_udp ? IP_UDP : IP_TCP;
	uint64_t sum = 0;

	if ((builder->shape != SHAPE_TRANSPORT && builder->shape != SHAPE_PAYLOAD) || builder->trailer ||
	    total > 0xFFFF || (ip->offset && !is_usual(torc_be16(network - 2), ether_type)))
		return false;
	if (!(is_ipv4 ? ipv4_finish(network, total, protocol, &sum) :
			ipv6_finish(network, length, protocol, &sum)))
		return false;
	if (ip->offset) {
		put16(network - 2, ether_type);
		decoded->layers[0].payload_length = total;
	}
	ip->payload_length = length;
	ip[1].payload_length = length - ip[1].header_length;
	sum += length;
	if (builder->shape == SHAPE_PAYLOAD)
		sum += sum_from_network(builder->payload_sum);
	if (is_udp)
		udp_finish(transport, length, sum);
	else
		tcp_finish(transport, sum);
	return true;
}

int torc_build_finish(struct torc_builder *builder, struct torc_packet *packet)
{
	if (builder->code < 0)
		return builder->code;
	builder->decoded.caplen = builder->decoded.len = builder->length;
	if (!plain_finish(builder) && build_finish(builder) < 0)
		return builder->code;
	if (packet)
		*packet = (struct torc_packet){
			.data = builder->data,
			.caplen = builder->length,
			.len = builder->length,
			.link_type = builder->decoded.link_type,
			.direction = TORC_PACKET_DIRECTION_UNKNOWN,
			.kind = TORC_PACKET_KIND_UNKNOWN,
			.flags = TORC_PACKET_TIMESTAMP_MISSING,
		};
	return (int)builder->length;
}
