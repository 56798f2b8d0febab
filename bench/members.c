/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * members.c - two members of a cluster: in one process, in two, over AF_XDP and over TPACKET_V3
 *
 * A child floods one end of a veth pair from one CPU, on which the kernel also runs the receive
 * path; the members read on another. Figures: packets a second that came to both, and the CPU time of
 * their processes per packet. One ring alone is beside them, and so is the other way of sharing an AF_XDP
 * queue, by hand: a socket for each process and a program that chooses one by a hash of the flow.
 *
 *	members [PACKETS [ROUNDS [NAME]]]	NAME: only the ways with this in their name
 */
#include <linux/if_link.h>
#include <linux/if_xdp.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>
#include <time.h>

#include <torc/torc.h>

#include "bpf/bpf.h"
#include "bpf/code.h"
#include "flood.h"
#include "rounds.h"

#define DEVICE  "rx0"
#define FRAMES  16384u
#define BYTES   2048u
#define BATCH   64u
#define FLOWS   64
#define IDLE_MS 20
#define MEMBERS 2
#define NAP_US  1000 /* and DENSE: the ring's own for so many frames, src/ring/wait.c */
#define DENSE   256

/* In memory that all processes share; numbers are atomic where several write or wait. */
static struct board {
	unsigned int ready;
	bool stop;
	pthread_spinlock_t fill_lock;
	uint32_t filled;
	struct member {
		uint64_t received, dropped;
		double first, last, cpu_ns;
	} members[MEMBERS];
} *board;

static uint64_t checksum; /* so that no receiver can leave a packet alone */

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void note_packets(struct member *m, unsigned int count)
{
	if (count == 0)
		return;
	m->last = rounds_now();
	if (m->received == 0)
		m->first = m->last;
	__atomic_add_fetch(&m->received, count, __ATOMIC_RELAXED);
}

/* Of the whole process: a thread of the library may hand the packets out. */
static double cpu_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static bool stopped(void)
{
	return __atomic_load_n(&board->stop, __ATOMIC_ACQUIRE);
}

/* ---- rings ---- */

static struct torc_ring *ring_open(const char *device, bool member)
{
	struct torc_ring_options options = { .size = sizeof(options), .buffer_bytes = FRAMES * BYTES };
	struct torc_ring *ring;
	struct torc_error error;

	if (torc_ring_open_with(&ring, device, &options, &error) < 0) {
		fprintf(stderr, "members: %s\n", error.text);
		exit(77);
	}
	torc_ring_set_poll_duration(ring, IDLE_MS);
	if ((member && torc_ring_set_cluster(ring, 9, TORC_CLUSTER_PER_FLOW) < 0) ||
	    torc_ring_enable(ring) < 0) {
		fprintf(stderr, "members: %s\n", torc_ring_error(ring));
		exit(1);
	}
	return ring;
}

static void ring_read(struct torc_ring *ring, struct member *m)
{
	struct torc_packet packets[BATCH];
	double cpu = cpu_ns();
	struct torc_stats stats = { .size = sizeof(stats) };

	__atomic_add_fetch(&board->ready, 1, __ATOMIC_RELEASE);
	while (!stopped()) {
		int count = torc_ring_next_batch(ring, packets, BATCH);

		for (int i = 0; i < count; i++)
			checksum += packets[i].data[12] + packets[i].len;
		note_packets(m, count < 0 ? 0 : (unsigned int)count);
	}
	m->cpu_ns = cpu_ns() - cpu;
	torc_ring_stats(ring, &stats);
	m->dropped = stats.dropped;
	torc_ring_close(ring);
}

/* ---- by hand: a socket each, and the program spreads ---- */

struct hand {
	int fd;
	uint32_t *fill_producer, *rx_producer, *rx_consumer;
	uint64_t *fill;
	struct xdp_desc *rx;
};

static uint8_t *frames;
static struct hand hands[MEMBERS];
static int hand_map, hand_link;

/* R(reg) ^= R(reg) >> bits */
static void emit_xor_shift(struct torc_bpf_code *code, uint8_t reg, int bits)
{
	torc_bpf_emit(code, BPF_ALU32_REG(BPF_MOV, BPF_REG_5, reg));
	torc_bpf_emit(code, BPF_ALU32_IMM(BPF_RSH, BPF_REG_5, bits));
	torc_bpf_emit(code, BPF_ALU32_REG(BPF_XOR, reg, BPF_REG_5));
}

