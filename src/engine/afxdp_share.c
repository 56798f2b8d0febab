/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afxdp_share.c - a cluster of AF_XDP rings, in one process or in many
 *
 * A queue has one socket. Whoever opened it lets the other members have it, with the memory of its
 * frames, and all take from it under one lock:
 *
 *	rx rings ── whoever comes first takes a batch ──┬── list of member 0 ── its ring
 *	            and deals it out by flow            ├── list of member 1 ── its ring
 *	                                                └── ...
 *
 * Who is a member and whose a bucket is, src/cluster/ knows (torc_cluster_deal()). A member may
 * hold its part of the frames and no more, so that one that does not read loses its own packets only.
 *
 * A process may be killed at any instruction. The kernel's side then stays as it is, since the
 * others have the same descriptors. Here each frame bears its holder's number, so that the frames of
 * a dead member can be given back; and every change under the lock is made in an order that whoever
 * gets the lock next (EOWNERDEAD) can complete:
 *
 *	dealing   a frame is in a list from one store on; bears its holder's number; leaves the rx ring
 *	refill    entries written; their end noted; the numbers wiped; the kernel's index moved
 *
 * A tap's queues (afxdp_tap.c) are dealt out in the same way, but to rings of this process only.
 *
 * In a process one engine (the host) has the sockets mapped, and others on the same queues are its
 * guests: all of that is under the port's lock, which is taken before the one that is shared.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cluster/cluster.h"
#include "engine/afxdp.h"
#include "util/error.h"
#include "util/memory.h"

#define SLOTS  256u
#define NOBODY SLOTS /* who holds a frame that is lost */
#define WAKE_BYTES 16
#define PREFETCH   8u

/* A number of a frame is its place among all frames of all queues, plus 1. */
struct shared_frame {
	uint64_t addr;
	uint32_t len;
	uint32_t next;   /* in its list; 0: the last */
	uint32_t holder; /* slot + 1; 0: the kernel */
};

struct shared_member {
	uint32_t first, last; /* of the list, 0: empty */
	uint32_t waiting;     /* in the list */
	uint32_t held;        /* in the list and in blocks of the ring */
	uint32_t present, called;
	uint64_t overflowed;
	socklen_t wake_length;
	char wake[WAKE_BYTES]; /* address of its wake socket */
};

struct shared_deal {
	pthread_mutex_t lock;
	struct afxdp_queue like; /* the numbers of all queues; no addresses */
	uint64_t buffer_bytes, queue_mask;
	uint64_t claimed; /* of what the sockets dropped */
	uint32_t queue_count, frames;
	uint32_t cookie, generic;
	uint32_t changes;    /* torc_cluster_deal's, as far as they were looked at */
	uint32_t limit;      /* of held */
	uint32_t accountant; /* the slot that claims what the sockets dropped */
	uint32_t turn;
	uint32_t refill_end[AFXDP_MAX_QUEUES];
	struct shared_member members[SLOTS];
	struct shared_frame frame[];
};

struct afxdp_group {
	struct afxdp_group *next;
	unsigned int id, count; /* members of this process */
	struct torc_engine *host;
	struct shared_deal *deal;
	size_t bytes;
	int memory;
};

static uint32_t frame_number(const struct shared_deal *deal, uint32_t queue, uint64_t addr)
{
	return queue * deal->like.frame_count +
	       (uint32_t)(addr / deal->like.frame_bytes) % deal->like.frame_count + 1;
}

static struct shared_frame *frame_of(struct shared_deal *deal, uint32_t number)
{
	return &deal->frame[(number - 1) % deal->frames];
}

/* Compilers keep the order of what is before and after. */
static void store(uint32_t *at, uint32_t value)
{
	__atomic_store_n(at, value, __ATOMIC_RELEASE);
}

/* ---- giving frames back ---- */

static void wipe(struct afxdp_group *group, uint32_t queue, uint32_t end)
{
	struct afxdp_queue *q = &group->host->queues[queue];
	const uint64_t *entries = q->fill.entries;
	uint32_t at = q->fill.mine;

	for (; at != end; at++) {
		uint64_t addr = entries[at & q->fill.mask];

		store(&frame_of(group->deal, frame_number(group->deal, queue, addr))->holder, 0);
	}
	afxdp_queue_refill(q, end - q->fill.mine);
}

