/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * live.c - sending by BPF_PROG_TEST_RUN with live frames (Documentation/bpf/bpf_prog_run.rst,
 * Linux 5.18): the fastest way out of a stock kernel
 *
 * The kernel runs an XDP program on frames it makes itself, thousands for each system call, without
 * an skb, a queue discipline or a socket. Our program overwrites each of these frames with the next
 * of ours and redirects it to the interface. Ours stand in a BPF map that is mapped into this
 * process, one behind the other:
 *
 *	struct shared { position; taken; stream[] = length, bytes, length, bytes, ... }
 *
 * The program moves position on and counts in taken, so the number of frames sent is exact also
 * when a signal ends the call early. One thread at a time; the program runs in its system call.
 *
 * What differs from a socket: frames do not pass queue disciplines, nor the taps (tcpdump) of the
 * interface they leave by; the interface must have an XDP transmit function - a veth has one while
 * its peer runs NAPI (an XDP program, or "ethtool -K PEER gro on").
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf/bpf.h"
#include "bpf/code.h"
#include "send/pace.h"
#include "send/way.h"
#include "util/error.h"

#define STREAM_BYTES  (1u << 19)
#define MOST_BYTES    2048u /* of a frame; a page has to hold it and the kernel's bookkeeping */
#define BATCH	      64u   /* frames the kernel hands on at once */
#define XDP_TRANSMITS 4	    /* NETDEV_XDP_ACT_NDO_XMIT */
#define LEAST_BYTES   14u
#define CHECK_NS      50000000 /* how often to look whether the interface still transmits */

struct shared {
	uint64_t position; /* of the next frame in the stream */
	uint64_t taken;
	uint8_t stream[STREAM_BYTES + MOST_BYTES + 16];
};

struct torc_way {
	int map;
	int program;
	int tap; /* see keep_dispatched() */
	int link;
	struct shared *shared;
	const char *interface;
	int ifindex;
	uint32_t most_bytes;
	int64_t checked_ns; /* when the interface was last seen able to transmit */
};

static uint32_t room_for(uint32_t length)
{
	return (uint32_t)sizeof(uint64_t) + ((length + 7) & ~7u);
}

#define SHARED(field) ((int16_t)offsetof(struct shared, field))

enum { H_MAP, H_INTERFACE };
enum { L_FAIL, L_COPY, L_COUNT };

/* r6 context, r7 shared, r8 length, r9 the frame's place in the stream */
static const struct bpf_insn program_text[] = {
	BPF_MOV_REG(BPF_REG_6, BPF_REG_1),
	BPF_WIDE(BPF_REG_7, BPF_PSEUDO_MAP_VALUE, BPF_HOLE(H_MAP)),
	BPF_LOAD(BPF_DW, BPF_REG_1, BPF_REG_7, SHARED(position)),
	BPF_ALU64_IMM(BPF_AND, BPF_REG_1, STREAM_BYTES - 1),
	BPF_MOV_REG(BPF_REG_9, BPF_REG_7),
	BPF_ALU64_REG(BPF_ADD, BPF_REG_9, BPF_REG_1),
	BPF_LOAD(BPF_W, BPF_REG_8, BPF_REG_9, SHARED(stream)),
	BPF_TO_IMM(BPF_JLT, BPF_REG_8, LEAST_BYTES, L_FAIL),
	BPF_TO_IMM(BPF_JGT, BPF_REG_8, MOST_BYTES, L_FAIL),
	/* position += room_for(length), taken++ */
	BPF_ALU64_REG(BPF_ADD, BPF_REG_1, BPF_REG_8),
	BPF_ALU64_IMM(BPF_ADD, BPF_REG_1, 8 + 7),
	BPF_ALU64_IMM(BPF_AND, BPF_REG_1, ~7),
	BPF_STORE(BPF_DW, BPF_REG_7, SHARED(position), BPF_REG_1),
	BPF_LOAD(BPF_DW, BPF_REG_1, BPF_REG_7, SHARED(taken)),
	BPF_ALU64_IMM(BPF_ADD, BPF_REG_1, 1),
	BPF_STORE(BPF_DW, BPF_REG_7, SHARED(taken), BPF_REG_1),
	/* the kernel's frame is as long as the longest of ours: cut it */
	BPF_MOV_REG(BPF_REG_1, BPF_REG_6),
	BPF_CALL_HELPER(BPF_FUNC_xdp_get_buff_len),
	BPF_MOV_REG(BPF_REG_2, BPF_REG_8),
	BPF_ALU64_REG(BPF_SUB, BPF_REG_2, BPF_REG_0),
	BPF_TO_IMM(BPF_JEQ, BPF_REG_2, 0, L_COPY),
	BPF_MOV_REG(BPF_REG_1, BPF_REG_6),
	BPF_CALL_HELPER(BPF_FUNC_xdp_adjust_tail),
	BPF_TO_IMM(BPF_JNE, BPF_REG_0, 0, L_FAIL),
	BPF_PLACE(L_COPY),
	BPF_MOV_REG(BPF_REG_1, BPF_REG_6),
	BPF_MOV_IMM(BPF_REG_2, 0),
	BPF_MOV_REG(BPF_REG_3, BPF_REG_9),
	BPF_ALU64_IMM(BPF_ADD, BPF_REG_3, SHARED(stream) + 8),
	BPF_MOV_REG(BPF_REG_4, BPF_REG_8),
	BPF_CALL_HELPER(BPF_FUNC_xdp_store_bytes),
	BPF_TO_IMM(BPF_JNE, BPF_REG_0, 0, L_FAIL),
	BPF_MOV_IMM(BPF_REG_1, BPF_HOLE(H_INTERFACE)),
	BPF_MOV_IMM(BPF_REG_2, 0),
	BPF_CALL_HELPER(BPF_FUNC_redirect),
	BPF_EXIT_INSN(),
	BPF_PLACE(L_FAIL),
	BPF_MOV_IMM(BPF_REG_0, XDP_DROP),
	BPF_EXIT_INSN(),
};

