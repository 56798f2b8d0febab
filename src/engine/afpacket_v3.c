/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afpacket_v3.c - TPACKET_V3: packets in blocks (linux/if_packet.h)
 *
 *	memory   | block 0 | block 1 | block 2 | ...
 *	block    | struct tpacket_block_desc | packet | packet | ...
 *	packet   | struct tpacket3_hdr | struct sockaddr_ll | headroom | bytes from the MAC header |
 *
 * The kernel fills one block after the other. A block is the user's from the moment its status has
 * TP_STATUS_USER until the user writes TP_STATUS_KERNEL. It is handed over when it is full or its
 * time is up, which bounds the latency of a quiet wire. Blocks may be given back in any order; the
 * kernel stops ("freezes", and drops) when the next one is not its own yet.
 *
 * So a reader that is away loses nothing for (number of blocks) x (time of a block), whatever the
 * rate, and longer when blocks fill before their time. Hence many blocks, and a time as long as the
 * promised latency allows: 512 blocks of 8 ms are four seconds.
 */
#include <errno.h>
#include <net/if_arp.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "engine/afpacket.h"

#define BLOCKS_MIN      2
#define BLOCKS_MANY     8192 /* more than that, and they may as well be larger */
#define BLOCK_MOST      (1u << 20)
#define BLOCK_LEAST     16384u /* smaller ones cost: each wakes the reader */
/* in a block, beside the bytes of its first packet: struct tpacket_block_desc, headers, headroom */
#define BLOCK_OVERHEAD  192u
#define RETIRE_MS       8
#define RETIRE_SOON_MS  4 /* for a reader that wants each packet soon (watermark 1) */
#define CACHE_LINE      64
#define SHORT_BYTES     512u /* from packet to packet */
#define AHEAD_BYTES     4096u
#define AHEAD_PACKETS   8u
#define BEGINNING_BYTES 192 /* the kernel's header and those of most protocols */
#define SETTLE_TRIES_MS 1000 /* far more than a loaded machine's timers are late */

static struct tpacket_hdr_v1 *block_header(const struct afpacket *engine, const struct afp_map *map,
					   unsigned int unit)
{
	struct tpacket_block_desc *block =
		(void *)(map->memory + (size_t)unit * engine->unit_bytes);

	return &block->hdr.bh1;
}

/* Acquire: what the kernel wrote into the block is seen after the status is. */
static bool is_ours(const struct tpacket_hdr_v1 *header)
{
	return __atomic_load_n(&header->block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER;
}

static bool is_ready(const struct afpacket *engine, const struct afp_map *map, unsigned int unit)
{
	return !map->taken[unit] && is_ours(block_header(engine, map, unit));
}

/*
 * The smallest block that holds the longest frame: the kernel cuts what does not fit. A power of two,
 * as the kernel takes its memory in powers of two anyway (alloc_pg_vec).
 */
static uint64_t block_for(const struct afpacket *engine, uint64_t buffer)
{
	uint64_t longest = afp_longest_frame(engine->ifindex), block = BLOCK_LEAST;

	if (longest > engine->config.snaplen)
		longest = engine->config.snaplen;
	while (block < longest + BLOCK_OVERHEAD || (buffer / block > BLOCKS_MANY && block < BLOCK_MOST))
		block *= 2;
	return block;
}

static int v3_set_size(struct afpacket *engine)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t buffer = engine->config.buffer_bytes ?: AFP_BUFFER_BYTES;
	uint64_t block = engine->config.block_bytes ?: block_for(engine, buffer);

	block = (block + page - 1) / page * page;
	if (!engine->config.block_bytes && buffer < BLOCKS_MIN * block)
		buffer = BLOCKS_MIN * block; /* a frame that snaplen promises has room */
	if (buffer / block < BLOCKS_MIN || buffer / block > 0xffffff || block > UINT32_MAX / 2)
		return -EINVAL;
	engine->retire_ms = RETIRE_MS;
	engine->unit_bytes = engine->block_bytes = (unsigned int)block;
	engine->unit_count = (unsigned int)(buffer / block);
	return 0;
}

