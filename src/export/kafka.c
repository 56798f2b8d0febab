/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * kafka.c - records to a topic of Kafka, through libtorc-kafka.so (plugin/kafka.c)
 *
 * The key of each message is the Community ID: both directions of a flow, whatever sensor saw them,
 * are in one partition. The value is the JSON object of torc_flow_record_json(). A record is settled
 * by its delivery report.
 */
#include "export/export.h"

#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "export/plugin.h"
#include "util/error.h"

#ifndef TORC_PLUGIN_DIR
#define TORC_PLUGIN_DIR "/usr/local/lib/torc"
#endif

#define PAUSE_FIRST_NS 1000000000ull
#define PAUSE_LAST_NS  30000000000ull

enum { VALUE_MAX = 2048, TOPIC_MAX = 249, CHECK_MS = 2000, POLL_EACH = 64, FLUSH_MS = 50 };

struct kafka {
	const struct kafka_plugin *plugin;
	void *producer;
	unsigned int since_poll;
	uint64_t renew_ns; /* when a new producer is made; 0: this one is good */
	uint64_t pause_ns; /* before the next */
};

/* ---- the part that is loaded ---- */

/* The folder of this library or, where it is part of a program, of the program. */
static bool own_folder(char *path, size_t size)
{
	Dl_info here;
	char *slash;

	if (!dladdr((const void *)&export_kafka, &here) || !here.dli_fname)
		return false;
	if (strstr(here.dli_fname, ".so") && strchr(here.dli_fname, '/')) {
		snprintf(path, size, "%s", here.dli_fname);
	} else {
		ssize_t length = readlink("/proc/self/exe", path, size - 1);

		if (length < 0)
			return false;
		path[length] = '\0';
	}
	slash = strrchr(path, '/');
	if (slash)
		*slash = '\0';
	return slash != NULL;
}

static void *try_load(const char *folder, const char *below, char *path, size_t size)
{
	snprintf(path, size, "%s%s/" KAFKA_PLUGIN_FILE, folder, below);
	return access(path, R_OK) == 0 ? dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) : NULL;
}

/*
 * Where make install puts it, where the build leaves it, or where TORC_PLUGIN_DIR says. A program that
 * has more rights than its caller believes neither the environment nor its own place.
 */
static void *load(char *path, size_t size)
{
	static const char *const below[] = { "", "/torc", "/../lib/torc" };
	const char *given = secure_getenv("TORC_PLUGIN_DIR");
	char folder[PATH_MAX];
	void *library;

	if (given && *given)
		return try_load(given, "", path, size);
	library = try_load(TORC_PLUGIN_DIR, "", path, size);
	if (library || getauxval(AT_SECURE) || !own_folder(folder, sizeof(folder)))
		return library;
	for (size_t n = 0; n < sizeof(below) / sizeof(*below) && !library; n++)
		library = try_load(folder, below[n], path, size);
	return library;
}

static int find_plugin(struct torc_export *out, struct torc_error *error)
{
	struct kafka *kafka = out->state;
	char path[PATH_MAX + 64];
	void *library;

	dlerror();
	library = load(path, sizeof(path));
	if (!library) {
		const char *why = dlerror();

		return torc_error_set(error, -ENOENT, "%s: no Kafka here (%s): install the "
				      "package torc-kafka, or librdkafka-dev and build Torc anew", out->target,
				      why ? why : "there is no " KAFKA_PLUGIN_FILE);
	}
	kafka->plugin = dlsym(library, KAFKA_PLUGIN_SYMBOL);
	if (!kafka->plugin || kafka->plugin->version != KAFKA_PLUGIN_VERSION)
		return torc_error_set(error, -EPROTO, "%s is of another version of Torc: install both "
				      "anew", path);
	return 0;
}

/* ---- open ---- */

