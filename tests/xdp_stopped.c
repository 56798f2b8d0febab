/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Members of a cluster over AF_XDP are stopped and continued again and again, at whatever they are
 * just doing, which is handing packets out now and then: the others go on, and no member is lost.
 * And members leave in order under traffic: every account balances.
 */
#include "workers.h"

#define CLUSTER 43
#define FLOWS   1000
#define FRAMES  1024u /* of 2 KiB */
#define STOPS   60
#define LEAVES  500

static struct flow flows[FLOWS];
static int sender;

static bool start(unsigned int index)
{
	worker_setup(index, "xdp:vb", CLUSTER, TORC_CLUSTER_PER_FLOW, 0);
	board->workers[index].buffer_bytes = FRAMES * 2048;
	if (worker_start(index) == 0)
		return true;
	note("member %u: %s", index, board->workers[index].error);
	return false;
}

/* Packets are sent until the member has had some more, five seconds at most. */
static bool goes_on(unsigned int index)
{
	struct worker *w = &board->workers[index];
	uint64_t before = __atomic_load_n(&w->received, __ATOMIC_ACQUIRE);

	for (unsigned int i = 0; i < 500; i++) {
		if (PACKETS - next_number < 1000)
			workers_reset();
		send_flows(sender, flows, FLOWS, 100);
		usleep(10000);
		if (__atomic_load_n(&w->received, __ATOMIC_ACQUIRE) > before + 50)
			return true;
	}
	return false;
}

static void stopped(void)
{
	unsigned int held_up = 0;
	struct verdict v;

	for (unsigned int i = 0; i < STOPS; i++) {
		pid_t pid = board->workers[1 + i % 2].pid;

		if (PACKETS - next_number < 1000)
			workers_reset();
		send_flows(sender, flows, FLOWS, 100 + any_number() % 300);
		if (any_number() % 2)
			usleep(any_number() % 300);
		kill(pid, SIGSTOP);
		held_up += !goes_on(0);
		kill(pid, SIGCONT);
	}
	is(held_up, 0, "another is stopped %u times: the member goes on", STOPS);
	for (unsigned int i = 1; i < 3; i++)
		ok(goes_on(i), "and so does %u after it", i);
	workers_settle(UINT64_MAX);
	workers_reset();
	send_flows(sender, flows, FLOWS, FRAMES / 4);
	workers_settle(FRAMES / 4);
	v = judge(0, FRAMES / 4);
	is(v.twice, 0, "then no packet comes twice");
	is(v.lost, 0, "and none is lost");
}

/* Packets without a pause, from a process of their own; their numbers do not matter. */
static pid_t start_flood(void)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		send_flows(sender, flows, FLOWS, 1000);
		next_number = 0;
	}
}

static void left(void)
{
	unsigned int unbalanced = 0, failed = 0;
	pid_t flood = start_flood();

	for (unsigned int i = 0; i < LEAVES; i++) {
		struct worker *w = &board->workers[1 + i % 2];

		failed += worker_order(1 + i % 2, ORDER_DISABLE) != 0;
		if (!w->stats.balanced && unbalanced++ == 0)
			note("%llu seen, %llu received, %llu dropped, %llu discarded",
			     (unsigned long long)w->stats.kernel_seen,
			     (unsigned long long)w->stats.received,
			     (unsigned long long)w->stats.dropped,
			     (unsigned long long)w->stats.discarded);
		failed += worker_order(1 + i % 2, ORDER_ENABLE) != 0;
		usleep(any_number() % 3000);
	}
	kill(flood, SIGKILL);
	waitpid(flood, NULL, 0);
	is(failed, 0, "members are disabled and enabled %u times under traffic", LEAVES);
	is(unbalanced, 0, "each time the account balances");
}

int main(void)
{
	workers_init();
	net_pair("va", "vb");
	sender = net_sender("va");
	net_need("xdp:vb");
	random_state = 13;
	for (unsigned int i = 0; i < FLOWS; i++)
		flows[i] = any_flow();
	ok(start(0) && start(1) && start(2), "three members");
	workers_reset();
	stopped();
	left();
	workers_quit();
	return done();
}
