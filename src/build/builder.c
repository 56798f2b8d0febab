/* SPDX-License-Identifier: BSD-3-Clause */
/* builder.c - layers pushed one behind the other, and what follows from them filled in */
#include <torc/build.h>

#include <errno.h>

#include "build/builder.h"
#include "build/writer.h"
#include "decode/registry.h"
#include "edit/finish.h"
#include "text/value.h"
#include "util/sum.h"

/* ---- layers ---- */

static int fail(struct torc_builder *builder, int code)
{
	if (builder->code == 0)
		builder->code = code;
	return builder->code;
}

static uint16_t last_type(const struct torc_decoded *decoded, unsigned int count)
{
	return count > 0 ? decoded->layers[count - 1].type : TORC_LAYER_NONE;
}

/* A layer of that many bytes at the end of what there is; NULL: there is no room. */
static uint8_t *layer_add(struct torc_builder *builder, unsigned int type, uint32_t length,
			  unsigned int given)
{
	struct torc_decoded *decoded = &builder->decoded;
	uint8_t *at = builder->data + builder->length;

	if (decoded->layer_count == TORC_LAYERS_MAX || length > builder->room - builder->length) {
		fail(builder, -ENOSPC);
		return NULL;
	}
	builder->given[decoded->layer_count] = (uint8_t)given;
	decoded->layers[decoded->layer_count++] = (struct torc_layer){
		.type = (uint16_t)type, .offset = builder->length, .header_length = length
	};
	builder->length += length;
	return at;
}

static bool is_chunk(unsigned int type)
{
	return type >= TORC_LAYER_SCTP_UNKNOWN && type <= TORC_LAYER_SCTP_COOKIE_ACK;
}

/*
 * What was written since a DATA chunk is its user data: their length, and zeros up to the next chunk
 * or the end (RFC 9260 §3.2). Other chunks did this for themselves.
 */
static int sctp_data_end(struct torc_builder *builder)
{
	static const uint8_t zeros[4];
	struct torc_decoded *decoded = &builder->decoded;
	unsigned int i = decoded->layer_count;
	uint32_t length, pad;
	uint8_t *p;

	while (i > 0 && !is_chunk(decoded->layers[i - 1].type))
		i--;
	if (i == 0 || decoded->layers[--i].type != TORC_LAYER_SCTP_DATA ||
	    builder->given[i] & TORC_BUILD_LENGTH_GIVEN)
		return 0;
	p = builder->data + decoded->layers[i].offset;
	length = builder->length - decoded->layers[i].offset;
	pad = -length & 3;
	if (pad > builder->room - builder->length)
		return fail(builder, -ENOSPC);
	p[2] = (uint8_t)(length >> 8);
	p[3] = (uint8_t)length;
	if (pad > 0)
		memcpy(builder->data + builder->length, zeros, pad);
	builder->length += pad;
	builder->given[i] |= TORC_BUILD_LENGTH_GIVEN; /* done */
	return 0;
}

int build_push(struct torc_builder *builder, unsigned int type, const void *layer, size_t size,
	       unsigned int given)
{
	const struct torc_layer_ops *ops = type < TORC_LAYER_TYPES ? layer_ops(type) : NULL;
	layer_write *write = layer_writer(type);
	union layer_struct object;
	struct writer w = { .type = (uint16_t)type, .counts_given = given & TORC_BUILD_LENGTH_GIVEN };

	if (builder->code < 0)
		return builder->code;
	builder->shape = SHAPE_OTHER;
	if (!ops)
		return fail(builder, -EINVAL);
	if (!write)
		return fail(builder, -EOPNOTSUPP);
	memset(object.bytes, 0, ops->struct_size);
	memcpy(object.bytes, layer, size < ops->struct_size ? size : ops->struct_size);
	if (!(given & TORC_BUILD_DEFAULTS_GIVEN))
		build_defaults(type, object.bytes);
	if (is_chunk(type) && sctp_data_end(builder) < 0)
		return builder->code;
	w.data = builder->data + builder->length;
	w.room = builder->room - builder->length;
	w.behind = last_type(&builder->decoded, builder->decoded.layer_count);
	write(&w, object.bytes);
	return layer_add(builder, type, w.length, given) ? 0 : builder->code;
}

