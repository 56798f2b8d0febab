/* SPDX-License-Identifier: BSD-3-Clause */
/* balance.c - which member owns which bucket, and what the program says for it; see table.h */
#include <string.h>

#include "cluster/table.h"

struct load {
	unsigned int has[CLUSTER_SLOTS];
	unsigned int target[CLUSTER_SLOTS];
};

static void count_loads(struct load *load, uint16_t *owner, const uint16_t *members,
			unsigned int count)
{
	bool is_member[CLUSTER_SLOTS] = { false };

	memset(load, 0, sizeof(*load));
	for (unsigned int i = 0; i < count; i++)
		is_member[members[i]] = true;
	for (unsigned int b = 0; b < CLUSTER_BUCKETS; b++) {
		if (owner[b] < CLUSTER_SLOTS && is_member[owner[b]])
			load->has[owner[b]]++;
		else
			owner[b] = CLUSTER_NOBODY;
	}
}

/* Even shares; the odd buckets go to those who have most, so that fewest move. */
static void set_targets(struct load *load, const uint16_t *members, unsigned int count)
{
	unsigned int odd = CLUSTER_BUCKETS % count;

	for (unsigned int i = 0; i < count; i++)
		load->target[members[i]] = CLUSTER_BUCKETS / count;
	while (odd > 0) {
		unsigned int best = members[0];
		int most = -1;

		for (unsigned int i = 0; i < count; i++) {
			unsigned int m = members[i];

			if (load->target[m] == CLUSTER_BUCKETS / count && (int)load->has[m] > most) {
				most = (int)load->has[m];
				best = m;
			}
		}
		load->target[best]++;
		odd--;
	}
}

/* What a member has too much is taken from the end, in one piece where it is one. */
static void take_excess(struct load *load, uint16_t *owner)
{
	for (unsigned int b = CLUSTER_BUCKETS; b-- > 0;) {
		unsigned int m = owner[b];

		if (m != CLUSTER_NOBODY && load->has[m] > load->target[m]) {
			load->has[m]--;
			owner[b] = CLUSTER_NOBODY;
		}
	}
}

static unsigned int neediest(const struct load *load, const uint16_t *members, unsigned int count)
{
	unsigned int best = members[0];

	for (unsigned int i = 0; i < count; i++) {
		unsigned int m = members[i];

		if (load->target[m] - load->has[m] > load->target[best] - load->has[best])
			best = m;
	}
	return best;
}

/* Free buckets continue the run before them where its owner still wants some: fewer runs make a
 * shorter classic program. */
static void deal_out(struct load *load, uint16_t *owner, const uint16_t *members,
		     unsigned int count)
{
	unsigned int last = CLUSTER_NOBODY;

	for (unsigned int b = 0; b < CLUSTER_BUCKETS; b++) {
		if (owner[b] == CLUSTER_NOBODY) {
			if (last == CLUSTER_NOBODY || load->has[last] >= load->target[last])
				last = neediest(load, members, count);
			owner[b] = (uint16_t)last;
			load->has[last]++;
		}
		last = owner[b];
	}
}

void torc_balance(uint16_t owner[CLUSTER_BUCKETS], const uint16_t *members, unsigned int count)
{
	struct load load;

	count_loads(&load, owner, members, count);
	if (count == 0)
		return;
	set_targets(&load, members, count);
	take_excess(&load, owner);
	deal_out(&load, owner, members, count);
}

/*
 * With n sockets the kernel takes r modulo n, and once one is gone modulo n - 1. As n = 1 modulo
 * n - 1, r = now + n * ((then - now) mod (n - 1)) is now in the one and then in the other.
 */
static uint16_t both(unsigned int now, unsigned int then, unsigned int n)
{
	unsigned int m = n - 1;

	if (m < 2)
		return (uint16_t)now;
	return (uint16_t)(now + n * ((then + m - now % m) % m));
}

void torc_places_fill(uint16_t values[CLUSTER_BUCKETS], const struct cluster_group *group)
{
	unsigned int leaving = torc_table_place_of(group, group->leaving);
	unsigned int n = group->places <= CLUSTER_PLACES ? group->places : CLUSTER_PLACES;
	uint16_t value_of[CLUSTER_SLOTS];

	memset(value_of, 0, sizeof(value_of));
	for (unsigned int place = 0; place < n; place++) {
		unsigned int then = place == n - 1 && leaving != CLUSTER_NOBODY ? leaving : place;

		if (group->place[place] < CLUSTER_SLOTS)
			value_of[group->place[place]] =
				leaving == CLUSTER_NOBODY ? (uint16_t)place : both(place, then, n);
	}
	for (unsigned int b = 0; b < CLUSTER_BUCKETS; b++)
		values[b] = group->deal.owner[b] < CLUSTER_SLOTS ? value_of[group->deal.owner[b]] : 0;
}
