/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * add.c - packets in, one or many: nearly all are the next segment of an open connection, and are
 * done here at once; receive.c has the way of all others
 *
 * A batch goes in groups. First the headers of a group are read and the records of its connections
 * fetched; then each packet is taken, as it would be alone.
 */
#include <errno.h>

#include <torc/checksum.h>

#include "decode/common.h"
#include "stream/stream.h"

#define GROUP	      8u
#define AHEAD	      8u      /* how many packets ahead headers are fetched from memory */
#define TCP_NUMBER    6u
/* of four bytes from the fragment's offset on: that, the flag of more, and the protocol */
#define IPV4_FRAGMENT_AND_PROTOCOL (((uint32_t)IPV4_MORE_FRAGMENTS | IPV4_OFFSET_MASK) << 16 | 0xFF)
#define FRAME_HEADERS (ETHERNET_HEADER + IPV4_HEADER + TCP_HEADER)
#define NOPS_AND_TIME 0x0101080A /* options: two NOPs, timestamps of 10 bytes */


/* A function that is not inlined would have everything stored and loaded again at each step. */
#define ALWAYS_INLINE inline __attribute__((always_inline))

/* A segment in IPv4 with nothing around it that tells connections apart. */
struct plain {
	const uint8_t *tcp; /* NULL: it is none */
	uint32_t header;    /* of TCP */
	uint32_t length;    /* of the payload, all of which was captured */
	uint32_t low, high; /* addresses as in the key */
	uint32_t ports;     /* as they lie in the key */
	uint32_t hash;
	uint32_t from;
};

/* ---- which segment, of which connection ---- */

static inline uint32_t load32(const uint8_t *p)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

/* Two ports as they lie in the key, the source first: numbers of 16 bits in host order. */
static inline uint32_t load_ports(const uint8_t *p)
{
	uint32_t both = load32(p);

	if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
		both = (both & 0x00FF00FF) << 8 | (both >> 8 & 0x00FF00FF);
	return both;
}

static inline uint64_t plain_ends(const struct plain *plain)
{
	uint64_t ends = 0; /* the scope behind the ports is 0 */

	memcpy(&ends, &plain->ports, sizeof(plain->ports));
	return ends;
}

static ALWAYS_INLINE void plain_set(const struct torc_streams *streams, struct plain *plain,
			     const uint8_t *ip, const uint8_t *tcp, uint32_t header,
			     uint32_t length)
{
	uint32_t source = load32(ip + 12), destination = load32(ip + 16), ports = load_ports(tcp);
	bool swap = source > destination;

	plain->tcp = source == destination ? NULL : tcp;
	plain->header = header;
	plain->length = length;
	plain->low = swap ? destination : source;
	plain->high = swap ? source : destination;
	plain->ports = swap ? ports << 16 | ports >> 16 : ports;
	plain->from = swap;
	plain->hash = hash_ends(streams, (uint64_t)plain->low << 32 | plain->high,
				plain_ends(plain));
}

static ALWAYS_INLINE void plain_of_decoded(const struct torc_streams *streams,
				    const struct torc_decoded *decoded, struct plain *plain)
{
	const struct torc_layer *layer = &decoded->layers[decoded->layer_count];

	plain->tcp = NULL;
	if (decoded->layer_count < 2 || decoded->layer_count > 4 || decoded->flags)
		return;
	layer -= layer[-1].type == TORC_LAYER_TCP ? 1 : 2;
	if (layer - decoded->layers > 2 || layer <= decoded->layers ||
	    layer->type != TORC_LAYER_TCP || layer[-1].type != TORC_LAYER_IPV4)
		return;
	plain_set(streams, plain, decoded->data + layer[-1].offset, decoded->data + layer->offset,
		  layer->header_length, layer->payload_length);
}

/*
 * The same of a packet that nobody decoded. What it takes, torc_decode() finds to be Ethernet, IPv4
 * without options or fragment, and TCP without a fault; what it leaves goes through torc_decode().
 */
static ALWAYS_INLINE void plain_of_packet(const struct torc_streams *streams,
				   const struct torc_packet *packet, struct plain *plain)
{
	const uint8_t *ip, *tcp;
	uint32_t total, header;

	plain->tcp = NULL;
	if (packet->link_type != TORC_LINK_ETHERNET || packet->caplen < FRAME_HEADERS ||
	    packet->len > packet->caplen)
		return;
	ip = packet->data + ETHERNET_HEADER;
	tcp = ip + IPV4_HEADER;
	if (torc_be32(ip - 2) >> 8 != 0x080045 ||
	    (torc_be32(ip + 6) & IPV4_FRAGMENT_AND_PROTOCOL) != TCP_NUMBER)
		return;
	total = torc_be16(ip + 2);
	header = (tcp[12] >> 4) * 4u;
	if (total > packet->caplen - ETHERNET_HEADER || header < TCP_HEADER ||
	    total < IPV4_HEADER + header)
		return;
	if (header != TCP_HEADER && (header != 32 || torc_be32(tcp + 20) != NOPS_AND_TIME))
		return;
	plain_set(streams, plain, ip, tcp, header, total - IPV4_HEADER - header);
}

