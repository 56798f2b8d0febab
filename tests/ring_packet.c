/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ring_packet.c - what each packet says: lengths under a snaplen, time, interface, kind, headers;
 * and how long its bytes stay
 */
#include "net.h"

static int sender;

static uint64_t now_ns(void)
{
	return net_clock_ns(CLOCK_REALTIME);
}

static void test_snaplen(uint32_t snaplen, uint32_t flags)
{
	const uint32_t tag = 0x81000064;
	const unsigned int sizes[] = { 60, 100, 500, 1514 };
	struct torc_ring *ring;
	struct torc_packet packet;
	unsigned int wrong = 0, cut = 0;

	torc_ring_open(&ring, "vb", snaplen, flags, NULL);
	torc_ring_set_poll_duration(ring, 5000);
	torc_ring_enable(ring);
	for (unsigned int i = 0; i < 8; i++) {
		unsigned int size = sizes[i % 4], len = size + (i >= 4 ? 4 : 0);

		net_send_tagged(sender, &tag, i >= 4, size, i);
		if (torc_ring_next(ring, &packet) != 1) {
			wrong++;
			break;
		}
		cut += len > snaplen;
		wrong += packet.len != len;
		wrong += packet.caplen != (len < snaplen ? len : snaplen);
		if (snaplen >= NET_MIN + 4)
			wrong += !net_intact(&packet);
	}
	is(wrong, 0, "snaplen %u: caplen and len of packets with and without a tag", snaplen);
	is(net_stats(ring).truncated, cut, "those cut are counted");
	torc_ring_close(ring);
}

/* A snaplen stays in force under a filter, and a filter sees what is not kept. */
static void test_snaplen_and_filter(void)
{
	struct torc_ring *ring;
	struct torc_packet packet;

	torc_ring_open(&ring, "vb", 20, 0, NULL);
	torc_ring_set_filter(ring, "udp dst port 7000 and greater 100");
	torc_ring_set_poll_duration(ring, 5000);
	torc_ring_enable(ring);
	net_send_udp(sender, 1, 60, 0);
	net_send_udp(sender, 1, 200, 0);
	is(torc_ring_next(ring, &packet), 1, "a filter on bytes behind the snaplen");
	ok(packet.caplen == 20 && packet.len == 200, "matches, and 20 bytes are kept");
	torc_ring_close(ring);
}

struct times {
	uint64_t before, last;
	unsigned int early, back;
};

static void see_time(const struct torc_packet *packet, void *context)
{
	struct times *times = context;

	times->early += packet->timestamp_ns < times->before;
	times->back += packet->timestamp_ns + 1000000 < times->last;
	times->last = packet->timestamp_ns;
}

static void test_fields(uint32_t flags)
{
	struct torc_ring *ring = net_ring("vb", flags);
	struct times times = { .before = now_ns() };
	struct torc_packet packet;
	uint8_t frame[60];

	net_send_udp(sender, 300, 60, 0);
	is(net_read_all(ring, see_time, &times), 300, "300 packets");
	is(times.early, 0, "no stamp is from before they were sent");
	is(times.back, 0, "none is older than the one before it");
	ok(times.last <= now_ns(), "none is from later than now");

	torc_ring_set_poll_duration(ring, 5000);
	net_send_udp(sender, 1, 60, 1);
	torc_ring_next(ring, &packet);
	is(packet.ifindex, if_nametoindex("vb"), "ifindex");
	is(packet.link_type, TORC_LINK_ETHERNET, "link_type");
	is(packet.direction, TORC_PACKET_RX, "direction");
	is(packet.kind, TORC_PACKET_TO_HOST, "to this host's address");
	is(packet.flags & (TORC_PACKET_HW_TIMESTAMP | TORC_PACKET_VLAN_RESTORED), 0,
	   "a software stamp, and no tag");
	ok(packet.parsed == NULL, "not parsed, as not asked for");
	net_frame(frame, sizeof(frame), 2);
	memset(frame, 0xff, 6);
	net_send(sender, frame, sizeof(frame));
	torc_ring_next(ring, &packet);
	is(packet.kind, TORC_PACKET_BROADCAST, "broadcast");
	frame[0] = 0x01;
	net_send(sender, frame, sizeof(frame));
	torc_ring_next(ring, &packet);
	is(packet.kind, TORC_PACKET_MULTICAST, "multicast");
	frame[0] = 0x06;
	net_send(sender, frame, sizeof(frame));
	torc_ring_next(ring, &packet);
	is(packet.kind, TORC_PACKET_TO_OTHER, "to another host");
	torc_ring_close(ring);
}

