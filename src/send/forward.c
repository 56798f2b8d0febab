/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * forward.c - packets of one ring leave by another: a bridge's one direction
 *
 * A captured packet is not always what was on the wire: segments were merged (GRO, or TSO of a sender
 * on the other end of a veth), checksums left to a card that never saw them. Both are made good here;
 * whatever cannot leave is counted by its reason.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <torc/edit.h>
#include <torc/send.h>

#include "engine/engine.h"
#include "send/way.h"
#include "util/error.h"
#include "util/sized.h"

#define HEADER	   14
#define TAG	   4
#define MTU_LEAST  68 /* RFC 791 §3.2 */
#define PIECE_MORE 8  /* an IPv6 fragment header, behind whatever headers the packet has */

struct torc_forwarder {
	struct torc_ring *ring;
	struct torc_forwarder_options options;
	uint32_t mtu; /* of a frame's IP packet */
	uint32_t fragment_id;
	unsigned int queued; /* frames in the ring's queue, and their bytes */
	uint32_t queued_bytes;
	uint64_t full; /* the ring's send_full when it was looked at last */
	uint64_t drops_last; /* of the interface; UINT64_MAX: it could not be read */
	struct torc_forwarder_stats stats;
	uint8_t *finished, *piece;
	size_t finished_room, piece_room;
};

static void learn_mtu(struct torc_forwarder *forwarder)
{
	struct torc_ring_info info = { .size = sizeof(info) };
	uint32_t limit = forwarder->options.mtu, mtu;

	torc_ring_info(forwarder->ring, &info);
	if (torc_way_check_up(info.interface_name, &mtu) < 0)
		mtu = info.mtu;
	forwarder->mtu = limit && limit < mtu ? limit : mtu;
}

static void learn_drops(struct torc_forwarder *forwarder)
{
	struct torc_ring_info info = { .size = sizeof(info) };
	uint64_t drops;

	torc_ring_info(forwarder->ring, &info);
	if (torc_way_interface_drops(info.interface_name, &drops) < 0)
		return; /* away: what it dropped since the last look is not known */
	if (forwarder->drops_last == UINT64_MAX || drops < forwarder->drops_last)
		forwarder->drops_last = forwarder->stats.interface_dropped == TORC_SEND_UNKNOWN ? drops : 0;
	if (forwarder->stats.interface_dropped == TORC_SEND_UNKNOWN)
		forwarder->stats.interface_dropped = 0;
	forwarder->stats.interface_dropped += drops - forwarder->drops_last;
	forwarder->drops_last = drops;
}

static void refuse(struct torc_forwarder *forwarder, int code, unsigned int count)
{
	struct torc_forwarder_stats *stats = &forwarder->stats;

	if (count == 0)
		return;
	stats->code = code;
	switch (code) {
	case -EMSGSIZE:
	case -ENOENT:
	case -EINVAL:
	case -EOPNOTSUPP:
		stats->too_long += count;
		break;
	case -ENODATA:
		stats->cut += count;
		break;
	case -ENOBUFS:
	case -EAGAIN:
		stats->queue_full += count;
		break;
	case -ENETDOWN:
	case -ENODEV:
	case -ENXIO:
		stats->down += count;
		break;
	default:
		stats->failed += count;
	}
}

/* ---- what the ring has in its queue ---- */

/*
 * Sends it. Returns how many frames were refused, *full of them because the interface's queue was full;
 * the others since it is down, away, or in trouble.
 */
static unsigned int flush(struct torc_forwarder *forwarder, unsigned int *full)
{
	struct torc_stats stats = { .size = sizeof(stats) };
	unsigned int queued = forwarder->queued, lost;
	int sent = queued ? torc_ring_flush(forwarder->ring) : 0;

	*full = 0;
	forwarder->queued = forwarder->queued_bytes = 0;
	forwarder->stats.frames += sent > 0 ? (unsigned int)sent : 0;
	lost = queued - (sent > 0 ? (unsigned int)sent : 0);
	if (lost == 0)
		return 0;
	torc_ring_stats(forwarder->ring, &stats);
	*full = stats.send_full - forwarder->full < lost ? (unsigned int)(stats.send_full - forwarder->full)
							 : lost;
	forwarder->full = stats.send_full;
	return lost;
}