int build_raw(struct torc_builder *builder, unsigned int type, const void *bytes, size_t length)
{
	uint8_t *at;

	if (builder->code < 0)
		return builder->code;
	if (length > UINT32_MAX)
		return fail(builder, -ENOSPC);
	at = layer_add(builder, type, (uint32_t)length, TORC_BUILD_AS_GIVEN);
	if (!at)
		return builder->code;
	builder->shape = SHAPE_OTHER;
	if (length > 0)
		memcpy(at, bytes, length);
	return 0;
}

/* ---- what follows ---- */

/* Where a header says what comes next. */
struct next_place {
	uint8_t registry;
	uint8_t at;
	uint8_t size;
};

static struct next_place next_place(unsigned int type)
{
	switch (type) {
	case TORC_LAYER_ETHERNET:
		return (struct next_place){ TORC_BY_ETHER_TYPE, 12, 2 };
	case TORC_LAYER_DOT1Q:
	case TORC_LAYER_GRE:
	case TORC_LAYER_GENEVE:
		return (struct next_place){ TORC_BY_ETHER_TYPE, 2, 2 };
	case TORC_LAYER_SNAP:
		return (struct next_place){ TORC_BY_ETHER_TYPE, 3, 2 };
	case TORC_LAYER_LINUX_SLL:
		return (struct next_place){ TORC_BY_ETHER_TYPE, 14, 2 };
	case TORC_LAYER_LINUX_SLL2:
		return (struct next_place){ TORC_BY_ETHER_TYPE, 0, 2 };
	case TORC_LAYER_IPV4:
		return (struct next_place){ TORC_BY_IP_PROTOCOL, 9, 1 };
	case TORC_LAYER_IPV6:
		return (struct next_place){ TORC_BY_IP_PROTOCOL, 6, 1 };
	case TORC_LAYER_IPV6_HOP_BY_HOP:
	case TORC_LAYER_IPV6_DESTINATION:
	case TORC_LAYER_IPV6_ROUTING:
	case TORC_LAYER_IPV6_FRAGMENT:
	case TORC_LAYER_IPSEC_AH:
		return (struct next_place){ TORC_BY_IP_PROTOCOL, 0, 1 };
	case TORC_LAYER_TCP:
		return (struct next_place){ TORC_BY_TCP_PORT, 2, 2 };
	case TORC_LAYER_UDP:
		return (struct next_place){ TORC_BY_UDP_PORT, 2, 2 };
	case TORC_LAYER_ICMPV6:
		return (struct next_place){ TORC_BY_ICMPV6_TYPE, 0, 1 };
	case TORC_LAYER_LOOPBACK:
		return (struct next_place){ TORC_BY_ADDRESS_FAMILY, 2, 2 };
	default:
		return (struct next_place){ TORC_BY_NONE, 0, 0 };
	}
}

/* The number that leads to a type in a registry: the first that its description has; 0: none. */
static unsigned int number_of(enum torc_registry registry, unsigned int type)
{
	const struct torc_layer_ops *ops = layer_ops(type);

	if (registry == TORC_BY_ICMPV6_TYPE &&
	    (type == TORC_LAYER_MLDV1_QUERY || type == TORC_LAYER_MLDV2_QUERY))
		return 130; /* of both: told apart by their length (RFC 3810 §8.1) */
	for (const struct torc_layer_number *n = ops ? ops->numbers : NULL;
	     n && n->registry != TORC_BY_NONE; n++)
		if (n->registry == registry)
			return n->number;
	return 0;
}

