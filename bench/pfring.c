/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pfring.c - what the drop-in libpfring adds to a packet: pfring_recv() next to torc_ring_next()
 *
 * A child sends over a veth pair; the receiver looks at the same things in each packet: a byte, the
 * length, the time. The figure is the receiver's CPU time a packet, user and system,
 *
 *	live   while the packets come, waiting included
 *	ready  when all have come: no sender, no waiting, only the library
 *
 * Rounds of all ways in turn; medians, and ratios to torc_ring_next() of the same round.
 *
 *	pfring [PACKETS [ROUNDS [SIZE]]]      PACKETS have to fit the ring's 32 MiB
 */
#include <sched.h>

#include <torc/ring.h>

#include "flood.h"
#include "pfring.h"
#include "rounds.h"

#define DEVICE     "rx0"
#define IDLE_MS    1000 /* then nothing comes any more; a sender on a busy machine is late */
#define SETTLE_US  100000
#define BATCH      64
#define RECV_GOAL  "<= 1.15"
#define LONG_GOAL  "<= 1.3"

static uint64_t checksum;

static inline void look(const uint8_t *data, uint32_t len, uint64_t time_ns)
{
	checksum += data[12] + len + time_ns;
}

static void die(const char *what)
{
	fprintf(stderr, "pfring: %s: %s\n", what, strerrordesc_np(errno));
	exit(1);
}

/* ---- torc ---- */

static void *torc_open(u_int32_t flags)
{
	struct torc_ring_options options = { .size = sizeof(options), .snaplen = 1514,
					     .flags = flags };
	struct torc_ring *ring;

	if (torc_ring_open_with(&ring, DEVICE, &options, NULL) < 0 || torc_ring_enable(ring) < 0)
		die("torc_ring_open");
	torc_ring_set_poll_duration(ring, IDLE_MS);
	return ring;
}

static uint64_t torc_all(void *context, uint64_t most)
{
	struct torc_packet packet;
	uint64_t count = 0;

	for (; count < most && torc_ring_next(context, &packet) > 0; count++)
		look(packet.data, packet.len, packet.timestamp_ns);
	return count;
}

static void torc_end(void *context)
{
	torc_ring_close(context);
}

/* ---- pfring ---- */

static void *pf_open(u_int32_t flags)
{
	pfring *ring = pfring_open(DEVICE, 1514, flags);

	if (!ring || pfring_enable_ring(ring) != 0)
		die("pfring_open");
	return ring;
}

/* Nothing at hand: wait for more, but not for ever. */
static bool more(pfring *ring)
{
	return pfring_poll(ring, IDLE_MS) > 0;
}

static uint64_t pf_all(void *context, uint64_t most)
{
	struct pfring_pkthdr hdr;
	uint64_t count = 0;
	u_char *data;

	while (count < most) {
		if (pfring_recv(context, &data, 0, &hdr, 0) > 0) {
			look(data, hdr.len, hdr.extended_hdr.timestamp_ns);
			count++;
		} else if (!more(context)) {
			break;
		}
	}
	return count;
}

/* As a program that was compiled against PF_RING's own pfring.h, or Go: by the library's symbol. */
static uint64_t pf_symbol(void *context, uint64_t most)
{
	int (*volatile symbol)(pfring *, u_char **, u_int, struct pfring_pkthdr *, u_int8_t) =
		pfring_recv;
	struct pfring_pkthdr hdr;
	uint64_t count = 0;
	u_char *data;

	while (count < most) {
		if (symbol(context, &data, 0, &hdr, 0) > 0) {
			look(data, hdr.len, hdr.extended_hdr.timestamp_ns);
			count++;
		} else if (!more(context)) {
			break;
		}
	}
	return count;
}

/* As a program that hands the header on, of which all has to be filled in then. */
static __attribute__((noinline)) void handed_on(const struct pfring_pkthdr *hdr, const u_char *data)
{
	look(data, hdr->len, hdr->extended_hdr.timestamp_ns);
}

static uint64_t pf_whole(void *context, uint64_t most)
{
	void (*volatile hand_on)(const struct pfring_pkthdr *, const u_char *) = handed_on;
	struct pfring_pkthdr hdr;
	uint64_t count = 0;
	u_char *data;

	while (count < most) {
		if (pfring_recv(context, &data, 0, &hdr, 0) > 0) {
			hand_on(&hdr, data);
			count++;
		} else if (!more(context)) {
			break;
		}
	}
	return count;
}

static uint64_t pf_copy(void *context, uint64_t most)
{
	static u_char copy[1514];
	struct pfring_pkthdr hdr;
	u_char *data = copy;
	uint64_t count = 0;

	while (count < most) {
		if (pfring_recv(context, &data, sizeof(copy), &hdr, 0) > 0) {
			look(data, hdr.len, hdr.extended_hdr.timestamp_ns);
			count++;
		} else if (!more(context)) {
			break;
		}
	}
	return count;
}

