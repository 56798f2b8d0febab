/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ring_loss.c - the packet account against the sender's own count, to the packet, with no loss,
 * some, and almost nothing but loss; while it is read from another thread
 */
#include "net.h"

struct case_of_loss {
	const char *what;
	uint64_t buffer_bytes;
	uint32_t block_bytes;
	unsigned int packets, size;
	unsigned int burst; /* sent between two reads */
};

static struct torc_ring *open_small(const struct case_of_loss *loss, uint32_t flags)
{
	struct torc_ring_options options = { .size = sizeof(options), .flags = flags,
					     .buffer_bytes = loss->buffer_bytes };

	if (flags & TORC_IMMEDIATE)
		options.snaplen = 1600;
	else
		options.block_bytes = loss->block_bytes;
	return net_ring_with("vb", &options);
}

/* Reads the account again and again, as a monitor in another thread would. */
struct watcher {
	pthread_t thread;
	struct torc_ring *ring;
	bool stop; /* atomic */
	unsigned int looks, unbalanced, backwards;
};

static void *watch(void *argument)
{
	struct watcher *watcher = argument;
	struct torc_stats before = { .size = sizeof(before) };

	while (!__atomic_load_n(&watcher->stop, __ATOMIC_ACQUIRE)) {
		struct torc_stats stats = net_stats(watcher->ring);

		watcher->looks++;
		watcher->unbalanced += !stats.balanced || net_placed(&stats) != stats.kernel_seen;
		watcher->backwards += stats.received < before.received ||
				      stats.kernel_seen < before.kernel_seen ||
				      stats.dropped < before.dropped;
		before = stats;
		usleep(200);
	}
	return NULL;
}

struct order {
	int64_t last;
	unsigned int wrong;
};

static void see(const struct torc_packet *packet, void *context)
{
	struct order *order = context;
	int64_t number = net_number(packet);

	order->wrong += number <= order->last || !net_intact(packet);
	order->last = number;
}

static void test_case(const struct case_of_loss *loss, uint32_t flags, double min_percent,
		      double max_percent)
{
	struct torc_ring *ring = open_small(loss, flags);
	struct watcher watcher = { .ring = ring };
	struct order order = { .last = -1 };
	struct torc_stats stats = { .size = sizeof(stats) };
	int sender = net_sender("va");
	unsigned int sent = 0, read = 0;
	double percent;

	pthread_create(&watcher.thread, NULL, watch, &watcher);
	while (sent < loss->packets) {
		unsigned int n = net_send_udp(sender, loss->burst, loss->size, sent);

		if (n == 0)
			break;
		sent += n;
		read += net_read(ring, NET_ALL, 20, see, &order);
	}
	read += net_read_all(ring, see, &order);
	__atomic_store_n(&watcher.stop, true, __ATOMIC_RELEASE);
	pthread_join(watcher.thread, NULL);

	stats = net_stats(ring);
	percent = 100.0 * (double)stats.dropped / sent;
	note("%s: sent %u, received %llu, dropped %llu (%.2f %%), freezes %lld", loss->what, sent,
	     (unsigned long long)stats.received, (unsigned long long)stats.dropped, percent,
	     (long long)stats.freezes);
	is(stats.kernel_seen, sent, "%s: the kernel saw what the sender sent", loss->what);
	is(stats.received, read, "received is what was read");
	is(stats.received + stats.dropped, sent, "received and dropped are all of it");
	is(stats.received_bytes, (uint64_t)read * loss->size, "received_bytes");
	ok(stats.balanced && stats.waiting == 0 && stats.discarded == 0, "the account balances");
	is(order.wrong, 0, "what came is whole and in order");
	ok(percent >= min_percent && percent <= max_percent, "%.2f %% were lost", percent);
	if (flags & TORC_IMMEDIATE)
		is(stats.freezes, TORC_UNKNOWN, "this engine does not know how often it was full");
	else if (percent > 50) /* near the edge the kernel's two counts need not agree */
		ok(stats.freezes > 0, "it says how often the ring was full");
	ok(watcher.looks > 0 && watcher.unbalanced == 0 && watcher.backwards == 0,
	   "from another thread it balanced each of %u times, and never went back",
	   watcher.looks);
	is(net_stats(ring).received, stats.received, "reading it resets nothing");
	torc_ring_close(ring);
	close(sender);
}

