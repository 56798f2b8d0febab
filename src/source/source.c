/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * source.c - packets with their layers: a ring, a file, or several sources, behind one pair of calls
 *
 * A source takes packets in batches and decodes each when it is asked for, so that the bytes of the
 * next ones are on their way from memory meanwhile.
 */
#include <torc/source.h>

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include <torc/file.h>

#include "util/error.h"

#define BATCH_PACKETS    64
#define PREFETCH_PACKETS 12

struct source_ops {
	/* 1 to max packets, borrowed until the next call; 0 or a negative code */
	int (*fill)(struct torc_source *source, struct torc_packet *packets, unsigned int max);
	bool (*at_end)(const struct torc_source *source);
	const char *(*error)(const struct torc_source *source);
	void (*stop)(struct torc_source *source);
	void (*close)(struct torc_source *source);
};

struct torc_source {
	const struct source_ops *ops;
	bool stopped; /* atomic: written by any thread */
	bool file_ended;
	struct torc_decode_options options;
	struct torc_ring *ring;
	struct torc_file *file;
	struct torc_defrag *defrag; /* NULL: fragments are packets like any other */
	struct torc_streams *streams; /* NULL: no torc_source_next_event() */
	bool finished; /* the streams were, behind the last packet */
	struct torc_source **parts;
	unsigned int part_count;
	unsigned int part; /* the one that is read now */
	unsigned int count; /* packets at hand, and the next of them */
	unsigned int next;
	struct torc_packet packets[BATCH_PACKETS];
};

static struct torc_source *source_new(const struct source_ops *ops, struct torc_error *error)
{
	struct torc_source *source = calloc(1, sizeof(*source));

	if (!source) {
		torc_error_set(error, -ENOMEM, "no memory for a packet source");
		return NULL;
	}
	source->ops = ops;
	source->options.size = sizeof(source->options);
	return source;
}

/* ---- a ring ---- */

static int ring_fill(struct torc_source *source, struct torc_packet *packets, unsigned int max)
{
	return torc_ring_next_batch(source->ring, packets, max);
}

static bool ring_at_end(const struct torc_source *source)
{
	return torc_ring_at_end(source->ring);
}

static const char *ring_error(const struct torc_source *source)
{
	return torc_ring_error(source->ring);
}

static void ring_stop(struct torc_source *source)
{
	torc_ring_stop(source->ring);
}

static void nothing(struct torc_source *source)
{
	(void)source;
}

static const struct source_ops ring_ops = {
	.fill = ring_fill,
	.at_end = ring_at_end,
	.error = ring_error,
	.stop = ring_stop,
	.close = nothing, /* the ring is the caller's */
};

int torc_source_open_ring(struct torc_source **source, struct torc_ring *ring,
			  struct torc_error *error)
{
	*source = NULL;
	if (!ring)
		return torc_error_set(error, -EINVAL, "a packet source needs a ring");
	*source = source_new(&ring_ops, error);
	if (!*source)
		return -ENOMEM;
	(*source)->ring = ring;
	return 0;
}

/* ---- a file ---- */

static int file_fill(struct torc_source *source, struct torc_packet *packets, unsigned int max)
{
	int count = torc_file_next_batch(source->file, packets, max);

	source->file_ended = count == 0;
	return count;
}

static bool file_at_end(const struct torc_source *source)
{
	return source->file_ended;
}

static const char *file_error(const struct torc_source *source)
{
	return torc_file_error(source->file);
}

static void file_close(struct torc_source *source)
{
	torc_file_close(source->file);
}

static const struct source_ops file_ops = {
	.fill = file_fill,
	.at_end = file_at_end,
	.error = file_error,
	.stop = nothing,
	.close = file_close,
};

int torc_source_open_file(struct torc_source **source, const char *path, struct torc_error *error)
{
	struct torc_source *opened = source_new(&file_ops, error);
	int status;

	*source = NULL;
	if (!opened)
		return -ENOMEM;
	status = torc_file_open(&opened->file, path, NULL, error);
	if (status < 0) {
		free(opened);
		return status;
	}
	*source = opened;
	return 0;
}

int torc_source_open_memory(struct torc_source **source, const void *data, size_t length,
			    struct torc_error *error)
{
	struct torc_source *opened = source_new(&file_ops, error);
	int status;

	*source = NULL;
	if (!opened)
		return -ENOMEM;
	status = torc_file_open_memory(&opened->file, data, length, NULL, error);
	if (status < 0) {
		free(opened);
		return status;
	}
	*source = opened;
	return 0;
}

/* ---- several, one after another ---- */

static struct torc_source *concat_current(const struct torc_source *source)
{
	return source->parts[source->part];
}