static void emit_multiply(struct torc_bpf_code *code, uint8_t reg, uint32_t factor)
{
	torc_bpf_emit(code, BPF_ALU32_IMM(BPF_MUL, reg, (int32_t)factor));
}

/* The hash of docs/clusters.md for UDP in IPv4 without options, which is all that is sent here. */
static void emit_hash(struct torc_bpf_code *code, unsigned int pass)
{
	enum { DATA = BPF_REG_2, END = BPF_REG_3, PORT = BPF_REG_5 };
	const struct {
		uint8_t reg;
		int address, port;
	} ends[2] = { { BPF_REG_0, 26, 34 }, { BPF_REG_4, 30, 36 } };

	torc_bpf_emit(code, BPF_LOAD(BPF_W, DATA, BPF_REG_1, 0));
	torc_bpf_emit(code, BPF_LOAD(BPF_W, END, BPF_REG_1, 4));
	torc_bpf_emit(code, BPF_MOV_REG(BPF_REG_0, DATA));
	torc_bpf_emit(code, BPF_ALU64_IMM(BPF_ADD, BPF_REG_0, 38));
	torc_bpf_jump(code, BPF_IF_REG(BPF_JGT, BPF_REG_0, END), pass);
	for (int i = 0; i < 2; i++) {
		torc_bpf_emit(code, BPF_LOAD(BPF_W, ends[i].reg, DATA, ends[i].address));
		torc_bpf_emit(code, BPF_BIG_ENDIAN(ends[i].reg, 32));
		torc_bpf_emit(code, BPF_LOAD(BPF_H, PORT, DATA, ends[i].port));
		torc_bpf_emit(code, BPF_BIG_ENDIAN(PORT, 16));
		emit_multiply(code, PORT, 0x85EBCA77);
		torc_bpf_emit(code, BPF_ALU32_REG(BPF_ADD, ends[i].reg, PORT));
		emit_multiply(code, ends[i].reg, 0xC2B2AE3D);
		emit_xor_shift(code, ends[i].reg, 15);
		emit_multiply(code, ends[i].reg, 0x27D4EB2F);
		emit_xor_shift(code, ends[i].reg, 13);
	}
	torc_bpf_emit(code, BPF_ALU32_REG(BPF_ADD, BPF_REG_0, BPF_REG_4));
	torc_bpf_emit(code, BPF_ALU32_IMM(BPF_ADD, BPF_REG_0, (int32_t)(17 * 0x165667B1u)));
	emit_xor_shift(code, BPF_REG_0, 16);
	emit_multiply(code, BPF_REG_0, 0x7FEB352D);
	emit_xor_shift(code, BPF_REG_0, 15);
	emit_multiply(code, BPF_REG_0, 0x846CA68B);
	emit_xor_shift(code, BPF_REG_0, 16);
	torc_bpf_emit(code, BPF_ALU32_IMM(BPF_RSH, BPF_REG_0, 31)); /* one of two */
}

static void hand_program(void)
{
	struct torc_bpf_code code = { 0 };
	unsigned int pass = torc_bpf_label(&code);
	int fd;

	hand_map = torc_bpf_map_create(BPF_MAP_TYPE_XSKMAP, 4, 4, MEMBERS, 0, "hand");
	emit_hash(&code, pass);
	torc_bpf_emit(&code, BPF_MOV_REG(BPF_REG_2, BPF_REG_0));
	torc_bpf_emit_wide(&code, BPF_REG_1, BPF_PSEUDO_MAP_FD, (uint32_t)hand_map);
	torc_bpf_emit(&code, BPF_MOV_IMM(BPF_REG_3, XDP_PASS));
	torc_bpf_emit(&code, BPF_CALL_HELPER(BPF_FUNC_redirect_map));
	torc_bpf_emit(&code, BPF_EXIT_INSN());
	torc_bpf_place(&code, pass);
	torc_bpf_emit(&code, BPF_MOV_IMM(BPF_REG_0, XDP_PASS));
	torc_bpf_emit(&code, BPF_EXIT_INSN());
	if (torc_bpf_finish(&code) < 0)
		die("program");
	fd = torc_bpf_program_load(&(struct torc_bpf_program){ .name = "hand",
							       .type = BPF_PROG_TYPE_XDP,
							       .attach_type = BPF_XDP,
							       .insns = code.insns,
							       .count = code.count },
				   NULL);
	torc_bpf_code_free(&code);
	hand_link = torc_bpf_link_create(fd, (int)if_nametoindex(DEVICE), BPF_XDP,
					 XDP_FLAGS_DRV_MODE);
	if (hand_link < 0)
		die("link");
	close(fd);
}

