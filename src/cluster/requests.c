/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * requests.c - what the leader does when a process asks: join, attach, serve, leave
 *
 * Who asks is known by the line it asks on, and may speak of its own slots only. Each number of a
 * request is looked at before it is used.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cluster/kernel.h"
#include "cluster/leader.h"
#include "cluster/watch.h"
#include "fanout/extended.h"
#include "fanout/types.h"
#include "parse/flow.h"
#include "util/error.h"

/*
 * The first member says what the cluster is. Classic BPF does the six described types and the
 * seventh (by MAC); eBPF remembers fragments and looks into tunnels, and takes packets in turn
 * without losing one at a join.
 */
static int choose_mode(struct cluster *cluster, const struct cluster_join *join,
		       struct torc_error *error)
{
	struct cluster_shared *shared = cluster->shared;
	unsigned int bits = (unsigned int)torc_cluster_flow_bits((enum torc_cluster_type)join->type);
	bool turns = join->type == TORC_CLUSTER_ROUND_ROBIN;
	struct torc_error why = { .text = "" };
	int ret = -EOPNOTSUPP;

	if (join->dealt) {
		cluster->table.mode = CLUSTER_MODE_DEALT;
		return 0;
	}
	/* Any interface may have any link layer, which eBPF is not told. */
	if (join->ifindex == 0 && !turns)
		torc_error_set(&why, ret, "not on every interface at once");
	else
		ret = torc_extended_load(&shared->program, &shared->map, bits, turns, &why);
	if (ret == 0) {
		ret = torc_extended_map(&shared->map_memory, shared->map);
		if (ret == 0) {
			cluster->table.mode = CLUSTER_MODE_EXTENDED;
			return 0;
		}
		torc_message_close((int[]){ shared->map, shared->program }, 2);
		shared->map = shared->program = -1;
	}
	if (bits & TORC_FLOW_INNER)
		return torc_error_set(error, -EOPNOTSUPP, "cluster %u: %s needs CAP_BPF, to look "
				      "into tunnels: %s", shared->id,
				      torc_cluster_type_text((enum torc_cluster_type)join->type),
				      why.text[0] ? why.text : torc_strerror(ret));
	cluster->table.mode = turns ? CLUSTER_MODE_TURNS : CLUSTER_MODE_CLASSIC;
	return 0;
}

static bool is_like(const struct cluster_table *table, const struct cluster_join *join)
{
	return table->type == join->type && table->options == join->options &&
	       (table->mode == CLUSTER_MODE_DEALT) == (join->dealt != 0) &&
	       strcmp(table->device, join->device) == 0;
}

/* What nobody is left to use, and nobody else has got. */
static void forget_cluster(struct cluster *cluster)
{
	struct cluster_shared *shared = cluster->shared;
	unsigned int processes = 0, slots = 0;

	for (unsigned int i = 0; i < CLUSTER_PROCESSES; i++)
		processes += cluster->table.processes[i].used;
	for (unsigned int i = 0; i < CLUSTER_SLOTS; i++)
		slots += cluster->table.slots[i].used;
	if (processes > 1 || slots > 0)
		return;
	torc_shared_forget(shared);
	cluster->table.mode = 0;
}

/* Nobody is a member. When somebody was, his sockets may still be in the groups. */
static int found_cluster(struct cluster *cluster, const struct cluster_join *join,
			 struct torc_error *error)
{
	struct cluster_table *table = &cluster->table;

	if (table->mode != 0 && (!join->dealt || join->again) && is_like(table, join))
		return 0;
	forget_cluster(cluster);
	if (table->mode != 0)
		return torc_error_set(error, -EAGAIN, "cluster %u is just ending: try again",
				      table->id);
	table->type = join->type;
	table->options = join->options;
	snprintf(table->device, sizeof(table->device), "%s", join->device);
	return choose_mode(cluster, join, error);
}

/* A cluster that has members is what they say it is. */
static int compare(const struct cluster_table *table, unsigned int other,
		   const struct cluster_join *join, struct torc_error *error)
{
	const struct cluster_slot *slot = &table->slots[other];

	if (is_like(table, join))
		return 0;
	return torc_error_set(error, -TORC_ECLUSTER,
			      "cluster %u is %s%s on %.80s for pid %d (%.63s); this ring wants "
			      "%s%s on %.80s", table->id,
			      torc_cluster_type_text((enum torc_cluster_type)table->type),
			      table->options & TORC_CLUSTER_RELAXED ? ", relaxed," : "",
			      table->device, (int)table->processes[slot->process].pid,
			      slot->application,
			      torc_cluster_type_text((enum torc_cluster_type)join->type),
			      join->options & TORC_CLUSTER_RELAXED ? ", relaxed," : "",
			      join->device);
}

static int join(struct leader *leader, unsigned int process, const struct cluster_message *request,
		struct cluster_message *answer, struct torc_error *error)
{
	struct cluster_table *table = &leader->cluster.table;
	const struct cluster_join *join = &request->join;
	unsigned int other = torc_table_anybody(table), slot;
	int ret;

