/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ring_latency.c - how long a packet of a quiet wire takes to its reader, from the kernel's stamp
 *
 * The medians are printed; a limit is asserted only while the machine has nothing else to do.
 */
#include "net.h"

#define ROUNDS 60

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void *send_slowly(void *argument)
{
	int fd = *(int *)argument;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		net_send_udp(fd, 1, 60, i);
		usleep(13000 + i * 97 % 4000); /* at any phase of the kernel's timers */
	}
	return NULL;
}

static bool is_idle(void)
{
	double load[1];

	return getloadavg(load, 1) == 1 && load[0] < (double)sysconf(_SC_NPROCESSORS_ONLN) / 2;
}

static void measure(const char *what, uint32_t flags, uint32_t watermark, uint64_t limit_us)
{
	struct torc_ring *ring = net_ring("vb", flags);
	uint64_t waits[ROUNDS];
	int sender = net_sender("va");
	struct torc_packet packet;
	unsigned int count = 0;
	pthread_t thread;

	if (watermark)
		torc_ring_set_poll_watermark(ring, watermark);
	torc_ring_set_poll_duration(ring, 5000);
	pthread_create(&thread, NULL, send_slowly, &sender);
	while (count < ROUNDS && torc_ring_next(ring, &packet) == 1)
		waits[count++] = net_clock_ns(CLOCK_REALTIME) - packet.timestamp_ns;
	pthread_join(thread, NULL);
	is(count, ROUNDS, "%s: all packets came, one by one", what);
	qsort(waits, count, sizeof(waits[0]), compare);
	if (count > 0)
		note("%s: median %.3f ms, 90 %% %.3f ms", what, (double)waits[count / 2] / 1e6,
		     (double)waits[count * 9 / 10] / 1e6);
	if (!is_idle())
		skip(what, "the machine is busy: no limit on the latency");
	else
		ok(count > 0 && waits[count / 2] < limit_us * 1000, "%s: the median is below %u us",
		   what, (unsigned int)limit_us);
	torc_ring_close(ring);
	close(sender);
}

int main(void)
{
	net_pair("va", "vb");
	measure("by default", 0, 0, 15000);
	measure("watermark 1", 0, 1, 8000);
	measure("watermark 1000", 0, 1000, 15000);
	measure("immediate", TORC_IMMEDIATE, 0, 2000);
	return done();
}
