/* SPDX-License-Identifier: BSD-3-Clause */
/* inputs.c - the files of -r and -V, as devices for capture_open() */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "inputs.h"

#define AT(member) offsetof(struct input_settings, member)

const struct cli_option input_options[] = {
	{ 'r', "read", "FILE", "read a file (- is standard input); several are merged by time",
	  cli_set_list, AT(files), NULL },
	{ 'V', NULL, "FILE", "read the files whose names are in FILE, a line each", cli_set_text,
	  AT(list), NULL },
	{ 0 },
};

static bool add_input(struct inputs *inputs, const char *path)
{
	char **devices = realloc(inputs->devices, (inputs->count + 2) * sizeof(*devices));

	if (!devices)
		return false;
	inputs->devices = devices;
	devices[inputs->count + 1] = NULL;
	return asprintf(&devices[inputs->count], "pcap:%s", path) > 0 && ++inputs->count;
}

/* The names in the file of -V, a line each. */
static int add_listed(struct inputs *inputs, const char *path)
{
	FILE *list = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	int status = CLI_GOOD;
	char *line = NULL;
	size_t room = 0;

	if (!list) {
		cli_complain("torc: %s: %s", path, strerror(errno));
		return CLI_FAILED;
	}
	while (status == CLI_GOOD && getline(&line, &room, list) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (*line && !add_input(inputs, line))
			status = cli_fail(-ENOMEM, NULL);
	}
	free(line);
	if (list != stdin)
		fclose(list);
	if (status == CLI_GOOD && inputs->count == 0) {
		cli_complain("torc: %s: no file is named in it", path);
		status = CLI_FAILED;
	}
	return status;
}

int inputs_open(struct inputs *inputs, const struct input_settings *settings,
		const struct capture_settings *capture)
{
	*inputs = (struct inputs){ .count = 0 };
	if ((settings->files.count > 0 || settings->list) && capture->interfaces.count > 0) {
		cli_complain("torc: -i and -r exclude each other");
		return CLI_USAGE;
	}
	for (size_t i = 0; i < settings->files.count; i++)
		if (!add_input(inputs, settings->files.items[i]))
			return cli_fail(-ENOMEM, NULL);
	return settings->list ? add_listed(inputs, settings->list) : CLI_GOOD;
}

void inputs_close(struct inputs *inputs)
{
	for (size_t i = 0; i < inputs->count; i++)
		free(inputs->devices[i]);
	free(inputs->devices);
}
