/* SPDX-License-Identifier: BSD-3-Clause */
/* A cluster on a file: rings split it by flow, the same way every time, in one process or several. */
#include <errno.h>
#include <sys/wait.h>

#include <torc/torc.h>

#include "test.h"
#include "test_folder.h"

#define FLOWS   300
#define PACKETS (FLOWS * 4)
#define MEMBERS 3

static char folder[64], path[512];

/* UDP in both directions of each flow; the packet's number in its payload. */
static unsigned int make_frame(uint8_t *frame, unsigned int number)
{
	unsigned int flow = number % FLOWS;
	bool back = number / FLOWS % 2;
	uint8_t a[6] = { 10, 0, 0, (uint8_t)flow, (uint8_t)(flow >> 8), (uint8_t)(flow * 7) };
	uint8_t b[6] = { 10, 0, 1, 1, 0, 53 };

	memset(frame, 0, 60);
	frame[12] = 8;
	frame[14] = 0x45;
	frame[17] = 46;
	frame[22] = 64;
	frame[23] = 17;
	memcpy(frame + 26, back ? b : a, 4);
	memcpy(frame + 30, back ? a : b, 4);
	memcpy(frame + 34, (back ? b : a) + 4, 2);
	memcpy(frame + 36, (back ? a : b) + 4, 2);
	frame[39] = 26;
	memcpy(frame + 42, &number, 4);
	return 60;
}

static void make_file(void)
{
	uint32_t header[6] = { 0xa1b2c3d4, 0x00040002, 0, 0, 65535, 1 };
	FILE *file;

	strcpy(folder, "/tmp/torc-test-XXXXXX");
	if (!mkdtemp(folder))
		exit(1);
	snprintf(path, sizeof(path), "%s/flows.pcap", folder);
	file = fopen(path, "w");
	fwrite(header, sizeof(header), 1, file);
	for (unsigned int i = 0; i < PACKETS; i++) {
		uint8_t frame[64];
		uint32_t record[4] = { 1700000000, i, 60, 60 };

		fwrite(record, sizeof(record), 1, file);
		fwrite(frame, make_frame(frame, i), 1, file);
	}
	fclose(file);
}

static struct torc_ring *open_ring(const char *settings)
{
	struct torc_error error;
	struct torc_ring *ring;
	char device[600];

	snprintf(device, sizeof(device), "pcap:%s%s", path, settings);
	if (torc_ring_open(&ring, device, 0, 0, &error) < 0) {
		note("%s", error.text);
		exit(1);
	}
	return ring;
}

/* Read to the end; owner[packet] = who. False when a packet had an owner before. */
static bool read_all(struct torc_ring *ring, uint8_t *owner, uint8_t who)
{
	struct torc_packet packet;
	struct torc_stats stats = { .size = sizeof(stats) };
	bool good = true;
	uint64_t count = 0;

	while (torc_ring_next(ring, &packet) > 0) {
		uint32_t number;

		memcpy(&number, packet.data + 42, 4);
		good &= owner[number] == 0;
		owner[number] = who;
		count++;
	}
	torc_ring_stats(ring, &stats);
	return good && stats.balanced && torc_ring_at_end(ring) && stats.received == count &&
	       stats.received + stats.other_member == PACKETS;
}

static void split(enum torc_cluster_type type, uint8_t *owner)
{
	struct torc_ring *rings[MEMBERS];
	bool once = true;

	memset(owner, 0, PACKETS);
	for (int i = 0; i < MEMBERS; i++) {
		rings[i] = open_ring("");
		is(torc_ring_set_cluster(rings[i], 7, type), 0, "ring %d joins", i);
	}
	for (int i = 0; i < MEMBERS; i++) {
		torc_ring_enable(rings[i]);
		once &= read_all(rings[i], owner, (uint8_t)(i + 1));
	}
	ok(once, "no packet goes to two rings, and each account balances");
	ok(!memchr(owner, 0, PACKETS), "every packet goes to one");
	for (int i = 0; i < MEMBERS; i++)
		torc_ring_close(rings[i]);
}

static void split_by_setting(uint8_t *owner)
{
	memset(owner, 0, PACKETS);
	for (int i = 1; i <= MEMBERS; i++) {
		char setting[32];
		struct torc_ring *ring;

		snprintf(setting, sizeof(setting), ";member=%d/%d", i, MEMBERS);
		ring = open_ring(setting);
		torc_ring_set_cluster(ring, 7, TORC_CLUSTER_PER_FLOW_5_TUPLE);
		torc_ring_enable(ring);
		ok(read_all(ring, owner, (uint8_t)i), "member %d of %d alone", i, MEMBERS);
		torc_ring_close(ring);
	}
}

static void flows_stay_together(const uint8_t *owner)
{
	unsigned int apart = 0, most = 0, counts[MEMBERS + 1] = { 0 };

	for (unsigned int i = 0; i < PACKETS; i++) {
		apart += owner[i] != owner[i % FLOWS];
		counts[owner[i]]++;
	}
	for (int i = 1; i <= MEMBERS; i++)
		most = counts[i] > most ? counts[i] : most;
	is(apart, 0, "both directions of each flow go to one ring");
	ok(most < PACKETS * 45 / 100, "the rings share about evenly: the fullest has %u of %d", most,
	   PACKETS);
}

static void others_are_refused(void)
{
	struct torc_ring *first = open_ring(""), *second = open_ring("");
	int status;

	torc_ring_set_cluster(first, 7, TORC_CLUSTER_PER_FLOW);
	is(torc_ring_set_cluster(second, 7, TORC_CLUSTER_ROUND_ROBIN), -TORC_ECLUSTER,
	   "another type is refused");
	torc_ring_enable(first);
	is(torc_ring_set_cluster(second, 7, TORC_CLUSTER_PER_FLOW), -EBUSY,
	   "nobody joins once the first has begun");
	note("%s", torc_ring_error(second));
	fflush(stdout);
	if (fork() == 0) {
		char device[600];

		snprintf(device, sizeof(device), "pcap:%s", path);
		execl(getenv("CLUSTER_FILE_SELF"), "cluster_file", device, NULL);
		_exit(1);
	}
	wait(&status);
	is(WEXITSTATUS(status), 42, "another process is refused");
	torc_ring_close(first);
	torc_ring_close(second);
}

int main(int argc, char **argv)
{
	static uint8_t owner[PACKETS], again[PACKETS];

	if (argc > 1) { /* the other process of others_are_refused() */
		struct torc_ring *ring;
		int code;

		if (torc_ring_open(&ring, argv[1], 0, 0, NULL) < 0)
			return 1;
		code = torc_ring_set_cluster(ring, 7, TORC_CLUSTER_PER_FLOW);
		code = code == -TORC_ECLUSTER && strstr(torc_ring_error(ring), "member=") ? 42 : 1;
		torc_ring_close(ring);
		return code;
	}
	setenv("CLUSTER_FILE_SELF", argv[0], 1);
	make_file();
	split(TORC_CLUSTER_PER_FLOW_5_TUPLE, owner);
	flows_stay_together(owner);
	split(TORC_CLUSTER_PER_FLOW_5_TUPLE, again);
	ok(!memcmp(owner, again, PACKETS), "the same split the second time");
	split_by_setting(again);
	ok(!memcmp(owner, again, PACKETS), "the same split with member=1/3 and so on");
	split(TORC_CLUSTER_ROUND_ROBIN, owner);
	is(owner[0] + owner[1] + owner[2], 6, "round robin: packets in turn");
	is(owner[PACKETS - 1], owner[2], "to the end");
	others_are_refused();
	remove_folder(folder);
	return done();
}
