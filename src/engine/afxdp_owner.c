/* SPDX-License-Identifier: BSD-3-Clause */
/* afxdp_owner.c - the roles of an engine that is in no cluster; see afxdp_engine.h */
#include <errno.h>
#include <sys/epoll.h>

#include "engine/afxdp_member.h"

/* Does it read the sockets? It may, and what was in them when it stopped is its. */
static bool reads(const struct torc_engine *engine)
{
	const struct afxdp_sockets *sockets = engine->sockets;

	return sockets && !sockets->cluster && !sockets->shared &&
	       (!sockets->alone || sockets->alone == &engine->reader);
}

static struct afxdp_queue *queue_with_packets(struct torc_engine *engine)
{
	struct afxdp_sockets *sockets = engine->sockets;

	for (uint32_t i = 0; i < sockets->count; i++) {
		uint32_t at = engine->blocks.next_queue;

		engine->blocks.next_queue = at + 1 < sockets->count ? at + 1 : 0;
		if (afxdp_queue_waiting(&sockets->queues[at]) > 0)
			return &sockets->queues[at];
	}
	return NULL;
}

static uint32_t take(struct torc_engine *engine, struct afxdp_block *block)
{
	struct afxdp_sockets *sockets = engine->sockets;

	if (!reads(engine))
		return 0;
	block->queue = queue_with_packets(engine);
	if (!block->queue) {
		for (uint32_t i = 0; i < sockets->count; i++)
			afxdp_queue_turn(&sockets->queues[i], engine->busy_poll_us > 0);
		block->queue = queue_with_packets(engine);
	}
	if (!block->queue)
		return 0;
	block->handed = false;
	block->count = afxdp_queue_take(block->queue, block->descs, AFXDP_BLOCK_PACKETS);
	if (block->count > 0)
		__atomic_fetch_add(&sockets->out, 1, __ATOMIC_RELAXED);
	return block->count;
}

/* Those of a cluster that was left went back then. */
static void give_back(struct torc_engine *engine, const struct afxdp_block *block)
{
	struct afxdp_sockets *sockets = engine->sockets;

	if (block->handed || !sockets)
		return;
	__atomic_fetch_sub(&sockets->out, 1, __ATOMIC_RELEASE);
	if (sockets->cluster)
		afxdp_member_found(sockets, block);
	else if (!sockets->shared)
		afxdp_queue_give_back(block->queue, block->descs, block->count);
}

static unsigned int queued(struct torc_engine *engine)
{
	unsigned int packets = 0;

	for (uint32_t i = 0; reads(engine) && i < engine->sockets->count; i++)
		packets += afxdp_queue_waiting(&engine->sockets->queues[i]);
	return packets;
}

static int start(struct torc_engine *engine)
{
	uint32_t out = engine->blocks.count - engine->blocks.free_count;
	int result;

	if (__atomic_load_n(&engine->sockets->out, __ATOMIC_ACQUIRE) != out)
		return -EBUSY; /* another ring reads what it has received by them */
	result = afxdp_port_start(engine->port, engine->sockets, &engine->reader);
	if (result == 0)
		afxdp_sockets_watch(engine->sockets, engine->epoll, EPOLL_CTL_ADD);
	return result;
}

static void stop(struct torc_engine *engine)
{
	struct torc_engine_stats stats = { 0 };

	if (engine->sockets->alone != &engine->reader)
		return;
	afxdp_port_stop(engine->port, engine->sockets);
	if (afxdp_sockets_count(engine->sockets, &stats) < 0)
		__atomic_store_n(&engine->counters.past_unknown, true, __ATOMIC_RELAXED);
	afxdp_add_past(engine, &stats);
	engine->sockets->alone = NULL;
	afxdp_sockets_watch(engine->sockets, engine->epoll, EPOLL_CTL_DEL);
}

static int count(struct torc_engine *engine, struct torc_engine_stats *stats)
{
	if (engine->sockets->alone != &engine->reader)
		return 0;
	return afxdp_sockets_count(engine->sockets, stats);
}

const struct afxdp_role afxdp_role_owner = {
	.take = take,
	.give_back = give_back,
	.queued = queued,
	.start = start,
	.stop = stop,
	.count = count,
};

/* ---- nothing is received ---- */

static int start_sender(struct torc_engine *engine)
{
	(void)engine;
	return 0;
}

static int start_outside(struct torc_engine *engine)
{
	(void)engine;
	return -EBUSY;
}

const struct afxdp_role afxdp_role_sender = { .give_back = give_back, .start = start_sender };
const struct afxdp_role afxdp_role_outside = { .give_back = give_back, .start = start_outside };
