/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * kafka.c - libtorc-kafka.so: a producer of librdkafka, behind src/export/plugin.h
 *
 * Idempotent: the brokers know the sequence of each partition, so that what is sent again after a lost
 * answer is there once and in order, for as long as this producer lives. Keys go to partitions by
 * murmur2, as with Java's producer, so that consumers in any language can work out where a key is.
 */
#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "export/plugin.h"

enum { CLOSE_MS = 1000, PURGE_MS = 1000, PARTLY_AGAIN_MS = 60000 };

struct producer {
	rd_kafka_conf_t *conf; /* for each that is made */
	char *topic_name;
	rd_kafka_t *kafka;
	rd_kafka_topic_t *topic;
	struct kafka_events events;
	char *sensor;
	enum kafka_state state;
	uint64_t partly_ms; /* when it was said last that a broker is away */
	char why[256];      /* what was wrong with a broker last */
};

/* What holds unless --kafka-option says otherwise; docs/flows.md has the same list. */
static const char *const defaults[] = {
	"enable.idempotence=true", /* acks=all, at most 5 requests on their way, order kept */
	"partitioner=murmur2_random",
	"compression.type=lz4",
	"linger.ms=10",
	"queue.buffering.max.kbytes=65536", /* the bound: keys and values that wait */
	"queue.buffering.max.messages=200000",
	"message.timeout.ms=300000",
	"reconnect.backoff.max.ms=10000",
	NULL
};

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- events: within rd_kafka_poll() and rd_kafka_flush() ---- */

static void become(struct producer *producer, enum kafka_state state, const char *why)
{
	if (producer->state == KAFKA_BROKEN)
		return;
	if (state == KAFKA_PARTLY) {
		/* while others answer: said once, and again when it lasts or comes back */
		if (producer->state != KAFKA_REACHED ||
		    (producer->partly_ms && now_ms() - producer->partly_ms < PARTLY_AGAIN_MS))
			return;
		producer->partly_ms = now_ms();
	} else if (state == producer->state) {
		return;
	} else {
		producer->state = state;
	}
	producer->events.state(producer->events.object, state, why);
}

static void on_delivery(rd_kafka_t *kafka, const rd_kafka_message_t *message, void *object)
{
	struct producer *producer = object;
	enum kafka_fate fate = KAFKA_ACKNOWLEDGED;

	(void)kafka;
	if (!message->err)
		become(producer, KAFKA_REACHED, "");
	else if (rd_kafka_message_status(message) == RD_KAFKA_MSG_STATUS_NOT_PERSISTED)
		fate = KAFKA_FAILED;
	else
		fate = KAFKA_UNSURE;
	producer->events.settled(producer->events.object, fate, (uintptr_t)message->_private);
}

static void on_error(rd_kafka_t *kafka, int code, const char *reason, void *object)
{
	struct producer *producer = object;
	char fatal[512];

	switch (code) {
	case RD_KAFKA_RESP_ERR__FATAL:
		rd_kafka_fatal_error(kafka, fatal, sizeof(fatal));
		become(producer, KAFKA_BROKEN, fatal);
		break;
	case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN: /* which says no more than that */
		become(producer, KAFKA_AWAY, producer->why[0] ? producer->why : reason);
		break;
	case RD_KAFKA_RESP_ERR__AUTHENTICATION:
		become(producer, KAFKA_AWAY, reason);
		break;
	case RD_KAFKA_RESP_ERR__TRANSPORT:
	case RD_KAFKA_RESP_ERR__RESOLVE:
	case RD_KAFKA_RESP_ERR__SSL:
		producer->events.attempt(producer->events.object);
		snprintf(producer->why, sizeof(producer->why), "%s", reason);
		become(producer, KAFKA_PARTLY, reason);
		break;
	default:
		break;
	}
}

/* librdkafka writes its log to standard error, which is not ours: on_error() has what matters. */
static void on_log(const rd_kafka_t *kafka, int level, const char *facility, const char *text)
{
	(void)kafka;
	(void)level;
	(void)facility;
	(void)text;
}

/* ---- open ---- */

