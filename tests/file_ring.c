/* SPDX-License-Identifier: BSD-3-Clause */
/* A capture file as a device: every setting of a ring, the account, pace, pipes, damage, threads. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/wait.h>
#include <time.h>

#include <torc/file.h>

#include "capture_bytes.h"
#include "test.h"
#include "test_folder.h"

#define PACKETS 3000u

static struct torc_error error;
static char folder[] = "/tmp/torc-ring-XXXXXX", device[160], path[128];

/* UDP over IPv4, to port 53 in every third; the number is in the last four bytes. */
static void put_frame(struct bytes *bytes, uint32_t number)
{
	uint8_t frame[100] = { 0 };

	frame[12] = 8;
	frame[14] = 0x45;
	frame[17] = 86;
	frame[22] = 64;
	frame[23] = 17;
	frame[26] = 10;
	frame[29] = (uint8_t)(number % 50);
	frame[30] = 10;
	frame[33] = 200;
	frame[37] = number % 3 ? 80 : 53;
	frame[39] = 66;
	memcpy(frame + 96, &number, 4);
	put(bytes, frame, sizeof(frame));
}

static uint32_t number_of(const struct torc_packet *packet)
{
	uint32_t number;

	memcpy(&number, packet->data + 96, 4);
	return number;
}

/* Inbound and outbound in turn, one millisecond apart; with every 1000th packet a comment. */
static void make_file(void)
{
	static const uint8_t interface[] = { 9 };
	struct bytes bytes = { 0 };
	uint32_t i;
	int fd;

	put_section(&bytes, false);
	open_block(&bytes, 1);
	put16(&bytes, 1);
	put16(&bytes, 0);
	put32(&bytes, 0);
	put_text_option(&bytes, 2, "eth5");
	put_option(&bytes, 9, interface, 1);
	close_block(&bytes);
	for (i = 0; i < PACKETS; i++) {
		uint64_t time_ns = 1700000000ull * 1000000000 + i * 1000000ull;

		open_block(&bytes, 6);
		put32(&bytes, 0);
		put32(&bytes, (uint32_t)(time_ns >> 32));
		put32(&bytes, (uint32_t)time_ns);
		put32(&bytes, 100);
		put32(&bytes, 100);
		put_frame(&bytes, i);
		put_number_option(&bytes, 2, i % 2 ? 2 : 1, 4);
		if (i % 1000 == 0)
			put_text_option(&bytes, 1, "a comment");
		close_block(&bytes);
	}
	open_block(&bytes, 5);
	put32(&bytes, 0);
	put64(&bytes, 0);
	put_number_option(&bytes, 4, 12345, 8);
	close_block(&bytes);
	snprintf(path, sizeof(path), "%s/ring.pcapng", folder);
	snprintf(device, sizeof(device), "pcap:%s", path);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	if (fd < 0 || write(fd, bytes.data, bytes.length) != (ssize_t)bytes.length)
		exit(1);
	close(fd);
	free(bytes.data);
}

static struct torc_ring *open_ring(const char *name, uint32_t snaplen, uint32_t flags)
{
	struct torc_ring *ring;

	if (torc_ring_open(&ring, name, snaplen, flags, &error) < 0) {
		ok(false, "%s: %s", name, error.text);
		exit(1);
	}
	return ring;
}

/* Read to the end; returns how many came, -1 when the ring failed. */
static int drain(struct torc_ring *ring, uint32_t *sum)
{
	struct torc_packet packet;
	int count = 0, result;

	*sum = 0;
	while ((result = torc_ring_next(ring, &packet)) > 0) {
		count++;
		*sum += number_of(&packet);
	}
	return result < 0 || !torc_ring_at_end(ring) ? -1 : count;
}

