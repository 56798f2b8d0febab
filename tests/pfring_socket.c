/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pfring_socket.c - the descriptor of a ring is a socket, as PF_RING's: it is polled, and a filter that a
 * program attaches to it is the ring's filter
 */
#include <linux/filter.h>
#include <sys/socket.h>

#include "pfring_net.h"

static int from_p0, from_p1;

/* What a program does that thinks of the descriptor as a socket. */
static int attach(int fd, const char *expression)
{
	pcap_t *pcap = pcap_open_dead(DLT_EN10MB, 65535);
	struct bpf_program code;
	struct sock_fprog program;
	int result;

	if (pcap_compile(pcap, &code, expression, 1, PCAP_NETMASK_UNKNOWN) < 0)
		return -1;
	program.len = (unsigned short)code.bf_len;
	program.filter = (struct sock_filter *)(void *)code.bf_insns;
	result = setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
	pcap_freecode(&code);
	pcap_close(pcap);
	return result;
}

static int detach(int fd)
{
	int unused = 0;

	return setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof(unused));
}

static bool readable(const pfring *ring)
{
	struct pollfd ready = { .fd = ring->fd, .events = POLLIN };

	return poll(&ready, 1, 5000) == 1 && ready.revents == POLLIN;
}

static bool is_socket(const pfring *ring)
{
	int type = 0;
	socklen_t length = sizeof(type);

	return getsockopt(ring->fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0 && type == SOCK_RAW;
}

static pfring *open_ring(void)
{
	pfring *ring = pfring_open("p1", 1518, PF_RING_PROMISC);

	if (!ring)
		skip_all("pfring_open() is not allowed here");
	return ring;
}

static void test_before_enable(void)
{
	pfring *ring = open_ring();

	ok(is_socket(ring), "ring->fd is a socket");
	is(pfring_get_selectable_fd(ring), ring->fd, "and the selectable one");
	is(attach(ring->fd, "udp port 1"), 0, "a filter on it, before the ring is enabled");
	is(pfring_enable_ring(ring), 0, "enable");
	send_many(from_p0, 5, 7000);
	is(drain(ring), 0, "is in force");
	is(detach(ring->fd), 0, "taken off");
	drain(ring); /* nothing at hand: it is seen */
	send_many(from_p0, 5, 7000);
	ok(readable(ring), "the descriptor becomes readable");
	is(drain(ring), 5, "everything comes");
	pfring_close(ring);
}

static void test_with_settings(void)
{
	pfring *ring = open_ring();
	char other[] = "udp port 7000 and udp port 1";

	pfring_set_direction(ring, rx_only_direction);
	pfring_enable_ring(ring);
	is(attach(ring->fd, "udp port 7000"), 0, "a filter on an enabled ring that only receives");
	drain(ring);
	send_many(from_p1, 3, 7000);
	send_many(from_p0, 4, 7000);
	is(drain(ring), 4, "the direction still holds beside it");
	is(pfring_set_bpf_filter(ring, other), 0, "the ring's own setter takes its place");
	send_many(from_p0, 4, 7000);
	is(drain(ring), 0, "and is in force");
	is(pfring_remove_bpf_filter(ring), 0, "and is removed");
	send_many(from_p0, 4, 7000);
	is(drain(ring), 4, "everything comes");
	pfring_close(ring);
}

static void test_cluster(void)
{
	pfring *ring = open_ring();
	int fd = ring->fd;

	is(pfring_set_cluster(ring, 77, cluster_per_flow), 0, "in a cluster");
	is(pfring_enable_ring(ring), 0, "enable");
	is(attach(ring->fd, "udp port 1"), 0, "a filter on a member");
	drain(ring);
	send_many(from_p0, 5, 7000);
	is(drain(ring), 0, "is in force");
	is(pfring_remove_from_cluster(ring), 0, "out of it, which takes another socket");
	ok(ring->fd == fd && is_socket(ring), "under the same number");
	send_many(from_p0, 5, 7000);
	is(drain(ring), 0, "with the same filter");
	is(detach(ring->fd), 0, "taken off");
	drain(ring);
	send_many(from_p0, 5, 7000);
	ok(readable(ring), "the descriptor becomes readable");
	is(drain(ring), 5, "everything comes");
	pfring_disable_ring(ring);
	ok(is_socket(ring), "a socket when disabled, too");
	pfring_close(ring);
}

int main(void)
{
	need_veth();
	from_p0 = sender_open("p0");
	from_p1 = sender_open("p1");
	test_before_enable();
	test_with_settings();
	test_cluster();
	return done();
}
