/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * compile.c - filter expressions to classic BPF, by libpcap
 *
 * libpcap says what is wrong with an expression but not where. The place is found by compiling ever
 * longer beginnings of the text: the first word that no continuation can save is the culprit.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "filter/compile.h"
#include "util/error.h"

/* Ends that make a valid expression of an unfinished one. */
static const char *const continuations[] = {
	"", " ip", " 1", " host 127.0.0.1", " 127.0.0.1", " port 1", " 02:00:00:00:00:01",
	" 1 = 1", " = 1", "0] = 1", "] = 1", " arp",
};

static bool compiles(pcap_t *handle, const char *text)
{
	struct bpf_program program;

	if (pcap_compile(handle, &program, text, 1, PCAP_NETMASK_UNKNOWN) < 0)
		return false;
	pcap_freecode(&program);
	return true;
}

/* Could some continuation make the first length bytes of the expression valid? */
static bool can_go_on(pcap_t *handle, const char *expression, size_t length)
{
	char text[4096];
	size_t open = 0;

	for (size_t i = 0; i < length; i++) {
		open += expression[i] == '(';
		open -= expression[i] == ')' && open > 0;
	}
	if (length + open + 32 > sizeof(text))
		return true;
	for (size_t i = 0; i < sizeof(continuations) / sizeof(continuations[0]); i++) {
		size_t end = (size_t)snprintf(text, sizeof(text), "%.*s%s", (int)length, expression,
					      continuations[i]);

		memset(text + end, ')', open);
		text[end + open] = '\0';
		if (compiles(handle, text))
			return true;
	}
	return false;
}

static size_t word_end(const char *text, size_t at)
{
	static const char alone[] = "()[]!&|=<>+-*/";

	while (isspace((unsigned char)text[at]))
		at++;
	if (text[at] && strchr(alone, text[at]))
		return at + 1;
	while (text[at] && !isspace((unsigned char)text[at]) && !strchr(alone, text[at]))
		at++;
	return at;
}

/* The offset of the word that libpcap stumbled over; the text's end when something is missing. */
static size_t find_place(pcap_t *handle, const char *expression)
{
	time_t give_up = time(NULL) + 2; /* names are looked up again each time */
	size_t at = 0, end;

	while ((end = word_end(expression, at)) > at) {
		if (time(NULL) > give_up || !can_go_on(handle, expression, end))
			break;
		at = end;
	}
	while (isspace((unsigned char)expression[at]))
		at++;
	return at;
}

/* "unknown host 'x'" and the like name the word themselves. */
static size_t quoted_place(const char *expression, const char *reason)
{
	const char *open = strchr(reason, '\''), *close = open ? strchr(open + 1, '\'') : NULL;
	char word[256];
	const char *found;

	if (!close || (size_t)(close - open) > sizeof(word))
		return SIZE_MAX;
	snprintf(word, sizeof(word), "%.*s", (int)(close - open - 1), open + 1);
	found = strstr(expression, word);
	return found ? (size_t)(found - expression) : SIZE_MAX;
}

int torc_bpf_compile(pcap_t *handle, const char *expression, struct bpf_program *program,
		     struct torc_error *error)
{
	char reason[PCAP_ERRBUF_SIZE];
	size_t place;

	if (pcap_compile(handle, program, expression, 1, PCAP_NETMASK_UNKNOWN) == 0)
		return 0;
	snprintf(reason, sizeof(reason), "%s", pcap_geterr(handle));
	place = quoted_place(expression, reason);
	if (place == SIZE_MAX)
		place = find_place(handle, expression);
	if (!expression[place])
		return torc_error_set(error, -TORC_EFILTER, "bad filter \"%.200s\": %.150s (at its end)",
				      expression, reason);
	return torc_error_set(error, -TORC_EFILTER,
			      "bad filter \"%.150s\": %.150s (at character %zu: \"%.*s\")", expression,
			      reason, place + 1, (int)(word_end(expression, place) - place),
			      expression + place);
}