static int load_program(struct torc_way *way, int ifindex, struct torc_error *error)
{
	struct torc_bpf_code code = { 0 };
	struct torc_bpf_program program = { .name = "torc_send", .type = BPF_PROG_TYPE_XDP };
	const int32_t holes[] = { [H_MAP] = way->map, [H_INTERFACE] = ifindex };
	unsigned int labels[L_COUNT];

	for (unsigned int i = 0; i < L_COUNT; i++)
		labels[i] = torc_bpf_label(&code);
	torc_bpf_emit_text(&code, program_text, sizeof(program_text) / sizeof(*program_text), holes,
			   labels);
	way->program = torc_bpf_finish(&code);
	if (way->program == 0) {
		program.insns = code.insns;
		program.count = code.count;
		way->program = torc_bpf_program_load(&program, error);
	}
	torc_bpf_code_free(&code);
	return way->program < 0 ? way->program : 0;
}

/*
 * The kernel enters XDP programs through a table of direct jumps (kernel/bpf/dispatcher.c). A test
 * run puts its program into the table and takes it out again, waiting both times until no processor
 * can be in the old table: some 50 ms for each call. A program that is attached to any interface is
 * in the table already, and then a call costs 20 us. So ours is attached to a tap device of our
 * own, which stays down, carries nothing, and is gone when its descriptor is closed, also by kill
 * -9.
 */
static int keep_dispatched(struct torc_way *way)
{
	struct ifreq request = { .ifr_name = "torcsend%d", .ifr_flags = IFF_TAP | IFF_NO_PI };
	int index;

	way->tap = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (way->tap < 0 || ioctl(way->tap, TUNSETIFF, &request) < 0)
		return -errno;
	index = (int)if_nametoindex(request.ifr_name);
	if (index <= 0)
		return -ENODEV;
	way->link = torc_bpf_link_create(way->program, index, BPF_XDP, XDP_FLAGS_SKB_MODE);
	return way->link < 0 ? way->link : 0;
}

static void live_close(struct torc_way *way)
{
	if (way->link >= 0)
		close(way->link);
	if (way->tap >= 0)
		close(way->tap);
	if (way->shared)
		munmap(way->shared, sizeof(*way->shared));
	if (way->program >= 0)
		close(way->program);
	if (way->map >= 0)
		close(way->map);
	free(way);
}

/* A redirect to an interface that cannot transmit is lost without a word: ask before. */
static int check_transmits(const struct torc_way_config *config, struct torc_error *error)
{
	uint64_t features;
	int code;

	if (!config->ethernet)
		return torc_error_set(error, -EOPNOTSUPP,
				      "live frames are Ethernet frames, %s is not",
				      config->interface);
	if (config->most_bytes > MOST_BYTES)
		return torc_error_set(
			error, -EOPNOTSUPP,
			"live frames have at most %u bytes, the MTU of %s allows more", MOST_BYTES,
			config->interface);
	code = torc_xdp_features(config->ifindex, &features);
	if (code < 0)
		return torc_error_set(
			error, code,
			"whether %s can transmit XDP frames is not known before Linux 6.3",
			config->interface);
	if (!(features & XDP_TRANSMITS))
		return torc_error_set(error, -EOPNOTSUPP,
				      "%s cannot transmit XDP frames (a veth can once its peer has "
				      "\"ethtool -K PEER gro on\" or an XDP program)",
				      config->interface);
	return 0;
}

