/* SPDX-License-Identifier: BSD-3-Clause */
/* ring_open.c - device strings, what cannot be opened and why, and what an open ring tells */
#include "net.h"

static void refuse(const char *device, uint32_t snaplen, uint32_t flags, int code,
		   const char *words)
{
	struct torc_ring *ring = (void *)1;
	struct torc_error error;
	const char *name = device && device[0] ? net_device(device) : device;
	int result = torc_ring_open(&ring, name, snaplen, flags, &error);

	is(result, code, "\"%s\": %s", device ? device : "(null)", torc_strerror(code));
	ok(ring == NULL, "no ring is given");
	if (result >= 0)
		return;
	is(error.code, code, "the error has the code");
	ok(strstr(error.text, words) != NULL, "the sentence: %s", error.text);
	is(torc_ring_open(&ring, name, snaplen, flags, NULL), code, "no error wanted: the same");
}

static void test_refused(void)
{
	refuse("eth77", 0, 0, -ENODEV, "no interface eth77; there are: ");
	refuse("eth77", 0, 0, -ENODEV, "vb");
	refuse("averyveryverylongname", 0, 0, -ENODEV, "averyveryverylongname");
	refuse("va,eth77", 0, 0, -ENODEV, "eth77");
	refuse("eth77.5", 0, 0, -ENODEV, "eth77");
	refuse("(va.5)", 0, 0, -ENODEV, "no interface va.5");
	refuse("vd", 0, 0, -ENETDOWN, "ip link set vd up");
	refuse("va,vd", 0, 0, -ENETDOWN, "vd");
	refuse("va", TORC_SNAPLEN_MAX + 1, 0, -EINVAL, "snaplen of 262145");
	refuse("va", UINT32_MAX, 0, -EINVAL, "snaplen");
	refuse("va", 0, 1u << 31, -EINVAL, "0x80000000");
	refuse(NULL, 0, 0, -EINVAL, "no device");
	refuse("", 0, 0, -EINVAL, "no device");
	refuse(",", 0, 0, -EINVAL, "empty");
	refuse("va,", 0, 0, -EINVAL, "empty");
	refuse(",va", 0, 0, -EINVAL, "empty");
	refuse("va,,vb", 0, 0, -EINVAL, "empty");
	refuse("va,va", 0, 0, -EINVAL, "twice");
	refuse("va@", 0, 0, -EINVAL, "queue mask");
	refuse("va@x", 0, 0, -EINVAL, "queue mask");
	refuse("va@1,", 0, 0, -EINVAL, "queue mask");
	refuse("va@3-1", 0, 0, -EINVAL, "queue mask");
	refuse("va@64", 0, 0, -EINVAL, "0 to 63");
	refuse("va@-1", 0, 0, -EINVAL, "queue mask");
	refuse("va.5000", 0, 0, -EINVAL, "4094");
	if (net_is_xdp())
		skip("zc:va", "xdp: is an engine already");
	else
		refuse("zc:va", 0, 0, -EINVAL, "no engine \"zc:\"");
	refuse("va;speed=1x", 0, 0, -EINVAL, "speed=1x");
}

static void expect_link(const char *device, uint16_t link_type)
{
	struct torc_ring_info info = { .size = sizeof(info) };
	struct torc_ring *ring;

	is(torc_ring_open(&ring, device, 0, 0, NULL), 0, "%s opens", device);
	torc_ring_info(ring, &info);
	is(info.link_type, link_type, "%s: its link type", device);
	torc_ring_close(ring);
}

static void test_not_ethernet(void)
{
	if (!net_run("ip tuntap add tun9 mode tun 2>/dev/null && ip link set tun9 up")) {
		skip("a tun interface", "cannot be made here");
		return;
	}
	if (net_is_xdp())
		refuse("tun9", 0, 0, -EMEDIUMTYPE, "not an Ethernet-like interface");
	else
		expect_link("tun9", TORC_LINK_RAW);
	net_run("ip link del tun9");
}

static void expect_info(const char *device, unsigned int interfaces, uint64_t mask, int vlan)
{
	struct torc_ring *ring;
	struct torc_error error;
	struct torc_ring_info info = { .size = sizeof(info) };

	if (!ok(torc_ring_open(&ring, net_device(device), 0, 0, &error) == 0, "\"%s\" opens",
		device)) {
		note("%s", error.text);
		return;
	}
	torc_ring_info(ring, &info);
	is_str(info.device, net_device(device), "device");
	is(info.interface_count, interfaces, "interfaces");
	ok(info.channel_mask == mask, "queues (0x%llx)", (unsigned long long)info.channel_mask);
	is(info.vlan, vlan, "VLAN");
	ok(!info.enabled, "not enabled");
	torc_ring_close(ring);
}

