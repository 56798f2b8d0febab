/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A cluster of AF_XDP rings in one process: each packet is one member's, a flow is always the same
 * member's, a member that stops or closes leaves its share to the others, one that does not read
 * loses its own packets only, and every account balances.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <torc/ring.h>

#include "xdp.h"

#define FLOWS 64u

static int sender;

/* UDP over IPv4: the flow in the source port, either direction, and a number in the payload. */
static void send_flow(uint32_t flow, uint32_t number, bool back)
{
	uint8_t frame[64] = "\x02\0\0\0\0\1\x02\0\0\0\0\2\x08\0\x45\0\0\x32\0\0\0\0\x40\x11\0\0\x0a\0\0"
			    "\1\x0a\0\0\2\x10\0\x09\0\0\x1e";

	frame[35] = (uint8_t)flow;
	if (back) {
		frame[29] = 2;
		frame[33] = 1;
		memcpy(frame + 34, "\x09\0\x10", 3);
		frame[37] = (uint8_t)flow;
	}
	memcpy(frame + 42, &flow, 4);
	memcpy(frame + 46, &number, 4);
	while (send(sender, frame, sizeof(frame), 0) < 0)
		usleep(100);
}

static void send_all(unsigned int each)
{
	for (uint32_t n = 0; n < each; n++)
		for (uint32_t flow = 0; flow < FLOWS; flow++)
			send_flow(flow, n, n % 2);
}

static struct torc_ring *open_member(unsigned int id, enum torc_cluster_type type)
{
	struct torc_ring_options options = { .size = sizeof(options), .buffer_bytes = 4 << 20 };
	struct torc_ring *ring = NULL;
	struct torc_error error;
	int result = torc_ring_open_with(&ring, "xdp:va", &options, &error);

	if (result == -EPERM || result == -EOPNOTSUPP)
		skip_all(error.text);
	ok(result == 0, "a ring opens %s", error.text);
	if (!ring)
		exit(1);
	torc_ring_set_poll_duration(ring, 0);
	if (id > 0)
		is(torc_ring_set_cluster(ring, id, type), 0, "and enters the cluster %s",
		   torc_ring_error(ring));
	return ring;
}

struct tally {
	unsigned int packets, disorder;
	unsigned int flow[256];
	uint32_t next[256];
};

static unsigned int read_ring(struct torc_ring *ring, struct tally *tally)
{
	struct torc_packet packet;
	uint32_t flow, number;
	unsigned int count = 0;

	while (torc_ring_next(ring, &packet) > 0) {
		memcpy(&flow, packet.data + 42, 4);
		memcpy(&number, packet.data + 46, 4);
		flow %= 256;
		tally->packets++;
		tally->flow[flow]++;
		tally->disorder += number < tally->next[flow];
		tally->next[flow] = number;
		count++;
	}
	return count;
}

/* Read the rings in turn until nothing has come for a while. */
static void read_rings(struct torc_ring **rings, struct tally *tallies, unsigned int count)
{
	for (unsigned int quiet = 0; quiet < 100; quiet++) {
		for (unsigned int i = 0; i < count; i++)
			if (rings[i] && read_ring(rings[i], &tallies[i]) > 0)
				quiet = 0;
		usleep(2000);
	}
}

static uint64_t accounted(struct torc_ring *ring, const char *name)
{
	struct torc_stats stats = { .size = sizeof(stats) };

	torc_ring_stats(ring, &stats);
	ok(stats.balanced, "%s: the account balances", name);
	return stats.kernel_seen;
}

static unsigned int split_flows(const struct tally *a, const struct tally *b)
{
	unsigned int split = 0;

	for (unsigned int i = 0; i < FLOWS; i++)
		split += a->flow[i] > 0 && b->flow[i] > 0;
	return split;
}