static uint8_t *hand_ring(int fd, int option, size_t bytes, uint64_t page)
{
	uint32_t size = FRAMES;
	void *map;

	if (setsockopt(fd, SOL_XDP, option, &size, sizeof(size)) < 0)
		die("ring");
	map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, (off_t)page);
	if (map == MAP_FAILED)
		die("ring");
	return map;
}

static void hand_socket(struct hand *hand, bool first)
{
	struct xdp_umem_reg memory = { .len = (uint64_t)FRAMES * BYTES, .chunk_size = BYTES,
				       .addr = (uintptr_t)frames };
	struct xdp_mmap_offsets at;
	socklen_t length = sizeof(at);
	uint32_t completions = 2;
	uint8_t *map;

	hand->fd = socket(AF_XDP, SOCK_RAW, 0);
	if (first && (setsockopt(hand->fd, SOL_XDP, XDP_UMEM_REG, &memory, sizeof(memory)) < 0 ||
		      setsockopt(hand->fd, SOL_XDP, XDP_UMEM_COMPLETION_RING, &completions, 4) < 0))
		die("memory");
	if (getsockopt(hand->fd, SOL_XDP, XDP_MMAP_OFFSETS, &at, &length) < 0)
		die("offsets");
	map = hand_ring(hand->fd, XDP_RX_RING, at.rx.desc + FRAMES * sizeof(struct xdp_desc),
			XDP_PGOFF_RX_RING);
	hand->rx_producer = (void *)(map + at.rx.producer);
	hand->rx_consumer = (void *)(map + at.rx.consumer);
	hand->rx = (void *)(map + at.rx.desc);
	hand->fill_producer = hands[0].fill_producer;
	hand->fill = hands[0].fill;
	if (!first)
		return;
	map = hand_ring(hand->fd, XDP_UMEM_FILL_RING, at.fr.desc + FRAMES * sizeof(uint64_t),
			XDP_UMEM_PGOFF_FILL_RING);
	hand->fill_producer = (void *)(map + at.fr.producer);
	hand->fill = (void *)(map + at.fr.desc);
	for (uint32_t i = 0; i < FRAMES; i++)
		hand->fill[i] = (uint64_t)i * BYTES;
	board->filled = FRAMES;
	__atomic_store_n(hand->fill_producer, FRAMES, __ATOMIC_RELEASE);
}

