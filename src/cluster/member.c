/* SPDX-License-Identifier: BSD-3-Clause */
/* member.c - one ring's interface in a cluster; see cluster.h */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cluster/kernel.h"
#include "cluster/session.h"
#include "cluster/watch.h"
#include "fanout/types.h"
#include "util/error.h"

#define OBTAIN_NS 500000000u

struct torc_cluster_member {
	struct session *session;
	unsigned int slot;
	uint32_t ticket;
	unsigned int process; /* that has it, as far as we know: another one after a fork */
	unsigned int forks;   /* torc_session_forks() of this process */
	int socket;           /* what is attached, or -1; a duplicate of our own */
	bool serving;
	struct cluster_join join;
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

/* Ask the leader for a slot. */
static int take_slot(struct torc_cluster_member *member, struct torc_error *error)
{
	struct session *session = member->session;
	struct cluster_message request = { .kind = MESSAGE_JOIN }, answer;
	int ret;

	member->join.ticket = ++session->ticket;
	request.join = member->join;
	ret = torc_session_ask(session, &request, NULL, 0, &answer, error);
	if (ret < 0)
		return ret;
	member->slot = answer.slot % CLUSTER_SLOTS;
	member->process = session->process;
	return 0;
}

static void drop_session(struct session *session)
{
	if (session->members == 0)
		torc_session_close(session);
	torc_session_put(session);
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
	new->join = (struct cluster_join){
		.type = request->type, .options = request->options, .dealt = request->dealt,
		.ifindex = request->ifindex, .ring_id = request->ring_id,
	};
	snprintf(new->join.device, sizeof(new->join.device), "%s", request->device);
	snprintf(new->join.application, sizeof(new->join.application), "%s",
		 request->application_name ? request->application_name : "");
	new->forks = torc_session_forks();
	new->socket = -1;
	torc_cluster_lock();
	ret = torc_session_get(&new->session, request->id, error);
	if (ret == 0) {
		new->session->members++; /* so that nobody closes it meanwhile */
		ret = take_slot(new, error);
		if (ret < 0) {
			new->session->members--;
			drop_session(new->session);
		}
	}
	torc_cluster_unlock();
	if (ret == 0)
		*member = new;
	else
		free(new);
	return ret;
}

/* A request about the member's slot. */
static int ask(struct torc_cluster_member *member, unsigned int kind, uint32_t value, int fd,
	       struct torc_error *error)
{
	struct cluster_message request = { .kind = kind, .slot = member->slot, .value = value };
	struct cluster_message answer;
	int ret = torc_session_ask(member->session, &request, &fd, fd >= 0, &answer, error);

