/* SPDX-License-Identifier: BSD-3-Clause */
/* change.h - --set, --strip and --fix-checksums: packets changed on their way */
#ifndef TORC_CLI_CHANGE_H
#define TORC_CLI_CHANGE_H

#include <torc/edit.h>

#include "cli.h"

struct change_settings {
	struct cli_list set; /* FIELD=VALUE */
	const char *strip;   /* a layer's name */
	bool finish;         /* --fix-checksums */
};

extern const struct cli_option change_options[];

struct change;

/* *change is NULL where nothing was asked for. What makes no sense is said: CLI_USAGE. */
int change_open(const struct change_settings *settings, struct change **change);
/* Changes packets: they are copies then, borrowed until the next call. False: no memory, which was said. */
bool change_packets(struct change *change, struct torc_packet *packets, unsigned int count);
/* Which packets could not take what, on standard error. */
void change_report(const struct change *change);
void change_close(struct change *change); /* NULL is allowed */

#endif
