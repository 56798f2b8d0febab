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
#include <linux/filter.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/afxdp_member.h"
#include "util/error.h"

#define RETRY_NS  100000000 /* look for a deleted interface that often */
#define LEADER_NS 10000000  /* and for a leader */

/* ---- life ---- */

static void afxdp_close(struct torc_engine *engine)
{
	afxdp_stop(engine);
	afxdp_leave(engine);
	afxdp_close_on_device(engine);
	afxdp_blocks_free(&engine->blocks);
	free(engine->reader.filter);
	if (engine->monitor >= 0)
		close(engine->monitor);
	if (engine->epoll >= 0)
		close(engine->epoll);
	if (engine->packet_socket >= 0)
		close(engine->packet_socket);
	pthread_mutex_destroy(&engine->sockets_lock);
	free(engine);
}

static int afxdp_open(struct torc_engine **opened, const struct torc_engine_config *config,
	       struct torc_error *error)
{
	struct torc_engine *engine = calloc(1, sizeof(*engine));
	int result;

	if (!engine)
		return torc_error_set(error, -ENOMEM, "out of memory");
	engine->role = &afxdp_role_sender;
	engine->monitor = engine->packet_socket = engine->epoll = -1;
	pthread_mutex_init(&engine->sockets_lock, NULL);
	engine->config = *config;
	engine->config.name = engine->config.settings = NULL;
	engine->reader.snaplen = config->snaplen ? config->snaplen : TORC_SNAPLEN_DEFAULT;
	result = afxdp_open_device(engine, config->name, config->settings, error);
	if (result == 0 && config->flags & TORC_PROMISC) {
		result = afxdp_set_promisc(engine, true);
		if (result < 0)
			torc_error_set(error, result, "no promiscuous mode on %s: %s",
				       engine->device.name, torc_strerror(result));
	}
	if (result < 0) {
		afxdp_close(engine);
		return result;
	}
	*opened = engine;
	return 0;
}

/* ---- settings ---- */

static int use_filter(struct torc_engine *engine, struct sock_filter *filter, unsigned short length)
{
	int result;

	pthread_mutex_lock(&engine->port->lock);
	free(engine->reader.filter);
	engine->reader.filter = filter;
	engine->reader.filter_length = length;
	if (engine->sockets->alone == &engine->reader)
		result = afxdp_port_reload(engine->port, NULL);
	else
		result = afxdp_try_program(engine, NULL);
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
	if (engine->role != &afxdp_role_owner || engine->port->pieces) {
		free(engine->reader.filter);
		engine->reader.filter = NULL;
		return program ? -EOPNOTSUPP : 0;
	}
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
	if (engine->sockets->alone == &engine->reader)
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

static unsigned int afxdp_fds(struct torc_engine *engine, int *fds, unsigned int max)
{
	if (max == 0)
		return 0;
	fds[0] = engine->epoll;
	return 1;
}

/*
 * What is left of a block waits in no socket. And netlink tells when an interface appears, but not
 * when it is up, or free of a cluster.
 */
static int64_t afxdp_due_ns(struct torc_engine *engine)
{
	const struct afxdp_blocks *blocks = &engine->blocks;

	if (blocks->current && blocks->filled < blocks->current->count)
		return 0;
	if (engine->role == &afxdp_role_member && afxdp_member_is_waiting(engine))
		return LEADER_NS;
	return engine->gone || engine->waiting ? RETRY_NS : -1;
}

static bool afxdp_at_end(struct torc_engine *engine)
{
	(void)engine;
	return false;
}

enum { ALONE, BUSY_POLLING, LED, LEADING };

static unsigned int standing(const struct torc_engine *engine)
{
	unsigned int standing = engine->busy_poll_us > 0 && !engine->tap ? BUSY_POLLING : ALONE;

	pthread_mutex_lock(&engine->port->lock);
	if (engine->role == &afxdp_role_member)
		standing = afxdp_member_leads(engine) ? LEADING : LED;
	pthread_mutex_unlock(&engine->port->lock);
	return standing;
}

/* How packets come, and in a cluster who spreads them among the members. */
static const char *detail(const struct torc_engine *engine)
{
	static const char *const texts[5][4] = {
		{ "generic, copy", "generic, copy, busy polling", "generic, copy, leader hands out",
		  "generic, copy, leads its cluster" },
		{ "native, copy", "native, copy, busy polling", "native, copy, leader hands out",
		  "native, copy, leads its cluster" },
		{ "native, zero-copy", "native, zero-copy, busy polling",
		  "native, zero-copy, leader hands out", "native, zero-copy, leads its cluster" },
		{ "generic, tap", NULL, "generic, tap, leader hands out",
		  "generic, tap, leads its cluster" },
		{ "native, tap", NULL, "native, tap, leader hands out", "native, tap, leads its cluster" },
	};
	bool zero_copy = engine->sockets && engine->sockets->queues[0].zero_copy;
	unsigned int way;

	if (!engine->port)
		return "send only";
	way = engine->port->generic ? 0 : 1 + zero_copy;
	if (engine->tap)
		way = engine->port->generic ? 3 : 4;
	return texts[way][standing(engine)];
}

/* 0: there are none yet. */
static uint32_t frame_bytes_of(struct torc_engine *engine)
{
	const struct afxdp_sockets *sockets = engine->sockets;
	uint32_t bytes;

	if (!engine->port)
		return 0;
	pthread_mutex_lock(&engine->port->lock);
	if (!sockets)
		sockets = afxdp_port_find(engine->port, engine->queue_mask);
	bytes = sockets ? sockets->queues[0].frame_bytes : 0;
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
