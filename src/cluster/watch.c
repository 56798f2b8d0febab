/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * watch.c - see watch.h; epoll(7)
 */
#include "cluster/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct watcher {
	int epoll;
	int wake;
	bool stop;
	pthread_t thread;
	const struct torc_watch_calls *calls;
};

static pthread_mutex_t big_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed;
static pthread_once_t changed_once = PTHREAD_ONCE_INIT;
static struct watcher *current; /* under the big lock */

void torc_cluster_lock(void)
{
	pthread_mutex_lock(&big_lock);
}

void torc_cluster_unlock(void)
{
	pthread_mutex_unlock(&big_lock);
}

static void make_changed(void)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&changed, &attributes);
	pthread_condattr_destroy(&attributes);
}

bool torc_watch_wait(uint64_t until_ns)
{
	const struct timespec until = { .tv_sec = (time_t)(until_ns / 1000000000u),
					.tv_nsec = (long)(until_ns % 1000000000u) };

	pthread_once(&changed_once, make_changed);
	return pthread_cond_timedwait(&changed, &big_lock, &until) != ETIMEDOUT;
}

void torc_watch_changed(void)
{
	pthread_once(&changed_once, make_changed);
	pthread_cond_broadcast(&changed);
}

uint64_t torc_watch_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void *watch(void *argument)
{
	struct watcher *w = argument;
	struct epoll_event event;
	int timeout = -1;

	pthread_setname_np(pthread_self(), "torc-cluster");
	for (;;) {
		/* One at a time: what an event does may close the descriptor of the next. */
		int count = epoll_wait(w->epoll, &event, 1, timeout);
		uint64_t ignored;

		torc_cluster_lock();
		if (w->stop)
			break;
		if (count == 1 && event.data.fd == w->wake)
			(void)!read(w->wake, &ignored, sizeof(ignored));
		else if (count == 1)
			w->calls->ready(event.data.fd);
		timeout = w->calls->due();
		torc_watch_changed();
		torc_cluster_unlock();
	}
	torc_cluster_unlock();
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

int torc_watch_start(const struct torc_watch_calls *calls)
{
	struct watcher *w;
	int ret;

	if (current)
		return 0;
	w = calloc(1, sizeof(*w));
	if (!w)
		return -ENOMEM;
	w->calls = calls;
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
	return current ? add_to(current, fd) : -ENODEV;
}

void torc_watch_remove(int fd)
{
	if (current && fd >= 0)
		epoll_ctl(current->epoll, EPOLL_CTL_DEL, fd, NULL);
}

void torc_watch_close(int *fd)
{
	if (*fd < 0)
		return;
	torc_watch_remove(*fd);
	close(*fd);
	*fd = -1;
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
	torc_cluster_unlock();
	pthread_join(w->thread, NULL);
	torc_cluster_lock();
	watcher_free(w);
}

void torc_watch_forget(void)
{
	if (current)
		watcher_free(current);
	current = NULL;
	make_changed(); /* nobody waits here, whoever waits in the parent */
}
