/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ring_threads.c - TORC_REENTRANT: each packet goes to exactly one thread, what a thread borrowed
 * stays whole while others read on, and stop, settings and the end of a thread work under way
 */
#include "net.h"

#define THREADS 4
#define PACKETS 20000

static uint8_t taken[PACKETS]; /* how often each number was delivered; atomic */

struct reader {
	pthread_t thread;
	struct torc_ring *ring;
	unsigned int batch; /* 1: torc_ring_next() */
	unsigned int hold_us;
	unsigned int limit; /* packets, then the thread ends */
	unsigned int read, damaged, foreign;
	int last_result;
};

static void check(struct reader *reader, const struct torc_packet *packet)
{
	int64_t number = net_number(packet);

	if (number < 0 || number >= PACKETS) {
		reader->foreign++;
		return;
	}
	__atomic_add_fetch(&taken[number], 1, __ATOMIC_RELAXED);
	reader->damaged += !net_intact(packet);
	if (packet->parsed)
		reader->damaged += packet->parsed->ip.destination_port != NET_PORT;
}

static void *run_reader(void *argument)
{
	struct reader *reader = argument;
	struct torc_packet packets[16];

	while (reader->read < reader->limit) {
		int count = reader->batch == 1 ?
				    torc_ring_next(reader->ring, packets) :
				    torc_ring_next_batch(reader->ring, packets, reader->batch);

		reader->last_result = count;
		if (count <= 0)
			break;
		if (reader->hold_us)
			usleep(reader->hold_us);
		for (int i = 0; i < count; i++)
			check(reader, &packets[i]);
		reader->read += (unsigned int)count;
	}
	return NULL;
}

static void start_readers(struct reader *readers, struct torc_ring *ring)
{
	memset(taken, 0, sizeof(taken));
	for (unsigned int i = 0; i < THREADS; i++) {
		readers[i] = (struct reader){ .ring = ring, .batch = i % 2 ? 16 : 1,
					      .limit = UINT32_MAX };
		pthread_create(&readers[i].thread, NULL, run_reader, &readers[i]);
	}
}

static unsigned int join_readers(struct reader *readers)
{
	unsigned int read = 0, wrong = 0;

	for (unsigned int i = 0; i < THREADS; i++) {
		pthread_join(readers[i].thread, NULL);
		read += readers[i].read;
		wrong += readers[i].damaged + readers[i].foreign;
	}
	is(wrong, 0, "every packet was whole");
	note("read by each: %u %u %u %u", readers[0].read, readers[1].read, readers[2].read,
	     readers[3].read);
	return read;
}

/* Wait until that many were delivered (received in the account), then stop the ring. */
static void wait_received(struct torc_ring *ring, uint64_t count)
{
	for (int i = 0; i < 20000; i++) {
		struct torc_stats stats = net_stats(ring);

		if (stats.received + stats.dropped >= count)
			return;
		net_sleep_ms(1);
	}
	note("timed out");
}

/* The memory holds all that is sent, however slow the readers are. */
static void test_each_once(uint32_t flags, int poll_ms)
{
	struct torc_ring_options options = { .size = sizeof(options), .snaplen = 1600,
					     .flags = TORC_REENTRANT | flags,
					     .buffer_bytes = 96 << 20 };
	struct torc_ring *ring = net_ring_with("vb", &options);
	struct reader readers[THREADS];
	struct torc_stats stats = { .size = sizeof(stats) };
	unsigned int sent, once = 0, more = 0, stopped = 0;
	int sender = net_sender("va");

	torc_ring_set_poll_duration(ring, poll_ms);
	start_readers(readers, ring);
	sent = net_send_udp(sender, PACKETS, 200, 0);
	wait_received(ring, sent);
	torc_ring_stop(ring);
	is(join_readers(readers), sent, "all were read, by %d threads", THREADS);
	for (unsigned int i = 0; i < PACKETS; i++) {
		once += taken[i] == 1;
		more += taken[i] > 1;
	}
	for (unsigned int i = 0; i < THREADS; i++)
		stopped += readers[i].last_result == 0;
	is(stopped, THREADS, "stop ended every thread");
	ok(once == sent && more == 0, "each exactly once");
	stats = net_stats(ring);
	ok(stats.received == sent && stats.balanced, "the account agrees");
	torc_ring_close(ring);
	close(sender);
}

