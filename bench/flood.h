/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * flood.h - a fast sender in a child process, for benchmarks of receivers
 *
 *	struct flood flood;
 *
 *	flood_make_veth("tx0", "rx0"); once, in a network namespace of the benchmark
 *	flood_start(&flood, "tx0", 2000000, 64, 16, 0); frames of 64 bytes in 16 flows
 *	... receive on rx0 ...
 *	sent = flood_wait(&flood, &seconds);
 *
 * Frames are UDP over IPv4, sent the fastest way a torc_sender has: by live frames (torc/send.h)
 * they are more than a million a second, arriving on the peer as if from a card. Nothing here uses
 * a function that receives, so a benchmark may compare any receivers.
 */
#ifndef TORC_BENCH_FLOOD_H
#define TORC_BENCH_FLOOD_H

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <torc/send.h>

struct flood {
	pid_t pid;
	int result; /* a pipe: the child writes a struct flood_result */
};

struct flood_result {
	uint64_t sent;
	double seconds;
};

/* Generic receive offload on: that makes a veth peer take frames by NAPI. UDP is not merged. */
static inline int flood_gro_on(const char *interface)
{
	struct ethtool_value value = { .cmd = ETHTOOL_SGRO, .data = 1 };
	struct ifreq request = { .ifr_data = (void *)&value };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), code;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
	code = ioctl(fd, SIOCETHTOOL, &request);
	close(fd);
	return code;
}

/*
 * A veth pair, up, quiet (no IPv6 of the host's own), ready for flood_start() on the first. Returns
 * 0, or -1 with a line on stderr. Run the benchmark in a network namespace of its own.
 */
static inline int flood_make_veth(const char *sender, const char *receiver)
{
	char command[512];

	snprintf(command, sizeof(command),
		 "ip link add %s type veth peer name %s && "
		 "sysctl -qw net.ipv6.conf.%s.disable_ipv6=1 net.ipv6.conf.%s.disable_ipv6=1; "
		 "ip link set %s up && ip link set %s up && "
		 "for i in 1 2 3 4 5 6 7 8 9; do "
		 "case $(ip link show %s) in *LOWER_UP*) exit 0;; esac; sleep 0.1; done",
		 sender, receiver, sender, receiver, sender, receiver, receiver);
	if (system(command) != 0) {
		fprintf(stderr, "flood: cannot make the veth pair %s, %s\n", sender, receiver);
		return -1;
	}
	return flood_gro_on(receiver);
}

static inline double flood_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* This thread on that processor only; where there is none of that number it stays free. */
static inline void flood_stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* In the child: a place of work, and no life after the parent's. */
static inline void flood_settle(int cpu)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (cpu >= 0)
		flood_stay_on(cpu);
}

static inline int flood_run(const char *interface, uint64_t packets, uint32_t size, uint32_t flows,
			    struct flood_result *result, struct torc_error *error)
{
	struct torc_maker_options options = {
		.size = sizeof(options), .flows = flows, .lengths = &size, .length_count = 1
	};
	static struct torc_packet batch[1024];
	struct torc_sender_stats stats = { .size = sizeof(stats) };
	struct torc_sender *sender;
	struct torc_maker *maker;
	double begin = flood_now();
	uint64_t done = 0;
	int code = torc_maker_open(&maker, &options, error);

	if (code < 0)
		return code;
	code = torc_sender_open(&sender, interface, NULL, error);
	if (code < 0)
		return code;
	while (done < packets && code >= 0) {
		uint64_t left = packets - done;
		unsigned int count = left < 1024 ? (unsigned int)left : 1024;

		code = torc_sender_send(sender, batch, torc_maker_batch(maker, batch, count));
		done += count;
	}
	torc_sender_flush(sender);
	torc_sender_stats(sender, &stats);
	result->sent = stats.sent;
	result->seconds = flood_now() - begin;
	torc_sender_close(sender);
	torc_maker_close(maker);
	if (code < 0)
		snprintf(error->text, sizeof(error->text), "%s", torc_strerror(code));
	return code;
}

/*
 * Begin to send from a child process. cpu -1: anywhere. Returns 0 or a negative errno; what the
 * child cannot do it says on stderr, and flood_wait() returns 0.
 */
static inline int flood_start(struct flood *flood, const char *interface, uint64_t packets,
			      uint32_t size, uint32_t flows, int cpu)
{
	int ends[2];

	if (pipe(ends) < 0)
		return -errno;
	fflush(NULL);
	flood->result = ends[0];
	flood->pid = fork();
	if (flood->pid == 0) {
		struct flood_result result = { 0 };
		struct torc_error error = { 0 };

		flood_settle(cpu);
		close(ends[0]);
		if (flood_run(interface, packets, size, flows, &result, &error) < 0)
			fprintf(stderr, "flood: %s\n", error.text);
		_exit(write(ends[1], &result, sizeof(result)) != sizeof(result));
	}
	close(ends[1]);
	return flood->pid < 0 ? -errno : 0;
}

/* Wait until everything is sent; returns how many frames the interface was given. */
static inline uint64_t flood_wait(struct flood *flood, double *seconds)
{
	struct flood_result result = { 0 };

	if (read(flood->result, &result, sizeof(result)) != sizeof(result))
		result.sent = 0;
	close(flood->result);
	waitpid(flood->pid, NULL, 0);
	if (seconds)
		*seconds = result.seconds;
	return result.sent;
}

#endif
