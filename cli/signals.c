/* SPDX-License-Identifier: BSD-3-Clause */
/* signals.c - signals become bits that the loops look at; torc_ring_stop() wakes the reader */
#include <signal.h>
#include <string.h>

#include "cli.h"

static struct torc_ring *const *caught_rings;
static unsigned int caught_count;
static unsigned int pending;

static void remember(int number)
{
	unsigned int bit = number == SIGUSR1   ? CLI_SIGNAL_REPORT
			   : number == SIGUSR2 ? CLI_SIGNAL_FLUSH
			   : number == SIGHUP  ? CLI_SIGNAL_ROTATE
					       : CLI_SIGNAL_STOP;

	/* Before the rings stop, so that a reader that sees the stop also sees the reason. */
	__atomic_fetch_or(&pending, bit, __ATOMIC_RELEASE);
	for (unsigned int i = 0; i < caught_count; i++)
		torc_ring_stop(caught_rings[i]);
}

void cli_signals_catch(struct torc_ring *const *rings, unsigned int count)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGHUP };
	struct sigaction action, before;

	caught_count = 0; /* a signal may come between the next lines */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	caught_rings = rings;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	caught_count = count;
	memset(&action, 0, sizeof(action));
	sigfillset(&action.sa_mask);
	action.sa_handler = remember;
	for (unsigned int i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		if (sigaction(numbers[i], &action, &before) == 0 && numbers[i] == SIGHUP &&
		    before.sa_handler == SIG_IGN)
			signal(SIGHUP, SIG_IGN); /* nohup(1) */
}

unsigned int cli_signals_take(void)
{
	unsigned int signals = __atomic_load_n(&pending, __ATOMIC_ACQUIRE);

	if (signals == 0)
		return 0;
	/* Resume first: a signal that comes after it stops the rings again. */
	for (unsigned int i = 0; i < caught_count; i++)
		torc_ring_resume(caught_rings[i]);
	return __atomic_exchange_n(&pending, 0, __ATOMIC_ACQ_REL);
}
