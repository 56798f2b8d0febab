/* SPDX-License-Identifier: BSD-3-Clause */
/* Receiving through the drop-in libpfring: every call, on live packets. */
#include <pthread.h>

#include "pfring_net.h"

static int tx;

static void test_open(void)
{
	pfring *ring;

	ok(!pfring_open("nosuch0", 128, 0) && errno == ENODEV, "no such device: ENODEV");
	ok(!pfring_open("zc:p1", 128, 0) && errno == ENODEV, "a bypass card: ENODEV");
	ok(!pfring_open(NULL, 128, 0) && errno == EINVAL, "no name: EINVAL");
	ok(!pfring_open("p1@x", 128, 0) && errno == EINVAL, "a bad queue list: EINVAL");
	ok(!pfring_open("p1.9999", 128, 0) && errno == EINVAL, "a bad VLAN: EINVAL");
	ok(!pfring_open("p1", 128, PF_RING_L7_FILTERING) && errno == ENOTSUP, "L7: ENOTSUP");
	run("ip link add down0 type veth peer name down1");
	ok(!pfring_open("down0", 128, 0) && errno == ENETDOWN, "a device that is down: ENETDOWN");
	run("ip link del down0");

	errno = 77;
	ring = pfring_open("p1", 128, PF_RING_PROMISC);
	ok(ring && errno == 0, "errno is 0 after a good open");
	ok(ring && ring->fd >= 0 && ring->caplen == 128 && ring->mtu == 1500 && !ring->enabled &&
		   !ring->zc_device && ring->recv_burst && !ring->recv_chunk,
	   "the handle tells what programs read");
	ok(ring && strcmp(ring->device_name, "p1") == 0, "the device's name");
	pfring_close(ring);
	ring = pfring_open("p1", MAX_CAPLEN + 1, 0);
	is(ring ? pfring_get_caplen(ring) : 0, MAX_CAPLEN, "a large caplen is capped");
	pfring_close(ring);
	pfring_close(NULL);
}

static void test_states(void)
{
	struct pfring_pkthdr hdr;
	pfring_stat stats = { 1, 1, 1 };
	u_char *data;
	pfring *ring = pfring_open("p1", 1500, 0);

	is(pfring_recv(ring, &data, 0, &hdr, 1), PF_RING_ERROR_RING_NOT_ENABLED, "not enabled");
	is(pfring_recv(NULL, &data, 0, &hdr, 1), PF_RING_ERROR_NOT_SUPPORTED, "no ring");
	ok(pfring_stats(ring, &stats) == 0 && stats.recv == 0 && stats.drop == 0 && !stats.shunt,
	   "zeros while disabled");
	send_many(tx, 5, 2000);
	is(pfring_enable_ring(ring), 0, "enable");
	is(pfring_enable_ring(ring), 0, "enable again");
	is(pfring_set_socket_mode(ring, recv_only_mode), -1, "the mode is set before");
	is(drain(ring), 0, "nothing from before");
	send_many(tx, 5, 2000);
	is(drain(ring), 5, "what came since");
	ok(pfring_stats(ring, &stats) == 0 && stats.recv == 5 && stats.drop == 0, "counted");
	is(pfring_disable_ring(ring), 0, "disable");
	is(pfring_disable_ring(ring), 0, "disable again");
	is(pfring_recv(ring, &data, 0, &hdr, 1), PF_RING_ERROR_RING_NOT_ENABLED, "disabled");
	pfring_close(ring);

	ring = pfring_open("p1", 1500, 0);
	is(pfring_set_socket_mode(ring, send_only_mode), 0, "send only");
	pfring_enable_ring(ring);
	is(pfring_recv(ring, &data, 0, &hdr, 1), PF_RING_ERROR_NOT_SUPPORTED, "does not receive");
	pfring_close(ring);
}

