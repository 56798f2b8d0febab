/* SPDX-License-Identifier: BSD-3-Clause */
/* door.c - connections that have not said yet what they want: few, for a second, of one user */
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer/peer.h"

void torc_door_open(struct torc_door *door, int listener)
{
	*door = (struct torc_door){ .listener = listener, .user = geteuid() };
	door->spare = eventfd(0, EFD_CLOEXEC);
	for (unsigned int i = 0; i < TORC_DOOR_WAITING; i++)
		door->waiting[i].fd = -1;
}

void torc_door_close(struct torc_door *door)
{
	if (door->spare >= 0)
		close(door->spare);
	door->spare = door->listener = -1;
}

/*
 * No descriptor is left, and the connection stays at the listener, which is readable for as long:
 * the spare one is given up for it, so that it can be turned away.
 */
static int turn_away(struct torc_door *door, int code, uint64_t now_ns)
{
	int fd;

	if (door->spare >= 0) {
		close(door->spare);
		fd = accept4(door->listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0)
			close(fd);
	}
	door->spare = eventfd(0, EFD_CLOEXEC);
	if (door->spare >= 0)
		return -EAGAIN;
	door->rest_until_ns = now_ns + TORC_DOOR_REST_NS;
	return code;
}

static bool has_greeted(int fd)
{
	struct pollfd event = { .fd = fd, .events = POLLIN };

	return poll(&event, 1, 0) == 1 && event.revents & POLLIN;
}

int torc_door_accept(struct torc_door *door, uint64_t now_ns)
{
	int fd = accept4(door->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS))
		return turn_away(door, -EMFILE, now_ns);
	if (fd < 0)
		return -EAGAIN;
	if (torc_peer_is_user(fd, door->user)) {
		if (has_greeted(fd))
			return fd;
		for (unsigned int i = 0; i < TORC_DOOR_WAITING; i++) {
			if (door->waiting[i].fd >= 0)
				continue;
			door->waiting[i].fd = fd;
			door->waiting[i].until_ns = now_ns + TORC_DOOR_NS;
			return fd;
		}
	}
	close(fd);
	return -EAGAIN;
}

void torc_door_greeted(struct torc_door *door, int fd)
{
	for (unsigned int i = 0; i < TORC_DOOR_WAITING; i++) {
		if (door->waiting[i].fd == fd)
			door->waiting[i].fd = -1;
	}
}

int torc_door_late(const struct torc_door *door, uint64_t now_ns, uint64_t *due_ns)
{
	*due_ns = 0;
	for (unsigned int i = 0; i < TORC_DOOR_WAITING; i++) {
		uint64_t until_ns = door->waiting[i].until_ns;

		if (door->waiting[i].fd < 0)
			continue;
		if (now_ns >= until_ns)
			return door->waiting[i].fd;
		if (*due_ns == 0 || until_ns < *due_ns)
			*due_ns = until_ns;
	}
	return -1;
}
