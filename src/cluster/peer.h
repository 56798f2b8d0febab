/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * peer.h - how the processes of a cluster find and talk to each other
 *
 * One of them listens on an abstract unix socket (unix(7)) whose name is the cluster's id: such
 * names belong to the network namespace, need no file system and vanish with their process. All
 * others keep a connection to it, which also tells each side that the other died. When the listener
 * dies, the others race for the name and the winner goes on (serve.c).
 *
 *	HELLO    to the server: let me in. slot: my process number if I was in before
 *	WELCOME  slot: your process number; with the table, and the eBPF parts where there are some
 *	SOCKET   both ways: the socket of a slot; everybody keeps a duplicate, so that a socket
 *	         outlives its process until its place can be given up without disorder
 *	DROP     from the server: close the duplicate of this slot's socket
 *	GOODS    both ways: what members that deal packets out themselves have in common
 *	LOOK     to the server: there is something in the table to do
 *	QUERY    to the server, from anybody: answered by REPORT, struct peer_report
 */
#ifndef TORC_CLUSTER_PEER_H
#define TORC_CLUSTER_PEER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cluster/cluster.h"

enum {
	PEER_HELLO = 1,
	PEER_WELCOME,
	PEER_SOCKET,
	PEER_DROP,
	PEER_LOOK,
	PEER_QUERY,
	PEER_REPORT,
	PEER_GOODS
};

#define PEER_FDS_MAX TORC_CLUSTER_FDS

struct peer_message {
	uint32_t magic; /* CLUSTER_MAGIC */
	uint32_t kind;
	uint32_t slot; /* GOODS: the interface */
	uint32_t fd_count;
	uint64_t inode; /* SOCKET, DROP: of the socket; HELLO: of the table one had before;
			 * GOODS: the queues */
	int fds[PEER_FDS_MAX]; /* in this process; received ones are owned by the receiver */
};

/* Non-blocking for the listener and what it accepts, blocking with a timeout for connect. */
int torc_cluster_peer_listen(unsigned int id);
int torc_cluster_peer_connect(unsigned int id);
int torc_cluster_peer_accept(int listener);

/* A whole message or an error: -EAGAIN when it would have to wait. */
int torc_cluster_peer_send(int fd, const struct peer_message *message);
/* 1 a message, 0 the other side is gone, -EAGAIN nothing now. Foreign messages are -EPROTO. */
int torc_cluster_peer_receive(int fd, struct peer_message *message);
void torc_cluster_peer_close_fds(struct peer_message *message);

/* The process at the other end as it was when it connected or listened; 0: not visible from here */
pid_t torc_cluster_peer_pid(int fd);

/*
 * May the other side share in a cluster? It may when it is of the same user or root, or when its
 * user has a packet socket open in this network namespace: nothing is given to anyone who could not
 * capture here anyway. 1, 0.
 */
int torc_cluster_peer_trusted(int fd);

#endif
