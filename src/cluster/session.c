/* SPDX-License-Identifier: BSD-3-Clause */
/* session.c - see session.h: entering a cluster, asking its leader, succeeding it, fork() */
#include "cluster/session.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "cluster/kernel.h"
#include "cluster/watch.h"
#include "util/error.h"

#define ANSWER_NS    3000000000u /* for whoever leads: far more than anything takes */
#define STUCK_NS     100000000u  /* the same, once it has been waited for in vain */
#define TRY_NS       1000000     /* between tries to come in */
#define REST_NS      5000000     /* between tries to enter a group that another is leaving */
#define QUICK_TRIES  50          /* for a leader, a millisecond apart; then more slowly */
#define SLOW_TRY_MS  20

struct session_waiter {
	struct session_waiter *next;
	uint32_t number;
	bool done;
	struct cluster_message *answer;
};

static pthread_once_t fork_once = PTHREAD_ONCE_INIT;
static struct session *sessions;
static struct session *entering; /* not in the list yet; one at a time */
static unsigned int forks; /* how many fork()s this process is away from the first; atomic */

unsigned int torc_session_forks(void)
{
	return __atomic_load_n(&forks, __ATOMIC_RELAXED);
}

static void close_line(struct session *session)
{
	torc_watch_close(&session->line);
	torc_watch_close(&session->leader_pidfd);
	session->welcomed = false;
}

/* ---- the line to the leader ---- */

/* A new line, of which the leader gets the other end with our HELLO. Returns it, not watched yet. */
static int say_hello(const struct session *session, int to, int proof)
{
	const struct cluster_message hello = {
		.kind = MESSAGE_HELLO,
		.value = session->process,
	};
	int pair[2], fds[2], ret;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0)
		return -errno;
	fds[0] = pair[1];
	fds[1] = proof;
	ret = torc_message_send(to, &hello, fds, proof >= 0 ? 2 : 1);
	close(pair[1]);
	if (ret == 0)
		return pair[0];
	close(pair[0]);
	return ret;
}

/* Its descriptors, where we have none of the kind; the table in any case. */
static int take_welcome(struct session *session, const struct cluster_message *message, int *fds,
			unsigned int fd_count)
{
	struct cluster_shared *shared = &session->shared;
	int *const mine[WELCOME_FDS] = {
		[WELCOME_LISTENER] = &shared->listener,
		[WELCOME_MAILBOX_IN] = &shared->mailbox[0],
		[WELCOME_MAILBOX_OUT] = &shared->mailbox[1],
		[WELCOME_LEADER] = &session->leader_pidfd,
		[WELCOME_MAP] = &shared->map,
		[WELCOME_PROGRAM] = &shared->program,
	};
	int ret;

	if ((fd_count != WELCOME_MAP && fd_count != WELCOME_FDS) ||
	    message->value >= CLUSTER_PROCESSES)
		return -EPROTO;
	ret = torc_peer_check_proof(fds[WELCOME_PROOF], AF_PACKET, &session->refusal);
	if (ret < 0)
		return ret;
	ret = torc_table_map(&session->view, fds[WELCOME_TABLE]);
	if (ret < 0)
		return torc_error_set(&session->refusal, ret, "cluster %u: its members run another "
				      "version of torc", shared->id);
	for (unsigned int i = 0; i < fd_count; i++) {
		if (!mine[i] || *mine[i] >= 0)
			continue;
		*mine[i] = fds[i];
		fds[i] = -1;
	}
	session->process = message->value;
	session->welcomed = true;
	session->lines++;
	session->tries = 0;
	return 0;
}

/*
 * What is ours, and what we know: this leader may not. A socket whose slot nobody has any more was
 * dropped while we had no line to hear it on.
 */
