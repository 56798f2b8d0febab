/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * mode=tap: the ring gets a copy of each packet and the host every packet, unchanged and once; a
 * reader that is slow, or killed, costs the host nothing. The witness of the host is a packet
 * socket, and a TCP connection through the interface.
 */
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

#include <torc/ring.h>

#include "xdp.h"

#define STREAM_BYTES (4u << 20)

static int sender, host;

static struct torc_ring *open_tap(const char *device, uint64_t buffer_bytes)
{
	return xdp_ring_if_possible(device, buffer_bytes, 500);
}

static void enable(struct torc_ring *ring)
{
	is(torc_ring_enable(ring), 0, "and is enabled");
}

static bool right_frame(const uint8_t *data, size_t length, uint32_t number)
{
	uint8_t frame[2048];

	return length == numbered_frame(frame, number) && !memcmp(data, frame, length);
}

/* Frames from a number on, as they are in the host's socket, until a quiet time. */
static unsigned int host_gets(uint32_t from, bool compare)
{
	struct pollfd wait = { .fd = host, .events = POLLIN };
	unsigned int count = 0;
	uint8_t data[2048];

	while (poll(&wait, 1, 200) > 0) {
		ssize_t got = recv(host, data, sizeof(data), 0);

		count += got > 0 && (!compare || right_frame(data, (size_t)got, from + count));
	}
	return count;
}

static unsigned int ring_gets(struct torc_ring *ring, uint32_t from, unsigned int max)
{
	struct torc_packet packet;
	unsigned int count = 0;

	while (count < max && torc_ring_next(ring, &packet) > 0)
		count += right_frame(packet.data, packet.len, from + count) &&
			 packet.timestamp_ns + 60000000000u > clock_ns(CLOCK_REALTIME) &&
			 packet.caplen == packet.len && packet.direction == TORC_PACKET_RX;
	return count;
}

static void both_have_everything(const char *device)
{
	struct torc_ring *ring = open_tap(device, 0);
	unsigned int rung = 0, hosted = 0;
	struct torc_stats stats = { .size = sizeof(stats) };

	enable(ring);
	for (uint32_t i = 0; i < 3000; i += 100) {
		send_numbered(sender, i, 100);
		rung += ring_gets(ring, i, 100);
		hosted += host_gets(i, true);
	}
	is(rung, 3000, "%s: the ring has every packet, byte for byte, in order", device);
	is(hosted, 3000, "%s: and so has the host", device);
	torc_ring_stats(ring, &stats);
	ok(stats.kernel_seen == 3000 && stats.dropped == 0 && stats.balanced,
	   "%s: the account says the same", device);
	torc_ring_close(ring);
	send_numbered(sender, 0, 10);
	is(host_gets(0, true), 10, "%s: closed: the host goes on", device);
}

/* 512 frames for 2000 packets. */
static void a_slow_reader_loses_its_own(const char *device)
{
	struct torc_ring *ring = open_tap(device, 1 << 20);
	unsigned int hosted = 0, rung;
	struct torc_stats stats = { .size = sizeof(stats) };

	enable(ring);
	for (uint32_t i = 0; i < 2000; i += 100) {
		send_numbered(sender, i, 100);
		hosted += host_gets(i, true);
	}
	is(hosted, 2000, "%s: nobody reads the ring, and the host has everything", device);
	rung = ring_gets(ring, 0, 3000);
	torc_ring_stats(ring, &stats);
	is(rung, 512, "%s: the ring has what there was room for", device);
	ok(stats.kernel_seen == 2000 && stats.dropped == 1488 && stats.balanced,
	   "%s: the rest is counted as dropped (%d)", device, (int)stats.dropped);
	send_numbered(sender, 7, 100);
	is(ring_gets(ring, 7, 100), 100, "%s: read: there is room again", device);
	torc_ring_disable(ring);
	send_numbered(sender, 7, 100);
	torc_ring_stats(ring, &stats);
	ok(stats.kernel_seen == 2100 && stats.balanced, "%s: a disabled ring gets no copies", device);
	host_gets(0, false);
	torc_ring_close(ring);
}

