/* SPDX-License-Identifier: BSD-3-Clause */
/* split.c - TCP segments and IP fragments of a packet that is longer than an MTU */
#include <torc/edit.h>

#include <errno.h>
#include <string.h>

#include "util/sum.h"

enum { WHOLE, SEGMENTS, FRAGMENTS4, FRAGMENTS6 };

#define MTU_MIN   68 /* RFC 791 §3.2 */
#define FRAGMENT  8  /* bytes of IPv6's fragment header */
#define DONT      0x4000
#define MORE      0x2000
#define OFFSET    0x1FFF
#define FIN_PSH   0x09
#define CWR       0x80
#define COPIED    0x80 /* of an option's type: it is in every fragment (RFC 791 §3.1) */

static void put16(uint8_t *p, uint32_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static void put32(uint8_t *p, uint32_t value)
{
	put16(p, value >> 16);
	put16(p + 2, value);
}

/* IPv6: behind the headers that routers look at, which every fragment has (RFC 8200 §4.5). */
static int begin_fragments6(struct torc_split *split, const struct torc_decoded *decoded,
			    const struct torc_layer *ip)
{
	const struct torc_layer *end = decoded->layers + decoded->layer_count, *layer = ip + 1;

	split->kind = FRAGMENTS6;
	split->headers = ip->offset + 40;
	split->link = ip->offset + 6;
	for (const struct torc_layer *last = layer; last < end; last++) {
		if (last->type == TORC_LAYER_IPV6_FRAGMENT)
			return -EOPNOTSUPP;
		if (last->type != TORC_LAYER_IPV6_HOP_BY_HOP && last->type != TORC_LAYER_IPV6_ROUTING &&
		    last->type != TORC_LAYER_IPV6_DESTINATION)
			break;
		if (last->type == TORC_LAYER_IPV6_DESTINATION) /* with a routing header behind it */
			continue;
		split->headers = last->offset + last->header_length;
		split->link = last->offset;
	}
	split->body = split->headers;
	split->headers += FRAGMENT;
	return 0;
}

static int begin_fragments4(struct torc_split *split, const struct torc_decoded *decoded,
			    const struct torc_layer *ip)
{
	if (torc_be16(torc_layer_header(decoded, ip) + 6) & DONT)
		return -EMSGSIZE;
	split->kind = FRAGMENTS4;
	split->headers = split->body = ip->offset + ip->header_length;
	return 0;
}

/* The outermost IP header, and what is behind it. */
static int begin(struct torc_split *split, const struct torc_decoded *decoded,
		 const struct torc_layer *ip)
{
	const struct torc_layer *end = decoded->layers + decoded->layer_count, *layer = ip + 1;

	while (layer < end && (layer->type == TORC_LAYER_IPV6_HOP_BY_HOP ||
			       layer->type == TORC_LAYER_IPV6_ROUTING ||
			       layer->type == TORC_LAYER_IPV6_DESTINATION))
		layer++;
	if (layer < end && layer->type == TORC_LAYER_TCP && !(decoded->flags & TORC_DECODED_FRAGMENT)) {
		split->kind = SEGMENTS;
		split->transport = layer->offset;
		split->headers = split->body = layer->offset + layer->header_length;
		return 0;
	}
	if (split->packet.flags & TORC_PACKET_CHECKSUM_PARTIAL)
		return -EOPNOTSUPP;
	for (layer = decoded->layers; layer < ip; layer++) /* headers that have a length of their own */
		if (layer->type == TORC_LAYER_PPPOE || layer->type == TORC_LAYER_LLC)
			return -EOPNOTSUPP;
	return ip->type == TORC_LAYER_IPV4 ? begin_fragments4(split, decoded, ip) :
					     begin_fragments6(split, decoded, ip);
}

static const struct torc_layer *outermost_ip(const struct torc_decoded *decoded)
{
	for (unsigned int i = 0; i < decoded->layer_count; i++)
		if (decoded->layers[i].type == TORC_LAYER_IPV4 ||
		    decoded->layers[i].type == TORC_LAYER_IPV6)
			return &decoded->layers[i];
	return NULL;
}

int torc_split_begin(struct torc_split *split, const struct torc_packet *packet, uint32_t mtu,
		     uint32_t id)
{
	const struct torc_layer *ip;
	struct torc_decoded decoded;
	uint32_t end, room;
	int code;

	memset(split, 0, sizeof(*split));
	split->packet = *packet;
	split->id = id;
	torc_decode_packet(packet, &decoded);
	ip = outermost_ip(&decoded);
	if (!ip)
		return -ENOENT;
	end = ip->offset + ip->header_length + ip->payload_length;
	if (end - ip->offset <= mtu) {
		split->left = packet->caplen;
		split->chunk = packet->caplen;
		return 1;
	}
	if (packet->caplen < packet->len || decoded.flags & TORC_DECODED_CUT_BY_HEADER)
		return -ENODATA;
	split->ip = ip->offset;
	code = begin(split, &decoded, ip);
	if (code < 0)
		return code;
	if (mtu < MTU_MIN || mtu <= split->headers - ip->offset)
		return -EINVAL;
	room = mtu - (split->headers - ip->offset);
	split->chunk = split->kind == SEGMENTS ? room : room & ~7u;
	split->left = end - split->body;
	if (split->chunk == 0)
		return -EINVAL;
	return (int)((split->left + split->chunk - 1) / split->chunk);
}

/* Options that are in the first fragment only become no-operations, so that no length changes. */
static void options_blank(uint8_t *header, uint32_t length)
{
	for (uint32_t at = 20, size; at < length && header[at] != 0; at += size) {
		size = header[at] == 1 || at + 1 == length ? 1 : header[at + 1];
		if (size == 0 || size > length - at)
			return;
		if (!(header[at] & COPIED))
			memset(header + at, 1, size);
	}
}

static void ipv4_finish(uint8_t *ip, uint32_t length)
{
	uint32_t header = (ip[0] & 15u) * 4;

	put16(ip + 2, length);
	put16(ip + 10, 0);
	put16(ip + 10, sum_checksum(sum_add(0, ip, header)));
}

static void fragment4(const struct torc_split *split, uint8_t *bytes, uint32_t chunk, bool last)
{
	uint8_t *ip = bytes + split->ip;
	uint32_t was = torc_be16(ip + 6), header = split->headers - split->ip;

	put16(ip + 6, (was & ~(uint32_t)OFFSET) | ((was & OFFSET) + split->at / 8) | (last ? 0 : MORE));
	if (split->number > 0)
		options_blank(ip, header);
	ipv4_finish(ip, header + chunk);
}

static void fragment6(const struct torc_split *split, uint8_t *bytes, uint32_t chunk, bool last)
{
	uint8_t *fragment = bytes + split->headers - FRAGMENT;

	fragment[0] = bytes[split->link];
	fragment[1] = 0;
	put16(fragment + 2, split->at | (last ? 0 : 1));
	put32(fragment + 4, split->id);
	bytes[split->link] = 44;
	put16(bytes + split->ip + 4, split->headers - split->ip - 40 + chunk);
}

static void segment(const struct torc_split *split, uint8_t *bytes, uint32_t chunk, bool last)
{
	uint8_t *ip = bytes + split->ip, *tcp = bytes + split->transport;

	put32(tcp + 4, torc_be32(tcp + 4) + split->at);
	if (!last)
		tcp[13] &= (uint8_t)~FIN_PSH;
	if (split->number > 0)
		tcp[13] &= (uint8_t)~CWR;
	if (ip[0] >> 4 == 4) {
		put16(ip + 4, torc_be16(ip + 4) + split->number);
		put16(ip + 2, split->headers - split->ip + chunk);
	} else {
		put16(ip + 4, split->headers - split->ip - 40 + chunk);
	}
}

int torc_split_next(struct torc_split *split, void *buffer, size_t room, struct torc_packet *packet)
{
	uint32_t chunk = split->left < split->chunk ? split->left : split->chunk;
	bool last = chunk == split->left;
	uint8_t *bytes = buffer;
	uint32_t copied = split->kind == FRAGMENTS6 ? split->headers - FRAGMENT : split->headers;
	struct torc_edit edit;

	if (split->left == 0)
		return 0;
	if (split->headers + chunk > room)
		return -ENOSPC;
	if (copied > 0)
		memcpy(bytes, split->packet.data, copied);
	memcpy(bytes + split->headers, split->packet.data + split->body + split->at, chunk);
	*packet = split->packet;
	packet->data = bytes;
	packet->parsed = NULL;
	if (split->kind != WHOLE)
		packet->caplen = packet->len = split->headers + chunk;
	if (split->kind == FRAGMENTS4)
		fragment4(split, bytes, chunk, last);
	else if (split->kind == FRAGMENTS6)
		fragment6(split, bytes, chunk, last);
	else if (split->kind == SEGMENTS)
		segment(split, bytes, chunk, last);
	if (split->kind == SEGMENTS && torc_edit_begin(&edit, packet, bytes, room) == 0) {
		torc_edit_finish(&edit);
		torc_edit_packet(&edit, packet);
	}
	split->at += chunk;
	split->left -= chunk;
	split->number++;
	return 1;
}
