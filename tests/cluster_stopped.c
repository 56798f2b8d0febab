/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A process of a cluster is stopped (SIGSTOP, a debugger): the others leave, close and go on, also
 * when it is the one that leads; when it goes on or dies, all is in order again.
 */
#include "workers.h"

#define CLUSTER 50

static int sender;

static struct torc_ring *member(void)
{
	struct torc_ring *ring = net_ring_with("vb", NULL);

	torc_ring_set_poll_duration(ring, 0);
	if (torc_ring_set_cluster(ring, CLUSTER, TORC_CLUSTER_PER_FLOW) < 0)
		note("%s", torc_ring_error(ring));
	return ring;
}

/* A member in another process; the first leads. */
static pid_t start_other(void)
{
	int tell[2];
	char byte;
	pid_t pid;

	if (pipe(tell) < 0)
		exit(1);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		struct torc_ring *ring = member();

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)!write(tell[1], "x", 1);
		for (;;)
			torc_ring_wait(ring, 1000);
	}
	(void)!read(tell[0], &byte, 1);
	close(tell[1]);
	close(tell[0]);
	return pid;
}

/* The signal alone is on its way only: until each thread of the process has stopped. */
static void stop_other(pid_t pid)
{
	int status;

	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
}

static void end_other(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void send_some(unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		struct flow flow = any_flow();

		send_numbered(sender, &flow);
	}
}

static uint64_t cpu_ms(void)
{
	return net_clock_ns(CLOCK_PROCESS_CPUTIME_ID) / 1000000;
}

/* The socket that left is still open elsewhere, with packets in it, and nobody waits for it. */
static void leave_with_packets(void)
{
	pid_t leader = start_other(), other = start_other();
	struct torc_ring *ring = member();
	struct pollfd fd = { .fd = torc_ring_fd(ring), .events = POLLIN };
	struct torc_packet packet;
	uint64_t before;

	send_some(400);
	net_sleep_ms(50);
	stop_other(other);
	is(torc_ring_leave_cluster(ring), 0, "a member leaves while another is stopped");
	while (poll(&fd, 1, 50) == 1 && torc_ring_next(ring, &packet) > 0)
		;
	is(torc_ring_next(ring, &packet), 0, "the descriptor tells of all that was in its ring");
	before = cpu_ms();
	is(torc_ring_wait(ring, 1000), 0, "its ring waits");
	ok(cpu_ms() - before < 300, "asleep: %d ms of CPU in a second", (int)(cpu_ms() - before));
	is(poll(&fd, 1, 0), 0, "and its descriptor is not readable");
	net_send_udp(sender, 100, 80, 0);
	is(net_read(ring, 100, 5000, NULL, NULL), 100, "until packets come: all of them");
	torc_ring_close(ring);
	end_other(other);
	end_other(leader);
}

/* Nobody can change the cluster: leaving says so, and all the same the ring has left. */
static struct torc_ring *leave(pid_t leader)
{
	struct torc_ring *ring = member();

	stop_other(leader);
	is(torc_ring_leave_cluster(ring), -ETIMEDOUT, "the leader is stopped: leaving says so: %s",
	   torc_ring_error(ring));
	net_send_udp(sender, 100, 80, 0);
	is(net_read(ring, 100, 5000, NULL, NULL), 100, "and the ring receives everything");
	return ring;
}

static void without_leader(void)
{
	pid_t leader = start_other(), other = start_other();
	uint64_t begin = net_now_ms();
	struct torc_ring *ring = leave(leader), *late;

	kill(leader, SIGCONT);
	ok(wait_members(CLUSTER, 2), "it goes on, and does what was asked of it");
	torc_ring_close(ring);
	ring = leave(leader);
	if (torc_ring_open(&late, "vb", 0, 0, NULL) == 0) {
		is(torc_ring_set_cluster(late, CLUSTER, TORC_CLUSTER_PER_FLOW), -ETIMEDOUT,
		   "joining says so: %s", torc_ring_error(late));
		torc_ring_close(late);
	}
	torc_ring_close(ring);
	ok(net_now_ms() - begin < 60000, "nothing hangs");
	end_other(leader);
	ok(wait_members(CLUSTER, 1), "when it dies, the others put the cluster right");
	ring = member();
	ok(wait_members(CLUSTER, 2), "and one more joins");
	torc_ring_close(ring);
	end_other(other);
}

int main(void)
{
	workers_init();
	net_pair("va", "vb");
	sender = net_sender("va");
	leave_with_packets();
	without_leader();
	return done();
}
