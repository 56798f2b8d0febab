/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * rounds.h - several ways of doing the same thing, measured in turn
 *
 * Each round runs every way once, one after the other, so that whatever disturbs the machine
 * disturbs all of them; medians and quartiles are told, and how many rounds were disturbed: others
 * wanted the processors too (/proc/pressure/cpu), or the hypervisor took some of their time.
 *
 * Beside its own table each benchmark tells every figure as a row, one JSON object in a line of the
 * file named by BENCH_JSON; bench/run collects them. Names in rows have no quotes or backslashes.
 */
#ifndef TORC_BENCH_ROUNDS_H
#define TORC_BENCH_ROUNDS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS_MAX 64

/* Shares of the time since the value before, from which on a round counts as disturbed. */
#define ROUNDS_WAITED 0.1
#define ROUNDS_STOLEN 0.01

struct rounds {
	double values[ROUNDS_MAX];
	unsigned int count;
	unsigned int disturbed;
};

static inline double rounds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Processor time of this thread, for work that never waits: other programs do not count. */
static inline double rounds_cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static inline double rounds_cpu_ns(void)
{
	return rounds_cpu() * 1e9;
}

/*
 * Seconds since boot that some task waited for a processor. Without pressure information only this
 * thread's own waiting is known: /proc/self/schedstat.
 */
static inline double rounds_waited(void)
{
	FILE *in = fopen("/proc/pressure/cpu", "re");
	unsigned long long value = 0;

	if (in && fscanf(in, "some avg10=%*f avg60=%*f avg300=%*f total=%llu", &value) == 1) {
		fclose(in);
		return (double)value * 1e-6;
	}
	if (in)
		fclose(in);
	in = fopen("/proc/thread-self/schedstat", "re");
	if (in && fscanf(in, "%*u %llu", &value) != 1)
		value = 0;
	if (in)
		fclose(in);
	return (double)value * 1e-9;
}

/* Seconds of all processors since boot: what the hypervisor took, and all together. */
static inline void rounds_stolen(double *stolen, double *all)
{
	double at[8] = { 0 }, hertz = (double)sysconf(_SC_CLK_TCK);
	FILE *in = fopen("/proc/stat", "re");

	*stolen = *all = 0;
	if (!in)
		return;
	if (fscanf(in, "cpu %lf %lf %lf %lf %lf %lf %lf %lf", &at[0], &at[1], &at[2], &at[3],
		   &at[4], &at[5], &at[6], &at[7]) == 8)
		for (unsigned int i = 0; i < 8; i++)
			*all += at[i] / hertz;
	*stolen = at[7] / hertz;
	fclose(in);
}

/* Was the time since the last call disturbed? */
static inline int rounds_disturbed(void)
{
	static double before, waited_before, stolen_before, all_before;
	double now = rounds_now(), waited = rounds_waited(), stolen, all;
	int disturbed;

	rounds_stolen(&stolen, &all);
	disturbed = waited - waited_before > ROUNDS_WAITED * (now - before) ||
		    stolen - stolen_before > ROUNDS_STOLEN * (all - all_before);
	disturbed = disturbed && before > 0;
	before = now;
	waited_before = waited;
	stolen_before = stolen;
	all_before = all;
	return disturbed;
}

/* The value of a round that ends now. */
static inline void rounds_add(struct rounds *r, double value)
{
	if (r->count >= ROUNDS_MAX)
		return;
	r->values[r->count++] = value;
	r->disturbed += (unsigned int)rounds_disturbed();
}

static inline int rounds_compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The value below which that share (0.5: the median) of all values lie. */
static inline double rounds_share(const struct rounds *r, double share)
{
	struct rounds sorted = *r;

	if (r->count == 0)
		return 0;
	qsort(sorted.values, sorted.count, sizeof(double), rounds_compare);
	return sorted.values[(unsigned int)(share * (sorted.count - 1) + 0.5)];
}

static inline double rounds_median(const struct rounds *r)
{
	return rounds_share(r, 0.5);
}

/* The median of the ratios a/b of each round. */
static inline double rounds_ratio(const struct rounds *a, const struct rounds *b)
{
	struct rounds ratio = { .count = a->count < b->count ? a->count : b->count };

	for (unsigned int n = 0; n < ratio.count; n++)
		ratio.values[n] = a->values[n] / b->values[n];
	return rounds_median(&ratio);
}

struct rounds_row {
	const char *bench;
	const char *what; /* packets, direction or rate of these rows; NULL: there is one kind */
	const char *name;
	const char *unit;
	double median, low, high; /* low and high: the quartiles */
	const char *peer;	  /* what ratio is to: median of this / that in each round */
	double ratio;
	const char *goal; /* for ratio, or without a peer for median: "<= 1.25", ">= 3" */
	unsigned int rounds, disturbed; /* rounds 0: it is not told */
};

static inline void rounds_write(const struct rounds_row *row)
{
	const char *path = getenv("BENCH_JSON");
	FILE *out = path && *path ? fopen(path, "ae") : NULL;

	if (!out)
		return;
	fprintf(out, "{\"bench\":\"%s\",\"what\":\"%s\",\"name\":\"%s\",", row->bench,
		row->what ? row->what : "", row->name);
	fprintf(out, "\"median\":%.6g,\"low\":%.6g,\"high\":%.6g,\"unit\":\"%s\"", row->median,
		row->low, row->high, row->unit);
	if (row->peer)
		fprintf(out, ",\"peer\":\"%s\",\"ratio\":%.4g", row->peer, row->ratio);
	if (row->rounds)
		fprintf(out, ",\"rounds\":%u,\"disturbed\":%u", row->rounds, row->disturbed);
	if (row->goal)
		fprintf(out, ",\"goal\":\"%s\"", row->goal);
	fprintf(out, "}\n");
	fclose(out);
}

/* The row of these values; base: those of row.peer. */
static inline void rounds_tell(struct rounds_row row, const struct rounds *r,
			       const struct rounds *base)
{
	row.median = rounds_median(r);
	row.low = rounds_share(r, 0.25);
	row.high = rounds_share(r, 0.75);
	row.rounds = r->count;
	row.disturbed = r->disturbed;
	if (base)
		row.ratio = rounds_ratio(r, base);
	else
		row.peer = NULL;
	if (r->count > 0)
		rounds_write(&row);
}

/* What was measured on: kernel and processor, in one line. */
static inline void rounds_machine(FILE *out)
{
	struct utsname name;
	char line[256], cpu[200] = "unknown processor";
	FILE *info = fopen("/proc/cpuinfo", "re");

	uname(&name);
	while (info && fgets(line, sizeof(line), info))
		if (sscanf(line, "model name : %199[^\n]", cpu) == 1)
			break;
	if (info)
		fclose(info);
	fprintf(out, "Linux %s, %s\n", name.release, cpu);
}

#endif
