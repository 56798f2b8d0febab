/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Processes of a cluster over AF_XDP are killed again and again, at whatever they are just doing:
 * no packet comes twice, no frame is lost for good, the account of who lives balances, and when
 * nobody is left to receive, the host has its packets.
 */
#include "workers.h"

#define CLUSTER 41
#define FLOWS   1000
#define FRAMES  256u /* of 2 KiB: the smallest buffer there is */
#define DEATHS  120

static struct flow flows[FLOWS];
static int sender;

static bool start(unsigned int index, uint64_t buffer_bytes)
{
	worker_setup(index, "xdp:vb", CLUSTER, TORC_CLUSTER_PER_FLOW, 0);
	board->workers[index].buffer_bytes = buffer_bytes;
	if (worker_start(index) == 0)
		return true;
	note("member %u: %s", index, board->workers[index].error);
	return false;
}

static void kill_and_start(unsigned int index, unsigned int *failed)
{
	unsigned int packets = any_number() % 400;

	send_flows(sender, flows, FLOWS, packets);
	if (any_number() % 2)
		usleep(any_number() % 300);
	worker_kill(index);
	send_flows(sender, flows, FLOWS, 20);
	*failed += !start(index, FRAMES * 2048);
}

/* The first member stays; the one that opened the sockets is the first to die. */
static void deaths(unsigned int count)
{
	unsigned int failed = 0;
	struct verdict v;

	ok(start(1, FRAMES * 2048) && start(0, FRAMES * 2048) && start(2, FRAMES * 2048),
	   "three members");
	workers_reset();
	for (unsigned int i = 0; i < count; i++) {
		if (PACKETS - next_number < 1000)
			workers_reset();
		kill_and_start(1 + i % 2, &failed);
	}
	is(failed, 0, "each of %u is replaced by a new one", count);
	workers_settle(UINT64_MAX);
	v = judge(0, next_number);
	is(v.twice, 0, "no packet comes twice");
	ok(wait_members(CLUSTER, 3), "three members are left");
	note("%u of %u packets were lost with them, or for want of 256 frames", v.lost, next_number);
}

/* As many packets as there are frames, while nobody reads. */
static void every_frame_is_there(void)
{
	struct worker *w = &board->workers[0];
	uint32_t first = 0;
	uint64_t before = 0;

	worker_quit(1);
	worker_kill(2);
	ok(wait_members(CLUSTER, 1), "one member is left");
	workers_reset();
	send_flows(sender, flows, FLOWS, 3000); /* it looks who is there when it deals */
	workers_settle(UINT64_MAX);
	/* a frame that is lost is never there; those that are on their way back are, after a while */
	for (int i = 0; i < 20 && w->received - before != FRAMES; i++) {
		workers_reset();
		__atomic_store_n(&w->order, ORDER_SLEEP, __ATOMIC_RELEASE);
		usleep(20000);
		before = w->received;
		first = next_number;
		send_flows(sender, flows, FLOWS, FRAMES);
		__atomic_store_n(&w->order, ORDER_NONE, __ATOMIC_RELEASE);
		workers_settle(UINT64_MAX);
	}
	is(w->received - before, FRAMES, "no frame was lost with the dead");
	is(judge(first, next_number).twice, 0, "and none is there twice");
	__atomic_store_n(&w->order, ORDER_SLEEP, __ATOMIC_RELEASE);
	usleep(100000);
	ok(w->stats.balanced, "its account balances: %llu seen, %llu received, %llu dropped",
	   (unsigned long long)w->stats.kernel_seen, (unsigned long long)w->stats.received,
	   (unsigned long long)w->stats.dropped);
	__atomic_store_n(&w->order, ORDER_NONE, __ATOMIC_RELEASE);
}

static int host_socket(const char *interface)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons(0x0003),
				       .sll_ifindex = (int)if_nametoindex(interface) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		note("bind: %s", strerror(errno));
	return fd;
}

static bool host_gets(int host, bool wanted)
{
	char byte;

	for (int i = 0; i < 100; i++) {
		while (recv(host, &byte, 1, MSG_DONTWAIT) >= 0)
			;
		send_flows(sender, flows, FLOWS, 1);
		usleep(10000);
		if ((recv(host, &byte, 1, MSG_DONTWAIT) >= 0) == wanted)
			return true;
	}
	return false;
}

static void the_host(void)
{
	int host = host_socket("vb");

	ok(host_gets(host, false), "the host has nothing while a member receives");
	ok(start(1, FRAMES * 2048), "another comes");
	is(worker_order(1, ORDER_DISABLE), 0, "and is disabled");
	worker_kill(0);
	ok(host_gets(host, true), "the only one that is enabled is killed: the host has its packets");
	is(worker_order(1, ORDER_ENABLE), 0, "the other is enabled");
	ok(host_gets(host, false), "and has them");
	worker_kill(1);
	ok(host_gets(host, true), "the last one is killed: the host has them again");
	ok(start(0, FRAMES * 2048), "and another cluster begins");
	worker_quit(0);
	ok(host_gets(host, true), "it ends: nothing is left behind");
	close(host);
}

/* What is dealt out and what is lost is in exactly one account. */
static void accounts(void)
{
	uint64_t seen = 0, received = 0;

	for (unsigned int i = 0; i < 3; i++)
		ok(start(i, FRAMES * 2048), "member %u", i);
	workers_reset();
	board->workers[2].order = ORDER_SLEEP; /* loses its own packets */
	usleep(20000);
	for (unsigned int i = 0; i < 200; i++) {
		send_flows(sender, flows, FLOWS, 20);
		usleep(1000);
	}
	__atomic_store_n(&board->workers[2].order, ORDER_NONE, __ATOMIC_RELEASE);
	workers_settle(UINT64_MAX);
	for (unsigned int i = 0; i < 3; i++) /* so that its figures are at rest */
		__atomic_store_n(&board->workers[i].order, ORDER_SLEEP, __ATOMIC_RELEASE);
	usleep(100000);
	for (unsigned int i = 0; i < 3; i++) {
		const struct torc_stats *stats = &board->workers[i].stats;

		ok(stats->balanced, "member %u: the account balances", i);
		note("%llu received, %llu dropped", (unsigned long long)stats->received,
		     (unsigned long long)stats->dropped);
		seen += stats->kernel_seen;
		received += stats->received;
	}
	is(seen, next_number, "together they saw what was sent");
	is(received, workers_received(), "and received what came");
	ok(board->workers[2].stats.dropped > 0, "the one that did not read has lost some");
	workers_quit();
}

int main(void)
{
	workers_init();
	net_pair("va", "vb");
	sender = net_sender("va");
	net_need("xdp:vb");
	random_state = 11;
	for (unsigned int i = 0; i < FLOWS; i++)
		flows[i] = any_flow();
	deaths(DEATHS);
	every_frame_is_there();
	the_host();
	accounts();
	note("again, with two queues");
	close(sender);
	net_run("ip link del va; ip link add va numrxqueues 2 numtxqueues 2 type veth peer name vb "
		"numrxqueues 2 numtxqueues 2 && ip link set va up");
	net_up("vb", "va");
	sender = net_sender("va");
	deaths(DEATHS / 4);
	workers_quit();
	accounts();
	return done();
}
