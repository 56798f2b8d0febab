/* SPDX-License-Identifier: BSD-3-Clause */
/* option.c - options, TLVs, attributes, parameters and records appended to the list of a layer */
#include <errno.h>

#include "build/option.h"

/* How an element is framed. */
struct framing {
	uint8_t code_size;   /* bytes of the code */
	uint8_t length_size; /* and of the length; 0: there is none */
	uint8_t counts;      /* bytes of itself that the length counts */
	uint8_t multiple;    /* padded to that */
	uint32_t most;       /* bytes of value */
};

static bool framing_of(unsigned int type, struct framing *framing)
{
	switch (type) {
	case TORC_LAYER_TCP:
	case TORC_LAYER_IPV4:
		*framing = (struct framing){ 1, 1, 2, 1, 38 };
		return true;
	case TORC_LAYER_RADIUS:
		*framing = (struct framing){ 1, 1, 2, 1, 253 };
		return true;
	case TORC_LAYER_IPV6_HOP_BY_HOP:
	case TORC_LAYER_IPV6_DESTINATION:
	case TORC_LAYER_DHCPV4:
		*framing = (struct framing){ 1, 1, 0, 1, 255 };
		return true;
	case TORC_LAYER_DHCPV6:
	case TORC_LAYER_PPPOE:
		*framing = (struct framing){ 2, 2, 0, 1, 65535 };
		return true;
	case TORC_LAYER_CDP_INFO:
		*framing = (struct framing){ 2, 2, 4, 1, 65531 };
		return true;
	case TORC_LAYER_SCTP_INIT:
	case TORC_LAYER_SCTP_INIT_ACK:
		*framing = (struct framing){ 2, 2, 4, 4, 65531 };
		return true;
	case TORC_LAYER_LLDP_INFO: /* seven bits of type, nine of length */
		*framing = (struct framing){ 0, 2, 0, 1, 511 };
		return true;
	case TORC_LAYER_ICMPV6_ROUTER_SOLICITATION:
	case TORC_LAYER_ICMPV6_ROUTER_ADVERTISEMENT:
	case TORC_LAYER_ICMPV6_NEIGHBOR_SOLICITATION:
	case TORC_LAYER_ICMPV6_NEIGHBOR_ADVERTISEMENT:
	case TORC_LAYER_ICMPV6_REDIRECT: /* in units of eight bytes */
		*framing = (struct framing){ 1, 1, 2, 8, 255 * 8 - 2 };
		return true;
	case TORC_LAYER_IGMP: /* records: sources are counted */
	case TORC_LAYER_MLDV2_REPORT:
		*framing = (struct framing){ 1, 1, 0, 4, 65531 };
		return true;
	case TORC_LAYER_VRRP:
		*framing = (struct framing){ 0, 0, 0, 1, 16 };
		return true;
	default:
		return false;
	}
}

/* Kinds without a length: end and padding. */
static bool is_single_byte(unsigned int type, unsigned int code)
{
	switch (type) {
	case TORC_LAYER_TCP:
	case TORC_LAYER_IPV4:
		return code <= 1;
	case TORC_LAYER_IPV6_HOP_BY_HOP:
	case TORC_LAYER_IPV6_DESTINATION:
		return code == 0;
	case TORC_LAYER_DHCPV4:
		return code == 0 || code == 255;
	default:
		return false;
	}
}

static void number_put(struct writer *w, uint32_t number, unsigned int size)
{
	if (size == 1)
		write8(w, number);
	else if (size == 2)
		write16(w, number);
}

int torc_build_option(struct torc_build_list *list, unsigned int type, unsigned int code,
		      const void *value, size_t length)
{
	struct writer w = { .data = list->data, .room = list->room, .length = list->length };
	uint32_t group = type == TORC_LAYER_IGMP ? 4 : type == TORC_LAYER_MLDV2_REPORT ? 16 : 0;
	struct framing framing;
	uint32_t pad;

	if (!framing_of(type, &framing))
		return -EOPNOTSUPP;
	if (length > framing.most || code > (framing.code_size == 2 ? 0xFFFFu : 0xFFu) ||
	    (type == TORC_LAYER_LLDP_INFO && code > 127) ||
	    (group && (length < group || (length - group) % group)))
		return -EINVAL;
	pad = (uint32_t)-(framing.code_size + framing.length_size + length) & (framing.multiple - 1u);
	if (type == TORC_LAYER_LLDP_INFO) {
		write16(&w, code << 9 | (uint32_t)length);
	} else if (group) {
		write16(&w, code << 8); /* no auxiliary data */
		write16(&w, (uint32_t)(length - group) / group);
		pad = 0;
	} else if (is_single_byte(type, code)) {
		write8(&w, code);
		length = pad = 0;
	} else {
		number_put(&w, code, framing.code_size);
		number_put(&w, framing.multiple == 8 ? (uint32_t)(2 + length + pad) / 8 :
						       (uint32_t)length + framing.counts,
			   framing.length_size);
	}
	write_bytes(&w, value, (uint32_t)length);
	write_zeros(&w, pad);
	if (w.length > w.room)
		return -ENOSPC;
	list->length = w.length;
	return 0;
}
