/* SPDX-License-Identifier: BSD-3-Clause */
/* privileges.h - what a command gives up before it looks at the first byte from outside */
#ifndef TORC_CLI_PRIVILEGES_H
#define TORC_CLI_PRIVILEGES_H

#include <torc/confine.h>

#include "cli.h"

struct sandbox_settings {
	int mode; /* 0 on, 1 log, 2 off */
	bool verbose; /* say what is in force */
};

extern const struct cli_option sandbox_options[];

/* What the command goes on to do. */
struct privileges {
	const char *user;            /* of -Z: become them for good; NULL: stay who we are */
	uint32_t roles;              /* TORC_CONFINE_ */
	const char *write_path;      /* the file of -w, or a folder; NULL: nothing is written */
	const char *names_path;      /* another file that is written, or NULL */
	const char *const *read_paths;
	const uint16_t *connect_ports; /* NULL: any, with TORC_CONFINE_NETWORK */
	const uint16_t *listen_ports;
	uint64_t keep_capabilities;
	int decodes_for; /* a process that captures for this one, which has no ring; 0: there is none */
	bool apart;      /* another process decodes for this one */
};

/*
 * Becomes the user, and confines the process (torc/confine.h) as --sandbox says. Of the capabilities
 * none is left, but for CAP_DAC_OVERRIDE of root who writes to another user's folder. Returns an exit
 * status.
 */
int privileges_confine(const struct sandbox_settings *settings, const struct privileges *wanted);

/* Does --sandbox confine at all? */
bool privileges_confines(const struct sandbox_settings *settings);

/*
 * Without a sandbox: whoever we are afterwards, no program we start gains anything (no_new_privs), and
 * of the capabilities only those that open rings are left, and CAP_DAC_OVERRIDE when files are
 * written; none with a user. Returns an exit status.
 */
int privileges_drop(const char *user, bool writes);

/* For a helper process that runs commands: as that user, with CAP_DAC_OVERRIDE at most; says nothing. */
bool privileges_drop_helper(const char *user);

#endif
