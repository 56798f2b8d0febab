/* SPDX-License-Identifier: BSD-3-Clause */
/* read.c - the innermost TCP segment of a decoded packet: numbers, payload, whose connection it is */
#include "decode/options.h"
#include "stream/stream.h"

/*
 * Layers with a number that keeps networks with the same addresses apart. Not those whose number is
 * another in each direction, as captures show: Geneve's network, GRE's key, MPLS labels.
 */
static uint32_t scope_of_layer(const struct torc_decoded *decoded, const struct torc_layer *layer)
{
	const uint8_t *p = torc_layer_header(decoded, layer);

	switch (layer->type) {
	case TORC_LAYER_DOT1Q:
		return torc_be16(p) & 0xFFF;
	case TORC_LAYER_VXLAN: /* RFC 7348 §5 */
		return torc_be24(p + 4) | 1u << 24;
	default:
		return 0;
	}
}

static uint32_t scope_of(const struct torc_streams *streams, const struct torc_decoded *decoded,
			 unsigned int before)
{
	uint32_t scope = 0;

	if (streams->options.flags & TORC_STREAMS_IGNORE_VLAN)
		return 0;
	for (unsigned int i = 0; i < before; i++) {
		uint32_t part = scope_of_layer(decoded, &decoded->layers[i]);

		if (part)
			scope = (scope + part) * 0x9E3779B1u;
	}
	return scope & ~SCOPE_IPV6;
}

static uint64_t load64(const uint8_t *p)
{
	uint64_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

static uint64_t load32(const uint8_t *p)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

/* Addresses and ports in the order of their numbers; *end: which of them sent it. */
static void key_read(struct key *key, const uint8_t *ip, bool ipv6, const uint8_t *tcp,
		     uint32_t scope, unsigned int *end)
{
	const uint8_t *from = ip + (ipv6 ? 8 : 12), *to = from + (ipv6 ? 16 : 4);
	uint16_t from_port = torc_be16(tcp), to_port = torc_be16(tcp + 2);
	uint64_t a[2] = { 0 }, b[2] = { 0 };
	bool swap;

	if (ipv6) {
		a[0] = load64(from), a[1] = load64(from + 8);
		b[0] = load64(to), b[1] = load64(to + 8);
	} else {
		a[0] = load32(from);
		b[0] = load32(to);
	}
	if (a[0] != b[0])
		swap = a[0] > b[0];
	else
		swap = a[1] != b[1] ? a[1] > b[1] : from_port > to_port;
	key->scope = scope | (ipv6 ? SCOPE_IPV6 : 0);
	memcpy(key->low, swap ? b : a, sizeof(a));
	memcpy(key->high, swap ? a : b, sizeof(a));
	key->low_port = swap ? to_port : from_port;
	key->high_port = swap ? from_port : to_port;
	*end = swap;
}

/* The timestamp of RFC 7323 §3. Nearly every segment has it alone, behind two NOPs. */
static void time_read(struct segment *segment)
{
	struct torc_bytes options = { segment->tcp + 20, segment->header - 20 }, data;
	uint32_t position = 0;
	uint8_t kind;

	segment->has_time = false;
	if (options.length >= 12 && torc_be32(options.data) == 0x0101080A) {
		segment->has_time = true;
		segment->time = torc_be32(options.data + 4);
		return;
	}
	while (options.length > 0 && option_next(&options, &position, &kind, &data))
		if (kind == TORC_TCP_OPTION_TIMESTAMPS && data.length == 8) {
			segment->has_time = true;
			segment->time = torc_be32(data.data);
		}
}

int segment_scale(const struct segment *segment)
{
	struct torc_bytes options = { segment->tcp + 20, segment->header - 20 }, data;
	uint32_t position = 0;
	uint8_t kind;

	while (option_next(&options, &position, &kind, &data))
		if (kind == TORC_TCP_OPTION_WINDOW_SCALE && data.length == 1)
			return data.data[0] > 14 ? 14 : data.data[0]; /* RFC 7323 §2.3 */
	return -1;
}

/* How much payload was on the wire behind what was captured. */
static uint32_t cut_of(const struct torc_decoded *decoded, const uint8_t *ip, bool ipv6,
		       uint32_t tcp_at, uint32_t header, uint32_t length)
{
	uint32_t ip_at = (uint32_t)(ip - decoded->data);
	uint32_t total = ipv6 ? 40u + torc_be16(ip + 4) : torc_be16(ip + 2);

	if (total == (ipv6 ? 40u : 0u)) /* jumbogram, or left to the card: as long as the packet */
		total = decoded->len - ip_at;
	total -= tcp_at - ip_at + header < total ? tcp_at - ip_at + header : total;
	return total > length ? total - length : 0;
}

void segment_fill(struct segment *segment, const uint8_t *tcp, uint32_t header, uint32_t length)
{
	segment->tcp = tcp;
	segment->header = header;
	segment->payload = tcp + header;
	segment->length = length;
	segment->seq = torc_be32(tcp + 4);
	segment->ack = torc_be32(tcp + 8);
	segment->flags = tcp[13];
	segment->window = torc_be16(tcp + 14);
	segment->urgent = torc_be16(tcp + 18);
	segment->cut = 0;
	time_read(segment);
}

bool segment_read(const struct torc_streams *streams, const struct torc_decoded *decoded,
		  struct segment *segment, struct key *key, unsigned int *end)
{
	const struct torc_layer *layer;
	unsigned int n = decoded->layer_count, network;
	const uint8_t *ip, *p;
	bool ipv6;

	while (n > 0 && decoded->layers[n - 1].type != TORC_LAYER_TCP)
		n--;
	if (n < 2)
		return false;
	layer = &decoded->layers[n - 1];
	/* IPv6 may have more headers between */
	network = n - 2;
	while (network > 0 && decoded->layers[network].type != TORC_LAYER_IPV4 &&
	       decoded->layers[network].type != TORC_LAYER_IPV6)
		network--;
	ipv6 = decoded->layers[network].type == TORC_LAYER_IPV6;
	if (!ipv6 && decoded->layers[network].type != TORC_LAYER_IPV4)
		return false;
	ip = torc_layer_header(decoded, &decoded->layers[network]);
	p = torc_layer_header(decoded, layer);
	segment_fill(segment, p, layer->header_length, layer->payload_length);
	if (decoded->flags & (TORC_DECODED_CUT_BY_SNAPLEN | TORC_DECODED_CUT_BY_HEADER))
		segment->cut = cut_of(decoded, ip, ipv6, layer->offset, segment->header,
				      segment->length);
	key_read(key, ip, ipv6, p, network > 1 ? scope_of(streams, decoded, network) : 0, end);
	return true;
}
