/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * loop.h - does what leaves by one side of a bridge come back to it?
 *
 * A frame of no use to anybody leaves on each side once a second: to a group address that switches pass
 * on, of the EtherType for local experiments (IEEE Std 802, 9.2.4), with a number that only this process
 * knows. If it comes in again, so does everything else, and each broadcast would go round for ever: from
 * then on nothing is forwarded, until none came back for a while.
 */
#ifndef TORC_CLI_LOOP_H
#define TORC_CLI_LOOP_H

#include "cli.h"

#define LOOP_PROBE_NS 1000000000ull
#define LOOP_QUIET_NS 3000000000ull

struct loop_check {
	uint8_t number[8];
	const char *names[2]; /* of the sides */
	uint64_t last_ns; /* when one came back last */
	uint64_t times;   /* how often there was a loop */
	bool looped;
};

/* The names are borrowed. */
void loop_begin(struct loop_check *loop, const char *a, const char *b);
/* Sends one on a side; false: it did not leave. */
bool loop_probe(const struct loop_check *loop, struct torc_ring *ring, unsigned int side);
bool loop_is_ours(const struct loop_check *loop, const struct torc_packet *packet);
/* One that is ours came in by that interface: says so when it is the first of a loop. */
void loop_found(struct loop_check *loop, const struct torc_packet *packet, const char *name);
/* Says when a loop is gone. */
void loop_look(struct loop_check *loop, uint64_t now_ns);

#endif
