/* SPDX-License-Identifier: BSD-3-Clause */
/* writer.c - the life of a capture file that is written: open, chunks, account, close */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "file/source.h"
#include "file/writer.h"
#include "util/available.h"
#include "util/clock.h"

/*
 * Chunks stay in the second level cache on their way through: for a writing thread, chunks of 1 MiB
 * cost twice the processor time of these.
 */
#define CHUNK_BYTES       (256u << 10)
#define CHUNK_BYTES_LARGE (1u << 20) /* compressed: larger frames compress better */
#define ASYNC_BYTES       (64u << 20)
#define HELD_NS           500000000u /* a packet waits no longer for the chunk to fill */

/* ---- chunks ---- */

static bool is_async(const struct torc_writer *writer)
{
	return writer->options.flags & TORC_WRITER_ASYNC;
}

static void lose_room(struct torc_writer *writer)
{
	__atomic_store_n(&writer->lost, writer->lost + 1, __ATOMIC_RELAXED);
}

/* The file is to be changed with the chunk that has its first bytes. */
static void attach_path(struct torc_writer *writer)
{
	if (writer->chunk && writer->chunk->used == 0 && writer->path_next) {
		free(writer->chunk->path);
		writer->chunk->path = writer->path_next;
		writer->path_next = NULL;
	}
}

int torc_writer_submit(struct torc_writer *writer)
{
	struct torc_chunk *chunk = writer->chunk;
	int result;

	attach_path(writer);
	writer->held_since_ns = 0;
	if (!chunk || (chunk->used == 0 && !chunk->path))
		return 0;
	if (is_async(writer)) {
		torc_writer_queue_put(writer, chunk);
		writer->chunk = NULL;
		return 0;
	}
	result = torc_sink_put(&writer->sink, chunk, &writer->error);
	chunk->used = 0;
	chunk->packets = 0;
	chunk->begins = false;
	return result;
}

/* Larger than any chunk: only a packet or block of that size brings it about. */
static int grow_chunk(struct torc_writer *writer, size_t bytes)
{
	struct torc_chunk *chunk = writer->chunk;
	uint8_t *bigger = realloc(chunk->bytes, bytes);

	if (!bigger)
		return torc_error_set(&writer->error, -ENOMEM, "%s: no memory", writer->path);
	chunk->bytes = bigger;
	chunk->room = bytes;
	return 0;
}

int torc_writer_reserve(struct torc_writer *writer, size_t bytes)
{
	int failed = 0;

	if (__builtin_expect(writer->chunk && writer->chunk->room - writer->chunk->used >= bytes, 1)) {
		attach_path(writer);
		return 0;
	}
	if (writer->chunk && writer->chunk->used > 0) {
		failed = torc_writer_submit(writer);
		/* said by the next call; this one's packet has room again */
		if (failed < 0)
			writer->deferred = failed;
	}
	if (!writer->chunk)
		writer->chunk = torc_writer_queue_take(writer);
	if (!writer->chunk)
		return -ENOBUFS;
	attach_path(writer);
	return writer->chunk->room >= bytes ? 0 : grow_chunk(writer, bytes);
}

/* ---- open ---- */

static enum torc_compression compression_of(const char *path)
{
	size_t length = strlen(path);

	if (length > 3 && strcmp(path + length - 3, ".gz") == 0)
		return TORC_COMPRESSION_GZIP;
	if (length > 4 && strcmp(path + length - 4, ".zst") == 0)
		return TORC_COMPRESSION_ZSTD;
	if (length > 3 && strcmp(path + length - 3, ".xz") == 0)
		return TORC_COMPRESSION_XZ;
	if (length > 4 && strcmp(path + length - 4, ".lz4") == 0)
		return TORC_COMPRESSION_LZ4;
	return TORC_COMPRESSION_NONE;
}

static void set_defaults(struct torc_writer_options *options, const char *path)
{
	if (options->format == TORC_FORMAT_AUTO)
		options->format = strstr(path, ".pcapng") ? TORC_FORMAT_PCAPNG : TORC_FORMAT_PCAP;
	if (options->compression == TORC_COMPRESSION_AUTO)
		options->compression = compression_of(path);
	if (options->format != TORC_FORMAT_PCAP)
		options->flags &= ~(uint32_t)TORC_WRITER_COOKED; /* it has interfaces */
	if (options->flags & TORC_WRITER_COOKED) {
		options->link_type = TORC_LINK_LINUX_SLL2;
		options->has_link_type = true;
	}
	if (options->snaplen == 0 || options->snaplen > INT32_MAX)
		options->snaplen = TORC_SNAPLEN_DEFAULT;
}

