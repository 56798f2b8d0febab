/* SPDX-License-Identifier: BSD-3-Clause */
/* types.h - what each cluster type calls a flow */
#ifndef TORC_FANOUT_TYPES_H
#define TORC_FANOUT_TYPES_H

#include <torc/parse.h>
#include <torc/ring.h>

/* TORC_FLOW_ bits (parse/flow.h) of a type, or -EINVAL for a number that is no type. */
int torc_cluster_flow_bits(enum torc_cluster_type type);

/* The name as users write it, such as "per_flow_2_tuple"; never NULL. */
const char *torc_cluster_type_text(enum torc_cluster_type type);

/*
 * The hash that places a packet whose fragments nobody remembers: fragments go by their addresses
 * (and tags) alone, so that all of one datagram meet.
 */
uint32_t torc_cluster_hash(unsigned int flow_bits, const struct torc_parsed *parsed);

/*
 * torc_cluster_share_of - the share, 0 to count - 1, a packet belongs to when a flow hash alone
 * decides: how a file is split among the members of a cluster. Deterministic across processes and
 * runs. round_robin is not a matter of the packet: the caller counts.
 */
unsigned int torc_cluster_share_of(enum torc_cluster_type type, const struct torc_packet *packet,
				   unsigned int count);

#endif
