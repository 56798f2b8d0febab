/* SPDX-License-Identifier: BSD-3-Clause */
/* Settings and information of the drop-in libpfring: filters, sampling, directions, names ... */
#include <sys/stat.h>

#include "pfring_net.h"

static int tx;

static void test_filter(void)
{
	pfring *ring = open_enabled("p1", 0);
	struct pfring_pkthdr hdr;
	pfring_stat stats;
	u_char *data;

	is(pfring_remove_bpf_filter(ring), -1, "no filter to remove");
	is(errno, ENOENT, "ENOENT");
	is(pfring_set_bpf_filter(ring, "udp port 53"), 0, "a filter");
	send_many(tx, 10, 53);
	send_many(tx, 10, 54);
	is(drain(ring), 10, "half of them match");
	is(pfring_set_bpf_filter(ring, "udp port port"), PF_RING_ERROR_INVALID_ARGUMENT,
	   "a bad one");
	send_many(tx, 10, 53);
	send_many(tx, 10, 54);
	is(drain(ring), 10, "leaves the old one in force");
	is(pfring_set_bpf_filter(ring, "tcp"), 0, "another replaces it");
	send_many(tx, 10, 53);
	is(drain(ring), 0, "nothing matches");
	is(pfring_remove_bpf_filter(ring), 0, "remove");
	send_many(tx, 10, 53);
	is(drain(ring), 10, "everything again");
	is(pfring_set_bpf_filter(ring, NULL), -1, "NULL is an error");
	send_many(tx, 10, 53);
	send_many(tx, 10, 54);
	is(receive(ring, &data, &hdr), 1, "one is read");
	is(pfring_set_bpf_filter(ring, "udp port 54"), 0, "a filter for what waits");
	is(drain(ring), 10, "no packet from before that it refuses");
	pfring_stats(ring, &stats);
	is(stats.recv, 41, "and recv is what was read");
	pfring_close(ring);

	ring = open_enabled("p1", PF_RING_USERSPACE_BPF);
	is(pfring_set_bpf_filter(ring, "udp port 53"), 0, "a user-space filter");
	send_many(tx, 10, 53);
	send_many(tx, 10, 54);
	is(drain(ring), 10, "works the same");
	pfring_close(ring);
}

static void test_sampling(void)
{
	pfring *ring = open_enabled("p1", 0);

	is(pfring_set_sampling_rate(ring, 10), 0, "one in ten");
	send_many(tx, 1000, 2000);
	is(drain(ring), 100, "exactly a tenth");
	is(pfring_set_sampling_rate(ring, 0), 0, "0: all");
	send_many(tx, 50, 2000);
	is(drain(ring), 50, "all again");
	pfring_close(ring);
}

static void test_direction(void)
{
	static const unsigned int want[] = { 30, 20, 10 };
	int back = sender_open("p1");

	for (unsigned int direction = 0; direction < 3; direction++) {
		pfring *ring = open_enabled("p1", 0);

		is(pfring_set_direction(ring, (packet_direction)direction), 0, "direction %u",
		   direction);
		send_many(tx, 20, 2000);
		send_many(back, 10, 2000);
		is(drain(ring), want[direction], "packets of direction %u", direction);
		is(ring->direction, direction, "the handle knows");
		is(pfring_set_direction(ring, (packet_direction)7), -1, "no such direction");
		pfring_close(ring);
	}
	close(back);
}

static void send_tagged(uint16_t vlan, unsigned int count)
{
	struct frame frame = { .vlan = vlan, .source = 1, .destination = 2 };

	while (count-- > 0)
		send_frame(tx, &frame);
}

static void test_vlan(void)
{
	pfring *ring = open_enabled("p1.100", 0);

	send_tagged(100, 5);
	send_tagged(200, 5);
	send_many(tx, 5, 2000);
	is(drain(ring), 5, "p1.100 is VLAN 100 of p1");
	is(pfring_set_vlan_id(ring, 200), 0, "VLAN 200");
	send_tagged(100, 5);
	send_tagged(200, 3);
	is(drain(ring), 3, "only that");
	is(pfring_set_vlan_id(ring, 0), 0, "0");
	send_tagged(100, 5);
	send_many(tx, 4, 2000);
	is(drain(ring), 4, "untagged only");
	pfring_set_direction(ring, tx_only_direction);
	is(pfring_set_vlan_id(ring, 100), -1, "not for the sending direction");
	is(errno, EINVAL, "EINVAL");
	pfring_close(ring);
}

