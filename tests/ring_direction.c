/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ring_direction.c - which way packets went: 100 in and 70 out are 170, 100 or 70; loopback shows
 * one copy of each unless both are wanted; a ring does not see what it sent itself
 */
#include "net.h"

#define IN  100
#define OUT 70

struct counts {
	unsigned int rx, tx, other;
	bool kinds; /* each packet's kind fits its direction */
};

static void see(const struct torc_packet *packet, void *context)
{
	struct counts *counts = context;

	if (packet->direction == TORC_PACKET_RX)
		counts->rx++;
	else if (packet->direction == TORC_PACKET_TX)
		counts->tx++;
	else
		counts->other++;
	counts->kinds = counts->kinds && (packet->kind == TORC_PACKET_OUTGOING) ==
						 (packet->direction == TORC_PACKET_TX);
}

static struct counts read_counts(struct torc_ring *ring)
{
	struct counts counts = { .kinds = true };

	net_read_all(ring, see, &counts);
	return counts;
}

static int from_a, from_b;

static void send_both_ways(void)
{
	is(net_send_udp(from_a, IN, 90, 0), IN, "the peer sends %d", IN);
	is(net_send_udp(from_b, OUT, 90, 1000), OUT, "the ring's side sends %d", OUT);
}

static void expect(struct torc_ring *ring, unsigned int rx, unsigned int tx)
{
	struct counts counts;

	send_both_ways();
	counts = read_counts(ring);
	is(counts.rx, rx, "received");
	is(counts.tx, tx, "sent");
	ok(counts.other == 0 && counts.kinds, "each packet says which");
}

static void test_veth(uint32_t flags)
{
	struct torc_ring *ring = net_ring("vb", flags);
	struct torc_stats stats = { .size = sizeof(stats) };

	note("both directions, by default");
	expect(ring, IN, OUT);
	is(net_stats(ring).other_direction, 0, "no direction was refused yet");
	is(torc_ring_set_direction(ring, TORC_RX_ONLY), 0, "receive only");
	expect(ring, IN, 0);
	is(net_stats(ring).other_direction, TORC_UNKNOWN, "nobody counts what the kernel refused");
	is(torc_ring_set_direction(ring, TORC_TX_ONLY), 0, "send only");
	expect(ring, 0, OUT);
	is(torc_ring_set_direction(ring, TORC_RX_AND_TX), 0, "both again");
	expect(ring, IN, OUT);
	is(torc_ring_set_direction(ring, (enum torc_direction)3), -EINVAL, "there is no fourth");

	note("a direction beside a filter");
	torc_ring_set_direction(ring, TORC_TX_ONLY);
	is(torc_ring_set_filter(ring, "udp dst port 1"), 0, "a filter that takes none");
	expect(ring, 0, 0);
	torc_ring_set_filter(ring, "udp dst port 7000");
	expect(ring, 0, OUT);
	is(torc_ring_remove_filter(ring), 0, "removed");
	expect(ring, 0, OUT);

	note("packets that wait when the direction changes");
	torc_ring_set_direction(ring, TORC_RX_AND_TX);
	send_both_ways();
	net_wait_seen(ring, 3 * IN + 5 * OUT + IN + OUT);
	is(net_read(ring, 10, 300, NULL, NULL), 10, "ten are read");
	is(torc_ring_set_direction(ring, TORC_TX_ONLY), 0, "then only those sent are wanted");
	is(read_counts(ring).rx, 0, "no other comes");
	stats = net_stats(ring);
	is(stats.filtered_late, IN - 10, "they are counted");
	ok(stats.balanced && net_placed(&stats) == stats.kernel_seen, "the account balances");
	torc_ring_close(ring);
}

