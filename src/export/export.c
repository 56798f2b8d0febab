/* SPDX-License-Identifier: BSD-3-Clause */
/* export.c - an output: its queue, its thread, its account */
#include "export/export.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "util/clock.h"
#include "util/error.h"

#define MS 1000000ull

enum { QUEUE_DEFAULT = 16384, QUEUE_MAX = 1 << 22, IDLE_MS = 50 };

static const struct export_ops *const outputs[] = { &export_text, &export_json, &export_ipfix,
						    &export_netflow9, &export_kafka };

uint64_t export_now_ns(void)
{
	return torc_now_ns();
}

/* ---- for outputs ---- */

static void say(struct torc_export *out, int code, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));

static void say(struct torc_export *out, int code, const char *format, va_list args)
{
	pthread_mutex_lock(&out->lock);
	out->news.code = code;
	vsnprintf(out->news.text, sizeof(out->news.text), format, args);
	out->has_news = true;
	pthread_mutex_unlock(&out->lock);
}

void export_say(struct torc_export *out, int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(out, code, format, args);
	va_end(args);
}

void export_set_away(struct torc_export *out, bool away)
{
	__atomic_store_n(&out->away, away, __ATOMIC_RELAXED);
}

void export_break(struct torc_export *out, int code, const char *format, ...)
{
	va_list args;

	if (out->broken)
		return;
	va_start(args, format);
	say(out, code, format, args);
	va_end(args);
	__atomic_store_n(&out->broken, true, __ATOMIC_RELAXED);
}

const char *export_setting(const struct torc_export *out, const char *key)
{
	const char *const *setting = out->options.settings;
	size_t length = strlen(key);

	for (; setting && *setting; setting++)
		if (strncmp(*setting, key, length) == 0 && (*setting)[length] == '=')
			return *setting + length + 1;
	return NULL;
}

const char *export_interface(struct torc_export *out, int32_t ifindex)
{
	if (!(out->options.flags & TORC_EXPORT_INTERFACES) || ifindex <= 0)
		return NULL;
	if (out->ifindex != ifindex) {
		out->ifindex = ifindex;
		if (out->options.interface_name ?
			    !out->options.interface_name(out->options.object, ifindex, out->interface) :
			    !if_indextoname((unsigned int)ifindex, out->interface))
			out->interface[0] = '\0';
	}
	return out->interface[0] ? out->interface : NULL;
}

/* ---- the thread ---- */

static void sleep_on(struct torc_export *out, pthread_cond_t *condition, unsigned int ms)
{
	uint64_t until_ns = export_now_ns() + ms * MS;
	struct timespec until = { .tv_sec = (time_t)(until_ns / (1000 * MS)),
				  .tv_nsec = (long)(until_ns % (1000 * MS)) };

	pthread_cond_timedwait(condition, &out->lock, &until);
}

static bool over(struct torc_export *out)
{
	return out->ending && export_now_ns() >= out->deadline_ns;
}

/* Waits for records; false when the output is to end and none is left. */
static bool wait_for_records(struct torc_export *out)
{
	bool more;

	pthread_mutex_lock(&out->lock);
	if (!out->ending && __atomic_load_n(&out->head, __ATOMIC_ACQUIRE) == out->tail)
		sleep_on(out, &out->wake, IDLE_MS);
	more = !out->ending || __atomic_load_n(&out->head, __ATOMIC_ACQUIRE) != out->tail;
	if (over(out))
		more = false;
	pthread_mutex_unlock(&out->lock);
	return more;
}

/* A record that cannot be written now keeps its place. */
static bool write_one(struct torc_export *out)
{
	const struct torc_flow_record *record = &out->queue[out->tail & out->mask];
	int code;

	if (out->broken) {
		export_count(out->taken, 1);
		export_fail(out, 1, record->packets[0] + record->packets[1]);
		return true;
	}
	code = out->ops->write(out, record);
	if (code == -EAGAIN)
		return false;
	export_count(out->taken, 1);
	if (code < 0)
		export_fail(out, 1, record->packets[0] + record->packets[1]);
	return true;
}

/* What waits, at most so much that idle() is called in time. */
static void write_waiting(struct torc_export *out)
{
	uint64_t head = __atomic_load_n(&out->head, __ATOMIC_ACQUIRE);

	if (head - out->tail > 1024)
		head = out->tail + 1024;
	while (out->tail != head) {
		if (!write_one(out)) {
			pthread_mutex_lock(&out->lock);
			if (!out->ending)
				sleep_on(out, &out->wake, IDLE_MS);
			pthread_mutex_unlock(&out->lock);
			return;
		}
		__atomic_store_n(&out->tail, out->tail + 1, __ATOMIC_RELEASE);
	}
	pthread_mutex_lock(&out->lock);
	pthread_cond_signal(&out->room);
	pthread_mutex_unlock(&out->lock);
}

