/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A VLAN tag that travels beside the bytes, as cards that strip tags deliver it, is back in the
 * frame for the filter and for the reader; the host still gets its packets as they came. And the
 * card's time is asked for without harm where there is none.
 */
#include <linux/filter.h>
#include <linux/pkt_cls.h>

#include "bpf/bpf.h"
#include "bpf/code.h"
#include "engine/afxdp_engine.h"
#include "xdp.h"

#define TCX_EGRESS 47     /* attach type, Linux 6.6 */
#define TAG        0x6007 /* priority 3, VLAN 7 */

static const struct torc_engine_ops *const ops = &torc_engine_afxdp;

/* What leaves the interface gets a tag beside its bytes, as a VLAN device's packets do. */
static int tag_all(const char *interface)
{
	struct bpf_insn push[] = {
		BPF_MOV_IMM(BPF_REG_2, 0x0081), /* 0x8100 in network order */
		BPF_MOV_IMM(BPF_REG_3, TAG),
		BPF_CALL_HELPER(BPF_FUNC_skb_vlan_push),
		BPF_MOV_IMM(BPF_REG_0, TC_ACT_UNSPEC),
		BPF_EXIT_INSN(),
	};
	struct torc_bpf_program program = { .name = "tag_all", .type = BPF_PROG_TYPE_SCHED_CLS,
					    .insns = push, .count = 5 };
	struct torc_error error;
	int fd = torc_bpf_program_load(&program, &error), link;

	if (fd < 0)
		return fd;
	link = torc_bpf_link_create(fd, (int)if_nametoindex(interface), TCX_EGRESS, 0);
	close(fd);
	return link;
}

static void read_tagged(struct torc_engine *engine, unsigned int number, const char *how)
{
	struct torc_packet *copy;
	uint8_t want[2048];
	unsigned int length = numbered_frame(want, number);

	memmove(want + 16, want + 12, length - 12);
	memcpy(want + 12, "\x81\0\x60\x07", 4);
	if (!ok(receive(engine, &copy, 1, 1000) == 1, "%s: received", how))
		return;
	is(copy->len, length + 4, "%s: the tag counts", how);
	ok(!memcmp(copy->data, want, length + 4), "%s: the tag is in its place", how);
	is(copy->flags, TORC_PACKET_VLAN_RESTORED, "%s: and the packet says so", how);
	torc_packet_free(copy);
}

/* The host's packet socket sees the tag where the kernel had it: beside the bytes. */
static void read_as_host(int host, unsigned int number)
{
	uint8_t got[2048], want[2048], control[256];
	unsigned int length = numbered_frame(want, number);
	struct iovec part = { got, sizeof(got) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
				  .msg_controllen = sizeof(control) };
	const struct tpacket_auxdata *auxdata;
	ssize_t result = -1;

	for (unsigned int tries = 0; result < 0 && tries < 1000; tries++) {
		usleep(1000);
		result = recvmsg(host, &message, 0);
	}
	is(result, length, "the host gets the frame without a tag in it");
	ok(result > 0 && !memcmp(got, want, length), "byte for byte");
	auxdata = (const void *)CMSG_DATA(CMSG_FIRSTHDR(&message));
	ok(result > 0 && CMSG_FIRSTHDR(&message) && auxdata->tp_vlan_tci == TAG,
	   "and the tag beside it");
}

static void filters_see_the_tag(struct torc_engine *engine, int sender)
{
	struct sock_filter vlan[] = { { BPF_LD | BPF_H | BPF_ABS, 0, 0, 12 },
				      { BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0x8100 },
				      { BPF_RET | BPF_K, 0, 0, 1 },
				      { BPF_RET | BPF_K, 0, 0, 0 } };
	struct sock_filter none[] = { { BPF_LD | BPF_H | BPF_ABS, 0, 0, 12 },
				      { BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0x8100 },
				      { BPF_RET | BPF_K, 0, 0, 1 },
				      { BPF_RET | BPF_K, 0, 0, 0 } };
	int host = packet_socket("va", 0x0003), on = 1;
	struct torc_packet *copy;

	setsockopt(host, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on));
	is(ops->set_filter(engine, &(struct sock_fprog){ 4, vlan }), 0, "a filter for tagged frames");
	send_numbered(sender, 11, 1);
	read_tagged(engine, 11, "filtered");
	is(ops->set_filter(engine, &(struct sock_fprog){ 4, none }), 0, "a filter for untagged frames");
	send_numbered(sender, 12, 1);
	is(receive(engine, &copy, 1, 100), 0, "refuses tagged ones");
	read_as_host(host, 12);
	ops->set_filter(engine, NULL);
	close(host);
}

/* The tag goes into the frame for the copy, and out again for the host. */
static void both_see_the_tag(int sender)
{
	int host = packet_socket("va", 0x0003), on = 1;
	struct torc_engine *engine;
	struct torc_error error;

	setsockopt(host, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on));
	if (!ok(open_engine(&engine, "va", "mode=tap", 1 << 20, &error) == 0, "mode=tap opens"))
		return;
	ops->start(engine);
	send_numbered(sender, 13, 1);
	read_tagged(engine, 13, "copied");
	read_as_host(host, 13);
	ops->close(engine);
	close(host);
}

static void card_time_where_there_is_none(int sender)
{
	struct torc_engine_config config = { .name = "va", .settings = "", .flags = TORC_HW_TIMESTAMP,
					     .channel_mask = UINT64_MAX, .buffer_bytes = 1 << 20 };
	struct torc_engine *engine;
	struct torc_error error;
	struct torc_packet *copy;
	uint64_t before = clock_ns(CLOCK_REALTIME);

	is(ops->open(&engine, &config, &error), 0, "a ring that wants the card's time");
	ops->start(engine);
	send_numbered(sender, 1, 1);
	if (ok(receive(engine, &copy, 1, 1000) == 1, "a packet")) {
		is(copy->flags & TORC_PACKET_HW_TIMESTAMP, 0, "a veth has no time of its own");
		ok(copy->timestamp_ns + 1000000 > before &&
			   copy->timestamp_ns <= clock_ns(CLOCK_REALTIME),
		   "the packet has ours");
		torc_packet_free(copy);
	}
	ops->close(engine);
}

int main(void)
{
	struct torc_engine *engine;
	struct torc_error error;
	int sender, link;

	make_veth(1);
	need_xdp();
	sender = packet_socket("vb", 0);
	card_time_where_there_is_none(sender);
	link = tag_all("vb");
	if (link < 0) {
		skip("tags beside the bytes", "this kernel has no tcx programs to make them");
		return done();
	}
	if (!ok(open_engine(&engine, "va", "", 1 << 20, &error) == 0, "open"))
		return done();
	if (!engine->port->tag_function) {
		skip("tags beside the bytes", "this kernel or driver does not tell XDP about them");
		ops->close(engine);
		return done();
	}
	ops->start(engine);
	send_numbered(sender, 10, 1);
	read_tagged(engine, 10, "unfiltered");
	filters_see_the_tag(engine, sender);
	ops->close(engine);
	both_see_the_tag(sender);
	close(link);
	close(sender);
	return done();
}
