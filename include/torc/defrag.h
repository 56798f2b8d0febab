/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * torc/defrag.h - fragments of IPv4 and IPv6 put together to the packets they were
 *
 *	struct torc_defrag *defrag;
 *	struct torc_packet packet, whole;
 *	struct torc_decoded decoded;
 *
 *	torc_defrag_open(&defrag, NULL, NULL);
 *	while (torc_source_next(source, &packet, &decoded) > 0) {
 *		while (torc_defrag_add(defrag, &packet, &decoded, &whole) == TORC_DEFRAG_WHOLE) {
 *			packet = whole;
 *			torc_decode_packet(&packet, &decoded);
 *		}
 *		...
 *	}
 *
 * Fragments are found at any depth, behind VLAN tags, MPLS labels and tunnels; of several, the outermost
 * are joined first, so that a packet may take more than one round. What comes out is a packet: the
 * outer headers of the first fragment, the IP header as if it had never been cut, and all of the
 * payload. The whole memory is taken when the engine is opened and never grows.
 *
 * torc_source_set_defrag() does all this inside a source.
 */
#ifndef TORC_DEFRAG_H
#define TORC_DEFRAG_H

#include <torc/decode.h>

#ifdef __cplusplus
extern "C" {
#endif

struct torc_defrag;

/*
 * Who wins where fragments overlap: what was there (the old one) or what comes (the new one). It is
 * the receiver that decides, and receivers differ (Shankar and Paxson 2003, Novak 2005).
 *
 *	drop     nobody: the datagram is dropped, as Linux does since 4.20 (2018) and RFC 5722
 *	         demands for IPv6; a fragment inside what is there already is ignored
 *	first    the old one
 *	last     the new one
 *	bsd      the old one, except where the new one begins before it
 *	linux    the old one where it begins before the new one, else the new one: Linux before 2018
 *	windows  the old one, except where the new one covers it and more on both sides
 *	solaris  the old one, except where the new one begins before it and reaches its end or more
 */
enum torc_defrag_policy {
	TORC_DEFRAG_DROP = 0,
	TORC_DEFRAG_FIRST = 1,
	TORC_DEFRAG_LAST = 2,
	TORC_DEFRAG_BSD = 3,
	TORC_DEFRAG_LINUX = 4,
	TORC_DEFRAG_WINDOWS = 5,
	TORC_DEFRAG_SOLARIS = 6
};

#define TORC_DEFRAG_POLICIES 7

/* torc_defrag_policy_name - "drop" and so on; NULL for what is no policy */
TORC_API const char *torc_defrag_policy_name(unsigned int policy);

/* torc_defrag_policy_parse - the policy of a name; -EINVAL and a sentence that lists them all */
TORC_API int torc_defrag_policy_parse(const char *name, struct torc_error *error);

/* The least memory_bytes that can be asked for: room for some datagrams of 64 KiB. */
#define TORC_DEFRAG_MEMORY_MIN (512u << 10)

/* 0 in a member: its default. */
struct torc_defrag_options {
	size_t size; /* sizeof(struct torc_defrag_options) */
	enum torc_defrag_policy policy;
	uint32_t timeout_ipv4_ms; /* since the first fragment came, in packet time; 0: 30 s, as Linux */
	uint32_t timeout_ipv6_ms; /* 0: 60 s, RFC 8200 §4.5 */
	uint32_t fragments_max;   /* of one datagram; 0: 2048 */
	size_t memory_bytes;      /* all of the engine's memory; 0: 4 MiB, as Linux */
};

/*
 * torc_defrag_open - an engine that holds nothing yet
 *
 * options  NULL: the defaults
 *
 * Returns 0, -EINVAL with a sentence (an unknown policy, too little memory) or -ENOMEM.
 */
TORC_API int torc_defrag_open(struct torc_defrag **defrag,
			      const struct torc_defrag_options *options, struct torc_error *error);

/* torc_defrag_close - release the engine and what it holds; NULL is allowed */
TORC_API void torc_defrag_close(struct torc_defrag *defrag);

/* What torc_defrag_add() returns. */
enum torc_defrag_result {
	TORC_DEFRAG_NONE = 0,    /* the packet is no fragment: go on with it */
	TORC_DEFRAG_WHOLE = 1,   /* it completed a datagram, which is in whole */
	TORC_DEFRAG_WAITING = 2, /* it was taken, and its datagram waits for more */
	TORC_DEFRAG_DROPPED = 3  /* it was dropped; the account says why */
};

/*
 * torc_defrag_add - take a fragment
 *
 * packet   any packet
 * decoded  its layers (torc_decode_packet())
 * whole    filled in with TORC_DEFRAG_WHOLE only: data borrowed until the next call on this engine;
 *          timestamp, interface, direction and queue of the fragment that came last; flags with
 *          TORC_PACKET_REASSEMBLED; parsed NULL
 *
 * An atomic fragment (RFC 6946) is a whole packet and no fragment. Time is that of the packets:
 * datagrams that wait too long are dropped when a later packet comes, fragment or not.
 *
 * Lengths of headers around the IP header that was cut (IPv4, IPv6, UDP, PPPoE and GTP-U of tunnels) grow with
 * it, so that the packet decodes; 0 where the whole is too long for them. A UDP checksum around it becomes 0.
 *
 * Cost: a packet that is no fragment costs a look at decoded->flags. A fragment is copied once when
 * it comes and once into the whole, the last one mostly only that; nothing is allocated.
 */
TORC_API int torc_defrag_add(struct torc_defrag *defrag, const struct torc_packet *packet,
			     const struct torc_decoded *decoded, struct torc_packet *whole);

/* torc_defrag_expire - drop what waits too long at that time; for a wire that is silent */
TORC_API void torc_defrag_expire(struct torc_defrag *defrag, uint64_t now_ns);

/* torc_defrag_fragments - of how many fragments the last whole packet was made */
TORC_API unsigned int torc_defrag_fragments(const struct torc_defrag *defrag);

/*
 * The account, since the engine was opened. Each fragment is in exactly one place:
 *
 *	fragments = joined + waiting + duplicate + overlap + too_large + bad_length + inconsistent
 *	            + tiny + no_transport + ecn + cut + too_many + timed_out + no_memory
 *
 * When a datagram is dropped, all its fragments that waited go to that place.
 */
struct torc_defrag_stats {
	size_t size; /* set by the caller: torc/base.h, "Structs that may grow" */
	uint64_t fragments; /* given to the engine */
	uint64_t joined;    /* in datagrams that came out */
	uint64_t waiting;   /* in datagrams that are not whole */

	uint64_t duplicate;    /* gave nothing new: inside what was there already */
	uint64_t overlap;      /* policy drop: cut into one another (RFC 5722 §4) */
	uint64_t too_large;    /* the whole would be longer than 65,535 bytes */
	uint64_t bad_length;   /* empty, or IPv6 and not the last and no multiple of 8 (RFC 8200 §4.5) */
	uint64_t inconsistent; /* two ends, or bytes behind the end */
	uint64_t tiny;         /* a TCP header cut on purpose (RFC 1858 §3, RFC 3128) */
	uint64_t no_transport; /* IPv6: a first fragment without its headers (RFC 7112 §5) */
	uint64_t ecn;          /* not-ECT mixed with ECT or CE (RFC 3168 §5.3) */
	uint64_t cut;          /* not all of it is there: by the snapshot length, or its header lies */
	uint64_t too_many;     /* more than fragments_max */
	uint64_t timed_out;
	uint64_t no_memory;    /* the oldest datagram, dropped for a newer one */

	uint64_t datagrams;         /* that came out */
	uint64_t datagrams_waiting;
	uint64_t datagrams_dropped; /* all reasons */

	/* what is worth a look though it may have come out: fragments that ... */
	uint64_t overlaps;           /* overlapped others, any policy */
	uint64_t overlaps_different; /* and had other bytes for the same place */
	uint64_t dont_fragment;      /* had the bit set and an offset */
	uint64_t other_protocol;     /* IPv6: named another next header than the first (ignored) */
};

/* torc_defrag_stats - read the account; 0, or -EINVAL when stats->size is none */
TORC_API int torc_defrag_stats(const struct torc_defrag *defrag, struct torc_defrag_stats *stats);

#ifdef __cplusplus
}
#endif

#endif
