/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * serve.c - the server of a cluster: lets processes in, notices deaths, gives places up; and how
 * another one becomes server when it dies. See peer.h and docs/clusters.md.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cluster/kernel.h"
#include "cluster/report.h"
#include "cluster/session.h"

#define CONFIRM_NS        500000000u /* for the others to come back to a new server */
#define CONFIRM_END_NS    30000000000u /* at most, for one that is alive and does not */
#define GIVE_UP_TRIES     40         /* times GIVE_UP_WAIT_NS: for the others to close a duplicate */
#define GIVE_UP_WAIT_NS   250000
#define RETRY_MS          50

static void wait_ns(long ns)
{
	struct timespec pause = { .tv_nsec = ns };

	nanosleep(&pause, NULL);
}

/* ---- what a death means ---- */

/* Table lock held. Its members hold no share from now on, and their places can go. */
static void process_is_gone(struct session *session, unsigned int process)
{
	struct cluster_table *table = session->table;
	bool touched[CLUSTER_GROUPS] = { false };

	if (process >= CLUSTER_PROCESSES || !table->processes[process].used)
		return;
	for (unsigned int i = 0; i < CLUSTER_SLOTS; i++) {
		struct cluster_slot *slot = &table->slots[i];

		if (!slot->used || slot->process != process)
			continue;
		touched[slot->group % CLUSTER_GROUPS] |= slot->serving && slot->in_group;
		slot->serving = 0;
		slot->closed = 1;
		slot->left = 1;
		if (!slot->in_group)
			slot->used = 0;
	}
	for (unsigned int i = 0; i < CLUSTER_GROUPS; i++) {
		if (touched[i])
			torc_group_update(session, i);
	}
	table->processes[process].used = 0;
	session->collect = true;
}

/* ---- giving places up ---- */

/*
 * Close every duplicate of a socket and wait until it is gone. The program that is in force
 * meanwhile is right before and after. Returns false when somebody still has it.
 */
static bool give_up_socket(struct session *session, unsigned int slot, unsigned int place)
{
	uint64_t inode = session->table->slots[slot].inode;
	const struct peer_message drop = { .kind = PEER_DROP, .slot = slot, .inode = inode };

	if (torc_kernel_has_socket(inode) == 0)
		return true;
	torc_group_install(session, session->table->slots[slot].group, place);
	torc_group_wait(session, session->table->slots[slot].group);
	torc_session_tell(session, &drop, -1);
	torc_session_drop_dup(session, slot);
	for (int i = 0; i < GIVE_UP_TRIES; i++) {
		if (torc_kernel_has_socket(inode) <= 0)
			return true;
		wait_ns(GIVE_UP_WAIT_NS);
	}
	return false;
}

/* Table lock held. What is closed takes no packet, whether its owner could say so or not. */
static bool give_up_slot(struct session *session, unsigned int index)
{
	struct cluster_table *table = session->table;
	struct cluster_slot *slot = &table->slots[index];
	unsigned int group_index = slot->group % CLUSTER_GROUPS;
	struct cluster_group *group = &table->groups[group_index];
	unsigned int place = torc_table_place_of(group, index);

	if (place == CLUSTER_NOBODY)
		return true;
	if (slot->serving) {
		slot->serving = 0;
		torc_group_update(session, group_index);
	}
	if (table->mode < CLUSTER_MODE_TURNS && !give_up_socket(session, index, place))
		return false;
	torc_session_drop_dup(session, index);
	torc_table_drop_place(table, group, place);
	torc_group_install(session, group_index, CLUSTER_NOBODY);
	return true;
}

static bool is_to_give_up(const struct cluster_slot *slot)
{
	return slot->used && slot->closed && slot->in_group;
}

/* Returns whether something is left to do. The lock is let go in between: others wait for it. */
static bool collect(struct session *session)
{
	struct cluster_table *table = session->table;
	bool more = false;

	for (unsigned int i = 0; i < CLUSTER_SLOTS; i++) {
		if (!is_to_give_up(&table->slots[i]))
			continue;
		if (torc_session_lock_table(session) < 0)
			return true;
		if (is_to_give_up(&table->slots[i]))
			more |= !give_up_slot(session, i);
		torc_table_unlock(table);
	}
	return more;
}

/* ---- the server's side of a connection ---- */

void torc_serve_accept(struct session *session)
{
	struct session_client *client;
	int fd = torc_cluster_peer_accept(session->listener);

	if (fd < 0)
		return;
	client = calloc(1, sizeof(*client));
	if (!client || torc_watch_add(fd) < 0) {
		free(client);
		close(fd);
		return;
	}
	client->fd = fd;
	client->process = CLUSTER_NOBODY;
	client->next = session->clients;
	session->clients = client;
}