static void next_set(struct torc_builder *builder, unsigned int i)
{
	const struct torc_layer *layer = &builder->decoded.layers[i];
	unsigned int next = layer[1].type, number, found;
	struct next_place place = next_place(layer->type);
	uint8_t *p = builder->data + layer->offset;

	if (layer->type == TORC_LAYER_LLC && p[0] == 0 && p[1] == 0) {
		number = next == TORC_LAYER_SNAP ? 0xAA : number_of(TORC_BY_LLC_SAP, next);
		p[0] = p[1] = (uint8_t)number;
	} else if (layer->type == TORC_LAYER_MPLS) {
		p[2] = (uint8_t)((p[2] & 0xFE) | (next != TORC_LAYER_MPLS));
	} else if (layer->type == TORC_LAYER_PPP) {
		number = number_of(TORC_BY_PPP_PROTOCOL, next);
		place = (struct next_place){ TORC_BY_PPP_PROTOCOL, (uint8_t)(layer->header_length - 2), 2 };
	} else if (layer->type == TORC_LAYER_SNAP && number_of(TORC_BY_SNAP, next)) {
		p[2] = p[0] || p[1] || p[2] ? p[2] : 0x0C; /* Cisco's numbers */
		place.registry = TORC_BY_SNAP;
	} else if (layer->type == TORC_LAYER_EAPOL && next == TORC_LAYER_EAPOL_KEY) {
		p[1] = 3;
	}
	if (place.registry == TORC_BY_NONE || place.at + place.size > layer->header_length)
		return;
	number = number_of((enum torc_registry)place.registry, next);
	found = place.size == 1 ? p[place.at] : torc_be16(p + place.at);
	if (number == 0 && layer->type == TORC_LAYER_ETHERNET)
		number = next == TORC_LAYER_LLC ? 0 : found;
	if ((number == 0 && next != TORC_LAYER_IPV6_HOP_BY_HOP) ||
	    registry_find((enum torc_registry)place.registry, found) == next)
		return;
	if ((layer->type == TORC_LAYER_UDP || layer->type == TORC_LAYER_TCP) && found != 0)
		return; /* a port is the caller's, where it has one */
	if (place.size == 2)
		p[place.at++] = (uint8_t)(number >> 8);
	p[place.at] = (uint8_t)number;
}

/* VXLAN's outer checksum should be 0, which IPv6 does not allow (RFC 7348 §5, RFC 8200 §8.1). */
static bool is_unsummed(const struct torc_decoded *decoded, unsigned int i)
{
	return i > 0 && i + 1u < decoded->layer_count && decoded->layers[i].type == TORC_LAYER_UDP &&
	       decoded->layers[i - 1].type == TORC_LAYER_IPV4 &&
	       decoded->layers[i + 1].type == TORC_LAYER_VXLAN;
}

/* As Internet checksums are, but for an odd last byte, which is added as a signed number. */
static void cdp_checksum_set(uint8_t *p, uint32_t length)
{
	uint64_t sum;
	uint32_t last = length & 1 ? p[length - 1] : 0;
	uint16_t checksum;

	p[2] = p[3] = 0;
	sum = sum_add(0, p, length & ~1u);
	checksum = sum_checksum(sum + (last < 0x80 ? last : 0xFF00 + last - 1));
	p[2] = (uint8_t)(checksum >> 8);
	p[3] = (uint8_t)checksum;
}

static void checksum_set(struct torc_builder *builder, unsigned int i)
{
	const struct edit_inside whole = { &builder->decoded, 0 };
	const struct torc_layer *layer = &builder->decoded.layers[i];
	uint8_t *p = builder->data + layer->offset;
	struct edit_cover cover;

	if (layer->type == TORC_LAYER_UDP)
		p[6] = p[7] = is_unsummed(&builder->decoded, i) ? 0 : 0xFF; /* 0: there is none */
	if (layer->type == TORC_LAYER_CDP && layer->header_length == 4)
		cdp_checksum_set(p, 4 + layer->payload_length);
	if (layer->type == TORC_LAYER_OSPF && layer->header_length >= 24 && p[0] == 2 &&
	    torc_be16(p + 14) != 0)
		return; /* authenticated: not without a key (RFC 2328 §D.4) */
	if (!edit_cover_find(&whole, layer, &cover))
		return;
	if (cover.end > builder->length) /* a length that is wrong on purpose */
		cover.end = builder->length;
	edit_checksum_set(builder->data, &cover);
}

