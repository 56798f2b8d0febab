/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * workers.h - processes with a ring each in one cluster, and the packets each of them got
 *
 * The test process sends numbered packets of known flows (flowgen.h) through a veth pair; every
 * worker notes each number it sees in memory shared with the test, which then looks at every packet:
 * how often it came, and whether to the member that has its bucket. Which member has a bucket is
 * learned from the first packet of it; the test knows by the reference which packets are of the
 * same bucket.
 */
#ifndef TORC_TESTS_WORKERS_H
#define TORC_TESTS_WORKERS_H

#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/capability.h>

#include <torc/cluster.h>

#include "flowgen.h"
#include "net.h"

#define WORKERS   8
#define PACKETS   400000u
#define BUCKETS   1024u
#define NOBODY    (-1)
#define MANY      (-2)

enum order { ORDER_NONE, ORDER_ENABLE, ORDER_DISABLE, ORDER_JOIN, ORDER_LEAVE, ORDER_QUIT,
	     ORDER_SLEEP };

struct worker {
	pid_t pid;
	char device[64];
	unsigned int id;
	enum torc_cluster_type type;
	uint32_t options;
	uint64_t buffer_bytes;
	int order;  /* written by the test, ORDER_NONE once done; atomic */
	int result; /* of the order */
	char error[512];
	uint64_t received; /* numbered packets; atomic */
	struct torc_stats stats;
};

struct board {
	struct worker workers[WORKERS];
	uint8_t got[WORKERS][PACKETS];
};

static struct board *board;
static struct flow *flow_of; /* of each number */
static uint32_t next_number;
static int owner_of[BUCKETS];
static struct flow_key workers_key = { .ports = true, .protocol = true, .vlan = true };

/* ---- the worker's side ---- */

static inline void worker_note(struct worker *w, const struct torc_packet *packet)
{
	const uint8_t *end = packet->data + packet->caplen;
	uint32_t number;

	if (packet->caplen < 8 || memcmp(end - 8, "TSEQ", 4) != 0)
		return;
	memcpy(&number, end - 4, 4);
	if (number < PACKETS && board->got[w - board->workers][number] < 255)
		board->got[w - board->workers][number]++;
	__atomic_add_fetch(&w->received, 1, __ATOMIC_RELEASE);
}

static inline int worker_obey(struct worker *w, struct torc_ring *ring, int order)
{
	switch (order) {
	case ORDER_ENABLE:
		return torc_ring_enable(ring);
	case ORDER_DISABLE:
		return torc_ring_disable(ring);
	case ORDER_JOIN:
		return torc_ring_set_cluster_with(ring, w->id, w->type, w->options);
	case ORDER_LEAVE:
		return torc_ring_leave_cluster(ring);
	default:
		return 0;
	}
}

static inline void worker_loop(struct worker *w, struct torc_ring *ring)
{
	bool quit = false;

	torc_ring_set_poll_duration(ring, 2);
	while (!quit) {
		int order = __atomic_load_n(&w->order, __ATOMIC_ACQUIRE);
		struct torc_packet packet;
		struct torc_stats stats = { .size = sizeof(stats) };

		if (order == ORDER_SLEEP) {
			usleep(1000);
			continue;
		}
		if (order != ORDER_NONE) {
			w->result = worker_obey(w, ring, order);
			snprintf(w->error, sizeof(w->error), "%s", torc_ring_error(ring));
			torc_ring_stats(ring, &w->stats);
			quit = order == ORDER_QUIT;
			if (quit)
				torc_ring_close(ring);
			__atomic_store_n(&w->order, ORDER_NONE, __ATOMIC_RELEASE);
			continue;
		}
		for (int i = 0; i < 200 && torc_ring_next(ring, &packet) == 1; i++)
			worker_note(w, &packet);
		torc_ring_stats(ring, &stats);
		w->stats = stats; /* the test may be looking */
		if (w->stats.kernel_seen == 0)
			usleep(500); /* a ring that is disabled does not wait */
	}
}

static inline void worker_main(struct worker *w)
{
	struct torc_ring_options options = { .size = sizeof(options),
					     .buffer_bytes = w->buffer_bytes };
	struct torc_error error = { .text = "" };
	struct torc_ring *ring;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	w->result = torc_ring_open_with(&ring, w->device, &options, &error);
	if (w->result == 0) {
		w->result = torc_ring_set_cluster_with(ring, w->id, w->type, w->options);
		if (w->result == 0)
			w->result = torc_ring_enable(ring);
		snprintf(error.text, sizeof(error.text), "%s", torc_ring_error(ring));
	}
	snprintf(w->error, sizeof(w->error), "%s", error.text);
	__atomic_store_n(&w->order, ORDER_NONE, __ATOMIC_RELEASE);
	if (w->result == 0)
		worker_loop(w, ring);
	_exit(0);
}