void torc_serve_close_client(struct session *session, struct session_client *client)
{
	struct session_client **link = &session->clients;

	while (*link != client)
		link = &(*link)->next;
	*link = client->next;
	torc_watch_remove(client->fd);
	close(client->fd);
	free(client);
}

static void client_gone(struct session *session, struct session_client *client)
{
	unsigned int process = client->process;

	torc_serve_close_client(session, client);
	if (process == CLUSTER_NOBODY || torc_session_lock_table(session) < 0)
		return;
	process_is_gone(session, process);
	torc_table_unlock(session->table);
}

static void send_goods(struct session *session, int fd)
{
	for (unsigned int i = 0; i < CLUSTER_GROUPS; i++) {
		if (session->goods[i].fd_count > 0)
			torc_cluster_peer_send(fd, &session->goods[i]);
	}
}

static void send_sockets(struct session *session, struct session_client *client)
{
	send_goods(session, client->fd);
	for (unsigned int i = 0; i < CLUSTER_SLOTS; i++) {
		const struct peer_message message = {
			.kind = PEER_SOCKET,
			.slot = i,
			.fd_count = 1,
			.inode = session->table->slots[i].inode,
			.fds = { session->dups[i] },
		};

		if (session->dups[i] >= 0)
			torc_cluster_peer_send(client->fd, &message);
	}
}

static void welcome(struct session *session, struct session_client *client)
{
	struct peer_message message = {
		.kind = PEER_WELCOME,
		.slot = client->process,
		.fd_count = session->program >= 0 ? 3 : 1,
		.fds = { session->memfd, session->table_map, session->program },
	};

	torc_cluster_peer_send(client->fd, &message);
}

static void hello(struct session *session, struct session_client *client,
		  const struct peer_message *message)
{
	struct cluster_table *table = session->table;

	if (client->process != CLUSTER_NOBODY || !torc_cluster_peer_trusted(client->fd) ||
	    torc_session_lock_table(session) < 0) {
		if (!session->down)
			torc_serve_close_client(session, client);
		return;
	}
	if (message->slot == CLUSTER_NOBODY) {
		client->process = torc_table_take_process(table, torc_cluster_peer_pid(client->fd));
	} else if (message->slot < CLUSTER_PROCESSES && table->processes[message->slot].used &&
		   message->inode == torc_table_identity(session->memfd)) {
		client->process = message->slot;
		table->processes[message->slot].confirmed = 1;
	}
	torc_table_unlock(table);
	if (client->process == CLUSTER_NOBODY) {
		torc_serve_close_client(session, client);
		return;
	}
	if (message->slot == CLUSTER_NOBODY)
		welcome(session, client);
	send_sockets(session, client);
}

/* Keep the duplicate if it is what the table says; the descriptor is taken in any case. */
static void keep_socket(struct session *session, struct peer_message *message)
{
	unsigned int slot = message->slot;

	if (slot < CLUSTER_SLOTS && message->fd_count == 1 && session->dups[slot] < 0 &&
	    torc_kernel_inode(message->fds[0]) == session->table->slots[slot].inode) {
		session->dups[slot] = message->fds[0];
		message->fd_count = 0;
	}
	torc_cluster_peer_close_fds(message);
}

/* What a client has for all. */
static void things_from(struct session *session, struct session_client *client,
			struct peer_message *message)
{
	if (client->process == CLUSTER_NOBODY) {
		torc_cluster_peer_close_fds(message);
		return;
	}
	torc_session_tell(session, message, client->fd);
	if (message->kind == PEER_GOODS)
		torc_session_keep_goods(session, message);
	else
		keep_socket(session, message);
}

void torc_serve_client(struct session *session, struct session_client *client)
{
	struct peer_message message;
	int ret = torc_cluster_peer_receive(client->fd, &message);

	if (ret == -EAGAIN)
		return;
	if (ret <= 0) {
		client_gone(session, client);
		return;
	}
	switch (message.kind) {
	case PEER_HELLO:
		hello(session, client, &message);
		break;
	case PEER_SOCKET:
	case PEER_GOODS:
		things_from(session, client, &message);
		return;
	case PEER_LOOK:
		session->collect = true;
		break;
	case PEER_QUERY:
		torc_report_send(session->table, client->fd);
		break;
	default:
		break;
	}
	torc_cluster_peer_close_fds(&message);
}

/* ---- everybody else's side ---- */

