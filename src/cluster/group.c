/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * group.c - one fanout group of a cluster: who has which place, and the program that says so
 *
 * The kernel keeps a group's sockets in an array: one that enters is appended, one that goes leaves
 * its place to the last (net/packet/af_packet.c, __fanout_link and __fanout_unlink). Nothing tells
 * the order afterwards; so every entry and every exit is under the table's lock and noted.
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <stdlib.h>
#include <unistd.h>

#include "bpf/bpf.h"
#include "cluster/kernel.h"
#include "cluster/extended.h"
#include "cluster/session.h"
#include "cluster/types.h"
#include "util/error.h"

#define IDS_TRIED 64

/*
 * Kernel ids are 16 bits wide and shared by all programs of the network namespace. Ours begin at
 * 32768, as others' are small numbers; two interfaces of one cluster have different ones.
 */
uint16_t torc_group_preferred_id(unsigned int id, int ifindex)
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
static int found_group(struct session *session, struct cluster_group *group, int fd)
{
	uint16_t first = torc_group_preferred_id(session->id, group->ifindex);
	int ret = -EADDRINUSE;

	for (unsigned int i = 0; i < IDS_TRIED; i++) {
		uint16_t id = (uint16_t)(32768u + (first + i) % 32768u);
		int taken = torc_kernel_group_taken(id);

		if (taken < 0)
			return taken;
		if (taken)
			continue;
		ret = torc_kernel_group_enter(fd, id, group_type(session->table));
		if (ret == 0)
			group->kernel_id = id;
		return ret;
	}
	return ret;
}

static int refuse_enter(struct session *session, int ret, struct torc_error *error)
{
	switch (ret) {
	case -EINVAL:
		return torc_error_set(error, -ENETDOWN,
				      "cluster %u: the socket cannot enter the group: is its "
				      "interface up, and the socket bound to it?", session->id);
	case -ENOSPC:
		return torc_error_set(error, ret, "cluster %u: %u sockets share this interface "
				      "already, the kernel takes no more", session->id,
				      CLUSTER_PLACES);
	case -EALREADY:
		return torc_error_set(error, ret, "cluster %u: the socket is in a fanout group "
				      "already", session->id);
	case -EADDRINUSE:
		return torc_error_set(error, ret, "cluster %u: %d fanout ids from %u on are in use "
				      "by other programs", session->id, IDS_TRIED,
				      torc_group_preferred_id(session->id, 0));
	default:
		return torc_error_set(error, ret, "cluster %u: PACKET_FANOUT: %s", session->id,
				      torc_strerror(ret));
	}
}

int torc_group_enter(struct session *session, unsigned int slot, int fd, int ifindex,
		     struct torc_error *error)
{
	struct cluster_table *table = session->table;
	unsigned int index = torc_table_take_group(table, ifindex);
	struct cluster_group *group = &table->groups[index];
	int ret;

	if (index == CLUSTER_NOBODY)
		return torc_error_set(error, -ENOSPC, "cluster %u: more than %u interfaces",
				      session->id, CLUSTER_GROUPS);
	if (group->places >= CLUSTER_PLACES)
		return refuse_enter(session, -ENOSPC, error);
	if (table->mode == CLUSTER_MODE_DEALT)
		ret = 0;
	else if (group->places == 0)
		ret = found_group(session, group, fd);
	else
		ret = torc_kernel_group_enter(fd, group->kernel_id, group_type(table));
	if (ret < 0)
		return refuse_enter(session, ret, error);
	group->place[group->places++] = (uint16_t)slot;
	table->slots[slot].group = (uint16_t)index;
	table->slots[slot].inode = torc_kernel_inode(fd);
	table->slots[slot].in_group = 1;
	table->slots[slot].closed = 0;
	return (int)index;
}

/* Any socket of the group will do, and this process has a duplicate of each. */
static int group_socket(const struct session *session, unsigned int index)
{
	const struct cluster_table *table = session->table;

	for (unsigned int i = 0; i < CLUSTER_SLOTS; i++) {
		if (session->dups[i] >= 0 && table->slots[i].in_group &&
		    table->slots[i].group == index)
			return session->dups[i];
	}
	return -1;
}

/* The members that serve in a group. */
static unsigned int serving(const struct session *session, unsigned int index,
			    uint16_t members[CLUSTER_SLOTS])
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < CLUSTER_SLOTS; i++) {
		const struct cluster_slot *slot = &session->table->slots[i];

		if (slot->used && slot->serving && slot->in_group && slot->group == index)
			members[count++] = (uint16_t)i;
	}
	return count;
}

/* Turns go through as many buckets as make whole rounds. */
static unsigned int turns_modulus(const struct session *session, unsigned int index)
{
	uint16_t members[CLUSTER_SLOTS];
	unsigned int count = serving(session, index, members);

	return count ? CLUSTER_BUCKETS / count * count : 1;
}

