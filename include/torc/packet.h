/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * torc/packet.h - one packet, as every part of the library passes it on
 *
 * A struct torc_packet is a view: it owns nothing. How long its data stays valid is said by the
 * call that filled it in ("borrowed until ...").
 */
#ifndef TORC_PACKET_H
#define TORC_PACKET_H

#include <torc/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_parsed;

/* Which way a packet crossed the interface. */
enum {
	TORC_PACKET_TX = 0,
	TORC_PACKET_RX = 1,
	TORC_PACKET_DIRECTION_UNKNOWN = 2
};

/* struct torc_packet.flags */
enum {
	TORC_PACKET_HW_TIMESTAMP = 1 << 0,      /* timestamp_ns was taken by the network card */
	TORC_PACKET_VLAN_RESTORED = 1 << 1,     /* a tag the kernel had stripped is back in place */
	TORC_PACKET_CHECKSUM_PARTIAL = 1 << 2,  /* checksum left to the card: not final in the bytes */
	TORC_PACKET_CHECKSUM_VALID = 1 << 3,    /* the card or kernel verified the checksum */
	TORC_PACKET_LOSING = 1 << 4,            /* packets were dropped since the block before */
	TORC_PACKET_TIMESTAMP_MISSING = 1 << 5, /* the source has no time for it; timestamp_ns is 0 */
	TORC_PACKET_BATCH_TIMESTAMP = 1 << 6,   /* when its batch was picked up, later than it came */
	TORC_PACKET_REASSEMBLED = 1 << 7        /* put together from IP fragments: torc/defrag.h */
};

/* struct torc_packet.kind: PACKET_HOST and so on of linux/if_packet.h, or unknown */
enum {
	TORC_PACKET_TO_HOST = 0,
	TORC_PACKET_BROADCAST = 1,
	TORC_PACKET_MULTICAST = 2,
	TORC_PACKET_TO_OTHER = 3,
	TORC_PACKET_OUTGOING = 4,
	TORC_PACKET_KIND_UNKNOWN = 255
};

/*
 * data          caplen bytes, starting with the link-layer header, as they were on the wire (a
 *               stripped VLAN tag is back in its place)
 * timestamp_ns  nanoseconds since 1970-01-01 UTC
 * caplen        bytes that were captured
 * len           bytes that were on the wire, tag included, checksum trailer not; >= caplen
 * ifindex       the interface it crossed; in files, the number of the interface block
 * queue         receive queue when the engine knows it, else 0
 * parsed        with TORC_LONG_HEADER: the parsed headers, borrowed as data is; else NULL
 * reserved      for later: zero it in packets of your own (torc/base.h, "Structs that may grow")
 */
struct torc_packet {
	const uint8_t *data;
	uint64_t timestamp_ns;
	uint32_t caplen;
	uint32_t len;
	int32_t ifindex;
	uint16_t link_type; /* TORC_LINK_ */
	uint8_t direction;  /* TORC_PACKET_RX, _TX, _DIRECTION_UNKNOWN */
	uint8_t kind;       /* TORC_PACKET_TO_HOST ... */
	uint32_t flags;     /* TORC_PACKET_ bits */
	uint32_t queue;
	const struct torc_parsed *parsed;
	uint64_t reserved[2];
};

/*
 * torc_packet_clone - an owned copy of a packet: struct, parsed headers and bytes in one allocation
 *
 * Returns NULL when memory ran out. Release with torc_packet_free().
 */
TORC_API struct torc_packet *torc_packet_clone(const struct torc_packet *packet);

/* torc_packet_free - release what torc_packet_clone() or torc_ring_read() gave; NULL is allowed */
TORC_API void torc_packet_free(struct torc_packet *packet);

#ifdef __cplusplus
}
#endif

#endif
