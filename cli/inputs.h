/* SPDX-License-Identifier: BSD-3-Clause */
/* inputs.h - the files of -r and -V, which dump and count read instead of a wire */
#ifndef TORC_CLI_INPUTS_H
#define TORC_CLI_INPUTS_H

#include "capture.h"

struct input_settings {
	struct cli_list files;
	const char *list; /* -V: a file of names */
};

extern const struct cli_option input_options[];

/* Device strings for capture_open(). */
struct inputs {
	char **devices; /* NULL-terminated, owned; NULL: none are named, it is a wire */
	size_t count;
};

/* Returns an exit status; inputs_close() either way. */
int inputs_open(struct inputs *inputs, const struct input_settings *settings,
		const struct capture_settings *capture);
void inputs_close(struct inputs *inputs);

#endif