/* One thread keeps a packet while the small ring wraps many times under the others. */
static void test_long_hold(uint32_t flags)
{
	struct torc_ring_options options = { .size = sizeof(options), .snaplen = 1600,
					     .flags = TORC_REENTRANT | flags,
					     .buffer_bytes = 256 << 10 };
	struct torc_ring *ring;
	struct reader other = { .batch = 1, .limit = UINT32_MAX };
	struct torc_packet held;
	int sender = net_sender("va");
	unsigned int sent;

	if (!(flags & TORC_IMMEDIATE))
		options.block_bytes = 16384;
	ring = net_ring_with("vb", &options);
	torc_ring_set_poll_duration(ring, -1);
	memset(taken, 0, sizeof(taken));
	sent = net_send_udp(sender, 1, 500, 0);
	is(torc_ring_next(ring, &held), 1, "this thread holds a packet");
	ok(net_intact(&held), "it is whole");
	other.ring = ring;
	pthread_create(&other.thread, NULL, run_reader, &other);
	while (sent < 5000) { /* ten times what the ring holds */
		sent += net_send_udp(sender, 50, 500, sent);
		wait_received(ring, sent);
	}
	ok(net_intact(&held) && net_number(&held) == 0, "it is whole after the ring wrapped");
	is(net_stats(ring).dropped, 0, "others read all of it meanwhile");
	torc_ring_stop(ring);
	pthread_join(other.thread, NULL);
	is(other.damaged, 0, "theirs were whole too");
	torc_ring_resume(ring);
	torc_ring_set_poll_duration(ring, 0);
	net_read_all(ring, NULL, NULL);
	is(net_stats(ring).kernel_seen, sent, "the kernel saw all");
	ok(net_stats(ring).balanced && net_stats(ring).waiting == 0, "the account balances");
	torc_ring_close(ring);
	close(sender);
}

/*
 * Threads that read and then do something else, for as long as they like: each reads one packet when
 * it is told to and keeps it, while all the others are away. Ten times what the ring holds goes
 * through, and since one packet is sent at a time, none may be lost.
 */
#define AWAY 6

struct away {
	pthread_t thread;
	struct torc_ring *ring;
	pthread_barrier_t go, done;
	struct torc_packet packet;
	uint8_t buffer[2048];
	bool to_buffer; /* a copy of the caller's own */
	bool stop;
	int result;
};

static void *stay_away(void *argument)
{
	struct away *away = argument;

	for (;;) {
		pthread_barrier_wait(&away->go);
		if (away->stop)
			return NULL;
		away->result = away->to_buffer ?
				       torc_ring_read_to(away->ring, away->buffer,
							 sizeof(away->buffer), &away->packet) :
				       torc_ring_next(away->ring, &away->packet);
		pthread_barrier_wait(&away->done);
	}
}

static void test_away(uint32_t flags)
{
	struct torc_ring_options options = { .size = sizeof(options), .snaplen = 1600,
					     .flags = TORC_REENTRANT | flags,
					     .buffer_bytes = 256 << 10 };
	struct away all[AWAY];
	int sender = net_sender("va");
	unsigned int read = 0, wrong = 0, turns = 2000;
	struct torc_ring *ring;

	if (!(flags & TORC_IMMEDIATE))
		options.block_bytes = 16384;
	ring = net_ring_with("vb", &options);
	torc_ring_set_poll_duration(ring, 10000);
	for (unsigned int i = 0; i < AWAY; i++) {
		all[i] = (struct away){ .ring = ring, .to_buffer = i == 1 };
		pthread_barrier_init(&all[i].go, NULL, 2);
		pthread_barrier_init(&all[i].done, NULL, 2);
		pthread_create(&all[i].thread, NULL, stay_away, &all[i]);
	}
	for (unsigned int n = 0; n < turns && read == n; n++) {
		/* the first ones read once and are never asked again */
		unsigned int i = n < AWAY ? n : 2 + n % (AWAY - 2);

		net_send_udp(sender, 1, 1400, n);
		pthread_barrier_wait(&all[i].go);
		pthread_barrier_wait(&all[i].done);
		read += all[i].result == 1 && net_number(&all[i].packet) == (int64_t)n;
		for (i = 0; i < AWAY && i <= n; i++)
			wrong += !net_intact(&all[i].packet);
	}
	is(read, turns, "threads that read now and then lose nothing");
	is(wrong, 0, "what each has stays whole until its next call");
	is(net_number(&all[0].packet), 0, "the first still has its packet");
	is(net_stats(ring).dropped, 0, "none was dropped");
	for (unsigned int i = 0; i < AWAY; i++) {
		all[i].stop = true;
		pthread_barrier_wait(&all[i].go);
		pthread_join(all[i].thread, NULL);
	}
	torc_ring_close(ring);
	close(sender);
}

