/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Settings of the AF_XDP engine: the filter runs in the program and leaves the host what it
 * refuses; what it cannot hold is said; direction, snapshot length, tags, promiscuous mode; and
 * sending through the tx ring.
 */
#include <linux/filter.h>

#include "xdp.h"

static const struct torc_engine_ops *const ops = &torc_engine_afxdp;

/* Accept frames whose number (numbered_frame) is below 10. */
static struct sock_filter below_ten[] = {
	{ BPF_LD | BPF_B | BPF_ABS, 0, 0, 15 }, { BPF_JMP | BPF_JEQ | BPF_K, 0, 3, 0 },
	{ BPF_LD | BPF_B | BPF_ABS, 0, 0, 14 }, { BPF_JMP | BPF_JGE | BPF_K, 1, 0, 10 },
	{ BPF_RET | BPF_K, 0, 0, 0x40000 },     { BPF_RET | BPF_K, 0, 0, 0 },
};

static unsigned int drain(int fd)
{
	unsigned int count = 0;
	char byte;

	while (recv(fd, &byte, 1, 0) >= 0)
		count++;
	return count;
}

static void filter_runs_in_the_program(struct torc_engine *engine, int sender)
{
	struct sock_fprog filter = { 6, below_ten };
	struct torc_engine_stats before, after;
	struct torc_packet *copies[100];
	int host = packet_socket("va", 0x0003);
	unsigned int count;

	ops->stats(engine, &before);
	is(ops->set_filter(engine, &filter), 0, "a filter");
	send_numbered(sender, 0, 50);
	count = receive(engine, copies, 100, 200);
	is(count, 10, "only what matches is received");
	forget(copies, count);
	is(drain(host), 40, "what it refuses stays with the host");
	ops->stats(engine, &after);
	is(after.seen - before.seen, 10, "and is not seen");

	ops->stop(engine);
	ops->start(engine);
	send_numbered(sender, 5, 10);
	count = receive(engine, copies, 100, 200);
	is(count, 5, "the filter stays across stop and start");
	forget(copies, count);

	is(ops->set_filter(engine, NULL), 0, "the filter removed");
	send_numbered(sender, 0, 50);
	count = receive(engine, copies, 50, 1000);
	is(count, 50, "everything is received again");
	forget(copies, count);
	close(host);
}

static void filters_that_do_not_fit(struct torc_engine *engine, int sender)
{
	struct sock_filter chance[] = { { BPF_LD | BPF_W | BPF_ABS, 0, 0,
				       (uint32_t)(SKF_AD_OFF + SKF_AD_RANDOM) },
				     { BPF_RET | BPF_A, 0, 0, 0 } };
	struct sock_fprog filter = { 6, below_ten }, ancillary = { 2, chance };
	struct torc_packet *copies[20];
	unsigned int count;

	is(ops->set_filter(engine, &filter), 0, "a filter");
	is(ops->set_filter(engine, &ancillary), -EOPNOTSUPP, "one the program cannot hold is refused");
	send_numbered(sender, 0, 20);
	count = receive(engine, copies, 20, 1000);
	is(count, 20, "and the engine accepts everything then");
	forget(copies, count);
	ops->stop(engine);
	is(ops->set_filter(engine, &ancillary), -EOPNOTSUPP, "refused before the start too");
	is(ops->set_filter(engine, &filter), 0, "set before the start");
	ops->start(engine);
	send_numbered(sender, 0, 20);
	count = receive(engine, copies, 20, 200);
	is(count, 10, "in force from the start");
	forget(copies, count);
	ops->set_filter(engine, NULL);
}

static void direction_is_receive(struct torc_engine *engine, int sender)
{
	struct torc_packet *copies[10];
	int own = packet_socket("va", 0);

	is(ops->set_direction(engine, TORC_TX_ONLY), -EOPNOTSUPP, "sent packets are not to be had");
	is(ops->set_direction(engine, TORC_RX_ONLY), 0, "received ones are");
	is(ops->set_direction(engine, TORC_RX_AND_TX), 0, "the default means what there is");
	send_numbered(own, 0, 5);
	send_numbered(sender, 100, 5);
	is(receive(engine, copies, 10, 200), 5, "what the interface sends is not received");
	forget(copies, 5);
	close(own);
}

/* A tag in the frame stays where it is; kinds are told by the destination address. */
static void frames_as_they_are(struct torc_engine *engine, int sender)
{
	static const uint8_t tagged[64] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 2,
					    0x88, 0xa8, 0, 200, 0x81, 0, 0, 100, 8, 0, 0x45 };
	static const uint8_t multicast[60] = { 1, 0, 0x5e, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45 };
	uint8_t own[60] = { 0 };
	struct torc_packet *copies[3];
	struct torc_engine_info info;
	unsigned int count;

	ops->info(engine, &info);
	memcpy(own, info.address, 6);
	send(sender, tagged, sizeof(tagged), 0);
	send(sender, multicast, sizeof(multicast), 0);
	send(sender, own, sizeof(own), 0);
	count = receive(engine, copies, 3, 1000);
	is(count, 3, "three frames");
	if (count == 3) {
		ok(copies[0]->len == 64 && !memcmp(copies[0]->data, tagged, 64), "both tags in place");
		is(copies[0]->kind, TORC_PACKET_BROADCAST, "broadcast");
		is(copies[1]->kind, TORC_PACKET_MULTICAST, "multicast");
		is(copies[2]->kind, TORC_PACKET_TO_HOST, "to this host");
	}
	forget(copies, count);
}

