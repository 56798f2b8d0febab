/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * change.c - bytes change, and every checksum over them by as much (RFC 1624, equation 3)
 *
 * From the innermost layer to the outermost: a checksum that changed is itself a change to those
 * around it. A pseudo-header is summed before and after, so that whatever is part of it (addresses,
 * routing headers, home addresses) needs no list here.
 */
#include "edit/change.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include <torc/checksum.h>

#include "decode/checksum.h"
#include "decode/registry.h"
#include "util/sum.h"

#define CHANGES_MAX (2 * TORC_LAYERS_MAX + 1)

/* Layers that torc_checksum_verify() has no word for, and whose sums have to follow all the same. */
static bool other_checksum(const uint8_t *p, unsigned int type, struct torc_layer_checksum *how)
{
	switch (type) {
	case TORC_LAYER_UDPLITE: /* RFC 3828 §3.1 */
		*how = (struct torc_layer_checksum){ TORC_SUM_PSEUDO, 6, 136 };
		return true;
	case TORC_LAYER_IGMP:
		*how = (struct torc_layer_checksum){ TORC_SUM_MESSAGE, 2, 0 };
		return true;
	case TORC_LAYER_OSPF: /* RFC 2328 §A.3.1, RFC 5340 §A.3.1 */
		*how = (struct torc_layer_checksum){
			p[0] == 3 ? TORC_SUM_PSEUDO : TORC_SUM_MESSAGE, 12, 89
		};
		return true;
	case TORC_LAYER_VRRP: /* RFC 5798 §5.2.8 */
		*how = (struct torc_layer_checksum){
			p[0] >> 4 == 3 ? TORC_SUM_PSEUDO : TORC_SUM_MESSAGE, 6, 112
		};
		return true;
	default:
		return false;
	}
}

/* Where the message of a layer ends, counted from the packet that it is in. */
static uint32_t message_end(const struct torc_decoded *decoded, const struct torc_layer *layer,
			    const struct torc_layer *ip)
{
	const uint8_t *p = torc_layer_header(decoded, layer);

	if (layer->type == TORC_LAYER_UDP && torc_be16(p + 4) != 0)
		return layer->offset + torc_be16(p + 4);
	if (layer->type == TORC_LAYER_UDPLITE && torc_be16(p + 4) != 0)
		return layer->offset + torc_be16(p + 4);
	if (ip)
		return layer->offset + checksum_message_length(decoded, ip, layer);
	return layer->offset + layer->header_length + layer->payload_length;
}

bool edit_cover_find(const struct edit_inside *in, const struct torc_layer *layer,
		     struct edit_cover *cover)
{
	const struct torc_layer_ops *ops = layer_ops(layer->type);
	const uint8_t *p = torc_layer_header(in->decoded, layer);
	struct torc_layer_checksum how = ops ? ops->checksum : (struct torc_layer_checksum){ 0 };
	const struct torc_layer *ip;
	uint32_t size;

	if (how.method == TORC_SUM_NONE &&
	    (layer->header_length == 0 || !other_checksum(p, layer->type, &how)))
		return false;
	size = how.method == TORC_SUM_CRC32C ? 4 : 2;
	if (how.method == TORC_SUM_GRE && !(p[0] & 0x80))
		return false;
	if (how.offset + size > layer->header_length + layer->payload_length)
		return false;
	ip = how.method == TORC_SUM_HEADER ? NULL : checksum_network(in->decoded, layer);
	*cover = (struct edit_cover){
		.decoded = in->decoded,
		.layer = layer,
		.ip = how.method == TORC_SUM_PSEUDO ? ip : NULL,
		.base = in->base,
		.at = in->base + layer->offset + how.offset,
		.start = in->base + layer->offset,
		.method = how.method,
		.protocol = how.protocol,
		.never_zero = layer->type == TORC_LAYER_UDP || layer->type == TORC_LAYER_UDPLITE,
	};
	cover->end = how.method == TORC_SUM_HEADER ?
			     cover->start + layer->header_length :
			     in->base + message_end(in->decoded, layer, ip);
	return layer->type != TORC_LAYER_UDP || torc_be16(p + how.offset) != 0;
}