static void flows_stay_together(enum torc_cluster_type type, const char *name)
{
	struct torc_ring *rings[2] = { open_member(5, type), open_member(5, type) };
	struct tally tallies[2] = { 0 };
	uint64_t seen;

	is(torc_ring_enable(rings[0]), 0, "%s: the first is enabled", name);
	is(torc_ring_enable(rings[1]), 0, "%s: the second is enabled", name);
	send_all(20);
	read_rings(rings, tallies, 2);
	is(tallies[0].packets + tallies[1].packets, 20 * FLOWS, "%s: each packet once", name);
	ok(tallies[0].packets > 20 * FLOWS / 5 && tallies[1].packets > 20 * FLOWS / 5,
	   "%s: %u and %u", name, tallies[0].packets, tallies[1].packets);
	if (type == TORC_CLUSTER_ROUND_ROBIN)
		ok(abs((int)tallies[0].packets - (int)tallies[1].packets) <= 256, "%s: in turn", name);
	else
		is(split_flows(&tallies[0], &tallies[1]), 0, "%s: no flow is split", name);
	if (type != TORC_CLUSTER_ROUND_ROBIN)
		is(tallies[0].disorder + tallies[1].disorder, 0, "%s: each in order", name);
	seen = accounted(rings[0], name);
	seen += accounted(rings[1], name);
	is(seen, 20 * FLOWS, "%s: together they saw what was sent", name);
	torc_ring_close(rings[0]);
	torc_ring_close(rings[1]);
}

static void every_member_sends(struct torc_ring **rings, unsigned int count)
{
	int peer = packet_socket("vb", 0x0003);
	uint8_t frame[60] = { 2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 8, 0x88, 0xb5 };
	struct torc_packet packet = { .data = frame, .caplen = 60 };
	struct torc_stats stats = { .size = sizeof(stats) };
	char byte;

	for (unsigned int i = 0; i < count; i++) {
		struct pollfd wait = { .fd = peer, .events = POLLIN };
		unsigned int got = 0;

		is(torc_ring_send(rings[i], frame, 60), 60, "member %u sends", i);
		is(torc_ring_send_batch(rings[i], &packet, 1), 1, "and a batch");
		torc_ring_flush(rings[i]);
		while (got < 2 && poll(&wait, 1, 1000) > 0)
			got += recv(peer, &byte, 1, 0) >= 0;
		is(got, 2, "both leave");
		torc_ring_stats(rings[i], &stats);
		is(stats.sent, 2, "and are counted");
	}
	close(peer);
}

/* A ring that waits for its turn looks for it ten times a second. */
static void receives_soon(struct torc_ring *ring)
{
	struct torc_packet packet;
	unsigned int tries = 0;

	for (; tries < 300 && torc_ring_next(ring, &packet) <= 0; tries++) {
		send_flow(1, 0, false);
		usleep(10000);
	}
	ok(tries < 300, "a ring that left receives alone when the others are gone");
	usleep(10000);
	while (torc_ring_next(ring, &packet) > 0)
		;
}

/* A member stops, comes back; then the one that opened the sockets closes. */
static void members_come_and_go(void)
{
	struct torc_ring *rings[3] = { open_member(6, 0), open_member(6, 0), open_member(6, 0) };
	struct tally first[3] = { 0 }, second[3] = { 0 }, third[3] = { 0 };
	unsigned int moved = 0;

	for (unsigned int i = 0; i < 3; i++)
		torc_ring_enable(rings[i]);
	send_all(4);
	read_rings(rings, first, 3);
	torc_ring_disable(rings[1]);
	send_all(4);
	read_rings(rings, second, 3);
	is(second[0].packets + second[2].packets, 4 * FLOWS, "one stops: the others get all");
	for (unsigned int i = 0; i < FLOWS; i++)
		moved += (first[0].flow[i] && !second[0].flow[i]) ||
			 (first[2].flow[i] && !second[2].flow[i]);
	is(moved, 0, "and no other flow moves");
	torc_ring_enable(rings[1]);
	every_member_sends(rings, 3);
	torc_ring_close(rings[0]);
	rings[0] = NULL;
	send_all(4);
	read_rings(rings, third, 3);
	is(third[1].packets + third[2].packets, 4 * FLOWS, "the one with the sockets closes: no loss");
	is(split_flows(&third[1], &third[2]), 0, "no flow is split");
	accounted(rings[1], "one");
	accounted(rings[2], "the other");
	is(torc_ring_leave_cluster(rings[2]), -EBUSY, "one leaves: beside the other it gets nothing");
	send_all(1);
	memset(third, 0, sizeof(third));
	read_rings(rings + 1, third, 2);
	is(third[0].packets, FLOWS, "the other gets all");
	is(third[1].packets, 0, "and it none");
	torc_ring_close(rings[1]);
	receives_soon(rings[2]);
	send_all(4);
	memset(third, 0, sizeof(third));
	read_rings(rings + 2, third, 1);
	is(third[0].packets, 4 * FLOWS, "everything");
	accounted(rings[2], "alone");
	torc_ring_close(rings[2]);
}