static void promiscuous_mode(struct torc_engine *engine)
{
	const char *flag = "ip -d link show va | grep -q 'promiscuity 1'";

	ok(system(flag) != 0, "not promiscuous");
	is(ops->set_promisc(engine, true), 0, "promiscuous mode on");
	ok(system(flag) == 0, "it is");
	is(ops->set_promisc(engine, true), 0, "on again");
	is(ops->set_promisc(engine, false), 0, "off");
	ok(system(flag) != 0, "it is not any more");
}

static unsigned int right_frames(int fd, uint32_t from, uint32_t count)
{
	uint8_t got[2048], want[2048];
	unsigned int good = 0;

	for (uint32_t i = from; i < from + count; i++) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		ssize_t length;

		poll(&wait, 1, 1000);
		length = recv(fd, got, sizeof(got), 0);
		good += length == (ssize_t)numbered_frame(want, i) && !memcmp(got, want, (size_t)length);
	}
	return good;
}

static void sending(struct torc_engine *engine, const char *how)
{
	int peer = packet_socket("vb", 0x0003), own = packet_socket("va", 0x0003);
	static uint8_t frames[700][2048];
	struct torc_packet packets[700];
	unsigned int length = numbered_frame(frames[0], 7), taken = 0, good = 0;
	int result = 0;

	is(ops->send(engine, 0, frames[0], length), length, "%s: a frame is sent", how);
	is(right_frames(peer, 7, 1), 1, "%s: it leaves at once", how);
	is(ops->send(engine, 0, frames[0], 1515), -EMSGSIZE, "%s: too long", how);
	frames[0][12] = 0x81;
	frames[0][13] = 0;
	is(ops->send(engine, 0, frames[0], 1518), 1518, "%s: a tag is beyond the MTU", how);
	is(ops->send(engine, 0, frames[0], 13), -EINVAL, "%s: no frame at all", how);
	drain(peer);
	for (uint32_t i = 0; i < 700; i++)
		packets[i] = (struct torc_packet){ .data = frames[i],
						   .caplen = numbered_frame(frames[i], i) };
	while (taken < 700 && result >= 0) {
		result = ops->send_batch(engine, packets + taken, 700 - taken);
		taken += result > 0 ? (unsigned int)result : 0;
	}
	is(taken, 700, "%s: more than the ring holds is taken", how);
	ok(ops->flush(engine) >= 0, "%s: flush", how);
	drain(peer);
	for (uint32_t i = 0; i < 700; i += 100) { /* what a packet socket can hold */
		result = ops->send_batch(engine, packets + i, 100) == 100 ? ops->flush(engine) : -1;
		good += result >= 0 ? right_frames(peer, i, 100) : 0;
	}
	is(good, 700, "%s: all leave, in order, byte for byte", how);
	is(ops->flush(engine), 0, "%s: nothing left to flush", how);
	is(ops->send(engine, (int)if_nametoindex("lo"), frames[1], 60), 60, "%s: by another interface",
	   how);
	is(drain(peer), 0, "%s: which is not this one", how);
	close(peer);
	close(own);
}

static void snapshot_length(int sender)
{
	struct torc_engine_config config = { .name = "va", .settings = "", .snaplen = 40,
					     .channel_mask = UINT64_MAX, .mode = TORC_RECV_ONLY,
					     .flags = TORC_PROMISC };
	struct torc_engine *engine;
	struct torc_error error;
	struct torc_packet *copies[1];
	uint8_t frame[2048];

	is(ops->open(&engine, &config, &error), 0, "snaplen 40, promiscuous, receive only");
	ok(system("ip -d link show va | grep -q 'promiscuity 1'") == 0, "promiscuous from the start");
	ops->start(engine);
	send_numbered(sender, 3, 1);
	is(receive(engine, copies, 1, 1000), 1, "a packet");
	is(copies[0]->caplen, 40, "caplen is cut");
	is(copies[0]->len, numbered_frame(frame, 3), "len is not");
	forget(copies, 1);
	is(ops->send(engine, 0, frame, 60), -EOPNOTSUPP, "it does not send");
	ops->close(engine);
	ok(system("ip -d link show va | grep -q 'promiscuity 0'") == 0, "closed: not promiscuous");
}

static void send_only(void)
{
	struct torc_engine_config config = { .name = "va", .settings = "", .mode = TORC_SEND_ONLY,
					     .channel_mask = UINT64_MAX };
	struct torc_engine *engine;
	struct torc_engine_info info;
	struct torc_error error = { 0 };
	int result = ops->open(&engine, &config, &error);

	if (result == -EPERM || result == -EOPNOTSUPP) {
		skip("send only", error.text);
		return;
	}
	is(result, 0, "send only %s", error.text);
	ops->info(engine, &info);
	is_str(info.detail, "send only", "it says so");
	ok(system("ip link show va | grep -q xdp") != 0, "without a program");
	sending(engine, "send only");
	ops->close(engine);
}

int main(void)
{
	struct torc_engine *engine;
	struct torc_error error;
	int sender;

	make_veth(1);
	send_only();
	need_xdp();
	sender = packet_socket("vb", 0);
	if (!ok(open_engine(&engine, "va", "", 0, &error) == 0, "open"))
		return done();
	ops->start(engine);
	filter_runs_in_the_program(engine, sender);
	filters_that_do_not_fit(engine, sender);
	direction_is_receive(engine, sender);
	frames_as_they_are(engine, sender);
	promiscuous_mode(engine);
	sending(engine, "beside receiving");
	ops->close(engine);
	snapshot_length(sender);
	close(sender);
	return done();
}
