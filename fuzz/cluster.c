/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzz target: what another process of a cluster can say. The first bytes are the table that a leader
 * left, which a successor checks; the rest are messages, through a socket as they come, and answered
 * by the successor. Whatever they are, every number in its table stays in range.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cluster/leader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct cluster_memory *before; /* what the dead leader published */
static struct cluster_shared shared;
static struct leader *leader;
static int line[2];

static void set_up(void)
{
	before = calloc(1, sizeof(*before));
	leader = calloc(1, sizeof(*leader));
	if (!before || !leader || socketpair(AF_UNIX, SOCK_SEQPACKET, 0, line) < 0)
		abort();
	torc_shared_init(&shared, 1);
	for (unsigned int i = 0; i < CLUSTER_PROCESSES; i++)
		leader->processes[i] = (struct leader_process){ .line = -1, .pidfd = -1 };
	leader->cluster.shared = &shared;
	if (torc_table_create(&leader->cluster.memory) < 0)
		abort();
}

static void check(const struct cluster_table *table)
{
	for (unsigned int i = 0; i < CLUSTER_SLOTS; i++) {
		const struct cluster_slot *slot = &table->slots[i];

		if (slot->used && (slot->process >= CLUSTER_PROCESSES ||
				   slot->group >= CLUSTER_GROUPS))
			abort();
		if (slot->in_group && torc_table_place_of(&table->groups[slot->group], i) ==
					      CLUSTER_NOBODY)
			abort();
	}
	for (unsigned int i = 0; i < CLUSTER_GROUPS; i++) {
		const struct cluster_group *group = &table->groups[i];

		if (group->places > CLUSTER_PLACES)
			abort();
		for (unsigned int p = 0; p < group->places; p++) {
			if (group->place[p] >= CLUSTER_SLOTS ||
			    !table->slots[group->place[p]].in_group)
				abort();
		}
	}
}

/* Bytes all over the table; its head is made such that it is one. */
static bool inherit(const uint8_t *data, size_t size)
{
	struct cluster_table *table = &before->copy[0];
	uint8_t *to = (uint8_t *)table;

	memset(before, 0, sizeof(*before));
	for (size_t i = 0; i + 4 <= size; i += 4) {
		size_t at = ((size_t)data[i] << 16 | (size_t)data[i + 1] << 8 | data[i + 2]) %
			    sizeof(*table);

		to[at] = data[i + 3];
	}
	table->id = 1;
	table->type %= 13;
	/* Nothing is done in the kernel: members deal, or take turns. */
	table->mode = table->mode & 1 ? CLUSTER_MODE_TURNS : CLUSTER_MODE_DEALT;
	return torc_table_copy(&leader->cluster.table, before) == 0;
}

/* Through a socket, as what it is or as something that is no message. */
static bool pass(struct cluster_message *message, bool whole)
{
	int fds[TORC_PEER_FDS];
	unsigned int count;

	message->magic = CLUSTER_MAGIC;
	if (torc_peer_send(line[0], message, whole ? sizeof(*message) : sizeof(*message) - 3, NULL,
			   0) < 0)
		abort();
	return torc_message_receive(line[1], message, fds, &count) == 1;
}

static void say(const uint8_t *data, size_t size, unsigned int number)
{
	struct cluster_message message = { .kind = 0 }, answer;
	int fds[TORC_PEER_FDS];
	unsigned int fd_count = 0;
	size_t n = size < sizeof(message) ? size : sizeof(message);

	memcpy(&message, data, n);
	message.kind = MESSAGE_SOCKET + message.kind % (MESSAGE_LEAVE - MESSAGE_SOCKET + 2);
	if (!pass(&message, number % 16 != 15))
		return;
	message.join.dealt |= leader->cluster.table.mode == 0; /* no program is loaded */
	if (message.kind == MESSAGE_ATTACH && leader->cluster.table.mode == CLUSTER_MODE_DEALT)
		fds[fd_count++] = dup(line[0]);
	torc_leader_request(leader, data[0], &message, fds, fd_count, &answer);
	if (answer.kind != MESSAGE_ANSWER || answer.number != message.number ||
	    strnlen(answer.text, sizeof(answer.text)) == sizeof(answer.text))
		abort();
	check(&leader->cluster.table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t head;

	if (!leader)
		set_up();
	if (size < 2)
		return 0;
	head = 2 + 4 * (size_t)data[0];
	head = head < size ? head : size;
	if (!inherit(data + 2, head - 2))
		return 0;
	check(&leader->cluster.table);
	for (unsigned int i = 0; head < size; i++) {
		size_t step = 24 + data[1] % 64;

		say(data + head, size - head, i);
		if (data[head] % 8 == 0)
			torc_leader_process_gone(leader, data[head] / 8);
		if (leader->cluster.table.mode >= CLUSTER_MODE_TURNS)
			torc_leader_collect(leader);
		check(&leader->cluster.table);
		head += step;
	}
	for (unsigned int i = 0; i < CLUSTER_SLOTS; i++)
		torc_shared_drop_socket(&shared, i);
	torc_shared_forget(&shared);
	return 0;
}
