/* SPDX-License-Identifier: BSD-3-Clause */
/* talk.c - messages, colours, figures, and standard output that may go away */
#include <errno.h>
#include <stdarg.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <torc/decode.h>

#include "cli.h"

static int colour_mode;
static bool stdout_gone;
static bool stdout_failed;

void cli_put_lines(FILE *stream, const char *text)
{
	char escaped[ESCAPED(256)];

	while (*text) {
		size_t length = strcspn(text, "\n\\");

		length = length > 256 ? 256 : length;
		while (length == 256 && (text[length] & 0xC0) == 0x80)
			length--; /* no half of a character */
		if (length == 0) {
			fputc(*text++, stream);
			continue;
		}
		torc_text_escaped(text, length, escaped, sizeof(escaped));
		fputs(escaped, stream);
		text += length;
	}
}

/* What is complained of may be somebody else's word: a name of a file, of another process. */
void cli_complain(const char *format, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) >= 0)
		cli_put_lines(stderr, text);
	va_end(args);
	free(text);
	fputc('\n', stderr);
}

int cli_fail(int code, const char *sentence)
{
	cli_complain("torc: %s", sentence && *sentence ? sentence : torc_strerror(code));
	return code == -EPERM || code == -EACCES ? CLI_PRIVILEGE : CLI_FAILED;
}

void cli_set_colour(int mode)
{
	colour_mode = mode;
}

/* https://no-color.org: a NO_COLOR that is not empty switches colours off. */
static bool wants_colour(FILE *stream)
{
	const char *no_colour = getenv("NO_COLOR");
	const char *terminal = getenv("TERM");

	if (colour_mode != 0)
		return colour_mode == 1;
	return !(no_colour && *no_colour) && !(terminal && strcmp(terminal, "dumb") == 0) &&
	       isatty(fileno(stream));
}

const char *cli_colour(FILE *stream, const char *colour)
{
	if (!wants_colour(stream))
		return "";
	if (!colour)
		return "\033[0m";
	return strcmp(colour, CLI_BOLD) == 0 ? "\033[1m" : "\033[31m";
}

bool cli_flush_stdout(void)
{
	if (stdout_failed || stdout_gone) {
		__fpurge(stdout); /* exit() would wait for a reader again */
		return false;
	}
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	if (errno == EPIPE || (errno == EINTR && cli_signals_ending())) /* while the reader slept */
		stdout_gone = true;
	else
		cli_complain("torc: standard output cannot be written: %s", strerror(errno));
	stdout_failed = true;
	return false;
}

bool cli_stdout_gone(void)
{
	return stdout_gone;
}

static struct cli_figure figure(uint64_t value, const char *unknown)
{
	struct cli_figure result;

	if (value == TORC_UNKNOWN)
		snprintf(result.text, sizeof(result.text), "%s", unknown);
	else
		snprintf(result.text, sizeof(result.text), "%llu", (unsigned long long)value);
	return result;
}

struct cli_figure cli_figure(uint64_t value)
{
	return figure(value, "unknown");
}

struct cli_figure cli_json_figure(uint64_t value)
{
	return figure(value, "null");
}

struct cli_figure cli_human(double value)
{
	static const char *const prefixes[] = { "", "k", "M", "G", "T", "P" };
	struct cli_figure result;
	unsigned int i = 0;

	while (value >= 999.5 && i < 5) {
		value /= 1000;
		i++;
	}
	snprintf(result.text, sizeof(result.text), "%.*f %s",
		 i == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2, value, prefixes[i]);
	return result;
}

void cli_print_json_string(FILE *stream, const char *text)
{
	size_t length = strlen(text);
	int size = torc_json_string(text, length, NULL, 0) + 1;
	char *buffer = malloc((size_t)size);

	if (buffer)
		torc_json_string(text, length, buffer, (size_t)size);
	fputs(buffer ? buffer : "null", stream);
	free(buffer);
}

static uint64_t to_ns(time_t seconds, long fraction_ns)
{
	return (uint64_t)seconds * 1000000000u + (uint64_t)fraction_ns;
}

uint64_t cli_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return to_ns(now.tv_sec, now.tv_nsec);
}

uint64_t cli_cpu_ns(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return to_ns(usage.ru_utime.tv_sec, usage.ru_utime.tv_usec * 1000) +
	       to_ns(usage.ru_stime.tv_sec, usage.ru_stime.tv_usec * 1000);
}