static u_int32_t slice(pfring *ring, packet_slicing_level level, u_int32_t bytes)
{
	struct pfring_pkthdr hdr = { .caplen = 0 };
	u_char *data;

	is(pfring_set_packet_slicing(ring, level, bytes), 0, "slicing level %d", level);
	send_many(tx, 1, 2000);
	receive(ring, &data, &hdr);
	is(hdr.len, FRAME_BYTES, "the length stays");
	return hdr.caplen;
}

static void test_slicing(void)
{
	pfring *ring = open_enabled("p1", 0);

	is(slice(ring, L2_SLICING, 0), 14, "Ethernet");
	is(slice(ring, L3_SLICING, 0), 34, "and IPv4");
	is(slice(ring, L4_SLICING, 0), 42, "and UDP");
	is(slice(ring, L4_SLICING, 5), 47, "and five bytes");
	is(slice(ring, L4_SLICING, 4000), FRAME_BYTES, "never more than there is");
	is(slice(ring, FULL_PACKET_SLICING, 0), FRAME_BYTES, "everything");
	is(pfring_set_packet_slicing(ring, (packet_slicing_level)1, 0), -1, "no such level");
	pfring_close(ring);
	ring = pfring_open("p1", 60, 0);
	pfring_enable_ring(ring);
	is(slice(ring, FULL_PACKET_SLICING, 0), 60, "the snaplen cuts too");
	pfring_close(ring);
}

static void test_waits(void)
{
	pfring *ring = open_enabled("p1", 0);

	is(pfring_set_poll_watermark(ring, 1), 0, "watermark 1");
	is(pfring_set_poll_watermark(ring, 0), 0, "watermark 0 is 1");
	is(pfring_set_poll_watermark(ring, 1000), 0, "watermark 1000");
	is(pfring_set_poll_watermark_timeout(ring, 20), 0, "its timeout");
	is(pfring_set_poll_duration(ring, 5), 0, "poll duration");
	is(ring->poll_duration, 5, "the handle knows");
	send_many(tx, 7, 2000);
	is(drain(ring), 7, "fewer than the watermark arrive");
	is(pfring_set_poll_watermark_timeout(ring, 0), 0, "no timeout: the default");
	is(pfring_set_promisc(ring, 1), 0, "promiscuous");
	is(pfring_set_promisc(ring, 0), 0, "and not");
	pfring_close(ring);
}

static void test_channels(void)
{
	pfring *rings[MAX_NUM_RX_CHANNELS] = { NULL }, *ring = open_enabled("p1", 0);
	unsigned int count, total = 0;

	is(pfring_get_num_rx_channels(ring), 4, "four receive queues");
	is(pfring_set_channel_mask(ring, RING_ANY_CHANNEL), 0, "every channel");
	send_many(tx, 5, 2000);
	is(drain(ring), 5, "all packets");
	is(pfring_set_channel_id(ring, 64), -1, "no channel 64");
	pfring_close(ring);

	count = pfring_open_multichannel("p1", 1500, 0, rings);
	is(count, 4, "one ring for each");
	for (unsigned int i = 0; i < count; i++)
		is(pfring_enable_ring(rings[i]), 0, "enable ring %u", i);
	for (unsigned int flow = 0; flow < 40; flow++)
		send_frame(tx, &(struct frame){ .source = (uint8_t)flow, .destination = 9 });
	for (unsigned int i = 0; i < count; i++)
		total += drain(rings[i]);
	is(total, 40, "each packet is in one of them");
	for (unsigned int i = 0; i < count; i++)
		pfring_close(rings[i]);
	is(pfring_open_multichannel("nosuch0", 1500, 0, rings), 0, "no such device: no rings");
}

static void test_lists(void)
{
	static const u_char second[] = { 2, 0, 0, 0, 0, 2 };
	u_char address[6];
	int index = 0;
	pfring *ring = pfring_open("p0,p1", 1500, 0);

	ok(ring && pfring_get_bound_device_ifindex(ring, &index) == 0 &&
		   index == (int)if_nametoindex("p1"),
	   "of a list the last device sends");
	ok(ring && pfring_get_bound_device_address(ring, address) == 0 &&
		   memcmp(address, second, 6) == 0,
	   "its address");
	pfring_enable_ring(ring);
	send_many(tx, 5, 2000);
	is(drain(ring), 10, "both ends are received");
	pfring_close(ring);

	ring = pfring_open("none", 1500, 0);
	is(pfring_get_bound_device_ifindex(ring, &index), -1, "none has no index");
	is(pfring_bind(ring, (char *)"p1"), 0, "bind");
	is(pfring_bind(ring, NULL), -1, "bind to nothing");
	is(pfring_enable_ring(ring), 0, "enable");
	send_many(tx, 5, 2000);
	is(drain(ring), 5, "receives from the bound device");
	pfring_close(ring);

	ring = open_enabled("lo", 0);
	run("ping -q -c 1 -W 1 127.0.0.1 >/dev/null 2>&1 || "
	    "bash -c 'echo x >/dev/udp/127.0.0.1/9' 2>/dev/null");
	index = (int)drain(ring);
	ok(index >= 2 && index % 2 == 0, "loopback shows both copies (%d)", index);
	pfring_close(ring);
	ring = open_enabled("any", 0);
	send_many(tx, 5, 2000);
	is(drain(ring), 10, "any sees both ends");
	pfring_close(ring);
}

