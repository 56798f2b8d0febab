/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a process does first when it takes a cluster over: what is over is closed, and no socket enters
 * before the others have come. Both were found by the model (tests/model). No kernel is needed: the
 * members deal packets out themselves.
 */
#include <errno.h>
#include <sys/socket.h>

#include "cluster/leader.h"
#include "cluster/watch.h"
#include "test.h"

enum { DEAD, SELF, OTHER }; /* processes, and their slots */

static struct cluster_shared shared;
static struct leader *leader;

static void ready(int fd)
{
	(void)fd;
}

static int due(void)
{
	return -1;
}

/* What the leader that died left: its own slot was given up, ours and another's are in use. */
static struct cluster_memory *left_behind(void)
{
	static struct cluster_table table;
	struct cluster_memory *memory;

	torc_table_init(&table, 7);
	table.type = TORC_CLUSTER_PER_FLOW;
	table.mode = CLUSTER_MODE_DEALT;
	snprintf(table.device, sizeof(table.device), "xdp:none");
	for (unsigned int i = DEAD; i <= OTHER; i++) {
		torc_table_take_process(&table, getppid());
		torc_table_take_slot(&table, i);
	}
	table.leader = DEAD;
	table.slots[DEAD].used = 0;
	if (torc_table_create(&memory) < 0)
		return NULL;
	torc_table_publish(memory, &table);
	return memory;
}

static int attach(void)
{
	struct cluster_message request = { .kind = MESSAGE_ATTACH, .slot = SELF, .value = 1 }, answer;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	torc_leader_request(leader, SELF, &request, &fd, 1, &answer);
	return answer.result;
}

/* The other process comes by the mailbox. */
static void come(int line[2])
{
	const struct cluster_message hello = { .kind = MESSAGE_HELLO, .value = OTHER };

	socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, line);
	torc_message_send(shared.mailbox[1], &hello, &line[1], 1);
	torc_leader_ready(leader, shared.mailbox[0]);
	torc_leader_due(leader);
}

int main(void)
{
	static const struct torc_watch_calls calls = { .ready = ready, .due = due };
	struct cluster_memory *memory = left_behind();
	int sockets[2], listener[2], line[2];

	torc_cluster_lock();
	torc_shared_init(&shared, 7);
	if (!memory || torc_watch_start(&calls) < 0 ||
	    socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, sockets) < 0 ||
	    socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, listener) < 0 ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, shared.mailbox) < 0)
		skip_all("no sockets or no thread");
	shared.listener = listener[0];
	torc_shared_keep_socket(&shared, DEAD, sockets[0]);
	torc_shared_keep_socket(&shared, OTHER, sockets[1]);

	is(torc_leader_succeed(&leader, &shared, memory, SELF), 0, "a process takes over");
	is(shared.dups[DEAD], -1, "the socket of a slot that was given up is closed");
	is(shared.dups[OTHER], sockets[1], "that of one in use is not");
	if (leader->settle_by_ns != 0)
		leader->settle_by_ns = UINT64_MAX; /* however slow this machine is */
	is(attach(), -EAGAIN, "no socket enters before all have come");
	come(line);
	is(attach(), 0, "one does when they have");

	torc_leader_close(leader);
	torc_shared_close(&shared);
	torc_watch_stop();
	torc_cluster_unlock();
	close(line[0]);
	return done();
}
