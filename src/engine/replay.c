/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * replay.c - the engine of "pcap:FILE": a capture file as if its packets came from a wire
 *
 *	speed=max   as fast as they are read (default)
 *	speed=1x    as they were captured; 2x, 0.5x, ...: so many times faster
 *
 * A block is one read() of the file. The reader fills a block that nobody holds, so those that are
 * borrowed stay as they are, however many a reentrant ring holds at once. One block may be handed
 * out several times: a paced file gives the packets of a block that are due, and later the others.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/engine.h"
#include "file/file.h"
#include "util/available.h"
#include "util/clock.h"

#define BUFFER_BYTES (32u << 20)
#define BLOCKS_MIN   2u
#define BLOCKS_MAX   1024u
#define FULL_WAIT_NS 1000000 /* until a held block may have come back */

struct block {
	struct torc_file_buffer buffer; /* unused in block 0, which is the file's own */
	unsigned int holders; /* atomic: members of a spread release in their threads */
	bool open;
};

struct torc_engine {
	struct torc_file *file;
	struct block *blocks;
	unsigned int block_count;
	unsigned int current; /* the block the file walks over */
	size_t block_bytes;
	uint32_t snaplen;

	bool running;
	bool ended;
	bool full; /* all blocks are held; atomic */
	struct torc_packet pending; /* the next packet, read ahead to know its time */
	const uint8_t *pending_record;
	bool has_pending;

	double speed;      /* 0: as fast as possible */
	uint64_t base_ns;  /* capture time ... */
	uint64_t start_ns; /* ... and the monotonic time that it became */
	bool has_base;

	uint64_t seen; /* __atomic, relaxed: torc_ring_stats() may be in another thread */
	char detail[64];
};

/* ---- settings ---- */

static int set_speed(struct torc_engine *engine, const char *value, size_t length,
		     struct torc_error *error)
{
	char text[32], *end;

	if (length < sizeof(text)) {
		memcpy(text, value, length);
		text[length] = '\0';
		if (strcmp(text, "max") == 0) {
			engine->speed = 0;
			return 0;
		}
		engine->speed = strtod(text, &end);
		if (end != text && (*end == '\0' || strcmp(end, "x") == 0) &&
		    engine->speed >= 1e-6 && engine->speed <= 1e6)
			return 0;
	}
	return torc_error_set(error, -EINVAL, "speed=%.*s: it is max, or a number such as 1x or 2.5x",
			      (int)length, value);
}

static int apply_settings(struct torc_engine *engine, const char *settings,
			  struct torc_error *error)
{
	while (settings && *settings) {
		size_t length = strcspn(settings, ";");
		int result;

		if (strncmp(settings, "speed=", 6) == 0 && length > 6)
			result = set_speed(engine, settings + 6, length - 6, error);
		else
			result = torc_error_set(error, -EINVAL, "%.*s: a file has no such setting; it "
						"has speed=", (int)length, settings);
		if (result < 0)
			return result;
		settings += length + (settings[length] == ';');
	}
	return 0;
}

/* ---- life ---- */

static void replay_close(struct torc_engine *engine)
{
	unsigned int i;

	if (!engine)
		return;
	for (i = 1; engine->blocks && i < engine->block_count; i++)
		if (engine->blocks[i].open)
			torc_file_buffer_close(&engine->blocks[i].buffer);
	free(engine->blocks);
	torc_file_close(engine->file);
	free(engine);
}

static int open_blocks(struct torc_engine *engine, const struct torc_engine_config *config,
		       struct torc_error *error)
{
	uint64_t count = (config->buffer_bytes ?: BUFFER_BYTES) / engine->block_bytes;

	engine->block_count = count < BLOCKS_MIN ? BLOCKS_MIN :
			      count > BLOCKS_MAX ? BLOCKS_MAX : (unsigned int)count;
	if (torc_memory_fair((uint64_t)engine->block_count * engine->block_bytes, "a buffer for",
			     config->name, error) < 0)
		return -ENOMEM;
	engine->blocks = calloc(engine->block_count, sizeof(*engine->blocks));
	if (!engine->blocks)
		return torc_error_set(error, -ENOMEM, "%s: no memory", config->name);
	return 0;
}

static int replay_open(struct torc_engine **result, const struct torc_engine_config *config,
		       struct torc_error *error)
{
	struct torc_file_options options = { .size = sizeof(options),
					     .block_bytes = config->block_bytes };
	struct torc_engine *engine = calloc(1, sizeof(*engine));
	int code;

	if (!engine)
		return torc_error_set(error, -ENOMEM, "%s: no memory", config->name);
	engine->block_bytes = config->block_bytes ?: TORC_FILE_BLOCK_BYTES;
	engine->snaplen = config->snaplen ?: TORC_SNAPLEN_DEFAULT;
	code = apply_settings(engine, config->settings, error);
	if (code == 0)
		code = torc_file_open(&engine->file, config->name, &options, error);
	if (code == 0)
		code = open_blocks(engine, config, error);
	if (code < 0) {
		replay_close(engine);
		return code;
	}
	*result = engine;
	return 0;
}