static void filter_and_length(void)
{
	struct torc_ring_options options = { .size = sizeof(options), .snaplen = 40 };
	struct torc_ring *ring = NULL;
	struct torc_packet packet;
	unsigned int good = 0;
	uint8_t frame[2048];

	torc_ring_open_with(&ring, "xdp:va;mode=tap", &options, NULL);
	torc_ring_set_poll_duration(ring, 300);
	is(torc_ring_set_filter(ring, "greater 1000"), 0, "a filter");
	enable(ring);
	send_numbered(sender, 0, 100);
	for (uint32_t i = 0; i < 100; i++) {
		unsigned int length = numbered_frame(frame, i);

		if (length < 1000)
			continue;
		good += torc_ring_next(ring, &packet) > 0 && packet.len == length &&
			packet.caplen == 40 && !memcmp(packet.data, frame, 40);
	}
	ok(good > 20 && torc_ring_next(ring, &packet) == 0,
	   "the ring has what matches, cut to its snapshot length (%u)", good);
	is(host_gets(0, true), 100, "the host has all");
	torc_ring_close(ring);
}

static void default_route_may_be_tapped(void)
{
	struct torc_ring *ring;

	run("ip addr add 10.9.0.1/24 dev va; ip route add default via 10.9.0.2");
	is(torc_ring_open(&ring, "xdp:va", 0, 0, NULL), -EADDRINUSE, "a default route is not taken");
	ring = open_tap("xdp:va;mode=tap", 0);
	torc_ring_close(ring);
	run("ip addr flush dev va; ip route flush default 2>/dev/null || true");
}

static void sends_too(void)
{
	struct torc_ring *ring = open_tap("xdp:va;mode=tap", 0);
	int peer = packet_socket("vb", 0x0003);
	struct pollfd wait = { .fd = peer, .events = POLLIN };
	uint8_t frame[2048], got[2048];
	unsigned int length = numbered_frame(frame, 5), good = 0;
	struct torc_packet packets[3];

	enable(ring);
	is(torc_ring_send(ring, frame, length), (int)length, "a tap sends");
	for (unsigned int i = 0; i < 3; i++)
		packets[i] = (struct torc_packet){ .data = frame, .caplen = length };
	is(torc_ring_send_batch(ring, packets, 3), 3, "and batches");
	torc_ring_flush(ring);
	for (unsigned int i = 0; i < 4 && poll(&wait, 1, 1000) > 0; i++)
		good += right_frame(got, (size_t)recv(peer, got, sizeof(got), 0), 5);
	is(good, 4, "it leaves");
	close(peer);
	torc_ring_close(ring);
}

/* One of two does not read. */
static void cluster_of_taps(void)
{
	struct torc_ring *rings[2];
	unsigned int read = 0, seen = 0;
	struct torc_stats stats = { .size = sizeof(stats) };

	for (unsigned int i = 0; i < 2; i++) {
		rings[i] = open_tap("xdp:va;mode=tap", 1 << 20);
		is(torc_ring_set_cluster(rings[i], 3, TORC_CLUSTER_ROUND_ROBIN), 0, "in a cluster");
		enable(rings[i]);
	}
	torc_ring_set_poll_duration(rings[0], 50);
	for (uint32_t i = 0; i < 2000; i += 100) {
		struct torc_packet packet;

		send_numbered(sender, i, 100);
		while (torc_ring_next(rings[0], &packet) > 0)
			read++;
		host_gets(i, false);
	}
	for (unsigned int i = 0; i < 2; i++) {
		torc_ring_stats(rings[i], &stats);
		seen += (unsigned int)stats.kernel_seen;
		ok(stats.balanced && (i == 1 || stats.dropped == 0), "balanced, %d dropped",
		   (int)stats.dropped);
	}
	is(seen, 2000, "every copy is one member's");
	ok(read > 800, "who reads has lost nothing to who does not (%u)", read);
	torc_ring_close(rings[0]);
	torc_ring_close(rings[1]);
}

