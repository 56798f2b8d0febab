/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afxdp_share.c - joining and leaving a cluster of AF_XDP rings, in one process or in many
 *
 * A queue has one socket. Whoever opened it lets the other members have it, with the memory of its
 * frames, and all take from it under one lock (afxdp_deal.c).
 *
 * Who is a member and whose a bucket is, src/cluster/ knows (torc_cluster_deal()). A member may
 * hold its part of the frames and no more, so that one that does not read loses its own packets only.
 *
 * A tap's queues (afxdp_tap.c) are dealt out in the same way, but to rings of this process only.
 *
 * In a process one engine (the host) has the sockets mapped, and others on the same queues are its
 * guests: all of that is under the port's lock, which is taken before the one that is shared.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/afxdp_deal.h"
#include "util/error.h"
#include "util/memory.h"

/* ---- start and stop, under the port's lock ---- */

/* Whoever looks after the cluster counts anew at any time. */
static bool is_served(const struct torc_engine *engine)
{
	return __atomic_load_n(&torc_cluster_deal(engine->member)->serving, __ATOMIC_RELAXED) > 0;
}

int afxdp_share_start(struct torc_engine *engine)
{
	struct torc_engine *host = engine->group->host;
	int result;

	afxdp_deal_follow(engine);
	afxdp_deal_lock(engine);
	if (!is_served(engine))
		afxdp_deal_discard(engine);
	afxdp_deal_unlock(engine);
	result = torc_cluster_serve(engine->member, NULL);
	if (result == 0 && host->tap && !host->receiving)
		result = afxdp_port_start(host);
	return result;
}

void afxdp_share_stop(struct torc_engine *engine)
{
	torc_cluster_detach(engine->member);
	if (is_served(engine))
		return;
	if (engine->group->host->tap)
		afxdp_port_stop(engine->group->host);
	else
		afxdp_let_packets_pass();
}

/* ---- host and guests ---- */

/* The engine that has the sockets of the same queues, or NULL. */
struct torc_engine *afxdp_share_host(const struct torc_engine *engine)
{
	for (struct torc_engine *e = engine->port->engines; e; e = e->next_on_port) {
		if (e->queue_count > 0 && e->queue_mask == engine->queue_mask)
			return e;
	}
	return NULL;
}

static void watch_sockets(const struct torc_engine *engine, const struct torc_engine *host, int op)
{
	struct epoll_event event = { .events = EPOLLIN };

	for (uint32_t i = 0; i < host->queue_count; i++)
		epoll_ctl(engine->epoll, op, host->queues[i].fd, &event);
}

/* The sockets go to another: a member of the group, or else any guest. */
void afxdp_share_pass_on(struct torc_engine *host)
{
	struct torc_engine *heir = NULL;

	for (struct torc_engine *e = host->port->engines; e; e = e->next_on_port) {
		if (e != host && e->queue_mask == host->queue_mask && e->queue_count == 0 &&
		    (!heir || (e->group && !heir->group)))
			heir = e;
	}
	if (!heir || host->queue_count == 0)
		return;
	if (!heir->group)
		watch_sockets(heir, host, EPOLL_CTL_ADD);
	else
		heir->group->host = heir;
	watch_sockets(host, host, EPOLL_CTL_DEL);
	heir->queues = host->queues;
	heir->queue_count = host->queue_count;
	heir->receiving = host->receiving;
	host->queues = NULL;
	host->queue_count = 0;
	host->receiving = false;
}

/* ---- joining ---- */

static size_t deal_bytes(uint64_t frames)
{
	return sizeof(struct shared_deal) + frames * sizeof(struct shared_frame);
}

