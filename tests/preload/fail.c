/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * fail.c - to be preloaded: memory that runs out, system calls that fail, and a storm of signals
 *
 *	FAIL_FROM=N          the N-th allocation fails
 *	FAIL_FROM=N FAIL_ALL=1  it and all behind it
 *	FAIL_COUNT=FILE      none fails; how many there were is written there
 *	FAIL_CALLS=FILE      no system call fails; a line "FAULT COUNT NAME ERROR" is written there for
 *	                     each fault of tests/calls.h that could have been
 *	FAIL_CALL=FAULT FAIL_AT=N  the N-th call of that fault's fails; of all processes together
 *	FAIL_STORM=HERTZ     a signal without SA_RESTART so often
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../calls.h"
#include "../libpcap.h"

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static unsigned long count; /* atomic */
static unsigned long from;
static int all, file = -1, calls_file = -1;

static int fails(const void *caller)
{
	unsigned long number;

	if (is_libpcap(caller))
		return 0;
	number = __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED);

	if (from == 0 || number < from || (number > from && !all))
		return 0;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *calloc(size_t members, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_calloc(members, size);
}

void *realloc(void *old, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_realloc(old, size);
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

static void watch_child(void)
{
	calls_watch(true);
}

static void begin_calls(const char *fault, const char *at)
{
	void *memory = mmap(NULL, sizeof(*calls), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED || (fault && strtoul(fault, NULL, 10) >= CALLS_FAULTS))
		_exit(98);
	calls = memory; /* one count for all processes */
	if (fault && at) {
		calls->number = calls_faults[atoi(fault)].number;
		calls->error = calls_faults[atoi(fault)].error;
		calls->at = strtoul(at, NULL, 10);
	}
	pthread_atfork(NULL, NULL, watch_child);
	if (!calls_watch(true))
		_exit(97);
}

static void tell_calls(void)
{
	for (unsigned int i = 0; i < CALLS_FAULTS; i++)
		if (calls->counts[calls_faults[i].number] > 0)
			dprintf(calls_file, "%u %lu %s %s\n", i,
				calls->counts[calls_faults[i].number], calls_faults[i].name,
				strerrorname_np(calls_faults[i].error));
}

__attribute__((constructor)) static void begin(void)
{
	const char *text = getenv("FAIL_COUNT");

	if (text)
		file = open(text, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	text = getenv("FAIL_STORM");
	if (text)
		storm(atol(text));
	find_libpcap();
	all = getenv("FAIL_ALL") != NULL;
	text = getenv("FAIL_FROM");
	count = 0;
	if (getenv("FAIL_CALLS"))
		calls_file = open(getenv("FAIL_CALLS"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (calls_file >= 0 || getenv("FAIL_CALL"))
		begin_calls(getenv("FAIL_CALL"), getenv("FAIL_AT"));
	from = text ? strtoul(text, NULL, 10) : 0;
}

/* Behind it comes exit()'s own work, which is not counted. */
__attribute__((destructor)) static void end(void)
{
	char text[32];
	int length = snprintf(text, sizeof(text), "%lu\n", count);

	from = 0;
	if (CALLS_INJECTS)
		calls_watch(false);
	if (calls_file >= 0)
		tell_calls();
	if (file >= 0 && write(file, text, (size_t)length) < 0)
		_exit(99);
}
