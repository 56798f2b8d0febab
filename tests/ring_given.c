/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ring_given.c - rings on packet sockets that were handed over: without a capability they do what
 * others do; a filter that is locked stays, and what it makes impossible is refused with a sentence
 */
#include <linux/filter.h>
#include <sched.h>

#include "drop.h"

#define SNAPLEN 100

static int made(void)
{
	return socket(AF_PACKET, SOCK_RAW, 0);
}

/* One that lets frames of that interface through, and no others, for good. */
static int locked(const char *interface)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_AD_OFF + SKF_AD_IFINDEX),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, if_nametoindex(interface), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = { .len = 4, .filter = code };
	int fd = made(), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
	is(setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof(on)), 0, "a locked filter");
	return fd;
}

static int open_on(struct torc_ring **ring, const char *device, uint32_t flags, const int *fds,
		   unsigned int count, struct torc_error *error)
{
	struct torc_ring_options options = { .size = sizeof(options), .flags = flags,
					     .buffer_bytes = 4 << 20, .socket_fds = fds,
					     .socket_count = count };

	return torc_ring_open_with(ring, device, &options, error);
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/* The number of one that was closed may be another file's by now. */
static bool is_packet_socket(int fd)
{
	int domain = 0;
	socklen_t length = sizeof(domain);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 && domain == AF_PACKET;
}

/* Handed over wrongly: a sentence, and the descriptors are closed. */
static void refused(const char *what, const char *device, const int *fds, unsigned int count,
		    const char *sentence)
{
	struct torc_error error = { 0 };
	struct torc_ring *ring;

	is(open_on(&ring, device, 0, fds, count, &error), -EINVAL, "%s: refused", what);
	ok(strstr(error.text, sentence), "%s: %s", what, error.text);
	for (unsigned int i = 0; i < count; i++)
		ok(!is_open(fds[i]), "and descriptor %u is closed", i);
}

static void test_refused(void)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET, .sll_protocol = htons(0x0003),
				       .sll_ifindex = (int)if_nametoindex("vb") };
	int udp = socket(AF_INET, SOCK_DGRAM, 0), cooked = socket(AF_PACKET, SOCK_DGRAM, 0);
	int bound = made(), twice[2], fd;

	refused("a UDP socket", "vb", &udp, 1, "no packet socket");
	refused("a packet socket without link headers", "vb", &cooked, 1, "no packet socket");
	is(bind(bound, (struct sockaddr *)&address, sizeof(address)), 0, "a bound one");
	refused("a bound one", "vb", &bound, 1, "bound already");
	twice[0] = made();
	twice[1] = dup(twice[0]);
	refused("one socket twice", "va,vb", twice, 2, "one socket");
	fd = made();
	refused("one for two interfaces", "va,vb", &fd, 1, "1 packet sockets were handed over for 2");
	fd = made();
	refused("one for none", "none", &fd, 1, "without an interface");
	fd = made();
	refused("one for a file", "pcap:tests/golden/nothing.pcap", &fd, 1, "not captured from by a packet socket");
	twice[0] = made();
	twice[1] = socket(AF_INET, SOCK_DGRAM, 0);
	refused("a spare one that is none", "vb", twice, 2, "no packet socket");
}

static void other_namespace(void)
{
	int fd = made();

	if (unshare(CLONE_NEWNET) < 0 || !net_run("ip link set lo up"))
		_exit(77);
	refused("one of another namespace", "lo", &fd, 1, "another network namespace");
}

/* Nothing that makes a ring different from others but who made its socket. */
static void test_plain(uint32_t flags)
{
	int fds[5], sender = net_sender("va");
	struct torc_error error = { 0 };
	struct torc_ring *ring;

	for (unsigned int i = 0; i < 5; i++)
		fds[i] = made();
	if (!keep_only(0))
		_exit(77);
	is(torc_ring_open(&ring, "vb", 0, 0, &error), -EPERM, "no right to make a socket");
	is(open_on(&ring, "vb", flags | TORC_PROMISC, fds, 5, &error), 0, "a ring on a given one: %s",
	   error.text);
	is(torc_ring_socket(ring), fds[0], "it is the ring's");
	torc_ring_set_poll_duration(ring, 0);
	is(torc_ring_set_filter(ring, "udp and greater 90"), 0, "a filter");
	is(torc_ring_enable(ring), 0, "enabled: %s", torc_ring_error(ring));
	net_send_udp(sender, 30, 80, 0);
	net_send_udp(sender, 50, 100, 0);
	is(net_read_all(ring, NULL, NULL), 50, "what matches comes");
	is(net_stats(ring).kernel_seen, 50, "the kernel filters");
	is(torc_ring_set_cluster(ring, 34, TORC_CLUSTER_PER_FLOW_2_TUPLE), 0, "a cluster: %s",
	   torc_ring_error(ring));
	net_send_udp(sender, 10, 100, 0);
	is(net_read_all(ring, NULL, NULL), 10, "packets come there");
	is(torc_ring_leave_cluster(ring), 0, "left again, for a spare socket: %s", torc_ring_error(ring));
	net_send_udp(sender, 10, 100, 0);
	is(net_read_all(ring, NULL, NULL), 10, "packets come again");
	torc_ring_disable(ring);
	ok(net_stats(ring).balanced, "the account balances");
	torc_ring_close(ring);
	ok(!is_open(fds[0]) && !is_open(fds[4]), "all of them are closed with it");
	close(sender);
}

