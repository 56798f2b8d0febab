/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fragments.h - frames that carry fragments, made by hand, and an engine that is watched
 *
 * Nothing here uses the library to make a frame.
 */
#ifndef TORC_TEST_FRAGMENTS_H
#define TORC_TEST_FRAGMENTS_H

#include <arpa/inet.h>
#include <errno.h>

#include <torc/torc.h>

#include "test.h"

/* Which datagram, of whom, and what is around it. */
struct frag_path {
	int version;        /* 4 or 6 */
	uint32_t id;
	uint8_t protocol;
	uint8_t tos;
	uint16_t vlan;      /* 0: no tag */
	uint32_t vni;       /* 0: no VXLAN around it */
	uint16_t flags;     /* of IPv4, beside "more fragments" */
	uint8_t last_byte;  /* of the source address */
	bool destination;   /* IPv6: a destination-options header in front of the fragment header */
};

static inline uint8_t *frag_put16(uint8_t *at, unsigned int value)
{
	*at++ = (uint8_t)(value >> 8);
	*at++ = (uint8_t)value;
	return at;
}

static inline uint16_t frag_sum(const uint8_t *p, size_t length)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < length; i += 2)
		sum += (uint32_t)p[i] << 8 | (i + 1 < length ? p[i + 1] : 0);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~(sum + (sum >> 16));
}

static inline uint8_t *frag_ipv4(uint8_t *at, const struct frag_path *path, unsigned int offset,
				 bool more, size_t length)
{
	uint8_t *ip = at;

	memcpy(ip, "\x45\0\0\0\0\0\0\0\x40\0\0\0\x0a\x09\0\x01\x0a\x09\0\x02", 20);
	ip[1] = path->tos;
	frag_put16(ip + 2, 20 + (unsigned int)length);
	frag_put16(ip + 4, path->id);
	frag_put16(ip + 6, offset / 8 | path->flags | (more ? 0x2000 : 0));
	ip[9] = path->protocol;
	ip[15] = path->last_byte ? path->last_byte : 1;
	frag_put16(ip + 10, frag_sum(ip, 20));
	return at + 20;
}

static inline uint8_t *frag_ipv6(uint8_t *at, const struct frag_path *path, unsigned int offset,
				 bool more, size_t length)
{
	memset(at, 0, 40);
	at[0] = (uint8_t)(0x60 | path->tos >> 4);
	at[1] = (uint8_t)(path->tos << 4);
	frag_put16(at + 4, 8 + (path->destination ? 8 : 0) + (unsigned int)length);
	at[6] = path->destination ? 60 : 44;
	at[7] = 64;
	memcpy(at + 8, "\xfd\0\0\x09\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
	memcpy(at + 24, "\xfd\0\0\x09\0\0\0\0\0\0\0\0\0\0\0\x02", 16);
	at[23] = path->last_byte ? path->last_byte : 1;
	at += 40;
	if (path->destination) {
		memcpy(at, "\x2c\0\x01\x04\0\0\0\0", 8); /* PadN */
		at += 8;
	}
	*at++ = path->protocol;
	*at++ = 0;
	at = frag_put16(at, offset | more);
	at = frag_put16(at, path->id >> 16);
	return frag_put16(at, path->id);
}

/* VXLAN in UDP in IPv4, around a frame of that length. */
static inline uint8_t *frag_vxlan(uint8_t *at, uint32_t vni, size_t length)
{
	const struct frag_path outer = { .version = 4, .id = 7, .protocol = 17, .last_byte = 99 };

	at = frag_ipv4(at, &outer, 0, false, 16 + length);
	at = frag_put16(at, 40000);
	at = frag_put16(at, 4789);
	at = frag_put16(at, 16 + (unsigned int)length);
	at = frag_put16(at, 0x1234); /* a checksum */
	memcpy(at, "\x08\0\0\0\0\0\0\0", 8);
	frag_put16(at + 4, vni >> 8);
	at[6] = (uint8_t)vni;
	memcpy(at + 8, "\x02\0\0\0\0\x0b\x02\0\0\0\0\x0a", 12);
	return at + 20;
}

/* The whole frame; returns its length. */
static inline size_t frag_frame(uint8_t *frame, const struct frag_path *path, unsigned int offset,
				bool more, const void *bytes, size_t length)
{
	unsigned int type = path->version == 4 ? 0x0800 : 0x86dd;
	size_t ip = (path->version == 4 ? 20 : path->destination ? 56 : 48) + length;
	uint8_t *at = frame + 12;

	memcpy(frame, "\x02\0\0\0\0\x0b\x02\0\0\0\0\x0a", 12);
	if (path->vlan) {
		at = frag_put16(at, 0x8100);
		at = frag_put16(at, path->vlan);
	}
	if (path->vni) {
		at = frag_put16(at, 0x0800);
		at = frag_vxlan(at, path->vni, 14 + ip);
	}
	at = frag_put16(at, type);
	at = path->version == 4 ? frag_ipv4(at, path, offset, more, length) :
				  frag_ipv6(at, path, offset, more, length);
	memcpy(at, bytes, length);
	return (size_t)(at - frame) + length;
}

/* ---- an engine, and what it says ---- */

static uint64_t frag_now_ns = 1700000000u * UINT64_C(1000000000);

static inline struct torc_defrag *frag_engine(enum torc_defrag_policy policy)
{
	struct torc_defrag_options options = { .size = sizeof(options), .policy = policy };
	struct torc_defrag *defrag;
	struct torc_error error;

	if (torc_defrag_open(&defrag, &options, &error) < 0) {
		note("%s", error.text);
		exit(1);
	}
	return defrag;
}

static inline struct torc_defrag_stats frag_stats(const struct torc_defrag *defrag)
{
	struct torc_defrag_stats stats = { .size = sizeof(stats) };

	torc_defrag_stats(defrag, &stats);
	return stats;
}

/* Is each fragment in exactly one place? */
static inline bool frag_balanced(const struct torc_defrag *defrag)
{
	struct torc_defrag_stats s = frag_stats(defrag);

	return s.fragments == s.joined + s.waiting + s.duplicate + s.overlap + s.too_large +
				      s.bad_length + s.inconsistent + s.tiny + s.no_transport +
				      s.ecn + s.cut + s.too_many + s.timed_out + s.no_memory;
}

/* One frame into the engine, a millisecond after the one before. */
static inline int frag_give(struct torc_defrag *defrag, const uint8_t *frame, size_t length,
			    struct torc_packet *whole)
{
	struct torc_packet packet = { .data = frame, .caplen = (uint32_t)length,
				      .len = (uint32_t)length, .timestamp_ns = frag_now_ns,
				      .link_type = TORC_LINK_ETHERNET, .ifindex = 3 };
	struct torc_decoded decoded;

	frag_now_ns += 1000000;
	torc_decode_packet(&packet, &decoded);
	return torc_defrag_add(defrag, &packet, &decoded, whole);
}

static inline int frag_add(struct torc_defrag *defrag, const struct frag_path *path,
			   unsigned int offset, bool more, const void *bytes, size_t length,
			   struct torc_packet *whole)
{
	uint8_t frame[70000];

	return frag_give(defrag, frame, frag_frame(frame, path, offset, more, bytes, length), whole);
}

#endif
