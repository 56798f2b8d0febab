/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * export.h - how an output is made: one struct export_ops, entered in the table of export.c
 *
 * The life of an output: open() in the thread that opens it, before capture starts. Then the thread
 * of the output calls, one at a time, write() with each record in order, idle() at least each 50 ms,
 * and when it is to end finish() until that returns false or the time is over; then close(), in the
 * thread that closes the output.
 *
 * Nothing may wait for longer than EXPORT_WAIT_MS, so that the end comes in time. write() that cannot
 * take a record now returns -EAGAIN and is called again with the same one; the queue behind it fills,
 * and torc_export_write() refuses.
 *
 * Each record that write() took is settled once: export_acknowledge() or export_fail(), from the
 * thread of the output, during any of these calls. What is not settled when close() was called is in
 * flight for ever and told as such.
 */
#ifndef TORC_EXPORT_INSIDE_H
#define TORC_EXPORT_INSIDE_H

#include <net/if.h>
#include <pthread.h>

#include <torc/export.h>

enum { EXPORT_WAIT_MS = 100 };

struct export_ops {
	const char *scheme; /* "json": what the target begins with, before a colon */
	size_t state_size;  /* of out->state, zeroed */
	/* target: what stands behind the colon */
	int (*open)(struct torc_export *out, const char *target, struct torc_error *error);
	int (*write)(struct torc_export *out, const struct torc_flow_record *record);
	void (*idle)(struct torc_export *out);
	/* Sends what is kept; true while there is more to send or to hear of. NULL: as idle, once. */
	bool (*finish)(struct torc_export *out);
	void (*close)(struct torc_export *out);
};

struct torc_export {
	const struct export_ops *ops;
	void *state;
	struct torc_export_options options; /* defaults filled in */
	char *target; /* as it was given, for sentences */

	/* The queue: the writer moves head, the thread moves tail; both only grow. */
	struct torc_flow_record *queue;
	uint32_t mask;
	uint64_t head;
	uint64_t wait_until_ns; /* set by any thread */
	uint64_t tail __attribute__((aligned(64)));

	pthread_t thread;
	pthread_mutex_t lock;   /* of what follows, and of sleeping */
	pthread_cond_t wake;    /* the thread: much waits, or the end came */
	pthread_cond_t room;    /* the writer */
	struct torc_error news;
	bool has_news;
	bool ending;
	uint64_t deadline_ns; /* of the end */

	/* counters: one writer each, read by any thread */
	uint64_t made, refused;
	uint64_t taken, acknowledged, failed; /* taken: by write() */
	uint64_t unsure; /* of failed */
	uint64_t packets_refused, packets_failed;
	uint64_t bytes, messages, attempts;
	uint64_t ignored;
	bool away, broken;

	/* the thread's: see export_interface() */
	int32_t ifindex;
	char interface[IF_NAMESIZE];
};

#define export_load(counter) __atomic_load_n(&(counter), __ATOMIC_RELAXED)
#define export_count(counter, by)                                                                  \
	__atomic_store_n(&(counter), (counter) + (by), __ATOMIC_RELAXED) /* one writer */

uint64_t export_now_ns(void); /* CLOCK_MONOTONIC */

static inline void export_acknowledge(struct torc_export *out, uint64_t records)
{
	export_count(out->acknowledged, records);
}

/* packets: those that the records are of */
static inline void export_fail(struct torc_export *out, uint64_t records, uint64_t packets)
{
	export_count(out->failed, records);
	export_count(out->packets_failed, packets);
}

/* Keeps a sentence for torc_export_poll(); a later one takes its place. */
void export_say(struct torc_export *out, int code, const char *format, ...) TORC_PRINTF(3, 4);
/* The other end is away or back. */
void export_set_away(struct torc_export *out, bool away);
/* Nothing can be written any more; said once. */
void export_break(struct torc_export *out, int code, const char *format, ...) TORC_PRINTF(3, 4);

/* The value of "key=value" among the settings; NULL when it is not there. */
const char *export_setting(const struct torc_export *out, const char *key);

/* The name of an interface, when ifindex is of this machine; NULL when it has none. */
const char *export_interface(struct torc_export *out, int32_t ifindex);

extern const struct export_ops export_text, export_json, export_ipfix, export_netflow9, export_kafka;

#endif
