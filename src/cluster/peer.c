/* SPDX-License-Identifier: BSD-3-Clause */
/* peer.c - see peer.h; unix(7), SCM_RIGHTS, SO_PEERCRED */
#include "cluster/peer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "cluster/kernel.h"
#include "cluster/table.h"
#include "peer/peer.h"

#define ANSWER_SECONDS 3

static socklen_t peer_name(struct sockaddr_un *address, const char *kind, unsigned int id)
{
	int length;

	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	length = snprintf(address->sun_path + 1, sizeof(address->sun_path) - 1, "torc-%s-%u",
			  kind, id);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
}

int torc_cluster_peer_listen(unsigned int id)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), ret;
	struct sockaddr_un address;
	socklen_t length = peer_name(&address, "cluster", id);

	if (fd < 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)&address, length) == 0 && listen(fd, 256) == 0)
		return fd;
	ret = -errno;
	close(fd);
	return ret;
}

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

int torc_cluster_peer_connect(unsigned int id)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), ret;
	struct timeval timeout = { .tv_sec = ANSWER_SECONDS };
	struct sockaddr_un address;
	socklen_t length = peer_name(&address, "cluster", id);

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	if (connect(fd, (const struct sockaddr *)&address, length) == 0)
		return fd;
	ret = -errno;
	close(fd);
	return ret;
}

int torc_cluster_peer_accept(int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

int torc_cluster_peer_send(int fd, const struct peer_message *message)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(message->fds))];
	} control = { 0 };
	struct peer_message sent = *message;
	struct iovec iov = { .iov_base = &sent, .iov_len = sizeof(sent) };
	struct msghdr header = { .msg_iov = &iov, .msg_iovlen = 1 };
	size_t bytes = message->fd_count * sizeof(int);

	sent.magic = CLUSTER_MAGIC;
	if (bytes > 0) {
		header.msg_control = control.bytes;
		header.msg_controllen = CMSG_SPACE(bytes);
		control.align = (struct cmsghdr){ .cmsg_len = CMSG_LEN(bytes),
						  .cmsg_level = SOL_SOCKET,
						  .cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(&control.align), message->fds, bytes);
	}
	return sendmsg(fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

/* Takes the descriptors out of the control data, all of them, wanted or not. */
static void take_fds(struct msghdr *header, struct peer_message *message)
{
	message->fd_count = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
		size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (message->fd_count < PEER_FDS_MAX)
				message->fds[message->fd_count++] = fd;
			else
				close(fd);
		}
	}
}

int torc_cluster_peer_receive(int fd, struct peer_message *message)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(message->fds))];
	} control;
	struct iovec iov = { .iov_base = message, .iov_len = sizeof(*message) };
	struct msghdr header = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes,
				 .msg_controllen = sizeof(control.bytes) };
	ssize_t length;

	do {
		length = recvmsg(fd, &header, MSG_CMSG_CLOEXEC);
	} while (length < 0 && errno == EINTR);
	if (length < 0)
		return -errno;
	take_fds(&header, message);
	if (length == 0)
		return 0;
	if (length == (ssize_t)sizeof(*message) && message->magic == CLUSTER_MAGIC)
		return 1;
	torc_cluster_peer_close_fds(message);
	return -EPROTO;
}

void torc_cluster_peer_close_fds(struct peer_message *message)
{
	for (uint32_t i = 0; i < message->fd_count; i++)
		close(message->fds[i]);
	message->fd_count = 0;
}

pid_t torc_cluster_peer_pid(int fd)
{
	struct ucred who;
	socklen_t length = sizeof(who);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &length) < 0 ? 0 : who.pid;
}

int torc_cluster_peer_trusted(int fd)
{
	struct ucred who;
	socklen_t length = sizeof(who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &length) < 0)
		return 0;
	return who.uid == geteuid() || who.uid == 0 || torc_kernel_user_captures(who.uid) > 0;
}
