/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afpacket_v2.c - TPACKET_V2: one frame at a time, at once (TORC_IMMEDIATE)
 *
 * The memory is an array of frames of one size; the kernel wakes the reader for each frame it has
 * written. A "block" of this engine is a run of frames that were ready together.
 *
 * A frame holds what the MTU allows. Longer packets (merged by GRO, or not yet segmented) are rare
 * where somebody looks at each packet at once, and frames for them would be thirty times fewer. The
 * kernel puts the beginning into the frame and the whole into the socket's receive queue, in the
 * order of the frames (PACKET_COPY_THRESH, TP_STATUS_COPY), and it is read from there when the frame
 * is acquired. If that queue is full the packet stays cut: caplen < len, counted as truncated.
 */
#include <errno.h>
#include <limits.h>
#include <linux/if_ether.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/afpacket.h"

#define RUN_MAX     64
#define QUEUE_SHARE 4 /* the receive queue for long packets: of the frames' memory */
#define IN_RUN      0xff /* taken[] of a frame behind the first of its run */
#define FRAME_LEAST 2048u
#define FRAME_MOST  16384u
#define BLOCK_BYTES 65536u
#define OVERHEAD    128u /* of a frame, beside the packet's bytes: header, address, headroom */

/* A packet that is longer than a frame, whole; room for a tag or a cooked header in front. */
struct afp_copy {
	uint32_t length;
	uint8_t headroom[AFP_COOKED_BYTES];
	uint8_t bytes[];
};

static struct tpacket2_hdr *frame(const struct afpacket *engine, const struct afp_map *map,
				  unsigned int unit)
{
	return (void *)(map->memory + (size_t)unit * engine->unit_bytes);
}

static bool is_ready(const struct afpacket *engine, const struct afp_map *map, unsigned int unit)
{
	/* Acquire: what the kernel wrote into the frame is seen after the status is. */
	return !map->taken[unit] &&
	       __atomic_load_n(&frame(engine, map, unit)->tp_status, __ATOMIC_ACQUIRE) &
		       TP_STATUS_USER;
}

static int v2_set_size(struct afpacket *engine)
{
	uint64_t buffer = engine->config.buffer_bytes ?: AFP_BUFFER_BYTES;
	unsigned int mtu = engine->ifindex ? afp_mtu(-1, engine->name) : 0;
	unsigned int want = mtu + ETH_HLEN + 2 * AFP_TAG_BYTES, size = FRAME_LEAST;

	if (want > engine->config.snaplen)
		want = engine->config.snaplen;
	while (size < want + OVERHEAD && size <= FRAME_MOST)
		size *= 2;
	if (size > FRAME_MOST) /* loopback: most packets are far shorter than its MTU */
		size = FRAME_LEAST;
	engine->block_bytes = BLOCK_BYTES;
	if (buffer < 2 * BLOCK_BYTES && engine->config.buffer_bytes)
		buffer = 2 * BLOCK_BYTES;
	if (buffer / engine->block_bytes < 2)
		return -EINVAL;
	engine->unit_bytes = size;
	engine->unit_count =
		(unsigned int)(buffer / engine->block_bytes * (engine->block_bytes / size));
	return engine->unit_count > 0xffffff ? -EINVAL : 0;
}

static int v2_request(struct afpacket *engine, int fd)
{
	struct tpacket_req request = { .tp_block_size = engine->block_bytes,
				       .tp_frame_size = engine->unit_bytes,
				       .tp_frame_nr = engine->unit_count };
	uint64_t queue = (uint64_t)engine->unit_bytes * engine->unit_count / QUEUE_SHARE;
	int bytes = queue < INT_MAX / 2 ? (int)queue : INT_MAX / 2, on = 1;

	/* without CAP_NET_ADMIN as much as net.core.rmem_max allows */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	setsockopt(fd, SOL_PACKET, PACKET_COPY_THRESH, &on, sizeof(on));
	request.tp_block_nr = engine->unit_count / (engine->block_bytes / engine->unit_bytes);
	if (setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)) < 0)
		return -errno;
	return 0;
}

