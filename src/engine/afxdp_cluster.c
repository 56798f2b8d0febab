/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afxdp_cluster.c - members of a cluster on the same AF_XDP queues, in one process or in many
 *
 * A queue has one socket. Whoever opened it lets the other members have it, with the memory of its
 * frames, and all take from it by the shared table (afxdp_table.h). Who is a member and whose a
 * bucket is, src/cluster/ knows (torc_cluster_deal()). A member may hold its part of the frames and
 * no more, so that one that does not read loses its own packets only.
 *
 * Copies (mode=tap) are handed out in the same way, but to rings of this process only.
 *
 * In a process all engines on the same queues have one set of sockets and one table; handing out is
 * under the port's lock, which is taken before the one that is shared. Taking is under neither.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "cluster/cluster.h"
#include "engine/afxdp_cluster.h"
#include "engine/afxdp_table.h"
#include "peer/peer.h"
#include "util/error.h"

#define PREFETCH   16u
#define RUNS       4u /* of packets, that are handed out at once */
#define PAUSE_NS   50000
#define WAKE_MASK  0xFFFFFu /* unix(7), autobind: five hexadecimal digits */
#define GIVE_BACKS 4096u    /* frames of ours that may wait for a refill */

struct afxdp_cluster {
	unsigned int id, count; /* members of this process */
	struct afxdp_sockets *sockets;
	struct afxdp_table table;
	bool looked;
	uint32_t changes; /* torc_cluster_deal's, as far as they were looked at */
	uint32_t only;    /* the slot that every bucket belongs to; else TABLE_NOBODY */
};

/* ---- the lock, under the port's ---- */

static bool try_lock(struct afxdp_member *member)
{
	struct afxdp_table *table = &member->cluster->table;
	uint32_t locker = afxdp_table_locker(table);
	bool gone = locker != TABLE_NOBODY && !torc_cluster_present(member->member, locker);

	return afxdp_table_try_lock(table, member->slot, gone);
}

static void pause_a_little(void)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };

	nanosleep(&pause, NULL);
}

/* It ends: what somebody keeps is taken over. */
static void lock(struct afxdp_member *member)
{
	while (!try_lock(member))
		pause_a_little();
}

static void unlock(struct afxdp_member *member)
{
	afxdp_table_unlock(&member->cluster->table);
}

/* ---- handing out ---- */

static uint32_t place_of(const struct afxdp_member *member)
{
	return member->base + (uint32_t)__atomic_load_n(&member->taken, __ATOMIC_RELAXED);
}

/* Members or shares have changed: who is gone holds nothing, the others may hold more or less. */
static void look_who_is_there(struct afxdp_member *member, const struct torc_cluster_deal *shares)
{
	struct afxdp_cluster *cluster = member->cluster;
	struct afxdp_table *table = &cluster->table;
	uint32_t changes = __atomic_load_n(&shares->changes, __ATOMIC_ACQUIRE), count = 0;

	if (cluster->looked && changes == cluster->changes)
		return;
	cluster->looked = true;
	for (uint32_t slot = 0; slot < TABLE_SLOTS; slot++) {
		table->present[slot] = torc_cluster_present(member->member, slot);
		count += table->present[slot];
	}
	table->limit = table->geometry.frames / (count ? count : 1);
	if (table->limit > table->geometry.inbox)
		table->limit = table->geometry.inbox;
	cluster->only = __atomic_load_n(&shares->owner[0], __ATOMIC_RELAXED);
	for (uint32_t i = 1; i < CLUSTER_BUCKETS; i++) {
		if (__atomic_load_n(&shares->owner[i], __ATOMIC_RELAXED) != cluster->only)
			cluster->only = TABLE_NOBODY;
	}
	cluster->changes = changes;
	afxdp_table_release_absent(table);
}

static uint16_t owner_of(const struct afxdp_member *member, const struct torc_cluster_deal *shares,
			 enum torc_cluster_type type, const uint8_t *data, uint32_t length)
{
	struct torc_packet packet = { .data = data, .caplen = length, .len = length,
				      .link_type = TORC_LINK_ETHERNET };
	uint32_t turns, bucket;

	if (type == TORC_CLUSTER_ROUND_ROBIN) {
		turns = __atomic_load_n(&shares->turns, __ATOMIC_RELAXED);
		bucket = afxdp_table_turn(&member->cluster->table) % (turns ? turns : 1);
	} else {
		bucket = torc_cluster_share_of(type, &packet, CLUSTER_BUCKETS);
	}
	return __atomic_load_n(&shares->owner[bucket % CLUSTER_BUCKETS], __ATOMIC_RELAXED);
}

