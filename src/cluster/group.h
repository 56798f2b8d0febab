/* SPDX-License-Identifier: BSD-3-Clause */
/* group.h - the leader's hold on a fanout group of the kernel; big lock held */
#ifndef TORC_CLUSTER_GROUP_H
#define TORC_CLUSTER_GROUP_H

#include "cluster/shared.h"
#include "cluster/table.h"

struct torc_error;

/* What the leader works with. */
struct cluster {
	struct cluster_shared *shared;
	struct cluster_table table;   /* its own */
	struct cluster_memory *memory; /* where the others see it */
};

/*
 * Put a slot's socket, of which dups has a duplicate, into the group of an interface, which is made
 * if need be. Returns the group, or -EAGAIN while another socket is leaving it.
 */
int torc_group_enter(struct cluster *cluster, unsigned int slot, int ifindex,
		     struct torc_error *error);
/* Shares as the slots want them, and a program that says so. */
int torc_group_update(struct cluster *cluster, unsigned int group);
/* The program only. */
int torc_group_install(struct cluster *cluster, unsigned int group);
/* Until no packet is on its way that has met an older program or table. */
void torc_group_wait(struct cluster *cluster, unsigned int group);
/*
 * After a leader died: complete what it had begun, compare all groups with what the kernel has,
 * drop what is gone, and install again.
 */
void torc_group_repair(struct cluster *cluster);
/* An interface that has come up again has its sockets in another order: that of their age. */
void torc_group_reorder(struct cluster *cluster, unsigned int group);

#endif