/* Is the interface there and up? What a flush does not say. */
static int trouble(struct torc_forwarder *forwarder)
{
	struct torc_ring_info info = { .size = sizeof(info) };
	uint32_t mtu;

	torc_ring_info(forwarder->ring, &info);
	return torc_way_check_up(info.interface_name, &mtu) < 0 ? -ENETDOWN : -EIO;
}

/* The queue holds whole packets only: each frame of it that did not leave is one. */
static void settle(struct torc_forwarder *forwarder)
{
	unsigned int queued = forwarder->queued, full, lost = flush(forwarder, &full);

	forwarder->stats.forwarded += queued - lost;
	refuse(forwarder, -ENOBUFS, full);
	if (lost > full)
		refuse(forwarder, trouble(forwarder), lost - full);
}

/* How many of the frames the queue has room for: it must not flush itself, which tells nothing. */
static unsigned int fitting(const struct torc_forwarder *forwarder, const struct torc_packet *packets,
			    unsigned int count)
{
	uint32_t bytes = forwarder->queued_bytes;
	unsigned int n = 0;

	while (n < count && forwarder->queued + n < TORC_ENGINE_QUEUE &&
	       bytes + packets[n].caplen <= TORC_ENGINE_QUEUE_BYTES)
		bytes += packets[n++].caplen;
	return n;
}

static void enqueue(struct torc_forwarder *forwarder, const struct torc_packet *packets,
		    unsigned int count)
{
	while (count > 0) {
		unsigned int some = fitting(forwarder, packets, count);
		int taken;

		if (some == 0 && forwarder->queued > 0) {
			settle(forwarder);
			continue;
		}
		taken = some ? torc_ring_send_batch(forwarder->ring, packets, some) : -EMSGSIZE;
		if (taken <= 0) {
			refuse(forwarder, taken, 1);
			taken = 1;
		} else {
			forwarder->queued += (unsigned int)taken;
			for (int i = 0; i < taken; i++)
				forwarder->queued_bytes += packets[i].caplen;
		}
		packets += taken;
		count -= (unsigned int)taken;
	}
}

/* ---- packets that are not as they were on the wire ---- */

static bool grow(uint8_t **memory, size_t *room, size_t needed)
{
	uint8_t *larger = needed > *room ? realloc(*memory, needed) : *memory;

	if (!larger)
		return false;
	*memory = larger;
	*room = needed > *room ? needed : *room;
	return true;
}

/* The checksums that were left to the card; data is then this forwarder's, until the next. */
static int finish(struct torc_forwarder *forwarder, struct torc_packet *packet)
{
	struct torc_edit edit;

	if (!grow(&forwarder->finished, &forwarder->finished_room, packet->caplen))
		return -ENOMEM;
	torc_edit_begin(&edit, packet, forwarder->finished, forwarder->finished_room);
	torc_edit_finish(&edit);
	torc_edit_packet(&edit, packet);
	forwarder->stats.finished++;
	return 0;
}

/* All pieces, or a negative code: the queue is empty before and after. */
static int send_pieces(struct torc_forwarder *forwarder, struct torc_split *split, int count)
{
	size_t room = (size_t)split->packet.caplen + PIECE_MORE;
	unsigned int full;
	int code = 0;

	if (!grow(&forwarder->piece, &forwarder->piece_room, room))
		return -ENOMEM;
	while (count-- > 0 && code == 0) {
		struct torc_packet piece;

		if (torc_split_next(split, forwarder->piece, room, &piece) != 1)
			break;
		if (fitting(forwarder, &piece, 1) == 0 && flush(forwarder, &full) > 0)
			code = full ? -ENOBUFS : trouble(forwarder);
		if (code == 0)
			code = torc_ring_send_batch(forwarder->ring, &piece, 1);
		if (code <= 0)
			break;
		code = 0;
		forwarder->queued++;
		forwarder->queued_bytes += piece.caplen;
	}
	if (flush(forwarder, &full) > 0 && code == 0)
		code = full ? -ENOBUFS : trouble(forwarder);
	return code;
}