/* Packets leave the receive queue in the order of their frames, so each frame must be asked for. */
static void fetch_copy(struct afpacket *engine, struct afp_map *map, unsigned int unit)
{
	const struct tpacket2_hdr *header = frame(engine, map, unit);
	struct afp_copy *copy;
	uint32_t length = header->tp_len;
	ssize_t got;

	if (!(header->tp_status & TP_STATUS_COPY) || map->fd < 0)
		return;
	if (!map->copies)
		map->copies = calloc(engine->unit_count, sizeof(struct afp_copy *));
	if (map->copies && map->copies[unit])
		return;
	if (length > engine->config.snaplen)
		length = engine->config.snaplen;
	copy = map->copies ? malloc(sizeof(*copy) + length) : NULL;
	do { /* without memory it is read too, to keep the order, and stays cut */
		got = recv(map->fd, copy ? copy->bytes : NULL, copy ? length : 0, MSG_DONTWAIT);
		engine->saw_down |= got < 0 && errno == ENETDOWN;
	} while (got < 0 && (errno == EINTR || errno == ENETDOWN));
	if (!copy || got < (ssize_t)header->tp_snaplen) {
		free(copy);
		return;
	}
	copy->length = (uint32_t)got;
	map->copies[unit] = copy;
}

static void free_copy(struct afp_map *map, unsigned int unit)
{
	if (!map->copies)
		return;
	free(map->copies[unit]);
	map->copies[unit] = NULL;
}

static void v2_forget(struct afpacket *engine, struct afp_map *map)
{
	for (unsigned int unit = 0; map->copies && unit < engine->unit_count; unit++)
		free(map->copies[unit]);
	free(map->copies);
	map->copies = NULL;
}

/* A frame is ready when it is written. What is longer must be read while there is the socket. */
static void v2_settle(struct afpacket *engine, struct afp_map *map)
{
	unsigned int unit = map->cursor;

	for (unsigned int i = 0; i < engine->unit_count && is_ready(engine, map, unit); i++) {
		fetch_copy(engine, map, unit);
		unit = (unit + 1) % engine->unit_count;
	}
}

static bool v2_drained(struct afpacket *engine, const struct afp_map *map)
{
	return !is_ready(engine, map, map->cursor);
}

static const struct afp_format v2_format = { .version = TPACKET_V2,
					     .set_size = v2_set_size,
					     .request = v2_request,
					     .settle = v2_settle,
					     .drained = v2_drained,
					     .forget = v2_forget };

static int v2_open(struct torc_engine **engine, const struct torc_engine_config *config,
		   struct torc_error *error)
{
	return afp_open(engine, config, &v2_format, error);
}

static unsigned int ready_run(const struct afpacket *engine, const struct afp_map *map,
			      unsigned int max)
{
	unsigned int count = 0, room = engine->unit_count - map->cursor;

	if (room < max)
		max = room;
	while (count < max && is_ready(engine, map, map->cursor + count))
		count++;
	return count;
}

static int v2_acquire(struct torc_engine *base, uint32_t *token)
{
	struct afpacket *engine = afpacket(base);

	for (struct afp_map *map = afp_next_map(engine, NULL); map;
	     map = afp_next_map(engine, map)) {
		unsigned int run = ready_run(engine, map, RUN_MAX);

		if (run == 0) {
			afp_map_released(engine, map);
			continue;
		}
		*token = afp_token(engine, map, map->cursor);
		map->taken[map->cursor] = (uint8_t)run;
		for (unsigned int i = 1; i < run; i++)
			map->taken[map->cursor + i] = IN_RUN;
		for (unsigned int i = 0; i < run; i++)
			fetch_copy(engine, map, map->cursor + i);
		engine->left = run;
		engine->reading = map;
		engine->next_unit = map->cursor;
		engine->next = (uint8_t *)frame(engine, map, map->cursor);
		map->cursor = (map->cursor + run) % engine->unit_count;
		map->held++;
		return 1;
	}
	return 0;
}

static void view(const struct afpacket *engine, const struct tpacket2_hdr *header,
		 struct afp_copy *copy, struct torc_packet *packet)
{
	const struct sockaddr_ll *address =
		(const void *)((const uint8_t *)header + TPACKET_ALIGN(sizeof(*header)));
	uint32_t status = header->tp_status;

