/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * latency.c - how late a packet is: from the kernel's timestamp to the reader
 *
 * A child sends single frames into a veth pair; the reader compares the packet's time with the clock.
 * One row for each way of waiting.
 *
 *	quiet  some milliseconds apart, and nobody else wants the processor
 *	busy   1,000 a second, while two loops that never sleep want the reader's processor too. What
 *	       the scheduler alone adds is told by a loop by hand that only polls
 *
 *	latency [PACKETS [ROUNDS]]
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

#define PACKETS_MAX 10000
#define BUSY_LOOPS  2
#define BUSY_RATE   1000
#define BUSY_MS     3000 /* of one row */
#define IDLE_MS     2000

#define BLOCK_BYTES (128u << 10)
#define BLOCK_COUNT 512u
#define BLOCK_MS    8

/* The torc ways, and what they promise on a quiet wire. */
static const struct way {
	const char *name;
	unsigned int flags;
	unsigned int watermark; /* 0: not set */
	const char *promise;
	const char *goal; /* for the median, as a row has it */
} ways[] = {
	{ "default", 0, 0, "<= 10 ms", "<= 10000" },
	{ "watermark 1", 0, 1, "<= 5 ms", "<= 5000" },
	{ "TORC_IMMEDIATE", TORC_IMMEDIATE, 0, "<= 100 us median", "<= 100" },
};

static double late_us[PACKETS_MAX];
static unsigned int late_count;

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void arrived(uint64_t time_ns)
{
	if (late_count < PACKETS_MAX)
		late_us[late_count++] = (double)(now_ns() - time_ns) / 1e3;
}

/* apart_us 0: out of step with any timer. */
static pid_t send_slowly(unsigned int packets, unsigned int apart_us)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_ifindex = (int)if_nametoindex("tx0") };
	uint8_t frame[60] = { [12] = 0x88, [13] = 0xb5 }; /* IEEE 802 local experimental */
	pid_t child = fork();
	int fd;

	if (child != 0)
		return child;
	flood_settle(apart_us ? 0 : -1);
	fd = socket(AF_PACKET, SOCK_RAW, 0);
	for (unsigned int i = 0; i < packets; i++) {
		usleep(apart_us ?: 7000 + (unsigned int)random() % 3000);
		if (sendto(fd, frame, sizeof(frame), 0, (void *)&address, sizeof(address)) < 0)
			_exit(1);
	}
	_exit(0);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double late_at(unsigned int percent)
{
	return late_count ? late_us[(late_count - 1) * percent / 100] : 0;
}

/* ---- readers: every packet that comes goes to arrived() ---- */

static bool read_torc(const void *context, unsigned int packets, unsigned int apart_us)
{
	const struct way *way = context;
	struct torc_packet packet;
	struct torc_error error;
	struct torc_ring *ring;
	pid_t child;

	if (torc_ring_open(&ring, "rx0", 0, way->flags, &error) < 0) {
		fprintf(stderr, "%s\n", error.text);
		return false;
	}
	if (way->watermark)
		torc_ring_set_poll_watermark(ring, way->watermark);
	torc_ring_set_poll_duration(ring, IDLE_MS);
	torc_ring_enable(ring);
	child = send_slowly(packets, apart_us);
	while (late_count < packets && torc_ring_next(ring, &packet) > 0)
		arrived(packet.timestamp_ns);
	waitpid(child, NULL, 0);
	torc_ring_close(ring);
	return true;
}