static void refusals(void)
{
	struct torc_ring *member = open_member(7, TORC_CLUSTER_PER_FLOW);
	struct torc_ring *other = open_member(0, 0);

	is(torc_ring_set_cluster(other, 8, TORC_CLUSTER_PER_FLOW), -TORC_ECLUSTER,
	   "another cluster on the same queues: %s", torc_ring_error(other));
	is(torc_ring_set_cluster(other, 7, TORC_CLUSTER_ROUND_ROBIN), -TORC_ECLUSTER,
	   "another type: %s", torc_ring_error(other));
	is(torc_ring_set_cluster_with(other, 7, TORC_CLUSTER_PER_FLOW, TORC_CLUSTER_RELAXED),
	   -EOPNOTSUPP, "relaxed: %s", torc_ring_error(other));
	is(torc_ring_enable(member), 0, "the member receives");
	is(torc_ring_enable(other), -EBUSY, "a ring of no cluster cannot: %s", torc_ring_error(other));
	torc_ring_close(member);
	is(torc_ring_enable(other), 0, "it can when the member is gone");
	torc_ring_close(other);
}

/* One member filters, the other does not read at all. */
static void members_are_independent(void)
{
	struct torc_ring *rings[2] = { open_member(9, 0), open_member(9, 0) };
	struct tally tallies[2] = { 0 };
	struct torc_stats stats[2] = { { .size = sizeof(stats[0]) }, { .size = sizeof(stats[0]) } };

	is(torc_ring_set_filter(rings[0], "src port 4096 or dst port 4096"), 0, "a filter of one");
	torc_ring_enable(rings[0]);
	torc_ring_enable(rings[1]);
	for (unsigned int round = 0; round < 40; round++) {
		send_all(2);
		for (unsigned int i = 0; i < 20; i++) {
			read_ring(rings[0], &tallies[0]);
			usleep(500);
		}
	}
	read_rings(rings, tallies, 1);
	torc_ring_stats(rings[0], &stats[0]);
	torc_ring_stats(rings[1], &stats[1]);
	is(tallies[0].packets + tallies[1].packets, tallies[0].flow[0],
	   "the filter passes one flow at most");
	is(stats[0].dropped, 0, "the one that reads loses nothing");
	ok(stats[1].dropped > 0, "the one that does not loses %llu",
	   (unsigned long long)stats[1].dropped);
	is(stats[0].kernel_seen + stats[1].kernel_seen, 80 * FLOWS, "all are accounted for");
	torc_ring_close(rings[0]);
	torc_ring_close(rings[1]);
}

static bool stop; /* atomic */

static void *reader(void *arg)
{
	struct torc_ring *ring = arg;
	struct torc_packet packets[64];

	torc_ring_set_poll_duration(ring, 20);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		torc_ring_next_batch(ring, packets, 64);
	while (torc_ring_next_batch(ring, packets, 64) > 0)
		;
	return NULL;
}

static void threads(void)
{
	struct torc_ring *rings[3];
	pthread_t readers[3];
	struct torc_stats stats = { .size = sizeof(stats) };
	uint64_t received = 0, dropped = 0;

	for (unsigned int i = 0; i < 3; i++) {
		rings[i] = open_member(10, TORC_CLUSTER_PER_FLOW_5_TUPLE);
		torc_ring_enable(rings[i]);
		pthread_create(&readers[i], NULL, reader, rings[i]);
	}
	send_all(200);
	usleep(200000);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (unsigned int i = 0; i < 3; i++)
		pthread_join(readers[i], NULL);
	for (unsigned int i = 0; i < 3; i++) {
		torc_ring_stats(rings[i], &stats);
		received += stats.received;
		dropped += stats.dropped;
		ok(stats.balanced && stats.received > 0, "thread %u: balanced", i);
	}
	is(received + dropped, 200 * FLOWS, "threads: every packet has its place");
	for (unsigned int i = 0; i < 3; i++)
		torc_ring_close(rings[i]);
}

