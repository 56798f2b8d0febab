/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who has the interface: a foreign program is left alone, the default route is not taken without
 * being asked, rings of one process share it by queues, and a process that is killed gives it back.
 */
#include <signal.h>
#include <sys/wait.h>

#include "bpf/bpf.h"
#include "bpf/code.h"
#include "engine/afxdp_link.h"
#include "xdp.h"

static const struct torc_engine_ops *const ops = &torc_engine_afxdp;

static uint32_t program_on(const char *name)
{
	struct afxdp_link link;

	return afxdp_link_get(&link, name, 0) == 0 ? link.xdp_program : UINT32_MAX;
}

static int attach_foreign(const char *name)
{
	struct bpf_insn pass[] = { BPF_MOV_IMM(BPF_REG_0, XDP_PASS), BPF_EXIT_INSN() };
	struct torc_bpf_program program = { .name = "foreign", .type = BPF_PROG_TYPE_XDP,
					    .attach_type = BPF_XDP, .insns = pass, .count = 2 };
	int fd = torc_bpf_program_load(&program, NULL);
	int link = torc_bpf_link_create(fd, (int)if_nametoindex(name), BPF_XDP, 0);

	close(fd);
	return link;
}

static void refused(const char *name, const char *settings, int code, const char *word,
		    const char *what)
{
	struct torc_engine *engine;
	struct torc_error error;
	int result = open_engine(&engine, name, settings, 1 << 20, &error);

	is(result, code, "%s: %s", what, error.text);
	ok(strstr(error.text, word), "and the sentence says \"%s\"", word);
	if (result == 0)
		ops->close(engine);
}

static void foreign_program_stays(void)
{
	int link = attach_foreign("va");
	uint32_t id = program_on("va");
	char word[32];

	snprintf(word, sizeof(word), "id %u", id);
	ok(link >= 0 && id > 0, "a foreign program is attached");
	refused("va", "", -EBUSY, word, "a foreign program");
	is(program_on("va"), id, "it is still there");
	close(link);
	is(program_on("va"), 0, "and now it is gone");
}

static void default_route_stays(void)
{
	struct torc_engine *engine;
	struct torc_error error;

	run("ip addr add 10.9.0.1/24 dev va; ip route add default via 10.9.0.2");
	refused("va", "", -EADDRINUSE, "take=1", "the default route");
	is(open_engine(&engine, "va", "take=1", 1 << 20, &error), 0, "take=1 takes it");
	ops->close(engine);
	run("ip addr flush dev va; ip route flush default 2>/dev/null || true");
	run("ip addr add 10.9.0.1/24 dev vb; ip route add default via 10.9.0.2");
	is(open_engine(&engine, "va", "", 1 << 20, &error), 0, "the peer's default route is not ours");
	ops->close(engine);
	run("ip addr flush dev vb; ip route flush default 2>/dev/null || true");
}

/* A device on top of va carries the default route. */
static void stacked_default_route_stays(const char *make, const char *what)
{
	if (system(make) != 0) {
		skip(what, "this kernel has no such device");
		return;
	}
	run("ip link set top up; ip addr add 10.8.0.1/24 dev top; ip route add default via 10.8.0.2");
	refused("va", "", -EADDRINUSE, "take=1", what);
	run("ip link del top");
}

static void other_refusals(void)
{
	refused("nosuch0", "", -ENODEV, "nosuch0", "no interface");
	refused("va", "colour=red", -EINVAL, "colour", "an unknown setting");
	refused("va", "take=2", -EINVAL, "take", "a bad value");
	refused("va", "mode=tape", -EINVAL, "mode=tap", "a mode that is none");
	refused("va", "mode=tap;busypoll=5", -EINVAL, "busy-poll", "settings that exclude each other");
	run("ip link set va down");
	refused("va", "", -ENETDOWN, "down", "an interface that is down");
	run("tests/up va vb");
}

static bool host_gets(int host, int sender, int within_ms)
{
	uint64_t end = clock_ns(CLOCK_MONOTONIC) + (uint64_t)within_ms * 1000000;
	char byte;

	while (clock_ns(CLOCK_MONOTONIC) < end) {
		send_numbered(sender, 0, 1);
		usleep(1000);
		if (recv(host, &byte, 1, 0) >= 0)
			return true;
	}
	return false;
}

