/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * capture.c - what a packet costs the receiver, next to a bare TPACKET_V3 walk, libpcap, Go
 *
 * A child floods one end of a veth pair; the receiver looks at the same things in each packet (a byte,
 * the length, the time). The figure is the receiver's CPU time per packet, user and system,
 *
 *	live   while the packets come, from another processor: waiting and waking included
 *	ready  when all of them have come: no sender, no waiting, only what reads the ring. They are
 *	       fewer, since they have to fit it
 *
 * Rounds of all receivers in turn; medians, and ratios to the walk and to libpcap of the same round.
 *
 *	capture [PACKETS [ROUNDS [SIZE]]]
 */
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pcap/pcap.h>
#include <poll.h>
#include <sys/mman.h>

#include <torc/torc.h>

#include "flood.h"
#include "pcap_wake.h"
#include "rounds.h"

#define DEVICE      "rx0"
#define BLOCK_BYTES (128u << 10)
#define BLOCK_COUNT 256u
#define BATCH       64
#define IDLE_MS     200
#define SETTLE_US   100000 /* the last block is handed over */
#define READY       100000 /* packets; those of up to 150 bytes fit the ring */

struct result {
	uint64_t packets;
	double cpu_ns;
};

/* What every receiver computes, so that none can leave the packet alone. */
static uint64_t checksum;

static inline void look(const uint8_t *data, uint32_t len, uint64_t time_ns)
{
	checksum += data[12] + len + time_ns;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* ---- the walk: what one writes by hand against linux/if_packet.h ---- */

struct walk {
	int fd;
	uint8_t *map;
	unsigned int block;
};

static void *walk_open(void)
{
	static struct walk walk;
	int version = TPACKET_V3;
	struct tpacket_req3 request = { .tp_block_size = BLOCK_BYTES,
					.tp_block_nr = BLOCK_COUNT,
					.tp_frame_size = 2048,
					.tp_frame_nr = BLOCK_BYTES / 2048 * BLOCK_COUNT,
					.tp_retire_blk_tov = 2 };
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_protocol = htons(ETH_P_ALL),
				       .sll_ifindex = (int)if_nametoindex(DEVICE) };

	walk.block = 0;
	walk.fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (walk.fd < 0 ||
	    setsockopt(walk.fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) < 0 ||
	    setsockopt(walk.fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)) < 0)
		die("walk");
	walk.map = mmap(NULL, (size_t)BLOCK_BYTES * BLOCK_COUNT, PROT_READ | PROT_WRITE, MAP_SHARED,
			walk.fd, 0);
	if (walk.map == MAP_FAILED || bind(walk.fd, (void *)&address, sizeof(address)) < 0)
		die("walk");
	return &walk;
}

