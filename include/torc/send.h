/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * torc/send.h - sending many frames: made up or read from anywhere, at a rate or as fast as it goes
 *
 * A maker writes frames without a file; a sender puts frames on an interface, paced, by the fastest
 * way that the machine has.
 *
 *	struct torc_maker *maker;
 *	struct torc_sender *sender;
 *	struct torc_packet packets[256];
 *
 *	torc_maker_open(&maker, NULL, &error);
 *	torc_sender_open(&sender, "eth0", NULL, &error);
 *	for (int n = 0; n < 1000; n++)
 *		torc_sender_send(sender, packets, torc_maker_batch(maker, packets, 256));
 *	torc_sender_close(sender);
 *
 * To answer what a ring receives, torc_ring_send() is the simpler call.
 */
#ifndef TORC_SEND_H
#define TORC_SEND_H

#include <torc/packet.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- frames without a file ---- */

struct torc_maker;

enum torc_make_protocol {
	TORC_MAKE_UDP = 0,
	TORC_MAKE_TCP = 1,
	TORC_MAKE_ICMP = 2 /* echo requests; ICMPv6 with ipv6 */
};

#define TORC_MAKE_LENGTHS_MAX 64u

/* What torc_maker_open() takes. Set size to sizeof(struct torc_maker_options); 0 is the default. */
struct torc_maker_options {
	size_t size;
	uint32_t flows;		 /* how many, in turn; 0: 1 */
	const uint32_t *lengths; /* of frames, in turn, from the link-layer header and without frame
				    check sequence; NULL: 64 bytes. Borrowed for the call */
	unsigned int length_count; /* at most TORC_MAKE_LENGTHS_MAX */
	enum torc_make_protocol protocol;
	uint16_t vlan; /* tag, 1 to 4094; 0: none */
	bool ipv6;
	uint8_t source_mac[6];	    /* zeros: 02:00:00:00:00:01 */
	uint8_t destination_mac[6]; /* zeros: 02:00:00:00:00:02 */
};

/*
 * torc_maker_open - a source of frames
 *
 * maker    set to the new maker, owned by the caller: release with torc_maker_close()
 * options  NULL: one flow of UDP over IPv4, 64 bytes
 *
 * Packet number n belongs to flow n % flows and has the length number n % length_count. Flows
 * differ in source address, and mostly in destination address and source port too (ICMP:
 * identifier); sources are in 10.0.0.0/10 (fd00:1::/64), destinations in 10.128.0.0/16
 * (fd00:2::/64), port 9. The payload begins with n in 8 bytes, network order, where it has room for
 * them. Checksums are right. The same options give the same bytes, on every machine.
 *
 * Returns 0, -EINVAL (a length too short for its headers, or above 9216; a bad tag), or -ENOMEM.
 */
TORC_API int torc_maker_open(struct torc_maker **maker, const struct torc_maker_options *options,
			     struct torc_error *error);

/* torc_maker_close - release the maker and the packets borrowed from it; NULL is allowed */
TORC_API void torc_maker_close(struct torc_maker *maker);

/*
 * torc_maker_write - write packet number n
 *
 * buffer  holds at least the longest of the lengths
 * Returns the frame's length.
 */
TORC_API uint32_t torc_maker_write(const struct torc_maker *maker, uint64_t n, void *buffer);

/*
 * torc_maker_batch - the next packets, borrowed until the next call
 *
 * Returns how many: count, at most 1024. They have no time: TORC_PACKET_TIMESTAMP_MISSING.
 */
TORC_API unsigned int torc_maker_batch(struct torc_maker *maker, struct torc_packet *packets,
				       unsigned int count);

#ifdef __cplusplus
}
#endif

#endif
