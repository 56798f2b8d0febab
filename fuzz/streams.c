/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fuzz/streams.c - any segments of a few connections, and the accounts after each of them
 *
 * The first bytes choose options. Then each segment takes 10 bytes: connection and direction, flags,
 * where it lies against what was sent, acknowledgment, window, length, what it carries, how much time
 * passed. Asserted: each byte of payload is in one counter; what is delivered and the gaps follow one
 * another, for each side of each connection, from 0; a connection opens and closes once; what waits
 * is within the limits; nothing waits at the end. A second engine has the same packets in batches: its
 * events and its account are the same.
 */
#include <stdlib.h>
#include <string.h>

#include <torc/stream.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CONNECTIONS 4
#define SEGMENT	    10
#define LIMIT	    (256u << 10)
#define ETHERNET    14u
#define HELD	    8u

/* What the events said of a connection; it hangs on the connection itself. */
struct seen {
	uint64_t next[2];
	bool closed;
};

static uint32_t base[CONNECTIONS][2]; /* sequence numbers that were used last */

static void insist(bool holds)
{
	if (!holds)
		abort();
}

static uint64_t stir(uint64_t sum, uint64_t value)
{
	return (sum ^ value) * UINT64_C(0x100000001B3) + (sum >> 29);
}

/* What an event says, and its bytes, in one number. */
static uint64_t event_sum(uint64_t sum, const struct torc_stream_event *event)
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

/* ---- the second engine ---- */

struct batches {
	struct torc_streams *streams;
	struct torc_packet packets[HELD];
	unsigned int count;
	uint64_t sum;
};

static void batch_events(struct batches *batches)
{
	const struct torc_stream_event *event;

	while ((event = torc_streams_next(batches->streams)))
		batches->sum = event_sum(batches->sum, event);
}

static void batch_end(struct batches *batches)
{
	for (unsigned int at = 0; at < batches->count;) {
		int taken = torc_streams_add_batch(batches->streams, batches->packets + at, NULL,
						   batches->count - at);

		insist(taken > 0 && (unsigned int)taken <= batches->count - at);
		at += (unsigned int)taken;
		batch_events(batches);
	}
	while (batches->count > 0)
		free((void *)(uintptr_t)batches->packets[--batches->count].data);
}

/* The same packet in Ethernet, so that the short way of a batch is taken. */
static void batch_hold(struct batches *batches, const struct torc_packet *packet)
{
	uint8_t *own = malloc(ETHERNET + packet->caplen);

	insist(own);
	memset(own, 2, 12);
	own[12] = 8;
	own[13] = 0;
	memcpy(own + ETHERNET, packet->data, packet->caplen);
	batches->packets[batches->count++] = (struct torc_packet){
		.data = own,
		.caplen = ETHERNET + packet->caplen,
		.len = ETHERNET + packet->len,
		.link_type = TORC_LINK_ETHERNET,
		.timestamp_ns = packet->timestamp_ns,
	};
	if (batches->count == HELD)
		batch_end(batches);
}

/* sum: of the other engine's events, which has come to its end too. */
static void batches_check(struct batches *batches, uint64_t sum,
			  const struct torc_streams_stats *stats)
{
	struct torc_streams_stats s = { .size = sizeof(s) };

	batch_end(batches);
	insist(torc_streams_finish(batches->streams) == 0);
	batch_events(batches);
	torc_streams_stats(batches->streams, &s);
	insist(batches->sum == sum && memcmp(&s, stats, sizeof(s)) == 0);
	torc_streams_close(batches->streams);
}

/* ---- the first one ---- */

static uint64_t event_sums; /* of one input */

static void event_check(struct torc_streams *streams, const struct torc_stream_event *event)
{
	struct torc_stream_info info = { .size = sizeof(info) };
	struct seen *seen = torc_stream_user(streams, event->stream);
	uint32_t i;

	event_sums = event_sum(event_sums, event); /* which reads the bytes */
	if (event->type == TORC_STREAM_OPEN) {
		insist(!seen);
		seen = calloc(1, sizeof(*seen));
		insist(seen && torc_stream_set_user(streams, event->stream, seen) == 0);
	}
	insist(seen && !seen->closed && event->side < 2);
	insist(torc_stream_info(streams, event->stream, &info) == 0);
	if (event->type == TORC_STREAM_DATA || event->type == TORC_STREAM_GAP) {
		insist(event->offset == seen->next[event->side] && event->length > 0);
		seen->next[event->side] += event->length;
	}
	if (event->type != TORC_STREAM_CLOSE)
		return;
	for (i = 0; i < 2; i++) {
		insist(info.sides[i].length == seen->next[i] && info.sides[i].waiting == 0);
		insist(info.sides[i].length == info.sides[i].delivered + info.sides[i].gaps);
	}
	seen->closed = true;
	free(seen);
}