static void split(struct torc_forwarder *forwarder, struct torc_packet packet)
{
	uint32_t source_mtu = forwarder->options.source_mtu;
	struct torc_split pieces;
	int count = torc_split_begin(&pieces, &packet, forwarder->mtu, ++forwarder->fragment_id);

	if (count == -EOPNOTSUPP && packet.flags & TORC_PACKET_CHECKSUM_PARTIAL &&
	    finish(forwarder, &packet) == 0)
		count = torc_split_begin(&pieces, &packet, forwarder->mtu, forwarder->fragment_id);
	if (count > 1 && pieces.transport == 0 && source_mtu && packet.len > source_mtu + HEADER + 2 * TAG)
		count = -EMSGSIZE; /* merged datagrams: where one ends is not known */
	if (count == 1)
		count = -EMSGSIZE; /* it is the link header that is too long, or what is behind IP */
	settle(forwarder);
	if (count > 0) {
		int code = send_pieces(forwarder, &pieces, count);

		if (code == 0) {
			forwarder->stats.split++;
			forwarder->stats.forwarded++;
			return;
		}
		count = code;
	}
	refuse(forwarder, count, 1);
	if (count == -EMSGSIZE)
		learn_mtu(forwarder);
}

static bool is_tagged(const struct torc_packet *packet)
{
	return packet->caplen >= HEADER && packet->data[12] == 0x81 && packet->data[13] == 0;
}

static bool is_plain(const struct torc_forwarder *forwarder, const struct torc_packet *packet)
{
	return packet->caplen == packet->len && !(packet->flags & TORC_PACKET_CHECKSUM_PARTIAL) &&
	       packet->caplen <= forwarder->mtu + HEADER + (is_tagged(packet) ? TAG : 0);
}

static void send_special(struct torc_forwarder *forwarder, const struct torc_packet *given)
{
	struct torc_packet packet = *given;

	if (packet.caplen < packet.len) {
		refuse(forwarder, -ENODATA, 1);
	} else if (packet.caplen > forwarder->mtu + HEADER + (is_tagged(&packet) ? TAG : 0)) {
		split(forwarder, packet);
	} else if (finish(forwarder, &packet) < 0) {
		refuse(forwarder, -ENOMEM, 1);
	} else {
		enqueue(forwarder, &packet, 1); /* which copies it */
	}
}

unsigned int torc_forwarder_send(struct torc_forwarder *forwarder, const struct torc_packet *packets,
				 unsigned int count)
{
	uint64_t before = forwarder->stats.forwarded;
	unsigned int i = 0;

	forwarder->stats.packets += count;
	while (i < count) {
		unsigned int end = i;

		while (end < count && is_plain(forwarder, &packets[end]))
			end++;
		enqueue(forwarder, packets + i, end - i);
		for (i = end; i < count && !is_plain(forwarder, &packets[i]); i++)
			send_special(forwarder, &packets[i]);
	}
	settle(forwarder);
	return (unsigned int)(forwarder->stats.forwarded - before);
}

/* ---- the object ---- */

int torc_forwarder_open(struct torc_forwarder **forwarder, struct torc_ring *to,
			const struct torc_forwarder_options *given, struct torc_error *error)
{
	struct torc_ring_info info = { .size = sizeof(info) };
	struct torc_forwarder_options options = { 0 };
	struct torc_forwarder *made;
	int code = torc_sized_take(&options, sizeof(options), given, "torc_forwarder_options", error);

	if (code < 0)
		return code;
	torc_ring_info(to, &info);
	if (!info.can_send)
		return torc_error_set(error, -EOPNOTSUPP, "%s cannot send", info.device);
	if (info.link_type != TORC_LINK_ETHERNET)
		return torc_error_set(error, -EMEDIUMTYPE,
				      "%s is not Ethernet, and only that is forwarded", info.device);
	if (options.mtu && options.mtu < MTU_LEAST)
		return torc_error_set(error, -EINVAL, "an MTU of %u: %u is the least", options.mtu,
				      MTU_LEAST);
	made = calloc(1, sizeof(*made));
	if (!made)
		return torc_error_set(error, -ENOMEM, "no memory for a forwarder");
	made->ring = to;
	made->options = options;
	made->drops_last = UINT64_MAX;
	made->stats.interface_dropped = TORC_SEND_UNKNOWN;
	learn_mtu(made);
	learn_drops(made);
	*forwarder = made;
	return 0;
}

void torc_forwarder_close(struct torc_forwarder *forwarder)
{
	if (!forwarder)
		return;
	free(forwarder->finished);
	free(forwarder->piece);
	free(forwarder);
}

int torc_forwarder_stats(struct torc_forwarder *forwarder, struct torc_forwarder_stats *stats)
{
	learn_drops(forwarder);
	learn_mtu(forwarder); /* of an interface that was changed, or made again */
	return torc_sized_give(stats, &forwarder->stats, sizeof(forwarder->stats));
}
