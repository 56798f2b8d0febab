/* SPDX-License-Identifier: BSD-3-Clause */
/* shape.c - tags pushed and popped, tunnels stripped, packets padded and cut */
#include <errno.h>
#include <string.h>

#include "edit/finish.h"

#define ADDRESSES 12 /* bytes in front of the EtherType */

static bool begins_with_ethernet(const struct torc_edit *edit)
{
	return edit->decoded.layer_count > 0 && edit->decoded.layers[0].type == TORC_LAYER_ETHERNET;
}

/* Takes bytes away from the middle. */
static void take_away(struct torc_edit *edit, uint32_t at, uint32_t length)
{
	memmove(edit->data + at, edit->data + at + length, edit->caplen - at - length);
	edit->caplen -= length;
	edit->len -= length;
}

int torc_edit_vlan_push(struct torc_edit *edit, unsigned int tpid, unsigned int tci)
{
	uint8_t *p = edit->data + ADDRESSES;

	if (!begins_with_ethernet(edit))
		return -ENOENT;
	if (tpid > 0xFFFF || tci > 0xFFFF)
		return -ERANGE;
	if (edit->room - edit->caplen < 4)
		return -ENOSPC;
	tpid = tpid ? tpid : 0x8100;
	memmove(p + 4, p, edit->caplen - ADDRESSES);
	memcpy(p, (uint8_t[]){ (uint8_t)(tpid >> 8), (uint8_t)tpid, (uint8_t)(tci >> 8), (uint8_t)tci },
	       4);
	edit->caplen += 4;
	edit->len += 4;
	edit_decode(edit);
	return 0;
}

int torc_edit_vlan_pop(struct torc_edit *edit)
{
	if (!begins_with_ethernet(edit) || edit->decoded.layer_count < 2 ||
	    edit->decoded.layers[1].type != TORC_LAYER_DOT1Q)
		return -ENOENT;
	take_away(edit, ADDRESSES, 4);
	edit_decode(edit);
	return 0;
}

/* ---- tunnels ---- */

/* The EtherType that says what a layer is; 0: none does. */
static unsigned int ether_type_of(unsigned int type)
{
	switch (type) {
	case TORC_LAYER_IPV4:
		return 0x0800;
	case TORC_LAYER_IPV6:
		return 0x86DD;
	case TORC_LAYER_ARP:
		return 0x0806;
	case TORC_LAYER_MPLS:
		return 0x8847;
	default:
		return 0;
	}
}

/* How many layers at the beginning are the link's, which an inner IP packet keeps, without those that go. */
static unsigned int link_layers(const struct torc_decoded *decoded, unsigned int gone)
{
	unsigned int count = 0;

	if (decoded->layers[0].type == TORC_LAYER_ETHERNET)
		for (count = 1; count < gone && decoded->layers[count].type == TORC_LAYER_DOT1Q; count++)
			;
	return count;
}

int torc_edit_strip(struct torc_edit *edit, unsigned int type)
{
	const struct torc_decoded *decoded = &edit->decoded;
	const struct torc_layer *layer = torc_layer_first(decoded, type), *inner, *before;
	const struct torc_layer *end = decoded->layers + decoded->layer_count;
	uint32_t keep = 0, inner_end;
	unsigned int ether_type, links;

	if (!layer)
		return -ENOENT;
	links = link_layers(decoded, (unsigned int)(layer - decoded->layers));
	for (inner = layer + 1; inner < end && (inner->type == type || (type == TORC_LAYER_PPPOE &&
								       inner->type == TORC_LAYER_PPP));)
		inner++;
	if (inner == end)
		return -ENODATA;
	inner_end = inner[-1].offset + inner[-1].header_length + inner[-1].payload_length;
	ether_type = ether_type_of(inner->type);
	if (inner->type == TORC_LAYER_ETHERNET ? !begins_with_ethernet(edit) :
						 !ether_type || layer == decoded->layers ||
							 (!links && edit->link_type != TORC_LINK_RAW))
		return -EOPNOTSUPP;
	if (inner->type != TORC_LAYER_ETHERNET && links > 0) {
		before = &decoded->layers[links - 1];
		keep = before->offset + before->header_length;
		edit->data[keep - 2] = (uint8_t)(ether_type >> 8);
		edit->data[keep - 1] = (uint8_t)ether_type;
	}
	if (edit->len == edit->caplen) /* padding of the outer frame */
		edit->caplen = edit->len = inner_end;
	take_away(edit, keep, inner->offset - keep);
	edit_decode(edit);
	return 0;
}

/* ---- lengths ---- */

int torc_edit_pad(struct torc_edit *edit, uint32_t length)
{
	if (length <= edit->len)
		return 0;
	if (edit->caplen < edit->len)
		return -ENODATA;
	if (length > edit->room)
		return -ENOSPC;
	memset(edit->data + edit->caplen, 0, length - edit->caplen);
	edit->caplen = edit->len = length;
	edit_decode(edit);
	return 0;
}

int torc_edit_truncate(struct torc_edit *edit, uint32_t length)
{
	const struct torc_decoded *decoded = &edit->decoded;
	uint32_t headers = 0;

	if (length >= edit->len)
		return 0;
	for (unsigned int i = 0; i < decoded->layer_count; i++) {
		const struct torc_layer *layer = &decoded->layers[i];

		if (layer->type != TORC_LAYER_PAYLOAD && layer->type != TORC_LAYER_FRAGMENT)
			headers = layer->offset + layer->header_length;
	}
	if (length < headers)
		return -ERANGE;
	if (length < edit->caplen)
		edit->caplen = length;
	edit->len = edit->caplen;
	edit_decode(edit);
	edit_lengths_finish(edit);
	edit_decode(edit);
	edit_checksums_finish(edit);
	edit_decode(edit);
	return 0;
}
