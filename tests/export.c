/* SPDX-License-Identifier: BSD-3-Clause */
/* Outputs: a writer is never held up, collectors go and come back, each record is in the account. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

#include <torc/export.h>

#include "test.h"

#define SECOND 1000000000ull

static struct torc_flow_record made(unsigned int n)
{
	struct torc_flow_record record = {
		.size = sizeof(record), .first_ns = SECOND, .last_ns = 2 * SECOND,
		.packets = { 3, n % 2 }, .bytes = { 300, n % 2 * 100 }, .version = 4,
		.protocol = 17, .port = { (uint16_t)n, 53 }, .reason = TORC_FLOW_IDLE,
	};

	memcpy(record.address[0], &n, 4);
	return record;
}

static struct torc_export_stats stats_of(const struct torc_export *out)
{
	struct torc_export_stats stats = { .size = sizeof(stats) };

	torc_export_stats(out, &stats);
	return stats;
}

static void write_some(struct torc_export *out, unsigned int count)
{
	for (unsigned int n = 0; n < count; n++) {
		struct torc_flow_record record = made(n);

		torc_export_write(out, &record);
	}
}

static struct torc_export_stats finish(struct torc_export *out, uint64_t wait_ns)
{
	struct torc_export_stats stats = { .size = sizeof(stats) };

	torc_export_close(out, wait_ns, &stats);
	ok(stats.balanced && stats.made == stats.acknowledged + stats.failed + stats.refused +
						   stats.in_flight, "the account balances");
	return stats;
}

static struct torc_export *open_to(const char *target, uint32_t queue)
{
	struct torc_export_options options = { .size = sizeof(options), .queue_records = queue };
	struct torc_error error = { 0 };
	struct torc_export *out;

	if (!ok(torc_export_open(&out, target, &options, &error) == 0, "%.20s opens: %s", target,
		error.text))
		exit(1);
	return out;
}

/* Waits until it is so, for ten seconds at most. */
static bool wait_for(struct torc_export *out, bool (*so)(const struct torc_export_stats *stats))
{
	for (int n = 0; n < 1000; n++) {
		struct torc_export_stats stats = stats_of(out);

		if (so(&stats))
			return true;
		usleep(10000);
	}
	return false;
}

static bool is_away(const struct torc_export_stats *stats)
{
	return stats->away;
}

static bool is_settled(const struct torc_export_stats *stats)
{
	return stats->in_flight == 0 && !stats->away;
}

static bool is_here(const struct torc_export_stats *stats)
{
	return !stats->away && stats->attempts > 0 && stats->messages > 0;
}

/* A pipe that nobody reads: the writer goes on, and the end comes in time. */
static void test_stalled(void)
{
	struct torc_export_stats stats;
	struct torc_export *out;
	char path[64];
	int ends[2];
	struct timespec then, now;

	if (pipe(ends) < 0)
		exit(1);
	fcntl(ends[1], F_SETPIPE_SZ, 4096);
	snprintf(path, sizeof(path), "json:/dev/fd/%d", ends[1]);
	out = open_to(path, 64);
	write_some(out, 5000);
	is(stats_of(out).made, 5000, "all were taken or refused");
	ok(stats_of(out).refused > 4000, "most of them refused");
	clock_gettime(CLOCK_MONOTONIC, &then);
	stats = finish(out, SECOND / 5);
	clock_gettime(CLOCK_MONOTONIC, &now);
	ok(now.tv_sec - then.tv_sec < 60, "the end is not waited for for ever");
	ok(stats.in_flight > 0, "what is left is in flight");
	ok(stats.packets_lost >= 3 * stats.refused, "packets of what was refused");
	close(ends[0]);
	close(ends[1]);
}

static void test_broken(void)
{
	struct torc_export *out = open_to("text:/dev/full", 64);
	struct torc_export_stats stats;
	struct torc_error news;

	write_some(out, 10);
	for (int n = 0; n < 1000 && !stats_of(out).broken; n++)
		usleep(10000);
	is(torc_export_poll(out, &news), 1, "a full disk is news");
	ok(strstr(news.text, "No space") != NULL, "with its name");
	is(torc_export_poll(out, &news), 0, "once");
	stats = finish(out, SECOND);
	is(stats.failed, 10, "all failed");
}

static int listener(int type, uint16_t *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(*port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, type, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    (type == SOCK_STREAM && listen(fd, 4) < 0) ||
	    getsockname(fd, (struct sockaddr *)&address, &length) < 0) {
		perror("listener");
		exit(1);
	}
	*port = ntohs(address.sin_port);
	return fd;
}

/* The next message of a connection: its bytes, 0 at the end. */
static size_t read_message(int fd, uint8_t *message)
{
	size_t length;

	if (recv(fd, message, 16, MSG_WAITALL) != 16)
		return 0;
	length = (size_t)message[2] << 8 | message[3];
	if (recv(fd, message + 16, length - 16, MSG_WAITALL) != (ssize_t)(length - 16))
		return 0;
	return length;
}

static uint32_t sequence_of(const uint8_t *message)
{
	return (uint32_t)message[8] << 24 | (uint32_t)message[9] << 16 |
	       (uint32_t)message[10] << 8 | message[11];
}

