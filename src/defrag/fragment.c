/* SPDX-License-Identifier: BSD-3-Clause */
/* fragment.c - the fragment in a packet: which datagram it is of, and which part of that */
#include "defrag/fragment.h"

#include <string.h>

#include <torc/layer.h>

#define IPV4_HEADER 20u
#define IPV6_HEADER 40u
#define FRAGMENT_HEADER 8u

#define PROTOCOL_HOP_BY_HOP  0
#define PROTOCOL_TCP         6
#define PROTOCOL_UDP         17
#define PROTOCOL_ROUTING     43
#define PROTOCOL_AH          51
#define PROTOCOL_ICMPV6      58
#define PROTOCOL_NONE        59
#define PROTOCOL_DESTINATION 60

/* ---- the context: networks that have the same addresses and ids are told apart ---- */

struct context {
	uint8_t bytes[512];
	size_t length;
};

static void context_add(struct context *context, uint16_t type, const uint8_t *bytes, size_t length)
{
	if (context->length + sizeof(type) + length > sizeof(context->bytes))
		return; /* deeper than any network; the layers before it tell them apart */
	memcpy(context->bytes + context->length, &type, sizeof(type));
	memcpy(context->bytes + context->length + sizeof(type), bytes, length);
	context->length += sizeof(type) + length;
}

/* What of a layer around the IP header says which network it is in. */
static void context_of(struct context *context, const struct torc_decoded *decoded,
		       const struct torc_layer *layer)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	uint8_t id[4];

	switch (layer->type) {
	case TORC_LAYER_DOT1Q: /* the id without its priority */
		id[0] = p[0] & 0x0f;
		id[1] = p[1];
		context_add(context, layer->type, id, 2);
		break;
	case TORC_LAYER_MPLS: /* the label alone */
		memcpy(id, p, 3);
		id[2] &= 0xf0;
		context_add(context, layer->type, id, 3);
		break;
	case TORC_LAYER_VXLAN:
	case TORC_LAYER_GENEVE:
		context_add(context, layer->type, p + 4, 3);
		break;
	case TORC_LAYER_GTPV1U:
		context_add(context, layer->type, p + 4, 4);
		break;
	case TORC_LAYER_PPPOE: /* the session */
		context_add(context, layer->type, p + 2, 2);
		break;
	case TORC_LAYER_GRE: /* the key, when there is one */
		if ((p[0] & 0x20) && layer->header_length >= (p[0] & 0x80 ? 12u : 8u))
			context_add(context, layer->type, p + (p[0] & 0x80 ? 8 : 4), 4);
		break;
	case TORC_LAYER_IPV4:
		context_add(context, layer->type, p + 12, 8);
		break;
	case TORC_LAYER_IPV6:
		context_add(context, layer->type, p + 8, 32);
		break;
	}
}

static uint64_t hash_context(const struct store *store, const struct torc_decoded *decoded,
			     const struct torc_layer *until)
{
	struct context context; /* its bytes are written as they are used */

	context.length = 0;
	for (const struct torc_layer *layer = decoded->layers; layer < until; layer++)
		context_of(&context, decoded, layer);
	return context.length ? store_hash(store, context.bytes, context.length) : 0;
}

/* ---- IPv4, RFC 791 §3.2 ---- */

static void ipv4_fragment(const struct torc_decoded *decoded, const struct torc_layer *layer,
			  struct fragment *fragment)
{
	const uint8_t *p = torc_layer_header(decoded, layer);
	uint32_t header = layer->header_length, total = torc_be16(p + 2);
	uint32_t bytes = total > header ? total - header : 0, word = torc_be16(p + 6);

	fragment->cut = bytes > layer->payload_length;
	fragment->begin = (word & 0x1fff) * 8;
	fragment->end = fragment->begin + bytes;
	fragment->overlong = fragment->end + header > PAYLOAD_MAX;
	fragment->more = word & 0x2000;
	if (fragment->more)
		fragment->end &= ~7u; /* as Linux: what is more than a multiple of eight is left out */
	fragment->dont_fragment = word & 0x4000;
	fragment->ecn = p[1] & 3;
	fragment->next_header = p[9];
	fragment->payload = p + header;
	fragment->header_bytes = layer->offset + header;
	memcpy(fragment->key.source, p + 12, 4);
	memcpy(fragment->key.destination, p + 16, 4);
	fragment->key.id = torc_be16(p + 4);
	fragment->key.protocol = p[9];
	fragment->key.version = 4;
}

