/* SPDX-License-Identifier: BSD-3-Clause */
/* source.c - packets with layers from memory, a file, a ring, several; stopped from elsewhere */
#include <pthread.h>

#include <torc/source.h>

#include "test.h"

#define PACKETS 200

struct __attribute__((packed)) record {
	uint32_t seconds, microseconds, caplen, len;
	uint8_t frame[64];
};

static struct __attribute__((packed)) {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t zone, accuracy, snaplen, link_type;
	struct record records[PACKETS];
} capture = { 0xA1B2C3D4, 2, 4, 0, 0, 65535, TORC_LINK_ETHERNET, { { 0 } } };

/* UDP from 10.0.0.1 to 10.0.0.2; the source port is the number of the packet. */
static void capture_make(void)
{
	static const uint8_t frame[64] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0,
		0x45, 0, 0, 50, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
		0, 0, 0x27, 0x0F, 0, 30 };
	unsigned int i;

	for (i = 0; i < PACKETS; i++) {
		struct record *record = &capture.records[i];

		record->seconds = 1700000000 + i;
		record->caplen = record->len = sizeof(frame);
		memcpy(record->frame, frame, sizeof(frame));
		record->frame[34] = (uint8_t)(i >> 8);
		record->frame[35] = (uint8_t)i;
	}
}

static uint64_t port_of(const struct torc_decoded *decoded)
{
	struct torc_value value;

	return torc_field(decoded, "udp.src_port", &value) == 1 ? value.number : 0xFFFFF;
}

/* Reads to the end, packet by packet; the ports must count up from 0 to 199, times over. */
static unsigned int count_all(struct torc_source *source)
{
	struct torc_decoded decoded;
	struct torc_packet packet;
	unsigned int count = 0;

	while (torc_source_next(source, &packet, &decoded) > 0) {
		if (port_of(&decoded) != count % PACKETS)
			return 0xBAD;
		count++;
	}
	return torc_source_at_end(source) ? count : 0xBAD;
}

static struct torc_source *of_memory(void)
{
	struct torc_source *source = NULL;

	is(torc_source_open_memory(&source, &capture, sizeof(capture), NULL), 0, "open memory");
	return source;
}

static void memory(void)
{
	static struct torc_decoded decoded[48];
	struct torc_packet packets[48], packet;
	struct torc_source *source = of_memory();
	unsigned int count = 1, wrong = 0;
	int n, i;

	is(count_all(source), PACKETS, "every packet, in order, with its layers");
	torc_source_close(source);

	source = of_memory();
	torc_source_next(source, &packet, decoded);
	while ((n = torc_source_next_batch(source, packets, decoded, 48)) > 0) {
		for (i = 0; i < n; i++)
			wrong += port_of(&decoded[i]) != count++;
	}
	is(count, PACKETS, "the same in batches, begun with a single one");
	is(wrong, 0, "in order");
	torc_source_close(source);
	ok(torc_source_open_memory(&source, "no capture at all......", 23, NULL) < 0 && !source,
	   "bytes that are no capture file");
}

static void damaged(void)
{
	struct torc_source *source;
	struct torc_decoded decoded;
	struct torc_packet packet;
	unsigned int count = 0;
	int status;

	torc_source_open_memory(&source, &capture, sizeof(capture) - 10, NULL);
	while ((status = torc_source_next(source, &packet, &decoded)) > 0)
		count++;
	is(count, PACKETS - 1, "a file cut in its last packet gives the others");
	ok(status < 0 && torc_source_error(source)[0], "then says so: %s",
	   torc_source_error(source));
	torc_source_close(source);
}

static void concatenated(void)
{
	struct torc_source *parts[3] = { of_memory(), of_memory(), of_memory() };
	struct torc_source *source;

	is(torc_source_open_concat(&source, parts, 3, NULL), 0, "three sources, one after another");
	is(count_all(source), 3 * PACKETS, "every packet of each");
	torc_source_close(source);
	ok(torc_source_open_concat(&source, parts, 0, NULL) < 0, "no sources are none");
}

