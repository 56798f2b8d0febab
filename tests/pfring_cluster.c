/* SPDX-License-Identifier: BSD-3-Clause */
/* Clusters of the drop-in libpfring: PF_RING's rules of joining, and who gets which packet. */
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "pfring_net.h"

#define FLOWS 64

static int tx;

static pfring *member(unsigned int id, cluster_type type)
{
	pfring *ring = pfring_open("p1", 1500, 0);

	is(pfring_set_cluster(ring, id, type), 0, "join cluster %u, type %d", id, (int)type);
	pfring_set_direction(ring, rx_only_direction);
	is(pfring_enable_ring(ring), 0, "enable");
	return ring;
}

/* FLOWS flows, both ways; a round has 2 * FLOWS packets. */
static void send_flows(unsigned int rounds)
{
	struct frame frame = { .source = 1, .destination = 2, .destination_port = 53 };

	for (; rounds > 0; rounds--)
		for (uint16_t i = 0; i < FLOWS; i++) {
			frame.source_port = (uint16_t)(1000 + i);
			frame.number = i;
			send_frame(tx, &frame);
		}
}

/* What a ring received: a bit for each flow. */
static uint64_t flows_of(pfring *ring, unsigned int *count)
{
	struct pfring_pkthdr hdr;
	unsigned int quiet = 0;
	uint64_t flows = 0;
	u_char *data;

	*count = 0;
	while (quiet < 160) {
		if (pfring_recv(ring, &data, 0, &hdr, 0) > 0) {
			flows |= UINT64_C(1) << (number_of(data, &hdr) % FLOWS);
			(*count)++;
			quiet = 0;
		} else {
			quiet++;
			usleep(1000);
		}
	}
	return flows;
}

static void test_refusals(void)
{
	pfring *ring = pfring_open("p1", 1500, 0);

	is(pfring_set_cluster(ring, 0, cluster_per_flow), -1, "there is no cluster 0");
	is(errno, EINVAL, "EINVAL");
	is(pfring_set_cluster(ring, 65536, cluster_per_flow), -1, "nor 65536");
	is(pfring_set_cluster(ring, 9, cluster_per_flow_ip_with_dup_tuple),
	   PF_RING_ERROR_NOT_SUPPORTED, "no type delivers twice");
	is(pfring_set_cluster_consumer(ring, 9, 3, cluster_per_flow, 0),
	   PF_RING_ERROR_NOT_SUPPORTED, "no member owns a number");
	is(pfring_set_cluster(ring, 9, (cluster_type)12345), 0, "an unknown type is a flow's");
	is(pfring_remove_from_cluster(ring), 0, "leave");
	is(pfring_remove_from_cluster(ring), 0, "leaving twice is no error");
	is(pfring_set_cluster(NULL, 9, cluster_per_flow), PF_RING_ERROR_NOT_SUPPORTED, "no ring");
	pfring_close(ring);
}

static void test_sharing(void)
{
	pfring *a = member(21, cluster_per_flow_5_tuple), *b = member(21, cluster_per_flow_5_tuple);
	unsigned int count_a, count_b;
	uint64_t flows_a, flows_b;

	send_flows(4);
	flows_a = flows_of(a, &count_a);
	flows_b = flows_of(b, &count_b);
	is(count_a + count_b, 4 * FLOWS, "each packet goes to one member");
	ok(count_a > 0 && count_b > 0, "both get some (%u, %u)", count_a, count_b);
	is(flows_a & flows_b, 0, "a flow always to the same");

	pfring_close(a);
	send_flows(2);
	flows_of(b, &count_b);
	is(count_b, 2 * FLOWS, "the share of a member that closed goes to the other at once");
	pfring_close(b);
}

static void test_first_type_holds(void)
{
	pfring *a = member(22, cluster_round_robin), *b = member(22, cluster_per_flow_2_tuple);
	unsigned int count_a, count_b;

	send_flows(4);
	flows_of(a, &count_a);
	flows_of(b, &count_b);
	is(count_a, 2 * FLOWS, "the first member's round robin holds");
	is(count_b, 2 * FLOWS, "for the second too");
	pfring_close(a);
	pfring_close(b);
}

