/* SPDX-License-Identifier: BSD-3-Clause */
/* message.c - messages that carry descriptors; unix(7), SCM_RIGHTS */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer/peer.h"

union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(TORC_PEER_FDS * sizeof(int))];
};

int torc_peer_send(int fd, const void *bytes, size_t size, const int *fds, unsigned int fd_count)
{
	union control control = { 0 };
	struct iovec iov = { .iov_base = (void *)(uintptr_t)bytes, .iov_len = size };
	struct msghdr header = { .msg_iov = &iov, .msg_iovlen = 1 };
	size_t fd_bytes = fd_count * sizeof(int);
	ssize_t sent;

	if (fd_count > TORC_PEER_FDS)
		return -E2BIG;
	if (fd_count > 0) {
		header.msg_control = control.bytes;
		header.msg_controllen = CMSG_SPACE(fd_bytes);
		control.align = (struct cmsghdr){ .cmsg_len = CMSG_LEN(fd_bytes),
						  .cmsg_level = SOL_SOCKET,
						  .cmsg_type = SCM_RIGHTS };
		memcpy(CMSG_DATA(&control.align), fds, fd_bytes);
	}
	do {
		sent = sendmsg(fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

/* All descriptors out of the control data, wanted or not. */
static bool take_fds(struct msghdr *header, int *fds, unsigned int *fd_count)
{
	bool whole = !(header->msg_flags & MSG_CTRUNC);

	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
		size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
			if (*fd_count < TORC_PEER_FDS) {
				fds[(*fd_count)++] = fd;
			} else {
				close(fd);
				whole = false;
			}
		}
	}
	return whole;
}

int torc_peer_receive(int fd, void *bytes, size_t size, int *fds, unsigned int *fd_count)
{
	union control control;
	struct iovec iov = { .iov_base = bytes, .iov_len = size };
	struct msghdr header = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.bytes,
				 .msg_controllen = sizeof(control.bytes) };
	ssize_t length;

	*fd_count = 0;
	do {
		length = recvmsg(fd, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
	} while (length < 0 && errno == EINTR);
	if (length < 0)
		return -errno;
	if (take_fds(&header, fds, fd_count) && !(header.msg_flags & MSG_TRUNC))
		return (int)length;
	while (*fd_count > 0)
		close(fds[--*fd_count]);
	return -EPROTO;
}
