/* SPDX-License-Identifier: BSD-3-Clause */
/* checksum.c - checksums of the golden packets: right, wrong once a byte changes, absent, cut */
#include <torc/checksum.h>

#include "golden.h"
#include "util/crc32c.h"
#include "util/sum.h"

static int state_of(const uint8_t *data, uint32_t caplen, uint32_t len, uint16_t link_type,
		    unsigned int type, uint32_t flags)
{
	struct torc_decoded decoded;

	torc_decode(link_type, data, caplen, len, &decoded);
	return torc_checksum_verify(&decoded, torc_layer_last(&decoded, type), flags, NULL);
}

/* The files whose packets have their checksums filled in; in others they are mostly 0. */
static bool has_checksums(const struct golden *golden)
{
	static const char *const files[] = { "ethernet.txt", "icmp.txt", "ipv4.txt", "ipv6.txt",
					     "link.txt", "tcp.txt", "udp.txt" };
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (strcmp(golden->file, files[i]) == 0)
			return true;
	return false;
}

/* Whole packets of one transport layer: right as they are, wrong when their last byte changes. */
static void whole(const struct golden *golden)
{
	static const unsigned int types[] = { TORC_LAYER_TCP, TORC_LAYER_UDP, TORC_LAYER_ICMPV4,
					      TORC_LAYER_ICMPV6 };
	static uint8_t bytes[sizeof(golden->data)];
	const struct torc_layer *layer;
	struct torc_decoded decoded;
	uint32_t end;
	size_t i;

	if (!has_checksums(golden) || strcmp(golden->status, "complete") != 0)
		return;
	torc_decode(golden->link_type, golden->data, golden->caplen, golden->caplen, &decoded);
	if (decoded.flags & TORC_DECODED_FRAGMENT || strstr(golden->name, "length 0") ||
	    strstr(golden->name, "shorter"))
		return;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		layer = torc_layer_last(&decoded, types[i]);
		if (!layer)
			continue;
		is(torc_checksum_verify(&decoded, layer, 0, NULL), TORC_CHECKSUM_RIGHT,
		   "%s: %s: %s is right", golden->file, golden->name, torc_layer_name(types[i]));
		memcpy(bytes, golden->data, golden->caplen);
		end = layer->offset + layer->header_length + layer->payload_length;
		bytes[end - 1] ^= 0x40;
		is(state_of(bytes, golden->caplen, golden->caplen, golden->link_type, types[i],
			    0) == TORC_CHECKSUM_RIGHT, 0, "and not with a changed byte");
	}
}

/* UDP from 10.0.0.1 to 10.0.0.2, "hello"; the checksums are tshark's. */
static const uint8_t udp[] = {
	0x45, 0, 0, 33, 0, 1, 0, 0, 64, 17, 0x66, 0xc9, 10, 0, 0, 1, 10, 0, 0, 2,
	0x13, 0x88, 0x17, 0x70, 0, 13, 0x7d, 0x07, 'h', 'e', 'l', 'l', 'o'
};

