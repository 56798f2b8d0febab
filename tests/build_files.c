/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * build_files.c - every packet of capture files taken apart and made again is the same bytes; and made from
 * the structs alone, its layers differ in what no struct holds, which docs/packets.md lists
 *
 *	build/tests/build_files [FILE or FOLDER...]	(fuzz/corpus/pcap)
 */
#define _XOPEN_SOURCE 700
#include <ftw.h>

#include <torc/build.h>
#include <torc/torc.h>

#include "test.h"

#define LAYER_BYTES (1u << 20) /* longer packets are made again as they are, and not by structs */

static unsigned long packets, different, layers, layers_copied, layers_different, layers_known;

/* Bytes in which a layer may differ, since no struct holds all of their bits. */
static bool is_known(const struct torc_layer *layer, uint32_t at)
{
	static const struct {
		uint16_t type;
		uint32_t from, to; /* where in the layer */
	} known[] = {
		{ TORC_LAYER_LOOPBACK, 0, 3 },	       /* the order of its bytes */
		{ TORC_LAYER_NTP, 1, UINT32_MAX },     /* control and private messages */
		{ TORC_LAYER_VRRP, 8, UINT32_MAX },    /* authentication data */
		{ TORC_LAYER_OSPF, 15, 23 },	       /* version 3: reserved; version 2: authentication */
		{ TORC_LAYER_TCP, 12, 12 },	       /* reserved, or a data offset that cannot be */
		{ TORC_LAYER_GRE, 0, 1 },	       /* reserved */
		{ TORC_LAYER_IPV6_FRAGMENT, 1, 3 },
		{ TORC_LAYER_ICMPV6_ROUTER_ADVERTISEMENT, 1, 1 }, /* home agent, preference */
		{ TORC_LAYER_ICMPV6_NEIGHBOR_ADVERTISEMENT, 0, 3 },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].type == layer->type && at >= known[i].from && at <= known[i].to)
			return true;
	return false;
}

static void again(const char *path, const struct torc_packet *packet,
		  const struct torc_decoded *decoded)
{
	uint8_t *buffer = malloc(packet->caplen + 1); /* where a sanitizer sees its end */
	struct torc_builder builder;

	torc_build_begin(&builder, packet->link_type, buffer, packet->caplen);
	torc_build_from(&builder, decoded, TORC_BUILD_AS_GIVEN);
	if (torc_build_finish(&builder, NULL) != (int)packet->caplen ||
	    memcmp(buffer, packet->data, packet->caplen) != 0) {
		if (different++ < 10)
			note("%s: packet %lu is other bytes", path, packets);
	}
	free(buffer);
}

static void compare(const char *path, const struct torc_decoded *decoded,
		    const struct torc_layer *layer, const uint8_t *made)
{
	const uint8_t *header = torc_layer_header(decoded, layer);
	bool differs = false;

	layers++;
	for (uint32_t at = 0; at < layer->header_length; at++) {
		if (made[at] == header[at])
			continue;
		differs = true;
		if (!is_known(layer, at) && layers_different++ < 10)
			note("%s: packet %lu: %s: byte %u is %02x, was %02x", path, packets,
			     torc_layer_name(layer->type), at, made[at], header[at]);
	}
	layers_known += differs;
}

/* One layer out of its struct, behind those that were pushed before; what cannot be is copied. */
static void by_structs(const char *path, const struct torc_packet *packet,
		       const struct torc_decoded *decoded)
{
	static uint8_t buffer[2 * LAYER_BYTES];
	struct torc_builder builder;

	if (packet->caplen > LAYER_BYTES)
		return;
	torc_build_begin(&builder, packet->link_type, buffer, sizeof(buffer));
	for (unsigned int i = 0; i < decoded->layer_count; i++) {
		const struct torc_layer *layer = &decoded->layers[i];
		struct torc_builder before = builder;
		_Alignas(16) uint8_t object[512] = { 0 };

		if (torc_layer_read(decoded, layer, layer->type, object, sizeof(object)) == 0 &&
		    torc_build_push(&builder, layer->type, object, sizeof(object),
				    TORC_BUILD_AS_GIVEN) == 0 &&
		    builder.length - before.length == layer->header_length) {
			compare(path, decoded, layer, builder.data + before.length);
			continue;
		}
		builder = before;
		torc_build_payload(&builder, torc_layer_header(decoded, layer), layer->header_length);
		builder.decoded.layers[i].type = layer->type;
		layers_copied++;
	}
}

static int each_file(const char *path, const struct stat *status, int kind, struct FTW *place)
{
	struct torc_decoded decoded;
	struct torc_packet packet;
	struct torc_file *file;

	(void)status;
	(void)place;
	if (kind != FTW_F || torc_file_open(&file, path, NULL, NULL) < 0)
		return 0; /* a folder, or no capture */
	while (torc_file_next(file, &packet) > 0) {
		packets++;
		torc_decode_packet(&packet, &decoded);
		again(path, &packet, &decoded);
		by_structs(path, &packet, &decoded);
	}
	torc_file_close(file);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 2)
		nftw("fuzz/corpus/pcap", each_file, 16, FTW_PHYS);
	for (int i = 1; i < argc; i++)
		nftw(argv[i], each_file, 16, 0);
	ok(packets > 0, "%lu packets", packets);
	is(different, 0, "taken apart and made again, they are the same bytes");
	is(layers_different, 0, "%lu layers by their structs (%lu others are copied): as they were",
	   layers, layers_copied);
	note("%lu layers differ in bits that no struct holds", layers_known);
	return done();
}
