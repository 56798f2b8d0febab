/* SPDX-License-Identifier: BSD-3-Clause */
/* Filtering rules of the drop-in libpfring: hash and wildcard, policy, purging, reflection. */
#include "pfring_net.h"

static int tx;
static pfring *ring;

static void fresh(u_int32_t flags)
{
	pfring_close(ring);
	ring = open_enabled("p1", flags);
}

static unsigned int through(const struct frame *frame, unsigned int count)
{
	while (count-- > 0)
		send_frame(tx, frame);
	return drain(ring);
}

static const struct frame flow = { .source = 1, .destination = 2, .source_port = 1000,
				   .destination_port = 53 };
static const struct frame back = { .source = 2, .destination = 1, .source_port = 53,
				   .destination_port = 1000 };
static const struct frame other = { .source = 1, .destination = 2, .source_port = 1001,
				    .destination_port = 53 };

static hash_filtering_rule flow_rule(rule_action_behaviour action)
{
	hash_filtering_rule rule = { .ip_version = 4, .proto = IPPROTO_UDP, .port_peer_a = 1000,
				     .port_peer_b = 53, .rule_action = action };

	rule.host4_peer_a = 0x0A000001;
	rule.host4_peer_b = 0x0A000102;
	return rule;
}

static void test_hash(void)
{
	hash_filtering_rule rule = flow_rule(dont_forward_packet_and_stop_rule_evaluation);
	hash_filtering_rule_stats stats = { 0 };
	u_int size = sizeof(stats);

	fresh(0);
	is(pfring_get_hash_filtering_rule_stats(ring, &rule, (char *)&stats, &size), -1, "no rule");
	is(pfring_handle_hash_filtering_rule(ring, &rule, 1), 0, "add a hash rule");
	is(pfring_handle_hash_filtering_rule(ring, &rule, 1), -1, "not twice");
	is(errno, EEXIST, "EEXIST");
	is(through(&flow, 5), 0, "its flow is dropped");
	is(through(&other, 5), 5, "another is not");
	is(pfring_get_hash_filtering_rule_stats(ring, &rule, (char *)&stats, &size), 0, "stats");
	ok(size == sizeof(stats) && stats.match == 5 && stats.filtered == 5 &&
		   stats.match_forward == 0 && stats.inactivity < 5,
	   "five matched, five filtered");
	is(pfring_set_filtering_sampling_rate(ring, 10), 0, "filtering sampling");
	is(through(&flow, 195), 15, "the first ten of each hundred pass, five were gone already");
	is(pfring_handle_hash_filtering_rule(ring, &rule, 0), 0, "remove it");
	is(pfring_handle_hash_filtering_rule(ring, &rule, 0), -1, "not twice");
	is(through(&flow, 5), 5, "its flow is back");
	rule.ip_version = 5;
	is(pfring_handle_hash_filtering_rule(ring, &rule, 1), -1, "no such IP version");
	is(pfring_handle_hash_filtering_rule(ring, NULL, 1), -1, "no rule");
}

static void test_both_directions(void)
{
	hash_filtering_rule rule = { .ip_version = 4, .proto = IPPROTO_UDP, .port_peer_a = 53,
				     .port_peer_b = 1000,
				     .rule_action = forward_packet_and_stop_rule_evaluation };
	pfring_stat stats;

	rule.host4_peer_a = 0x0A000002;
	rule.host4_peer_b = 0x0A000101;
	fresh(0);
	is(pfring_toggle_filtering_policy(ring, 0), 0, "drop what no rule lets through");
	is(through(&back, 3), 0, "nothing passes");
	is(pfring_handle_hash_filtering_rule(ring, &rule, 1), 0, "a rule that forwards");
	is(through(&back, 3), 3, "its flow passes");
	is(through(&other, 3), 0, "others do not");
	pfring_stats(ring, &stats);
	is(stats.recv, 3, "recv counts what the program got");
	is(pfring_toggle_filtering_policy(ring, 1), 0, "accept again");
	is(through(&other, 3), 3, "others pass");
}

static filtering_rule wildcard(u_int16_t id, rule_action_behaviour action)
{
	filtering_rule rule;

	memset(&rule, 0, sizeof(rule));
	rule.rule_id = id;
	rule.rule_action = action;
	return rule;
}

