/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * layout.c - the binary interface of PF_RING 8.9, x86-64, held at compile time
 *
 * Programs that were compiled against PF_RING's own headers find every field where they left it.
 * The numbers are those of PF_RING's headers; nothing here is executed.
 */
#include <stddef.h>

#include "pfring.h"

#define AT(type, member, offset, size)                                                             \
	_Static_assert(offsetof(type, member) == (offset), #type "." #member " moved");            \
	_Static_assert(sizeof(((type *)0)->member) == (size), #type "." #member " changed size")
#define SIZE(type, size) _Static_assert(sizeof(type) == (size), #type " changed size")

#if defined(__x86_64__) || defined(__aarch64__)


SIZE(struct pfring_pkthdr, 209);
AT(struct pfring_pkthdr, ts.tv_sec, 0, 8);
AT(struct pfring_pkthdr, ts.tv_usec, 8, 8);
AT(struct pfring_pkthdr, caplen, 16, 4);
AT(struct pfring_pkthdr, len, 20, 4);
AT(struct pfring_pkthdr, extended_hdr.timestamp_ns, 24, 8);
AT(struct pfring_pkthdr, extended_hdr.flags, 32, 4);
AT(struct pfring_pkthdr, extended_hdr.rx_direction, 36, 1);
AT(struct pfring_pkthdr, extended_hdr.port_id, 37, 1);
AT(struct pfring_pkthdr, extended_hdr.device_id, 38, 2);
AT(struct pfring_pkthdr, extended_hdr.if_index, 40, 4);
AT(struct pfring_pkthdr, extended_hdr.pkt_hash, 44, 4);
AT(struct pfring_pkthdr, extended_hdr.tx.bounce_interface, 48, 4);
AT(struct pfring_pkthdr, extended_hdr.tx.reserved, 56, 8);
AT(struct pfring_pkthdr, extended_hdr.process.pid, 64, 4);
AT(struct pfring_pkthdr, extended_hdr.parsed_pkt, 68, 141);

SIZE(struct pkt_parsing_info, 141);
AT(struct pkt_parsing_info, dmac, 0, 6);
AT(struct pkt_parsing_info, smac, 6, 6);
AT(struct pkt_parsing_info, eth_type, 12, 2);
AT(struct pkt_parsing_info, vlan_id, 14, 2);
AT(struct pkt_parsing_info, qinq_vlan_id, 16, 2);
AT(struct pkt_parsing_info, ip_version, 18, 1);
AT(struct pkt_parsing_info, l3_proto, 19, 1);
AT(struct pkt_parsing_info, ip_tos, 20, 1);
AT(struct pkt_parsing_info, ip_src, 21, 16);
AT(struct pkt_parsing_info, ip_dst, 37, 16);
AT(struct pkt_parsing_info, l4_src_port, 53, 2);
AT(struct pkt_parsing_info, l4_dst_port, 55, 2);
AT(struct pkt_parsing_info, icmp_type, 57, 1);
AT(struct pkt_parsing_info, icmp_code, 58, 1);
AT(struct pkt_parsing_info, tcp.flags, 59, 1);
AT(struct pkt_parsing_info, tcp.seq_num, 63, 4);
AT(struct pkt_parsing_info, tcp.ack_num, 67, 4);
AT(struct pkt_parsing_info, tunnel.tunnel_id, 71, 4);
AT(struct pkt_parsing_info, tunnel.tunneled_dmac, 75, 6);
AT(struct pkt_parsing_info, tunnel.tunneled_smac, 81, 6);
AT(struct pkt_parsing_info, tunnel.tunneled_eth_type, 87, 2);
AT(struct pkt_parsing_info, tunnel.tunneled_ip_version, 89, 1);
AT(struct pkt_parsing_info, tunnel.tunneled_proto, 90, 1);
AT(struct pkt_parsing_info, tunnel.tunneled_ip_src, 91, 16);
AT(struct pkt_parsing_info, tunnel.tunneled_ip_dst, 107, 16);
AT(struct pkt_parsing_info, tunnel.tunneled_l4_src_port, 123, 2);
AT(struct pkt_parsing_info, tunnel.tunneled_l4_dst_port, 125, 2);
AT(struct pkt_parsing_info, last_matched_rule_id, 127, 4);
AT(struct pkt_parsing_info, offset.eth_offset, 131, 2);
AT(struct pkt_parsing_info, offset.vlan_offset, 133, 2);
AT(struct pkt_parsing_info, offset.l3_offset, 135, 2);
AT(struct pkt_parsing_info, offset.l4_offset, 137, 2);
AT(struct pkt_parsing_info, offset.payload_offset, 139, 2);

SIZE(pfring_stat, 24);
AT(pfring_stat, recv, 0, 8);
AT(pfring_stat, drop, 8, 8);
AT(pfring_stat, shunt, 16, 8);

SIZE(pfring_packet_info, 40);
AT(pfring_packet_info, data, 0, 8);
AT(pfring_packet_info, ts.tv_sec, 8, 8);
AT(pfring_packet_info, ts.tv_usec, 16, 8);
AT(pfring_packet_info, caplen, 24, 2);
AT(pfring_packet_info, len, 26, 2);
AT(pfring_packet_info, flags, 28, 4);
AT(pfring_packet_info, hash, 32, 4);

SIZE(pfring_card_settings, 12);
AT(pfring_card_settings, max_packet_size, 0, 4);
AT(pfring_card_settings, rx_ring_slots, 4, 4);
AT(pfring_card_settings, tx_ring_slots, 8, 4);

SIZE(pfring_chunk_info, 8);
AT(pfring_chunk_info, length, 0, 4);
AT(pfring_chunk_info, type, 4, 4);

SIZE(pfring_if_t, 88);
AT(pfring_if_t, name, 0, 8);
AT(pfring_if_t, system_name, 8, 8);
AT(pfring_if_t, module, 16, 8);
AT(pfring_if_t, module_version, 24, 8);
AT(pfring_if_t, sn, 32, 8);
AT(pfring_if_t, mac, 40, 6);
AT(pfring_if_t, bus_id.slot, 48, 4);
AT(pfring_if_t, bus_id.bus, 52, 4);
AT(pfring_if_t, bus_id.device, 56, 4);
AT(pfring_if_t, bus_id.function, 60, 4);
AT(pfring_if_t, status, 64, 4);
AT(pfring_if_t, license, 68, 4);
AT(pfring_if_t, license_expiration, 72, 8);
AT(pfring_if_t, next, 80, 8);

SIZE(filtering_rule, 230);
AT(filtering_rule, rule_id, 0, 2);
AT(filtering_rule, rule_action, 2, 4);
AT(filtering_rule, balance_id, 6, 1);
AT(filtering_rule, balance_pool, 7, 1);
AT(filtering_rule, locked, 8, 1);
AT(filtering_rule, bidirectional, 9, 1);
AT(filtering_rule, core_fields, 10, 94);
AT(filtering_rule, extended_fields, 104, 102);
AT(filtering_rule, reflector_device_name, 206, 8);
AT(filtering_rule, internals, 214, 16);

SIZE(filtering_rule_core_fields, 94);
AT(filtering_rule_core_fields, if_index, 0, 4);
AT(filtering_rule_core_fields, smac, 4, 6);
AT(filtering_rule_core_fields, dmac, 10, 6);
AT(filtering_rule_core_fields, vlan_id, 16, 2);
AT(filtering_rule_core_fields, eth_type, 18, 2);
AT(filtering_rule_core_fields, proto, 20, 1);
AT(filtering_rule_core_fields, shost, 21, 16);
AT(filtering_rule_core_fields, dhost, 37, 16);
AT(filtering_rule_core_fields, shost_mask, 53, 16);
AT(filtering_rule_core_fields, dhost_mask, 69, 16);
AT(filtering_rule_core_fields, sport_low, 85, 2);
AT(filtering_rule_core_fields, sport_high, 87, 2);
AT(filtering_rule_core_fields, dport_low, 89, 2);
AT(filtering_rule_core_fields, dport_high, 91, 2);
AT(filtering_rule_core_fields, tcp.flags, 93, 1);

SIZE(filtering_rule_extended_fields, 102);
AT(filtering_rule_extended_fields, optional_fields, 0, 2);
AT(filtering_rule_extended_fields, tunnel.tunnel_id, 2, 4);
AT(filtering_rule_extended_fields, tunnel.shost, 6, 16);
AT(filtering_rule_extended_fields, tunnel.dhost, 22, 16);
AT(filtering_rule_extended_fields, tunnel.shost_mask, 38, 16);
AT(filtering_rule_extended_fields, tunnel.dhost_mask, 54, 16);
AT(filtering_rule_extended_fields, payload_pattern, 70, 32);

SIZE(filtering_internals, 16);
AT(filtering_internals, jiffies_last_match, 0, 8);
AT(filtering_internals, reflector_dev, 8, 8);

SIZE(hash_filtering_rule, 70);
AT(hash_filtering_rule, rule_id, 0, 2);
AT(hash_filtering_rule, vlan_id, 2, 2);
AT(hash_filtering_rule, ip_version, 4, 1);
AT(hash_filtering_rule, proto, 5, 1);
AT(hash_filtering_rule, host_peer_a, 6, 16);
AT(hash_filtering_rule, host_peer_b, 22, 16);
AT(hash_filtering_rule, port_peer_a, 38, 2);
AT(hash_filtering_rule, port_peer_b, 40, 2);
AT(hash_filtering_rule, rule_action, 42, 4);
AT(hash_filtering_rule, reflector_device_name, 46, 8);
AT(hash_filtering_rule, internals, 54, 16);

SIZE(hash_filtering_rule_stats, 28);
AT(hash_filtering_rule_stats, match, 0, 8);
AT(hash_filtering_rule_stats, filtered, 8, 8);
AT(hash_filtering_rule_stats, match_forward, 16, 8);
AT(hash_filtering_rule_stats, inactivity, 24, 4);

SIZE(hw_filtering_rule, 94);
AT(hw_filtering_rule, rule_family_type, 0, 4);
AT(hw_filtering_rule, rule_id, 4, 2);
AT(hw_filtering_rule, priority, 6, 2);
AT(hw_filtering_rule, rule_family.five_tuple_rule, 8, 15);
AT(hw_filtering_rule, rule_family.perfect_rule, 8, 17);
AT(hw_filtering_rule, rule_family.redirector_rule, 8, 59);
AT(hw_filtering_rule, rule_family.flow_id_rule, 8, 16);
AT(hw_filtering_rule, rule_family.flow_tuple_rule, 8, 86);

SIZE(intel_82599_five_tuple_filter_hw_rule, 15);
AT(intel_82599_five_tuple_filter_hw_rule, proto, 0, 1);
AT(intel_82599_five_tuple_filter_hw_rule, s_addr, 1, 4);
AT(intel_82599_five_tuple_filter_hw_rule, d_addr, 5, 4);
AT(intel_82599_five_tuple_filter_hw_rule, s_port, 9, 2);
AT(intel_82599_five_tuple_filter_hw_rule, d_port, 11, 2);
AT(intel_82599_five_tuple_filter_hw_rule, queue_id, 13, 2);

SIZE(intel_82599_perfect_filter_hw_rule, 17);
AT(intel_82599_perfect_filter_hw_rule, vlan_id, 0, 2);
AT(intel_82599_perfect_filter_hw_rule, proto, 2, 1);
AT(intel_82599_perfect_filter_hw_rule, s_addr, 3, 4);
AT(intel_82599_perfect_filter_hw_rule, d_addr, 7, 4);
AT(intel_82599_perfect_filter_hw_rule, s_port, 11, 2);
AT(intel_82599_perfect_filter_hw_rule, d_port, 13, 2);
AT(intel_82599_perfect_filter_hw_rule, queue_id, 15, 2);

SIZE(silicom_redirector_hw_rule, 59);
AT(silicom_redirector_hw_rule, rule_type, 0, 4);
AT(silicom_redirector_hw_rule, rule_port, 4, 1);
AT(silicom_redirector_hw_rule, rule_target_port, 5, 1);
AT(silicom_redirector_hw_rule, vlan_id_low, 6, 2);
AT(silicom_redirector_hw_rule, vlan_id_high, 8, 2);
AT(silicom_redirector_hw_rule, l3_proto, 10, 1);
AT(silicom_redirector_hw_rule, src_addr, 11, 16);
AT(silicom_redirector_hw_rule, dst_addr, 27, 16);
AT(silicom_redirector_hw_rule, src_mask, 43, 4);
AT(silicom_redirector_hw_rule, dst_mask, 47, 4);
AT(silicom_redirector_hw_rule, src_port_low, 51, 2);
AT(silicom_redirector_hw_rule, src_port_high, 53, 2);
AT(silicom_redirector_hw_rule, dst_port_low, 55, 2);
AT(silicom_redirector_hw_rule, dst_port_high, 57, 2);

SIZE(generic_flow_id_hw_rule, 16);
AT(generic_flow_id_hw_rule, action, 0, 4);
AT(generic_flow_id_hw_rule, flow_id, 4, 8);
AT(generic_flow_id_hw_rule, thread, 12, 4);

SIZE(generic_flow_tuple_hw_rule, 86);
AT(generic_flow_tuple_hw_rule, action, 0, 4);
AT(generic_flow_tuple_hw_rule, src_ip, 4, 16);
AT(generic_flow_tuple_hw_rule, dst_ip, 20, 16);
AT(generic_flow_tuple_hw_rule, src_ip_mask, 36, 16);
AT(generic_flow_tuple_hw_rule, dst_ip_mask, 52, 16);
AT(generic_flow_tuple_hw_rule, src_port, 68, 2);
AT(generic_flow_tuple_hw_rule, dst_port, 70, 2);
AT(generic_flow_tuple_hw_rule, vlan_id, 72, 2);
AT(generic_flow_tuple_hw_rule, ip_version, 74, 1);
AT(generic_flow_tuple_hw_rule, protocol, 75, 1);
AT(generic_flow_tuple_hw_rule, interface, 76, 1);
AT(generic_flow_tuple_hw_rule, queue_id, 77, 1);
AT(generic_flow_tuple_hw_rule, flow_id, 78, 8);

SIZE(pfring_flow_update, 48);
AT(pfring_flow_update, flow_id, 0, 8);
AT(pfring_flow_update, cause, 8, 1);
AT(pfring_flow_update, reserved0, 9, 1);
AT(pfring_flow_update, reserved1, 10, 2);
AT(pfring_flow_update, flags_a, 12, 2);
AT(pfring_flow_update, flags_b, 14, 2);
AT(pfring_flow_update, packets_a, 16, 4);
AT(pfring_flow_update, packets_b, 20, 4);
AT(pfring_flow_update, bytes_a, 24, 8);
AT(pfring_flow_update, bytes_b, 32, 8);
AT(pfring_flow_update, last_seen.tv_sec, 40, 4);
AT(pfring_flow_update, last_seen.tv_nsec, 44, 4);

SIZE(generic_flow_update, 104);
AT(generic_flow_update, flow_id, 0, 4);
AT(generic_flow_update, ip_version, 4, 1);
AT(generic_flow_update, l4_protocol, 5, 1);
AT(generic_flow_update, tos, 6, 1);
AT(generic_flow_update, tcp_flags, 7, 1);
AT(generic_flow_update, src_ip, 8, 16);
AT(generic_flow_update, dst_ip, 24, 16);
AT(generic_flow_update, vlan_id, 40, 2);
AT(generic_flow_update, start_of_flow, 42, 1);
AT(generic_flow_update, reserved, 43, 1);
AT(generic_flow_update, src_port, 44, 2);
AT(generic_flow_update, dst_port, 46, 2);
AT(generic_flow_update, fwd_packets, 48, 4);
AT(generic_flow_update, rev_packets, 52, 4);
AT(generic_flow_update, fwd_bytes, 56, 8);
AT(generic_flow_update, rev_bytes, 64, 8);
AT(generic_flow_update, fwd_ts_first.tv_sec, 72, 4);
AT(generic_flow_update, fwd_ts_first.tv_nsec, 76, 4);
AT(generic_flow_update, fwd_ts_last.tv_sec, 80, 4);
AT(generic_flow_update, fwd_ts_last.tv_nsec, 84, 4);
AT(generic_flow_update, rev_ts_first.tv_sec, 88, 4);
AT(generic_flow_update, rev_ts_first.tv_nsec, 92, 4);
AT(generic_flow_update, rev_ts_last.tv_sec, 96, 4);
AT(generic_flow_update, rev_ts_last.tv_nsec, 100, 4);

SIZE(generic_flow_feedback, 8);
AT(generic_flow_feedback, action, 0, 4);
AT(generic_flow_feedback, flow_id, 4, 4);

SIZE(virtual_filtering_device_info, 28);
AT(virtual_filtering_device_info, device_name, 0, 16);
AT(virtual_filtering_device_info, device_type, 16, 4);
AT(virtual_filtering_device_info, proc_entry, 20, 8);

SIZE(struct add_to_cluster, 12);
AT(struct add_to_cluster, cluster_id, 0, 2);
AT(struct add_to_cluster, queue_id, 2, 2);
AT(struct add_to_cluster, options, 4, 4);
AT(struct add_to_cluster, the_type, 8, 4);

SIZE(pfring_module_info, 24);
AT(pfring_module_info, name, 0, 8);
AT(pfring_module_info, open, 8, 8);
AT(pfring_module_info, findalldevs, 16, 8);

SIZE(struct thirdparty_func, 16);
AT(struct thirdparty_func, name, 0, 8);
AT(struct thirdparty_func, ptr, 8, 8);

SIZE(struct pfring_bpf_program, 16);
AT(struct pfring_bpf_program, bf_len, 0, 4);
AT(struct pfring_bpf_program, bf_insns, 8, 8);

SIZE(FlowSlotInfo, 8192);
AT(FlowSlotInfo, version, 0, 2);
AT(FlowSlotInfo, kernel_tot_read, 64, 8);
AT(FlowSlotInfo, sample_rate, 2, 2);
AT(FlowSlotInfo, tot_fwd_ok, 72, 8);
AT(FlowSlotInfo, min_num_slots, 4, 4);
AT(FlowSlotInfo, tot_fwd_notok, 80, 8);
AT(FlowSlotInfo, slot_len, 8, 4);
AT(FlowSlotInfo, good_pkt_sent, 88, 8);
AT(FlowSlotInfo, data_len, 12, 4);
AT(FlowSlotInfo, pkt_send_error, 96, 8);
AT(FlowSlotInfo, tot_mem, 16, 8);
AT(FlowSlotInfo, padding, 104, 24);
AT(FlowSlotInfo, insert_off, 24, 8);
AT(FlowSlotInfo, k_padding, 128, 3968);
AT(FlowSlotInfo, kernel_remove_off, 32, 8);
AT(FlowSlotInfo, tot_read, 4096, 8);
AT(FlowSlotInfo, tot_pkts, 40, 8);
AT(FlowSlotInfo, remove_off, 4104, 8);
AT(FlowSlotInfo, tot_lost, 48, 8);
AT(FlowSlotInfo, u_padding, 4112, 4080);
AT(FlowSlotInfo, tot_insert, 56, 8);

SIZE(struct eth_vlan_hdr, 4);
_Static_assert(offsetof(struct eth_vlan_hdr, h_vlan_id) == 0, "h_vlan_id moved");
_Static_assert(offsetof(struct eth_vlan_hdr, h_proto) == 2, "h_proto moved");

SIZE(struct kcompact_ipv6_hdr, 40);
_Static_assert(offsetof(struct kcompact_ipv6_hdr, payload_len) == 4, "payload_len moved");
_Static_assert(offsetof(struct kcompact_ipv6_hdr, nexthdr) == 6, "nexthdr moved");
_Static_assert(offsetof(struct kcompact_ipv6_hdr, hop_limit) == 7, "hop_limit moved");
_Static_assert(offsetof(struct kcompact_ipv6_hdr, saddr) == 8, "saddr moved");
_Static_assert(offsetof(struct kcompact_ipv6_hdr, daddr) == 24, "daddr moved");

SIZE(struct kcompact_ipv6_opt_hdr, 8);
_Static_assert(offsetof(struct kcompact_ipv6_opt_hdr, nexthdr) == 0, "nexthdr moved");
_Static_assert(offsetof(struct kcompact_ipv6_opt_hdr, hdrlen) == 1, "hdrlen moved");
_Static_assert(offsetof(struct kcompact_ipv6_opt_hdr, padding) == 2, "padding moved");

SIZE(struct gre_header, 4);
_Static_assert(offsetof(struct gre_header, flags_and_version) == 0, "flags_and_version moved");
_Static_assert(offsetof(struct gre_header, proto) == 2, "proto moved");

SIZE(struct gtp_v1_hdr, 8);
_Static_assert(offsetof(struct gtp_v1_hdr, flags) == 0, "flags moved");
_Static_assert(offsetof(struct gtp_v1_hdr, message_type) == 1, "message_type moved");
_Static_assert(offsetof(struct gtp_v1_hdr, payload_len) == 2, "payload_len moved");
_Static_assert(offsetof(struct gtp_v1_hdr, teid) == 4, "teid moved");

SIZE(struct gtp_v1_opt_hdr, 4);
_Static_assert(offsetof(struct gtp_v1_opt_hdr, seq_num) == 0, "seq_num moved");
_Static_assert(offsetof(struct gtp_v1_opt_hdr, npdu_num) == 2, "npdu_num moved");
_Static_assert(offsetof(struct gtp_v1_opt_hdr, next_ext_hdr) == 3, "next_ext_hdr moved");

SIZE(struct gtp_v1_ext_hdr, 1);
_Static_assert(offsetof(struct gtp_v1_ext_hdr, len) == 0, "len moved");

SIZE(struct mobile_ip_hdr, 4);
_Static_assert(offsetof(struct mobile_ip_hdr, message_type) == 0, "message_type moved");
_Static_assert(offsetof(struct mobile_ip_hdr, next_header) == 1, "next_header moved");
_Static_assert(offsetof(struct mobile_ip_hdr, reserved) == 2, "reserved moved");

SIZE(struct vxlan_hdr, 8);
_Static_assert(offsetof(struct vxlan_hdr, flags) == 0, "flags moved");
_Static_assert(offsetof(struct vxlan_hdr, gdp) == 2, "gdp moved");
_Static_assert(offsetof(struct vxlan_hdr, vni) == 4, "vni moved");
_Static_assert(offsetof(struct vxlan_hdr, res) == 7, "res moved");

SIZE(struct pfring_timespec, 8);
_Static_assert(offsetof(struct pfring_timespec, tv_sec) == 0, "tv_sec moved");
_Static_assert(offsetof(struct pfring_timespec, tv_nsec) == 4, "tv_nsec moved");

SIZE(struct __pfring, 944);
AT(struct __pfring, initialized, 0, 1);
AT(struct __pfring, set_sampling_rate, 240, 8);
AT(struct __pfring, recv_burst, 624, 8);
AT(struct __pfring, enabled, 1, 1);
AT(struct __pfring, set_filtering_sampling_rate, 248, 8);
AT(struct __pfring, recv_flow, 632, 8);
AT(struct __pfring, long_header, 2, 1);
AT(struct __pfring, set_packet_slicing, 256, 8);
AT(struct __pfring, set_bound_dev_name, 640, 8);
AT(struct __pfring, force_timestamp, 3, 1);
AT(struct __pfring, get_selectable_fd, 264, 8);
AT(struct __pfring, get_metadata, 648, 8);
AT(struct __pfring, strip_hw_timestamp, 4, 1);
AT(struct __pfring, set_direction, 272, 8);
AT(struct __pfring, get_interface_speed, 656, 8);
AT(struct __pfring, disable_parsing, 5, 1);
AT(struct __pfring, set_socket_mode, 280, 8);
AT(struct __pfring, get_link_type, 664, 8);
AT(struct __pfring, disable_timestamp, 6, 1);
AT(struct __pfring, set_cluster_consumer, 288, 8);
AT(struct __pfring, rdi.device_id, 672, 1);
AT(struct __pfring, ixia_timestamp_enabled, 7, 1);
AT(struct __pfring, remove_from_cluster, 296, 8);
AT(struct __pfring, rdi.port_id, 673, 1);
AT(struct __pfring, vss_apcon_timestamp_enabled, 8, 1);
AT(struct __pfring, set_master_id, 304, 8);
AT(struct __pfring, filter_mode, 676, 4);
AT(struct __pfring, chunk_mode_enabled, 9, 1);
AT(struct __pfring, set_master, 312, 8);
AT(struct __pfring, ft_device_type, 680, 4);
AT(struct __pfring, userspace_bpf, 10, 1);
AT(struct __pfring, get_ring_id, 320, 8);
AT(struct __pfring, buffer, 688, 8);
AT(struct __pfring, force_userspace_bpf, 11, 1);
AT(struct __pfring, get_num_queued_pkts, 328, 8);
AT(struct __pfring, slots, 696, 8);
AT(struct __pfring, zc_device, 12, 1);
AT(struct __pfring, get_hash_filtering_rule_stats, 336, 8);
AT(struct __pfring, device_name, 704, 8);
AT(struct __pfring, is_shutting_down, 13, 1);
AT(struct __pfring, handle_hash_filtering_rule, 344, 8);
AT(struct __pfring, flags, 712, 4);
AT(struct __pfring, socket_default_accept_policy, 14, 1);
AT(struct __pfring, purge_idle_hash_rules, 352, 8);
AT(struct __pfring, caplen, 716, 4);
AT(struct __pfring, break_recv_loop_ext, 15, 1);
AT(struct __pfring, add_filtering_rule, 360, 8);
AT(struct __pfring, slot_header_len, 720, 2);
AT(struct __pfring, rss_mode, 16, 4);
AT(struct __pfring, remove_filtering_rule, 368, 8);
AT(struct __pfring, mtu, 722, 2);
AT(struct __pfring, direction, 20, 4);
AT(struct __pfring, purge_idle_rules, 376, 8);
AT(struct __pfring, sampling_rate, 724, 4);
AT(struct __pfring, mode, 24, 4);
AT(struct __pfring, get_filtering_rule_stats, 384, 8);
AT(struct __pfring, sampling_counter, 728, 4);
AT(struct __pfring, userspace_bpf_filter.bf_len, 32, 4);
AT(struct __pfring, toggle_filtering_policy, 392, 8);
AT(struct __pfring, sampling_rnd_shift, 732, 4);
AT(struct __pfring, userspace_bpf_filter.bf_insns, 40, 8);
AT(struct __pfring, enable_rss_rehash, 400, 8);
AT(struct __pfring, slicing_level, 736, 4);
AT(struct __pfring, hw_ts.force_timestamp, 48, 1);
AT(struct __pfring, poll, 408, 8);
AT(struct __pfring, slicing_additional_bytes, 740, 4);
AT(struct __pfring, hw_ts.is_silicom_hw_timestamp_card, 49, 1);
AT(struct __pfring, is_pkt_available, 416, 8);
AT(struct __pfring, fd, 744, 4);
AT(struct __pfring, hw_ts.enable_hw_timestamp, 50, 1);
AT(struct __pfring, next_pkt_time, 424, 8);
AT(struct __pfring, device_id, 748, 4);
AT(struct __pfring, hw_ts.last_hw_timestamp_head_offset, 51, 1);
AT(struct __pfring, next_pkt_raw_timestamp, 432, 8);
AT(struct __pfring, slots_info, 752, 8);
AT(struct __pfring, hw_ts.last_hw_timestamp.tv_sec, 56, 8);
AT(struct __pfring, version, 440, 8);
AT(struct __pfring, poll_sleep, 760, 4);
AT(struct __pfring, hw_ts.last_hw_timestamp.tv_nsec, 64, 8);
AT(struct __pfring, get_bound_device_address, 448, 8);
AT(struct __pfring, poll_duration, 764, 2);
AT(struct __pfring, tx.enabled_rx_packet_send, 72, 1);
AT(struct __pfring, get_bound_device_ifindex, 456, 8);
AT(struct __pfring, promisc, 766, 1);
AT(struct __pfring, tx.last_received_hdr, 80, 8);
AT(struct __pfring, get_device_ifindex, 464, 8);
AT(struct __pfring, ft_enabled, 767, 1);
AT(struct __pfring, priv_data, 88, 8);
AT(struct __pfring, get_slot_header_len, 472, 8);
AT(struct __pfring, reentrant, 768, 1);
AT(struct __pfring, close, 96, 8);
AT(struct __pfring, set_virtual_device, 480, 8);
AT(struct __pfring, break_recv_loop, 769, 1);
AT(struct __pfring, stats, 104, 8);
AT(struct __pfring, set_default_hw_action, 488, 8);
AT(struct __pfring, __padding, 770, 2);
AT(struct __pfring, recv, 112, 8);
AT(struct __pfring, add_hw_rule, 496, 8);
AT(struct __pfring, num_poll_calls, 772, 4);
AT(struct __pfring, set_poll_watermark, 120, 8);
AT(struct __pfring, remove_hw_rule, 504, 8);
AT(struct __pfring, rx_lock, 776, 56);
AT(struct __pfring, set_poll_watermark_timeout, 128, 8);
AT(struct __pfring, loopback_test, 512, 8);
AT(struct __pfring, tx_lock, 832, 56);
AT(struct __pfring, set_poll_duration, 136, 8);
AT(struct __pfring, enable_ring, 520, 8);
AT(struct __pfring, ft, 888, 8);
AT(struct __pfring, set_tx_watermark, 144, 8);
AT(struct __pfring, disable_ring, 528, 8);
AT(struct __pfring, sock_tx.sll_family, 896, 2);
AT(struct __pfring, set_channel_id, 152, 8);
AT(struct __pfring, shutdown, 536, 8);
AT(struct __pfring, sock_tx.sll_protocol, 898, 2);
AT(struct __pfring, set_channel_mask, 160, 8);
AT(struct __pfring, set_bpf_filter, 544, 8);
AT(struct __pfring, sock_tx.sll_ifindex, 900, 4);
AT(struct __pfring, set_application_name, 168, 8);
AT(struct __pfring, remove_bpf_filter, 552, 8);
AT(struct __pfring, sock_tx.sll_hatype, 904, 2);
AT(struct __pfring, set_application_stats, 176, 8);
AT(struct __pfring, get_device_clock, 560, 8);
AT(struct __pfring, sock_tx.sll_pkttype, 906, 1);
AT(struct __pfring, get_appl_stats_file_name, 184, 8);
AT(struct __pfring, set_device_clock, 568, 8);
AT(struct __pfring, sock_tx.sll_halen, 907, 1);
AT(struct __pfring, set_vlan_id, 192, 8);
AT(struct __pfring, adjust_device_clock, 576, 8);
AT(struct __pfring, sock_tx.sll_addr, 908, 8);
AT(struct __pfring, bind, 200, 8);
AT(struct __pfring, sync_indexes_with_kernel, 584, 8);
AT(struct __pfring, reflector_socket, 920, 8);
AT(struct __pfring, send, 208, 8);
AT(struct __pfring, send_last_rx_packet, 592, 8);
AT(struct __pfring, one_copy_rx_pfring, 928, 8);
AT(struct __pfring, send_get_time, 216, 8);
AT(struct __pfring, flush_tx_packets, 600, 8);
AT(struct __pfring, runtime_manager_thread, 936, 8);
AT(struct __pfring, get_num_rx_channels, 224, 8);
AT(struct __pfring, register_zerocopy_tx_ring, 608, 8);
AT(struct __pfring, get_card_settings, 232, 8);
AT(struct __pfring, recv_chunk, 616, 8);

#endif