/* What one writes by hand against linux/if_packet.h: it polls, and nothing else. */
static bool read_by_hand(const void *context, unsigned int packets, unsigned int apart_us)
{
	int version = TPACKET_V3, fd = socket(AF_PACKET, SOCK_RAW, 0);
	struct tpacket_req3 request = { .tp_block_size = BLOCK_BYTES, .tp_block_nr = BLOCK_COUNT,
					.tp_frame_size = 2048,
					.tp_frame_nr = BLOCK_BYTES / 2048 * BLOCK_COUNT,
					.tp_retire_blk_tov = BLOCK_MS };
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_protocol = htons(ETH_P_ALL),
				       .sll_ifindex = (int)if_nametoindex("rx0") };
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	size_t bytes = (size_t)BLOCK_BYTES * BLOCK_COUNT;
	uint8_t *map = MAP_FAILED;
	pid_t child;

	(void)context;
	if (fd >= 0 && setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) == 0 &&
	    setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)) == 0)
		map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED || bind(fd, (void *)&address, sizeof(address)) < 0) {
		perror("latency");
		return false;
	}
	child = send_slowly(packets, apart_us);
	for (unsigned int block = 0; late_count < packets;) {
		struct tpacket_block_desc *at = (void *)(map + (size_t)block * BLOCK_BYTES);
		struct tpacket3_hdr *packet;

		if (!(__atomic_load_n(&at->hdr.bh1.block_status, __ATOMIC_ACQUIRE) &
		      TP_STATUS_USER)) {
			if (poll(&wait, 1, IDLE_MS) <= 0)
				break;
			continue;
		}
		packet = (void *)((uint8_t *)at + at->hdr.bh1.offset_to_first_pkt);
		for (unsigned int i = 0; i < at->hdr.bh1.num_pkts; i++) {
			arrived(packet->tp_sec * 1000000000ull + packet->tp_nsec);
			packet = (void *)((uint8_t *)packet + packet->tp_next_offset);
		}
		__atomic_store_n(&at->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
		block = (block + 1) % BLOCK_COUNT;
	}
	waitpid(child, NULL, 0);
	munmap(map, bytes);
	close(fd);
	return true;
}

static void pcap_arrived(u_char *unused, const struct pcap_pkthdr *header, const u_char *data)
{
	(void)unused, (void)data;
	arrived((uint64_t)header->ts.tv_sec * 1000000000u + (uint64_t)header->ts.tv_usec);
}

static bool read_libpcap(const void *context, unsigned int packets, unsigned int apart_us)
{
	char reason[PCAP_ERRBUF_SIZE];
	pcap_t *handle = pcap_create("rx0", reason);
	double end;
	pid_t child;

	(void)context;
	if (!handle)
		return false;
	pcap_set_timeout(handle, 100); /* as tcpdump does */
	pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO);
	if (pcap_activate(handle) < 0) {
		pcap_close(handle);
		return false;
	}
	pcap_wake(handle);
	child = send_slowly(packets, apart_us);
	end = rounds_now() + IDLE_MS * 1e-3 + packets * (apart_us ?: 10000) * 2e-6;
	while (late_count < packets && rounds_now() < end)
		pcap_dispatch(handle, -1, pcap_arrived, NULL);
	waitpid(child, NULL, 0);
	pcap_wake(NULL);
	pcap_close(handle);
	return true;
}

/* ---- a quiet wire ---- */

static int quiet(const struct way *way, unsigned int packets)
{
	late_count = 0;
	if (!read_torc(way, packets, 0) || late_count == 0)
		return 1;
	qsort(late_us, late_count, sizeof(*late_us), by_value);
	printf("%-6s %-26s %8.0f %8.0f %8.0f %8.0f   %s\n", "quiet", way->name, late_at(0),
	       late_at(50), late_at(95), late_at(100), way->promise);
	rounds_write(&(struct rounds_row){ .bench = "latency", .what = "quiet", .name = way->name,
					   .unit = "us", .median = late_at(50),
					   .low = late_at(25), .high = late_at(75),
					   .goal = way->goal });
	return 0;
}

/* ---- a processor that others use ---- */

static const struct reader {
	const char *name;
	bool (*read)(const void *context, unsigned int packets, unsigned int apart_us);
	const void *context;
	bool first; /* SCHED_FIFO: chrt -f 1 */
} readers[] = {
	{ "poll by hand, blocks of 8 ms", read_by_hand, NULL, false },
	{ "default", read_torc, &ways[0], false },
	{ "watermark 1", read_torc, &ways[1], false },
	{ "TORC_IMMEDIATE", read_torc, &ways[2], false },
	{ "default, chrt -f 1", read_torc, &ways[0], true },
	{ "libpcap, timeout 100 ms", read_libpcap, NULL, false },
};