static void introduce(struct session *session)
{
	for (unsigned int i = 0; i < CLUSTER_SLOTS; i++) {
		struct cluster_slot slot;

		if (session->shared.dups[i] < 0 || !torc_table_slot(session->view, i, &slot))
			continue;
		if (!slot.used)
			torc_shared_drop_socket(&session->shared, i);
		else if (slot.process == session->process)
			torc_shared_send_socket(&session->shared, session->line, i);
	}
	torc_shared_send_handoffs(&session->shared, session->line);
}

static void hear_answer(struct session *session, const struct cluster_message *message)
{
	for (struct session_waiter *w = session->waiters; w; w = w->next) {
		if (w->number == message->number && !w->done) {
			*w->answer = *message;
			w->done = true;
		}
	}
	session->stuck = false;
}

static void hear(struct session *session, const struct cluster_message *message, int *fds,
		 unsigned int fd_count)
{
	struct cluster_shared *shared = &session->shared;

	switch (message->kind) {
	case MESSAGE_WELCOME:
		if (take_welcome(session, message, fds, fd_count) < 0) {
			close_line(session);
			break;
		}
		if (session->leader_pidfd >= 0)
			torc_watch_add(session->leader_pidfd);
		introduce(session);
		break;
	case MESSAGE_SOCKET:
		if (message->slot < CLUSTER_SLOTS && fd_count == 1 &&
		    torc_kernel_inode(fds[0]) == message->inode) {
			torc_shared_keep_socket(shared, message->slot, fds[0]);
			fds[0] = -1;
		}
		break;
	case MESSAGE_DROP:
		if (message->slot < CLUSTER_SLOTS && shared->dups[message->slot] >= 0 &&
		    torc_kernel_inode(shared->dups[message->slot]) == message->inode)
			torc_shared_drop_socket(shared, message->slot);
		break;
	case MESSAGE_HANDOFF:
		torc_shared_keep_handoff(shared, message, fds, fd_count);
		return;
	case MESSAGE_ANSWER:
		hear_answer(session, message);
		break;
	default:
		break;
	}
	torc_message_close(fds, fd_count);
}

static void read_line(struct session *session)
{
	struct cluster_message message;
	int fds[TORC_PEER_FDS];
	unsigned int fd_count;
	int ret = torc_message_receive(session->line, &message, fds, &fd_count);

	if (ret > 0)
		hear(session, &message, fds, fd_count);
	else if (ret != -EAGAIN)
		close_line(session);
}

/* ---- who leads ---- */

static int succeed(struct session *session)
{
	int ret = torc_leader_succeed(&session->leader, &session->shared, session->view,
				      session->process);

	if (ret < 0) {
		flock(session->shared.lock, LOCK_UN);
		return ret;
	}
	session->process = session->leader->self;
	close_line(session);
	session->tries = 0;
	return torc_table_map(&session->view, session->shared.memory);
}

/*
 * The leader is gone. Whoever gets the lock is the next; the others come to it by the mailbox, and
 * go on trying for the lock until it has answered. Returns when to try again, in milliseconds.
 */
static int seek_leader(struct session *session)
{
	if (session->shared.lock >= 0 && flock(session->shared.lock, LOCK_EX | LOCK_NB) == 0 &&
	    succeed(session) == 0)
		return 0;
	if (session->line < 0) {
		session->line = say_hello(session, session->shared.mailbox[1], -1);
		if (session->line >= 0 && torc_watch_add(session->line) < 0)
			close_line(session);
	}
	return ++session->tries < QUICK_TRIES ? 1 : SLOW_TRY_MS;
}

static bool ready_in(struct session *session, int fd)
{
	struct pollfd line = { .fd = session->line, .events = POLLIN };

	if (session->leader)
		return torc_leader_ready(session->leader, fd);
	if (fd == session->line) {
		read_line(session);
	} else if (fd == session->leader_pidfd) {
		/* What it said before it ended is on the line. */
		if (poll(&line, 1, 0) == 1 && line.revents & POLLIN)
			read_line(session);
		else
			close_line(session);
	} else {
		return false;
	}
	return true;
}