static void test_short_header(void)
{
	struct pfring_pkthdr hdr;
	const char zeros[sizeof(hdr.extended_hdr.parsed_pkt)] = { 0 };
	struct frame frame = { .source = 1, .destination = 2, .source_port = 1000,
			       .destination_port = 2000, .number = 7 };
	u_char copy[64], *data, *buffer = copy;
	struct timespec now;
	pfring *ring = open_enabled("p1", 0);

	memset(&hdr, 0xAA, sizeof(hdr));
	send_frame(tx, &frame);
	is(receive(ring, &data, &hdr), 1, "a packet");
	clock_gettime(CLOCK_REALTIME, &now);
	ok(hdr.caplen == FRAME_BYTES && hdr.len == FRAME_BYTES && number_of(data, &hdr) == 7,
	   "whole, as it was sent");
	ok(hdr.extended_hdr.timestamp_ns / 1000000000 == (uint64_t)hdr.ts.tv_sec &&
		   hdr.extended_hdr.timestamp_ns % 1000000000 / 1000 == (uint64_t)hdr.ts.tv_usec &&
		   now.tv_sec - hdr.ts.tv_sec < 5,
	   "both timestamps, and they agree");
	ok(hdr.extended_hdr.rx_direction == 1 &&
		   hdr.extended_hdr.if_index == (int)if_nametoindex("p1"),
	   "direction and interface");
	is(hdr.extended_hdr.pkt_hash, 0x0A000001u + 0x0A000102u + 17 + 1000 + 2000,
	   "the hash is the sum of the five");
	ok(memcmp(&hdr.extended_hdr.parsed_pkt, zeros, sizeof(zeros)) == 0,
	   "parsed_pkt is zero where it was not asked for");

	send_frame(tx, &frame);
	memset(copy, 0xEE, sizeof(copy));
	while (pfring_recv(ring, &buffer, 40, &hdr, 0) == 0)
		usleep(1000);
	ok(buffer == copy && hdr.caplen == FRAME_BYTES && copy[12] == 8 && copy[40] == 0xEE,
	   "a copy ends where the buffer does");
	pfring_close(ring);
}

static void test_long_header(void)
{
	struct frame frame = { .vlan = 100, .protocol = IPPROTO_TCP, .source = 3,
			       .destination = 4, .source_port = 5, .destination_port = 6 };
	struct pfring_pkthdr hdr;
	const struct pkt_parsing_info *info = &hdr.extended_hdr.parsed_pkt;
	u_char *data;
	pfring *ring = open_enabled("p1", PF_RING_LONG_HEADER);

	is(pfring_get_slot_header_len(ring), 209, "the long header's size");
	send_frame(tx, &frame);
	is(receive(ring, &data, &hdr), 1, "a packet");
	ok(hdr.len == FRAME_BYTES + 4 && data[12] == 0x81 && data[15] == 100, "tag in place");
	ok(info->vlan_id == 100 && info->eth_type == 0x0800 && info->ip_version == 4, "link");
	is(info->ip_src.v4, 0x0A000003, "IPv4 in host order");
	ok(info->l3_proto == IPPROTO_TCP && info->l4_src_port == 5 && info->l4_dst_port == 6,
	   "transport");
	ok(info->offset.vlan_offset == 14 && info->offset.l3_offset == 18 &&
		   info->offset.l4_offset == 38 && info->offset.payload_offset == 58,
	   "offsets, with the tag");
	ok(info->tunnel.tunnel_id == NO_TUNNEL_ID && info->last_matched_rule_id == 0xFFFF,
	   "no tunnel, no rule");
	is(hdr.extended_hdr.pkt_hash, 0x0A000003u + 0x0A000104u + 6 + 5 + 6 + 100,
	   "the hash has the VLAN too");
	ok(info->dmac[5] == 2 && info->smac[5] == 1, "MAC addresses");
	pfring_close(ring);
}

static void test_burst(void)
{
	pfring_packet_info packets[16];
	unsigned int count = 0;
	uint32_t number;
	bool order = true;
	pfring *ring = open_enabled("p1", 0);

	send_many(tx, 40, 2000);
	for (unsigned int tries = 0; count < 40 && tries < 2000; tries++) {
		int rc = pfring_recv_burst(ring, packets, 16, 0);

		if (rc <= 0)
			usleep(1000);
		for (int i = 0; i < rc; i++, count++) {
			memcpy(&number, packets[i].data + packets[i].len - 4, 4);
			order = order && number == count && packets[i].caplen == FRAME_BYTES &&
				packets[i].ts.tv_sec > 0 && packets[i].hash != 0;
		}
	}
	ok(count == 40 && order, "bursts: all 40 packets, in order");
	is(pfring_recv_burst(ring, packets, 16, 0), 0, "and no more");
	pfring_close(ring);
}

