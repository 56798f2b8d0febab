/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * afxdp_leader.h - the leader of an AF_XDP cluster: a thread that hands packets out
 *
 * Of the processes that have the same queues one is the leader: the one that has locked a file which
 * all of them have (flock(2): the kernel unlocks it when that process ends). It alone has the kernel's
 * rings and writes the table (afxdp_table.h). Each member of any process, its own included, has a
 * line to it, one end of a socketpair(2), and comes by the mailbox, a pair of sockets that all have:
 *
 *	HELLO    to the mailbox: the leader's end of the line, the memory of the member's returns;
 *	         value: odd when it is new, and another one each time it is
 *	WELCOME  the table, and a pidfd of the leader
 *	WAKE     there are packets; sent to who sleeps
 *	SETTLE   hand out what has come up to now; value 1: to nobody, if nobody serves
 *	SETTLED  done
 *	BYE      the leader leaves: somebody else is to lead
 *
 * The end of the line is also what src/cluster/ knows the member by (torc_cluster_attach()): so who
 * sends it is the member of that slot, and nobody else.
 */
#ifndef TORC_ENGINE_AFXDP_LEADER_H
#define TORC_ENGINE_AFXDP_LEADER_H

#include "engine/afxdp_sockets.h"
#include "engine/afxdp_table.h"

struct torc_cluster_member;

enum afxdp_message_kind {
	AFXDP_HELLO = 1,
	AFXDP_WELCOME,
	AFXDP_WAKE,
	AFXDP_SETTLE,
	AFXDP_SETTLED,
	AFXDP_BYE
};

struct afxdp_message {
	uint32_t kind, slot, value;
};

struct afxdp_leader;

/* What a process that wants to lead has. */
struct afxdp_candidate {
	int file;    /* whose lock makes the leader */
	int mailbox; /* to read from */
	struct afxdp_sockets *sockets;
	const struct afxdp_geometry *geometry;
	const struct afxdp_table *old; /* of the leader before, or NULL */
	bool opened; /* by this process: what lies in no ring is out */
	struct torc_cluster_member *member; /* by whom it sees who is in the cluster */
};

/*
 * afxdp_leader_start - lead, unless another process does: -EBUSY
 *
 * What the candidate names is borrowed until afxdp_leader_stop().
 */
int afxdp_leader_start(struct afxdp_leader **started, const struct afxdp_candidate *candidate);
/* The members find another one; last: there are none, and every frame is to be the kernel's. */
void afxdp_leader_stop(struct afxdp_leader *leader, bool last);
/* Is it that of the process that we are a fork of? Then it can only be stopped, which ends it here. */
bool afxdp_leader_is_forgotten(const struct afxdp_leader *leader);
/* Look who is in the cluster by this member from now on: that one leaves. */
void afxdp_leader_see_by(struct afxdp_leader *leader, struct torc_cluster_member *member);
/* A block that was taken before there was a cluster. */
void afxdp_leader_found(struct afxdp_leader *leader, uint32_t queue, const struct xdp_desc *descs,
			uint32_t count);
/* What the sockets have lost since somebody asked. */
uint64_t afxdp_leader_claim(struct afxdp_leader *leader);

#endif
