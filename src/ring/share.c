/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * share.c - a ring in a cluster
 *
 * Each interface of the ring is a member of its own; src/cluster/ knows how they share. A file is
 * split by the ring itself, packet by packet, by the same flow hash (refine.c).
 */
#include <errno.h>

#include "cluster/cluster.h"
#include "ring/ring.h"

int ring_join_port(struct torc_ring *ring, struct ring_port *port, unsigned int id,
		   enum torc_cluster_type type, uint32_t options)
{
	struct torc_engine_info info;
	struct torc_cluster_request request = {
		.id = id,
		.type = type,
		.options = options,
		.device = ring->device,
		.application_name = ring->application_name,
		.ring_id = ring->id,
		.dealt = port->ops->deals,
	};
	int result;

	if (!port->ops->join)
		return ring_fail(ring, -EOPNOTSUPP, "%s cannot take part in a cluster", port->name);
	if (port->locked)
		return ring_fail(ring, -EOPNOTSUPP, "%s: its packet socket has a filter that stays: it "
				 "cannot take part in a cluster", port->name);
	if (port->keeps_direction) { /* from now on the filter has to */
		port->keeps_direction = false;
		result = ring_apply_filter(ring);
		if (result < 0)
			return result;
	}
	port->ops->info(port->engine, &info);
	request.ifindex = info.ifindex;
	result = torc_cluster_join(&port->member, &request, &ring->error);
	if (result < 0)
		return result;
	result = port->ops->join(port->engine, port->member, &ring->error);
	if (result < 0) {
		torc_cluster_leave(port->member);
		port->member = NULL;
	}
	if (result == 0 && port->ops->deals)
		result = ring_apply_filter(ring);
	return result;
}

static int leave_ports(struct torc_ring *ring)
{
	int result = 0;

	ring_wait_unwatch(ring);
	for (unsigned int i = 0; i < ring->port_count; i++) {
		struct ring_port *port = &ring->ports[i];
		int code;

		if (!port->member)
			continue;
		code = port->ops->leave(port->engine);
		if (code < 0)
			result = ring_fail(ring, code, "%s: leaving the cluster: %s", port->name,
					   torc_strerror(code));
		torc_cluster_leave(port->member);
		port->member = NULL;
		if (port->ops->deals)
			ring_apply_filter(ring);
	}
	if (ring->seat)
		torc_cluster_file_leave(ring->seat);
	ring->seat = NULL;
	ring->cluster_id = 0;
	ring_wait_watch(ring);
	ring_refine_changed(ring);
	return result;
}

static int join_ports(struct torc_ring *ring, unsigned int id, enum torc_cluster_type type,
		      uint32_t options)
{
	int result = 0;

	for (unsigned int i = 0; i < ring->port_count && result == 0; i++) {
		struct ring_port *port = &ring->ports[i];

		if (!port->ops->is_file)
			result = ring_join_port(ring, port, id, type, options);
		else if (!ring->member_given)
			result = torc_cluster_file_join(&ring->seat, port->name, id, type,
							&ring->error);
	}
	if (result < 0) {
		struct torc_error reason = ring->error;

		leave_ports(ring);
		ring->error = reason;
		return result;
	}
	ring->cluster_id = id;
	ring->cluster_type = type;
	ring->cluster_options = options;
	return 0;
}

int torc_ring_set_cluster_with(struct torc_ring *ring, unsigned int id,
			       enum torc_cluster_type type, uint32_t options)
{
	int result = 0;

	if (id < 1 || id > 65535)
		return ring_fail(ring, -EINVAL, "a cluster id is 1 to 65535, not %u", id);
	if ((unsigned int)type > TORC_CLUSTER_PER_INNER_FLOW_IP_5_TUPLE)
		return ring_fail(ring, -EINVAL, "cluster type %d does not exist", (int)type);
	if (options & ~(uint32_t)TORC_CLUSTER_RELAXED)
		return ring_fail(ring, -EINVAL, "unknown cluster option bits 0x%x", options);
	if (ring->port_count == 0)
		return ring_fail(ring, -ENODEV, "a ring without a device cannot join a cluster");
	ring_lock(ring);
	if (ring->cluster_id)
		result = leave_ports(ring);
	if (result == 0)
		result = join_ports(ring, id, type, options);
	if (result == 0 && ring->seat && ring->enabled)
		torc_cluster_file_begin(ring->seat, &ring->share_index, &ring->share_count);
	ring_wait_watch(ring);
	ring_refine_changed(ring);
	ring_publish(ring);
	ring_ready(ring);
	ring_unlock(ring);
	return result;
}

int torc_ring_set_cluster(struct torc_ring *ring, unsigned int id, enum torc_cluster_type type)
{
	return torc_ring_set_cluster_with(ring, id, type, 0);
}

int torc_ring_leave_cluster(struct torc_ring *ring)
{
	int result = 0;

	ring_lock(ring);
	if (ring->cluster_id)
		result = leave_ports(ring);
	ring_publish(ring);
	ring_ready(ring);
	ring_unlock(ring);
	return result;
}