/* What the members have in common, of the sockets that this process has. */
static int deal_create(struct afxdp_group *group, struct torc_engine *host)
{
	uint64_t frames = host->queue_count * (uint64_t)host->queues[0].frame_count;
	struct shared_deal *deal;
	void *memory;

	group->bytes = deal_bytes(frames);
	group->memory = torc_memory_create(&memory, group->bytes);
	if (group->memory < 0)
		return group->memory;
	deal = group->deal = memory;
	deal->like = (struct afxdp_queue){ .frame_bytes = host->queues[0].frame_bytes,
					   .frame_count = host->queues[0].frame_count };
	deal->buffer_bytes = host->buffer_bytes;
	deal->queue_mask = host->queue_mask;
	deal->queue_count = host->queue_count;
	deal->frames = (uint32_t)frames;
	deal->cookie = host->port->cookie;
	deal->generic = host->port->generic;
	for (uint32_t i = 0; i < host->queue_count; i++) {
		deal->refill_end[i] = host->queues[i].fill.mine;
		deal->claimed += afxdp_queue_dropped(&host->queues[i]);
	}
	free(host->filter); /* the members filter for themselves */
	host->filter = NULL;
	return torc_memory_lock_init(&deal->lock);
}

/* The program lets the queues' packets through to the sockets, as soon as they are in the map. */
static int lend_queues(struct torc_engine *host)
{
	struct afxdp_port *port = host->port;

	if (port->mark < 0)
		port->mark = torc_cluster_mark(port->ifindex, TORC_MARK_DEALT);
	if (port->mark < 0)
		return port->mark;
	port->lent |= host->queue_mask;
	return afxdp_port_reload(port, NULL);
}

static int offer(const struct afxdp_group *group, struct torc_cluster_member *member)
{
	const struct torc_engine *host = group->host;
	struct torc_cluster_goods goods = { .queues = host->queue_mask, .count = 2,
					    .fds = { group->memory, host->port->map } };

	for (uint32_t i = 0; i < host->queue_count; i++) {
		goods.fds[goods.count++] = host->queues[i].fd;
		goods.fds[goods.count++] = host->queues[i].memory;
	}
	goods.fds[goods.count++] = host->port->link;
	goods.fds[goods.count++] = host->port->mark;
	return torc_cluster_offer(member, &goods);
}

/* The sockets of another process become ours as well. */
static int attach_queues(struct torc_engine *engine, const struct shared_deal *deal,
			 struct torc_cluster_goods *goods)
{
	struct afxdp_queue like = deal->like;
	int result = 0;

	engine->queues = calloc(deal->queue_count, sizeof(*engine->queues));
	if (!engine->queues)
		return -ENOMEM;
	for (like.id = 0; like.id < AFXDP_MAX_QUEUES && result == 0; like.id++) {
		struct afxdp_queue *queue = &engine->queues[engine->queue_count];
		int *fds = &goods->fds[2 + 2 * engine->queue_count];

		if (!(deal->queue_mask >> like.id & 1))
			continue;
		result = afxdp_queue_attach(queue, &like, fds[0], fds[1]);
		fds[0] = fds[1] = -1;
		if (result == 0)
			result = afxdp_watch(engine, queue->fd);
		if (result == 0)
			afxdp_queue_sync(queue);
		engine->queue_count += result == 0;
	}
	afxdp_set_base(engine);
	engine->buffer_bytes = deal->buffer_bytes;
	return result;
}

/* What only one of each process needs: program, map and name of the interface. */
static void attach_port(struct afxdp_port *port, const struct shared_deal *deal,
			struct torc_cluster_goods *goods)
{
	int *last = &goods->fds[goods->count - 2];

	if (port->link >= 0)
		return;
	port->cookie = deal->cookie;
	port->generic = deal->generic;
	port->map = goods->fds[1];
	port->link = last[0];
	port->mark = last[1];
	goods->fds[1] = last[0] = last[1] = -1;
}

static bool same_socket(int a, int b)
{
	struct stat one, two;

	return fstat(a, &one) == 0 && fstat(b, &two) == 0 && one.st_ino == two.st_ino;
}

/* Numbers that another process has written are looked at before they are used. */
static int deal_obtain(struct afxdp_group *group, struct torc_engine *engine,
		       struct torc_cluster_goods *goods)
{
	uint32_t queues = (uint32_t)__builtin_popcountll(engine->queue_mask);
	const struct shared_deal *deal;
	void *memory;
	int result;