static void ready(int fd)
{
	if (entering && ready_in(entering, fd))
		return;
	for (struct session *session = sessions; session; session = session->next) {
		if (session->pid == getpid() && ready_in(session, fd))
			return;
	}
}

static int due(void)
{
	int soonest = -1;

	for (struct session *session = sessions; session; session = session->next) {
		int ms = -1;

		if (session->pid != getpid())
			continue;
		if (session->leader)
			ms = torc_leader_due(session->leader);
		else if (!session->welcomed)
			ms = seek_leader(session);
		if (ms >= 0 && (soonest < 0 || ms < soonest))
			soonest = ms;
	}
	return soonest;
}

static const struct torc_watch_calls calls = { .ready = ready, .due = due };

/* ---- asking ---- */

static int ask_self(struct session *session, const struct cluster_message *request, const int *fds,
		    unsigned int fd_count, struct cluster_message *answer)
{
	int copies[TORC_PEER_FDS], ret = torc_message_duplicate(copies, fds, fd_count);

	if (ret < 0)
		return ret;
	torc_leader_request(session->leader, session->process, request, copies, fd_count, answer);
	torc_watch_poke(); /* there may be places to give up */
	return 0;
}

static int wait_for_answer(struct session *session, struct session_waiter *waiter,
			   const struct cluster_message *request, const int *fds,
			   unsigned int fd_count)
{
	uint64_t now = torc_watch_now_ns(), until = now + (session->stuck ? STUCK_NS : ANSWER_NS);
	unsigned int asked = session->lines - 1; /* on no line yet */

	while (!waiter->done) {
		uint64_t step = until;

		if (session->down)
			return -ESHUTDOWN;
		if (session->leader)
			return ask_self(session, request, fds, fd_count, waiter->answer);
		if (session->welcomed && asked != session->lines) {
			int ret = torc_message_send(session->line, request, fds, fd_count);

			if (ret == 0)
				asked = session->lines;
			else
				step = now + TRY_NS;
		}
		now = torc_watch_now_ns();
		if (now >= until) {
			session->stuck = true;
			return -ETIMEDOUT;
		}
		torc_watch_wait(step < until ? step : until);
	}
	return 0;
}

static bool rest(struct session *session)
{
	uint64_t until_ns = torc_watch_now_ns() + REST_NS;

	while (torc_watch_wait(until_ns))
		;
	return !session->down;
}

int torc_session_ask(struct session *session, struct cluster_message *request, const int *fds,
		     unsigned int fd_count, struct cluster_message *answer,
		     struct torc_error *error)
{
	struct session_waiter waiter = { .answer = answer }, **link = &session->waiters;
	uint64_t until_ns = torc_watch_now_ns() + ANSWER_NS;
	unsigned int id = session->shared.id;
	int ret;

	request->number = waiter.number = ++session->number;
	waiter.next = session->waiters;
	session->waiters = &waiter;
	session->refs++;
	do { /* a socket that leaves is in the way of one that enters, for a moment mostly */
		waiter.done = false;
		ret = wait_for_answer(session, &waiter, request, fds, fd_count);
	} while (ret == 0 && answer->result == -EAGAIN && request->kind == MESSAGE_ATTACH &&
		 torc_watch_now_ns() < until_ns && rest(session));
	while (*link != &waiter)
		link = &(*link)->next;
	*link = waiter.next;
	torc_session_put(session);
	if (ret == -ETIMEDOUT)
		return torc_error_set(error, ret, "cluster %u: the process that leads it does not go "
				      "on: is it stopped?", id);
	if (ret == 0 && answer->result < 0 && answer->text[0])
		return torc_error_set(error, answer->result, "%s", answer->text);
	ret = ret < 0 ? ret : answer->result;
	return ret < 0 ? torc_error_set(error, ret, "cluster %u: %s", id, torc_strerror(ret)) : ret;
}

/* ---- entering ---- */