static void refill(struct afxdp_group *group, uint32_t queue, const struct xdp_desc *descs,
		   uint32_t count)
{
	struct afxdp_queue *q = &group->host->queues[queue];

	afxdp_queue_sync(q);
	afxdp_queue_put_back(q, descs, count);
	store(&group->deal->refill_end[queue], q->fill.mine + count);
	wipe(group, queue, q->fill.mine + count);
}

/* Give back all that is held from the first slot to the last. */
static void release(struct afxdp_group *group, uint32_t first, uint32_t last)
{
	struct shared_deal *deal = group->deal;
	uint32_t per_queue = deal->like.frame_count;

	/* the lists first: what is in one counts as held (recount) */
	for (uint32_t slot = first; slot < SLOTS && slot <= last; slot++)
		memset(&deal->members[slot], 0, offsetof(struct shared_member, present));
	for (uint32_t i = 0; i < deal->frames; i++) {
		struct xdp_desc desc = { .addr = deal->frame[i].addr };

		if (deal->frame[i].holder > first && deal->frame[i].holder <= last + 1)
			refill(group, i / per_queue, &desc, 1);
	}
}

/* Nobody is to have it: should we be killed now, it is found by that. */
static void lose(struct shared_deal *deal, uint32_t queue, const struct xdp_desc *desc)
{
	struct shared_frame *frame = frame_of(deal, frame_number(deal, queue, desc->addr));

	frame->addr = desc->addr;
	store(&frame->holder, NOBODY + 1);
}

/* ---- dealing out ---- */

static void call(const struct torc_engine *caller, struct shared_member *member)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	memcpy(address.sun_path, member->wake, WAKE_BYTES);
	if (!member->called)
		sendto(caller->wake, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&address,
		       member->wake_length);
	member->called = 1;
}

/* Members came or went: those who are gone hold nothing, and the others may hold more or less. */
static void look_who_is_there(struct torc_engine *engine, uint32_t changes)
{
	struct shared_deal *deal = engine->group->deal;
	uint32_t count = 0;

	for (uint32_t slot = SLOTS; slot-- > 0;) {
		struct shared_member *member = &deal->members[slot];

		member->present = torc_cluster_present(engine->member, slot);
		if (member->present)
			deal->accountant = slot;
		else if (member->held > 0)
			release(engine->group, slot, slot);
		count += member->present;
	}
	deal->limit = deal->frames / (count ? count : 1);
	deal->changes = changes;
}

static uint32_t owner_of(const struct torc_engine *engine, const struct torc_cluster_deal *shares,
			 const struct afxdp_queue *queue, const struct xdp_desc *desc)
{
	enum torc_cluster_type type = torc_cluster_type(engine->member);
	struct torc_packet packet = { .data = queue->frames + desc->addr, .caplen = desc->len,
				      .len = desc->len, .link_type = TORC_LINK_ETHERNET };
	uint32_t bucket;

	if (type == TORC_CLUSTER_ROUND_ROBIN)
		bucket = engine->group->deal->turn++ %
			 (__atomic_load_n(&shares->turns, __ATOMIC_RELAXED) | !shares->turns);
	else
		bucket = torc_cluster_share_of(type, &packet, CLUSTER_BUCKETS);
	return __atomic_load_n(&shares->owner[bucket % CLUSTER_BUCKETS], __ATOMIC_RELAXED);
}

/* Returns false when nobody gets it. */
static bool put(struct torc_engine *engine, uint32_t slot, uint32_t number)
{
	struct shared_deal *deal = engine->group->deal;
	struct shared_member *member = &deal->members[slot % SLOTS];
	struct shared_frame *frame = frame_of(deal, number);

	if (slot >= SLOTS || !member->present || member->held >= deal->limit) {
		if (slot < SLOTS)
			member->overflowed++;
		store(&frame->holder, NOBODY + 1);
		return false;
	}
	frame->next = 0;
	store(member->first ? &frame_of(deal, member->last)->next : &member->first, number);
	store(&frame->holder, slot + 1);
	member->last = number;
	member->waiting++;
	member->held++;
	if (slot != engine->slot)
		call(engine, member);
	return true;
}