static int refuse(char *sentence, size_t size, const char *setting)
{
	snprintf(sentence, size, "%.*s is not yours to set: the account of records rests on it",
		 (int)strcspn(setting, "="), setting);
	return -EINVAL;
}

static int set(rd_kafka_conf_t *conf, const char *setting, char *sentence, size_t size)
{
	const char *equals = strchr(setting, '=');
	char key[128], why[512];

	if (!equals || equals == setting || (size_t)(equals - setting) >= sizeof(key)) {
		snprintf(sentence, size, "\"%s\" is no option: write KEY=VALUE", setting);
		return -EINVAL;
	}
	snprintf(key, sizeof(key), "%.*s", (int)(equals - setting), setting);
	if (rd_kafka_conf_set(conf, key, equals + 1, why, sizeof(why)) == RD_KAFKA_CONF_OK)
		return 0;
	snprintf(sentence, size, "option %s: %s", setting, why);
	return -EINVAL;
}

static int configure(rd_kafka_conf_t *conf, const struct kafka_target *target, char *sentence,
		     size_t size)
{
	static const char *const ours[] = { "bootstrap.servers=", "metadata.broker.list=",
					    "delivery.report.only.error=", "acks=0",
					    "request.required.acks=0" };
	int code = 0;

	for (const char *const *setting = defaults; *setting && code == 0; setting++)
		code = set(conf, *setting, sentence, size);
	for (const char *const *setting = target->settings; setting && *setting && code == 0;
	     setting++) {
		for (size_t n = 0; n < sizeof(ours) / sizeof(*ours); n++)
			if (strncmp(*setting, ours[n], strlen(ours[n])) == 0)
				return refuse(sentence, size, *setting);
		code = set(conf, *setting, sentence, size);
	}
	if (code == 0 && rd_kafka_conf_set(conf, "bootstrap.servers", target->brokers, sentence,
					   size) != RD_KAFKA_CONF_OK)
		code = -EINVAL;
	return code;
}

/*
 * Whether the topic is there, or the brokers make it now. Those that do not answer in time may come
 * later; the first message that has a topic's fate will tell then.
 */
static int check_topic(struct producer *producer, int wait_ms, char *sentence, size_t size)
{
	const char *name = rd_kafka_topic_name(producer->topic);
	uint64_t until = now_ms() + (uint64_t)wait_ms;
	rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR_NO_ERROR;

	for (uint64_t now = now_ms(); now < until; now = now_ms()) {
		const struct rd_kafka_metadata *metadata;

		if (rd_kafka_metadata(producer->kafka, 0, producer->topic, &metadata,
				      (int)(until - now)) != RD_KAFKA_RESP_ERR_NO_ERROR)
			return 0;
		code = metadata->topic_cnt > 0 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR_NO_ERROR;
		rd_kafka_metadata_destroy(metadata);
		if (code != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
			break;
		nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
	}
	if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE)
		return 0;
	snprintf(sentence, size, "topic %s: %s: make it, or give another", name,
		 rd_kafka_err2str(code));
	return code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ? -ENOENT : -EACCES;
}

static int start(struct producer *producer, char *sentence, size_t size)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_dup(producer->conf);

	producer->kafka = rd_kafka_new(RD_KAFKA_PRODUCER, conf, sentence, size);
	if (!producer->kafka) {
		rd_kafka_conf_destroy(conf);
		return -EINVAL;
	}
	producer->topic = rd_kafka_topic_new(producer->kafka, producer->topic_name, NULL);
	if (producer->topic)
		return 0;
	snprintf(sentence, size, "topic %s: %s", producer->topic_name,
		 rd_kafka_err2str(rd_kafka_last_error()));
	return -EINVAL;
}

static void plugin_close(void *object);

