/* SPDX-License-Identifier: BSD-3-Clause */
/* clock.h - a clock as one number */
#ifndef TORC_UTIL_CLOCK_H
#define TORC_UTIL_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t torc_clock_ns(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static inline uint64_t torc_now_ns(void)
{
	return torc_clock_ns(CLOCK_MONOTONIC);
}

#endif