static int check_options(const struct torc_writer_options *options, const char *path,
			 struct torc_error *error)
{
	bool rotates = options->rotate_bytes || options->rotate_ns || options->rotate_packets;

	if (options->compression == TORC_COMPRESSION_XZ ||
	    options->compression == TORC_COMPRESSION_LZ4)
		return torc_error_set(error, -EOPNOTSUPP, "%s: %s is only read: write .gz or .zst, or "
				      "nothing behind .pcap", path,
				      torc_compression_name(options->compression));
	if (options->format > TORC_FORMAT_PCAPNG || options->compression > TORC_COMPRESSION_ZSTD)
		return torc_error_set(error, -EINVAL, "%s: no such format or compression", path);
	if (rotates && strcmp(path, "-") == 0)
		return torc_error_set(error, -EINVAL, "standard output cannot be rotated: name a "
				      "file");
	if (!rotates && (options->ring_files || options->max_files))
		return torc_error_set(error, -EINVAL, "%s: a number of files needs a size, a time or "
				      "a count at which to rotate", path);
	return 0;
}

/* How large chunks are, and the first one. */
static int open_chunks(struct torc_writer *writer, struct torc_error *error)
{
	struct torc_writer_options *options = &writer->options;
	bool packed = options->compression != TORC_COMPRESSION_NONE;

	if (torc_memory_fair(options->buffer_bytes, "a buffer for", "what is written", error) < 0)
		return -ENOMEM;
	writer->chunk_bytes = packed ? CHUNK_BYTES_LARGE : CHUNK_BYTES;
	if (is_async(writer)) {
		if (options->buffer_bytes == 0)
			options->buffer_bytes = ASYNC_BYTES;
		while (writer->chunk_bytes > 65536 &&
		       options->buffer_bytes / writer->chunk_bytes < 16)
			writer->chunk_bytes /= 2;
		return torc_writer_queue_start(writer, error);
	}
	if (options->buffer_bytes > 0)
		writer->chunk_bytes = options->buffer_bytes < 4096 ? 4096 : options->buffer_bytes;
	writer->own.bytes = malloc(writer->chunk_bytes);
	if (!writer->own.bytes)
		return torc_error_set(error, -ENOMEM, "no memory for %zu bytes of buffer",
				      writer->chunk_bytes);
	writer->own.room = writer->chunk_bytes;
	writer->chunk = &writer->own;
	return 0;
}

/* The first file, and its header when it is known already: a reader finds a file at once. */
static int open_first(struct torc_writer *writer, struct torc_error *error)
{
	const struct torc_writer_options *options = &writer->options;
	char *path;
	int result;

	writer->name_ns = options->start_ns ?: torc_clock_ns(CLOCK_REALTIME);
	writer->path = torc_writer_name(writer);
	if (!writer->path)
		return torc_error_set(error, -ENAMETOOLONG, "%s: too long a name",
				      writer->template);
	path = strdup(writer->path);
	if (!path)
		return torc_error_set(error, -ENOMEM, "%s: no memory", writer->path);
	result = torc_sink_begin(&writer->sink, path, error);
	if (result < 0)
		return result;
	writer->file_count = 1;
	if (!options->has_link_type && options->format == TORC_FORMAT_PCAP)
		return 0;
	if (options->has_link_type && options->format == TORC_FORMAT_PCAP) {
		struct torc_file_interface view = { .size = sizeof(view),
						    .link_type = options->link_type };

		result = torc_writer_add_interface(writer, &view);
	}
	if (result >= 0)
		result = torc_writer_begin_file(writer);
	if (result >= 0 && options->follow)
		result = torc_writer_follow(writer, options->follow);
	if (result >= 0)
		result = torc_writer_flush(writer);
	if (result < 0 && error)
		*error = writer->error;
	return result < 0 ? result : 0;
}

