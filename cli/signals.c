/* SPDX-License-Identifier: BSD-3-Clause */
/* signals.c - signals become bits that the loops look at, and wake whoever waits */
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "cli.h"

static cli_wake *wake;
static void *woken;
static unsigned int pending;
static volatile sig_atomic_t ending;
static volatile sig_atomic_t interrupts; /* SIGINT or SIGTERM came */

/*
 * A signal ends a write() that waits for who does not read, but not one that is made just after it. So
 * once somebody wants an end one comes each second, until there is one.
 */
static void interrupt_again(void)
{
	interrupts = 1;
	alarm(1);
}

static void remember(int number)
{
	unsigned int bit = number == SIGUSR1   ? CLI_SIGNAL_REPORT
			   : number == SIGUSR2 ? CLI_SIGNAL_FLUSH
			   : number == SIGHUP  ? CLI_SIGNAL_ROTATE
			   : number == SIGIO   ? CLI_SIGNAL_OTHER
					       : CLI_SIGNAL_STOP;

	if (number == SIGALRM && interrupts) {
		interrupt_again();
		return;
	}
	if (number == SIGINT || number == SIGTERM)
		interrupt_again();
	if (bit == CLI_SIGNAL_STOP)
		cli_signals_end();
	/* Before the reader wakes, so that whoever sees the stop also sees the reason. */
	__atomic_fetch_or(&pending, bit, __ATOMIC_RELEASE);
	if (wake)
		wake(woken, bit);
}

void cli_signals_catch(cli_wake *function, void *object)
{
	static const int numbers[] = { SIGUSR1, SIGUSR2, SIGHUP, SIGINT, SIGTERM, SIGALRM };
	struct sigaction action, before;

	wake = NULL; /* a signal may come between the next lines */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	woken = object;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	wake = function;
	memset(&action, 0, sizeof(action));
	sigfillset(&action.sa_mask);
	action.sa_handler = remember;
	for (unsigned int i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		/* An end must also end a read() of a pipe; the others must not disturb output. */
		action.sa_flags = i < 3 ? SA_RESTART : 0;
		if (sigaction(numbers[i], &action, &before) == 0 && numbers[i] == SIGHUP &&
		    before.sa_handler == SIG_IGN)
			signal(SIGHUP, SIG_IGN); /* nohup(1) */
	}
}

void cli_signals_catch_other(void)
{
	struct sigaction action = { .sa_handler = remember, .sa_flags = SA_RESTART };

	sigfillset(&action.sa_mask);
	sigaction(SIGIO, &action, NULL);
}

void cli_signals_end(void)
{
	ending = 1;
}

bool cli_signals_ending(void)
{
	return ending;
}

bool cli_signals_pending(void)
{
	return __atomic_load_n(&pending, __ATOMIC_ACQUIRE) != 0;
}

unsigned int cli_signals_take(void)
{
	return __atomic_exchange_n(&pending, 0, __ATOMIC_ACQ_REL);
}

void cli_stop_after(uint64_t duration_ns)
{
	struct itimerval timer = {
		.it_value = { .tv_sec = (time_t)(duration_ns / 1000000000u),
			      .tv_usec = (suseconds_t)(duration_ns % 1000000000u / 1000) },
	};

	if (timer.it_value.tv_sec == 0 && timer.it_value.tv_usec == 0)
		timer.it_value.tv_usec = 1; /* 0 would be never */
	setitimer(ITIMER_REAL, &timer, NULL);
}
