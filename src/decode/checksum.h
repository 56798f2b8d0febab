/* SPDX-License-Identifier: BSD-3-Clause */
/* checksum.h - what the checksums of a decoded packet cover, for those who verify and who change them */
#ifndef TORC_DECODE_CHECKSUM_H
#define TORC_DECODE_CHECKSUM_H

#include <torc/layer.h>

/* The IP header before a layer, or NULL. */
const struct torc_layer *checksum_network(const struct torc_decoded *decoded,
					  const struct torc_layer *layer);

/* Bytes from the layer to the end of its IP packet, as the IP header has it. */
uint32_t checksum_message_length(const struct torc_decoded *decoded, const struct torc_layer *ip,
				 const struct torc_layer *layer);

/* The sum of the pseudo-header of a message of that length, not folded. */
uint64_t checksum_pseudo_sum(const struct torc_decoded *decoded, const struct torc_layer *ip,
			     const struct torc_layer *layer, uint32_t length, uint8_t protocol);

/* SCTP's CRC32c of a message, its own four bytes at hole taken as zero, as it is in the packet. */
uint32_t checksum_crc32c(const uint8_t *message, uint32_t length, uint32_t hole);

#endif
