/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afxdp.c - frames by AF_XDP: the fast engine, device strings "xdp:..."
 *
 * What a ring gets here it takes away from the host: no protocol of the host, no packet socket and
 * no tcpdump sees a packet that reached an AF_XDP socket. What the ring's filter refuses, and what
 * arrives while the ring is disabled, stays with the host. Outgoing packets do not pass XDP: the
 * engine receives only.
 *
 * Settings: take=1        also on an interface that carries a default route
 *           mode=tap      copies: the host keeps its packets (afxdp_tap.c)
 *           generic=1     do not try the driver's own XDP support
 *           busypoll=N    drive the card from poll() for up to N microseconds instead of waiting
 *                         for its interrupt
 *
 * Needs CAP_NET_RAW (socket), CAP_BPF (map, program), CAP_NET_ADMIN (attach); Linux 5.9.
 * Interface: Documentation/networking/af_xdp.rst.
 */
#include <errno.h>
#include <linux/membarrier.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf/bpf.h"
#include "engine/afxdp.h"

#define RETRY_NS 100000000 /* look for a deleted interface that often */

/* ---- start and stop ---- */

/* Softirqs are RCU readers, and this is synchronize_rcu(). */
void afxdp_let_packets_pass(void)
{
	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

static bool queues_are_taken(const struct torc_engine *engine)
{
	if (engine->port->foreign || (engine->port->lent & engine->queue_mask))
		return true;
	for (const struct torc_engine *e = engine->port->engines; e; e = e->next_on_port) {
		if (e != engine && e->receiving && (e->queue_mask & engine->queue_mask))
			return true;
	}
	return false;
}

/* What came between stop() and here belongs to nobody. */
static void discard_stragglers(struct afxdp_queue *queue)
{
	struct xdp_desc descs[AFXDP_BLOCK_PACKETS];
	uint32_t count;

	while ((count = afxdp_queue_take(queue, descs, AFXDP_BLOCK_PACKETS)) > 0) {
		afxdp_queue_give_back(queue, descs, count);
		for (uint32_t i = 0; i < count; i++)
			__atomic_fetch_add(&queue->stragglers, !(descs[i].options & XDP_PKT_CONTD),
					   __ATOMIC_RELAXED);
	}
}

int afxdp_port_start(struct torc_engine *engine)
{
	/* a guest without a cluster, and a host whose cluster receives, get nothing alone */
	bool busy = engine->queue_count == 0 || engine->receiving || queues_are_taken(engine);
	int result = busy ? -EBUSY : 0;

	if (result < 0)
		return result;
	engine->receiving = true;
	for (uint32_t i = 0; i < engine->queue_count && result == 0; i++) {
		struct afxdp_queue *queue = &engine->queues[i];

		discard_stragglers(queue);
		if (!queue->tap)
			result = torc_bpf_map_update(engine->port->map, &queue->id,
						     &queue->fd);
	}
	return result < 0 ? result : afxdp_port_reload(engine->port, NULL);
}

void afxdp_port_stop(struct torc_engine *engine)
{
	engine->receiving = false;
	/* Should this fail, the program that stays finds no sockets in the map. */
	afxdp_port_reload(engine->port, NULL);
	afxdp_let_packets_pass();
	for (uint32_t i = 0; i < engine->queue_count; i++)
		torc_bpf_map_delete(engine->port->map, &engine->queues[i].id);
}

int afxdp_stop(struct torc_engine *engine)
{
	if (!engine->running)
		return 0;
	engine->waiting = false;
	if (engine->port && engine->config.mode != TORC_SEND_ONLY) {
		pthread_mutex_lock(&engine->port->lock);
		if (engine->group)
			afxdp_share_stop(engine);
		else if (engine->receiving)
			afxdp_port_stop(engine);
		engine->running = false; /* read by other members, under the lock */
		pthread_mutex_unlock(&engine->port->lock);
	} else {
		engine->running = false;
	}
	return 0;
}

static int start_receiving(struct torc_engine *engine)
{
	int result;

	if (engine->group)
		return afxdp_share_start(engine);
	result = afxdp_port_start(engine);
	if (result < 0 && result != -EBUSY)
		afxdp_port_stop(engine);
	return result;
}

int afxdp_start(struct torc_engine *engine)
{
	int result;

	if (engine->running)
		return 0;
	result = afxdp_find_again(engine);
	if (result < 0)
		return result;
	engine->checked = engine->down = false;
	afxdp_link_monitor_for(engine->monitor, engine->device.ifindex, true);
	if (engine->port && engine->config.mode != TORC_SEND_ONLY) {
		pthread_mutex_lock(&engine->port->lock);
		result = start_receiving(engine);
		engine->running = result == 0;
		pthread_mutex_unlock(&engine->port->lock);
	} else {
		engine->running = true;
	}
	return result;
}

/* As far as the ring knows the engine runs; check() tries to make it true. */
int afxdp_wait(struct torc_engine *engine)
{
	int result;

	engine->running = false;
	result = afxdp_start(engine);
	engine->waiting = result < 0;
	engine->running = true;
	return result;
}

/* ---- settings ---- */

/* A ring that does not run yet: would the kernel take its program? */
int afxdp_try_program(struct torc_engine *engine, struct torc_error *error)
{
	int program;

	engine->receiving = true;
	program = afxdp_program_load(engine->port, error);
	engine->receiving = false;
	if (program >= 0)
		close(program);
	return program < 0 ? program : 0;
}

static int use_filter(struct torc_engine *engine, struct sock_filter *filter, unsigned short length)
{
	int result;

	pthread_mutex_lock(&engine->port->lock);
	free(engine->filter);
	engine->filter = filter;
	engine->filter_length = length;
	result = engine->receiving ? afxdp_port_reload(engine->port, NULL) :
				     afxdp_try_program(engine, NULL);
	pthread_mutex_unlock(&engine->port->lock);
	return result;
}

/*
 * -EOPNOTSUPP: the program cannot hold this filter; it now accepts everything, and the ring filters
 * in user space.
 */
static int afxdp_set_filter(struct torc_engine *engine, const struct sock_fprog *program)
{
	struct sock_filter *copy = NULL;
	size_t bytes = program ? program->len * sizeof(*copy) : 0;
	int result;

	if (!engine->port)
		return 0; /* it receives nothing */
	/* the rings of a cluster filter themselves, and the program sees the first piece only */
	if (engine->group || engine->queue_count == 0 || engine->port->pieces)
		return program ? -EOPNOTSUPP : 0;
	if (program) {
		copy = malloc(bytes);
		if (!copy)
			return -ENOMEM;
		memcpy(copy, program->filter, bytes);
	}
	result = use_filter(engine, copy, program ? program->len : 0);
	if (result < 0 && program) {
		use_filter(engine, NULL, 0);
		result = -EOPNOTSUPP;
	}
	if (engine->receiving)
		afxdp_let_packets_pass();
	return result;
}

/* Only incoming packets pass XDP: both directions means all that there can be. */
static int afxdp_set_direction(struct torc_engine *engine, enum torc_direction direction)
{
	(void)engine;
	return direction == TORC_TX_ONLY ? -EOPNOTSUPP : 0;
}

/* The ring calls this before start(). */
static int afxdp_set_mode(struct torc_engine *engine, enum torc_mode mode)
{
	if (!engine->port && mode != TORC_SEND_ONLY)
		return -EOPNOTSUPP;
	engine->config.mode = mode;
	return 0;
}

/* ---- information ---- */

/* One descriptor over all sockets: it stays the same when the interface comes back as another. */
int afxdp_watch(const struct torc_engine *engine, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(engine->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static unsigned int afxdp_fds(struct torc_engine *engine, int *fds, unsigned int max)
{
	if (max == 0)
		return 0;
	fds[0] = engine->epoll;
	return 1;
}

/* Netlink tells when an interface appears, but not when it is up, or free of a cluster. */
static int64_t afxdp_due_ns(struct torc_engine *engine)
{
	return engine->gone || engine->waiting ? RETRY_NS : -1;
}

static bool afxdp_at_end(struct torc_engine *engine)
{
	(void)engine;
	return false;
}

/* Add what the sockets count. */
int afxdp_count(const struct torc_engine *engine, struct torc_engine_stats *stats)
{
	for (uint32_t i = 0; engine->port && !engine->lent && i < engine->queue_count; i++) {
		const struct afxdp_queue *queue = &engine->queues[i];
		uint64_t dropped = afxdp_queue_dropped(queue);

		if (dropped == TORC_UNKNOWN)
			return -EIO;
		stats->dropped += dropped;
		stats->seen += dropped + afxdp_queue_arrived(queue) -
			       __atomic_load_n(&queue->stragglers, __ATOMIC_RELAXED);
	}
	return 0;
}

/* A member of a cluster has what was dealt to it, and one of them what the sockets lost. */
static int afxdp_total(struct torc_engine *engine, struct torc_engine_stats *stats)
{
	int result = 0;

	if (engine->group)
		afxdp_share_count(engine, stats);
	else
		result = afxdp_count(engine, stats);
	if (!engine->group) {
		stats->seen -= engine->base_seen;
		stats->dropped -= engine->base_dropped;
	}
	stats->seen += __atomic_load_n(&engine->past_seen, __ATOMIC_RELAXED) +
		       __atomic_load_n(&engine->dealt, __ATOMIC_RELAXED);
	stats->dropped += __atomic_load_n(&engine->past_dropped, __ATOMIC_RELAXED);
	return result;
}

void afxdp_set_base(struct torc_engine *engine)
{
	struct torc_engine_stats sockets = { 0 };

	afxdp_count(engine, &sockets);
	engine->base_seen = sockets.seen;
	engine->base_dropped = sockets.dropped;
}

void afxdp_keep_counters(struct torc_engine *engine)
{
	struct torc_engine_stats sockets = { 0 };

	afxdp_count(engine, &sockets);
	__atomic_fetch_add(&engine->past_seen, sockets.seen - engine->base_seen, __ATOMIC_RELAXED);
	__atomic_fetch_add(&engine->past_dropped, sockets.dropped - engine->base_dropped,
			   __ATOMIC_RELAXED);
	afxdp_set_base(engine);
}

static int afxdp_stats(struct torc_engine *engine, struct torc_engine_stats *stats)
{
	struct afxdp_link now;
	int result;

	*stats = (struct torc_engine_stats){
		.freezes = TORC_UNKNOWN,
		.card_missed = TORC_UNKNOWN,
		.sent = __atomic_load_n(&engine->sent, __ATOMIC_RELAXED),
		.sent_bytes = __atomic_load_n(&engine->sent_bytes, __ATOMIC_RELAXED),
		.send_errors = __atomic_load_n(&engine->send_errors, __ATOMIC_RELAXED),
	};
	/* the first against an interface that comes back, the second against a host that leaves */
	pthread_mutex_lock(&engine->queues_lock);
	if (engine->port)
		pthread_mutex_lock(&engine->port->lock);
	result = afxdp_total(engine, stats);
	if (engine->port)
		pthread_mutex_unlock(&engine->port->lock);
	if (afxdp_link_get(&now, NULL, engine->device.ifindex) == 0)
		stats->card_missed = now.missed - engine->device.missed;
	pthread_mutex_unlock(&engine->queues_lock);
	return result;
}

static const char *detail(const struct torc_engine *engine)
{
	static const char *const texts[2][2] = {
		{ "native, copy", "native, zero-copy" },
		{ "native, copy, busy polling", "native, zero-copy, busy polling" },
	};
	bool busy = engine->busy_poll_us > 0;

	if (!engine->port)
		return "send only";
	if (engine->tap)
		return engine->port->generic ? "generic, tap" : "native, tap";
	if (engine->port->generic)
		return busy ? "generic, copy, busy polling" : "generic, copy";
	return texts[busy][engine->queue_count > 0 && engine->queues[0].zero_copy];
}

/* A guest's frames are those of its host. */
static uint32_t frame_bytes_of(struct torc_engine *engine)
{
	const struct torc_engine *host;
	uint32_t bytes;

	if (!engine->port)
		return 0;
	pthread_mutex_lock(&engine->port->lock);
	host = afxdp_share_host(engine);
	bytes = host ? host->queues[0].frame_bytes : 0;
	pthread_mutex_unlock(&engine->port->lock);
	return bytes;
}

static void afxdp_info(struct torc_engine *engine, struct torc_engine_info *info)
{
	uint32_t frame_bytes = frame_bytes_of(engine);
	struct afxdp_link now;

	if (afxdp_link_get(&now, NULL, engine->device.ifindex) < 0)
		now = engine->device; /* it is gone: what it was */
	*info = (struct torc_engine_info){
		.detail = detail(engine),
		.link_type = TORC_LINK_ETHERNET,
		.ifindex = engine->device.ifindex,
		.mtu = now.mtu,
		.queue_count = now.queue_count,
		.buffer_bytes = engine->buffer_bytes,
		.block_bytes = AFXDP_BLOCK_PACKETS * frame_bytes,
		.loopback = now.flags & IFF_LOOPBACK,
	};
	if (frame_bytes) /* at two packets a microsecond an eighth of the frames */
		info->nap_us = (uint32_t)(engine->buffer_bytes / frame_bytes / 16);
	memcpy(info->name, now.name, sizeof(info->name));
	memcpy(info->address, now.address, sizeof(info->address));
}

const struct torc_engine_ops torc_engine_afxdp = {
	.name = "af_xdp",
	.deals = true,
	.open = afxdp_open,
	.close = afxdp_close,
	.start = afxdp_start,
	.stop = afxdp_stop,
	.acquire = afxdp_acquire,
	.fill = afxdp_fill,
	.release = afxdp_release,
	.queued = afxdp_queued,
	.check = afxdp_check,
	.at_end = afxdp_at_end,
	.fds = afxdp_fds,
	.due_ns = afxdp_due_ns,
	.set_filter = afxdp_set_filter,
	.set_direction = afxdp_set_direction,
	.set_promisc = afxdp_set_promisc,
	.set_mode = afxdp_set_mode,
	.join = afxdp_join,
	.leave = afxdp_leave,
	.send = afxdp_send,
	.send_batch = afxdp_send_batch,
	.flush = afxdp_flush,
	.stats = afxdp_stats,
	.info = afxdp_info,
};