/* ---- IPv6, RFC 8200 §4.5 ---- */

static void ipv6_fragment(const struct torc_decoded *decoded, const struct torc_layer *ip,
			  const struct torc_layer *layer, struct fragment *fragment)
{
	const uint8_t *p = torc_layer_header(decoded, ip), *f = torc_layer_header(decoded, layer);
	uint32_t inside = layer->offset + FRAGMENT_HEADER - ip->offset - IPV6_HEADER;
	uint32_t total = torc_be16(p + 4), bytes = total > inside ? total - inside : 0;

	fragment->cut = bytes > layer->payload_length;
	fragment->begin = torc_be16(f + 2) & 0xfff8;
	fragment->end = fragment->begin + bytes;
	fragment->overlong = fragment->end + inside - FRAGMENT_HEADER > PAYLOAD_MAX;
	fragment->more = f[3] & 1;
	fragment->odd = fragment->more && bytes % 8 != 0;
	fragment->ecn = p[1] >> 4 & 3;
	fragment->next_header = f[0];
	fragment->payload = torc_layer_payload(decoded, layer);
	fragment->header_bytes = layer->offset;
	fragment->next_header_offset = layer - 1 == ip ? ip->offset + 6 : (layer - 1)->offset;
	memcpy(fragment->key.source, p + 8, 16);
	memcpy(fragment->key.destination, p + 24, 16);
	fragment->key.id = torc_be32(f + 4);
	fragment->key.version = 6;
}

/* Not the whole packet: "more fragments" or an offset. An IPv6 header without both is atomic, RFC 6946. */
static bool is_fragment(const struct torc_decoded *decoded, const struct torc_layer *layer,
			const struct torc_layer *ip)
{
	const uint8_t *p = torc_layer_header(decoded, layer);

	if (layer->type == TORC_LAYER_IPV4)
		return torc_be16(p + 6) & 0x3fff;
	return layer->type == TORC_LAYER_IPV6_FRAGMENT && ip && ip->type == TORC_LAYER_IPV6 &&
	       torc_be16(p + 2) & 0xfff9;
}

bool fragment_of(const struct store *store, const struct torc_decoded *decoded,
		 struct fragment *fragment)
{
	const struct torc_layer *ip = NULL, *layer = decoded->layers;
	const struct torc_layer *end = layer + decoded->layer_count;

	if (!(decoded->flags & TORC_DECODED_FRAGMENT))
		return false;
	for (; layer < end; layer++) {
		if (layer->type == TORC_LAYER_IPV4 || layer->type == TORC_LAYER_IPV6)
			ip = layer;
		if (is_fragment(decoded, layer, ip))
			break;
	}
	if (layer == end)
		return false;
	memset(fragment, 0, sizeof(*fragment));
	if (layer->type == TORC_LAYER_IPV4)
		ipv4_fragment(decoded, layer, fragment);
	else
		ipv6_fragment(decoded, ip, layer, fragment);
	fragment->ip_offset = ip->offset;
	fragment->key.context = hash_context(store, decoded, ip);
	return true;
}

static uint32_t transport_bytes(uint8_t protocol)
{
	switch (protocol) {
	case PROTOCOL_TCP:
		return 20;
	case PROTOCOL_UDP:
	case PROTOCOL_ICMPV6:
		return 8;
	case PROTOCOL_NONE:
		return 0;
	default:
		return 1;
	}
}

bool fragment_has_transport(const struct fragment *fragment)
{
	uint32_t length = fragment->end - fragment->begin, at = 0;
	uint8_t protocol = fragment->next_header;

	while (protocol == PROTOCOL_HOP_BY_HOP || protocol == PROTOCOL_ROUTING ||
	       protocol == PROTOCOL_AH || protocol == PROTOCOL_DESTINATION) {
		const uint8_t *header = fragment->payload + at;

		if (length - at < 8)
			return false;
		at += protocol == PROTOCOL_AH ? (header[1] + 2u) * 4 : (header[1] + 1u) * 8;
		protocol = header[0];
		if (at > length)
			return false;
	}
	return length - at >= transport_bytes(protocol);
}
