/* SPDX-License-Identifier: BSD-3-Clause */
/* leader.c - see leader.h: letting processes in, hearing them, taking over */
#include "cluster/leader.h"

#include <errno.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cluster/report.h"
#include "cluster/watch.h"
#include "fanout/extended.h"
#include "util/rtnetlink.h"

#define CONFIRM_NS     500000000u   /* for the others to come back to a new leader */
#define CONFIRM_END_NS 30000000000u /* at most, for one that is alive and does not */
#define RETRY_MS       50

/* ---- beginning and end ---- */

/* What becomes of interfaces: rtnetlink(7). Going down, the kernel takes every socket of the
 * interface out of its group; coming up, it puts them back in the order in which they were made
 * (packet_notifier). */
static void open_links(struct leader *leader)
{
	leader->links = rtnetlink_monitor_links();
	if (leader->links >= 0 && torc_watch_add(leader->links) < 0)
		torc_watch_close(&leader->links);
}

static int begin(struct leader **made, struct cluster_shared *shared)
{
	struct leader *leader = calloc(1, sizeof(*leader));

	if (!leader)
		return -ENOMEM;
	for (unsigned int i = 0; i < CLUSTER_PROCESSES; i++)
		leader->processes[i] = (struct leader_process){ .line = -1, .pidfd = -1 };
	leader->links = -1;
	leader->cluster.shared = shared;
	torc_table_init(&leader->cluster.table, shared->id);
	torc_door_open(&leader->door, shared->listener);
	leader->door.user = shared->user; /* whoever we are by now */
	*made = leader;
	return 0;
}

/* The memory that the others see, in the place of an older one. */
static int publish(struct leader *leader, uint64_t sequence)
{
	int fd = torc_table_create(&leader->cluster.memory);

	if (fd < 0)
		return fd;
	if (leader->cluster.shared->memory >= 0)
		close(leader->cluster.shared->memory);
	leader->cluster.shared->memory = fd;
	leader->cluster.memory->sequence = sequence;
	torc_table_publish(leader->cluster.memory, &leader->cluster.table);
	return 0;
}

static int listen_to_all(struct leader *leader)
{
	int ret = torc_watch_add(leader->door.listener);

	if (ret == 0)
		ret = torc_watch_add(leader->cluster.shared->mailbox[0]);
	open_links(leader);
	return ret;
}

int torc_leader_found(struct leader **made, struct cluster_shared *shared)
{
	struct leader *leader;
	int ret = begin(&leader, shared);

	if (ret < 0)
		return ret;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
		       shared->mailbox) < 0)
		ret = -errno;
	leader->self = torc_table_take_process(&leader->cluster.table, getpid());
	leader->cluster.table.leader = (uint16_t)leader->self;
	if (ret == 0)
		ret = publish(leader, 0);
	if (ret == 0)
		ret = listen_to_all(leader);
	if (ret < 0)
		torc_leader_close(leader);
	else
		*made = leader;
	return ret;
}

/* The others come back: whoever has not by then, and cannot be seen to live, is dead. */
static void await_others(struct leader *leader)
{
	uint64_t now = torc_watch_now_ns();

	leader->confirm_by_ns = leader->settle_by_ns = now + CONFIRM_NS;
	leader->confirm_end_ns = now + CONFIRM_END_NS;
}

int torc_leader_succeed(struct leader **made, struct cluster_shared *shared,
			const struct cluster_memory *old, unsigned int self)
{
	uint64_t sequence = __atomic_load_n(&old->sequence, __ATOMIC_ACQUIRE);
	struct leader *leader;
	struct cluster_table *table;
	unsigned int before;
	int ret = begin(&leader, shared);

	if (ret < 0)
		return ret;
	table = &leader->cluster.table;
	ret = torc_table_copy(table, old);
	if (ret == 0 && shared->map >= 0 && !shared->map_memory)
		ret = torc_extended_map(&shared->map_memory, shared->map);
	before = table->leader;
	leader->self = self;
	if (self == CLUSTER_NOBODY || !table->processes[self].used)
		leader->self = torc_table_take_process(table, getpid());
	if (ret == 0 && leader->self == CLUSTER_NOBODY)
		ret = -ENOSPC;
	if (ret < 0)
		goto fail;
	table->leader = (uint16_t)leader->self;
	ret = publish(leader, sequence);
	if (ret == 0)
		ret = listen_to_all(leader);
	if (ret < 0)
		goto fail;
	for (unsigned int i = 0; i < CLUSTER_SLOTS; i++) {
		if (!table->slots[i].used)
			torc_shared_drop_socket(shared, i); /* told, and gone before it entered */
	}
	torc_group_repair(&leader->cluster);
	if (before != leader->self)
		torc_leader_process_gone(leader, before);
	leader->collect = true;
	await_others(leader);
	*made = leader;
	return 0;
fail:
	torc_leader_close(leader);
	return ret;
}

