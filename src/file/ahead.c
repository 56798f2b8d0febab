/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ahead.c - a compressed file is decompressed by a thread of its own, a few blocks ahead of the
 * reader, so that both can use a processor
 *
 *	thread: unpack ──▶ block, block, ... ──▶ torc_ahead_read(): copied to the reader's buffer
 *
 * The decompressor is the thread's from the start until it met the end or a damage, which is the
 * last that it hands over.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file/source.h"

#define BLOCKS      4u
#define BLOCK_BYTES (256u << 10)

struct torc_ahead {
	struct torc_source *source;
	pthread_t thread;
	pid_t process; /* a child of fork() has no such thread */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool stop;
	unsigned int first;  /* the block that is being read */
	unsigned int filled; /* from first on, round */
	size_t taken;        /* bytes of the first one */
	ssize_t got[BLOCKS]; /* bytes in each; 0: the end, negative: the code it ends with */
	uint8_t bytes[BLOCKS][BLOCK_BYTES];
};

static void *unpack_ahead(void *argument)
{
	struct torc_ahead *ahead = argument;
	ssize_t got = 1;

	while (got > 0) {
		unsigned int slot;

		pthread_mutex_lock(&ahead->lock);
		while (ahead->filled == BLOCKS && !ahead->stop)
			pthread_cond_wait(&ahead->changed, &ahead->lock);
		slot = (ahead->first + ahead->filled) % BLOCKS;
		if (ahead->stop) {
			pthread_mutex_unlock(&ahead->lock);
			break;
		}
		pthread_mutex_unlock(&ahead->lock);

		got = torc_source_unpack(ahead->source, ahead->bytes[slot], BLOCK_BYTES);
		pthread_mutex_lock(&ahead->lock);
		ahead->got[slot] = got;
		ahead->filled++;
		pthread_cond_signal(&ahead->changed);
		pthread_mutex_unlock(&ahead->lock);
	}
	return NULL;
}

/* With one processor to run on, a thread would only cost. */
static bool has_two_processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) > 1;
}

struct torc_ahead *torc_ahead_start(struct torc_source *source)
{
	struct torc_ahead *ahead = has_two_processors() ? malloc(sizeof(*ahead)) : NULL;
	sigset_t all, before;
	int result;

	if (!ahead)
		return NULL;
	memset(ahead, 0, offsetof(struct torc_ahead, bytes)); /* the blocks are touched when used */
	ahead->source = source;
	ahead->process = getpid();
	pthread_mutex_init(&ahead->lock, NULL);
	pthread_cond_init(&ahead->changed, NULL);
	sigfillset(&all); /* signals are the program's, not this thread's */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	result = pthread_create(&ahead->thread, NULL, unpack_ahead, ahead);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (result == 0)
		return ahead;
	pthread_cond_destroy(&ahead->changed);
	pthread_mutex_destroy(&ahead->lock);
	free(ahead);
	return NULL;
}

ssize_t torc_ahead_read(struct torc_ahead *ahead, uint8_t *bytes, size_t size)
{
	size_t left;
	ssize_t got;

	if (ahead->process != getpid()) {
		snprintf(ahead->source->reason, sizeof(ahead->source->reason),
			 "a thread of the process that forked this one decompresses it: open it anew");
		return -EOPNOTSUPP;
	}
	pthread_mutex_lock(&ahead->lock);
	while (ahead->filled == 0)
		pthread_cond_wait(&ahead->changed, &ahead->lock);
	got = ahead->got[ahead->first];
	pthread_mutex_unlock(&ahead->lock);
	if (got <= 0)
		return got;
	left = (size_t)got - ahead->taken;
	if (left > size) {
		memcpy(bytes, ahead->bytes[ahead->first] + ahead->taken, size);
		ahead->taken += size;
		return (ssize_t)size;
	}
	memcpy(bytes, ahead->bytes[ahead->first] + ahead->taken, left);
	ahead->taken = 0;
	pthread_mutex_lock(&ahead->lock);
	ahead->first = (ahead->first + 1) % BLOCKS;
	ahead->filled--;
	pthread_cond_signal(&ahead->changed);
	pthread_mutex_unlock(&ahead->lock);
	return (ssize_t)left;
}

void torc_ahead_stop(struct torc_ahead *ahead)
{
	if (!ahead || ahead->process != getpid())
		return;
	pthread_mutex_lock(&ahead->lock);
	ahead->stop = true;
	pthread_cond_signal(&ahead->changed);
	pthread_mutex_unlock(&ahead->lock);
	pthread_join(ahead->thread, NULL);
	pthread_cond_destroy(&ahead->changed);
	pthread_mutex_destroy(&ahead->lock);
	free(ahead);
}
