/* SPDX-License-Identifier: BSD-3-Clause */
/* options.c - the command line of a subcommand, read by its option tables with getopt_long(3) */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum { MAX_OPTIONS = 96, LONG_BASE = 256, HELP = LONG_BASE + MAX_OPTIONS };

/* The tables of one command as getopt_long() wants them. */
struct parser {
	const struct cli_option *options[MAX_OPTIONS];
	size_t bases[MAX_OPTIONS];
	unsigned int count;
	struct option longs[MAX_OPTIONS + 2];
	char letters[2 * MAX_OPTIONS + 3];
};

const struct cli_command *cli_find(const char *name)
{
	for (const struct cli_command *const *command = cli_commands; *command; command++)
		if (strcmp((*command)->name, name) == 0)
			return *command;
	return NULL;
}

static void parser_add(struct parser *parser, const struct cli_option *option, size_t base,
		       struct option **longs, char **letters)
{
	unsigned int number = parser->count++;

	if (number >= MAX_OPTIONS)
		abort();
	parser->options[number] = option;
	parser->bases[number] = base;
	if (option->name)
		*(*longs)++ = (struct option){ .name = option->name,
					       .has_arg = option->value ? required_argument
									: no_argument,
					       .val = LONG_BASE + (int)number };
	if (option->letter) {
		*(*letters)++ = option->letter;
		if (option->value)
			*(*letters)++ = ':';
	}
}

static void parser_build(struct parser *parser, const struct cli_command *command)
{
	struct option *longs = parser->longs;
	char *letters = parser->letters;

	memset(parser, 0, sizeof(*parser));
	*letters++ = ':'; /* a missing value is told apart from an unknown option */
	for (const struct cli_group *group = command->groups; group->options; group++)
		for (const struct cli_option *option = group->options; option->set; option++)
			parser_add(parser, option, group->base, &longs, &letters);
	*longs++ = (struct option){ .name = "help", .val = HELP };
	*letters++ = 'h';
}

static const struct cli_option *parser_find(const struct parser *parser, int found, size_t *base)
{
	for (unsigned int i = 0; i < parser->count; i++)
		if (found == LONG_BASE + (int)i || found == parser->options[i]->letter) {
			*base = parser->bases[i];
			return parser->options[i];
		}
	return NULL;
}

static int usage(const struct cli_command *command, const char *what, const char *word)
{
	cli_complain("torc %s: %s %s; torc %s --help lists the options", command->name, what, word,
		     command->name);
	return CLI_USAGE;
}

/* Letters of tcpdump that Torc has no use for, and why. */
static const char *why_not(int letter)
{
	switch (letter) {
	case 'N':
		return "--resolve shows the names of hosts as they are";
	case 'T':
		return "say which port carries it: --decode-as udp:8472=vxlan";
	case 'O':
		return "the filter is always optimized";
	case 'I':
		return "set monitor mode with iw(8) first";
	default:
		return NULL;
	}
}

/* getopt leaves the option it could not use in optopt when it was a letter, else in argv. */
static int refuse(const struct cli_command *command, char **argv, int found)
{
	char letter[3] = { '-', (char)optopt, 0 };
	const char *word = optopt > 0 && optopt < LONG_BASE ? letter : argv[optind - 1];

	if (found == '?' && word == letter && strcmp(command->name, "dump") == 0 &&
	    why_not(optopt)) {
		cli_complain("torc dump: there is no option %s: %s", word, why_not(optopt));
		return CLI_USAGE;
	}
	return usage(command, found == ':' ? "a value is missing after" : "there is no option",
		     word);
}

static int apply(const struct cli_command *command, const struct cli_option *option, void *field)
{
	const char *expected = option->set(option, field, optarg);
	char letter[3] = { '-', option->letter, 0 };

	if (!expected)
		return CLI_GOOD;
	cli_complain("torc %s: %s%s %s: expected %s", command->name, option->name ? "--" : "",
		     option->name ? option->name : letter, optarg ? optarg : "", expected);
	return CLI_USAGE;
}

int cli_parse(const struct cli_command *command, int argc, char **argv, void *settings,
	      char ***words)
{
	struct parser parser;
	int found, status;

	parser_build(&parser, command);
	opterr = 0;
	while ((found = getopt_long(argc, argv, parser.letters, parser.longs, NULL)) != -1) {
		const struct cli_option *option;
		size_t base = 0;

		if (found == HELP || found == 'h') {
			cli_print_help(command);
			return -1;
		}
		option = parser_find(&parser, found, &base);
		if (!option)
			return refuse(command, argv, found);
		status = apply(command, option, (char *)settings + base + option->field);
		if (status != CLI_GOOD)
			return status;
	}
	*words = argv + optind;
	if (!command->words && **words)
		return usage(command, "takes no words, but was given", **words);
	return CLI_GOOD;
}
