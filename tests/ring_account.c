/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The account in the middle of a batch: packets that the ring has read ahead and not handed out are
 * not received yet, whoever asks - this thread, another one, a signal handler.
 */
#include <pthread.h>
#include <signal.h>

#include <torc/file.h>

#include "test.h"

#define PACKETS 100000u

static char path[] = "/tmp/torc-account-XXXXXX";
static uint64_t bytes_before[PACKETS + 1], cut_before[PACKETS + 1];
static uint64_t handed; /* atomic: the packets that the receiver has */
static bool finished;   /* atomic */
static struct torc_stats seen;

static void give_up(const char *reason)
{
	printf("Bail out! %s\n", reason);
	exit(1);
}

static void write_file(void)
{
	struct torc_writer_options options = { .size = sizeof(options),
					       .format = TORC_FORMAT_PCAP };
	static uint8_t data[200];
	struct torc_writer *writer;
	struct torc_error error;
	int fd = mkstemp(path);

	close(fd);
	if (torc_writer_open(&writer, path, &options, &error) < 0)
		give_up(error.text);
	for (uint32_t i = 0; i < PACKETS; i++) {
		struct torc_packet packet = { .data = data, .caplen = 60 + i % 7,
					      .len = 60 + i % 11, .link_type = TORC_LINK_ETHERNET,
					      .timestamp_ns = i };

		if (packet.len < packet.caplen)
			packet.len = packet.caplen;
		bytes_before[i + 1] = bytes_before[i] + packet.len;
		cut_before[i + 1] = cut_before[i] + (packet.len > packet.caplen);
		if (torc_writer_write(writer, &packet, 1) < 0)
			give_up("cannot write the file");
	}
	torc_writer_close(writer, NULL, NULL);
}

static struct torc_ring *open_file(uint32_t flags)
{
	struct torc_ring *ring;
	struct torc_error error;
	char device[64];

	snprintf(device, sizeof(device), "pcap:%s", path);
	if (torc_ring_open(&ring, device, 0, flags, &error) < 0)
		give_up(error.text);
	torc_ring_set_poll_duration(ring, 0);
	torc_ring_enable(ring);
	return ring;
}

static bool account_is(struct torc_ring *ring, uint64_t count)
{
	struct torc_stats stats = { .size = sizeof(stats) };

	torc_ring_stats(ring, &stats);
	seen = stats;
	return stats.received == count && stats.received_bytes == bytes_before[count] &&
	       stats.truncated == cut_before[count] && stats.balanced;
}

static void *ask_once(void *ring)
{
	struct torc_stats stats = { .size = sizeof(stats) };

	torc_ring_stats(ring, &stats);
	seen = stats;
	return NULL;
}

static struct torc_ring *of_signal;

static void on_signal(int number)
{
	(void)number;
	ask_once(of_signal);
}