static void deal_queue(struct torc_engine *engine, const struct torc_cluster_deal *shares,
		       uint32_t index)
{
	struct shared_deal *deal = engine->group->deal;
	struct afxdp_queue *queue = &engine->group->host->queues[index];
	struct xdp_desc descs[AFXDP_BLOCK_PACKETS];
	uint32_t count, lost = 0;

	afxdp_queue_sync(queue);
	count = afxdp_queue_peek(queue, descs, AFXDP_BLOCK_PACKETS);
	for (uint32_t i = 0; i < count && i < PREFETCH; i++)
		__builtin_prefetch(queue->frames + descs[i].addr);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t number = frame_number(deal, index, descs[i].addr);
		struct shared_frame *frame = frame_of(deal, number);

		if (i + PREFETCH < count)
			__builtin_prefetch(queue->frames + descs[i + PREFETCH].addr);
		frame->addr = descs[i].addr;
		frame->len = descs[i].len;
		if (!put(engine, owner_of(engine, shares, queue, &descs[i]), number))
			descs[lost++] = descs[i];
	}
	if (count > 0)
		afxdp_queue_taken(queue, count);
	if (lost > 0)
		refill(engine->group, index, descs, lost);
}

static void deal_out(struct torc_engine *engine)
{
	const struct torc_cluster_deal *shares = torc_cluster_deal(engine->member);
	uint32_t changes = __atomic_load_n(&shares->changes, __ATOMIC_ACQUIRE);

	if (changes != engine->group->deal->changes)
		look_who_is_there(engine, changes);
	/* when the last member stops, what is left in the rx rings is its */
	if (!engine->running && __atomic_load_n(&shares->serving, __ATOMIC_RELAXED) > 0)
		return;
	for (uint32_t i = 0; i < engine->group->host->queue_count; i++)
		deal_queue(engine, shares, i);
}

/* ---- the lock ---- */

static void recount(struct torc_engine *engine, uint32_t slot)
{
	struct shared_deal *deal = engine->group->deal;
	struct shared_member *member = &deal->members[slot];

	member->waiting = member->held = 0;
	for (uint32_t n = member->first; n && member->waiting < deal->frames;
	     n = frame_of(deal, n)->next) {
		frame_of(deal, n)->holder = slot + 1;
		member->last = n;
		member->waiting++;
	}
	for (uint32_t i = 0; i < deal->frames; i++)
		member->held += deal->frame[i].holder == slot + 1;
	member->called = 0;
	if (member->present)
		call(engine, member);
}

/* What somebody holds already at the front of the rx ring was dealt by one who was killed at it. */
static void leave_rx(struct afxdp_group *group, uint32_t index)
{
	struct afxdp_queue *queue = &group->host->queues[index];
	struct xdp_desc descs[AFXDP_BLOCK_PACKETS];
	uint32_t count = afxdp_queue_peek(queue, descs, AFXDP_BLOCK_PACKETS), dealt = 0;

	while (dealt < count &&
	       frame_of(group->deal, frame_number(group->deal, index, descs[dealt].addr))->holder)
		dealt++;
	afxdp_queue_taken(queue, dealt);
}

/* The last holder was killed in the middle of something: complete it. */
static void mend(struct torc_engine *engine)
{
	struct afxdp_group *group = engine->group;
	struct shared_deal *deal = group->deal;

	for (uint32_t i = 0; i < group->host->queue_count; i++) {
		struct afxdp_queue *queue = &group->host->queues[i];

		afxdp_queue_sync(queue);
		if (deal->refill_end[i] - queue->fill.mine <= deal->like.frame_count)
			wipe(group, i, deal->refill_end[i]);
	}
	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		if (deal->members[slot].wake_length)
			recount(engine, slot);
	}
	for (uint32_t i = 0; i < group->host->queue_count; i++)
		leave_rx(group, i);
	release(group, NOBODY, NOBODY);
	pthread_mutex_consistent(&deal->lock);
}