static void test_waiting(void)
{
	struct pollfd fd = { .events = POLLIN };
	struct timespec time;
	u_int64_t raw = 0;
	struct pfring_pkthdr hdr = { .len = 0 };
	u_char *data;
	pfring *ring = open_enabled("p1", 0);

	is(pfring_poll(ring, 0), 0, "nothing there");
	is(pfring_poll(ring, 20), 0, "nothing came");
	is(pfring_is_pkt_available(ring), 0, "nothing available");
	is(pfring_next_pkt_time(ring, &time), PF_RING_ERROR_NO_PKT_AVAILABLE, "no next time");
	fd.fd = pfring_get_selectable_fd(ring);
	send_many(tx, 3, 2000);
	is(poll(&fd, 1, 2000), 1, "the descriptor becomes readable");
	is(pfring_poll(ring, 2000), 1, "so poll says");
	is(pfring_is_pkt_available(ring), 1, "and is_pkt_available");
	ok(pfring_next_pkt_time(ring, &time) == 0 &&
		   pfring_next_pkt_raw_timestamp(ring, &raw) == 0 &&
		   (u_int64_t)time.tv_sec * 1000000000 + (u_int64_t)time.tv_nsec == raw,
	   "the next packet's time, twice the same");
	is(pfring_recv(ring, &data, 0, &hdr, 1), 1, "recv");
	is(hdr.extended_hdr.timestamp_ns == raw, 1, "it had that time");
	pfring_sync_indexes_with_kernel(ring);
	is(pfring_recv(ring, &data, 0, &hdr, 1), 1, "recv");
	is(poll(&fd, 1, 2000), 1, "readable with one packet left");
	is(pfring_recv(ring, &data, 0, &hdr, 1), 1, "recv");
	is(pfring_recv(ring, &data, 0, &hdr, 0), 0, "empty again");
	is(pfring_get_num_queued_pkts(ring), 0, "nothing queued");
	pfring_close(ring);
}

static void *breaker(void *ring)
{
	usleep(50000);
	pfring_breakloop(ring);
	return NULL;
}

static unsigned int loop_count;
static pfring *loop_ring;

static void looper(const struct pfring_pkthdr *h, const u_char *p, const u_char *user)
{
	(void)h;
	(void)p;
	if (++loop_count == *(const unsigned int *)(const void *)user)
		pfring_breakloop(loop_ring);
}

static void test_breaking(void)
{
	struct pfring_pkthdr hdr;
	unsigned int want = 5;
	pthread_t thread;
	u_char *data;
	pfring *ring = open_enabled("p1", 0);

	pthread_create(&thread, NULL, breaker, ring);
	errno = 0;
	is(pfring_recv(ring, &data, 0, &hdr, 1), 0, "breakloop wakes a waiting recv");
	is(errno, EINTR, "with EINTR");
	pthread_join(thread, NULL);
	pfring_breakloop(ring);
	is(pfring_recv(ring, &data, 0, &hdr, 1), 0, "a break between two calls is not lost");
	send_many(tx, 1, 2000);
	is(pfring_recv(ring, &data, 0, &hdr, 1), 1, "and counts once");

	loop_ring = ring;
	pfring_breakloop(ring);
	send_many(tx, 8, 2000);
	is(pfring_loop(ring, looper, (const u_char *)&want, 1), 0, "loop ends with 0");
	is(loop_count, 5, "loop forgets an old break, and stops at once");
	is(drain(ring), 3, "the rest is still there");
	pthread_create(&thread, NULL, breaker, ring);
	is(pfring_loop(ring, looper, (const u_char *)&want, 1), 0, "an idle loop is woken");
	pthread_join(thread, NULL);

	pfring_shutdown(ring);
	is(pfring_recv(ring, &data, 0, &hdr, 1), -1, "after shutdown recv fails");
	is(pfring_loop(ring, looper, NULL, 1), -1, "and so does loop");
	pfring_close(ring);
}

/* Two threads share a ring; each packet goes to one of them, and a break ends both. */
static void *reader(void *argument)
{
	struct pfring_pkthdr hdr;
	unsigned long count = 0;
	u_char *data;

	while (pfring_recv(argument, &data, 0, &hdr, 1) > 0)
		count += hdr.len == FRAME_BYTES && data[12] == 8;
	return (void *)count;
}

static void test_reentrant(void)
{
	pfring *ring = open_enabled("p1", PF_RING_REENTRANT);
	pthread_t threads[2];
	pfring_stat stats;
	unsigned long total = 0;
	void *count;

	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, reader, ring);
	send_many(tx, 500, 2000);
	for (int i = 0; i < 2000; i++) {
		pfring_stats(ring, &stats);
		if (stats.recv == 500)
			break;
		usleep(1000);
	}
	usleep(20000); /* both are waiting again */
	pfring_breakloop(ring);
	for (int i = 0; i < 2; i++) {
		pthread_join(threads[i], &count);
		total += (unsigned long)count;
	}
	is(total, 500, "two threads, zero-copy: each packet once");
	pfring_close(ring);
}

