/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * spread.c - one file, several threads: each packet to one of them, flows whole and in order; more
 * than the buffers hold, records longer than a chunk, damaged files, members that stop. And packets that
 * the caller puts, from rings on files, whose few blocks members hold, or copied.
 */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <unistd.h>

#include <torc/torc.h>

#include "test.h"

#define FLOWS   299 /* of no number of members a multiple: taking turns would part them */
#define PACKETS 60000 /* more than the buffers of one member hold */
#define MOST    5
#define LONG    262000 /* bytes: longer than a chunk */

static uint8_t *bytes;
static size_t length;

static void append(const void *data, size_t size)
{
	memcpy(bytes + length, data, size);
	length += size;
}

/* UDP in both directions of each flow, the packet's number in its payload; then a long record. */
static void make_file(void)
{
	const uint32_t magic = 0xa1b2c3d4, rest[4] = { 0, 0, 262144, 1 }; /* in any byte order */
	const uint16_t version[2] = { 2, 4 };
	static uint8_t frame[LONG] = { [12] = 8, [14] = 0x45, [17] = 46, [22] = 64, [23] = 17,
				       [39] = 26 };
	uint32_t record[4] = { 1700000000, 0, 60, 60 };

	bytes = malloc(PACKETS * 76 + LONG + 64);
	if (!bytes)
		exit(1);
	append(&magic, sizeof(magic));
	append(version, sizeof(version));
	append(rest, sizeof(rest));
	for (uint32_t i = 0; i < PACKETS; i++) {
		uint32_t flow = i % FLOWS, back = i / FLOWS % 2;
		uint8_t a[6] = { 10, 0, 0, (uint8_t)flow, (uint8_t)(flow >> 8), (uint8_t)(flow * 7) };
		uint8_t b[6] = { 10, 0, 1, 1, 0, 53 };

		memcpy(frame + 26, back ? b : a, 4);
		memcpy(frame + 30, back ? a : b, 4);
		memcpy(frame + 34, (back ? b : a) + 4, 2);
		memcpy(frame + 36, (back ? a : b) + 4, 2);
		memcpy(frame + 42, &i, 4);
		append(record, sizeof(record));
		append(frame, 60);
	}
	record[2] = record[3] = LONG;
	append(record, sizeof(record));
	append(frame, LONG);
}

struct reader {
	struct torc_spread *spread;
	uint32_t member;
	unsigned int most; /* packets; then it stops reading */
	pthread_t thread;

	unsigned int packets, flows, disordered, damaged, longest;
	unsigned int last[FLOWS]; /* number + 1 of the flow's last packet; 0: none */
	int code;
};

static void take(struct reader *reader, const struct torc_packet *packet)
{
	uint32_t number;

	reader->packets++;
	if (packet->caplen > reader->longest)
		reader->longest = packet->caplen;
	if (packet->caplen != 60) {
		reader->damaged += packet->caplen != LONG || packet->data[LONG - 1] != 0;
		return;
	}
	memcpy(&number, packet->data + 42, 4);
	if (number >= PACKETS || packet->data[12] != 8) {
		reader->damaged++;
		return;
	}
	reader->flows += reader->last[number % FLOWS] == 0;
	reader->disordered += number + 1 <= reader->last[number % FLOWS];
	reader->last[number % FLOWS] = number + 1;
}

static void *read_all(void *argument)
{
	struct reader *reader = argument;
	const struct torc_packet *packets;

	while (reader->packets < reader->most) {
		reader->code = torc_spread_next_batch(reader->spread, reader->member, &packets);
		if (reader->code <= 0)
			return NULL;
		for (int i = 0; i < reader->code; i++)
			take(reader, &packets[i]);
	}
	torc_spread_stop(reader->spread);
	return NULL;
}

/* Every member in a thread; their sums are left in all. */
static void spread(const void *data, size_t size, struct torc_spread_options options,
		   struct reader *readers, unsigned int most)
{
	struct torc_error error = { 0 };
	struct torc_spread *spread;
	struct torc_file *file;

