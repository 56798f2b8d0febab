/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * net.h - veth pairs, senders that count, and readers, for tests of rings on real interfaces
 *
 * A sender is a plain packet socket that knows nothing of the library: what it counts is the
 * outside witness of a test. Its frames are UDP in IPv4, and each carries a number, from which
 * every byte behind it follows, so that a reader can tell which packet it has and that all of it
 * is there. Tests run in a network namespace of their own (tests/run), which is otherwise silent.
 */
#ifndef TORC_TEST_NET_H
#define TORC_TEST_NET_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

#include <torc/parse.h>
#include <torc/ring.h>

#include "test.h"

#define NET_MAC_A   "\x02\0\0\0\0\x0a" /* of the first interface of a pair */
#define NET_MAC_B   "\x02\0\0\0\0\x0b"
#define NET_HEADERS 42                 /* Ethernet, IPv4, UDP */
#define NET_MIN     50                 /* headers, a mark and the number */
#define NET_PORT    7000               /* UDP destination; the source is NET_PORT + 1 */

/* ---- clocks ---- */

static inline uint64_t net_clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline uint64_t net_now_ms(void)
{
	return net_clock_ns(CLOCK_MONOTONIC) / 1000000;
}

static inline void net_sleep_ms(unsigned int ms)
{
	struct timespec pause = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	while (nanosleep(&pause, &pause) < 0 && errno == EINTR)
		;
}

/* ---- interfaces ---- */

/* A shell command; true when it succeeded. */
static inline bool net_run(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline bool net_run(const char *format, ...)
{
	char command[512];
	va_list args;
	int status;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	status = system(command);
	if (status != 0)
		note("status %d of: %s", status, command);
	return status == 0;
}

/*
 * Wait until an interface has its carrier, which comes some time behind "up": until then what is
 * sent is lost without an error.
 */
static inline bool net_wait_carrier(const char *interface)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = { 0 };

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", interface);
	for (int i = 0; i < 5000 && !(ifr.ifr_flags & IFF_RUNNING); i++) {
		if (i > 0)
			net_sleep_ms(1);
		if (ioctl(fd, SIOCGIFFLAGS, &ifr) < 0)
			break;
	}
	close(fd);
	net_sleep_ms(20); /* the queue opens right behind the flag */
	return ifr.ifr_flags & IFF_RUNNING;
}

static inline bool net_up(const char *interface, const char *peer)
{
	return net_run("ip link set %s up", interface) && net_wait_carrier(interface) &&
	       net_wait_carrier(peer);
}

/* a <-> b, both up, silent, with the MAC addresses NET_MAC_A and NET_MAC_B. */
static inline bool net_make_pair(const char *a, const char *b)
{
	return net_run("for i in all default; do "
		       "echo 1 2>/dev/null >/proc/sys/net/ipv6/conf/$i/disable_ipv6; done; "
		       "ip link add %s address 02:00:00:00:00:0a type veth "
		       "peer name %s address 02:00:00:00:00:0b && "
		       "ip link set %s up",
		       a, b, a) &&
	       net_up(b, a);
}

/* The same; the whole test is skipped where that cannot be done. */
static inline void net_pair(const char *a, const char *b)
{
	if (!net_make_pair(a, b))
		skip_all("cannot make a pair of veth interfaces here");
}

/* ---- numbered frames ---- */