static int replay_start(struct torc_engine *engine)
{
	engine->running = true;
	engine->has_base = false; /* time went on while it stood still */
	return 0;
}

static int replay_stop(struct torc_engine *engine)
{
	engine->running = false;
	return 0;
}

/* ---- blocks ---- */

static struct torc_file_buffer *buffer_of(struct torc_engine *engine, unsigned int index)
{
	return index == 0 ? &engine->file->own : &engine->blocks[index].buffer;
}

/* Acquire: what its last holder has read is read before something else is written there. */
static bool is_held(const struct block *block)
{
	return __atomic_load_n(&block->holders, __ATOMIC_ACQUIRE) > 0;
}

/* A block that nobody holds, the current one if possible, since it is in the cache; or -1. */
static int free_block(struct torc_engine *engine)
{
	unsigned int i;

	if (!is_held(&engine->blocks[engine->current]))
		return (int)engine->current;
	for (i = 0; i < engine->block_count; i++) {
		struct block *block = &engine->blocks[i];

		if (is_held(block))
			continue;
		if (i > 0 && !block->open) {
			if (torc_file_buffer_open(&block->buffer, 64u << 10,
						  engine->block_bytes) < 0)
				return -1;
			block->open = true;
		}
		return (int)i;
	}
	return -1;
}

/* Would a read wait? A file never does, a pipe may. */
static bool must_wait(const struct torc_engine *engine)
{
	const struct torc_source *source = engine->file->source;
	struct pollfd ready = { .fd = source->fd, .events = POLLIN };

	if (engine->file->info.file_bytes != TORC_UNKNOWN || source->stream_full ||
	    source->input_at < source->input_end)
		return false;
	return poll(&ready, 1, 0) == 0;
}

/* Read on: 1 there is more to walk over, 0 not now or never (engine->ended), or a code. */
static int read_on(struct torc_engine *engine)
{
	int index, result;

	if (must_wait(engine))
		return 0;
	index = free_block(engine);
	__atomic_store_n(&engine->full, index < 0, __ATOMIC_RELAXED);
	if (index < 0)
		return 0;
	result = torc_file_fill(engine->file, buffer_of(engine, (unsigned int)index));
	engine->current = (unsigned int)index;
	if (result > 0)
		return 1;
	if (result == -EINTR || result == -EAGAIN)
		return 0;
	engine->ended = true; /* a damage is said once; there is nothing behind it */
	return result < 0 ? result : torc_file_ended(engine->file);
}

/* The next packet of the block into engine->pending; returns as walk(). */
static int walk_ahead(struct torc_engine *engine)
{
	int result = engine->file->ops->walk(engine->file, &engine->pending, 1);

	engine->has_pending = result > 0;
	engine->pending_record = engine->file->records[0];
	return result;
}

/* Have the next packet at hand: 1, 0 or a negative code, as acquire(). */
static int look_ahead(struct torc_engine *engine)
{
	while (!engine->has_pending) {
		int result;

		if (engine->ended)
			return 0;
		result = walk_ahead(engine);
		if (result < 0)
			engine->ended = true;
		else if (result == 0)
			result = read_on(engine);
		if (result <= 0)
			return result;
	}
	return 1;
}

/* ---- time ---- */

/* Nanoseconds until a packet is due; 0: it is. */
static int64_t until_due(struct torc_engine *engine, const struct torc_packet *packet)
{
	uint64_t now;
	double due;

	if (engine->speed == 0 || (packet->flags & TORC_PACKET_TIMESTAMP_MISSING))
		return 0;
	now = torc_now_ns();
	if (!engine->has_base) {
		engine->has_base = true;
		engine->base_ns = packet->timestamp_ns;
		engine->start_ns = now;
	}
	if (packet->timestamp_ns <= engine->base_ns)
		return 0;
	due = (double)(packet->timestamp_ns - engine->base_ns) / engine->speed -
	      (double)(now - engine->start_ns);
	return due <= 0 ? 0 : due > 3.6e12 ? 3600000000000 : (int64_t)due + 1;
}

static int64_t replay_due_ns(struct torc_engine *engine)
{
	if (!engine->running)
		return -1;
	if (engine->has_pending)
		return until_due(engine, &engine->pending);
	if (__atomic_load_n(&engine->full, __ATOMIC_RELAXED))
		return FULL_WAIT_NS;
	return engine->ended || must_wait(engine) ? -1 : 0;
}

/* ---- packets ---- */

static void replay_hold(struct torc_engine *engine, uint32_t token)
{
	__atomic_add_fetch(&engine->blocks[token].holders, 1, __ATOMIC_RELAXED);
}

static int replay_acquire(struct torc_engine *engine, uint32_t *token)
{
	int result;

	if (!engine->running)
		return 0;
	result = look_ahead(engine);
	if (result <= 0)
		return result;
	if (until_due(engine, &engine->pending) > 0)
		return 0;
	*token = engine->current;
	replay_hold(engine, engine->current);
	return 1;
}

