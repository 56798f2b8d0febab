/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The shared library by its names: all 111 functions resolve by dlsym, it exports nothing else, and
 * a program that only has these names can use it. Some programs resolve all at load.
 */
#include <dlfcn.h>

#include "pfring_net.h"

static const char *const names[] = {
	"gmt_to_local", "pfring_add_filtering_rule", "pfring_add_hw_rule",
	"pfring_adjust_device_clock", "pfring_bind", "pfring_bpf_filter", "pfring_breakloop",
	"pfring_close", "pfring_config", "pfring_disable_ring", "pfring_enable_hw_timestamp",
	"pfring_enable_hw_timestamp_debug", "pfring_enable_ring", "pfring_enable_rss_rehash",
	"pfring_findalldevs", "pfring_flush_tx_packets", "pfring_format_numbers",
	"pfring_free_bpf_filter", "pfring_freealldevs", "pfring_get_appl_stats_file_name",
	"pfring_get_bound_device_address", "pfring_get_bound_device_ifindex",
	"pfring_get_caplen", "pfring_get_card_settings", "pfring_get_device_clock",
	"pfring_get_device_ifindex", "pfring_get_ethtool_link_speed",
	"pfring_get_filtering_rule_stats", "pfring_get_hash_filtering_rule_stats",
	"pfring_get_interface_speed", "pfring_get_link_status", "pfring_get_link_type",
	"pfring_get_metadata", "pfring_get_mtu_size", "pfring_get_num_queued_pkts",
	"pfring_get_num_rx_channels", "pfring_get_ring_id", "pfring_get_selectable_fd",
	"pfring_get_slot_header_len", "pfring_handle_arista_hw_timestamp",
	"pfring_handle_hash_filtering_rule", "pfring_handle_ixia_hw_timestamp",
	"pfring_handle_metawatch_hw_timestamp", "pfring_handle_vss_apcon_hw_timestamp",
	"pfring_is_pkt_available", "pfring_loop", "pfring_loopback_test",
	"pfring_next_pkt_raw_timestamp", "pfring_next_pkt_time", "pfring_open",
	"pfring_open_multichannel", "pfring_parse_bpf_filter", "pfring_parse_pkt",
	"pfring_poll", "pfring_print_parsed_pkt", "pfring_print_pkt",
	"pfring_purge_idle_hash_rules", "pfring_purge_idle_rules",
	"pfring_read_arista_7150_hw_timestamp", "pfring_read_arista_7150_keyframe",
	"pfring_read_ixia_hw_timestamp", "pfring_read_metawatch_device_info",
	"pfring_read_metawatch_hw_timestamp", "pfring_read_vss_apcon_hw_timestamp",
	"pfring_recv", "pfring_recv_burst", "pfring_recv_chunk", "pfring_recv_flow",
	"pfring_recv_parsed", "pfring_remove_bpf_filter", "pfring_remove_filtering_rule",
	"pfring_remove_from_cluster", "pfring_remove_hw_rule", "pfring_search_payload",
	"pfring_send", "pfring_send_get_time", "pfring_send_last_rx_packet",
	"pfring_set_application_name", "pfring_set_application_stats",
	"pfring_set_bound_dev_name", "pfring_set_bpf_filter", "pfring_set_channel_id",
	"pfring_set_channel_mask", "pfring_set_cluster", "pfring_set_cluster_consumer",
	"pfring_set_default_hw_action", "pfring_set_device_clock", "pfring_set_direction",
	"pfring_set_filtering_mode", "pfring_set_filtering_sampling_rate",
	"pfring_set_if_promisc", "pfring_set_master", "pfring_set_master_id",
	"pfring_set_packet_slicing", "pfring_set_poll_duration", "pfring_set_poll_watermark",
	"pfring_set_poll_watermark_timeout", "pfring_set_promisc",
	"pfring_set_reflector_device", "pfring_set_sampling_rate", "pfring_set_socket_mode",
	"pfring_set_tx_watermark", "pfring_set_virtual_device", "pfring_set_vlan_id",
	"pfring_shutdown", "pfring_stats", "pfring_sync_indexes_with_kernel",
	"pfring_thirdparty_lib_init", "pfring_toggle_filtering_policy", "pfring_version",
	"pfring_version_noring",
};

#define COUNT (sizeof(names) / sizeof(names[0]))

static void test_exports(const char *path)
{
	char command[600], line[256];
	unsigned int functions = 0, others = 0;
	FILE *nm;

	snprintf(command, sizeof(command), "nm -D --defined-only %s 2>/dev/null", path);
	nm = popen(command, "r");
	while (nm && fgets(line, sizeof(line), nm)) {
		char *name = strrchr(line, ' ');

		if (!name)
			continue;
		name++;
		name[strcspn(name, "\n")] = '\0';
		others++;
		for (size_t i = 0; i < COUNT; i++)
			functions += strcmp(name, names[i]) == 0;
	}
	if (nm)
		pclose(nm);
	if (others == 0) {
		skip("what the library exports", "no nm here");
		return;
	}
	is(functions, COUNT, "nm finds them too");
	is(others, COUNT + 2, "and only sysdig_event2name and torc_pf_hash beside them");
}

int main(void)
{
	const char *build = getenv("B");
	char path[512];
	pfring *(*open_ring)(const char *, u_int32_t, u_int32_t);
	int (*version)(pfring *, u_int32_t *);
	void (*close_ring)(pfring *);
	u_int32_t number = 0;
	void *library;
	pfring *ring;

	is(COUNT, 111, "111 names");
	snprintf(path, sizeof(path), "%s/libpfring.so", build ? build : "build");
	library = dlopen(path, RTLD_NOW);
	if (!ok(library != NULL, "open %s: %s", path, library ? "" : dlerror()))
		return done();
	for (size_t i = 0; i < COUNT; i++)
		ok(dlsym(library, names[i]) != NULL, "%s", names[i]);
	test_exports(path);

	open_ring = (pfring *(*)(const char *, u_int32_t, u_int32_t))dlsym(library, "pfring_open");
	version = (int (*)(pfring *, u_int32_t *))dlsym(library, "pfring_version");
	close_ring = (void (*)(pfring *))dlsym(library, "pfring_close");
	ring = open_ring("lo", 128, 0);
	if (!ring) {
		skip("use it", "cannot open a ring on lo");
		return done();
	}
	ok(version(ring, &number) == 0 && number == RING_VERSION_NUM, "use it through the names");
	close_ring(ring);
	return done();
}
