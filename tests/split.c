/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * split.c - packets longer than an MTU: segments carry the same stream, fragments put together are the
 * packet that they were, and what cannot be split is refused
 */
#include <errno.h>

#include <torc/checksum.h>
#include <torc/torc.h>

#include "golden.h"

static uint8_t big[9216];

/* A frame of made packets' plan (torc/send.h); its length. */
static uint32_t make(enum torc_make_protocol protocol, bool ipv6, uint32_t length)
{
	struct torc_maker_options options = { .size = sizeof(options), .lengths = &length,
					      .length_count = 1, .protocol = protocol, .ipv6 = ipv6 };
	struct torc_maker *maker;

	if (torc_maker_open(&maker, &options, NULL) < 0)
		exit(1);
	torc_maker_write(maker, 7, big);
	torc_maker_close(maker);
	return length;
}

static struct torc_packet packet_of(uint32_t length)
{
	return (struct torc_packet){ .data = big, .caplen = length, .len = length,
				     .link_type = TORC_LINK_ETHERNET, .timestamp_ns = 1700000000000000000u };
}

static void allow_fragments(uint32_t length)
{
	struct torc_packet packet = packet_of(length);
	struct torc_assignment assignment;
	struct torc_edit edit;

	torc_edit_begin(&edit, &packet, big, sizeof(big));
	torc_assignment_parse(&assignment, "ipv4.dont_fragment=false", NULL);
	is(torc_edit_set(&edit, &assignment), 0, "may be fragmented");
}

/* The pieces at a guard page, no longer than the MTU, all checksums right. */
static bool piece_is_good(const struct torc_packet *piece, uint32_t mtu, struct torc_decoded *decoded)
{
	bool good = piece->caplen <= 14 + mtu;

	torc_decode_packet(piece, decoded);
	for (unsigned int i = 0; i < decoded->layer_count; i++)
		good &= torc_checksum_verify(decoded, &decoded->layers[i], 0, NULL) !=
			TORC_CHECKSUM_WRONG;
	return good;
}

static void segments(bool ipv6, uint32_t mtu)
{
	const uint32_t headers = ipv6 ? 74 : 54, length = make(TORC_MAKE_TCP, ipv6, 9000);
	uint32_t chunk = mtu - (headers - 14), at = 0, sequence = 0, bad = 0, flags = 0;
	struct torc_packet packet = packet_of(length), piece;
	uint8_t zeros[9216] = { 0 }, *buffer = guarded(zeros, 14 + mtu);
	struct torc_split split;
	int count = torc_split_begin(&split, &packet, mtu, 1), n = 0;

	is(count, (length - headers + chunk - 1) / chunk, "IPv%d: %d segments", ipv6 ? 6 : 4, count);
	while (torc_split_next(&split, buffer, 14 + mtu, &piece) == 1) {
		struct torc_decoded decoded;
		struct torc_tcp tcp;

		bad += !piece_is_good(&piece, mtu, &decoded);
		torc_layer_tcp(&decoded, torc_layer_first(&decoded, TORC_LAYER_TCP), &tcp);
		sequence = n++ == 0 ? tcp.sequence : sequence;
		bad += tcp.sequence != sequence + at;
		bad += at + piece.caplen - headers > length - headers ||
		       memcmp(piece.data + headers, big + headers + at, piece.caplen - headers) != 0;
		at += piece.caplen - headers;
		flags += (tcp.flags & TORC_TCP_PSH) != 0;
	}
	is(n, count, "as many as were told");
	is(bad, 0, "each is right, in order and the same bytes");
	is(at, length - headers, "together they are the whole");
	is(flags, 1, "one has the push flag");
	guarded_free(buffer, 14 + mtu);
}