static inline void net_put16(uint8_t *at, unsigned int value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline unsigned int net_get16(const uint8_t *at)
{
	return (unsigned int)at[0] << 8 | at[1];
}

/* An Ethernet frame of size bytes, at least NET_MIN, from a to b, with a number in it. */
static inline void net_frame(uint8_t *frame, unsigned int size, uint32_t number)
{
	unsigned int sum = 0;

	memcpy(frame, NET_MAC_B NET_MAC_A "\x08\x00", 14);
	memcpy(frame + 14, "\x45\0\0\0\0\0\0\0\x40\x11\0\0\x0a\0\0\x01\x0a\0\0\x02", 20);
	net_put16(frame + 16, size - 14);
	for (unsigned int i = 14; i < 34; i += 2)
		sum += net_get16(frame + i);
	net_put16(frame + 24, ~(sum + (sum >> 16)) & 0xffff);
	net_put16(frame + 34, NET_PORT + 1);
	net_put16(frame + 36, NET_PORT);
	net_put16(frame + 38, size - 34);
	net_put16(frame + 40, 0); /* no checksum */
	memcpy(frame + 42, "Torc", 4);
	net_put16(frame + 46, number >> 16);
	net_put16(frame + 48, number);
	for (unsigned int i = NET_MIN; i < size; i++)
		frame[i] = (uint8_t)(number * 7 + i);
}

/* Where the IPv4 header of a frame begins, tags or not. */
static inline unsigned int net_ip_offset(const struct torc_packet *packet)
{
	unsigned int at = 12;

	while (at + 6 <= packet->caplen && (net_get16(packet->data + at) == 0x8100 ||
					    net_get16(packet->data + at) == 0x88a8))
		at += 4;
	return at + 2;
}

/* The number in a frame, or -1 when it is none of ours. */
static inline int64_t net_number(const struct torc_packet *packet)
{
	unsigned int mark = net_ip_offset(packet) + 28;

	if (packet->caplen < mark + 8 || memcmp(packet->data + mark, "Torc", 4) != 0)
		return -1;
	return (int64_t)net_get16(packet->data + mark + 4) << 16 |
	       net_get16(packet->data + mark + 6);
}

/* Are all captured bytes those that the number says? Tags are not looked at. */
static inline bool net_intact(const struct torc_packet *packet)
{
	unsigned int ip = net_ip_offset(packet), tags = ip - 14;
	uint8_t frame[65536];

	if (net_number(packet) < 0 || packet->len < NET_MIN + tags || packet->len > sizeof(frame))
		return false;
	net_frame(frame, packet->len - tags, (uint32_t)net_number(packet));
	return memcmp(packet->data, frame, 12) == 0 &&
	       memcmp(packet->data + ip - 2, frame + 12, packet->caplen - ip + 2) == 0;
}

/* ---- sending ---- */

/* A packet socket that sends out of an interface and receives nothing. */
static inline int net_sender(const char *interface)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_ifindex = (int)if_nametoindex(interface) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0)
		skip_all("no packet socket: CAP_NET_RAW is missing");
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		note("sender on %s: %s", interface, strerror(errno));
	return fd;
}

/* One frame of any kind; 1 when it left, else 0. A full queue is waited for. */
static inline unsigned int net_send(int fd, const void *frame, size_t size)
{
	for (int tries = 0; tries < 10000; tries++) {
		if (send(fd, frame, size, 0) == (ssize_t)size)
			return 1;
		if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR)
			return 0;
		usleep(100);
	}
	return 0;
}

/* count numbered frames, numbers from first on; returns how many left. */
static inline unsigned int net_send_udp(int fd, unsigned int count, unsigned int size,
					uint32_t first)
{
	unsigned int sent = 0;
	uint8_t frame[65536];

	for (unsigned int i = 0; i < count; i++) {
		net_frame(frame, size, first + i);
		sent += net_send(fd, frame, size);
	}
	return sent;
}

/* The same with tags in front of the type, outer first: each word is TPID << 16 | TCI. */
static inline unsigned int net_send_tagged(int fd, const uint32_t *tags, unsigned int tag_count,
					   unsigned int size, uint32_t number)
{
	uint8_t plain[65536], frame[65536 + 64];

	net_frame(plain, size, number);
	memcpy(frame, plain, 12);
	for (unsigned int i = 0; i < tag_count; i++) {
		net_put16(frame + 12 + 4 * i, tags[i] >> 16);
		net_put16(frame + 14 + 4 * i, tags[i]);
	}
	memcpy(frame + 12 + 4 * tag_count, plain + 12, size - 12);
	return net_send(fd, frame, size + 4 * tag_count);
}

/* A thread that sends numbered frames until it is told to stop. */
struct net_stream {
	pthread_t thread;
	char interface[IF_NAMESIZE];
	unsigned int size;
	unsigned int pause_us; /* between bursts */
	unsigned int burst;    /* frames */
	uint32_t sent;         /* atomic: the next number too */
	bool stop;             /* atomic */
};

static inline void *net_stream_run(void *argument)
{
	struct net_stream *stream = argument;
	int fd = net_sender(stream->interface);

	while (!__atomic_load_n(&stream->stop, __ATOMIC_ACQUIRE)) {
		uint32_t next = __atomic_load_n(&stream->sent, __ATOMIC_RELAXED);

		next += net_send_udp(fd, stream->burst, stream->size, next);
		__atomic_store_n(&stream->sent, next, __ATOMIC_RELEASE);
		usleep(stream->pause_us);
	}
	close(fd);
	return NULL;
}

static inline void net_stream_start(struct net_stream *stream, const char *interface,
				    unsigned int size, unsigned int burst, unsigned int pause_us)
{
	*stream = (struct net_stream){ .size = size, .burst = burst, .pause_us = pause_us };
	snprintf(stream->interface, sizeof(stream->interface), "%s", interface);
	pthread_create(&stream->thread, NULL, net_stream_run, stream);
}

/* How many it has sent so far. */
static inline uint32_t net_stream_sent(const struct net_stream *stream)
{
	return __atomic_load_n(&stream->sent, __ATOMIC_ACQUIRE);
}

