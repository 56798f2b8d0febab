/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * send.c - every way of sending over a veth pair: a plain packet socket on the other side sees
 * every byte in order; refusals, pace, stop, and what is left behind by kill -9
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <torc/torc.h>

#include "test.h"

static const char *const ways[] = { "live_frames", "af_xdp", "tx_ring", "send" };

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static bool run(const char *command)
{
	return system(command) == 0;
}

static bool gro_on(const char *interface)
{
	struct ethtool_value value = { .cmd = ETHTOOL_SGRO, .data = 1 };
	struct ifreq request = { .ifr_data = (void *)&value };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	bool good;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", interface);
	good = ioctl(fd, SIOCETHTOOL, &request) == 0;
	close(fd);
	return good;
}

static bool make_veth(void)
{
	if (!run("ip link add tx0 type veth peer name rx0 2>/dev/null"))
		return false;
	run("for f in /proc/sys/net/ipv6/conf/?x0/disable_ipv6; do echo 1 >$f; done 2>/dev/null");
	run("tests/up tx0 rx0");
	return true;
}

static int witness_open(void)
{
	int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)), room = 8 << 20;
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_protocol = htons(ETH_P_ALL),
				       .sll_ifindex = (int)if_nametoindex("rx0") };

	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		perror("bind");
	return fd;
}

/* The next frame from 02:00:00:00:00:01 (the makers' own), or 0 when none comes for a second. */
static uint32_t witness_next(int fd, uint8_t *frame, size_t room)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	while (poll(&poll_fd, 1, 1000) > 0) {
		ssize_t length = recv(fd, frame, room, MSG_DONTWAIT);

		if (length >= 14 && memcmp(frame + 6, "\2\0\0\0\0\1", 6) == 0)
			return (uint32_t)length;
	}
	return 0;
}

static int sender_open(struct torc_sender **sender, const char *way)
{
	struct torc_sender_options options = { .size = sizeof(options), .way = way };
	struct torc_error error;
	int code = torc_sender_open(sender, "tx0", &options, &error);

	if (code < 0)
		note("%s", error.text);
	return code;
}

/* 40 rounds of 100 frames of three lengths; returns how many arrived as they were made, in order.
 */
static unsigned int arrive(struct torc_sender *sender, struct torc_maker *maker, int fd)
{
	struct torc_packet packets[100];
	uint8_t want[1514], got[2048];
	unsigned int right = 0;

	for (uint64_t n = 0; n < 4000; n += 100) {
		if (torc_sender_send(sender, packets, torc_maker_batch(maker, packets, 100)) != 100)
			break;
		torc_sender_flush(sender);
		for (uint64_t i = n; i < n + 100; i++) {
			uint32_t length = torc_maker_write(maker, i, want);

			right += witness_next(fd, got, sizeof(got)) == length &&
				 memcmp(got, want, length) == 0;
		}
	}
	return right;
}

static void every_byte(const char *way)
{
	struct torc_maker_options made = { .size = sizeof(made),
					   .flows = 17,
					   .lengths = (const uint32_t[]){ 60, 1514, 61, 333, 42 },
					   .length_count = 5 };
	struct torc_sender *sender;
	struct torc_sender_stats stats = { .size = sizeof(stats) };
	struct torc_maker *maker;
	int fd = witness_open();

	torc_maker_open(&maker, &made, NULL);
	if (sender_open(&sender, way) < 0) {
		skip(way, "not to be had here");
	} else {
		is(arrive(sender, maker, fd), 4000, "%s: every byte of 4000 frames, in order", way);
		torc_sender_stats(sender, &stats);
		ok(stats.sent == 4000 && stats.errors == 0 && stats.interface_dropped == 0 &&
			   stats.sent_bytes == 800 * (60 + 1514 + 61 + 333 + 42),
		   "%s: sent %llu, errors %llu, dropped %llu", way, (unsigned long long)stats.sent,
		   (unsigned long long)stats.errors, (unsigned long long)stats.interface_dropped);
		torc_sender_close(sender);
	}
	torc_maker_close(maker);
	close(fd);
}

