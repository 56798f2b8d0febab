/* SPDX-License-Identifier: BSD-3-Clause */
/* rings.h - the parts of torc rings */
#ifndef TORC_CLI_RINGS_H
#define TORC_CLI_RINGS_H

#include "cli.h"

/* Names are other processes' words: a copy in which nothing can steer the terminal, in a buffer of
 * ESCAPED(length). */
const char *rings_printable(const char *text, char *buffer, size_t size);

/* The clusters of this network namespace, with their members; returns an exit status. */
int rings_print_clusters(bool json);

#endif