static bool still_time(struct torc_export *out)
{
	bool time;

	pthread_mutex_lock(&out->lock);
	time = !over(out);
	pthread_mutex_unlock(&out->lock);
	return time;
}

static void *run(void *argument)
{
	struct torc_export *out = argument;

	while (wait_for_records(out)) {
		write_waiting(out);
		out->ops->idle(out);
	}
	if (!out->ops->finish)
		out->ops->idle(out);
	else
		while (out->ops->finish(out) && still_time(out))
			;
	return NULL;
}

/* ---- open ---- */

static int take_options(struct torc_export *out, const struct torc_export_options *options)
{
	uint32_t room = 64;

	out->options = (struct torc_export_options){ .size = sizeof(*options) };
	if (options && options->size < sizeof(*options))
		return -EINVAL;
	if (options)
		out->options = *options;
	if (!out->options.queue_records)
		out->options.queue_records = QUEUE_DEFAULT;
	if (!out->options.domain)
		out->options.domain = 1;
	if (!out->options.message_bytes)
		out->options.message_bytes = 1400;
	if (!out->options.messages_per_second)
		out->options.messages_per_second = 4000;
	if (!out->options.template_ns)
		out->options.template_ns = 600000 * MS;
	if (out->options.message_bytes < 512 || out->options.message_bytes > 65000 ||
	    out->options.queue_records > QUEUE_MAX)
		return -EINVAL;
	while (room < out->options.queue_records)
		room *= 2;
	out->mask = room - 1;
	return 0;
}

static const struct export_ops *find_output(const char *target, const char **rest)
{
	for (size_t n = 0; n < sizeof(outputs) / sizeof(*outputs); n++) {
		size_t length = strlen(outputs[n]->scheme);

		if (strncmp(target, outputs[n]->scheme, length) == 0 && target[length] == ':') {
			*rest = target + length + 1;
			return outputs[n];
		}
	}
	return NULL;
}

/* Signals are for the threads of the program. */
static int start_thread(struct torc_export *out)
{
	sigset_t all, before;
	int code;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	code = pthread_create(&out->thread, NULL, run, out);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return -code;
}

static void release(struct torc_export *out)
{
	pthread_cond_destroy(&out->room);
	pthread_cond_destroy(&out->wake);
	pthread_mutex_destroy(&out->lock);
	free(out->queue);
	free(out->state);
	free(out->target);
	free(out);
}

static int allocate(struct torc_export **result, const char *target, const struct export_ops *ops)
{
	struct torc_export *out = aligned_alloc(64, (sizeof(*out) + 63) / 64 * 64);
	pthread_condattr_t monotonic;

	if (!out)
		return -ENOMEM;
	memset(out, 0, sizeof(*out));
	out->ops = ops;
	out->target = strdup(target);
	out->state = calloc(1, ops->state_size);
	pthread_mutex_init(&out->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&out->wake, &monotonic);
	pthread_cond_init(&out->room, &monotonic);
	pthread_condattr_destroy(&monotonic);
	*result = out;
	return out->target && out->state ? 0 : -ENOMEM;
}

int torc_export_open(struct torc_export **result, const char *target,
		     const struct torc_export_options *options, struct torc_error *error)
{
	const char *rest = NULL;
	const struct export_ops *ops = find_output(target, &rest);
	struct torc_export *out = NULL;
	int code;

	*result = NULL;
	if (!ops)
		return torc_error_set(error, -EINVAL, "%s: no output begins like that: use text:, "
				      "json:, ipfix:, netflow9: or kafka:", target);
	code = allocate(&out, target, ops);
	if (code == 0)
		code = take_options(out, options);
	if (code == 0) {
		out->queue = calloc(out->mask + 1, sizeof(*out->queue));
		code = out->queue ? 0 : -ENOMEM;
	}
	if (code < 0) {
		torc_error_set(error, code, code == -ENOMEM ? "%s: out of memory"
			       : "%s: queue or message size out of range", target);
	} else {
		code = ops->open(out, rest, error);
	}
	if (code == 0) {
		code = start_thread(out);
		if (code < 0) {
			torc_error_set(error, code, "%s: no thread: %s", target, strerror(-code));
			ops->close(out);
		}
	}
	if (code < 0 && out)
		release(out);
	else
		*result = out;
	return code;
}

