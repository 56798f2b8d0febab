/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * watch.h - the one thread of a process that is in clusters, and the lock over all of that
 *
 * The thread sleeps until another process of a cluster says something or dies. It blocks every
 * signal, so that none of the program's ever arrives in it. All that a process has of its clusters
 * is under one lock, the big lock; the watcher holds it while it works and waits for nobody.
 */
#ifndef TORC_CLUSTER_WATCH_H
#define TORC_CLUSTER_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct torc_watch_calls {
	void (*ready)(int fd); /* one of the descriptors can be read */
	int (*due)(void);      /* returns in how many milliseconds to call again; -1: never */
};

void torc_cluster_lock(void);
void torc_cluster_unlock(void);

/* Wait until the watcher has done something, with the big lock, which is let go meanwhile. */
bool torc_watch_wait(uint64_t until_ns); /* false: it is later than that */
void torc_watch_changed(void);
uint64_t torc_watch_now_ns(void); /* CLOCK_MONOTONIC */

/* The rest with the big lock held. 0 too when the thread is there. */
int torc_watch_start(const struct torc_watch_calls *calls);
/* Call ready() when this descriptor is readable / no more (before it is closed). */
int torc_watch_add(int fd);
void torc_watch_remove(int fd);
/* No more, and close it, if it is open; then it is -1. */
void torc_watch_close(int *fd);
/* Wake the watcher so that it looks what is due. */
void torc_watch_poke(void);
/* Nothing is left to watch: ends the thread. The lock is let go meanwhile. */
void torc_watch_stop(void);
/* In a fork there is no watcher. */
void torc_watch_forget(void);

#endif