static void of_file_and_ring(void)
{
	char path[] = "/tmp/torc-source-XXXXXX", device[64];
	struct torc_source *source;
	struct torc_error error = { 0 };
	struct torc_ring *ring;
	int fd = mkstemp(path);

	ok(fd >= 0 && write(fd, &capture, sizeof(capture)) == sizeof(capture), "a capture file");
	close(fd);
	is(torc_source_open_file(&source, path, &error), 0, "open it: %s", error.text);
	is(count_all(source), PACKETS, "every packet of the file");
	torc_source_close(source);
	snprintf(device, sizeof(device), "pcap:%s", path);
	if (torc_ring_open(&ring, device, 0, 0, &error) < 0) {
		ok(false, "a ring on the file: %s", error.text);
	} else {
		torc_ring_enable(ring);
		is(torc_source_open_ring(&source, ring, NULL), 0, "a source on a ring");
		is(count_all(source), PACKETS, "every packet of the ring");
		torc_source_close(source);
		torc_ring_close(ring);
	}
	unlink(path);
	ok(torc_source_open_file(&source, path, &error) < 0 && error.text[0],
	   "a file that is not there: %s", error.text);
	ok(torc_source_open_ring(&source, NULL, NULL) < 0, "no ring");
}

static void *stopper(void *source)
{
	usleep(20000);
	torc_source_stop(source);
	return NULL;
}

/* A reader that waits on a quiet interface for ever is woken; a stop before it reads is not lost. */
static void stopped(void)
{
	struct torc_source *source = of_memory(), *waiting;
	struct torc_decoded decoded;
	struct torc_packet packet;
	struct torc_ring *ring;
	pthread_t thread;
	int status;

	torc_source_next(source, &packet, &decoded);
	torc_source_stop(source);
	is(torc_source_next(source, &packet, &decoded), 0, "stopped: no packet");
	ok(!torc_source_at_end(source), "though it is not at its end");
	torc_source_close(source);

	if (torc_ring_open(&ring, "lo", 0, 0, NULL) < 0) {
		skip("stop a waiting reader", "no ring on lo here");
		return;
	}
	torc_ring_enable(ring);
	torc_ring_set_poll_duration(ring, -1);
	torc_source_open_ring(&waiting, ring, NULL);
	pthread_create(&thread, NULL, stopper, waiting);
	do
		status = torc_source_next(waiting, &packet, &decoded);
	while (status > 0);
	is(status, 0, "a waiting reader is woken by another thread");
	pthread_join(thread, NULL);
	torc_source_close(waiting);
	torc_ring_close(ring);
}

/* Two connections in memory: events by the source, to CLOSE behind the last packet. */
static void events(void)
{
	static struct __attribute__((packed)) {
		uint32_t magic;
		uint16_t major, minor;
		uint32_t zone, accuracy, snaplen, link_type;
		struct record records[2];
	} tcp = { 0xA1B2C3D4, 2, 4, 0, 0, 65535, TORC_LINK_ETHERNET, { { 0 } } };
	static const uint8_t frame[64] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0,
		0x45, 0, 0, 45, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
		0x9C, 0x40, 0, 80, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x10, 0xFF, 0xFF, 0, 0, 0, 0,
		'h', 'e', 'l', 'l', 'o' };
	const struct torc_stream_event *event;
	struct torc_source *source;
	char seen[64] = "";

	for (unsigned int i = 0; i < 2; i++) {
		tcp.records[i].seconds = 1700000000;
		tcp.records[i].caplen = tcp.records[i].len = sizeof(frame);
		memcpy(tcp.records[i].frame, frame, sizeof(frame));
		tcp.records[i].frame[35] = (uint8_t)i;
	}
	torc_source_open_memory(&source, &tcp, sizeof(tcp), NULL);
	is(torc_source_next_event(source, &event), -22, "no events without streams");
	is(torc_source_set_reassembly(source, NULL, NULL), 0, "a source with streams");
	is(torc_source_set_reassembly(source, NULL, NULL), -114, "once");
	while (torc_source_next_event(source, &event) > 0) {
		strcat(seen, torc_stream_event_name(event->type));
		strcat(seen, " ");
	}
	is_str(seen, "open data open data close close ", "events, to the end of the connections");
	ok(torc_source_at_end(source) && torc_source_streams(source) != NULL, "the end");
	torc_source_close(source);
}

int main(void)
{
	events();
	capture_make();
	memory();
	damaged();
	concatenated();
	of_file_and_ring();
	stopped();
	return done();
}