static int v3_request(struct afpacket *engine, int fd)
{
	struct tpacket_req3 request = {
		.tp_block_size = engine->unit_bytes,
		.tp_block_nr = engine->unit_count,
		.tp_frame_size = (unsigned int)sysconf(_SC_PAGESIZE), /* only has to divide */
		.tp_retire_blk_tov = engine->retire_ms,
	};

	request.tp_frame_nr =
		(unsigned int)((uint64_t)engine->unit_bytes * engine->unit_count /
			       request.tp_frame_size);
	if (setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)) < 0)
		return -errno;
	return 0;
}

/*
 * The block that was open when the socket stopped is handed over when its time is up. Until then
 * its packet count can be read, but its packets are the kernel's.
 */
static void v3_settle(struct afpacket *engine, struct afp_map *map)
{
	struct timespec pause = { .tv_nsec = 1000000 };
	unsigned int unit = map->cursor;

	for (unsigned int i = 0; i < engine->unit_count && is_ready(engine, map, unit); i++)
		unit = (unit + 1) % engine->unit_count;
	for (int i = 0; i < SETTLE_TRIES_MS; i++) {
		struct tpacket_hdr_v1 *header = block_header(engine, map, unit);

		if (map->taken[unit] || is_ours(header) ||
		    __atomic_load_n(&header->num_pkts, __ATOMIC_RELAXED) == 0)
			return;
		nanosleep(&pause, NULL);
	}
}

static bool v3_drained(struct afpacket *engine, const struct afp_map *map)
{
	return !is_ready(engine, map, map->cursor);
}

static const struct afp_format v3_format = { .version = TPACKET_V3,
					     .set_size = v3_set_size,
					     .request = v3_request,
					     .settle = v3_settle,
					     .drained = v3_drained };

static int v3_open(struct torc_engine **engine, const struct torc_engine_config *config,
		   struct torc_error *error)
{
	return afp_open(engine, config, &v3_format, error);
}

/* always_inline: GCC takes a function that does nothing else for one without effect, and drops it */
static inline __attribute__((always_inline)) void read_ahead(const uint8_t *from, const uint8_t *to)
{
	for (; from < to; from += CACHE_LINE)
		__builtin_prefetch(from);
}

static int v3_acquire(struct torc_engine *base, uint32_t *token)
{
	struct afpacket *engine = afpacket(base);

	for (struct afp_map *map = afp_next_map(engine, NULL); map;
	     map = afp_next_map(engine, map)) {
		unsigned int unit = map->cursor;
		struct tpacket_hdr_v1 *header = block_header(engine, map, unit);

		if (!is_ready(engine, map, unit)) {
			afp_map_released(engine, map);
			continue;
		}
		map->taken[unit] = 1;
		map->held++;
		map->cursor = unit + 1 == engine->unit_count ? 0 : unit + 1;
		engine->left = header->num_pkts;
		engine->next = map->memory + (size_t)unit * engine->unit_bytes +
			       header->offset_to_first_pkt;
		engine->end = map->memory + (size_t)unit * engine->unit_bytes + header->blk_len;
		read_ahead(engine->next, engine->next + AHEAD_BYTES < engine->end ?
						 engine->next + AHEAD_BYTES : engine->end);
		*token = afp_token(engine, map, unit);
		return 1;
	}
	return 0;
}

static uint32_t packet_flags(uint32_t status)
{
	return (status & TP_STATUS_TS_RAW_HARDWARE ? TORC_PACKET_HW_TIMESTAMP : 0) |
	       (status & TP_STATUS_CSUMNOTREADY ? TORC_PACKET_CHECKSUM_PARTIAL : 0) |
	       (status & TP_STATUS_CSUM_VALID ? TORC_PACKET_CHECKSUM_VALID : 0) |
	       (status & TP_STATUS_LOSING ? TORC_PACKET_LOSING : 0);
}

