/* SPDX-License-Identifier: BSD-3-Clause */
/* session.c - see session.h: entering a cluster, and what happens around fork() */
#include "cluster/session.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "cluster/extended.h"
#include "cluster/kernel.h"
#include "util/error.h"

#define CONNECT_TRIES 100
#define FOUND_TRIES   60 /* times FOUND_WAIT_NS: for survivors of a cluster to come forward */
#define FOUND_WAIT_NS 5000000
#define LOCK_NS       5000000000u /* for whoever has the table: far more than anything takes */
#define STUCK_NS      100000000u  /* the same, once it has been waited for in vain */

static pthread_mutex_t big_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;
static struct session *sessions;
static unsigned int forks; /* how many fork()s this process is away from the first; atomic */

unsigned int torc_session_forks(void)
{
	return __atomic_load_n(&forks, __ATOMIC_RELAXED);
}

void torc_sessions_lock(void)
{
	pthread_mutex_lock(&big_lock);
}

void torc_sessions_unlock(void)
{
	pthread_mutex_unlock(&big_lock);
}

struct session *torc_sessions_first(void)
{
	return sessions;
}

uint64_t torc_cluster_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void sleep_unlocked(long ns)
{
	struct timespec pause = { .tv_nsec = ns };

	torc_sessions_unlock();
	nanosleep(&pause, NULL);
	torc_sessions_lock();
}

/* A fork serves nobody: were its copies left open, nobody would see its parent die. */
static void in_the_fork(void)
{
	__atomic_add_fetch(&forks, 1, __ATOMIC_RELAXED);
	torc_watch_forget();
	for (struct session *session = sessions; session; session = session->next) {
		close_fd(&session->listener);
		for (struct session_client *c = session->clients; c; c = c->next)
			close_fd(&c->fd);
	}
	torc_sessions_unlock();
}

static void watch_forks(void)
{
	pthread_atfork(torc_sessions_lock, torc_sessions_unlock, in_the_fork);
}

int torc_session_lock_table(struct session *session)
{
	uint64_t wait_ns = session->stuck ? STUCK_NS : LOCK_NS;
	uint64_t until_ns = torc_cluster_now_ns() + wait_ns;
	int ret;

	while ((ret = torc_table_trylock(session->table)) == -EBUSY) {
		bool down;

		session->stuck = torc_cluster_now_ns() >= until_ns;
		if (session->stuck && !torc_watch_is_self())
			return -ETIMEDOUT;
		torc_session_hold(session);
		sleep_unlocked(50000);
		down = session->down;
		torc_session_put(session);
		if (down)
			return -ESHUTDOWN;
	}
	session->stuck = false;
	if (ret == 1)
		torc_group_repair(session);
	return ret < 0 ? ret : 0;
}

static struct session *new_session(unsigned int id)
{
	struct session *session = calloc(1, sizeof(*session));

	if (!session)
		return NULL;
	session->id = id;
	session->refs = 1;
	session->pid = getpid();
	session->memfd = session->table_map = session->program = -1;
	session->listener = session->server = session->links = -1;
	for (unsigned int i = 0; i < CLUSTER_SLOTS; i++)
		session->dups[i] = -1;
	return session;
}

void torc_session_hold(struct session *session)
{
	session->refs++;
}

void torc_session_put(struct session *session)
{
	if (--session->refs > 0)
		return;
	for (unsigned int i = 0; i < CLUSTER_SLOTS; i++)
		close_fd(&session->dups[i]);
	for (unsigned int i = 0; i < CLUSTER_GROUPS; i++)
		torc_cluster_peer_close_fds(&session->goods[i]);
	torc_extended_unmap(session->map_memory);
	close_fd(&session->table_map);
	close_fd(&session->program);
	close_fd(&session->memfd);
	if (session->table)
		munmap(session->table, sizeof(*session->table));
	free(session);
}

static void disconnect(struct session *session)
{
	while (session->clients)
		torc_serve_close_client(session, session->clients);
	if (session->listener >= 0)
		torc_watch_remove(session->listener);
	if (session->server >= 0)
		torc_watch_remove(session->server);
	if (session->links >= 0)
		torc_watch_remove(session->links);
	close_fd(&session->listener);
	close_fd(&session->server);
	close_fd(&session->links);
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
	torc_session_put(session);
	if (!sessions)
		torc_watch_stop();
}

