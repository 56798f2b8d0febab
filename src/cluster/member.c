/* SPDX-License-Identifier: BSD-3-Clause */
/* member.c - one ring's interface in a cluster; see cluster.h */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cluster/extended.h"
#include "cluster/kernel.h"
#include "cluster/session.h"
#include "cluster/types.h"
#include "parse/flow.h"
#include "util/error.h"

#define OBTAIN_TRIES   100
#define OBTAIN_WAIT_NS 5000000

struct torc_cluster_member {
	struct session *session;
	unsigned int slot;
	unsigned int process; /* that has it, as far as we know: another one after a fork */
	unsigned int forks;   /* torc_session_forks() of this process */
	int ifindex;
	int socket; /* what is attached, or -1; a duplicate of our own */
	bool serving;
	char application[64];
	uint32_t ring_id;
};

static int check_request(const struct torc_cluster_request *request, struct torc_error *error)
{
	if (request->id < 1 || request->id > 65535)
		return torc_error_set(error, -EINVAL, "cluster %u: ids are 1 to 65535",
				      request->id);
	if (torc_cluster_flow_bits(request->type) < 0)
		return torc_error_set(error, -EINVAL, "cluster %u: no such type: %d", request->id,
				      request->type);
	if (request->dealt && request->options)
		return torc_error_set(error, -EOPNOTSUPP, "a cluster on xdp: has no options");
	if (request->options & ~(uint32_t)TORC_CLUSTER_RELAXED)
		return torc_error_set(error, -EINVAL, "cluster %u: unknown options 0x%x",
				      request->id, request->options);
	return 0;
}

/*
 * The first member says what the cluster is. Classic BPF does the six described types and the
 * seventh (by MAC); eBPF remembers fragments and looks into tunnels, and takes packets in turn
 * without losing one at a join.
 */
static int choose_mode(struct session *session, const struct torc_cluster_request *request,
		       struct torc_error *error)
{
	unsigned int bits = (unsigned int)torc_cluster_flow_bits(request->type);
	bool turns = request->type == TORC_CLUSTER_ROUND_ROBIN;
	struct torc_error why = { .text = "" };
	int ret = -EOPNOTSUPP;

	if (request->dealt) {
		session->table->mode = CLUSTER_MODE_DEALT;
		return 0;
	}
	/* Any interface may have any link layer, which eBPF is not told. */
	if (request->ifindex == 0 && !turns)
		torc_error_set(&why, ret, "not on every interface at once");
	else
		ret = torc_extended_load(&session->program, &session->table_map, bits, turns,
					 &why);
	if (ret == 0)
		ret = torc_extended_map(&session->map_memory, session->table_map);
	if (ret == 0) {
		session->table->mode = CLUSTER_MODE_EXTENDED;
		return 0;
	}
	if (bits & TORC_FLOW_INNER)
		return torc_error_set(error, -EOPNOTSUPP, "cluster %u: %s needs CAP_BPF, to look "
				      "into tunnels: %s", request->id,
				      torc_cluster_type_text(request->type),
				      why.text[0] ? why.text : torc_strerror(ret));
	session->table->mode = turns ? CLUSTER_MODE_TURNS : CLUSTER_MODE_CLASSIC;
	return 0;
}

static int found_cluster(struct session *session, const struct torc_cluster_request *request,
			 struct torc_error *error)
{
	struct cluster_table *table = session->table;

	/* Another process has let us in and is leaving at this moment. */
	if (table->mode != 0)
		return torc_error_set(error, -EAGAIN, "cluster %u is just ending: try again",
				      request->id);
	table->type = request->type;
	table->options = request->options;
	snprintf(table->device, sizeof(table->device), "%s", request->device);
	return choose_mode(session, request, error);
}

/* A cluster that has members is what they say it is. */
static int compare(const struct session *session, unsigned int other,
		   const struct torc_cluster_request *request, struct torc_error *error)
{
	const struct cluster_table *table = session->table;
	const struct cluster_slot *slot = &table->slots[other];
	const struct cluster_process *process =
		&table->processes[slot->process % CLUSTER_PROCESSES];

	if (table->type == request->type && table->options == request->options &&
	    (table->mode == CLUSTER_MODE_DEALT) == request->dealt &&
	    strncmp(table->device, request->device, sizeof(table->device) - 1) == 0)
		return 0;
	return torc_error_set(error, -TORC_ECLUSTER,
			      "cluster %u is %s%s on %.80s for pid %d (%.63s); this ring wants "
			      "%s%s on %.80s", request->id, torc_cluster_type_text(table->type),
			      table->options & TORC_CLUSTER_RELAXED ? ", relaxed," : "",
			      table->device, (int)process->pid, slot->application,
			      torc_cluster_type_text(request->type),
			      request->options & TORC_CLUSTER_RELAXED ? ", relaxed," : "",
			      request->device);
}