	slot = torc_table_find_slot(table, process, join->ticket);
	if (slot == CLUSTER_NOBODY) {
		if (torc_cluster_flow_bits((enum torc_cluster_type)join->type) < 0)
			return torc_error_set(error, -EINVAL, "no such type");
		ret = other == CLUSTER_NOBODY ? found_cluster(&leader->cluster, join, error) :
						compare(table, other, join, error);
		if (ret < 0)
			return ret;
		slot = torc_table_take_slot(table, process);
	}
	if (slot == CLUSTER_NOBODY)
		return torc_error_set(error, -ENOSPC, "cluster %u has %u members, and no room",
				      table->id, CLUSTER_SLOTS);
	table->slots[slot].ring_id = join->ring_id;
	table->slots[slot].ticket = join->ticket;
	memcpy(table->slots[slot].application, join->application, sizeof(join->application));
	answer->slot = slot;
	return 0;
}

/* A slot that the process may speak of, or NULL. */
static struct cluster_slot *own_slot(struct leader *leader, unsigned int process,
				     unsigned int index)
{
	struct cluster_slot *slot;

	if (index >= CLUSTER_SLOTS)
		return NULL;
	slot = &leader->cluster.table.slots[index];
	return slot->used && slot->process == process ? slot : NULL;
}

/* A socket of the process's own that this leader has not got. */
static void take_socket(struct leader *leader, unsigned int process, unsigned int index, int *fds,
			unsigned int fd_count)
{
	const struct cluster_slot *slot = own_slot(leader, process, index);
	struct cluster_message message = { .kind = MESSAGE_SOCKET, .slot = index };

	if (!slot || !slot->in_group || leader->cluster.table.mode >= CLUSTER_MODE_TURNS ||
	    fd_count != 1 || leader->cluster.shared->dups[index] >= 0 ||
	    torc_kernel_inode(fds[0]) != slot->inode)
		return;
	message.inode = slot->inode;
	torc_leader_tell(leader, &message, fds, 1, process);
	torc_shared_keep_socket(leader->cluster.shared, index, fds[0]);
	fds[0] = -1;
}

/* A fork goes on with its parent's ring, whose end may have been noticed already. */
static int adopt(struct leader *leader, unsigned int process, const struct cluster_message *request,
		 int *fds, unsigned int fd_count)
{
	struct cluster_slot *slot = own_slot(leader, request->value, request->slot);

	if (!slot || slot->ticket != request->join.ticket || slot->inode != request->inode)
		return -ESTALE;
	slot->process = (uint16_t)process;
	slot->left = slot->closed = 0;
	if (slot->in_group && leader->cluster.table.groups[slot->group].leaving == request->slot) {
		leader->cluster.table.groups[slot->group].leaving = CLUSTER_NOBODY; /* it stays */
		torc_group_install(&leader->cluster, slot->group);
	}
	take_socket(leader, process, request->slot, fds, fd_count);
	return 0;
}

/* The program of an eBPF group is installed once; what it does is in its map. */
static int first_program(struct cluster *cluster, unsigned int group, unsigned int slot)
{
	struct cluster_shared *shared = cluster->shared;

	if (cluster->table.mode != CLUSTER_MODE_EXTENDED)
		return 0;
	torc_extended_group(shared->map_memory, group, cluster->table.groups[group].ifindex);
	return torc_kernel_group_program(shared->dups[slot], &shared->program,
					 sizeof(shared->program));
}

/*
 * The slot for a new socket of a member. Where the last one still has its place, that slot is left to
 * be collected, and the member gets another; a member that asks again gets the same other one.
 */
static unsigned int slot_for(struct leader *leader, unsigned int process, unsigned int index,
			     uint64_t inode)
{
	struct cluster_table *table = &leader->cluster.table;
	const struct cluster_slot old = table->slots[index];
	unsigned int new;

	if (!old.in_group || old.inode == inode)
		return index;
	table->slots[index].closed = table->slots[index].left = 1;
	leader->collect = true;
	new = torc_table_find_slot(table, process, old.ticket);
	if (new == CLUSTER_NOBODY)
		new = torc_table_take_slot(table, process);
	if (new == CLUSTER_NOBODY)
		return CLUSTER_NOBODY;
	table->slots[new].ring_id = old.ring_id;
	table->slots[new].ticket = old.ticket;
	memcpy(table->slots[new].application, old.application, sizeof(old.application));
	return new;
}

static int attach(struct leader *leader, unsigned int process,
		  const struct cluster_message *request, int *fds, unsigned int fd_count,
		  struct cluster_message *answer, struct torc_error *error)
{
	struct cluster_message message = { .kind = MESSAGE_SOCKET };
	struct cluster *cluster = &leader->cluster;
	int group, ret = 0;

