/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ring_privilege.c - with CAP_NET_RAW alone a ring does all it can do on an interface; without it
 * there is a sentence that says what to do
 */
#include "drop.h"

static void test_without(void)
{
	struct torc_ring *ring;
	struct torc_error error;

	is(torc_ring_open(&ring, "vb", 0, 0, &error), -EPERM, "no capability: EPERM");
	ok(strstr(error.text, "CAP_NET_RAW") && strstr(error.text, "setcap"), "the sentence: %s",
	   error.text);
	is(torc_ring_open(&ring, "any", 0, 0, &error), -EPERM, "on any too");
	is(torc_ring_open(&ring, "eth77", 0, 0, &error), -ENODEV, "an unknown one is unknown");
	is(torc_set_priority(10), -EPERM, "no real-time priority without CAP_SYS_NICE");
}

static void test_with(uint32_t flags)
{
	struct torc_ring *ring = net_ring("vb", flags | TORC_PROMISC | TORC_HW_TIMESTAMP);
	const uint32_t tag = 0x81000064;
	int sender = net_sender("va");
	uint8_t frame[60];

	net_send_udp(sender, 50, 80, 0);
	is(net_read_all(ring, NULL, NULL), 50, "packets come");
	is(torc_ring_set_filter(ring, "vlan 100"), 0, "a filter with vlan: %s",
	   torc_ring_error(ring));
	net_send_tagged(sender, &tag, 1, 80, 0);
	net_send_udp(sender, 50, 80, 0);
	is(net_read_all(ring, NULL, NULL), 1, "is in force");
	is(torc_ring_remove_filter(ring), 0, "and removed");
	is(torc_ring_set_direction(ring, TORC_RX_ONLY), 0, "a direction");
	is(torc_ring_set_vlan(ring, 100), 0, "a VLAN");
	is(torc_ring_set_promisc(ring, false), 0, "promiscuous mode off");
	is(torc_ring_set_promisc(ring, true), 0, "and on");
	is(torc_ring_set_cluster(ring, 33, TORC_CLUSTER_PER_FLOW_2_TUPLE), 0, "a cluster: %s",
	   torc_ring_error(ring));
	is(torc_ring_leave_cluster(ring), 0, "and out of it");
	net_frame(frame, sizeof(frame), 0);
	is(torc_ring_send(ring, frame, sizeof(frame)), sizeof(frame), "sending");
	is(torc_ring_disable(ring), 0, "disable");
	is(torc_ring_enable(ring), 0, "enable");
	ok(net_stats(ring).balanced, "the account balances");
	torc_ring_close(ring);
	close(sender);
}

static void keep_or_skip(uint32_t mask)
{
	if (!keep_only(mask))
		_exit(77);
}

static void without(void)
{
	keep_or_skip(0);
	test_without();
}

static void with_default(void)
{
	keep_or_skip(1 << CAP_NET_RAW);
	test_with(0);
}

static void with_immediate(void)
{
	keep_or_skip(1 << CAP_NET_RAW);
	test_with(TORC_IMMEDIATE);
}

int main(void)
{
	net_pair("va", "vb");
	in_child(without, "without a capability");
	in_child(with_default, "with CAP_NET_RAW alone");
	in_child(with_immediate, "with CAP_NET_RAW alone, immediate");
	return done();
}
