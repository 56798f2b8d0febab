/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * stream_batch.c - packets in batches give the events that they give one by one: decoded before or
 * not, with few connections and with more than the cache holds
 *
 * The traffic is random, seeded: segments in order, early, twice, cut, with timestamps and without, in
 * a VLAN, in IPv6, with options that no short way knows; SYN, FIN and RST; fragments, UDP and noise.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <torc/stream.h>

#include "test.h"

#define PACKETS	    20000u
#define FRAME_ROOM  160u
#define CONNECTIONS 5000u

struct traffic {
	struct torc_packet packets[PACKETS];
	uint8_t frames[PACKETS][FRAME_ROOM];
	uint32_t count;
	uint32_t next[CONNECTIONS][2]; /* sequence numbers */
	uint64_t dice;
};

static struct traffic traffic;

static uint32_t roll(uint32_t sides)
{
	traffic.dice ^= traffic.dice << 13;
	traffic.dice ^= traffic.dice >> 7;
	traffic.dice ^= traffic.dice << 17;
	return (uint32_t)(traffic.dice >> 33) % sides;
}

static void put(uint8_t *at, uint32_t value, int bytes)
{
	while (bytes-- > 0) {
		at[bytes] = (uint8_t)value;
		value >>= 8;
	}
}

/* Ethernet, at times a tag; IPv4 or, for one connection of eight, IPv6. Returns the bytes of it. */
static uint32_t headers_make(uint8_t *frame, uint32_t connection, bool from, uint32_t tcp_length)
{
	bool ipv6 = connection % 8 == 1;
	uint8_t *ip = frame + 14;

	memcpy(frame, "\2\0\0\0\0\2\2\0\0\0\0\1", 12);
	if (connection % 8 == 2) {
		put(frame + 12, 0x81000007, 4);
		ip += 4;
	}
	put(ip - 2, ipv6 ? 0x86DD : 0x0800, 2);
	if (ipv6) {
		ip[0] = 0x60;
		put(ip + 4, tcp_length, 2);
		put(ip + 6, 0x0640, 2);
		put(ip + 20, from ? connection : 9, 4);
		put(ip + 36, from ? 9 : connection, 4);
		return (uint32_t)(ip - frame) + 40;
	}
	ip[0] = 0x45;
	put(ip + 2, 20 + tcp_length, 2);
	ip[8] = 64;
	ip[9] = roll(50) == 0 ? 17 : 6;
	put(ip + 12, from ? 0x0A000000 + connection : 0x0B000009, 4);
	put(ip + 16, from ? 0x0B000009 : 0x0A000000 + connection, 4);
	if (roll(60) == 0)
		put(ip + 6, 0x2000, 2); /* more fragments */
	return (uint32_t)(ip - frame) + 20;
}

/* Returns the bytes of its header and payload. */
static uint32_t tcp_make(uint8_t *tcp, uint32_t connection, bool from, uint32_t header,
			 uint32_t length)
{
	static const uint8_t flags[] = { 0x10, 0x10, 0x10, 0x18, 0x10, 0x10, 0x18, 0x02,
					 0x12, 0x11, 0x14, 0x30, 0x10, 0x10, 0x10, 0x10 };
	uint32_t *next = &traffic.next[connection][from], seq = *next;
	uint8_t flag = *next == 0 ? 2 : flags[roll(4) ? 0 : roll(sizeof(flags))];

	if (roll(12) == 0)
		seq += roll(5) * length / 2 - length; /* early or again */
	put(tcp + (from ? 0 : 2), 20000, 2);
	put(tcp + (from ? 2 : 0), 80, 2);
	put(tcp + 4, seq, 4);
	put(tcp + 8, traffic.next[connection][!from] - (roll(9) == 0), 4);
	tcp[12] = (uint8_t)(header << 2);
	tcp[13] = flag;
	put(tcp + 14, roll(20) ? 65535 : roll(100), 2);
	put(tcp + 18, roll(8), 2);
	memset(tcp + header, (int)('a' + roll(26)), length); /* what comes again is mostly other bytes */
	*next += length + (flag & 3 ? 1 : 0);
	return header + length;
}