/* ---- the test's side ---- */

static inline void workers_init(void)
{
	board = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	flow_of = calloc(PACKETS, sizeof(*flow_of));
	if (board == MAP_FAILED || !flow_of)
		skip_all("no memory");
}

/* Forget the packets so far; the workers are to be quiet. */
static inline void workers_reset(void)
{
	memset(board->got, 0, sizeof(board->got));
	next_number = 0;
	for (unsigned int b = 0; b < BUCKETS; b++)
		owner_of[b] = NOBODY;
}

static inline bool wait_order(struct worker *w)
{
	for (int i = 0; i < 10000; i++) {
		if (__atomic_load_n(&w->order, __ATOMIC_ACQUIRE) == ORDER_NONE)
			return true;
		usleep(1000);
	}
	return false;
}

/* Start a process; its result is that of joining and enabling. */
static inline int worker_start(unsigned int index)
{
	struct worker *w = &board->workers[index];
	pid_t pid;

	w->order = ORDER_ENABLE;
	w->received = 0;
	w->stats = (struct torc_stats){ .size = sizeof(w->stats) };
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		worker_main(w);
	w->pid = pid;
	if (!wait_order(w))
		return -ETIMEDOUT;
	if (w->result < 0) {
		waitpid(w->pid, NULL, 0);
		w->pid = 0;
	}
	return w->result;
}

static inline struct worker *worker_setup(unsigned int index, const char *device, unsigned int id,
				   enum torc_cluster_type type, uint32_t options)
{
	const char *engine = getenv("NET_ENGINE"); /* see net_ring_with() */
	struct worker *w = &board->workers[index];

	memset(w, 0, sizeof(*w));
	snprintf(w->device, sizeof(w->device), "%s%s", engine ? engine : "", device);
	w->id = id;
	w->type = type;
	w->options = options;
	w->buffer_bytes = engine ? 64 << 20 : 8 << 20; /* xdp: frames of 2 KiB, shared by all */
	return w;
}

static inline int worker_order(unsigned int index, int order)
{
	struct worker *w = &board->workers[index];

	__atomic_store_n(&w->order, order, __ATOMIC_RELEASE);
	return wait_order(w) ? w->result : -ETIMEDOUT;
}

static inline void worker_kill(unsigned int index)
{
	if (board->workers[index].pid <= 0)
		return;
	kill(board->workers[index].pid, SIGKILL);
	waitpid(board->workers[index].pid, NULL, 0);
	board->workers[index].pid = 0;
}

static inline void worker_quit(unsigned int index)
{
	if (board->workers[index].pid == 0)
		return;
	worker_order(index, ORDER_QUIT);
	waitpid(board->workers[index].pid, NULL, 0);
	board->workers[index].pid = 0;
}

static inline void workers_quit(void)
{
	for (unsigned int i = 0; i < WORKERS; i++) {
		worker_quit(i);
		board->workers[i].received = 0;
	}
}

static inline uint64_t workers_received(void)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < WORKERS; i++)
		sum += __atomic_load_n(&board->workers[i].received, __ATOMIC_ACQUIRE);
	return sum;
}

/*
 * Until the workers have no more to note: nothing came for a while, or all did. On xdp: a worker
 * that looks at its account waits for the kernel's rtnl lock, which others may hold.
 */
static inline void workers_settle(uint64_t expected)
{
	uint64_t last = workers_received();
	int quiet = 0, enough = 500;

	while (quiet < enough) {
		uint64_t now;

		usleep(2000);
		now = workers_received();
		quiet = now == last ? quiet + 1 : 0;
		if (now >= expected && quiet > 10)
			return;
		last = now;
	}
}

/* Until the cluster has that many enabled members, and no more; false: it took half a minute. */
static inline bool wait_members(unsigned int id, unsigned int wanted)
{
	for (int i = 0; i < 3000; i++) {
		struct torc_cluster_info **clusters;
		unsigned int count, enabled = 0;

		if (torc_clusters_read(&clusters, &count) == 0) {
			for (unsigned int c = 0; c < count; c++) {
				for (unsigned int m = 0; m < clusters[c]->member_count; m++)
					enabled += clusters[c]->id == id &&
						   clusters[c]->members[m]->enabled;
			}
			torc_clusters_free(clusters, count);
		}
		if (enabled == wanted)
			return true;
		usleep(10000);
	}
	return false;
}

