/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ring_return.c - whatever becomes of an interface, and whatever rights are left: a ring whose
 * interface went down, was deleted and made again captures it again and says one word about it; and
 * everything a ring can do, it can do after the rights are dropped
 */
#include "drop.h"

static int sender_va, sender_wa; /* made while there was a right to */

/* Towards an interface that may be a new one of that name. */
static int towards(int fd, const char *interface)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_ifindex = (int)if_nametoindex(interface) };

	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		note("sender on %s: %s", interface, strerror(errno));
	return fd;
}

static bool make(const char *a, const char *b)
{
	char command[256];

	snprintf(command, sizeof(command),
		 "ip link add %s address 02:00:00:00:00:0a type veth peer name %s address "
		 "02:00:00:00:00:0b && ip link set %s up && ip link set %s up", a, b, a, b);
	return root_run(command) && net_wait_carrier(a) && net_wait_carrier(b);
}

/* Read until nothing comes for a while; returns how many of ours, and counts the events. */
static unsigned int read_on(struct torc_ring *ring, int quiet_ms, unsigned int want,
			    unsigned int *events)
{
	struct torc_packet packet;
	unsigned int count = 0;
	int result;

	torc_ring_set_poll_duration(ring, quiet_ms);
	while (count < want && (result = torc_ring_next(ring, &packet)) != 0) {
		if (result < 0) {
			++*events;
			if (result == -ENETDOWN || result == -ENODEV)
				continue;
			note("%d: %s", result, torc_ring_error(ring));
			break;
		} else {
			count += net_number(&packet) >= 0;
		}
	}
	return count;
}

/* Ten frames at a time until they arrive: the ring looks for its interface now and then. */
static bool comes_back(struct torc_ring *ring, int sender, unsigned int *events)
{
	for (int i = 0; i < 50; i++) {
		net_send_udp(sender, 10, 80, 0);
		if (read_on(ring, 100, 10, events) > 0)
			return true;
	}
	return false;
}

/* ---- down, deleted, made again ---- */

enum order {
	TOGETHER,   /* deleted; the reader looks afterwards */
	APART,      /* down, the reader sees it, deleted */
	UNSEEN,     /* deleted and made again before the reader looks */
	DOWN_TWICE, /* down, up, down, deleted: nobody looks in between */
	ORDERS
};

static const char *const names[ORDERS] = { "deleted", "down, then deleted", "while nobody looked",
					   "down, up, down, deleted" };

static void go_away(struct torc_ring *ring, enum order order, unsigned int *events)
{
	if (order == APART) {
		root_run("ip link set vb down");
		is(read_on(ring, 1000, 1, events), 0, "%s: nothing comes", names[order]);
		is(*events, 1, "%s: it is told", names[order]);
	}
	if (order == DOWN_TWICE)
		root_run("ip link set vb down; ip link set vb up; ip link set vb down");
	root_run("ip link del va");
	if (order == UNSEEN)
		make("va", "vb");
	is(read_on(ring, 1000, 1, events), 0, "%s: nothing comes", names[order]);
	if (order != UNSEEN)
		make("va", "vb");
}

static void test_order(uint32_t flags, enum order order)
{
	struct torc_ring *ring = net_ring("vb", flags | TORC_PROMISC);
	struct torc_stats stats;
	unsigned int events = 0, before;

	net_send_udp(towards(sender_va, "va"), 10, 80, 0);
	is(read_on(ring, 5000, 10, &events), 10, "%s: before", names[order]);
	go_away(ring, order, &events);
	towards(sender_va, "va");
	ok(comes_back(ring, sender_va, &events), "%s: captured again", names[order]);
	is(events, 1, "%s: one word was said", names[order]);
	read_on(ring, 200, NET_ALL, &events);
	before = (unsigned int)net_stats(ring).received;
	net_send_udp(sender_va, 100, 80, 0);
	is(read_on(ring, 1000, 100, &events), 100, "%s: completely", names[order]);
	stats = net_stats(ring);
	ok(stats.received == before + 100 && stats.balanced, "%s: the account goes on",
	   names[order]);
	torc_ring_close(ring);
}

