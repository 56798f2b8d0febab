/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ring_enable.c - a ring receives between enable and disable, and at no other time; what waited
 * when it was disabled is counted
 */
#include "net.h"

#define BURST 200

struct seen {
	uint32_t first, last;
	bool intact;
};

static void see(const struct torc_packet *packet, void *context)
{
	struct seen *seen = context;
	uint32_t number = (uint32_t)net_number(packet);

	if (number < seen->first)
		seen->first = number;
	if (number > seen->last)
		seen->last = number;
	seen->intact = seen->intact && net_intact(packet);
}

static unsigned int read_seen(struct torc_ring *ring, struct seen *seen)
{
	*seen = (struct seen){ .first = UINT32_MAX, .intact = true };
	return net_read_all(ring, see, seen);
}

static void test_not_enabled(struct torc_ring *ring)
{
	struct torc_packet packet, *copy;
	uint8_t buffer[64];

	is(torc_ring_next(ring, &packet), -TORC_ENOTENABLED, "next before enable");
	is_str(torc_ring_error(ring), "the ring is not enabled: call torc_ring_enable()",
	       "and it says what to do");
	is(torc_ring_next_batch(ring, &packet, 1), -TORC_ENOTENABLED, "next_batch before enable");
	is(torc_ring_read(ring, &copy), -TORC_ENOTENABLED, "read before enable");
	is(torc_ring_read_to(ring, buffer, sizeof(buffer), &packet), -TORC_ENOTENABLED,
	   "read_to before enable");
	is(torc_ring_peek(ring, &packet), -TORC_ENOTENABLED, "peek before enable");
	is(torc_ring_wait(ring, 0), -TORC_ENOTENABLED, "wait before enable");
	is(torc_ring_send(ring, buffer, sizeof(buffer)), -TORC_ENOTENABLED, "send before enable");
	is(torc_ring_disable(ring), 0, "disable of a ring that was never enabled");
}

static void test_life(uint32_t flags, const char *engine)
{
	int sender = net_sender("va");
	struct torc_ring *ring;
	struct torc_error error;
	struct torc_packet packet;
	struct torc_ring_info info = { .size = sizeof(info) };
	struct torc_stats stats = { .size = sizeof(stats) };
	struct seen seen;

	note("%s", engine);
	is(torc_ring_open(&ring, "vb", 0, flags, &error), 0, "open");
	torc_ring_info(ring, &info);
	is_str(info.engine, engine, "the engine");
	test_not_enabled(ring);

	net_send_udp(sender, BURST, 100, 0);
	is(torc_ring_enable(ring), 0, "enable");
	is(torc_ring_enable(ring), 0, "enable again");
	is(net_send_udp(sender, BURST, 100, 1000), BURST, "the sender sends");
	is(read_seen(ring, &seen), BURST, "all that was sent since comes");
	ok(seen.first == 1000 && seen.last == 1000 + BURST - 1 && seen.intact,
	   "and nothing from before enable");

	net_send_udp(sender, BURST, 100, 2000);
	net_wait_seen(ring, 2 * BURST);
	is(torc_ring_disable(ring), 0, "disable with packets in the ring");
	is(torc_ring_disable(ring), 0, "disable again");
	is(torc_ring_next(ring, &packet), -TORC_ENOTENABLED, "nothing is delivered after it");
	stats = net_stats(ring);
	is(stats.discarded, BURST, "those that waited are counted as discarded");
	ok(stats.balanced, "the account balances");
	is(stats.kernel_seen, 2 * BURST, "kernel_seen");
	net_send_udp(sender, BURST, 100, 3000);

	is(torc_ring_enable(ring), 0, "enable once more");
	net_send_udp(sender, BURST, 100, 4000);
	is(read_seen(ring, &seen), BURST, "packets come again");
	ok(seen.first == 4000 && seen.last == 4000 + BURST - 1,
	   "none from before (%u to %u)", seen.first, seen.last);
	stats = net_stats(ring);
	ok(stats.received == 2 * BURST && stats.discarded == BURST && stats.waiting == 0 &&
		   stats.kernel_seen == 3 * BURST && stats.balanced,
	   "the counters went on");
	torc_ring_close(ring);
	close(sender);
}

/* Enabled and disabled again and again while packets come: each is read or discarded. */
static void test_traffic(uint32_t flags)
{
	struct net_stream stream;
	struct torc_ring_options options = { .size = sizeof(options), .flags = flags,
					     .buffer_bytes = 1 << 20 };
	struct torc_ring *ring;
	struct torc_stats stats = { .size = sizeof(stats) };
	struct torc_packet packet;
	uint32_t start, end, low = 0, outside = 0;
	int balanced = 0;

	torc_ring_open_with(&ring, "vb", &options, NULL);
	torc_ring_set_poll_duration(ring, 0);
	net_stream_start(&stream, "va", 200, 20, 300);
	for (int round = 0; round < 20; round++) {
		start = net_stream_sent(&stream);
		torc_ring_enable(ring);
		for (int i = 0; i < 100; i++) {
			if (torc_ring_next(ring, &packet) != 1) {
				net_sleep_ms(1);
				continue;
			}
			low = (uint32_t)net_number(&packet);
			outside += low < start;
		}
		torc_ring_disable(ring);
		stats = net_stats(ring);
		balanced += stats.balanced && net_placed(&stats) == stats.kernel_seen;
		net_sleep_ms(2);
	}
	end = net_stream_stop(&stream);
	is(outside, 0, "nothing from before enable, under traffic");
	is(balanced, 20, "balanced after each disable");
	ok(stats.kernel_seen <= end, "no more were seen (%llu) than sent (%u)",
	   (unsigned long long)stats.kernel_seen, end);
	ok(stats.discarded > 0 && stats.received > 0, "some were read (%llu), some discarded (%llu)",
	   (unsigned long long)stats.received, (unsigned long long)stats.discarded);
	torc_ring_close(ring);
}

int main(void)
{
	net_pair("va", "vb");
	test_life(0, "tpacket_v3");
	test_life(TORC_IMMEDIATE, "tpacket_v2");
	test_traffic(0);
	test_traffic(TORC_IMMEDIATE);
	return done();
}