static void states(void)
{
	uint8_t bytes[sizeof(udp)];
	uint32_t n = sizeof(udp);

	memcpy(bytes, udp, n);
	is(state_of(bytes, n, n, TORC_LINK_RAW, TORC_LAYER_IPV4, 0), TORC_CHECKSUM_RIGHT, "IPv4");
	is(state_of(bytes, n, n, TORC_LINK_RAW, TORC_LAYER_UDP, 0), TORC_CHECKSUM_RIGHT, "UDP");
	is(state_of(bytes, n - 1, n, TORC_LINK_RAW, TORC_LAYER_UDP, 0),
	   TORC_CHECKSUM_NOT_CHECKABLE, "UDP that the snaplen cut");
	is(state_of(bytes, n - 1, n, TORC_LINK_RAW, TORC_LAYER_IPV4, 0), TORC_CHECKSUM_RIGHT,
	   "its IPv4 header is whole");
	bytes[27] ^= 1;
	is(state_of(bytes, n, n, TORC_LINK_RAW, TORC_LAYER_UDP, 0), TORC_CHECKSUM_WRONG,
	   "UDP, wrong");
	is(state_of(bytes, n, n, TORC_LINK_RAW, TORC_LAYER_UDP, TORC_PACKET_CHECKSUM_PARTIAL),
	   TORC_CHECKSUM_OFFLOADED, "UDP, left to the card");
	bytes[26] = bytes[27] = 0;
	is(state_of(bytes, n, n, TORC_LINK_RAW, TORC_LAYER_UDP, 0), TORC_CHECKSUM_ABSENT,
	   "UDP, absent");
	bytes[8]--;
	is(state_of(bytes, n, n, TORC_LINK_RAW, TORC_LAYER_IPV4, 0), TORC_CHECKSUM_WRONG,
	   "IPv4, wrong");
	bytes[8]++;
	bytes[6] = 0x20;
	bytes[10] -= 0x20;
	bytes[27] = 1;
	is(state_of(bytes, n, n, TORC_LINK_RAW, TORC_LAYER_UDP, 0), TORC_CHECKSUM_NOT_CHECKABLE,
	   "UDP of a first fragment");
	is(state_of(bytes, n, n, TORC_LINK_RAW, TORC_LAYER_IPV4, 0), TORC_CHECKSUM_RIGHT,
	   "its IPv4 header");
	is(state_of(bytes, n, n, TORC_LINK_RAW, TORC_LAYER_TCP, 0), TORC_CHECKSUM_NONE,
	   "no layer, no checksum");
}

/* What each of the layers' own sums says: right, wrong when any byte of it changes, cut. */
static void sums_of(const uint8_t *whole, uint32_t length, unsigned int type)
{
	const char *name = torc_layer_name(type);
	uint8_t bytes[128];

	memcpy(bytes, whole, length);
	is(state_of(bytes, length, length, TORC_LINK_RAW, type, 0), TORC_CHECKSUM_RIGHT, "%s", name);
	bytes[length - 2] ^= 4;
	is(state_of(bytes, length, length, TORC_LINK_RAW, type, 0), TORC_CHECKSUM_WRONG,
	   "%s, wrong", name);
	is(state_of(bytes, length - 1, length, TORC_LINK_RAW, type, 0),
	   TORC_CHECKSUM_NOT_CHECKABLE, "%s, cut", name);
}

/* GRE of an unknown protocol, "hello"; SCTP with one DATA chunk, "hello" and its padding. tshark agrees. */
static const uint8_t gre[] = {
	0x45, 0x00, 0x00, 0x21, 0x00, 0x01, 0x00, 0x00, 0x40, 0x2f, 0x66, 0xab,
	0x0a, 0x00, 0x00, 0x01, 0x0a, 0x00, 0x00, 0x02, 0x80, 0x00, 0x12, 0x34,
	0x29, 0xf9, 0x00, 0x00, 0x68, 0x65, 0x6c, 0x6c, 0x6f
};
static const uint8_t sctp[] = {
	0x45, 0x00, 0x00, 0x38, 0x00, 0x01, 0x00, 0x00, 0x40, 0x84, 0x66, 0x3f,
	0x0a, 0x00, 0x00, 0x01, 0x0a, 0x00, 0x00, 0x02, 0x0b, 0xb8, 0x0f, 0xa0,
	0xde, 0xad, 0xbe, 0xef, 0x80, 0xe8, 0x9f, 0x8e, 0x00, 0x03, 0x00, 0x15,
	0x00, 0x00, 0x00, 0x01, 0x00, 0x02, 0x00, 0x03, 0x00, 0x00, 0x00, 0x00,
	0x68, 0x65, 0x6c, 0x6c, 0x6f, 0x00, 0x00, 0x00
};