	if (ret >= 0 && kind == MESSAGE_ATTACH)
		member->slot = answer.slot % CLUSTER_SLOTS;
	return ret;
}

/*
 * The parent's end may have been noticed already: then the slot is free, and perhaps somebody
 * else's; or it is about to be given up, and is taken back.
 */
static int adopt(struct torc_cluster_member *member, struct torc_error *error)
{
	struct cluster_message request = { .kind = MESSAGE_ADOPT, .slot = member->slot,
					   .value = member->process }, answer;
	int ret;

	request.inode = member->socket < 0 ? 0 : torc_kernel_inode(member->socket);
	request.join.ticket = member->join.ticket;
	ret = torc_session_ask(member->session, &request, &member->socket, member->socket >= 0,
			       &answer, error);
	if (ret == -ESTALE) {
		member->serving = false;
		member->join.again = 1;
		return take_slot(member, error);
	}
	if (ret < 0)
		return ret;
	member->process = member->session->process;
	return member->serving ? ask(member, MESSAGE_SERVE, 1, -1, error) : 0;
}

/* A fork that uses a member takes it over; its parent does not take it back. */
static int own(struct torc_cluster_member *member, struct torc_error *error)
{
	int ret;

	if (member->forks == torc_session_forks())
		return 0;
	ret = torc_session_own(member->session, error);
	if (ret == 0)
		ret = adopt(member, error);
	if (ret < 0)
		return ret;
	member->session->members++;
	member->forks = torc_session_forks();
	return 0;
}

void torc_cluster_check(struct torc_cluster_member *member)
{
	if (member->forks == torc_session_forks())
		return;
	torc_cluster_lock();
	own(member, NULL);
	torc_cluster_unlock();
}

int torc_cluster_attach(struct torc_cluster_member *member, int fd, struct torc_error *error)
{
	int ret;

	torc_cluster_lock();
	ret = own(member, error);
	if (ret == 0)
		ret = ask(member, MESSAGE_ATTACH, (uint32_t)member->join.ifindex, fd, error);
	if (ret == 0) {
		if (member->socket >= 0) /* a parent's */
			close(member->socket);
		member->socket = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		if (member->socket < 0)
			ret = torc_error_set(error, -errno, "cluster %u: %s",
					     member->session->shared.id, torc_strerror(-errno));
	}
	torc_cluster_unlock();
	return ret;
}

int torc_cluster_serve(struct torc_cluster_member *member, struct torc_error *error)
{
	int ret;

	if (member->socket < 0)
		return torc_error_set(error, -EINVAL, "cluster: no socket is attached");
	torc_cluster_lock();
	ret = own(member, error);
	if (ret == 0 && !member->serving)
		ret = ask(member, MESSAGE_SERVE, 1, -1, error);
	member->serving |= ret == 0;
	torc_cluster_unlock();
	return ret;
}

int torc_cluster_detach(struct torc_cluster_member *member)
{
	int ret = 0;

	torc_cluster_lock();
	if (member->serving && own(member, NULL) == 0) {
		member->serving = false;
		ret = ask(member, MESSAGE_SERVE, 0, -1, NULL);
	}
	torc_cluster_unlock();
	return ret;
}

void torc_cluster_closed(struct torc_cluster_member *member)
{
	torc_cluster_lock();
	if (member->socket >= 0) {
		close(member->socket);
		member->socket = -1;
		member->serving = false;
		if (own(member, NULL) == 0)
			ask(member, MESSAGE_CLOSED, 0, -1, NULL);
	}
	torc_cluster_unlock();
}

/* In a process whose fork has taken the member over, the leader knows that nothing is left to leave. */
void torc_cluster_leave(struct torc_cluster_member *member)
{
	struct session *session;
	bool ours;

	if (!member)
		return;
	session = member->session;
	ours = member->forks == torc_session_forks();
	if (ours) {
		torc_cluster_detach(member);
		torc_cluster_closed(member);
	} else if (member->socket >= 0) {
		close(member->socket);
	}
	torc_cluster_lock();
	if (ours)
		ask(member, MESSAGE_LEAVE, 0, -1, NULL);
	if (ours && session->members > 0)
		session->members--;
	if (session->members == 0 && !session->down)
		torc_session_close(session);
	torc_session_put(session);
	torc_cluster_unlock();
	free(member);
}

/* ---- members that deal packets out themselves ---- */

int torc_cluster_offer(struct torc_cluster_member *member, const struct torc_cluster_goods *goods)
{
	struct cluster_message request = { .kind = MESSAGE_HANDOFF, .inode = goods->queues,
					   .value = (uint32_t)member->join.ifindex }, answer;
	int fds[TORC_CLUSTER_FDS], ret;

	if (goods->count > TORC_CLUSTER_FDS)
		return -E2BIG;
	torc_cluster_lock();
	ret = torc_message_duplicate(fds, goods->fds, goods->count);
	if (ret == 0) {
		ret = torc_session_ask(member->session, &request, fds, goods->count, &answer, NULL);
		if (ret == 0)
			torc_shared_keep_handoff(&member->session->shared, &request, fds, goods->count);
		else
			torc_message_close(fds, goods->count);
	}
	torc_cluster_unlock();
	return ret;
}

/* They may be on their way: the leader sends them after its welcome. */
int torc_cluster_obtain(struct torc_cluster_member *member, struct torc_cluster_goods *goods)
{
	uint64_t until_ns = torc_watch_now_ns() + OBTAIN_NS;
	const struct torc_cluster_goods *from;
	int ret = -EBUSY;

	torc_cluster_lock();
	while (!(from = torc_shared_handoff(&member->session->shared, member->join.ifindex)) &&
	       torc_watch_now_ns() < until_ns)
		torc_watch_wait(until_ns);
	goods->count = 0;
	if (from)
		ret = torc_message_duplicate(goods->fds, from->fds, from->count);
	if (ret == 0) {
		goods->queues = from->queues;
		goods->count = from->count;
	}
	torc_cluster_unlock();
	return ret;
}

const struct torc_cluster_deal *torc_cluster_deal(const struct torc_cluster_member *member)
{
	const struct cluster_table *table = torc_table_now(member->session->view);
	uint16_t group = __atomic_load_n(&table->slots[member->slot].group, __ATOMIC_RELAXED);

	return &table->groups[group % CLUSTER_GROUPS].deal;
}

unsigned int torc_cluster_id(const struct torc_cluster_member *member)
{
	return member->session->shared.id;
}

enum torc_cluster_type torc_cluster_type(const struct torc_cluster_member *member)
{
	return (enum torc_cluster_type)member->join.type;
}

unsigned int torc_cluster_slot(const struct torc_cluster_member *member)
{
	return member->slot;
}

bool torc_cluster_present(const struct torc_cluster_member *member, unsigned int index)
{
	struct cluster_slot slot, mine;

	return torc_table_slot(member->session->view, index, &slot) &&
	       torc_table_slot(member->session->view, member->slot, &mine) && slot.used &&
	       slot.in_group && slot.group == mine.group && !slot.left;
}

uint64_t torc_cluster_socket(const struct torc_cluster_member *member, unsigned int index)
{
	struct cluster_slot slot;

	return torc_table_slot(member->session->view, index, &slot) && slot.used ? slot.inode : 0;
}

bool torc_cluster_last(struct torc_cluster_member *member)
{
	bool last;

	torc_cluster_lock();
	last = ask(member, MESSAGE_LAST, 0, -1, NULL) > 0;
	torc_cluster_unlock();
	return last;
}

/* ---- marks ---- */

int torc_cluster_mark(int ifindex, const char *what)
{
	return torc_peer_mark(what, (unsigned int)ifindex, NULL);
}

void torc_cluster_unmark(int ifindex, const char *what, int fd)
{
	torc_peer_unmark(what, (unsigned int)ifindex, fd);
}

bool torc_cluster_marked(int ifindex, const char *what)
{
	return torc_peer_marked(what, (unsigned int)ifindex);
}