int torc_writer_open(struct torc_writer **result, const char *path,
		     const struct torc_writer_options *options, struct torc_error *error)
{
	struct torc_writer *writer = calloc(1, sizeof(*writer));
	int code;

	*result = NULL;
	if (!writer)
		return torc_error_set(error, -ENOMEM, "no memory");
	code = torc_sized_take(&writer->options, sizeof(writer->options), options,
			       "torc_writer_options", error);
	if (code < 0) {
		free(writer);
		return code;
	}
	writer->sink.fd = -1;
	if (writer->options.flags & TORC_WRITER_APPEND) {
		code = torc_writer_look_at(writer, path, error);
		if (code < 0) {
			free(writer);
			return code;
		}
		code = -ENOMEM;
	}
	set_defaults(&writer->options, path);
	writer->drops = TORC_UNKNOWN;
	writer->time_divide = writer->options.flags & TORC_WRITER_MICROSECONDS ? 1000 : 1;
	writer->template = strdup(path);
	if (!writer->template)
		code = torc_error_set(error, -ENOMEM, "no memory");
	else
		code = check_options(&writer->options, path, error);
	if (code == 0)
		code = torc_sink_open(&writer->sink, &writer->options, error);
	if (code == 0)
		code = open_chunks(writer, error);
	if (code == 0)
		code = open_first(writer, error);
	if (code < 0) {
		writer->sink.on_rotate = NULL;
		free(writer->path); /* no file to finish */
		writer->path = NULL;
		torc_writer_close(writer, NULL, NULL);
		return code;
	}
	*result = writer;
	return 0;
}

/* ---- write ---- */

/* A failure of an earlier chunk that has not been told yet. */
static int told(struct torc_writer *writer)
{
	int code = writer->deferred;

	writer->deferred = 0;
	if (code == 0 && is_async(writer))
		code = torc_writer_queue_error(writer);
	return code;
}

/* 1: taken (perhaps lost for want of room), 0: no more files, or a negative code. */
static int write_one(struct torc_writer *writer, const struct torc_packet *packet,
		     const struct torc_file_extra *extra)
{
	int result = 0, port;

	if (torc_writer_is_full(writer, packet->timestamp_ns)) {
		result = torc_writer_rotate_at(writer, packet->timestamp_ns, false);
		if (result < 0 && result != -ENOBUFS)
			writer->deferred = result;
		if (writer->finished)
			return 0;
	}
	if (result != -ENOBUFS) {
		port = torc_writer_port_of(writer, packet);
		result = port < 0 ? port : 0;
		if (result == 0 && !writer->begun)
			result = torc_writer_begin_file(writer);
		if (result == 0)
			result = torc_writer_put_packet(writer, (uint32_t)port, packet, extra);
	}
	if (result == -ENOBUFS)
		lose_room(writer);
	else if (result < 0)
		return result;
	return 1;
}

/* The same with what a followed file tells of the packet. */
static int write_followed(struct torc_writer *writer, const struct torc_packet *packet)
{
	int result;

	result = torc_writer_take_over(writer, packet);
	if (result >= 0)
		result = write_one(writer, packet, NULL);
	writer->source = NULL;
	writer->drops = TORC_UNKNOWN;
	writer->copied = NULL;
	writer->copied_bytes = 0;
	return result;
}

/* Submit what there is, unless that would leave no chunk for the next packets. */
static int flush_soon(struct torc_writer *writer)
{
	struct torc_chunk *next = NULL;
	int result;

	if (is_async(writer) && writer->chunk) {
		next = torc_writer_queue_take(writer);
		if (!next)
			return 0;
	}
	result = torc_writer_submit(writer);
	if (next)
		writer->chunk = next;
	return result;
}

static int finish_call(struct torc_writer *writer, unsigned int done, int result)
{
	int code;

	__atomic_store_n(&writer->taken, writer->taken + done, __ATOMIC_RELAXED);
	if ((writer->options.flags & TORC_WRITER_FLUSH_EACH) && done > 0) {
		code = flush_soon(writer);
		if (code < 0)
			writer->deferred = code;
	}
	if (result < 0) /* refused: what was lost before is told by the next call */
		return done > 0 ? (int)done : result;
	code = told(writer);
	return code < 0 ? code : (int)done;
}

int torc_writer_write(struct torc_writer *writer, const struct torc_packet *packets,
		      unsigned int count)
{
	unsigned int done = 0;
	int result = 0;

	while (done < count && !writer->finished) {
		if (writer->followed_count > 0 && writer->options.format == TORC_FORMAT_PCAPNG)
			result = write_followed(writer, &packets[done]);
		else
			result = write_one(writer, &packets[done], NULL);
		if (result <= 0)
			break;
		done++;
	}
	return finish_call(writer, done, result);
}

