/* SPDX-License-Identifier: BSD-3-Clause */
/* change.h - --set, --strip, --anonymize, --fix-checksums and --mtu: packets changed on their way */
#ifndef TORC_CLI_CHANGE_H
#define TORC_CLI_CHANGE_H

#include <torc/edit.h>

#include "cli.h"

struct change_settings {
	struct cli_list set; /* FIELD=VALUE */
	const char *strip;   /* a layer's name */
	const char *anonymize; /* a file with a key */
	bool finish;         /* --fix-checksums */
	uint64_t mtu;
};

extern const struct cli_option change_options[];

struct change;

/* *change is NULL where nothing was asked for. What makes no sense is said: CLI_USAGE. */
int change_open(const struct change_settings *settings, struct change **change);
/*
 * The packets as they are to be, borrowed until the next call: copies, and with --mtu more of them. NULL:
 * no memory, which was said.
 */
struct torc_packet *change_packets(struct change *change, struct torc_packet *packets,
				   unsigned int *count);
/* Which packets could not take what, on standard error. */
void change_report(const struct change *change);
void change_close(struct change *change); /* NULL is allowed */

#endif
