/* SPDX-License-Identifier: BSD-3-Clause */
/* privileges.h - what a capture gives up once its rings are open and before it opens its output */
#ifndef TORC_CLI_PRIVILEGES_H
#define TORC_CLI_PRIVILEGES_H

#include "cli.h"

/*
 * user      become this user for good; NULL: stay who we are
 * writes    files are going to be written (as root that takes CAP_DAC_OVERRIDE)
 *
 * Whoever we are afterwards, no program we start gains anything (no_new_privs), and of the
 * capabilities only those that open rings are left, none with a user. Returns an exit status.
 */
int privileges_drop(const char *user, bool writes);

#endif
