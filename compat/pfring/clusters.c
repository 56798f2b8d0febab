/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * clusters.c - PF_RING's clusters on torc's
 *
 * In PF_RING the first member's type holds and the types of the others are ignored; a type that
 * does not exist hashes like a flow. Programs rely on both (one passes a pointer's bits as the
 * type), so both are kept; the second says so once.
 */
#include <errno.h>

#include "state.h"

#define TYPES (TORC_CLUSTER_PER_INNER_FLOW_IP_5_TUPLE + 1)

static int known_type(cluster_type type, enum torc_cluster_type *known)
{
	static int said;

	if (type == cluster_per_flow_ip_with_dup_tuple)
		return -EOPNOTSUPP; /* one packet to two members: no cluster of a kernel does it */
	if ((unsigned int)type < TYPES) {
		*known = (enum torc_cluster_type)type;
		return 0;
	}
	*known = TORC_CLUSTER_PER_FLOW;
	if (!__atomic_exchange_n(&said, 1, __ATOMIC_ACQ_REL))
		pf_say("there is no cluster type %u; taken as cluster_per_flow",
		       (unsigned int)type);
	return 0;
}

/* The type the cluster has already, whatever it is; -TORC_ECLUSTER: another device, or foreign. */
static int join_existing(struct torc_ring *torc, unsigned int id, uint32_t options)
{
	int rc = -TORC_ECLUSTER;

	for (int type = 0; type < TYPES && rc == -TORC_ECLUSTER; type++)
		rc = torc_ring_set_cluster_with(torc, id, (enum torc_cluster_type)type, options);
	return rc;
}

static int join(struct torc_ring *torc, unsigned int id, enum torc_cluster_type type,
		uint32_t options)
{
	struct torc_ring_info info = { .size = sizeof(info) };
	int rc = torc_ring_info(torc, &info);

	if (rc == 0 && info.cluster_id != 0)
		rc = torc_ring_leave_cluster(torc);
	if (rc < 0)
		return rc;
	rc = torc_ring_set_cluster_with(torc, id, type, options);
	return rc == -TORC_ECLUSTER ? join_existing(torc, id, options) : rc;
}

API int pfring_set_cluster_consumer(pfring *ring, u_int16_t cluster_id, u_int16_t queue_id,
				    cluster_type the_type, u_int32_t options)
{
	enum torc_cluster_type type;
	uint32_t torc_options = 0;
	int rc;

	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	/* Shares move when members come and go, so no member can own a number. */
	if (queue_id < MAX_CLUSTER_QUEUES)
		return PF_RING_ERROR_NOT_SUPPORTED;
	if (cluster_id == 0)
		return pf_result(-EINVAL);
	if (options & CLUSTER_OPTION_RELAXED_DISTRIBUTION)
		torc_options |= TORC_CLUSTER_RELAXED;
	rc = known_type(the_type, &type);
	if (rc == 0)
		rc = join(state_of(ring)->torc, cluster_id, type, torc_options);
	return rc == -EOPNOTSUPP ? PF_RING_ERROR_NOT_SUPPORTED : pf_result(rc);
}

API int pfring_set_cluster(pfring *ring, u_int clusterId, cluster_type the_type)
{
	if (ring && clusterId > UINT16_MAX)
		return pf_result(-EINVAL);
	return pfring_set_cluster_consumer(ring, (u_int16_t)clusterId, MAX_CLUSTER_QUEUES, the_type,
					   0);
}

API int pfring_remove_from_cluster(pfring *ring)
{
	if (!ring)
		return PF_RING_ERROR_NOT_SUPPORTED;
	return pf_result(torc_ring_leave_cluster(state_of(ring)->torc));
}

API u_int32_t pfring_get_ring_id(pfring *ring)
{
	struct torc_ring_info info = { .size = sizeof(info) };

	if (!ring)
		return (u_int32_t)PF_RING_ERROR_NOT_SUPPORTED;
	return torc_ring_info(state_of(ring)->torc, &info) < 0 ? (u_int32_t)-1 : info.id;
}
