/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * common.h - the decode functions of the layers that nearly every packet has
 *
 * They stand in a header so that decode.c can inline them one behind the other and keep the cursor
 * in registers; the layers' own files enter the same functions into the table.
 */
#ifndef TORC_DECODE_COMMON_H
#define TORC_DECODE_COMMON_H

#include "decode/application/dtls.h"
#include "decode/guess.h"
#include "decode/options.h"
#include "decode/registry.h"

#define ETHERNET_HEADER 14
#define DOT1Q_HEADER    4
#define IPV4_HEADER     20 /* without options */
#define IPV6_HEADER     40
#define TCP_HEADER      20 /* without options */
#define UDP_HEADER      8

#define IPV4_MORE_FRAGMENTS 0x2000
#define IPV4_OFFSET_MASK    0x1FFF

/* IEEE 802.3 §3.2 */
static inline int ethernet_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, ETHERNET_HEADER);
	cursor->header_length = ETHERNET_HEADER;
	cursor_next_type_or_length(cursor, torc_be16(cursor->data + 12));
	return TORC_STEP_OK;
}

/* IEEE 802.1Q §9.6 */
static inline int dot1q_decode(struct torc_cursor *cursor)
{
	TORC_NEED(cursor, DOT1Q_HEADER);
	cursor->header_length = DOT1Q_HEADER;
	cursor_next_type_or_length(cursor, torc_be16(cursor->data + 2));
	return TORC_STEP_OK;
}

/*
 * RFC 791 §3.2: a first fragment has its transport header, and is decoded; what a later one holds is Fragment.
 */
static inline void ipv4_next(struct torc_cursor *cursor)
{
	uint16_t fragment = torc_be16(cursor->data + 6);

	if (fragment & IPV4_OFFSET_MASK) {
		cursor->flags |= TORC_DECODED_FRAGMENT | TORC_DECODED_LATER_FRAGMENT;
		cursor->next = TORC_LAYER_FRAGMENT;
		return;
	}
	if (fragment & IPV4_MORE_FRAGMENTS)
		cursor->flags |= TORC_DECODED_FRAGMENT;
	cursor_next(cursor, TORC_BY_IP_PROTOCOL, cursor->data[9]);
}

/*
 * As torc_cursor_claim(): a first fragment is shorter than what it carries says, but a packet in a
 * tunnel that a fragment cuts is a cut packet.
 */
static inline void ip_claim(struct torc_cursor *cursor, uint32_t total)
{
	if (total > cursor->wire_length)
		cursor->flags |= TORC_DECODED_CUT_BY_HEADER;
	torc_cursor_claim(cursor, total);
}

/* RFC 791 §3.1 */
static inline int ipv4_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t header, total;

	TORC_NEED(cursor, IPV4_HEADER);
	if (p[0] >> 4 != 4)
		return torc_cursor_malformed(cursor, "the version is not 4");
	header = (p[0] & 0xFu) * 4;
	total = torc_be16(p + 2);
	if (header < IPV4_HEADER)
		return torc_cursor_malformed(cursor, "the header length is less than 20");
	/* 0: captured before segmentation offload filled it in; all there is belongs to it */
	if (total != 0) {
		if (total < header)
			return torc_cursor_malformed(cursor, "the total length ends in the header");
		ip_claim(cursor, total);
	}
	if (cursor->length < header)
		return TORC_STEP_CUT_TAIL;
	cursor->header_length = header;
	ipv4_next(cursor);
	if (header > IPV4_HEADER && !options_fit(p + IPV4_HEADER, header - IPV4_HEADER))
		return torc_cursor_bad_tail(cursor, "an option does not fit");
	return TORC_STEP_OK;
}

/* RFC 8200 §3 */
static inline int ipv6_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t payload;

	TORC_NEED(cursor, IPV6_HEADER);
	if (p[0] >> 4 != 6)
		return torc_cursor_malformed(cursor, "the version is not 6");
	payload = torc_be16(p + 4);
	/* 0: a jumbogram (see the hop-by-hop option) or captured before segmentation offload */
	if (payload != 0)
		ip_claim(cursor, IPV6_HEADER + payload);
	cursor->header_length = IPV6_HEADER;
	cursor_next(cursor, TORC_BY_IP_PROTOCOL, p[6]);
	return TORC_STEP_OK;
}

/* Whether the options in a header of that length fit. */
static inline bool tcp_options_fit(const uint8_t *p, uint32_t header)
{
	/* most segments have the 12 bytes nop, nop, timestamps: no need to walk those */
	return header == TCP_HEADER || (header == 32 && torc_be32(p + TCP_HEADER) == 0x0101080A) ||
	       options_fit(p + TCP_HEADER, header - TCP_HEADER);
}

/* The ports are there, but not where the payload begins or ends: nothing behind them is decoded. */
static inline int fixed_header_only(struct torc_cursor *cursor, uint32_t header, const char *reason)
{
	cursor->header_length = header;
	cursor->next = TORC_LAYER_DECODE_FAILURE;
	return torc_cursor_bad_tail(cursor, reason);
}

/* By its ports, or by what it begins with. */
static inline unsigned int segment_type(const struct torc_cursor *cursor, uint32_t header)
{
	const uint8_t *p = cursor->data;
	unsigned int type = port_type(TORC_BY_TCP_PORT, torc_be16(p), torc_be16(p + 2));

	return type != TORC_LAYER_PAYLOAD ? type : guess_tcp(p + header, cursor->length - header);
}

/* RFC 9293 §3.1 */
static inline int tcp_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t header;

	TORC_NEED(cursor, TCP_HEADER);
	header = (p[12] >> 4) * 4u;
	if (header < TCP_HEADER)
		return fixed_header_only(cursor, TCP_HEADER, "the data offset is less than 5");
	if (cursor->length < header)
		return TORC_STEP_CUT_TAIL;
	cursor->header_length = header;
	if (cursor->options & TORC_DECODE_STREAMS && !(cursor->flags & TORC_DECODED_FRAGMENT))
		cursor->next = (uint16_t)segment_type(cursor, header);
	else
		cursor->next = TORC_LAYER_PAYLOAD;
	if (!tcp_options_fit(p, header))
		return torc_cursor_bad_tail(cursor, "an option does not fit");
	return TORC_STEP_OK;
}

/* By port; where that says nothing, DTLS is known by its bytes. p: the header; lengths behind it */
static inline unsigned int udp_next(const uint8_t *p, uint32_t length, uint32_t wire_length)
{
	unsigned int type = port_type(TORC_BY_UDP_PORT, torc_be16(p), torc_be16(p + 2));

	if (type == TORC_LAYER_PAYLOAD && dtls_is_possible(p + UDP_HEADER, length) &&
	    dtls_begins(p + UDP_HEADER, length, wire_length))
		return TORC_LAYER_DTLS;
	return type;
}

/* RFC 768 */
static inline int udp_decode(struct torc_cursor *cursor)
{
	const uint8_t *p = cursor->data;
	uint32_t length;

	TORC_NEED(cursor, UDP_HEADER);
	length = torc_be16(p + 4);
	if (length != 0) {
		if (length < UDP_HEADER)
			return fixed_header_only(cursor, UDP_HEADER, "the length is less than 8");
		torc_cursor_claim(cursor, length);
	}
	cursor->header_length = UDP_HEADER;
	if (cursor->flags & TORC_DECODED_FRAGMENT)
		cursor->next = TORC_LAYER_PAYLOAD;
	else
		cursor->next = (uint16_t)udp_next(p, cursor->length - UDP_HEADER,
						  cursor->wire_length - UDP_HEADER);
	return TORC_STEP_OK;
}

#endif