static void queues_of_two_kinds(void)
{
	struct torc_ring *tap, *take, *wrong;
	struct torc_packet packet;
	unsigned int counts[3] = { 0 };
	uint8_t frame[60] = "\x02\0\0\0\0\1\x02\0\0\0\0\2\x08\0\x45\0\0\x2e\0\0\0\0\x40\x11\0\0\x0a\0\0"
			    "\1\x0a\0\0\2\x10\0\x09\0\x1a";
	int wb, wa;

	run("ip link add wa numrxqueues 2 numtxqueues 2 type veth peer name wb numrxqueues 2 "
	    "numtxqueues 2; echo 1 | tee /proc/sys/net/ipv6/conf/wa/disable_ipv6 "
	    "/proc/sys/net/ipv6/conf/wb/disable_ipv6 >/dev/null; tests/up wa wb");
	wb = packet_socket("wb", 0);
	wa = packet_socket("wa", 0x0003);
	tap = open_tap("xdp:wa@0;mode=tap", 0);
	take = open_tap("xdp:wa@1", 0);
	is(torc_ring_open(&wrong, "xdp:wa@0", 0, 0, NULL), -EBUSY, "a queue is tapped or taken");
	enable(tap);
	enable(take);
	for (unsigned int i = 0; i < 100; i++) {
		frame[34] = (uint8_t)i;
		while (send(wb, frame, sizeof(frame), 0) < 0)
			usleep(100);
	}
	while (torc_ring_next(tap, &packet) > 0)
		counts[0] += packet.queue == 0;
	while (torc_ring_next(take, &packet) > 0)
		counts[1] += packet.queue == 1;
	while (recv(wa, frame, sizeof(frame), 0) > 0)
		counts[2]++;
	ok(counts[0] > 0 && counts[0] + counts[1] == 100 && counts[2] == counts[0],
	   "queue 0 is tapped, queue 1 taken: %u and %u, the host has %u", counts[0], counts[1],
	   counts[2]);
	torc_ring_close(tap);
	torc_ring_close(take);
	close(wa);
	close(wb);
	run("ip link del wa");
}

static void *send_many(void *argument)
{
	int fd = packet_socket("lo", 0);

	send_numbered(fd, *(uint32_t *)argument, 20000);
	close(fd);
	return NULL;
}

/* A generic program runs on several processors at once, for one queue. */
static void processors_at_once(void)
{
	struct torc_ring *ring;
	static uint8_t seen[60000];
	uint32_t first[3] = { 0, 20000, 40000 }, number;
	unsigned int wrong = 0, twice = 0, count = 0;
	struct torc_packet packet;
	struct torc_stats stats = { .size = sizeof(stats) };
	pthread_t threads[3];

	run("ip link set lo mtu 1500");
	ring = open_tap("xdp:lo;mode=tap", 4 << 20);
	enable(ring);
	for (unsigned int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, send_many, &first[i]);
	while (torc_ring_next(ring, &packet) > 0) {
		memcpy(&number, packet.data + 14, sizeof(number));
		count++;
		if (number >= 60000 || !right_frame(packet.data, packet.len, number))
			wrong++;
		else
			twice += seen[number]++;
	}
	for (unsigned int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	torc_ring_disable(ring);
	torc_ring_stats(ring, &stats);
	ok(count > 0 && wrong == 0 && twice == 0, "several processors: %u copies, each right and once",
	   count);
	ok(stats.kernel_seen == 60000 && stats.balanced, "and all are accounted for (%d dropped)",
	   (int)stats.dropped);
	torc_ring_close(ring);
}

/* ---- the host at work ---- */

/* In a network namespace of its own, with vb: take one connection and send back what comes. */
static void echo_server(int ready, int go)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(7) };
	static uint8_t buffer[65536];
	int listener, fd;
	ssize_t got;
	char byte;

	if (unshare(CLONE_NEWNET) < 0 || write(ready, "u", 1) != 1 || read(go, &byte, 1) != 1)
		_exit(1);
	run("ip addr add 10.9.0.2/24 dev vb; ip link set vb up");
	listener = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(listener, 1) < 0 || write(ready, "l", 1) != 1)
		_exit(1);
	fd = accept(listener, NULL, NULL);
	while ((got = recv(fd, buffer, sizeof(buffer), 0)) > 0)
		send(fd, buffer, (size_t)got, MSG_NOSIGNAL);
	_exit(0);
}

static int connect_through(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(7),
				       .sin_addr.s_addr = htonl(0x0a090002) };
	struct timeval patience = { .tv_sec = 10 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	for (unsigned int tries = 0; tries < 50; tries++) {
		if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
			return fd;
		usleep(100000);
	}
	close(fd);
	return -1;
}

