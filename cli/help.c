/* SPDX-License-Identifier: BSD-3-Clause */
/* help.c - torc --help and torc COMMAND --help, from the tables */
#include <string.h>

#include "cli.h"

enum { COLUMN = 30 };

static void print_option(const struct cli_option *option)
{
	char left[80];
	int width = 0;

	width += snprintf(left, sizeof(left), "  %c%c", option->letter ? '-' : ' ',
			  option->letter ? option->letter : ' ');
	if (option->name)
		width += snprintf(left + width, sizeof(left) - (size_t)width, "%s--%s",
				  option->letter ? ", " : "  ", option->name);
	if (option->value)
		width += snprintf(left + width, sizeof(left) - (size_t)width, " %s", option->value);
	if (width < COLUMN)
		printf("%-*s  %s\n", COLUMN, left, option->help);
	else
		printf("%s\n%-*s  %s\n", left, COLUMN, "", option->help);
}

void cli_print_help(const struct cli_command *command)
{
	const char *bold = cli_colour(stdout, CLI_BOLD);
	const char *plain = cli_colour(stdout, NULL);

	printf("%sUsage:%s torc %s [OPTION]...%s%s\n\n%s\n", bold, plain, command->name,
	       command->words ? " " : "", command->words ? command->words : "", command->about);
	for (const struct cli_group *group = command->groups; group->options; group++) {
		if (group->title)
			printf("\n%s%s%s\n", bold, group->title, plain);
		for (const struct cli_option *option = group->options; option->set; option++)
			print_option(option);
	}
	printf("\n%-*s  %s\n", COLUMN, "  -h, --help", "this text");
	printf("\nSee torc-%s(1).\n", command->name);
}

void cli_print_overview(FILE *stream)
{
	const char *bold = cli_colour(stream, CLI_BOLD);
	const char *plain = cli_colour(stream, NULL);

	fprintf(stream, "%sUsage:%s torc COMMAND [OPTION]...\n\nCommands\n", bold, plain);
	for (const struct cli_command *const *command = cli_commands; *command; command++)
		fprintf(stream, "  %-10s%s\n", (*command)->name, (*command)->summary);
	fprintf(stream, "\n  torc COMMAND --help       the options of one command\n"
			"  torc COMMAND @FILE        the words of a file in its place\n"
			"  torc --completion SHELL   completions for bash, zsh or fish\n"
			"  torc --version\n\n"
			"Exit status: 0 good, 1 failed, 2 usage, 3 a privilege is missing, "
			"4 packets were lost\n(with --fail-on-loss).\n");
}