/* One of two interfaces is deleted and made again while the other is never quiet. */
static void test_list(void)
{
	struct torc_ring *ring = net_ring("vb,wb", 0);
	unsigned int events = 0, from_wb = 0;
	uint64_t give_up;
	struct torc_packet packet;
	struct net_stream stream;

	net_stream_start(&stream, "va", 80, 5, 500);
	root_run("ip link del wa");
	make("wa", "wb");
	towards(sender_wa, "wa");
	torc_ring_set_poll_duration(ring, 100);
	for (give_up = net_now_ms() + 30000; net_now_ms() < give_up && from_wb < 20;) {
		int result = torc_ring_next(ring, &packet);

		if (result < 0)
			events++;
		else if (result > 0 && packet.ifindex == (int)if_nametoindex("wb"))
			from_wb++;
		net_send_udp(sender_wa, 1, 80, 0);
	}
	is(from_wb, 20, "the second of two is captured again though the first is never quiet");
	is(events, 1, "one word was said");
	net_stream_stop(&stream);
	torc_ring_close(ring);
}

/* Two members: what they get together, each packet once. */
static void test_cluster(void)
{
	struct torc_ring *rings[2];
	unsigned int events[2] = { 0 }, count = 0;
	struct torc_stats stats;

	for (int i = 0; i < 2; i++) {
		rings[i] = net_ring("vb", 0);
		is(torc_ring_set_cluster(rings[i], 21, TORC_CLUSTER_ROUND_ROBIN), 0,
		   "member %d: %s", i, torc_ring_error(rings[i]));
	}
	net_send_udp(towards(sender_va, "va"), 100, 80, 0);
	for (int i = 0; i < 2; i++)
		count += read_on(rings[i], 500, 100, &events[i]);
	is(count, 100, "the members get all");
	root_run("ip link del va");
	for (int i = 0; i < 2; i++)
		read_on(rings[i], 500, 1, &events[i]);
	make("va", "vb");
	towards(sender_va, "va");
	for (int i = 0; i < 2; i++)
		ok(comes_back(rings[i], sender_va, &events[i]), "member %d is there again", i);
	is(events[0], 1, "one word was said to the first");
	is(events[1], 1, "and to the second");
	for (int i = 0; i < 2; i++)
		read_on(rings[i], 200, NET_ALL, &events[i]);
	net_send_udp(sender_va, 100, 80, 0);
	count = 0;
	for (int i = 0; i < 2; i++) {
		unsigned int share = read_on(rings[i], 500, 100, &events[i]);

		ok(share == 50, "member %d has its share again (%u of 100)", i, share);
		count += share;
	}
	is(count, 100, "each packet once");
	for (int i = 0; i < 2; i++) {
		stats = net_stats(rings[i]);
		ok(stats.balanced, "the account of member %d balances", i);
		torc_ring_close(rings[i]);
	}
}

static void test_all(void)
{
	for (enum order order = 0; order < ORDERS; order++)
		test_order(0, order);
	test_order(TORC_IMMEDIATE, APART);
	test_order(TORC_REENTRANT, APART);
	test_list();
	test_cluster();
}

/* ---- without rights ---- */