static ALWAYS_INLINE struct torc_stream *find_plain(const struct torc_streams *streams,
					     const struct plain *plain)
{
	uint32_t index = streams->buckets[plain->hash & streams->bucket_mask];
	uint64_t ends = plain_ends(plain), other;

	while (index != NONE) {
		struct torc_stream *stream = stream_at(streams, index);

		memcpy(&other, &stream->key.low_port, sizeof(other));
		if (stream->key.low[0] == plain->low && stream->key.high[0] == plain->high &&
		    other == ends)
			return stream;
		index = stream->chain;
	}
	return NULL;
}

/* ---- data in order: nearly everything ---- */

static ALWAYS_INLINE bool time_is_plain(const uint8_t *tcp, uint32_t header, struct end *end,
				 unsigned int flags, uint32_t seq)
{
	uint32_t time;

	if (header == TCP_HEADER)
		return true;
	if (header != 32 || torc_be32(tcp + 20) != NOPS_AND_TIME || !(flags & END_TIME))
		return false;
	time = torc_be32(tcp + 24);
	if ((int32_t)(time - end->timestamp) < 0)
		return false;
	if (!(flags & END_ACKED) || (int32_t)(seq - end->acked) <= 0)
		end->timestamp = time;
	return true;
}

/* Is what comes next inside of what the receiver offered? See window_end(). */
static ALWAYS_INLINE bool window_is_open(const struct end *end, unsigned int mine, unsigned int other,
				  uint32_t seq)
{
	unsigned int scale = other >> END_SCALE_SHIFT & 15;
	int64_t acked = (int32_t)(end->acked - seq); /* as an offset from what is next */

	if (!(mine & END_ACKED) || !(mine & other & END_SYN))
		return true;
	if (scale == END_SCALE_NONE || (mine >> END_SCALE_SHIFT & 15) == END_SCALE_NONE)
		scale = 0;
	return acked + ((int64_t)end->window << scale) > 0;
}

static inline void event_data(struct torc_streams *streams, const struct torc_stream *stream,
			      bool is_server, uint64_t offset, const uint8_t *data, uint32_t length)
{
	/* there is room: that of a batch is in event_room */
	streams->events[streams->event_count++] = (struct torc_stream_event){
		.type = TORC_STREAM_DATA,
		.side = is_server,
		.length = length,
		.offset = offset,
		.data = data,
		.timestamp_ns = streams->packet_ns,
		.packet = streams->packet,
		.stream = stream,
	};
}

/*
 * A segment of an open connection that has the next bytes, or none, and acknowledges as far as the
 * one before or further. Does all there is to do, or nothing and returns false.
 */
static ALWAYS_INLINE bool receive_fast(struct torc_streams *streams, struct torc_stream *stream,
				       unsigned int from, const uint8_t *tcp, uint32_t header,
				       uint32_t length)
{
	struct end *end = &stream->end[from], *other = &stream->end[!from];
	unsigned int mine = stream->flags[from], theirs = stream->flags[!from];
	const unsigned int all = TORC_TCP_FIN | TORC_TCP_SYN | TORC_TCP_RST | TORC_TCP_URG |
				 TORC_TCP_ACK;
	uint32_t seq = torc_be32(tcp + 4), ack = torc_be32(tcp + 8);
	uint64_t next = end_next(end);

	if (!(mine & theirs & END_FAST) || (tcp[13] & all) != TORC_TCP_ACK ||
	    seq != end->isn + 1 + (uint32_t)next ||
	    (int32_t)(ack - other->isn - 1 - other->next_low) > 0 ||
	    (theirs & END_ACKED && (int32_t)(ack - other->acked) < 0) ||
	    (length > 0 && !window_is_open(end, mine, theirs, seq)) ||
	    end->packets == UINT32_MAX || !time_is_plain(tcp, header, end, mine, seq))
		return false;
	other->acked = ack;
	other->window = torc_be16(tcp + 14);
	stream->flags[!from] = (uint16_t)(theirs | END_ACKED);
	end->packets++;
	stream->last = ticks(streams);
	if (length == 0)
		return true;
	event_data(streams, stream, !(mine & END_CLIENT), next, tcp + header, length);
	streams->stats.delivered += length;
	end_set_next(end, next + length);
	return true;
}

