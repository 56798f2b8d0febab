/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afxdp_run.c - an AF_XDP engine while it is open: start and stop, alone and in a cluster, the
 * account over all of that, and what becomes of its interface
 */
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/epoll.h>

#include "engine/afxdp_member.h"
#include "util/error.h"

/* ---- the account ---- */

int afxdp_stats(struct torc_engine *engine, struct torc_engine_stats *stats)
{
	const struct afxdp_counters *counters = &engine->counters;
	struct afxdp_link now;
	int result = 0;

	*stats = (struct torc_engine_stats){
		.freezes = TORC_UNKNOWN,
		.card_missed = TORC_UNKNOWN,
		.sent = __atomic_load_n(&counters->sent, __ATOMIC_RELAXED),
		.sent_bytes = __atomic_load_n(&counters->sent_bytes, __ATOMIC_RELAXED),
		.send_errors = __atomic_load_n(&counters->send_errors, __ATOMIC_RELAXED),
		.send_full = __atomic_load_n(&counters->send_full, __ATOMIC_RELAXED),
	};
	/* the first against an interface that comes back, the second against other engines */
	pthread_mutex_lock(&engine->sockets_lock);
	if (engine->port) {
		pthread_mutex_lock(&engine->port->lock);
		result = engine->role->count ? engine->role->count(engine, stats) : 0;
		pthread_mutex_unlock(&engine->port->lock);
	}
	stats->seen += __atomic_load_n(&counters->past_seen, __ATOMIC_RELAXED);
	stats->dropped += __atomic_load_n(&counters->past_dropped, __ATOMIC_RELAXED);
	if (result < 0 || __atomic_load_n(&counters->past_unknown, __ATOMIC_RELAXED))
		stats->seen = stats->dropped = TORC_UNKNOWN;
	if (afxdp_link_get(&now, NULL, engine->device.ifindex) == 0)
		stats->card_missed = now.missed - engine->device.missed;
	pthread_mutex_unlock(&engine->sockets_lock);
	return result;
}

/* ---- the interface that has the name ---- */

/* Packets of the old one lie in its memory: in its rings, or lent out. */
static bool holds_packets(struct torc_engine *engine)
{
	return afxdp_queued(engine) > 0 || engine->blocks.free_count < engine->blocks.count;
}

/* Open everything anew, on the interface that has the name now. */
static int move_to(struct torc_engine *engine, const struct afxdp_link *found)
{
	bool promisc = engine->promisc;
	int result;

	engine->promisc = false;
	pthread_mutex_lock(&engine->sockets_lock);
	if (engine->port) {
		pthread_mutex_lock(&engine->port->lock);
		if (engine->role->stop)
			engine->role->stop(engine);
		pthread_mutex_unlock(&engine->port->lock);
	}
	afxdp_close_on_device(engine);
	engine->device = *found;
	engine->blocks.next_queue = 0;
	result = afxdp_open_on_device(engine, NULL);
	if (result < 0)
		afxdp_close_on_device(engine);
	pthread_mutex_unlock(&engine->sockets_lock);
	engine->gone = result < 0;
	if (promisc)
		afxdp_set_promisc(engine, true);
	return result;
}

/*
 * Before the ring receives: its interface was deleted, or what it holds there is a cluster's that it
 * has left. Then it begins anew with what has the name.
 */
static int find_again(struct torc_engine *engine)
{
	bool others = engine->role == &afxdp_role_outside;
	struct afxdp_link found;
	int result = engine->gone ? -ENODEV : afxdp_link_get(&found, NULL, engine->device.ifindex);

	if (engine->role == &afxdp_role_member)
		return result == -ENODEV ? result : 0; /* a cluster is closed and made anew */
	if (result != -ENODEV && !others)
		return 0; /* or nobody knows */
	result = afxdp_link_get(&found, engine->device.name, 0);
	if (result == 0 && !(found.flags & IFF_UP))
		result = -ENETDOWN;
	if (result == 0 && holds_packets(engine))
		result = -EBUSY;
	return result < 0 ? result : move_to(engine, &found);
}

/* ---- start and stop ---- */

int afxdp_start(struct torc_engine *engine)
{
	int result;

	if (engine->running)
		return 0;
	result = find_again(engine);
	if (result < 0)
		return result;
	engine->checked = engine->down = false;
	afxdp_link_monitor_for(engine->monitor, engine->device.ifindex, true);
	if (engine->port && engine->config.mode != TORC_SEND_ONLY) {
		pthread_mutex_lock(&engine->port->lock);
		result = engine->role->start(engine);
		pthread_mutex_unlock(&engine->port->lock);
	}
	engine->running = result == 0;
	return result;
}

int afxdp_stop(struct torc_engine *engine)
{
	if (!engine->running)
		return 0;
	engine->waiting = engine->running = false;
	if (!engine->port)
		return 0;
	pthread_mutex_lock(&engine->port->lock);
	if (engine->role->stop)
		engine->role->stop(engine);
	pthread_mutex_unlock(&engine->port->lock);
	return 0;
}

/* As far as the ring knows the engine runs; check() tries to make it true. */
static int start_or_wait(struct torc_engine *engine)
{
	int result;

	engine->running = false;
	result = afxdp_start(engine);
	engine->waiting = result < 0;
	engine->running = true;
	return result;
}

/*
 * Called when nothing is at hand. Each change is told once. The monitor only tells of what is not
 * as it was when it was asked, so that a change which is over again is known too.
 */
int afxdp_check(struct torc_engine *engine)
{
	bool changed = afxdp_link_changed(engine->monitor), was_down = engine->down;
	struct afxdp_link now;
	int result;

	if (!engine->running)
		return 0;
	if (engine->role == &afxdp_role_member)
		afxdp_member_attend(engine);
	if (engine->gone || engine->waiting) {
		start_or_wait(engine);
		return 0;
	}
	if (!changed && engine->checked)
		return 0;
	engine->checked = true;
	result = afxdp_link_get(&now, NULL, engine->device.ifindex);
	if (result == -ENODEV) {
		engine->gone = true;
		return -ENODEV;
	}
	if (result < 0)
		return 0;
	memcpy(engine->device.name, now.name, sizeof(now.name));
	engine->down = !(now.flags & IFF_UP);
	if (engine->down == was_down && !changed)
		return 0;
	engine->checked = false; /* once more, lest it changed again before the monitor knew */
	afxdp_link_monitor_for(engine->monitor, engine->device.ifindex, !engine->down);
	return engine->down || !was_down ? -ENETDOWN : 0;
}

/* ---- clusters ---- */

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
	result = afxdp_member_join(engine, member, error);
	if (result == 0)
		engine->buffer_bytes = engine->sockets->buffer_bytes;
	pthread_mutex_unlock(&engine->port->lock);
	return result;
}

int afxdp_leave(struct torc_engine *engine)
{
	struct torc_engine_stats past = { 0 };
	bool was_running = engine->running;

	if (engine->role != &afxdp_role_member)
		return 0;
	afxdp_stop(engine);
	pthread_mutex_lock(&engine->port->lock);
	engine->role = afxdp_member_leave(engine, &past) || engine->port->foreign ?
			       &afxdp_role_outside :
			       &afxdp_role_owner;
	afxdp_add_past(engine, &past);
	pthread_mutex_unlock(&engine->port->lock);
	return was_running ? start_or_wait(engine) : 0;
}
