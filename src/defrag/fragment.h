/* SPDX-License-Identifier: BSD-3-Clause */
/* fragment.h - what a decoded packet says of the fragment in it */
#ifndef TORC_DEFRAG_FRAGMENT_H
#define TORC_DEFRAG_FRAGMENT_H

#include "defrag/store.h"

struct fragment {
	struct datagram_key key;
	uint32_t begin, end; /* its place in the payload of the whole; rounded as IPv4 hosts do */
	bool more;
	bool dont_fragment;
	bool cut;            /* not all of it was captured */
	bool overlong;       /* ends behind what an IP packet can hold */
	bool odd;            /* IPv6: not the last, and no multiple of eight */
	uint8_t ecn;
	uint8_t next_header; /* IPv6, or the protocol of IPv4 */
	const uint8_t *payload;
	uint32_t ip_offset;
	uint32_t header_bytes;       /* of the packet, up to the payload or the IPv6 fragment header */
	uint32_t next_header_offset; /* IPv6: of the byte that names the fragment header */
};

/* The outermost fragment of a packet; false: it is none. */
bool fragment_of(const struct store *store, const struct torc_decoded *decoded,
		 struct fragment *fragment);

/* IPv6: are all headers there, the transport header included? RFC 7112 §5; as Linux asks it. */
bool fragment_has_transport(const struct fragment *fragment);

#endif
