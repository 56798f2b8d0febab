/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * group.c - one fanout group of a cluster: who has which place, and the program that says so
 *
 * The kernel keeps a group's sockets in an array: one that enters is appended, one that goes leaves
 * its place to the last (net/packet/af_packet.c, __fanout_link and __fanout_unlink). Nothing tells
 * the order afterwards; so the leader alone makes every entry and every exit, one after the other, and notes it. What it is
 * about to do is published before, so that another one can complete it.
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <unistd.h>

#include "bpf/bpf.h"
#include "cluster/group.h"
#include "cluster/kernel.h"
#include "fanout/extended.h"
#include "fanout/types.h"
#include "util/error.h"

#define IDS_TRIED 64

/*
 * Kernel ids are 16 bits wide and shared by all programs of the network namespace. Ours begin at
 * 32768, as others' are small numbers; two interfaces of one cluster have different ones.
 */
static uint16_t preferred_id(unsigned int id, int ifindex)
{
	return (uint16_t)(32768u + (id * 257u + (unsigned int)ifindex) % 32768u);
}

static uint16_t group_type(const struct cluster_table *table)
{
	uint16_t type = PACKET_FANOUT_CBPF;

	if (table->mode == CLUSTER_MODE_EXTENDED)
		type = PACKET_FANOUT_EBPF;
	else if (table->mode == CLUSTER_MODE_TURNS)
		type = PACKET_FANOUT_LB;
	if (table->options & TORC_CLUSTER_RELAXED)
		type |= PACKET_FANOUT_FLAG_ROLLOVER;
	return type;
}

/* A new group: the preferred id, or the next that no other program has. */
static int found_group(struct cluster *cluster, struct cluster_group *group, int fd)
{
	uint16_t first = preferred_id(cluster->table.id, group->ifindex);
	int ret = -EADDRINUSE;

	for (unsigned int i = 0; i < IDS_TRIED; i++) {
		uint16_t id = (uint16_t)(32768u + (first + i) % 32768u);
		int taken = torc_kernel_group_taken(id);

		if (taken < 0)
			return taken;
		if (taken)
			continue;
		group->kernel_id = id;
		torc_table_publish(cluster->memory, &cluster->table);
		ret = torc_kernel_group_enter(fd, id, group_type(&cluster->table));
		if (ret < 0)
			group->kernel_id = 0;
		return ret;
	}
	return ret;
}

static int refuse_enter(struct cluster *cluster, int ret, struct torc_error *error)
{
	switch (ret) {
	case -EINVAL:
		return torc_error_set(error, -ENETDOWN,
				      "cluster %u: the socket cannot enter the group: is its "
				      "interface up, and the socket bound to it?", cluster->table.id);
	case -ENOSPC:
		return torc_error_set(error, ret, "cluster %u: %u sockets share this interface "
				      "already, the kernel takes no more", cluster->table.id,
				      CLUSTER_PLACES);
	case -EALREADY:
		return torc_error_set(error, ret, "cluster %u: the socket is in a fanout group "
				      "already", cluster->table.id);
	case -EADDRINUSE:
		return torc_error_set(error, ret, "cluster %u: %d fanout ids from %u on are in use "
				      "by other programs", cluster->table.id, IDS_TRIED,
				      preferred_id(cluster->table.id, 0));
	default:
		return torc_error_set(error, ret, "cluster %u: PACKET_FANOUT: %s", cluster->table.id,
				      torc_strerror(ret));
	}
}

/* 0 too when the socket has its place already: a leader died before it could note it. */
static int enter_kernel(struct cluster *cluster, struct cluster_group *group, int fd)
{
	int ret;

	if (cluster->table.mode == CLUSTER_MODE_DEALT)
		return 0;
	if (group->kernel_id == 0)
		return found_group(cluster, group, fd);
	ret = torc_kernel_group_enter(fd, group->kernel_id, group_type(&cluster->table));
	return ret == -EALREADY ? 0 : ret;
}

int torc_group_enter(struct cluster *cluster, unsigned int slot, int ifindex,
		     struct torc_error *error)
{
	struct cluster_table *table = &cluster->table;
	unsigned int index = torc_table_take_group(table, ifindex);
	int fd = cluster->shared->dups[slot], ret;
	struct cluster_group *group;