static bool is_port(const char *text, size_t length)
{
	unsigned long port = 0;

	for (size_t n = 0; n < length; n++) {
		if (!isdigit((unsigned char)text[n]) || port > 65535)
			return false;
		port = port * 10 + (unsigned long)(text[n] - '0');
	}
	return port > 0 && port < 65536;
}

/* HOST, HOST:PORT or [IPV6]:PORT, perhaps behind a protocol as in "SSL://" */
static bool is_broker(const char *text, size_t length)
{
	const char *scheme = memmem(text, length, "://", 3), *end = text + length, *host = text;
	const char *colon;

	if (scheme)
		host = scheme + 3;
	colon = memrchr(host, ':', (size_t)(end - host));
	if (host < end && *host == '[') {
		const char *close = memchr(host, ']', (size_t)(end - host));

		return close && close > host + 1 &&
		       (close + 1 == end || (colon == close + 1 &&
					     is_port(colon + 1, (size_t)(end - colon - 1))));
	}
	if (colon && (!is_port(colon + 1, (size_t)(end - colon - 1)) ||
		      memchr(host, ':', (size_t)(colon - host))))
		return false;
	if ((colon ? colon : end) == host)
		return false;
	for (const char *at = host; at < (colon ? colon : end); at++)
		if (!isalnum((unsigned char)*at) && !strchr("-._", *at))
			return false;
	return true;
}

static bool are_brokers(const char *text)
{
	for (;;) {
		size_t length = strcspn(text, ",");

		if (!is_broker(text, length))
			return false;
		if (!text[length])
			return true;
		text += length + 1;
	}
}

/* Kafka's own rule for the names of topics. */
static bool is_topic(const char *text)
{
	size_t length = strlen(text);

	return length > 0 && length <= TOPIC_MAX && strcmp(text, ".") != 0 &&
	       strcmp(text, "..") != 0 &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
		       length;
}

static void on_settled(void *object, enum kafka_fate fate, uint64_t packets)
{
	struct torc_export *out = object;
	struct kafka *kafka = out->state;

	if (fate == KAFKA_ACKNOWLEDGED) {
		export_acknowledge(out, 1);
		kafka->pause_ns = PAUSE_FIRST_NS;
		return;
	}
	export_fail(out, 1, packets);
	if (fate == KAFKA_UNSURE)
		export_count(out->unsure, 1);
}

static void on_state(void *object, enum kafka_state state, const char *why)
{
	struct torc_export *out = object;
	struct kafka *kafka = out->state;

	export_set_away(out, state == KAFKA_AWAY || state == KAFKA_BROKEN);
	if (state == KAFKA_REACHED)
		export_say(out, 0, "%s is back", out->target);
	else if (state == KAFKA_AWAY)
		export_say(out, -EHOSTUNREACH, "%s cannot be reached (%s): trying again until it can",
			   out->target, why);
	else if (state == KAFKA_PARTLY)
		export_say(out, -EHOSTUNREACH, "%s: a broker is away (%s): trying again, others are "
			   "asked meanwhile", out->target, why);
	else
		export_say(out, -EIO, "%s: the brokers refuse this producer, and another takes its place "
			   "(%s)", out->target, why);
	if (state == KAFKA_BROKEN)
		kafka->renew_ns = export_now_ns() + kafka->pause_ns;
}

static void on_attempt(void *object)
{
	struct torc_export *out = object;

	export_count(out->attempts, 1);
}

static int open_producer(struct torc_export *out, char *brokers, const char *topic,
			 struct torc_error *error)
{
	struct kafka *kafka = out->state;
	struct kafka_events events = { out, on_settled, on_state, on_attempt };
	char host[HOST_NAME_MAX + 1] = "", sensor[sizeof(host) + 16], sentence[400] = "";
	struct kafka_target target = { brokers, topic, sensor, out->options.settings, CHECK_MS };
	int code;

