/* SPDX-License-Identifier: BSD-3-Clause */
/* xdp.h - a veth pair, a sender and an AF_XDP engine, for the tests of the engine itself */
#ifndef TORC_TEST_XDP_H
#define TORC_TEST_XDP_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include "engine/engine.h"
#include "test.h"

static inline void run(const char *command)
{
	if (system(command) != 0)
		note("failed: %s", command);
}

/* va <-> vb, up and silent. */
static inline void make_veth(unsigned int queues)
{
	char command[256];

	snprintf(command, sizeof(command),
		 "ip link add va numrxqueues %u numtxqueues %u type veth peer name vb numrxqueues %u "
		 "numtxqueues %u",
		 queues, queues, queues, queues);
	run(command);
	run("echo 1 | tee /proc/sys/net/ipv6/conf/va/disable_ipv6 "
	    "/proc/sys/net/ipv6/conf/vb/disable_ipv6 >/dev/null");
	run("tests/up va vb");
}

/* A packet socket on the interface; it sends and, with a protocol, receives. */
static inline int packet_socket(const char *interface, int protocol)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons(protocol),
				       .sll_ifindex = (int)if_nametoindex(interface) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0), ignore = 1;

	setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &ignore, sizeof(ignore));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		perror("bind");
	return fd;
}

/* A frame with a number in it; returns its length, which depends on the number. */
static inline unsigned int numbered_frame(uint8_t *frame, uint32_t number)
{
	unsigned int length = 60 + number * 37 % 1455;

	for (unsigned int i = 0; i < length; i++)
		frame[i] = (uint8_t)(number + i);
	memcpy(frame, "\x02\0\0\0\0\1\x02\0\0\0\0\2\x88\xb5", 14);
	memcpy(frame + 14, &number, sizeof(number));
	return length;
}

static inline void send_numbered(int fd, uint32_t from, uint32_t count)
{
	uint8_t frame[2048];

	for (uint32_t i = from; i < from + count; i++) {
		unsigned int length = numbered_frame(frame, i);

		while (send(fd, frame, length, 0) < 0)
			usleep(100);
	}
}

static inline uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Wait until the engine is readable; false after the timeout. */
static inline bool engine_wait(struct torc_engine *engine, int timeout_ms)
{
	struct pollfd fds[72];
	int numbers[72];
	unsigned int count = torc_engine_afxdp.fds(engine, numbers, 72);

	for (unsigned int i = 0; i < count; i++)
		fds[i] = (struct pollfd){ .fd = numbers[i], .events = POLLIN };
	return poll(fds, count, timeout_ms) > 0;
}

/* Wait until that many packets have reached the engine, five seconds at most. */
static inline bool wait_seen(struct torc_engine *engine, uint64_t count)
{
	struct torc_engine_stats stats = { 0 };

	for (unsigned int tries = 0; tries < 5000; tries++) {
		torc_engine_afxdp.stats(engine, &stats);
		if (stats.seen >= count)
			return true;
		usleep(1000);
	}
	note("%llu of %llu packets came", (unsigned long long)stats.seen, (unsigned long long)count);
	return false;
}

/* Receive up to max packets, as copies; each quiet_ms without one ends it. */
static inline unsigned int receive(struct torc_engine *engine, struct torc_packet **copies,
				   unsigned int max, int quiet_ms)
{
	const struct torc_engine_ops *ops = &torc_engine_afxdp;
	struct torc_packet packets[16];
	unsigned int count = 0, got;
	uint32_t token;

	while (count < max) {
		if (ops->acquire(engine, &token) != 1) {
			ops->check(engine);
			if (!engine_wait(engine, quiet_ms))
				break;
			continue;
		}
		while ((got = ops->fill(engine, packets, 16)) > 0) {
			for (unsigned int i = 0; i < got && count < max; i++)
				copies[count++] = torc_packet_clone(&packets[i]);
		}
		ops->release(engine, token);
	}
	return count;
}

static inline void forget(struct torc_packet **copies, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		torc_packet_free(copies[i]);
}

static inline int open_engine(struct torc_engine **engine, const char *name, const char *settings,
			      uint64_t buffer_bytes, struct torc_error *error)
{
	struct torc_engine_config config = { .name = name, .settings = settings,
					     .buffer_bytes = buffer_bytes,
					     .channel_mask = UINT64_MAX };

	memset(error, 0, sizeof(*error));
	return torc_engine_afxdp.open(engine, &config, error);
}

/* The tests of receiving need CAP_BPF, which a user namespace cannot give. */
static inline void need_xdp(void)
{
	struct torc_engine *engine;
	struct torc_error error;
	int result = open_engine(&engine, "va", "", 1 << 20, &error);

	if (result == -EPERM || result == -EOPNOTSUPP)
		skip_all(error.text);
	if (ok(result == 0, "an engine opens (%s)", error.text))
		torc_engine_afxdp.close(engine);
}

/* A ring of what an older kernel may not have: the test is skipped there. It is not enabled. */
static inline struct torc_ring *xdp_ring_if_possible(const char *device, uint64_t buffer_bytes,
						     int poll_ms)
{
	struct torc_ring_options options = { .size = sizeof(options), .buffer_bytes = buffer_bytes };
	struct torc_ring *ring = NULL;
	struct torc_error error;
	int result = torc_ring_open_with(&ring, device, &options, &error);

	if (result == -EPERM || result == -EOPNOTSUPP)
		skip_all(error.text);
	if (!ok(result == 0, "%s opens", device)) {
		note("%s", error.text);
		exit(1);
	}
	torc_ring_set_poll_duration(ring, poll_ms);
	return ring;
}

#endif
