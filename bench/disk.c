/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * disk.c - capture to disk: who loses how much of what crosses a veth pair
 *
 * bench/disk [FOLDER]. torc dump -w, tcpdump -w and dumpcap -w in turn, all with 32 MiB of kernel
 * buffer and pcap, while frames of 400 bytes come at several rates for a second. What was sent is
 * the sender's count, what was captured is counted in the file. Needs root; peers that are not
 * installed are left out.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <torc/file.h>
#include <torc/send.h>

#include "flood.h"
#include "rounds.h"

#define ROUNDS  3
#define FRAME   400u
#define BATCH   256u

static char file[512];

struct peer {
	const char *name;
	const char *words[16];
	bool missing;
};

static struct peer peers[] = {
	{ "torc dump -w", { NULL, "dump", "-i", "rx0", "--buffer", "32MiB", "-w", file, NULL },
	  false },
	{ "tcpdump -w", { "tcpdump", "-i", "rx0", "-B", "32768", "-Z", "root", "-w", file, NULL },
	  false },
	{ "dumpcap -w", { "dumpcap", "-q", "-P", "-i", "rx0", "-B", "32", "-w", file, NULL },
	  false },
};

#define PEERS (sizeof(peers) / sizeof(peers[0]))

static const double rates[] = { 200e3, 400e3, 0 }; /* 0: as fast as it goes */

#define RATES (sizeof(rates) / sizeof(rates[0]))

struct result {
	struct rounds lost; /* share of what was sent */
	struct rounds cpu;  /* nanoseconds for a packet in the file */
	uint64_t sent;
};

static struct result results[RATES][PEERS];

static void pause_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

static pid_t start(struct peer *peer)
{
	struct stat status;
	pid_t child;
	int i;

	unlink(file);
	fflush(NULL);
	child = fork();
	if (child == 0) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, 1);
		dup2(null, 2);
		execvp(peer->words[0], (char *const *)(uintptr_t)peer->words);
		_exit(127);
	}
	for (i = 0; i < 200 && (stat(file, &status) < 0 || waitpid(child, NULL, WNOHANG) > 0); i++)
		pause_ms(20);
	if (kill(child, 0) < 0 || stat(file, &status) < 0) {
		peer->missing = true;
		return -1;
	}
	pause_ms(400); /* the capture has begun */
	return child;
}

static uint64_t send_frames(double rate)
{
	struct torc_sender_options options = { .size = sizeof(options),
					       .packets_per_second = rate };
	uint64_t left = rate > 0 ? (uint64_t)rate : 1000000;
	uint32_t size = FRAME;
	struct torc_maker_options make = { .size = sizeof(make), .flows = 64, .lengths = &size,
					   .length_count = 1 };
	struct torc_packet packets[BATCH];
	struct torc_sender_stats stats = { .size = sizeof(stats) };
	struct torc_sender *sender;
	struct torc_maker *maker;
	struct torc_error error;

	if (torc_maker_open(&maker, &make, &error) < 0 ||
	    torc_sender_open(&sender, "tx0", &options, &error) < 0)
		errx(1, "%s", error.text);
	while (left > 0) {
		unsigned int count = left < BATCH ? (unsigned int)left : BATCH;

		torc_maker_batch(maker, packets, count);
		torc_sender_send(sender, packets, count);
		left -= count;
	}
	torc_sender_flush(sender);
	torc_sender_stats(sender, &stats);
	torc_sender_close(sender);
	torc_maker_close(maker);
	return stats.sent;
}

static uint64_t count_file(void)
{
	struct torc_packet packets[BATCH];
	struct torc_file *reader;
	uint64_t found = 0;
	int count;

	if (torc_file_open(&reader, file, NULL, NULL) < 0)
		return 0;
	while ((count = torc_file_next_batch(reader, packets, BATCH)) > 0)
		for (int i = 0; i < count; i++)
			found += packets[i].len == FRAME;
	torc_file_close(reader);
	return found;
}

static void run(struct peer *peer, double rate, struct result *result)
{
	pid_t child = start(peer);
	struct rusage usage;
	uint64_t found;

	if (child < 0)
		return;
	result->sent = send_frames(rate);
	pause_ms(500);
	kill(child, SIGINT);
	if (wait4(child, NULL, 0, &usage) < 0)
		err(1, "wait");
	found = count_file();
	rounds_add(&result->lost, 1 - (double)found / (double)result->sent);
	rounds_add(&result->cpu, ((double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e9 +
				  (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e3) /
					 (double)(found ? found : 1));
	unlink(file);
}

static void print(const char *rate, const char *name, const struct result *result)
{
	struct rounds_row row = { .bench = "disk", .what = rate, .name = name, .unit = "% lost" };
	struct rounds percent = result->lost;

	for (unsigned int i = 0; i < percent.count; i++)
		percent.values[i] *= 100;
	printf("%-14s %-14s %10llu %9.2f %9.2f  %.0f\n", rate, name,
	       (unsigned long long)result->sent, rounds_median(&percent),
	       rounds_share(&percent, 1), rounds_median(&result->cpu));
	rounds_tell(row, &percent, NULL);
	row.unit = "CPU ns/packet";
	rounds_tell(row, &result->cpu, NULL);
}

static void report(void)
{
	printf("%-14s %-14s %10s %9s %9s  %s\n", "rate", "program", "sent", "lost %", "worst %",
	       "processor ns a packet");
	for (size_t r = 0; r < RATES; r++) {
		char rate[32];

		snprintf(rate, sizeof(rate), rates[r] > 0 ? "%.0f/s" : "unlimited", rates[r]);
		for (size_t p = 0; p < PEERS; p++)
			if (results[r][p].lost.count > 0)
				print(rate, peers[p].name, &results[r][p]);
	}
	for (size_t p = 0; p < PEERS; p++)
		if (peers[p].missing)
			printf("%s is left out: not on this machine\n", peers[p].name);
}

int main(int argc, char **argv)
{
	char torc[512];
	size_t r, p;
	int round;

	snprintf(torc, sizeof(torc), "%s/torc", getenv("B") ? getenv("B") : "build");
	peers[0].words[0] = torc;
	snprintf(file, sizeof(file), "%s/torc-bench-disk-%d", argc > 1 ? argv[1] : "/var/tmp",
		 (int)getpid());
	if (unshare(CLONE_NEWNET) < 0 || flood_make_veth("tx0", "rx0") < 0) {
		fprintf(stderr, "disk: needs root, for a network namespace of its own\n");
		return 77;
	}
	for (round = 0; round < ROUNDS; round++)
		for (r = 0; r < RATES; r++)
			for (p = 0; p < PEERS; p++)
				if (!peers[p].missing)
					run(&peers[p], rates[r], &results[r][p]);
	rounds_machine(stdout);
	printf("frames of %u bytes for a second, to %s; medians of %d rounds in turn\n\n", FRAME,
	       argc > 1 ? argv[1] : "/var/tmp", ROUNDS);
	report();
	return 0;
}