static uint64_t pf_burst(void *context, uint64_t most)
{
	pfring_packet_info packets[BATCH];
	uint64_t total = 0;

	while (total < most) {
		int count = pfring_recv_burst(context, packets, BATCH, 0);

		for (int i = 0; i < count; i++)
			look(packets[i].data, packets[i].len, (uint64_t)packets[i].ts.tv_usec);
		if (count <= 0 && !more(context))
			break;
		total += (uint64_t)count;
	}
	return total;
}

static void pf_end(void *context)
{
	pfring_close(context);
}

/* ---- rounds ---- */

static const struct way {
	const char *name;
	void *(*open)(u_int32_t flags);
	u_int32_t flags;
	uint64_t (*all)(void *context, uint64_t most);
	void (*end)(void *context);
	int base;    /* which way its ratio is to; -1: none */
	const char *goal;
} ways[] = {
	{ "torc_ring_next", torc_open, 0, torc_all, torc_end, -1, NULL },
	{ "pfring_recv zero-copy", pf_open, 0, pf_all, pf_end, 0, RECV_GOAL },
	{ "the same, header handed on", pf_open, 0, pf_whole, pf_end, 0, NULL },
	{ "the same, by its symbol", pf_open, 0, pf_symbol, pf_end, 0, NULL },
	{ "symbol, no hash", pf_open, PF_RING_DO_NOT_PARSE, pf_symbol, pf_end, 0, NULL },
	{ "pfring_recv copy", pf_open, 0, pf_copy, pf_end, 0, NULL },
	{ "pfring_recv_burst", pf_open, 0, pf_burst, pf_end, 0, NULL },
	{ "torc_ring_next, parsed", torc_open, TORC_LONG_HEADER, torc_all, torc_end, -1, NULL },
	{ "pfring_recv, long header", pf_open, PF_RING_LONG_HEADER, pf_all, pf_end, 7, LONG_GOAL },
	{ "the same, handed on", pf_open, PF_RING_LONG_HEADER, pf_whole, pf_end, 7, NULL },
	{ "the same, by its symbol", pf_open, PF_RING_LONG_HEADER, pf_symbol, pf_end, 7, NULL },
};

#define WAYS (sizeof(ways) / sizeof(ways[0]))

/* CPU nanoseconds a packet. */
static double measure(const struct way *way, uint64_t packets, uint32_t size, bool live)
{
	void *context = way->open(way->flags);
	struct flood flood = { 0 };
	uint64_t received;
	double start, seconds;

	if (flood_start(&flood, "tx0", packets, size, 16, live ? 0 : -1) < 0)
		die("flood");
	if (!live) {
		flood_wait(&flood, &seconds);
		usleep(SETTLE_US); /* the last block is handed over */
	}
	start = rounds_cpu_ns();
	received = way->all(context, packets);
	start = rounds_cpu_ns() - start;
	if (live)
		flood_wait(&flood, &seconds);
	way->end(context);
	if (received < packets)
		fprintf(stderr, "pfring: %s: %llu of %llu packets\n", way->name,
			(unsigned long long)received, (unsigned long long)packets);
	return received > 0 ? start / (double)received : 0;
}

static void print(const struct way *way, const char *state, const struct rounds *cost)
{
	const struct rounds *own = &cost[way - ways];

	printf("%-6s %-26s %7.1f %7.1f %7.1f", state, way->name, rounds_share(own, 0),
	       rounds_median(own), rounds_share(own, 1));
	if (way->base >= 0)
		printf("  %.2f x %s", rounds_ratio(own, &cost[way->base]), ways[way->base].name);
	if (way->goal)
		printf(" (goal %s)", way->goal);
	printf("\n");
	rounds_tell((struct rounds_row){ .bench = "pfring", .what = state, .name = way->name,
					 .unit = "CPU ns/packet",
					 .peer = way->base >= 0 ? ways[way->base].name : NULL,
					 .goal = way->goal },
		    own, way->base >= 0 ? &cost[way->base] : NULL);
}

int main(int argc, char **argv)
{
	uint64_t packets = argc > 1 ? strtoull(argv[1], NULL, 10) : 100000;
	unsigned int count = argc > 2 ? (unsigned int)atoi(argv[2]) : 15;
	uint32_t size = argc > 3 ? (uint32_t)atoi(argv[3]) : 64;
	static struct rounds cost[2][WAYS];

	if (unshare(CLONE_NEWNET) < 0 || flood_make_veth("tx0", DEVICE) < 0)
		return 77;
	for (unsigned int round = 0; round < count; round++)
		for (unsigned int i = 0; i < 2 * WAYS; i++)
			rounds_add(&cost[i / WAYS][i % WAYS],
				   measure(&ways[i % WAYS], packets, size, i < WAYS));
	rounds_machine(stdout);
	printf("%llu packets of %u bytes on veth, %u rounds in turn; receiver's CPU ns a packet\n",
	       (unsigned long long)packets, size, count);
	printf("%-6s %-26s %7s %7s %7s  %s\n", "", "way", "least", "median", "most", "ratio");
	for (unsigned int i = 0; i < 2 * WAYS; i++)
		print(&ways[i % WAYS], i < WAYS ? "live" : "ready", cost[i / WAYS]);
	return checksum == 0;
}