static void use(struct torc_ring *ring, const char *what)
{
	const uint32_t tag = 0x81000064;
	unsigned int events = 0;
	uint8_t frame[60];

	is(torc_ring_enable(ring), 0, "%s: enable: %s", what, torc_ring_error(ring));
	net_send_udp(towards(sender_va, "va"), 20, 80, 0);
	is(read_on(ring, 5000, 20, &events), 20, "%s: it receives", what);
	is(torc_ring_set_filter(ring, "vlan 100"), 0, "%s: a filter: %s", what,
	   torc_ring_error(ring));
	net_send_udp(sender_va, 20, 80, 0);
	net_send_tagged(sender_va, &tag, 1, 80, 0);
	is(read_on(ring, 1000, NET_ALL, &events), 1, "%s: which is in force", what);
	is(torc_ring_remove_filter(ring), 0, "%s: and is removed", what);
	is(torc_ring_set_direction(ring, TORC_RX_ONLY), 0, "%s: a direction", what);
	is(torc_ring_set_promisc(ring, true), 0, "%s: promiscuous mode", what);
	net_frame(frame, sizeof(frame), 0);
	is(torc_ring_send(ring, frame, sizeof(frame)), sizeof(frame), "%s: it sends", what);
	is(torc_ring_disable(ring), 0, "%s: disable", what);
	is(torc_ring_enable(ring), 0, "%s: enable again: %s", what, torc_ring_error(ring));
	net_send_udp(sender_va, 20, 80, 0);
	is(read_on(ring, 5000, 20, &events), 20, "%s: it receives again", what);
	is(torc_ring_leave_cluster(ring), 0, "%s: in no cluster: %s", what, torc_ring_error(ring));
	is(torc_ring_set_cluster(ring, 23, TORC_CLUSTER_PER_FLOW_2_TUPLE), 0,
	   "%s: in another cluster: %s", what, torc_ring_error(ring));
	net_send_udp(sender_va, 20, 80, 0);
	is(read_on(ring, 5000, 20, &events), 20, "%s: it receives there", what);
	is(torc_ring_leave_cluster(ring), 0, "%s: and leaves: %s", what, torc_ring_error(ring));
	net_send_udp(sender_va, 20, 80, 0);
	is(read_on(ring, 5000, 20, &events), 20, "%s: it receives alone", what);
	is(torc_ring_disable(ring), 0, "%s: disable", what);
	ok(net_stats(ring).balanced, "%s: the account balances", what);
}

static void open_drop_enable(uint32_t flags, bool in_cluster)
{
	struct torc_error error;
	struct torc_ring *ring;

	if (torc_ring_open(&ring, "vb", 0, flags, &error) < 0) {
		ok(false, "%s", error.text);
		return;
	}
	if (in_cluster)
		is(torc_ring_set_cluster(ring, 22, TORC_CLUSTER_PER_FLOW_2_TUPLE), 0,
		   "a member: %s", torc_ring_error(ring));
	if (!keep_only(0))
		_exit(77);
	use(ring, in_cluster ? "dropped, a member" : "dropped, alone");
	torc_ring_close(ring);
}

static void drop_alone(void)
{
	open_drop_enable(0, false);
}

static void drop_immediate(void)
{
	open_drop_enable(TORC_IMMEDIATE, true);
}

static void drop_member(void)
{
	open_drop_enable(0, true);
}

/* The interface comes back when there are no rights any more. */
static void return_dropped(bool in_cluster)
{
	struct torc_ring *ring = net_ring("vb", TORC_PROMISC);
	unsigned int events = 0;

	if (in_cluster)
		torc_ring_set_cluster(ring, 24, TORC_CLUSTER_PER_FLOW_2_TUPLE);
	if (!keep_only(0))
		_exit(77);
	net_send_udp(towards(sender_va, "va"), 10, 80, 0);
	is(read_on(ring, 5000, 10, &events), 10, "dropped: before");
	go_away(ring, TOGETHER, &events);
	ok(comes_back(ring, towards(sender_va, "va"), &events), "dropped: captured again");
	is(events, 1, "dropped: one word was said");
	ok(net_stats(ring).balanced, "dropped: the account balances");
	torc_ring_close(ring);
}

static void return_alone(void)
{
	return_dropped(false);
}

static void return_member(void)
{
	return_dropped(true);
}

int main(void)
{
	net_pair("va", "vb");
	net_make_pair("wa", "wb");
	root_start();
	sender_va = net_sender("va");
	sender_wa = net_sender("wa");
	test_all();
	in_child(drop_alone, "rights dropped between open and enable");
	in_child(drop_member, "the same of a member of a cluster");
	in_child(drop_immediate, "the same in immediate mode");
	in_child(return_alone, "rights dropped, and the interface comes back");
	in_child(return_member, "the same of a member of a cluster");
	return done();
}