static void test_plain(void)
{
	struct torc_ring *ring = open_ring(device, 0, 0);
	struct torc_file_extra extra = { .size = sizeof(extra) };
	struct torc_file_interface view = { .size = sizeof(view) };
	struct torc_packet batch[100];
	struct torc_ring_info info = { .size = sizeof(info) };
	struct torc_stats stats = { .size = sizeof(stats) };
	unsigned int count = 0, comments = 0;
	bool good = true;
	int got, i;

	is(torc_ring_next(ring, batch), -TORC_ENOTENABLED, "a file waits for enable too");
	torc_ring_enable(ring);
	while ((got = torc_ring_next_batch(ring, batch, 100)) > 0)
		for (i = 0; i < got; i++, count++) {
			good &= number_of(&batch[i]) == count && batch[i].caplen == 100 &&
				batch[i].direction == (count % 2 ? TORC_PACKET_TX : TORC_PACKET_RX);
			good &= torc_file_extra_of(torc_file_of_ring(ring), &batch[i], &extra) == 0;
			comments += extra.comment_count == 1 && count % 1000 == 0;
		}
	ok(got == 0 && good && count == PACKETS, "%u packets, in order, with their direction",
	   count);
	is(comments, 3, "the extras of each are at hand");
	ok(torc_ring_at_end(ring), "the end");
	is(torc_ring_next(ring, batch), 0, "is a plain result");
	torc_ring_info(ring, &info);
	ok(strcmp(info.engine, "file") == 0 && strcmp(info.engine_detail, "pcapng") == 0 &&
	   info.link_type == TORC_LINK_ETHERNET, "what the ring is");
	ok(torc_file_interface(torc_file_of_ring(ring), 0, &view) == 0 &&
	   strcmp(view.name, "eth5") == 0, "and the interface of the file");
	torc_ring_stats(ring, &stats);
	ok(stats.received == PACKETS && stats.received_bytes == PACKETS * 100 &&
	   stats.dropped == 0 && stats.balanced, "the account");
	is(torc_ring_send(ring, batch, 60), -EOPNOTSUPP, "nothing is sent to a file");
	torc_ring_close(ring);
}

static void test_settings(void)
{
	struct torc_ring *ring = open_ring(device, 60, 0);
	struct torc_packet packet;
	struct torc_stats stats = { .size = sizeof(stats) };
	uint32_t sum;
	int count = 0;

	is(torc_ring_set_filter(ring, "udp dst port 53"), 0, "a filter");
	is(torc_ring_set_direction(ring, TORC_RX_ONLY), 0, "a direction");
	torc_ring_enable(ring);
	while (torc_ring_next(ring, &packet) > 0)
		count += packet.caplen == 60 && packet.len == 100 &&
			 packet.direction == TORC_PACKET_RX;
	is(count, PACKETS / 6, "both at once, cut to the snaplen");
	torc_ring_stats(ring, &stats);
	ok(stats.balanced && stats.received == PACKETS / 6 && stats.truncated == stats.received &&
	   stats.other_direction + stats.filtered == PACKETS * 5 / 6, "each packet is counted once");
	torc_ring_close(ring);

	ring = open_ring(device, 0, 0);
	torc_ring_set_sampling_rate(ring, 10);
	torc_ring_enable(ring);
	is(drain(ring, &sum), PACKETS / 10, "one in ten");
	torc_ring_stats(ring, &stats);
	ok(stats.sampled_out == PACKETS * 9 / 10 && stats.balanced, "the others are counted");
	torc_ring_close(ring);
}