	gethostname(host, sizeof(host) - 1);
	snprintf(sensor, sizeof(sensor), "%s/%u", host, out->options.domain);
	kafka->pause_ns = PAUSE_FIRST_NS;
	export_count(out->attempts, 1);
	code = kafka->plugin->open(&kafka->producer, &target, &events, sentence, sizeof(sentence));
	return code < 0 ? torc_error_set(error, code, "%s: %s", out->target, sentence) : 0;
}

static int kafka_open(struct torc_export *out, const char *target, struct torc_error *error)
{
	char *brokers = strdup(target), *slash;
	int code;

	if (!brokers)
		return torc_error_set(error, -ENOMEM, "%s: out of memory", out->target);
	slash = strrchr(brokers, '/');
	if (slash)
		*slash = '\0';
	if (!slash || !are_brokers(brokers))
		code = torc_error_set(error, -EINVAL, "%s: write HOST:PORT/TOPIC, or more brokers as "
				      "HOST:PORT,HOST:PORT/TOPIC", out->target);
	else if (!is_topic(slash + 1))
		code = torc_error_set(error, -EINVAL, "%s: \"%s\" is no topic: 1 to 249 letters, "
				      "digits, dots, dashes, underscores", out->target, slash + 1);
	else
		code = find_plugin(out, error);
	if (code == 0)
		code = open_producer(out, brokers, slash + 1, error);
	free(brokers);
	return code;
}

/* ---- at work ---- */

/* Whether there is a producer that works; a new one is made when its time has come. */
static bool is_good(struct torc_export *out)
{
	struct kafka *kafka = out->state;
	char sentence[400] = "";

	if (out->broken)
		return false;
	if (!kafka->renew_ns)
		return true;
	if (export_now_ns() < kafka->renew_ns)
		return false;
	kafka->renew_ns = 0;
	kafka->pause_ns *= 2;
	if (kafka->pause_ns > PAUSE_LAST_NS)
		kafka->pause_ns = PAUSE_LAST_NS;
	export_count(out->attempts, 1);
	if (kafka->plugin->renew(kafka->producer, sentence, sizeof(sentence)) == 0)
		return true;
	export_break(out, -EIO, "%s: %s", out->target, sentence);
	return false;
}

static int kafka_write(struct torc_export *out, const struct torc_flow_record *record)
{
	struct kafka *kafka = out->state;
	char value[VALUE_MAX], key[TORC_COMMUNITY_ID_SIZE];
	int length, code;

	if (!is_good(out))
		return -EAGAIN;
	length = torc_flow_record_json(record, export_interface(out, record->ifindex),
				       out->options.community_id_seed, value, sizeof(value));
	if (length <= 0 || (size_t)length >= sizeof(value))
		return -EMSGSIZE;
	torc_flow_record_community_id(record, out->options.community_id_seed, key);
	code = kafka->plugin->produce(kafka->producer, key, value, (size_t)length,
				      record->packets[0] + record->packets[1]);
	if (code == -EAGAIN || ++kafka->since_poll >= POLL_EACH) {
		kafka->plugin->poll(kafka->producer);
		kafka->since_poll = 0;
	}
	if (code == 0)
		export_count(out->bytes, (uint64_t)length);
	return code;
}

static void kafka_idle(struct torc_export *out)
{
	struct kafka *kafka = out->state;

	if (is_good(out) || !out->broken)
		kafka->plugin->poll(kafka->producer);
}

static bool kafka_finish(struct torc_export *out)
{
	struct kafka *kafka = out->state;

	if (!is_good(out) && out->broken)
		return false;
	return kafka->plugin->flush(kafka->producer, FLUSH_MS);
}

static void kafka_close(struct torc_export *out)
{
	struct kafka *kafka = out->state;

	kafka->plugin->close(kafka->producer);
}

const struct export_ops export_kafka = {
	.scheme = "kafka",
	.state_size = sizeof(struct kafka),
	.open = kafka_open,
	.write = kafka_write,
	.idle = kafka_idle,
	.finish = kafka_finish,
	.close = kafka_close,
};