/*
 * Packets that follow each other mostly differ in bytes, length and time only. What the others
 * have in common is made once, and copied for as long as the kernel says the same about them.
 */
struct alike {
	uint64_t link; /* of sockaddr_ll: ifindex, hardware type, packet type, address length */
	uint32_t status;
	bool special;  /* each is to be looked at: a tag, or not Ethernet, or to be cut */
	struct torc_packet packet;
};

#define ALIKE_BYTES (offsetof(struct torc_packet, parsed) - offsetof(struct torc_packet, ifindex))

static inline uint64_t link_of(const struct sockaddr_ll *address)
{
	uint64_t link;

	_Static_assert(offsetof(struct sockaddr_ll, sll_addr) ==
		       offsetof(struct sockaddr_ll, sll_ifindex) + sizeof(link), "eight bytes");
	memcpy(&link, &address->sll_ifindex, sizeof(link));
	return link;
}

static __attribute__((noinline)) void learn(const struct afpacket *engine, struct alike *alike,
					    const struct sockaddr_ll *address, uint32_t status)
{
	bool ethernet = !engine->asks_link || address->sll_hatype == ARPHRD_ETHER;

	*alike = (struct alike){ .link = link_of(address), .status = status,
				 .special = !ethernet || status & TP_STATUS_VLAN_VALID ||
					    engine->locked };
	alike->packet.ifindex = address->sll_ifindex;
	alike->packet.link_type = TORC_LINK_ETHERNET;
	alike->packet.direction = address->sll_pkttype == PACKET_OUTGOING ? TORC_PACKET_TX :
									    TORC_PACKET_RX;
	alike->packet.kind = address->sll_pkttype;
	alike->packet.flags = packet_flags(status);
}

static __attribute__((noinline)) void view_special(const struct afpacket *engine,
						   const struct tpacket3_hdr *header,
						   const struct sockaddr_ll *address,
						   struct torc_packet *packet)
{
	if (header->tp_status & TP_STATUS_VLAN_VALID)
		afp_restore_tag(packet, (uint16_t)header->hv1.tp_vlan_tci,
				header->tp_status & TP_STATUS_VLAN_TPID_VALID ?
					header->hv1.tp_vlan_tpid :
					0x8100,
				engine->config.snaplen);
	if (engine->asks_link && address->sll_hatype != ARPHRD_ETHER)
		afp_view_link(packet, address, header->tp_net - header->tp_mac,
			      engine->config.snaplen);
	afp_cut(engine, packet);
}

static inline void view(const struct afpacket *engine, const struct tpacket3_hdr *header,
			struct alike *alike, struct torc_packet *packet)
{
	const struct sockaddr_ll *address =
		(const void *)((const uint8_t *)header + TPACKET_ALIGN(sizeof(*header)));

	if (__builtin_expect(link_of(address) != alike->link || header->tp_status != alike->status, 0))
		learn(engine, alike, address, header->tp_status);
	packet->data = (const uint8_t *)header + header->tp_mac;
	packet->timestamp_ns = header->tp_sec * 1000000000ull + header->tp_nsec;
	packet->caplen = header->tp_snaplen;
	packet->len = header->tp_len;
	memcpy(&packet->ifindex, &alike->packet.ifindex, ALIKE_BYTES);
	packet->parsed = NULL;
	if (__builtin_expect(alike->special, 0))
		view_special(engine, header, address, packet);
}

/*
 * What another processor has written costs most of the time a packet takes, and the processor's own
 * prefetching ends at each page. Short packets: all bytes, some pages ahead. Of long ones only the
 * beginning is sure to be read, and where that is is known for the next one; packets of the same
 * length mostly come in a row, so some strides ahead is a good guess then. Not beyond the end: there
 * the kernel is writing.
 */
