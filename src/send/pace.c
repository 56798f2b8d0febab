/* SPDX-License-Identifier: BSD-3-Clause */
/* pace.c - when each packet is due; see pace.h */
#include <time.h>

#include "send/pace.h"

#define SECOND_NS 1000000000ll
#define GROUP_NS  100000ll /* packets due within this time leave together, unless even */

int64_t torc_pace_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * SECOND_NS + t.tv_nsec;
}

bool torc_pace_limited(const struct torc_pace *pace)
{
	return pace->ns_per_packet > 0 || pace->ns_per_byte > 0 || pace->speed > 0;
}

/* With a speed the packet says when it is due; one from before the packet ahead of it is due at
 * once. */
static void set_due_by_timestamp(struct torc_pace *pace, const struct torc_packet *packet)
{
	double due;

	if (packet->flags & TORC_PACKET_TIMESTAMP_MISSING)
		return;
	if (pace->first_timestamp_ns == 0)
		pace->first_timestamp_ns = packet->timestamp_ns;
	due = (double)(int64_t)(packet->timestamp_ns - pace->first_timestamp_ns) / pace->speed;
	if (due > pace->due_ns)
		pace->due_ns = due;
}

static void begin(struct torc_pace *pace, int64_t now)
{
	pace->begun = true;
	pace->base_ns = now;
	pace->due_ns = 0;
	pace->first_timestamp_ns = 0;
	pace->last_ns = now - GROUP_NS;
}

/* After a stop of more than a second: go on from here instead of catching up. */
static void forgive(struct torc_pace *pace, int64_t now)
{
	int64_t late = now - pace->base_ns - (int64_t)pace->due_ns;

	if (late > SECOND_NS)
		pace->base_ns += late;
}

unsigned int torc_pace_due(struct torc_pace *pace, const struct torc_packet *packets,
			   unsigned int count, int64_t *wait_ns)
{
	int64_t now = torc_pace_now_ns(), next;
	unsigned int n = 0;

	if (!pace->begun)
		begin(pace, now);
	if (pace->speed > 0)
		set_due_by_timestamp(pace, &packets[0]);
	forgive(pace, now);
	next = pace->base_ns + (int64_t)pace->due_ns;
	if (!pace->even && next < pace->last_ns + GROUP_NS)
		next = pace->last_ns + GROUP_NS;
	if (next > now) {
		*wait_ns = next;
		return 0;
	}
	pace->last_ns = now;
	while (n < count) {
		if (pace->speed > 0)
			set_due_by_timestamp(pace, &packets[n]);
		if (pace->base_ns + (int64_t)pace->due_ns > now)
			break;
		pace->due_ns += pace->ns_per_packet + pace->ns_per_byte * packets[n].caplen;
		n++;
	}
	return n;
}

void torc_pace_rewind(struct torc_pace *pace)
{
	double due = pace->due_ns;
	int64_t base = pace->base_ns;

	if (!pace->begun || pace->speed <= 0)
		return;
	/* The schedule goes on where the pass before ended, so that many short passes keep the
	 * speed. */
	begin(pace, torc_pace_now_ns());
	pace->base_ns = base + (int64_t)due;
}