/* Threads that end while they hold packets: what they held goes back, and the ring wraps on. */
static void test_thread_ends(void)
{
	struct torc_ring_options options = { .size = sizeof(options), .flags = TORC_REENTRANT,
					     .buffer_bytes = 64 << 10, .block_bytes = 8192 };
	struct torc_ring *ring = net_ring_with("vb", &options);
	int sender = net_sender("va");
	unsigned int sent = 0, read = 0, lost = 0;

	torc_ring_set_poll_duration(ring, 5000);
	memset(taken, 0, sizeof(taken));
	for (unsigned int i = 0; i < 60; i++) {
		struct reader reader = { .ring = ring, .batch = 1, .limit = 3 };

		sent += net_send_udp(sender, 3, 500, sent);
		pthread_create(&reader.thread, NULL, run_reader, &reader);
		pthread_join(reader.thread, NULL);
		read += reader.read;
		lost += reader.damaged;
	}
	is(read, sent, "60 threads read three packets each and ended");
	is(lost, 0, "all whole");
	is(net_stats(ring).dropped, 0, "none was lost for want of blocks");
	torc_ring_close(ring);
	close(sender);
}

/* Everything at once: readers, settings from outside, the account, and disable at the end. */
static void test_settings(void)
{
	struct torc_ring *ring = net_ring("vb", TORC_REENTRANT | TORC_LONG_HEADER);
	struct reader readers[THREADS];
	struct torc_ring_info info = { .size = sizeof(info) };
	struct net_stream stream;
	struct torc_stats stats = { .size = sizeof(stats) };
	unsigned int unbalanced = 0;

	torc_ring_set_poll_duration(ring, 20);
	torc_ring_set_poll_duration(ring, -1);
	start_readers(readers, ring);
	net_stream_start(&stream, "va", 100, 5, 500);
	for (unsigned int i = 0; i < 40; i++) {
		torc_ring_set_filter(ring, i % 2 ? "udp port 7000" : "udp");
		torc_ring_set_direction(ring, i % 3 ? TORC_RX_AND_TX : TORC_RX_ONLY);
		torc_ring_set_sampling_rate(ring, i % 4);
		torc_ring_set_poll_watermark(ring, i % 2 ? 1 : 64);
		torc_ring_set_application_stats(ring, "busy");
		torc_ring_info(ring, &info);
		stats = net_stats(ring);
		unbalanced += !stats.balanced;
		if (i % 10 == 9) {
			torc_ring_remove_filter(ring);
			torc_ring_fd(ring);
		}
		net_sleep_ms(2);
	}
	is(unbalanced, 0, "the account balances while settings change");
	is(torc_ring_disable(ring), 0, "disable while four threads read");
	ok(join_readers(readers) > 0, "they read");
	for (unsigned int i = 0; i < THREADS; i++)
		is(readers[i].last_result, -TORC_ENOTENABLED, "and were told that it is over");
	net_stream_stop(&stream);
	stats = net_stats(ring);
	ok(stats.balanced && net_placed(&stats) == stats.kernel_seen, "the account balances");
	torc_ring_close(ring);
}

int main(void)
{
	net_pair("va", "vb");
	test_each_once(0, -1);
	test_each_once(TORC_LONG_HEADER, 100);
	test_each_once(TORC_IMMEDIATE, -1);
	test_long_hold(0);
	test_long_hold(TORC_IMMEDIATE);
	test_away(0);
	test_away(TORC_IMMEDIATE);
	test_away(TORC_LONG_HEADER);
	test_thread_ends();
	test_settings();
	return done();
}
