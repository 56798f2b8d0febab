/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ring_privilege.c - with CAP_NET_RAW alone a ring does all it can do on an interface; without it
 * there is a sentence that says what to do
 */
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "net.h"

#define FOLDER "/run/nobody"

/* Give up every capability but those in the mask, for good, and the user where possible. */
static bool keep_only(uint32_t mask)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { .effective = mask, .permitted = mask } };

	/* what such a user's clusters have their sockets in; made once */
	if (mkdir(FOLDER, 0700) == 0 && chown(FOLDER, 65534, 65534) < 0)
		return false;
	setenv("XDG_RUNTIME_DIR", FOLDER, 1);
	prctl(PR_SET_KEEPCAPS, 1);
	if (setgid(65534) == 0 && setuid(65534) < 0)
		return false;
	return syscall(SYS_capset, &header, data) == 0;
}

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

/* In a child, since capabilities do not come back; its results are counted with ours. */
static void in_child(uint32_t mask, void (*test)(void), const char *what)
{
	int *counts = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		note("%s", what);
		if (!keep_only(mask))
			_exit(77);
		test();
		counts[0] = test_count;
		counts[1] = test_failed;
		_exit(0);
	}
	waitpid(child, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		skip(what, "capabilities cannot be dropped here");
	} else if (counts[0] > test_count) {
		test_count = counts[0];
		test_failed = counts[1];
	}
	is(status == 0 || WEXITSTATUS(status) == 77, 1, "%s: the process ended well", what);
	munmap(counts, 4096);
}

static void with_default(void)
{
	test_with(0);
}

static void with_immediate(void)
{
	test_with(TORC_IMMEDIATE);
}

int main(void)
{
	net_pair("va", "vb");
	in_child(0, test_without, "without a capability");
	in_child(1 << CAP_NET_RAW, with_default, "with CAP_NET_RAW alone");
	in_child(1 << CAP_NET_RAW, with_immediate, "with CAP_NET_RAW alone, immediate");
	return done();
}
