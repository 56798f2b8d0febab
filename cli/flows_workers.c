/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * flows_workers.c - torc flows in several processes: a cluster gives each its flows, and the sum of
 * their accounts is told at the end
 *
 * They share nothing but the pages where each keeps its account. Each opens its rings and outputs
 * after the one before it, so that what is wrong is said once, and all begin together, so that a file
 * is split among all of them.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "flows.h"

struct shared {
	struct flows_start start;
	struct flows_account account[]; /* one a worker */
};

static void pause_short(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
}

static int state_of(const struct flows_start *start, unsigned int worker)
{
	return __atomic_load_n(&start->ready[worker], __ATOMIC_ACQUIRE);
}

bool flows_start_turn(struct flows_start *start, unsigned int worker)
{
	while (worker > 0 && state_of(start, worker - 1) == 0 && !cli_signals_pending())
		pause_short();
	return worker == 0 || state_of(start, worker - 1) > 0;
}

bool flows_start_together(struct flows_start *start, unsigned int worker, bool good)
{
	__atomic_store_n(&start->ready[worker], good ? 1 : -1, __ATOMIC_RELEASE);
	for (unsigned int n = 0; n < start->count && good; n++) {
		while (state_of(start, n) == 0 && !cli_signals_pending())
			pause_short();
		good = state_of(start, n) > 0;
	}
	return good;
}

static pid_t start_worker(struct flows_settings *settings, char **words, flows_work *work,
			  struct shared *shared, unsigned int worker)
{
	pid_t parent = getpid(), pid = fork();
	struct flows_account *account = &shared->account[worker];

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(CLI_FAILED);
	account->status = work(settings, words, worker, &shared->start, account);
	account->done = true;
	fflush(stderr);
	_exit(account->status);
}

static void pass_on(void *pids, unsigned int signal_bit)
{
	int number = signal_bit == CLI_SIGNAL_STOP ? SIGTERM : SIGUSR1;

	if (signal_bit == CLI_SIGNAL_STOP || signal_bit == CLI_SIGNAL_REPORT)
		for (pid_t *pid = pids; *pid; pid++)
			if (*pid > 0)
				kill(*pid, number);
}

/* Waits for all; a worker that was killed is told, and the others go on. */
static void wait_for_workers(pid_t *pids, struct shared *shared, unsigned int count)
{
	unsigned int left = count;
	int status;

	while (left > 0) {
		pid_t gone = wait(&status);

		if (gone < 0 && errno != EINTR)
			break;
		for (unsigned int n = 0; n < count && gone > 0; n++) {
			if (pids[n] != gone)
				continue;
			pids[n] = -1;
			left--;
			if (shared->account[n].done)
				continue;
			cli_complain("torc: worker %u (pid %d) died: its open flows are lost; the account "
				     "has what it told last", n, (int)gone);
			shared->account[n].status = CLI_FAILED;
			__atomic_store_n(&shared->start.ready[n], -1, __ATOMIC_RELEASE);
		}
	}
}

int flows_workers_run(struct flows_settings *settings, char **words, flows_work *work,
		      struct flows_account *sum)
{
	unsigned int count = (unsigned int)settings->workers, n;
	size_t bytes = sizeof(struct shared) + count * sizeof(struct flows_account);
	struct shared *shared = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t *pids = calloc(count + 1, sizeof(*pids));

	if (shared == MAP_FAILED || !pids) {
		free(pids);
		return cli_fail(-ENOMEM, NULL);
	}
	shared->start.count = count;
	cli_signals_catch(NULL, NULL); /* and so do the workers, from their first moment on */
	fflush(NULL);
	for (n = 0; n < count; n++) {
		pids[n] = start_worker(settings, words, work, shared, n);
		if (pids[n] < 0) {
			cli_complain("torc: worker %u cannot be started: %s", n, strerror(errno));
			__atomic_store_n(&shared->start.ready[n], -1, __ATOMIC_RELEASE);
			shared->account[n].status = CLI_FAILED;
			shared->account[n].done = true;
			pids[n] = 0; /* ends the list of those to tell */
			break;
		}
	}
	cli_signals_catch(pass_on, pids);
	if (cli_signals_pending())
		pass_on(pids, CLI_SIGNAL_STOP);
	wait_for_workers(pids, shared, n);
	cli_signals_catch(NULL, NULL);
	sum->ring.balanced = sum->table.balanced = true;
	for (n = 0; n < FLOWS_OUTPUTS_MAX; n++)
		sum->output[n].balanced = true;
	for (n = 0; n < count; n++)
		flows_account_add(sum, &shared->account[n]);
	munmap(shared, bytes);
	free(pids);
	return sum->status;
}