static void drop_line(struct leader *leader, unsigned int process)
{
	torc_watch_close(&leader->processes[process].line);
	torc_watch_close(&leader->processes[process].pidfd);
}

bool torc_leader_close(struct leader *leader)
{
	bool others = false;

	for (unsigned int i = 0; i < CLUSTER_PROCESSES; i++) {
		drop_line(leader, i);
		others |= leader->cluster.table.processes[i].used && i != leader->self;
	}
	for (unsigned int i = 0; i < TORC_DOOR_WAITING; i++)
		torc_watch_close(&leader->door.waiting[i].fd);
	torc_watch_remove(leader->door.listener);
	torc_watch_remove(leader->cluster.shared->mailbox[0]);
	torc_door_close(&leader->door);
	torc_watch_close(&leader->links);
	if (leader->cluster.memory)
		munmap(leader->cluster.memory, sizeof(*leader->cluster.memory));
	free(leader);
	return others;
}

/* ---- who comes ---- */

static int welcome(struct leader *leader, unsigned int process)
{
	const struct cluster_shared *shared = leader->cluster.shared;
	const struct cluster_message message = { .kind = MESSAGE_WELCOME, .value = process };
	int fds[WELCOME_FDS] = {
		[WELCOME_TABLE] = shared->memory,
		[WELCOME_LISTENER] = shared->listener,
		[WELCOME_MAILBOX_IN] = shared->mailbox[0],
		[WELCOME_MAILBOX_OUT] = shared->mailbox[1],
		[WELCOME_PROOF] = shared->proof,
		[WELCOME_LEADER] = (int)syscall(SYS_pidfd_open, getpid(), 0),
		[WELCOME_MAP] = shared->map,
		[WELCOME_PROGRAM] = shared->program,
	};
	int ret = fds[WELCOME_LEADER] < 0 ? -errno : 0;

	if (ret == 0)
		ret = torc_message_send(leader->processes[process].line, &message, fds,
					shared->program >= 0 ? WELCOME_FDS : WELCOME_MAP);
	torc_message_close(&fds[WELCOME_LEADER], 1);
	return ret;
}

/* A new one, or one that was let in before. Returns its number. */
static unsigned int number_of(struct leader *leader, const struct cluster_message *hello, pid_t pid)
{
	struct cluster_process *known = &leader->cluster.table.processes[0];

	if (hello->value >= CLUSTER_PROCESSES)
		return torc_table_take_process(&leader->cluster.table, pid);
	known += hello->value;
	/* Of two that say they are the same the first is right. */
	if (!known->used || hello->value == leader->self ||
	    leader->processes[hello->value].line >= 0)
		return CLUSTER_NOBODY;
	return hello->value;
}

/* What a process brings with its HELLO: its line, and by the door a proof. The fds are taken. */
static void let_in(struct leader *leader, const struct cluster_message *hello, int *fds,
		   unsigned int fd_count)
{
	const struct cluster_shared *shared = leader->cluster.shared;
	unsigned int process;

	if (fd_count < 1)
		return;
	process = number_of(leader, hello, torc_peer_pid(fds[0]));
	if (process != CLUSTER_NOBODY && torc_watch_add(fds[0]) < 0) {
		leader->cluster.table.processes[process].used = hello->value == process;
		process = CLUSTER_NOBODY;
	}
	if (process == CLUSTER_NOBODY) {
		torc_message_close(fds, fd_count);
		return;
	}
	leader->processes[process].line = fds[0];
	leader->processes[process].pidfd = torc_peer_pidfd(fds[0]);
	if (leader->processes[process].pidfd >= 0)
		torc_watch_add(leader->processes[process].pidfd);
	fds[0] = -1;
	torc_message_close(fds, fd_count);
	torc_table_publish(leader->cluster.memory, &leader->cluster.table);
	if (welcome(leader, process) < 0)
		return; /* it comes again, or is gone */
	torc_shared_send_handoffs(shared, leader->processes[process].line);
	for (unsigned int i = 0; i < CLUSTER_SLOTS; i++)
		torc_shared_send_socket(shared, leader->processes[process].line, i);
}

