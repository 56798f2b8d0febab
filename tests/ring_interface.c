/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ring_interface.c - the interface goes down and up, is renamed, and is deleted and made anew under
 * a ring: codes that say so once, a reader that wakes, counters that stay, capture that resumes
 */
#include <sched.h>
#include <sys/wait.h>

#include "net.h"

static void expect_traffic(struct torc_ring *ring, const char *peer, unsigned int count,
			   const char *what)
{
	int sender = net_sender(peer);

	is(net_send_udp(sender, count, 80, 0), count, "%s: %u packets are sent", what, count);
	is(net_read(ring, count, 5000, NULL, NULL), count, "and received");
	close(sender);
}

static void *down_later(void *argument)
{
	net_sleep_ms(100);
	net_run("%s", (const char *)argument);
	return NULL;
}

/* The result of a read that blocks while a command is run. */
static int next_while(struct torc_ring *ring, const char *command)
{
	struct torc_packet packet;
	pthread_t thread;
	int result;

	torc_ring_set_poll_duration(ring, 10000);
	pthread_create(&thread, NULL, down_later, (void *)(uintptr_t)command);
	result = torc_ring_next(ring, &packet);
	pthread_join(thread, NULL);
	torc_ring_set_poll_duration(ring, 0);
	return result;
}

static void test_down_and_up(uint32_t flags)
{
	struct torc_ring *ring = net_ring("vb", flags);
	struct pollfd set = { .fd = torc_ring_fd(ring), .events = POLLIN };
	struct torc_packet packet;

	expect_traffic(ring, "va", 10, "up");
	is(next_while(ring, "ip link set vb down"), -ENETDOWN, "down: a blocked reader is told");
	ok(strstr(torc_ring_error(ring), "vb went down"), "in words: %s", torc_ring_error(ring));
	is(torc_ring_next(ring, &packet), 0, "once");
	ok(poll(&set, 1, 50) == 0, "the descriptor does not stay readable");
	is(net_stats(ring).received, 10, "the counters are kept");
	net_up("vb", "va");
	expect_traffic(ring, "va", 10, "up again");
	is(net_stats(ring).received, 20, "the counters go on");

	net_run("ip link set vb down");
	ok(poll(&set, 1, 5000) == 1, "the descriptor wakes a reader when it goes down");
	is(torc_ring_next(ring, &packet), -ENETDOWN, "which is then told");
	net_up("vb", "va");
	expect_traffic(ring, "va", 10, "and up");

	torc_ring_disable(ring);
	net_run("ip link set vb down");
	net_up("vb", "va");
	torc_ring_enable(ring);
	is(torc_ring_next(ring, &packet), 0, "what happened while it was disabled is no news");
	expect_traffic(ring, "va", 10, "enabled");
	ok(net_stats(ring).balanced, "the account balances");
	torc_ring_close(ring);
}

/* Packets that came before the interface went down can still be read. */
static void test_down_with_packets(void)
{
	struct torc_ring *ring = net_ring("vb", 0);
	uint64_t until = net_clock_ns(CLOCK_MONOTONIC) + 5000000000u;
	struct torc_packet packet;
	int sender = net_sender("va"), packets = 0, downs = 0;

	net_send_udp(sender, 20, 80, 0);
	net_wait_seen(ring, 20);
	net_run("ip link set vb down");
	/* in either order: the kernel may still have the block open that they are in */
	while ((packets < 20 || downs == 0) && net_clock_ns(CLOCK_MONOTONIC) < until) {
		int result = torc_ring_next(ring, &packet);

		packets += result == 1;
		downs += result == -ENETDOWN;
	}
	is(packets, 20, "what came before it went down is delivered");
	is(downs, 1, "and the reader is told, once");
	net_up("vb", "va");
	torc_ring_close(ring);
	close(sender);
}

static void test_renamed(void)
{
	struct torc_ring *ring = net_ring("vb", 0);
	struct torc_ring_info info = { .size = sizeof(info) };
	struct torc_packet packet;

	expect_traffic(ring, "va", 10, "before");
	net_run("ip link set vb down; ip link set vb name vc");
	net_up("vc", "va");
	torc_ring_info(ring, &info);
	is_str(info.interface_name, "vc", "renamed: the new name is shown");
	is(torc_ring_next(ring, &packet), -ENETDOWN, "it was down for that");
	expect_traffic(ring, "va", 10, "after");
	is(net_stats(ring).received, 20, "the counters go on");

	net_run("ip link del va");
	is(torc_ring_next(ring, &packet), -ENODEV, "deleted");
	net_make_pair("va", "vc");
	torc_ring_set_poll_duration(ring, 300);
	torc_ring_next(ring, &packet); /* finds it */
	expect_traffic(ring, "va", 10, "made anew with its last name");
	torc_ring_close(ring);
	net_run("ip link set vc down; ip link set vc name vb");
	net_up("vb", "va");
}