static void fragments(bool ipv6, uint32_t mtu)
{
	const uint32_t length = make(TORC_MAKE_UDP, ipv6, 5000);
	struct torc_packet packet = packet_of(length), piece, whole;
	uint8_t zeros[9216] = { 0 }, *buffer;
	struct torc_defrag *defrag;
	struct torc_decoded decoded;
	struct torc_split split;
	int count, n = 0, result = 0;
	uint32_t bad = 0;

	if (!ipv6) {
		is(torc_split_begin(&split, &packet, mtu, 1), -EMSGSIZE, "not to be fragmented");
		allow_fragments(length);
	}
	buffer = guarded(zeros, 14 + mtu);
	torc_defrag_open(&defrag, NULL, NULL);
	count = torc_split_begin(&split, &packet, mtu, 1);
	ok(count > 1, "IPv%d: %d fragments", ipv6 ? 6 : 4, count);
	while (torc_split_next(&split, buffer, 14 + mtu, &piece) == 1) {
		n++;
		bad += !piece_is_good(&piece, mtu, &decoded);
		result = torc_defrag_add(defrag, &piece, &decoded, &whole);
	}
	is(n, count, "as many as were told");
	is(bad, 0, "each is right");
	is(result, TORC_DEFRAG_WHOLE, "put together they are whole");
	if (result == TORC_DEFRAG_WHOLE)
		is(whole.caplen == length && memcmp(whole.data, big, length) == 0, 1,
		   "and the packet that they were");
	torc_defrag_close(defrag);
	guarded_free(buffer, 14 + mtu);
}

static void refusals(void)
{
	struct torc_packet packet = packet_of(make(TORC_MAKE_TCP, false, 1000)), piece;
	uint8_t buffer[1000];
	struct torc_split split;

	is(torc_split_begin(&split, &packet, 986, 1), 1, "what fits is one");
	is(torc_split_next(&split, buffer, sizeof(buffer), &piece), 1, "as it is");
	is(memcmp(buffer, big, 1000), 0, "the same bytes");
	is(torc_split_next(&split, buffer, sizeof(buffer), &piece), 0, "and no more");
	is(torc_split_begin(&split, &packet, 67, 1), -EINVAL, "an MTU of 67");
	torc_split_begin(&split, &packet, 500, 1);
	is(torc_split_next(&split, buffer, 100, &piece), -ENOSPC, "a short buffer");
	packet.caplen = 900;
	is(torc_split_begin(&split, &packet, 500, 1), -ENODATA, "a cut packet");
	packet = packet_of(make(TORC_MAKE_UDP, true, 1000));
	packet.flags = TORC_PACKET_CHECKSUM_PARTIAL;
	is(torc_split_begin(&split, &packet, 500, 1), -EOPNOTSUPP, "a checksum left to the card");
	big[12] = 0x12;
	is(torc_split_begin(&split, &packet, 500, 1), -ENOENT, "no IP");
}

/* Any golden packet, at any MTU: no byte outside, pieces decode. */
static void each(const struct golden *golden)
{
	uint8_t *data = guarded(golden->data, golden->caplen);
	struct torc_packet packet = golden_packet(golden, data, golden->caplen), piece;
	uint8_t zeros[sizeof(golden->data)] = { 0 };

	for (uint32_t mtu = 68; mtu < golden->caplen; mtu += 1 + mtu / 8) {
		uint8_t *buffer = guarded(zeros, golden->caplen);
		struct torc_split split;
		int count = torc_split_begin(&split, &packet, mtu, 1), n = 0;

		while (count > 0 && torc_split_next(&split, buffer, golden->caplen, &piece) == 1)
			n++;
		if (count > 0 && n != count && split.left == 0)
			ok(false, "%s: %s at %u", golden->file, golden->name, mtu);
		guarded_free(buffer, golden->caplen);
	}
	guarded_free(data, golden->caplen);
}

int main(void)
{
	segments(false, 1500);
	segments(true, 1500);
	segments(false, 576);
	fragments(false, 1500);
	fragments(true, 1500);
	fragments(false, 100);
	fragments(true, 1280);
	refusals();
	golden_each(each);
	return done();
}
