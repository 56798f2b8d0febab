/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ring_filter.c - filters: set, replaced, removed, bad ones, and those set while packets wait
 *
 * The sender puts the number's last digit into the UDP destination port, so that the number tells
 * which filter a packet matches.
 */
#include "net.h"

static int sender;

static unsigned int port_of(uint32_t number)
{
	return NET_PORT + number % 10;
}

static void send_ports(uint32_t first, unsigned int count)
{
	uint8_t frame[128];

	for (uint32_t i = first; i < first + count; i++) {
		net_frame(frame, 100, i);
		net_put16(frame + 36, port_of(i));
		net_send(sender, frame, 100);
	}
}

static unsigned int digits; /* a bit for each last digit that came */
static uint32_t lowest;

static void see(const struct torc_packet *packet, void *context)
{
	uint32_t number = (uint32_t)net_number(packet);

	(void)context;
	digits |= 1u << number % 10;
	if (number < lowest)
		lowest = number;
}

static unsigned int read_digits(struct torc_ring *ring)
{
	digits = 0;
	lowest = UINT32_MAX;
	return net_read_all(ring, see, NULL);
}

/* The kernel takes no loops and no more than 4096 instructions; then the ring filters itself. */
static void test_what_the_kernel_refuses(void)
{
	struct torc_ring *ring = net_ring("vb", 0);
	size_t size = 64 << 10, length = 0;
	char *text = malloc(size);

	is(torc_ring_set_filter(ring, "ip protochain 17 and udp dst port 7003"), 0,
	   "a filter with a loop");
	send_ports(0, 100);
	is(read_digits(ring), 10, "only what matches comes");
	is(digits, 1 << 3, "the right ones");
	is(net_stats(ring).filtered, 90, "what the ring refused is counted");
	for (unsigned int i = 0; i < 1500; i++)
		length += (size_t)snprintf(text + length, size - length, "%sudp[%u:4] = 0x%x",
					   i ? " or " : "", 8 + i % 40, 0xfeed0000 + i);
	snprintf(text + length, size - length, " or udp dst port 7004");
	is(torc_ring_set_filter(ring, text), 0, "a filter of more than 4096 instructions");
	send_ports(100, 100);
	read_digits(ring);
	is(digits, 1 << 4, "it is run all the same");
	is(torc_ring_set_filter(ring, "udp dst port 7005"), 0, "and a plain one again");
	send_ports(200, 100);
	is(read_digits(ring), 10, "by the kernel");
	is(digits, 1 << 5, "the right ones");
	ok(net_stats(ring).balanced, "the account balances");
	free(text);
	torc_ring_close(ring);
}

static void test_set_and_remove(uint32_t flags)
{
	struct torc_ring *ring = net_ring("vb", flags);
	struct torc_ring_info info = { .size = sizeof(info) };

	is(torc_ring_remove_filter(ring), -ENOENT, "there is no filter to remove");
	is(torc_ring_set_filter(ring, "udp dst port 7003"), 0, "set a filter");
	send_ports(0, 100);
	is(read_digits(ring), 10, "only what matches comes");
	is(digits, 1 << 3, "the right ones");
	is(net_stats(ring).filtered, TORC_UNKNOWN, "nobody counts what the kernel refused");
	is(torc_ring_set_filter(ring, "udp dst port 7004 or udp dst port 7005"), 0, "replace it");
	send_ports(100, 100);
	is(read_digits(ring), 20, "only what matches the new one comes");
	is(digits, 1 << 4 | 1 << 5, "the right ones");

	is(torc_ring_set_filter(ring, "udp dst prot 7001"), -TORC_EFILTER, "a bad one is refused");
	ok(strstr(torc_ring_error(ring), "'prot'") && strstr(torc_ring_error(ring), "character 9"),
	   "with libpcap's reason and the place: %s", torc_ring_error(ring));
	torc_ring_info(ring, &info);
	is_str(info.filter, "udp dst port 7004 or udp dst port 7005", "the old one is shown still");
	send_ports(200, 100);
	is(read_digits(ring), 20, "and is in force");

	is(torc_ring_remove_filter(ring), 0, "remove it");
	torc_ring_info(ring, &info);
	is_str(info.filter, "", "none is shown");
	send_ports(300, 100);
	is(read_digits(ring), 100, "everything comes");
	is(torc_ring_set_filter(ring, ""), 0, "the empty filter");
	send_ports(400, 100);
	is(read_digits(ring), 100, "lets everything pass");
	ok(net_stats(ring).balanced, "the account balances");
	torc_ring_close(ring);
}

/* Packets that wait in the ring, read ahead or not, when the filter changes. */
static void test_waiting(uint32_t flags, unsigned int read_before)
{
	struct torc_ring *ring = net_ring("vb", flags);
	struct torc_stats stats = { .size = sizeof(stats) };

	send_ports(0, 1000);
	net_wait_seen(ring, 1000);
	is(net_read(ring, read_before, 300, NULL, NULL), read_before, "read %u of 1000",
	   read_before);
	is(torc_ring_set_filter(ring, "udp dst port 7007"), 0, "then set a filter");
	send_ports(1000, 1000);
	is(read_digits(ring), 200 - read_before / 10, "of the rest, what matches comes");
	is(digits, 1 << 7, "and nothing else");
	stats = net_stats(ring);
	is(stats.filtered_late, (1000 - read_before) / 10 * 9, "the others are counted");
	ok(stats.balanced && net_placed(&stats) == stats.kernel_seen, "the account balances");
	torc_ring_close(ring);
}