static void test_wildcard(void)
{
	filtering_rule rule = wildcard(5, dont_forward_packet_and_stop_rule_evaluation);
	filtering_rule pass = wildcard(3, forward_packet_and_stop_rule_evaluation);

	fresh(0);
	rule.core_fields.proto = IPPROTO_UDP;
	rule.core_fields.dport_low = 50;
	rule.core_fields.dport_high = 60;
	is(pfring_add_filtering_rule(ring, &rule), 0, "add: drop ports 50 to 60");
	is(pfring_add_filtering_rule(ring, &rule), -1, "the id is taken");
	is(errno, EEXIST, "EEXIST");
	is(through(&flow, 3), 0, "port 53 is dropped");
	is(through(&back, 3), 3, "the way back is not");
	pass.core_fields.sport_low = pass.core_fields.sport_high = 1001;
	is(pfring_add_filtering_rule(ring, &pass), 0, "a lower id comes first");
	is(through(&other, 3), 3, "it decides");
	is(through(&flow, 3), 0, "for its packets only");
	is(pfring_remove_filtering_rule(ring, 5), 0, "remove");
	is(pfring_remove_filtering_rule(ring, 5), -1, "not twice");
	is(through(&flow, 3), 3, "port 53 is back");
	rule.bidirectional = 1;
	is(pfring_add_filtering_rule(ring, &rule), 0, "both directions");
	is(through(&flow, 3), 0, "there");
	is(through(&back, 3), 0, "and back");
	is(pfring_add_filtering_rule(ring, NULL), -1, "no rule");
}

static unsigned int with_rule(const filtering_rule *rule, const struct frame *frame)
{
	filtering_rule copy = *rule;
	unsigned int count;

	pfring_add_filtering_rule(ring, &copy);
	count = through(frame, 2);
	pfring_remove_filtering_rule(ring, copy.rule_id);
	return count;
}

static void test_fields(void)
{
	filtering_rule rule, drop = wildcard(1, dont_forward_packet_and_stop_rule_evaluation);
	struct frame tagged = flow, text = flow, tcp = flow;

	fresh(0);
	tagged.vlan = 7;
	text.payload = "GET /Index.html";
	tcp.protocol = IPPROTO_TCP;
	rule = drop;
	rule.core_fields.shost.v4 = 0x0A000001;
	rule.core_fields.shost_mask.v4 = 0xFFFFFFFF;
	is(with_rule(&rule, &flow), 0, "source host");
	is(with_rule(&rule, &back), 2, "another source host");
	rule.core_fields.shost_mask.v4 = 0xFFFFFF00;
	is(with_rule(&rule, &back), 0, "source network");
	rule = drop;
	rule.core_fields.vlan_id = 7;
	is(with_rule(&rule, &tagged), 0, "VLAN");
	is(with_rule(&rule, &flow), 2, "no VLAN");
	rule = drop;
	rule.core_fields.smac[5] = 1;
	rule.core_fields.smac[0] = 2;
	is(with_rule(&rule, &flow), 0, "source MAC address");
	rule.core_fields.smac[5] = 3;
	is(with_rule(&rule, &flow), 2, "another MAC address");
	rule = drop;
	rule.core_fields.eth_type = 0x86DD;
	is(with_rule(&rule, &flow), 2, "another ether type");
	rule = drop;
	rule.core_fields.if_index = (int)if_nametoindex("p0");
	is(with_rule(&rule, &flow), 2, "another interface");
	rule = drop;
	rule.core_fields.tcp.flags = 2;
	is(with_rule(&rule, &tcp), 2, "other TCP flags");
	rule = drop;
	strcpy(rule.extended_fields.payload_pattern, "POST|index");
	is(with_rule(&rule, &text), 0, "one of two words in the payload");
	is(with_rule(&rule, &flow), 2, "none of them");
	rule = drop;
	rule.extended_fields.optional_fields = FILTER_TUNNEL_ID_FLAG;
	rule.extended_fields.tunnel.tunnel_id = 5;
	is(with_rule(&rule, &flow), 2, "no such tunnel");
	rule = drop;
	rule.balance_pool = 2;
	rule.balance_id = (0x0A000001u + 0x0A000102u + 17 + 1000 + 53) % 2;
	is(with_rule(&rule, &flow), 0, "balanced to this id");
	is(with_rule(&rule, &other), 2, "and not to this");
}

static void test_matched_id(void)
{
	filtering_rule rule = wildcard(9, execute_action_and_continue_rule_evaluation);
	filtering_rule add = wildcard(10, forward_packet_add_rule_and_stop_rule_evaluation);
	hash_filtering_rule learned = flow_rule(forward_packet_and_stop_rule_evaluation);
	hash_filtering_rule_stats stats;
	u_int size = sizeof(stats);
	struct pfring_pkthdr hdr;
	u_char *data;

	fresh(PF_RING_LONG_HEADER);
	pfring_add_filtering_rule(ring, &rule);
	send_frame(tx, &flow);
	is(receive(ring, &data, &hdr), 1, "continue does not stop the packet");
	is(hdr.extended_hdr.parsed_pkt.last_matched_rule_id, 9, "which rule matched");
	pfring_add_filtering_rule(ring, &add);
	is(through(&flow, 1), 1, "a rule that learns passes");
	is(pfring_get_hash_filtering_rule_stats(ring, &learned, (char *)&stats, &size), 0,
	   "there is a hash rule for the flow now");
	fresh(0);
	pfring_add_filtering_rule(ring, &rule);
	send_frame(tx, &flow);
	is(receive(ring, &data, &hdr), 1, "without the long header");
	is(hdr.extended_hdr.parsed_pkt.ip_version, 0, "parsed_pkt stays zero");
}

