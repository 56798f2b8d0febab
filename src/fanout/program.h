/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * program.h - the programs that tell a fanout group which member a packet is for
 *
 * A hash chooses one of 1024 buckets, by its top bits; a table says what the program returns for
 * each; the kernel takes that modulo the number of members (packet(7), PACKET_FANOUT_CBPF). Two
 * makes of the same thing: classic BPF, where the table is part of the program, and eBPF (extended.c),
 * where it is a map.
 */
#ifndef TORC_FANOUT_PROGRAM_H
#define TORC_FANOUT_PROGRAM_H

#include <linux/filter.h>
#include <stdint.h>

#define CLUSTER_BUCKETS     1024u
#define CLUSTER_BUCKET_BITS 10
#define CLUSTER_BUCKET_OF(hash) ((hash) >> (32 - CLUSTER_BUCKET_BITS))
#define CLUSTER_GROUPS 16u /* interfaces of a cluster: a table for each */

struct torc_classic_program {
	unsigned short count;
	struct sock_filter insns[BPF_MAXINSNS];
};

/*
 * torc_cluster_classic - the classic program for TORC_FLOW_ bits (not TORC_FLOW_INNER) and a table
 *
 * Its hash is torc_cluster_hash() of the packet, whether it was received or sent, with up to four
 * VLAN tags; behind six IPv6 extension headers it looks no further. Returns 0 or -E2BIG.
 */
int torc_cluster_classic(struct torc_classic_program *program, unsigned int flow_bits,
			 const uint16_t table[CLUSTER_BUCKETS]);

#endif