/*
 * The members deal by a copy of the shares that is always whole: each bucket goes from one slot to
 * another in one store. While somebody serves, the sockets are in the map; else the host has its
 * packets.
 */
static int install_dealt(struct session *session, unsigned int index)
{
	struct cluster_group *group = &session->table->groups[index];
	const struct peer_message *goods = torc_session_goods(session, group->ifindex);
	uint16_t members[CLUSTER_SLOTS];
	unsigned int count = serving(session, index, members);
	int ret = 0;

	for (unsigned int b = 0; count > 0 && b < CLUSTER_BUCKETS; b++)
		__atomic_store_n(&group->deal.owner[b], group->owner[b], __ATOMIC_RELAXED);
	__atomic_store_n(&group->deal.turns, turns_modulus(session, index), __ATOMIC_RELAXED);
	__atomic_store_n(&group->deal.serving, count, __ATOMIC_RELAXED);
	__atomic_add_fetch(&group->deal.changes, 1, __ATOMIC_RELEASE);
	for (uint32_t id = 0, at = 2; goods && id < 64 && at < goods->fd_count && ret == 0; id++) {
		if (!(goods->inode >> id & 1))
			continue;
		if (count > 0)
			ret = torc_bpf_map_update(goods->fds[1], &id, &goods->fds[at]);
		else
			torc_bpf_map_delete(goods->fds[1], &id);
		at += 2;
	}
	return ret;
}

int torc_group_install(struct session *session, unsigned int index, unsigned int leaving)
{
	static struct torc_classic_program program; /* under the big lock */
	struct sock_fprog fprog = { .filter = program.insns };
	uint16_t values[CLUSTER_BUCKETS];
	int fd = group_socket(session, index), ret;

	if (session->table->mode == CLUSTER_MODE_TURNS)
		return 0;
	if (session->table->mode == CLUSTER_MODE_DEALT)
		return install_dealt(session, index);
	torc_places_fill(values, &session->table->groups[index], leaving);
	if (session->table->mode == CLUSTER_MODE_EXTENDED) {
		torc_extended_write(session->map_memory, index, turns_modulus(session, index),
				    values);
		return 0;
	}
	if (fd < 0)
		return -ENOENT;
	ret = torc_cluster_classic(&program,
				   (unsigned int)torc_cluster_flow_bits(session->table->type),
				   values);
	if (ret < 0)
		return ret;
	fprog.len = program.count;
	return torc_kernel_group_program(fd, &fprog);
}

int torc_group_update(struct session *session, unsigned int index)
{
	struct cluster_table *table = session->table;
	uint16_t members[CLUSTER_SLOTS];
	unsigned int count;

	if (index >= CLUSTER_GROUPS)
		return -EINVAL;
	count = serving(session, index, members);
	if (table->type != TORC_CLUSTER_ROUND_ROBIN)
		torc_balance(table->groups[index].owner, members, count);
	for (unsigned int b = 0; table->type == TORC_CLUSTER_ROUND_ROBIN && b < CLUSTER_BUCKETS;
	     b++)
		table->groups[index].owner[b] = count ? members[b % count] : CLUSTER_NOBODY;
	return torc_group_install(session, index, CLUSTER_NOBODY);
}

/*
 * The kernel waits for all packets on their way when it exchanges a program (synchronize_net). A
 * classic program is exchanged at each change; an eBPF one stays, so it is exchanged for itself.
 */
void torc_group_wait(struct session *session, unsigned int index)
{
	int fd = group_socket(session, index);

	if (session->table->mode == CLUSTER_MODE_EXTENDED && fd >= 0)
		torc_kernel_group_extended(fd, session->program);
}

static bool listed(const struct kernel_socket *sockets, int count, uint64_t inode)
{
	for (int i = 0; i < count; i++) {
		if (sockets[i].inode == inode)
			return true;
	}
	return false;
}

void torc_group_repair(struct session *session)
{
	struct cluster_table *table = session->table;
	struct kernel_socket *sockets = NULL;
	int count = table->mode == CLUSTER_MODE_DEALT ? -1 : torc_kernel_sockets(&sockets);

	for (unsigned int i = 0; i < CLUSTER_GROUPS; i++) {
		struct cluster_group *group = &table->groups[i];

		if (!group->used)
			continue;
		for (unsigned int place = 0; count >= 0 && place < group->places;) {
			unsigned int slot = group->place[place] % CLUSTER_SLOTS;

			if (listed(sockets, count, table->slots[slot].inode))
				place++;
			else
				torc_table_drop_place(table, group, place);
		}
		torc_group_update(session, i);
	}
	free(sockets);
}
