/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * xdp.c - AF_XDP rings: against the default ring, and against a loop written by hand
 *
 * A child floods one end of a veth pair from one CPU, on which the kernel also runs the receive
 * path; the receiver reads on another and looks at the same things in each packet. Two figures:
 * packets a second while the flood lasts (what the kernel's side costs), and the receiver's own CPU
 * time per packet. Rounds of all receivers in turn; medians, and ratios within a round.
 *
 *	xdp [PACKETS [ROUNDS [SIZE]]]
 */
#include <linux/if_link.h>
#include <linux/if_xdp.h>
#include <net/if.h>
#include <poll.h>
#include <sys/mman.h>

#include <torc/torc.h>

#include "bpf/bpf.h"
#include "bpf/code.h"
#include "flood.h"
#include "rounds.h"

#define DEVICE  "rx0"
#define FRAMES  16384u
#define BYTES   2048u
#define BATCH   64u
#define IDLE_MS 200
#define NAP_US  1000 /* and DENSE: of a ring of so many frames, src/ring/wait.c */
#define DENSE   256

/* What every receiver computes, so that none can leave the packet alone. */
static uint64_t checksum;

static inline void look(const uint8_t *data, uint32_t len)
{
	checksum += data[12] + len;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* ---- by hand, against linux/if_xdp.h: no filter, no time stamps, one queue ---- */

struct hand {
	int map, link, fd;
	uint8_t *frames;
	uint8_t *rings[2]; /* fill, rx: as mapped */
	size_t ring_bytes[2];
	uint32_t *fill_producer, *rx_producer, *rx_consumer;
	uint64_t *fill;
	struct xdp_desc *rx;
	uint32_t filled, taken;
};

static void hand_program(struct hand *hand)
{
	struct bpf_insn program[] = {
		BPF_LOAD(BPF_W, BPF_REG_2, BPF_REG_1, 16 /* rx_queue_index */),
		BPF_INSN(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, 0),
		BPF_INSN(0, 0, 0, 0, 0),
		BPF_MOV_IMM(BPF_REG_3, XDP_PASS),
		BPF_CALL_HELPER(BPF_FUNC_redirect_map),
		BPF_EXIT_INSN(),
	};
	int fd;

	hand->map = torc_bpf_map_create(BPF_MAP_TYPE_XSKMAP, 4, 4, 1, 0, "hand");
	program[1].imm = hand->map;
	fd = torc_bpf_program_load(&(struct torc_bpf_program){ .name = "hand",
							       .type = BPF_PROG_TYPE_XDP,
							       .attach_type = BPF_XDP,
							       .insns = program,
							       .count = 6 },
				   NULL);
	hand->link = torc_bpf_link_create(fd, (int)if_nametoindex(DEVICE), BPF_XDP,
					  XDP_FLAGS_DRV_MODE);
	if (hand->link < 0) {
		fprintf(stderr, "xdp: needs CAP_BPF, CAP_NET_ADMIN and veth with XDP\n");
		exit(77);
	}
	close(fd);
}

static uint8_t *hand_ring(struct hand *hand, int option, uint32_t size, size_t bytes, uint64_t page)
{
	void *map;

	if (setsockopt(hand->fd, SOL_XDP, option, &size, sizeof(size)) < 0)
		die("ring");
	map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, hand->fd,
		   (off_t)page);
	if (map == MAP_FAILED)
		die("ring");
	return map;
}

static void hand_rings(struct hand *hand)
{
	struct xdp_mmap_offsets at;
	socklen_t length = sizeof(at);
	uint32_t completions = 2;

	if (getsockopt(hand->fd, SOL_XDP, XDP_MMAP_OFFSETS, &at, &length) < 0 ||
	    setsockopt(hand->fd, SOL_XDP, XDP_UMEM_COMPLETION_RING, &completions, 4) < 0)
		die("offsets");
	hand->ring_bytes[0] = at.fr.desc + FRAMES * sizeof(uint64_t);
	hand->ring_bytes[1] = at.rx.desc + FRAMES * sizeof(struct xdp_desc);
	hand->rings[0] = hand_ring(hand, XDP_UMEM_FILL_RING, FRAMES, hand->ring_bytes[0],
				   XDP_UMEM_PGOFF_FILL_RING);
	hand->rings[1] = hand_ring(hand, XDP_RX_RING, FRAMES, hand->ring_bytes[1],
				   XDP_PGOFF_RX_RING);
	hand->fill_producer = (void *)(hand->rings[0] + at.fr.producer);
	hand->fill = (void *)(hand->rings[0] + at.fr.desc);
	hand->rx_producer = (void *)(hand->rings[1] + at.rx.producer);
	hand->rx_consumer = (void *)(hand->rings[1] + at.rx.consumer);
	hand->rx = (void *)(hand->rings[1] + at.rx.desc);
	for (uint32_t i = 0; i < FRAMES; i++)
		hand->fill[i] = (uint64_t)i * BYTES;
	hand->filled = FRAMES;
	__atomic_store_n(hand->fill_producer, hand->filled, __ATOMIC_RELEASE);
}

static void *hand_open(void)
{
	static struct hand hand;
	struct xdp_umem_reg memory = { .len = (uint64_t)FRAMES * BYTES, .chunk_size = BYTES };
	struct sockaddr_xdp address = { .sxdp_family = AF_XDP,
					.sxdp_ifindex = if_nametoindex(DEVICE) };
	uint32_t queue = 0;

	hand.taken = 0;
	hand_program(&hand);
	hand.fd = socket(AF_XDP, SOCK_RAW, 0);
	hand.frames = mmap(NULL, memory.len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			   0);
	madvise(hand.frames, memory.len, MADV_HUGEPAGE);
	memory.addr = (uintptr_t)hand.frames;
	if (setsockopt(hand.fd, SOL_XDP, XDP_UMEM_REG, &memory, sizeof(memory)) < 0)
		die("umem");
	hand_rings(&hand);
	/* the receiver before gave the queue up just now; the kernel takes a moment */
	for (int i = 0; bind(hand.fd, (void *)&address, sizeof(address)) < 0; i++)
		if (i == 100 || usleep(10000) < 0)
			die("bind");
	if (torc_bpf_map_update(hand.map, &queue, &hand.fd) < 0)
		die("map");
	return &hand;
}

static uint32_t hand_waiting(const struct hand *hand)
{
	return __atomic_load_n(hand->rx_producer, __ATOMIC_ACQUIRE) - hand->taken;
}

static unsigned int hand_take(struct hand *hand, uint32_t count)
{
	if (count > BATCH)
		count = BATCH;
	for (uint32_t i = 0; i < count; i++) {
		const struct xdp_desc *desc = &hand->rx[(hand->taken + i) % FRAMES];

		look(hand->frames + desc->addr, desc->len);
		hand->fill[(hand->filled + i) % FRAMES] = desc->addr;
	}
	hand->taken += count;
	hand->filled += count;
	__atomic_store_n(hand->rx_consumer, hand->taken, __ATOMIC_RELEASE);
	__atomic_store_n(hand->fill_producer, hand->filled, __ATOMIC_RELEASE);
	return count;
}

static unsigned int hand_some(void *context)
{
	struct hand *hand = context;
	struct pollfd wait = { .fd = hand->fd, .events = POLLIN };
	uint32_t count = hand_waiting(hand);

	if (count > 0)
		return hand_take(hand, count);
	poll(&wait, 1, IDLE_MS);
	return 0;
}

/* The same loop, which sleeps before it polls when traffic is dense, as the ring does. */
static unsigned int hand_nap(void *context)
{
	struct hand *hand = context;
	static uint32_t taken_at_wait;
	uint32_t count = hand_waiting(hand);

	if (count > 0)
		return hand_take(hand, count);
	if (hand->taken - taken_at_wait >= DENSE) {
		taken_at_wait = hand->taken;
		usleep(NAP_US);
		return 0;
	}
	return hand_some(context);
}

static uint64_t hand_close(void *context)
{
	struct hand *hand = context;
	struct xdp_statistics statistics = { 0 };
	socklen_t length = sizeof(statistics);

	getsockopt(hand->fd, SOL_XDP, XDP_STATISTICS, &statistics, &length);
	munmap(hand->rings[0], hand->ring_bytes[0]);
	munmap(hand->rings[1], hand->ring_bytes[1]);
	close(hand->link);
	close(hand->map);
	close(hand->fd);
	munmap(hand->frames, (size_t)FRAMES * BYTES);
	return statistics.rx_dropped + statistics.rx_ring_full;
}

/* ---- the rings ---- */

static void *ring_open(const char *device)
{
	struct torc_ring_options options = { .size = sizeof(options), .buffer_bytes = FRAMES * BYTES };
	struct torc_ring *ring;
	struct torc_error error;

	if (torc_ring_open_with(&ring, device, &options, &error) < 0) {
		fprintf(stderr, "%s\n", error.text);
		exit(1);
	}
	torc_ring_set_poll_duration(ring, IDLE_MS);
	if (torc_ring_enable(ring) < 0)
		die(torc_ring_error(ring));
	return ring;
}

static void *xdp_open(void)
{
	return ring_open("xdp:" DEVICE);
}

static void *tap_open(void)
{
	return ring_open("xdp:" DEVICE ";mode=tap");
}

static void *tpacket_open(void)
{
	return ring_open(DEVICE);
}

static unsigned int ring_some(void *context)
{
	struct torc_packet packets[BATCH];
	int count = torc_ring_next_batch(context, packets, BATCH);

	for (int i = 0; i < count; i++)
		look(packets[i].data, packets[i].len);
	return count < 0 ? 0 : (unsigned int)count;
}

static uint64_t ring_close(void *context)
{
	struct torc_stats stats = { .size = sizeof(stats) };

	torc_ring_disable(context);
	torc_ring_stats(context, &stats);
	if (!stats.balanced)
		fprintf(stderr, "the account does not balance\n");
	torc_ring_close(context);
	return stats.dropped;
}

/* ---- rounds ---- */

static const struct receiver {
	const char *name;
	void *(*open)(void);
	unsigned int (*some)(void *context);
	uint64_t (*close)(void *context);
} receivers[] = {
	{ "AF_XDP loop by hand", hand_open, hand_some, hand_close },
	{ "the same, with naps", hand_open, hand_nap, hand_close },
	{ "torc ring, xdp:", xdp_open, ring_some, ring_close },
	{ "torc ring, TPACKET_V3", tpacket_open, ring_some, ring_close },
	{ "torc ring, xdp: tap", tap_open, ring_some, ring_close },
};

enum { HAND, NAPS, XDP, TPACKET, TAP, RECEIVERS };

struct figures {
	struct rounds mpps, cpu_ns, dropped;
};

static void run(const struct receiver *receiver, uint64_t packets, unsigned int size,
		struct figures *figures)
{
	void *context = receiver->open();
	double first = 0, last = rounds_now(), cpu, seconds;
	struct flood flood = { 0 };
	uint64_t received = 0;

	if (flood_start(&flood, "tx0", packets, size, 16, 0) < 0)
		die("flood");
	cpu = rounds_cpu_ns();
	while (received < packets && rounds_now() - last < 1) {
		unsigned int count = receiver->some(context);

		if (count == 0)
			continue;
		received += count;
		last = rounds_now();
		if (first == 0)
			first = last;
	}
	cpu = rounds_cpu_ns() - cpu;
	flood_wait(&flood, &seconds);
	rounds_add(&figures->dropped, (double)receiver->close(context));
	if (received == 0 || last <= first)
		return;
	rounds_add(&figures->mpps, (double)received / (last - first) / 1e6);
	rounds_add(&figures->cpu_ns, cpu / (double)received);
}

static void report(const struct figures *figures)
{
	printf("%-24s %8s %8s %8s %12s %10s\n", "receiver", "Mpps", "least", "most", "CPU ns/pkt",
	       "drops/round");
	for (unsigned int i = 0; i < RECEIVERS; i++)
		printf("%-24s %8.2f %8.2f %8.2f %12.1f %10.0f\n", receivers[i].name,
		       rounds_median(&figures[i].mpps), rounds_share(&figures[i].mpps, 0),
		       rounds_share(&figures[i].mpps, 1), rounds_median(&figures[i].cpu_ns),
		       rounds_share(&figures[i].dropped, 1));
	printf("xdp: to TPACKET_V3, packets a second: %.2f (goal >= 1.6)\n",
	       rounds_ratio(&figures[XDP].mpps, &figures[TPACKET].mpps));
	printf("mode=tap to TPACKET_V3, packets a second: %.2f\n",
	       rounds_ratio(&figures[TAP].mpps, &figures[TPACKET].mpps));
	printf("xdp: to the loop by hand, CPU a packet: %.2f, with naps %.2f (goal <= 1.2)\n",
	       rounds_ratio(&figures[XDP].cpu_ns, &figures[HAND].cpu_ns),
	       rounds_ratio(&figures[XDP].cpu_ns, &figures[NAPS].cpu_ns));
	for (unsigned int i = 0; i < RECEIVERS; i++) {
		struct rounds_row rate = { .bench = "xdp", .what = "rate", .unit = "million/s",
					   .name = receivers[i].name, .peer = "TPACKET_V3",
					   .goal = i == XDP ? ">= 1.6" : NULL };
		struct rounds_row cost = { .bench = "xdp", .what = "cost", .unit = "CPU ns/packet",
					   .name = receivers[i].name, .peer = "by hand",
					   .goal = i == XDP ? "<= 1.2" : NULL };
		struct rounds_row drops = { .bench = "xdp", .what = "drops", .unit = "packets/round",
					    .name = receivers[i].name,
					    .goal = i == XDP ? "<= 0" : NULL };

		rounds_tell(rate, &figures[i].mpps, i == XDP || i == TAP ? &figures[TPACKET].mpps : NULL);
		rounds_tell(cost, &figures[i].cpu_ns, i == XDP ? &figures[HAND].cpu_ns : NULL);
		rounds_tell(drops, &figures[i].dropped, NULL);
	}
}

int main(int argc, char **argv)
{
	uint64_t packets = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
	unsigned int rounds = argc > 2 ? (unsigned int)atoi(argv[2]) : 5;
	unsigned int size = argc > 3 ? (unsigned int)atoi(argv[3]) : 64;
	struct figures figures[RECEIVERS] = { 0 };

	if (rounds < 1 || rounds > ROUNDS_MAX || flood_make_veth("tx0", DEVICE) < 0)
		die("xdp");
	flood_stay_on(1);
	for (unsigned int round = 0; round < rounds; round++)
		for (unsigned int i = 0; i < RECEIVERS; i++)
			run(&receivers[i], packets, size, &figures[i]);
	printf("%llu packets of %u bytes on veth, %u rounds in turn\n", (unsigned long long)packets,
	       size, rounds);
	report(figures);
	return checksum == 0;
}
