/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The AF_XDP engine receives what was sent, byte for byte, once each, only while it runs; the
 * account matches the sender's count, also when packets are lost; in native and in generic mode.
 */
#include "xdp.h"

#define COUNT 3000u

static const struct torc_engine_ops *const ops = &torc_engine_afxdp;

static unsigned int right_bytes(struct torc_packet **copies, unsigned int count, uint32_t from)
{
	uint8_t frame[2048];
	unsigned int good = 0;

	for (unsigned int i = 0; i < count; i++) {
		unsigned int length = numbered_frame(frame, from + i);

		good += copies[i]->len == length && copies[i]->caplen == length &&
			!memcmp(copies[i]->data, frame, length);
	}
	return good;
}

static void everything_arrives(struct torc_engine *engine, int sender, const char *mode)
{
	struct torc_packet *copies[COUNT];
	struct torc_engine_stats stats;
	uint64_t before = clock_ns(CLOCK_REALTIME), after, last = 0;
	unsigned int count, in_time = 0, plain = 0;
	int host = packet_socket("va", 0x0003);
	char byte;

	send_numbered(sender, 0, COUNT);
	count = receive(engine, copies, COUNT, 1000);
	after = clock_ns(CLOCK_REALTIME);
	is(count, COUNT, "%s: every packet arrives", mode);
	is(right_bytes(copies, count, 0), count, "%s: in order, byte for byte", mode);
	for (unsigned int i = 0; i < count; i++) {
		in_time += copies[i]->timestamp_ns + 1000000 >= before &&
			   copies[i]->timestamp_ns <= after && copies[i]->timestamp_ns >= last;
		last = copies[i]->timestamp_ns;
		plain += copies[i]->flags == 0 && copies[i]->direction == TORC_PACKET_RX &&
			 copies[i]->kind == TORC_PACKET_TO_OTHER &&
			 copies[i]->ifindex == (int)if_nametoindex("va");
	}
	is(in_time, count, "%s: each with the time of its arrival", mode);
	is(plain, count, "%s: flags, direction, kind and interface", mode);
	is(recv(host, &byte, 1, 0), -1, "%s: the host gets none of them", mode);
	ops->stats(engine, &stats);
	is(stats.seen, COUNT, "%s: seen is what was sent", mode);
	is(stats.dropped, 0, "%s: nothing dropped", mode);
	forget(copies, count);
	close(host);
}

static void only_while_running(struct torc_engine *engine, int sender, const char *mode)
{
	struct torc_packet *copies[40];
	struct torc_engine_stats before, after;
	int host = packet_socket("va", 0x0003);
	unsigned int to_host = 0;
	char byte;

	ops->stats(engine, &before);
	is(ops->stop(engine), 0, "%s: stop", mode);
	send_numbered(sender, 0, 20);
	is(receive(engine, copies, 40, 50), 0, "%s: nothing while stopped", mode);
	while (recv(host, &byte, 1, 0) >= 0)
		to_host++;
	is(to_host, 20, "%s: the host has its packets while the engine is stopped", mode);
	is(ops->start(engine), 0, "%s: start again", mode);
	send_numbered(sender, 100, 20);
	is(receive(engine, copies, 20, 1000), 20, "%s: packets after the start", mode);
	is(right_bytes(copies, 20, 100), 20, "%s: and none from before", mode);
	forget(copies, 20);
	ops->stats(engine, &after);
	is(after.seen - before.seen, 20, "%s: seen counts those while running", mode);
	close(host);
}

/* Hold several blocks, release them out of order; the bytes of the others stay. */
static void blocks_in_any_order(struct torc_engine *engine, int sender, const char *mode)
{
	struct torc_packet packets[4][64];
	uint32_t tokens[4];
	unsigned int counts[4], good = 0, order[] = { 2, 0, 3, 1 };
	struct torc_packet *rest[40];
	struct torc_engine_stats stats;
	uint8_t frame[2048];

	for (unsigned int i = 0; i < 4; i++) {
		ops->stats(engine, &stats);
		send_numbered(sender, 1000 * i, 10);
		wait_seen(engine, stats.seen + 10);
		is(ops->acquire(engine, &tokens[i]), 1, "%s: block %u", mode, i);
		counts[i] = ops->fill(engine, packets[i], 64);
		is(ops->fill(engine, packets[i] + counts[i], 4), 0, "%s: block %u is exhausted", mode,
		   i);
	}
	for (unsigned int i = 0; i < 4; i++) {
		for (unsigned int j = i; j < 4; j++) {
			unsigned int length = numbered_frame(frame, 1000 * order[j]);

			good += counts[order[j]] == 10 && packets[order[j]]->len == length &&
				!memcmp(packets[order[j]]->data, frame, length);
		}
		ops->release(engine, tokens[order[i]]);
		send_numbered(sender, 0, 10); /* into frames that are free now */
	}
	is(receive(engine, rest, 40, 1000), 40, "%s: released frames are used again", mode);
	forget(rest, 40);
	is(good, 4 + 3 + 2 + 1, "%s: held blocks keep their bytes", mode);
}

/* Lose most of a flood: what is left and what was dropped are what was sent. */
static void losses_are_counted(int sender, const char *settings, const char *mode)
{
	struct torc_engine *engine;
	struct torc_engine_stats stats;
	struct torc_error error;
	struct torc_packet *copies[COUNT];
	unsigned int count, again;

	if (!ok(open_engine(&engine, "va", settings, 1 << 19, &error) == 0, "%s: small buffer", mode))
		return;
	ops->start(engine);
	send_numbered(sender, 0, COUNT);
	wait_seen(engine, COUNT);
	ops->stats(engine, &stats);
	is(stats.seen, COUNT, "%s: all are seen", mode);
	ok(stats.dropped > 0, "%s: %llu of %u dropped", mode, (unsigned long long)stats.dropped, COUNT);
	count = receive(engine, copies, COUNT, 100);
	is(count + stats.dropped, COUNT, "%s: received and dropped are what was sent", mode);
	is(right_bytes(copies, count, 0), count, "%s: the first ones were kept", mode);
	forget(copies, count);
	send_numbered(sender, 0, 200);
	again = receive(engine, copies, 200, 1000);
	is(again, 200, "%s: it goes on after the loss", mode);
	forget(copies, again);
	ops->close(engine);
}

static void in_mode(const char *settings, const char *mode)
{
	int sender = packet_socket("vb", 0);
	struct torc_engine *engine;
	struct torc_engine_info info;
	struct torc_error error;

	if (!ok(open_engine(&engine, "va", settings, 0, &error) == 0, "%s: open %s", mode, error.text))
		return;
	ops->info(engine, &info);
	ok(strstr(info.detail, mode) == info.detail, "%s: said to be \"%s\"", mode, info.detail);
	is_str(info.name, "va", "the name");
	is(info.mtu, 1500, "the MTU");
	is(info.queue_count, 1, "the queues");
	send_numbered(sender, 5000, 10);
	is(ops->start(engine), 0, "%s: start", mode);
	everything_arrives(engine, sender, mode);
	only_while_running(engine, sender, mode);
	blocks_in_any_order(engine, sender, mode);
	ops->close(engine);
	losses_are_counted(sender, settings, mode);
	close(sender);
}

int main(void)
{
	make_veth(1);
	need_xdp();
	in_mode("", "native");
	in_mode("generic=1", "generic");
	return done();
}