static void test_moving(void)
{
	pfring *a = member(23, cluster_per_flow), *b = member(23, cluster_per_flow);
	unsigned int count_a, count_b;

	is(pfring_set_cluster(b, 24, cluster_per_flow), 0, "a second cluster, while enabled");
	send_flows(1);
	flows_of(a, &count_a);
	flows_of(b, &count_b);
	ok(count_a == FLOWS && count_b == FLOWS, "each is alone in its own (%u, %u)", count_a,
	   count_b);
	is(pfring_set_cluster(b, 23, cluster_per_flow), 0, "back");
	is(pfring_remove_from_cluster(b), 0, "and out");
	send_flows(1);
	flows_of(a, &count_a);
	flows_of(b, &count_b);
	ok(count_a == FLOWS && count_b == FLOWS, "out of every cluster it gets everything (%u, %u)",
	   count_a, count_b);
	pfring_close(a);
	pfring_close(b);
}

static void test_disabled(void)
{
	pfring *a = member(25, cluster_per_flow), *b = member(25, cluster_per_flow);
	unsigned int count;

	pfring_disable_ring(a);
	send_flows(1);
	flows_of(b, &count);
	is(count, FLOWS, "a disabled member's share is not lost");
	is(pfring_enable_ring(a), 0, "enabled again");
	send_flows(2);
	flows_of(a, &count);
	ok(count > 0 && count < 2 * FLOWS, "it has a share again (%u)", count);
	pfring_close(a);
	pfring_close(b);
}

static void test_filters(void)
{
	pfring *a = member(26, cluster_per_flow), *b = member(26, cluster_per_flow);
	unsigned int count_a, count_b;

	is(pfring_set_bpf_filter(a, "udp src portrange 1000-1031"), 0, "a filter on one member");
	send_flows(2);
	flows_of(a, &count_a);
	flows_of(b, &count_b);
	ok(count_a + count_b < 2 * FLOWS && count_b > 0,
	   "what it refuses is not the other's: the cluster chooses first (%u, %u)", count_a,
	   count_b);
	pfring_close(a);
	pfring_close(b);
}

/* A member whose program gives its rights up between open and enable (PF_RING's tcpdump does). */
static int member_without_rights(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { 0 } };
	struct frame frame = { .source = 1, .destination = 2, .source_port = 1000,
			       .destination_port = 2000 };
	pfring *ring = pfring_open("p1", 1500, 0);
	int sender = sender_open("p0");

	if (!ring || pfring_set_cluster(ring, 77, cluster_per_flow_2_tuple) != 0 ||
	    syscall(SYS_capset, &header, none) < 0)
		return 1;
	if (pfring_enable_ring(ring) != 0)
		return 2;
	if (pfring_set_bpf_filter(ring, (char[]){ "vlan 100" }) != 0 ||
	    pfring_remove_bpf_filter(ring) != 0)
		return 3;
	if (pfring_disable_ring(ring) != 0 || pfring_enable_ring(ring) != 0)
		return 4;
	for (; frame.number < 7; frame.number++)
		send_frame(sender, &frame);
	if (drain(ring) != 7)
		return 5;
	if (pfring_remove_from_cluster(ring) != 0)
		return 6;
	send_frame(sender, &frame);
	return drain(ring) == 1 ? 0 : 7;
}

static void test_without_rights(void)
{
	pid_t child = fork();
	int status = -1;

	if (child == 0)
		_exit(member_without_rights());
	waitpid(child, &status, 0);
	is(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0,
	   "a member without rights is enabled, filters, receives, leaves");
}

int main(void)
{
	pfring *probe;

	need_veth();
	tx = sender_open("p0");
	probe = pfring_open("p1", 128, 0);
	if (!probe || pfring_set_cluster(probe, 20, cluster_per_flow) != 0)
		skip_all("no clusters here");
	pfring_close(probe);
	test_refusals();
	test_sharing();
	test_first_type_holds();
	test_moving();
	test_disabled();
	test_filters();
	test_without_rights();
	return done();
}