/* A packet begins in the middle of a cache line, and its ports are in the next. */
static void prefetch_headers(const uint8_t *data)
{
	__builtin_prefetch(data);
	__builtin_prefetch(data + AFXDP_HEADROOM);
}

static void choose_owners(struct afxdp_member *member, const struct torc_cluster_deal *shares,
			  const struct afxdp_queue *queue, const struct afxdp_packet *packets,
			  uint32_t count, uint16_t *owners)
{
	enum torc_cluster_type type = torc_cluster_type(member->member);
	const uint8_t *data[AFXDP_BLOCK_PACKETS];

	for (uint32_t i = 0; i < count; i++) {
		uint32_t frame = packets[i].frame & (queue->frame_count - 1);

		data[i] = queue->frames + (size_t)frame * queue->frame_bytes + packets[i].offset;
		owners[i] = (uint16_t)member->cluster->only;
	}
	if (member->cluster->only < TABLE_SLOTS)
		return;
	for (uint32_t i = 0; i < count && i < PREFETCH; i++)
		prefetch_headers(data[i]);
	for (uint32_t i = 0; i < count; i++) {
		if (i + PREFETCH < count)
			prefetch_headers(data[i + PREFETCH]);
		owners[i] = owner_of(member, shares, type, data[i], packets[i].length);
	}
}

static void wake(const struct afxdp_member *by, uint32_t slot)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	uint32_t number = afxdp_table_wake_number(&by->cluster->table, slot) & WAKE_MASK;

	snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "%05x", number);
	sendto(by->wake, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&address,
	       offsetof(struct sockaddr_un, sun_path) + 6);
}

/* One run of packets of a queue; shares NULL: to nobody. */
static uint32_t hand_out(struct afxdp_member *member, const struct torc_cluster_deal *shares,
			 uint32_t index)
{
	struct afxdp_table *table = &member->cluster->table;
	struct afxdp_packet packets[AFXDP_BLOCK_PACKETS];
	uint16_t owners[AFXDP_BLOCK_PACKETS], asleep[AFXDP_BLOCK_PACKETS];
	uint32_t count = afxdp_table_look(table, index, packets), sleepers;

	if (count == 0)
		return 0;
	for (uint32_t i = 0; i < count && !shares; i++)
		owners[i] = TABLE_NOBODY;
	if (shares)
		choose_owners(member, shares, &table->queues[index], packets, count, owners);
	sleepers = afxdp_table_hand_out(table, index, packets, owners, count, asleep);
	for (uint32_t i = 0; i < sleepers; i++) {
		if (asleep[i] != member->slot)
			wake(member, asleep[i]);
	}
	return count;
}

/* With the lock. Once the last member stops, what is left in the rx rings is its. */
static void hand_out_all(struct afxdp_member *member)
{
	const struct torc_cluster_deal *shares = torc_cluster_deal(member->member);
	struct afxdp_table *table = &member->cluster->table;
	bool empty = true, idle;

	look_who_is_there(member, shares);
	if (!member->running && __atomic_load_n(&shares->serving, __ATOMIC_RELAXED) > 0)
		return;
	for (uint32_t i = 0; i < table->geometry.queues; i++) {
		uint32_t count = AFXDP_BLOCK_PACKETS;

		for (uint32_t run = 0; run < RUNS && count == AFXDP_BLOCK_PACKETS; run++)
			count = hand_out(member, shares, i);
		empty &= count == 0;
	}
	/* nothing for the second time, and nobody had anything in between: not worth to wait for more */
	idle = empty && member->progress == afxdp_table_progress(table);
	member->progress = afxdp_table_progress(table);
	afxdp_table_refill(table, idle);
	/* we hold nothing: who says otherwise has written what is not so */
	if (idle && member->out == 0 && afxdp_table_held(table, member->slot) > 0 &&
	    afxdp_table_waiting(table, member->slot, place_of(member)) == 0) {
		afxdp_table_release(table, member->slot);
		afxdp_table_refill(table, true);
	}
}

/* What came while nobody received belongs to nobody. */
static void discard(struct afxdp_member *member)
{
	for (uint32_t i = 0; i < member->cluster->table.geometry.queues; i++) {
		while (hand_out(member, NULL, i) > 0)
			;
	}
	afxdp_table_refill(&member->cluster->table, true);
}

/* ---- receiving ---- */

