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
#include "notify.h"

#define SECOND_NS 1000000000ull

struct shared {
	struct flows_start start;
	struct flows_told told[]; /* one a worker */
};

/* All workers, as the parent sees them. */
struct workers {
	struct flows_settings *settings;
	char **words;
	flows_work *work;
	struct shared *shared;
	struct flows_account *sum; /* of the lives that are over */
	pid_t *pid;                /* -1: there is none now; ends with 0 */
	struct life {
		uint64_t born_ns, pause_ns;
		uint64_t again_ns; /* when another takes its place; 0: none will */
	} *life;
	uint64_t begun_ns;
	unsigned int count;
	bool stopped;
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

void flows_tell(struct flows_start *start, unsigned int worker, const struct flows_account *account)
{
	struct flows_told *told;
	unsigned int turn;

	if (!start)
		return;
	told = &start->told[worker];
	turn = told->turn + 1;
	told->account[turn % 2] = *account;
	__atomic_store_n(&told->turn, turn, __ATOMIC_RELEASE);
}

/* What a worker told; all zero when it did not. */
static struct flows_account heard(const struct workers *all, unsigned int worker)
{
	const struct flows_told *told = &all->shared->told[worker];
	unsigned int turn = __atomic_load_n(&told->turn, __ATOMIC_ACQUIRE);

