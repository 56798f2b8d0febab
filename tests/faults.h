/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * faults.h - call sequences of a library in which each allocation and each system call fails
 *
 *	static int open_and_close(void)
 *	{
 *		...
 *		return told(code, error.text);
 *	}
 *	static const struct sequence table[] = { { "a ring", open_and_close } };
 *
 *	return faults_main(table, COUNT(table));
 *
 * A sequence is run without a fault, then with one at a time, in a process of its own. Whatever
 * fails, it ends: with a negative code and its sentence, or with all there is to have; what it had
 * is given back (descriptors, memory, mappings); its account is exact; and it works afterwards.
 *
 * FAULTS=N        so many places of each sequence, picked by chance (default FAULTS_PLACES)
 * FAULTS=all      all of them
 * FAULTS_SEED=N   the seed that a run has printed
 * Arguments of the program are names of sequences: only those.
 */
#ifndef TORC_TEST_FAULTS_H
#define TORC_TEST_FAULTS_H

#include <sys/wait.h>

#include <torc/base.h>

#include "calls.h"
#include "libpcap.h"
#include "net.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#ifndef FAULTS_PLACES
#define FAULTS_PLACES 60
#endif

enum {
	FAULTS_EACH_ALONE = 1 << 0, /* a run cannot be undone: each in a process of its own */
};

struct sequence {
	const char *name;
	int (*run)(void);
	unsigned int flags;
};

/* Shared with the process that has the faults. */
static struct faults {
	struct calls_plan plan;
	unsigned long allocations;  /* atomic: of the thread of the test, in this run */
	unsigned long fails_at;     /* of those; 0: none */
	bool fails_all;             /* and all behind it */
	long living;                /* atomic: allocations that were not freed, of all threads */
	int code;                   /* of the last run */
	char place[64];             /* what fails now */
	char wrong[160];            /* what the sequence complains of, in this run */
	char complaints[2048];
	unsigned int complaint_count, runs, errors, good;
	unsigned long allocation_total, call_total;
	char skipped[512];
	bool finished;
} *faults;

static bool faults_counts; /* allocations are counted, and may fail */
static pthread_t faults_thread;

/* ---- allocations ---- */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *old);