/* A ring that is disabled leaves the file where it is. */
static void test_disable(void)
{
	struct torc_ring *ring = open_ring(device, 0, 0);
	struct torc_packet packet;
	uint32_t sum;
	int i, rest;

	torc_ring_enable(ring);
	for (i = 0; i < 10; i++)
		torc_ring_next(ring, &packet);
	torc_ring_disable(ring);
	is(torc_ring_next(ring, &packet), -TORC_ENOTENABLED, "disabled");
	torc_ring_enable(ring);
	rest = drain(ring, &sum);
	ok(rest > 0 && rest <= (int)PACKETS - 10, "enabled again, %d of the others come", rest);
	torc_ring_close(ring);
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* 3 seconds of packets at ten times the speed; a loaded machine is late, but never early. */
static void test_pace(void)
{
	struct torc_ring *ring;
	struct torc_packet packet;
	uint64_t start, took;
	char name[200];
	uint32_t sum;
	int fd;

	snprintf(name, sizeof(name), "%s;speed=10x", device);
	ring = open_ring(name, 0, 0);
	torc_ring_enable(ring);
	start = now_ms();
	is(drain(ring, &sum), PACKETS, "speed=10x: every packet");
	took = now_ms() - start;
	ok(took >= 299, "in no less than 300 ms (%llu)", (unsigned long long)took);
	torc_ring_close(ring);

	ring = open_ring(name, 0, 0);
	torc_ring_set_poll_duration(ring, 20);
	torc_ring_enable(ring);
	fd = torc_ring_fd(ring);
	start = now_ms();
	while (!torc_ring_at_end(ring) && now_ms() - start < 60000) {
		struct pollfd ready = { .fd = fd, .events = POLLIN };

		poll(&ready, 1, 1000);
		while (torc_ring_next(ring, &packet) > 0)
			sum -= number_of(&packet);
	}
	ok(sum == 0 && torc_ring_at_end(ring), "by poll() on the ring's descriptor too");
	torc_ring_close(ring);

	snprintf(name, sizeof(name), "%s;speed=fast", device);
	is(torc_ring_open(&ring, name, 0, 0, &error), -EINVAL, "speed=fast is refused");
	snprintf(name, sizeof(name), "%s;color=red", device);
	is(torc_ring_open(&ring, name, 0, 0, &error), -EINVAL, "and so is what nobody knows");
	ok(strstr(error.text, "color=red"), "by its name");
}

/* Packets as they arrive: what is at hand is delivered although the pipe is not at its end. */
static void test_pipe(void)
{
	struct torc_ring *ring;
	struct torc_packet packet;
	static char whole[600000];
	int pipe_fds[2], saved = dup(0), fd = open(path, O_RDONLY), count = 0;
	ssize_t length = read(fd, whole, sizeof(whole)), half = length / 2;
	pid_t child;

	close(fd);
	ok(length > 0 && pipe(pipe_fds) == 0 && dup2(pipe_fds[0], 0) == 0, "standard input");
	child = fork();
	if (child == 0) {
		if (write(pipe_fds[1], whole, (size_t)half) != half)
			_exit(1);
		pause(); /* the pipe stays open */
	}
	ring = open_ring("pcap:-", 0, 0);
	torc_ring_set_poll_duration(ring, 100);
	torc_ring_enable(ring);
	while (torc_ring_next(ring, &packet) > 0)
		count++;
	ok(count > (int)PACKETS / 2 - 20 && count <= (int)PACKETS / 2 && !torc_ring_at_end(ring),
	   "half of the packets came, and more may come (%d)", count);
	ok(write(pipe_fds[1], whole + half, 50000) == 50000, "more of it");
	while (torc_ring_next(ring, &packet) > 0)
		count++;
	ok(count > (int)PACKETS / 2, "more packets came (%d)", count);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(pipe_fds[1]);
	is(torc_ring_next(ring, &packet), -TORC_EFORMAT, "the pipe ends within a packet");
	torc_ring_close(ring);
	dup2(saved, 0);
	close(saved);
	close(pipe_fds[0]);
}

static void test_damage(void)
{
	struct torc_ring *ring;
	struct torc_packet packet;
	char name[200];
	int count = 0, result;

	snprintf(name, sizeof(name), "%s/cut.pcapng", folder);
	ok(link(path, name) == 0 && truncate(name, 50000) == 0, "a file that is cut");
	snprintf(name, sizeof(name), "pcap:%s/cut.pcapng", folder);
	ring = open_ring(name, 0, 0);
	torc_ring_enable(ring);
	while ((result = torc_ring_next(ring, &packet)) > 0)
		count++;
	ok(result == -TORC_EFORMAT && count > 300, "an error after %d packets", count);
	ok(strstr(torc_ring_error(ring), "byte ") && strstr(torc_ring_error(ring), "cut.pcapng"),
	   "that names the file and the byte");
	is(torc_ring_next(ring, &packet), 0, "said once; then it is the end");
	torc_ring_close(ring);
	is(torc_ring_open(&ring, "pcap:/nonexistent", 0, 0, &error), -ENOENT, "no such file");
	ok(strstr(error.text, "/nonexistent"), "its name");
}

struct reader {
	struct torc_ring *ring;
	uint64_t count, sum;
	pthread_t thread;
};

static void *read_shared(void *argument)
{
	struct reader *reader = argument;
	struct torc_packet batch[8];
	int got, i;

	while ((got = torc_ring_next_batch(reader->ring, batch, 8)) > 0)
		for (i = 0; i < got; i++) {
			reader->count++;
			reader->sum += number_of(&batch[i]);
		}
	return NULL;
}

/* Several threads: each packet to one of them; the blocks they hold stay. */
static void test_threads(void)
{
	struct reader readers[4] = { 0 };
	struct torc_ring_options options = { .size = sizeof(options), .flags = TORC_REENTRANT,
					     .block_bytes = 4096, .buffer_bytes = 32768 };
	struct torc_ring *ring;
	uint64_t count = 0, sum = 0;
	int i;

	is(torc_ring_open_with(&ring, device, &options, &error), 0, "a ring of several threads");
	torc_ring_enable(ring);
	for (i = 0; i < 4; i++) {
		readers[i].ring = ring;
		pthread_create(&readers[i].thread, NULL, read_shared, &readers[i]);
	}
	for (i = 0; i < 4; i++) {
		pthread_join(readers[i].thread, NULL);
		count += readers[i].count;
		sum += readers[i].sum;
	}
	ok(count == PACKETS && sum == (uint64_t)PACKETS * (PACKETS - 1) / 2,
	   "each packet to exactly one of four threads (%llu)", (unsigned long long)count);
	torc_ring_close(ring);
}

/* From a ring on a file to another file: what the file tells beyond the packets stays. */
static void test_convert(void)
{
	struct torc_ring *ring = open_ring(device, 0, 0);
	struct torc_file_interface view = { .size = sizeof(view) };
	struct torc_file_extra extra = { .size = sizeof(extra) };
	struct torc_packet batch[50], packet;
	struct torc_writer *writer;
	struct torc_file *file;
	unsigned int count = 0, comments = 0;
	char name[200];
	int got;

	snprintf(name, sizeof(name), "%s/copy.pcapng", folder);
	torc_ring_set_filter(ring, "udp dst port 53");
	torc_ring_enable(ring);
	is(torc_writer_open(&writer, name, NULL, &error), 0, "a writer");
	is(torc_writer_follow(writer, torc_file_of_ring(ring)), 0, "that follows the ring's file");
	while ((got = torc_ring_next_batch(ring, batch, 50)) > 0)
		torc_writer_write(writer, batch, (unsigned int)got);
	is(torc_writer_close(writer, NULL, &error), 0, "written");
	torc_ring_close(ring);
	is(torc_file_open(&file, name, NULL, &error), 0, "read");
	while (torc_file_next(file, &packet) > 0) {
		torc_file_extra(file, 0, &extra);
		comments += extra.comment_count == 1 && number_of(&packet) % 1000 == 0 &&
			    memcmp(extra.comment, "a comment", 9) == 0;
		count += packet.direction == (number_of(&packet) % 2 ? TORC_PACKET_TX :
								     TORC_PACKET_RX);
	}
	ok(count == PACKETS / 3 && comments == 1, "the packets with direction and comment");
	ok(torc_file_interface(file, 0, &view) == 0 && view.name &&
	   strcmp(view.name, "eth5") == 0 && view.received == 12345 &&
	   view.dropped_by_os == TORC_UNKNOWN, "the interface, and its statistics");
	torc_file_close(file);
}

static void test_own_input(void)
{
	struct torc_ring *ring = open_ring(device, 0, 0);
	struct torc_writer *writer;

	is(torc_writer_open(&writer, path, NULL, &error), -EBUSY, "a ring's file is not written to");
	torc_ring_close(ring);
}

int main(void)
{
	if (!mkdtemp(folder))
		skip_all("no temporary folder");
	make_file();
	test_plain();
	test_settings();
	test_disable();
	test_pace();
	test_pipe();
	test_threads();
	test_convert();
	test_own_input();
	test_damage();
	remove_folder(folder);
	return done();
}