static inline uint32_t net_stream_stop(struct net_stream *stream)
{
	__atomic_store_n(&stream->stop, true, __ATOMIC_RELEASE);
	pthread_join(stream->thread, NULL);
	return stream->sent;
}

/* ---- receiving ---- */

/*
 * A device string. NET_ENGINE in the environment ("xdp:") runs a test on another engine:
 * tests/xdp_rings.sh. The answer is good until the next one.
 */
static inline const char *net_device(const char *device)
{
	const char *engine = getenv("NET_ENGINE");
	static char name[256];

	snprintf(name, sizeof(name), "%s%s", engine ? engine : "", device);
	return name;
}

static inline bool net_is_xdp(void)
{
	return strncmp(net_device(""), "xdp:", 4) == 0;
}

/* A ring that is open, enabled and non-blocking; the test ends when it cannot be had. */
static inline struct torc_ring *net_ring_of(const char *device,
					    const struct torc_ring_options *options)
{
	struct torc_ring *ring;
	struct torc_error error;
	int result;

	result = torc_ring_open_with(&ring, device, options, &error);
	if (result == -EPERM)
		skip_all(error.text);
	if (!ok(result == 0, "a ring on %s opens", device)) {
		note("%s", error.text);
		exit(1);
	}
	torc_ring_set_poll_duration(ring, 0);
	if (!ok(torc_ring_enable(ring) == 0, "and is enabled")) {
		note("%s", torc_ring_error(ring));
		exit(1);
	}
	return ring;
}

/* Such a ring opens here; where the kernel or the rights lack it, the whole test is skipped. */
static inline void net_need(const char *device)
{
	struct torc_ring *ring;
	struct torc_error error;
	int result = torc_ring_open(&ring, device, 0, 0, &error);

	if (result == -EPERM || result == -EOPNOTSUPP)
		skip_all(error.text);
	if (!ok(result == 0, "a ring opens"))
		note("%s", error.text);
	torc_ring_close(ring);
}

static inline struct torc_ring *net_ring_with(const char *device,
					      const struct torc_ring_options *options)
{
	return net_ring_of(net_device(device), options);
}

static inline struct torc_ring *net_ring(const char *device, uint32_t flags)
{
	struct torc_ring_options options = { .size = sizeof(options), .flags = flags,
					     .buffer_bytes = 8 << 20 };

	return net_ring_with(device, &options);
}

/* On the default engine in any case: one that watches. */
static inline struct torc_ring *net_watcher(const char *device)
{
	struct torc_ring_options options = { .size = sizeof(options), .buffer_bytes = 8 << 20 };

	return net_ring_of(device, &options);
}

typedef void (*net_visitor)(const struct torc_packet *packet, void *context);

/*
 * Read until `want` of our packets came, or none for quiet_ms; visit sees each (NULL is allowed).
 * Returns how many came. Uses torc_ring_next(); the poll duration of the ring changes.
 */
static inline unsigned int net_read(struct torc_ring *ring, unsigned int want, int quiet_ms,
				    net_visitor visit, void *context)
{
	struct torc_packet packet;
	unsigned int count = 0;

	torc_ring_set_poll_duration(ring, quiet_ms);
	while (count < want && torc_ring_next(ring, &packet) > 0) {
		if (net_number(&packet) < 0)
			continue;
		count++;
		if (visit)
			visit(&packet, context);
	}
	return count;
}

#define NET_ALL UINT32_MAX

/* All that is there or comes within a generous time, and how many of ours. */
static inline unsigned int net_read_all(struct torc_ring *ring, net_visitor visit, void *context)
{
	return net_read(ring, NET_ALL, 300, visit, context);
}

/* Wait until the kernel has counted that many packets for the ring; ten seconds at most. */
static inline bool net_wait_seen(struct torc_ring *ring, uint64_t count)
{
	struct torc_stats stats = { .size = sizeof(stats) };

	for (int i = 0; i < 10000; i++) {
		torc_ring_stats(ring, &stats);
		if (stats.kernel_seen >= count)
			return true;
		net_sleep_ms(1);
	}
	note("the kernel saw %llu packets, not %llu", (unsigned long long)stats.kernel_seen,
	     (unsigned long long)count);
	return false;
}

/* Where each captured packet is, by the account; TORC_UNKNOWN parts count as 0. */
static inline uint64_t net_placed(const struct torc_stats *stats)
{
	return stats->received + stats->dropped + stats->sampled_out + stats->own_copies +
	       stats->filtered_late + stats->other_member + stats->discarded + stats->waiting;
}

static inline struct torc_stats net_stats(struct torc_ring *ring)
{
	struct torc_stats stats = { .size = sizeof(stats) };

	torc_ring_stats(ring, &stats);
	return stats;
}

#endif