static pid_t other_process(void)
{
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe(ready) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		struct torc_ring *ring;
		struct torc_packet packet;

		if (torc_ring_open(&ring, "xdp:va", 0, 0, NULL) < 0 ||
		    torc_ring_set_cluster(ring, 11, TORC_CLUSTER_PER_FLOW) < 0 ||
		    torc_ring_enable(ring) < 0 || write(ready[1], "y", 1) != 1)
			_exit(1);
		while (torc_ring_next(ring, &packet) >= 0)
			;
		_exit(1);
	}
	close(ready[1]);
	is(read(ready[0], &byte, 1), 1, "a member in another process");
	close(ready[0]);
	return pid;
}

/* Whoever opened the sockets: the one that leaves while it is enabled, or the other process. */
static void one_of_two_processes_leaves(bool opens)
{
	struct torc_ring *ring = opens ? open_member(11, TORC_CLUSTER_PER_FLOW) : NULL;
	pid_t other = other_process();
	struct torc_packet packet;
	struct torc_stats before = { .size = sizeof(before) }, stats = { .size = sizeof(stats) };

	if (!ring)
		ring = open_member(11, TORC_CLUSTER_PER_FLOW);
	is(torc_ring_enable(ring), 0, "and one here");
	send_all(2);
	while (torc_ring_wait(ring, 100) > 0)
		torc_ring_next(ring, &packet);
	torc_ring_stats(ring, &before);
	ok(before.received > 0, "it has its share (%d)", (int)before.received);
	is(torc_ring_leave_cluster(ring), -EBUSY, "which leaves");
	send_all(2);
	is(torc_ring_next(ring, &packet), 0, "it gets nothing");
	torc_ring_stats(ring, &stats);
	ok(stats.kernel_seen == before.kernel_seen && stats.balanced, "nor is it told it did");
	usleep(150000); /* it looks again, in vain */
	is(torc_ring_next(ring, &packet), 0, "still nothing");
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	receives_soon(ring);
	torc_ring_stats(ring, &stats);
	ok(stats.kernel_seen > before.kernel_seen && stats.balanced, "its account goes on");
	torc_ring_disable(ring);
	is(torc_ring_enable(ring), 0, "it can be disabled and enabled");
	receives_soon(ring);
	torc_ring_close(ring);
}

/*
 * The one that leaves is the last, and goes on alone at once: its place is given up meanwhile, by
 * another thread, which must not take its sockets away. On one processor, behind that thread, the
 * two meet nearly each time.
 */
static void *leave_and_receive(void *deaf)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	for (unsigned int i = 0; i < 3; i++) {
		struct torc_ring *ring = open_member(12, TORC_CLUSTER_PER_FLOW);
		struct tally tally = { 0 };

		torc_ring_enable(ring);
		setpriority(PRIO_PROCESS, (id_t)gettid(), 19);
		is(torc_ring_leave_cluster(ring), 0, "the last one leaves");
		setpriority(PRIO_PROCESS, (id_t)gettid(), 0);
		send_all(1);
		for (unsigned int n = 0; n < 40 && tally.packets < FLOWS; n++) {
			torc_ring_wait(ring, 50);
			read_ring(ring, &tally);
		}
		*(unsigned int *)deaf += tally.packets != FLOWS;
		torc_ring_close(ring);
	}
	return NULL;
}

static void the_last_leaves(void)
{
	unsigned int deaf = 0;
	pthread_t thread;

	pthread_create(&thread, NULL, leave_and_receive, &deaf);
	pthread_join(thread, NULL);
	is(deaf, 0, "and receives what comes from then on");
}

int main(void)
{
	make_veth(1);
	sender = packet_socket("vb", 0);
	flows_stay_together(TORC_CLUSTER_PER_FLOW, "per flow");
	flows_stay_together(TORC_CLUSTER_PER_FLOW_5_TUPLE, "5-tuple");
	flows_stay_together(TORC_CLUSTER_ROUND_ROBIN, "round robin");
	members_come_and_go();
	refusals();
	members_are_independent();
	threads();
	one_of_two_processes_leaves(true);
	one_of_two_processes_leaves(false);
	the_last_leaves();
	return done();
}