static void packet_make(uint32_t n, uint32_t connections)
{
	uint8_t *frame = traffic.frames[n];
	uint32_t connection = roll(connections), header = 20, length = roll(4) ? 10 + roll(30) : 0;
	bool from = roll(3) == 0;
	uint32_t at, size;

	memset(frame, 0, FRAME_ROOM);
	if (connection % 4 == 0)
		header = 32;
	else if (roll(30) == 0)
		header = 24;
	at = headers_make(frame, connection, from, header + length);
	size = at + tcp_make(frame + at, connection, from, header, length);
	if (header == 32) {
		put(frame + at + 20, 0x0101080A, 4);
		put(frame + at + 24, n - (roll(40) == 0 ? 10 : 0), 4);
	} else if (header == 24) {
		put(frame + at + 20, roll(2) ? 0x01010101 : 0x05FF0000, 4); /* that one is wrong */
	}
	if (roll(70) == 0)
		put(frame + at + 12, roll(16) << 12 | 0x10, 2);
	traffic.packets[n] = (struct torc_packet){
		.data = frame, .caplen = size, .len = size, .link_type = TORC_LINK_ETHERNET,
		.timestamp_ns = 1700000000000000000u + n * UINT64_C(1000000) -
				(roll(30) == 0 ? 5000000 : 0)
	};
	if (roll(50) == 0)
		traffic.packets[n].caplen = roll(size + 1);
	if (roll(50) == 0)
		traffic.packets[n].caplen = traffic.packets[n].len += 6; /* padding */
}

/* ---- events as one number: what each says, and its bytes ---- */

static uint64_t stir(uint64_t sum, uint64_t value)
{
	return (sum ^ value) * UINT64_C(0x100000001B3) + (sum >> 29);
}

static uint64_t sum_event(uint64_t sum, const struct torc_stream_event *event)
{
	sum = stir(sum, (uint64_t)event->type << 16 | (uint64_t)event->side << 8 | event->reason);
	sum = stir(stir(sum, event->offset), event->length);
	sum = stir(stir(sum, event->timestamp_ns), event->packet);
	for (uint32_t i = 0; i < event->length && event->data; i++)
		sum = stir(sum, event->data[i]);
	for (uint32_t i = 0; i < event->length && event->other; i++)
		sum = stir(sum, event->other[i]);
	return sum;
}

struct result {
	uint64_t sum;
	unsigned int calls;
	bool good; /* each call took at least one packet, and no more than there were */
	struct torc_streams_stats stats;
};

static void read_events(struct torc_streams *streams, struct result *result)
{
	const struct torc_stream_event *event;

	while ((event = torc_streams_next(streams)))
		result->sum = sum_event(result->sum, event);
}

enum way { ONE_BY_ONE, DECODED, NOT_DECODED };

static struct torc_decoded decoded[300];

/* So many packets as one batch. */
static void play_batch(struct torc_streams *streams, enum way way, uint32_t first, uint32_t count,
		       struct result *result)
{
	const struct torc_packet *packets = traffic.packets + first;

	if (way != NOT_DECODED)
		torc_decode_batch(packets, count, decoded);
	for (uint32_t at = 0; at < count;) {
		int taken = 1;

		if (way == ONE_BY_ONE)
			result->good = result->good &&
				       torc_streams_add(streams, &packets[at], &decoded[at]) >= 0;
		else
			taken = torc_streams_add_batch(streams, packets + at,
						       way == DECODED ? decoded + at : NULL,
						       count - at);
		if (taken < 1 || (uint32_t)taken > count - at) {
			result->good = false;
			return;
		}
		at += (uint32_t)taken;
		result->calls++;
		read_events(streams, result);
	}
}

static struct result play(enum way way, const struct torc_streams_options *options)
{
	struct result result = { .good = true, .stats.size = sizeof(result.stats) };
	struct torc_streams *streams;

	if (torc_streams_open(&streams, options, NULL) < 0)
		exit(1);
	for (uint32_t n = 0, size = 1; n < traffic.count && result.good; n += size) {
		size = (size * 7 + 5) % 300 + 1; /* batches of all sizes */
		size = size < traffic.count - n ? size : traffic.count - n;
		play_batch(streams, way, n, size, &result);
	}
	torc_streams_finish(streams);
	read_events(streams, &result);
	torc_streams_stats(streams, &result.stats);
	torc_streams_close(streams);
	return result;
}

