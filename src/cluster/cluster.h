/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cluster.h - membership of one ring's interface in one cluster
 *
 * The ring makes a member when torc_ring_set_cluster() is called; an engine attaches its socket
 * when it starts to receive and detaches it before it stops. A member that is not attached holds
 * no share.
 *
 *	torc_cluster_join      checks type, device and privilege, registers; no share yet
 *	torc_cluster_attach    the socket enters the kernel's fanout group and takes its share
 *	torc_cluster_detach    the share goes to the others; then the caller closes the socket
 *	torc_cluster_leave     the member is gone
 *
 * A fanout group cannot be left while the socket lives (linux/if_packet.h), so after a detach the
 * engine receives on a new socket.
 */
#ifndef TORC_CLUSTER_H
#define TORC_CLUSTER_H

#include <torc/ring.h>

struct torc_cluster_member;
struct torc_live;

struct torc_cluster_request {
	unsigned int id;
	enum torc_cluster_type type;
	uint32_t options;
	const char *device; /* as shown to people */
	int ifindex;        /* 0: any */
	const char *application_name;
	uint32_t ring_id;
};

int torc_cluster_join(struct torc_cluster_member **member,
		      const struct torc_cluster_request *request, struct torc_error *error);

/*
 * fd: a packet socket bound to the interface with ETH_P_ALL, with a filter that refuses everything,
 * so that it has received nothing. attach() makes it a member of the kernel's group that holds no
 * share yet, then calls ready(context), in which the engine puts the real filter in place, and only
 * then gives it its share: no packet is lost or delivered twice. An unclustered ring that joins
 * while it receives has its real filter already; then ready may be NULL.
 */
int torc_cluster_attach(struct torc_cluster_member *member, int fd, int (*ready)(void *context),
			void *context, struct torc_error *error);

/* The share has moved to the other members when this returns; the socket still has to be closed. */
int torc_cluster_detach(struct torc_cluster_member *member);

void torc_cluster_leave(struct torc_cluster_member *member);

/*
 * torc_cluster_share_of - the share, 0 to count - 1, a packet belongs to when a flow hash alone
 * decides: how a file is split among the members of a cluster. Deterministic across processes and
 * runs. round_robin is not a matter of the packet: the caller counts.
 */
unsigned int torc_cluster_share_of(enum torc_cluster_type type, const struct torc_packet *packet,
				   unsigned int count);

#endif
