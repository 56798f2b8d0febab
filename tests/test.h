/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * test.h - the Test Anything Protocol in a few macros
 *
 *	int main(void)
 *	{
 *		ok(1 + 1 == 2, "addition");
 *		is(2 * 3, 6, "multiplication");
 *		return done();
 *	}
 *
 * A test program that cannot run here prints the reason and exits with skip_all().
 */
#ifndef TORC_TEST_H
#define TORC_TEST_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int test_count, test_failed;

static inline bool ok_at(bool good, const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static inline bool ok_at(bool good, const char *file, int line, const char *format, ...)
{
	va_list args;

	printf("%sok %d - ", good ? "" : "not ", ++test_count);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	if (!good) {
		test_failed++;
		printf("#   at %s:%d\n", file, line);
	}
	fflush(stdout);
	return good;
}

#define ok(good, ...) ok_at((good), __FILE__, __LINE__, __VA_ARGS__)

/* Two integers are equal; both are shown when they are not. */
#define is(got, want, ...)                                                                         \
	do {                                                                                       \
		long long got_ = (long long)(got), want_ = (long long)(want);                      \
		if (!ok_at(got_ == want_, __FILE__, __LINE__, __VA_ARGS__))                        \
			printf("#   got %lld, want %lld\n", got_, want_);                          \
	} while (0)

/* Two strings are equal. */
#define is_str(got, want, ...)                                                                     \
	do {                                                                                       \
		const char *got_ = (got), *want_ = (want);                                         \
		if (!ok_at(strcmp(got_, want_) == 0, __FILE__, __LINE__, __VA_ARGS__))             \
			printf("#   got \"%s\"\n#   want \"%s\"\n", got_, want_);                  \
	} while (0)

#define note(...)                                                                                  \
	do {                                                                                       \
		printf("# " __VA_ARGS__);                                                          \
		printf("\n");                                                                      \
	} while (0)

/* One test that this machine cannot do. */
static inline void skip(const char *what, const char *reason)
{
	printf("ok %d - %s # SKIP %s\n", ++test_count, what, reason);
	fflush(stdout);
}

static inline void skip_all(const char *reason)
{
	printf("1..0 # SKIP %s\n", reason);
	exit(77);
}

static inline int done(void)
{
	printf("1..%d\n", test_count);
	return test_failed != 0;
}

/*
 * A copy of the bytes that ends exactly at an inaccessible page: reading one byte too far faults.
 * Release with guarded_free(). Zero bytes are allowed.
 */
static inline uint8_t *guarded(const void *bytes, size_t length)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t body = (length + page - 1) / page * page;
	uint8_t *base = mmap(NULL, body + page, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (base == MAP_FAILED || mprotect(base + body, page, PROT_NONE) < 0) {
		perror("guarded");
		exit(1);
	}
	if (length > 0)
		memcpy(base + body - length, bytes, length);
	return base + body - length;
}

static inline void guarded_free(uint8_t *data, size_t length)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t body = (length + page - 1) / page * page;

	munmap(data + length - body, body + page);
}

#endif