static int plugin_open(void **result, const struct kafka_target *target,
		       const struct kafka_events *events, char *sentence, size_t size)
{
	struct producer *producer = calloc(1, sizeof(*producer));
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	int code = producer && conf ? configure(conf, target, sentence, size) : -ENOMEM;

	if (code < 0) {
		if (conf)
			rd_kafka_conf_destroy(conf);
		free(producer);
		return code;
	}
	producer->conf = conf;
	producer->events = *events;
	producer->sensor = strdup(target->sensor);
	producer->topic_name = strdup(target->topic);
	rd_kafka_conf_set_opaque(conf, producer);
	rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
	rd_kafka_conf_set_error_cb(conf, on_error);
	rd_kafka_conf_set_log_cb(conf, on_log);
	code = producer->sensor && producer->topic_name ? start(producer, sentence, size) : -ENOMEM;
	if (code == 0)
		code = check_topic(producer, target->check_ms, sentence, size);
	if (code < 0)
		plugin_close(producer);
	else
		*result = producer;
	return code;
}

/* ---- at work ---- */

static int plugin_produce(void *object, const char *key, const char *value, size_t length,
			  uint64_t packets)
{
	struct producer *producer = object;
	rd_kafka_resp_err_t code;

	if (packets > UINTPTR_MAX)
		packets = UINTPTR_MAX;
	code = rd_kafka_producev(producer->kafka, RD_KAFKA_V_RKT(producer->topic),
				 RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
				 RD_KAFKA_V_KEY(key, strlen(key)),
				 RD_KAFKA_V_VALUE((void *)(uintptr_t)value, length),
				 RD_KAFKA_V_HEADER("sensor", producer->sensor, -1),
				 RD_KAFKA_V_OPAQUE((void *)(uintptr_t)packets), RD_KAFKA_V_END);
	switch (code) {
	case RD_KAFKA_RESP_ERR_NO_ERROR:
		return 0;
	case RD_KAFKA_RESP_ERR__QUEUE_FULL:
		return -EAGAIN;
	case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
		return -EMSGSIZE;
	case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
		become(producer, KAFKA_AWAY, "the topic is not there");
		return -ENOENT;
	default:
		return -EIO;
	}
}

static void plugin_poll(void *object)
{
	struct producer *producer = object;

	rd_kafka_poll(producer->kafka, 0);
}

static bool plugin_flush(void *object, int wait_ms)
{
	struct producer *producer = object;

	return rd_kafka_flush(producer->kafka, wait_ms) != RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* ---- close ---- */

static void *destroy(void *kafka)
{
	rd_kafka_destroy(kafka);
	return NULL;
}

/* rd_kafka_destroy() waits for its threads, one of which may be waiting for a name server. */
static void stop(struct producer *producer)
{
	struct timespec until;
	pthread_t thread;

	if (producer->topic)
		rd_kafka_topic_destroy(producer->topic);
	producer->topic = NULL;
	if (!producer->kafka)
		return;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += CLOSE_MS / 1000;
	if (pthread_create(&thread, NULL, destroy, producer->kafka) == 0 &&
	    pthread_timedjoin_np(thread, NULL, &until) != 0)
		pthread_detach(thread); /* it polls no more, so there are no events */
	producer->kafka = NULL;
}

static int plugin_renew(void *object, char *sentence, size_t size)
{
	struct producer *producer = object;

	rd_kafka_purge(producer->kafka, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
	rd_kafka_flush(producer->kafka, PURGE_MS); /* the reports of what was purged */
	stop(producer);
	producer->state = KAFKA_AWAY; /* until the first report */
	return start(producer, sentence, size);
}

static void plugin_close(void *object)
{
	struct producer *producer = object;

	/* what is left was counted as such by the caller: no reports */
	if (producer->kafka)
		rd_kafka_purge(producer->kafka, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
						RD_KAFKA_PURGE_F_NON_BLOCKING);
	stop(producer);
	rd_kafka_conf_destroy(producer->conf);
	free(producer->topic_name);
	free(producer->sensor);
	free(producer);
}

extern const struct kafka_plugin torc_kafka_plugin;

__attribute__((visibility("default"))) const struct kafka_plugin torc_kafka_plugin = {
	.version = KAFKA_PLUGIN_VERSION,
	.open = plugin_open,
	.produce = plugin_produce,
	.poll = plugin_poll,
	.flush = plugin_flush,
	.renew = plugin_renew,
	.close = plugin_close,
};
