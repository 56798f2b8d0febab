/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * send.c - packets a second over a veth pair: the ways of a sender, a ring's batches, a
 * hand-written PACKET_TX_RING loop, and tcpreplay --topspeed when it is installed
 *
 * bench/send. One processor sends; frames end in the peer, which has no listener. The
 * peer's receive counter is the witness: a way that claims more than arrived ends the benchmark.
 */
#include <err.h>
#include <linux/if_packet.h>
#include <stdbool.h>
#include <sys/mman.h>

#include <torc/ring.h>

#include "flood.h"
#include "rounds.h"

#define ROUNDS 5u
#define FRAMES 1024u

struct way {
	const char *name;
	uint64_t packets; /* each round, chosen to last some 0.3 seconds */
	/* Send about that many; returns how many and sets the time it took. */
	uint64_t (*run)(const struct way *way, double *seconds);
	bool missing;
	struct rounds pps;
};

static struct torc_packet frames[FRAMES];

static uint64_t run_sender(const struct way *way, double *seconds)
{
	struct torc_sender_options options = { .size = sizeof(options), .way = way->name };
	struct torc_sender_stats stats = { .size = sizeof(stats) };
	struct torc_sender *sender;
	struct torc_error error;
	double begin;

	if (torc_sender_open(&sender, "tx0", &options, &error) < 0)
		errx(1, "%s", error.text);
	begin = rounds_now();
	for (uint64_t n = 0; n < way->packets; n += FRAMES)
		torc_sender_send(sender, frames, FRAMES);
	torc_sender_flush(sender);
	*seconds = rounds_now() - begin;
	torc_sender_stats(sender, &stats);
	torc_sender_close(sender);
	return stats.sent;
}

static uint64_t run_ring(const struct way *way, double *seconds)
{
	struct torc_ring *ring;
	struct torc_stats stats = { .size = sizeof(stats) };
	struct torc_error error;
	double begin;

	if (torc_ring_open(&ring, "tx0", 0, 0, &error) < 0)
		errx(1, "%s", error.text);
	torc_ring_set_mode(ring, TORC_SEND_ONLY);
	torc_ring_enable(ring);
	begin = rounds_now();
	for (uint64_t n = 0; n < way->packets; n += FRAMES)
		if (torc_ring_send_batch(ring, frames, FRAMES) != (int)FRAMES)
			errx(1, "torc_ring_send_batch: %s", torc_ring_error(ring));
	torc_ring_flush(ring);
	*seconds = rounds_now() - begin;
	torc_ring_stats(ring, &stats);
	torc_ring_close(ring);
	return stats.sent;
}

/* What packet_mmap.rst shows: fill every slot that is free, make the kernel send, again. */
static uint64_t run_by_hand(const struct way *way, double *seconds)
{
	int fd = socket(AF_PACKET, SOCK_RAW, 0), version = TPACKET_V2;
	struct tpacket_req request = { .tp_block_size = 1 << 18,
				       .tp_block_nr = 8,
				       .tp_frame_size = 2048,
				       .tp_frame_nr = 1024 };
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_ifindex = (int)if_nametoindex("tx0") };
	uint64_t filled = 0;
	uint8_t *memory;
	double begin;

	if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_TX_RING, &request, sizeof(request)) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		err(1, "PACKET_TX_RING");
	memory = mmap(NULL, 1 << 21, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	begin = rounds_now();
	while (filled < way->packets) {
		for (unsigned int n = 0; n < 256; n++, filled++) {
			uint8_t *slot = memory + filled % 1024 * 2048;
			struct tpacket2_hdr *header = (void *)slot;
			const struct torc_packet *frame = &frames[filled % FRAMES];

			if (__atomic_load_n(&header->tp_status, __ATOMIC_ACQUIRE) !=
			    TP_STATUS_AVAILABLE)
				break;
			memcpy(slot + TPACKET2_HDRLEN - sizeof(address), frame->data,
			       frame->caplen);
			header->tp_len = frame->caplen;
			__atomic_store_n(&header->tp_status, TP_STATUS_SEND_REQUEST,
					 __ATOMIC_RELEASE);
		}
		if (send(fd, NULL, 0, MSG_DONTWAIT) < 0 && errno != EAGAIN && errno != ENOBUFS)
			err(1, "send");
	}
	send(fd, NULL, 0, 0);
	*seconds = rounds_now() - begin;
	munmap(memory, 1 << 21);
	close(fd);
	return filled;
}

static char trace[64]; /* a file of our own, which tcpreplay reads */

static void write_trace(void)
{
	uint32_t head[6] = { 0xa1b2c3d4, 2 | 4 << 16, 0, 0, 65535, 1 };
	FILE *file;
	int fd;

	strcpy(trace, "/tmp/torc-bench-XXXXXX");
	fd = mkstemp(trace);
	file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!file)
		err(1, "%s", trace);
	fwrite(head, sizeof(head), 1, file);
	for (unsigned int n = 0; n < FRAMES; n++) {
		uint32_t record[4] = { 1700000000, n, frames[n].caplen, frames[n].caplen };

		fwrite(record, sizeof(record), 1, file);
		fwrite(frames[n].data, frames[n].caplen, 1, file);
	}
	fclose(file);
}

