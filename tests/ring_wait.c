/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ring_wait.c - blocking, timed and non-blocking reads; torc_ring_wait(); torc_ring_stop() from
 * another thread, from before the call, and from a signal handler
 *
 * Upper bounds are generous: the machine may be busy.
 */
#include <signal.h>

#include "net.h"

#define GENEROUS_MS 5000

static struct torc_ring *ring;
static int sender;

static uint64_t elapsed_since(uint64_t start_ns)
{
	return (net_clock_ns(CLOCK_MONOTONIC) - start_ns) / 1000000;
}

static void test_timed(void)
{
	struct torc_packet packet, batch[4], *copy;
	uint64_t start = net_clock_ns(CLOCK_MONOTONIC);

	torc_ring_set_poll_duration(ring, 0);
	is(torc_ring_next(ring, &packet), 0, "non-blocking: 0 at once");
	is(torc_ring_read(ring, &copy), 0, "read too");
	is(torc_ring_wait(ring, 0), 0, "wait of no time");
	ok(elapsed_since(start) < GENEROUS_MS, "without waiting");

	torc_ring_set_poll_duration(ring, 120);
	start = net_clock_ns(CLOCK_MONOTONIC);
	is(torc_ring_next(ring, &packet), 0, "timed: 0");
	ok(elapsed_since(start) >= 120 && elapsed_since(start) < 120 + GENEROUS_MS,
	   "not before 120 ms are over (%u)", (unsigned int)elapsed_since(start));
	start = net_clock_ns(CLOCK_MONOTONIC);
	is(torc_ring_next_batch(ring, batch, 4), 0, "a batch, timed: 0");
	ok(elapsed_since(start) >= 120, "not before 120 ms are over");
	start = net_clock_ns(CLOCK_MONOTONIC);
	is(torc_ring_wait(ring, 75), 0, "torc_ring_wait() of 75 ms: 0");
	ok(elapsed_since(start) >= 75, "not before 75 ms are over");
	is(torc_ring_set_poll_duration(ring, -2), -EINVAL, "-2 is no duration");
}

/* A wait in which packets come, but none that is to be delivered, ends all the same. */
static void test_left_out(void)
{
	struct net_stream stream;
	struct torc_packet packet;
	uint64_t start;

	torc_ring_set_sampling_rate(ring, 1000000);
	net_send_udp(sender, 1, 60, 0);
	is(net_read(ring, 1, 1000, NULL, NULL), 1, "the first packet of a large window");
	net_stream_start(&stream, "va", 60, 1, 2000);
	torc_ring_set_poll_duration(ring, 200);
	start = net_clock_ns(CLOCK_MONOTONIC);
	is(torc_ring_next(ring, &packet), 0, "then none of those that come");
	ok(elapsed_since(start) >= 200 && elapsed_since(start) < 200 + GENEROUS_MS,
	   "and they do not make the wait longer (%u ms)", (unsigned int)elapsed_since(start));
	start = net_clock_ns(CLOCK_MONOTONIC);
	is(torc_ring_wait(ring, 200), 0, "nor does torc_ring_wait() take them for packets");
	ok(elapsed_since(start) >= 200, "it waits its time");
	ok(net_stream_stop(&stream) > 20, "while packets did come");
	torc_ring_set_sampling_rate(ring, 0);
	net_read_all(ring, NULL, NULL);
}

static void *send_later(void *argument)
{
	(void)argument;
	net_sleep_ms(50);
	net_send_udp(sender, 1, 60, 7);
	return NULL;
}

static void test_blocking(void)
{
	struct torc_packet packet;
	pthread_t thread;

	torc_ring_set_poll_duration(ring, -1);
	pthread_create(&thread, NULL, send_later, NULL);
	is(torc_ring_next(ring, &packet), 1, "blocking: returns with a packet");
	is(net_number(&packet), 7, "the one that was sent");
	pthread_join(thread, NULL);
	pthread_create(&thread, NULL, send_later, NULL);
	is(torc_ring_wait(ring, -1), 1, "torc_ring_wait() for ever: 1");
	is(torc_ring_queued(ring), 1, "one is queued");
	is(torc_ring_wait(ring, 0), 1, "it is still there");
	is(torc_ring_peek(ring, &packet), 1, "peek");
	is(net_number(&packet), 7, "shows it");
	is(torc_ring_next(ring, &packet), 1, "next takes it");
	is(torc_ring_queued(ring), 0, "none is queued");
	is(torc_ring_peek(ring, &packet), 0, "peek: none");
	pthread_join(thread, NULL);
}

