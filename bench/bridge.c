/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * bridge.c - packets a second through `torc bridge`, against what the slower way of a sender sends
 *
 * bench/bridge. A flood at top speed on one veth pair, which the bridge forwards to another; it gets
 * more than it can take. What its account says is held against the counters of both ends, to the
 * packet: a difference ends the benchmark.
 */
#include <err.h>
#include <sys/resource.h>

#include "flood.h"
#include "rounds.h"

#define ROUNDS	3u
#define PACKETS 1000000u
#define SENT	400000u
#define BATCH	1024u

struct way {
	const char *name;
	const char *option; /* of torc bridge; NULL: a sender alone */
	struct rounds pps;
	struct rounds cpu; /* nanoseconds of a processor for a packet that left: also on a busy machine */
	uint64_t forwarded, dropped;
};

static struct way ways[] = {
	{ .name = "torc send --way send" },
	{ .name = "torc bridge", .option = "--color=never" },
	{ .name = "torc bridge --blocks", .option = "--blocks" },
};

/* Packets that an interface received; not of sysfs, which shows the namespace that mounted it. */
static uint64_t counter(const char *interface)
{
	char line[512];
	unsigned long long packets = 0;
	size_t length = strlen(interface);
	FILE *file = fopen("/proc/net/dev", "r");

	while (file && fgets(line, sizeof(line), file)) {
		const char *name = line + strspn(line, " ");

		if (strncmp(name, interface, length) == 0 && name[length] == ':' &&
		    sscanf(name + length + 1, "%*u %llu", &packets) == 1) {
			fclose(file);
			return packets;
		}
	}
	errx(1, "/proc/net/dev has no %s", interface);
}

static void send_alone(struct way *way, uint32_t size)
{
	struct torc_maker_options made = { .size = sizeof(made), .flows = 64, .lengths = &size,
					   .length_count = 1 };
	struct torc_sender_options options = { .size = sizeof(options), .way = "send" };
	struct torc_packet packets[BATCH];
	struct torc_sender *sender;
	struct torc_maker *maker;
	struct torc_error error;
	double begin, cpu;

	if (torc_maker_open(&maker, &made, &error) < 0 ||
	    torc_sender_open(&sender, "b0", &options, &error) < 0)
		errx(1, "%s", error.text);
	torc_maker_batch(maker, packets, BATCH);
	begin = rounds_now();
	cpu = rounds_cpu_ns();
	for (unsigned int n = 0; n < SENT; n += BATCH)
		torc_sender_send(sender, packets, BATCH);
	torc_sender_flush(sender);
	rounds_add(&way->pps, SENT / (rounds_now() - begin));
	rounds_add(&way->cpu, (rounds_cpu_ns() - cpu) / SENT);
	torc_sender_close(sender);
	torc_maker_close(maker);
}

/* The bridge on processor 0, until it is told to end; its account comes by the pipe. */
static pid_t start_bridge(const struct way *way, int *account)
{
	int pipe_ends[2];
	char path[512];
	pid_t pid;

	snprintf(path, sizeof(path), "%s/torc", getenv("B") ? getenv("B") : "build");
	if (pipe(pipe_ends) < 0 || (pid = fork()) < 0)
		err(1, "torc bridge");
	if (pid == 0) {
		flood_settle(0);
		dup2(pipe_ends[1], STDOUT_FILENO);
		execl(path, "torc", "bridge", "-q", "--json", "--one-way", "--no-loop-check", way->option,
		      "a0", "b0", (char *)NULL);
		err(1, "%s", path);
	}
	close(pipe_ends[1]);
	*account = pipe_ends[0];
	return pid;
}

static uint64_t figure(const char *account, const char *name)
{
	char key[64];
	const char *at;

	snprintf(key, sizeof(key), "\"%s\":", name);
	at = strstr(account, key);
	if (!at)
		errx(1, "no %s in %s", name, account);
	return strtoull(at + strlen(key), NULL, 10);
}

/* Seconds from the first packet that arrives to the last. */
static double watch(uint64_t before)
{
	double first = 0, last = 0;
	uint64_t seen = before;
	unsigned int idle = 0;

	for (unsigned int turns = 0; idle < 50 && turns < 6000; turns++) {
		uint64_t now = counter("b1");

		usleep(10000);
		if (now == seen) {
			idle += first > 0;
			continue;
		}
		last = rounds_now();
		if (first == 0)
			first = last;
		seen = now;
		idle = 0;
	}
	return last - first;
}

static void forward(struct way *way, uint32_t size)
{
	uint64_t before = counter("b1"), came = counter("a0"), sent, seen, arrived;
	struct flood flood = { 0 };
	char account[4096] = "";
	double seconds, sending;
	struct rusage usage = { 0 };
	int fd;
	pid_t pid = start_bridge(way, &fd);

	usleep(300000); /* it forwards from then on; what comes before is missed by nobody's account */
	if (flood_start(&flood, "a1", PACKETS, size, 64, 1) < 0)
		errx(1, "no flood");
	seconds = watch(before);
	sent = flood_wait(&flood, &sending);
	came = counter("a0") - came;
	seen = counter("b1") - before;
	kill(pid, SIGINT);
	if (read(fd, account, sizeof(account) - 1) <= 0)
		errx(1, "torc bridge ended without an account");
	close(fd);
	wait4(pid, NULL, 0, &usage);
	arrived = counter("b1") - before;
	way->forwarded = figure(account, "forwarded");
	way->dropped = figure(account, "dropped");
	if (!strstr(account, "\"balanced\":true") || figure(account, "frames") != arrived ||
	    figure(account, "seen") != came ||
	    way->forwarded + way->dropped + figure(account, "not_read") != figure(account, "seen"))
		errx(1, "%llu sent, %llu came, %llu arrived, and the account is %s",
		     (unsigned long long)sent, (unsigned long long)came, (unsigned long long)arrived,
		     account);
	rounds_add(&way->pps, (double)seen / seconds);
	rounds_add(&way->cpu, ((double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e9 +
			       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e3) /
				      (double)arrived);
}

static void measure(uint32_t size)
{
	char what[32];

	snprintf(what, sizeof(what), "%u bytes", size);
	printf("frames of %s\n", what);
	for (struct way *way = ways; way < ways + 3; way++)
		way->pps.count = way->cpu.count = 0;
	for (unsigned int round = 0; round < ROUNDS; round++) {
		send_alone(&ways[0], size);
		forward(&ways[1], size);
		forward(&ways[2], size);
	}
	for (struct way *way = ways; way < ways + 3; way++) {
		printf("  %-24s %6.3f million/s, %4.0f ns of a processor each", way->name,
		       rounds_median(&way->pps) / 1e6, rounds_median(&way->cpu));
		if (way->option)
			printf("  %.2f of the sender; last: %llu forwarded, %llu dropped",
			       rounds_ratio(&way->pps, &ways[0].pps), (unsigned long long)way->forwarded,
			       (unsigned long long)way->dropped);
		printf("\n");
		rounds_tell((struct rounds_row){ .bench = "bridge", .what = what, .name = way->name,
						 .unit = "packets/s", .peer = "torc send",
						 .goal = way->option ? ">= 0.8" : NULL },
			    &way->pps, way->option ? &ways[0].pps : NULL);
		rounds_tell((struct rounds_row){ .bench = "bridge", .what = what, .name = way->name,
						 .unit = "ns CPU/packet" },
			    &way->cpu, NULL);
	}
}

int main(void)
{
	if (flood_make_veth("a1", "a0") < 0 || flood_make_veth("b0", "b1") < 0)
		return 77;
	measure(64);
	measure(1500);
	return 0;
}