static void hold_interface(int ready)
{
	struct torc_engine *engine;
	struct torc_error error;

	if (open_engine(&engine, "va", "", 1 << 20, &error) == 0 && ops->start(engine) == 0 &&
	    write(ready, "y", 1) == 1)
		pause();
	_exit(1);
}

static void killed_process_gives_back(void)
{
	int host = packet_socket("va", 0x0003), sender = packet_socket("vb", 0), ready[2], status;
	uint64_t start;
	char byte;
	pid_t child;

	ok(host_gets(host, sender, 5000), "the host has its packets");
	if (pipe(ready) < 0)
		return;
	child = fork();
	if (child == 0)
		hold_interface(ready[1]);
	is(read(ready[0], &byte, 1), 1, "another process receives the interface");
	while (recv(host, &byte, 1, 0) >= 0)
		;
	ok(!host_gets(host, sender, 50), "the host does not");
	refused("va", "", -EBUSY, "va has an XDP program", "a second process");
	kill(child, SIGKILL);
	start = clock_ns(CLOCK_MONOTONIC);
	ok(host_gets(host, sender, 1000), "killed: within a second the host has its packets again");
	note("after %.1f ms", (double)(clock_ns(CLOCK_MONOTONIC) - start) / 1e6);
	waitpid(child, &status, 0);
	is(program_on("va"), 0, "and no program is left");
	close(host);
	close(sender);
	close(ready[0]);
	close(ready[1]);
}

/* What a program does that goes into the background after it opened its rings. */
static void child_goes_on(void)
{
	struct torc_engine *engine;
	struct torc_packet *copies[50];
	struct torc_error error;
	int sender = packet_socket("vb", 0), ready[2], status = -1;
	uint8_t frame[2048];
	char byte;
	pid_t child;

	if (open_engine(&engine, "va", "", 1 << 20, &error) < 0 || pipe(ready) < 0)
		return;
	child = fork();
	if (child == 0) {
		unsigned int good = 0, count;

		if (ops->start(engine) < 0 || write(ready[1], "y", 1) != 1)
			_exit(100);
		count = receive(engine, copies, 50, 2000);
		for (unsigned int i = 0; i < count; i++)
			good += copies[i]->len == numbered_frame(frame, i) &&
				!memcmp(copies[i]->data, frame, copies[i]->len);
		_exit((int)good);
	}
	ok(read(ready[0], &byte, 1) == 1, "a ring is opened, and the process forks");
	send_numbered(sender, 0, 50);
	waitpid(child, &status, 0);
	is(WEXITSTATUS(status), 50, "the child receives, byte for byte");
	ops->close(engine);
	is(program_on("va"), 0, "and nothing is left");
	close(ready[0]);
	close(ready[1]);
	close(sender);
}

static int open_queue(struct torc_engine **engine, uint64_t mask)
{
	struct torc_engine_config config = { .name = "wa", .settings = "", .channel_mask = mask,
					     .buffer_bytes = 1 << 20 };
	struct torc_error error = { 0 };
	int result = ops->open(engine, &config, &error);

	if (result < 0)
		note("%s", error.text);
	return result;
}

/* Flows spread over the transmit queues of a veth, and its peer receives them by the same number. */
static void send_flows(int sender, unsigned int count)
{
	uint8_t frame[60] = "\x02\0\0\0\0\1\x02\0\0\0\0\2\x08\0\x45\0\0\x2e\0\0\0\0\x40\x11\0\0\x0a"
			    "\0\0\1\x0a\0\0\2\x10\0\0\x09\0\x1a";

	for (unsigned int i = 0; i < count; i++) {
		frame[34] = (uint8_t)i;
		if (send(sender, frame, sizeof(frame), 0) < 0)
			usleep(100);
	}
}

