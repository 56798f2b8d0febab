/* SPDX-License-Identifier: BSD-3-Clause */
/* shared.c - see shared.h */
#include "cluster/shared.h"

#include <string.h>
#include <unistd.h>

#include "cluster/extended.h"
#include "cluster/kernel.h"

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

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
	close_fd(&shared->map);
	close_fd(&shared->program);
}

void torc_shared_close(struct cluster_shared *shared)
{
	torc_shared_forget(shared);
	for (unsigned int i = 0; i < CLUSTER_SLOTS; i++)
		close_fd(&shared->dups[i]);
	close_fd(&shared->memory);
	close_fd(&shared->mailbox[0]);
	close_fd(&shared->mailbox[1]);
	close_fd(&shared->listener);
	close_fd(&shared->lock);
	close_fd(&shared->proof);
}

void torc_shared_keep_socket(struct cluster_shared *shared, unsigned int slot, int fd)
{
	close_fd(&shared->dups[slot % CLUSTER_SLOTS]);
	shared->dups[slot % CLUSTER_SLOTS] = fd;
}

void torc_shared_drop_socket(struct cluster_shared *shared, unsigned int slot)
{
	close_fd(&shared->dups[slot % CLUSTER_SLOTS]);
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