static void hand_open(void)
{
	struct sockaddr_xdp address = { .sxdp_family = AF_XDP,
					.sxdp_ifindex = if_nametoindex(DEVICE) };

	hand_program();
	frames = mmap(NULL, (size_t)FRAMES * BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	for (uint32_t i = 0; i < MEMBERS; i++) {
		hand_socket(&hands[i], i == 0);
		/* the receiver before gave the queue up just now; the kernel takes a moment */
		for (int k = 0; bind(hands[i].fd, (void *)&address, sizeof(address)) < 0; k++)
			if (k == 100 || usleep(10000) < 0)
				die("bind");
		address.sxdp_flags = XDP_SHARED_UMEM;
		address.sxdp_shared_umem_fd = (uint32_t)hands[0].fd;
		if (torc_bpf_map_update(hand_map, &i, &hands[i].fd) < 0)
			die("map");
	}
}

static unsigned int hand_take(struct hand *hand, uint32_t taken)
{
	uint32_t count = __atomic_load_n(hand->rx_producer, __ATOMIC_ACQUIRE) - taken;

	count = count > BATCH ? BATCH : count;
	for (uint32_t i = 0; i < count; i++) {
		const struct xdp_desc *desc = &hand->rx[(taken + i) % FRAMES];

		checksum += frames[desc->addr + 12] + desc->len;
	}
	if (count == 0)
		return 0;
	pthread_spin_lock(&board->fill_lock);
	for (uint32_t i = 0; i < count; i++)
		hand->fill[(board->filled + i) % FRAMES] = hand->rx[(taken + i) % FRAMES].addr;
	board->filled += count;
	__atomic_store_n(hand->fill_producer, board->filled, __ATOMIC_RELEASE);
	pthread_spin_unlock(&board->fill_lock);
	__atomic_store_n(hand->rx_consumer, taken + count, __ATOMIC_RELEASE);
	return count;
}

/* naps: when packets come densely it sleeps before it polls, as rings do. */
static void hand_read(struct hand *hand, struct member *m, bool naps)
{
	struct xdp_statistics statistics = { 0 };
	socklen_t length = sizeof(statistics);
	double cpu = cpu_ns();
	uint32_t taken = 0, at_wait = 0;

	__atomic_add_fetch(&board->ready, 1, __ATOMIC_RELEASE);
	while (!stopped()) {
		struct pollfd wait = { .fd = hand->fd, .events = POLLIN };
		uint32_t count = hand_take(hand, taken);

		taken += count;
		note_packets(m, count);
		if (count > 0)
			continue;
		if (naps && taken - at_wait >= DENSE)
			usleep(NAP_US);
		else
			poll(&wait, 1, IDLE_MS);
		at_wait = taken;
	}
	m->cpu_ns = cpu_ns() - cpu;
	getsockopt(hand->fd, SOL_XDP, XDP_STATISTICS, &statistics, &length);
	m->dropped = statistics.rx_dropped + statistics.rx_ring_full;
}

/* ---- ways ---- */

static const struct way {
	const char *name;
	const char *device; /* NULL: by hand */
	unsigned int processes, threads;
	bool naps; /* by hand */
} ways[] = {
	{ "xdp: one ring", "xdp:" DEVICE, 1, 1, false },
	{ "xdp: 2 rings", "xdp:" DEVICE, 1, 2, false },
	{ "xdp: 2 processes", "xdp:" DEVICE, 2, 1, false },
	{ "by hand, program spreads", NULL, 2, 1, false },
	{ "the same, with naps", NULL, 2, 1, true },
	{ "fanout, 2 rings", DEVICE, 1, 2, false },
	{ "fanout, 2 processes", DEVICE, 2, 1, false },
};

enum { ALONE, XDP_RINGS, XDP_PROCESSES, BY_HAND, HAND_NAPS, FANOUT_RINGS, FANOUT_PROCESSES, WAYS };

struct figures {
	struct rounds mpps, cpu_ns, dropped;
};

struct job {
	const struct way *way;
	unsigned int index;
};

static void *member_main(void *argument)
{
	const struct job *job = argument;
	bool member = job->way->processes * job->way->threads > 1;

	if (job->way->device)
		ring_read(ring_open(job->way->device, member), &board->members[job->index]);
	else
		hand_read(&hands[job->index], &board->members[job->index], job->way->naps);
	return NULL;
}

static void process_main(const struct way *way, unsigned int process)
{
	struct job jobs[MEMBERS];
	pthread_t threads[MEMBERS];

	pid_t second = -1;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!way->device) { /* mappings keep sockets: they go with the processes */
		hand_open();
		second = fork();
		process = second == 0;
	}
	for (unsigned int i = 0; i < way->threads; i++) {
		jobs[i] = (struct job){ way, process + i };
		if (pthread_create(&threads[i], NULL, member_main, &jobs[i]) != 0)
			die("thread");
	}
	for (unsigned int i = 0; i < way->threads; i++)
		pthread_join(threads[i], NULL);
	if (second > 0)
		waitpid(second, NULL, 0);
	_exit(0);
}

static uint64_t received(void)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < MEMBERS; i++)
		sum += __atomic_load_n(&board->members[i].received, __ATOMIC_RELAXED);
	return sum;
}

static void until_quiet(void)
{
	uint64_t last = 0;

	do {
		last = received();
		usleep(100000);
	} while (received() != last);
}

static void tell(const struct way *way, struct figures *figures)
{
	double first = 0, last = 0, cpu = 0;
	uint64_t dropped = 0, all = received();

	for (unsigned int i = 0; i < way->processes * way->threads; i++) {
		const struct member *m = &board->members[i];

		first = i == 0 || (m->received && m->first < first) ? m->first : first;
		last = m->last > last ? m->last : last;
		cpu += m->cpu_ns / way->threads; /* each has counted its process */
		dropped += m->dropped;
	}
	rounds_add(&figures->dropped, (double)dropped);
	if (all == 0 || last <= first)
		return;
	rounds_add(&figures->mpps, (double)all / (last - first) / 1e6);
	rounds_add(&figures->cpu_ns, cpu / (double)all);
}

