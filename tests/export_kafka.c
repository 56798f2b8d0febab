/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Kafka: what is acknowledged is there, once, in order, a flow in one partition; brokers go and come
 * back; nothing waits for them. The brokers are the mock cluster in librdkafka.
 */
#include <errno.h>
#include <sys/wait.h>
#include <time.h>

#include <torc/export.h>

#include "test.h"

#if !__has_include(<librdkafka/rdkafka_mock.h>)
int main(void)
{
	skip_all("librdkafka-dev is not installed");
}
#else
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#define SECOND 1000000000ull

/* The mock keeps 5 MiB a partition and throws away what is older: tests stay below. */
enum { BROKERS = 3, PARTITIONS = 4, KEYS_MAX = 4096, PRODUCE = 0 };

static rd_kafka_t *host;
static rd_kafka_mock_cluster_t *cluster;
static char topic[32];

static void quiet(const rd_kafka_t *kafka, int level, const char *facility, const char *text)
{
	(void)kafka;
	(void)level;
	(void)facility;
	(void)text;
}

static rd_kafka_t *client(rd_kafka_type_t type, const char *const *settings)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_t *kafka;
	char why[256];

	rd_kafka_conf_set_log_cb(conf, quiet);
	for (; *settings; settings += 2)
		if (rd_kafka_conf_set(conf, settings[0], settings[1], why, sizeof(why)) !=
		    RD_KAFKA_CONF_OK)
			exit(1);
	kafka = rd_kafka_new(type, conf, why, sizeof(why));
	if (!kafka) {
		printf("# %s\n", why);
		exit(1);
	}
	return kafka;
}

static void start_brokers(void)
{
	static const char *const settings[] = { "client.id", "mock", NULL };

	host = client(RD_KAFKA_PRODUCER, settings);
	cluster = rd_kafka_mock_cluster_new(host, BROKERS);
	if (!cluster)
		skip_all("this librdkafka has no mock cluster");
}

/* Each test has a topic of its own. */
static void new_topic(void)
{
	static int number;

	snprintf(topic, sizeof(topic), "flows.%d", ++number);
	rd_kafka_mock_topic_create(cluster, topic, PARTITIONS, BROKERS);
}

static void brokers_down(bool down)
{
	for (int id = 1; id <= BROKERS; id++) {
		if (down)
			rd_kafka_mock_broker_set_down(cluster, id);
		else
			rd_kafka_mock_broker_set_up(cluster, id);
	}
}

/* The nth record of a flow; the sensors that see it call either end the first. */
static struct torc_flow_record made(unsigned int flow, unsigned int nth)
{
	unsigned int way = nth % 2;
	struct torc_flow_record record = {
		.size = sizeof(record), .first_ns = SECOND * (nth + 1), .last_ns = SECOND * (nth + 2),
		.packets = { 3, 2 }, .bytes = { 300, 200 }, .version = 4, .protocol = 17,
		.part = nth, .reason = TORC_FLOW_IDLE,
	};

	memcpy(record.address[way], "\x0a\0\0", 3);
	record.address[way][3] = (uint8_t)(flow >> 8);
	record.port[way] = (uint16_t)(1024 + flow);
	memcpy(record.address[1 - way], "\x0a\1\0\1", 4);
	record.port[1 - way] = 53;
	return record;
}

static void write_flows(struct torc_export *out, unsigned int first, unsigned int flows,
			unsigned int each)
{
	for (unsigned int nth = 0; nth < each; nth++) {
		for (unsigned int flow = first; flow < first + flows; flow++) {
			struct torc_flow_record record = made(flow, nth);

			torc_export_write(out, &record);
		}
	}
}

static void write_some(struct torc_export *out, unsigned int flows, unsigned int each)
{
	write_flows(out, 0, flows, each);
}

