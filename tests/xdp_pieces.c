/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames larger than a page, in several pieces of an AF_XDP ring: each packet comes whole, byte for
 * byte and once, on jumbo interfaces and on lo; the account counts packets and not pieces.
 */
#include <torc/ring.h>

#include "xdp.h"

#define LARGEST 65536u

static unsigned int large_frame(uint8_t *frame, uint32_t number, unsigned int largest)
{
	unsigned int length = 60 + number * 997 % (largest - 59);

	for (unsigned int i = 0; i < length; i++)
		frame[i] = (uint8_t)(number + i * 11 + i / 251);
	memcpy(frame, "\x02\0\0\0\0\1\x02\0\0\0\0\2\x88\xb5", 14);
	return length;
}

/* Returns how many bytes they have. */
static uint64_t send_large(int fd, uint32_t from, uint32_t count, unsigned int largest)
{
	static uint8_t frame[LARGEST];
	uint64_t bytes = 0;

	for (uint32_t i = from; i < from + count; i++) {
		unsigned int length = large_frame(frame, i, largest);

		while (send(fd, frame, length, 0) < 0)
			usleep(100);
		bytes += length;
	}
	return bytes;
}

static bool right_packet(const struct torc_packet *packet, uint32_t number, unsigned int largest)
{
	static uint8_t frame[LARGEST];
	unsigned int length = large_frame(frame, number, largest);

	return packet->len == length && packet->caplen == length &&
	       !memcmp(packet->data, frame, length) && !(packet->flags & TORC_PACKET_BATCH_TIMESTAMP);
}

static struct torc_ring *open_ring(const char *device, uint64_t buffer_bytes)
{
	return xdp_ring_if_possible(device, buffer_bytes, 1000);
}

static void packets_come_whole(const char *device, const char *peer, unsigned int largest)
{
	struct torc_ring *ring = open_ring(device, 0);
	int sender = packet_socket(peer, 0);
	struct torc_packet packet, batch[20];
	unsigned int good = 0, got = 0;
	struct torc_stats stats = { .size = sizeof(stats) };
	uint64_t bytes = 0;

	is(torc_ring_enable(ring), 0, "%s: enabled", device);
	for (uint32_t i = 0; i < 500; i += 20) {
		bytes += send_large(sender, i, 20, largest);
		for (got = 0; got < 20; got++)
			good += torc_ring_next(ring, &packet) > 0 &&
				right_packet(&packet, i + got, largest);
	}
	is(good, 500, "%s: 500 packets of up to %u bytes", device, largest);
	for (uint32_t i = good = 0; i < 200; i += 20) { /* all borrowed at once */
		bytes += send_large(sender, i, 20, largest);
		for (got = 0; got < 20;) {
			int count = torc_ring_next_batch(ring, batch, 20 - got);

			for (int k = 0; k < count; k++)
				good += right_packet(&batch[k], i + got + (unsigned int)k, largest);
			if (count <= 0)
				break;
			got += (unsigned int)count;
		}
	}
	is(good, 200, "%s: and batches", device);
	torc_ring_stats(ring, &stats);
	ok(stats.kernel_seen == 700 && stats.received == 700 && stats.received_bytes == bytes &&
	   stats.dropped == 0 && stats.balanced, "%s: the account has packets, not pieces (%d)",
	   device, (int)stats.kernel_seen);
	torc_ring_close(ring);
	close(sender);
}

/* Nobody reads: what is waiting is counted as packets too, and what is lost. */
static void packets_wait(const char *device, const char *peer)
{
	struct torc_ring *ring = open_ring(device, 1 << 20);
	int sender = packet_socket(peer, 0);
	struct torc_packet packet;
	struct torc_stats stats = { .size = sizeof(stats) };

	torc_ring_enable(ring);
	send_large(sender, 0, 300, 9014);
	for (unsigned int tries = 0; tries < 2000 && stats.kernel_seen < 300; tries++) {
		torc_ring_stats(ring, &stats);
		usleep(1000);
	}
	is(stats.kernel_seen, 300, "%s: 300 seen", device);
	ok(stats.dropped > 0 && stats.dropped + stats.waiting == 300 && stats.balanced,
	   "%s: %d lost, %d waiting", device, (int)stats.dropped, (int)stats.waiting);
	ok(torc_ring_next(ring, &packet) > 0 && right_packet(&packet, 0, 9014),
	   "%s: the first is whole", device);
	torc_ring_disable(ring);
	torc_ring_stats(ring, &stats);
	ok(stats.balanced && stats.kernel_seen == 300 && stats.waiting == 0,
	   "%s: disabled: it balances", device);
	send_large(sender, 0, 20, 9014);
	torc_ring_enable(ring);
	send_large(sender, 40, 20, 9014);
	for (uint32_t i = 40; i < 60; i++)
		if (!ok(torc_ring_next(ring, &packet) > 0 && right_packet(&packet, i, 9014),
			"%s: enabled again: %u", device, i))
			break;
	torc_ring_stats(ring, &stats);
	ok(stats.balanced && stats.kernel_seen == 320, "%s: what came meanwhile is not its own",
	   device);
	torc_ring_close(ring);
	close(sender);
}

