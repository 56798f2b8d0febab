/* SPDX-License-Identifier: BSD-3-Clause */
/* send.c - frames out of a ring's first interface */
#include <errno.h>

#include "ring/ring.h"

static int may_send(struct torc_ring *ring)
{
	if (!ring->enabled)
		return ring_fail(ring, -TORC_ENOTENABLED,
				 "the ring is not enabled: call torc_ring_enable()");
	if (ring->mode == TORC_RECV_ONLY)
		return ring_fail(ring, -EOPNOTSUPP, "the ring only receives (TORC_RECV_ONLY)");
	if (ring->port_count == 0 || !ring->ports[0].ops->send)
		return ring_fail(ring, -EOPNOTSUPP, "%s cannot send", ring->device);
	return 0;
}

static int send_failed(struct torc_ring *ring, int code)
{
	const char *hint = code == -ENOBUFS  ? "; the interface's queue is full, try again" :
			   code == -EMSGSIZE ? "; it is longer than the MTU and the header" :
			   code == -ENODEV   ? "; \"any\" has no interface to send on" :
					       "";

	return ring_fail(ring, code, "cannot send on %s: %s%s", ring->ports[0].name,
			 torc_strerror(code), hint);
}

int torc_ring_send_on(struct torc_ring *ring, int ifindex, const void *data, size_t length)
{
	struct ring_port *port = &ring->ports[0];
	int result;

	ring_lock(ring);
	result = may_send(ring);
	if (result == 0) {
		result = port->ops->send(port->engine, ifindex, data, length);
		if (result < 0)
			send_failed(ring, result);
	}
	ring_unlock(ring);
	return result;
}

int torc_ring_send(struct torc_ring *ring, const void *data, size_t length)
{
	return torc_ring_send_on(ring, 0, data, length);
}

int torc_ring_send_batch(struct torc_ring *ring, const struct torc_packet *packets,
			 unsigned int count)
{
	struct ring_port *port = &ring->ports[0];
	int result;

	ring_lock(ring);
	result = may_send(ring);
	if (result == 0) {
		result = port->ops->send_batch(port->engine, packets, count);
		if (result < 0)
			send_failed(ring, result);
	}
	ring_unlock(ring);
	return result;
}

int torc_ring_flush(struct torc_ring *ring)
{
	struct ring_port *port = &ring->ports[0];
	int result;

	ring_lock(ring);
	result = may_send(ring);
	if (result == 0) {
		result = port->ops->flush(port->engine);
		if (result < 0)
			send_failed(ring, result);
	}
	ring_unlock(ring);
	return result;
}