/* ---- changes ---- */

/* Bytes that changed, and the difference of their sums, as if at were even. */
struct change {
	uint32_t at;
	uint32_t length;
	uint16_t difference;
};

/* A checksum that may have to follow. */
struct follower {
	struct edit_cover cover;
	uint16_t pseudo; /* of its pseudo-header before the change */
	bool in_pseudo;  /* the change may be part of that */
	bool partial;    /* holds that sum only: left to the card */
};

static uint16_t difference(uint64_t before, uint64_t after)
{
	return sum_folded(after + (uint16_t)~sum_folded(before));
}

static bool overlap(uint32_t at, uint32_t length, uint32_t start, uint32_t end)
{
	return at < end && at + length > start;
}

static uint16_t pseudo_folded(const struct edit_cover *cover, uint32_t length)
{
	return sum_folded(checksum_pseudo_sum(cover->decoded, cover->ip, cover->layer, length,
					      cover->protocol));
}

/* What Linux leaves in the field for the card: the pseudo-header's sum, some drivers' without the length. */
static bool is_partial(const struct torc_edit *edit, const struct edit_cover *cover)
{
	uint16_t found = torc_be16(edit->data + cover->at);

	return found == pseudo_folded(cover, cover->end - cover->start) ||
	       found == pseudo_folded(cover, 0);
}

/* Whether the change at a place concerns a checksum, and how it was before. */
static bool follower_prepare(const struct torc_edit *edit, struct follower *f, uint32_t at,
			     uint32_t length)
{
	const struct edit_cover *cover = &f->cover;

	f->in_pseudo = cover->ip && overlap(at, length, cover->base + cover->ip->offset, cover->start);
	f->partial = cover->ip && edit->flags & TORC_PACKET_CHECKSUM_PARTIAL && is_partial(edit, cover);
	if (f->in_pseudo)
		f->pseudo = pseudo_folded(cover, 0);
	return !overlap(at, length, cover->at, cover->at + (cover->method == TORC_SUM_CRC32C ? 4 : 2));
}

/* The difference that the changes so far make to a checksum; false: none of them concerns it. */
static bool follower_difference(const struct follower *f, const struct change *changes,
				unsigned int count, uint64_t *sum)
{
	const struct edit_cover *cover = &f->cover;
	bool any = f->in_pseudo;

	*sum = f->in_pseudo ? difference(f->pseudo, pseudo_folded(cover, 0)) : 0;
	for (; count > 0 && !f->partial; count--, changes++) {
		if (!overlap(changes->at, changes->length, cover->start, cover->end))
			continue;
		any = true;
		*sum += (changes->at - cover->start) & 1 ? __builtin_bswap16(changes->difference) :
							   changes->difference;
	}
	return any;
}

/* A CRC does not follow by differences. It was right before, or it would not be here. */
static void crc_follow(uint8_t *data, const struct edit_cover *cover, struct change *change)
{
	uint64_t before = sum_add(0, data + cover->at, 4);
	uint32_t crc = checksum_crc32c(data + cover->start, cover->end - cover->start,
				       cover->at - cover->start);

	crc = htobe32(crc);
	memcpy(data + cover->at, &crc, 4);
	*change = (struct change){ cover->at, 4, difference(before, sum_add(0, data + cover->at, 4)) };
}

static void sum_follow(uint8_t *data, const struct follower *f, uint64_t sum, struct change *change)
{
	uint8_t *p = data + f->cover.at;
	uint16_t before = torc_be16(p), after;

	if (f->partial)
		after = sum_folded(before + sum);
	else
		after = sum_checksum((uint16_t)~before + sum);
	if (after == 0 && f->cover.never_zero)
		after = 0xFFFF;
	p[0] = (uint8_t)(after >> 8);
	p[1] = (uint8_t)after;
	*change = (struct change){ f->cover.at, 2, difference(before, after) };
}

