/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * kernel.c - the kernel's half: what a packet costs before it is in the ring, for each setting
 *
 * One processor sends into a veth pair, and the kernel does there all that it does for the packet: send
 * it, receive it, run filters, copy it to the ring. Nobody reads: the packets of a round fit the ring.
 * The figure is that processor's time a packet, less the same without a capture in the same round.
 *
 *	in    frames arrive as from a card, on the interface that is captured
 *	out   a packet socket sends, one frame a call, on the interface that is captured; nothing of
 *	      another interface is seen
 *
 *	kernel [PACKETS [ROUNDS [SIZE]]]
 */
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <pcap/pcap.h>
#include <sys/mman.h>

#include <torc/torc.h>

#include "flood.h"
#include "rounds.h"

#define BLOCK_BYTES  (128u << 10)
#define BLOCK_COUNT  512u
#define BUFFER_BYTES ((uint64_t)BLOCK_BYTES * BLOCK_COUNT)
#define SETTLE_US    20000

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* ---- captures ---- */

struct setting {
	const char *name;
	void *(*open)(const struct setting *setting, const char *device);
	void (*close)(void *context);
	uint32_t snaplen, flags;
	const char *filter;
	enum torc_direction direction;
	bool member; /* of a cluster, alone in it */
	const char *prefix;
};

static void *open_ring(const struct setting *setting, const char *device)
{
	struct torc_ring_options options = { .size = sizeof(options), .snaplen = setting->snaplen,
					     .flags = setting->flags };
	struct torc_ring *ring;
	struct torc_error error;
	char name[64];
	int code;

	snprintf(name, sizeof(name), "%s%s", setting->prefix ?: "", device);
	if (torc_ring_open_with(&ring, name, &options, &error) < 0) {
		fprintf(stderr, "%s: %s\n", setting->name, error.text);
		return NULL;
	}
	code = torc_ring_set_direction(ring, setting->direction);
	if (code == 0 && setting->filter)
		code = torc_ring_set_filter(ring, setting->filter);
	if (code == 0 && setting->member)
		code = torc_ring_set_cluster(ring, 7, TORC_CLUSTER_PER_FLOW);
	if (code == 0)
		code = torc_ring_enable(ring);
	if (code < 0) {
		fprintf(stderr, "%s: %s\n", setting->name, torc_ring_error(ring));
		torc_ring_close(ring);
		return NULL;
	}
	return ring;
}

static void close_ring(void *context)
{
	torc_ring_close(context);
}

struct socket {
	int fd;
	void *map;
};

/* What one writes by hand against linux/if_packet.h. */
static void *open_by_hand(const struct setting *setting, const char *device)
{
	static struct socket hand;
	int version = TPACKET_V3;
	struct tpacket_req3 request = { .tp_block_size = BLOCK_BYTES, .tp_block_nr = BLOCK_COUNT,
					.tp_frame_size = 2048,
					.tp_frame_nr = BLOCK_BYTES / 2048 * BLOCK_COUNT,
					.tp_retire_blk_tov = 8 };
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_protocol = htons(ETH_P_ALL),
				       .sll_ifindex = (int)if_nametoindex(device) };

	(void)setting;
	hand.fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (hand.fd < 0 ||
	    setsockopt(hand.fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) < 0 ||
	    setsockopt(hand.fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)) < 0)
		die("by hand");
	hand.map = mmap(NULL, BUFFER_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, hand.fd, 0);
	if (hand.map == MAP_FAILED || bind(hand.fd, (void *)&address, sizeof(address)) < 0)
		die("by hand");
	return &hand;
}

static void close_by_hand(void *context)
{
	struct socket *hand = context;

	munmap(hand->map, BUFFER_BYTES);
	close(hand->fd);
}

static void *open_libpcap(const struct setting *setting, const char *device)
{
	char reason[PCAP_ERRBUF_SIZE];
	pcap_t *handle = pcap_create(device, reason);

	(void)setting;
	if (!handle)
		die(reason);
	pcap_set_buffer_size(handle, (int)BUFFER_BYTES);
	pcap_set_timeout(handle, 100);
	if (pcap_activate(handle) < 0)
		die(pcap_geterr(handle));
	return handle;
}

static void close_libpcap(void *context)
{
	pcap_close(context);
}

#define RING .open = open_ring, .close = close_ring

static const struct setting settings[] = {
	{ .name = "no capture" }, /* what all others are less */
	{ .name = "TPACKET_V3 by hand", .open = open_by_hand, .close = close_by_hand },
	{ .name = "default", RING },
	{ .name = "snaplen 60", RING, .snaplen = 60 },
	{ .name = "filter, all match", RING, .filter = "udp" },
	{ .name = "filter, none match", RING, .filter = "tcp port 80" },
	{ .name = "TORC_RX_ONLY", RING, .direction = TORC_RX_ONLY },
	{ .name = "TORC_TX_ONLY", RING, .direction = TORC_TX_ONLY },
	{ .name = "TORC_HW_TIMESTAMP", RING, .flags = TORC_HW_TIMESTAMP },
	{ .name = "TORC_IMMEDIATE, snaplen 1514", RING, .flags = TORC_IMMEDIATE, .snaplen = 1514 },
	{ .name = "alone in a cluster", RING, .member = true },
	{ .name = "libpcap", .open = open_libpcap, .close = close_libpcap },
};