static void test_names(void)
{
	char name[65], path[512], text[64] = "";
	struct stat status;
	FILE *file;
	pfring *ring = pfring_open("p1", 1500, 0);

	memset(name, 'x', 64);
	name[64] = '\0';
	is(pfring_set_application_name(ring, name), -1, "64 bytes are too many");
	is(errno, EINVAL, "EINVAL");
	is(pfring_set_application_name(ring, (char *)"tester"), 0, "a name");
	is(pfring_set_application_stats(ring, (char *)"Packets: 1"), 0, "statistics");
	ok(pfring_get_appl_stats_file_name(ring, path, sizeof(path)) == path, "their file");
	file = fopen(path, "r");
	if (file) {
		text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
		fclose(file);
	}
	is_str(text, "Packets: 1\n", "what the file holds");
	ok(!pfring_get_appl_stats_file_name(ring, path, 3), "a path that does not fit");
	pfring_get_appl_stats_file_name(ring, path, sizeof(path));
	pfring_close(ring);
	ok(stat(path, &status) < 0, "it goes with the ring");
}

static void test_information(void)
{
	pfring_card_settings card;
	u_int32_t version = 0;
	int index = 0;
	pfring *ring = pfring_open("p1", 1500, 0);
	pfring_if_t *list = pfring_findalldevs(), *found = NULL;

	is(pfring_version(ring, &version), 0, "version");
	is(version, 0x080900, "8.9.0");
	version = 0;
	pfring_version_noring(&version);
	is(version, 0x080900, "without a ring too");
	is(pfring_get_mtu_size(ring), 1500, "MTU");
	is(pfring_get_link_status(ring), 1, "link up");
	run("ip link set p0 down");
	for (int i = 0; i < 5000 && pfring_get_link_status(ring) != 0; i++)
		usleep(1000); /* the other end learns of it some time later */
	is(pfring_get_link_status(ring), 0, "link down");
	run("tests/up p0 p1");
	is(pfring_get_link_type(ring), 1, "Ethernet");
	is(pfring_get_slot_header_len(ring), 48, "the short header's size");
	ok(pfring_get_card_settings(ring, &card) == 0 && card.max_packet_size == 1518, "card");
	ok(pfring_get_interface_speed(ring) == pfring_get_ethtool_link_speed("p1") &&
		   pfring_get_ethtool_link_speed("p1") > 0,
	   "speed");
	is(pfring_get_ethtool_link_speed("nosuch0"), 0, "speed of nothing");
	ok(pfring_get_device_ifindex(ring, (char *)"p0", &index) == 0 &&
		   index == (int)if_nametoindex("p0"),
	   "another device's index");
	is(pfring_get_device_ifindex(ring, (char *)"nosuch0", &index), -1, "no such device");
	ok(pfring_get_ring_id(ring) != (u_int32_t)-1, "a ring id");
	for (pfring_if_t *at = list; at; at = at->next)
		if (strcmp(at->name, "p1") == 0)
			found = at;
	ok(found && found->status == 1 && found->mac[5] == 2 && !strcmp(found->module, "pf_ring"),
	   "findalldevs has p1");
	pfring_freealldevs(list);
	is(pfring_set_if_promisc("p1", 1), 0, "promiscuous, from off");
	ok(pfring_set_if_promisc("p1@0,p0", 0) >= 0, "a list");
	is(pfring_set_if_promisc("nosuch0", 1), -2, "no such interface");
	is(pfring_set_if_promisc(NULL, 1), -3, "no name");
	ok(pfring_enable_hw_timestamp(ring, (char *)"p1", 1, 0) > 0, "veth has no such clock");
	pfring_close(ring);
}

