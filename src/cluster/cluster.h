/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * cluster.h - membership of one ring's interface in one cluster
 *
 * The ring makes a member for each of its interfaces when torc_ring_set_cluster() is called; an
 * engine brings its socket in when it starts to receive and out before it stops. A member whose
 * socket is not serving holds no share.
 *
 *	torc_cluster_join      checks type, device and privilege, registers; no share yet
 *	torc_cluster_attach    the socket enters the kernel's fanout group, without a share: from now
 *	                       on it receives nothing
 *	                       ... the engine removes the filter that refused everything ...
 *	torc_cluster_serve     the member takes its share
 *	torc_cluster_detach    the share goes to the others; the socket receives nothing more
 *	                       ... the engine reads what is left, unmaps and closes the socket ...
 *	torc_cluster_closed    the socket is closed: its place in the group can go
 *	torc_cluster_leave     the member is gone
 *
 * A fanout group cannot be left while the socket lives (linux/if_packet.h), so after a detach the
 * engine receives on a new socket. How no packet is lost or misplaced on the way is told in
 * docs/clusters.md. Functions may be called from any thread, one at a time for each member. None
 * is called per packet.
 */
#ifndef TORC_CLUSTER_H
#define TORC_CLUSTER_H

#include <torc/ring.h>

struct torc_cluster_member;

struct torc_cluster_request {
	unsigned int id;
	enum torc_cluster_type type;
	uint32_t options;
	const char *device; /* of the whole ring, as shown to people: all members agree on it */
	int ifindex;        /* this interface; 0: any */
	const char *application_name;
	uint32_t ring_id;
};

/*
 * torc_cluster_join - register a new member, owned by the caller
 *
 * Needs CAP_NET_RAW. Returns 0, -EINVAL (id, type, options), -EPERM, -TORC_ECLUSTER (the cluster
 * lives with another type, options or device), -ENOSPC (256 members), -EOPNOTSUPP (a type that
 * needs CAP_BPF).
 */
int torc_cluster_join(struct torc_cluster_member **member,
		      const struct torc_cluster_request *request, struct torc_error *error);

/*
 * torc_cluster_attach - put a socket into the group
 *
 * fd  a packet socket bound to the interface with ETH_P_ALL, its ring set up, with a filter that
 *     refuses everything; borrowed (it is duplicated: closing it does not leave the group)
 *
 * When it returns 0 the socket receives nothing, until torc_cluster_serve(). (The first member of a
 * group, and round robin by classic means, receive from here on: they too should still refuse.)
 */
int torc_cluster_attach(struct torc_cluster_member *member, int fd, struct torc_error *error);

/* torc_cluster_serve - take the share; the flows that move come from all others evenly */
int torc_cluster_serve(struct torc_cluster_member *member, struct torc_error *error);

/* torc_cluster_detach - give the share up; what is in the socket's ring can still be read */
int torc_cluster_detach(struct torc_cluster_member *member);

/*
 * torc_cluster_check - to be called now and then by whoever receives: after a fork() the process
 * that goes on receiving becomes the member, in the place of its parent. Cost: one comparison.
 */
void torc_cluster_check(struct torc_cluster_member *member);

/* torc_cluster_closed - the engine has unmapped and closed the socket it attached */
void torc_cluster_closed(struct torc_cluster_member *member);

/* torc_cluster_leave - detach and closed where needed, and free the member; NULL is allowed */
void torc_cluster_leave(struct torc_cluster_member *member);

/*
 * torc_cluster_share_of - the share, 0 to count - 1, a packet belongs to when a flow hash alone
 * decides: how a file is split among the members of a cluster. Deterministic across processes and
 * runs. round_robin is not a matter of the packet: the caller counts.
 */
unsigned int torc_cluster_share_of(enum torc_cluster_type type, const struct torc_packet *packet,
				   unsigned int count);

/*
 * torc_cluster_file_join - a seat among the rings of this process that read one file as a cluster
 *
 * Rings on the same file (path) with the same id split it: the seats are numbered in the order of
 * joining, for good when the first of them begins to read. Joining later is -EBUSY. Another process
 * on the same file and id is refused (-TORC_ECLUSTER): processes say "pcap:FILE;member=2/4", which
 * needs no registry.
 */
struct torc_cluster_seat;
int torc_cluster_file_join(struct torc_cluster_seat **seat, const char *path, unsigned int id,
			   enum torc_cluster_type type, struct torc_error *error);

/* torc_cluster_file_begin - the ring is about to read: its number, from 0, and how many there are */
void torc_cluster_file_begin(struct torc_cluster_seat *seat, unsigned int *index,
			     unsigned int *count);
void torc_cluster_file_leave(struct torc_cluster_seat *seat);

#endif