#define SETTINGS (sizeof(settings) / sizeof(settings[0]))
#define BY_HAND  1

/* ---- senders, in a child: nanoseconds of its processor a packet ---- */

enum { IN, OUT, OUT_BYPASS, WAYS };
static const char *const ways[] = { "in", "out", "out, PACKET_QDISC_BYPASS" };

static double send_in(uint64_t packets, uint32_t size)
{
	struct flood_result result;
	struct torc_error error;
	double start = rounds_cpu_ns();

	if (flood_run("tx0", packets, size, 16, &result, &error) < 0) {
		fprintf(stderr, "kernel: %s\n", error.text);
		return 0;
	}
	return (rounds_cpu_ns() - start) / (double)packets;
}

static double send_out(uint64_t packets, uint32_t size, bool bypass)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_ifindex = (int)if_nametoindex("rx0") };
	/* to nobody, IPv4, UDP: what the filters of the settings tell apart */
	uint8_t frame[1514] = { [12] = 0x08, [14] = 0x45, [17] = 46, [22] = 64, [23] = 17 };
	int on = bypass, fd = socket(AF_PACKET, SOCK_RAW, 0);
	double start;

	if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)) < 0)
		return 0;
	start = rounds_cpu_ns();
	for (uint64_t i = 0; i < packets; i++)
		if (sendto(fd, frame, size, 0, (void *)&address, sizeof(address)) < 0)
			return 0;
	return (rounds_cpu_ns() - start) / (double)packets;
}

static double measure(const struct setting *setting, unsigned int way, uint64_t packets,
		      uint32_t size)
{
	void *context = setting->open ? setting->open(setting, "rx0") : NULL;
	double ns = 0;
	int ends[2];

	if ((setting->open && !context) || pipe(ends) < 0)
		return 0;
	if (fork() == 0) {
		flood_settle(0);
		ns = way == IN ? send_in(packets, size) : send_out(packets, size, way == OUT_BYPASS);
		_exit(write(ends[1], &ns, sizeof(ns)) != sizeof(ns));
	}
	close(ends[1]);
	if (read(ends[0], &ns, sizeof(ns)) != sizeof(ns))
		ns = 0;
	close(ends[0]);
	wait(NULL);
	if (context)
		setting->close(context);
	usleep(SETTLE_US);
	return ns;
}

static void report(const char *way, const struct rounds *all, const struct rounds *added)
{
	printf("%-24s %-30s %8.1f  the sending itself\n", way, settings[0].name,
	       rounds_median(&all[0]));
	for (unsigned int i = 1; i < SETTINGS; i++) {
		if (added[i].count == 0)
			continue;
		printf("%-24s %-30s %8.1f  %.1f to %.1f, %.2f x by hand\n", way, settings[i].name,
		       rounds_median(&added[i]), rounds_share(&added[i], 0.25),
		       rounds_share(&added[i], 0.75), rounds_ratio(&added[i], &added[BY_HAND]));
		rounds_tell((struct rounds_row){ .bench = "kernel", .what = way,
						 .name = settings[i].name, .unit = "CPU ns/packet",
						 .peer = "TPACKET_V3 by hand" },
			    &added[i], i == BY_HAND ? NULL : &added[BY_HAND]);
	}
}

int main(int argc, char **argv)
{
	uint64_t packets = argc > 1 ? strtoull(argv[1], NULL, 10) : 30000;
	unsigned int rounds = argc > 2 ? (unsigned int)atoi(argv[2]) : 15;
	uint32_t size = argc > 3 ? (uint32_t)atoi(argv[3]) : 60;
	static struct rounds all[WAYS][SETTINGS], added[WAYS][SETTINGS];

	if (rounds < 1 || rounds > ROUNDS_MAX || size < 60 || size > 1514 || packets < 1 ||
	    flood_make_veth("tx0", "rx0") < 0)
		return 1;
	flood_stay_on(1);
	for (unsigned int i = 0; i < rounds * WAYS * SETTINGS; i++) {
		unsigned int way = i / SETTINGS % WAYS, at = i % SETTINGS;
		double ns = measure(&settings[at], way, packets, size);

		if (at == 0 && ns == 0)
			die("kernel");
		if (ns > 0)
			rounds_add(&all[way][at], ns);
		if (ns > 0 && at > 0)
			rounds_add(&added[way][at], ns - all[way][0].values[all[way][0].count - 1]);
	}
	printf("%llu packets of %u bytes on veth, %u rounds in turn; the sending processor's ns a packet "
	       "that a capture adds,\nmedian and quartiles\n", (unsigned long long)packets, size, rounds);
	for (unsigned int way = 0; way < WAYS; way++)
		report(ways[way], all[way], added[way]);
	return 0;
}