/* How many packets the ring holds when nobody reads. */
static unsigned int capacity(const struct case_of_loss *loss)
{
	struct torc_ring *ring = open_small(loss, 0);
	int sender = net_sender("va");
	unsigned int sent = net_send_udp(sender, loss->packets, loss->size, 0);
	struct torc_stats stats = { .size = sizeof(stats) };

	net_wait_seen(ring, sent);
	stats = net_stats(ring);
	torc_ring_close(ring);
	close(sender);
	return (unsigned int)(stats.kernel_seen - stats.dropped);
}

/* About one of a hundred: each burst is a little more than the ring holds. */
static void test_one_percent(void)
{
	struct case_of_loss loss = { "about 1 %", 512 << 10, 8192, 20000, 500, 0 };
	unsigned int holds = 0;

	for (int i = 0; i < 3; i++) { /* fewer when blocks are handed over half full */
		unsigned int now = capacity(&loss);

		holds = now > holds ? now : holds;
	}
	note("the ring holds %u packets", holds);
	loss.burst = holds + holds / 100 + 1;
	test_case(&loss, 0, 0.1, 40);
}

/* Lost packets, filtered, sampled and discarded ones, all at once. */
static void test_everything(void)
{
	struct case_of_loss loss = { "", 256 << 10, 32 << 10, 0, 600, 0 };
	struct torc_ring *ring = open_small(&loss, 0);
	int sender = net_sender("va");
	struct torc_stats stats = { .size = sizeof(stats) };
	unsigned int sent = 0;

	torc_ring_set_sampling_rate(ring, 3);
	sent += net_send_udp(sender, 2000, 600, sent);
	net_wait_seen(ring, sent);
	net_read(ring, 10, 300, NULL, NULL);
	torc_ring_set_filter(ring, "tcp");
	sent += net_send_udp(sender, 100, 600, sent); /* refused by the kernel, in no figure */
	net_read(ring, NET_ALL, 100, NULL, NULL);
	torc_ring_remove_filter(ring);
	sent += net_send_udp(sender, 100, 600, sent);
	net_read(ring, 20, 300, NULL, NULL);
	torc_ring_disable(ring);
	stats = net_stats(ring);
	note("received %llu dropped %llu late %llu sampled %llu discarded %llu",
	     (unsigned long long)stats.received, (unsigned long long)stats.dropped,
	     (unsigned long long)stats.filtered_late, (unsigned long long)stats.sampled_out,
	     (unsigned long long)stats.discarded);
	is(stats.kernel_seen, sent - 100, "all but the refused were seen");
	ok(stats.balanced && net_placed(&stats) == stats.kernel_seen, "each has its place");
	ok(stats.dropped > 0 && stats.filtered_late > 0 && stats.sampled_out > 0 &&
		   stats.received == 30,
	   "no place is empty");
	torc_ring_close(ring);
	close(sender);
}

int main(void)
{
	const struct case_of_loss none = { "no loss", 8 << 20, 64 << 10, 40000, 200, 500 };
	const struct case_of_loss at_once = { "immediate", 128 << 10, 0, 20000, 1000, 1000 };
	const struct case_of_loss most = { "hardly anything", 64 << 10, 8192, 20000, 1000, 1000 };

	net_pair("va", "vb");
	test_case(&none, 0, 0, 0);
	test_one_percent();
	test_case(&most, 0, 80, 99);
	test_case(&none, TORC_IMMEDIATE, 0, 0);
	test_case(&at_once, TORC_IMMEDIATE, 80, 99);
	test_everything();
	return done();
}
