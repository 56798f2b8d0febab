/* SPDX-License-Identifier: BSD-3-Clause */
/* flow.c - endpoints and flows: taken from a decoded packet, compared, hashed, written */
#include <torc/flow.h>

#include <errno.h>
#include <string.h>

#include "decode/registry.h"
#include "util/text.h"

#define FNV_BASIS 0xCBF29CE484222325u
#define FNV_PRIME 0x100000001B3u

/* The link layers whose flow is of another kind than a pair at fixed places. */
static bool flow_of_link(const struct torc_layer *layer, const uint8_t *p, struct torc_flow *flow)
{
	unsigned int at = layer->type == TORC_LAYER_LINUX_SLL ? 6 : 12;

	if (layer->type != TORC_LAYER_LINUX_SLL && layer->type != TORC_LAYER_LINUX_SLL2)
		return false;
	flow->type = TORC_ENDPOINT_MAC;
	flow->source_length = at == 6 ? p[5] : p[11];
	if (flow->source_length > 8 || (at == 6 && p[4] != 0))
		flow->source_length = 8;
	memcpy(flow->source, p + at, flow->source_length);
	return true;
}

/* The ends that are no address or port of IP. */
static __attribute__((noinline)) bool flow_of_rare(const struct torc_layer *layer,
						   const uint8_t *p, struct torc_flow *flow)
{
	const struct torc_layer_flow *place = &torc_layer_facts[layer->type].flow;

	if (place->length == 0)
		return flow_of_link(layer, p, flow);
	memcpy(flow->source, p + place->source, place->length);
	memcpy(flow->destination, p + place->destination, place->length);
	return true;
}

/* A copy of a known length is one instruction or two. */
static inline void ends_copy(struct torc_flow *flow, const uint8_t *p,
			     const struct torc_layer_flow *place, size_t length)
{
	memcpy(flow->source, p + place->source, length);
	memcpy(flow->destination, p + place->destination, length);
}

static inline bool flow_of_layer(const struct torc_decoded *decoded,
				 const struct torc_layer *layer, struct torc_flow *flow)
{
	const struct layer_facts *facts = &torc_layer_facts[layer->type];
	const uint8_t *p = torc_layer_header(decoded, layer);

	memset(flow, 0, sizeof(*flow));
	if (facts->flow_end > layer->header_length)
		return false;
	flow->type = facts->flow.type;
	flow->source_length = facts->flow.length;
	flow->destination_length = facts->flow.length;
	if (facts->flow.length == 2)
		ends_copy(flow, p, &facts->flow, 2);
	else if (facts->flow.length == 4)
		ends_copy(flow, p, &facts->flow, 4);
	else if (facts->flow.length == 16)
		ends_copy(flow, p, &facts->flow, 16);
	else
		return flow_of_rare(layer, p, flow);
	return true;
}

static __attribute__((noinline)) bool flow_of_nth(const struct torc_decoded *decoded,
						  enum torc_role role, int n,
						  struct torc_flow *flow)
{
	return torc_flow_of_layer(decoded, torc_layer_by_role(decoded, role, n), flow);
}

static inline bool flow_of_role(const struct torc_decoded *decoded, enum torc_role role, int n,
				struct torc_flow *flow)
{
	const struct torc_layer *layer = decoded->layers, *end = layer + decoded->layer_count;

	if (n != 0)
		return flow_of_nth(decoded, role, n, flow);
	for (; layer < end; layer++)
		if (torc_layer_facts[layer->type].role == role)
			return flow_of_layer(decoded, layer, flow);
	memset(flow, 0, sizeof(*flow));
	return false;
}

bool torc_flow_of_layer(const struct torc_decoded *decoded, const struct torc_layer *layer,
			struct torc_flow *flow)
{
	if (layer)
		return flow_of_layer(decoded, layer, flow);
	memset(flow, 0, sizeof(*flow));
	return false;
}

bool torc_flow_link(const struct torc_decoded *decoded, int n, struct torc_flow *flow)
{
	return flow_of_role(decoded, TORC_ROLE_LINK, n, flow);
}

bool torc_flow_network(const struct torc_decoded *decoded, int n, struct torc_flow *flow)
{
	return flow_of_role(decoded, TORC_ROLE_NETWORK, n, flow);
}

bool torc_flow_transport(const struct torc_decoded *decoded, int n, struct torc_flow *flow)
{
	return flow_of_role(decoded, TORC_ROLE_TRANSPORT, n, flow);
}

int torc_flow_from_endpoints(const struct torc_endpoint *source,
			     const struct torc_endpoint *destination, struct torc_flow *flow)
{
	memset(flow, 0, sizeof(*flow));
	if (source->type != destination->type || source->length > sizeof(flow->source) ||
	    destination->length > sizeof(flow->destination))
		return -EINVAL;
	flow->type = source->type;
	flow->source_length = source->length;
	flow->destination_length = destination->length;
	memcpy(flow->source, source->bytes, source->length);
	memcpy(flow->destination, destination->bytes, destination->length);
	return 0;
}

