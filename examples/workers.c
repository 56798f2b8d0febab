/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * workers.c - one interface, one worker per core: each flow is in exactly one of them
 *
 *	workers [DEVICE [CLUSTER-ID]]
 *
 * Each worker is a process with a ring of its own in the cluster, and prints what it got once a
 * second. One that dies is started again; until then the others serve its share. Kill one, and see.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <torc/torc.h>

static const char *device = "any";
static unsigned int cluster = 77;
static volatile sig_atomic_t ending;

static void end(int signal)
{
	(void)signal;
	ending = 1;
}

static int fail(struct torc_ring *ring)
{
	fprintf(stderr, "%s\n", torc_ring_error(ring));
	return 1;
}

/* A ring belongs to the process that opens it: so workers open theirs after the fork. */
static int work(unsigned int number)
{
	struct torc_packet packets[64];
	struct torc_error error;
	struct torc_stats stats = { .size = sizeof(stats) };
	struct torc_ring *ring;
	time_t shown = time(NULL);

	if (torc_ring_open(&ring, device, 0, TORC_PROMISC, &error) < 0) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	if (torc_ring_set_cluster(ring, cluster, TORC_CLUSTER_PER_FLOW) < 0 ||
	    torc_ring_enable(ring) < 0)
		return fail(ring);
	torc_ring_set_poll_duration(ring, 200);
	while (!ending) {
		if (torc_ring_next_batch(ring, packets, 64) < 0)
			return fail(ring);
		if (time(NULL) == shown)
			continue;
		shown = time(NULL);
		torc_ring_stats(ring, &stats);
		printf("worker %u (pid %d): %llu packets, %llu dropped\n", number, (int)getpid(),
		       (unsigned long long)stats.received, (unsigned long long)stats.dropped);
		fflush(stdout);
	}
	torc_ring_close(ring);
	return 0;
}

static pid_t start(unsigned int number)
{
	pid_t pid;

	fflush(stdout); /* or the worker would print it too */
	pid = fork();
	if (pid == 0)
		exit(work(number));
	return pid;
}

/* A worker that was killed is started again; one that failed has said why. */
static void supervise(pid_t *workers, unsigned int count)
{
	while (!ending) {
		int status;
		pid_t gone = wait(&status);

		for (unsigned int i = 0; i < count && gone > 0 && !ending; i++) {
			if (workers[i] != gone)
				continue;
			if (!WIFSIGNALED(status))
				return;
			printf("worker %u (pid %d) died: starting it again\n", i, (int)gone);
			workers[i] = start(i);
		}
	}
}

int main(int argc, char **argv)
{
	unsigned int count = (unsigned int)sysconf(_SC_NPROCESSORS_ONLN);
	struct sigaction action = { .sa_handler = end };
	pid_t *workers = calloc(count, sizeof(*workers));

	if (argc > 1)
		device = argv[1];
	if (argc > 2)
		cluster = (unsigned int)atoi(argv[2]);
	if (!workers)
		return 1;
	sigaction(SIGINT, &action, NULL); /* without SA_RESTART: wait() returns */
	sigaction(SIGTERM, &action, NULL);
	for (unsigned int i = 0; i < count; i++)
		workers[i] = start(i);
	supervise(workers, count);
	for (unsigned int i = 0; i < count; i++)
		kill(workers[i], SIGTERM);
	while (wait(NULL) > 0)
		;
	free(workers);
	return 0;
}