static void account_check(const struct torc_streams *streams)
{
	struct torc_streams_stats s = { .size = sizeof(s) };

	torc_streams_stats(streams, &s);
	insist(s.balanced == 1);
	insist(s.outside == s.before_start + s.window + s.timestamps + s.checksum + s.no_ack +
				    s.refused_syn + s.after_fin + s.after_close + s.in_rst +
				    s.keep_alive + s.urgent + s.no_stream);
	insist(s.dropped == s.memory + s.reset);
	insist(s.packets == s.segments + s.other + s.fragments);
	insist(s.opened == s.open + s.closed_fin + s.closed_rst + s.closed_idle + s.closed_reused +
				   s.closed_evicted + s.closed_finish);
	insist(s.memory_waiting_bytes <= LIMIT && s.waiting <= LIMIT);
}

static void put(uint8_t *at, uint64_t value, int bytes)
{
	while (bytes-- > 0) {
		at[bytes] = (uint8_t)value;
		value >>= 8;
	}
}

/* A segment from 10 bytes of input; returns the length of the packet. */
static uint32_t segment_make(const uint8_t *in, uint8_t *packet, uint32_t *wire)
{
	unsigned int which = in[0] % CONNECTIONS, from = in[0] >> 2 & 1, header = 20;
	uint32_t *next = &base[which][from];
	uint32_t length = in[5] * (in[0] & 0x80 ? 40u : 1u), seq;
	uint8_t *tcp = packet + 20;

	memset(packet, 0, 80);
	packet[0] = 0x45;
	packet[9] = 6;
	put(packet + 12, from ? 2 : 1, 4);
	put(packet + 16, from ? 1 : 2, 4);
	put(tcp + (from ? 2 : 0), 40000 + which, 2);
	put(tcp + (from ? 0 : 2), 80, 2);
	seq = *next + (uint32_t)((int8_t)in[2] * (in[0] & 0x40 ? 300 : 1));
	if (in[0] & 0x20)
		seq = (uint32_t)in[2] << 24 | in[3];
	put(tcp + 4, seq, 4);
	put(tcp + 8, base[which][!from] + (uint32_t)(int8_t)in[3], 4);
	tcp[13] = in[1];
	put(tcp + 14, (uint32_t)in[4] << (in[0] & 0x10 ? 8 : 0), 2);
	put(tcp + 18, in[7], 2);
	if (in[0] & 0x08) {
		memcpy(tcp + 20, "\1\1\10\12", 4);
		put(tcp + 24, in[7], 4);
		header = 32;
	}
	tcp[12] = (uint8_t)(header << 2);
	memset(tcp + header, in[6], length);
	*wire = 20 + header + length + (in[8] & 0x80 ? in[8] : 0);
	put(packet + 2, *wire, 2);
	if ((int32_t)(seq + length - *next) > 0 || in[1] & 2)
		*next = seq + length + !!(in[1] & 3);
	return 20 + header + length;
}

static void events_check(struct torc_streams *streams)
{
	const struct torc_stream_event *event;

	while ((event = torc_streams_next(streams)))
		event_check(streams, event);
	account_check(streams);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct torc_streams_options options = { .size = sizeof(options), .waiting_bytes = LIMIT,
						.max_connections = 16 };
	struct torc_packet packet = { .link_type = TORC_LINK_RAW };
	static uint8_t bytes[80 + 255 * 40];
	struct torc_streams *streams;
	struct batches batches = { 0 };
	struct torc_decoded decoded;

	event_sums = 0;
	if (size < 3)
		return 0;
	memset(base, 0xF0, sizeof(base));
	options.flags = data[0] & 15;
	options.urgent = data[0] >> 4 & 1;
	options.policy = data[1] % TORC_POLICIES;
	options.connection_waiting_bytes = data[2] & 1 ? 64 << 10 : 0;
	insist(torc_streams_open(&streams, &options, NULL) == 0 &&
	       torc_streams_open(&batches.streams, &options, NULL) == 0);
	for (data += 3, size -= 3; size >= SEGMENT; data += SEGMENT, size -= SEGMENT) {
		uint8_t *own;

		packet.caplen = segment_make(data, bytes, &packet.len);
		packet.timestamp_ns += (uint64_t)(data[9] & 0x7F) << (data[9] & 0x80 ? 30 : 18);
		own = malloc(packet.caplen); /* so that one byte too far is seen */
		insist(own);
		memcpy(own, bytes, packet.caplen);
		packet.data = own;
		batch_hold(&batches, &packet);
		torc_decode_packet(&packet, &decoded);
		insist(torc_streams_add(streams, &packet, &decoded) >= 0);
		events_check(streams);
		free(own);
	}
	insist(torc_streams_finish(streams) == 0);
	events_check(streams);
	{
		struct torc_streams_stats s = { .size = sizeof(s) };

		torc_streams_stats(streams, &s);
		insist(s.waiting == 0 && s.open == 0 && s.memory_waiting_bytes == 0);
		batches_check(&batches, event_sums, &s);
	}
	torc_streams_close(streams);
	return 0;
}
