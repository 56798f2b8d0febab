/* SPDX-License-Identifier: BSD-3-Clause */
/* rates.c - what rings do a second: see rates.h */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <torc/cluster.h>

#include "rates.h"

static const struct rate_row *before(const struct rates *rates, const struct torc_live_ring *ring)
{
	for (size_t i = 0; i < rates->then.count; i++) {
		const struct torc_live_ring *other = &rates->then.items[i].ring;

		if (other->pid == ring->pid && other->ring_id == ring->ring_id &&
		    other->opened_ns == ring->opened_ns)
			return &rates->then.items[i];
	}
	return NULL;
}

static double rate(uint64_t now, uint64_t then, double seconds)
{
	if (now == TORC_UNKNOWN || then == TORC_UNKNOWN || now < then || seconds <= 0)
		return 0;
	return (double)(now - then) / seconds;
}

/* Between the two times the ring itself told: its page may be a second old. */
static void take_rates(struct rate_row *row, const struct rate_row *then)
{
	uint64_t told = row->ring.updated_ns, told_then = then ? then->ring.updated_ns : 0;
	double seconds = then && told > told_then ? (double)(told - told_then) / 1e9 : 0;

	row->fresh = !then;
	if (!then)
		return;
	if (seconds == 0) { /* it told nothing new: then nothing came, or the picture is too soon */
		row->packets = row->seen_ns - told > 2000000000u ? 0 : then->packets;
		row->bits = row->packets > 0 ? then->bits : 0;
		row->drops = row->packets > 0 ? then->drops : 0;
		return;
	}
	row->packets = rate(row->stats.received, then->stats.received, seconds);
	row->bits = 8 * rate(row->stats.received_bytes, then->stats.received_bytes, seconds);
	row->drops = rate(row->stats.dropped, then->stats.dropped, seconds);
}

static void take_shares(struct rate_rows *rows)
{
	struct torc_cluster_info **clusters;
	unsigned int count;

	if (torc_clusters_read(&clusters, &count) < 0)
		return;
	for (size_t i = 0; i < rows->count; i++) {
		struct rate_row *row = &rows->items[i];

		for (unsigned int n = 0; n < count; n++)
			for (unsigned int m = 0; clusters[n]->id == row->ring.cluster_id &&
						 m < clusters[n]->member_count; m++) {
				const struct torc_cluster_member_info *member = clusters[n]->members[m];

				if (member->pid == row->ring.pid && member->ring_id == row->ring.ring_id)
					row->share = (double)member->share / TORC_CLUSTER_SHARE_WHOLE;
			}
	}
	torc_clusters_free(clusters, count);
}

static uint64_t wall_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int rates_take(struct rates *rates)
{
	struct torc_live_list *list;
	struct rate_rows rows = { 0 };
	struct rate_row next = { .ring.size = sizeof(next.ring), .stats.size = sizeof(next.stats) };
	int code = torc_live_open(&list);

	if (code < 0)
		return code;
	while (torc_live_next(list, &next.ring, &next.stats) > 0) {
		struct rate_row *items = realloc(rows.items, (rows.count + 1) * sizeof(*items));

		if (!items) {
			code = -ENOMEM;
			break;
		}
		rows.items = items;
		next.share = -1;
		next.seen_ns = wall_ns();
		items[rows.count] = next;
		take_rates(&items[rows.count++], before(rates, &next.ring));
	}
	torc_live_close(list);
	take_shares(&rows);
	free(rates->then.items);
	rates->then = rates->now;
	rates->now = rows;
	return code;
}

void rates_free(struct rates *rates)
{
	free(rates->now.items);
	free(rates->then.items);
	*rates = (struct rates){ .now.count = 0 };
}
