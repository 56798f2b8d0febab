/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * latency.c - how late a packet is on a quiet wire: from the kernel's timestamp to the reader
 *
 * A child sends single frames into a veth pair, some milliseconds apart; the reader compares the
 * packet's time with the clock. One row for each way of waiting.
 *
 *	latency [PACKETS]
 */
#include <linux/if_packet.h>
#include <net/if.h>

#include <torc/torc.h>

#include "flood.h"
#include "rounds.h"

#define PACKETS_MAX 10000

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

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static pid_t send_slowly(unsigned int packets)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_ifindex = (int)if_nametoindex("tx0") };
	uint8_t frame[60] = { [12] = 0x88, [13] = 0xb5 }; /* IEEE 802 local experimental */
	pid_t child = fork();
	int fd;

	if (child != 0)
		return child;
	fd = socket(AF_PACKET, SOCK_RAW, 0);
	for (unsigned int i = 0; i < packets; i++) {
		usleep(7000 + (unsigned int)random() % 3000); /* out of step with any timer */
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

static int run(const struct way *way, unsigned int packets)
{
	static double late_us[PACKETS_MAX];
	struct torc_packet packet;
	struct torc_error error;
	struct torc_ring *ring;
	unsigned int count = 0;
	pid_t child;

	if (torc_ring_open(&ring, "rx0", 0, way->flags, &error) < 0) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	if (way->watermark)
		torc_ring_set_poll_watermark(ring, way->watermark);
	torc_ring_set_poll_duration(ring, 2000);
	torc_ring_enable(ring);
	child = send_slowly(packets);
	while (count < packets && torc_ring_next(ring, &packet) > 0)
		late_us[count++] = (double)(now_ns() - packet.timestamp_ns) / 1e3;
	waitpid(child, NULL, 0);
	torc_ring_close(ring);
	if (count == 0)
		return 1;
	qsort(late_us, count, sizeof(*late_us), by_value);
	printf("%-16s %8.0f %8.0f %8.0f %8.0f   %s\n", way->name, late_us[0], late_us[count / 2],
	       late_us[count * 95 / 100], late_us[count - 1], way->promise);
	rounds_write(&(struct rounds_row){ .bench = "latency", .name = way->name, .unit = "us",
					   .median = late_us[count / 2], .low = late_us[count / 4],
					   .high = late_us[count * 3 / 4], .goal = way->goal });
	return 0;
}

int main(int argc, char **argv)
{
	unsigned int packets = argc > 1 ? (unsigned int)atoi(argv[1]) : 300;
	int failed = 0;

	if (packets < 1 || packets > PACKETS_MAX || flood_make_veth("tx0", "rx0") < 0)
		return 1;
	printf("%u single packets on a quiet veth; microseconds from the kernel's timestamp\n",
	       packets);
	printf("%-16s %8s %8s %8s %8s   %s\n", "", "min", "median", "95 %", "max", "promise");
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		failed |= run(&ways[i], packets);
	return failed;
}