/* At the door: a new process with its proof, or somebody of our user who is curious. */
static void at_the_door(struct leader *leader, int fd)
{
	int fds[TORC_PEER_FDS], ret;
	struct cluster_message message;
	unsigned int fd_count;

	ret = torc_message_receive(fd, &message, fds, &fd_count);
	if (ret == -EAGAIN)
		return;
	if (ret == 1 && message.kind == MESSAGE_QUERY)
		torc_report_send(&leader->cluster.table, fd);
	if (ret == 1 && message.kind == MESSAGE_HELLO && message.value == CLUSTER_NOBODY &&
	    fd_count == 2 && torc_peer_is_user(fds[0], leader->door.user) &&
	    torc_peer_check_proof(fds[1], AF_PACKET, NULL) == 0) {
		let_in(leader, &message, fds, fd_count);
		fd_count = 0;
	}
	torc_message_close(fds, fd_count);
	torc_door_greeted(&leader->door, fd);
	torc_watch_remove(fd);
	close(fd);
}

/* In the mailbox: who is in it has been let in before. */
static void in_the_mailbox(struct leader *leader)
{
	struct cluster_message message;
	int fds[TORC_PEER_FDS];
	unsigned int fd_count;

	if (torc_message_receive(leader->cluster.shared->mailbox[0], &message, fds,
				 &fd_count) != 1)
		return;
	if (message.kind == MESSAGE_HELLO && fd_count == 1)
		let_in(leader, &message, fds, fd_count);
	else
		torc_message_close(fds, fd_count);
}

/* ---- what processes say ---- */

static void process_ended(struct leader *leader, unsigned int process)
{
	drop_line(leader, process);
	torc_leader_process_gone(leader, process);
}

static void on_a_line(struct leader *leader, unsigned int process)
{
	struct cluster_message request, answer;
	int fds[TORC_PEER_FDS], ret;
	unsigned int fd_count;

	ret = torc_message_receive(leader->processes[process].line, &request, fds, &fd_count);
	if (ret == -EAGAIN)
		return;
	if (ret <= 0) {
		process_ended(leader, process);
		return;
	}
	torc_leader_request(leader, process, &request, fds, fd_count, &answer);
	if (request.number != 0)
		torc_message_send(leader->processes[process].line, &answer, NULL, 0);
}

/* It has ended; what it still said before is on its line. */
static void on_a_pidfd(struct leader *leader, unsigned int process)
{
	struct pollfd line = { .fd = leader->processes[process].line, .events = POLLIN };

	if (poll(&line, 1, 0) == 1 && line.revents & POLLIN)
		on_a_line(leader, process);
	else
		process_ended(leader, process);
}

static void link_changed(struct leader *leader, const struct ifinfomsg *info)
{
	for (unsigned int i = 0; i < CLUSTER_GROUPS; i++) {
		const struct cluster_group *group = &leader->cluster.table.groups[i];

		if (!group->used || group->ifindex != info->ifi_index)
			continue;
		if (info->ifi_flags & IFF_UP && leader->link_down[i])
			torc_group_reorder(&leader->cluster, i);
		leader->link_down[i] = !(info->ifi_flags & IFF_UP);
	}
}

static void read_links(struct leader *leader)
{
	union {
		struct nlmsghdr header;
		char bytes[16384];
	} buffer;
	ssize_t length = recv(leader->links, &buffer, sizeof(buffer), MSG_DONTWAIT);
	unsigned int left = length > 0 ? (unsigned int)length : 0;

	for (struct nlmsghdr *m = &buffer.header; NLMSG_OK(m, left); m = NLMSG_NEXT(m, left)) {
		if (m->nlmsg_type == RTM_NEWLINK &&
		    m->nlmsg_len >= NLMSG_LENGTH(sizeof(struct ifinfomsg)))
			link_changed(leader, NLMSG_DATA(m));
	}
}

