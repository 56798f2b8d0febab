/* SPDX-License-Identifier: BSD-3-Clause */
/* spare.c - packet sockets for when there is no right to make one any more */
#include "util/spare.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include "util/error.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int spares[SPARES_MOST];
static unsigned int have, wanted;

static int make(void)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

/* Under the lock, and where there is a right to. */
static void fill(void)
{
	while (have < wanted && have < SPARES_MOST) {
		int fd = make();

		if (fd < 0)
			return;
		spares[have++] = fd;
	}
}

/* The network namespace of a socket; 0 where the kernel (before 5.14) does not tell. */
static uint64_t namespace_of(int fd)
{
	uint64_t cookie = 0;
	socklen_t length = sizeof(cookie);

	return getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &length) < 0 ? 0 : cookie;
}

/* One of the caller's network namespace, or -1; under the lock. */
static int take(void)
{
	int probe = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), fd = -1;
	uint64_t here = probe >= 0 ? namespace_of(probe) : 0;

	for (unsigned int i = have; i-- > 0 && fd < 0;) {
		if (here && namespace_of(spares[i]) != here)
			continue;
		fd = spares[i];
		spares[i] = spares[--have];
	}
	if (probe >= 0)
		close(probe);
	return fd;
}

int torc_packet_socket(void)
{
	int fd = make(), spare = -1;

	if (fd != -EPERM)
		return fd;
	pthread_mutex_lock(&lock);
	if (have > 0)
		spare = take();
	pthread_mutex_unlock(&lock);
	return spare >= 0 ? spare : fd;
}

void torc_packet_socket_unused(int fd)
{
	pthread_mutex_lock(&lock);
	if (have < wanted && have < SPARES_MOST)
		spares[have++] = fd;
	else
		close(fd);
	pthread_mutex_unlock(&lock);
}

void torc_spares_hold(unsigned int count)
{
	pthread_mutex_lock(&lock);
	wanted += count;
	fill();
	pthread_mutex_unlock(&lock);
}

void torc_spares_release(unsigned int count)
{
	pthread_mutex_lock(&lock);
	wanted -= count;
	while (have > wanted)
		close(spares[--have]);
	pthread_mutex_unlock(&lock);
}

/* ---- from somebody else ---- */

static int option(int fd, int name)
{
	int value = -1;
	socklen_t length = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, name, &value, &length) < 0 ? -errno : value;
}

/* Of the namespace that the caller is in; true too where the kernel does not tell. */
static bool is_of_here(int fd)
{
	int probe = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint64_t here = probe >= 0 ? namespace_of(probe) : 0;

	if (probe >= 0)
		close(probe);
	return here == 0 || namespace_of(fd) == here;
}

int torc_packet_socket_check(int fd, bool *locked, struct torc_error *error)
{
	struct sockaddr_ll address = { 0 };
	socklen_t length = sizeof(address);

	if (option(fd, SO_DOMAIN) != AF_PACKET || option(fd, SO_TYPE) != SOCK_RAW)
		return torc_error_set(error, -EINVAL,
				      "descriptor %d is no packet socket (AF_PACKET, SOCK_RAW)", fd);
	if (getsockname(fd, (struct sockaddr *)&address, &length) < 0 || address.sll_protocol ||
	    address.sll_ifindex)
		return torc_error_set(error, -EINVAL,
				      "packet socket %d is bound already: hand over one that was made "
				      "with protocol 0 and not bound", fd);
	if (!is_of_here(fd))
		return torc_error_set(error, -EINVAL,
				      "packet socket %d is of another network namespace", fd);
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		return torc_error_set(error, -errno, "packet socket %d: %s", fd,
				      torc_strerror(-errno));
	*locked = option(fd, SO_LOCK_FILTER) > 0;
	return 0;
}
