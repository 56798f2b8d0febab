/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * torc/checksum.h - verify the checksums of a decoded packet
 *
 * Layers that have one: IPv4, TCP, UDP, ICMPv4, ICMPv6, and those of further protocols that say in
 * their own file how theirs is made (struct torc_layer_checksum of torc/layer.h).
 */
#ifndef TORC_CHECKSUM_H
#define TORC_CHECKSUM_H

#include <torc/decode.h>

#ifdef __cplusplus
extern "C" {
#endif

enum torc_checksum_state {
	TORC_CHECKSUM_NONE = 0,          /* the layer has no checksum */
	TORC_CHECKSUM_RIGHT = 1,
	TORC_CHECKSUM_WRONG = 2,
	TORC_CHECKSUM_ABSENT = 3,        /* the sender did not compute one (UDP: 0) */
	TORC_CHECKSUM_NOT_CHECKABLE = 4, /* bytes that it covers were not captured, or a fragment */
	TORC_CHECKSUM_OFFLOADED = 5      /* captured before the card filled it in */
};

/* What was found and what should be there; both 0 unless right or wrong. */
struct torc_checksum {
	uint32_t found;
	uint32_t expected;
};

/*
 * torc_checksum_verify - is the checksum of this layer right?
 *
 * packet_flags  struct torc_packet.flags; with TORC_PACKET_CHECKSUM_PARTIAL a transport checksum that
 *               is not right is OFFLOADED, not wrong. 0 for bytes of unknown origin
 * checksum      filled in; may be NULL
 *
 * Returns enum torc_checksum_state. Addresses of the pseudo-header are taken from the IP header
 * before the layer, with RFC 8200 §8.1's rule for routing headers.
 * Cost: reads every byte that the checksum covers.
 */
TORC_API int torc_checksum_verify(const struct torc_decoded *decoded,
				  const struct torc_layer *layer, uint32_t packet_flags,
				  struct torc_checksum *checksum);

/* torc_checksum_state_name - "right", "wrong" and so on; never NULL */
TORC_API const char *torc_checksum_state_name(int state);

/* torc_checksum_internet - the checksum of RFC 1071 over some bytes, in host order */
TORC_API uint16_t torc_checksum_internet(const void *data, size_t length);

#ifdef __cplusplus
}
#endif

#endif
