/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * torc/edit.h - change a packet in place, with its checksums kept right
 *
 *	uint8_t bytes[2048];
 *	struct torc_edit edit;
 *
 *	torc_edit_begin(&edit, &packet, bytes, sizeof(bytes));
 *	torc_edit_ipv4_destination(&edit, TORC_INNERMOST, address);
 *	torc_edit_ttl(&edit, TORC_OUTERMOST, 63);
 *	torc_edit_packet(&edit, &packet);
 *	torc_ring_send(ring, packet.data, packet.caplen);
 *
 * Every checksum that covers a changed byte follows by as much as the byte changed (RFC 1624): those
 * of IP, TCP, UDP, UDP-Lite, ICMP, IGMP, GRE, OSPF and VRRP, with their pseudo-headers, at every depth of
 * a tunnel, and in the packet that an ICMP error quotes. What was right stays right, what was wrong
 * stays wrong, a UDP checksum of 0 stays 0, and one that is left to the card stays so. The CRC of
 * SCTP is made anew where it was right. Nothing here allocates or calls the kernel.
 *
 * What a packet cannot take changes nothing and returns
 *
 *	-ENOENT      it has no such layer
 *	-ENODATA     the field, or what is needed for its checksum, was not captured
 *	-ERANGE      the value does not fit the field
 *	-ENOSPC      the packet would outgrow its buffer
 *	-EOPNOTSUPP  the layer or field cannot be changed: the sentence or the function's comment says why
 */
#ifndef TORC_EDIT_H
#define TORC_EDIT_H

#include <torc/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Which layer of a kind: 0 the outermost, 1 the next, -1 the innermost; or the first one in the packet
 * that an ICMP error (of IPv4 or IPv6) quotes.
 */
enum {
	TORC_OUTERMOST = 0,
	TORC_INNERMOST = -1,
	TORC_QUOTED = 1000
};

/*
 * A packet that is being changed. decoded has its layers; single fields may change without it being
 * made anew, so that it still holds after any typed call (a port's number may lead elsewhere then).
 */
struct torc_edit {
	uint8_t *data;   /* the caller's buffer */
	uint32_t room;   /* bytes of it */
	uint32_t caplen; /* bytes of the packet in it */
	uint32_t len;    /* bytes on the wire */
	uint32_t flags;  /* TORC_PACKET_ bits */
	uint16_t link_type;
	uint16_t plain[2];    /* the library's */
	uint16_t reserved[7];
	struct torc_decoded decoded;
};

/*
 * torc_edit_begin - take a packet to be changed
 *
 * buffer  room bytes, borrowed as long as edit is used. The packet is copied there, unless it is
 *         there already (packet->data == buffer: a clone, a block of memory, a borrowed packet of a
 *         ring that nobody else reads)
 *
 * Returns 0, or -ENOSPC when the packet is longer than room. Cost: the copy and torc_decode().
 */
TORC_API int torc_edit_begin(struct torc_edit *edit, const struct torc_packet *packet, void *buffer,
			     size_t room);

/* torc_edit_packet - the packet as it is now: sets data, caplen, len and flags, borrowed from edit */
TORC_API void torc_edit_packet(const struct torc_edit *edit, struct torc_packet *packet);

/* ---- single fields ----
 *
 * n: see TORC_OUTERMOST. Cost: 5 to 10 ns in cache for Ethernet, IP and TCP. Multi-byte addresses are
 * in network order, numbers in host order.
 */

TORC_API int torc_edit_source_mac(struct torc_edit *edit, int n, const uint8_t mac[6]);
TORC_API int torc_edit_destination_mac(struct torc_edit *edit, int n, const uint8_t mac[6]);
/* torc_edit_vlan_id, _vlan_priority - of the nth tag: 0 to 4095, 0 to 7 */
TORC_API int torc_edit_vlan_id(struct torc_edit *edit, int n, unsigned int id);
TORC_API int torc_edit_vlan_priority(struct torc_edit *edit, int n, unsigned int priority);
TORC_API int torc_edit_ipv4_source(struct torc_edit *edit, int n, const uint8_t address[4]);
TORC_API int torc_edit_ipv4_destination(struct torc_edit *edit, int n, const uint8_t address[4]);
TORC_API int torc_edit_ipv6_source(struct torc_edit *edit, int n, const uint8_t address[16]);
TORC_API int torc_edit_ipv6_destination(struct torc_edit *edit, int n, const uint8_t address[16]);
/* torc_edit_ttl, _dscp, _ecn - of the nth IP header of either version: hop limit, RFC 2474, RFC 3168 */
TORC_API int torc_edit_ttl(struct torc_edit *edit, int n, unsigned int ttl);
TORC_API int torc_edit_dscp(struct torc_edit *edit, int n, unsigned int dscp);
TORC_API int torc_edit_ecn(struct torc_edit *edit, int n, unsigned int ecn);
/* torc_edit_source_port, _destination_port - of the nth of TCP, UDP, UDP-Lite or SCTP */
TORC_API int torc_edit_source_port(struct torc_edit *edit, int n, unsigned int port);
TORC_API int torc_edit_destination_port(struct torc_edit *edit, int n, unsigned int port);
TORC_API int torc_edit_tcp_sequence(struct torc_edit *edit, int n, uint32_t sequence);
TORC_API int torc_edit_tcp_acknowledgment(struct torc_edit *edit, int n, uint32_t acknowledgment);

