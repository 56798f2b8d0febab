/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ring_depth.c - a default ring holds packets, not time: what comes slowly while nobody reads stays
 *
 * A number of packets is sent, some time apart from each other, and only then read.
 */
#include <netinet/in.h>
#include <sys/socket.h>

#include "net.h"

#define PROMISED_MS 4000 /* a reader may be away that long */

static unsigned int send_slowly(unsigned int packets, unsigned int apart_us, uint64_t *took_ms)
{
	uint64_t start = net_now_ms();
	unsigned int sent = 0;
	int sender = net_sender("va");

	while (sent < packets && net_send_udp(sender, 1, 100, sent) == 1) {
		sent++;
		usleep(apart_us);
	}
	close(sender);
	*took_ms = net_now_ms() - start;
	return sent;
}

static void see(const struct torc_packet *packet, void *context)
{
	unsigned int *wrong = context;

	*wrong += !net_intact(packet) || packet->caplen != packet->len;
}

static void test_pause(uint32_t flags, uint32_t snaplen, unsigned int packets,
		       unsigned int apart_us)
{
	struct torc_ring_options options = { .size = sizeof(options), .flags = flags,
					     .snaplen = snaplen };
	struct torc_ring *ring = net_ring_with("vb", &options);
	struct torc_stats stats;
	unsigned int wrong = 0, sent, read;
	uint64_t took_ms;

	sent = send_slowly(packets, apart_us, &took_ms);
	net_wait_seen(ring, sent);
	read = net_read_all(ring, see, &wrong);
	stats = net_stats(ring);
	if (took_ms > PROMISED_MS && read < sent)
		skip("nothing is lost", "the machine is busy: sending took too long");
	else
		is(read, sent, "%s, snaplen %u: of packets %u us apart none is lost in %u ms",
		   flags & TORC_IMMEDIATE ? "immediate" : "default", snaplen, apart_us,
		   (unsigned int)took_ms);
	is(wrong, 0, "they are whole");
	ok(stats.balanced && stats.received + stats.dropped == sent, "the account balances");
	torc_ring_close(ring);
}

/* A reader that holds a packet, and its block, while it is away. */
static void test_pause_inside(void)
{
	struct torc_ring_options options = { .size = sizeof(options) };
	struct torc_ring *ring = net_ring_with("vb", &options);
	struct torc_packet held;
	unsigned int wrong = 0, sent, read;
	uint64_t took_ms;
	int sender = net_sender("va");

	torc_ring_set_poll_duration(ring, 5000);
	net_send_udp(sender, 1, 100, 0);
	is(torc_ring_next(ring, &held), 1, "one packet is read and held");
	sent = send_slowly(1000, 1000, &took_ms);
	net_wait_seen(ring, sent + 1);
	ok(net_intact(&held), "it is whole");
	read = net_read_all(ring, see, &wrong);
	if (took_ms > PROMISED_MS && read < sent)
		skip("nothing is lost", "the machine is busy: sending took too long");
	else
		is(read, sent, "what came meanwhile is there");
	torc_ring_close(ring);
	close(sender);
}

/* Twice the memory, twice the blocks. */
static void test_proportion(void)
{
	struct torc_ring_options options = { .size = sizeof(options) };
	struct torc_ring *rings[2];
	struct torc_ring_info info[2] = { { .size = sizeof(info[0]) }, { .size = sizeof(info[1]) } };

	for (unsigned int i = 0; i < 2; i++) {
		rings[i] = net_ring_with("vb", &options);
		torc_ring_info(rings[i], &info[i]);
		options.buffer_bytes = 2 * info[0].buffer_bytes;
	}
	is(info[1].buffer_bytes / info[1].block_bytes,
	   2 * (info[0].buffer_bytes / info[0].block_bytes), "twice the memory is twice the blocks");
	for (unsigned int i = 0; i < 2; i++)
		torc_ring_close(rings[i]);
}

/* A datagram that the loopback interface carries as one frame of 60,042 bytes. */
static void send_long(unsigned int count)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	static uint8_t bytes[60000];
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	memset(bytes, 0x5a, sizeof(bytes));
	for (unsigned int i = 0; i < count; i++)
		sendto(fd, bytes, sizeof(bytes), 0, (void *)&to, sizeof(to));
	close(fd);
}

struct lengths {
	unsigned int whole, cut, spoilt;
};

static void measure(const struct torc_packet *packet, struct lengths *lengths)
{
	if (packet->len != 60042)
		return;
	lengths->whole += packet->caplen == packet->len;
	lengths->cut += packet->caplen < packet->len;
	for (uint32_t i = 42; i < packet->caplen; i++)
		if (packet->data[i] != 0x5a) {
			lengths->spoilt++;
			break;
		}
}

/* What snaplen promises has room, whatever the buffer; else it is told to be cut. */
static void test_long(uint32_t flags, uint64_t buffer_bytes, unsigned int count)
{
	struct torc_ring_options options = { .size = sizeof(options), .flags = flags,
					     .buffer_bytes = buffer_bytes };
	struct torc_ring *ring = net_ring_of("lo", &options);
	struct lengths lengths = { 0 };
	struct torc_packet packet;
	struct torc_stats stats;

	torc_ring_set_filter(ring, "udp port 9");
	torc_ring_set_poll_duration(ring, 300);
	send_long(count);
	while (torc_ring_next(ring, &packet) > 0)
		measure(&packet, &lengths);
	stats = net_stats(ring);
	note("flags %u, buffer %llu: %u whole, %u cut, %u lost", flags,
	     (unsigned long long)buffer_bytes, lengths.whole, lengths.cut,
	     (unsigned int)stats.dropped);
	if (count == 1)
		is(lengths.whole, 1, "a packet of 60,042 bytes is whole");
	is(lengths.spoilt, 0, "each byte is right");
	is(stats.truncated, lengths.cut, "what is cut is counted as truncated");
	ok(stats.balanced, "the account balances");
	torc_ring_close(ring);
}

/* Long packets whose frames wait while the ring is stopped stay whole, and do not mix. */
static void test_long_and_short(void)
{
	struct torc_ring_options options = { .size = sizeof(options), .flags = TORC_IMMEDIATE };
	struct torc_ring *ring = net_ring_of("lo", &options);
	struct lengths lengths = { 0 };
	struct torc_packet packet;
	unsigned int others = 0;
	int sender = net_sender("lo");

	for (unsigned int i = 0; i < 20; i++) {
		net_send_udp(sender, 3, 100, 3 * i);
		if (i % 10 == 0)
			send_long(1);
	}
	torc_ring_set_poll_duration(ring, 300);
	while (torc_ring_next(ring, &packet) > 0) {
		measure(&packet, &lengths);
		others += net_number(&packet) >= 0 && net_intact(&packet);
	}
	is(lengths.whole, 2, "two long packets among short ones are whole");
	is(lengths.spoilt, 0, "each byte is theirs");
	is(others, 60, "the short ones are intact");
	torc_ring_close(ring);
	close(sender);
}

int main(void)
{
	net_pair("va", "vb");
	net_run("ip link set lo up");
	test_pause(0, 0, 1200, 1000);
	test_pause(0, 0, 200, 7000);
	test_pause(0, 0, 10000, 50);
	test_pause(0, 128, 1200, 1000);
	test_pause(TORC_IMMEDIATE, 0, 3000, 100);
	test_pause_inside();
	test_proportion();
	test_long(0, 0, 1);
	test_long(0, 256 << 10, 1);
	test_long(TORC_IMMEDIATE, 0, 1);
	test_long(TORC_IMMEDIATE, 0, 200);
	test_long_and_short();
	return done();
}