static int take_slot(struct torc_cluster_member *member)
{
	struct cluster_table *table = member->session->table;
	unsigned int slot = torc_table_take_slot(table, member->session->process);

	if (slot == CLUSTER_NOBODY)
		return -ENOSPC;
	member->process = member->session->process;
	table->slots[slot].ring_id = member->ring_id;
	memcpy(table->slots[slot].application, member->application, sizeof(member->application));
	member->slot = slot;
	return 0;
}

/* Table lock held. */
static int enrol(struct torc_cluster_member *member, const struct torc_cluster_request *request,
		 struct torc_error *error)
{
	struct session *session = member->session;
	unsigned int other = torc_table_anybody(session->table);
	int ret;

	if (other == CLUSTER_NOBODY)
		ret = found_cluster(session, request, error);
	else
		ret = compare(session, other, request, error);
	if (ret < 0)
		return ret;
	if (take_slot(member) < 0)
		return torc_error_set(error, -ENOSPC, "cluster %u has %u members, and no room",
				      request->id, CLUSTER_SLOTS);
	session->members++;
	return 0;
}

static int join(struct torc_cluster_member *member, const struct torc_cluster_request *request,
		struct torc_error *error)
{
	int ret = torc_session_get(&member->session, request, error);

	if (ret < 0)
		return ret;
	ret = torc_session_lock_table(member->session);
	if (ret == 0) {
		ret = enrol(member, request, error);
		torc_table_unlock(member->session->table);
	} else if (ret == -ETIMEDOUT) {
		torc_error_set(error, ret, "cluster %u: another process is changing it and does "
			       "not go on: is it stopped?", request->id);
	}
	if (ret < 0 && member->session->members == 0)
		torc_session_close(member->session);
	if (ret < 0)
		torc_session_put(member->session);
	return ret;
}

int torc_cluster_join(struct torc_cluster_member **member,
		      const struct torc_cluster_request *request, struct torc_error *error)
{
	struct torc_cluster_member *new;
	int ret = check_request(request, error);

	if (ret < 0)
		return ret;
	new = calloc(1, sizeof(*new));
	if (!new)
		return torc_error_set(error, -ENOMEM, "cluster %u: out of memory", request->id);
	new->ifindex = request->ifindex;
	new->ring_id = request->ring_id;
	new->forks = torc_session_forks();
	new->socket = -1;
	snprintf(new->application, sizeof(new->application), "%s",
		 request->application_name ? request->application_name : "");
	torc_sessions_lock();
	ret = join(new, request, error);
	torc_sessions_unlock();
	if (ret == 0)
		*member = new;
	else
		free(new);
	return ret;
}

/* Everybody keeps a duplicate, ourselves included, of a socket in a fanout group that is ours. */
static void keep_socket(struct torc_cluster_member *member)
{
	struct session *session = member->session;

	if (session->table->mode >= CLUSTER_MODE_TURNS || member->socket < 0)
		return;
	if (session->dups[member->slot] < 0)
		session->dups[member->slot] = fcntl(member->socket, F_DUPFD_CLOEXEC, 3);
	torc_session_share_socket(session, member->slot);
}

/*
 * Table lock held. The parent's end may have been noticed already: then the slot is free, and
 * perhaps somebody else's; or it is about to be given up, and is taken back.
 */
static int adopt(struct torc_cluster_member *member)
{
	struct session *session = member->session;
	struct cluster_slot *slot = &session->table->slots[member->slot];
	bool ours = slot->used && slot->ring_id == member->ring_id &&
		    slot->process == member->process;

	if (ours && slot->left && slot->inode != torc_kernel_inode(member->socket))
		ours = false;
	session->members++;
	if (!ours) {
		member->serving = false;
		return take_slot(member);
	}
	slot->process = (uint16_t)session->process;
	member->process = session->process;
	slot->left = slot->closed = 0;
	keep_socket(member);
	if (!member->serving || slot->serving)
		return 0;
	slot->serving = 1;
	return torc_group_update(session, slot->group);
}

