/* SPDX-License-Identifier: BSD-3-Clause */
/* account.c - what became of each byte, and what is known of a connection; names of events */
#include <errno.h>
#include <stdlib.h>

#include "stream/stream.h"

void account_bytes(struct torc_streams *streams, struct torc_stream *stream, unsigned int end,
		   enum fate fate, uint64_t *reason, uint64_t bytes)
{
	struct trouble *trouble;

	if (bytes == 0)
		return;
	if (reason)
		*reason += bytes;
	switch (fate) {
	case FATE_DUPLICATE:
		streams->stats.duplicate += bytes;
		break;
	case FATE_OUTSIDE:
		streams->stats.outside += bytes;
		break;
	case FATE_DROPPED:
		streams->stats.dropped += bytes;
		break;
	}
	trouble = stream ? trouble_of(streams, stream) : NULL;
	if (!trouble)
		return;
	switch (fate) {
	case FATE_DUPLICATE:
		trouble->end[end].duplicate += bytes;
		break;
	case FATE_OUTSIDE:
		trouble->end[end].outside += bytes;
		break;
	case FATE_DROPPED:
		trouble->end[end].dropped += bytes;
		break;
	}
}

static uint64_t pool_bytes(const struct pool *pool, size_t slab_bytes)
{
	return pool->slab_count * (slab_bytes + sizeof(void *));
}

int torc_streams_stats(const struct torc_streams *streams, struct torc_streams_stats *stats)
{
	struct torc_streams_stats now = streams->stats;
	size_t size = stats->size;

	if (size < sizeof(size))
		return -EINVAL;
	now.packets = streams->packet;
	now.balanced = now.payload == now.delivered + now.duplicate + now.outside + now.waiting +
					      now.dropped;
	now.lingering = streams->lists[LIST_CLOSED].count;
	now.memory_waiting_bytes = (uint64_t)streams->arena.used * BLOCK_BYTES;
	now.memory_bytes = sizeof(*streams) + (uint64_t)streams->arena.touched * BLOCK_BYTES +
			   (streams->bucket_mask + UINT64_C(1)) * sizeof(*streams->buckets) +
			   pool_bytes(&streams->streams, SLAB_BYTES) +
			   pool_bytes(&streams->troubles,
				      streams->troubles.slab_objects * sizeof(struct trouble)) +
			   streams->ended_room * sizeof(*streams->ended);
	if (size > sizeof(now))
		memset((char *)stats + sizeof(now), 0, size - sizeof(now));
	memcpy(stats, &now, size < sizeof(now) ? size : sizeof(now));
	stats->size = size;
	return 0;
}

static void side_info(const struct torc_streams *streams, const struct torc_stream *stream,
		      unsigned int end, struct torc_stream_side *side)
{
	const struct trouble *trouble = trouble_if(streams, stream);
	const struct end *from = &stream->end[end];

	memcpy(side->address, end ? stream->key.high : stream->key.low, sizeof(side->address));
	side->port = end ? stream->key.high_port : stream->key.low_port;
	side->syn = stream->flags[end] & END_SYN;
	side->fin = stream->flags[end] & END_FIN;
	side->policy = (uint8_t)policy_of(streams, stream, end);
	side->isn = from->isn;
	side->packets = from->packets;
	side->length = end_next(from);
	if (trouble) {
		const struct trouble_end *more = &trouble->end[end];

		side->packets += more->packets_high << 32;
		side->gaps = more->gaps;
		side->duplicate = more->duplicate;
		side->outside = more->outside;
		side->dropped = more->dropped;
		side->waiting = more->waiting;
		side->different = more->different;
	}
	side->delivered = side->length - side->gaps;
}

int torc_stream_info(const struct torc_streams *streams, const struct torc_stream *stream,
		     struct torc_stream_info *info)
{
	struct torc_stream_info now = { 0 };
	unsigned int client;
	uint32_t age;

	if (!stream || info->size < sizeof(info->size))
		return -EINVAL;
	client = stream->flags[0] & END_CLIENT ? 0 : 1;
	age = ticks(streams) - stream->last;
	now.ip_version = stream->key.scope & SCOPE_IPV6 ? 6 : 4;
	now.opened = (uint8_t)stream_opened(stream);
	now.closed = (uint8_t)stream_closed(stream);
	now.first_ns = stream->first_ns;
	now.last_ns = streams->now_ns - ((uint64_t)age << TICK_BITS);
	if (now.last_ns < now.first_ns)
		now.last_ns = now.first_ns;
	side_info(streams, stream, client, &now.sides[0]);
	side_info(streams, stream, !client, &now.sides[1]);
	now.size = info->size;
	memcpy(info, &now, info->size < sizeof(now) ? info->size : sizeof(now));
	return 0;
}

int torc_stream_set_user(struct torc_streams *streams, const struct torc_stream *stream, void *user)
{
	uint32_t place;
	struct slab_head *head = stream_slab(stream, &place);

	(void)streams;
	if (!head->user)
		head->user = calloc(SLAB_STREAMS, sizeof(*head->user));
	if (!head->user)
		return -ENOMEM;
	head->user[place] = user;
	return 0;
}

void *torc_stream_user(const struct torc_streams *streams, const struct torc_stream *stream)
{
	uint32_t place;
	const struct slab_head *head = stream_slab(stream, &place);

	(void)streams;
	return head->user ? head->user[place] : NULL;
}

/* ---- names ---- */

const char *torc_stream_event_name(int type)
{
	static const char *const names[] = { "open", "data", "gap", "overlap", "close" };

	return type >= TORC_STREAM_OPEN && type <= TORC_STREAM_CLOSE ? names[type - 1] : "unknown";
}

const char *torc_stream_reason_name(int type, int reason)
{
	static const char *const names[][8] = {
		[TORC_STREAM_OPEN] = { "", "syn", "syn-ack", "midstream" },
		[TORC_STREAM_DATA] = { "" },
		[TORC_STREAM_GAP] = { "", "lost", "snaplen", "memory", "time", "urgent" },
		[TORC_STREAM_OVERLAP] = { "", "same", "different", "delivered" },
		[TORC_STREAM_CLOSE] = { "", "fin", "rst", "idle", "reused", "evicted", "finish" },
	};

	if (type < TORC_STREAM_OPEN || type > TORC_STREAM_CLOSE || reason < 0 || reason > 7 ||
	    !names[type][reason])
		return "";
	return names[type][reason];
}