static void check_parsed(const char *how, const struct torc_packet *packet)
{
	const struct torc_parsed *parsed = packet->parsed;

	if (!ok(parsed != NULL, "%s: parsed", how))
		return;
	ok(parsed->vlan_count == 1 && parsed->vlan_id == 100 && parsed->ether_type == 0x0800 &&
		   parsed->ip.version == 4 && parsed->ip.protocol == 17 &&
		   parsed->ip.source_port == NET_PORT + 1 &&
		   parsed->ip.destination_port == NET_PORT && parsed->network_offset == 18 &&
		   memcmp(parsed->source_mac, NET_MAC_A, 6) == 0 &&
		   memcmp(parsed->ip.destination, "\x0a\0\0\x02", 4) == 0,
	   "with what the headers say");
}

static void test_long_header(uint32_t flags)
{
	const uint32_t tag = 0x81000064;
	struct torc_ring *ring = net_ring("vb", TORC_LONG_HEADER | flags);
	struct torc_packet packet, batch[100], *copy = NULL;
	uint8_t buffer[60];
	int count, good = 0;

	torc_ring_set_poll_duration(ring, 5000);
	for (unsigned int i = 0; i < 104; i++)
		net_send_tagged(sender, &tag, 1, 80, i);
	net_wait_seen(ring, 104);
	if (!(flags & TORC_REENTRANT)) {
		torc_ring_wait(ring, 5000);
		is(torc_ring_peek(ring, &packet), 1, "peek");
		check_parsed("peek", &packet);
	}
	is(torc_ring_next(ring, &packet), 1, "next");
	check_parsed("next", &packet);
	is(torc_ring_read_to(ring, buffer, sizeof(buffer), &packet), 1, "read_to");
	check_parsed("read_to", &packet);
	is(packet.caplen, sizeof(buffer), "as much as the buffer takes");
	is(packet.len, 84, "the length stays");
	is(torc_ring_read(ring, &copy), 1, "read");
	for (int i = 3; i < 104; i += count) {
		count = torc_ring_next_batch(ring, batch, 100);
		if (count <= 0)
			break;
		for (int k = 0; k < count; k++)
			good += net_number(&batch[k]) == i + k && batch[k].parsed &&
				batch[k].parsed->vlan_id == 100;
		if (i == 3)
			check_parsed("next_batch", &batch[count - 1]);
	}
	is(good, 101, "all of the batches");
	check_parsed("the copy, long after", copy);
	ok(net_number(copy) == 2 && net_intact(copy), "it is whole");
	torc_packet_free(copy);
	torc_ring_close(ring);
}

/* Borrowed bytes stay while the ring wraps under them; and they are not copies. */
static void test_borrowed(uint32_t flags)
{
	struct torc_ring_options options = { .size = sizeof(options), .flags = flags,
					     .snaplen = 1600, .buffer_bytes = 128 << 10 };
	const uint32_t tag = 0x81000064;
	struct torc_ring *ring = net_ring_with("vb", &options);
	struct torc_packet packet, next;

	torc_ring_set_poll_duration(ring, 5000);
	net_send_tagged(sender, &tag, 1, 900, 4711);
	net_send_tagged(sender, &tag, 1, 900, 4712);
	net_wait_seen(ring, 2);
	is(torc_ring_next(ring, &packet), 1, "one packet is borrowed");
	net_send_udp(sender, 2000, 1000, 0);
	ok(net_intact(&packet) && net_number(&packet) == 4711 && packet.len == 904,
	   "2000 others come, and it is still whole");
	ok(net_stats(ring).dropped > 0, "the ring is full meanwhile");
	is(torc_ring_next(ring, &next), 1, "the next");
	ok(net_intact(&next) && net_number(&next) == 4712, "is whole too");
	if (!(flags & TORC_IMMEDIATE))
		ok(next.data - packet.data > 0 && next.data - packet.data < 2048,
		   "they lie side by side in the ring: no copies");
	torc_ring_close(ring);
}

int main(void)
{
	net_pair("va", "vb");
	sender = net_sender("va");
	for (unsigned int i = 0; i < 2; i++) {
		uint32_t flags = i ? TORC_IMMEDIATE : 0;

		test_snaplen(64, flags);
		test_snaplen(1, flags);
		test_snaplen(14, flags);
		test_snaplen(1518, flags);
		test_fields(flags);
		test_long_header(flags);
		test_long_header(flags | TORC_REENTRANT);
		test_borrowed(flags);
	}
	test_snaplen_and_filter();
	return done();
}
