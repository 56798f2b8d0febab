/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fuzz/defrag.c - any packets, one after another, into an engine of any policy with little memory
 *
 * The first byte chooses policy and link type. Each packet is its length in two bytes, how many 100 ms
 * later it came, and its bytes. After each the account must balance, and what comes out must be a packet
 * that is no fragment of the same datagram any more.
 */
#include <stdlib.h>
#include <string.h>

#include <torc/torc.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void insist(bool holds)
{
	if (!holds)
		abort();
}

static void balanced(const struct torc_defrag *defrag)
{
	struct torc_defrag_stats s = { .size = sizeof(s) };

	torc_defrag_stats(defrag, &s);
	insist(s.fragments == s.joined + s.waiting + s.duplicate + s.overlap + s.too_large +
				      s.bad_length + s.inconsistent + s.tiny + s.no_transport +
				      s.ecn + s.cut + s.too_many + s.timed_out + s.no_memory);
	insist(s.datagrams <= s.joined && (s.waiting == 0 || s.datagrams_waiting > 0));
}

/* A copy of its own, so that one byte too far is seen. */
static void take(struct torc_defrag *defrag, struct torc_packet packet)
{
	uint8_t *bytes = malloc(packet.caplen ? packet.caplen : 1);
	struct torc_decoded decoded;
	struct torc_packet whole;

	if (!bytes)
		return;
	memcpy(bytes, packet.data, packet.caplen);
	packet.data = bytes;
	torc_decode_packet(&packet, &decoded);
	for (int round = 0; torc_defrag_add(defrag, &packet, &decoded, &whole) == TORC_DEFRAG_WHOLE;
	     round++) {
		insist(round < 64 && whole.caplen == whole.len && whole.len > 20);
		insist(whole.flags & TORC_PACKET_REASSEMBLED && torc_defrag_fragments(defrag) > 0);
		packet = whole;
		torc_decode_packet(&packet, &decoded);
		balanced(defrag);
	}
	balanced(defrag);
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint16_t links[] = { TORC_LINK_ETHERNET, TORC_LINK_RAW, TORC_LINK_IPV6,
					  TORC_LINK_LINUX_SLL };
	struct torc_defrag_options options = { .size = sizeof(options), .fragments_max = 64,
					       .memory_bytes = TORC_DEFRAG_MEMORY_MIN };
	struct torc_packet packet = { .timestamp_ns = 1 };
	struct torc_defrag *defrag;

	if (size < 1)
		return 0;
	options.policy = data[0] % TORC_DEFRAG_POLICIES;
	packet.link_type = links[data[0] / TORC_DEFRAG_POLICIES % 4];
	insist(torc_defrag_open(&defrag, &options, NULL) == 0);
	for (data++, size--; size >= 3;) {
		size_t length = (size_t)data[0] << 8 | data[1];

		packet.timestamp_ns += data[2] * UINT64_C(100000000);
		data += 3;
		size -= 3;
		if (length > size)
			length = size;
		packet.data = data;
		packet.caplen = packet.len = (uint32_t)length;
		take(defrag, packet);
		data += length;
		size -= length;
	}
	torc_defrag_close(defrag);
	return 0;
}