static int open_wake(struct afxdp_member *member, int epoll)
{
	const struct sockaddr name = { .sa_family = AF_UNIX };
	struct epoll_event event = { .events = EPOLLIN };

	member->wake = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (member->wake < 0 || bind(member->wake, &name, sizeof(name.sa_family)) < 0 ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, member->wake, &event) < 0)
		return -errno;
	return 0;
}

/* Into the slot that the member has. */
static int enter(struct afxdp_member *member, struct torc_error *error)
{
	struct sockaddr_un name = { 0 };
	socklen_t length = sizeof(name);
	int result = torc_cluster_attach(member->member, member->wake, error);

	if (result < 0)
		return result;
	getsockname(member->wake, (struct sockaddr *)&name, &length);
	sscanf(name.sun_path + 1, "%5x", &member->wake_number);
	member->slot = torc_cluster_slot(member->member) % TABLE_SLOTS;
	lock(member);
	member->base = afxdp_table_enter(&member->cluster->table, member->slot) -
		       (uint32_t)member->taken;
	unlock(member);
	return 0;
}

/* After a fork() this process may have a slot of its own, which knows nothing of its sockets. */
static void follow(struct afxdp_member *member)
{
	torc_cluster_check(member->member);
	if (torc_cluster_present(member->member, torc_cluster_slot(member->member)))
		return;
	pthread_mutex_lock(&member->port->lock);
	if (enter(member, NULL) == 0 && member->running)
		torc_cluster_serve(member->member, NULL);
	pthread_mutex_unlock(&member->port->lock);
}

static uint32_t take_inbox(struct afxdp_member *member, struct afxdp_block *block)
{
	struct afxdp_table *table = &member->cluster->table;
	uint32_t begin = place_of(member), place = begin, queue = 0;

	block->count = afxdp_table_take(table, member->slot, &place, block->descs,
					AFXDP_BLOCK_PACKETS, &queue);
	block->queue = &table->queues[queue];
	if (place - begin > table->geometry.inbox) {
		member->base += place - begin;
		return block->count;
	}
	member->out += block->count;
	__atomic_fetch_add(&member->useless, place - begin - block->count, __ATOMIC_RELAXED);
	__atomic_fetch_add(&member->taken, place - begin, __ATOMIC_RELEASE);
	return block->count;
}

/* Hand out, unless another does just now. */
static void work(struct afxdp_member *member, bool inbox_is_empty)
{
	bool locked;

	if (member->waited)
		pause_a_little(); /* its holder may be long about it */
	pthread_mutex_lock(&member->port->lock);
	locked = try_lock(member);
	member->waited = !locked;
	if (locked) {
		if (inbox_is_empty)
			hand_out_all(member);
		else
			afxdp_table_refill(&member->cluster->table, false);
		member->returned = 0;
		unlock(member);
	}
	pthread_mutex_unlock(&member->port->lock);
}

uint32_t afxdp_cluster_take(struct afxdp_member *member, struct afxdp_block *block)
{
	const struct afxdp_geometry *geometry = &member->cluster->table.geometry;
	uint32_t enough = geometry->frames / 8 < GIVE_BACKS ? geometry->frames / 8 : GIVE_BACKS;

	follow(member);
	block->dealt = true;
	take_inbox(member, block);
	if (block->count > 0 && member->returned < enough)
		return block->count;
	work(member, block->count == 0);
	return block->count > 0 ? block->count : take_inbox(member, block);
}

/* What was handed to us and is ours still, or what we took before there was a cluster. */
void afxdp_cluster_give_back(struct afxdp_member *member, const struct afxdp_block *block)
{
	struct afxdp_table *table = &member->cluster->table;

	afxdp_table_give_back(table, member->slot, (uint32_t)(block->queue - table->queues),
			      block->descs, block->count, !block->dealt);
	member->returned += block->count;
	member->out -= block->dealt && block->count <= member->out ? block->count : 0;
}

void afxdp_cluster_return(struct afxdp_sockets *sockets, const struct afxdp_block *block)
{
	struct afxdp_table *table = &sockets->cluster->table;

	afxdp_table_give_back(table, TABLE_NOBODY, (uint32_t)(block->queue - table->queues),
			      block->descs, block->count, true);
}

unsigned int afxdp_cluster_queued(struct afxdp_member *member)
{
	struct afxdp_table *table = &member->cluster->table;
	unsigned int packets = afxdp_table_waiting(table, member->slot, place_of(member));
	char byte;

	for (uint32_t i = 0; i < table->geometry.queues && packets == 0; i++)
		packets += afxdp_queue_unread(&table->queues[i]);
	if (packets > 0)
		return packets;
	while (recv(member->wake, &byte, 1, MSG_DONTWAIT) >= 0)
		;
	afxdp_table_sleep(table, member->slot, member->wake_number);
	return afxdp_table_waiting(table, member->slot, place_of(member));
}

