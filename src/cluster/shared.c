/* SPDX-License-Identifier: BSD-3-Clause */
/* shared.c - see shared.h */
#include "cluster/shared.h"

#include <string.h>
#include <unistd.h>

#include "cluster/kernel.h"
#include "fanout/extended.h"

void torc_shared_init(struct cluster_shared *shared, unsigned int id)
{
	memset(shared, 0, sizeof(*shared));
	shared->id = id;
	shared->user = geteuid();
	shared->proof = shared->lock = shared->listener = shared->mailbox[0] = shared->mailbox[1] = -1;
	shared->memory = shared->map = shared->program = -1;
	for (unsigned int i = 0; i < CLUSTER_SLOTS; i++)
		shared->dups[i] = -1;
}

void torc_shared_forget(struct cluster_shared *shared)
{
	for (unsigned int i = 0; i < CLUSTER_GROUPS; i++) {
		struct torc_cluster_goods *goods = &shared->handoffs[i].goods;

		torc_message_close(goods->fds, goods->count);
		goods->count = 0;
	}
	torc_extended_unmap(shared->map_memory);
	shared->map_memory = NULL;
	torc_message_close(&shared->map, 1);
	torc_message_close(&shared->program, 1);
}

void torc_shared_close(struct cluster_shared *shared)
{
	torc_shared_forget(shared);
	torc_message_close(shared->dups, CLUSTER_SLOTS);
	torc_message_close(&shared->memory, 1);
	torc_message_close(shared->mailbox, 2);
	torc_message_close(&shared->listener, 1);
	torc_message_close(&shared->lock, 1);
	torc_message_close(&shared->proof, 1);
}

void torc_shared_keep_socket(struct cluster_shared *shared, unsigned int slot, int fd)
{
	torc_message_close(&shared->dups[slot % CLUSTER_SLOTS], 1);
	shared->dups[slot % CLUSTER_SLOTS] = fd;
}

void torc_shared_drop_socket(struct cluster_shared *shared, unsigned int slot)
{
	torc_message_close(&shared->dups[slot % CLUSTER_SLOTS], 1);
}

const struct torc_cluster_goods *torc_shared_handoff(const struct cluster_shared *shared,
						     int ifindex)
{
	for (unsigned int i = 0; i < CLUSTER_GROUPS; i++) {
		if (shared->handoffs[i].goods.count > 0 && shared->handoffs[i].ifindex == ifindex)
			return &shared->handoffs[i].goods;
	}
	return NULL;
}

void torc_shared_keep_handoff(struct cluster_shared *shared, const struct cluster_message *message,
			      int *fds, unsigned int fd_count)
{
	bool known = torc_shared_handoff(shared, (int)message->value);

	for (unsigned int i = 0; i < CLUSTER_GROUPS && !known && fd_count <= TORC_CLUSTER_FDS; i++) {
		struct cluster_handoff *handoff = &shared->handoffs[i];

		if (handoff->goods.count > 0)
			continue;
		handoff->ifindex = (int)message->value;
		handoff->goods.queues = message->inode;
		handoff->goods.count = fd_count;
		memcpy(handoff->goods.fds, fds, fd_count * sizeof(*fds));
		return;
	}
	torc_message_close(fds, fd_count);
}

void torc_shared_send_socket(const struct cluster_shared *shared, int line, unsigned int slot)
{
	struct cluster_message message = { .kind = MESSAGE_SOCKET, .slot = slot };

	if (shared->dups[slot] < 0)
		return;
	message.inode = torc_kernel_inode(shared->dups[slot]);
	torc_message_send(line, &message, &shared->dups[slot], 1);
}

void torc_shared_send_handoffs(const struct cluster_shared *shared, int line)
{
	for (unsigned int i = 0; i < CLUSTER_GROUPS; i++) {
		const struct cluster_handoff *handoff = &shared->handoffs[i];
		const struct cluster_message message = { .kind = MESSAGE_HANDOFF,
							 .value = (uint32_t)handoff->ifindex,
							 .inode = handoff->goods.queues };

		if (handoff->goods.count > 0)
			torc_message_send(line, &message, handoff->goods.fds, handoff->goods.count);
	}
}