	memset(readers, 0, MOST * sizeof(*readers));
	options.size = sizeof(options);
	is(torc_file_open_memory(&file, data, size, NULL, &error), 0, "a file is opened");
	is(torc_spread_open(&spread, file, &options, &error), 0, "and spread to %u",
	   options.members);
	for (uint32_t n = 0; n < options.members; n++) {
		readers[n] = (struct reader){ .spread = spread, .member = n, .most = most };
		pthread_create(&readers[n].thread, NULL, read_all, &readers[n]);
	}
	for (uint32_t n = 0; n < options.members; n++)
		pthread_join(readers[n].thread, NULL);
	torc_spread_close(spread);
	torc_file_close(file);
}

/* The same with packets that are put, from so many rings on the file in turn. */
static void put(const char *path, unsigned int rings, bool copied, struct torc_spread_options options,
		struct reader *readers, unsigned int most)
{
	struct torc_ring_options small = { .size = sizeof(small), .buffer_bytes = 1 << 20 };
	struct torc_ring *ring[2];
	struct torc_packet packets[64];
	struct torc_error error = { 0 };
	struct torc_spread *spread;
	char device[64];
	int result = 0;

	memset(readers, 0, MOST * sizeof(*readers));
	options.size = sizeof(options);
	snprintf(device, sizeof(device), "pcap:%s", path);
	is(torc_spread_open(&spread, NULL, &options, &error), 0, "a spread to %u without a file %s",
	   options.members, error.text);
	for (uint32_t n = 0; n < options.members; n++) {
		readers[n] = (struct reader){ .spread = spread, .member = n, .most = most };
		pthread_create(&readers[n].thread, NULL, read_all, &readers[n]);
	}
	for (unsigned int n = 0; n < rings; n++) {
		is(torc_ring_open_with(&ring[n], device, &small, &error), 0, "a ring %s", error.text);
		torc_ring_enable(ring[n]);
	}
	for (unsigned int turn = 0, ended = 0; ended < rings && result >= 0; turn++) {
		struct torc_ring *from = ring[turn % rings];
		int count = torc_ring_next_batch(from, packets, 1 + turn % 64), given = 0;

		ended = count == 0 && torc_ring_at_end(from) ? ended + 1 : 0;
		for (; given < count && result >= 0; given += result > 0 ? result : 0)
			result = torc_spread_put(spread, copied ? NULL : from, packets + given,
						 (unsigned int)(count - given), turn % 3 ? 1 : -1);
		if (turn % 100 == 0)
			torc_spread_flush(spread);
	}
	torc_spread_end(spread, -ECANCELED);
	is(torc_spread_put(spread, NULL, packets, 1, 0) < 0, true, "nothing behind the end");
	for (uint32_t n = 0; n < options.members; n++)
		pthread_join(readers[n].thread, NULL);
	torc_spread_close(spread);
	for (unsigned int n = 0; n < rings; n++)
		torc_ring_close(ring[n]);
}

static struct reader sum(const struct reader *readers, uint32_t members)
{
	struct reader all = { 0 };

	for (uint32_t n = 0; n < members; n++) {
		all.packets += readers[n].packets;
		all.flows += readers[n].flows;
		all.disordered += readers[n].disordered;
		all.damaged += readers[n].damaged;
		if (readers[n].longest > all.longest)
			all.longest = readers[n].longest;
	}
	return all;
}

static void whole_flows(uint32_t members)
{
	static struct reader readers[MOST];
	struct reader all;
	unsigned int least = PACKETS;

	spread(bytes, length, (struct torc_spread_options){ .members = members }, readers, UINT_MAX);
	all = sum(readers, members);
	is(all.packets, PACKETS + 1, "every packet once");
	is(all.flows, FLOWS, "each flow is one member's");
	is(all.disordered, 0, "in the order of the file");
	is(all.damaged, 0, "and as it was");
	is(all.longest, LONG, "the long one, too");
	for (uint32_t n = 0; n < members; n++) {
		is(readers[n].code, 0, "member %u: a plain end", n);
		if (readers[n].packets < least)
			least = readers[n].packets;
	}
	ok(least > PACKETS / members / 3, "nobody has too few (%u)", least);
}

static void round_robin(void)
{
	static struct reader readers[MOST];

	spread(bytes, length,
	       (struct torc_spread_options){ .members = 4, .type = TORC_CLUSTER_ROUND_ROBIN },
	       readers, UINT_MAX);
	is(sum(readers, 4).packets, PACKETS + 1, "round robin: every packet once");
	ok(readers[3].packets == PACKETS / 4, "in equal shares");
}

