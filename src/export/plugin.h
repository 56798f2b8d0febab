/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * plugin.h - what libtorc and libtorc-kafka.so say to each other
 *
 * The part is a shared object of its own, so that only who asks for Kafka needs librdkafka. It uses
 * nothing of libtorc but these functions, and libtorc finds it by its one symbol, kafka_plugin.
 *
 * One thread at a time calls the functions of a producer; the events come from within poll(),
 * produce() and flush(), in that thread. Of each message that produce() took, settled() is called
 * once, unless close() came before.
 */
#ifndef TORC_EXPORT_PLUGIN_H
#define TORC_EXPORT_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KAFKA_PLUGIN_VERSION 2u
#define KAFKA_PLUGIN_FILE    "libtorc-kafka.so"
#define KAFKA_PLUGIN_SYMBOL  "torc_kafka_plugin"

enum kafka_fate {
	KAFKA_ACKNOWLEDGED, /* by all replicas in sync */
	KAFKA_FAILED,       /* never reached a broker */
	KAFKA_UNSURE        /* failed, and may be there all the same */
};

enum kafka_state {
	KAFKA_REACHED, /* the brokers answer again */
	KAFKA_PARTLY,  /* one of them is away */
	KAFKA_AWAY,    /* all are away, or refuse us */
	KAFKA_BROKEN   /* the producer is of no more use until renew() */
};

struct kafka_events {
	void *object;
	void (*settled)(void *object, enum kafka_fate fate, uint64_t packets);
	void (*state)(void *object, enum kafka_state state, const char *why);
	void (*attempt)(void *object); /* to reach a broker failed, and is made again */
};

struct kafka_target {
	const char *brokers;         /* HOST:PORT,... */
	const char *topic;
	const char *sensor;          /* header of each message */
	const char *const *settings; /* librdkafka's "key=value", ends with NULL; or NULL */
	int check_ms;                /* ask for the topic for so long at most */
};

struct kafka_plugin {
	uint32_t version; /* KAFKA_PLUGIN_VERSION */
	/* 0, or a negative errno with a sentence. Brokers that do not answer are no error. */
	int (*open)(void **producer, const struct kafka_target *target,
		    const struct kafka_events *events, char *sentence, size_t size);
	/* 0; -EAGAIN: its queue is full; another: this message cannot be sent. Never waits. */
	int (*produce)(void *producer, const char *key, const char *value, size_t length,
		       uint64_t packets);
	void (*poll)(void *producer);
	/* Sends without lingering, for wait_ms; true while messages are left. */
	bool (*flush)(void *producer, int wait_ms);
	/*
	 * A new producer in its place; what the old one had not settled has failed. 0, or a negative
	 * errno with a sentence. Takes some seconds at most.
	 */
	int (*renew)(void *producer, char *sentence, size_t size);
	void (*close)(void *producer); /* takes a second at most, whatever the network does */
};

#endif