	if (index == CLUSTER_NOBODY)
		return torc_error_set(error, -ENOSPC, "cluster %u: more than %u interfaces",
				      table->id, CLUSTER_GROUPS);
	group = &table->groups[index];
	if (group->places >= CLUSTER_PLACES)
		return refuse_enter(cluster, -ENOSPC, error);
	/* What the program returns meanwhile is right for one number of sockets and for one less. */
	if (group->leaving != CLUSTER_NOBODY)
		return torc_error_set(error, -EAGAIN, "cluster %u: the socket of one that has left is "
				      "still held by a process that does not go on: is it stopped?",
				      table->id);
	table->slots[slot].group = (uint16_t)index;
	table->slots[slot].inode = torc_kernel_inode(fd);
	table->entering = (uint16_t)slot;
	torc_table_publish(cluster->memory, table);
	ret = enter_kernel(cluster, group, fd);
	table->entering = CLUSTER_NOBODY;
	if (ret < 0)
		return refuse_enter(cluster, ret, error);
	group->place[group->places++] = (uint16_t)slot;
	table->slots[slot].in_group = 1;
	table->slots[slot].closed = 0;
	torc_table_publish(cluster->memory, table);
	return (int)index;
}

/* Any socket of the group will do, and this process has a duplicate of each. */
static int group_socket(const struct cluster *cluster, unsigned int index)
{
	const struct cluster_group *group = &cluster->table.groups[index];

	for (unsigned int place = 0; place < group->places; place++) {
		if (cluster->shared->dups[group->place[place]] >= 0)
			return cluster->shared->dups[group->place[place]];
	}
	return -1;
}

/* The members that serve in a group. */
static unsigned int serving(const struct cluster *cluster, unsigned int index,
			    uint16_t members[CLUSTER_SLOTS])
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < CLUSTER_SLOTS; i++) {
		const struct cluster_slot *slot = &cluster->table.slots[i];

		if (slot->used && slot->serving && slot->in_group && slot->group == index)
			members[count++] = (uint16_t)i;
	}
	return count;
}

/* Turns go through as many buckets as make whole rounds. */
static unsigned int turns_modulus(const struct cluster *cluster, unsigned int index)
{
	uint16_t members[CLUSTER_SLOTS];
	unsigned int count = serving(cluster, index, members);

	return count ? CLUSTER_BUCKETS / count * count : 1;
}

/* Into the map, or out of it: then the host has its packets. */
static int map_sockets(const struct torc_cluster_goods *goods, bool in)
{
	int ret = 0;

	for (uint32_t id = 0, at = 2; id < 64 && at < goods->count && ret == 0; id++) {
		if (!(goods->queues >> id & 1))
			continue;
		if (in)
			ret = torc_bpf_map_update(goods->fds[1], &id, &goods->fds[at]);
		else
			torc_bpf_map_delete(goods->fds[1], &id);
		at += 2;
	}
	return ret;
}

/*
 * While somebody serves, the sockets are in the map. They are taken out once only, and before it is
 * published that nobody serves: afterwards the last member, having left, may receive by them alone,
 * while the leader still gives up its place here.
 */
static int install_dealt(struct cluster *cluster, unsigned int index)
{
	struct cluster_group *group = &cluster->table.groups[index];
	const struct torc_cluster_goods *goods = torc_shared_handoff(cluster->shared,
								     group->ifindex);
	uint16_t members[CLUSTER_SLOTS];
	unsigned int count = serving(cluster, index, members);

	if (goods && count == 0 && group->deal.serving > 0)
		map_sockets(goods, false);
	group->deal.turns = turns_modulus(cluster, index);
	group->deal.serving = count;
	group->deal.changes++;
	torc_table_publish(cluster->memory, &cluster->table);
	return goods && count > 0 ? map_sockets(goods, true) : 0;
}

int torc_group_install(struct cluster *cluster, unsigned int index)
{
	static struct torc_classic_program program; /* under the big lock */
	struct sock_fprog fprog = { .filter = program.insns };
	uint16_t values[CLUSTER_BUCKETS];
	int fd = group_socket(cluster, index), ret;

	if (cluster->table.mode == CLUSTER_MODE_TURNS)
		return 0;
	if (cluster->table.mode == CLUSTER_MODE_DEALT)
		return install_dealt(cluster, index);
	torc_places_fill(values, &cluster->table.groups[index]);
	if (cluster->table.mode == CLUSTER_MODE_EXTENDED) {
		torc_extended_write(cluster->shared->map_memory, index, turns_modulus(cluster, index),
				    values);
		return 0;
	}
	if (fd < 0)
		return -ENOENT;
	ret = torc_cluster_classic(&program,
				   (unsigned int)torc_cluster_flow_bits(cluster->table.type),
				   values);
	if (ret < 0)
		return ret;
	fprog.len = program.count;
	return torc_kernel_group_program(fd, &fprog, sizeof(fprog));
}

