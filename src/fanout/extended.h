/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * extended.h - the eBPF make of a cluster's program; CAP_BPF is needed once, by the first member
 *
 * It does what the classic program does, and more: it remembers where the first fragment of a
 * datagram went, looks through 16 IPv6 extension headers and into tunnels, and counts for
 * round_robin. The buckets are in a map that every member writes through memory, without any
 * privilege.
 */
#ifndef TORC_FANOUT_EXTENDED_H
#define TORC_FANOUT_EXTENDED_H

#include <stdbool.h>
#include <stdint.h>

#include "fanout/program.h"

struct torc_error;

/* Load the program for TORC_FLOW_ bits, or for turns. -EPERM without CAP_BPF. */
int torc_extended_load(int *program, int *map, unsigned int flow_bits, bool turns,
		       struct torc_error *error);
int torc_extended_map(void **memory, int map);
void torc_extended_unmap(void *memory);

/* The program finds a packet's group by its interface; 0: one group for all. */
void torc_extended_group(void *memory, unsigned int group, int ifindex);

/*
 * Exchange the table of a group: a packet meets the old one or the new one, never a mixture; one
 * that is on its way at this moment may still meet the old one. modulus: of the turns.
 */
void torc_extended_write(void *memory, unsigned int group, unsigned int modulus,
			 const uint16_t values[CLUSTER_BUCKETS]);

#endif