/* Frames 3 and 5 of 8 are too long for the interface. */
static void refused(const char *way)
{
	static uint8_t bytes[4000];
	struct torc_packet packets[8];
	struct torc_sender *sender;
	struct torc_sender_stats stats = { .size = sizeof(stats) };
	int fd = witness_open();
	unsigned int came = 0;
	uint8_t frame[4096];

	memcpy(bytes, "\2\0\0\0\0\2\2\0\0\0\0\1\x88\xb5", 14);
	for (unsigned int n = 0; n < 8; n++) {
		packets[n] = (struct torc_packet){ .data = bytes, .caplen = 100 };
		if (n == 3 || n == 5)
			packets[n].caplen = 3000;
	}
	if (sender_open(&sender, way) < 0) {
		skip(way, "not to be had here");
	} else {
		is(torc_sender_send(sender, packets, 8), 8, "%s: all are done with", way);
		torc_sender_flush(sender);
		torc_sender_stats(sender, &stats);
		while (witness_next(fd, frame, sizeof(frame)) == 100)
			came++;
		ok(came == 6 && stats.sent == 6 && stats.errors == 2 && stats.sent_bytes == 600,
		   "%s: six arrive, two are errors (%u, %llu, %llu)", way, came,
		   (unsigned long long)stats.sent, (unsigned long long)stats.errors);
		torc_sender_close(sender);
	}
	close(fd);
}

/* The same after the interface's MTU became smaller than what the sender was opened with. */
static void smaller_mtu(const char *way)
{
	static uint8_t bytes[1400];
	struct torc_packet packets[8];
	struct torc_sender *sender;
	struct torc_sender_stats stats = { .size = sizeof(stats) };
	uint8_t frame[4096];
	unsigned int came = 0;
	int fd = witness_open();

	memcpy(bytes, "\2\0\0\0\0\2\2\0\0\0\0\1\x88\xb5", 14);
	for (unsigned int n = 0; n < 8; n++) {
		packets[n] = (struct torc_packet){ .data = bytes, .caplen = 100 + n };
		if (n == 0 || n == 3 || n == 7)
			packets[n].caplen = 1400;
	}
	if (sender_open(&sender, way) < 0) {
		skip(way, "not to be had here");
		close(fd);
		return;
	}
	run("ip link set tx0 mtu 700");
	usleep(60000); /* live frames look every 50 ms */
	is(torc_sender_send(sender, packets, 8), 8, "%s, smaller MTU: all are done with", way);
	torc_sender_flush(sender);
	torc_sender_stats(sender, &stats);
	while (witness_next(fd, frame, sizeof(frame)) > 0)
		came++;
	/* AF_XDP lets the driver decide, and a veth takes them. */
	if (strcmp(way, "af_xdp") == 0)
		ok(came == stats.sent && stats.sent + stats.errors == 8,
		   "%s, smaller MTU: %u arrive", way, came);
	else
		ok(came == 5 && stats.sent == 5 && stats.errors == 3 && stats.sent_bytes == 518,
		   "%s, smaller MTU: five arrive, three are errors (%u, %llu, %llu)", way, came,
		   (unsigned long long)stats.sent, (unsigned long long)stats.errors);
	torc_sender_close(sender);
	run("ip link set tx0 mtu 1500");
	close(fd);
}

/* Never faster than asked; how much slower is up to the machine. */
static void paced(const char *what, const struct torc_sender_options *options,
		  double seconds_wanted)
{
	struct torc_packet packets[500];
	struct torc_maker_options made = { .size = sizeof(made),
					   .lengths = (const uint32_t[]){ 125 },
					   .length_count = 1 };
	struct torc_sender_stats stats = { .size = sizeof(stats) };
	struct torc_sender *sender;
	struct torc_maker *maker;
	double seconds;

	torc_maker_open(&maker, &made, NULL);
	torc_maker_batch(maker, packets, 500);
	for (unsigned int n = 0; n < 500; n++) {
		packets[n].flags = 0;
		packets[n].timestamp_ns = 1700000000000000000ull + n * 2000000ull;
	}
	if (torc_sender_open(&sender, "tx0", options, NULL) < 0) {
		ok(false, "%s: no sender", what);
	} else {
		torc_sender_send(sender, packets, 250);
		torc_sender_send(sender, packets + 250, 250);
		torc_sender_stats(sender, &stats);
		seconds = (double)stats.elapsed_ns / 1e9;
		ok(stats.sent == 500 && seconds > 0.99 * seconds_wanted, "%s: %.4f s, wanted %.4f",
		   what, seconds, seconds_wanted);
		ok(seconds < 1.5 * seconds_wanted + 5, "%s: and not for ever", what);
		torc_sender_close(sender);
	}
	torc_maker_close(maker);
}

