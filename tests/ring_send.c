/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ring_send.c - frames out of a ring: every byte arrives at the peer, others see them, what is
 * refused says why; a plain packet socket at the other end is the witness
 */
#include "net.h"

#include <linux/if_ether.h>
#include <sys/syscall.h>

static bool interrupted; /* a signal comes before each frame */

ssize_t sendto(int fd, const void *data, size_t length, int flags, const struct sockaddr *address,
	       socklen_t address_length)
{
	if (!interrupted)
		return syscall(SYS_sendto, fd, data, length, flags, address, address_length);
	errno = EINTR;
	return -1;
}

int sendmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags)
{
	if (!interrupted)
		return (int)syscall(SYS_sendmmsg, fd, messages, count, flags);
	errno = EINTR;
	return -1;
}

static int witness; /* a socket that receives on va */

static int listen_on(const char *interface)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
				       .sll_ifindex = (int)if_nametoindex(interface) };
	struct timeval patience = { .tv_sec = 3 };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), one = 1, bytes = 8 << 20;

	setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		note("witness: %s", strerror(errno));
	return fd;
}

/* The next frame at the witness; is it number `number` of `size` bytes? */
static bool arrives(unsigned int size, uint32_t number)
{
	uint8_t want[2048], got[2048];
	ssize_t length = recv(witness, got, sizeof(got), 0);

	net_frame(want, size, number);
	return length == (ssize_t)size && memcmp(want, got, size) == 0;
}

static bool nothing_arrives(void)
{
	uint8_t got[2048];

	net_sleep_ms(100);
	return recv(witness, got, sizeof(got), MSG_DONTWAIT) < 0;
}

static void test_send(struct torc_ring *ring)
{
	const unsigned int sizes[] = { 60, 61, 500, 1514 };
	uint8_t frame[2048];
	unsigned int good = 0;
	struct torc_stats before = net_stats(ring), after;

	for (unsigned int i = 0; i < 40; i++) {
		unsigned int size = sizes[i % 4];

		net_frame(frame, size, i);
		good += torc_ring_send(ring, frame, size) == (int)size && arrives(size, i);
	}
	is(good, 40, "40 frames arrive as they were sent");
	net_frame(frame, 1515, 0);
	is(torc_ring_send(ring, frame, 1515), -EMSGSIZE, "one byte too long");
	ok(strstr(torc_ring_error(ring), "longer than the MTU"), "in words: %s",
	   torc_ring_error(ring));
	ok(torc_ring_send(ring, frame, 5) < 0, "shorter than a header");
	ok(nothing_arrives(), "neither arrives");
	after = net_stats(ring);
	is(after.sent - before.sent, 40, "sent");
	is(after.sent_bytes - before.sent_bytes, 10 * (60 + 61 + 500 + 1514), "sent_bytes");
	is(after.send_errors - before.send_errors, 2, "send_errors");
}

static void test_batch(struct torc_ring *ring)
{
	static uint8_t bytes[300][1600];
	struct torc_packet packets[300];
	unsigned int good = 0;
	int flushed;

	for (unsigned int i = 0; i < 300; i++) {
		packets[i] = (struct torc_packet){ .data = bytes[i], .caplen = 60 + i };
		net_frame(bytes[i], 60 + i, i);
	}
	is(torc_ring_send_batch(ring, packets, 300), 300, "300 frames are queued");
	memset(bytes, 0, sizeof(bytes)); /* the bytes were copied */
	flushed = torc_ring_flush(ring);
	ok(flushed > 0 && flushed <= 300, "flush sends the rest (%d)", flushed);
	is(torc_ring_flush(ring), 0, "nothing is left");
	for (unsigned int i = 0; i < 300; i++)
		good += arrives(60 + i, i);
	is(good, 300, "all arrive, in order, as they were sent");

	for (unsigned int i = 0; i < 10; i++)
		net_frame(bytes[i], 60 + i, i);
	packets[5].caplen = 1600;
	is(torc_ring_send_batch(ring, packets, 10), 5, "the sixth of ten is too long: five are taken");
	is(torc_ring_send_batch(ring, packets + 5, 5), -EMSGSIZE, "as the first it is refused");
	is(torc_ring_flush(ring), 5, "five leave");
	for (unsigned int i = good = 0; i < 5; i++)
		good += arrives(60 + i, i);
	is(good, 5, "and arrive");
}

/* Signals without end are an error of each frame, and counted. */
static void test_interrupted(void)
{
	struct torc_ring *ring = net_ring("vb", 0);
	struct torc_stats stats = { .size = sizeof(stats) };
	struct torc_packet packets[3];
	uint8_t frame[64];

	net_frame(frame, sizeof(frame), 0);
	for (unsigned int i = 0; i < 3; i++)
		packets[i] = (struct torc_packet){ .data = frame, .caplen = 64, .len = 64 };
	interrupted = true;
	is(torc_ring_send(ring, frame, sizeof(frame)), -EINTR, "always interrupted: one frame");
	is(torc_ring_send_batch(ring, packets, 3), 3, "three are queued");
	is(torc_ring_flush(ring), 0, "and none leaves");
	interrupted = false;
	torc_ring_stats(ring, &stats);
	is(stats.send_errors, 4, "all four are counted");
	is(torc_ring_send(ring, frame, sizeof(frame)), 64, "the next one leaves");
	ok(arrives(64, 0), "and arrives");
	torc_ring_close(ring);
}