/* Ask to be let in; the answer brings the table. */
static int enter(struct session *session, struct torc_error *error)
{
	struct peer_message message = { .kind = PEER_HELLO, .slot = CLUSTER_NOBODY };
	int ret;

	if (!torc_cluster_peer_trusted(session->server))
		return torc_error_set(error, -EACCES, "cluster %u: pid %d holds its name, but its "
				      "user has no packet socket", session->id,
				      (int)torc_cluster_peer_pid(session->server));
	ret = torc_cluster_peer_send(session->server, &message);
	if (ret == 0)
		ret = torc_cluster_peer_receive(session->server, &message);
	if (ret == -EAGAIN)
		return torc_error_set(error, -ETIMEDOUT, "cluster %u: pid %d, which is in it, does "
				      "not answer", session->id,
				      (int)torc_cluster_peer_pid(session->server));
	if (ret <= 0 || message.kind != PEER_WELCOME || message.fd_count < 1)
		return -ECONNRESET; /* it is just going: try again */
	session->memfd = message.fds[0];
	if (message.fd_count == 3) {
		session->table_map = message.fds[1];
		session->program = message.fds[2];
	}
	session->process = message.slot % CLUSTER_PROCESSES;
	ret = torc_table_map(&session->table, session->memfd, session->id);
	if (ret < 0) {
		session->table = NULL;
		return torc_error_set(error, ret, "cluster %u: its members run another version "
				      "of torc", session->id);
	}
	if (session->table_map >= 0)
		ret = torc_extended_map(&session->map_memory, session->table_map);
	return ret;
}

static int found(struct session *session)
{
	session->memfd = torc_table_create(&session->table, session->id);
	if (session->memfd < 0)
		return session->memfd;
	session->process = torc_table_take_process(session->table, session->pid);
	session->table->server = (uint16_t)session->process;
	return 0;
}

/* Is there somebody who should be the server? */
static int survivors(const struct torc_cluster_request *request)
{
	if (request->dealt)
		return torc_cluster_marked(request->ifindex, TORC_MARK_DEALT);
	return torc_kernel_group_taken(torc_group_preferred_id(request->id, request->ifindex));
}

/*
 * Connect to the cluster, or found it. That nobody answers to its name may also mean that the one
 * who did has just died; then the group is still there, and its survivors come forward at once.
 */
static int find_others(struct session *session, const struct torc_cluster_request *request,
		       struct torc_error *error)
{
	int ret = -ECONNRESET;

	for (int i = 0; i < CONNECT_TRIES && ret == -ECONNRESET; i++) {
		int taken;

		session->server = torc_cluster_peer_connect(session->id);
		if (session->server >= 0) {
			ret = enter(session, error);
			if (ret == 0)
				return 0;
			close_fd(&session->server);
			sleep_unlocked(1000000);
			continue;
		}
		taken = survivors(request);
		if (taken < 0)
			return torc_error_set(error, taken, "cluster %u: %s%s", session->id,
					      torc_strerror(taken),
					      taken == -EPERM ? ": CAP_NET_RAW is missing" : "");
		if (taken && i < FOUND_TRIES) {
			sleep_unlocked(FOUND_WAIT_NS);
			continue;
		}
		session->listener = torc_cluster_peer_listen(session->id);
		if (session->listener >= 0)
			return found(session);
		ret = session->listener == -EADDRINUSE ? -ECONNRESET : session->listener;
	}
	return ret;
}

static int connect_watcher(struct session *session)
{
	int ret = torc_watch_start();

	if (ret == 0)
		ret = torc_watch_add(session->listener >= 0 ? session->listener : session->server);
	if (ret == 0 && session->listener >= 0)
		torc_links_open(session);
	return ret;
}

static struct session *known(unsigned int id)
{
	for (struct session *session = sessions; session; session = session->next) {
		if (session->id == id)
			return session;
	}
	return NULL;
}

int torc_session_get(struct session **session, const struct torc_cluster_request *request,
		     struct torc_error *error)
{
	unsigned int id = request->id;
	struct session *new = known(id);
	int idle, ret;

	pthread_once(&fork_once, watch_forks);
	if (new) {
		torc_session_hold(new);
		*session = new;
		return torc_session_own(new, error);
	}
	/* While it is open our user has a packet socket: see torc_cluster_peer_trusted(). */
	idle = torc_kernel_idle_socket();
	if (idle < 0)
		return torc_error_set(error, idle, "cluster %u: a packet socket: %s%s", id,
				      torc_strerror(idle),
				      idle == -EPERM ? ": CAP_NET_RAW is missing" : "");
	new = new_session(id);
	ret = new ? find_others(new, request, error) : -ENOMEM;
	close(idle);
	if (ret < 0)
		goto fail;
	new->next = sessions;
	sessions = new;
	ret = connect_watcher(new);
	if (ret < 0) {
		torc_session_close(new);
		return torc_error_set(error, ret, "cluster %u: %s", id, torc_strerror(ret));
	}
	torc_session_hold(new);
	*session = new;
	return 0;
fail:
	if (new) {
		close_fd(&new->listener);
		close_fd(&new->server);
		torc_session_put(new);
	}
	if (error && error->code != ret)
		torc_error_set(error, ret, "cluster %u: %s", id, torc_strerror(ret));
	return ret;
}

