/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A cluster of processes under traffic: members join, disable, leave and die. Every packet is
 * looked at: it comes once, to the member that owns its bucket, and what moves is the share of the
 * one who came or went.
 */
#include "workers.h"

#define FLOWS   4000
#define CLUSTER 40

static struct flow flows[FLOWS];
static int sender;

static unsigned int share_of(int worker)
{
	unsigned int count = 0;

	for (unsigned int b = 0; b < BUCKETS; b++)
		count += owner_of[b] == worker;
	return count;
}

static void traffic(unsigned int count)
{
	uint64_t before = workers_received();

	send_flows(sender, flows, FLOWS, count);
	workers_settle(before + count);
}

/* In small bursts, so that something is always on its way, for about so many milliseconds. */
static void traffic_for(unsigned int ms)
{
	uint64_t end = net_now_ms() + ms;

	while (net_now_ms() < end) {
		send_flows(sender, flows, FLOWS, 20);
		usleep(500);
	}
}

/* Relearn who owns what; returns how many buckets changed hands between others than these two. */
static unsigned int relearn(int from, int to)
{
	uint32_t first = next_number;
	unsigned int moved = 0;
	int before[BUCKETS];

	memcpy(before, owner_of, sizeof(before));
	for (unsigned int b = 0; b < BUCKETS; b++)
		owner_of[b] = NOBODY;
	traffic(12 * BUCKETS);
	judge(first, next_number);
	for (unsigned int b = 0; b < BUCKETS; b++) {
		if (before[b] == NOBODY || owner_of[b] == NOBODY || before[b] == owner_of[b])
			continue;
		moved += before[b] != from && owner_of[b] != to;
	}
	return moved;
}

static void start_four(void)
{
	struct verdict v;
	unsigned int least = BUCKETS, most = 0;

	for (unsigned int i = 0; i < 4; i++) {
		worker_setup(i, "vb", CLUSTER, TORC_CLUSTER_PER_FLOW, 0);
		if (worker_start(i) < 0)
			note("%s", board->workers[i].error);
		is(board->workers[i].result, 0, "member %u joins", i);
	}
	workers_reset();
	traffic(20000);
	v = judge(0, next_number);
	is(v.lost, 0, "four members: no packet is lost");
	is(v.twice, 0, "none comes twice");
	is(v.strayed, 0, "each is where its flow is, both directions, tags, IPv6, options");
	for (int i = 0; i < 4; i++) {
		least = share_of(i) < least ? share_of(i) : least;
		most = share_of(i) > most ? share_of(i) : most;
	}
	ok(most - least <= 20, "shares are even: %u to %u of 1024", least, most);
}

static void graceful(unsigned int index, int order, const char *what)
{
	uint32_t first = next_number;
	unsigned int discarded, others;
	struct verdict v;
	uint64_t before = board->workers[index].stats.discarded;

	traffic_for(30);
	__atomic_store_n(&board->workers[index].order, order, __ATOMIC_RELEASE);
	traffic_for(60);
	wait_order(&board->workers[index]);
	is(board->workers[index].result, 0, "member %u: %s", index, what);
	traffic_for(30);
	workers_settle(UINT64_MAX);
	discarded = (unsigned int)(board->workers[index].stats.discarded - before);
	v = judge(first, next_number);
	is(v.twice, 0, "%s: no packet comes twice", what);
	is(v.lost, discarded, "%s: none of %u is lost but those in its ring", what,
	   next_number - first);
	others = relearn((int)index, (int)index);
	is(others, 0, "%s: the flows of the others stay", what);
}

static void death(unsigned int index)
{
	uint32_t first = next_number;
	unsigned int lost_of_living = 0, others;
	struct verdict v;

	traffic_for(30);
	worker_kill(index);
	traffic_for(100);
	workers_settle(UINT64_MAX);
	v = judge(first, next_number);
	for (unsigned int i = 0; i < WORKERS; i++)
		lost_of_living += i != index ? v.lost_of[i] : 0;
	is(v.twice, 0, "member %u dies: no packet comes twice", index);
	is(lost_of_living, 0, "member %u dies: the living lose nothing", index);
	note("lost with it: %u of %u packets", v.lost, next_number - first);
	others = relearn((int)index, -1);
	is(others, 0, "member %u dies: the flows of the living stay", index);
	is(share_of((int)index), 0, "and its share is served by them");
	first = next_number;
	traffic(5000);
	v = judge(first, next_number);
	is(v.lost + v.twice + v.strayed, 0, "all is in order afterwards");
}

