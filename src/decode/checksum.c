/* SPDX-License-Identifier: BSD-3-Clause */
/* checksum.c - RFC 1071 sums with IP's pseudo-headers, and SCTP's CRC32c, verified */
#include <torc/checksum.h>
#include <torc/layers/network/ip.h>

#include "decode/checksum.h"
#include "decode/registry.h"
#include "util/crc32c.h"
#include "util/sum.h"

#define PROTOCOL_UDP 17
#define HOME_ADDRESS 0xC9

/* ---- sums ---- */

uint16_t torc_checksum_internet(const void *data, size_t length)
{
	return sum_checksum(sum_add(0, data, length));
}

uint32_t checksum_crc32c(const uint8_t *message, uint32_t length, uint32_t hole)
{
	uint32_t crc = crc32c_add(0xFFFFFFFF, message, hole);

	crc = crc32c_add(crc, "\0\0\0", 4);
	crc = crc32c_add(crc, message + hole + 4, length - hole - 4);
	return __builtin_bswap32(~crc); /* written with its lowest byte first */
}

/* ---- what a checksum covers ---- */

const struct torc_layer *checksum_network(const struct torc_decoded *decoded,
					  const struct torc_layer *layer)
{
	while (layer-- > decoded->layers)
		if (layer->type == TORC_LAYER_IPV4 || layer->type == TORC_LAYER_IPV6)
			return layer;
	return NULL;
}

uint32_t checksum_message_length(const struct torc_decoded *decoded, const struct torc_layer *ip,
				 const struct torc_layer *layer)
{
	const uint8_t *p = torc_layer_header(decoded, ip);
	uint32_t before = layer->offset - ip->offset;
	uint32_t total = ip->type == TORC_LAYER_IPV4 ? torc_be16(p + 2) : torc_be16(p + 4);

	if (total == 0) /* a jumbogram, or offloaded */
		return decoded->len - layer->offset;
	if (ip->type == TORC_LAYER_IPV6)
		total += 40;
	return total >= before ? total - before : 0;
}

/*
 * The destination of the pseudo-header: with a routing header that still has segments left, the
 * last one to be visited, which type 4 has first and the others have last.
 */
static const uint8_t *final_destination(const struct torc_decoded *decoded,
					const struct torc_layer *ip,
					const struct torc_layer *layer)
{
	const struct torc_layer *extension;
	const uint8_t *p;
	uint32_t count;

	for (extension = ip + 1; extension < layer; extension++) {
		p = torc_layer_header(decoded, extension);
		count = (extension->header_length - 8) / 16;
		if (extension->type != TORC_LAYER_IPV6_ROUTING || p[3] == 0 || count == 0)
			continue;
		if (p[2] == 4)
			return p + 8;
		if (p[2] == 0 || p[2] == 2)
			return p + 8 + 16 * (count - 1);
	}
	return torc_layer_header(decoded, ip) + 24;
}

/* The source of the pseudo-header: with a home address option, that (RFC 6275 §6.3). */
static const uint8_t *first_source(const struct torc_decoded *decoded, const struct torc_layer *ip,
				   const struct torc_layer *layer)
{
	const struct torc_layer *extension;
	struct torc_ipv6_options options;
	struct torc_ipv6_option option;
	uint32_t position;

	for (extension = ip + 1; extension < layer; extension++) {
		if (torc_layer_read(decoded, extension, TORC_LAYER_IPV6_DESTINATION, &options,
				    sizeof(options)) < 0)
			continue;
		for (position = 0; torc_ipv6_option_next(&options, &position, &option);)
			if (option.type == HOME_ADDRESS && option.data.length == 16)
				return option.data.data;
	}
	return torc_layer_header(decoded, ip) + 8;
}

uint64_t checksum_pseudo_sum(const struct torc_decoded *decoded, const struct torc_layer *ip,
			     const struct torc_layer *layer, uint32_t length, uint8_t protocol)
{
	const uint8_t *p = torc_layer_header(decoded, ip);
	uint64_t sum = (uint64_t)protocol + (length >> 16) + (length & 0xFFFF);

	if (ip->type == TORC_LAYER_IPV4)
		return sum_add(sum, p + 12, 8);
	sum = sum_add(sum, first_source(decoded, ip, layer), 16);
	return sum_add(sum, final_destination(decoded, ip, layer), 16);
}

/* ---- verifying ---- */

