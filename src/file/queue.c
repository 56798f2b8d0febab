/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * queue.c - the thread of an asynchronous writer
 *
 * Chunks go round: free, filled by the caller, waiting, written by the thread, free. The caller
 * waits for nothing but the lock, which is never held while something is written.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "file/writer.h"

/* The next chunk to write; NULL: stopped, and nothing is left. Called and returns with the lock. */
static struct torc_chunk *next_chunk(struct torc_writer_queue *queue)
{
	struct torc_chunk *chunk;

	queue->busy = false;
	while (!queue->first) {
		pthread_cond_broadcast(&queue->idle);
		if (queue->stop)
			return NULL;
		pthread_cond_wait(&queue->work, &queue->lock);
	}
	chunk = queue->first;
	queue->first = chunk->next;
	queue->busy = true;
	return chunk;
}

static void reset_chunk(struct torc_chunk *chunk)
{
	free(chunk->path);
	chunk->path = NULL;
	chunk->used = 0;
	chunk->packets = 0;
	chunk->begins = false;
}

static void *write_chunks(void *argument)
{
	struct torc_writer *writer = argument;
	struct torc_writer_queue *queue = &writer->queue;
	struct torc_chunk *chunk;

	pthread_mutex_lock(&queue->lock);
	while ((chunk = next_chunk(queue)) != NULL) {
		struct torc_error error;
		int result;

		pthread_mutex_unlock(&queue->lock);
		result = torc_sink_put(&writer->sink, chunk, &error);
		reset_chunk(chunk);
		pthread_mutex_lock(&queue->lock);
		if (result < 0)
			queue->error = error;
		chunk->next = queue->free;
		queue->free = chunk;
	}
	pthread_mutex_unlock(&queue->lock);
	return NULL;
}

int torc_writer_queue_start(struct torc_writer *writer, struct torc_error *error)
{
	struct torc_writer_queue *queue = &writer->queue;
	uint64_t count = writer->options.buffer_bytes / writer->chunk_bytes;
	sigset_t all, before;
	int result;
	uint32_t i;

	queue->count = count < 4 ? 4 : count > 65536 ? 65536 : (uint32_t)count;
	queue->chunks = calloc(queue->count, sizeof(*queue->chunks));
	if (!queue->chunks)
		return torc_error_set(error, -ENOMEM, "no memory for the buffers");
	for (i = 0; i < queue->count; i++) {
		struct torc_chunk *chunk = &queue->chunks[i];

		chunk->bytes = malloc(writer->chunk_bytes); /* not touched before it is used */
		if (!chunk->bytes)
			return torc_error_set(error, -ENOMEM, "no memory for %llu bytes of buffers",
					      (unsigned long long)writer->options.buffer_bytes);
		chunk->room = writer->chunk_bytes;
		chunk->next = queue->free;
		queue->free = chunk;
	}
	pthread_mutex_init(&queue->lock, NULL);
	pthread_cond_init(&queue->work, NULL);
	pthread_cond_init(&queue->idle, NULL);
	sigfillset(&all); /* signals are the program's, not this thread's */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	result = pthread_create(&queue->thread, NULL, write_chunks, writer);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (result != 0)
		return torc_error_set(error, -result, "cannot start the writing thread: %s",
				      torc_strerror(result));
	queue->running = true;
	return 0;
}

struct torc_chunk *torc_writer_queue_take(struct torc_writer *writer)
{
	struct torc_writer_queue *queue = &writer->queue;
	struct torc_chunk *chunk;

	pthread_mutex_lock(&queue->lock);
	chunk = queue->free;
	if (chunk)
		queue->free = chunk->next;
	pthread_mutex_unlock(&queue->lock);
	return chunk;
}

void torc_writer_queue_put(struct torc_writer *writer, struct torc_chunk *chunk)
{
	struct torc_writer_queue *queue = &writer->queue;

	chunk->next = NULL;
	pthread_mutex_lock(&queue->lock);
	if (queue->first)
		queue->last->next = chunk;
	else
		queue->first = chunk;
	queue->last = chunk;
	pthread_cond_signal(&queue->work);
	pthread_mutex_unlock(&queue->lock);
}

void torc_writer_queue_drain(struct torc_writer *writer)
{
	struct torc_writer_queue *queue = &writer->queue;

	pthread_mutex_lock(&queue->lock);
	while (queue->first || queue->busy)
		pthread_cond_wait(&queue->idle, &queue->lock);
	pthread_mutex_unlock(&queue->lock);
}

int torc_writer_queue_error(struct torc_writer *writer)
{
	struct torc_writer_queue *queue = &writer->queue;
	int code;

	pthread_mutex_lock(&queue->lock);
	code = queue->error.code;
	if (code < 0)
		writer->error = queue->error;
	queue->error.code = 0;
	pthread_mutex_unlock(&queue->lock);
	return code;
}

void torc_writer_queue_stop(struct torc_writer *writer)
{
	struct torc_writer_queue *queue = &writer->queue;
	uint32_t i;

	if (queue->running) {
		pthread_mutex_lock(&queue->lock);
		queue->stop = true;
		pthread_cond_signal(&queue->work);
		pthread_mutex_unlock(&queue->lock);
		pthread_join(queue->thread, NULL);
		pthread_cond_destroy(&queue->idle);
		pthread_cond_destroy(&queue->work);
		pthread_mutex_destroy(&queue->lock);
	}
	for (i = 0; queue->chunks && i < queue->count; i++) {
		free(queue->chunks[i].bytes);
		free(queue->chunks[i].path);
	}
	free(queue->chunks);
	queue->chunks = NULL;
}