/* ---- everything else ---- */

static void receive_other(struct torc_streams *streams, const struct torc_packet *packet,
			  const struct torc_decoded *decoded)
{
	struct torc_stream *stream;
	struct segment segment;
	unsigned int from;
	struct key key;

	if (decoded->flags & TORC_DECODED_FRAGMENT) {
		streams->stats.fragments++;
		return;
	}
	if (!segment_read(streams, decoded, &segment, &key, &from)) {
		streams->stats.other++;
		return;
	}
	streams->stats.segments++;
	streams->stats.payload += segment.length;
	if (streams->options.flags & TORC_STREAMS_CHECKSUMS &&
	    torc_checksum_verify(decoded, torc_layer_last(decoded, TORC_LAYER_TCP), packet->flags,
				 NULL) == TORC_CHECKSUM_WRONG) {
		account_bytes(streams, NULL, 0, FATE_OUTSIDE, &streams->stats.checksum,
			      segment.length);
		return;
	}
	stream = table_find(streams, &key);
	/* what was not plain for its IPv6, its VLAN or its tunnel may be simply the next segment */
	if (!stream || segment.cut > 0 ||
	    !receive_fast(streams, stream, from, segment.tcp, segment.header, segment.length))
		receive_segment(streams, &segment, &key, from, stream);
}

/* Apart, as the next one too, so that the way of nearly every packet stays short. stream: or NULL. */
static __attribute__((noinline)) void add_plain(struct torc_streams *streams,
						const struct plain *plain,
						struct torc_stream *stream)
{
	struct key key = { .low = { plain->low }, .high = { plain->high } };
	struct segment segment;

	memcpy(&key.low_port, &plain->ports, sizeof(plain->ports));
	segment_fill(&segment, plain->tcp, plain->header, plain->length);
	receive_segment(streams, &segment, &key, plain->from, stream);
}

/* decoded may be NULL */
static __attribute__((noinline)) void add_other(struct torc_streams *streams,
						const struct torc_packet *packet,
						const struct torc_decoded *decoded)
{
	struct torc_decoded own;

	if (!decoded) {
		torc_decode_packet(packet, &own);
		decoded = &own;
	}
	receive_other(streams, packet, decoded);
}

/* ---- packets ---- */

/* Something is given back as soon as the events were read. */
static inline bool owes(const struct torc_streams *streams)
{
	return streams->ended_count > 0 || streams->arena.spent != NONE;
}

/* The events have to be read before another packet comes. */
static inline bool must_be_read(const struct torc_streams *streams)
{
	return owes(streams) || streams->shows_waiting || streams->event_count >= BATCH_EVENTS;
}

static inline int add_begin(struct torc_streams *streams)
{
	if (streams->event_next < streams->event_count || streams->finishing)
		return -EBUSY;
	streams->event_next = streams->event_count = 0;
	streams->shows_waiting = false;
	if (owes(streams))
		end_release(streams);
	return 0;
}

/* The first packet, and whenever it is time to look for what timed out. */
static __attribute__((noinline)) void clock_check(struct torc_streams *streams)
{
	if (!streams->has_time) {
		streams->has_time = true;
		streams->now_ns = streams->base_ns = streams->checked_ns = streams->packet_ns;
	}
	end_check_timeouts(streams);
}

/* True: there may be other events than DATA, and must_be_read() has to be asked. */
static ALWAYS_INLINE bool add_packet(struct torc_streams *streams, const struct torc_packet *packet,
				     const struct torc_decoded *decoded, const struct plain *plain)
{
	struct torc_stream *stream;
	bool checked = false;

	streams->packet++;
	streams->packet_ns = packet->timestamp_ns;
	if (packet->timestamp_ns > streams->now_ns)
		streams->now_ns = packet->timestamp_ns;
	if (__builtin_expect(streams->now_ns >= streams->check_ns, 0)) {
		clock_check(streams);
		checked = true;
	}
	if (!plain->tcp) {
		add_other(streams, packet, decoded);
		return true;
	}
	streams->stats.segments++;
	streams->stats.payload += plain->length;
	stream = find_plain(streams, plain);
	if (stream && receive_fast(streams, stream, plain->from, plain->tcp, plain->header,
				   plain->length))
		return checked;
	add_plain(streams, plain, stream);
	return true;
}