int torc_group_update(struct cluster *cluster, unsigned int index)
{
	struct cluster_table *table = &cluster->table;
	uint16_t members[CLUSTER_SLOTS], *owner;
	unsigned int count;

	if (index >= CLUSTER_GROUPS)
		return -EINVAL;
	owner = table->groups[index].deal.owner;
	count = serving(cluster, index, members);
	if (table->mode == CLUSTER_MODE_DEALT && count == 0)
		return torc_group_install(cluster, index); /* who takes up what was dealt knows whose it was */
	if (table->type != TORC_CLUSTER_ROUND_ROBIN)
		torc_balance(owner, members, count);
	for (unsigned int b = 0; table->type == TORC_CLUSTER_ROUND_ROBIN && b < CLUSTER_BUCKETS; b++)
		owner[b] = count ? members[b % count] : CLUSTER_NOBODY;
	if (table->mode != CLUSTER_MODE_DEALT) /* there it is published with the number of the change */
		torc_table_publish(cluster->memory, table);
	return torc_group_install(cluster, index);
}

/*
 * The kernel waits for all packets on their way when it exchanges a program (synchronize_net). A
 * classic program is exchanged at each change; an eBPF one stays, so it is exchanged for itself.
 */
void torc_group_wait(struct cluster *cluster, unsigned int index)
{
	int fd = group_socket(cluster, index);

	if (cluster->table.mode == CLUSTER_MODE_EXTENDED && fd >= 0)
		torc_kernel_group_program(fd, &cluster->shared->program, sizeof(int));
}

/* Of a slot's socket among those that there are; count: it is gone. */
static int age(const struct cluster_table *table, unsigned int slot, const uint64_t *inodes, int count)
{
	int i = 0;

	while (i < count && inodes[i] != table->slots[slot].inode)
		i++;
	return i;
}

/* The socket that a leader was putting into its group when it died has a place now, or is gone. */
static void complete_entry(struct cluster *cluster)
{
	struct cluster_table *table = &cluster->table;
	unsigned int slot = table->entering;

	table->entering = CLUSTER_NOBODY;
	if (slot == CLUSTER_NOBODY)
		return;
	if (cluster->shared->dups[slot] >= 0)
		torc_group_enter(cluster, slot, table->groups[table->slots[slot].group].ifindex,
				 NULL);
}

void torc_group_repair(struct cluster *cluster)
{
	struct cluster_table *table = &cluster->table;
	uint64_t *inodes = NULL;
	int count = table->mode == CLUSTER_MODE_DEALT ? -1 : torc_kernel_sockets(&inodes);

	for (unsigned int i = 0; i < CLUSTER_GROUPS; i++) {
		struct cluster_group *group = &table->groups[i];

		for (unsigned int place = 0; count >= 0 && place < group->places;) {
			if (age(table, group->place[place], inodes, count) < count)
				place++;
			else
				torc_table_drop_place(table, group, place);
		}
	}
	free(inodes);
	complete_entry(cluster);
	for (unsigned int i = 0; i < CLUSTER_GROUPS; i++) {
		if (table->groups[i].used)
			torc_group_update(cluster, i);
	}
}

/* An insertion sort: places are few, and nearly always in order. */
void torc_group_reorder(struct cluster *cluster, unsigned int index)
{
	struct cluster_table *table = &cluster->table;
	struct cluster_group *group = &table->groups[index];
	uint64_t *inodes;
	int count = torc_kernel_sockets(&inodes);

	for (unsigned int i = 1; count > 0 && i < group->places; i++) {
		uint16_t slot = group->place[i];
		int its_age = age(table, slot, inodes, count);
		unsigned int at = i;

		for (; at > 0 && age(table, group->place[at - 1], inodes, count) > its_age; at--)
			group->place[at] = group->place[at - 1];
		group->place[at] = slot;
	}
	free(inodes);
	torc_group_update(cluster, index);
}