static void lock(struct torc_engine *engine)
{
	if (pthread_mutex_lock(&engine->group->deal->lock) == EOWNERDEAD)
		mend(engine);
}

static void unlock(struct torc_engine *engine)
{
	pthread_mutex_unlock(&engine->group->deal->lock);
}

static struct shared_member *my(const struct torc_engine *engine)
{
	return &engine->group->deal->members[engine->slot];
}

/* ---- who we are ---- */

/* A socket that the kernel names (unix(7), autobind). */
static int open_wake(struct torc_engine *engine)
{
	const struct sockaddr name = { .sa_family = AF_UNIX };

	engine->wake = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (engine->wake < 0 || bind(engine->wake, &name, sizeof(name.sa_family)) < 0)
		return -errno;
	return afxdp_watch(engine, engine->wake);
}

/* Into the slot that the member has. */
static int enter_slot(struct torc_engine *engine, struct torc_error *error)
{
	struct sockaddr_un name = { 0 };
	socklen_t length = sizeof(name);
	int result = torc_cluster_attach(engine->member, engine->wake, error);

	if (result < 0)
		return result;
	getsockname(engine->wake, (struct sockaddr *)&name, &length);
	engine->slot = torc_cluster_slot(engine->member) % SLOTS;
	lock(engine);
	release(engine->group, engine->slot, engine->slot);
	memcpy(my(engine)->wake, name.sun_path, WAKE_BYTES);
	my(engine)->wake_length = length;
	unlock(engine);
	return 0;
}

/* After a fork() this process may have a slot of its own, which knows nothing of its sockets. */
static void follow_fork(struct torc_engine *engine)
{
	torc_cluster_check(engine->member);
	if (!torc_cluster_present(engine->member, torc_cluster_slot(engine->member)) &&
	    enter_slot(engine, NULL) == 0 && engine->running)
		torc_cluster_serve(engine->member, NULL);
}

/* ---- receiving ---- */

/* Nothing is there: whoever deals to us from now on is to wake us. */
static void await_call(struct torc_engine *engine)
{
	char byte;

	while (recv(engine->wake, &byte, 1, MSG_DONTWAIT) >= 0)
		;
	my(engine)->called = 0;
}

static void take_list(struct torc_engine *engine, struct afxdp_block *block)
{
	struct shared_deal *deal = engine->group->deal;
	struct shared_member *member = my(engine);

	block->count = 0;
	while (member->first && block->count < AFXDP_BLOCK_PACKETS) {
		const struct shared_frame *frame = frame_of(deal, member->first);
		struct afxdp_queue *queue = &engine->group->host->queues[
			(member->first - 1) % deal->frames / deal->like.frame_count];

		if (block->count > 0 && block->queue != queue)
			break;
		block->queue = queue;
		block->descs[block->count++] =
			(struct xdp_desc){ .addr = frame->addr, .len = frame->len };
		member->first = frame->next;
		member->waiting--;
	}
	__atomic_fetch_add(&engine->dealt, block->count, __ATOMIC_RELAXED);
}

uint32_t afxdp_share_take(struct torc_engine *engine, struct afxdp_block *block)
{
	pthread_mutex_lock(&engine->port->lock);
	follow_fork(engine);
	lock(engine);
	if (!my(engine)->first)
		deal_out(engine);
	take_list(engine, block);
	if (block->count == 0)
		await_call(engine);
	block->dealt = true;
	unlock(engine);
	pthread_mutex_unlock(&engine->port->lock);
	return block->count;
}

/* What was dealt to us and is ours still, or what we took before there was a cluster. */
void afxdp_share_give_back(struct torc_engine *engine, const struct afxdp_block *block)
{
	struct xdp_desc descs[AFXDP_BLOCK_PACKETS];
	struct shared_deal *deal;
	uint32_t count = 0, queue;

	if (!engine->group)
		return;
	pthread_mutex_lock(&engine->port->lock);
	lock(engine);
	deal = engine->group->deal;
	queue = (uint32_t)(block->queue - engine->group->host->queues);
	for (uint32_t i = 0; i < block->count; i++) {
		uint32_t number = frame_number(deal, queue, block->descs[i].addr);

		if (!block->dealt || frame_of(deal, number)->holder == engine->slot + 1)
			descs[count++] = block->descs[i];
	}
	refill(engine->group, queue, descs, count);
	my(engine)->held -= block->dealt ? count : 0;
	unlock(engine);
	pthread_mutex_unlock(&engine->port->lock);
}