static void other_sums(void)
{
	uint8_t bytes[sizeof(gre)];

	sums_of(gre, sizeof(gre), TORC_LAYER_GRE);
	sums_of(sctp, sizeof(sctp), TORC_LAYER_SCTP);
	{
		/* the packet ends behind the first word of GRE, and the page too */
		uint8_t short_gre[24], *at;

		memcpy(short_gre, gre, sizeof(short_gre));
		short_gre[3] = sizeof(short_gre);
		at = guarded(short_gre, sizeof(short_gre));
		is(state_of(at, sizeof(short_gre), sizeof(short_gre), TORC_LINK_RAW, TORC_LAYER_GRE,
			    0), TORC_CHECKSUM_NOT_CHECKABLE, "GRE that ends before its checksum");
		guarded_free(at, sizeof(short_gre));
	}
	memcpy(bytes, gre, sizeof(gre));
	bytes[20] = 0;
	is(state_of(bytes, sizeof(gre), sizeof(gre), TORC_LINK_RAW, TORC_LAYER_GRE, 0),
	   TORC_CHECKSUM_ABSENT, "GRE, absent");
}

static void internet(void)
{
	/* RFC 1071 §3: the sum of these is ddf2 */
	static const uint8_t bytes[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };
	static const uint8_t odd[] = { 0x12, 0x34, 0x56 };

	is(torc_checksum_internet(bytes, sizeof(bytes)), (uint16_t)~0xddf2, "RFC 1071's example");
	is(torc_checksum_internet(odd, sizeof(odd)), (uint16_t)~(0x1234 + 0x5600), "an odd end");
	is(torc_checksum_internet(odd, 0), 0xFFFF, "nothing");
	is_str(torc_checksum_state_name(TORC_CHECKSUM_NOT_CHECKABLE), "not checkable", "a name");
}

/* As the standards have them, a word and a bit at a time. */
static uint16_t plain_internet(const uint8_t *p, size_t length)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < length; i++)
		sum += i & 1 ? p[i] : (uint32_t)p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xFFFF) + (sum >> 16);
	return (uint16_t)~sum;
}

static uint32_t plain_crc32c(uint32_t crc, const uint8_t *p, size_t length)
{
	for (size_t i = 0; i < length * 8; i++) {
		crc ^= i % 8 ? 0 : p[i / 8];
		crc = crc & 1 ? crc >> 1 ^ 0x82F63B78 : crc >> 1;
	}
	return crc;
}

/* Every length and alignment, at a guard page: the fast sums are the plain ones. */
static void fast(void)
{
	unsigned int wrong_sums = 0, wrong_crcs = 0, wrong_portable = 0;
	uint8_t bytes[600], copy[600], *at;
	uint16_t copied;
	size_t length;

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i < 100 ? 0xFF : i * 167 + i / 7);
	for (length = 0; length <= sizeof(bytes); length++) {
		at = guarded(bytes, length);
		for (size_t from = 0; from < 8 && from <= length; from++) {
			uint32_t crc = plain_crc32c(0xFFFFFFFF, at + from, length - from);

			wrong_sums += torc_checksum_internet(at + from, length - from) !=
				      plain_internet(at + from, length - from);
			copied = sum_checksum(sum_from_network(sum_copy(copy, at + from, length - from)));
			wrong_sums += copied != plain_internet(at + from, length - from) ||
				      memcmp(copy, at + from, length - from) != 0;
			wrong_sums += sum_folded(sum_blocks_portable(at + from, (length - from) / 64)) !=
				      sum_folded(sum_blocks(at + from, (length - from) / 64));
			wrong_crcs += crc32c_add(0xFFFFFFFF, at + from, length - from) != crc;
			wrong_portable +=
				crc32c_add_portable(0xFFFFFFFF, at + from, length - from) != crc;
		}
		guarded_free(at, length);
	}
	is(wrong_sums, 0, "sums of all lengths and alignments, while they are copied, and without AVX2");
	is(wrong_crcs, 0, "CRC32c of them");
	is(wrong_portable, 0, "CRC32c without the instruction");
	is((uint32_t)~crc32c_add(0xFFFFFFFF, "123456789", 9), 0xE3069283, "CRC32c's check value");
}

int main(void)
{
	fast();
	golden_each(whole);
	states();
	other_sums();
	internet();
	return done();
}
