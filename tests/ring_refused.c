/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ring_refused.c - what the kernel refuses in the middle: a setting that the second interface of a
 * ring does not take leaves everything as it was; a stop that cannot unbind still stops
 *
 * The system calls are this program's own, which passes them on or refuses them.
 */
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/syscall.h>

#include "net.h"

static int refuse_ifindex;       /* SO_ATTACH_FILTER and memberships of it fail; 0: of none */
static bool refuse_unbind;       /* bind() to anything but ETH_P_ALL fails */

static bool is_of(int fd, int ifindex)
{
	struct sockaddr_ll address = { 0 };
	socklen_t length = sizeof(address);

	return getsockname(fd, (struct sockaddr *)&address, &length) == 0 &&
	       address.sll_family == AF_PACKET && address.sll_ifindex == ifindex;
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
	bool filter = level == SOL_SOCKET && name == SO_ATTACH_FILTER;
	bool membership = level == SOL_PACKET && (name == PACKET_ADD_MEMBERSHIP ||
						  name == PACKET_DROP_MEMBERSHIP);

	if ((filter || membership) && refuse_ifindex && is_of(fd, refuse_ifindex)) {
		errno = ENOMEM;
		return -1;
	}
	return (int)syscall(SYS_setsockopt, fd, level, name, value, length);
}

int bind(int fd, const struct sockaddr *address, socklen_t length)
{
	const struct sockaddr_ll *link = (const void *)address;

	if (refuse_unbind && link->sll_family == AF_PACKET && link->sll_protocol != htons(ETH_P_ALL)) {
		errno = ENOMEM;
		return -1;
	}
	return (int)syscall(SYS_bind, fd, address, length);
}

/* ---- settings ---- */

static struct torc_ring *ring;
static int senders[2]; /* towards both interfaces of the ring */

/* Five frames arrive on each interface, one of five tagged with VLAN 5; how many are delivered. */
static unsigned int arriving(void)
{
	const uint32_t tag = 0x8100u << 16 | 5;
	struct torc_packet packet;
	unsigned int count = 0;

	for (unsigned int i = 0; i < 2; i++) {
		net_send_udp(senders[i], 4, 100, 0);
		net_send_tagged(senders[i], &tag, 1, 100, 4);
	}
	torc_ring_set_poll_duration(ring, 300);
	while (torc_ring_next(ring, &packet) > 0)
		count++;
	return count;
}

static bool same(const struct torc_ring_info *a, const struct torc_ring_info *b)
{
	return a->direction == b->direction && a->vlan == b->vlan && a->flags == b->flags &&
	       a->channel_mask == b->channel_mask && strcmp(a->filter, b->filter) == 0;
}

static void test_one(const char *name, int (*set)(void), const struct torc_ring_info *before)
{
	struct torc_ring_info after = { .size = sizeof(after) };

	refuse_ifindex = (int)if_nametoindex("vd");
	is(set(), -ENOMEM, "%s: the second interface refuses", name);
	refuse_ifindex = 0;
	ok(strstr(torc_ring_error(ring), "vd") != NULL, "and it is said: %s", torc_ring_error(ring));
	torc_ring_info(ring, &after);
	ok(same(before, &after), "%s: the ring says what it said before", name);
}

static int set_vlan(void)
{
	return torc_ring_set_vlan(ring, 5);
}

static int set_mask(void)
{
	return torc_ring_set_channel_mask(ring, 1ull << 40);
}

static int set_direction(void)
{
	return torc_ring_set_direction(ring, TORC_TX_ONLY);
}

static int set_filter(void)
{
	return torc_ring_set_filter(ring, "tcp");
}

static int set_promisc(void)
{
	return torc_ring_set_promisc(ring, true);
}

static void test_settings(void)
{
	static const struct {
		const char *name;
		int (*set)(void);
	} settings[] = { { "VLAN", set_vlan }, { "queues", set_mask }, { "direction", set_direction },
			 { "filter", set_filter }, { "promiscuous mode", set_promisc } };
	struct torc_ring_info before = { .size = sizeof(before) };
	struct torc_stats stats;
	unsigned int expected = 0;

	ring = net_ring("vb,vd", 0);
	senders[0] = net_sender("va");
	senders[1] = net_sender("vc");
	torc_ring_info(ring, &before);
	is(arriving(), 10, "everything arrives");
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		test_one(settings[i].name, settings[i].set, &before);
		is(arriving(), 10, "%s: everything still arrives", settings[i].name);
		stats = net_stats(ring);
		expected = 10 * (unsigned int)(i + 2);
		ok(stats.balanced && stats.received == expected && stats.filtered == 0,
		   "%s: the account too, and nothing is unknown in it", settings[i].name);
	}
	is(set_vlan(), 0, "VLAN 5, which both take");
	is(arriving(), 2, "the tagged ones arrive");
	torc_ring_info(ring, &before);
	test_one("filter", set_filter, &before);
	is(arriving(), 2, "and still do");
	refuse_ifindex = (int)if_nametoindex("vd");
	is(torc_ring_set_vlan(ring, TORC_VLAN_NONE), -ENOMEM, "untagged ones are refused");
	refuse_ifindex = 0;
	is(arriving(), 2, "the tagged ones arrive");
	torc_ring_close(ring);
	close(senders[0]);
	close(senders[1]);
}

/* ---- stop ---- */

static void test_stop(void)
{
	struct net_stream stream;
	struct torc_stats at_stop, later;
	struct torc_packet packet;

	ring = net_ring("vb", 0);
	net_stream_start(&stream, "va", 100, 5, 200);
	net_wait_seen(ring, 200);
	refuse_unbind = true;
	is(torc_ring_disable(ring), 0, "disabled though the socket cannot be unbound");
	refuse_unbind = false;
	at_stop = net_stats(ring);
	ok(at_stop.balanced && at_stop.waiting == 0, "the account balances");
	for (uint32_t sent = net_stream_sent(&stream); net_stream_sent(&stream) < sent + 200;)
		net_sleep_ms(1);
	later = net_stats(ring);
	is(later.kernel_seen, at_stop.kernel_seen, "nothing more comes in");
	is(torc_ring_enable(ring), 0, "enabled again");
	torc_ring_set_poll_duration(ring, 5000);
	is(torc_ring_next(ring, &packet), 1, "it receives again");
	net_stream_stop(&stream);
	torc_ring_disable(ring);
	later = net_stats(ring);
	ok(later.balanced && later.waiting == 0, "the account balances at the end");
	torc_ring_close(ring);
}

int main(void)
{
	net_pair("va", "vb");
	net_make_pair("vc", "vd");
	test_settings();
	test_stop();
	return done();
}