	return turn > 0 ? told->account[turn % 2] : (struct flows_account){ .status = CLI_GOOD };
}

static void __attribute__((noreturn)) be_worker(struct workers *all, unsigned int worker)
{
	struct flows_account account = { .status = CLI_GOOD };
	uint64_t *for_ns = &all->settings->capture.for_ns;

	if (all->settings->again && *for_ns) /* it ends with the others */
		*for_ns -= cli_now_ns() - all->begun_ns;
	account.status = all->work(all->settings, all->words, worker, &all->shared->start, &account);
	account.done = true;
	flows_tell(&all->shared->start, worker, &account);
	fflush(stderr);
	_exit(account.status);
}

/* Signals wait meanwhile, so that none is passed on by the wrong process or to the wrong ones. */
static void start_worker(struct workers *all, unsigned int worker)
{
	pid_t parent = getpid();
	sigset_t every, before;

	sigfillset(&every);
	sigprocmask(SIG_BLOCK, &every, &before);
	all->life[worker].born_ns = cli_now_ns();
	all->pid[worker] = fork();
	if (all->pid[worker] == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			_exit(CLI_FAILED);
		notify_forget();
		cli_signals_catch(NULL, NULL);
		sigprocmask(SIG_SETMASK, &before, NULL);
		be_worker(all, worker);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static void pass_on(void *pids, unsigned int signal_bit)
{
	int number = signal_bit == CLI_SIGNAL_STOP ? SIGTERM : SIGUSR1;

	if (signal_bit == CLI_SIGNAL_STOP || signal_bit == CLI_SIGNAL_REPORT)
		for (pid_t *pid = pids; *pid; pid++)
			if (*pid > 0)
				kill(*pid, number);
}

/* ---- a worker that died ---- */

static bool time_is_over(const struct workers *all)
{
	uint64_t for_ns = all->settings->capture.for_ns;

	return all->stopped || (for_ns && cli_now_ns() - all->begun_ns >= for_ns);
}

/* After 1, 2, 4 ... 30 seconds; at once when it has lived for a minute. */
static void plan_again(struct life *life)
{
	uint64_t now_ns = cli_now_ns();

	if (now_ns - life->born_ns > 60 * SECOND_NS)
		life->pause_ns = 0;
	life->again_ns = now_ns + life->pause_ns;
	life->pause_ns = life->pause_ns == 0 ? SECOND_NS : 2 * life->pause_ns;
	if (life->pause_ns > 30 * SECOND_NS)
		life->pause_ns = 30 * SECOND_NS;
}

/*
 * What it told last goes into the sum: its open flows are lost, and what became of its records that
 * were not settled nobody knows.
 */
static void bury(struct workers *all, unsigned int worker, pid_t pid)
{
	struct flows_account account = heard(all, worker);
	uint64_t records = 0;
	bool again = account.live && !time_is_over(all);

	account.workers_died = 1;
	account.flows_lost = account.table.open;
	account.status = again ? CLI_GOOD : CLI_FAILED;
	for (unsigned int n = 0; n < FLOWS_OUTPUTS_MAX; n++) {
		struct torc_export_stats *output = &account.output[n];

		records += output->in_flight;
		output->failed += output->in_flight;
		output->unsure += output->in_flight;
		output->in_flight = 0;
	}
	cli_complain("torc: worker %u (pid %d) died: its %llu open flows and %llu records on their way "
		     "are lost; the account has what it told last%s", worker, (int)pid,
		     (unsigned long long)account.flows_lost, (unsigned long long)records,
		     again ? "; another takes its place" : "");
	if (__atomic_load_n(&all->shared->told[worker].turn, __ATOMIC_ACQUIRE) > 0)
		flows_account_add(all->sum, &account);
	else
		all->sum->status = CLI_FAILED;
	__atomic_store_n(&all->shared->told[worker].turn, 0, __ATOMIC_RELEASE);
	__atomic_store_n(&all->shared->start.ready[worker], -1, __ATOMIC_RELEASE);
	if (again)
		plan_again(&all->life[worker]);
}

static void look_at_gone(struct workers *all, pid_t gone)
{
	for (unsigned int n = 0; n < all->count; n++) {
		struct flows_account account;

		if (all->pid[n] != gone)
			continue;
		all->pid[n] = -1;
		account = heard(all, n);
		if (!account.done) {
			bury(all, n, gone);
		} else if (all->life[n].pause_ns > 0 && account.seconds_ns == 0 && !time_is_over(all)) {
			/* it could not open its rings, and said why */
			cli_complain("torc: worker %u could not be started again: trying until it can", n);
			__atomic_store_n(&all->shared->told[n].turn, 0, __ATOMIC_RELEASE);
			plan_again(&all->life[n]);
		}
	}
}

/* Starts whose time has come; true while there are some to come. */
static bool start_again(struct workers *all)
{
	bool waiting = false;

	for (unsigned int n = 0; n < all->count; n++) {
		struct life *life = &all->life[n];

		if (life->again_ns && time_is_over(all))
			life->again_ns = 0;
		if (life->again_ns && cli_now_ns() >= life->again_ns) {
			life->again_ns = 0;
			all->settings->again = true;
			start_worker(all, n);
			if (all->pid[n] < 0)
				plan_again(life);
		}
		waiting = waiting || life->again_ns;
	}
	return waiting;
}

/* This process is the one that the service manager knows. */
static void tell_manager(const struct workers *all, bool *ready)
{
	struct torc_stats sum = { .received = 0 };
	unsigned int n = 0;
	char text[160];

	/* what each tells first, it tells when it receives */
	while (n < all->count && __atomic_load_n(&all->shared->told[n].turn, __ATOMIC_ACQUIRE) > 0)
		n++;
	if (n == all->count && !*ready) {
		*ready = true;
		notify_ready();
	}
	if (!notify_alive())
		return;
	for (n = 0; n < all->count; n++) {
		struct flows_account account = heard(all, n);

		sum.received += account.ring.received;
		sum.dropped += account.ring.dropped == TORC_UNKNOWN ? 0 : account.ring.dropped;
	}
	snprintf(text, sizeof(text), "%u workers, %s packets received, %s dropped", all->count,
		 cli_figure(sum.received).text, cli_figure(sum.dropped).text);
	notify_status(text);
}

/* Until all have ended, and none has a place to be taken. */
static void wait_for_workers(struct workers *all)
{
	for (bool ready = false;;) {
		bool waiting;
		pid_t gone;
		int status;

		if (cli_signals_take() & CLI_SIGNAL_STOP)
			all->stopped = true;
		tell_manager(all, &ready);
		waiting = start_again(all);
		gone = waitpid(-1, &status, waiting || notify_wanted() ? WNOHANG : 0);
		if (gone > 0)
			look_at_gone(all, gone);
		else if (gone < 0 && errno == ECHILD && !waiting)
			return;
		else if (waiting || notify_wanted())
			nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
	}
}

static void start_all(struct workers *all)
{
	for (unsigned int n = 0; n < all->count; n++) {
		start_worker(all, n);
		if (all->pid[n] > 0)
			continue;
		cli_complain("torc: worker %u cannot be started: %s", n, strerror(errno));
		__atomic_store_n(&all->shared->start.ready[n], -1, __ATOMIC_RELEASE);
		all->sum->status = CLI_FAILED;
		all->pid[n] = 0; /* ends the list of those to tell */
		break;
	}
}

int flows_workers_run(struct flows_settings *settings, char **words, flows_work *work,
		      struct flows_account *sum)
{
	unsigned int count = (unsigned int)settings->workers, n;
	size_t bytes = sizeof(struct shared) + count * sizeof(struct flows_told);
	struct workers all = { .settings = settings, .words = words, .work = work, .sum = sum,
			       .count = count, .begun_ns = cli_now_ns() };

	all.shared = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	all.pid = calloc(count + 1, sizeof(*all.pid));
	all.life = calloc(count, sizeof(*all.life));
	if (all.shared == MAP_FAILED || !all.pid || !all.life) {
		free(all.pid);
		free(all.life);
		return cli_fail(-ENOMEM, NULL);
	}
	all.shared->start.count = count;
	all.shared->start.told = all.shared->told;
	flows_account_begin(sum);
	fflush(NULL);
	cli_signals_catch(pass_on, all.pid);
	start_all(&all);
	if (cli_signals_pending()) /* it came while some were not there yet */
		pass_on(all.pid, CLI_SIGNAL_STOP);
	wait_for_workers(&all);
	cli_signals_catch(NULL, NULL);
	for (n = 0; n < count; n++)
		if (all.shared->told[n].turn > 0) {
			struct flows_account account = heard(&all, n);

			flows_account_add(sum, &account);
		}
	munmap(all.shared, bytes);
	free(all.pid);
	free(all.life);
	return sum->status;
}
