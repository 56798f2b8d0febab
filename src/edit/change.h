/* SPDX-License-Identifier: BSD-3-Clause */
/* change.h - bytes of a packet that change, and the checksums that cover them */
#ifndef TORC_EDIT_CHANGE_H
#define TORC_EDIT_CHANGE_H

#include <torc/edit.h>
#include <torc/layer.h>

/* A packet in the packet: where the layers' offsets count from. */
struct edit_inside {
	const struct torc_decoded *decoded;
	uint32_t base;
};

/* Where a checksum is and what it covers, from the first byte of the whole packet. */
struct edit_cover {
	const struct torc_decoded *decoded;
	const struct torc_layer *layer;
	const struct torc_layer *ip; /* of a pseudo-header, else NULL */
	uint32_t base;
	uint32_t at;
	uint32_t start;
	uint32_t end;      /* may be behind what was captured */
	uint8_t method;    /* enum torc_checksum_method */
	uint8_t protocol;
	bool never_zero;   /* a sum of 0 is written as 0xFFFF: 0 says "none" in UDP, nothing in UDP-Lite */
};

/* The checksum of a layer; false: it has none, it is absent, or it was not captured. */
bool edit_cover_find(const struct edit_inside *in, const struct torc_layer *layer,
		     struct edit_cover *cover);

/*
 * Writes bytes at a place that is within caplen, in one header, and mends what covers them. inside: the
 * quoted packet that they are in, or NULL. 0, or -ENODATA: a CRC covers them and could not be made;
 * nothing has changed then.
 */
int edit_change(struct torc_edit *edit, const struct edit_inside *inside, uint32_t at,
		const uint8_t *bytes, uint32_t length);

/* The same for bytes that reach over the ends of headers and of what checksums cover. */
int edit_change_any(struct torc_edit *edit, const struct edit_inside *inside, uint32_t at,
		    const uint8_t *bytes, uint32_t length);

/* The packet that an ICMP error quotes, decoded into *quoted; false: there is none. */
bool edit_quoted(const struct torc_edit *edit, struct torc_decoded *quoted,
		 struct edit_inside *inside);

/*
 * The checksum at a place follows words that changed by sum (their one's complement, and what is there
 * now). zero_is_absent: UDP's, which is left alone then.
 */
static inline void edit_follow(uint8_t *p, uint32_t sum, bool zero_is_absent)
{
	uint16_t found = torc_be16(p), after;

	if (zero_is_absent && found == 0)
		return;
	sum += (uint16_t)~found;
	sum = (sum & 0xFFFF) + (sum >> 16);
	after = (uint16_t)~(sum + (sum >> 16));
	if (zero_is_absent && after == 0)
		after = 0xFFFF;
	p[0] = (uint8_t)(after >> 8);
	p[1] = (uint8_t)after;
}

/* What the short way of edit_change() goes by: edit->plain, of a packet that was decoded. */
void edit_plain_find(struct torc_edit *edit);

/* Decode anew: the packet has another shape. */
void edit_decode(struct torc_edit *edit);

#endif
