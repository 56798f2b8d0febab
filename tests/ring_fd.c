/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ring_fd.c - the ring's descriptor in poll and epoll: no wake-up is lost although packets come in
 * blocks and are read one by one, and the watermark decides how often a reader wakes
 */
#include <sys/epoll.h>

#include "net.h"

static int sender;

static bool readable(struct torc_ring *ring, int timeout_ms)
{
	struct pollfd set = { .fd = torc_ring_fd(ring), .events = POLLIN };

	return poll(&set, 1, timeout_ms) == 1 && (set.revents & POLLIN);
}

/* One packet after each poll: the descriptor alone must bring the reader through. */
static void test_one_by_one(uint32_t flags, unsigned int bursts, unsigned int burst)
{
	struct torc_ring *ring = net_ring("vb", flags);
	struct torc_packet packet;
	unsigned int wrong = 0, read = 0, empty = 0;

	for (unsigned int i = 0; i < bursts; i++) {
		net_send_udp(sender, burst, 60, i * burst);
		for (unsigned int k = 0; k < burst;) {
			int result;

			if (!readable(ring, 5000)) {
				wrong++;
				break;
			}
			result = torc_ring_next(ring, &packet);
			if (result == 1)
				wrong += (unsigned int)net_number(&packet) != read++, k++;
			else
				empty++;
		}
	}
	is(wrong, 0, "%u bursts of %u, one packet after each poll: no wake-up lost", bursts, burst);
	is(read, bursts * burst, "all came");
	ok(empty <= read, "%u wake-ups had no packet", empty);
	torc_ring_next(ring, &packet);
	ok(!readable(ring, 50), "afterwards it is not readable");
	torc_ring_close(ring);
}

/* A block is half read: the descriptor stays readable, also when it is asked for only then. */
static void test_half_read(uint32_t flags)
{
	struct torc_ring *ring = net_ring("vb", flags);
	struct torc_packet packet, batch[10];
	int fd, more;

	net_send_udp(sender, 200, 60, 0);
	net_wait_seen(ring, 200);
	torc_ring_set_poll_duration(ring, 1000);
	is(torc_ring_next(ring, &packet), 1, "one of 200 packets is read");
	fd = torc_ring_fd(ring);
	ok(fd >= 0 && fd == torc_ring_fd(ring), "the descriptor stays the same");
	ok(readable(ring, 0), "it is readable at once");
	more = torc_ring_next_batch(ring, batch, 10); /* fewer where a block ended */
	ok(more >= 1 && more <= 10, "up to ten more are read");
	ok(readable(ring, 0), "it is readable still");
	is(net_read(ring, 199 - (unsigned int)more, 1000, NULL, NULL), 199 - more, "the rest is read");
	torc_ring_set_poll_duration(ring, 0);
	is(torc_ring_next(ring, &packet), 0, "no more");
	ok(!readable(ring, 50), "not readable");
	net_send_udp(sender, 5, 60, 0);
	ok(readable(ring, 5000), "readable when packets come");
	is(torc_ring_peek(ring, &packet), 1, "a look");
	ok(readable(ring, 0), "takes nothing away");
	is(torc_ring_disable(ring), 0, "disabled");
	ok(!readable(ring, 50), "not readable");
	is(torc_ring_enable(ring), 0, "enabled");
	is(fd, torc_ring_fd(ring), "the descriptor is the same");
	net_send_udp(sender, 5, 60, 0);
	ok(readable(ring, 5000), "readable when packets come");
	torc_ring_close(ring);
}

static void test_stop(void)
{
	struct torc_ring *ring = net_ring("vb", 0);
	struct epoll_event event = { .events = EPOLLIN };
	int set = epoll_create1(0);

	epoll_ctl(set, EPOLL_CTL_ADD, torc_ring_fd(ring), &event);
	is(epoll_wait(set, &event, 1, 50), 0, "in an epoll set: quiet");
	torc_ring_stop(ring);
	is(epoll_wait(set, &event, 1, 5000), 1, "readable while a stop is in effect");
	is(epoll_wait(set, &event, 1, 0), 1, "still");
	torc_ring_resume(ring);
	is(epoll_wait(set, &event, 1, 50), 0, "not any more");
	net_send_udp(sender, 1, 60, 0);
	is(epoll_wait(set, &event, 1, 5000), 1, "readable when a packet comes");
	torc_ring_close(ring);
	close(set);
}

