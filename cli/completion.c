/* SPDX-License-Identifier: BSD-3-Clause */
/* completion.c - torc --completion bash | zsh | fish: completions made from the option tables */
#include <string.h>

#include "cli.h"

/* ---- bash ---- */

static void bash_words(const struct cli_command *command)
{
	printf("\t%s) words='--help", command->name);
	for (const struct cli_group *group = command->groups; group->options; group++)
		for (const struct cli_option *option = group->options; option->set; option++) {
			if (option->letter)
				printf(" -%c", option->letter);
			if (option->name)
				printf(" --%s", option->name);
		}
	printf("' ;;\n");
}

/* What completes the value of an option; NULL: nothing does. */
static const char *bash_values(const struct cli_option *option)
{
	if (strcmp(option->value, "FILE") == 0)
		return "compgen -f -- \"$cur\"";
	if (strcmp(option->value, "DEVICE") == 0)
		return "compgen -W \"any $(ls /sys/class/net)\" -- \"$cur\"";
	if (strcmp(option->value, "USER") == 0)
		return "compgen -u -- \"$cur\"";
	return NULL;
}

static void bash_value(const struct cli_command *command, const struct cli_option *option)
{
	const char *values = bash_values(option);

	printf("\t");
	if (option->letter)
		printf("'%s -%c'", command->name, option->letter);
	if (option->name)
		printf("%s'%s --%s'", option->letter ? " | " : "", command->name, option->name);
	if (option->choices)
		printf(") COMPREPLY=($(compgen -W '%s' -- \"$cur\")); return ;;\n", option->choices);
	else if (values)
		printf(") COMPREPLY=($(%s)); return ;;\n", values);
	else
		printf(") return ;;\n");
}

static void print_bash(void)
{
	const struct cli_command *const *command;

	printf("# bash completion for torc; made by torc --completion bash\n"
	       "_torc()\n{\n"
	       "\tlocal cur=${COMP_WORDS[COMP_CWORD]} words=\n"
	       "\tlocal command=${COMP_WORDS[1]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
	       "\tCOMPREPLY=()\n"
	       "\tif [ \"$COMP_CWORD\" = 1 ]; then\n"
	       "\t\tcommand= words='--help --version");
	for (command = cli_commands; *command; command++)
		printf(" %s", (*command)->name);
	printf("'\n\tfi\n\tcase \"$command $prev\" in\n");
	for (command = cli_commands; *command; command++)
		for (const struct cli_group *group = (*command)->groups; group->options; group++)
			for (const struct cli_option *option = group->options; option->set; option++)
				if (option->value)
					bash_value(*command, option);
	printf("\tesac\n\tcase $command in\n");
	for (command = cli_commands; *command; command++)
		bash_words(*command);
	printf("\tesac\n\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\n"
	       "complete -F _torc torc\n");
}

/* ---- zsh ---- */

/* Inside '...' and _arguments brackets. */
static void zsh_text(const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			printf("'\\''");
		else if (strchr("[]:\\", *text))
			printf("\\%c", *text);
		else
			putchar(*text);
	}
}

static void zsh_value(const struct cli_option *option)
{
	if (!option->value)
		return;
	printf(":%s:", option->value[0] == 'I' && option->value[1] == 'D' ? "ID" : option->value);
	if (option->choices)
		printf("(%s)", option->choices);
	else if (strcmp(option->value, "FILE") == 0)
		printf("_files");
	else if (strcmp(option->value, "DEVICE") == 0)
		printf("_net_interfaces");
	else if (strcmp(option->value, "USER") == 0)
		printf("_users");
	else
		printf(" ");
}

/* One name of an option; an option may be repeated, so neither name hides the other. */
static void zsh_name(const struct cli_option *option, const char *dashes, const char *name)
{
	printf(" \\\n\t\t\t'*%s%s%s[", dashes, name,
	       !option->value ? "" : dashes[1] ? "=" : "+");
	zsh_text(option->help);
	printf("]");
	zsh_value(option);
	printf("'");
}

static void zsh_option(const struct cli_option *option)
{
	char letter[2] = { option->letter, 0 };

	if (option->letter)
		zsh_name(option, "-", letter);
	if (option->name)
		zsh_name(option, "--", option->name);
}

static void print_zsh(void)
{
	const struct cli_command *const *command;

	printf("#compdef torc\n# zsh completion for torc; made by torc --completion zsh\n"
	       "_torc()\n{\n\tlocal -a commands=(");
	for (command = cli_commands; *command; command++) {
		printf("\n\t\t'%s:", (*command)->name);
		zsh_text((*command)->summary);
		printf("'");
	}
	printf("\n\t)\n\tif ((CURRENT == 2)); then\n\t\t_describe command commands\n\t\treturn\n\tfi\n"
	       "\tshift words\n\t((CURRENT--))\n\tcase $words[1] in\n");
	for (command = cli_commands; *command; command++) {
		printf("\t%s)\n\t\t_arguments -s '--help[this text]'", (*command)->name);
		for (const struct cli_group *group = (*command)->groups; group->options; group++)
			for (const struct cli_option *option = group->options; option->set; option++)
				zsh_option(option);
		printf("\n\t\t;;\n");
	}
	printf("\tesac\n}\n_torc \"$@\"\n");
}

/* ---- fish ---- */

/* In '...' */
static void fish_text(const char *text)
{
	putchar('\'');
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
	putchar('\'');
}

static void fish_value(const struct cli_option *option)
{
	if (!option->value)
		return;
	printf(strcmp(option->value, "FILE") == 0 ? " -r -F" : " -x");
	if (option->choices)
		printf(" -a '%s'", option->choices);
	else if (strcmp(option->value, "DEVICE") == 0)
		printf(" -a 'any (__fish_print_interfaces)'");
	else if (strcmp(option->value, "USER") == 0)
		printf(" -a '(__fish_complete_users)'");
}

static void fish_option(const struct cli_command *command, const struct cli_option *option)
{
	printf("complete -c torc -n '__fish_seen_subcommand_from %s'", command->name);
	if (option->letter)
		printf(" -s '%c'", option->letter);
	if (option->name)
		printf(" -l %s", option->name);
	fish_value(option);
	printf(" -d ");
	fish_text(option->help);
	printf("\n");
}

static void print_fish(void)
{
	const struct cli_command *const *command;

	printf("# fish completion for torc; made by torc --completion fish\n"
	       "complete -c torc -n __fish_use_subcommand -f\n");
	for (command = cli_commands; *command; command++) {
		printf("complete -c torc -n __fish_use_subcommand -f -a %s -d ", (*command)->name);
		fish_text((*command)->summary);
		printf("\n");
	}
	for (command = cli_commands; *command; command++) {
		printf("complete -c torc -n '__fish_seen_subcommand_from %s' -l help -d 'this text'\n",
		       (*command)->name);
		for (const struct cli_group *group = (*command)->groups; group->options; group++)
			for (const struct cli_option *option = group->options; option->set; option++)
				fish_option(*command, option);
	}
}

int cli_print_completion(const char *shell)
{
	if (strcmp(shell, "bash") == 0)
		print_bash();
	else if (strcmp(shell, "zsh") == 0)
		print_zsh();
	else if (strcmp(shell, "fish") == 0)
		print_fish();
	else {
		cli_complain("torc: --completion: expected bash, zsh or fish");
		return CLI_USAGE;
	}
	return CLI_GOOD;
}