/* By its own account: without start-up and reading the file, which --preload-pcap does before. */
static uint64_t run_tcpreplay(const struct way *way, double *seconds)
{
	char command[256], line[512];
	unsigned long long sent = 0;
	FILE *pipe;

	snprintf(command, sizeof(command),
		 "tcpreplay --topspeed --preload-pcap --loop %llu -i tx0 %s 2>/dev/null",
		 (unsigned long long)(way->packets / FRAMES), trace);
	pipe = popen(command, "re");
	while (pipe && fgets(line, sizeof(line), pipe))
		if (strncmp(line, "Actual:", 7) == 0)
			sscanf(line, "Actual: %llu packets (%*u bytes) sent in %lf", &sent,
			       seconds);
	if (pipe)
		pclose(pipe);
	return sent;
}

static struct way ways[] = {
	{ .name = "live_frames", .packets = 500 * FRAMES, .run = run_sender },
	{ .name = "af_xdp", .packets = 200 * FRAMES, .run = run_sender },
	{ .name = "tx_ring", .packets = 150 * FRAMES, .run = run_sender },
	{ .name = "send", .packets = 150 * FRAMES, .run = run_sender },
	{ .name = "torc_ring_send_batch", .packets = 150 * FRAMES, .run = run_ring },
	{ .name = "PACKET_TX_RING by hand", .packets = 150 * FRAMES, .run = run_by_hand },
	{ .name = "tcpreplay --topspeed", .packets = 100 * FRAMES, .run = run_tcpreplay },
};

#define WAYS	  (sizeof(ways) / sizeof(ways[0]))
#define LIVE	  (&ways[0])
#define TCPREPLAY (&ways[WAYS - 1])

static uint64_t arrived(void)
{
	unsigned long long packets = 0;
	char line[512];
	FILE *file = fopen("/proc/thread-self/net/dev", "re");

	while (file && fgets(line, sizeof(line), file))
		sscanf(line, " rx0: %*u %llu", &packets);
	if (file)
		fclose(file);
	return packets;
}

static void run_once(struct way *way)
{
	uint64_t before = arrived(), sent, got;
	double seconds = 0;

	sent = way->run(way, &seconds);
	got = arrived() - before;
	for (int n = 0; n < 100 && got < sent; n++) { /* the last may still be on their way */
		usleep(1000);
		got = arrived() - before;
	}
	if (got < sent)
		warnx("%s: %llu of %llu arrived", way->name, (unsigned long long)got,
		      (unsigned long long)sent);
	if (seconds > 0)
		rounds_add(&way->pps, (double)got / seconds);
}

static void make_frames(uint32_t size)
{
	struct torc_maker_options options = {
		.size = sizeof(options), .flows = 64, .lengths = &size, .length_count = 1
	};
	static struct torc_maker *maker;
	struct torc_error error;

	torc_maker_close(maker);
	if (torc_maker_open(&maker, &options, &error) < 0)
		errx(1, "%s", error.text);
	torc_maker_batch(maker, frames, FRAMES);
}

static void report(uint32_t size)
{
	char what[32];

	snprintf(what, sizeof(what), "%u bytes", size);
	printf("frames of %s\n", what);
	for (struct way *way = ways; way < ways + WAYS; way++) {
		double mpps = rounds_median(&way->pps) / 1e6;
		bool compared = way != TCPREPLAY && !TCPREPLAY->missing;

		if (way->missing) {
			printf("  %-24s not on this machine\n", way->name);
			continue;
		}
		printf("  %-24s %6.3f million/s  (%.3f to %.3f)\n", way->name, mpps,
		       rounds_share(&way->pps, 0.25) / 1e6, rounds_share(&way->pps, 0.75) / 1e6);
		rounds_tell((struct rounds_row){ .bench = "send", .what = what, .name = way->name,
						 .unit = "packets/s", .peer = "tcpreplay",
						 .goal = way == LIVE && compared ? ">= 3" : NULL },
			    &way->pps, compared ? &TCPREPLAY->pps : NULL);
	}
	if (!LIVE->missing && !TCPREPLAY->missing)
		printf("  live_frames / tcpreplay: %.2f\n",
		       rounds_ratio(&LIVE->pps, &TCPREPLAY->pps));
}

static void measure(uint32_t size)
{
	make_frames(size);
	write_trace();
	for (struct way *way = ways; way < ways + WAYS; way++)
		way->pps.count = 0;
	for (unsigned int round = 0; round < ROUNDS; round++)
		for (struct way *way = ways; way < ways + WAYS; way++)
			if (!way->missing)
				run_once(way);
	unlink(trace);
	report(size);
}

int main(void)
{
	struct torc_sender_options live = { .size = sizeof(live), .way = "live_frames" };
	struct torc_sender *sender;
	struct torc_error error;

	if (flood_make_veth("tx0", "rx0") < 0)
		return 77;
	if (torc_sender_open(&sender, "tx0", &live, &error) < 0) {
		LIVE->missing = true;
		fprintf(stderr, "live_frames left out: %s\n", error.text);
	} else {
		torc_sender_close(sender);
	}
	TCPREPLAY->missing = system("command -v tcpreplay >/dev/null") != 0;
	measure(64);
	measure(1500);
	return 0;
}