/* Somebody listens: knock, and show our proof; the watcher hears the welcome. */
static int knock(struct session *session, int door, uint64_t until_ns, struct torc_error *error)
{
	int ret;

	session->refusal.code = 0;
	session->line = say_hello(session, door, session->shared.proof);
	ret = session->line < 0 ? session->line : torc_watch_add(session->line);
	while (ret == 0 && !session->welcomed) {
		if (session->refusal.code < 0)
			ret = torc_error_set(error, session->refusal.code, "%s", session->refusal.text);
		else if (session->line < 0)
			ret = -ECONNRESET; /* it is just going, or turned us away: try again */
		else if (!torc_watch_wait(until_ns))
			ret = torc_error_set(error, -ETIMEDOUT, "cluster %u: the process that leads it "
					     "does not answer: is it stopped?", session->shared.id);
	}
	if (ret == 0)
		session->shared.lock = torc_peer_lock_open(&session->shared.place);
	else
		close_line(session);
	return ret == -EPIPE || ret == -EAGAIN ? -ECONNRESET : ret; /* turned away unheard */
}

/* Nobody listens: begin, unless another process is just doing that. */
static int found(struct session *session)
{
	struct cluster_shared *shared = &session->shared;
	int ret;

	shared->lock = torc_peer_lock_open(&shared->place);
	if (shared->lock < 0)
		return shared->lock;
	ret = torc_peer_lock(&shared->place, shared->lock);
	if (ret == 0) {
		shared->listener = torc_peer_listen(&shared->place);
		ret = shared->listener < 0 ? shared->listener : 0;
	}
	if (ret == 0)
		ret = torc_leader_found(&session->leader, shared);
	if (ret == 0) {
		session->process = session->leader->self;
		return torc_table_map(&session->view, shared->memory);
	}
	if (shared->listener >= 0)
		torc_peer_remove(&shared->place);
	torc_watch_close(&shared->listener);
	torc_watch_close(&shared->lock);
	return ret == -EBUSY || ret == -ESTALE || ret == -EADDRINUSE ? -ECONNRESET : ret;
}

static int find_others(struct session *session, struct torc_error *error)
{
	const struct timespec pause = { .tv_nsec = TRY_NS };
	uint64_t until_ns = torc_watch_now_ns() + ANSWER_NS;
	int ret;

	for (;;) {
		int door = torc_peer_connect(&session->shared.place);

		if (door >= 0) {
			ret = knock(session, door, until_ns, error);
			close(door);
		} else if (door == -ECONNREFUSED) {
			ret = found(session);
		} else {
			ret = door == -EAGAIN ? -ECONNRESET : door;
		}
		if (ret != -ECONNRESET || torc_watch_now_ns() >= until_ns)
			break;
		torc_cluster_unlock();
		nanosleep(&pause, NULL);
		torc_cluster_lock();
	}
	if (ret == -EACCES && error && error->code != ret)
		torc_error_set(error, ret, "cluster %u: %s is another user's", session->shared.id,
			       session->shared.place.path);
	return ret;
}

static struct session *new_session(unsigned int id)
{
	struct session *session = calloc(1, sizeof(*session));

	if (!session)
		return NULL;
	torc_shared_init(&session->shared, id);
	session->refs = 1;
	session->pid = getpid();
	session->process = CLUSTER_NOBODY;
	session->line = session->leader_pidfd = -1;
	return session;
}

void torc_session_put(struct session *session)
{
	if (--session->refs > 0)
		return;
	torc_shared_close(&session->shared);
	torc_table_unmap(session->view);
	free(session);
}

/* The rest of the cluster goes on without us. */
static void disconnect(struct session *session)
{
	struct cluster_shared *shared = &session->shared;

	if (session->leader && !torc_leader_close(session->leader))
		torc_peer_remove(&shared->place);
	session->leader = NULL;
	close_line(session);
	torc_watch_close(&shared->lock); /* now another may lead */
}

void torc_session_close(struct session *session)
{
	struct session **link = &sessions;

	if (session->down)
		return;
	disconnect(session);
	while (*link != session)
		link = &(*link)->next;
	*link = session->next;
	session->down = true;
	torc_watch_changed();
	torc_session_put(session);
	if (!sessions && !entering)
		torc_watch_stop();
}