static int map_memory(struct torc_way *way, struct torc_error *error)
{
	void *memory;

	way->map = torc_bpf_map_create(BPF_MAP_TYPE_ARRAY, sizeof(uint32_t), sizeof(struct shared),
				       1, BPF_F_MMAPABLE, "torc_send");
	if (way->map < 0)
		return torc_error_set(error, way->map,
				      "live frames need CAP_BPF and CAP_NET_ADMIN: %s",
				      torc_strerror(way->map));
	memory = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED, way->map, 0);
	if (memory == MAP_FAILED)
		return torc_error_set(error, -errno, "cannot map the frames' memory: %s",
				      torc_strerror(errno));
	way->shared = memory;
	return 0;
}

static int live_open(struct torc_way **out, const struct torc_way_config *config,
		     struct torc_error *error)
{
	struct torc_way *way = calloc(1, sizeof(*way));
	int code;

	if (!way)
		return torc_error_set(error, -ENOMEM, "no memory for a sender");
	way->map = way->program = way->tap = way->link = -1;
	way->interface = config->interface;
	way->ifindex = config->ifindex;
	way->most_bytes = config->most_bytes;
	code = check_transmits(config, error);
	if (code == 0)
		code = map_memory(way, error);
	if (code == 0)
		code = load_program(way, config->ifindex, error);
	if (code == 0) {
		code = keep_dispatched(way);
		if (code < 0)
			torc_error_set(error, code,
				       "live frames are slow without a tap device (/dev/net/tun): %s",
				       torc_strerror(code));
	}
	if (code < 0) {
		live_close(way);
		return code;
	}
	*out = way;
	return 0;
}

/* Fill the stream. Returns how many frames went in; *longest is set. */
static unsigned int fill_stream(struct torc_way *way, const struct torc_packet *packets,
				unsigned int count, uint32_t *longest)
{
	uint8_t *stream = way->shared->stream;
	size_t at = 0;
	unsigned int n;

	*longest = 0;
	for (n = 0; n < count; n++) {
		uint32_t length = packets[n].caplen;

		if (length < LEAST_BYTES || length > way->most_bytes ||
		    at + room_for(length) > STREAM_BYTES)
			break;
		memcpy(stream + at, &length, sizeof(length));
		memcpy(stream + at + 8, packets[n].data, length);
		at += room_for(length);
		if (length > *longest)
			*longest = length;
	}
	return n;
}

/*
 * Frames redirected to an interface that went down, or away, or whose peer stopped to take them,
 * are lost uncounted. So it is looked at often; what is lost before the next look is counted as
 * sent.
 */
static int check_again(struct torc_way *way)
{
	int64_t now = torc_pace_now_ns();
	uint64_t features;
	uint32_t mtu;
	int code;

	if (now - way->checked_ns < CHECK_NS)
		return 0;
	code = torc_way_check_up(way->interface, &mtu);
	if (code == 0)
		code = torc_xdp_features(way->ifindex, &features);
	if (code == 0 && !(features & XDP_TRANSMITS))
		code = -ENETDOWN;
	if (code < 0)
		return code;
	way->checked_ns = now;
	way->most_bytes = torc_way_most_bytes(mtu, true);
	if (way->most_bytes > MOST_BYTES)
		way->most_bytes = MOST_BYTES;
	return 0;
}

static int live_send(struct torc_way *way, const struct torc_packet *packets, unsigned int count)
{
	uint8_t frame[MOST_BYTES] = { 0 };
	unsigned int filled;
	uint32_t longest;
	uint64_t taken;
	int code = check_again(way);

	if (code < 0)
		return code;
	filled = fill_stream(way, packets, count, &longest);
	if (filled == 0)
		return count > 0 ? -EMSGSIZE : 0;
	way->shared->position = 0;
	way->shared->taken = 0;
	code = torc_bpf_xdp_live(way->program, frame, longest, filled,
				 filled < BATCH ? filled : BATCH);
	taken = __atomic_load_n(&way->shared->taken, __ATOMIC_RELAXED);
	if (taken > 0)
		return (int)taken;
	return code < 0 ? code : -EIO;
}

const struct torc_way_ops torc_way_live_frames = {
	.name = "live_frames",
	.open = live_open,
	.close = live_close,
	.send = live_send,
};
