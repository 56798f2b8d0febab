/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afxdp_queue.c - one AF_XDP socket, its memory and its four rings
 *
 * linux/if_xdp.h and Documentation/networking/af_xdp.rst. The memory (UMEM) is cut into frames. A
 * frame goes round: fill ring (free, the kernel's) → rx ring (a packet in it) → held by the ring →
 * fill ring; frames for sending: free list → tx ring → completion ring → free list. The fill and rx
 * rings have room for every received frame, so that a packet is lost only for want of a free frame.
 */
#include <errno.h>
#include <linux/if_ether.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/afxdp_queue.h"
#include "engine/afxdp_tap.h"
#include "engine/engine.h"
#include "util/clock.h"
#include "util/error.h"
#include "util/memory.h"

#ifndef AF_XDP
#define AF_XDP 44
#endif
#ifndef SOL_XDP
#define SOL_XDP 283
#endif
#ifndef SO_PREFER_BUSY_POLL
#define SO_PREFER_BUSY_POLL 69
#define SO_BUSY_POLL_BUDGET 70
#endif

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

#define POLL_BUDGET    64 /* the kernel lets nobody have more without a right */
#define BIND_PATIENCE_NS 1000000000u /* a second */
#define DESCS_A_LINE    (64u / sizeof(struct xdp_desc)) /* of the cache */
#define SEND_RING_LEAST 2u /* the kernel wants a completion ring even where nothing is sent */

/* ---- rings ---- */

static int ring_map(struct afxdp_ring *ring, int fd, int size_option, uint64_t page, uint32_t size,
		    size_t entry_bytes, const struct xdp_ring_offset *offset)
{
	if (size_option && setsockopt(fd, SOL_XDP, size_option, &size, sizeof(size)) < 0)
		return -errno;
	ring->map_bytes = offset->desc + size * entry_bytes;
	ring->map = mmap(NULL, ring->map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd,
			 (off_t)page);
	if (ring->map == MAP_FAILED) {
		ring->map = NULL;
		return -errno;
	}
	ring->producer = (uint32_t *)(void *)((char *)ring->map + offset->producer);
	ring->consumer = (uint32_t *)(void *)((char *)ring->map + offset->consumer);
	ring->flags = (uint32_t *)(void *)((char *)ring->map + offset->flags);
	ring->entries = (char *)ring->map + offset->desc;
	ring->mask = size - 1;
	return 0;
}

static void ring_unmap(struct afxdp_ring *ring)
{
	if (ring->map)
		munmap(ring->map, ring->map_bytes);
	ring->map = NULL;
}

/*
 * The kernel only learns the size of the offsets tables in option calls, so ask after each. A ring
 * of another process's making has its size already, and nothing is sent by it here.
 */
static int rings_map(struct afxdp_queue *queue, bool made_here)
{
	struct xdp_mmap_offsets offsets;
	socklen_t length = sizeof(offsets);
	uint32_t sending = queue->tx_count ? queue->tx_count : SEND_RING_LEAST;
	int fd = queue->fd, result;

	if (getsockopt(fd, SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &length) < 0)
		return -errno;
	if (length != sizeof(offsets))
		return -EOPNOTSUPP; /* before Linux 5.4: no flags in the rings */
	result = ring_map(&queue->fill, fd, made_here ? XDP_UMEM_FILL_RING : 0,
			  XDP_UMEM_PGOFF_FILL_RING,
			  queue->frame_count, sizeof(uint64_t), &offsets.fr);
	if (result == 0 && made_here)
		result = ring_map(&queue->completion, fd, XDP_UMEM_COMPLETION_RING,
				  XDP_UMEM_PGOFF_COMPLETION_RING, sending, sizeof(uint64_t),
				  &offsets.cr);
	if (result == 0)
		result = ring_map(&queue->rx, fd, made_here ? XDP_RX_RING : 0, XDP_PGOFF_RX_RING,
				  queue->frame_count, sizeof(struct xdp_desc), &offsets.rx);
	if (result == 0 && queue->tx_count)
		result = ring_map(&queue->tx, fd, XDP_TX_RING, XDP_PGOFF_TX_RING, sending,
				  sizeof(struct xdp_desc), &offsets.tx);
	return result;
}

/* ---- memory ---- */

/*
 * The kernel makes a huge page of one that has something in it, whatever its settings for shared
 * memory are (Linux 6.1); each packet would be on a page of its own else.
 */
static void use_huge_pages(const struct afxdp_queue *queue)
{
	for (size_t at = 0; at < queue->frames_bytes; at += TORC_HUGE_PAGE)
		__atomic_store_n(queue->frames + at, 0, __ATOMIC_RELAXED);
	madvise(queue->frames, queue->frames_bytes, MADV_COLLAPSE);
}

static int frames_map(struct afxdp_queue *queue, struct torc_error *error)
{
	size_t bytes = (size_t)(queue->frame_count + queue->tx_count) * queue->frame_bytes;
	struct xdp_umem_reg registration = { 0 };
	void *memory;

	queue->frames_bytes = (bytes + TORC_HUGE_PAGE - 1) & ~(TORC_HUGE_PAGE - 1);
	/* shared: with the other processes of a cluster; and a process that opens the ring and then
	 * forks into the background still sees what the kernel writes */
	queue->memory = torc_memory_create(&memory, queue->frames_bytes);
	if (queue->memory < 0)
		return torc_error_set(error, queue->memory, "no memory for %zu bytes of AF_XDP frames",
				      bytes);
	queue->frames = memory;
	use_huge_pages(queue);
	registration.addr = (uint64_t)(uintptr_t)queue->frames;
	registration.len = bytes;
	registration.chunk_size = queue->frame_bytes;
	registration.headroom = AFXDP_HEADROOM;
	if (setsockopt(queue->fd, SOL_XDP, XDP_UMEM_REG, &registration, sizeof(registration)) == 0)
		return 0;
	if (errno == ENOBUFS)
		return torc_error_set(error, -ENOBUFS,
				      "the kernel may not lock %zu KiB for AF_XDP: raise RLIMIT_MEMLOCK "
				      "(ulimit -l, LimitMEMLOCK=), grant CAP_IPC_LOCK, or ask for a "
				      "smaller buffer",
				      bytes >> 10);
	return torc_error_set(error, -errno, "the kernel refuses %zu KiB of AF_XDP memory: %s",
			      bytes >> 10, torc_strerror(errno));
}

/* Every frame for receiving goes to the kernel, every frame for sending on the free list. */
static int frames_deal(struct afxdp_queue *queue)
{
	uint64_t *fill = queue->fill.entries;

	for (uint32_t i = 0; i < queue->frame_count; i++)
		fill[i] = (uint64_t)i * queue->frame_bytes;
	queue->fill.mine = queue->frame_count;
	__atomic_store_n(queue->fill.producer, queue->frame_count, __ATOMIC_RELEASE);
	if (queue->tx_count == 0)
		return 0;
	queue->tx_free = calloc(queue->tx_count, sizeof(*queue->tx_free));
	if (!queue->tx_free)
		return -ENOMEM;
	for (uint32_t i = 0; i < queue->tx_count; i++)
		queue->tx_free[i] = (uint64_t)(queue->frame_count + i) * queue->frame_bytes;
	queue->tx_free_count = queue->tx_count;
	return 0;
}

/* ---- life ---- */

/*
 * The kernel lets go of a closed socket's queue in a worker, a little after close(2), or longer where
 * all is busy. Counted in time: signals cut the sleeps short.
 */
static int bind_patiently(int fd, const struct sockaddr_xdp *address)
{
	uint64_t until_ns = torc_now_ns() + BIND_PATIENCE_NS;

	while (bind(fd, (const void *)address, sizeof(*address)) < 0) {
		if (errno != EBUSY || torc_now_ns() >= until_ns)
			return -errno;
		usleep(5000);
	}
	return 0;
}

static void read_options(struct afxdp_queue *queue)
{
	struct xdp_options options = { 0 };
	socklen_t length = sizeof(options);

	if (getsockopt(queue->fd, SOL_XDP, XDP_OPTIONS, &options, &length) == 0)
		queue->zero_copy = options.flags & XDP_OPTIONS_ZEROCOPY;
}

static int queue_bind(struct afxdp_queue *queue, const struct afxdp_link *link, bool generic,
		      struct torc_error *error)
{
	struct sockaddr_xdp address = {
		.sxdp_family = AF_XDP,
		.sxdp_ifindex = (uint32_t)link->ifindex,
		.sxdp_queue_id = queue->id,
		.sxdp_flags = XDP_USE_NEED_WAKEUP,
	};
	int result;

	/* Without XDP_COPY the kernel takes zero-copy where the driver has it. Under a generic
	 * program frames are copied in any case, and the driver must not think otherwise. */
	if (generic)
		address.sxdp_flags |= XDP_COPY;
	queue->pieces = link->mtu > afxdp_page_mtu();
	if (queue->pieces)
		address.sxdp_flags |= XDP_USE_SG;
	result = bind_patiently(queue->fd, &address);
	if (result == -EBUSY)
		return torc_error_set(error, result, "queue %u of %s is another AF_XDP socket's",
				      queue->id, link->name);
	if (result < 0)
		return torc_error_set(error, result, "no AF_XDP socket on queue %u of %s: %s",
				      queue->id, link->name, torc_strerror(result));
	read_options(queue);
	return 0;
}

static int queue_socket(struct afxdp_queue *queue, struct torc_error *error)
{
	queue->fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (queue->fd >= 0)
		return 0;
	if (errno == EPERM)
		return torc_error_set(error, -EPERM, "an AF_XDP socket needs CAP_NET_RAW");
	if (errno == EAFNOSUPPORT)
		return torc_error_set(error, -EOPNOTSUPP, "this kernel has no AF_XDP sockets");
	return torc_error_set(error, -errno, "no AF_XDP socket: %s", torc_strerror(errno));
}

int afxdp_queue_open(struct afxdp_queue *queue, const struct afxdp_link *link, uint32_t id,
		     uint32_t frame_bytes, uint32_t frame_count, uint32_t tx_count, bool generic,
		     struct torc_error *error)
{
	int result;

	*queue = (struct afxdp_queue){ .id = id, .fd = -1, .memory = -1, .frame_bytes = frame_bytes,
				       .frame_count = frame_count, .tx_count = tx_count };
	result = queue_socket(queue, error);
	if (result == 0)
		result = frames_map(queue, error);
	if (result < 0)
		goto fail;
	result = rings_map(queue, true);
	if (result == 0)
		result = frames_deal(queue);
	if (result < 0) {
		torc_error_set(error, result, "no AF_XDP rings for queue %u of %s: %s", id,
			       link->name, torc_strerror(result));
		goto fail;
	}
	result = queue_bind(queue, link, generic, error);
	if (result == 0)
		return 0;
fail:
	afxdp_queue_close(queue);
	return result;
}

int afxdp_queue_attach(struct afxdp_queue *queue, uint32_t id, uint32_t frame_bytes,
		       uint32_t frame_count, int fd, int memory)
{
	void *frames;
	int result;

	*queue = (struct afxdp_queue){ .id = id, .fd = fd, .memory = memory,
				       .frame_bytes = frame_bytes, .frame_count = frame_count,
				       .frames_bytes = (size_t)frame_count * frame_bytes };
	result = torc_memory_map(&frames, memory, &queue->frames_bytes);
	if (result == 0)
		queue->frames = frames;
	read_options(queue);
	if (result < 0)
		afxdp_queue_close(queue);
	return result;
}

int afxdp_queue_lead(struct afxdp_queue *queue)
{
	int result = queue->tap || queue->rx.map ? 0 : rings_map(queue, false);

	if (result == 0)
		afxdp_queue_sync(queue);
	else
		ring_unmap(&queue->fill);
	return result;
}

void afxdp_queue_close(struct afxdp_queue *queue)
{
	if (queue->tap) {
		afxdp_tap_close(queue->tap);
		queue->tap = NULL;
		queue->frames = NULL;
		queue->fd = -1;
		return;
	}
	/* A mapping keeps the socket, and so the card's queue, as a descriptor does. */
	ring_unmap(&queue->fill);
	ring_unmap(&queue->completion);
	ring_unmap(&queue->rx);
	ring_unmap(&queue->tx);
	if (queue->fd >= 0)
		close(queue->fd);
	if (queue->memory >= 0)
		close(queue->memory);
	queue->fd = queue->memory = -1;
	if (queue->frames)
		munmap(queue->frames, queue->frames_bytes);
	queue->frames = NULL;
	free(queue->tx_free);
	queue->tx_free = NULL;
}

int afxdp_queue_open_tap(struct afxdp_queue *queue, uint32_t id, uint32_t frame_bytes,
			 uint32_t frame_count, struct torc_error *error)
{
	struct afxdp_tap *tap;
	int result = afxdp_tap_open(&tap, frame_bytes, frame_count, error);

	if (result < 0)
		return result;
	*queue = (struct afxdp_queue){
		.id = id,
		.fd = tap->records,
		.memory = -1,
		.tap = tap,
		.frames = tap->frame_memory,
		.frames_bytes = tap->frame_memory_bytes,
		.frame_bytes = frame_bytes,
		.frame_count = frame_count,
		.fill_offset = AFXDP_HEADROOM,
		.fill = { .producer = &tap->mine->filled, .consumer = &tap->mine->taken,
			  .entries = tap->mine->free, .mask = frame_count - 1 },
	};
	for (uint32_t i = 0; i < frame_count; i++) {
		struct xdp_desc desc = { .addr = (uint64_t)i * frame_bytes + AFXDP_HEADROOM };

		afxdp_queue_give_back(queue, &desc, 1);
	}
	return 0;
}

int afxdp_queue_busy_poll(struct afxdp_queue *queue, uint32_t microseconds)
{
	int prefer = 1, time = (int)microseconds, budget = POLL_BUDGET;

	if (setsockopt(queue->fd, SOL_SOCKET, SO_PREFER_BUSY_POLL, &prefer, sizeof(prefer)) < 0 ||
	    setsockopt(queue->fd, SOL_SOCKET, SO_BUSY_POLL, &time, sizeof(time)) < 0 ||
	    setsockopt(queue->fd, SOL_SOCKET, SO_BUSY_POLL_BUDGET, &budget, sizeof(budget)) < 0)
		return -errno;
	return 0;
}

/* ---- receiving ---- */

void afxdp_queue_turn(struct afxdp_queue *queue, bool busy_polls)
{
	if (queue->tap)
		afxdp_tap_rest(queue->tap, queue->consumed);
	else if (busy_polls)
		recvfrom(queue->fd, NULL, 0, MSG_DONTWAIT, NULL, NULL);
}

uint32_t afxdp_queue_waiting(const struct afxdp_queue *queue)
{
	uint32_t consumed = (uint32_t)__atomic_load_n(&queue->consumed, __ATOMIC_RELAXED), waiting;

	if (queue->tap)
		return afxdp_tap_waiting(queue->tap, queue->consumed);
	waiting = __atomic_load_n(queue->rx.producer, __ATOMIC_ACQUIRE) - consumed;
	return waiting <= queue->frame_count ? waiting : 0; /* more cannot be */
}

/* Descriptors that are no packet's last. */
static uint32_t continued(const struct xdp_desc *descs, uint32_t from, uint32_t to, uint32_t mask)
{
	uint32_t count = 0;

	for (; from != to; from++)
		count += descs[from & mask].options & XDP_PKT_CONTD;
	return count;
}

/*
 * Packets in pieces: what waits is counted where it lies, which is right when the reader took none
 * meanwhile. It may run ahead for a moment when the reader takes all the time, and never behind.
 */
static uint64_t pieces_arrived(const struct afxdp_queue *queue)
{
	uint64_t consumed, past;
	uint32_t produced, waiting = 0;

	for (unsigned int tries = 0; tries < 4; tries++) {
		past = __atomic_load_n(&queue->continued, __ATOMIC_ACQUIRE);
		consumed = __atomic_load_n(&queue->consumed, __ATOMIC_ACQUIRE);
		produced = __atomic_load_n(queue->rx.producer, __ATOMIC_ACQUIRE);
		if (produced - (uint32_t)consumed > queue->frame_count) /* cannot be */
			produced = (uint32_t)consumed;
		waiting = continued(queue->rx.entries, (uint32_t)consumed, produced, queue->rx.mask);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (__atomic_load_n(&queue->consumed, __ATOMIC_RELAXED) == consumed)
			break;
		waiting = 0;
	}
	return consumed + (uint32_t)(produced - (uint32_t)consumed) - past - waiting;
}

/* From one look at either index, so that it is right while the reader takes frames. */
uint64_t afxdp_queue_arrived(const struct afxdp_queue *queue)
{
	uint64_t consumed = __atomic_load_n(&queue->consumed, __ATOMIC_RELAXED);
	uint32_t waiting;

	if (queue->tap)
		return consumed + afxdp_tap_waiting(queue->tap, consumed);
	if (queue->pieces)
		return pieces_arrived(queue);
	waiting = __atomic_load_n(queue->rx.producer, __ATOMIC_ACQUIRE) - (uint32_t)consumed;
	return consumed + (waiting <= queue->frame_count ? waiting : 0);
}

void afxdp_queue_sync(struct afxdp_queue *queue)
{
	queue->fill.mine = __atomic_load_n(queue->fill.producer, __ATOMIC_RELAXED);
	if (queue->tap)
		return; /* of one process */
	queue->rx.mine = __atomic_load_n(queue->rx.consumer, __ATOMIC_RELAXED);
	__atomic_store_n(&queue->consumed,
			 queue->consumed + (queue->rx.mine - (uint32_t)queue->consumed),
			 __ATOMIC_RELAXED);
}

/* In its frame, with room for a stamp before it and an address in it. */
static inline bool is_inside(struct xdp_desc desc, uint64_t bytes, uint32_t frame_bytes)
{
	const uint32_t stamp = sizeof(struct afxdp_stamp), room = frame_bytes - stamp;
	uint32_t begin = ((uint32_t)desc.addr & (frame_bytes - 1)) - stamp;

	return desc.addr < bytes && begin <= room - ETH_HLEN && desc.len <= room - begin;
}

uint32_t afxdp_queue_peek(struct afxdp_queue *queue, struct xdp_desc *descs, uint32_t max)
{
	const struct xdp_desc *entries = queue->rx.entries;
	const uint32_t mask = queue->rx.mask, frame_bytes = queue->frame_bytes;
	const uint64_t bytes = queue->frames_bytes;
	uint32_t waiting = afxdp_queue_waiting(queue), count = waiting < max ? waiting : max;
	uint32_t at = queue->rx.mine;

	if (queue->tap)
		return afxdp_tap_peek(queue->tap, queue->consumed, descs, max);
	for (uint32_t i = 0; i < count; i++) {
		descs[i] = entries[(at + i) & mask];
		/* other processes may have this ring mapped: no descriptor leads out of its frame */
		if (__builtin_expect(!is_inside(descs[i], bytes, frame_bytes), 0)) {
			descs[i].addr = AFXDP_HEADROOM;
			descs[i].len = 0;
		}
	}
	/* those of the next call, unless the kernel is just writing there */
	for (uint32_t i = count; i < waiting && i < 2 * count; i += DESCS_A_LINE)
		__builtin_prefetch(&entries[(at + i) & mask]);
	return count;
}

void afxdp_queue_taken(struct afxdp_queue *queue, uint32_t count)
{
	__atomic_store_n(&queue->consumed, queue->consumed + count, __ATOMIC_RELAXED);
	if (queue->tap) {
		afxdp_tap_taken(queue->tap, queue->consumed);
		return;
	}
	queue->rx.mine += count;
	/* after the copies: the kernel may write there again */
	__atomic_store_n(queue->rx.consumer, queue->rx.mine, __ATOMIC_RELEASE);
}

uint32_t afxdp_queue_take(struct afxdp_queue *queue, struct xdp_desc *descs, uint32_t max)
{
	uint32_t part = queue->frame_count / 4;
	uint32_t count = afxdp_queue_peek(queue, descs, max < part ? max : part), whole = count;

	while (whole > 0 && queue->pieces && (descs[whole - 1].options & XDP_PKT_CONTD))
		whole--;
	if (whole > 0) /* no packet has max pieces */
		count = whole;
	if (count > 0)
		afxdp_queue_taken(queue, count);
	if (queue->pieces)
		__atomic_fetch_add(&queue->continued, continued(descs, 0, count, UINT32_MAX),
				   __ATOMIC_RELEASE);
	return count;
}

/* A zero-copy driver that ran out of frames stopped, and wants to be told. */
static void wake_driver(const struct afxdp_queue *queue)
{
	if (queue->zero_copy &&
	    (__atomic_load_n(queue->fill.flags, __ATOMIC_RELAXED) & XDP_RING_NEED_WAKEUP))
		recvfrom(queue->fd, NULL, 0, MSG_DONTWAIT, NULL, NULL);
}

void afxdp_queue_filled(struct afxdp_queue *queue, uint32_t count)
{
	queue->fill.mine += count;
	__atomic_store_n(queue->fill.producer, queue->fill.mine, __ATOMIC_RELEASE);
	wake_driver(queue);
}

void afxdp_queue_give_back(struct afxdp_queue *queue, const struct xdp_desc *descs, uint32_t count)
{
	uint64_t *entries = queue->fill.entries;
	uint32_t at = queue->fill.mine;

	/* There is room: the ring has as many places as there are frames. */
	for (uint32_t i = 0; i < count; i++)
		entries[(at + i) & queue->fill.mask] = descs[i].addr;
	afxdp_queue_filled(queue, count);
}

uint64_t afxdp_queue_dropped(const struct afxdp_queue *queue)
{
	struct xdp_statistics statistics = { 0 };
	socklen_t length = sizeof(statistics);

	if (queue->tap)
		return __atomic_load_n(&queue->tap->mine->lost, __ATOMIC_RELAXED);
	if (getsockopt(queue->fd, SOL_XDP, XDP_STATISTICS, &statistics, &length) < 0)
		return TORC_UNKNOWN;
	return statistics.rx_dropped + statistics.rx_ring_full;
}