/* What waits when a ring leaves its cluster lies in memory that has no socket any more. */
static void test_left_cluster(void)
{
	struct torc_ring *ring = net_ring("vb", 0);
	struct torc_packet packet;
	unsigned int count = 0;

	torc_ring_fd(ring);
	is(torc_ring_set_cluster(ring, 12, TORC_CLUSTER_ROUND_ROBIN), 0, "in a cluster");
	net_send_udp(sender, 500, 60, 0);
	net_wait_seen(ring, 500);
	is(torc_ring_leave_cluster(ring), 0, "and out of it, while 500 packets wait");
	while (count < 500 && readable(ring, 2000))
		count += torc_ring_next(ring, &packet) == 1;
	is(count, 500, "the descriptor tells of all");
	torc_ring_next(ring, &packet);
	ok(!readable(ring, 50), "and of no more");
	net_send_udp(sender, 5, 60, 0);
	ok(readable(ring, 5000), "until others come");
	ok(net_stats(ring).balanced, "the account balances");
	torc_ring_close(ring);
}

/* How often does a blocking reader wake for 2000 packets, sent over a quarter of a second? */
static unsigned int wakeups(uint32_t watermark, uint32_t timeout_ms)
{
	struct torc_ring *ring = net_ring("vb", 0);
	struct torc_packet batch[64];
	struct net_stream stream;
	unsigned int wakes = 0, read = 0;
	int count;

	torc_ring_set_poll_watermark(ring, watermark);
	torc_ring_set_poll_watermark_timeout(ring, timeout_ms);
	torc_ring_set_poll_duration(ring, 0);
	net_stream_start(&stream, "va", 60, 8, 1000);
	while (read < 2000) {
		if (torc_ring_wait(ring, 5000) != 1)
			break;
		torc_ring_set_poll_duration(ring, -1);
		count = torc_ring_next_batch(ring, batch, 64); /* waits for the watermark */
		wakes++;
		torc_ring_set_poll_duration(ring, 0);
		while (count > 0) {
			read += (unsigned int)count;
			count = torc_ring_next_batch(ring, batch, 64);
		}
	}
	net_stream_stop(&stream);
	ok(read >= 2000, "watermark %u: all came", watermark);
	torc_ring_close(ring);
	return wakes;
}

static void test_watermark(void)
{
	unsigned int one = wakeups(1, 8), some = wakeups(128, 50), many = wakeups(1000, 500);
	struct torc_ring *ring = net_ring("vb", 0);
	struct torc_ring_info info = { .size = sizeof(info) };

	note("for 2000 packets: %u wake-ups with watermark 1, %u with 128, %u with 1000", one, some,
	     many);
	ok(many < one, "a high watermark wakes the reader less often");
	torc_ring_info(ring, &info);
	is(info.poll_watermark, 128, "the default watermark");
	torc_ring_set_poll_watermark(ring, 1000);
	torc_ring_info(ring, &info);
	is(info.poll_watermark, 1000, "is shown as set");
	is(torc_ring_set_poll_watermark_timeout(ring, 0), -EINVAL, "a timeout of 0 is none");
	is(torc_ring_set_poll_watermark_timeout(ring, 10001), -EINVAL, "nor is one of 10001 ms");
	torc_ring_close(ring);
}

int main(void)
{
	net_pair("va", "vb");
	sender = net_sender("va");
	test_one_by_one(0, 20, 150);
	test_one_by_one(0, 200, 1);
	test_one_by_one(TORC_IMMEDIATE, 20, 100);
	test_one_by_one(TORC_REENTRANT, 20, 150);
	test_half_read(0);
	test_half_read(TORC_IMMEDIATE);
	test_stop();
	test_left_cluster();
	test_watermark();
	return done();
}