/* Set before enable: in force from the first packet on. */
static void test_before_enable(void)
{
	struct torc_ring *ring;

	torc_ring_open(&ring, "vb", 0, 0, NULL);
	is(torc_ring_set_filter(ring, "udp dst port 7001"), 0, "a filter before enable");
	torc_ring_enable(ring);
	send_ports(0, 50);
	is(read_digits(ring), 5, "only what matches comes");
	torc_ring_close(ring);
}

/*
 * Changed while packets come: once set_filter() has returned, nothing that does not match. Read
 * ahead is what makes this hard, so both single packets and batches are read.
 */
static void test_traffic(uint32_t flags)
{
	struct torc_ring *ring = net_ring("vb", flags);
	struct torc_packet packets[16];
	unsigned int wrong = 0, matched = 0;
	struct torc_stats stats = { .size = sizeof(stats) };

	for (unsigned int round = 0; round < 200; round++) {
		unsigned int port = round % 10;
		char text[32];
		int count;

		snprintf(text, sizeof(text), "udp dst port %u", NET_PORT + port);
		send_ports(round * 100, 50);
		torc_ring_set_filter(ring, text);
		send_ports(round * 100 + 50, 50);
		if (round % 8 < 7)
			net_sleep_ms(round % 5 * 4);
		while ((count = torc_ring_next_batch(ring, packets, 1 + round % 16)) > 0) {
			for (int i = 0; i < count; i++)
				wrong += (uint32_t)net_number(&packets[i]) % 10 != port;
			matched += (unsigned int)count;
			if (round % 3 == 0 && matched % 2)
				break; /* some stay read ahead */
		}
	}
	is(wrong, 0, "under traffic nothing comes that does not match (%u did)", matched);
	ok(matched > 500, "and what matches does");
	torc_ring_disable(ring);
	stats = net_stats(ring);
	ok(stats.balanced && net_placed(&stats) == stats.kernel_seen, "the account balances");
	torc_ring_close(ring);
}

/*
 * Changed while another thread sends without a pause: a packet that the kernel is judging just then
 * must not slip through either. The filters tell even numbers from odd ones.
 */
static void test_concurrent(uint32_t flags)
{
	struct torc_ring *ring = net_ring("vb", flags);
	struct net_stream stream;
	struct torc_packet packet;
	unsigned int wrong = 0, right = 0;
	struct torc_stats stats = { .size = sizeof(stats) };

	net_stream_start(&stream, "va", 60, 500, 50);
	for (unsigned int round = 0; round < 60; round++) {
		unsigned int parity = round % 2;

		torc_ring_set_filter(ring, parity ? "udp[15] & 1 = 1" : "udp[15] & 1 = 0");
		torc_ring_set_poll_duration(ring, 100);
		for (unsigned int i = 0; i < 400 && torc_ring_next(ring, &packet) == 1; i++) {
			wrong += net_number(&packet) % 2 != parity;
			right++;
		}
	}
	net_stream_stop(&stream);
	is(wrong, 0, "nothing wrong among %u while another thread sends", right);
	torc_ring_disable(ring);
	stats = net_stats(ring);
	ok(stats.balanced && net_placed(&stats) == stats.kernel_seen, "the account balances");
	torc_ring_close(ring);
}

/* A filter that only the kernel can run: it refuses what was captured before. */
static void test_kernel_only(void)
{
	struct torc_ring *ring = net_ring("vb", 0);

	send_ports(0, 100);
	net_wait_seen(ring, 100);
	is(torc_ring_set_filter(ring, "inbound and udp dst port 7002"), 0,
	   "a filter on what only the kernel knows");
	send_ports(100, 100);
	is(read_digits(ring), 10, "what came later and matches");
	ok(lowest >= 100 && digits == 1 << 2, "and nothing that came before");
	is(torc_ring_set_filter(ring, "outbound"), 0, "the opposite");
	send_ports(200, 100);
	is(read_digits(ring), 0, "takes nothing");
	torc_ring_close(ring);
}

int main(void)
{
	net_pair("va", "vb");
	sender = net_sender("va");
	test_set_and_remove(0);
	test_set_and_remove(TORC_IMMEDIATE);
	test_before_enable();
	test_waiting(0, 0);
	test_waiting(0, 10);
	test_waiting(0, 100);
	test_waiting(TORC_IMMEDIATE, 10);
	test_waiting(TORC_REENTRANT, 10);
	test_traffic(0);
	test_traffic(TORC_IMMEDIATE);
	test_concurrent(0);
	test_concurrent(TORC_IMMEDIATE);
	test_kernel_only();
	test_what_the_kernel_refuses();
	return done();
}
