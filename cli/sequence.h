/* SPDX-License-Identifier: BSD-3-Clause */
/* sequence.h - where the two directions of TCP connections began, so that numbers can count from 0 */
#ifndef TORC_CLI_SEQUENCE_H
#define TORC_CLI_SEQUENCE_H

#include <torc/decode.h>

struct sequences;

/* Room for a fixed number of connections: a later one takes the place of an earlier one. */
struct sequences *sequences_new(void);
void sequences_free(struct sequences *sequences);
/*
 * What to take off the numbers of the packet's outermost TCP. As tcpdump: the first segment with an
 * acknowledgment, and each that begins a connection, keeps its own, and the later ones count from it.
 */
void sequences_bases(struct sequences *sequences, const struct torc_decoded *decoded,
		     uint32_t *sequence, uint32_t *acknowledgment);

#endif