/* ---- start, stop and account, under the port's lock ---- */

/* Whoever looks after the cluster counts anew at any time. */
static bool is_served(const struct afxdp_member *member)
{
	return __atomic_load_n(&torc_cluster_deal(member->member)->serving, __ATOMIC_RELAXED) > 0;
}

int afxdp_cluster_start(struct afxdp_member *member)
{
	struct afxdp_sockets *sockets = member->cluster->sockets;
	int result;

	torc_cluster_check(member->member);
	if (!torc_cluster_present(member->member, torc_cluster_slot(member->member)))
		enter(member, NULL);
	lock(member);
	if (!is_served(member))
		discard(member);
	unlock(member);
	result = torc_cluster_serve(member->member, NULL);
	if (result == 0 && sockets->tap && !sockets->receiving)
		result = afxdp_port_start(member->port, sockets, NULL);
	member->running = result == 0;
	return result;
}

void afxdp_cluster_stop(struct afxdp_member *member)
{
	member->running = false;
	torc_cluster_detach(member->member);
	/* whoever hands out just now still goes by the shares of before: what it gives us is there
	 * when this returns */
	lock(member);
	unlock(member);
	if (is_served(member))
		return;
	if (member->cluster->sockets->tap)
		afxdp_port_stop(member->port, member->cluster->sockets);
	else
		afxdp_let_packets_pass();
}

/* What the sockets lost is claimed by one member, the first there is. */
static void claim_losses(struct afxdp_member *member)
{
	struct afxdp_table *table = &member->cluster->table;
	uint64_t lost = 0;
	uint32_t first = 0;

	while (first < TABLE_SLOTS && !torc_cluster_present(member->member, first))
		first++;
	if (first != member->slot)
		return;
	for (uint32_t i = 0; i < table->geometry.queues; i++) {
		uint64_t dropped = afxdp_queue_dropped(&table->queues[i]);

		lost += dropped == TORC_UNKNOWN ? 0 : dropped;
	}
	__atomic_fetch_add(&member->past_dropped, afxdp_table_claim(table, lost), __ATOMIC_RELAXED);
}

void afxdp_cluster_count(struct afxdp_member *member, struct torc_engine_stats *stats)
{
	const struct afxdp_table *table = &member->cluster->table;
	uint64_t taken = __atomic_load_n(&member->taken, __ATOMIC_ACQUIRE), dropped;

	claim_losses(member);
	dropped = __atomic_load_n(&member->past_dropped, __ATOMIC_RELAXED) +
		  afxdp_table_overflowed(table, member->slot);
	stats->seen += taken + dropped +
		       afxdp_table_waiting(table, member->slot, member->base + (uint32_t)taken);
	stats->dropped += dropped + __atomic_load_n(&member->useless, __ATOMIC_RELAXED);
}

/* ---- joining, under the port's lock ---- */

/* The program lets the queues' packets through to the sockets, as soon as they are in the map. */
static int share_queues(struct afxdp_port *port, struct afxdp_sockets *sockets)
{
	if (port->mark < 0)
		port->mark = torc_cluster_mark(port->ifindex, TORC_MARK_DEALT);
	if (port->mark < 0)
		return port->mark;
	sockets->shared = true;
	return afxdp_port_reload(port, NULL);
}

static int offer(const struct afxdp_cluster *cluster, const struct afxdp_port *port,
		 struct torc_cluster_member *member)
{
	const struct afxdp_sockets *sockets = cluster->sockets;
	struct torc_cluster_goods goods = { .queues = sockets->mask, .count = 2,
					    .fds = { cluster->table.memory, port->map } };

	for (uint32_t i = 0; i < sockets->count; i++) {
		goods.fds[goods.count++] = sockets->queues[i].fd;
		goods.fds[goods.count++] = sockets->queues[i].memory;
	}
	goods.fds[goods.count++] = cluster->table.about;
	goods.fds[goods.count++] = port->link;
	goods.fds[goods.count++] = port->mark;
	return torc_cluster_offer(member, &goods);
}