struct torc_endpoint torc_flow_source(const struct torc_flow *flow)
{
	struct torc_endpoint endpoint = { flow->type, flow->source_length, { 0 } };

	memcpy(endpoint.bytes, flow->source, sizeof(endpoint.bytes));
	return endpoint;
}

struct torc_endpoint torc_flow_destination(const struct torc_flow *flow)
{
	struct torc_endpoint endpoint = { flow->type, flow->destination_length, { 0 } };

	memcpy(endpoint.bytes, flow->destination, sizeof(endpoint.bytes));
	return endpoint;
}

struct torc_flow torc_flow_reverse(const struct torc_flow *flow)
{
	struct torc_flow reverse = *flow;

	reverse.source_length = flow->destination_length;
	reverse.destination_length = flow->source_length;
	memcpy(reverse.source, flow->destination, sizeof(reverse.source));
	memcpy(reverse.destination, flow->source, sizeof(reverse.destination));
	return reverse;
}

int torc_endpoint_compare(const struct torc_endpoint *a, const struct torc_endpoint *b)
{
	return memcmp(a, b, sizeof(*a)); /* bytes only, no padding: type, length, address */
}

int torc_flow_compare(const struct torc_flow *a, const struct torc_flow *b)
{
	return memcmp(a, b, sizeof(*a));
}

/* ---- hashes ---- */

static uint64_t fnv(const uint8_t *bytes, unsigned int length)
{
	uint64_t hash = FNV_BASIS;
	unsigned int i;

	for (i = 0; i < length; i++)
		hash = (hash ^ bytes[i]) * FNV_PRIME;
	return hash;
}

uint64_t torc_endpoint_fast_hash(const struct torc_endpoint *endpoint)
{
	return (fnv(endpoint->bytes, endpoint->length) ^ endpoint->type) * FNV_PRIME;
}

uint64_t torc_flow_fast_hash(const struct torc_flow *flow)
{
	uint64_t sum = fnv(flow->source, flow->source_length) +
		       fnv(flow->destination, flow->destination_length);

	return (sum ^ flow->type) * FNV_PRIME;
}

/* Sixteen bytes to eight, in a way that no sum of two such numbers undoes. */
static uint64_t end_mix(const uint8_t bytes[16], unsigned int length)
{
	uint64_t low = 0, high = 0;
	unsigned int i;

	/* byte by byte, so that the hash is the same whatever the byte order of the machine */
	for (i = 0; i < 8; i++) {
		low |= (uint64_t)bytes[i] << (8 * i);
		high |= (uint64_t)bytes[8 + i] << (8 * i);
	}
	low = (low ^ length) * 0x9E3779B97F4A7C15u;
	low ^= low >> 32;
	low = (low + high) * 0xD6E8FEB86659FD93u;
	return low ^ low >> 29;
}

uint64_t torc_flow_symmetric_hash(const struct torc_flow *flow)
{
	uint64_t sum = end_mix(flow->source, flow->source_length) +
		       end_mix(flow->destination, flow->destination_length);

	sum = (sum ^ flow->type) * 0xBF58476D1CE4E5B9u;
	sum ^= sum >> 31;
	sum *= 0x94D049BB133111EBu;
	return sum ^ sum >> 30;
}

/* ---- text ---- */

static void endpoint_write(struct text *text, uint8_t type, const uint8_t *bytes, uint8_t length)
{
	switch (type) {
	case TORC_ENDPOINT_IPV4:
		text_ipv4(text, bytes);
		break;
	case TORC_ENDPOINT_IPV6:
		text_ipv6(text, bytes);
		break;
	case TORC_ENDPOINT_MAC:
		text_mac(text, bytes, length);
		break;
	default:
		if (length == 2)
			text_uint(text, (uint64_t)bytes[0] << 8 | bytes[1]);
		else if (length == 1)
			text_uint(text, bytes[0]);
	}
}

int torc_endpoint_text(const struct torc_endpoint *endpoint, char *buffer, size_t size)
{
	struct text text = text_start(buffer, size);

	endpoint_write(&text, endpoint->type, endpoint->bytes, endpoint->length);
	return text_end(&text);
}

int torc_flow_text(const struct torc_flow *flow, char *buffer, size_t size)
{
	struct text text = text_start(buffer, size);

	endpoint_write(&text, flow->type, flow->source, flow->source_length);
	text_string(&text, "->");
	endpoint_write(&text, flow->type, flow->destination, flow->destination_length);
	return text_end(&text);
}
