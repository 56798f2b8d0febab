/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Signals that never stop: the kernel gives up verifying a program when one is pending, and a ring on
 * xdp: opens all the same, is enabled, changes its filter and enters a cluster.
 */
#include <signal.h>
#include <sys/time.h>

#include <torc/ring.h>

#include "xdp.h"

#define OPENS 30u

static volatile unsigned int signals;

static void count_signal(int signal)
{
	(void)signal;
	signals++;
}

/* Every 150 microseconds of processor time is oftener than profilers ask, or Go. */
static void set_timer(unsigned int microseconds)
{
	struct itimerval every = { .it_interval.tv_usec = microseconds,
				   .it_value.tv_usec = microseconds };

	setitimer(ITIMER_REAL, &every, NULL);
}

int main(void)
{
	struct sigaction action = { .sa_handler = count_signal, .sa_flags = SA_RESTART };
	unsigned int opened = 0, enabled = 0, filtered = 0, joined = 0;
	struct torc_error error = { .text = "" };

	make_veth(1);
	need_xdp();
	sigaction(SIGALRM, &action, NULL);
	set_timer(150);
	for (unsigned int i = 0; i < OPENS; i++) {
		struct torc_ring *ring;

		if (torc_ring_open(&ring, "xdp:va", 0, 0, &error) < 0) {
			note("%s", error.text);
			continue;
		}
		opened++;
		if (i % 2)
			joined += torc_ring_set_cluster(ring, 61, TORC_CLUSTER_PER_FLOW) == 0;
		filtered += torc_ring_set_filter(ring, "udp port 53 or tcp port 80") == 0;
		enabled += torc_ring_enable(ring) == 0;
		torc_ring_close(ring);
	}
	set_timer(0);
	ok(signals > OPENS, "%u signals came", signals);
	is(opened, OPENS, "every ring opens");
	is(joined, OPENS / 2, "and enters a cluster");
	is(filtered, OPENS, "and has its filter");
	is(enabled, OPENS, "and is enabled");
	return done();
}