static int open_with(struct torc_export **out, const char *where, const char *const *settings,
		     uint32_t queue, struct torc_error *error)
{
	struct torc_export_options options = { .size = sizeof(options), .queue_records = queue,
					       .settings = settings, .domain = 7 };
	char target[512];

	if (where)
		snprintf(target, sizeof(target), "kafka:%s", where);
	else
		snprintf(target, sizeof(target), "kafka:%s/%s",
			 rd_kafka_mock_cluster_bootstraps(cluster), topic);
	*error = (struct torc_error){ 0 };
	return torc_export_open(out, target, &options, error);
}

static struct torc_export *opened(const char *const *settings, uint32_t queue)
{
	struct torc_export *out;
	struct torc_error error;

	if (!ok(open_with(&out, NULL, settings, queue, &error) == 0, "opens %s", error.text))
		exit(1);
	return out;
}

static struct torc_export_stats stats_of(const struct torc_export *out)
{
	struct torc_export_stats stats = { .size = sizeof(stats) };

	torc_export_stats(out, &stats);
	return stats;
}

static struct torc_export_stats finish(struct torc_export *out, uint64_t wait_ns)
{
	struct torc_export_stats stats = { .size = sizeof(stats) };

	torc_export_close(out, wait_ns, &stats);
	ok(stats.balanced && stats.made == stats.acknowledged + stats.failed + stats.refused +
						   stats.in_flight, "the account balances");
	return stats;
}

static bool wait_for_news(struct torc_export *out, const char *word)
{
	struct torc_error news;

	for (int n = 0; n < 6000; n++) {
		if (torc_export_poll(out, &news) > 0) {
			note("%s", news.text);
			if (strstr(news.text, word))
				return true;
		}
		usleep(10000);
	}
	return false;
}

/* ---- the other end ---- */