/* ---- write, poll, account, close ---- */

static bool queue_full(const struct torc_export *out)
{
	return out->head - __atomic_load_n(&out->tail, __ATOMIC_ACQUIRE) > out->mask;
}

/* Until there is room, or the time is over, or the other end is away. */
static void wait_for_room(struct torc_export *out)
{
	pthread_mutex_lock(&out->lock);
	pthread_cond_signal(&out->wake);
	while (queue_full(out) && !export_load(out->away) && !export_load(out->broken) &&
	       export_now_ns() < export_load(out->wait_until_ns))
		sleep_on(out, &out->room, IDLE_MS);
	pthread_mutex_unlock(&out->lock);
}

int torc_export_write(struct torc_export *out, const struct torc_flow_record *record)
{
	size_t size = record->size < sizeof(*record) ? record->size : sizeof(*record);
	struct torc_flow_record *place = &out->queue[out->head & out->mask];

	export_count(out->made, 1);
	if (queue_full(out) && export_load(out->wait_until_ns))
		wait_for_room(out);
	if (queue_full(out)) {
		export_count(out->refused, 1);
		export_count(out->packets_refused, record->packets[0] + record->packets[1]);
		return -ENOBUFS;
	}
	memset((char *)place + size, 0, sizeof(*place) - size);
	memcpy(place, record, size);
	__atomic_store_n(&out->head, out->head + 1, __ATOMIC_RELEASE);
	if (out->head - __atomic_load_n(&out->tail, __ATOMIC_RELAXED) == (out->mask + 1) / 4) {
		pthread_mutex_lock(&out->lock);
		pthread_cond_signal(&out->wake);
		pthread_mutex_unlock(&out->lock);
	}
	return 0;
}

void torc_export_set_wait(struct torc_export *out, uint64_t wait_ns)
{
	uint64_t now = export_now_ns();
	uint64_t until = wait_ns == 0 ? 0 : wait_ns < UINT64_MAX - now ? now + wait_ns : UINT64_MAX;

	__atomic_store_n(&out->wait_until_ns, until, __ATOMIC_RELAXED);
}

void torc_export_set_ignored(struct torc_export *out, uint64_t packets)
{
	__atomic_store_n(&out->ignored, packets, __ATOMIC_RELAXED);
}

int torc_export_poll(struct torc_export *out, struct torc_error *news)
{
	int found;

	pthread_mutex_lock(&out->lock);
	found = out->has_news;
	if (found && news)
		*news = out->news;
	out->has_news = false;
	pthread_mutex_unlock(&out->lock);
	return found;
}

int torc_export_stats(const struct torc_export *out, struct torc_export_stats *stats)
{
	struct torc_export_stats now = { .size = stats->size };

	if (stats->size < sizeof(now.size))
		return -EINVAL;
	/* settled before made, so that none is settled that was not made */
	now.acknowledged = export_load(out->acknowledged);
	now.failed = export_load(out->failed);
	now.refused = __atomic_load_n(&out->refused, __ATOMIC_ACQUIRE);
	now.made = __atomic_load_n(&out->made, __ATOMIC_ACQUIRE);
	now.in_flight = now.made - now.acknowledged - now.failed - now.refused;
	now.packets_lost = export_load(out->packets_failed) + export_load(out->packets_refused);
	now.bytes = export_load(out->bytes);
	now.messages = export_load(out->messages);
	now.attempts = export_load(out->attempts);
	now.unsure = export_load(out->unsure);
	now.away = export_load(out->away);
	now.broken = export_load(out->broken);
	now.balanced = now.made >= now.acknowledged + now.failed + now.refused &&
		       now.acknowledged + now.failed <= export_load(out->taken);
	memcpy(stats, &now, now.size < sizeof(now) ? now.size : sizeof(now));
	return 0;
}

void torc_export_close(struct torc_export *out, uint64_t wait_ns, struct torc_export_stats *stats)
{
	if (!out)
		return;
	pthread_mutex_lock(&out->lock);
	out->ending = true;
	out->deadline_ns = export_now_ns() + wait_ns;
	pthread_cond_signal(&out->wake);
	pthread_mutex_unlock(&out->lock);
	pthread_join(out->thread, NULL);
	out->ops->close(out);
	if (stats)
		torc_export_stats(out, stats);
	release(out);
}