static void test_purge(void)
{
	filtering_rule rule = wildcard(1, dont_forward_packet_and_stop_rule_evaluation);
	hash_filtering_rule hash = flow_rule(dont_forward_packet_and_stop_rule_evaluation);

	fresh(0);
	rule.core_fields.sport_low = rule.core_fields.sport_high = 1001;
	pfring_add_filtering_rule(ring, &rule);
	pfring_handle_hash_filtering_rule(ring, &hash, 1);
	is(pfring_purge_idle_rules(ring, 60), 0, "purge what is idle for a minute");
	is(pfring_purge_idle_hash_rules(ring, 60), 0, "hash rules too");
	is(through(&flow, 2) + through(&other, 2), 0, "both are still there");
	usleep(50000);
	is(pfring_purge_idle_hash_rules(ring, 0), 0, "purge all");
	is(through(&flow, 2), 2, "the hash rule is gone");
	is(pfring_purge_idle_rules(ring, 0), 0, "purge all");
	is(through(&other, 2), 2, "the wildcard rule is gone");
	rule.locked = 1;
	pfring_add_filtering_rule(ring, &rule);
	usleep(50000);
	pfring_purge_idle_rules(ring, 0);
	is(through(&other, 2), 0, "but not a locked one");
}

static void test_sampling(void)
{
	filtering_rule rule = wildcard(1, dont_forward_packet_and_stop_rule_evaluation);

	fresh(0);
	rule.core_fields.sport_low = rule.core_fields.sport_high = 1001;
	pfring_set_sampling_rate(ring, 4);
	pfring_add_filtering_rule(ring, &rule);
	for (int i = 0; i < 100; i++) {
		send_frame(tx, &flow);
		send_frame(tx, &other);
	}
	is(drain(ring), 25, "sampling counts what the rules let through");
}

/* q0 <-> q1: where copies are sent to, and seen. */
static void test_reflection(void)
{
	filtering_rule rule = wildcard(1, reflect_packet_and_stop_rule_evaluation);
	struct pfring_pkthdr hdr;
	pfring *mirror;
	u_char *data;

	run("ip link add q0 type veth peer name q1; for i in q0 q1; do "
	    "echo 1 >/proc/sys/net/ipv6/conf/$i/disable_ipv6; ip link set $i arp off; done; tests/up q0 q1");
	mirror = open_enabled("q1", 0);
	fresh(0);
	is(pfring_add_filtering_rule(ring, &rule), -1, "reflecting needs a device");
	strcpy(rule.reflector_device_name, "nosuch");
	is(pfring_add_filtering_rule(ring, &rule), -1, "that exists");
	is(errno, EFAULT, "EFAULT");
	strcpy(rule.reflector_device_name, "p1");
	is(pfring_add_filtering_rule(ring, &rule), -1, "and is another");
	strcpy(rule.reflector_device_name, "q0");
	is(pfring_add_filtering_rule(ring, &rule), 0, "reflect to q0");
	is(through(&flow, 3), 0, "the program gets nothing");
	is(drain(mirror), 3, "q1 gets copies");
	pfring_remove_filtering_rule(ring, 1);
	rule.rule_action = bounce_packet_and_continue_rule_evaluation;
	is(pfring_add_filtering_rule(ring, &rule), 0, "bounce and continue");
	is(through(&flow, 1), 1, "the program gets its packet");
	ok(receive(mirror, &data, &hdr) == 1 && data[5] == 1 && data[11] == 2,
	   "q1 the same with the MAC addresses swapped");
	pfring_remove_filtering_rule(ring, 1);
	is(pfring_set_reflector_device(ring, (char *)"nosuch"), -1, "no such reflector");
	is(pfring_set_reflector_device(ring, (char *)"q0"), 0, "a reflector device");
	is(pfring_set_reflector_device(ring, (char *)"q0"), -1, "one is enough");
	is(through(&flow, 3), 3, "the program gets its packets");
	is(drain(mirror), 3, "and q1 copies");
	pfring_close(mirror);
}

int main(void)
{
	need_veth();
	tx = sender_open("p0");
	test_hash();
	test_both_directions();
	test_wildcard();
	test_fields();
	test_matched_id();
	test_purge();
	test_sampling();
	test_reflection();
	pfring_close(ring);
	return done();
}
