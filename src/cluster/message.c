/* SPDX-License-Identifier: BSD-3-Clause */
/* message.c - see message.h */
#include "cluster/message.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

void torc_message_close(int *fds, unsigned int fd_count)
{
	for (unsigned int i = 0; i < fd_count; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -1;
	}
}

int torc_message_duplicate(int *to, const int *fds, unsigned int fd_count)
{
	for (unsigned int i = 0; i < fd_count; i++) {
		int ret;

		to[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 3);
		if (to[i] >= 0)
			continue;
		ret = -errno;
		torc_message_close(to, i);
		return ret;
	}
	return 0;
}

int torc_message_send(int fd, const struct cluster_message *message, const int *fds,
		      unsigned int fd_count)
{
	struct cluster_message sent = *message;

	sent.magic = CLUSTER_MAGIC;
	return torc_peer_send(fd, &sent, sizeof(sent), fds, fd_count);
}

int torc_message_receive(int fd, struct cluster_message *message, int *fds,
			 unsigned int *fd_count)
{
	int length = torc_peer_receive(fd, message, sizeof(*message), fds, fd_count);

	if (length <= 0)
		return length;
	if (length == (int)sizeof(*message) && message->magic == CLUSTER_MAGIC) {
		message->text[sizeof(message->text) - 1] = '\0';
		if (message->kind == MESSAGE_JOIN) {
			message->join.device[sizeof(message->join.device) - 1] = '\0';
			message->join.application[sizeof(message->join.application) - 1] = '\0';
		}
		return 1;
	}
	torc_message_close(fds, *fd_count);
	*fd_count = 0;
	return -EPROTO;
}
