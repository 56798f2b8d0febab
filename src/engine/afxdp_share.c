/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afxdp_share.c - a cluster of AF_XDP rings in one process
 *
 * A queue has one socket. The first ring on it (the host) opens it; other rings of the process on
 * the same queues are guests, and receive only as members of a cluster with the host:
 *
 *	rx rings ── whoever comes first takes a batch ──┬── inbox of member 0 ── its ring
 *	            and deals it out by flow            ├── inbox of member 1 ── its ring
 *	                                                └── ...
 *
 * A flow is what torc_cluster_share_of() says, the same as on files. It gives one of 256 buckets,
 * and a table says whose the bucket is: a member that starts takes buckets from the richest, one
 * that stops leaves them to the poorest, and no other flow moves. Each member may hold its part of
 * the frames and no more, so that one that does not read loses its own packets only.
 *
 * Everything here is under the port's lock: taken once for each block.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "cluster/cluster.h"
#include "engine/afxdp.h"
#include "util/error.h"

#define BUCKETS     256u
#define MEMBERS_MAX 64u

struct afxdp_parcel {
	struct afxdp_queue *queue;
	struct xdp_desc desc;
};

struct afxdp_inbox {
	struct afxdp_parcel *parcels; /* mask + 1 of them */
	uint32_t mask, first, last;
	uint32_t held;  /* frames in parcels and in blocks of the ring */
	uint32_t limit; /* of held */
	int wake;       /* eventfd: readable while there are parcels */
};

struct afxdp_group {
	struct afxdp_group *next;
	unsigned int id;
	enum torc_cluster_type type;
	struct torc_engine *host; /* has the sockets */
	struct torc_engine *members[MEMBERS_MAX];
	unsigned int count, running;
	struct torc_engine *owner[BUCKETS]; /* NULL: no member runs */
	uint32_t turn;                      /* round robin */
};

/* ---- whose a packet is ---- */

static unsigned int buckets_of(const struct afxdp_group *group, const struct torc_engine *engine)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < BUCKETS; i++)
		count += group->owner[i] == engine;
	return count;
}

/* The running member with the most (or the fewest) buckets, other than one. */
static struct torc_engine *extreme(const struct afxdp_group *group, bool most,
				   const struct torc_engine *except)
{
	struct torc_engine *found = NULL;
	unsigned int best = 0;

	for (unsigned int i = 0; i < group->count; i++) {
		struct torc_engine *member = group->members[i];
		unsigned int count = buckets_of(group, member);

		if (member == except || !member->running)
			continue;
		if (!found || (most ? count > best : count < best)) {
			found = member;
			best = count;
		}
	}
	return found;
}

static void give_bucket(struct afxdp_group *group, struct torc_engine *from, struct torc_engine *to)
{
	for (unsigned int i = 0; i < BUCKETS; i++) {
		if (group->owner[i] == from) {
			group->owner[i] = to;
			return;
		}
	}
}

static void take_share(struct afxdp_group *group, struct torc_engine *engine)
{
	unsigned int share = BUCKETS / group->running;

	if (group->running == 1) {
		for (unsigned int i = 0; i < BUCKETS; i++)
			group->owner[i] = engine;
		return;
	}
	while (buckets_of(group, engine) < share)
		give_bucket(group, extreme(group, true, engine), engine);
}

static void leave_share(struct afxdp_group *group, struct torc_engine *engine)
{
	while (group->running > 0 && buckets_of(group, engine) > 0)
		give_bucket(group, engine, extreme(group, false, engine));
}

static struct torc_engine *owner_of(struct afxdp_group *group, const struct afxdp_queue *queue,
				    const struct xdp_desc *desc)
{
	struct torc_packet packet = { .data = queue->frames + desc->addr, .caplen = desc->len,
				      .len = desc->len, .link_type = TORC_LINK_ETHERNET };

	if (group->type == TORC_CLUSTER_ROUND_ROBIN)
		return group->owner[group->turn++ % BUCKETS];
	return group->owner[torc_cluster_share_of(group->type, &packet, BUCKETS)];
}

/* ---- dealing out ---- */

static void put_parcel(struct torc_engine *to, struct afxdp_queue *queue,
		       const struct xdp_desc *desc)
{
	struct afxdp_inbox *inbox = to->inbox;
	uint64_t one = 1;

	__atomic_fetch_add(&to->dealt, 1, __ATOMIC_RELAXED);
	if (inbox->held >= inbox->limit) {
		__atomic_fetch_add(&to->overflowed, 1, __ATOMIC_RELAXED);
		afxdp_queue_give_back(queue, desc, 1);
		return;
	}
	if (inbox->first == inbox->last && write(inbox->wake, &one, sizeof(one)) < 0)
		return; /* cannot be: the counter is 0 or 1 */
	inbox->parcels[inbox->last++ & inbox->mask] = (struct afxdp_parcel){ queue, *desc };
	inbox->held++;
}