static struct session *known(unsigned int id)
{
	for (struct session *session = sessions; session; session = session->next) {
		if (session->shared.id == id)
			return session;
	}
	return NULL;
}

/* Whoever else asks for a cluster waits until this one is known. */
static int enter(struct session *session, struct torc_error *error)
{
	int ret = torc_watch_start(&calls);

	if (ret == 0)
		ret = torc_peer_place(&session->shared.place, "cluster", session->shared.id, error);
	if (ret == 0) {
		session->shared.proof = torc_peer_proof();
		ret = session->shared.proof < 0 ? session->shared.proof : 0;
	}
	if (ret == -EPERM)
		return torc_error_set(error, ret, "cluster %u: a packet socket: CAP_NET_RAW is "
				      "missing", session->shared.id);
	return ret < 0 ? ret : find_others(session, error);
}

static void watch_forks(void);

int torc_session_get(struct session **session, unsigned int id, struct torc_error *error)
{
	struct session *new;
	int ret;

	pthread_once(&fork_once, watch_forks);
	while (entering)
		torc_watch_wait(torc_watch_now_ns() + ANSWER_NS);
	new = known(id);
	if (new) {
		new->refs++;
		*session = new;
		ret = torc_session_own(new, error);
		if (ret < 0)
			torc_session_put(new);
		return ret;
	}
	new = new_session(id);
	if (!new)
		return torc_error_set(error, -ENOMEM, "cluster %u: out of memory", id);
	entering = new;
	ret = enter(new, error);
	entering = NULL;
	torc_watch_changed();
	if (ret == 0) {
		new->next = sessions;
		sessions = new;
		new->refs++;
		*session = new;
		torc_watch_poke(); /* what came meanwhile */
		return 0;
	}
	disconnect(new);
	torc_session_put(new);
	if (!sessions && !entering)
		torc_watch_stop();
	return error && error->code == ret ? ret :
	       torc_error_set(error, ret, "cluster %u: %s", id, torc_strerror(ret));
}

/* ---- fork() ---- */

/*
 * A fork serves nobody. The parent's descriptors are its lifeline: were its copies left open, nobody
 * would see the parent die, and no socket would ever be given up.
 */
static void in_the_fork(void)
{
	__atomic_add_fetch(&forks, 1, __ATOMIC_RELAXED);
	torc_watch_forget();
	if (entering) /* the thread that entered is not in the fork */
		close_line(entering);
	entering = NULL;
	for (struct session *session = sessions; session; session = session->next) {
		if (session->leader)
			torc_leader_close(session->leader);
		session->leader = NULL;
		session->waiters = NULL;
		close_line(session);
		torc_watch_close(&session->shared.lock);
		for (unsigned int i = 0; i < CLUSTER_SLOTS; i++)
			torc_watch_close(&session->shared.dups[i]);
	}
	torc_cluster_unlock();
}

static void watch_forks(void)
{
	pthread_atfork(torc_cluster_lock, torc_cluster_unlock, in_the_fork);
}

int torc_session_own(struct session *session, struct torc_error *error)
{
	uint64_t until_ns = torc_watch_now_ns() + ANSWER_NS;
	int ret;

	if (session->pid == getpid())
		return 0;
	session->pid = getpid();
	session->members = 0;
	session->process = CLUSTER_NOBODY;
	session->shared.lock = torc_peer_lock_open(&session->shared.place);
	ret = torc_watch_start(&calls);
	torc_watch_poke();
	while (ret == 0 && !session->leader && !session->welcomed) {
		if (torc_watch_now_ns() >= until_ns)
			ret = -ETIMEDOUT;
		else
			torc_watch_wait(until_ns);
	}
	return ret < 0 ? torc_error_set(error, ret, "cluster %u: after a fork: %s",
					session->shared.id, torc_strerror(ret))
		       : 0;
}