	if (goods->queues != engine->queue_mask || goods->count != 4 + 2 * queues)
		return -EINVAL;
	group->bytes = sizeof(*deal);
	result = torc_memory_map(&memory, goods->fds[0], &group->bytes);
	if (result < 0)
		return result;
	deal = group->deal = memory;
	if (!deal->frames || !deal->like.frame_bytes || deal->queue_mask != engine->queue_mask ||
	    deal->queue_count != queues ||
	    deal->frames != queues * deal->like.frame_count ||
	    deal_bytes(deal->frames) != group->bytes)
		return -EPROTO;
	if (group->host)
		return same_socket(goods->fds[2], group->host->queues[0].fd) ? 0 : -EBUSY;
	group->host = engine;
	attach_port(engine->port, deal, goods);
	return attach_queues(engine, deal, goods);
}

static int obtain(struct afxdp_group *group, struct torc_engine *engine,
		  struct torc_cluster_member *member)
{
	struct torc_cluster_goods goods;
	int result = torc_cluster_obtain(member, &goods);

	if (result < 0)
		return result;
	result = deal_obtain(group, engine, &goods);
	for (uint32_t i = 0; i < goods.count; i++) {
		if (goods.fds[i] >= 0)
			close(goods.fds[i]);
	}
	return result;
}

static void group_free(struct afxdp_group *group)
{
	if (group->deal)
		munmap(group->deal, group->bytes);
	if (group->memory >= 0)
		close(group->memory);
	free(group);
}

static int make_group(struct afxdp_group **made, struct torc_engine *engine,
		      struct torc_engine *host, struct torc_cluster_member *member,
		      struct torc_error *error)
{
	struct afxdp_port *port = engine->port;
	struct afxdp_group *group = calloc(1, sizeof(*group));
	bool ours = host && !port->foreign && !(port->lent & engine->queue_mask);
	int result = group ? 0 : -ENOMEM;

	if (!group)
		return torc_error_set(error, result, "out of memory");
	group->host = host;
	group->memory = -1;
	group->id = torc_cluster_id(member);
	if (ours)
		result = deal_create(group, host);
	if (ours && result == 0 && !host->tap)
		result = lend_queues(host);
	if (result == 0 && !(ours && host->tap))
		result = ours ? offer(group, member) : obtain(group, engine, member);
	if (result < 0) {
		port->lent &= ours ? ~engine->queue_mask : UINT64_MAX;
		group_free(group);
		return torc_error_set(error, result, "cluster %u does not have %s: %s",
				      torc_cluster_id(member), engine->device.name,
				      torc_strerror(result));
	}
	group->next = port->groups;
	port->groups = group;
	*made = group;
	return 0;
}

/* The group on the queues of this engine, made if there is none. */
static int find_group(struct afxdp_group **found, struct torc_engine *engine,
		      struct torc_cluster_member *member, struct torc_error *error)
{
	struct torc_engine *host = afxdp_share_host(engine);
	struct afxdp_group *group = engine->port->groups;

	while (group && group->host != host)
		group = group->next;
	*found = group;
	if (group && group->id != torc_cluster_id(member))
		return torc_error_set(error, -TORC_ECLUSTER, "%s is in cluster %u in this process",
				      engine->device.name, group->id);
	if (group)
		return 0;
	if (!host && !engine->port->foreign)
		return torc_error_set(error, -ENODEV, "%s is gone", engine->device.name);
	if (host && host->running)
		return torc_error_set(error, -EBUSY, "another ring receives %s alone",
				      engine->device.name);
	return make_group(found, engine, host, member, error);
}

static void drop_group(struct afxdp_port *port, struct afxdp_group *group)
{
	struct afxdp_group **at = &port->groups;

	while (*at != group)
		at = &(*at)->next;
	*at = group->next;
	group_free(group);
}