static void test_tcp(void)
{
	static uint8_t message[65536];
	struct torc_export_stats stats;
	struct torc_export *out;
	struct torc_error news;
	uint16_t port = 0;
	char target[64];
	int fd = listener(SOCK_STREAM, &port), connection;

	close(fd); /* nobody is there at first */
	snprintf(target, sizeof(target), "ipfix:tcp:127.0.0.1:%u", port);
	out = open_to(target, 256);
	write_some(out, 100);
	ok(wait_for(out, is_away), "a collector that is not there is away");
	is(torc_export_poll(out, &news), 1, "and that is said");
	is(stats_of(out).in_flight, 100, "records wait");
	fd = listener(SOCK_STREAM, &port);
	connection = accept(fd, NULL, NULL);
	ok(read_message(connection, message) > 0, "it comes: a message");
	is(message[17], 2, "of templates");
	is(sequence_of(message), 0, "the first of the session");
	ok(wait_for(out, is_settled), "all is acknowledged");
	is(stats_of(out).acknowledged, 100, "a hundred");
	is(torc_export_poll(out, &news), 1, "and that it is back is said");
	close(connection);
	write_some(out, 10);
	ok(wait_for(out, is_away), "it goes");
	connection = accept(fd, NULL, NULL);
	ok(read_message(connection, message) > 0, "and comes back");
	is(message[17], 2, "templates again");
	is(sequence_of(message), 0, "in a session of its own");
	stats = finish(out, 10 * SECOND);
	is(stats.made, 110, "all records are accounted for");
	is(stats.in_flight, 0, "none of unknown fate");
	close(connection);
	close(fd);
}

static void test_udp(void)
{
	uint8_t message[2048];
	struct torc_export_stats stats;
	struct torc_export *out;
	uint16_t port = 0;
	char target[64];
	int fd = listener(SOCK_DGRAM, &port);
	uint32_t sequence = 0;
	unsigned int errors = 0, longest = 0, got = 0;
	ssize_t length;

	snprintf(target, sizeof(target), "ipfix:udp:127.0.0.1:%u", port);
	out = open_to(target, 4096);
	write_some(out, 1000);
	ok(wait_for(out, is_settled), "all is settled");
	while ((length = recv(fd, message, sizeof(message), MSG_DONTWAIT)) > 0) {
		errors += got > 0 && sequence_of(message) < sequence;
		sequence = sequence_of(message);
		got++;
		if ((unsigned int)length > longest)
			longest = (unsigned int)length;
	}
	ok(got > 10 && errors == 0, "messages in order");
	ok(longest <= 1400, "none longer than 1400 bytes");
	close(fd);
	write_some(out, 10);
	ok(wait_for(out, is_away), "a port that nobody has any more is away");
	fd = listener(SOCK_DGRAM, &port);
	ok(wait_for(out, is_here), "and comes back");
	write_some(out, 10);
	stats = finish(out, 10 * SECOND);
	is(stats.made, 1020, "made");
	ok(stats.failed <= 10 && stats.acknowledged >= 1010, "lost only what was sent to nobody");
	close(fd);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND + (uint64_t)now.tv_nsec;
}

/* A burst takes at least as long as its pace says, and all of it is there. */
static void test_pace(void)
{
	struct torc_export_options options = { .size = sizeof(options), .message_bytes = 512,
					       .messages_per_second = 100 };
	uint16_t port = 0;
	int fd = listener(SOCK_DGRAM, &port);
	uint64_t begin = now_ns();
	struct torc_export_stats stats;
	struct torc_export *out;
	struct torc_error error;
	char target[64];

	snprintf(target, sizeof(target), "ipfix:udp:127.0.0.1:%u", port);
	is(torc_export_open(&out, target, &options, &error), 0, "100 messages a second");
	write_some(out, 400);
	stats = finish(out, 30 * SECOND);
	is(stats.acknowledged, 400, "all was sent");
	ok(stats.messages > 60, "%u messages", (unsigned int)stats.messages);
	ok(now_ns() - begin >= (stats.messages - 18) * SECOND / 100, "not sooner than their pace says");
	close(fd);
}

static void test_text_and_json(void)
{
	struct torc_flow_record record = made(1);
	char line[2048], again[40];
	int length;

	strcpy(record.name, "a\"b\n\xff");
	record.name_from = TORC_FLOW_NAME_DNS;
	length = torc_flow_record_json(&record, "eth\"0", 0, line, sizeof(line));
	is(length, strlen(line), "length of JSON");
	ok(strstr(line, "\"rrname\":\"a\\\"b\\n\\ufffd\"") || strstr(line, "\"a\\\"b\\n\xef\xbf\xbd\""),
	   "escapes: %s", line);
	ok(strstr(line, "\"in_iface\":\"eth\\\"0\"") != NULL, "of the interface too");
	is(torc_flow_record_json(&record, NULL, 0, again, sizeof(again)) > 100, 1,
	   "the length is that of the whole");
	is(strlen(again), sizeof(again) - 1, "in a small buffer");
	length = torc_flow_record_text(&record, line, sizeof(line));
	is(length, strlen(line), "length of text");
	ok(strchr(line, '\n') == NULL && strchr(line, '\xff') == NULL, "nothing unprintable: %s", line);
}

static void test_bad(void)
{
	struct torc_export_options options = { .size = sizeof(options), .message_bytes = 100 };
	struct torc_export *out;
	struct torc_error error;

	is(torc_export_open(&out, "nonsense:x", NULL, &error), -22, "no such output");
	is(torc_export_open(&out, "json:", NULL, &error), -22, "no path");
	is(torc_export_open(&out, "json:/nowhere/x", NULL, &error), -2, "no folder");
	is(torc_export_open(&out, "ipfix:udp:127.0.0.1:1", &options, &error), -22, "100 bytes");
	ok(strlen(error.text) > 0, "a sentence: %s", error.text);
	torc_export_close(NULL, 0, NULL);
}

int main(void)
{
	test_text_and_json();
	test_bad();
	test_stalled();
	test_broken();
	test_tcp();
	test_udp();
	test_pace();
	return done();
}