/* A cluster on sockets that are this process's alone. */
static int begin(struct afxdp_cluster *cluster, struct afxdp_port *port,
		 struct torc_cluster_member *member)
{
	struct afxdp_sockets *sockets = cluster->sockets;
	const struct afxdp_table_about about = {
		.queue_mask = sockets->mask,
		.buffer_bytes = sockets->buffer_bytes,
		.frame_count = sockets->queues[0].frame_count,
		.frame_bytes = sockets->queues[0].frame_bytes,
		.cookie = port->cookie,
		.generic = port->generic,
	};
	int result = afxdp_table_create(&cluster->table, &about, sockets->queues);

	if (result < 0 || sockets->tap)
		return result;
	result = share_queues(port, sockets);
	if (result == 0)
		result = offer(cluster, port, member);
	if (result < 0)
		sockets->shared = false;
	return result;
}

/* The sockets of another process become ours as well. */
static int attach_queues(struct afxdp_sockets *sockets, const struct afxdp_table_about *about,
			 struct torc_cluster_goods *goods)
{
	int result = 0;

	for (uint32_t id = 0; id < AFXDP_MAX_QUEUES && result == 0; id++) {
		int *fds = &goods->fds[2 + 2 * sockets->count];

		if (!(sockets->mask >> id & 1))
			continue;
		result = afxdp_queue_attach(&sockets->queues[sockets->count], id,
					    about->frame_bytes, about->frame_count, fds[0], fds[1]);
		fds[0] = fds[1] = -1;
		if (result == 0)
			afxdp_queue_sync(&sockets->queues[sockets->count++]);
	}
	sockets->buffer_bytes = about->buffer_bytes;
	sockets->shared = true;
	return result;
}

/* What only one of each process needs: program, map and mark. */
static void attach_port(struct afxdp_port *port, const struct afxdp_table_about *about,
			struct torc_cluster_goods *goods)
{
	int *last = &goods->fds[goods->count - 2];

	if (port->link >= 0)
		return;
	port->cookie = about->cookie;
	port->generic = about->generic;
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

static int use_goods(struct afxdp_cluster *cluster, const struct afxdp_join *join,
		     struct torc_cluster_goods *goods)
{
	struct afxdp_table_about about;
	int result;

	if (goods->queues != join->mask ||
	    goods->count != 5 + 2 * (uint32_t)__builtin_popcountll(join->mask))
		return -EINVAL;
	for (uint32_t i = 2; i + 3 < goods->count; i += 2) {
		if (torc_peer_check_proof(goods->fds[i], AF_XDP, NULL) < 0)
			return -EPROTO;
	}
	result = afxdp_table_map(&cluster->table, goods->fds[0], goods->fds[goods->count - 3],
				 &about);
	if (result == 0 && about.queue_mask != join->mask)
		result = -EPROTO;
	if (result < 0)
		return result;
	if (cluster->sockets) { /* from another ring of this process */
		struct afxdp_queue *queue = &cluster->sockets->queues[0];

		return same_socket(goods->fds[2], queue->fd) &&
				       queue->frame_count == about.frame_count &&
				       queue->frame_bytes == about.frame_bytes ?
			       0 :
			       -EBUSY;
	}
	cluster->sockets = afxdp_sockets_new(join->mask);
	if (!cluster->sockets)
		return -ENOMEM;
	result = attach_queues(cluster->sockets, &about, goods);
	if (result < 0) {
		afxdp_sockets_close(cluster->sockets);
		return result;
	}
	attach_port(join->port, &about, goods);
	afxdp_port_add(join->port, cluster->sockets);
	*join->sockets = cluster->sockets;
	return 0;
}

static int obtain(struct afxdp_cluster *cluster, const struct afxdp_join *join,
		  struct torc_cluster_member *member)
{
	struct torc_cluster_goods goods;
	int result = torc_cluster_obtain(member, &goods);

	if (result < 0)
		return result;
	result = use_goods(cluster, join, &goods);
	for (uint32_t i = 0; i < goods.count; i++) {
		if (goods.fds[i] >= 0)
			close(goods.fds[i]);
	}
	return result;
}

static int make_cluster(struct afxdp_cluster **made, const struct afxdp_join *join,
			struct torc_cluster_member *member, struct torc_error *error)
{
	struct afxdp_sockets *sockets = *join->sockets;
	struct afxdp_cluster *cluster = calloc(1, sizeof(*cluster));
	int result;

