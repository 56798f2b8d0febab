/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * message.h - what the processes of a cluster say to each other
 *
 * Each process has a line, one end of a socketpair(2), whose other end the leader has. It hands that
 * end over with HELLO: by the door when it comes for the first time (peer/peer.h, with its proof), by
 * the mailbox when it has been let in before. The mailbox is a pair of sockets that every process of
 * the cluster holds; the leader reads it. So nobody needs a right, or a name, to come to a new leader.
 *
 *	HELLO    to the leader: line [, proof]. value: the process number it had, NOBODY: none
 *	WELCOME  value: the process number; with what enum welcome_fds says
 *	SOCKET   both ways: the socket of a slot; everybody keeps a duplicate, so that a socket
 *	         outlives its process until its place can be given up without disorder
 *	DROP     from the leader: close the duplicate of this slot's socket
 *	HANDOFF  both ways: what members that deal packets out themselves have in common;
 *	         value: the interface, inode: the queues
 *	QUERY    at the door, by processes of the same user: answered by a report (report.c)
 *
 * Requests, about the slots of the process that asks; ANSWER bears the number of the request and a
 * result, and a sentence where that is negative. Asking again, of a new leader, does no harm.
 *
 *	JOIN     a new slot, with struct cluster_join; the answer's slot
 *	ADOPT    a slot of process `value` becomes ours (a fork goes on with its parent's ring)
 *	ATTACH   put the socket that comes with it into the group of interface `value`
 *	SERVE    value: the member wants a share, or wants none
 *	LAST     the member leaves; result: 1 when it was the last on its interface
 *	CLOSED   its socket is closed; no answer
 *	LEAVE    it is gone; no answer
 */
#ifndef TORC_CLUSTER_MESSAGE_H
#define TORC_CLUSTER_MESSAGE_H

#include <stdint.h>

#include "cluster/table.h"
#include "peer/peer.h"

enum message_kind {
	MESSAGE_HELLO = 1,
	MESSAGE_WELCOME,
	MESSAGE_SOCKET,
	MESSAGE_DROP,
	MESSAGE_HANDOFF,
	MESSAGE_QUERY,
	MESSAGE_ANSWER,
	MESSAGE_JOIN,
	MESSAGE_ADOPT,
	MESSAGE_ATTACH,
	MESSAGE_SERVE,
	MESSAGE_LAST,
	MESSAGE_CLOSED,
	MESSAGE_LEAVE
};

/* The descriptors of a WELCOME: the last two where the group's program is eBPF. */
enum welcome_fds {
	WELCOME_TABLE,
	WELCOME_LISTENER,
	WELCOME_MAILBOX_IN,
	WELCOME_MAILBOX_OUT,
	WELCOME_PROOF,
	WELCOME_LEADER, /* a pidfd */
	WELCOME_MAP,
	WELCOME_PROGRAM,
	WELCOME_FDS
};

/* What a new member asks for, and what those who are there have said. */
struct cluster_join {
	uint32_t type;
	uint32_t options;
	uint32_t dealt;
	int32_t ifindex;
	uint32_t ring_id;
	uint32_t ticket;
	uint32_t again; /* a fork goes on with what its parent had */
	char device[256];
	char application[64];
};

struct cluster_message {
	uint32_t magic; /* CLUSTER_MAGIC */
	uint32_t kind;
	uint32_t number;
	uint32_t slot;
	uint32_t value;
	int32_t result;
	uint64_t inode;
	union {
		struct cluster_join join;
		char text[256]; /* of an ANSWER */
	};
};

/* torc_peer_send() and torc_peer_receive() of one; a receiver's text is terminated. */
int torc_message_send(int fd, const struct cluster_message *message, const int *fds,
		      unsigned int fd_count);
/* 1, 0: the other side is gone; -EAGAIN; -EPROTO. Descriptors as torc_peer_receive() says. */
int torc_message_receive(int fd, struct cluster_message *message, int *fds,
			 unsigned int *fd_count);
void torc_message_close(int *fds, unsigned int fd_count);
/* Duplicates of descriptors, all of them or none. */
int torc_message_duplicate(int *to, const int *fds, unsigned int fd_count);

#endif