static void deal(struct afxdp_group *group)
{
	struct xdp_desc descs[AFXDP_BLOCK_PACKETS];

	for (uint32_t q = 0; q < group->host->queue_count; q++) {
		struct afxdp_queue *queue = &group->host->queues[q];
		uint32_t count = afxdp_queue_take(queue, descs, AFXDP_BLOCK_PACKETS);

		for (uint32_t i = 0; i < count; i++)
			put_parcel(owner_of(group, queue, &descs[i]), queue, &descs[i]);
	}
}

uint32_t afxdp_share_take(struct torc_engine *engine, struct afxdp_block *block)
{
	struct afxdp_inbox *inbox = engine->inbox;
	struct afxdp_group *group = engine->group;
	uint64_t value;
	ssize_t got = 0;

	pthread_mutex_lock(&engine->port->lock);
	/* when the last member stops, what is left in the rx rings is its */
	if (inbox->first == inbox->last && group->owner[0] &&
	    (engine->running || group->running == 0))
		deal(group);
	block->count = 0;
	while (inbox->first != inbox->last && block->count < AFXDP_BLOCK_PACKETS) {
		const struct afxdp_parcel *parcel = &inbox->parcels[inbox->first & inbox->mask];

		if (block->count == 0)
			block->queue = parcel->queue;
		else if (block->queue != parcel->queue)
			break;
		block->descs[block->count++] = parcel->desc;
		inbox->first++;
	}
	if (block->count > 0 && inbox->first == inbox->last)
		got = read(inbox->wake, &value, sizeof(value));
	(void)got; /* it was readable, or there is nothing to do */
	block->dealt = true;
	pthread_mutex_unlock(&engine->port->lock);
	return block->count;
}

void afxdp_share_give_back(struct torc_engine *engine, const struct afxdp_block *block)
{
	pthread_mutex_lock(&engine->port->lock);
	afxdp_queue_give_back(block->queue, block->descs, block->count);
	if (engine->inbox)
		engine->inbox->held -= block->count;
	pthread_mutex_unlock(&engine->port->lock);
}

unsigned int afxdp_share_queued(struct torc_engine *engine)
{
	struct afxdp_inbox *inbox = engine->inbox;
	const struct torc_engine *host;
	unsigned int packets;

	pthread_mutex_lock(&engine->port->lock);
	packets = inbox->last - inbox->first;
	host = engine->group->host;
	for (uint32_t i = 0; i < host->queue_count && packets == 0; i++)
		packets += afxdp_queue_waiting(&host->queues[i]);
	pthread_mutex_unlock(&engine->port->lock);
	return packets;
}

/* ---- start and stop, under the port's lock ---- */

int afxdp_share_start(struct torc_engine *engine)
{
	struct afxdp_group *group = engine->group;
	int result = group->running == 0 ? afxdp_port_start(group->host) : 0;

	if (result < 0)
		return result;
	engine->running = true;
	group->running++;
	take_share(group, engine);
	return 0;
}