static unsigned int finish_fill(struct torc_engine *engine, struct torc_packet *packets,
				unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (packets[i].caplen > engine->snaplen)
			packets[i].caplen = engine->snaplen;
	__atomic_store_n(&engine->seen, engine->seen + count, __ATOMIC_RELAXED);
	return count;
}

/* As fast as possible: all that is whole in the block. A damage behind it, acquire() finds again. */
static unsigned int fill_all(struct torc_engine *engine, struct torc_packet *packets,
			     unsigned int max)
{
	struct torc_file *file = engine->file;
	unsigned int ahead = engine->has_pending, count;
	int result = 0;

	if (max > TORC_FILE_BATCH_MAX)
		max = TORC_FILE_BATCH_MAX;
	if (ahead) {
		packets[0] = engine->pending;
		engine->has_pending = false;
	}
	if (max > ahead)
		result = file->ops->walk(file, packets + ahead, max - ahead);
	count = result > 0 ? (unsigned int)result : 0;
	if (ahead) {
		memmove(file->records + 1, file->records, count * sizeof(file->records[0]));
		file->records[0] = engine->pending_record;
	}
	return ahead + count;
}

static unsigned int fill_due(struct torc_engine *engine, struct torc_packet *packets,
			     unsigned int max)
{
	const uint8_t *records[TORC_FILE_BATCH_MAX];
	unsigned int count = 0;

	if (max > TORC_FILE_BATCH_MAX)
		max = TORC_FILE_BATCH_MAX;
	while (count < max) {
		if (!engine->has_pending)
			walk_ahead(engine);
		if (!engine->has_pending || until_due(engine, &engine->pending) > 0)
			break;
		packets[count] = engine->pending;
		records[count++] = engine->pending_record;
		engine->has_pending = false;
	}
	memcpy(engine->file->records, records, count * sizeof(records[0]));
	return count;
}

static unsigned int replay_fill(struct torc_engine *engine, struct torc_packet *packets,
				unsigned int max)
{
	unsigned int count;

	count = engine->speed == 0 ? fill_all(engine, packets, max) :
				     fill_due(engine, packets, max);
	engine->file->batch = count;
	engine->file->packets += count;
	return finish_fill(engine, packets, count);
}

static void replay_release(struct torc_engine *engine, uint32_t token)
{
	__atomic_store_n(&engine->full, false, __ATOMIC_RELAXED);
	__atomic_sub_fetch(&engine->blocks[token].holders, 1, __ATOMIC_RELEASE);
}

static unsigned int replay_queued(struct torc_engine *engine)
{
	return engine->running && engine->has_pending &&
	       until_due(engine, &engine->pending) == 0;
}

static bool replay_at_end(struct torc_engine *engine)
{
	return engine->ended && !engine->has_pending;
}

/* ---- information ---- */

static unsigned int replay_fds(struct torc_engine *engine, int *fds, unsigned int max)
{
	if (max == 0 || engine->file->info.file_bytes != TORC_UNKNOWN)
		return 0;
	fds[0] = engine->file->source->fd;
	return 1;
}

static int replay_stats(struct torc_engine *engine, struct torc_engine_stats *stats)
{
	*stats = (struct torc_engine_stats){
		.seen = __atomic_load_n(&engine->seen, __ATOMIC_RELAXED),
		.card_missed = TORC_UNKNOWN,
	};
	return 0;
}

static const char *replay_error(struct torc_engine *engine)
{
	return torc_file_error(engine->file);
}

static void replay_info(struct torc_engine *engine, struct torc_engine_info *info)
{
	struct torc_file_info file = { .size = sizeof(file) };
	const char *slash, *packed;

	torc_file_info(engine->file, &file);
	slash = strrchr(file.path, '/');
	packed = torc_compression_name(file.compression);
	snprintf(engine->detail, sizeof(engine->detail), "%s%s%s", file.format_name,
		 *packed ? ", " : "", packed);
	memset(info, 0, sizeof(*info));
	info->detail = engine->detail;
	snprintf(info->name, sizeof(info->name), "%s", slash ? slash + 1 : file.path);
	info->link_type = file.link_type;
	info->mtu = 65535;
	info->queue_count = 1;
	info->block_bytes = (uint32_t)engine->block_bytes;
	info->buffer_bytes = (uint64_t)engine->block_count * engine->block_bytes;
}

struct torc_file *torc_engine_replay_file(struct torc_engine *engine)
{
	return engine->file;
}

const struct torc_engine_ops torc_engine_replay = {
	.name = "file",
	.is_file = true,
	.open = replay_open,
	.close = replay_close,
	.start = replay_start,
	.stop = replay_stop,
	.acquire = replay_acquire,
	.fill = replay_fill,
	.release = replay_release,
	.hold = replay_hold,
	.queued = replay_queued,
	.at_end = replay_at_end,
	.fds = replay_fds,
	.due_ns = replay_due_ns,
	.stats = replay_stats,
	.error = replay_error,
	.info = replay_info,
};
