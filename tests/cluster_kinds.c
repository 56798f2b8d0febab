/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Kinds of clusters: in turns, relaxed, over several devices, on any, of rings in one process, of
 * a process and its fork. Every packet is looked at.
 */
#include "workers.h"

#define FLOWS 2000

static struct flow flows[FLOWS];
static int sender, sender2;
static pid_t test_pid;

static void start(unsigned int count, const char *device, unsigned int id,
		  enum torc_cluster_type type, uint32_t options)
{
	for (unsigned int i = 0; i < count; i++) {
		worker_setup(i, device, id, type, options);
		if (worker_start(i) < 0)
			note("%s", board->workers[i].error);
		is(board->workers[i].result, 0, "member %u of cluster %u", i, id);
	}
	workers_reset();
}

static void traffic(int fd, unsigned int count)
{
	send_flows(fd, flows, FLOWS, count);
}

static void turns(void)
{
	uint64_t least = UINT64_MAX, most = 0;
	unsigned int wrong = 0;

	start(3, "vb", 1, TORC_CLUSTER_ROUND_ROBIN, 0);
	traffic(sender, 3001);
	workers_settle(3001);
	for (unsigned int i = 0; i < 3; i++) {
		uint64_t received = board->workers[i].received;

		least = received < least ? received : least;
		most = received > most ? received : most;
	}
	for (uint32_t n = 0; n < next_number; n++)
		wrong += receiver_of(n) < 0;
	is(wrong, 0, "in turns: each packet comes once");
	ok(most - least <= 1, "in turns: %d to %d packets each", (int)least, (int)most);
	worker_kill(1);
	ok(wait_members(1, 2), "one dies");
	workers_reset();
	for (unsigned int i = 0; i < 3; i++)
		board->workers[i].received = 0;
	traffic(sender, 1000);
	workers_settle(1000);
	is(board->workers[0].received, 500, "in turns: one dies, the two others have half each");
	is(board->workers[2].received, 500, "in turns: and so has the other");
	workers_quit();
}

/* One member does not read: what does not fit into its ring goes to the other, or is lost. */
static void full(uint32_t options)
{
	const unsigned int count = 30000;
	uint64_t dropped = 0;

	for (unsigned int i = 0; i < 2; i++) {
		worker_setup(i, "vb", 2, TORC_CLUSTER_PER_FLOW, options);
		board->workers[i].buffer_bytes = i == 0 ? 1 << 20 : 64 << 20;
		is(worker_start(i), 0, "member %u, %s", i, options ? "relaxed" : "strict");
	}
	workers_reset();
	__atomic_store_n(&board->workers[0].order, ORDER_SLEEP, __ATOMIC_RELEASE);
	net_sleep_ms(20);
	traffic(sender, count);
	net_sleep_ms(50);
	__atomic_store_n(&board->workers[0].order, ORDER_NONE, __ATOMIC_RELEASE);
	workers_settle(count);
	for (unsigned int i = 0; i < 500; i++) { /* until the workers have told their losses */
		net_sleep_ms(10);
		dropped = board->workers[0].stats.dropped + board->workers[1].stats.dropped;
		if (workers_received() + dropped == count)
			break;
	}
	is(workers_received() + dropped, count, "%s: each packet came or was counted as lost",
	   options ? "relaxed" : "strict");
	if (options) /* the kernel looks whether there is room, and then puts the packet in */
		ok(dropped <= count / 1000, "relaxed: %d are lost to a full ring", (int)dropped);
	else
		is(board->workers[1].stats.dropped, 0, "strict: lost by the member it was for");
	ok(options || board->workers[0].stats.dropped > 0, "the ring was full");
	workers_quit();
}

static void two_devices(void)
{
	struct verdict v;

	start(3, "vb,vd", 3, TORC_CLUSTER_PER_FLOW, 0);
	for (int i = 0; i < 10; i++) {
		traffic(sender, 300);
		traffic(sender2, 300);
	}
	workers_settle(6000);
	v = judge(0, next_number);
	is(v.lost + v.twice, 0, "two devices: each packet comes once");
	is(v.strayed, 0, "and the flow is in one member, whichever way it came");
	worker_kill(0);
	ok(wait_members(3, 4), "one dies: two members with two interfaces each");
	workers_reset();
	for (unsigned int i = 0; i < 3; i++)
		board->workers[i].received = 0;
	for (unsigned int i = 1; i <= 10; i++) { /* no more at once than their rings hold */
		traffic(sender, 300);
		traffic(sender2, 300);
		workers_settle(600 * i);
	}
	v = judge(0, next_number);
	is(v.lost + v.twice, 0, "one dies: the others have both devices");
	workers_quit();
}

/* Each packet crosses two interfaces here: it leaves one and comes in by the other. */
static void any_device(void)
{
	unsigned int wrong = 0;

	start(3, "any", 4, TORC_CLUSTER_PER_FLOW, 0);
	traffic(sender, 3000);
	workers_settle(6000);
	for (uint32_t n = 0; n < next_number; n++) {
		unsigned int both = 0;

		for (unsigned int i = 0; i < 3; i++)
			both += board->got[i][n] == 2;
		wrong += both != 1;
	}
	is(workers_received(), 6000, "any: each crossing comes once");
	is(wrong, 0, "any: both of a packet to the same member");
	workers_quit();
}