/*
 * The checksums that have to follow a change, the innermost first. *count is 0 at first. False: a CRC
 * is right and could not be made.
 */
static bool followers_find(const struct torc_edit *edit, const struct edit_inside *in, uint32_t at,
			   uint32_t length, struct follower *followers, unsigned int *count)
{
	const struct torc_decoded *decoded = in->decoded;

	for (unsigned int i = decoded->layer_count; i-- > 0;) {
		const struct torc_layer *layer = &decoded->layers[i];
		struct follower *f = &followers[*count];
		int state;

		if (!edit_cover_find(in, layer, &f->cover) ||
		    !follower_prepare(edit, f, at, length))
			continue;
		if (f->cover.method == TORC_SUM_CRC32C) {
			if (!overlap(at, length, f->cover.start, f->cover.end))
				continue;
			state = torc_checksum_verify(decoded, layer, 0, NULL);
			if (state == TORC_CHECKSUM_NOT_CHECKABLE && !in->base)
				return false;
			if (state != TORC_CHECKSUM_RIGHT)
				continue;
		}
		++*count;
	}
	return true;
}

/* ---- the short way ---- */

/*
 * The two layers with a checksum in a packet without tunnel, extension header or anything unusual:
 * plain[0] and [1] are the places of the IP and the transport header plus one; 0: it is not such a packet.
 */
void edit_plain_find(struct torc_edit *edit)
{
	const struct torc_decoded *decoded = &edit->decoded;
	uint16_t ip = 0, transport = 0;

	edit->plain[0] = edit->plain[1] = 0;
	for (uint16_t i = 0; i < decoded->layer_count; i++) {
		switch (decoded->layers[i].type) {
		case TORC_LAYER_ETHERNET:
		case TORC_LAYER_DOT1Q:
			if (ip)
				return;
			break;
		case TORC_LAYER_IPV4:
		case TORC_LAYER_IPV6:
			if (ip)
				return;
			ip = i + 1;
			break;
		case TORC_LAYER_UDP:
			if (torc_be16(torc_layer_header(decoded, &decoded->layers[i]) + 4) < 8)
				return;
			__attribute__((fallthrough));
		case TORC_LAYER_TCP:
			if (!ip || transport)
				return;
			transport = i + 1;
			break;
		case TORC_LAYER_PAYLOAD:
			break;
		default:
			return;
		}
	}
	if (transport && !(edit->flags & TORC_PACKET_CHECKSUM_PARTIAL)) {
		edit->plain[0] = ip;
		edit->plain[1] = transport;
	}
}

/* Writes the bytes of a header; the difference that makes. Inline, for lengths that are constants. */
static inline uint16_t exchange(uint8_t *to, const uint8_t *bytes, uint32_t length)
{
	uint16_t before = sum_from_network(sum_tail(to, length));

	memcpy(to, bytes, length);
	return difference(before, sum_from_network(sum_tail(bytes, length)));
}

/*
 * What edit_change() does for such a packet, in a third of the time. False: the place is not in one of
 * its two headers, or is in part of the pseudo-header, or a checksum; nothing has changed then.
 */
static bool change_plainly(struct torc_edit *edit, uint32_t at, const uint8_t *bytes, uint32_t length)
{
	const struct torc_layer *ip = &edit->decoded.layers[edit->plain[0] - 1];
	const struct torc_layer *transport = &edit->decoded.layers[edit->plain[1] - 1];
	bool is_ipv4 = ip->type == TORC_LAYER_IPV4, is_udp = transport->type == TORC_LAYER_UDP;
	bool in_ip = at < transport->offset;
	uint32_t start = in_ip ? ip->offset : transport->offset, end = at + length, from = at - start;
	uint32_t addresses = is_ipv4 ? 12 : 8, checksum = is_udp ? 6 : 16;
	uint16_t sum;

	if (at < start || end > start + (in_ip ? ip : transport)->header_length ||
	    (in_ip && from < addresses && from + length > (is_ipv4 ? 10 : addresses)) ||
	    (!in_ip && overlap(from, length, checksum, checksum + 2)))
		return false;
	if (length == 2)
		sum = exchange(edit->data + at, bytes, 2);
	else if (length == 4)
		sum = exchange(edit->data + at, bytes, 4);
	else
		sum = exchange(edit->data + at, bytes, length);
	if (from & 1)
		sum = __builtin_bswap16(sum);
	if (!in_ip || from >= addresses)
		edit_follow(edit->data + transport->offset + checksum, sum, is_udp);
	if (is_ipv4 && in_ip)
		edit_follow(edit->data + ip->offset + 10, sum, false);
	return true;
}