/* A wait after the last packet of a block was read must sleep, not spin. */
static void test_no_spinning(void)
{
	struct torc_packet packet;
	uint64_t used;

	net_send_udp(sender, 1, 60, 8);
	torc_ring_set_poll_duration(ring, -1);
	is(torc_ring_next(ring, &packet), 1, "the only packet of a block");
	used = net_clock_ns(CLOCK_THREAD_CPUTIME_ID);
	is(torc_ring_wait(ring, 500), 0, "then wait half a second");
	used = (net_clock_ns(CLOCK_THREAD_CPUTIME_ID) - used) / 1000000;
	ok(used < 200, "asleep (%u ms of CPU)", (unsigned int)used);
}

static void *stop_later(void *argument)
{
	(void)argument;
	net_sleep_ms(50);
	torc_ring_stop(ring);
	return NULL;
}

static void on_alarm(int number)
{
	(void)number;
	torc_ring_stop(ring);
}

static void expect_stopped(const char *how)
{
	struct torc_packet packet, batch[4], *copy;
	uint8_t buffer[64];
	uint64_t start = net_clock_ns(CLOCK_MONOTONIC);

	ok(torc_ring_stopped(ring), "%s: stopped", how);
	net_send_udp(sender, 1, 60, 9);
	is(torc_ring_next(ring, &packet), 0, "next");
	is(torc_ring_next_batch(ring, batch, 4), 0, "next_batch");
	is(torc_ring_read(ring, &copy), 0, "read");
	is(torc_ring_read_to(ring, buffer, sizeof(buffer), &packet), 0, "read_to");
	is(torc_ring_peek(ring, &packet), 0, "peek");
	is(torc_ring_wait(ring, -1), 0, "and wait return 0");
	ok(elapsed_since(start) < GENEROUS_MS, "at once");
	ok(torc_ring_resume(ring), "resume: there was a stop");
	ok(!torc_ring_resume(ring) && !torc_ring_stopped(ring), "there is none any more");
	is(torc_ring_next(ring, &packet), 1, "packets come again");
	is(net_number(&packet), 9, "none was lost");
}

static void test_stop(void)
{
	struct sigaction action = { .sa_handler = on_alarm };
	struct torc_packet packet;
	pthread_t thread;

	torc_ring_set_poll_duration(ring, -1);
	pthread_create(&thread, NULL, stop_later, NULL);
	is(torc_ring_next(ring, &packet), 0, "a blocked reader is woken");
	pthread_join(thread, NULL);
	expect_stopped("from another thread");
	torc_ring_stop(ring);
	torc_ring_stop(ring);
	expect_stopped("before the call, twice");

	sigaction(SIGALRM, &action, NULL);
	ualarm(50000, 0);
	is(torc_ring_next(ring, &packet), 0, "a signal handler stops");
	expect_stopped("from a signal handler");
	raise(SIGALRM);
	expect_stopped("from a signal handler, before the call");

	torc_ring_stop(ring);
	is(torc_ring_enable(ring), 0, "enable ends a stop too");
	ok(!torc_ring_stopped(ring), "it is over");
}

/* A signal that does not stop does not end a wait early either. */
static void on_nothing(int number)
{
	(void)number;
}

static void test_interrupted(void)
{
	struct sigaction action = { .sa_handler = on_nothing };
	struct torc_packet packet;
	uint64_t start = net_clock_ns(CLOCK_MONOTONIC);

	sigaction(SIGALRM, &action, NULL);
	ualarm(20000, 20000);
	torc_ring_set_poll_duration(ring, 150);
	is(torc_ring_next(ring, &packet), 0, "signals do not end a timed wait");
	ok(elapsed_since(start) >= 150, "early");
	ualarm(0, 0);
}

static void test_all(uint32_t flags)
{
	ring = net_ring("vb", flags);
	test_timed();
	test_left_out();
	test_blocking();
	test_no_spinning();
	test_stop();
	test_interrupted();
	ok(net_stats(ring).balanced, "the account balances");
	torc_ring_close(ring);
}

int main(void)
{
	net_pair("va", "vb");
	sender = net_sender("va");
	note("TPACKET_V3");
	test_all(0);
	note("TPACKET_V2");
	test_all(TORC_IMMEDIATE);
	return done();
}