static void test_deleted(uint32_t flags)
{
	struct torc_ring *ring = net_ring("vb", flags | TORC_PROMISC);
	struct torc_packet packet;
	struct torc_stats stats = { .size = sizeof(stats) };
	uint8_t frame[60];
	int sender;

	torc_ring_set_filter(ring, "udp dst port 7000");
	torc_ring_set_direction(ring, TORC_RX_ONLY);
	expect_traffic(ring, "va", 10, "there");
	is(next_while(ring, "ip link del va"), -ENODEV, "deleted: a blocked reader is told");
	ok(strstr(torc_ring_error(ring), "was deleted"), "in words: %s", torc_ring_error(ring));
	is(torc_ring_next(ring, &packet), 0, "once");
	net_frame(frame, sizeof(frame), 1);
	ok(torc_ring_send(ring, frame, sizeof(frame)) < 0, "nothing can be sent");
	is(net_stats(ring).received, 10, "the counters are kept");

	net_make_pair("va", "vb");
	torc_ring_set_poll_duration(ring, 300);
	is(torc_ring_next(ring, &packet), 0, "made anew: the ring finds it");
	sender = net_sender("vb");
	net_send_udp(sender, 10, 80, 0);
	close(sender);
	expect_traffic(ring, "va", 10, "with filter and direction");
	is(torc_ring_send(ring, frame, sizeof(frame)), sizeof(frame), "it sends again");
	stats = net_stats(ring);
	ok(stats.received == 20 && stats.balanced && stats.waiting == 0, "the counters go on");

	torc_ring_disable(ring);
	net_run("ip link del va");
	is(torc_ring_enable(ring), -ENODEV, "gone while disabled: enable says so");
	net_make_pair("va", "vb");
	is(torc_ring_enable(ring), 0, "made anew: enable finds it");
	expect_traffic(ring, "va", 10, "again");
	torc_ring_close(ring);
}

/* A program that only polls the descriptor gets over a deleted interface, too. */
static void test_poll(void)
{
	struct torc_ring *ring = net_ring("vb", 0);
	struct pollfd set = { .fd = torc_ring_fd(ring), .events = POLLIN };
	struct torc_packet packet;
	unsigned int wakes = 0, count = 0;
	int sender;

	net_run("ip link del va");
	is(poll(&set, 1, 5000), 1, "deleted: the descriptor is readable");
	is(torc_ring_next(ring, &packet), -ENODEV, "the reader is told");
	net_make_pair("va", "vb");
	for (; wakes < 5 && poll(&set, 1, 300) == 1; wakes++)
		torc_ring_next(ring, &packet);
	ok(wakes >= 1 && wakes < 5, "it is readable now and then until the ring has it (%u)", wakes);
	sender = net_sender("va");
	net_send_udp(sender, 30, 80, 0);
	while (count < 30 && poll(&set, 1, 5000) == 1)
		count += torc_ring_next(ring, &packet) == 1;
	is(count, 30, "packets come again");
	torc_ring_close(ring);
	close(sender);
}

/* Of two interfaces one goes away; the other is not disturbed. */
static void test_one_of_two(void)
{
	struct torc_ring *ring;
	struct torc_packet packet;

	net_make_pair("wa", "wb");
	ring = net_ring("vb,wb", 0);
	expect_traffic(ring, "va", 10, "the first of two");
	expect_traffic(ring, "wa", 10, "the second");
	net_run("ip link del wa");
	is(torc_ring_next(ring, &packet), -ENODEV, "the second is deleted");
	ok(strstr(torc_ring_error(ring), "wb"), "the sentence says which: %s",
	   torc_ring_error(ring));
	expect_traffic(ring, "va", 10, "the first goes on");
	torc_ring_close(ring);
}

/* A ring is where its socket is, not where the thread that uses it has gone meanwhile. */
static int elsewhere(void)
{
	struct torc_ring_info info = { .size = sizeof(info) };
	struct torc_ring *ring;
	int sender = net_sender("va");
	bool good;

	net_run("ip link set vb mtu 1400");
	if (torc_ring_open(&ring, "vb", 0, 0, NULL) < 0 || unshare(CLONE_NEWNET) < 0)
		return 2;
	good = torc_ring_enable(ring) == 0 && net_send_udp(sender, 10, 80, 0) == 10 &&
	       net_read(ring, 10, 5000, NULL, NULL) == 10;
	torc_ring_info(ring, &info);
	good &= strcmp(info.interface_name, "vb") == 0 && info.mtu == 1400;
	good &= net_stats(ring).card_missed == TORC_UNKNOWN || net_stats(ring).card_missed == 0;
	torc_ring_close(ring);
	return good ? 0 : 1;
}

static void test_namespace(void)
{
	pid_t child = fork();
	int status = -1;

	if (child == 0)
		_exit(elsewhere());
	waitpid(child, &status, 0);
	is(WEXITSTATUS(status), 0, "a ring works on when its thread enters another network namespace");
	net_run("ip link set vb mtu 1500");
}

int main(void)
{
	net_pair("va", "vb");
	test_down_and_up(0);
	test_down_and_up(TORC_IMMEDIATE);
	test_down_with_packets();
	test_renamed();
	test_deleted(0);
	test_deleted(TORC_IMMEDIATE);
	test_poll();
	test_one_of_two();
	test_namespace();
	return done();
}
