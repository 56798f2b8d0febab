/* SPDX-License-Identifier: BSD-3-Clause */
/* extcap.h - torc as a capture source of Wireshark */
#ifndef TORC_CLI_EXTCAP_H
#define TORC_CLI_EXTCAP_H

#include <stdbool.h>

/* Is it Wireshark that calls? */
bool extcap_asked(char **argv);
/* Answers it; an exit status. */
int extcap_run(char **argv);

#endif
