/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * collect.c - what the leader does about members that have left or died: their buckets go to others
 * at once, their places in the kernel's group one after the other
 */
#include <time.h>

#include "cluster/kernel.h"
#include "cluster/leader.h"

#define GIVE_UP_TRIES   40 /* times GIVE_UP_WAIT_NS: for the others to close a duplicate */
#define GIVE_UP_WAIT_NS 250000

void torc_leader_tell(struct leader *leader, const struct cluster_message *message, const int *fds,
		      unsigned int fd_count, unsigned int but)
{
	for (unsigned int i = 0; i < CLUSTER_PROCESSES; i++) {
		if (i != but && leader->processes[i].line >= 0)
			torc_message_send(leader->processes[i].line, message, fds, fd_count);
	}
}

void torc_leader_drop_socket(struct leader *leader, unsigned int slot)
{
	struct cluster_shared *shared = leader->cluster.shared;
	struct cluster_message drop = { .kind = MESSAGE_DROP, .slot = slot,
					.inode = leader->cluster.table.slots[slot].inode };

	if (shared->dups[slot] >= 0)
		drop.inode = torc_kernel_inode(shared->dups[slot]);
	if (drop.inode != 0)
		torc_leader_tell(leader, &drop, NULL, 0, leader->self);
	torc_shared_drop_socket(shared, slot);
}

void torc_leader_process_gone(struct leader *leader, unsigned int process)
{
	struct cluster_table *table = &leader->cluster.table;
	bool touched[CLUSTER_GROUPS] = { false };

	if (process >= CLUSTER_PROCESSES || !table->processes[process].used)
		return;
	for (unsigned int i = 0; i < CLUSTER_SLOTS; i++) {
		struct cluster_slot *slot = &table->slots[i];

		if (!slot->used || slot->process != process)
			continue;
		touched[slot->group] |= slot->serving && slot->in_group;
		slot->serving = 0;
		slot->closed = 1;
		slot->left = 1;
		if (!slot->in_group) {
			torc_leader_drop_socket(leader, i); /* it may have been about to enter */
			slot->used = 0;
		}
	}
	table->processes[process].used = 0;
	for (unsigned int i = 0; i < CLUSTER_GROUPS; i++) {
		if (touched[i])
			torc_group_update(&leader->cluster, i);
	}
	torc_table_publish(leader->cluster.memory, table);
	leader->collect = true;
}

/*
 * Close every duplicate of a socket and wait until it is gone. The program that is in force
 * meanwhile is right before and after. Returns false when somebody still has it.
 */
static bool give_up_socket(struct leader *leader, unsigned int slot)
{
	const struct timespec pause = { .tv_nsec = GIVE_UP_WAIT_NS };
	const struct cluster_slot *s = &leader->cluster.table.slots[slot];
	struct cluster_group *group = &leader->cluster.table.groups[s->group];

	if (torc_kernel_has_socket(s->inode) == 0)
		return true;
	group->leaving = (uint16_t)slot;
	torc_table_publish(leader->cluster.memory, &leader->cluster.table);
	torc_group_install(&leader->cluster, s->group);
	torc_group_wait(&leader->cluster, s->group);
	torc_leader_drop_socket(leader, slot);
	for (int i = 0; i < GIVE_UP_TRIES; i++) {
		if (torc_kernel_has_socket(s->inode) <= 0)
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

/* What is closed takes no packet, whether its owner could say so or not. */
static bool give_up_slot(struct leader *leader, unsigned int index)
{
	struct cluster_table *table = &leader->cluster.table;
	struct cluster_slot *slot = &table->slots[index];
	unsigned int group = slot->group, place = torc_table_place_of(&table->groups[group], index);

	if (place == CLUSTER_NOBODY) {
		slot->in_group = 0;
		slot->used = !slot->left;
		return true;
	}
	if (table->groups[group].leaving != CLUSTER_NOBODY && table->groups[group].leaving != index)
		return false; /* one after the other */
	if (slot->serving) {
		slot->serving = 0;
		torc_group_update(&leader->cluster, group);
	}
	if (table->mode < CLUSTER_MODE_TURNS && !give_up_socket(leader, index))
		return false;
	torc_shared_drop_socket(leader->cluster.shared, index);
	torc_table_drop_place(table, &table->groups[group], place);
	torc_table_publish(leader->cluster.memory, table);
	torc_group_install(&leader->cluster, group);
	return true;
}

bool torc_leader_collect(struct leader *leader)
{
	bool more = true, done = true;

	while (more && done) { /* who had to wait for another goes after it */
		more = done = false;
		for (unsigned int i = 0; i < CLUSTER_SLOTS; i++) {
			const struct cluster_slot *slot = &leader->cluster.table.slots[i];

			if (!slot->used || !slot->closed || !slot->in_group)
				continue;
			if (give_up_slot(leader, i))
				done = true;
			else
				more = true;
		}
	}
	return more;
}
