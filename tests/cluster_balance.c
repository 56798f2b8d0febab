/* SPDX-License-Identifier: BSD-3-Clause */
/* Shares of a cluster: even, and as few flows move as can be. No kernel is needed. */
#include "cluster/table.h"
#include "flowgen.h"
#include "test.h"

static struct cluster_group group;

static unsigned int moved(const uint16_t *before, const uint16_t *after)
{
	unsigned int count = 0;

	for (unsigned int b = 0; b < CLUSTER_BUCKETS; b++)
		count += before[b] != after[b];
	return count;
}

static void shares(unsigned int *least, unsigned int *most)
{
	unsigned int count[CLUSTER_SLOTS] = { 0 };

	*least = CLUSTER_BUCKETS;
	*most = 0;
	for (unsigned int b = 0; b < CLUSTER_BUCKETS; b++)
		count[group.deal.owner[b]]++;
	for (unsigned int i = 0; i < CLUSTER_SLOTS; i++) {
		if (count[i] == 0)
			continue;
		*least = count[i] < *least ? count[i] : *least;
		*most = count[i] > *most ? count[i] : *most;
	}
}

/* Members join one by one, then leave one by one: never more than the one's share moves. */
static void joins_and_leaves(void)
{
	unsigned int too_many = 0, uneven = 0, strangers = 0, least, most;
	uint16_t members[40], before[CLUSTER_BUCKETS];

	memset(group.deal.owner, 0xFF, sizeof(group.deal.owner));
	for (unsigned int n = 1; n <= 40; n++) {
		members[n - 1] = (uint16_t)(n * 5);
		memcpy(before, group.deal.owner, sizeof(before));
		torc_balance(group.deal.owner, members, n);
		if (n > 1 && moved(before, group.deal.owner) > CLUSTER_BUCKETS / n + 1)
			too_many++;
		for (unsigned int b = 0; b < CLUSTER_BUCKETS; b++)
			strangers += n > 1 && before[b] != group.deal.owner[b] &&
				     group.deal.owner[b] != members[n - 1];
		shares(&least, &most);
		uneven += most - least > 1;
	}
	is(too_many, 0, "a joiner takes its share and no more");
	is(strangers, 0, "and what moves, moves to the joiner");
	for (unsigned int n = 40; n > 1; n--) {
		unsigned int victim = (n * 7) % n;
		uint16_t gone = members[victim];

		members[victim] = members[n - 1];
		memcpy(before, group.deal.owner, sizeof(before));
		torc_balance(group.deal.owner, members, n - 1);
		for (unsigned int b = 0; b < CLUSTER_BUCKETS; b++)
			strangers += before[b] != group.deal.owner[b] && before[b] != gone;
		shares(&least, &most);
		uneven += most - least > 1;
	}
	is(strangers, 0, "only the flows of one that leaves move");
	is(uneven, 0, "shares differ by at most one bucket");
}

/* As the kernel: the value modulo n, of an array whose last element fills the hole. */
static void places(void)
{
	uint16_t plain[CLUSTER_BUCKETS], both[CLUSTER_BUCKETS], members[64];
	unsigned int wrong = 0, too_large = 0;

	for (unsigned int n = 1; n <= 64; n++) {
		for (unsigned int leaving = 0; leaving < n; leaving++) {
			unsigned int staying = 0;
			uint16_t left[64];

			group.places = (uint16_t)n;
			for (unsigned int i = 0; i < n; i++)
				group.place[i] = (uint16_t)((i * 3 + leaving) % 256);
			for (unsigned int i = 0; i < n; i++) {
				left[i] = group.place[i];
				if (i != leaving)
					members[staying++] = group.place[i];
			}
			left[leaving] = left[n - 1];
			torc_balance(group.deal.owner, members, staying);
			group.leaving = CLUSTER_NOBODY;
			torc_places_fill(plain, &group);
			group.leaving = group.place[leaving];
			torc_places_fill(both, &group);
			for (unsigned int b = 0; b < CLUSTER_BUCKETS && n > 1; b++) {
				wrong += group.place[plain[b] % n] != group.deal.owner[b];
				wrong += group.place[both[b] % n] != group.deal.owner[b];
				wrong += left[both[b] % (n - 1)] != group.deal.owner[b];
			}
		}
	}
	is(wrong, 0, "one program is right with the leaving socket and without it");
	group.places = 256;
	for (unsigned int i = 0; i < 256; i++)
		group.place[i] = (uint16_t)i;
	for (unsigned int b = 0; b < CLUSTER_BUCKETS; b++)
		group.deal.owner[b] = (uint16_t)(b % 256);
	group.leaving = 3;
	torc_places_fill(both, &group);
	for (unsigned int b = 0; b < CLUSTER_BUCKETS; b++)
		too_large += both[b] % 256 != b % 256;
	is(too_large, 0, "also for as many as a group can have");
}

static void evenness(void)
{
	const struct flow_key key = { .ports = true, .protocol = true, .vlan = true };
	uint16_t members[8] = { 0, 1, 2, 3, 4, 5, 6, 7 };
	uint32_t state = 12345;

	memset(group.deal.owner, 0xFF, sizeof(group.deal.owner));
	for (unsigned int n = 1; n <= 8; n++) {
		unsigned int random[8] = { 0 }, orderly[8] = { 0 }, most[2] = { 0 };

		torc_balance(group.deal.owner, members, n);
		for (unsigned int i = 0; i < 10000; i++) {
			struct flow flow = { .protocol = 6 };

			flow.source[0] = state = state * 1664525u + 1013904223u;
			flow.destination[0] = state = state * 1664525u + 1013904223u;
			flow.source_port = (uint16_t)(state >> 3);
			flow.destination_port = 443;
			random[group.deal.owner[CLUSTER_BUCKET_OF(reference_hash(&flow, key))]]++;
			flow.source[0] = 0x0A000000 + i;
			flow.destination[0] = 0x0A800001;
			flow.source_port = 1024;
			orderly[group.deal.owner[CLUSTER_BUCKET_OF(reference_hash(&flow, key))]]++;
		}
		for (unsigned int i = 0; i < n; i++) {
			most[0] = random[i] > most[0] ? random[i] : most[0];
			most[1] = orderly[i] > most[1] ? orderly[i] : most[1];
		}
		ok(most[0] * n <= 11000, "%u members: fullest %.3f of the mean, random flows", n,
		   most[0] * n / 10000.0);
		ok(most[1] * n <= 11000, "%u members: fullest %.3f of the mean, 10.0.x.y", n,
		   most[1] * n / 10000.0);
	}
}

int main(void)
{
	joins_and_leaves();
	places();
	evenness();
	return done();
}