	*packet = (struct torc_packet){
		.data = copy ? copy->bytes : (const uint8_t *)header + header->tp_mac,
		.timestamp_ns = header->tp_sec * 1000000000ull + header->tp_nsec,
		.caplen = copy ? copy->length : header->tp_snaplen,
		.len = header->tp_len,
		.ifindex = address->sll_ifindex,
		.link_type = TORC_LINK_ETHERNET,
		.direction = address->sll_pkttype == PACKET_OUTGOING ? TORC_PACKET_TX :
								       TORC_PACKET_RX,
		.kind = address->sll_pkttype,
	};
	if (status & TP_STATUS_TS_RAW_HARDWARE)
		packet->flags |= TORC_PACKET_HW_TIMESTAMP;
	if (status & TP_STATUS_CSUMNOTREADY)
		packet->flags |= TORC_PACKET_CHECKSUM_PARTIAL;
	if (status & TP_STATUS_CSUM_VALID)
		packet->flags |= TORC_PACKET_CHECKSUM_VALID;
	if (status & TP_STATUS_LOSING)
		packet->flags |= TORC_PACKET_LOSING;
	if (status & TP_STATUS_VLAN_VALID)
		afp_restore_tag(packet, header->tp_vlan_tci,
				status & TP_STATUS_VLAN_TPID_VALID ? header->tp_vlan_tpid : 0x8100,
				engine->config.snaplen);
	if (engine->asks_link)
		afp_view_link(packet, address, (uint32_t)(header->tp_net - header->tp_mac),
			      engine->config.snaplen);
	afp_cut(engine, packet);
}

static unsigned int v2_fill(struct torc_engine *base, struct torc_packet *packets,
			    unsigned int max)
{
	struct afpacket *engine = afpacket(base);
	unsigned int count = engine->left < max ? engine->left : max;

	for (unsigned int i = 0; i < count; i++) {
		struct afp_copy **copies = engine->reading->copies;

		view(engine, (const void *)engine->next,
		     copies ? copies[engine->next_unit] : NULL, &packets[i]);
		engine->next += engine->unit_bytes;
		engine->next_unit++;
	}
	engine->left -= count;
	return count;
}

static void v2_release(struct torc_engine *base, uint32_t token)
{
	struct afpacket *engine = afpacket(base);
	struct afp_map *map = afp_token_map(engine, token);
	unsigned int unit = afp_token_unit(token), run = map->taken[unit];

	for (unsigned int i = 0; i < run; i++) {
		map->taken[unit + i] = 0;
		free_copy(map, unit + i);
		/* Release: all reads of the frame are done before the kernel may write to it. */
		__atomic_store_n(&frame(engine, map, unit + i)->tp_status, TP_STATUS_KERNEL,
				 __ATOMIC_RELEASE);
	}
	map->held--;
	if (map != afp_active(engine))
		afp_map_released(engine, map);
}

static unsigned int v2_queued(struct torc_engine *base)
{
	struct afpacket *engine = afpacket(base);
	unsigned int count = 0;

	for (struct afp_map *map = afp_next_map(engine, NULL); map;
	     map = afp_next_map(engine, map)) {
		unsigned int unit = map->cursor;

		for (unsigned int i = 0; i < engine->unit_count && is_ready(engine, map, unit);
		     i++) {
			count++;
			unit = (unit + 1) % engine->unit_count;
		}
	}
	return count;
}

const struct torc_engine_ops torc_engine_tpacket_v2 = {
	.name = "tpacket_v2",
	.stays_readable = true,
	.open = v2_open,
	.close = afp_close,
	.start = afp_start,
	.stop = afp_stop,
	.acquire = v2_acquire,
	.fill = v2_fill,
	.release = v2_release,
	.queued = v2_queued,
	.check = afp_check,
	.fds = afp_fds,
	.socket = afp_socket_number,
	.foreign_filter = afp_foreign_filter,
	.due_ns = afp_due_ns,
	.set_filter = afp_set_filter,
	.set_direction = afp_set_direction,
	.set_promisc = afp_set_promisc,
	.set_mode = afp_set_mode,
	.join = afp_join,
	.leave = afp_leave,
	.send = afp_send,
	.send_batch = afp_send_batch,
	.flush = afp_flush,
	.stats = afp_stats,
	.info = afp_info,
};