static void close_wake(struct torc_engine *engine)
{
	if (engine->wake >= 0)
		close(engine->wake);
	engine->wake = -1;
}

static int join_group(struct torc_engine *engine, struct torc_cluster_member *member,
		      struct torc_error *error)
{
	struct afxdp_group *group;
	int result = find_group(&group, engine, member, error);

	if (result < 0)
		return result;
	afxdp_keep_counters(engine);
	engine->group = group;
	engine->member = member;
	result = afxdp_deal_open_wake(engine);
	if (result < 0)
		torc_error_set(error, result, "no socket: %s", torc_strerror(result));
	else
		result = afxdp_deal_enter(engine, error);
	if (result == 0) {
		group->count++;
		if (engine != group->host || engine->lent)
			watch_sockets(engine, group->host, EPOLL_CTL_ADD);
		engine->lent = false;
		return 0;
	}
	close_wake(engine);
	engine->group = NULL;
	if (group->count == 0)
		drop_group(engine->port, group);
	return result;
}

int afxdp_join(struct torc_engine *engine, struct torc_cluster_member *member,
	       struct torc_error *error)
{
	int result;

	if (!engine->port)
		return torc_error_set(error, -EOPNOTSUPP, "a ring that only sends has no share");
	if (engine->running)
		return torc_error_set(error, -EBUSY,
				      "a ring on xdp: enters a cluster before it is enabled");
	if (engine->port->pieces && !engine->tap)
		return torc_error_set(error, -EOPNOTSUPP,
				      "an xdp: cluster takes packets of one piece: an MTU of %u at most, "
				      "or mode=tap",
				      afxdp_page_mtu());
	pthread_mutex_lock(&engine->port->lock);
	result = join_group(engine, member, error);
	pthread_mutex_unlock(&engine->port->lock);
	return result;
}

/* ---- leaving ---- */

/* What was dealt and not read goes back, as if it had never been dealt. */
static void leave_deal(struct torc_engine *engine, bool last)
{
	struct torc_engine_stats stats = { 0 };

	afxdp_share_count(engine, &stats);
	afxdp_deal_lock(engine);
	afxdp_deal_release(engine->group, last ? 0 : engine->slot, last ? NOBODY : engine->slot);
	__atomic_fetch_add(&engine->past_seen, stats.dropped, __ATOMIC_RELAXED);
	__atomic_fetch_add(&engine->past_dropped, stats.dropped, __ATOMIC_RELAXED);
	afxdp_deal_mine(engine)->overflowed = afxdp_deal_mine(engine)->wake_length = 0;
	for (uint32_t i = 0; last && i < engine->group->host->queue_count; i++)
		afxdp_queue_sync(&engine->group->host->queues[i]);
	afxdp_deal_unlock(engine);
}

static void leave_group(struct torc_engine *engine)
{
	struct afxdp_group *group = engine->group;
	struct afxdp_port *port = engine->port;
	bool last = torc_cluster_last(engine->member);

	leave_deal(engine, last);
	close_wake(engine);
	engine->group = NULL;
	group->count--;
	if (group->host != engine || !last)
		watch_sockets(engine, group->host, EPOLL_CTL_DEL);
	if (group->host == engine && group->count > 0)
		afxdp_share_pass_on(engine);
	engine->lent = engine->queue_count > 0 && !last;
	if (last && !port->foreign)
		port->lent &= ~engine->queue_mask;
	if (group->count == 0)
		drop_group(port, group);
	if (port->lent == 0 && !port->foreign && port->mark >= 0) {
		torc_cluster_unmark(port->ifindex, TORC_MARK_DEALT, port->mark);
		port->mark = -1;
	}
	afxdp_set_base(engine);
}

int afxdp_leave(struct torc_engine *engine)
{
	bool was_running = engine->running;

	if (!engine->group)
		return 0;
	afxdp_stop(engine);
	pthread_mutex_lock(&engine->port->lock);
	leave_group(engine);
	pthread_mutex_unlock(&engine->port->lock);
	return was_running ? afxdp_wait(engine) : 0;
}
