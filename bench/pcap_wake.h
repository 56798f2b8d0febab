/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * pcap_wake.h - libpcap waits for ever where the kernel hands blocks over by itself, also for packets
 * that were lost: once a second pcap_dispatch() is woken, so that a benchmark sees that it is over
 */
#ifndef TORC_BENCH_PCAP_WAKE_H
#define TORC_BENCH_PCAP_WAKE_H

#include <pcap/pcap.h>
#include <signal.h>
#include <sys/time.h>

static pcap_t *pcap_wake_handle;

static inline void pcap_wake_now(int unused)
{
	(void)unused;
	if (pcap_wake_handle)
		pcap_breakloop(pcap_wake_handle);
}

/* From now on this handle; NULL: none, before it is closed. */
static inline void pcap_wake(pcap_t *handle)
{
	struct sigaction action = { .sa_handler = pcap_wake_now, .sa_flags = SA_RESTART };
	struct itimerval when = { .it_interval.tv_sec = handle != NULL,
				  .it_value.tv_sec = handle != NULL };

	pcap_wake_handle = handle;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &when, NULL);
}

#endif