void afxdp_share_stop(struct torc_engine *engine)
{
	struct afxdp_group *group = engine->group;

	engine->running = false;
	if (--group->running == 0)
		afxdp_port_stop(group->host);
	else
		leave_share(group, engine);
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

static uint64_t host_drops(const struct torc_engine *engine)
{
	uint64_t dropped = 0;

	for (uint32_t i = 0; i < engine->queue_count; i++)
		dropped += afxdp_queue_dropped(&engine->queues[i]);
	return dropped;
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
	heir->drop_base = host_drops(heir);
	host->queues = NULL;
	host->queue_count = 0;
	host->receiving = false;
}

/* ---- joining and leaving ---- */

static struct afxdp_inbox *inbox_new(const struct torc_engine *host)
{
	struct afxdp_inbox *inbox = calloc(1, sizeof(*inbox));
	uint32_t frames = host->queue_count * host->queues[0].frame_count, room = 1;

	if (!inbox)
		return NULL;
	while (room < frames)
		room *= 2;
	inbox->mask = room - 1;
	inbox->parcels = calloc(room, sizeof(*inbox->parcels));
	inbox->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (inbox->parcels && inbox->wake >= 0)
		return inbox;
	if (inbox->wake >= 0)
		close(inbox->wake);
	free(inbox->parcels);
	free(inbox);
	return NULL;
}

static void set_limits(struct afxdp_group *group)
{
	uint32_t frames = group->host->queue_count * group->host->queues[0].frame_count;

	for (unsigned int i = 0; i < group->count; i++)
		group->members[i]->inbox->limit = frames / group->count;
}

/* The group on the host's queues, made if there is none. */
static int find_group(struct afxdp_group **found, struct torc_engine *host, unsigned int id,
		      enum torc_cluster_type type, struct torc_error *error)
{
	struct afxdp_group *group = host->port->groups;

	*found = NULL;
	while (group && group->host != host)
		group = group->next;
	if (group && (group->id != id || group->type != type))
		return torc_error_set(error, -TORC_ECLUSTER,
				      "%s is in cluster %u with type %d in this process",
				      host->device.name, group->id, (int)group->type);
	if (group && group->count == MEMBERS_MAX)
		return torc_error_set(error, -ENOSPC, "cluster %u has %u members", id, MEMBERS_MAX);
	if (!group && host->running)
		return torc_error_set(error, -EBUSY, "another ring receives %s alone",
				      host->device.name);
	if (!group) {
		group = calloc(1, sizeof(*group));
		if (!group)
			return torc_error_set(error, -ENOMEM, "out of memory");
		*group = (struct afxdp_group){ .next = host->port->groups, .id = id, .type = type,
					       .host = host };
		host->port->groups = group;
	}
	*found = group;
	return 0;
}

static void drop_group_if_empty(struct afxdp_port *port, struct afxdp_group *group)
{
	struct afxdp_group **at = &port->groups;

	if (group->count > 0)
		return;
	while (*at != group)
		at = &(*at)->next;
	*at = group->next;
	free(group);
}

static int join_group(struct torc_engine *engine, unsigned int id, enum torc_cluster_type type,
		      struct torc_error *error)
{
	struct torc_engine *host = afxdp_share_host(engine);
	struct afxdp_group *group;
	int result;

	if (!host)
		return torc_error_set(error, -ENODEV, "%s is gone", engine->device.name);
	result = find_group(&group, host, id, type, error);
	if (result < 0)
		return result;
	engine->inbox = inbox_new(host);
	if (!engine->inbox) {
		drop_group_if_empty(engine->port, group);
		return torc_error_set(error, -ENOMEM, "out of memory");
	}
	afxdp_keep_counters(engine);
	if (engine == host)
		engine->drop_base = host_drops(engine);
	else
		watch_sockets(engine, host, EPOLL_CTL_ADD);
	engine->group = group;
	group->members[group->count++] = engine;
	set_limits(group);
	return afxdp_watch(engine, engine->inbox->wake);
}

int afxdp_share(struct torc_engine *engine, unsigned int id, enum torc_cluster_type type,
		struct torc_error *error)
{
	int result;

	if (!engine->port)
		return torc_error_set(error, -EOPNOTSUPP, "a ring that only sends has no share");
	if (engine->running)
		return torc_error_set(error, -EBUSY,
				      "a ring on xdp: enters a cluster before it is enabled");
	pthread_mutex_lock(&engine->port->lock);
	result = join_group(engine, id, type, error);
	pthread_mutex_unlock(&engine->port->lock);
	return result;
}

/* What was dealt and not read goes back, as if it had never been dealt. */
static void empty_inbox(struct torc_engine *engine)
{
	struct afxdp_inbox *inbox = engine->inbox;

	__atomic_fetch_sub(&engine->dealt, inbox->last - inbox->first, __ATOMIC_RELAXED);
	for (; inbox->first != inbox->last; inbox->first++) {
		const struct afxdp_parcel *parcel = &inbox->parcels[inbox->first & inbox->mask];

		afxdp_queue_give_back(parcel->queue, &parcel->desc, 1);
	}
	close(inbox->wake);
	free(inbox->parcels);
	free(inbox);
}

static void leave_group(struct torc_engine *engine)
{
	struct afxdp_group *group = engine->group;
	unsigned int at = 0;

	if (group->host == engine) {
		uint64_t dropped = host_drops(engine) - engine->drop_base;

		__atomic_fetch_add(&engine->past_seen, dropped, __ATOMIC_RELAXED);
		__atomic_fetch_add(&engine->past_dropped, dropped, __ATOMIC_RELAXED);
	} else {
		watch_sockets(engine, group->host, EPOLL_CTL_DEL);
	}
	while (group->members[at] != engine)
		at++;
	group->members[at] = group->members[--group->count];
	for (unsigned int i = 0; i < BUCKETS; i++)
		group->owner[i] = group->owner[i] == engine ? NULL : group->owner[i];
	empty_inbox(engine);
	engine->inbox = NULL;
	engine->group = NULL;
	if (group->host == engine && group->count > 0)
		afxdp_share_pass_on(engine);
	if (group->count > 0)
		set_limits(group);
	drop_group_if_empty(engine->port, group);
	afxdp_set_base(engine);
}

int afxdp_unshare(struct torc_engine *engine)
{
	bool was_running = engine->running;

	if (!engine->group)
		return 0;
	afxdp_stop(engine);
	pthread_mutex_lock(&engine->port->lock);
	leave_group(engine);
	pthread_mutex_unlock(&engine->port->lock);
	return was_running ? afxdp_start(engine) : 0;
}