/* Big lock held. A fork that uses a member takes it over; its parent does not take it back. */
static int own(struct torc_cluster_member *member, struct torc_error *error)
{
	struct session *session = member->session;
	int ret;

	if (member->forks == torc_session_forks())
		return 0;
	ret = torc_session_own(session, error);
	if (ret == 0)
		ret = torc_session_lock_table(session);
	if (ret < 0)
		return ret;
	ret = adopt(member);
	torc_table_unlock(session->table);
	if (ret == 0)
		member->forks = torc_session_forks();
	return ret;
}

void torc_cluster_check(struct torc_cluster_member *member)
{
	if (member->forks == torc_session_forks())
		return;
	torc_sessions_lock();
	own(member, NULL);
	torc_sessions_unlock();
}

/* The program of an eBPF group is installed once; what it does is in its map. */
static int first_program(const struct torc_cluster_member *member, unsigned int group)
{
	const struct session *session = member->session;

	if (session->table->mode != CLUSTER_MODE_EXTENDED)
		return 0;
	torc_extended_group(session->map_memory, group, session->table->groups[group].ifindex);
	return torc_kernel_group_extended(member->socket, session->program);
}

/* Table lock held. A slot whose last socket still has a place is left to be collected. */
static int enter_group(struct torc_cluster_member *member, int fd, struct torc_error *error)
{
	struct session *session = member->session;
	struct cluster_table *table = session->table;
	int group, ret = 0;

	if (table->slots[member->slot].in_group) {
		table->slots[member->slot].closed = 1;
		table->slots[member->slot].left = 1;
		ret = take_slot(member);
	}
	if (ret < 0)
		return torc_error_set(error, ret, "cluster %u has no room", session->id);
	group = torc_group_enter(session, member->slot, fd, member->ifindex, error);
	if (group < 0)
		return group;
	if (member->socket >= 0) /* a parent's */
		close(member->socket);
	member->socket = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	torc_session_drop_dup(session, member->slot);
	keep_socket(member);
	if (member->socket < 0)
		ret = -errno;
	else if (table->groups[group].places == 1)
		ret = first_program(member, (unsigned int)group);
	return ret < 0 ? torc_error_set(error, ret, "cluster %u: its program: %s", session->id,
					torc_strerror(ret))
		       : 0;
}

int torc_cluster_attach(struct torc_cluster_member *member, int fd, struct torc_error *error)
{
	int ret;

	torc_sessions_lock();
	ret = own(member, error);
	if (ret == 0)
		ret = torc_session_lock_table(member->session);
	if (ret == 0) {
		ret = enter_group(member, fd, error);
		torc_table_unlock(member->session->table);
	}
	torc_session_look(member->session);
	torc_sessions_unlock();
	return ret;
}

static int set_serving(struct torc_cluster_member *member, bool serving)
{
	struct session *session = member->session;
	int ret = torc_session_lock_table(session);

	if (ret < 0)
		return ret;
	session->table->slots[member->slot].serving = serving;
	ret = torc_group_update(session, session->table->slots[member->slot].group);
	if (!serving)
		torc_group_wait(session, session->table->slots[member->slot].group);
	torc_table_unlock(session->table);
	if (ret == 0)
		member->serving = serving;
	return ret;
}

int torc_cluster_serve(struct torc_cluster_member *member, struct torc_error *error)
{
	int ret = 0;

	if (member->socket < 0)
		return torc_error_set(error, -EINVAL, "cluster: no socket is attached");
	torc_sessions_lock();
	ret = own(member, error);
	if (ret == 0 && !member->serving)
		ret = set_serving(member, true);
	torc_sessions_unlock();
	return ret < 0 ? torc_error_set(error, ret, "cluster %u: its program: %s",
					member->session->id, torc_strerror(ret))
		       : 0;
}

int torc_cluster_detach(struct torc_cluster_member *member)
{
	int ret = 0;

	torc_sessions_lock();
	if (member->serving && own(member, NULL) == 0)
		ret = set_serving(member, false);
	torc_sessions_unlock();
	return ret;
}

void torc_cluster_closed(struct torc_cluster_member *member)
{
	struct session *session = member->session;

	torc_sessions_lock();
	if (member->socket >= 0) {
		close(member->socket);
		member->socket = -1;
		if (own(member, NULL) == 0) {
			int ret = torc_session_lock_table(session);

			/* a byte of our own: said also when the lock cannot be had */
			session->table->slots[member->slot].closed = 1;
			member->serving = false;
			if (ret == 0)
				torc_table_unlock(session->table);
			torc_session_look(session);
		}
	}
	torc_sessions_unlock();
}

/* ---- members that deal packets out themselves ---- */