static void test_middle(uint32_t flags, const char *name)
{
	struct torc_ring *ring = open_file(flags);
	int (*call)(struct torc_ring *ring, struct torc_packet *packet) = torc_ring_next;
	const struct torc_packet *borrowed;
	struct torc_packet packet, several[5];
	pthread_t thread;

	ok(account_is(ring, 0), "%s: nothing was received yet", name);
	is(torc_ring_next(ring, &packet), 1, "%s: the first packet", name);
	is(packet.timestamp_ns, 0, "it is the first");
	ok(account_is(ring, 1), "%s: one was received", name);
	is(torc_ring_borrow(ring, &borrowed), 1, "%s: the second where it lies", name);
	is(borrowed->timestamp_ns, 1, "it is the second");
	is(torc_ring_next_batch(ring, several, 5), 5, "%s: five more", name);
	is(call(ring, &packet), 1, "%s: one by the library's own function", name);
	is(packet.timestamp_ns, 7, "it is the eighth");
	ok(account_is(ring, 8), "%s: eight were received", name);
	pthread_create(&thread, NULL, ask_once, ring);
	pthread_join(thread, NULL);
	is(seen.received, 8, "%s: so another thread is told", name);
	is(seen.received_bytes, bytes_before[8], "with their bytes");
	of_signal = ring;
	signal(SIGUSR1, on_signal);
	seen = (struct torc_stats){ 0 };
	raise(SIGUSR1);
	__atomic_signal_fence(__ATOMIC_SEQ_CST); /* the compiler takes raise() for a leaf */
	is(seen.received, 8, "%s: and a signal handler", name);
	if (!(flags & TORC_REENTRANT)) {
		is(torc_ring_peek(ring, &packet), 1, "a look at the next");
		ok(account_is(ring, 8), "which is not received by that");
	}
	torc_ring_stop(ring);
	is(torc_ring_next(ring, &packet), 0, "%s: stopped in the middle of a batch", name);
	ok(packet.data == NULL && packet.caplen == 0, "no packet is all zeros");
	torc_ring_resume(ring);
	is(torc_ring_next(ring, &packet), 1, "%s: resumed", name);
	is(packet.timestamp_ns, 8, "nothing was lost");
	torc_ring_disable(ring);
	ok(account_is(ring, 9), "%s: disabled, nine were received", name);
	ok(seen.discarded > 0, "the others of the batch are discarded");
	torc_ring_close(ring);
}

static void test_filter(void)
{
	struct torc_ring *ring = open_file(0);
	struct torc_packet packet;

	for (unsigned int i = 0; i < 10; i++)
		torc_ring_next(ring, &packet);
	is(torc_ring_set_filter(ring, "greater 65"), 0, "a filter in the middle of a batch");
	ok(account_is(ring, 10), "changes nothing of what was received");
	is(torc_ring_next(ring, &packet), 1, "the next that matches");
	ok(packet.len >= 65, "does match");
	is(torc_ring_remove_filter(ring), 0, "without it");
	ask_once(ring);
	is(seen.received, 11, "eleven were received");
	is(seen.received_bytes, bytes_before[10] + packet.len, "and their bytes");
	ok(seen.balanced, "the account balances");
	torc_ring_close(ring);
}

struct watch {
	struct torc_ring *ring;
	uint64_t looks;
	bool good;
};

/* Never less than what the receiver had before, never more than what it had after and one. */
static void *watch(void *argument)
{
	struct watch *watch = argument;

	while (!__atomic_load_n(&finished, __ATOMIC_ACQUIRE)) {
		uint64_t before = __atomic_load_n(&handed, __ATOMIC_ACQUIRE), after;
		struct torc_stats stats = { .size = sizeof(stats) };

		torc_ring_stats(watch->ring, &stats);
		after = __atomic_load_n(&handed, __ATOMIC_ACQUIRE);
		watch->looks++;
		watch->good &= stats.received >= before && stats.received <= after + 1 &&
			       stats.received_bytes == bytes_before[stats.received] &&
			       stats.truncated == cut_before[stats.received];
	}
	return NULL;
}

static void test_while_stepping(void)
{
	struct watch watcher = { .ring = open_file(0), .good = true };
	struct torc_packet packet;
	pthread_t thread;

	pthread_create(&thread, NULL, watch, &watcher);
	while (torc_ring_next(watcher.ring, &packet) > 0)
		__atomic_add_fetch(&handed, 1, __ATOMIC_RELEASE);
	__atomic_store_n(&finished, true, __ATOMIC_RELEASE);
	pthread_join(thread, NULL);
	is(handed, PACKETS, "all packets");
	ok(watcher.good, "at every moment (%llu) the account was that of a packet",
	   (unsigned long long)watcher.looks);
	ok(account_is(watcher.ring, PACKETS), "and at the end");
	torc_ring_close(watcher.ring);
}

int main(void)
{
	write_file();
	test_middle(0, "one thread");
	test_middle(TORC_REENTRANT, "several threads");
	test_middle(TORC_LONG_HEADER, "parsed");
	test_filter();
	test_while_stepping();
	unlink(path);
	return done();
}
