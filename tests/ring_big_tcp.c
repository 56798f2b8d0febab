/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ring_big_tcp.c - IPv6 packets beyond 64 KiB (BIG TCP) fit the ring, as its snaplen promises
 *
 * A child in a network namespace of its own has the other end of the veth pair and takes what this
 * process sends it over TCP; the rings see the segments as they leave, before they are cut.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "net.h"

#define PORT  5000
#define BYTES (8u << 20)
#define SIZES "gso_max_size 185000 gro_max_size 185000"

static int steps[2]; /* the child says by a byte how far it is */

static void child_run(int go)
{
	struct sockaddr_in6 own = { .sin6_family = AF_INET6, .sin6_port = htons(PORT) };
	static char bytes[1 << 20];
	int on = 1, listener, fd;
	char step = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (unshare(CLONE_NEWNET) < 0 || write(steps[1], &step, 1) != 1 || read(go, &step, 1) != 1)
		_exit(1);
	if (system("ip link set vb up " SIZES " && ip -6 addr add fd09::2/64 dev vb nodad") != 0)
		_exit(1);
	listener = socket(AF_INET6, SOCK_STREAM, 0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(listener, (void *)&own, sizeof(own)) < 0 || listen(listener, 4) < 0 ||
	    write(steps[1], &step, 1) != 1)
		_exit(1);
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		while (read(fd, bytes, sizeof(bytes)) > 0)
			;
		close(fd);
	}
	_exit(0);
}

static bool child_ready(void)
{
	struct pollfd ready = { .fd = steps[0], .events = POLLIN };
	char step;

	return poll(&ready, 1, 20000) == 1 && read(steps[0], &step, 1) == 1;
}

static bool send_much(void)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = htons(PORT) };
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	static char bytes[BYTES];
	size_t done = 0;
	ssize_t n = 0;

	inet_pton(AF_INET6, "fd09::2", &to.sin6_addr);
	if (connect(fd, (void *)&to, sizeof(to)) == 0)
		while (done < BYTES && (n = send(fd, bytes + done, BYTES - done, 0)) > 0)
			done += (size_t)n;
	close(fd);
	return done == BYTES;
}

static void test_ring(uint32_t flags)
{
	struct torc_ring_options options = { .size = sizeof(options), .flags = flags };
	struct torc_ring *ring = net_ring_of("va", &options);
	struct torc_packet packet;
	unsigned int cut = 0;
	uint32_t longest = 0;

	torc_ring_set_filter(ring, "ip6 and tcp dst port 5000 or ip6[6] != 6");
	torc_ring_set_poll_duration(ring, 500);
	ok(send_much(), "8 MiB are sent");
	while (torc_ring_next(ring, &packet) > 0) {
		longest = packet.len > longest ? packet.len : longest;
		cut += packet.caplen < packet.len;
	}
	note("the longest frame has %u bytes", longest);
	if (longest <= 65550)
		skip("frames beyond 64 KiB", "this kernel makes none");
	else
		is(cut, 0, "flags %u: frames of up to %u bytes are whole", flags, longest);
	is(net_stats(ring).truncated, cut, "truncated says the same");
	torc_ring_close(ring);
}

int main(void)
{
	pid_t child;
	int go[2];

	net_pair("va", "vb");
	if (!net_run("ip link set va " SIZES " 2>/dev/null"))
		skip_all("no BIG TCP in this kernel or iproute2");
	if (pipe(steps) < 0 || pipe(go) < 0)
		return 1;
	child = fork();
	if (child == 0)
		child_run(go[0]);
	if (!child_ready() || !net_run("ip link set vb netns %d", (int)child) ||
	    !net_run("sysctl -qw net.ipv6.conf.va.disable_ipv6=0; ip -6 addr add fd09::1/64 dev va nodad") ||
	    write(go[1], "", 1) != 1 || !child_ready())
		skip_all("no second network namespace, or no IPv6");
	net_wait_carrier("va");
	test_ring(0);
	test_ring(TORC_IMMEDIATE);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return done();
}
