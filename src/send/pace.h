/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pace.h - when each packet is due
 *
 * A schedule is a line of times on CLOCK_MONOTONIC. It is absolute: being late for one packet does
 * not move the next, so that the rate holds on average; only a delay of more than a second moves
 * it.
 */
#ifndef TORC_SEND_PACE_H
#define TORC_SEND_PACE_H

#include <torc/packet.h>

struct torc_pace {
	double ns_per_packet; /* one of the three is not 0, or there is no limit */
	double ns_per_byte;
	double speed;
	bool even;

	bool begun;
	double due_ns; /* of the next packet, after base_ns; doubles hold nanoseconds for 100 days
			*/
	int64_t base_ns;
	uint64_t first_timestamp_ns;
	int64_t last_ns; /* when packets were last due together */
};

int64_t torc_pace_now_ns(void);

/* torc_pace_limited - is there a limit at all? */
bool torc_pace_limited(const struct torc_pace *pace);

/*
 * torc_pace_due - how many of the packets are due now; at least 1 unless wait_ns is set to the
 * time, on CLOCK_MONOTONIC, to ask again
 *
 * Those counted are off the schedule: the caller sends them.
 */
unsigned int torc_pace_due(struct torc_pace *pace, const struct torc_packet *packets,
			   unsigned int count, int64_t *wait_ns);

/* torc_pace_rewind - the next packet's time is now */
void torc_pace_rewind(struct torc_pace *pace);

#endif