static void test_unsupported(void)
{
	struct timespec time = { 0 };
	hw_filtering_rule rule = { .rule_id = 1 };
	pfring *ring = pfring_open("p1", 1500, 0);
	char text[16];
	u_int size = sizeof(text);
	u_char *metadata;

	is(pfring_recv_chunk(ring, NULL, NULL, 0), PF_RING_ERROR_NOT_SUPPORTED, "chunks");
	is(pfring_recv_flow(ring, NULL, 0), PF_RING_ERROR_NOT_SUPPORTED, "flows");
	is(pfring_get_metadata(ring, &metadata, NULL), PF_RING_ERROR_NOT_SUPPORTED, "metadata");
	is(pfring_add_hw_rule(ring, &rule), PF_RING_ERROR_NOT_SUPPORTED, "hardware rules");
	is(pfring_remove_hw_rule(ring, 1), PF_RING_ERROR_NOT_SUPPORTED, "nor to remove");
	is(pfring_set_default_hw_action(ring, default_drop), PF_RING_ERROR_NOT_SUPPORTED, "action");
	is(pfring_set_virtual_device(ring, NULL), PF_RING_ERROR_NOT_SUPPORTED, "virtual device");
	is(pfring_get_device_clock(ring, &time), PF_RING_ERROR_NOT_SUPPORTED, "clock");
	is(pfring_set_device_clock(ring, &time), PF_RING_ERROR_NOT_SUPPORTED, "set it");
	is(pfring_adjust_device_clock(ring, &time, 1), PF_RING_ERROR_NOT_SUPPORTED, "adjust it");
	is(pfring_send_get_time(ring, text, 16, &time), PF_RING_ERROR_NOT_SUPPORTED, "TX time");
	is(pfring_set_master(ring, ring), PF_RING_ERROR_NOT_SUPPORTED, "master");
	is(pfring_set_master_id(ring, 1), PF_RING_ERROR_NOT_SUPPORTED, "master id");
	is(pfring_enable_rss_rehash(ring), 0, "rehash: all queues are ours, nothing changes");
	pfring_set_channel_mask(ring, ~(u_int64_t)1);
	is(pfring_enable_rss_rehash(ring), PF_RING_ERROR_NOT_SUPPORTED, "not without queue 0");
	pfring_set_channel_mask(ring, RING_ANY_CHANNEL);
	is(pfring_get_filtering_rule_stats(ring, 1, text, &size), PF_RING_ERROR_NOT_SUPPORTED,
	   "wildcard rule statistics");
	is(pfring_search_payload(ring, text), PF_RING_ERROR_NOT_SUPPORTED, "search");
	is(pfring_set_bound_dev_name(ring, text), PF_RING_ERROR_NOT_SUPPORTED, "bound name");
	is(pfring_set_filtering_mode(ring, hardware_only), PF_RING_ERROR_NOT_SUPPORTED, "hardware");
	is(pfring_set_filtering_mode(ring, software_only), 0, "but software");
	is(pfring_set_socket_mode(ring, management_only_mode), PF_RING_ERROR_NOT_SUPPORTED, "mode");
	pfring_close(ring);
}

static void test_no_ring(void)
{
	pfring_stat stats;

	is(pfring_enable_ring(NULL), PF_RING_ERROR_NOT_SUPPORTED, "enable");
	is(pfring_set_direction(NULL, rx_only_direction), PF_RING_ERROR_NOT_SUPPORTED, "direction");
	is(pfring_set_sampling_rate(NULL, 1), PF_RING_ERROR_NOT_SUPPORTED, "sampling");
	is(pfring_set_bpf_filter(NULL, "tcp"), PF_RING_ERROR_NOT_SUPPORTED, "filter");
	is(pfring_stats(NULL, &stats), PF_RING_ERROR_NOT_SUPPORTED, "stats");
	is(pfring_poll(NULL, 1), PF_RING_ERROR_NOT_SUPPORTED, "poll");
	is(pfring_get_selectable_fd(NULL), -1, "descriptor");
	is(pfring_send(NULL, NULL, 0, 0), PF_RING_ERROR_NOT_SUPPORTED, "send");
	pfring_breakloop(NULL);
	pfring_shutdown(NULL);
	pfring_config(0); /* the ordinary priority is no SCHED_FIFO one: a warning, not an exit */
	ok(true, "pfring_config() returns");
}

int main(void)
{
	need_veth();
	tx = sender_open("p0");
	test_filter();
	test_sampling();
	test_direction();
	test_vlan();
	test_slicing();
	test_waits();
	test_channels();
	test_lists();
	test_names();
	test_information();
	test_unsupported();
	test_no_ring();
	return done();
}
