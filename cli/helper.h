/* SPDX-License-Identifier: BSD-3-Clause */
/* helper.h - packet sockets from torc-open(8), for --via-helper */
#ifndef TORC_CLI_HELPER_H
#define TORC_CLI_HELPER_H

#include "cli.h"

#define HELPER_SOCKETS_MOST 64

struct helper_sockets {
	int fds[HELPER_SOCKETS_MOST];
	unsigned int count;
};

/*
 * Packet sockets for the interfaces of a device string, and spare ones. They are the caller's. Returns an
 * exit status; what is wrong was said.
 */
int helper_sockets(const char *device, struct helper_sockets *sockets);

#endif