#define READERS (sizeof(readers) / sizeof(readers[0]))

static void start_loops(pid_t loops[BUSY_LOOPS])
{
	for (unsigned int i = 0; i < BUSY_LOOPS; i++) {
		loops[i] = fork();
		if (loops[i] == 0) {
			flood_settle(1);
			for (;;)
				__asm__ volatile("");
		}
	}
}

static void end_loops(const pid_t loops[BUSY_LOOPS])
{
	for (unsigned int i = 0; i < BUSY_LOOPS; i++) {
		if (loops[i] <= 0)
			continue;
		kill(loops[i], SIGKILL);
		waitpid(loops[i], NULL, 0);
	}
}

static bool schedule(bool first)
{
	struct sched_param parameter = { .sched_priority = first };

	return sched_setscheduler(0, (first ? SCHED_FIFO : SCHED_OTHER) | SCHED_RESET_ON_FORK,
				  &parameter) == 0;
}

static void busy(unsigned int rounds)
{
	static struct rounds middle[READERS], late[READERS], latest[READERS];
	unsigned int packets = BUSY_RATE * BUSY_MS / 1000;
	pid_t loops[BUSY_LOOPS];

	flood_stay_on(1);
	start_loops(loops);
	for (unsigned int i = 0; i < rounds * READERS; i++) {
		const struct reader *reader = &readers[i % READERS];

		late_count = 0;
		if (!schedule(reader->first) ||
		    !reader->read(reader->context, packets, 1000000 / BUSY_RATE) || late_count == 0)
			continue;
		qsort(late_us, late_count, sizeof(*late_us), by_value);
		rounds_add(&middle[i % READERS], late_at(50));
		rounds_add(&late[i % READERS], late_at(99));
		rounds_add(&latest[i % READERS], late_at(100));
	}
	end_loops(loops);
	printf("\n%u/s, %u busy loops on the reader's processor, %u rounds in turn: medians, and the least "
	       "and most 99 %%\n%-6s %-28s %8s %8s %8s   %s\n", BUSY_RATE, BUSY_LOOPS, rounds, "",
	       "", "median", "99 %", "max", "99 % x by hand");
	for (unsigned int i = 0; i < READERS; i++) {
		if (late[i].count == 0)
			continue;
		printf("%-6s %-28s %8.0f %8.0f %8.0f   %.2f, %.0f to %.0f\n", "busy",
		       readers[i].name, rounds_median(&middle[i]), rounds_median(&late[i]),
		       rounds_median(&latest[i]), rounds_ratio(&late[i], &late[0]),
		       rounds_share(&late[i], 0), rounds_share(&late[i], 1));
		rounds_tell((struct rounds_row){ .bench = "latency", .what = "busy, 99 %",
						 .name = readers[i].name, .unit = "us",
						 .peer = "poll by hand" },
			    &late[i], i ? &late[0] : NULL);
	}
}

int main(int argc, char **argv)
{
	unsigned int packets = argc > 1 ? (unsigned int)atoi(argv[1]) : 300;
	unsigned int rounds = argc > 2 ? (unsigned int)atoi(argv[2]) : 3;
	int failed = 0;

	if (packets < 1 || packets > PACKETS_MAX || rounds < 1 || rounds > ROUNDS_MAX ||
	    flood_make_veth("tx0", "rx0") < 0)
		return 1;
	printf("%u single packets on a veth; microseconds from the kernel's timestamp\n", packets);
	printf("%-6s %-26s %8s %8s %8s %8s   %s\n", "", "", "min", "median", "95 %", "max",
	       "promise");
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		failed |= quiet(&ways[i], packets);
	busy(rounds);
	return failed;
}
