/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * torc/cluster.h - the clusters of this user that live in this network namespace
 *
 * To be a member is a matter of torc/ring.h; this is what `torc rings` shows.
 */
#ifndef TORC_CLUSTER_PUBLIC_H
#define TORC_CLUSTER_PUBLIC_H

#include <torc/ring.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One interface of one ring. The library allocates these, so both structs may grow at their end. */
struct torc_cluster_member_info {
	int32_t pid;          /* as the cluster's first process sees it; 0: it cannot see it */
	uint32_t ring_id;     /* struct torc_ring_info.id, unique in that process */
	int32_t ifindex;      /* 0: any */
	uint32_t share;       /* in TORC_CLUSTER_SHARE_WHOLE ths of that interface's flows */
	bool enabled;         /* takes part; in turns, share is 0 and this says all */
	char application[64];
};

#define TORC_CLUSTER_SHARE_WHOLE 1024

struct torc_cluster_info {
	uint32_t id;
	enum torc_cluster_type type;
	uint32_t options;       /* TORC_CLUSTER_RELAXED */
	bool extended;          /* an eBPF program: fragments follow their flow */
	char device[128];
	uint32_t member_count;
	struct torc_cluster_member_info **members; /* member_count pointers, released with the whole */
};

/*
 * torc_clusters_read - all clusters of our effective user in the network namespace, ordered by id
 *
 * clusters  set to an array of pointers, owned by the caller: release with torc_clusters_free()
 * count     set to its length
 *
 * Asks one process of each cluster over a unix socket, all within 200 milliseconds; no privilege is
 * needed. A cluster whose process does not answer is left out. Returns 0 or a negative errno.
 */
TORC_API int torc_clusters_read(struct torc_cluster_info ***clusters, unsigned int *count);

TORC_API void torc_clusters_free(struct torc_cluster_info **clusters, unsigned int count);

/* torc_cluster_type_name - such as "per_flow_2_tuple"; NULL for what is no type */
TORC_API const char *torc_cluster_type_name(enum torc_cluster_type type);

/*
 * torc_cluster_type_parse - the type of a name; -EINVAL for what is none
 *
 * Takes what torc_cluster_type_name() gives, and the same with '-' for '_', without "per_" or
 * "per_flow_" ("5-tuple", "inner-2-tuple", "flow"), and PF_RING's "cluster_per_flow" and the like.
 */
TORC_API int torc_cluster_type_parse(const char *name);

#ifdef __cplusplus
}
#endif

#endif