static int concat_fill(struct torc_source *source, struct torc_packet *packets, unsigned int max)
{
	struct torc_source *part;
	int count;

	for (;;) {
		part = concat_current(source);
		count = part->ops->fill(part, packets, max);
		if (count != 0 || !part->ops->at_end(part) ||
		    source->part + 1 == source->part_count)
			return count;
		source->part++;
	}
}

static bool concat_at_end(const struct torc_source *source)
{
	const struct torc_source *part = concat_current(source);

	return source->part + 1 == source->part_count && part->ops->at_end(part);
}

static const char *concat_error(const struct torc_source *source)
{
	return torc_source_error(concat_current(source));
}

static void concat_stop(struct torc_source *source)
{
	unsigned int i;

	/* all of them: which one is read now is the reader's alone to know */
	for (i = 0; i < source->part_count; i++)
		torc_source_stop(source->parts[i]);
}

static void concat_close(struct torc_source *source)
{
	unsigned int i;

	for (i = 0; i < source->part_count; i++)
		torc_source_close(source->parts[i]);
	free(source->parts);
}

static const struct source_ops concat_ops = {
	.fill = concat_fill,
	.at_end = concat_at_end,
	.error = concat_error,
	.stop = concat_stop,
	.close = concat_close,
};

static int concat_fail(struct torc_source *const *sources, unsigned int count, int status)
{
	while (count-- > 0)
		torc_source_close(sources[count]);
	return status;
}

int torc_source_open_concat(struct torc_source **source, struct torc_source *const *sources,
			    unsigned int count, struct torc_error *error)
{
	struct torc_source *opened;
	unsigned int i;

	*source = NULL;
	if (count == 0)
		return torc_error_set(error, -EINVAL, "no sources to put one after another");
	opened = source_new(&concat_ops, error);
	if (!opened)
		return concat_fail(sources, count, -ENOMEM);
	opened->parts = calloc(count, sizeof(*opened->parts));
	if (!opened->parts) {
		free(opened);
		return concat_fail(sources, count,
				   torc_error_set(error, -ENOMEM, "no memory for %u sources",
						  count));
	}
	for (i = 0; i < count; i++)
		opened->parts[i] = sources[i];
	opened->part_count = count;
	*source = opened;
	return 0;
}

/* ---- any ---- */

void torc_source_close(struct torc_source *source)
{
	if (!source)
		return;
	source->ops->close(source);
	torc_defrag_close(source->defrag);
	torc_streams_close(source->streams);
	free(source);
}

int torc_source_set_defrag(struct torc_source *source, const struct torc_defrag_options *options,
			   struct torc_error *error)
{
	if (source->defrag)
		return torc_error_set(error, -EALREADY, "the source puts fragments together already");
	return torc_defrag_open(&source->defrag, options, error);
}

struct torc_defrag *torc_source_defrag(struct torc_source *source)
{
	return source->defrag;
}

void torc_source_set_streams(struct torc_source *source, bool streams)
{
	source->options.flags = streams ? TORC_DECODE_STREAMS : 0;
}

static bool is_stopped(const struct torc_source *source)
{
	/* acquire: what the stopping thread did before is seen by the reader after */
	return __atomic_load_n(&source->stopped, __ATOMIC_ACQUIRE);
}

static void prefetch(const struct torc_packet *packet)
{
	__builtin_prefetch(packet->data);
	__builtin_prefetch(packet->data + 63); /* headers mostly end in the second cache line */
}

static void packet_decode(const struct torc_source *source, const struct torc_packet *packet,
			  struct torc_decoded *decoded)
{
	if (source->options.flags)
		torc_decode_with(packet, &source->options, decoded);
	else
		torc_decode_packet(packet, decoded);
}

/* The next batch into the source's own array. */
static int refill(struct torc_source *source)
{
	unsigned int i;
	int count;

	source->count = 0;
	source->next = 0;
	count = source->ops->fill(source, source->packets, BATCH_PACKETS);
	if (count <= 0)
		return count;
	source->count = (unsigned int)count;
	for (i = 0; i < source->count && i < PREFETCH_PACKETS; i++)
		prefetch(&source->packets[i]);
	return count;
}

/* The packet at hand when it is no fragment, or the datagram that it completes; false: neither. */
static bool join(struct torc_source *source, struct torc_packet *packet,
		 struct torc_decoded *decoded)
{
	struct torc_packet whole;
	int result;

	/* a datagram may hold fragments itself, of what came through a tunnel */
	while ((result = torc_defrag_add(source->defrag, packet, decoded, &whole)) ==
	       TORC_DEFRAG_WHOLE) {
		*packet = whole;
		packet_decode(source, packet, decoded);
	}
	return result == TORC_DEFRAG_NONE;
}

