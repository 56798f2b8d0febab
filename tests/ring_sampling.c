/* SPDX-License-Identifier: BSD-3-Clause */
/* ring_sampling.c - exactly one packet of each window of N, whichever way they are read */
#include "net.h"

#define WINDOWS 40

struct windows {
	unsigned int rate;
	unsigned int picked[WINDOWS];
	uint64_t places; /* of the picks in their windows, as bits (of the first 64) */
};

static void see(const struct torc_packet *packet, void *context)
{
	struct windows *windows = context;
	unsigned int number = (unsigned int)net_number(packet);

	if (number / windows->rate < WINDOWS)
		windows->picked[number / windows->rate]++;
	windows->places |= 1ull << number % windows->rate % 64;
}

static unsigned int read_batches(struct torc_ring *ring, unsigned int size, struct windows *windows)
{
	struct torc_packet packets[64];
	unsigned int read = 0;
	int count;

	torc_ring_set_poll_duration(ring, 300);
	while ((count = torc_ring_next_batch(ring, packets, size)) > 0) {
		for (int i = 0; i < count; i++)
			see(&packets[i], windows);
		read += (unsigned int)count;
	}
	return read;
}

static void test_rate(unsigned int rate, unsigned int batch, uint32_t flags)
{
	struct torc_ring *ring = net_ring("vb", flags);
	struct windows windows = { .rate = rate };
	int sender = net_sender("va");
	struct torc_stats stats = { .size = sizeof(stats) };
	unsigned int sent = 0, read, good = 0;

	is(torc_ring_set_sampling_rate(ring, rate), 0, "sample one of %u", rate);
	while (sent < WINDOWS * rate) {
		sent += net_send_udp(sender, 200, 60, sent);
		net_wait_seen(ring, sent);
	}
	read = batch ? read_batches(ring, batch, &windows) :
		       net_read_all(ring, see, &windows);
	for (unsigned int i = 0; i < WINDOWS; i++)
		good += windows.picked[i] == 1;
	is(good, WINDOWS, "each of %u windows of %u gave exactly one", WINDOWS, rate);
	ok(__builtin_popcountll(windows.places) > 1, "not always at the same place");
	stats = net_stats(ring);
	is(stats.received, read, "received");
	is(stats.sampled_out, sent - read, "the others are counted");
	ok(stats.balanced && net_placed(&stats) == sent, "the account balances");
	torc_ring_close(ring);
	close(sender);
}

/* A window counts the packets that passed the filter, not all. */
static void test_behind_filter(void)
{
	struct torc_ring *ring = net_ring("vb", 0);
	int sender = net_sender("va");

	torc_ring_set_filter(ring, "greater 100");
	torc_ring_set_sampling_rate(ring, 5);
	for (unsigned int i = 0; i < 50; i++) {
		net_send_udp(sender, 1, 120, i);
		net_send_udp(sender, 3, 60, i);
	}
	is(net_read_all(ring, NULL, NULL), 10, "one of five of the 50 that pass the filter");
	is(torc_ring_set_sampling_rate(ring, 0), 0, "0");
	net_send_udp(sender, 20, 120, 0);
	is(net_read_all(ring, NULL, NULL), 20, "means all");
	is(torc_ring_set_sampling_rate(ring, 1), 0, "and so does 1");
	net_send_udp(sender, 20, 120, 0);
	is(net_read_all(ring, NULL, NULL), 20, "all");
	torc_ring_close(ring);
	close(sender);
}

int main(void)
{
	net_pair("va", "vb");
	test_rate(2, 0, 0);
	test_rate(10, 0, 0);
	test_rate(100, 0, 0);
	test_rate(10, 7, 0);
	test_rate(100, 64, TORC_IMMEDIATE);
	test_rate(10, 0, TORC_REENTRANT | TORC_LONG_HEADER);
	test_behind_filter();
	return done();
}
