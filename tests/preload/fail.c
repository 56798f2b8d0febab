/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fail.c - to be preloaded: memory that runs out, and a storm of signals
 *
 *	FAIL_FROM=N          the N-th allocation fails
 *	FAIL_FROM=N FAIL_ALL=1  it and all behind it
 *	FAIL_COUNT=FILE      none fails; how many there were is written there
 *	FAIL_STORM=HERTZ     a signal without SA_RESTART so often
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static unsigned long count; /* atomic */
static unsigned long from;
static int all, file = -1;

static int fails(void)
{
	unsigned long number = __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED);

	if (from == 0 || number < from || (number > from && !all))
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t members, size_t size)
{
	return fails() ? NULL : __libc_calloc(members, size);
}

void *realloc(void *old, size_t size)
{
	return fails() ? NULL : __libc_realloc(old, size);
}

static void nothing(int signal)
{
	(void)signal;
}

static void storm(long hertz)
{
	struct sigaction action = { .sa_handler = nothing };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN + 5 };
	struct itimerspec time = { .it_interval.tv_nsec = 1000000000 / hertz,
				   .it_value.tv_nsec = 1000000000 / hertz };
	timer_t timer;

	sigaction(SIGRTMIN + 5, &action, NULL);
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) == 0)
		timer_settime(timer, 0, &time, NULL);
}

__attribute__((constructor)) static void begin(void)
{
	const char *text = getenv("FAIL_COUNT");

	if (text)
		file = open(text, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	text = getenv("FAIL_STORM");
	if (text)
		storm(atol(text));
	all = getenv("FAIL_ALL") != NULL;
	text = getenv("FAIL_FROM");
	count = 0;
	from = text ? strtoul(text, NULL, 10) : 0;
}

/* Behind it comes exit()'s own work, which is not counted. */
__attribute__((destructor)) static void end(void)
{
	char text[32];
	int length = snprintf(text, sizeof(text), "%lu\n", count);

	from = 0;
	if (file >= 0 && write(file, text, (size_t)length) < 0)
		_exit(99);
}