unsigned int afxdp_share_queued(struct torc_engine *engine)
{
	const struct torc_engine *host;
	unsigned int packets;

	pthread_mutex_lock(&engine->port->lock);
	lock(engine);
	packets = my(engine)->waiting;
	host = engine->group->host;
	for (uint32_t i = 0; i < host->queue_count && packets == 0; i++) {
		afxdp_queue_sync(&host->queues[i]);
		packets += afxdp_queue_waiting(&host->queues[i]);
	}
	if (packets == 0)
		await_call(engine);
	unlock(engine);
	pthread_mutex_unlock(&engine->port->lock);
	return packets;
}

/* One member has what the sockets lost. */
void afxdp_share_count(struct torc_engine *engine, struct torc_engine_stats *stats)
{
	struct shared_deal *deal = engine->group->deal;
	uint64_t dropped = 0;

	lock(engine);
	for (uint32_t i = 0; i < engine->group->host->queue_count; i++)
		dropped += afxdp_queue_dropped(&engine->group->host->queues[i]);
	if (deal->accountant == engine->slot && dropped > deal->claimed) {
		__atomic_fetch_add(&engine->past_seen, dropped - deal->claimed, __ATOMIC_RELAXED);
		__atomic_fetch_add(&engine->past_dropped, dropped - deal->claimed, __ATOMIC_RELAXED);
		deal->claimed = dropped;
	}
	stats->seen += my(engine)->waiting + my(engine)->overflowed;
	stats->dropped += my(engine)->overflowed;
	unlock(engine);
}

/* ---- start and stop, under the port's lock ---- */

/* What came while nobody received belongs to nobody. */
static void discard(struct torc_engine *engine)
{
	struct xdp_desc descs[AFXDP_BLOCK_PACKETS];
	uint32_t count;

	for (uint32_t i = 0; i < engine->group->host->queue_count; i++) {
		struct afxdp_queue *queue = &engine->group->host->queues[i];

		afxdp_queue_sync(queue);
		while ((count = afxdp_queue_peek(queue, descs, AFXDP_BLOCK_PACKETS)) > 0) {
			for (uint32_t k = 0; k < count; k++)
				lose(engine->group->deal, i, &descs[k]);
			afxdp_queue_taken(queue, count);
			refill(engine->group, i, descs, count);
		}
	}
}

int afxdp_share_start(struct torc_engine *engine)
{
	struct torc_engine *host = engine->group->host;
	int result;

	follow_fork(engine);
	lock(engine);
	if (torc_cluster_deal(engine->member)->serving == 0)
		discard(engine);
	unlock(engine);
	result = torc_cluster_serve(engine->member, NULL);
	if (result == 0 && host->tap && !host->receiving)
		result = afxdp_port_start(host);
	return result;
}

void afxdp_share_stop(struct torc_engine *engine)
{
	torc_cluster_detach(engine->member);
	if (torc_cluster_deal(engine->member)->serving > 0)
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
	if (deal->queue_mask != engine->queue_mask || deal->queue_count != queues ||
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
	result = open_wake(engine);
	if (result < 0)
		torc_error_set(error, result, "no socket: %s", torc_strerror(result));
	else
		result = enter_slot(engine, error);
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
	lock(engine);
	release(engine->group, last ? 0 : engine->slot, last ? NOBODY : engine->slot);
	__atomic_fetch_add(&engine->past_seen, stats.dropped, __ATOMIC_RELAXED);
	__atomic_fetch_add(&engine->past_dropped, stats.dropped, __ATOMIC_RELAXED);
	my(engine)->overflowed = my(engine)->wake_length = 0;
	for (uint32_t i = 0; last && i < engine->group->host->queue_count; i++)
		afxdp_queue_sync(&engine->group->host->queues[i]);
	unlock(engine);
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
		close(port->mark);
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
