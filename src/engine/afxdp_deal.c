/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afxdp_deal.c - the packets of an AF_XDP cluster: dealt out to the members, frames given back
 *
 *	rx rings ── whoever comes first takes a batch ──┬── list of member 0 ── its ring
 *	            and deals it out by flow            ├── list of member 1 ── its ring
 *	                                                └── ...
 *
 * A process may be killed at any instruction. The kernel's side then stays as it is, since the
 * others have the same descriptors. Here each frame bears its holder's number, so that the frames of
 * a dead member can be given back; and every change under the lock is made in an order that whoever
 * gets the lock next (EOWNERDEAD) can complete:
 *
 *	dealing   a frame is in a list from one store on; bears its holder's number; leaves the rx ring
 *	refill    entries written; their end noted; the numbers wiped; the kernel's index moved
 */
#include <errno.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "engine/afxdp_deal.h"

#define PREFETCH 8u

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
void afxdp_deal_release(struct afxdp_group *group, uint32_t first, uint32_t last)
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
			afxdp_deal_release(engine->group, slot, slot);
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
	uint32_t turns = __atomic_load_n(&shares->turns, __ATOMIC_RELAXED), bucket;

	if (type == TORC_CLUSTER_ROUND_ROBIN)
		bucket = engine->group->deal->turn++ % (turns ? turns : 1);
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
	afxdp_deal_release(group, NOBODY, NOBODY);
	pthread_mutex_consistent(&deal->lock);
}

void afxdp_deal_lock(struct torc_engine *engine)
{
	if (pthread_mutex_lock(&engine->group->deal->lock) == EOWNERDEAD)
		mend(engine);
}

void afxdp_deal_unlock(struct torc_engine *engine)
{
	pthread_mutex_unlock(&engine->group->deal->lock);
}

/* ---- who we are ---- */

/* A socket that the kernel names (unix(7), autobind). */
int afxdp_deal_open_wake(struct torc_engine *engine)
{
	const struct sockaddr name = { .sa_family = AF_UNIX };

	engine->wake = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (engine->wake < 0 || bind(engine->wake, &name, sizeof(name.sa_family)) < 0)
		return -errno;
	return afxdp_watch(engine, engine->wake);
}

/* Into the slot that the member has. */
int afxdp_deal_enter(struct torc_engine *engine, struct torc_error *error)
{
	struct sockaddr_un name = { 0 };
	socklen_t length = sizeof(name);
	int result = torc_cluster_attach(engine->member, engine->wake, error);

	if (result < 0)
		return result;
	getsockname(engine->wake, (struct sockaddr *)&name, &length);
	engine->slot = torc_cluster_slot(engine->member) % SLOTS;
	afxdp_deal_lock(engine);
	afxdp_deal_release(engine->group, engine->slot, engine->slot);
	memcpy(afxdp_deal_mine(engine)->wake, name.sun_path, WAKE_BYTES);
	afxdp_deal_mine(engine)->wake_length = length;
	afxdp_deal_unlock(engine);
	return 0;
}

/* After a fork() this process may have a slot of its own, which knows nothing of its sockets. */
void afxdp_deal_follow(struct torc_engine *engine)
{
	torc_cluster_check(engine->member);
	if (!torc_cluster_present(engine->member, torc_cluster_slot(engine->member)) &&
	    afxdp_deal_enter(engine, NULL) == 0 && engine->running)
		torc_cluster_serve(engine->member, NULL);
}

/* ---- receiving ---- */

/* Nothing is there: whoever deals to us from now on is to wake us. */
static void await_call(struct torc_engine *engine)
{
	char byte;

	while (recv(engine->wake, &byte, 1, MSG_DONTWAIT) >= 0)
		;
	afxdp_deal_mine(engine)->called = 0;
}

static void take_list(struct torc_engine *engine, struct afxdp_block *block)
{
	struct shared_deal *deal = engine->group->deal;
	struct shared_member *member = afxdp_deal_mine(engine);

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
	afxdp_deal_follow(engine);
	afxdp_deal_lock(engine);
	if (!afxdp_deal_mine(engine)->first)
		deal_out(engine);
	take_list(engine, block);
	if (block->count == 0)
		await_call(engine);
	block->dealt = true;
	afxdp_deal_unlock(engine);
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
	afxdp_deal_lock(engine);
	deal = engine->group->deal;
	queue = (uint32_t)(block->queue - engine->group->host->queues);
	for (uint32_t i = 0; i < block->count; i++) {
		uint32_t number = frame_number(deal, queue, block->descs[i].addr);

		if (!block->dealt || frame_of(deal, number)->holder == engine->slot + 1)
			descs[count++] = block->descs[i];
	}
	refill(engine->group, queue, descs, count);
	afxdp_deal_mine(engine)->held -= block->dealt ? count : 0;
	afxdp_deal_unlock(engine);
	pthread_mutex_unlock(&engine->port->lock);
}

unsigned int afxdp_share_queued(struct torc_engine *engine)
{
	const struct torc_engine *host;
	unsigned int packets;

	pthread_mutex_lock(&engine->port->lock);
	afxdp_deal_lock(engine);
	packets = afxdp_deal_mine(engine)->waiting;
	host = engine->group->host;
	for (uint32_t i = 0; i < host->queue_count && packets == 0; i++) {
		afxdp_queue_sync(&host->queues[i]);
		packets += afxdp_queue_waiting(&host->queues[i]);
	}
	if (packets == 0)
		await_call(engine);
	afxdp_deal_unlock(engine);
	pthread_mutex_unlock(&engine->port->lock);
	return packets;
}

/* One member has what the sockets lost. */
void afxdp_share_count(struct torc_engine *engine, struct torc_engine_stats *stats)
{
	struct shared_deal *deal = engine->group->deal;
	uint64_t dropped = 0;

	afxdp_deal_lock(engine);
	for (uint32_t i = 0; i < engine->group->host->queue_count; i++)
		dropped += afxdp_queue_dropped(&engine->group->host->queues[i]);
	if (deal->accountant == engine->slot && dropped > deal->claimed) {
		__atomic_fetch_add(&engine->past_seen, dropped - deal->claimed, __ATOMIC_RELAXED);
		__atomic_fetch_add(&engine->past_dropped, dropped - deal->claimed, __ATOMIC_RELAXED);
		deal->claimed = dropped;
	}
	stats->seen += afxdp_deal_mine(engine)->waiting + afxdp_deal_mine(engine)->overflowed;
	stats->dropped += afxdp_deal_mine(engine)->overflowed;
	afxdp_deal_unlock(engine);
}

/* What came while nobody received belongs to nobody. */
void afxdp_deal_discard(struct torc_engine *engine)
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
