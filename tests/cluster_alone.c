/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cluster_alone.c - nobody stays: the account of a cluster's last or only member balances, though
 * packets go on coming while it leaves
 */
#include "net.h"

#define CLUSTER 300
#define ROUNDS  20
#define ENOUGH  100

static struct net_stream stream;

static struct torc_ring *member(uint32_t flags, enum torc_cluster_type type)
{
	struct torc_ring *ring = net_ring("vb", flags);

	torc_ring_set_poll_duration(ring, 0);
	if (torc_ring_set_cluster(ring, CLUSTER, type) < 0)
		note("%s", torc_ring_error(ring));
	return ring;
}

static unsigned int read_some(struct torc_ring *ring, unsigned int want)
{
	struct torc_packet packet;
	unsigned int count = 0;

	while (count < want && torc_ring_wait(ring, 5000) > 0)
		while (count < want && torc_ring_next(ring, &packet) > 0)
			count++;
	return count;
}

/* It stops under traffic, and then all that it received is read. */
static bool balances(struct torc_ring *ring, unsigned int count)
{
	struct torc_packet packet;
	struct torc_stats stats;

	torc_ring_disable(ring);
	while (torc_ring_next(ring, &packet) > 0)
		count++;
	stats = net_stats(ring);
	if (stats.balanced && stats.received == count && stats.kernel_seen == net_placed(&stats))
		return true;
	note("seen %llu, placed %llu, received %llu of %u", (unsigned long long)stats.kernel_seen,
	     (unsigned long long)net_placed(&stats), (unsigned long long)stats.received, count);
	return false;
}

static void test_only(const char *what, uint32_t flags, enum torc_cluster_type type)
{
	unsigned int bad = 0;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		struct torc_ring *ring = member(flags, type);

		bad += !balances(ring, read_some(ring, ENOUGH));
		torc_ring_close(ring);
	}
	is(bad, 0, "%s: the only member balances, %d times", what, ROUNDS);
}

static void test_last(void)
{
	unsigned int bad = 0;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		struct torc_ring *a = member(0, TORC_CLUSTER_ROUND_ROBIN);
		struct torc_ring *b = member(0, TORC_CLUSTER_ROUND_ROBIN);
		unsigned int of_a = read_some(a, ENOUGH), of_b = read_some(b, ENOUGH);

		bad += !balances(a, of_a);
		bad += !balances(b, of_b);
		torc_ring_close(a);
		torc_ring_close(b);
	}
	is(bad, 0, "the first to leave and the last balance");
}

int main(void)
{
	net_pair("va", "vb");
	net_stream_start(&stream, "va", 100, 10, 100);
	test_only("by flow", 0, TORC_CLUSTER_PER_FLOW);
	test_only("in turn", 0, TORC_CLUSTER_ROUND_ROBIN);
	test_only("immediate", TORC_IMMEDIATE, TORC_CLUSTER_PER_FLOW);
	test_last();
	net_stream_stop(&stream);
	return done();
}