void torc_serve_begin(struct session *session)
{
	struct cluster_table *table = session->table;
	unsigned int old;

	if (torc_session_lock_table(session) < 0)
		return;
	old = table->server;
	table->server = (uint16_t)session->process;
	for (unsigned int i = 0; i < CLUSTER_PROCESSES; i++)
		table->processes[i].confirmed = i == session->process;
	if (old != session->process)
		process_is_gone(session, old);
	torc_table_unlock(table);
	session->confirm_by_ns = torc_cluster_now_ns() + CONFIRM_NS;
	session->confirm_end_ns = torc_cluster_now_ns() + CONFIRM_END_NS;
	torc_watch_add(session->listener);
	torc_links_open(session);
}

/* Another one was faster: introduce ourselves, and what is ours. */
static bool come_back_to(struct session *session, int fd)
{
	const struct peer_message message = {
		.kind = PEER_HELLO,
		.slot = session->process,
		.inode = torc_table_identity(session->memfd),
	};

	if (!torc_cluster_peer_trusted(fd) || torc_cluster_peer_send(fd, &message) < 0 || torc_watch_add(fd) < 0) {
		close(fd);
		return false;
	}
	session->server = fd;
	send_goods(session, fd);
	for (unsigned int i = 0; i < CLUSTER_SLOTS; i++) {
		if (session->table->slots[i].process == session->process)
			torc_session_share_socket(session, i);
	}
	return true;
}

static void find_server(struct session *session)
{
	int fd = torc_cluster_peer_connect(session->id);

	session->orphan = false;
	if (fd >= 0 && come_back_to(session, fd))
		return;
	session->listener = torc_cluster_peer_listen(session->id);
	if (session->listener >= 0)
		torc_serve_begin(session);
	else
		session->orphan = true;
}

void torc_serve_server(struct session *session)
{
	struct peer_message message;
	int ret = torc_cluster_peer_receive(session->server, &message);

	if (ret == -EAGAIN)
		return;
	if (ret <= 0) {
		torc_watch_remove(session->server);
		close(session->server);
		session->server = -1;
		find_server(session);
		return;
	}
	if (message.kind == PEER_SOCKET) {
		keep_socket(session, &message);
		return;
	}
	if (message.kind == PEER_GOODS) {
		torc_session_keep_goods(session, &message);
		return;
	}
	if (message.kind == PEER_DROP && message.slot < CLUSTER_SLOTS &&
	    session->dups[message.slot] >= 0 &&
	    torc_kernel_inode(session->dups[message.slot]) == message.inode)
		torc_session_drop_dup(session, message.slot);
	torc_cluster_peer_close_fds(&message);
}

/* ---- what is due ---- */

/* As far as it can be seen: a process of another pid namespace cannot. */
static bool is_alive(pid_t pid)
{
	struct pollfd poll_fd = { .events = POLLIN };
	bool alive;

	if (pid <= 0)
		return false;
	poll_fd.fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (poll_fd.fd < 0)
		return errno != ESRCH;
	alive = poll(&poll_fd, 1, 0) == 0;
	close(poll_fd.fd);
	return alive;
}

/* Who has not come back within the time is dead; one that is only slow gets more of it. */
static int confirm(struct session *session)
{
	uint64_t now = torc_cluster_now_ns();
	bool missing = false;

	for (unsigned int i = 0; i < CLUSTER_PROCESSES; i++)
		missing |= session->table->processes[i].used &&
			   !session->table->processes[i].confirmed;
	if (missing && now < session->confirm_by_ns)
		return (int)((session->confirm_by_ns - now) / 1000000 + 1);
	session->confirm_by_ns = 0;
	if (!missing || torc_session_lock_table(session) < 0)
		return -1;
	for (unsigned int i = 0; i < CLUSTER_PROCESSES; i++) {
		const struct cluster_process *process = &session->table->processes[i];

		if (!process->used || process->confirmed)
			continue;
		if (is_alive(process->pid) && now < session->confirm_end_ns)
			session->confirm_by_ns = now + CONFIRM_NS;
		else
			process_is_gone(session, i);
	}
	torc_table_unlock(session->table);
	return session->confirm_by_ns ? (int)(CONFIRM_NS / 1000000) : -1;
}

int torc_serve_due(struct session *session)
{
	int due = -1;

	if (session->orphan) {
		find_server(session);
		return session->orphan ? 1 : 0;
	}
	if (session->listener < 0 || session->pid != getpid()) {
		session->collect = false;
		return -1;
	}
	if (session->confirm_by_ns != 0)
		due = confirm(session);
	if (session->collect) {
		session->collect = false;
		if (!session->down && collect(session)) {
			session->collect = true;
			due = RETRY_MS;
		}
	}
	return due;
}