static void test_strings(void)
{
	expect_info("va", 1, UINT64_MAX, TORC_VLAN_ANY);
	expect_info("va,vb", 2, UINT64_MAX, TORC_VLAN_ANY);
	expect_info("any", 1, UINT64_MAX, TORC_VLAN_ANY);
	expect_info("lo", 1, UINT64_MAX, TORC_VLAN_ANY);
	expect_info("(va)", 1, UINT64_MAX, TORC_VLAN_ANY);
	expect_info("va@1,3-5", 1, 0x3a, TORC_VLAN_ANY);
	expect_info("va,vb@0", 2, 1, TORC_VLAN_ANY);
	expect_info("va@0-62", 1, UINT64_MAX >> 1, TORC_VLAN_ANY);
	expect_info("va@63", 1, 1ull << 63, TORC_VLAN_ANY);
	expect_info("va.100", 1, UINT64_MAX, 100);
	expect_info("none", 0, UINT64_MAX, TORC_VLAN_ANY);
	net_run("ip link add va.7 type veth peer name vz; ip link set va.7 up");
	expect_info("va.7", 1, UINT64_MAX, TORC_VLAN_ANY);
	expect_info("(va.7)", 1, UINT64_MAX, TORC_VLAN_ANY);
	net_run("ip link del va.7");
}

static void test_info(void)
{
	struct torc_ring_options options = { .size = sizeof(options), .snaplen = 256,
					     .flags = TORC_PROMISC | TORC_TIMESTAMP,
					     .buffer_bytes = 4 << 20, .block_bytes = 1 << 16 };
	struct torc_ring *ring, *second;
	struct torc_ring_info info = { .size = sizeof(info) }, other = { .size = sizeof(other) };

	is(torc_ring_open_with(&ring, net_device("vb"), &options, NULL), 0, "open with all options");
	is(torc_ring_open(&second, "vb", 0, TORC_IMMEDIATE, NULL), 0, "open a second one");
	torc_ring_info(ring, &info);
	torc_ring_info(second, &other);
	is_str(info.interface_name, "vb", "interface_name");
	is_str(info.engine, "tpacket_v3", "engine");
	is_str(other.engine, "tpacket_v2", "engine of the immediate one");
	is_str(info.application_name, "ring_open", "application_name");
	ok(info.id != other.id, "ids differ");
	is(info.snaplen, 256, "snaplen");
	is(other.snaplen, TORC_SNAPLEN_DEFAULT, "the default snaplen");
	is(info.flags, TORC_PROMISC | TORC_TIMESTAMP, "flags");
	is(info.link_type, TORC_LINK_ETHERNET, "link_type");
	is(info.ifindex, if_nametoindex("vb"), "ifindex");
	is(info.mtu, 1500, "mtu");
	ok(memcmp(info.address, NET_MAC_B, 6) == 0, "address");
	is(info.queue_count, 1, "queue_count");
	is(info.buffer_bytes, 4 << 20, "buffer_bytes");
	is(info.block_bytes, 1 << 16, "block_bytes");
	is(info.poll_duration_ms, -1, "poll_duration_ms");
	is(info.sampling_rate, 1, "sampling_rate");
	is(info.cluster_id, 0, "cluster_id");
	is(net_stats(ring).card_missed, 0, "the card's own count is known");
	torc_ring_close(ring);
	torc_ring_close(second);
	torc_ring_close(NULL);
}

static void test_add_device(void)
{
	struct torc_ring *ring;
	struct torc_ring_info info = { .size = sizeof(info) };
	struct torc_packet packet;
	int a = net_sender("va"), b = net_sender("vb");

	torc_ring_open(&ring, "none", 0, 0, NULL);
	torc_ring_set_poll_duration(ring, 10);
	is(torc_ring_enable(ring), 0, "a ring without devices is enabled");
	is(torc_ring_next(ring, &packet), 0, "and has no packets");
	is(torc_ring_add_device(ring, net_device("va")), -EBUSY, "nothing is added to an enabled ring");
	torc_ring_disable(ring);
	is(torc_ring_set_filter(ring, "udp"), 0, "a filter before there is a device");
	is(torc_ring_add_device(ring, net_device("va")), 0, "one device is added");
	is(torc_ring_add_device(ring, net_device("vb")), 0, "another");
	is(torc_ring_add_device(ring, net_device("vb")), -EEXIST, "not twice");
	is(torc_ring_add_device(ring, net_device("lo,eth77")), -ENODEV, "one that is not there");
	ok(strstr(torc_ring_error(ring), "eth77"), "in words: %s", torc_ring_error(ring));
	is(torc_ring_add_device(ring, "pcap:x.pcap"), -EINVAL, "a file does not go with them");
	torc_ring_info(ring, &info);
	is_str(info.device, net_is_xdp() ? "xdp:va,xdp:vb" : "va,vb", "the ring has two");
	is(info.interface_count, 2, "two");
	torc_ring_enable(ring);
	net_send_udp(a, 20, 80, 0);
	net_send_udp(b, 10, 80, 100);
	is(net_read_all(ring, NULL, NULL), 60, "and sees each packet on both");
	torc_ring_close(ring);
	close(a);
	close(b);
}