static void queues_are_shared_out(void)
{
	struct torc_engine *first, *second, *both, *none;
	struct torc_packet *copies[200];
	struct torc_engine_stats a, b;
	unsigned int got, wrong = 0;
	int sender;

	run("ip link add wa numrxqueues 2 numtxqueues 2 type veth peer name wb numrxqueues 2 "
	    "numtxqueues 2; echo 1 | tee /proc/sys/net/ipv6/conf/wa/disable_ipv6 "
	    "/proc/sys/net/ipv6/conf/wb/disable_ipv6 >/dev/null; tests/up wa wb");
	sender = packet_socket("wb", 0);
	is(open_queue(&none, 4), -EINVAL, "a queue that is not there");
	is(open_queue(&first, 1), 0, "a ring on queue 0");
	is(open_queue(&second, 2), 0, "another ring of this process on queue 1");
	is(ops->start(first), 0, "both start");
	is(ops->start(second), 0, "both start");
	is(open_queue(&both, UINT64_MAX), -EBUSY, "the queues are taken");
	send_flows(sender, 200);
	for (unsigned int tries = 0; tries < 2000; tries++) {
		ops->stats(first, &a);
		ops->stats(second, &b);
		if (a.seen + b.seen == 200)
			break;
		usleep(1000);
	}
	is(a.seen + b.seen, 200, "each packet is one ring's");
	ok(a.seen > 0 && b.seen > 0, "%d to queue 0, %d to queue 1", (int)a.seen, (int)b.seen);
	got = receive(second, copies, (unsigned int)b.seen, 100);
	for (unsigned int i = 0; i < got; i++)
		wrong += copies[i]->queue != 1;
	ok(got > 0 && wrong == 0, "packets tell their queue");
	forget(copies, got);
	ops->close(first);
	ops->close(second);
	is(open_queue(&both, UINT64_MAX), 0, "closed: one ring for all queues");
	ops->start(both);
	send_flows(sender, 200);
	is(got = receive(both, copies, 200, 1000), 200, "it gets everything");
	forget(copies, got);
	ops->close(both);
	is(program_on("wa"), 0, "no program is left");
	close(sender);
}

/* The interface goes down and up, then away and comes back: told once each. */
static void interface_changes(void)
{
	struct torc_engine *engine;
	struct torc_engine_stats stats;
	struct torc_packet *copies[5];
	struct torc_error error;
	int sender = packet_socket("vb", 0);

	is(open_engine(&engine, "va", "", 1 << 20, &error), 0, "open");
	ops->start(engine);
	ops->check(engine);
	is(ops->check(engine), 0, "nothing to tell");
	run("ip link set va down");
	ok(engine_wait(engine, 1000), "a change of the interface wakes the reader");
	is(ops->check(engine), -ENETDOWN, "down is told");
	is(ops->check(engine), 0, "once");
	run("tests/up va vb");
	engine_wait(engine, 1000);
	is(ops->check(engine), 0, "up again");
	send_numbered(sender, 0, 5);
	is(receive(engine, copies, 5, 1000), 5, "and packets come");
	forget(copies, 5);
	close(sender);
	run("ip link del va");
	ok(engine_wait(engine, 1000), "its end wakes the reader too");
	is(ops->check(engine), -ENODEV, "gone is told");
	is(ops->check(engine), 0, "once");
	is(ops->send(engine, 0, "00000000000000000000", 20), -ENXIO, "nothing can be sent");
	make_veth(1);
	sender = packet_socket("vb", 0);
	for (unsigned int tries = 0; program_on("va") == 0 && tries < 100; tries++)
		usleep(ops->check(engine) == 0 ? 10000 : 20000);
	send_numbered(sender, 0, 5);
	is(receive(engine, copies, 5, 1000), 5, "back under its name: packets come again");
	forget(copies, 5);
	ops->stats(engine, &stats);
	is(stats.seen, 10, "the account goes on");
	ops->close(engine);
	close(sender);
}

int main(void)
{
	make_veth(1);
	need_xdp();
	is(program_on("va"), 0, "a closed engine leaves no program");
	foreign_program_stays();
	default_route_stays();
	stacked_default_route_stays("ip link add link va name top type vlan id 7 2>/dev/null",
				    "the default route of a VLAN on it");
	stacked_default_route_stays("ip link add link va name top type macvlan 2>/dev/null",
				    "the default route of a macvlan on it");
	stacked_default_route_stays(
		"ip link add top type bridge 2>/dev/null && ip link set va master top",
		"the default route of its bridge");
	other_refusals();
	killed_process_gives_back();
	child_goes_on();
	queues_are_shared_out();
	interface_changes();
	return done();
}