static void open_the_door(struct leader *leader)
{
	int fd = torc_door_accept(&leader->door, torc_watch_now_ns());

	if (fd == -EMFILE) {
		torc_watch_remove(leader->door.listener); /* until torc_leader_due() */
	} else if (fd >= 0 && torc_watch_add(fd) < 0) {
		torc_door_greeted(&leader->door, fd);
		close(fd);
	} else if (fd >= 0) {
		at_the_door(leader, fd); /* mostly it is there already */
	}
}

bool torc_leader_ready(struct leader *leader, int fd)
{
	if (fd == leader->door.listener) {
		open_the_door(leader);
		return true;
	}
	if (fd == leader->cluster.shared->mailbox[0]) {
		in_the_mailbox(leader);
		return true;
	}
	if (fd == leader->links) {
		read_links(leader);
		return true;
	}
	for (unsigned int i = 0; i < TORC_DOOR_WAITING; i++) {
		if (leader->door.waiting[i].fd == fd) {
			at_the_door(leader, fd);
			return true;
		}
	}
	for (unsigned int i = 0; i < CLUSTER_PROCESSES; i++) {
		if (leader->processes[i].line == fd) {
			on_a_line(leader, i);
			return true;
		}
		if (leader->processes[i].pidfd == fd) {
			on_a_pidfd(leader, i);
			return true;
		}
	}
	return false;
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

/* Has not come back to this leader yet. */
static bool is_missing(const struct leader *leader, unsigned int process)
{
	return leader->cluster.table.processes[process].used && process != leader->self &&
	       leader->processes[process].line < 0;
}

/* Who has not come back within the time is dead; one that is only slow gets more of it. */
static int confirm(struct leader *leader, uint64_t now)
{
	bool missing = false;

	for (unsigned int i = 0; i < CLUSTER_PROCESSES; i++)
		missing |= is_missing(leader, i);
	if (missing && now < leader->confirm_by_ns)
		return (int)((leader->confirm_by_ns - now) / 1000000 + 1);
	leader->confirm_by_ns = leader->settle_by_ns = 0;
	for (unsigned int i = 0; missing && i < CLUSTER_PROCESSES; i++) {
		if (!is_missing(leader, i))
			continue;
		if (is_alive(leader->cluster.table.processes[i].pid) && now < leader->confirm_end_ns)
			leader->confirm_by_ns = now + CONFIRM_NS;
		else
			torc_leader_process_gone(leader, i);
	}
	return leader->confirm_by_ns ? (int)(CONFIRM_NS / 1000000) : -1;
}

/* Connections that say nothing, and a listener that rests. */
static int look_at_the_door(struct leader *leader, uint64_t now)
{
	struct torc_door *door = &leader->door;
	uint64_t due_ns;
	int late;

	while ((late = torc_door_late(door, now, &due_ns)) >= 0) {
		torc_door_greeted(door, late);
		torc_watch_remove(late);
		close(late);
	}
	if (door->rest_until_ns != 0 && now >= door->rest_until_ns) {
		door->rest_until_ns = 0;
		torc_watch_add(door->listener);
	}
	if (door->rest_until_ns != 0 && (due_ns == 0 || door->rest_until_ns < due_ns))
		due_ns = door->rest_until_ns;
	return due_ns ? (int)((due_ns - now) / 1000000 + 1) : -1;
}

static int sooner(int a, int b)
{
	return a < 0 || (b >= 0 && b < a) ? b : a;
}

int torc_leader_due(struct leader *leader)
{
	uint64_t now = torc_watch_now_ns();
	int due = look_at_the_door(leader, now);

	if (leader->confirm_by_ns != 0)
		due = sooner(due, confirm(leader, now));
	if (leader->collect) {
		leader->collect = torc_leader_collect(leader);
		if (leader->collect)
			due = sooner(due, RETRY_MS);
	}
	return due;
}