static __attribute__((noinline)) int change_any_layer(struct torc_edit *edit,
						      const struct edit_inside *inside, uint32_t at,
						      const uint8_t *bytes, uint32_t length)
{
	const struct edit_inside whole = { &edit->decoded, 0 };
	struct follower followers[2 * TORC_LAYERS_MAX];
	struct change changes[CHANGES_MAX];
	unsigned int follower_count = 0, count = 1;
	uint64_t before;

	if (inside && !followers_find(edit, inside, at, length, followers, &follower_count))
		return -ENODATA;
	if (!followers_find(edit, &whole, at, length, followers, &follower_count))
		return -ENODATA;
	before = sum_add(0, edit->data + at, length);
	memcpy(edit->data + at, bytes, length);
	changes[0] = (struct change){ at, length,
				      difference(before, sum_add(0, edit->data + at, length)) };
	for (unsigned int i = 0; i < follower_count; i++) {
		const struct follower *f = &followers[i];
		uint64_t sum;

		if (!follower_difference(f, changes, count, &sum))
			continue;
		if (f->cover.method == TORC_SUM_CRC32C)
			crc_follow(edit->data, &f->cover, &changes[count++]);
		else
			sum_follow(edit->data, f, sum, &changes[count++]);
	}
	return 0;
}

int edit_change(struct torc_edit *edit, const struct edit_inside *inside, uint32_t at,
		const uint8_t *bytes, uint32_t length)
{
	if (edit->plain[1] && !inside && change_plainly(edit, at, bytes, length))
		return 0;
	return change_any_layer(edit, inside, at, bytes, length);
}

static uint32_t nearer(uint32_t at, uint32_t end, uint32_t edge)
{
	return edge > at && edge < end ? edge : end;
}

/* The first place behind at, up to end, where a header or what a checksum covers begins or ends. */
static uint32_t next_edge(const struct edit_inside *in, uint32_t at, uint32_t end)
{
	const struct torc_layer *layer = in->decoded->layers;
	struct edit_cover cover;

	for (unsigned int i = 0; i < in->decoded->layer_count; i++, layer++) {
		end = nearer(at, end, in->base + layer->offset);
		end = nearer(at, end, in->base + layer->offset + layer->header_length);
		if (!edit_cover_find(in, layer, &cover))
			continue;
		end = nearer(at, end, cover.end);
		end = nearer(at, end, cover.at);
		end = nearer(at, end, cover.at + (cover.method == TORC_SUM_CRC32C ? 4 : 2));
	}
	return end;
}

int edit_change_any(struct torc_edit *edit, const struct edit_inside *inside, uint32_t at,
		    const uint8_t *bytes, uint32_t length)
{
	const struct edit_inside whole = { &edit->decoded, 0 };
	struct follower followers[2 * TORC_LAYERS_MAX];
	unsigned int count = 0;
	uint32_t end = at + length, edge;

	/* a CRC that cannot be made refuses all of it, before anything has changed */
	if (!followers_find(edit, &whole, at, length, followers, &count))
		return -ENODATA;
	for (; at < end; bytes += edge - at, at = edge) {
		edge = next_edge(&whole, at, end);
		if (inside)
			edge = next_edge(inside, at, edge);
		edit_change(edit, inside, at, bytes, edge - at);
	}
	return 0;
}
