/* SPDX-License-Identifier: BSD-3-Clause */
/* main.c - torc: a table of subcommands */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cli.h"
#include "commands.h"
#include "extcap.h"
#include "notify.h"

const struct cli_command *const cli_commands[] = {
	&command_dump,
	&command_count,
	&command_streams,
	&command_flows,
	&command_send,
	&command_bridge,
	&command_rings,
	&command_top,
	&command_devices,
	&command_doctor,
	NULL
};

static int print_version(void)
{
	struct utsname system;

	printf("torc %s (libtorc %s", TORC_VERSION_STRING, torc_version());
	if (uname(&system) == 0)
		printf(", %s %s", system.sysname, system.release);
	printf(")\n");
	return CLI_GOOD;
}

static int print_help_of(const char *name)
{
	const struct cli_command *command = name ? cli_find(name) : NULL;

	if (!name) {
		cli_print_overview(stdout);
		return CLI_GOOD;
	}
	if (!command) {
		cli_complain("torc: there is no command %s; torc --help lists them", name);
		return CLI_USAGE;
	}
	cli_print_help(command);
	return CLI_GOOD;
}

static int run_command(const struct cli_command *command, int argc, char **argv)
{
	void *settings = calloc(1, command->settings_size);
	char **words = NULL;
	int status;

	if (!settings) {
		cli_complain("torc: out of memory");
		return CLI_FAILED;
	}
	status = cli_parse(command, argc, argv, settings, &words);
	if (status == CLI_GOOD)
		status = command->run(settings, words);
	else if (status < 0)
		status = CLI_GOOD;
	free(settings);
	return status;
}

int cli_run(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : NULL;
	const struct cli_command *command;

	if (!word) {
		cli_print_overview(stderr);
		return CLI_USAGE;
	}
	if (strcmp(word, "--version") == 0)
		return print_version();
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0)
		return print_help_of(argv[2]);
	if (strcmp(word, "--completion") == 0)
		return cli_print_completion(argc > 2 ? argv[2] : "");
	command = cli_find(word);
	if (!command) {
		cli_complain("torc: there is no command %s; torc --help lists them", word);
		return CLI_USAGE;
	}
	return run_command(command, argc - 1, argv + 1);
}

/*
 * Standard descriptors that are closed stay unusable: the next file or socket would get their number,
 * and what is printed would go into a capture file.
 */
static void hold_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int main(int argc, char **argv)
{
	int status;

	hold_standard_descriptors();

	/* A reader that went away shows as a failed write, which is not worth a message. */
	signal(SIGPIPE, SIG_IGN);
	notify_open();
	status = cli_expand(&argc, &argv);
	if (status == CLI_GOOD)
		status = extcap_asked(argv) ? extcap_run(argv) : cli_run(argc, argv);
	if (!cli_flush_stdout() && !cli_stdout_gone() && status == CLI_GOOD)
		status = CLI_FAILED;
	cli_expanded_free(argv);
	return status;
}
