/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * depth.c - what a reader that is away finds when it comes back: packets kept by rate and pause
 *
 * Each program captures from one end of a veth pair and is stopped (SIGSTOP) for the pause, while
 * packets are sent evenly into the other end; then it goes on, is interrupted, and says how many
 * packets it had. All have 64 MiB, the default of torc and of gopacket's afpacket.
 *
 *	depth [PAUSE_MS [RATE ...]]
 */
#include <fcntl.h>
#include <linux/if_packet.h>

#include "flood.h"
#include "rounds.h"

#define RATES_MAX   16
#define OUTPUT_MAX  65536
#define SETTLE_US   700000
#define FINISH_US   1500000 /* tcpdump's blocks may be a second old */
#define SEND_STEP_US 200

static const struct program {
	const char *name;
	const char *command; /* $B: the folder of the build */
	const char *goal;    /* of the share that is kept, at every rate */
} programs[] = {
	{ "torc dump", "exec $B/torc dump -i rx0 -w /dev/null", ">= 90" },
	{ "torc dump --immediate-mode", "exec $B/torc dump -i rx0 --immediate-mode -w /dev/null",
	  NULL },
	{ "tcpdump -B 65536", "exec tcpdump -n -i rx0 -B 65536 -w /dev/null", NULL },
	{ "tcpdump --immediate-mode",
	  "exec tcpdump -n -i rx0 --immediate-mode -B 65536 -w /dev/null", NULL },
	{ "dumpcap -B 64", "exec dumpcap -q -i rx0 -B 64 -w /dev/null", NULL },
	{ "gopacket afpacket", "exec $B/bench/gopacket-receive rx0 1000000000 default", NULL },
};

#define PROGRAMS (sizeof(programs) / sizeof(programs[0]))

static uint64_t send_evenly(double rate, double seconds)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_ifindex = (int)if_nametoindex("tx0") };
	uint8_t frame[60] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xb5 };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	double begin = rounds_now();
	uint64_t sent = 0;

	for (;;) {
		double now = rounds_now() - begin;
		uint64_t due = (uint64_t)((now < seconds ? now : seconds) * rate);

		while (sent < due && sendto(fd, frame, sizeof(frame), 0, (void *)&address,
					    sizeof(address)) > 0)
			sent++;
		if (now >= seconds)
			break;
		usleep(SEND_STEP_US);
	}
	close(fd);
	return sent;
}

/* The number beside the word "captured", before or behind it; or the first of the last line. */
static long long number_in(const char *text)
{
	const char *word = strstr(text, "captured"), *at;
	long long before = -1;

	if (!word) {
		at = strrchr(text, '\n');
		while (at && at > text && at[-1] != '\n')
			at--;
		return sscanf(at ? at : text, "%lld", &before) == 1 ? before : -1;
	}
	if (sscanf(word, "captured: %lld", &before) == 1)
		return before;
	for (at = word; at > text && at[-1] != '\n'; at--)
		;
	for (; at < word; at++)
		if (sscanf(at, "%lld", &before) == 1)
			return before;
	return -1;
}

static long long run(const struct program *program, double rate, double seconds, uint64_t *sent)
{
	static char output[OUTPUT_MAX];
	size_t length = 0;
	ssize_t got;
	int ends[2];
	pid_t child;

	if (pipe(ends) < 0)
		return -1;
	child = fork();
	if (child == 0) {
		flood_settle(-1);
		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		execl("/bin/sh", "sh", "-c", program->command, NULL);
		_exit(127);
	}
	close(ends[1]);
	usleep(SETTLE_US);
	kill(child, SIGSTOP);
	*sent = send_evenly(rate, seconds);
	kill(child, SIGCONT);
	usleep(FINISH_US);
	if (!strstr(program->name, "gopacket")) /* which ends when nothing comes any more */
		kill(child, SIGINT);
	while (length < sizeof(output) - 1 &&
	       (got = read(ends[0], output + length, sizeof(output) - 1 - length)) > 0)
		length += (size_t)got;
	output[length] = '\0';
	close(ends[0]);
	waitpid(child, NULL, 0);
	return number_in(output);
}

int main(int argc, char **argv)
{
	double rates[RATES_MAX] = { 200, 1000, 5000, 20000, 60000, 100000 };
	unsigned int pause_ms = argc > 1 ? (unsigned int)atoi(argv[1]) : 4000, count = 6;
	char what[64];

	for (int i = 2; i < argc && i - 2 < RATES_MAX; i++) {
		rates[i - 2] = atof(argv[i]);
		count = (unsigned int)i - 1;
	}
	setenv("B", "build", 0);
	if (system("GOPATH=${GOPATH:-/usr/share/gocode} GO111MODULE=off go build -o "
		   "$B/bench/gopacket-receive bench/gopacket/receive/main.go 2>/dev/null") != 0)
		printf("without gopacket: go or the package is not installed\n");
	if (pause_ms < 1 || flood_make_veth("tx0", "rx0") < 0)
		return 1;
	printf("%% kept of packets of 60 bytes that come in a pause of %u ms, 64 MiB each\n%-28s",
	       pause_ms, "packets a second");
	for (unsigned int i = 0; i < count; i++)
		printf(" %8.0f", rates[i]);
	for (unsigned int p = 0; p < PROGRAMS; p++) {
		printf("\n%-28s", programs[p].name);
		for (unsigned int i = 0; i < count; i++) {
			uint64_t sent;
			long long kept = run(&programs[p], rates[i], pause_ms / 1e3, &sent);
			double share = sent ? 100.0 * (double)kept / (double)sent : 0;

			if (kept < 0) {
				printf(" %8s", "-");
				continue;
			}
			printf(" %8.1f", share);
			fflush(stdout);
			snprintf(what, sizeof(what), "%.0f/s", rates[i]);
			rounds_write(&(struct rounds_row){
				.bench = "depth", .what = what, .name = programs[p].name,
				.unit = "% kept", .median = share, .low = share, .high = share,
				.goal = programs[p].goal });
		}
	}
	printf("\n");
	return 0;
}
