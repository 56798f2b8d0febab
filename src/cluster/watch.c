/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * watch.c - the one thread of a process that is in clusters
 *
 * It sleeps until another process of a cluster says something or dies. It blocks every signal, so
 * that none of the program's ever arrives in it.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "cluster/session.h"

struct watcher {
	int epoll;
	int wake;
	bool stop;
	pthread_t thread;
};

static struct watcher *current; /* under the big lock */
static __thread bool is_watcher;

static struct session_client *client_of(const struct session *session, int fd)
{
	struct session_client *client = session->clients;

	while (client && client->fd != fd)
		client = client->next;
	return client;
}

static bool handle(struct session *session, int fd)
{
	struct session_client *client = client_of(session, fd);

	if (fd == session->listener)
		torc_serve_accept(session);
	else if (fd == session->links)
		torc_links_read(session);
	else if (fd == session->server)
		torc_serve_server(session);
	else if (client)
		torc_serve_client(session, client);
	else
		return false;
	return true;
}

static void dispatch(int fd)
{
	struct session *session = torc_sessions_first();
	bool done = false;

	while (session && !done) {
		struct session *next = session->next;

		torc_session_hold(session); /* the big lock may be let go in between */
		done = handle(session, fd);
		torc_session_put(session);
		session = next;
	}
}

/* Do what is due; returns how many milliseconds nothing will be, or -1. */
static int run_due(void)
{
	struct session *s = torc_sessions_first();
	int timeout = -1;

	while (s) {
		struct session *next;
		int due;

		torc_session_hold(s); /* the big lock may be let go in between */
		due = torc_serve_due(s);
		if (due >= 0 && (timeout < 0 || due < timeout))
			timeout = due;
		next = s->next;
		if (s->down) {
			next = NULL;
			timeout = 0;
		}
		torc_session_put(s);
		s = next;
	}
	return timeout;
}

static void *watch(void *argument)
{
	struct watcher *w = argument;
	struct epoll_event event;
	int timeout = -1;

	is_watcher = true;
	pthread_setname_np(pthread_self(), "torc-cluster");
	for (;;) {
		/* One at a time: what an event does may close the descriptor of the next. */
		int count = epoll_wait(w->epoll, &event, 1, timeout);
		uint64_t ignored;

		torc_sessions_lock();
		if (w->stop)
			break;
		if (count == 1 && event.data.fd == w->wake)
			(void)!read(w->wake, &ignored, sizeof(ignored));
		else if (count == 1)
			dispatch(event.data.fd);
		timeout = run_due();
		torc_sessions_unlock();
	}
	torc_sessions_unlock();
	return NULL;
}

static void watcher_free(struct watcher *w)
{
	if (w->epoll >= 0)
		close(w->epoll);
	if (w->wake >= 0)
		close(w->wake);
	free(w);
}

static int start_thread(struct watcher *w)
{
	sigset_t all, before;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	ret = pthread_create(&w->thread, NULL, watch, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -ret;
}

static int add_to(struct watcher *w, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); /* the thread waits in one place */
	return epoll_ctl(w->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

int torc_watch_start(void)
{
	struct watcher *w;
	int ret;

	if (current)
		return 0;
	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	w->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	ret = w->epoll < 0 || w->wake < 0 ? -errno : add_to(w, w->wake);
	if (ret == 0)
		ret = start_thread(w);
	if (ret == 0)
		current = w;
	else
		watcher_free(w);
	return ret;
}

int torc_watch_add(int fd)
{
	return add_to(current, fd);
}

void torc_watch_remove(int fd)
{
	if (current)
		epoll_ctl(current->epoll, EPOLL_CTL_DEL, fd, NULL);
}

bool torc_watch_is_self(void)
{
	return is_watcher;
}

void torc_watch_poke(void)
{
	const uint64_t one = 1;

	if (current)
		(void)!write(current->wake, &one, sizeof(one));
}

void torc_watch_stop(void)
{
	struct watcher *w = current;

	if (!w)
		return;
	current = NULL;
	w->stop = true;
	(void)!write(w->wake, &(uint64_t){ 1 }, sizeof(uint64_t));
	torc_sessions_unlock();
	pthread_join(w->thread, NULL);
	torc_sessions_lock();
	watcher_free(w);
}

void torc_watch_forget(void)
{
	if (current)
		watcher_free(current);
	current = NULL;
}