int build_finish(struct torc_builder *builder)
{
	struct torc_decoded *decoded = &builder->decoded;
	unsigned int count = decoded->layer_count, i;

	if (sctp_data_end(builder) < 0)
		return builder->code;
	for (i = 0; i < count; i++) {
		uint32_t end = decoded->layers[i].offset + decoded->layers[i].header_length;

		decoded->layers[i].payload_length =
			builder->length - builder->trailer > end ? builder->length - builder->trailer - end : 0;
	}
	decoded->caplen = decoded->len = builder->length;
	for (i = 0; i + 1 < count; i++)
		if (!(builder->given[i] & TORC_BUILD_NEXT_GIVEN))
			next_set(builder, i);
	for (i = count; i-- > 0;)
		if (!(builder->given[i] & TORC_BUILD_LENGTH_GIVEN))
			edit_length_set(builder->data, decoded, &decoded->layers[i]);
	for (i = count; i-- > 0;)
		if (!(builder->given[i] & TORC_BUILD_CHECKSUM_GIVEN))
			checksum_set(builder, i);
	return 0;
}

/* ---- and back ---- */

/*
 * A layer as it was read, if it was all there. As given, bits that no struct holds are those that
 * there were. SCTP's user data may have padding behind them: their length stays.
 */
static bool push_again(struct torc_builder *builder, const struct torc_decoded *decoded,
		       unsigned int i, unsigned int given)
{
	const struct torc_layer *layer = &decoded->layers[i];
	layer_write *write = layer_writer(layer->type);
	struct writer w = { .type = layer->type, .behind = last_type(decoded, i), .counts_given = true };
	uint32_t at = builder->length;
	union layer_struct object;

	if (!write || !layer_fields(decoded, layer, &object))
		return false;
	write(&w, object.bytes);
	if (w.length != layer->header_length)
		return false;
	if (layer->type == TORC_LAYER_SCTP_DATA)
		given |= TORC_BUILD_LENGTH_GIVEN;
	if (torc_build_push(builder, layer->type, object.bytes, sizeof(object.bytes), given) == 0 &&
	    given == TORC_BUILD_AS_GIVEN)
		memcpy(builder->data + at, torc_layer_header(decoded, layer), w.length);
	return true;
}

/* What stands behind the outermost IP packet: no length counts it. */
static uint32_t trailer_of(const struct torc_decoded *decoded)
{
	for (unsigned int i = 0; i < decoded->layer_count; i++) {
		const struct torc_layer *layer = &decoded->layers[i];
		uint32_t end = layer->offset + layer->header_length + layer->payload_length;

		if (layer->type == TORC_LAYER_IPV4 || layer->type == TORC_LAYER_IPV6)
			return end < decoded->caplen ? decoded->caplen - end : 0;
	}
	return 0;
}

int torc_build_from(struct torc_builder *builder, const struct torc_decoded *decoded,
		    unsigned int given)
{
	uint32_t at = 0;

	for (unsigned int i = 0; i < decoded->layer_count; i++) {
		const struct torc_layer *layer = &decoded->layers[i];

		if (!push_again(builder, decoded, i, given))
			build_raw(builder, layer->type, torc_layer_header(decoded, layer),
				  layer->header_length);
		at = layer->offset + layer->header_length;
	}
	if (at < decoded->caplen) /* padding, or where decoding ended */
		torc_build_payload(builder, decoded->data + at, decoded->caplen - at);
	builder->trailer = trailer_of(decoded);
	return builder->code;
}