static void come_back(struct session *session)
{
	struct peer_message hello = { .kind = PEER_HELLO, .slot = CLUSTER_NOBODY };

	session->server = torc_cluster_peer_connect(session->id);
	if (session->server >= 0 && torc_cluster_peer_trusted(session->server) &&
	    torc_cluster_peer_send(session->server, &hello) == 0 &&
	    torc_cluster_peer_receive(session->server, &hello) == 1 && hello.kind == PEER_WELCOME)
		session->process = hello.slot % CLUSTER_PROCESSES;
	else
		close_fd(&session->server);
	torc_cluster_peer_close_fds(&hello);
}

static void disinherit(struct session *session)
{
	while (session->clients) {
		struct session_client *client = session->clients;

		session->clients = client->next;
		close_fd(&client->fd);
		free(client);
	}
	close_fd(&session->listener);
	close_fd(&session->server);
	close_fd(&session->links);
	session->pid = getpid();
	session->forked = true;
	session->members = 0;
}

/* Nobody else is there, or nobody yet: the fork goes on with the table that it has. */
static int serve_on(struct session *session)
{
	int ret = torc_session_lock_table(session);

	if (ret < 0)
		return ret;
	session->process = torc_table_take_process(session->table, session->pid);
	torc_table_unlock(session->table);
	torc_serve_begin(session);
	return 0;
}

/*
 * The parent's descriptors are its lifeline: as long as a fork holds them too, nobody sees the
 * parent die. So the fork lets go of them and introduces itself.
 */
int torc_session_own(struct session *session, struct torc_error *error)
{
	int ret;

	if (session->pid == getpid())
		return 0;
	disinherit(session);
	ret = torc_watch_start();
	for (int i = 0; i < CONNECT_TRIES && session->server < 0 && session->listener < 0; i++) {
		come_back(session);
		if (session->server >= 0)
			break;
		session->listener = torc_cluster_peer_listen(session->id);
		if (session->listener < 0)
			sleep_unlocked(1000000);
	}
	if (ret == 0 && session->listener >= 0)
		ret = serve_on(session);
	else if (ret == 0)
		ret = session->server < 0 ? -ECONNREFUSED : torc_watch_add(session->server);
	return ret < 0 ? torc_error_set(error, ret, "cluster %u: after a fork: %s", session->id,
					torc_strerror(ret))
		       : 0;
}

void torc_session_drop_dup(struct session *session, unsigned int slot)
{
	close_fd(&session->dups[slot]);
}

void torc_session_tell(struct session *session, const struct peer_message *message, int from)
{
	if (session->server >= 0 && session->server != from)
		torc_cluster_peer_send(session->server, message);
	for (struct session_client *c = session->clients; c; c = c->next) {
		if (c->process != CLUSTER_NOBODY && c->fd != from)
			torc_cluster_peer_send(c->fd, message);
	}
}

struct peer_message *torc_session_goods(struct session *session, int ifindex)
{
	for (unsigned int i = 0; i < CLUSTER_GROUPS; i++) {
		if (session->goods[i].fd_count > 0 && session->goods[i].slot == (uint32_t)ifindex)
			return &session->goods[i];
	}
	return NULL;
}

void torc_session_keep_goods(struct session *session, struct peer_message *message)
{
	bool known = torc_session_goods(session, (int)message->slot);

	for (unsigned int i = 0; i < CLUSTER_GROUPS && !known; i++) {
		if (session->goods[i].fd_count == 0) {
			session->goods[i] = *message;
			return;
		}
	}
	torc_cluster_peer_close_fds(message);
}

void torc_session_share_socket(struct session *session, unsigned int slot)
{
	struct peer_message message = {
		.kind = PEER_SOCKET,
		.slot = slot,
		.fd_count = 1,
		.inode = session->table->slots[slot].inode,
		.fds = { session->dups[slot] },
	};

	if (session->dups[slot] < 0)
		return;
	torc_session_tell(session, &message, -1);
}

void torc_session_look(struct session *session)
{
	const struct peer_message message = { .kind = PEER_LOOK };

	session->collect = true;
	if (session->server >= 0)
		torc_cluster_peer_send(session->server, &message);
	else
		torc_watch_poke();
}
