/* SPDX-License-Identifier: BSD-3-Clause */
/* proof.c - what shows that a process may capture here, and which process it is; socket(7) */
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "peer/peer.h"
#include "util/error.h"
#include "util/spare.h"

#ifndef AF_XDP
#define AF_XDP 44
#endif
#ifndef SO_NETNS_COOKIE /* Linux 5.14 */
#define SO_NETNS_COOKIE 71
#endif
#ifndef SO_PEERPIDFD /* Linux 6.5 */
#define SO_PEERPIDFD 77
#endif

int torc_peer_proof(void)
{
	return torc_packet_socket();
}

static int option(int fd, int name, void *value, socklen_t size)
{
	return getsockopt(fd, SOL_SOCKET, name, value, &size) < 0 ? -errno : 0;
}

uint64_t torc_peer_netns(void)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint64_t cookie = 0;
	struct stat status;

	if (fd < 0)
		return 0;
	if (option(fd, SO_NETNS_COOKIE, &cookie, sizeof(cookie)) < 0 &&
	    stat("/proc/thread-self/ns/net", &status) == 0)
		cookie = status.st_ino;
	close(fd);
	return cookie;
}

/*
 * Before Linux 5.14 the namespace of a socket is told to CAP_NET_ADMIN only; who has not got that
 * relies on the place, whose name has the namespace in it.
 */
static bool is_of_our_netns(int fd)
{
	uint64_t cookie, here = torc_peer_netns();
	struct stat status;
	int netns;

	if (option(fd, SO_NETNS_COOKIE, &cookie, sizeof(cookie)) == 0)
		return cookie == here;
	netns = ioctl(fd, SIOCGSKNS);
	if (netns < 0)
		return errno == EPERM;
	if (fstat(netns, &status) < 0)
		status.st_ino = 0;
	close(netns);
	return status.st_ino == here;
}

static bool is_idle_packet_socket(int fd)
{
	struct sockaddr_ll address = { 0 };
	socklen_t length = sizeof(address);
	int locked = 1, protocol = -1;

	return option(fd, SO_LOCK_FILTER, &locked, sizeof(locked)) == 0 && locked == 0 &&
	       option(fd, SO_PROTOCOL, &protocol, sizeof(protocol)) == 0 && protocol == 0 &&
	       getsockname(fd, (struct sockaddr *)&address, &length) == 0 &&
	       address.sll_protocol == 0 && address.sll_ifindex == 0;
}

int torc_peer_check_proof(int fd, int family, struct torc_error *error)
{
	int domain = 0;

	if (option(fd, SO_DOMAIN, &domain, sizeof(domain)) < 0 || domain != family)
		return torc_error_set(error, -EACCES, "the other process shows no %s socket as its "
				      "right to capture", family == AF_XDP ? "AF_XDP" : "packet");
	if (!is_of_our_netns(fd))
		return torc_error_set(error, -EACCES, "the socket that the other process shows is "
				      "of another network namespace");
	if (family == AF_PACKET && !is_idle_packet_socket(fd))
		return torc_error_set(error, -EACCES, "the packet socket that the other process "
				      "shows is bound, or narrowed by a locked filter");
	return 0;
}

bool torc_peer_is_user(int fd, uid_t user)
{
	struct ucred who;

	return option(fd, SO_PEERCRED, &who, sizeof(who)) == 0 && who.uid == user;
}

pid_t torc_peer_pid(int fd)
{
	struct ucred who;

	return option(fd, SO_PEERCRED, &who, sizeof(who)) < 0 ? 0 : who.pid;
}

/*
 * Without SO_PEERPIDFD, a process may have ended between the two calls and its number be another's;
 * but as long as the connection is open the one that made it lives, or a fork of it does.
 */
int torc_peer_pidfd(int fd)
{
	struct pollfd state = { .fd = fd };
	int pidfd = -1;
	pid_t pid;

	if (option(fd, SO_PEERPIDFD, &pidfd, sizeof(pidfd)) == 0)
		return pidfd;
	pid = torc_peer_pid(fd);
	if (pid <= 0)
		return -ESRCH;
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0)
		return -errno;
	if (poll(&state, 1, 0) < 0 || state.revents & (POLLHUP | POLLERR)) {
		close(pidfd);
		return -ESRCH;
	}
	return pidfd;
}