/* No packet comes: what waits for fragments ends by the clock. */
static void expire(struct torc_source *source)
{
	struct timespec now;

	if (!source->ring)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	torc_defrag_expire(source->defrag,
			   (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec);
}

/* As torc_source_next_batch(); a datagram that was put together is good until the next one only. */
static int next_joined(struct torc_source *source, struct torc_packet *packets,
		       struct torc_decoded *decoded, unsigned int max)
{
	unsigned int count = 0;
	int status;

	while (count < max) {
		struct torc_packet *packet = &packets[count];

		if (source->next == source->count) {
			if (count > 0)
				break;
			status = is_stopped(source) ? 0 : refill(source);
			if (status == 0)
				expire(source);
			if (status <= 0)
				return status;
		}
		*packet = source->packets[source->next++];
		packet_decode(source, packet, &decoded[count]);
		if (!join(source, packet, &decoded[count]))
			continue;
		count++;
		if (packet->flags & TORC_PACKET_REASSEMBLED)
			break;
	}
	return (int)count;
}

int torc_source_next(struct torc_source *source, struct torc_packet *packet,
		     struct torc_decoded *decoded)
{
	unsigned int at;
	int status;

	if (is_stopped(source))
		return 0;
	if (source->defrag)
		return next_joined(source, packet, decoded, 1);
	if (source->next == source->count) {
		status = refill(source);
		if (status <= 0)
			return status;
	}
	at = source->next++;
	if (at + PREFETCH_PACKETS < source->count)
		prefetch(&source->packets[at + PREFETCH_PACKETS]);
	*packet = source->packets[at];
	packet_decode(source, packet, decoded);
	return 1;
}

int torc_source_next_batch(struct torc_source *source, struct torc_packet *packets,
			   struct torc_decoded *decoded, unsigned int max)
{
	unsigned int count = 0, i;
	int status;

	if (is_stopped(source))
		return 0;
	if (source->defrag)
		return next_joined(source, packets, decoded, max);
	/* first what torc_source_next() has taken and not returned */
	while (source->next < source->count && count < max)
		packets[count++] = source->packets[source->next++];
	if (count == 0) {
		status = source->ops->fill(source, packets, max);
		if (status <= 0)
			return status;
		count = (unsigned int)status;
	}
	if (!source->options.flags) {
		torc_decode_batch(packets, count, decoded);
		return (int)count;
	}
	for (i = 0; i < count; i++)
		packet_decode(source, &packets[i], &decoded[i]);
	return (int)count;
}

void torc_source_stop(struct torc_source *source)
{
	__atomic_store_n(&source->stopped, true, __ATOMIC_RELEASE);
	source->ops->stop(source);
}

bool torc_source_at_end(const struct torc_source *source)
{
	return source->next == source->count && source->ops->at_end(source);
}

const char *torc_source_error(const struct torc_source *source)
{
	return source->ops->error(source);
}

/* ---- TCP streams ---- */

int torc_source_set_reassembly(struct torc_source *source,
			       const struct torc_streams_options *options, struct torc_error *error)
{
	if (source->streams)
		return torc_error_set(error, -EALREADY, "this source has TCP streams already");
	return torc_streams_open(&source->streams, options, error);
}

struct torc_streams *torc_source_streams(struct torc_source *source)
{
	return source->streams;
}

/* Packets into the streams. Returns how many, 0 when none came, or what went wrong. */
static int streams_fill(struct torc_source *source)
{
	struct torc_packet packet;
	struct torc_decoded decoded;
	int status;

	if (source->defrag) { /* a datagram that was put together is good until the next fragment */
		status = torc_source_next(source, &packet, &decoded);
		if (status <= 0)
			return status;
		status = torc_streams_add(source->streams, &packet, &decoded);
		return status < 0 ? status : 1;
	}
	if (is_stopped(source))
		return 0;
	if (source->next == source->count) {
		status = refill(source);
		if (status <= 0)
			return status;
	}
	status = torc_streams_add_batch(source->streams, source->packets + source->next, NULL,
					source->count - source->next);
	if (status > 0)
		source->next += (unsigned int)status;
	return status;
}

int torc_source_next_event(struct torc_source *source, const struct torc_stream_event **event)
{
	int status;

	if (!source->streams)
		return -EINVAL;
	for (;;) {
		*event = torc_streams_next(source->streams);
		if (*event)
			return 1;
		status = source->finished ? 0 : streams_fill(source);
		if (status == 0 && !source->finished && torc_source_at_end(source))
			source->finished = torc_streams_finish(source->streams) == 0;
		else if (status <= 0)
			return status;
	}
}