/* Of the thread of the test alone: others would make the number of a place a matter of luck. */
__attribute__((unused)) static bool faults_allocation_fails(const void *caller)
{
	if (!faults_counts || !pthread_equal(pthread_self(), faults_thread) ||
	    is_libpcap(caller))
		return false;
	faults->allocations++;
	if (faults->fails_at == 0 || faults->allocations < faults->fails_at ||
	    (faults->allocations > faults->fails_at && !faults->fails_all))
		return false;
	errno = ENOMEM;
	return true;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_MALLOC_OF_ITS_OWN 1
#else
#define HAS_MALLOC_OF_ITS_OWN 0

#define CALLER __builtin_return_address(0)

/* Visible: strdup(3) and libpcap call them too. */
#pragma GCC visibility push(default)

static void *faults_living(void *new)
{
	if (new && faults)
		__atomic_add_fetch(&faults->living, 1, __ATOMIC_RELAXED);
	return new;
}

void *malloc(size_t size)
{
	return faults_allocation_fails(CALLER) ? NULL : faults_living(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
	return faults_allocation_fails(CALLER) ? NULL : faults_living(__libc_calloc(count, size));
}

void *realloc(void *old, size_t size)
{
	if (faults_allocation_fails(CALLER))
		return NULL;
	return old ? __libc_realloc(old, size) : faults_living(__libc_realloc(old, size));
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return faults_allocation_fails(CALLER) ? NULL : faults_living(__libc_memalign(alignment, size));
}

int posix_memalign(void **new, size_t alignment, size_t size)
{
	*new = aligned_alloc(alignment, size);
	return *new ? 0 : ENOMEM;
}

void free(void *old)
{
	if (old && faults)
		__atomic_sub_fetch(&faults->living, 1, __ATOMIC_RELAXED);
	__libc_free(old);
}

#pragma GCC visibility pop
#endif

/* ---- what a sequence says ---- */

static void faults_wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void faults_wrong(const char *format, ...)
{
	va_list args;

	if (faults->wrong[0])
		return;
	va_start(args, format);
	vsnprintf(faults->wrong, sizeof(faults->wrong), format, args);
	va_end(args);
}

/* A condition that holds whatever failed; the first that does not is told. */
#define must(condition, ...) ((condition) ? (void)0 : faults_wrong(__VA_ARGS__))

/* The code of a call, which says why when it is an error. */
static inline int told(int code, const char *sentence)
{
	must(code >= 0 || (sentence && sentence[0]), "error %d without a sentence", code);
	return code;
}

/* Things that the test does meanwhile, which never fail: between pause and resume. */
static inline bool faults_pause(void)
{
	bool counted = faults_counts;

	faults_counts = false;
	calls_watch(false);
	return counted;
}

static inline void faults_resume(bool counted)
{
	faults_counts = counted;
	if (counted && CALLS_INJECTS)
		calls_watch(true);
}

/* ---- what a process holds ---- */

struct faults_held {
	unsigned int descriptors;
	unsigned int mappings; /* of files, sockets and shared memory */
	long living;
};

static unsigned int faults_mappings(void)
{
	static const char *const kinds[] = { "socket:", "anon_inode", "memfd:", "/run/", "/dev/shm",
					     "/tmp/" };
	static char text[1 << 17]; /* nothing is allocated for it */
	int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	size_t length = 0;
	unsigned int count = 0;
	ssize_t got;

	while (fd >= 0 && (got = read(fd, text + length, sizeof(text) - 1 - length)) > 0)
		length += (size_t)got;
	close(fd);
	text[length] = '\0';
	for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		for (unsigned int i = 0; i < COUNT(kinds); i++)
			if (strstr(line, kinds[i])) {
				count++;
				break;
			}
	}
	return count;
}

static struct faults_held faults_held(void)
{
	struct faults_held held = { .mappings = faults_mappings(),
				    .living = __atomic_load_n(&faults->living, __ATOMIC_RELAXED) };

	for (int fd = 0; fd < 256; fd++)
		held.descriptors += fcntl(fd, F_GETFD) >= 0;
	return held;
}

/* ---- one run ---- */

static void faults_run(int (*run)(void))
{
	memset(faults->plan.counts, 0, sizeof(faults->plan.counts));
	faults->allocations = 0;
	faults->wrong[0] = '\0';
	alarm(60); /* a hang: nothing waits that long */
	faults_thread = pthread_self();
	faults_resume(true);
	faults->code = run();
	faults_pause();
	alarm(0);
	if (faults->code < 0 && !strcmp(torc_strerror(faults->code), "unknown error"))
		faults_wrong("the code %d is none", faults->code);
}

static void faults_run_of(const struct sequence *sequence)
{
	int status;
	pid_t pid;

	if (!(sequence->flags & FAULTS_EACH_ALONE)) {
		faults_run(sequence->run);
		return;
	}
	pid = fork();
	if (pid == 0) {
		faults_run(sequence->run);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	if (status != 0)
		faults_wrong("its process ended with %#x", (unsigned int)status);
}

static void faults_complain(void)
{
	size_t length = strlen(faults->complaints);

	faults->complaint_count++;
	snprintf(faults->complaints + length, sizeof(faults->complaints) - length, "%s: %s\n",
		 faults->place, faults->wrong);
}

/* With what fails set: run it, and see what it leaves. */
static void faults_try(const struct sequence *sequence, struct faults_held *before)
{
	struct faults_held after;

	faults_run_of(sequence);
	after = faults_held();
	if (after.descriptors != before->descriptors)
		faults_wrong("%u descriptors were %u", after.descriptors, before->descriptors);
	if (after.mappings != before->mappings)
		faults_wrong("%u mappings were %u", after.mappings, before->mappings);
	if (after.living != before->living && !(sequence->flags & FAULTS_EACH_ALONE))
		faults_wrong("%ld allocations not freed (%d)", after.living - before->living,
			     faults->code);
	*before = after;
	faults->runs++;
	faults->errors += faults->code < 0;
	faults->good += faults->code >= 0;
	if (faults->wrong[0])
		faults_complain();
}

/* ---- the places of a sequence ---- */

struct faults_place {
	int fault; /* of calls_faults; -1: an allocation */
	unsigned long at;
	bool all;
};

static struct faults_place *faults_places;
static unsigned long faults_place_count, faults_place_room;

static void faults_add_place(int fault, unsigned long at, bool all)
{
	if (faults_place_count == faults_place_room) {
		faults_place_room = faults_place_room * 2 + 256;
		faults_places = realloc(faults_places, faults_place_room * sizeof(*faults_places));
	}
	faults_places[faults_place_count++] = (struct faults_place){ fault, at, all };
}

/* To be tried again until it goes: interrupted, or a queue is full, which a sender waits for. */
static bool faults_passes(int error, int number)
{
	return error == EINTR || error == EAGAIN ||
	       (error == ENOBUFS && (number == SYS_sendmmsg || number == SYS_sendto));
}

/* All that the run before has made. What is to be tried again is not refused for ever. */
static void faults_list_places(void)
{
	for (unsigned long at = 1; at <= faults->allocations; at++) {
		faults_add_place(-1, at, false);
		faults_add_place(-1, at, true);
	}
	for (unsigned int i = 0; i < CALLS_FAULTS; i++) {
		unsigned long count = faults->plan.counts[calls_faults[i].number];
		int error = calls_faults[i].error;

		for (unsigned long at = 1; at <= count; at++)
			faults_add_place((int)i, at, false);
		if (count > 0 && !faults_passes(error, calls_faults[i].number))
			faults_add_place((int)i, 1, true);
		if (i == 0 || calls_faults[i].number != calls_faults[i - 1].number)
			faults->call_total += count;
	}
	faults->allocation_total = faults->allocations;
}

static uint64_t faults_random(void)
{
	static uint64_t state;

	if (state == 0)
		state = strtoull(getenv("FAULTS_SEED"), NULL, 10) * 2 + 1;
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void faults_set(const struct faults_place *place)
{
	const struct calls_fault *fault = place->fault < 0 ? NULL : &calls_faults[place->fault];

	faults->fails_at = fault ? 0 : place->at;
	faults->fails_all = place->all;
	faults->plan.at = fault ? place->at : 0;
	faults->plan.all = place->all;
	faults->plan.number = fault ? fault->number : 0;
	faults->plan.error = fault ? fault->error : 0;
	snprintf(faults->place, sizeof(faults->place), "%s%s %s %lu", place->all ? "all from " : "",
		 fault ? fault->name : "malloc", fault ? strerror(fault->error) : "", place->at);
}

static const struct faults_place no_fault = { -1, 0, false };

/* The process of one sequence. */
static void faults_sequence(const struct sequence *sequence, unsigned long limit)
{
	struct faults_held held;

	faults_set(&no_fault);
	snprintf(faults->place, sizeof(faults->place), "without a fault");
	for (int i = 0; i < 2; i++) /* what is made once for the process */
		faults_run_of(sequence);
	if (faults->code < 0) {
		snprintf(faults->skipped, sizeof(faults->skipped), "%s",
			 torc_strerror(faults->code));
		return;
	}
	held = faults_held();
	faults_try(sequence, &held);
	faults_list_places();
	held = faults_held(); /* the list was allocated */
	for (unsigned long i = 0; i < faults_place_count && i < limit; i++) {
		unsigned long other = i + faults_random() % (faults_place_count - i);
		struct faults_place place = faults_places[other];

		faults_places[other] = faults_places[i];
		faults_set(&place);
		faults_try(sequence, &held);
	}
	faults_set(&no_fault);
	snprintf(faults->place, sizeof(faults->place), "without a fault, afterwards");
	faults_run_of(sequence);
	must(faults->code >= 0, "%s", torc_strerror(faults->code));
	if (faults->wrong[0])
		faults_complain();
	free(faults_places);
}

/* ---- all of them ---- */

static void faults_report(const struct sequence *sequence, int status)
{
	bool good = faults->finished && status == 0 && faults->complaint_count == 0;

	if (faults->skipped[0]) {
		skip(sequence->name, faults->skipped);
		return;
	}
	ok(good, "%s: %lu allocations, %lu system calls: %u runs, %u errors, %u done without",
	   sequence->name, faults->allocation_total, faults->call_total, faults->runs,
	   faults->errors, faults->good);
	if (good)
		return;
	if (status != 0)
		note("%s: its process ended with %#x%s", faults->place, (unsigned int)status,
		     WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ? ", it hung" : "");
	note("%u complaints", faults->complaint_count);
	for (char *line = strtok(faults->complaints, "\n"); line; line = strtok(NULL, "\n"))
		note("%s", line);
}

static void faults_of(const struct sequence *sequence, unsigned long limit)
{
	int status = -1;
	pid_t pid;

	memset(faults, 0, sizeof(*faults));
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		faults_sequence(sequence, limit);
		faults->finished = true;
		exit(0);
	}
	waitpid(pid, &status, 0);
	faults_report(sequence, status);
}

/* Before anything else: sequences may then be run without a fault, to make what others need. */
static void faults_begin(void)
{
	faults = mmap(NULL, sizeof(*faults), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (faults == MAP_FAILED)
		exit(1);
	calls = &faults->plan;
	find_libpcap();
}

static int faults_main(const struct sequence *table, unsigned int count, char **names)
{
	const char *places = getenv("FAULTS");
	unsigned long limit = places ? strtoul(places, NULL, 10) : FAULTS_PLACES;
	char seed[24];

	snprintf(seed, sizeof(seed), "%u", (unsigned int)(net_clock_ns(CLOCK_REALTIME) >> 10));
	setenv("FAULTS_SEED", seed, 0);
	note("FAULTS_SEED=%s", getenv("FAULTS_SEED"));
	if (!calls_watch(true))
		skip("system calls that fail", "this kernel has no syscall user dispatch");
	calls_watch(false);
	for (unsigned int i = 0; i < count; i++) {
		bool wanted = !names[1];

		for (char **name = names + 1; *name; name++)
			wanted = wanted || strcmp(*name, table[i].name) == 0;
		if (wanted)
			faults_of(&table[i], places && !strcmp(places, "all") ? -1ul : limit);
	}
	return done();
}

#endif
