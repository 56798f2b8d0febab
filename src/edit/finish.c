/* SPDX-License-Identifier: BSD-3-Clause */
/* finish.c - lengths and checksums as the bytes that are there need them */
#include "edit/finish.h"

#include "decode/checksum.h"
#include "util/sum.h"

/* Where a header has its length, and how much less it counts than from its first byte. */
struct length_place {
	uint32_t at;
	uint32_t less;
	bool zero_is_unknown; /* 0 says nothing: IPv4 and IPv6 before segmentation offload */
};

static bool length_place(const struct torc_decoded *decoded, const struct torc_layer *layer,
			 struct length_place *place)
{
	const uint8_t *p = torc_layer_header(decoded, layer);

	switch (layer->type) {
	case TORC_LAYER_IPV4:
		*place = (struct length_place){ 2, 0, true };
		return true;
	case TORC_LAYER_IPV6:
		*place = (struct length_place){ 4, 40, true };
		return true;
	case TORC_LAYER_UDP:
		*place = (struct length_place){ 4, 0, true };
		return true;
	case TORC_LAYER_GTPV1U:
		*place = (struct length_place){ 2, 8, false };
		return true;
	case TORC_LAYER_EAPOL:
		*place = (struct length_place){ 2, 4, false };
		return true;
	case TORC_LAYER_EAP:
	case TORC_LAYER_RADIUS:
		*place = (struct length_place){ 2, 0, false };
		return true;
	case TORC_LAYER_OSPF: /* a digest is behind what the length counts (RFC 2328 §D.4.3) */
		*place = (struct length_place){ 2, 0, false };
		return layer->header_length >= 16 && (p[0] != 2 || torc_be16(p + 14) != 2);
	case TORC_LAYER_PPPOE:
		*place = (struct length_place){ 4, 6, false };
		return true;
	case TORC_LAYER_ETHERNET:
		*place = (struct length_place){ 12, 14, false };
		return torc_be16(p + 12) < 0x600;
	case TORC_LAYER_DOT1Q:
		*place = (struct length_place){ 2, 4, false };
		return torc_be16(p + 2) < 0x600;
	default:
		return false;
	}
}

static bool put16(uint8_t *p, uint32_t value)
{
	bool changes = torc_be16(p) != value;

	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
	return changes;
}

bool edit_length_set(uint8_t *data, const struct torc_decoded *decoded,
		     const struct torc_layer *layer)
{
	struct length_place place;
	uint32_t length;

	if (!length_place(decoded, layer, &place) || place.at + 2 > layer->header_length)
		return false;
	length = layer->header_length + layer->payload_length - place.less;
	if (length > 0xFFFF) /* of more than 64 KiB: 0 for good (RFC 2675) */
		length = 0;
	return put16(data + layer->offset + place.at, length);
}

unsigned int edit_lengths_finish(struct torc_edit *edit)
{
	const struct torc_decoded *decoded = &edit->decoded;
	unsigned int changed = 0;

	for (unsigned int i = decoded->layer_count; i-- > 0;) {
		const struct torc_layer *layer = &decoded->layers[i];
		struct length_place place;
		uint32_t says;

		if (!length_place(decoded, layer, &place) || place.at + 2 > layer->header_length)
			continue;
		says = torc_be16(edit->data + layer->offset + place.at);
		if (says + place.less > layer->header_length + layer->payload_length ||
		    (says == 0 && place.zero_is_unknown))
			changed += edit_length_set(edit->data, decoded, layer);
	}
	return changed;
}

bool edit_checksum_set(uint8_t *data, const struct edit_cover *cover)
{
	uint8_t *p = data + cover->at;
	uint32_t length = cover->end - cover->start, before, crc;
	uint64_t sum = 0;
	uint16_t checksum;

	if (cover->method == TORC_SUM_CRC32C) {
		before = torc_be32(p);
		crc = checksum_crc32c(data + cover->start, length, cover->at - cover->start);
		put16(p, crc >> 16);
		put16(p + 2, crc & 0xFFFF);
		return before != crc;
	}
	before = torc_be16(p);
	if (cover->ip)
		sum = checksum_pseudo_sum(cover->decoded, cover->ip, cover->layer, length,
					  cover->protocol);
	put16(p, 0);
	checksum = sum_checksum(sum_add(sum, data + cover->start, length));
	if (checksum == 0 && cover->never_zero)
		checksum = 0xFFFF;
	put16(p, checksum);
	return before != checksum;
}

/* A checksum over a message; the header's own is always there. */
static bool is_computable(const struct torc_edit *edit, const struct edit_cover *cover)
{
	uint32_t size = cover->method == TORC_SUM_CRC32C ? 4 : 2;

	if (cover->end > edit->caplen || cover->end < cover->at + size)
		return false;
	return cover->method == TORC_SUM_HEADER || !(edit->decoded.flags & TORC_DECODED_FRAGMENT);
}

unsigned int edit_checksums_finish(struct torc_edit *edit)
{
	const struct edit_inside whole = { &edit->decoded, 0 };
	unsigned int changed = 0;

	for (unsigned int i = edit->decoded.layer_count; i-- > 0;) {
		const struct torc_layer *layer = &edit->decoded.layers[i];
		struct edit_cover cover;

		if (layer->type == TORC_LAYER_OSPF) /* covers all but its authentication */
			continue;
		if (edit_cover_find(&whole, layer, &cover) && is_computable(edit, &cover))
			changed += edit_checksum_set(edit->data, &cover);
	}
	edit->flags &= ~(uint32_t)TORC_PACKET_CHECKSUM_PARTIAL;
	return changed;
}

int torc_edit_finish(struct torc_edit *edit)
{
	unsigned int changed = 0;

	if (edit->caplen == edit->len && !(edit->decoded.flags & TORC_DECODED_FRAGMENT))
		changed = edit_lengths_finish(edit);
	if (changed > 0)
		edit_decode(edit);
	changed += edit_checksums_finish(edit);
	edit_decode(edit); /* no checksum is left to the card any more */
	return (int)changed;
}
