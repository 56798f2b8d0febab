/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * write_jobs.c - what happens to each file that is complete: the command of -z, and its name printed
 *
 * A process that looks at packets starts no programs. So another one does, which is forked before the
 * capture is open: it has nothing of it, is not confined, since nobody knows what a command needs, and
 * hears nothing but the names of files, a message each.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "privileges.h"
#include "write.h"

extern char **environ;

enum { PATH_MOST = 4096 };

struct jobs {
	const char *command;
	pthread_mutex_t lock;
	pid_t helper; /* 0: there is no command */
	int fd;       /* to it */
	FILE *names;  /* of -b printname: */
	bool failed;
};

/* ---- in the helper ---- */

struct job {
	pid_t pid;
	char *path;
	struct job *next;
};

struct helper {
	const char *command;
	struct job *running;
	bool failed;
};

static int spawn(const struct helper *helper, const char *path, pid_t *pid)
{
	char *words[] = { (char *)(uintptr_t)helper->command, (char *)(uintptr_t)path, NULL };
	posix_spawnattr_t attributes;
	sigset_t defaults, none;
	int code;

	sigemptyset(&none);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE); /* we ignore it; the command may rely on it */
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	code = posix_spawnp(pid, words[0], NULL, &attributes, words, environ);
	posix_spawnattr_destroy(&attributes);
	return code;
}

static void run_command(struct helper *helper, const char *path)
{
	struct job *job = calloc(1, sizeof(*job));
	int code = ENOMEM;

	if (job)
		job->path = strdup(path);
	if (job && job->path)
		code = spawn(helper, path, &job->pid);
	if (code == 0) {
		job->next = helper->running;
		helper->running = job;
		return;
	}
	helper->failed = true;
	cli_complain("torc: -z %s %s: %s", helper->command, path, strerror(code));
	if (job)
		free(job->path);
	free(job);
}

/* Says how a command ended, unless well. */
static void ended(struct helper *helper, const struct job *job, int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return;
	helper->failed = true;
	if (WIFSIGNALED(status))
		cli_complain("torc: -z %s %s: ended by signal %d", helper->command, job->path,
			     WTERMSIG(status));
	else
		cli_complain("torc: -z %s %s: failed with status %d", helper->command, job->path,
			     WEXITSTATUS(status));
}

static pid_t wait_for(pid_t pid, int *status, int flags)
{
	pid_t got;

	do {
		got = waitpid(pid, status, flags);
	} while (got < 0 && errno == EINTR);
	return got;
}

static void reap(struct helper *helper, bool all)
{
	struct job **link = &helper->running;

	while (*link) {
		struct job *job = *link;
		int status = 0;
		pid_t got = wait_for(job->pid, &status, all ? 0 : WNOHANG);

		if (got == 0) {
			link = &job->next;
			continue;
		}
		if (got > 0)
			ended(helper, job, status);
		*link = job->next;
		free(job->path);
		free(job);
	}
}

static void ignore(int signal)
{
	(void)signal;
}

/*
 * What ends the capture does not end us: its last file is still to come. A handler and not SIG_IGN,
 * which commands would inherit.
 */
static void set_signals(sigset_t *waiting)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD };
	struct sigaction action = { .sa_handler = ignore }, before;
	sigset_t child;

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		if (sigaction(signals[i], NULL, &before) == 0 &&
		    (before.sa_handler != SIG_IGN || signals[i] == SIGCHLD))
			sigaction(signals[i], &action, NULL);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD); /* comes while we wait, and only then */
	sigprocmask(SIG_BLOCK, &child, waiting);
	sigdelset(waiting, SIGCHLD);
}

static void help(const char *command, const char *user, int fd) __attribute__((noreturn));
static void help(const char *command, const char *user, int fd)
{
	struct helper helper = { .command = command };
	struct pollfd news = { .fd = fd, .events = POLLIN };
	char path[PATH_MOST];
	sigset_t waiting;
	ssize_t length;

	prctl(PR_SET_NAME, "torc-commands", 0, 0, 0);
	set_signals(&waiting);
	if (!privileges_drop_helper(user))
		_exit(1); /* the capture finds the same, and says it */
	for (;;) {
		reap(&helper, false);
		if (ppoll(&news, 1, NULL, &waiting) < 0)
			continue; /* a command has ended */
		length = recv(fd, path, sizeof(path) - 1, 0);
		if (length <= 0)
			break; /* the capture has ended */
		path[length] = '\0';
		run_command(&helper, path);
	}
	reap(&helper, true);
	_exit(helper.failed);
}

/* ---- in the capture ---- */

static bool start_helper(struct jobs *jobs, const char *user)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return false;
	jobs->helper = fork();
	if (jobs->helper == 0) {
		close(fds[0]);
		help(jobs->command, user, fds[1]);
	}
	close(fds[1]);
	jobs->fd = fds[0];
	if (jobs->helper > 0)
		return true;
	close(fds[0]);
	return false;
}

struct jobs *jobs_new(const char *command, const char *user)
{
	struct jobs *jobs = calloc(1, sizeof(*jobs));

	if (jobs) {
		jobs->command = command;
		pthread_mutex_init(&jobs->lock, NULL);
	}
	if (jobs && (!command || start_helper(jobs, user)))
		return jobs;
	cli_complain("torc: -z: no process for the commands: %s", strerror(errno));
	free(jobs);
	return NULL;
}

void jobs_open_names(struct jobs *jobs, const char *path)
{
	jobs->names = strcmp(path, "stdout") == 0 ? stdout :
		      strcmp(path, "stderr") == 0 ? stderr : fopen(path, "we");
	if (jobs->names)
		return;
	cli_complain("torc: -b printname:%s: %s", path, strerror(errno));
	jobs->failed = true;
}

void jobs_start(void *user, const char *path)
{
	struct jobs *jobs = user;
	ssize_t sent;

	pthread_mutex_lock(&jobs->lock);
	if (jobs->names)
		jobs->failed |= fprintf(jobs->names, "%s\n", path) < 0 || fflush(jobs->names) != 0;
	if (jobs->helper) {
		do {
			sent = send(jobs->fd, path, strlen(path), MSG_NOSIGNAL);
		} while (sent < 0 && errno == EINTR);
		if (sent < 0) {
			jobs->failed = true;
			cli_complain("torc: -z %s %s: not run: %s", jobs->command, path,
				     strerror(errno));
		}
	}
	pthread_mutex_unlock(&jobs->lock);
}

bool jobs_free(struct jobs *jobs)
{
	int status = 0;
	bool failed;

	if (!jobs)
		return false;
	if (jobs->helper) {
		close(jobs->fd);
		if (wait_for(jobs->helper, &status, 0) < 0 || status != 0)
			jobs->failed = true;
	}
	failed = jobs->failed;
	if (jobs->names && jobs->names != stdout && jobs->names != stderr)
		failed |= fclose(jobs->names) != 0;
	pthread_mutex_destroy(&jobs->lock);
	free(jobs);
	return failed;
}