/* Nothing has to be verified or copied that the short way leaves out. */
static inline bool takes_plain(const struct torc_streams *streams)
{
	return !(streams->options.flags & (TORC_STREAMS_CHECKSUMS | TORC_STREAMS_WHEN_ACKED));
}

int torc_streams_add(struct torc_streams *streams, const struct torc_packet *packet,
		     const struct torc_decoded *decoded)
{
	struct plain plain = { 0 };
	int status = add_begin(streams);

	if (status < 0)
		return status;
	if (takes_plain(streams))
		plain_of_decoded(streams, decoded, &plain);
	add_packet(streams, packet, decoded, &plain);
	return (int)streams->event_count;
}

/* ---- many ---- */

struct batch {
	const struct torc_packet *packets;
	const struct torc_decoded *decoded; /* or NULL */
	unsigned int count;
};

static ALWAYS_INLINE void plain_read(const struct torc_streams *streams, const struct batch *batch,
				     unsigned int n, struct plain *plain)
{
	if (batch->decoded)
		plain_of_decoded(streams, &batch->decoded[n], plain);
	else
		plain_of_packet(streams, &batch->packets[n], plain);
}

/* Headers that nobody decoded are not in the cache yet. */
static ALWAYS_INLINE void packet_fetch(const struct batch *batch, unsigned int n)
{
	uintptr_t data;

	if (batch->decoded || n >= batch->count)
		return;
	data = (uintptr_t)batch->packets[n].data; /* may be NULL when nothing was captured */
	__builtin_prefetch((const void *)(data + 12));
	__builtin_prefetch((const void *)(data + FRAME_HEADERS - 1));
}

static ALWAYS_INLINE bool batch_packet(struct torc_streams *streams, const struct batch *batch,
				       unsigned int n, const struct plain *plain)
{
	if (!add_packet(streams, &batch->packets[n], batch->decoded ? &batch->decoded[n] : NULL,
			plain))
		return true;
	return !must_be_read(streams);
}

/* The records of a group's connections, each two or three lines of the cache. */
static inline void group_fetch(const struct torc_streams *streams, const struct plain *group,
			       unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		__builtin_prefetch(&streams->buckets[group[i].hash & streams->bucket_mask]);
	for (unsigned int i = 0; i < count; i++) {
		uint32_t index = streams->buckets[group[i].hash & streams->bucket_mask];

		if (index != NONE) {
			const char *record = (const char *)stream_at(streams, index);

			__builtin_prefetch(record);
			__builtin_prefetch(record + sizeof(struct torc_stream) / 2);
			__builtin_prefetch(record + sizeof(struct torc_stream) - 1);
		}
	}
}

/*
 * The headers of a group, then the records of their connections, then its packets: what one waits for
 * comes while the others are looked at. Returns how many packets were taken.
 */
static unsigned int batch_take(struct torc_streams *streams, const struct batch *batch)
{
	struct plain group[GROUP] = { 0 };

	for (unsigned int done = 0; done < batch->count; done += GROUP) {
		unsigned int size = batch->count - done < GROUP ? batch->count - done : GROUP;

		for (unsigned int i = 0; i < size; i++) {
			packet_fetch(batch, done + i + AHEAD);
			plain_read(streams, batch, done + i, &group[i]);
		}
		group_fetch(streams, group, size);
		for (unsigned int i = 0; i < size; i++)
			if (!batch_packet(streams, batch, done + i, &group[i]))
				return done + i + 1;
	}
	return batch->count;
}

/* Options or a registry that somebody changed: no short way. */
static unsigned int batch_take_other(struct torc_streams *streams, const struct batch *batch)
{
	const struct plain none = { 0 };

	for (unsigned int n = 0; n < batch->count; n++)
		if (!batch_packet(streams, batch, n, &none))
			return n + 1;
	return batch->count;
}

int torc_streams_add_batch(struct torc_streams *streams, const struct torc_packet *packets,
			   const struct torc_decoded *decoded, unsigned int count)
{
	struct batch batch = { packets, decoded, count < BATCH_EVENTS ? count : BATCH_EVENTS };
	int status = add_begin(streams);

	if (status < 0)
		return status;
	for (unsigned int n = 0; n < AHEAD; n++)
		packet_fetch(&batch, n);
	if (!takes_plain(streams) ||
	    (!decoded && (!registry_is_plain() ||
			  registry_find(TORC_BY_IP_PROTOCOL, TCP_NUMBER) != TORC_LAYER_TCP)))
		return (int)batch_take_other(streams, &batch);
	return (int)batch_take(streams, &batch);
}