static void pace(void)
{
	struct torc_sender_options options = { .size = sizeof(options) };

	options.packets_per_second = 1000;
	paced("1000 packets a second", &options, 0.499);
	options.even = true;
	paced("1000 packets a second, even", &options, 0.499);
	options = (struct torc_sender_options){ .size = sizeof(options), .bits_per_second = 2e6 };
	paced("2 Mbit a second", &options, 0.2495);
	options = (struct torc_sender_options){ .size = sizeof(options), .speed = 4 };
	paced("four times as fast as captured", &options, 0.2495);
	options = (struct torc_sender_options){ .size = sizeof(options),
						.way = "tx_ring",
						.packets_per_second = 20000 };
	paced("20000 packets a second", &options, 0.02495);
}

/* A file in a loop: the second pass lasts as long as the first. */
static void passes(void)
{
	struct torc_sender_options options = { .size = sizeof(options), .speed = 1 };
	struct torc_sender_stats stats = { .size = sizeof(stats) };
	struct torc_sender *sender;
	struct torc_packet packets[2];
	uint8_t bytes[60] = "\2\0\0\0\0\2\2\0\0\0\0\1\x88\xb5";

	for (unsigned int n = 0; n < 2; n++)
		packets[n] = (struct torc_packet){
			.data = bytes, .caplen = 60, .timestamp_ns = 5000000000ull + n * 50000000ull
		};
	torc_sender_open(&sender, "tx0", &options, NULL);
	for (int pass = 0; pass < 4; pass++) {
		torc_sender_send(sender, packets, 2);
		torc_sender_rewind(sender);
	}
	torc_sender_stats(sender, &stats);
	ok(stats.sent == 8 && stats.elapsed_ns >= 199000000, "four passes of 50 ms: %llu ms",
	   (unsigned long long)stats.elapsed_ns / 1000000);
	torc_sender_close(sender);
}

static void *stop_soon(void *sender)
{
	usleep(100000);
	torc_sender_stop(sender);
	return NULL;
}

static void stopped(void)
{
	struct torc_sender_options options = { .size = sizeof(options), .packets_per_second = 1 };
	struct torc_packet packets[100];
	struct torc_sender *sender;
	uint8_t bytes[60] = { 0 };
	int64_t begin = now_ns();
	pthread_t thread;
	int done;

	for (unsigned int n = 0; n < 100; n++)
		packets[n] = (struct torc_packet){ .data = bytes, .caplen = 60 };
	torc_sender_open(&sender, "tx0", &options, NULL);
	pthread_create(&thread, NULL, stop_soon, sender);
	done = torc_sender_send(sender, packets, 100);
	ok(done >= 1 && done < 30 && now_ns() - begin < 30000000000, "stopped after %d", done);
	is(torc_sender_send(sender, packets, 100), 0, "and stays stopped");
	pthread_join(thread, NULL);
	torc_sender_close(sender);
}

static void refused_options(void)
{
	struct torc_sender_options options = { .size = sizeof(options), .way = "carrier pigeon" };
	struct torc_sender *sender;
	struct torc_error error;

	is(torc_sender_open(&sender, "tx0", &options, &error), -EINVAL, "%s", error.text);
	options = (struct torc_sender_options){ .size = sizeof(options),
						.speed = 1,
						.packets_per_second = 1 };
	is(torc_sender_open(&sender, "tx0", &options, &error), -EINVAL, "%s", error.text);
	options = (struct torc_sender_options){ .size = sizeof(options), .bits_per_second = -1 };
	is(torc_sender_open(&sender, "tx0", &options, &error), -EINVAL, "%s", error.text);
	is(torc_sender_open(&sender, "nowhere9", NULL, &error), -ENODEV, "%s", error.text);
	ok(sender == NULL, "no sender then");
	torc_sender_close(NULL);
}