static void filter_sees_all_of_them(void)
{
	struct torc_ring *ring = open_ring("xdp:va", 0);
	int sender = packet_socket("vb", 0);
	struct torc_packet packet;
	static uint8_t frame[LARGEST];
	unsigned int good = 0, want = 0;

	is(torc_ring_set_filter(ring, "greater 5000 and ether[5000] > 100"), 0, "a filter");
	torc_ring_enable(ring);
	torc_ring_set_poll_duration(ring, 300);
	send_large(sender, 0, 100, 9014);
	for (uint32_t i = 0; i < 100; i++)
		want += large_frame(frame, i, 9014) >= 5001 && frame[5000] > 100;
	while (torc_ring_next(ring, &packet) > 0)
		good += packet.len >= 5001 && packet.data[5000] > 100;
	ok(want > 0 && good == want, "looks at any byte (%u of %u)", good, want);
	torc_ring_close(ring);
	close(sender);
}

static void large_frames_are_sent(void)
{
	struct torc_ring *ring = open_ring("xdp:va", 0);
	int peer = packet_socket("vb", 0x0003);
	struct pollfd wait = { .fd = peer, .events = POLLIN };
	static uint8_t frame[LARGEST], got[LARGEST];
	struct torc_packet packets[3];
	unsigned int good = 0;

	torc_ring_enable(ring);
	for (uint32_t i = 1; i < 20; i++) {
		unsigned int length = large_frame(frame, i, 9014);

		good += torc_ring_send(ring, frame, length) == (int)length && poll(&wait, 1, 1000) > 0 &&
			recv(peer, got, sizeof(got), 0) == (ssize_t)length && !memcmp(got, frame, length);
	}
	is(good, 19, "frames of up to 9014 bytes are sent");
	is(torc_ring_send(ring, frame, 9015), -EMSGSIZE, "one more is too long");
	for (unsigned int i = 0; i < 3; i++)
		packets[i] = (struct torc_packet){ .data = frame, .caplen = i == 1 ? 8000 : 100 };
	is(torc_ring_send_batch(ring, packets, 3), 3, "a batch");
	torc_ring_flush(ring);
	for (unsigned int i = good = 0; i < 3 && poll(&wait, 1, 1000) > 0; i++)
		good += recv(peer, got, sizeof(got), 0) == (i == 1 ? 8000 : 100);
	is(good, 3, "leaves in order");
	torc_ring_close(ring);
	close(peer);
}

int main(void)
{
	struct torc_ring *ring;

	make_veth(1);
	run("ip link set va mtu 9000; ip link set vb mtu 9000");
	packets_come_whole("xdp:va", "vb", 9014);
	packets_come_whole("xdp:va;generic=1", "vb", 9014);
	packets_come_whole("xdp:va;mode=tap", "vb", 9014);
	packets_come_whole("xdp:va;mode=tap;generic=1", "vb", 9014);
	packets_come_whole("xdp:lo", "lo", 60000);
	packets_come_whole("xdp:lo;mode=tap", "lo", 60000);
	packets_wait("xdp:va", "vb");
	packets_wait("xdp:lo", "lo");
	filter_sees_all_of_them();
	large_frames_are_sent();
	ring = open_ring("xdp:va", 0);
	is(torc_ring_set_cluster(ring, 5, TORC_CLUSTER_PER_FLOW), -EOPNOTSUPP, "no cluster: %s",
	   torc_ring_error(ring));
	torc_ring_close(ring);
	return done();
}