/* murmur2 as Java's clients compute it, and the partition they choose by it. */
static int partition_of(const char *key, size_t length)
{
	const uint8_t *bytes = (const uint8_t *)key;
	uint32_t hash = 0x9747b28cu ^ (uint32_t)length;
	size_t left = length;

	for (; left >= 4; left -= 4, bytes += 4) {
		uint32_t word = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 |
				(uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;

		word *= 0x5bd1e995u;
		word ^= word >> 24;
		hash = hash * 0x5bd1e995u ^ word * 0x5bd1e995u;
	}
	if (left > 0) {
		for (size_t n = 0; n < left; n++)
			hash ^= (uint32_t)bytes[n] << (8 * n);
		hash *= 0x5bd1e995u;
	}
	hash = (hash ^ hash >> 13) * 0x5bd1e995u;
	hash ^= hash >> 15;
	return (int)((hash & 0x7fffffff) % PARTITIONS);
}

struct seen {
	unsigned int messages, keys, split, disorder, wrong_partition, wrong_key, no_sensor;
	struct {
		char key[TORC_COMMUNITY_ID_SIZE];
		int partition;
		unsigned long long first_ns;
	} of[KEYS_MAX];
};

static void take(struct seen *seen, const rd_kafka_message_t *message)
{
	const char *time = memmem(message->payload, message->len, "\"first_ns\":", 11);
	unsigned long long first_ns = time ? strtoull(time + 11, NULL, 10) : 0;
	rd_kafka_headers_t *headers;
	const void *sensor;
	size_t length;
	unsigned int n;

	seen->messages++;
	for (n = 0; n < seen->keys; n++)
		if (strlen(seen->of[n].key) == message->key_len &&
		    memcmp(seen->of[n].key, message->key, message->key_len) == 0)
			break;
	if (n == KEYS_MAX || message->key_len >= TORC_COMMUNITY_ID_SIZE)
		return;
	if (n == seen->keys) {
		memcpy(seen->of[seen->keys].key, message->key, message->key_len);
		seen->of[seen->keys++].partition = message->partition;
	}
	seen->split += seen->of[n].partition != message->partition;
	seen->disorder += first_ns <= seen->of[n].first_ns; /* twice the same, too */
	seen->of[n].first_ns = first_ns;
	seen->wrong_partition += partition_of(message->key, message->key_len) != message->partition;
	seen->wrong_key += !memmem(message->payload, message->len, seen->of[n].key,
				   message->key_len);
	seen->no_sensor += rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR ||
			   rd_kafka_header_get_last(headers, "sensor", &sensor, &length) !=
				   RD_KAFKA_RESP_ERR_NO_ERROR ||
			   length < 2 || memcmp((const char *)sensor + length - 2, "/7", 2) != 0;
}

/* All that is in the topic. */
static struct seen *consume(void)
{
	static struct seen seen;
	const char *const settings[] = {
		"bootstrap.servers", rd_kafka_mock_cluster_bootstraps(cluster), "group.id", "test",
		"auto.offset.reset", "earliest", "enable.partition.eof", "true", NULL
	};
	rd_kafka_t *kafka = client(RD_KAFKA_CONSUMER, settings);
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(PARTITIONS);
	unsigned int ends = 0;

	memset(&seen, 0, sizeof(seen));
	for (int n = 0; n < PARTITIONS; n++)
		rd_kafka_topic_partition_list_add(list, topic, n)->offset = RD_KAFKA_OFFSET_BEGINNING;
	rd_kafka_assign(kafka, list);
	for (int idle = 0; ends < PARTITIONS && idle < 60; ) {
		rd_kafka_message_t *message = rd_kafka_consumer_poll(kafka, 1000);

		idle += !message;
		if (message && message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
			ends++;
		else if (message && !message->err)
			take(&seen, message);
		if (message)
			rd_kafka_message_destroy(message);
	}
	rd_kafka_topic_partition_list_destroy(list);
	rd_kafka_destroy(kafka);
	return &seen;
}

static void check_seen(const struct torc_export_stats *stats)
{
	struct seen *seen = consume();

	is(seen->messages, stats->acknowledged, "what is acknowledged is there");
	is(seen->split, 0, "a key is in one partition");
	is(seen->disorder, 0, "its records are there once and in order");
	is(seen->wrong_key, 0, "the key is the Community ID");
	is(seen->wrong_partition, 0, "the partition is the one Java's clients choose");
	is(seen->no_sensor, 0, "and says which sensor");
}

/* ---- tests ---- */

static void test_delivered(void)
{
	struct torc_export_stats stats;
	struct torc_export *out;

	new_topic();
	out = opened(NULL, 0);
	write_some(out, 1000, 6);
	stats = finish(out, 60 * SECOND);
	is(stats.made, 6000, "made");
	is(stats.acknowledged, 6000, "acknowledged");
	check_seen(&stats);
	is(consume()->keys, 1000, "both directions of a flow have one key");
}

static void test_errors(void)
{
	struct torc_export_stats stats;
	struct torc_export *out;

	new_topic();
	out = opened(NULL, 0);
	rd_kafka_mock_push_request_errors(cluster, PRODUCE, 5,
					  RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
					  RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
					  RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
					  RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
					  RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT);
	write_some(out, 500, 2);
	stats = finish(out, 60 * SECOND);
	is(stats.acknowledged, 1000, "errors that pass are tried again");
	check_seen(&stats);
}

static void test_one_away(void)
{
	struct torc_export_stats stats;
	struct torc_export *out;

	new_topic();
	rd_kafka_mock_partition_set_leader(cluster, topic, 0, 1); /* else they are random */
	out = opened(NULL, 0);
	write_some(out, 500, 2);
	rd_kafka_mock_broker_set_down(cluster, 1);
	write_flows(out, 1000, 100, 2); /* some are for its partitions: it is looked for */
	ok(wait_for_news(out, "a broker is away"), "that one broker of three is away is said");
	ok(!stats_of(out).away, "the others are there");
	rd_kafka_mock_broker_set_up(cluster, 1);
	stats = finish(out, 60 * SECOND);
	is(stats.acknowledged, 1200, "nothing is lost");
	check_seen(&stats);
}

static void test_all_away(void)
{
	static const char *const settings[] = { "queue.buffering.max.messages=300",
						"reconnect.backoff.max.ms=200", NULL };
	struct torc_export_stats stats;
	struct torc_export *out;
	struct torc_error news;

	new_topic();
	out = opened(settings, 128);
	write_flows(out, 2000, 20, 2);
	brokers_down(true);
	ok(wait_for_news(out, "cannot be reached"), "that all brokers are away is said");
	ok(stats_of(out).away, "and shown");
	torc_export_set_wait(out, UINT64_MAX); /* which is not for brokers that are away */
	write_some(out, 1000, 5);
	stats = stats_of(out);
	is(stats.made, 5040, "nobody waits for them");
	ok(stats.refused >= 5000 - 300 - 128, "what there is no room for is refused");
	is(stats.packets_lost, 5 * stats.refused, "with its packets");
	is(torc_export_poll(out, &news), 0, "that is no more news");
	torc_export_set_wait(out, 0);
	brokers_down(false);
	ok(wait_for_news(out, "is back"), "that they are back is said");
	stats = finish(out, 60 * SECOND);
	is(stats.failed + stats.in_flight, 0, "what waited arrives");
	is(stats.acknowledged, stats.made - stats.refused, "all of it");
	check_seen(&stats);
}

/* An error after which librdkafka's producer is of no more use: another takes its place. */
static void test_fatal(void)
{
	struct torc_export_stats stats;
	struct torc_export *out;

	new_topic();
	out = opened(NULL, 0);
	write_flows(out, 0, 100, 1);
	for (int n = 0; n < 6000 && stats_of(out).acknowledged < 100; n++)
		usleep(10000);
	rd_kafka_mock_push_request_errors(cluster, PRODUCE, 1,
					  RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
	write_flows(out, 1000, 100, 1);
	ok(wait_for_news(out, "takes its place"), "that a new producer is made is said");
	write_flows(out, 2000, 100, 1);
	stats = finish(out, 60 * SECOND);
	is(stats.made, 300, "made");
	is(stats.acknowledged + stats.failed, 300, "each record has its fate");
	ok(stats.acknowledged >= 200, "what came after is there");
	check_seen(&stats);
}

/* Records wait for message.timeout.ms, and fail then; the reports may come when brokers are back. */
static void test_timeout(void)
{
	static const char *const settings[] = { "message.timeout.ms=1000",
						"reconnect.backoff.max.ms=200", NULL };
	struct torc_export_stats stats;
	struct torc_export *out;

	new_topic();
	out = opened(settings, 0);
	brokers_down(true);
	write_some(out, 100, 1);
	for (int n = 0; n < 300 && stats_of(out).failed < 100; n++)
		usleep(10000);
	brokers_down(false);
	for (int n = 0; n < 6000 && stats_of(out).failed < 100; n++)
		usleep(10000);
	stats = finish(out, 60 * SECOND);
	is(stats.failed, 100, "too late is failed");
	is(stats.packets_lost, 500, "with its packets");
	check_seen(&stats);
}

static void test_close(void)
{
	struct torc_export_stats stats;
	struct torc_export *out;
	struct timespec then, now;

	new_topic();
	out = opened(NULL, 0);
	brokers_down(true);
	write_some(out, 100, 1);
	clock_gettime(CLOCK_MONOTONIC, &then);
	stats = finish(out, SECOND / 5);
	clock_gettime(CLOCK_MONOTONIC, &now);
	is(stats.in_flight, 100, "at the end what is left is told");
	ok(now.tv_sec - then.tv_sec < 60, "and message.timeout.ms is not waited for");
	brokers_down(false);
}

/* Brokers that are not there when it begins are no error. */
static void test_late(void)
{
	static const char *const settings[] = { "reconnect.backoff.max.ms=200", NULL };
	struct torc_export_stats stats;
	struct torc_export *out;

	new_topic();
	brokers_down(true);
	out = opened(settings, 0);
	write_some(out, 100, 1);
	ok(wait_for_news(out, "cannot be reached"), "brokers that were never there are away");
	brokers_down(false);
	ok(wait_for_news(out, "is back"), "and come");
	stats = finish(out, 60 * SECOND);
	is(stats.acknowledged, 100, "with all that waited");
	check_seen(&stats);
}

static void refused(const char *where, const char *setting, int code, const char *word)
{
	const char *settings[] = { setting, NULL };
	struct torc_export *out = NULL;
	struct torc_error error;

	is(open_with(&out, where, settings, 0, &error), code, "refused: %s %s",
	   where ? where : topic, setting ? setting : "");
	ok(strstr(error.text, word) != NULL, "%s", error.text);
}

static void plugin_here(void)
{
	setenv("TORC_PLUGIN_DIR", getenv("B") ? getenv("B") : "build", 1);
}

static void test_refused(void)
{
	refused("", NULL, -EINVAL, "HOST:PORT/TOPIC");
	refused("127.0.0.1:9092", NULL, -EINVAL, "HOST:PORT/TOPIC");
	refused("127.0.0.1:0/t", NULL, -EINVAL, "HOST:PORT/TOPIC");
	refused("127.0.0.1:99999/t", NULL, -EINVAL, "HOST:PORT/TOPIC");
	refused("127.0.0.1:9092,/t", NULL, -EINVAL, "HOST:PORT/TOPIC");
	refused("::1:9092/t", NULL, -EINVAL, "HOST:PORT/TOPIC");
	refused("a b:9092/t", NULL, -EINVAL, "HOST:PORT/TOPIC");
	refused("127.0.0.1:9092/", NULL, -EINVAL, "no topic");
	refused("127.0.0.1:9092/a b", NULL, -EINVAL, "no topic");
	new_topic();
	refused(NULL, "no.such.option=1", -EINVAL, "No such configuration property");
	refused(NULL, "linger.ms=soon", -EINVAL, "linger.ms");
	refused(NULL, "linger.ms", -EINVAL, "KEY=VALUE");
	refused(NULL, "bootstrap.servers=x", -EINVAL, "not yours");
	refused(NULL, "delivery.report.only.error=true", -EINVAL, "not yours");
	refused(NULL, "security.protocol=sasl_plaintext", -EINVAL, "sasl");
	rd_kafka_mock_topic_set_error(cluster, topic, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
	refused(NULL, NULL, -ENOENT, "Unknown topic");
	rd_kafka_mock_topic_set_error(cluster, topic, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
	refused(NULL, NULL, -EACCES, "authorization");
	setenv("TORC_PLUGIN_DIR", "/nowhere", 1);
	refused("127.0.0.1:9092/t", NULL, -ENOENT, "librdkafka-dev");
	plugin_here();
}

/* The command: what it says it sent is there. */
static void test_command(void)
{
	struct torc_export_stats stats = { .acknowledged = 401 };
	char command[1024];

	if (!getenv("TORC") || system("command -v perl >/dev/null") != 0) {
		skip("torc flows --kafka", "torc or perl is missing");
		return;
	}
	new_topic();
	snprintf(command, sizeof(command),
		 "unset TORC_PLUGIN_DIR; file=$(mktemp) && perl tests/flows_pcap $file 200 && "
		 "$TORC flows -r $file --domain 7 --kafka %s/%s --kafka-option linger.ms=1 "
		 "--wait 60s >$file.said 2>&1; sed -n 's/^kafka:/# &/p' $file.said; "
		 "grep -q ': 401 records = 401 acknowledged + 0 failed + 0 refused + 0 in flight' "
		 "$file.said; code=$?; rm -f $file $file.said; exit $code",
		 rd_kafka_mock_cluster_bootstraps(cluster), topic);
	is(WEXITSTATUS(system(command)), 0, "torc flows --kafka says that all is acknowledged");
	check_seen(&stats);
}

int main(void)
{
	plugin_here();
	start_brokers();
	test_refused();
	test_delivered();
	test_errors();
	test_one_away();
	test_all_away();
	test_fatal();
	test_timeout();
	test_close();
	test_late();
	test_command();
	rd_kafka_mock_cluster_destroy(cluster);
	rd_kafka_destroy(host);
	return done();
}
#endif