static void test_file(void)
{
	struct pfring_pkthdr hdr = { .len = 0 };
	pcap_dumper_t *dumper;
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 65535);
	struct pcap_pkthdr record = { .ts = { 1700000000, 123456 }, .caplen = FRAME_BYTES,
				      .len = FRAME_BYTES };
	uint8_t bytes[FRAME_BYTES];
	u_char *data = NULL;
	pfring *ring;

	build(bytes, &(struct frame){ .number = 42 });
	dumper = pcap_dump_open(pcap, "/run/pfring_test.pcap");
	if (!dumper) {
		skip("pcap:FILE", "cannot write to /run");
		return;
	}
	pcap_dump((u_char *)dumper, &record, bytes);
	pcap_dump_close(dumper);
	pcap_close(pcap);
	ring = open_enabled("pcap:/run/pfring_test.pcap", 0);
	is(pfring_recv(ring, &data, 0, &hdr, 1), 1, "pcap:FILE gives its packet");
	ok(number_of(data, &hdr) == 42 && hdr.ts.tv_sec == 1700000000 && hdr.ts.tv_usec == 123456,
	   "with the file's time");
	is(pfring_recv(ring, &data, 0, &hdr, 1), -2, "and then -2, as pcap_next_ex()");
	pfring_close(ring);
	unlink("/run/pfring_test.pcap");
}

static void test_overflow(void)
{
	pfring *ring = open_enabled("p1", 0);
	pfring_stat stats;
	unsigned int got;

	send_many(tx, 300000, 2000);
	ok(pfring_stats(ring, &stats) == 0 && stats.recv == 0, "nothing is read yet");
	got = drain(ring);
	pfring_stats(ring, &stats);
	is(stats.recv, got, "recv is what was read");
	is(stats.recv + stats.drop, 300000, "read and dropped are what was sent");
	pfring_close(ring);
}

/* Reads one packet without copying, looks at it again much later, and ends. */
struct away {
	pthread_t thread;
	pfring *ring;
	pthread_barrier_t read, look;
	bool good;
};

static void *read_once(void *argument)
{
	struct away *away = argument;
	struct pfring_pkthdr hdr;
	u_char *data;
	uint32_t number = 0;
	bool good = receive(away->ring, &data, &hdr) == 1;

	if (good)
		number = number_of(data, &hdr);
	pthread_barrier_wait(&away->read);
	pthread_barrier_wait(&away->look);
	away->good = good && number_of(data, &hdr) == number;
	return NULL;
}

/*
 * A program whose work moves between threads (Go's goroutines do): some have read once and are
 * away. One packet at a time is sent, each in a block of its own, and more than the ring has blocks.
 */
static void test_away(void)
{
	struct frame frame = { .source = 1, .destination = 2, .source_port = 1000,
			       .destination_port = 2000 };
	struct away away[3];
	struct pfring_pkthdr hdr;
	u_char buffer[128], *data = buffer;
	unsigned int read = 0, turns = 700;
	pfring *ring;

	ring = open_enabled("p1", PF_RING_REENTRANT);
	pfring_set_poll_watermark(ring, 1);
	for (int i = 0; i < 3; i++) {
		away[i] = (struct away){ .ring = ring };
		pthread_barrier_init(&away[i].read, NULL, 2);
		pthread_barrier_init(&away[i].look, NULL, 2);
		pthread_create(&away[i].thread, NULL, read_once, &away[i]);
		send_frame(tx, &frame);
		pthread_barrier_wait(&away[i].read);
		frame.number++;
	}
	for (unsigned int n = 0; n < turns && read == n; n++) {
		send_frame(tx, &frame);
		for (int tries = 0; tries < 10000 && read == n; tries++) {
			if (pfring_recv(ring, &data, sizeof(buffer), &hdr, 0) > 0)
				read += number_of(data, &hdr) == frame.number;
			else
				usleep(100);
		}
		frame.number++;
	}
	is(read, turns, "one thread reads on while three are away");
	for (int i = 0; i < 3; i++) {
		pthread_barrier_wait(&away[i].look);
		pthread_join(away[i].thread, NULL);
		ok(away[i].good, "the packet of thread %d is whole", i);
	}
	pfring_close(ring);
}

int main(void)
{
	need_veth();
	tx = sender_open("p0");
	test_open();
	test_states();
	test_short_header();
	test_long_header();
	test_burst();
	test_waiting();
	test_breaking();
	test_reentrant();
	test_away();
	test_file();
	test_overflow();
	return done();
}