/*
 * torc_edit_bytes - change any bytes of the packet, such as of its payload
 *
 * Returns 0, or -ENODATA when they are not all within caplen, or a CRC over them cannot be made.
 */
TORC_API int torc_edit_bytes(struct torc_edit *edit, uint32_t offset, const void *bytes,
			     uint32_t length);

/* ---- the shape of a packet ----
 *
 * These move bytes, mend the lengths of the headers around, and decode the packet anew. They need
 * room in the buffer for what is added.
 */

/*
 * torc_edit_vlan_push - put a tag behind the addresses of the outermost Ethernet header
 *
 * tpid  0x8100 (0: the same), or 0x88A8
 * tci   priority, drop eligible and id, as on the wire
 * Returns 0, -ENOENT (the packet does not begin with Ethernet), or -ENOSPC. A capture that was cut can
 * take it: no checksum is concerned.
 */
TORC_API int torc_edit_vlan_push(struct torc_edit *edit, unsigned int tpid, unsigned int tci);

/* torc_edit_vlan_pop - take the outermost tag away; -ENOENT: there is none behind the first header */
TORC_API int torc_edit_vlan_pop(struct torc_edit *edit);

/*
 * torc_edit_strip - take an outer tunnel away, up to and with the outermost layer of a type
 *
 * type  such as TORC_LAYER_VXLAN. Layers of the same type that follow it go too (labels of MPLS), and
 *       PPP behind PPPoE
 *
 * An inner Ethernet frame stays alone; an inner IP packet gets the outer link header, with its EtherType.
 * Padding of the outer frame goes. The inner packet's own bytes are not touched.
 * Returns 0, -ENOENT (no such layer), -ENODATA (nothing of the inner packet was captured) or
 * -EOPNOTSUPP (what is inside is neither Ethernet nor IP, or does not fit behind the link header).
 */
TORC_API int torc_edit_strip(struct torc_edit *edit, unsigned int type);

/* torc_edit_pad - zeros behind it, up to that length; -ENODATA: its end was not captured */
TORC_API int torc_edit_pad(struct torc_edit *edit, uint32_t length);

/*
 * torc_edit_truncate - cut it to a length, with lengths and checksums of a packet that ends there
 *
 * Returns 0 (also where it is not longer), or -ERANGE when it would end in a header.
 */
TORC_API int torc_edit_truncate(struct torc_edit *edit, uint32_t length);

/*
 * torc_edit_finish - all checksums, from the inside out, and lengths that the headers have wrong
 *
 * Checksums that were left to the card are computed (TORC_PACKET_CHECKSUM_PARTIAL goes), wrong ones put
 * right; a UDP checksum of 0 over IPv4 stays, and what cannot be computed (bytes that were not captured,
 * fragments) too. A total length of 0 (IP, from before segmentation offload), or one that is more than there
 * is in a packet that was not cut, becomes what there is. Returns how many fields changed.
 */
TORC_API int torc_edit_finish(struct torc_edit *edit);

/* ---- packets that are longer than an MTU ---- */

/* A packet that is being taken apart; its members are the library's. The packet is borrowed meanwhile. */
struct torc_split {
	struct torc_packet packet;
	uint32_t kind;
	uint32_t headers;  /* bytes that every piece begins with */
	uint32_t body;     /* where what is shared out begins in the packet */
	uint32_t left;     /* bytes of it */
	uint32_t chunk;    /* of a piece, at most */
	uint32_t ip;       /* places of headers */
	uint32_t transport;
	uint32_t link;     /* of the byte that says what follows the headers (IPv6) */
	uint32_t number;   /* of the next piece */
	uint32_t at;       /* bytes that were shared out */
	uint32_t id;
	uint32_t reserved[4];
};

/*
 * torc_split_begin - take a packet apart whose IP packet is longer than an MTU
 *
 * mtu  bytes of an IP packet, at least 68
 * id   of the fragment headers of IPv6
 *
 * TCP segments (a card or the kernel put them together: up to 64 KiB) become segments with sequence
 * numbers, IPv4 ids and flags as segmentation offload makes them, and all checksums anew. All else becomes
 * IP fragments (RFC 791 §3.2, RFC 8200 §4.5). The outermost IP header counts, tunnel or not.
 *
 * Returns how many packets it makes, 1 where it fits, or
 *   -ENOENT      it has no IP header
 *   -ENODATA     it was not captured whole
 *   -EMSGSIZE    IPv4 that must not be fragmented, and is not TCP
 *   -EINVAL      the headers alone are longer than the MTU
 *   -EOPNOTSUPP  its checksum is left to the card (torc_edit_finish() makes it), it is a fragment of IPv6
 *                already, or behind PPPoE or LLC
 */