static void run(const struct way *way, uint64_t packets, struct figures *figures)
{
	struct flood flood = { 0 };
	unsigned int processes = way->device ? way->processes : 1;
	pid_t pids[MEMBERS];
	double seconds;
	int status;

	memset(board->members, 0, sizeof(board->members));
	board->ready = 0;
	board->stop = false;
	for (unsigned int i = 0; i < processes; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			process_main(way, i);
	}
	while (__atomic_load_n(&board->ready, __ATOMIC_ACQUIRE) < way->processes * way->threads) {
		usleep(1000);
		if (waitpid(-1, &status, WNOHANG) > 0)
			exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
	}
	if (flood_start(&flood, "tx0", packets, 64, FLOWS, 0) < 0)
		die("flood");
	flood_wait(&flood, &seconds);
	until_quiet();
	__atomic_store_n(&board->stop, true, __ATOMIC_RELEASE);
	for (unsigned int i = 0; i < processes; i++)
		waitpid(pids[i], NULL, 0);
	tell(way, figures);
}

static void report(const struct figures *figures)
{
	printf("%-26s %8s %8s %8s %12s %12s\n", "members", "Mpps", "least", "most", "CPU ns/pkt",
	       "drops/round");
	for (unsigned int i = 0; i < WAYS; i++) {
		struct rounds_row rate = { .bench = "members", .what = "rate", .unit = "million/s",
					   .name = ways[i].name, .peer = "fanout, 2 processes" };
		struct rounds_row cost = { .bench = "members", .what = "cost", .unit = "CPU ns/packet",
					   .name = ways[i].name };

		printf("%-26s %8.2f %8.2f %8.2f %12.1f %12.0f\n", ways[i].name,
		       rounds_median(&figures[i].mpps), rounds_share(&figures[i].mpps, 0),
		       rounds_share(&figures[i].mpps, 1), rounds_median(&figures[i].cpu_ns),
		       rounds_median(&figures[i].dropped));
		rounds_tell(rate, &figures[i].mpps,
			    i == XDP_PROCESSES ? &figures[FANOUT_PROCESSES].mpps : NULL);
		rounds_tell(cost, &figures[i].cpu_ns, NULL);
	}
	printf("xdp: 2 processes to fanout, 2 processes, packets a second: %.2f\n",
	       rounds_ratio(&figures[XDP_PROCESSES].mpps, &figures[FANOUT_PROCESSES].mpps));
	printf("xdp: 2 processes to 2 rings, packets a second: %.2f\n",
	       rounds_ratio(&figures[XDP_PROCESSES].mpps, &figures[XDP_RINGS].mpps));
	printf("xdp: 2 processes to one ring, packets a second: %.2f (goal >= 0.9)\n",
	       rounds_ratio(&figures[XDP_PROCESSES].mpps, &figures[ALONE].mpps));
	for (unsigned int i = BY_HAND; i <= HAND_NAPS; i++)
		printf("xdp: 2 processes to by hand%s, packets a second: %.2f, CPU a packet: %.2f "
		       "(goal <= 1.2)\n", ways[i].naps ? " with naps" : "",
		       rounds_ratio(&figures[XDP_PROCESSES].mpps, &figures[i].mpps),
		       rounds_ratio(&figures[XDP_PROCESSES].cpu_ns, &figures[i].cpu_ns));
}

int main(int argc, char **argv)
{
	uint64_t packets = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
	unsigned int rounds = argc > 2 ? (unsigned int)atoi(argv[2]) : 5;
	const char *only = argc > 3 ? argv[3] : NULL;
	static struct figures figures[WAYS];
	cpu_set_t receiver_cpu;

	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (board == MAP_FAILED || rounds < 1 || rounds > ROUNDS_MAX ||
	    flood_make_veth("tx0", DEVICE) < 0)
		die("members");
	pthread_spin_init(&board->fill_lock, PTHREAD_PROCESS_SHARED);
	CPU_ZERO(&receiver_cpu);
	CPU_SET(1, &receiver_cpu);
	sched_setaffinity(0, sizeof(receiver_cpu), &receiver_cpu); /* with one CPU: stays there */
	for (unsigned int round = 0; round < rounds; round++)
		for (unsigned int i = 0; i < WAYS; i++) {
			if (!only || strstr(ways[i].name, only))
				run(&ways[i], packets, &figures[i]);
		}
	printf("%llu packets of 64 bytes in %d flows on veth, %u rounds in turn\n",
	       (unsigned long long)packets, FLOWS, rounds);
	report(figures);
	return checksum == 1;
}