	if (!cluster)
		return torc_error_set(error, -ENOMEM, "out of memory");
	cluster->sockets = sockets;
	cluster->table.memory = cluster->table.about = -1;
	cluster->id = torc_cluster_id(member);
	cluster->only = TABLE_NOBODY;
	if (sockets && !join->port->foreign && !sockets->shared)
		result = begin(cluster, join->port, member);
	else
		result = obtain(cluster, join, member);
	if (result < 0) {
		afxdp_table_free(&cluster->table);
		free(cluster);
		return torc_error_set(error, result, "cluster %u does not have %s: %s",
				      torc_cluster_id(member), join->device, torc_strerror(result));
	}
	cluster->table.queues = cluster->sockets->queues;
	cluster->sockets->cluster = *made = cluster;
	return 0;
}

/* The cluster on the engine's queues, made if there is none. */
static int find_cluster(struct afxdp_cluster **found, const struct afxdp_join *join,
			struct torc_cluster_member *member, struct torc_error *error)
{
	struct afxdp_sockets *sockets = *join->sockets;

	if (!sockets) {
		sockets = *join->sockets = afxdp_port_find(join->port, join->mask);
		if (sockets)
			sockets->users++;
	}
	if (sockets && sockets->cluster) {
		*found = sockets->cluster;
		if (sockets->cluster->id != torc_cluster_id(member))
			return torc_error_set(error, -TORC_ECLUSTER,
					      "%s is in cluster %u in this process", join->device,
					      sockets->cluster->id);
		return 0;
	}
	if (!sockets && !join->port->foreign)
		return torc_error_set(error, -ENODEV, "%s is gone", join->device);
	if (sockets && sockets->alone)
		return torc_error_set(error, -EBUSY, "another ring receives %s alone",
				      join->device);
	return make_cluster(found, join, member, error);
}

/* The member is in no cluster any more, and the last of them in this process ends ours. */
static void drop_member(struct afxdp_member *member)
{
	struct afxdp_cluster *cluster = member->cluster;

	if (member->wake >= 0)
		close(member->wake);
	free(member);
	if (cluster && cluster->count == 0) {
		cluster->sockets->cluster = NULL;
		afxdp_table_free(&cluster->table);
		free(cluster);
	}
}

int afxdp_cluster_join(struct afxdp_member **joined, const struct afxdp_join *join,
		       struct torc_cluster_member *in, struct torc_error *error)
{
	struct afxdp_member *member = calloc(1, sizeof(*member));
	int result;

	if (!member)
		return torc_error_set(error, -ENOMEM, "out of memory");
	member->wake = -1;
	member->port = join->port;
	member->member = in;
	result = find_cluster(&member->cluster, join, in, error);
	if (result < 0) {
		free(member);
		return result;
	}
	result = open_wake(member, join->epoll);
	if (result < 0)
		torc_error_set(error, result, "no socket: %s", torc_strerror(result));
	else
		result = enter(member, error);
	if (result < 0) {
		if (member->cluster->count == 0 && !join->port->foreign)
			member->cluster->sockets->shared = false;
		drop_member(member);
		return result;
	}
	member->cluster->count++;
	afxdp_sockets_watch(member->cluster->sockets, join->epoll, EPOLL_CTL_ADD);
	*joined = member;
	return 0;
}

/* ---- leaving, under the port's lock ---- */

/* What was handed to us and not read goes back, as if it had never been. */
bool afxdp_cluster_leave(struct afxdp_member *member, int epoll, struct torc_engine_stats *past)
{
	struct afxdp_sockets *sockets = member->cluster->sockets;
	struct afxdp_table *table = &member->cluster->table;
	struct afxdp_port *port = member->port;
	bool last;

	lock(member);
	afxdp_cluster_count(member, past);
	past->seen -= afxdp_table_waiting(table, member->slot, place_of(member));
	unlock(member);
	last = torc_cluster_last(member->member);
	lock(member);
	afxdp_table_release(table, last ? TABLE_NOBODY : member->slot);
	afxdp_table_refill(table, true);
	for (uint32_t i = 0; last && i < sockets->count; i++)
		afxdp_queue_sync(&sockets->queues[i]);
	unlock(member);
	afxdp_sockets_watch(sockets, epoll, EPOLL_CTL_DEL);
	member->cluster->count--;
	drop_member(member);
	if (last && !port->foreign)
		sockets->shared = false;
	if (!port->foreign && !sockets->shared && port->mark >= 0) {
		bool others = false;

		for (const struct afxdp_sockets *s = port->sockets; s; s = s->next)
			others |= s->shared;
		if (!others) {
			torc_cluster_unmark(port->ifindex, TORC_MARK_DEALT, port->mark);
			port->mark = -1;
		}
	}
	return !last;
}