static int compare(uint32_t found, uint32_t expected, struct torc_checksum *checksum)
{
	checksum->found = found;
	checksum->expected = expected;
	return found == expected ? TORC_CHECKSUM_RIGHT : TORC_CHECKSUM_WRONG;
}

/* The RFC 1071 sum of bytes with the checksum's own place taken as zero, and start added. */
static int compare_sum(const uint8_t *p, uint32_t length, uint32_t at, uint64_t start,
		       bool zero_is_absent, struct torc_checksum *checksum)
{
	uint16_t found = torc_be16(p + at);
	/* less the checksum itself, as one's-complement arithmetic subtracts */
	uint16_t expected = sum_checksum(sum_add(start, p, length) + (uint16_t)~found);

	/* 0 and 0xFFFF are the same number there; who cannot say 0 says 0xFFFF (RFC 768) */
	if (expected == 0 && (zero_is_absent || found == 0xFFFF))
		expected = 0xFFFF;
	return compare(found, expected, checksum);
}

/* Checksums that cover the payload: the message must be there as a whole. */
static int verify_message(const struct torc_decoded *decoded, const struct torc_layer *layer,
			  const struct torc_layer_checksum *how, struct torc_checksum *checksum)
{
	const struct torc_layer *ip = checksum_network(decoded, layer);
	const uint8_t *p = torc_layer_header(decoded, layer);
	uint32_t length = layer->header_length + layer->payload_length;
	bool udp = how->method == TORC_SUM_PSEUDO && how->protocol == PROTOCOL_UDP;
	uint64_t start = 0;
	uint32_t needed;

	if (how->method == TORC_SUM_GRE && !(p[0] & 0x80))
		return TORC_CHECKSUM_ABSENT;
	if (how->offset + 2u > length) /* GRE's is among what may be cut */
		return TORC_CHECKSUM_NOT_CHECKABLE;
	if (udp && torc_be16(p + how->offset) == 0)
		return TORC_CHECKSUM_ABSENT;
	if (!ip || decoded->flags & TORC_DECODED_FRAGMENT)
		return TORC_CHECKSUM_NOT_CHECKABLE;
	needed = udp && torc_be16(p + 4) != 0 ? torc_be16(p + 4) :
						checksum_message_length(decoded, ip, layer);
	if (length < needed)
		return TORC_CHECKSUM_NOT_CHECKABLE;
	length = needed;
	if (how->method == TORC_SUM_CRC32C && length < how->offset + 4u)
		return TORC_CHECKSUM_NOT_CHECKABLE;
	if (how->method == TORC_SUM_CRC32C)
		return compare(torc_be32(p + how->offset), checksum_crc32c(p, length, how->offset),
			       checksum);
	if (how->method == TORC_SUM_PSEUDO)
		start = checksum_pseudo_sum(decoded, ip, layer, length, how->protocol);
	return compare_sum(p, length, how->offset, start, udp, checksum);
}

int torc_checksum_verify(const struct torc_decoded *decoded, const struct torc_layer *layer,
			 uint32_t packet_flags, struct torc_checksum *checksum)
{
	const struct torc_layer_ops *ops = layer ? layer_ops(layer->type) : NULL;
	struct torc_checksum found = { 0, 0 };
	unsigned int method = ops ? ops->checksum.method : TORC_SUM_NONE;
	uint32_t size = method == TORC_SUM_CRC32C ? 4 : 2;
	int state = TORC_CHECKSUM_NONE;

	if (method != TORC_SUM_NONE &&
	    ops->checksum.offset + size > layer->header_length + layer->payload_length &&
	    method != TORC_SUM_GRE)
		state = TORC_CHECKSUM_NOT_CHECKABLE;
	else if (method == TORC_SUM_HEADER)
		state = compare_sum(torc_layer_header(decoded, layer), layer->header_length,
				    ops->checksum.offset, 0, false, &found);
	else if (method != TORC_SUM_NONE)
		state = verify_message(decoded, layer, &ops->checksum, &found);
	if (state == TORC_CHECKSUM_WRONG && method != TORC_SUM_HEADER &&
	    packet_flags & TORC_PACKET_CHECKSUM_PARTIAL)
		state = TORC_CHECKSUM_OFFLOADED;
	if (checksum)
		*checksum = found;
	return state;
}

const char *torc_checksum_state_name(int state)
{
	static const char *const names[] = { "none", "right", "wrong", "absent", "not checkable",
					     "offloaded" };

	return state >= 0 && state < (int)(sizeof(names) / sizeof(names[0])) ? names[state] :
									       "unknown";
}
