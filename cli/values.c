/* SPDX-License-Identifier: BSD-3-Clause */
/* values.c - the values of options: numbers, and sizes, times and rates with their units */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "cli.h"

const char *cli_set_flag(const struct cli_option *option, void *field, const char *text)
{
	(void)option;
	(void)text;
	*(bool *)field = true;
	return NULL;
}

const char *cli_set_repeat(const struct cli_option *option, void *field, const char *text)
{
	(void)option;
	(void)text;
	++*(unsigned int *)field;
	return NULL;
}

const char *cli_set_text(const struct cli_option *option, void *field, const char *text)
{
	(void)option;
	*(const char **)field = text;
	return NULL;
}

const char *cli_set_list(const struct cli_option *option, void *field, const char *text)
{
	struct cli_list *list = field;

	(void)option;
	if (list->count == CLI_LIST_MAX)
		return "at most 64 of them";
	list->items[list->count++] = text;
	return NULL;
}

static bool parse_number(const char *text, uint64_t *number)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return false; /* strtoull takes signs and blanks */
	errno = 0;
	*number = strtoull(text, &end, 10);
	return errno == 0 && *end == 0;
}

const char *cli_set_number(const struct cli_option *option, void *field, const char *text)
{
	(void)option;
	return parse_number(text, field) ? NULL : "a whole number";
}

const char *cli_set_positive(const struct cli_option *option, void *field, const char *text)
{
	(void)option;
	return parse_number(text, field) && *(uint64_t *)field > 0 ? NULL : "a number above 0";
}

bool cli_parse_unit(const char *text, const struct cli_unit *units, uint64_t *value)
{
	char *end;
	double number;

	if (!isdigit((unsigned char)*text))
		return false;
	number = strtod(text, &end);
	for (; units->name; units++) {
		if (strcasecmp(end, units->name) != 0)
			continue;
		number *= units->factor;
		if (!(number < 9e18))
			return false;
		*value = (uint64_t)(number + 0.5);
		return true;
	}
	return false;
}

bool cli_parse_size(const char *text, uint64_t *bytes)
{
	static const struct cli_unit units[] = {
		{ "B", 1 },
		{ "kB", 1e3 },
		{ "MB", 1e6 },
		{ "GB", 1e9 },
		{ "TB", 1e12 },
		{ "KiB", 1024.0 },
		{ "MiB", 1048576.0 },
		{ "GiB", 1073741824.0 },
		{ "TiB", 1099511627776.0 },
		{ NULL, 0 },
	};

	return cli_parse_unit(text, units, bytes);
}

bool cli_parse_duration(const char *text, uint64_t *duration_ns)
{
	static const struct cli_unit units[] = {
		{ "ns", 1 },	     { "us", 1e3 },	  { "ms", 1e6 },
		{ "s", 1e9 },	     { "min", 60e9 },	  { "m", 60e9 },
		{ "h", 3600e9 },     { "d", 86400e9 },	  { NULL, 0 },
	};

	return cli_parse_unit(text, units, duration_ns);
}

const char *cli_set_size(const struct cli_option *option, void *field, const char *text)
{
	(void)option;
	return cli_parse_size(text, field) ? NULL : "a size with its unit, such as 64MiB";
}

const char *cli_set_duration(const struct cli_option *option, void *field, const char *text)
{
	(void)option;
	return cli_parse_duration(text, field) ? NULL : "a time with its unit, such as 5s or 200ms";
}

const char *cli_set_bitrate(const struct cli_option *option, void *field, const char *text)
{
	static const struct cli_unit units[] = {
		{ "bit", 1 },	 { "kbit", 1e3 }, { "Mbit", 1e6 },
		{ "Gbit", 1e9 }, { NULL, 0 },
	};

	(void)option;
	return cli_parse_unit(text, units, field) && *(uint64_t *)field > 0
		       ? NULL
		       : "bits a second with the unit, such as 2.5gbit";
}

const char *cli_set_choice(const struct cli_option *option, void *field, const char *text)
{
	static char expected[256];
	size_t length = strlen(text);
	int place = 0;

	for (const char *word = option->choices; *word; place++) {
		size_t size = strcspn(word, " ");

		if (size == length && memcmp(word, text, size) == 0) {
			*(int *)field = place;
			return NULL;
		}
		word += size + (word[size] == ' ');
	}
	snprintf(expected, sizeof(expected), "one of: %s", option->choices);
	return expected;
}

char *cli_join(char *const *words, char between)
{
	size_t length = 1;
	char *text, *end;

	for (char *const *word = words; *word; word++)
		length += strlen(*word) + 1;
	text = end = malloc(length);
	if (!text)
		return NULL;
	*end = 0;
	for (char *const *word = words; *word; word++) {
		if (word != words)
			*end++ = between;
		end = stpcpy(end, *word);
	}
	return text;
}

struct cli_figure cli_choice(const char *choices, unsigned int place)
{
	struct cli_figure word = { "?" };

	for (; *choices; place--) {
		size_t size = strcspn(choices, " ");

		if (place == 0) {
			snprintf(word.text, sizeof(word.text), "%.*s", (int)size, choices);
			break;
		}
		choices += size + (choices[size] == ' ');
	}
	return word;
}

/* ".25" as nanoseconds; what follows the digits stays. */
static uint64_t parse_fraction(const char **text)
{
	uint64_t ns = 0, digit_ns = 100000000;

	if (**text != '.')
		return 0;
	for (++*text; isdigit((unsigned char)**text); ++*text) {
		ns += (uint64_t)(**text - '0') * digit_ns;
		digit_ns /= 10;
	}
	return ns;
}

/* A date with as much of the time as is given; NULL: it is none. */
static const char *parse_clock(const char *text, struct tm *clock)
{
	static const char *const forms[] = { "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S",
					     "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d" };

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		const char *end;

		*clock = (struct tm){ .tm_isdst = -1 };
		end = strptime(text, forms[i], clock);
		if (end && !strchr("T :", *end ? *end : '.'))
			return end;
	}
	return NULL;
}

const char *cli_set_time(const struct cli_option *option, void *field, const char *text)
{
	static const char expected[] = "seconds since 1970, or 2026-01-31T12:00:00.5 (local time, "
				       "or UTC with a Z at the end)";
	struct tm clock = { .tm_isdst = -1 };
	const char *end = parse_clock(text, &clock);
	char *number_end;
	time_t seconds;
	uint64_t ns;

	(void)option;
	if (end) {
		ns = parse_fraction(&end);
		seconds = *end == 'Z' ? timegm(&clock) : mktime(&clock);
		end += *end == 'Z';
	} else {
		if (!isdigit((unsigned char)*text))
			return expected;
		seconds = (time_t)strtoull(text, &number_end, 10);
		end = number_end;
		ns = parse_fraction(&end);
	}
	if (*end || seconds < 0 || seconds > INT64_MAX / 1000000000)
		return expected;
	*(uint64_t *)field = (uint64_t)seconds * 1000000000u + ns;
	return NULL;
}