static void compare(const struct torc_streams_options *options, const char *what)
{
	struct result one = play(ONE_BY_ONE, options), other;

	ok(one.good && one.stats.balanced && one.stats.delivered > 100000 &&
		   one.stats.overlaps > 0 && one.stats.other > 0 && one.stats.fragments > 0,
	   "%s: one by one", what);
	for (int way = DECODED; way <= NOT_DECODED; way++) {
		other = play((enum way)way, options);
		ok(other.good && other.sum == one.sum &&
			   memcmp(&other.stats, &one.stats, sizeof(one.stats)) == 0,
		   "%s: the same in batches, decoded by %s", what,
		   way == DECODED ? "the caller" : "the engine");
		ok(other.calls < one.calls, "%s: in %u calls instead of %u", what, other.calls,
		   one.calls);
	}
}

static void segment_make(uint8_t flags, uint32_t seq, char fill, uint32_t length)
{
	uint32_t n = traffic.count++;
	uint8_t *frame = traffic.frames[n], *tcp;

	memset(frame, 0, FRAME_ROOM);
	tcp = frame + headers_make(frame, 0, false, 20 + length);
	put(tcp, 20000 << 16 | 80, 4);
	put(tcp + 4, seq, 4);
	put(tcp + 12, 0x5000u | flags, 2);
	put(tcp + 14, 65535, 2);
	memset(tcp + 20, fill, length);
	traffic.packets[n] = (struct torc_packet){
		.data = frame, .caplen = 54 + length, .len = 54 + length,
		.link_type = TORC_LINK_ETHERNET
	};
}

/* An event shows bytes that wait, and the next packet overwrites them: not before it was read. */
static void overlaps(void)
{
	struct result one, many;

	memset(&traffic, 0, sizeof(traffic));
	traffic.dice = 88172645463325252u; /* neither a fragment nor UDP */
	segment_make(0x02, 999, 0, 0);
	segment_make(0x10, 1010, 'A', 10);
	segment_make(0x10, 1010, 'B', 10);
	segment_make(0x10, 1005, 'C', 10);
	segment_make(0x10, 1000, 'D', 5);
	one = play(ONE_BY_ONE, NULL);
	many = play(NOT_DECODED, NULL);
	ok(one.stats.overlaps_different == 2 && one.stats.delivered == 20 && many.sum == one.sum,
	   "an event about bytes that wait is read before they change");
}

/* What the call says of the events that were not read, and of nothing. */
static void borders(void)
{
	struct torc_packet empty = { .len = 60, .link_type = TORC_LINK_ETHERNET };
	struct torc_streams *streams;

	torc_streams_open(&streams, NULL, NULL);
	is(torc_streams_add_batch(streams, &empty, NULL, 1), 1, "one of which nothing was captured");
	is(torc_streams_add_batch(streams, traffic.packets, NULL, 0), 0, "no packet, none taken");
	ok(torc_streams_add_batch(streams, traffic.packets, NULL, 100) > 0, "some are taken");
	is(torc_streams_add_batch(streams, traffic.packets, NULL, 100), -EBUSY,
	       "not before their events were read");
	torc_streams_close(streams);
}

int main(void)
{
	static const uint32_t counts[] = { 60, CONNECTIONS };
	struct torc_streams_options options = { .size = sizeof(options) };
	char what[80];

	for (unsigned int i = 0; i < 2; i++) {
		memset(&traffic, 0, sizeof(traffic));
		traffic.dice = 88172645463325252u + i;
		traffic.count = PACKETS;
		for (uint32_t n = 0; n < PACKETS; n++)
			packet_make(n, counts[i]);
		for (unsigned int flags = 0; flags < 4; flags++) {
			options.flags = flags; /* when acknowledged, checksums */
			snprintf(what, sizeof(what), "%u connections, flags %u", counts[i], flags);
			if (!(flags & TORC_STREAMS_CHECKSUMS)) /* all are wrong here */
				compare(&options, what);
		}
		options.flags = 0;
		options.waiting_bytes = 1 << 20;
		options.connection_waiting_bytes = 64 << 10;
		options.max_connections = 40;
		snprintf(what, sizeof(what), "%u connections, small limits", counts[i]);
		compare(&options, what);
		options = (struct torc_streams_options){ .size = sizeof(options) };
	}
	borders();
	overlaps();
	return done();
}