/* ---- flows and packets ---- */

static uint32_t random_state = 1;

static inline uint32_t any_number(void)
{
	random_state = random_state * 1664525u + 1013904223u;
	return random_state >> 8 | random_state << 24;
}

static inline struct flow any_flow(void)
{
	static const uint8_t protocols[] = { 6, 17, 132, 1 };
	struct flow flow = {
		.v6 = any_number() % 3 == 0,
		.source_port = (uint16_t)any_number(),
		.destination_port = (uint16_t)any_number(),
		.protocol = protocols[any_number() % 4],
		.mac_source = 0x0a,
		.mac_destination = 0x0b,
		.tags = any_number() % 3,
		.tag = { any_number() & 0xFFF, any_number() & 0xFFF },
		.options = any_number() % 3 == 0 ? any_number() % 5 : 0,
		.id = any_number() & 0xFFFF,
		.payload = 16 + any_number() % 100,
	};

	for (int i = 0; i < 4; i++) {
		flow.source[i] = any_number();
		flow.destination[i] = any_number();
	}
	return flow;
}

/* Send one packet of a flow; its number, or PACKETS when there are no more numbers. */
static inline uint32_t send_numbered(int fd, const struct flow *flow)
{
	struct frame frame;

	if (next_number >= PACKETS)
		return PACKETS;
	flow_frame(&frame, flow);
	memcpy(frame.bytes + frame.length - 8, "TSEQ", 4);
	memcpy(frame.bytes + frame.length - 4, &next_number, 4);
	flow_of[next_number] = *flow;
	if (!net_send(fd, frame.bytes, frame.length))
		return PACKETS;
	return next_number++;
}

/* count packets of random flows of a set, in both directions. */
static inline void send_flows(int fd, const struct flow *flows, unsigned int flow_count,
		       unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		struct flow flow = flows[any_number() % flow_count];

		if (any_number() % 2)
			flow = flow_reverse(flow);
		send_numbered(fd, &flow);
	}
}

static inline unsigned int bucket_of(uint32_t number)
{
	return reference_hash(&flow_of[number], workers_key) >> 22;
}

/* Who got it: a worker, NOBODY, or MANY. */
static inline int receiver_of(uint32_t number)
{
	int found = NOBODY;

	for (int i = 0; i < WORKERS; i++) {
		if (board->got[i][number] > 1 || (board->got[i][number] && found != NOBODY))
			return MANY;
		if (board->got[i][number])
			found = i;
	}
	return found;
}

struct verdict {
	unsigned int lost, twice, strayed; /* strayed: not where the others of its bucket went */
	unsigned int lost_of[WORKERS];     /* by the owner of the bucket, as far as known */
};

/* Every packet from first to last (excluded); learns who owns a bucket nobody had before. */
static inline struct verdict judge(uint32_t first, uint32_t last)
{
	struct verdict v = { .lost = 0 };

	for (uint32_t n = first; n < last; n++) {
		unsigned int bucket = bucket_of(n);
		int who = receiver_of(n);

		if (who == NOBODY) {
			v.lost++;
			if (owner_of[bucket] >= 0)
				v.lost_of[owner_of[bucket]]++;
		} else if (who == MANY) {
			v.twice++;
		} else if (owner_of[bucket] == NOBODY) {
			owner_of[bucket] = who;
		} else {
			v.strayed += owner_of[bucket] != who;
		}
	}
	return v;
}

/* ---- privileges ---- */

/* Give up what eBPF needs, for good: CAP_BPF, CAP_PERFMON, CAP_SYS_ADMIN. False: not possible. */
static inline bool drop_bpf(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	const unsigned int drop[] = { CAP_SYS_ADMIN, 38, 39 };

	if (syscall(SYS_capget, &header, data) < 0)
		return false;
	for (unsigned int i = 0; i < 3; i++) {
		data[drop[i] / 32].effective &= ~(1u << drop[i] % 32);
		data[drop[i] / 32].permitted &= ~(1u << drop[i] % 32);
		data[drop[i] / 32].inheritable &= ~(1u << drop[i] % 32);
	}
	return syscall(SYS_capset, &header, data) == 0;
}

#endif