static void rejoin(unsigned int index)
{
	uint32_t first = next_number;
	struct verdict v;
	unsigned int others;

	traffic_for(20);
	board->workers[index].order = ORDER_NONE;
	is(worker_start(index), 0, "member %u joins under traffic", index);
	traffic_for(30);
	workers_settle(UINT64_MAX);
	v = judge(first, next_number);
	is(v.lost + v.twice, 0, "each packet meanwhile comes once");
	others = relearn(-1, (int)index);
	is(others, 0, "it takes from all others, who keep the rest");
	ok(share_of((int)index) > 200, "its share: %u of 1024", share_of((int)index));
}

static void alone(unsigned int index)
{
	uint32_t first = next_number;
	uint64_t before = workers_received();
	unsigned int missing = 0;

	is(worker_order(index, ORDER_LEAVE), 0, "member %u leaves", index);
	send_flows(sender, flows, FLOWS, 3000);
	workers_settle(before + 2 * 3000); /* the others share them, it has them all */
	for (uint32_t n = first; n < next_number; n++)
		missing += board->got[index][n] != 1;
	is(missing, 0, "and then receives everything, once");
	first = next_number;
	is(worker_order(index, ORDER_JOIN), 0, "it joins again");
	relearn((int)index, (int)index);
	first = next_number;
	traffic(3000);
	is(judge(first, next_number).twice, 0, "and shares again");
}

/* Beside the others' socket there is none for one that leaves. */
static void leaves_xdp(unsigned int index)
{
	uint32_t first;
	struct verdict v;

	is(worker_order(index, ORDER_LEAVE), -EBUSY, "member %u leaves: %s", index,
	   board->workers[index].error);
	relearn((int)index, -1);
	is(share_of((int)index), 0, "it gets nothing");
	first = next_number;
	traffic(3000);
	v = judge(first, next_number);
	is(v.lost + v.twice + v.strayed, 0, "and the others all");
	is(worker_order(index, ORDER_DISABLE), 0, "it is disabled");
	is(worker_order(index, ORDER_JOIN), 0, "joins again");
	is(worker_order(index, ORDER_ENABLE), 0, "and is enabled");
	relearn(-1, (int)index);
	ok(share_of((int)index) > 200, "its share: %u of 1024", share_of((int)index));
}

/* Places are not in the order of age here: one has died, and the last has its place. */
static void interface_flaps(void)
{
	uint32_t first;
	struct verdict v;

	net_run("ip link set vb down; ip link set vb up");
	net_sleep_ms(300);
	first = next_number;
	traffic(5000);
	v = judge(first, next_number);
	is(v.lost + v.twice + v.strayed, 0, "the interface went down and up: each flow is where it was");
}

/* Several die at once, the server among them. */
static void massacre(void)
{
	uint32_t first;
	struct verdict v;

	if (board->workers[1].pid > 0)
		kill(board->workers[1].pid, SIGKILL);
	worker_kill(0);
	worker_kill(1);
	traffic_for(200);
	ok(wait_members(CLUSTER, 2), "two of four die at once"); /* a new server waits 500 ms */
	workers_settle(UINT64_MAX);
	relearn(-1, -1);
	first = next_number;
	traffic(5000);
	v = judge(first, next_number);
	is(v.lost + v.twice + v.strayed, 0, "two of four die at once: the others serve all");
	is(worker_start(0), 0, "and let a new one in");
	relearn(-1, 0);
	first = next_number;
	traffic(5000);
	v = judge(first, next_number);
	is(v.lost + v.twice + v.strayed, 0, "who takes part");
}

static void run(void)
{
	random_state = 7;
	for (unsigned int i = 0; i < FLOWS; i++)
		flows[i] = any_flow();
	start_four();
	graceful(2, ORDER_DISABLE, "disabled");
	graceful(2, ORDER_ENABLE, "enabled");
	death(1);
	workers_reset();
	relearn(-1, -1);
	rejoin(1);
	interface_flaps();
	death(0); /* the first one is the server */
	rejoin(0);
	workers_reset();
	relearn(-1, -1);
	if (getenv("NET_ENGINE"))
		leaves_xdp(3);
	else
		alone(3);
	workers_reset();
	relearn(-1, -1);
	massacre();
	workers_quit();
}

int main(int argc, char **argv)
{
	(void)argv;
	workers_init();
	net_pair("va", "vb");
	sender = net_sender("va");
	run();
	if (argc == 1 && drop_bpf()) {
		note("again, without CAP_BPF");
		run();
	}
	return done();
}