/* Alone, the socket is not shown outgoing packets; in a fanout group only the filter refuses them. */
static void test_cluster(uint32_t flags)
{
	struct torc_ring *ring = net_ring("vb", flags);

	note("a direction beside a cluster");
	is(torc_ring_set_direction(ring, TORC_RX_ONLY), 0, "receive only");
	expect(ring, IN, 0);
	is(torc_ring_set_cluster(ring, 11, TORC_CLUSTER_PER_FLOW), 0, "in a cluster");
	expect(ring, IN, 0);
	is(torc_ring_leave_cluster(ring), 0, "alone again");
	expect(ring, IN, 0);
	is(torc_ring_set_direction(ring, TORC_RX_AND_TX), 0, "both directions");
	expect(ring, IN, OUT);
	torc_ring_close(ring);
}

static void test_loopback(uint32_t flags)
{
	int fd = net_sender("lo");
	struct torc_ring *one = net_ring("lo", flags), *any = net_ring("any", flags);
	struct torc_ring *two = net_ring("lo", flags | TORC_BOTH_COPIES);
	struct torc_stats stats = { .size = sizeof(stats) };
	struct counts counts;

	note("loopback");
	is(net_send_udp(fd, 50, 90, 0), 50, "50 packets over lo");
	counts = read_counts(one);
	ok(counts.rx == 50 && counts.tx == 0, "come once (%u in, %u out)", counts.rx, counts.tx);
	stats = net_stats(one);
	is(stats.own_copies, 50, "the other copies are counted");
	ok(stats.balanced && stats.kernel_seen == 100 && stats.waiting == 0,
	   "the account balances");
	counts = read_counts(two);
	ok(counts.rx == 50 && counts.tx == 50, "twice with TORC_BOTH_COPIES");
	counts = read_counts(any);
	ok(counts.rx == 50 && counts.tx == 0, "once on \"any\" too");
	torc_ring_set_direction(one, TORC_TX_ONLY);
	net_send_udp(fd, 50, 90, 0);
	counts = read_counts(one);
	ok(counts.rx == 0 && counts.tx == 50, "only the outgoing copies when asked for");
	torc_ring_close(one);
	torc_ring_close(two);
	torc_ring_close(any);
	close(fd);
}

static void test_own(uint32_t flags)
{
	struct torc_ring *ring = net_ring("vb", flags), *other = net_watcher("vb");
	uint8_t frame[100];

	note("what a ring sends itself");
	for (uint32_t i = 0; i < 20; i++) {
		net_frame(frame, sizeof(frame), i);
		torc_ring_send(ring, frame, sizeof(frame));
	}
	is(read_counts(other).tx, 20, "another ring sees it");
	is(read_counts(ring).tx, 0, "the ring itself does not");
	torc_ring_close(ring);
	torc_ring_close(other);
}

/* On loopback what was sent comes in again, and that is no copy of its own. */
static void test_own_on_loopback(void)
{
	struct torc_ring *ring = net_ring("lo", 0);
	struct counts counts;
	uint8_t frame[100];

	for (uint32_t i = 0; i < 20; i++) {
		net_frame(frame, sizeof(frame), i);
		torc_ring_send(ring, frame, sizeof(frame));
	}
	counts = read_counts(ring);
	ok(counts.rx == 20 && counts.tx == 0, "on loopback they come in again");
	ok(net_stats(ring).own_copies == 0 && net_stats(ring).balanced, "the account balances");
	torc_ring_close(ring);
}

int main(void)
{
	net_pair("va", "vb");
	from_a = net_sender("va");
	from_b = net_sender("vb");
	test_veth(0);
	test_veth(TORC_IMMEDIATE);
	if (net_is_xdp()) {
		skip("copies on loopback", "xdp: an interface has one ring, and no outgoing copies");
	} else {
		test_cluster(0);
		test_cluster(TORC_IMMEDIATE);
		test_loopback(0);
		test_loopback(TORC_IMMEDIATE);
	}
	test_own(0);
	test_own(TORC_IMMEDIATE);
	test_own_on_loopback();
	return done();
}