static unsigned int drain(struct torc_ring **rings, unsigned int count)
{
	unsigned int total = 0;
	struct torc_packet packet;

	for (unsigned int i = 0; i < count; i++) {
		while (rings[i] && torc_ring_next(rings[i], &packet) == 1) {
			worker_note(&board->workers[i], &packet);
			total++;
		}
	}
	return total;
}

static void drain_all(struct torc_ring **rings, unsigned int count)
{
	for (int quiet = 0; quiet < 30; quiet++) {
		if (drain(rings, count) > 0)
			quiet = 0;
		net_sleep_ms(2);
	}
}

static void one_process(void)
{
	struct torc_ring *rings[4];
	int before[BUCKETS];
	struct verdict v;
	unsigned int moved = 0;

	for (unsigned int i = 0; i < 4; i++) {
		torc_ring_open(&rings[i], "vb", 0, 0, NULL);
		torc_ring_set_poll_duration(rings[i], 0);
		is(torc_ring_set_cluster(rings[i], 5, TORC_CLUSTER_PER_FLOW), 0, "ring %u", i);
		torc_ring_enable(rings[i]);
	}
	workers_reset();
	traffic(sender, 10000);
	drain_all(rings, 4);
	v = judge(0, next_number);
	is(v.lost + v.twice + v.strayed, 0, "four rings of one process share");
	memcpy(before, owner_of, sizeof(before));
	torc_ring_close(rings[1]);
	rings[1] = NULL;
	workers_reset();
	traffic(sender, 10000);
	drain_all(rings, 4);
	v = judge(0, next_number);
	is(v.lost + v.twice + v.strayed, 0, "one is closed: the others share");
	for (unsigned int b = 0; b < BUCKETS; b++)
		moved += before[b] >= 0 && before[b] != 1 && owner_of[b] >= 0 &&
			 owner_of[b] != before[b];
	is(moved, 0, "and keep their flows");
	for (unsigned int i = 0; i < 4; i++)
		torc_ring_close(rings[i]);
}

/* Opens a ring and joins; a fork of it does the rest, and it ends. */
static void grandparent(struct worker *w, bool enable_first)
{
	struct torc_ring *ring;
	int result = torc_ring_open(&ring, w->device, 0, 0, NULL);
	pid_t pid;

	if (result == 0)
		result = torc_ring_set_cluster(ring, 6, TORC_CLUSTER_PER_FLOW);
	if (result == 0 && enable_first)
		result = torc_ring_enable(ring);
	pid = fork();
	if (pid != 0)
		_exit(0);
	w->pid = getpid();
	while (getppid() != test_pid) /* until the parent has ended */
		net_sleep_ms(1);
	net_sleep_ms(20);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (result == 0 && !enable_first)
		result = torc_ring_enable(ring);
	w->result = result;
	__atomic_store_n(&w->order, ORDER_NONE, __ATOMIC_RELEASE);
	worker_loop(w, ring);
	_exit(0);
}

/* index: of the worker that is a fork; the other one is there first, or comes later. */
static void forked(bool enable_first, unsigned int index)
{
	const char *what = enable_first ? "enabled before" : "enabled after";
	struct worker *w = worker_setup(index, "vb", 6, TORC_CLUSTER_PER_FLOW, 0);
	struct verdict v;
	pid_t pid;

	worker_setup(!index, "vb", 6, TORC_CLUSTER_PER_FLOW, 0);
	if (index == 1)
		is(worker_start(0), 0, "a member before the fork");
	w->order = ORDER_ENABLE;
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		grandparent(w, enable_first);
	waitpid(pid, NULL, 0);
	wait_order(w);
	is(w->result, 0, "a fork uses the ring of its parent, %s", what);
	ok(wait_members(6, index == 0 ? 1 : 2), "the fork is a member, %s", what);
	if (index == 0)
		is(worker_start(1), 0, "a member after the fork");
	workers_reset();
	board->workers[0].received = board->workers[1].received = 0;
	traffic(sender, 4000);
	workers_settle(4000);
	v = judge(0, next_number);
	is(v.lost + v.twice + v.strayed, 0, "each packet comes once, %s", what);
	ok(w->received > 1000, "and the fork has its share: %d", (int)w->received);
	worker_kill(index);
	ok(wait_members(6, 1), "it dies");
	workers_reset();
	board->workers[0].received = board->workers[1].received = 0;
	traffic(sender, 1000);
	workers_settle(1000);
	is(board->workers[!index].received, 1000, "until it dies, %s", what);
	workers_quit();
}

static void run(void)
{
	for (unsigned int i = 0; i < FLOWS; i++)
		flows[i] = any_flow();
	turns();
	if (!getenv("NET_ENGINE")) /* refused on xdp: */
		full(TORC_CLUSTER_RELAXED);
	full(0);
	two_devices();
	if (!getenv("NET_ENGINE"))
		any_device();
	one_process();
	forked(false, 1);
	forked(true, 1);
	forked(false, 0);
	forked(true, 0);
}

int main(void)
{
	workers_init();
	test_pid = getpid();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	net_pair("va", "vb");
	net_make_pair("vc", "vd");
	sender = net_sender("va");
	sender2 = net_sender("vc");
	run();
	if (!getenv("NET_ENGINE") && drop_bpf()) {
		note("again, without CAP_BPF");
		run();
	}
	return done();
}
