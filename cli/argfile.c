/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * argfile.c - @FILE on the command line: the words of a file in its place
 *
 * Words are divided by white space and line ends; '...' and "..." hold a word together, a backslash
 * keeps the next character (not within '...'), and # at the beginning of a word begins a comment.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum { FILE_MAX = 1 << 16, WORDS_MAX = 4096 };

struct words {
	char **items; /* ends with NULL */
	int count;
	bool failed;
};

/* The word belongs to the list from now on. */
static void add(struct words *words, char *word)
{
	char **items = realloc(words->items, sizeof(*items) * ((size_t)words->count + 2));

	if (items)
		words->items = items;
	if (!items || !word || words->count >= WORDS_MAX) {
		free(word);
		words->failed = true;
		return;
	}
	items[words->count++] = word;
	items[words->count] = NULL;
}

/* The whole of the file, terminated; owned by the caller. NULL and a sentence otherwise. */
static char *read_whole(const char *path)
{
	FILE *file = fopen(path, "re");
	char *text = malloc(FILE_MAX + 1);
	size_t length = file && text ? fread(text, 1, FILE_MAX + 1, file) : 0;

	if (!text)
		cli_complain("torc: out of memory");
	else if (!file || ferror(file))
		cli_complain("torc: @%s: cannot be read: %s", path, strerror(errno));
	else if (length > FILE_MAX)
		cli_complain("torc: @%s: is no file of options: it has more than %d bytes", path,
			     FILE_MAX);
	else if (memchr(text, '\0', length))
		cli_complain("torc: @%s: is no file of options: it has a zero byte", path);
	else
		goto whole;
	free(text);
	text = NULL;
whole:
	if (file)
		fclose(file);
	if (text)
		text[length] = '\0';
	return text;
}

/* Takes one word that begins at *at, and writes it to out; false: a quote has no end. */
static bool take_word(const char **at, char *out)
{
	const char *p = *at;
	char quote = 0;

	for (; *p && (quote || !strchr(" \t\r\n", *p)); p++) {
		if (quote ? *p == quote : *p == '\'' || *p == '"')
			quote = quote ? 0 : *p;
		else if (*p == '\\' && quote != '\'' && p[1])
			*out++ = *++p;
		else
			*out++ = *p;
	}
	*out = '\0';
	*at = p;
	return !quote;
}

static int line_of(const char *text, const char *at)
{
	int line = 1;

	while (text < at)
		line += *text++ == '\n';
	return line;
}

/* Adds the words of a file; an exit status. */
static int add_file(struct words *words, const char *path)
{
	char *text = read_whole(path), *word = text ? malloc(strlen(text) + 1) : NULL;
	const char *p = text;
	int status = word ? CLI_GOOD : CLI_USAGE;

	while (status == CLI_GOOD && *(p += strspn(p, " \t\r\n"))) {
		const char *start = p;

		if (*p == '#') {
			p += strcspn(p, "\n");
		} else if (!take_word(&p, word)) {
			cli_complain("torc: @%s: line %d: a quote has no end", path,
				     line_of(text, start));
			status = CLI_USAGE;
		} else if (*start == '@') {
			cli_complain("torc: @%s: line %d: %s: a file of options names no other",
				     path, line_of(text, start), word);
			status = CLI_USAGE;
		} else {
			add(words, strdup(word));
		}
	}
	free(word);
	free(text);
	return status;
}

int cli_expand(int *argc, char ***argv)
{
	struct words words = { 0 };
	int status = CLI_GOOD;

	for (int i = 0; i < *argc && status == CLI_GOOD; i++)
		if (i > 0 && (*argv)[i][0] == '@' && (*argv)[i][1])
			status = add_file(&words, (*argv)[i] + 1);
		else
			add(&words, strdup((*argv)[i]));
	if (status == CLI_GOOD && words.failed) {
		cli_complain(words.count >= WORDS_MAX ? "torc: more than 4096 words of options"
						      : "torc: out of memory");
		status = CLI_FAILED;
	}
	*argc = words.count;
	*argv = words.items;
	return status;
}

void cli_expanded_free(char **argv)
{
	for (char **word = argv; word && *word; word++)
		free(*word);
	free(argv);
}