/* Send and get back so many bytes, each as it was sent. */
static bool echo(int fd, size_t bytes)
{
	uint8_t out[8192], in[8192];

	for (size_t done = 0; done < bytes; done += sizeof(out)) {
		size_t at = 0;

		for (size_t i = 0; i < sizeof(out); i++)
			out[i] = (uint8_t)(done / sizeof(out) + i * 7);
		if (send(fd, out, sizeof(out), MSG_NOSIGNAL) != sizeof(out))
			return false;
		while (at < sizeof(in)) {
			ssize_t got = recv(fd, in + at, sizeof(in) - at, 0);

			if (got <= 0)
				return false;
			at += (size_t)got;
		}
		if (memcmp(in, out, sizeof(in)) != 0)
			return false;
	}
	return true;
}

/* Another process taps; it reads nothing. */
static pid_t start_tapper(void)
{
	struct torc_ring *ring;
	int ready[2];
	char byte;
	pid_t pid;

	if (pipe(ready) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		if (torc_ring_open(&ring, "xdp:va;mode=tap", 0, 0, NULL) == 0 &&
		    torc_ring_enable(ring) == 0 && write(ready[1], "y", 1) == 1)
			pause();
		_exit(1);
	}
	close(ready[1]);
	is(read(ready[0], &byte, 1), 1, "another process taps the interface");
	close(ready[0]);
	return pid;
}

static void connection_lives_on(int fd)
{
	struct torc_ring *ring = open_tap("xdp:va;mode=tap", 1 << 20);
	struct torc_packet packet;
	unsigned int tcp = 0;
	struct torc_stats stats = { .size = sizeof(stats) };
	pid_t tapper;

	torc_ring_set_poll_duration(ring, 200);
	enable(ring);
	ok(echo(fd, STREAM_BYTES), "tapped: a connection of the host works, its ring full for most of it");
	while (torc_ring_next(ring, &packet) > 0)
		tcp += packet.len > 54 && packet.data[23] == IPPROTO_TCP;
	torc_ring_stats(ring, &stats);
	ok(tcp > 100 && stats.balanced, "and the ring has copies of it (%u, %d dropped)", tcp,
	   (int)stats.dropped);
	torc_ring_close(ring);
	ok(echo(fd, 1 << 16), "closed: the connection lives");
	tapper = start_tapper();
	ok(echo(fd, 1 << 16), "it lives");
	kill(tapper, SIGKILL);
	ok(echo(fd, STREAM_BYTES), "the other process killed: the connection lives");
	waitpid(tapper, NULL, 0);
	ok(system("ip link show va | grep -q xdp") != 0, "and no program is left");
}

static void host_at_work(void)
{
	int ready[2], go[2], fd;
	char byte, command[128];
	pid_t peer;

	if (pipe(ready) < 0 || pipe(go) < 0)
		return;
	peer = fork();
	if (peer == 0)
		echo_server(ready[1], go[0]);
	if (read(ready[0], &byte, 1) != 1)
		return;
	snprintf(command, sizeof(command), "ip link set vb netns %d; ip addr add 10.9.0.1/24 dev va",
		 (int)peer);
	run(command);
	if (write(go[1], "g", 1) != 1 || read(ready[0], &byte, 1) != 1)
		return;
	fd = connect_through();
	if (ok(fd >= 0, "the host has a connection through the interface"))
		connection_lives_on(fd);
	close(fd);
	waitpid(peer, NULL, 0);
}

int main(void)
{
	make_veth(1);
	need_xdp();
	sender = packet_socket("vb", 0);
	host = packet_socket("va", 0x0003);
	both_have_everything("xdp:va;mode=tap");
	both_have_everything("xdp:va;mode=tap;generic=1");
	a_slow_reader_loses_its_own("xdp:va;mode=tap");
	a_slow_reader_loses_its_own("xdp:va;mode=tap;generic=1");
	filter_and_length();
	default_route_may_be_tapped();
	sends_too();
	cluster_of_taps();
	queues_of_two_kinds();
	processors_at_once();
	close(host);
	close(sender);
	host_at_work();
	return done();
}
