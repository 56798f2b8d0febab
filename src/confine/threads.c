/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * threads.c - one function in every thread
 *
 * Capabilities, no_new_privs and Landlock belong to threads. The C library has the same problem with
 * user ids, and a signal for it (SIGSETXID) that pthread_sigmask(3) never blocks. We borrow it: its
 * action is exchanged for the time, which takes rt_sigaction(2) itself.
 */
#include <dirent.h>
#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "confine/confine.h"

#define SIGNAL_SETXID	 33 /* glibc's SIGSETXID: __SIGRTMIN + 1 */
#define WAIT_S		 2
#define SIGSET_BYTES	 8 /* the kernel's sigset_t */
#define KERNEL_SIGACTION 64 /* at least as long as any machine's struct */
#define THREADS_MOST	 4096

/* What the handler works with; one torc_each_thread() at a time. */
static struct {
	void (*step)(void *object);
	void *object;
	sem_t done;
} work;

static void handle(int signal, siginfo_t *info, void *context)
{
	int saved = errno;

	(void)signal;
	(void)context;
	if (info->si_code != SI_TKILL || info->si_pid != getpid())
		return; /* another process's: nothing is at hand for it */
	work.step(work.object);
	sem_post(&work.done);
	errno = saved;
}

static int raw_action(int signal, const void *set, void *get)
{
	return (int)syscall(SYS_rt_sigaction, signal, set, get, SIGSET_BYTES);
}

/* The C library makes the kernel's struct, return path included, for a signal it lets us have. */
static int install(void *old)
{
	struct sigaction action = { .sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_RESTART };
	struct sigaction before;
	uint8_t raw[KERNEL_SIGACTION] = { 0 };
	int code;

	sigfillset(&action.sa_mask);
	if (sigaction(SIGRTMAX, &action, &before) < 0)
		return -errno;
	code = raw_action(SIGRTMAX, NULL, raw);
	sigaction(SIGRTMAX, &before, NULL);
	if (code < 0 || raw_action(SIGNAL_SETXID, raw, old) < 0)
		return -errno;
	return 0;
}

static bool tell(pid_t thread)
{
	struct timespec until;

	if (syscall(SYS_tgkill, getpid(), thread, SIGNAL_SETXID) < 0)
		return errno == ESRCH; /* ended meanwhile */
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WAIT_S;
	while (sem_timedwait(&work.done, &until) < 0)
		if (errno != EINTR)
			return false;
	return true;
}

static bool is_known(const pid_t *known, unsigned int count, pid_t thread)
{
	for (unsigned int i = 0; i < count; i++)
		if (known[i] == thread)
			return true;
	return false;
}

/* Those that are not known yet; how many. */
static unsigned int pass(DIR *tasks, pid_t *known, unsigned int *count, uint32_t *done, uint32_t *left)
{
	unsigned int found = 0;
	struct dirent *entry;

	rewinddir(tasks);
	while ((entry = readdir(tasks)) && *count < THREADS_MOST) {
		pid_t thread = (pid_t)strtol(entry->d_name, NULL, 10);

		if (thread <= 0 || is_known(known, *count, thread))
			continue;
		known[(*count)++] = thread;
		found++;
		++*(tell(thread) ? done : left);
	}
	return found;
}

void torc_each_thread(void (*step)(void *object), void *object, uint32_t *done, uint32_t *left)
{
	static pid_t known[THREADS_MOST];
	uint8_t old[KERNEL_SIGACTION] = { 0 };
	unsigned int count = 1;
	DIR *tasks = opendir("/proc/self/task"); /* the step may take it out of reach */

	*done = *left = 0;
	known[0] = (pid_t)syscall(SYS_gettid);
	step(object);
	work.step = step;
	work.object = object;
	if (!tasks || sem_init(&work.done, 0, 0) < 0 || install(old) < 0) {
		++*left; /* nobody knows how many */
		if (tasks)
			closedir(tasks);
		return;
	}
	/* a thread that was not told yet may have started one: until a pass finds none */
	while (pass(tasks, known, &count, done, left) > 0)
		;
	closedir(tasks);
	if (*left == 0) { /* else one may come late, and must find the handler */
		raw_action(SIGNAL_SETXID, old, NULL);
		sem_destroy(&work.done);
	}
}