static void test_modes(void)
{
	struct torc_ring *ring;
	struct torc_ring_info info = { .size = sizeof(info) };
	struct torc_packet packet;
	uint8_t frame[60];

	net_frame(frame, sizeof(frame), 1);
	torc_ring_open(&ring, net_device("vb"), 0, 0, NULL);
	is(torc_ring_send(ring, frame, sizeof(frame)), -TORC_ENOTENABLED, "not enabled");
	is(torc_ring_set_mode(ring, TORC_RECV_ONLY), 0, "receive only");
	is(torc_ring_set_mode(ring, (enum torc_mode)9), -EINVAL, "there is no mode 9");
	torc_ring_enable(ring);
	is(torc_ring_set_mode(ring, TORC_SEND_ONLY), -EBUSY, "not while it is enabled");
	is(torc_ring_send(ring, frame, sizeof(frame)), -EOPNOTSUPP, "it does not send");
	packet = (struct torc_packet){ .data = frame, .caplen = sizeof(frame) };
	is(torc_ring_send_batch(ring, &packet, 1), -EOPNOTSUPP, "nor batches");
	is(torc_ring_flush(ring), -EOPNOTSUPP, "nor flushes");
	torc_ring_close(ring);

	torc_ring_open(&ring, net_device("vb"), 0, 0, NULL);
	is(torc_ring_set_mode(ring, TORC_SEND_ONLY), 0, "send only");
	torc_ring_set_poll_duration(ring, 0);
	torc_ring_enable(ring);
	is(torc_ring_next(ring, &packet), -EOPNOTSUPP, "it does not receive");
	is(torc_ring_wait(ring, 0), -EOPNOTSUPP, "nor wait");
	is(torc_ring_send(ring, frame, sizeof(frame)), sizeof(frame), "it sends");
	ok(arrives(sizeof(frame), 1), "and the frame arrives");
	torc_ring_info(ring, &info);
	is(info.mode, TORC_SEND_ONLY, "it says so");
	is(net_stats(ring).kernel_seen, 0, "nothing reached its ring");
	torc_ring_close(ring);
}

/* Out of another interface. */
static void test_send_on(void)
{
	struct torc_ring *any = net_ring("any", 0);
	uint8_t frame[60];

	net_frame(frame, sizeof(frame), 3);
	is(torc_ring_send(any, frame, sizeof(frame)), -ENODEV, "\"any\" is no interface to send on");
	is(torc_ring_send_on(any, (int)if_nametoindex("vb"), frame, sizeof(frame)), sizeof(frame),
	   "but sends on one that is named");
	ok(arrives(sizeof(frame), 3), "the frame arrives");
	ok(torc_ring_send_on(any, 9999, frame, sizeof(frame)) < 0, "there is no interface 9999");
	torc_ring_close(any);
}

static void test_send_on_none(void)
{
	struct torc_ring *none = net_ring("none", 0);
	uint8_t frame[60] = { 0 };

	is(torc_ring_send(none, frame, sizeof(frame)), -EOPNOTSUPP, "no device, no sending");
	torc_ring_close(none);
}

/* Sending while others capture on the same interface and at the peer. */
static void test_others(uint32_t flags)
{
	struct torc_ring *ring = net_ring("vb", flags);
	struct torc_ring *same = net_watcher("vb"), *peer = net_watcher("va");
	uint8_t frame[60];

	for (unsigned int i = 0; i < 100; i++) {
		net_frame(frame, sizeof(frame), i);
		torc_ring_send(ring, frame, sizeof(frame));
		arrives(sizeof(frame), i);
	}
	is(net_read_all(same, NULL, NULL), 100, "another ring on the interface sees what is sent");
	is(net_read_all(peer, NULL, NULL), 100, "and one at the peer");
	is(net_read_all(ring, NULL, NULL), 0, "the sender does not");
	torc_ring_close(ring);
	torc_ring_close(same);
	torc_ring_close(peer);
}

int main(void)
{
	const uint32_t kinds[] = { 0, TORC_IMMEDIATE, TORC_REENTRANT };

	net_pair("va", "vb");
	witness = listen_on("va");
	for (unsigned int i = 0; i < 3; i++) {
		struct torc_ring *ring = net_ring("vb", kinds[i]);

		test_send(ring);
		test_batch(ring);
		torc_ring_close(ring);
		test_others(kinds[i]);
	}
	if (net_is_xdp())
		skip("signals without end", "the tx ring of xdp: is no call");
	else
		test_interrupted();
	test_modes();
	if (net_is_xdp())
		skip("sending on any", "xdp: takes interfaces by name");
	else
		test_send_on();
	test_send_on_none();
	return done();
}
