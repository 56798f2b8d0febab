/* SPDX-License-Identifier: BSD-3-Clause */
/* decode_faults.h - what holds for any bytes that are decoded: NULL, or what is wrong */
#ifndef TORC_TESTS_DECODE_FAULTS_H
#define TORC_TESTS_DECODE_FAULTS_H

#include <string.h>

#include <torc/decode.h>

static inline const char *fault(const struct torc_decoded *decoded)
{
	const struct torc_layer *layer = decoded->layers;
	uint32_t at = 0, trailer, length;
	unsigned int i;

	for (i = 0; i < decoded->layer_count; i++, layer++) {
		if (layer->offset != at)
			return "layers do not follow each other";
		at += layer->header_length;
		if (at > decoded->caplen || layer->payload_length > decoded->caplen - at)
			return "a layer is longer than the packet";
		if (layer->type == TORC_LAYER_DECODE_FAILURE && !decoded->reason)
			return "a failure without a reason";
	}
	trailer = torc_trailer(decoded, &length);
	if (trailer + length != decoded->caplen)
		return "layers and trailer are not the packet";
	return NULL;
}

/* The short way of plain packets, without and with targets, and the long way must not differ. */
static inline const char *paths_fault(const struct torc_packet *packet)
{
	struct torc_target target = { .type = TORC_LAYER_TCP };
	struct torc_decode_options long_way = { .size = sizeof(long_way) };
	struct torc_decode_options options = { .size = sizeof(options), .target_count = 1,
					       .targets = &target };
	struct torc_decoded a, b, c;

	torc_decode_packet(packet, &a);
	torc_decode_with(packet, &long_way, &b);
	torc_decode_with(packet, &options, &c);
	if (a.status != b.status || a.flags != b.flags || a.registry != b.registry ||
	    a.number != b.number || a.failed_type != b.failed_type || !a.reason != !b.reason ||
	    (a.reason && strcmp(a.reason, b.reason) != 0))
		return "the two ways of decoding differ in the outcome";
	if (a.layer_count != b.layer_count ||
	    memcmp(a.layers, b.layers, a.layer_count * sizeof(a.layers[0])) != 0)
		return "the two ways of decoding differ in the layers";
	if (c.status != b.status || c.flags != b.flags || c.layer_count != b.layer_count ||
	    memcmp(c.layers, b.layers, c.layer_count * sizeof(c.layers[0])) != 0)
		return "decoding with targets differs";
	if (target.found != (torc_layer_first(&b, TORC_LAYER_TCP) != NULL))
		return "a target was found that is not there, or not found";
	return NULL;
}

#endif
