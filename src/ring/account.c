/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * account.c - the packet account, and what a ring tells about itself
 *
 * The kernel's counters are 32 bits and reset when read, so the engines add them up in 64 bits, and
 * a ring that receives reads them at least once a second.
 */
#include <string.h>
#include <time.h>

#include "live/live.h"
#include "ring/ring.h"
#include "util/sized.h"

/* A sum in which one unknown part makes the whole unknown. */
static void sum(uint64_t *total, uint64_t part)
{
	*total = *total == TORC_UNKNOWN || part == TORC_UNKNOWN ? TORC_UNKNOWN : *total + part;
}

static void add_engines(struct torc_ring *ring, struct torc_stats *stats)
{
	for (unsigned int i = 0; i < ring->port_count; i++) {
		struct ring_port *port = &ring->ports[i];
		struct torc_engine_stats engine = { 0 };

		port->ops->stats(port->engine, &engine);
		sum(&stats->kernel_seen,
		    port->ops->is_file ? ring_get(&ring->counters.taken) : engine.seen);
		sum(&stats->dropped, engine.dropped);
		sum(&stats->freezes, engine.freezes);
		sum(&stats->card_missed, engine.card_missed);
		stats->sent += engine.sent;
		stats->sent_bytes += engine.sent_bytes;
		stats->send_errors += engine.send_errors;
		stats->send_full += engine.send_full;
	}
}

/*
 * What was handed out: the batch's account without the packets that were not yet. Of a batch that is
 * being written to meanwhile this reads nonsense, and does not use it: number tells. Any thread, and
 * a signal handler that interrupts the one that receives: there the number never changes.
 */
static __attribute__((no_sanitize("thread"))) bool look_at_batch(const struct torc_ring *ring,
								 struct torc_stats *stats)
{
	uint64_t number = __atomic_load_n(&ring->batch_number, __ATOMIC_ACQUIRE);
	const struct torc_packet *next = __atomic_load_n(&ring->cursor.next, __ATOMIC_ACQUIRE);
	const struct ring_batch *batch = &ring->batches[next >= ring->batches[1].packets];
	const struct torc_packet *end = batch->packets + batch->count;

	stats->received = ring_get(&batch->received);
	stats->received_bytes = ring_get(&batch->received_bytes);
	stats->truncated = ring_get(&batch->truncated);
	for (; next < end; next++) {
		stats->received--;
		stats->received_bytes -= next->len;
		stats->truncated -= next->caplen < next->len;
	}
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(&ring->batch_number, __ATOMIC_RELAXED) == number;
}

static void add_ring(struct torc_ring *ring, struct torc_stats *stats)
{
	const struct ring_counters *counters = &ring->counters;

	while (!look_at_batch(ring, stats))
		;
	stats->filtered_late = ring_get(&counters->filtered_late);
	stats->sampled_out = ring_get(&counters->sampled_out);
	stats->own_copies = ring_get(&counters->own_copies);
	stats->discarded = ring_get(&counters->discarded);
	stats->other_member = ring_get(&counters->other_member);
	stats->filtered = __atomic_load_n(&ring->kernel_filtered, __ATOMIC_RELAXED) ?
				  TORC_UNKNOWN :
				  ring_get(&counters->filtered);
	stats->other_direction = __atomic_load_n(&ring->kernel_directed, __ATOMIC_RELAXED) ?
					 TORC_UNKNOWN :
					 ring_get(&counters->other_direction);
}

/*
 * Does the account balance? While packets arrive, what is neither here nor there is in the ring;
 * when the ring is disabled it has been emptied and counted, and nothing may be left over.
 */
static void balance(struct torc_ring *ring, struct torc_stats *stats, bool enabled)
{
	uint64_t placed = stats->received + stats->dropped + stats->sampled_out +
			  stats->own_copies + stats->filtered_late + stats->discarded +
			  stats->other_member + ring_get(&ring->counters.filtered) +
			  ring_get(&ring->counters.other_direction);

	if (stats->kernel_seen == TORC_UNKNOWN || stats->dropped == TORC_UNKNOWN) {
		stats->waiting = TORC_UNKNOWN;
		return;
	}
	enabled |= ring_enabled(ring);
	stats->waiting = enabled && stats->kernel_seen > placed ?
				 stats->kernel_seen - placed :
				 0;
	stats->balanced = stats->kernel_seen == placed + stats->waiting;
}

