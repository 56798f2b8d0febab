/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * session.h - this process's part in one cluster
 *
 * A session exists from the first member of this process in the cluster to the last. Its process
 * leads the cluster, or has a line to the one that does (message.h); when that one dies, all others
 * try for the lock of the place, one gets it and leads from then on, and the others come to it.
 * Everything here is with the big lock (watch.h); what waits lets it go meanwhile.
 */
#ifndef TORC_CLUSTER_SESSION_H
#define TORC_CLUSTER_SESSION_H

#include <stdbool.h>
#include <sys/types.h>

#include "cluster/cluster.h"
#include "cluster/leader.h"
#include "cluster/shared.h"

struct session_waiter;

struct session {
	struct session *next;
	unsigned int refs;    /* the list's, those of members, and of functions that wait */
	unsigned int members; /* of this process */
	pid_t pid;            /* of the process that has this session: not a fork's */
	bool down;            /* out of the list */
	bool stuck;           /* the leader did not answer in time: it is stopped, perhaps */
	struct cluster_shared shared;
	const struct cluster_memory *view; /* the table as the leader published it */
	unsigned int process;              /* our number in the table; CLUSTER_NOBODY: none yet */
	struct leader *leader; /* this process leads */
	int line;              /* otherwise: to the leader; -1: there is none at the moment */
	int leader_pidfd;
	bool welcomed;         /* the leader has answered on this line */
	unsigned int lines;    /* how many there have been */
	unsigned int tries;    /* to find a leader, since the last went */
	uint32_t number;       /* of the last request */
	uint32_t ticket;       /* of the last slot that was asked for */
	struct torc_error refusal; /* what was wrong with a welcome */
	struct session_waiter *waiters;
};

/* Changes in the child of a fork. */
unsigned int torc_session_forks(void);

/*
 * The session of a cluster, made if there is none: found in this process, joined, or founded. It is
 * kept until torc_session_put().
 */
int torc_session_get(struct session **session, unsigned int id, struct torc_error *error);
void torc_session_put(struct session *session);

/*
 * A fork has inherited a session and uses it: from now on it has its own line and watcher, and a
 * process number of its own. 0 too when nothing had to be done.
 */
int torc_session_own(struct session *session, struct torc_error *error);

/* The last member has left: disconnect. */
void torc_session_close(struct session *session);

/*
 * torc_session_ask - a request to the leader, whoever it is, and its answer
 *
 * fds are borrowed. When the leader dies meanwhile the next is asked. Returns the result of the
 * answer, with its sentence as the error; -ETIMEDOUT: the leader does not go on (SIGSTOP, a
 * debugger), and does what was asked when it does.
 */
int torc_session_ask(struct session *session, struct cluster_message *request, const int *fds,
		     unsigned int fd_count, struct cluster_message *answer,
		     struct torc_error *error);

#endif