static inline __attribute__((always_inline)) void
read_packets_ahead(const struct afpacket *engine, const uint8_t *at, uint32_t stride,
		   uint32_t stride_before)
{
	const uint8_t *from = at + AHEAD_BYTES, *to = from + stride;

	if (stride > SHORT_BYTES) {
		from = at + (size_t)stride * (stride == stride_before ? AHEAD_PACKETS : 1);
		to = from + BEGINNING_BYTES;
	}
	if (to <= engine->end)
		read_ahead(from, to);
}

static unsigned int v3_fill(struct torc_engine *base, struct torc_packet *packets,
			    unsigned int max)
{
	struct afpacket *engine = afpacket(base);
	unsigned int count = engine->left < max ? engine->left : max;
	struct alike alike = { .status = 0 }; /* no packet has that: TP_STATUS_USER is missing */
	uint32_t stride_before = 0;
	uint8_t *at = engine->next;

	for (unsigned int i = 0; i < count; i++) {
		const struct tpacket3_hdr *header = (const void *)at;
		uint32_t stride = header->tp_next_offset;

		read_packets_ahead(engine, at, stride, stride_before);
		view(engine, header, &alike, &packets[i]);
		stride_before = stride;
		at += stride;
	}
	engine->next = at;
	engine->left -= count;
	return count;
}

static void v3_release(struct torc_engine *base, uint32_t token)
{
	struct afpacket *engine = afpacket(base);
	struct afp_map *map = afp_token_map(engine, token);
	unsigned int unit = afp_token_unit(token);

	map->taken[unit] = 0;
	map->held--;
	/* Release: all reads of the block are done before the kernel may write to it. */
	__atomic_store_n(&block_header(engine, map, unit)->block_status, TP_STATUS_KERNEL,
			 __ATOMIC_RELEASE);
	if (map != afp_active(engine))
		afp_map_released(engine, map);
}

static unsigned int v3_queued(struct torc_engine *base)
{
	struct afpacket *engine = afpacket(base);
	unsigned int count = 0;

	for (struct afp_map *map = afp_next_map(engine, NULL); map;
	     map = afp_next_map(engine, map)) {
		unsigned int unit = map->cursor;

		for (unsigned int i = 0; i < engine->unit_count && is_ready(engine, map, unit);
		     i++) {
			count += block_header(engine, map, unit)->num_pkts;
			unit = (unit + 1) % engine->unit_count;
		}
	}
	return count;
}

static void v3_set_patience(struct torc_engine *base, bool soon)
{
	afpacket(base)->retire_ms = soon ? RETIRE_SOON_MS : RETIRE_MS;
}

/* 4 KiB a microsecond is several times what the kernel puts into a ring. */
static void v3_info(struct torc_engine *engine, struct torc_engine_info *info)
{
	afp_info(engine, info);
	info->nap_us = (uint32_t)(info->buffer_bytes >> 12);
}

const struct torc_engine_ops torc_engine_tpacket_v3 = {
	.name = "tpacket_v3",
	.stays_readable = true,
	.gathers = true,
	.open = v3_open,
	.close = afp_close,
	.start = afp_start,
	.stop = afp_stop,
	.acquire = v3_acquire,
	.fill = v3_fill,
	.release = v3_release,
	.queued = v3_queued,
	.check = afp_check,
	.fds = afp_fds,
	.socket = afp_socket_number,
	.foreign_filter = afp_foreign_filter,
	.due_ns = afp_due_ns,
	.set_filter = afp_set_filter,
	.set_direction = afp_set_direction,
	.set_promisc = afp_set_promisc,
	.set_mode = afp_set_mode,
	.set_patience = v3_set_patience,
	.join = afp_join,
	.leave = afp_leave,
	.send = afp_send,
	.send_batch = afp_send_batch,
	.flush = afp_flush,
	.stats = afp_stats,
	.info = v3_info,
};