static void damaged_file(void)
{
	static struct reader readers[MOST];

	spread(bytes, length - LONG / 2, (struct torc_spread_options){ .members = 3 }, readers,
	       UINT_MAX);
	is(sum(readers, 3).packets, PACKETS, "a cut file: every whole record");
	for (uint32_t n = 0; n < 3; n++)
		is(readers[n].code, -TORC_EFORMAT, "member %u hears of it, behind them", n);
}

static void stopped(void)
{
	static struct reader readers[MOST];
	unsigned int packets;

	spread(bytes, length, (struct torc_spread_options){ .members = 3 }, readers, 500);
	packets = sum(readers, 3).packets;
	ok(packets >= 500 && packets < PACKETS, "one stopped, and all of them ended (%u packets)",
	   packets);
}

static void nobody_reads(void)
{
	struct torc_spread_options options = { .size = sizeof(options), .members = 2 };
	const struct torc_packet *packets;
	struct torc_spread *spread;
	struct torc_error error;
	struct torc_file *file;

	torc_file_open_memory(&file, bytes, length, NULL, &error);
	is(torc_spread_open(&spread, file, &options, &error), 0, "nobody reads");
	is(torc_spread_next_batch(spread, 2, &packets), -EINVAL, "there is no member 2");
	ok(torc_spread_next_batch(spread, 1, &packets) > 0, "one reads a batch");
	torc_spread_close(spread);
	ok(true, "it is closed all the same");
	options.members = 0;
	is(torc_spread_open(&spread, file, &options, &error), -EINVAL, "no members: %s", error.text);
	options.members = TORC_SPREAD_MEMBERS_MAX + 1;
	is(torc_spread_open(&spread, file, &options, &error), -EINVAL, "too many: %s", error.text);
	options.members = 2;
	options.type = (enum torc_cluster_type)99;
	is(torc_spread_open(&spread, file, &options, &error), -EINVAL, "no type: %s", error.text);
	torc_spread_close(NULL);
	torc_file_close(file);
}

static void put_by_caller(const char *path, bool copied, uint32_t members)
{
	static struct reader readers[MOST];
	struct reader all;

	put(path, 1, copied, (struct torc_spread_options){ .members = members }, readers, UINT_MAX);
	all = sum(readers, members);
	is(all.packets, PACKETS + 1, "%s: every packet once", copied ? "copied" : "in blocks of a ring");
	is(all.flows, FLOWS, "each flow is one member's");
	is(all.disordered, 0, "in the order of the file");
	is(all.damaged, 0, "and as it was");
	for (uint32_t n = 0; n < members; n++)
		is(readers[n].code, -ECANCELED, "member %u: ended as it was told", n);
	put(path, 2, copied, (struct torc_spread_options){ .members = members,
							   .type = TORC_CLUSTER_ROUND_ROBIN },
	    readers, UINT_MAX);
	all = sum(readers, members);
	is(all.packets, 2 * (PACKETS + 1), "two rings in turn: every packet once");
	is(all.damaged, 0, "and as it was");
	ok(all.longest == LONG, "the long ones, too");
	for (uint32_t n = 1; n < members; n++)
		ok(readers[n].packets + 1 >= readers[0].packets, "round robin: in equal shares");
	put(path, 1, copied, (struct torc_spread_options){ .members = members }, readers, 500);
	ok(sum(readers, members).packets < PACKETS, "one stopped, and all of them ended");
}

static void put_by_callers(void)
{
	char path[] = "/tmp/torc-spread-XXXXXX";
	int fd = mkstemp(path);

	if (fd < 0 || write(fd, bytes, length) != (ssize_t)length)
		exit(1);
	put_by_caller(path, false, 1);
	put_by_caller(path, false, 3);
	put_by_caller(path, true, 3);
	put_by_caller(path, false, MOST);
	close(fd);
	unlink(path);
}

int main(void)
{
	make_file();
	whole_flows(1);
	whole_flows(3);
	whole_flows(MOST);
	round_robin();
	damaged_file();
	stopped();
	nobody_reads();
	put_by_callers();
	free(bytes);
	return done();
}
