/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * write_jobs.c - what happens to each file that is complete: the command of -z, and its name printed
 *
 * Commands are started by the thread that writes, and looked after by the one that captures.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "write.h"

extern char **environ;

struct job {
	pid_t pid;
	char *path;
	struct job *next;
};

struct jobs {
	const char *command;
	pthread_mutex_t lock;
	struct job *running;
	FILE *names; /* of -b printname: */
	bool failed;
};

static FILE *open_names(const char *path)
{
	FILE *names = strcmp(path, "stdout") == 0 ? stdout :
		      strcmp(path, "stderr") == 0 ? stderr : fopen(path, "we");

	if (!names)
		cli_complain("torc: -b printname:%s: %s", path, strerror(errno));
	return names;
}

struct jobs *jobs_new(const char *command, const char *print_name)
{
	struct jobs *jobs = calloc(1, sizeof(*jobs));

	if (!jobs) {
		cli_complain("torc: no memory");
		return NULL;
	}
	jobs->command = command;
	pthread_mutex_init(&jobs->lock, NULL);
	jobs->names = print_name ? open_names(print_name) : NULL;
	jobs->failed = print_name && !jobs->names;
	return jobs;
}

static int start(const struct jobs *jobs, const char *path, pid_t *pid)
{
	char *words[] = { (char *)(uintptr_t)jobs->command, (char *)(uintptr_t)path, NULL };
	posix_spawnattr_t attributes;
	sigset_t defaults, none;
	int code;

	sigemptyset(&none); /* the writing thread has all signals blocked */
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

static void run_command(struct jobs *jobs, const char *path)
{
	struct job *job = calloc(1, sizeof(*job));
	int code = ENOMEM;

	if (job)
		job->path = strdup(path);
	if (job && job->path)
		code = start(jobs, path, &job->pid);
	if (code == 0) {
		job->next = jobs->running;
		jobs->running = job;
		job = NULL;
	} else {
		jobs->failed = true;
		cli_complain("torc: -z %s %s: %s", jobs->command, path, strerror(code));
	}
	if (job)
		free(job->path);
	free(job);
}

void jobs_start(void *user, const char *path)
{
	struct jobs *jobs = user;

	pthread_mutex_lock(&jobs->lock);
	if (jobs->names)
		jobs->failed |= fprintf(jobs->names, "%s\n", path) < 0 || fflush(jobs->names) != 0;
	if (jobs->command)
		run_command(jobs, path);
	pthread_mutex_unlock(&jobs->lock);
}

/* Says how a command ended, unless well. */
static void ended(struct jobs *jobs, const struct job *job, int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return;
	jobs->failed = true;
	if (WIFSIGNALED(status))
		cli_complain("torc: -z %s %s: ended by signal %d", jobs->command, job->path,
			     WTERMSIG(status));
	else
		cli_complain("torc: -z %s %s: failed with status %d", jobs->command, job->path,
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

void jobs_reap(struct jobs *jobs, bool all)
{
	struct job **link = &jobs->running;

	pthread_mutex_lock(&jobs->lock);
	while (*link) {
		struct job *job = *link;
		int status = 0;
		pid_t got = wait_for(job->pid, &status, all ? 0 : WNOHANG);

		if (got == 0) {
			link = &job->next;
			continue;
		}
		if (got > 0)
			ended(jobs, job, status);
		*link = job->next;
		free(job->path);
		free(job);
	}
	pthread_mutex_unlock(&jobs->lock);
}

bool jobs_free(struct jobs *jobs)
{
	bool failed;

	if (!jobs)
		return false;
	jobs_reap(jobs, true);
	failed = jobs->failed;
	if (jobs->names && jobs->names != stdout && jobs->names != stderr)
		failed |= fclose(jobs->names) != 0;
	pthread_mutex_destroy(&jobs->lock);
	free(jobs);
	return failed;
}