static bool can_send(const char *way)
{
	struct torc_sender *sender;

	if (sender_open(&sender, way) < 0)
		return false;
	torc_sender_close(sender);
	return true;
}

/* What is chosen without being asked for. */
static void choice(bool live, bool xdp)
{
	struct torc_sender_options options = { .size = sizeof(options), .packets_per_second = 10 };
	struct torc_sender *sender;
	struct torc_sender_info info = { .size = sizeof(info) };

	if (torc_sender_open(&sender, "tx0", NULL, NULL) == 0) {
		torc_sender_info(sender, &info);
		is_str(info.way,
		       live  ? "live_frames"
		       : xdp ? "af_xdp"
			     : "tx_ring",
		       "the fastest way");
		ok(live == (info.detail[0] == '\0'), "why: %s", info.detail);
		torc_sender_close(sender);
	}
	torc_sender_open(&sender, "tx0", &options, NULL);
	torc_sender_info(sender, &info);
	is_str(info.way, "send", "a slow sender is seen by other captures: %s", info.detail);
	torc_sender_close(sender);
}

static void interface_down(const char *way)
{
	struct torc_packet packets[10];
	struct torc_sender *sender;
	struct torc_sender_stats stats = { .size = sizeof(stats) };
	uint8_t bytes[60] = { 0 };
	int code = 0;

	for (unsigned int n = 0; n < 10; n++)
		packets[n] = (struct torc_packet){ .data = bytes, .caplen = 60 };
	if (sender_open(&sender, way) < 0) {
		skip(way, "not to be had here");
		return;
	}
	run("ip link set tx0 down");
	for (int n = 0; n < 20 && code >= 0; n++) {
		code = torc_sender_send(sender, packets, 10);
		usleep(10000);
	}
	is(code, -ENETDOWN, "%s: the interface went down", way);
	torc_sender_flush(sender);
	torc_sender_stats(sender, &stats);
	if (strcmp(way, "tx_ring") == 0)
		ok(stats.sent == 0 && stats.sent_bytes == 0 && stats.errors == 10,
		   "%s: what waited is an error", way);
	torc_sender_close(sender);
	run("tests/up tx0 rx0");
}

/* The tap device that live frames need is gone with the process, however it ends. */
static void killed(void)
{
	int ends[2];
	char byte;
	pid_t child;

	if (pipe(ends) < 0)
		return;
	child = fork();
	if (child == 0) {
		struct torc_sender *sender;

		if (sender_open(&sender, "live_frames") == 0 && write(ends[1], "x", 1) == 1)
			pause();
		_exit(0);
	}
	close(ends[1]);
	if (read(ends[0], &byte, 1) != 1) {
		skip("killed", "no live frames here");
	} else {
		ok(if_nametoindex("torcsend0") > 0, "live frames keep a tap device");
		kill(child, SIGKILL);
	}
	waitpid(child, NULL, 0);
	for (int n = 0; n < 100 && if_nametoindex("torcsend0") > 0; n++)
		usleep(10000);
	is(if_nametoindex("torcsend0"), 0, "and nothing is left after kill -9");
	close(ends[0]);
}

int main(void)
{
	bool live, xdp;

	if (!make_veth())
		skip_all("cannot make a veth pair");
	xdp = can_send("af_xdp");
	choice(false, xdp);
	if (!gro_on("rx0"))
		skip("GRO on the veth", "not possible here");
	live = can_send("live_frames");
	choice(live, xdp);
	for (int n = 0; n < 4; n++) {
		every_byte(ways[n]);
		refused(ways[n]);
		smaller_mtu(ways[n]);
	}
	pace();
	passes();
	stopped();
	refused_options();
	for (int n = 0; n < 4; n++)
		interface_down(ways[n]);
	killed();
	return done();
}