int torc_writer_write_extra(struct torc_writer *writer, const struct torc_packet *packet,
			    const struct torc_file_extra *extra)
{
	struct torc_file_extra full = { .drop_count = TORC_UNKNOWN, .packet_id = TORC_UNKNOWN,
					.queue = TORC_NO_QUEUE };
	int result = torc_sized_take(&full, sizeof(full), extra, "torc_file_extra", &writer->error);

	if (result < 0)
		return result;
	if (!writer->finished)
		result = write_one(writer, packet, &full);
	return finish_call(writer, result > 0, result);
}

int torc_writer_write_block(struct torc_writer *writer, uint32_t type, const void *body,
			    uint32_t body_bytes)
{
	int result;

	if (writer->options.format != TORC_FORMAT_PCAPNG)
		return torc_error_set(&writer->error, -EINVAL, "%s: a pcap file has no blocks",
				      writer->path);
	if (type < 4 || type == 6 || type == 0x0A0D0D0A || body_bytes > (16u << 20))
		return torc_error_set(&writer->error, -EINVAL, "%s: block type 0x%x is not written "
				      "this way", writer->path, type);
	result = torc_writer_begin_file(writer);
	if (result == 0) /* held until there is an interface */
		result = torc_writer_put_block(writer, type, body, body_bytes);
	if (result == -ENOBUFS)
		return torc_error_set(&writer->error, result, "%s: the buffers are full",
				      writer->path);
	return result;
}

int torc_writer_set_stats(struct torc_writer *writer, uint32_t interface,
			  const struct torc_stats *given)
{
	struct torc_writer_port *port;
	struct torc_stats full = { 0 }, *stats = &full;
	int result = torc_sized_take(&full, sizeof(full), given, "torc_stats", &writer->error);

	if (result < 0)
		return result;
	if (interface >= writer->port_count)
		return torc_error_set(&writer->error, -ENOENT, "there is no interface %u", interface);
	port = &writer->ports[interface];
	port->has_stats = true;
	/* what the interface received is known only where the filter counts what it refused */
	port->stats[0] = stats->filtered == TORC_UNKNOWN || stats->kernel_seen == TORC_UNKNOWN ?
				 TORC_UNKNOWN : stats->kernel_seen + stats->filtered;
	port->stats[1] = stats->card_missed;
	port->stats[2] = stats->kernel_seen;
	port->stats[3] = stats->dropped;
	port->stats[4] = stats->received;
	return 0;
}

int torc_writer_copy_stats(struct torc_writer *writer, uint32_t interface,
			   const struct torc_file_interface *given)
{
	struct torc_writer_port *port;
	struct torc_file_interface full = { 0 }, *counters = &full;
	int i, result = torc_sized_take(&full, sizeof(full), given, "torc_file_interface",
					&writer->error);

	if (result < 0)
		return result;
	if (interface >= writer->port_count)
		return torc_error_set(&writer->error, -ENOENT, "there is no interface %u", interface);
	port = &writer->ports[interface];
	port->stats[0] = counters->received;
	port->stats[1] = counters->dropped_by_interface;
	port->stats[2] = counters->accepted_by_filter;
	port->stats[3] = counters->dropped_by_os;
	port->stats[4] = counters->delivered;
	port->start_ns = counters->start_ns;
	port->end_ns = counters->end_ns;
	port->has_stats = false;
	for (i = 0; i < 5; i++)
		port->has_stats |= port->stats[i] != TORC_UNKNOWN;
	return 0;
}

int torc_writer_rotate(struct torc_writer *writer)
{
	int result;

	if (writer->sink.is_stdout)
		return torc_error_set(&writer->error, -EINVAL,
				      "standard output cannot be rotated");
	result = torc_writer_rotate_at(writer, torc_clock_ns(CLOCK_REALTIME), true);
	if (result == 0 && !writer->finished)
		result = torc_writer_begin_file(writer);
	if (result == 0)
		result = torc_writer_submit(writer);
	return result;
}