static unsigned int walk_some(void *context)
{
	struct walk *walk = context;
	struct tpacket_block_desc *block = (void *)(walk->map + (size_t)walk->block * BLOCK_BYTES);
	struct pollfd wait = { .fd = walk->fd, .events = POLLIN };
	struct tpacket3_hdr *packet;
	unsigned int count;

	if (!(__atomic_load_n(&block->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER)) {
		poll(&wait, 1, IDLE_MS);
		return 0;
	}
	count = block->hdr.bh1.num_pkts;
	packet = (void *)((uint8_t *)block + block->hdr.bh1.offset_to_first_pkt);
	for (unsigned int i = 0; i < count; i++) {
		look((uint8_t *)packet + packet->tp_mac, packet->tp_len,
		     packet->tp_sec * 1000000000ull + packet->tp_nsec);
		packet = (void *)((uint8_t *)packet + packet->tp_next_offset);
	}
	__atomic_store_n(&block->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	walk->block = (walk->block + 1) % BLOCK_COUNT;
	return count;
}

static void walk_close(void *context)
{
	struct walk *walk = context;

	munmap(walk->map, (size_t)BLOCK_BYTES * BLOCK_COUNT);
	close(walk->fd);
}

/* ---- the ring ---- */

static struct torc_ring *ring_on(const char *device, uint64_t block_bytes)
{
	struct torc_ring_options options = { .size = sizeof(options), .block_bytes = block_bytes };
	struct torc_ring *ring;
	struct torc_error error;

	if (block_bytes)
		options.buffer_bytes = (uint64_t)BLOCK_BYTES * BLOCK_COUNT;
	if (torc_ring_open_with(&ring, device, &options, &error) < 0) {
		fprintf(stderr, "%s\n", error.text);
		return NULL;
	}
	torc_ring_set_poll_duration(ring, IDLE_MS);
	if (torc_ring_enable(ring) < 0) {
		fprintf(stderr, "%s\n", torc_ring_error(ring));
		torc_ring_close(ring);
		return NULL;
	}
	return ring;
}

static void *ring_open(void)
{
	return ring_on(DEVICE, BLOCK_BYTES);
}

/* buffer and blocks as a user gets them who asks for nothing */
static void *default_open(void)
{
	return ring_on(DEVICE, 0);
}

/* needs CAP_BPF and CAP_NET_ADMIN */
static void *xdp_open(void)
{
	return ring_on("xdp:" DEVICE, 0);
}

static unsigned int batch_some(void *context)
{
	struct torc_packet packets[BATCH];
	int count = torc_ring_next_batch(context, packets, BATCH);

	for (int i = 0; i < count; i++)
		look(packets[i].data, packets[i].len, packets[i].timestamp_ns);
	return count < 0 ? 0 : (unsigned int)count;
}

static unsigned int next_some(void *context)
{
	struct torc_packet packet;
	unsigned int count = 0;

	while (count < BATCH && torc_ring_next(context, &packet) > 0) {
		look(packet.data, packet.len, packet.timestamp_ns);
		count++;
	}
	return count;
}

static void ring_close(void *context)
{
	struct torc_stats stats = { .size = sizeof(stats) };

	torc_ring_disable(context);
	torc_ring_stats(context, &stats);
	if (!stats.balanced)
		fprintf(stderr, "the account does not balance\n");
	torc_ring_close(context);
}

/* ---- libpcap ---- */

static void *libpcap_open(void)
{
	char reason[PCAP_ERRBUF_SIZE];
	pcap_t *handle = pcap_create(DEVICE, reason);

	if (!handle)
		die(reason);
	pcap_set_snaplen(handle, 65535);
	pcap_set_buffer_size(handle, (int)(BLOCK_BYTES * BLOCK_COUNT));
	pcap_set_timeout(handle, 2);
	pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO);
	if (pcap_activate(handle) < 0)
		die(pcap_geterr(handle));
	pcap_wake(handle);
	return handle;
}

static void pcap_look(u_char *count, const struct pcap_pkthdr *header, const u_char *data)
{
	(*(unsigned int *)(void *)count)++;
	look(data, header->len,
	     (uint64_t)header->ts.tv_sec * 1000000000u + (uint64_t)header->ts.tv_usec);
}

static unsigned int libpcap_some(void *context)
{
	unsigned int count = 0;

	pcap_dispatch(context, -1, pcap_look, (u_char *)&count);
	return count;
}

static void libpcap_close(void *context)
{
	pcap_wake(NULL);
	pcap_close(context);
}

/* ---- gopacket's afpacket, in a process of its own ---- */

static char go_program[256];

/* Without go, a C compiler or the package, the table goes without it. */
static bool go_build(void)
{
	char command[700];

	snprintf(go_program, sizeof(go_program), "%s/bench/gopacket-receive",
		 getenv("B") ? getenv("B") : "build");
	snprintf(command, sizeof(command),
		 "GOPATH=${GOPATH:-/usr/share/gocode} GO111MODULE=off "
		 "go build -o %s bench/gopacket/receive/main.go 2>/dev/null", go_program);
	return system(command) == 0;
}

static bool go_run(uint64_t packets, unsigned int size, struct result *result, uint64_t *sent)
{
	struct flood flood = { 0 };
	char command[400], ready[16];
	unsigned long long count, sum;
	double seconds;
	FILE *child;

	snprintf(command, sizeof(command), "exec %s " DEVICE " %llu", go_program,
		 (unsigned long long)packets);
	child = popen(command, "re");
	if (!child || fscanf(child, "%15s", ready) != 1 ||
	    flood_start(&flood, "tx0", packets, size, 16, 0) < 0)
		die("gopacket");
	*sent = flood_wait(&flood, &seconds);
	if (fscanf(child, "%llu %lf %llu", &count, &result->cpu_ns, &sum) != 3)
		die("gopacket");
	pclose(child);
	result->packets = count;
	return true;
}

/* ---- rounds ---- */

static const struct receiver {
	const char *name;
	void *(*open)(void); /* the Go program has none */
	unsigned int (*some)(void *context);
	void (*close)(void *context);
	const char *goal; /* for the ratio to the walk */
	const char *pcap_goal; /* for the ratio to libpcap */
} receivers[] = {
	{ "walk (TPACKET_V3 by hand)", walk_open, walk_some, walk_close, NULL, NULL },
	{ "torc_ring_next_batch", ring_open, batch_some, ring_close, "<= 1.15", "<= 0.75" },
	{ "torc_ring_next", ring_open, next_some, ring_close, "<= 1.3", "<= 0.9" },
	{ "torc_ring_next, default", default_open, next_some, ring_close, NULL, NULL },
	{ "torc_ring_next_batch, xdp:", xdp_open, batch_some, ring_close, NULL, NULL },
	{ "libpcap pcap_dispatch", libpcap_open, libpcap_some, libpcap_close, NULL, NULL },
	{ "gopacket afpacket", NULL, NULL, NULL, NULL, NULL },
};

#define RECEIVERS (sizeof(receivers) / sizeof(receivers[0]))
#define XDP	  (RECEIVERS - 3)
#define LIBPCAP	  (RECEIVERS - 2)
#define GO	  (RECEIVERS - 1)

enum { LIVE, READY_MADE, STATES };
static const char *const states[] = { "live", "ready" };

/* false: this receiver cannot be opened here; it has said why. */
static bool run(const struct receiver *receiver, uint64_t packets, unsigned int size, bool live,
		struct result *figures, uint64_t *sent)
{
	struct result result = { 0 };
	struct flood flood = { 0 };
	void *context = receiver->open();
	double start, last, seconds;

	if (!context)
		return false;
	if (flood_start(&flood, "tx0", packets, size, 16, live ? 0 : -1) < 0)
		die("flood");
	if (!live) {
		*sent = flood_wait(&flood, &seconds);
		usleep(SETTLE_US);
	}
	start = rounds_cpu_ns();
	last = rounds_now();
	while (result.packets < packets && rounds_now() - last < 2) {
		unsigned int count = receiver->some(context);

		result.packets += count;
		if (count)
			last = rounds_now();
	}
	result.cpu_ns = rounds_cpu_ns() - start;
	if (live)
		*sent = flood_wait(&flood, &seconds);
	receiver->close(context);
	*figures = result;
	return true;
}

static void report(const char *state, const struct rounds *cost, const uint64_t *lost)
{
	for (unsigned int i = 0; i < RECEIVERS; i++) {
		const struct receiver *receiver = &receivers[i];
		struct rounds_row row = { .bench = "capture", .what = state, .name = receiver->name,
					  .unit = "CPU ns/packet", .peer = "walk",
					  .goal = receiver->goal };

		if (cost[i].count == 0)
			continue;
		printf("%-6s %-28s %8.1f %8.1f %8.1f %8llu  %.2f%s%-8s  %.2f %s\n", state,
		       receiver->name, rounds_share(&cost[i], 0), rounds_median(&cost[i]),
		       rounds_share(&cost[i], 1), (unsigned long long)lost[i],
		       rounds_ratio(&cost[i], &cost[0]), receiver->goal ? " " : "",
		       receiver->goal ?: "", rounds_ratio(&cost[i], &cost[LIBPCAP]),
		       receiver->pcap_goal ?: "");
		rounds_tell(row, &cost[i], i ? &cost[0] : NULL);
		if (!receiver->pcap_goal)
			continue;
		row.peer = "libpcap";
		row.goal = receiver->pcap_goal;
		rounds_tell(row, &cost[i], &cost[LIBPCAP]);
	}
}

int main(int argc, char **argv)
{
	uint64_t packets = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
	uint64_t ready = packets < READY ? packets : READY;
	unsigned int rounds = argc > 2 ? (unsigned int)atoi(argv[2]) : 5;
	unsigned int size = argc > 3 ? (unsigned int)atoi(argv[3]) : 64;
	static struct rounds cost[STATES][RECEIVERS];
	uint64_t lost[STATES][RECEIVERS] = { 0 };
	bool go = go_build();

	if (rounds < 1 || rounds > ROUNDS_MAX || flood_make_veth("tx0", DEVICE) < 0)
		die("capture");
	flood_stay_on(1);
	for (unsigned int round = 0; round < rounds; round++) {
		for (unsigned int i = 0; i < STATES * RECEIVERS; i++) {
			unsigned int state = i / RECEIVERS, at = i % RECEIVERS;
			uint64_t count = state == LIVE ? packets : ready, sent;
			struct result result = { 0 };

			/* an xdp: ring has no room for that many, and a Go program does not wait */
			if (state != LIVE && (at == GO || at == XDP))
				continue;
			if (at == GO ? !go || !go_run(count, size, &result, &sent) :
				       !run(&receivers[at], count, size, state == LIVE, &result,
					    &sent))
				continue;
			rounds_add(&cost[state][at], result.cpu_ns / (double)(result.packets ?: 1));
			lost[state][at] += sent - result.packets;
		}
	}
	printf("%llu packets (ready: %llu) of %u bytes on veth, %u rounds in turn; receiver's CPU "
	       "ns a packet\n", (unsigned long long)packets, (unsigned long long)ready, size, rounds);
	printf("%-6s %-28s %8s %8s %8s %8s  %s\n", "", "receiver", "least", "median", "most", "lost",
	       "x walk, goal  x libpcap, goal");
	for (unsigned int state = 0; state < STATES; state++)
		report(states[state], cost[state], lost[state]);
	if (!go)
		printf("gopacket is left out: go or the package is not installed\n");
	return checksum == 0;
}