static void not_longer(const struct torc_packet *packet, void *context)
{
	*(bool *)context &= packet->caplen <= SNAPLEN && packet->len > SNAPLEN;
}

static void test_locked_is_kept(struct torc_ring *ring, int sender)
{
	struct sockaddr_ll other = { .sll_family = AF_PACKET, .sll_protocol = htons(0x0003),
				     .sll_ifindex = (int)if_nametoindex("vc") };
	int fd = torc_ring_socket(ring), off = 0;
	struct torc_packet packet;

	is(setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &off, sizeof(off)), -1, "it cannot be taken off");
	is(errno, EPERM, "EPERM");
	is(setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &off, sizeof(off)), -1, "nor unlocked");
	is(bind(fd, (struct sockaddr *)&other, sizeof(other)), 0, "the socket can be bound elsewhere");
	net_send_udp(sender, 20, 120, 0);
	is(torc_ring_next(ring, &packet), 0, "and receives nothing there");
}

static void test_locked(uint32_t flags)
{
	int fds[2] = { locked("vb"), locked("vb") }, sender = net_sender("va"), other = net_sender("vd");
	struct torc_ring_options options = { .size = sizeof(options), .flags = flags, .snaplen = SNAPLEN,
					     .buffer_bytes = 4 << 20, .socket_fds = fds,
					     .socket_count = 2 };
	struct torc_error error = { 0 };
	struct torc_ring *ring;
	struct torc_stats stats;
	const uint32_t tag = 0x81000064;
	bool cut = true;
	int queues = locked("vb");

	if (!keep_only(0))
		_exit(77);
	is(torc_ring_open_with(&ring, "vb", &options, &error), 0, "a ring on it: %s", error.text);
	ok(!is_packet_socket(fds[1]), "a second one is of no use");
	is(torc_ring_set_cluster(ring, 35, TORC_CLUSTER_PER_FLOW), -EOPNOTSUPP, "no cluster");
	ok(strstr(torc_ring_error(ring), "a filter that stays"), "%s", torc_ring_error(ring));
	is(torc_ring_set_direction(ring, TORC_TX_ONLY), -EOPNOTSUPP, "not what goes out only");
	is(torc_ring_set_direction(ring, TORC_RX_ONLY), 0, "what comes in only");
	is(torc_ring_set_filter(ring, "udp and greater 110"), 0, "a filter: %s", torc_ring_error(ring));
	torc_ring_set_poll_duration(ring, 0);
	is(torc_ring_enable(ring), 0, "enabled: %s", torc_ring_error(ring));
	net_send_udp(sender, 30, 80, 0);
	net_send_udp(sender, 50, 120, 0);
	net_send_tagged(sender, &tag, 1, 120, 0);
	is(net_read_all(ring, not_longer, &cut), 51, "what matches comes, tags as in the kernel");
	ok(cut, "no longer than the snaplen");
	stats = net_stats(ring);
	is(stats.kernel_seen, 81, "the kernel let all through");
	is(stats.filtered, 30, "the ring filtered, and counted");
	torc_ring_disable(ring);
	ok(net_stats(ring).balanced, "the account balances");
	torc_ring_enable(ring);
	test_locked_is_kept(ring, other);
	torc_ring_close(ring);
	is(open_on(&ring, "vb@0", flags, &queues, 1, &error), -EOPNOTSUPP, "no queues: %s", error.text);
	ok(strstr(error.text, "queues"), "which it says");
	close(sender);
}

static void plain(void)
{
	test_plain(0);
}

static void plain_immediate(void)
{
	test_plain(TORC_IMMEDIATE);
}

static void locked_blocks(void)
{
	test_locked(0);
}

static void locked_immediate(void)
{
	test_locked(TORC_IMMEDIATE);
}

int main(void)
{
	net_pair("va", "vb");
	if (!net_make_pair("vc", "vd"))
		skip_all("no second pair of veth interfaces can be made");
	test_refused();
	in_child(other_namespace, "another namespace");
	in_child(plain, "without a capability");
	in_child(plain_immediate, "the same, immediate");
	in_child(locked_blocks, "a locked filter");
	in_child(locked_immediate, "the same, immediate");
	return done();
}