int torc_cluster_offer(struct torc_cluster_member *member, const struct torc_cluster_goods *goods)
{
	struct peer_message message = { .kind = PEER_GOODS, .slot = (uint32_t)member->ifindex,
					.inode = goods->queues };
	int ret = 0;

	torc_sessions_lock();
	while (message.fd_count < goods->count && ret == 0) {
		int fd = fcntl(goods->fds[message.fd_count], F_DUPFD_CLOEXEC, 3);

		if (fd >= 0)
			message.fds[message.fd_count++] = fd;
		else
			ret = -errno;
	}
	if (ret == 0) {
		torc_session_tell(member->session, &message, -1);
		torc_session_keep_goods(member->session, &message);
	} else {
		torc_cluster_peer_close_fds(&message);
	}
	torc_sessions_unlock();
	return ret;
}

/* They may be on their way: the server sends them after its welcome. */
int torc_cluster_obtain(struct torc_cluster_member *member, struct torc_cluster_goods *goods)
{
	const struct timespec pause = { .tv_nsec = OBTAIN_WAIT_NS };
	const struct peer_message *message = NULL;

	for (int i = 0; i < OBTAIN_TRIES && !message; i++) {
		if (i > 0)
			nanosleep(&pause, NULL);
		torc_sessions_lock();
		message = torc_session_goods(member->session, member->ifindex);
		goods->count = 0;
		while (message && goods->count < message->fd_count) {
			int fd = fcntl(message->fds[goods->count], F_DUPFD_CLOEXEC, 3);

			goods->queues = message->inode;
			goods->fds[goods->count++] = fd;
		}
		torc_sessions_unlock();
	}
	return message ? 0 : -EBUSY;
}

static struct cluster_slot *slot_of(const struct torc_cluster_member *member, unsigned int slot)
{
	return &member->session->table->slots[slot % CLUSTER_SLOTS];
}

const struct torc_cluster_deal *torc_cluster_deal(const struct torc_cluster_member *member)
{
	unsigned int group = slot_of(member, member->slot)->group;

	return &member->session->table->groups[group % CLUSTER_GROUPS].deal;
}

unsigned int torc_cluster_id(const struct torc_cluster_member *member)
{
	return member->session->id;
}

enum torc_cluster_type torc_cluster_type(const struct torc_cluster_member *member)
{
	return (enum torc_cluster_type)member->session->table->type;
}

unsigned int torc_cluster_slot(const struct torc_cluster_member *member)
{
	return member->slot;
}

bool torc_cluster_present(const struct torc_cluster_member *member, unsigned int slot)
{
	const struct cluster_slot *s = slot_of(member, slot);

	return __atomic_load_n(&s->used, __ATOMIC_RELAXED) && s->in_group &&
	       s->group == slot_of(member, member->slot)->group &&
	       !__atomic_load_n(&s->left, __ATOMIC_RELAXED);
}

bool torc_cluster_last(struct torc_cluster_member *member)
{
	const struct cluster_slot *mine = slot_of(member, member->slot);
	bool last;

	torc_sessions_lock();
	last = torc_session_lock_table(member->session) == 0;
	if (last) {
		slot_of(member, member->slot)->left = 1;
		for (unsigned int i = 0; i < CLUSTER_SLOTS; i++) {
			const struct cluster_slot *s = slot_of(member, i);

			last &= !s->used || s->left || (s->in_group && s->group != mine->group);
		}
		torc_table_unlock(member->session->table);
	}
	torc_sessions_unlock();
	return last;
}

/* In a process whose fork has taken the member over, there is nothing left to leave. */
static bool still_ours(const struct torc_cluster_member *member)
{
	return member->forks == torc_session_forks() &&
	       member->session->table->slots[member->slot].process == member->session->process;
}

void torc_cluster_leave(struct torc_cluster_member *member)
{
	struct session *session;

	if (!member)
		return;
	session = member->session;
	if (still_ours(member)) {
		torc_cluster_detach(member);
		torc_cluster_closed(member);
	} else if (member->socket >= 0) {
		close(member->socket);
	}
	torc_sessions_lock();
	if (still_ours(member)) {
		struct cluster_slot *slot = &session->table->slots[member->slot];
		int ret = torc_session_lock_table(session);

		slot->left = 1;
		if (ret == 0) {
			slot->used = slot->in_group;
			torc_table_unlock(session->table);
		}
	}
	if (session->members > 0 && --session->members == 0 && !session->down)
		torc_session_close(session);
	torc_session_put(session);
	torc_sessions_unlock();
	free(member);
}