static void see_interface(const struct torc_packet *packet, void *context)
{
	unsigned int *counts = context;

	if (packet->ifindex >= 0 && packet->ifindex < 64 && packet->direction == TORC_PACKET_RX)
		counts[packet->ifindex]++;
}

static void test_list(const char *device)
{
	struct torc_ring *ring = net_ring(device, 0);
	unsigned int counts[64] = { 0 };
	int a = net_sender("va"), b = net_sender("vb");

	net_send_udp(a, 30, 80, 0);
	net_send_udp(b, 20, 80, 0);
	is(net_read_all(ring, see_interface, counts), 100, "\"%s\": all from both", device);
	is(counts[if_nametoindex("vb")], 30, "each packet says its interface");
	is(counts[if_nametoindex("va")], 20, "each");
	is(net_stats(ring).kernel_seen, 100, "the account is of both");
	ok(net_stats(ring).balanced, "and balances");
	torc_ring_close(ring);
	close(a);
	close(b);
}

/* Is there as much promiscuity on vb? `ip` asks the kernel. */
static bool promiscuity_is(unsigned int count)
{
	return net_run("ip -d link show vb | grep -q 'promiscuity %u '", count);
}

static void test_promisc(void)
{
	struct torc_ring *ring, *other;

	torc_ring_open(&ring, net_device("vb"), 0, TORC_PROMISC, NULL);
	torc_ring_open(&other, "vb", 0, 0, NULL);
	ok(promiscuity_is(1), "TORC_PROMISC makes the interface promiscuous");
	is(torc_ring_set_promisc(other, true), 0, "set later");
	ok(promiscuity_is(2), "it is counted");
	is(torc_ring_set_promisc(other, true), 0, "twice is once");
	ok(promiscuity_is(2), "as before");
	is(torc_ring_set_promisc(other, false), 0, "and off");
	ok(promiscuity_is(1), "one less");
	torc_ring_close(ring);
	torc_ring_close(other);
	ok(promiscuity_is(0), "closing ends it");
}

/* A veth pair with one queue: mask 1 takes everything, mask 2 nothing. */
static void test_queues(void)
{
	struct torc_ring *zero = net_ring("vb@0", 0), *one = net_ring("vb@1", 0);
	struct torc_ring *high = net_ring("vb@40-50", 0);
	int a = net_sender("va");

	net_send_udp(a, 30, 80, 0);
	is(net_read_all(zero, NULL, NULL), 30, "queue 0 has all packets");
	is(net_read_all(one, NULL, NULL), 0, "queue 1 none");
	is(net_read_all(high, NULL, NULL), 0, "queue 40 none");
	is(torc_ring_set_channel_mask(one, 1), 0, "the other mask");
	is(torc_ring_set_channel_mask(zero, ~1ull), 0, "set later");
	net_send_udp(a, 30, 80, 0);
	is(net_read_all(zero, NULL, NULL), 0, "takes none");
	is(net_read_all(one, NULL, NULL), 30, "takes all");
	is(torc_ring_set_channel_mask(one, 0), -EINVAL, "no queue at all is refused");
	torc_ring_close(zero);
	torc_ring_close(one);
	torc_ring_close(high);
	close(a);
}

int main(void)
{
	net_pair("va", "vb");
	net_run("ip link add vd type veth peer name ve");
	test_refused();
	test_not_ethernet();
	test_strings();
	test_info();
	test_add_device();
	test_list("va,vb");
	if (net_is_xdp()) {
		refuse("any", 0, 0, -EOPNOTSUPP, "by name");
		skip("packets of any", "xdp: takes interfaces by name");
		skip("a mask of queues", "xdp: takes the queues that there are (xdp_attach)");
	} else {
		test_list("any");
		test_queues();
	}
	test_promisc();
	return done();
}