static void account(struct torc_ring *ring, struct torc_stats *stats)
{
	bool enabled = ring_enabled(ring);

	*stats = (struct torc_stats){ .size = sizeof(*stats) };
	/* The engines' counters last: what they saw is then at least what was delivered. */
	add_ring(ring, stats);
	add_engines(ring, stats);
	balance(ring, stats, enabled);
}

int torc_ring_stats(struct torc_ring *ring, struct torc_stats *stats)
{
	struct torc_stats full;

	account(ring, &full);
	return torc_sized_give(stats, &full, sizeof(full));
}

static void describe(struct torc_ring *ring, struct torc_ring_info *info)
{
	struct torc_engine_info engine = { .detail = "", .mtu = 65535, .queue_count = 1,
					   .link_type = TORC_LINK_ETHERNET };

	if (ring->port_count > 0)
		ring->ports[0].ops->info(ring->ports[0].engine, &engine);
	memcpy(ring->interface_name, engine.name, sizeof(ring->interface_name));
	*info = (struct torc_ring_info){
		.size = sizeof(*info),
		.device = ring->device,
		.interface_name = ring->interface_name,
		.engine = ring->port_count > 0 ? ring->ports[0].ops->name : "none",
		.engine_detail = engine.detail,
		.application_name = ring->application_name,
		.filter = ring->filter_text ? ring->filter_text : "",
		.id = ring->id,
		.snaplen = ring->snaplen,
		.flags = ring->flags,
		.link_type = engine.link_type,
		.interface_count = (uint16_t)ring->port_count,
		.ifindex = engine.ifindex,
		.mtu = engine.mtu,
		.queue_count = engine.queue_count,
		.buffer_bytes = engine.buffer_bytes,
		.block_bytes = engine.block_bytes,
		.enabled = ring->enabled,
		.direction = ring->direction,
		.mode = ring->mode,
		.sampling_rate = ring->sampling_rate > 1 ? ring->sampling_rate : 1,
		.poll_watermark = ring_watermark(ring),
		.poll_duration_ms = __atomic_load_n(&ring->poll_duration_ms, __ATOMIC_RELAXED),
		.cluster_id = ring->cluster_id,
		.cluster_type = ring->cluster_type,
		.vlan = ring->vlan,
		.channel_mask = ring->channel_mask,
		.is_file = ring->port_count > 0 && ring->ports[0].ops->is_file,
		.can_send = ring->port_count > 0 && ring->ports[0].ops->send &&
			    ring->mode != TORC_RECV_ONLY && engine.ifindex != 0,
		.loopback = engine.loopback,
		.published = ring->live != NULL,
	};
	if (ring->port_count == 1 && ring->vlan == TORC_VLAN_ANY)
		info->vlan = ring->ports[0].vlan;
	memcpy(info->address, engine.address, sizeof(info->address));
}

int torc_ring_info(struct torc_ring *ring, struct torc_ring_info *info)
{
	struct torc_ring_info full;
	int result;

	ring_lock(ring);
	describe(ring, &full);
	result = torc_sized_give(info, &full, sizeof(full));
	if (result < 0)
		ring_fail(ring, result, "torc_ring_info.size is %zu: set it to "
			  "sizeof(struct torc_ring_info)", info->size);
	ring_unlock(ring);
	return result;
}

/* Publish what the ring is, and on the way read the kernel's counters; under the lock. */
void ring_publish(struct torc_ring *ring)
{
	struct timespec now;
	struct torc_stats stats;
	struct torc_ring_info info;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	ring->refreshed_s = (uint64_t)now.tv_sec;
	__atomic_store_n(&ring->stale, false, __ATOMIC_RELAXED);
	account(ring, &stats);
	if (!ring->live)
		return;
	describe(ring, &info);
	torc_live_update(ring->live, &info, &stats, ring->application_stats, ring->poll_calls);
}

/* While packets come that happens once a second: a look at the coarse clock for each block. */
void ring_refresh(struct torc_ring *ring)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	if ((uint64_t)now.tv_sec != ring->refreshed_s) {
		ring_look_after(ring);
		ring_publish(ring);
	}
	else if (!__atomic_load_n(&ring->stale, __ATOMIC_RELAXED))
		__atomic_store_n(&ring->stale, true, __ATOMIC_RELAXED);
}
