/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * link.c - interfaces that go down, are deleted, and come back
 *
 * An engine says what it sees; here the user is told once for each outage, and an engine that wants
 * it is started anew, in its cluster too. Looked at while nothing else is to be done, and once a
 * second while packets come: one interface of several may be gone while the others are busy.
 */
#include <errno.h>

#include "cluster/cluster.h"
#include "ring/ring.h"

/* Out of the cluster of the old interface and into that of the new one; both have the same id. */
static int rejoin(struct torc_ring *ring, struct ring_port *port)
{
	if (port->member) {
		port->ops->leave(port->engine);
		torc_cluster_leave(port->member);
		port->member = NULL;
	}
	return ring_join_port(ring, port, ring->cluster_id, ring->cluster_type,
			      ring->cluster_options);
}

/* The account goes on, and so do packets that are still in the engine's memory. */
static int restart(struct torc_ring *ring, struct ring_port *port)
{
	int result = 0;

	ring_wait_unwatch(ring);
	port->ops->stop(port->engine);
	if (ring->cluster_id && port->ops->join)
		result = rejoin(ring, port);
	if (result == 0)
		result = port->ops->start(port->engine);
	ring_wait_watch(ring);
	ring_refine_changed(ring);
	return result == -ENODEV || result == -ENETDOWN ? 0 : result;
}

/* What the user is to be told, or 0. A start that fails is tried again, and told once. */
static int look_at(struct torc_ring *ring, struct ring_port *port)
{
	int result = port->ops->check ? port->ops->check(port->engine) : 0;
	bool told = port->failed;

	if (result != ENGINE_RESTART)
		return result;
	result = restart(ring, port);
	port->failed = result < 0;
	return told ? 0 : result;
}

/* See to the interfaces; what is to be told waits for ring_check(). Under the lock. */
void ring_look_after(struct torc_ring *ring)
{
	for (unsigned int i = 0; i < ring->port_count; i++) {
		struct ring_port *port = &ring->ports[i];
		int result = look_at(ring, port);

		if (result < 0) {
			port->event = result;
			ring->has_event = true;
		}
	}
}

static int tell(struct torc_ring *ring, const struct ring_port *port, int code)
{
	if (code == -ENODEV)
		return ring_fail(ring, code, "%s was deleted; the ring resumes if it comes back",
				 port->name);
	if (code == -ENETDOWN)
		return ring_fail(ring, code, "%s went down; the ring resumes when it is up",
				 port->name);
	return ring_fail(ring, code, "%s is back, but cannot be captured: %s", port->name,
			 torc_strerror(code));
}

/* What became of the interfaces: a negative code, once for each event; 0: nothing new. */
int ring_check(struct torc_ring *ring)
{
	ring_look_after(ring);
	if (ring->socket_given)
		ring_adopt_filter(ring);
	if (!ring->has_event)
		return 0;
	for (unsigned int i = 0; i < ring->port_count; i++) {
		struct ring_port *port = &ring->ports[i];
		int code = port->event;

		port->event = 0;
		if (code < 0)
			return tell(ring, port, code);
	}
	ring->has_event = false;
	return 0;
}