TORC_API int torc_split_begin(struct torc_split *split, const struct torc_packet *packet, uint32_t mtu,
			      uint32_t id);

/*
 * torc_split_next - the next of them, written into a buffer
 *
 * packet  filled in: as the whole one, with data, caplen and len of the piece, borrowed from the buffer
 * Returns 1, 0 at the end, or -ENOSPC: the buffer is too short (MTU, 40 and the link header are enough)
 */
TORC_API int torc_split_next(struct torc_split *split, void *buffer, size_t room,
			     struct torc_packet *packet);

/* ---- fields by name ---- */

/*
 * One "field=value", to be made on any number of packets: no allocation, nothing to release. Its
 * members are the library's.
 */
struct torc_assignment {
	const struct torc_field_info *field;
	uint16_t type; /* of the layer */
	bool quoted;
	int32_t n;
	uint64_t number;
	uint8_t bytes[64]; /* addresses and bytes of fixed length */
	uint32_t length;   /* of bytes */
	uint32_t reserved[7];
};

/*
 * torc_assignment_parse - understand "ipv4.dst=10.0.0.9"
 *
 * text  a field of torc_field() and its value: "ipv4[1].ttl=3" is the second IPv4 header's,
 *       "ipv4[-1].src=10.0.0.1" the innermost's, "quoted.udp.dst_port=53" of the packet that an ICMP
 *       error quotes. Numbers in decimal or 0x hex, true and false, addresses; bytes as hex digits
 *
 * Returns 0, or with a sentence in error: -EINVAL (no such layer or field, which has the names that
 * come nearest; a value that is none of its kind), -ERANGE (with the range), -EOPNOTSUPP (a list, or a
 * layer that is not written: docs/packets.md has those that are).
 */
TORC_API int torc_assignment_parse(struct torc_assignment *assignment, const char *text,
				   struct torc_error *error);

/*
 * torc_edit_set - make it on a packet
 *
 * The bits of that field change and no others, checksums follow as with the calls above (unless the
 * field is the checksum), and the packet is decoded anew. Lengths and numbers of the next protocol are
 * fields like others: a wrong one is written as it was asked for.
 * Returns 0, or as above -ENOENT, -ENODATA, -ERANGE (the header at hand cannot hold the value), or
 * -EOPNOTSUPP (it would make the header longer or shorter).
 */
TORC_API int torc_edit_set(struct torc_edit *edit, const struct torc_assignment *assignment);

/* ---- addresses that tell nothing ---- */

/*
 * Makes other addresses of addresses, by a key: IPv4 and IPv6 by Crypto-PAn (Xu, Fan, Ammar, Moon 2002), so
 * that two that have their first n bits in common have exactly those in common afterwards; MACs to any
 * others, with their group and locally administered bits, zeros and broadcast as they are. The same key
 * makes the same of the same, in every file. docs/packets.md has what is not touched.
 */
struct torc_anonymizer;

/*
 * torc_anonymizer_open - by a key of 32 secret bytes: an AES-128 key and the pad
 *
 * anonymizer  owned by the caller: release with torc_anonymizer_close(). One thread at a time. 400 KiB
 * Returns 0 or -ENOMEM.
 */
TORC_API int torc_anonymizer_open(struct torc_anonymizer **anonymizer, const uint8_t key[32],
				  struct torc_error *error);

/* torc_anonymizer_close - forgets the key; NULL is allowed */
TORC_API void torc_anonymizer_close(struct torc_anonymizer *anonymizer);

/*
 * torc_anonymizer_ipv4, _ipv6, _mac - the other one of an address, in network order
 *
 * Cost: some 10 ns for one of the last thousands; else some 3 us, 12 us for IPv6.
 */
TORC_API void torc_anonymizer_ipv4(struct torc_anonymizer *anonymizer, const uint8_t from[4],
				   uint8_t to[4]);
TORC_API void torc_anonymizer_ipv6(struct torc_anonymizer *anonymizer, const uint8_t from[16],
				   uint8_t to[16]);
TORC_API void torc_anonymizer_mac(struct torc_anonymizer *anonymizer, const uint8_t from[6],
				  uint8_t to[6]);

/*
 * torc_edit_anonymize - all addresses of a packet: Ethernet, cooked headers, IP at every depth, ARP, neighbor
 * discovery, A and AAAA records of DNS over UDP, and the same in the packet that an ICMP error quotes
 *
 * Checksums follow as with the calls above; where one cannot (a CRC of a packet that was cut) the address
 * changes all the same. Returns how many addresses there were.
 */
TORC_API unsigned int torc_edit_anonymize(struct torc_edit *edit, struct torc_anonymizer *anonymizer);

#ifdef __cplusplus
}
#endif

#endif