/* The time slice is over, whether a packet comes or not. */
static int rotate_by_clock(struct torc_writer *writer, uint64_t time_ns)
{
	int result;

	if (!writer->clocked) {
		writer->clocked = true;
		if (!writer->has_period)
			writer->period_ns = torc_writer_period(writer, writer->name_ns);
		writer->has_period = true;
	}
	if (!torc_writer_time_is_up(writer, time_ns))
		return 0;
	result = torc_writer_rotate_at(writer, time_ns, false);
	if (result == 0 && !writer->finished)
		result = torc_writer_begin_file(writer);
	if (result == 0 && !writer->finished)
		result = flush_soon(writer);
	return result == -ENOBUFS ? 0 : result; /* the next call tries again */
}

int torc_writer_tick(struct torc_writer *writer, uint64_t time_ns)
{
	int result = 0;

	if (writer->finished)
		return 0;
	if (time_ns > 0 && writer->options.rotate_ns > 0)
		result = rotate_by_clock(writer, time_ns);
	if (result == 0 && writer->chunk && (writer->chunk->used > 0 || writer->path_next)) {
		uint64_t now = torc_now_ns();

		if (writer->held_since_ns == 0)
			writer->held_since_ns = now;
		else if (now - writer->held_since_ns >= HELD_NS)
			result = flush_soon(writer);
	}
	if (result == 0)
		result = told(writer);
	return result < 0 ? result : !writer->finished;
}

int torc_writer_flush(struct torc_writer *writer)
{
	int begun = torc_writer_begin_file(writer);
	int result = torc_writer_submit(writer);

	if (begun < 0 && begun != -ENOBUFS && result == 0)
		result = begun;
	if (is_async(writer))
		torc_writer_queue_drain(writer);
	return result < 0 ? result : told(writer);
}

/* ---- the account ---- */

int torc_writer_stats(const struct torc_writer *writer, struct torc_writer_stats *given)
{
	const struct torc_sink *sink = &writer->sink;
	struct torc_writer_stats full = { 0 }, *stats = &full;

	/* written and lost first: they never run ahead of what was taken */
	stats->written = __atomic_load_n(&sink->written, __ATOMIC_ACQUIRE);
	stats->lost = __atomic_load_n(&sink->lost, __ATOMIC_ACQUIRE) +
		      __atomic_load_n(&writer->lost, __ATOMIC_ACQUIRE);
	stats->taken = __atomic_load_n(&writer->taken, __ATOMIC_RELAXED);
	if (stats->taken < stats->written + stats->lost)
		stats->taken = stats->written + stats->lost; /* in the middle of a batch */
	stats->waiting = stats->taken - stats->written - stats->lost;
	stats->written_bytes = __atomic_load_n(&sink->written_bytes, __ATOMIC_RELAXED);
	stats->files = __atomic_load_n(&sink->files, __ATOMIC_RELAXED);
	stats->failures = __atomic_load_n(&sink->failures, __ATOMIC_RELAXED);
	return torc_sized_give(given, &full, sizeof(full));
}

const char *torc_writer_error(const struct torc_writer *writer)
{
	return writer->error.text;
}

const char *torc_writer_path(const struct torc_writer *writer)
{
	return writer->path;
}

/* ---- close ---- */

/* The rest of the last file. Full buffers are waited for: nothing else comes any more. */
static int finish(struct torc_writer *writer)
{
	int result = torc_writer_end_file(writer), flushed;

	if (result == -ENOBUFS) {
		torc_writer_queue_drain(writer);
		result = torc_writer_end_file(writer);
	}
	/* packets are written also where there was no memory for statistics behind them */
	flushed = torc_writer_flush(writer);
	return result < 0 ? result : flushed;
}

int torc_writer_close(struct torc_writer *writer, struct torc_writer_stats *stats,
		      struct torc_error *error)
{
	int result = 0, ended;
	uint32_t i;

	if (!writer)
		return 0;
	if (writer->path && writer->sink.path)
		result = finish(writer);
	torc_writer_queue_stop(writer);
	ended = torc_sink_end(&writer->sink, &writer->error);
	if (result == 0)
		result = ended;
	if (stats)
		torc_writer_stats(writer, stats);
	if (result < 0 && error)
		*error = writer->error;
	torc_sink_close(&writer->sink);
	for (i = 0; i < writer->port_count; i++)
		free(writer->ports[i].block);
	free(writer->ports);
	torc_writer_unfollow(writer);
	free(writer->repeat);
	free(writer->early);
	free(writer->own.bytes);
	free(writer->own.path);
	free(writer->path_next);
	free(writer->path);
	free(writer->template);
	free(writer);
	return result;
}
