/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * sockets.c - packet sockets that were handed to a ring when it is opened
 *
 * Each interface takes the next one; those that are left are spare ones (util/spare.h) from then on,
 * unless their filter is locked: what a spare one is for, changes filters.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ring/ring.h"
#include "util/error.h"
#include "util/spare.h"

#define SOCKETS_MOST (RING_PORTS_MAX * (1 + SPARES_OF_RING + SPARES_OF_MEMBER))

void ring_sockets_close(const int *fds, unsigned int count)
{
	for (unsigned int i = 0; fds && i < count; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* Two descriptors of one socket would be two rings on it. */
static int check_alike(const int *fds, unsigned int at, struct torc_error *error)
{
	struct stat this, other;

	if (fstat(fds[at], &this) < 0)
		return torc_error_set(error, -errno, "descriptor %d: %s", fds[at],
				      torc_strerror(-errno));
	for (unsigned int i = 0; i < at; i++)
		if (fstat(fds[i], &other) == 0 && other.st_dev == this.st_dev &&
		    other.st_ino == this.st_ino)
			return torc_error_set(error, -EINVAL, "descriptors %d and %d are one socket",
					      fds[i], fds[at]);
	return 0;
}

int ring_sockets_take(struct torc_ring *ring, const struct torc_ring_options *options,
		      struct torc_error *error)
{
	int result = 0;

	if (!options->socket_fds)
		return 0;
	if (options->socket_count == 0 || options->socket_count > SOCKETS_MOST)
		return torc_error_set(error, -EINVAL, "%u packet sockets: a ring takes 1 to %u",
				      options->socket_count, SOCKETS_MOST);
	for (unsigned int i = 0; i < options->socket_count && result == 0; i++)
		result = check_alike(options->socket_fds, i, error);
	if (result < 0)
		return result;
	ring->sockets = malloc(options->socket_count * sizeof(*ring->sockets));
	if (!ring->sockets)
		return torc_error_set(error, -ENOMEM, "out of memory");
	ring->socket_count = options->socket_count;
	memcpy(ring->sockets, options->socket_fds, ring->socket_count * sizeof(*ring->sockets));
	return 0;
}

int ring_sockets_next(struct torc_ring *ring, const struct ring_device_spec *spec, int **next,
		      struct torc_error *error)
{
	*next = NULL;
	if (!ring->sockets)
		return 0;
	if (spec->ops != &torc_engine_tpacket_v3 && spec->ops != &torc_engine_tpacket_v2)
		return torc_error_set(error, -EINVAL, "%s is not captured from by a packet socket, so "
				      "none can be handed over for it", spec->names[0]);
	if (ring->port_count >= ring->socket_count)
		return torc_error_set(error, -EINVAL, "%u packet sockets were handed over for %u "
				      "interfaces", ring->socket_count, spec->count);
	*next = &ring->sockets[ring->port_count];
	return 0;
}

int ring_sockets_keep(struct torc_ring *ring, struct torc_error *error)
{
	int result = 0;

	if (!ring->sockets)
		return 0;
	if (ring->port_count == 0)
		return torc_error_set(error, -EINVAL, "packet sockets were handed over for a ring "
				      "without an interface");
	for (unsigned int i = ring->port_count; i < ring->socket_count && result == 0; i++) {
		int *fd = &ring->sockets[i];
		bool locked;

		result = torc_packet_socket_check(*fd, &locked, error);
		if (result < 0 || locked)
			continue;
		torc_packet_socket_unused(*fd);
		*fd = -1;
	}
	if (result < 0)
		return result;
	ring_sockets_close(ring->sockets, ring->socket_count);
	free(ring->sockets);
	ring->sockets = NULL;
	return 0;
}