	if (fd_count == 1)
		message.inode = torc_kernel_inode(fds[0]);
	if (message.inode == 0)
		return torc_error_set(error, -EINVAL, "no socket");
	message.slot = slot_for(leader, process, request->slot, message.inode);
	answer->slot = message.slot;
	if (message.slot == CLUSTER_NOBODY)
		return torc_error_set(error, -ENOSPC, "cluster %u has no room", cluster->table.id);
	if (cluster->table.slots[message.slot].in_group)
		return 0; /* it asks again */
	/*
	 * Who has not come back yet would not have its duplicate, and could not complete the entry if
	 * this process died in the midst of it.
	 */
	if (leader->settle_by_ns > torc_watch_now_ns())
		return torc_error_set(error, -EAGAIN, "cluster %u: it has a new leader, to whom not all "
				      "processes have come yet", cluster->table.id);
	leader->collect = torc_leader_collect(leader); /* a place that is free, or nearly */
	torc_shared_keep_socket(cluster->shared, message.slot, fds[0]);
	if (cluster->table.mode < CLUSTER_MODE_TURNS) /* before it has a place: it outlives us */
		torc_leader_tell(leader, &message, fds, 1, leader->self);
	fds[0] = -1;
	group = torc_group_enter(cluster, message.slot, (int)request->value, error);
	if (group >= 0 && cluster->table.groups[group].places == 1)
		ret = first_program(cluster, (unsigned int)group, message.slot);
	if (ret < 0)
		torc_error_set(error, ret, "cluster %u: its program: %s", cluster->table.id,
			       torc_strerror(ret));
	/* In turns the socket leaves with its owner; so nobody else keeps it. */
	if (group < 0 || cluster->table.mode >= CLUSTER_MODE_TURNS)
		torc_leader_drop_socket(leader, message.slot);
	return group < 0 ? group : ret;
}

static int serve(struct leader *leader, struct cluster_slot *slot, bool serving)
{
	int ret;

	if (serving && !slot->in_group)
		return -EINVAL;
	slot->serving = serving;
	ret = torc_group_update(&leader->cluster, slot->group);
	if (!serving)
		torc_group_wait(&leader->cluster, slot->group);
	return ret;
}

static int last(struct leader *leader, struct cluster_slot *mine)
{
	bool alone = true;

	mine->left = 1;
	for (unsigned int i = 0; i < CLUSTER_SLOTS; i++) {
		const struct cluster_slot *slot = &leader->cluster.table.slots[i];

		alone &= !slot->used || slot->left ||
			 (slot->in_group && slot->group != mine->group);
	}
	return alone;
}

static void leave(struct leader *leader, struct cluster_slot *slot, unsigned int index)
{
	slot->left = slot->closed = 1;
	if (slot->in_group)
		return;
	torc_leader_drop_socket(leader, index);
	slot->used = 0;
}

static int of_slot(struct leader *leader, unsigned int process,
		   const struct cluster_message *request, int *fds, unsigned int fd_count,
		   struct cluster_message *answer, struct torc_error *error)
{
	struct cluster_slot *slot = own_slot(leader, process, request->slot);

	if (!slot)
		return torc_error_set(error, -ESTALE, "cluster %u: not a member of this process",
				      leader->cluster.table.id);
	switch (request->kind) {
	case MESSAGE_ATTACH:
		return attach(leader, process, request, fds, fd_count, answer, error);
	case MESSAGE_SERVE:
		return serve(leader, slot, request->value != 0);
	case MESSAGE_LAST:
		return last(leader, slot);
	case MESSAGE_CLOSED:
		slot->closed = 1;
		leader->collect = true;
		return 0;
	case MESSAGE_LEAVE:
		leave(leader, slot, request->slot);
		leader->collect = true;
		return 0;
	default:
		return torc_error_set(error, -EPROTO, "no such request");
	}
}

void torc_leader_request(struct leader *leader, unsigned int process,
			 const struct cluster_message *request, int *fds, unsigned int fd_count,
			 struct cluster_message *answer)
{
	struct torc_error error = { .text = "" };

	memset(answer, 0, sizeof(*answer));
	answer->kind = MESSAGE_ANSWER;
	answer->number = request->number;
	answer->slot = request->slot;
	switch (request->kind) {
	case MESSAGE_JOIN:
		answer->result = join(leader, process, request, answer, &error);
		break;
	case MESSAGE_ADOPT:
		answer->result = adopt(leader, process, request, fds, fd_count);
		break;
	case MESSAGE_SOCKET:
		take_socket(leader, process, request->slot, fds, fd_count);
		break;
	case MESSAGE_HANDOFF:
		torc_leader_tell(leader, request, fds, fd_count, process);
		torc_shared_keep_handoff(leader->cluster.shared, request, fds, fd_count);
		fd_count = 0;
		break;
	default:
		answer->result = of_slot(leader, process, request, fds, fd_count, answer, &error);
		break;
	}
	torc_message_close(fds, fd_count);
	torc_table_publish(leader->cluster.memory, &leader->cluster.table);
	memcpy(answer->text, error.text, sizeof(answer->text) < sizeof(error.text) ?
						 sizeof(answer->text) : sizeof(error.text));
	answer->text[sizeof(answer->text) - 1] = '\0';
}
