/* SPDX-License-Identifier: BSD-3-Clause */
/* rings.h - the parts of torc rings */
#ifndef TORC_CLI_RINGS_H
#define TORC_CLI_RINGS_H

#include <torc/cluster.h>
#include <torc/live.h>

#include "cli.h"
#include "privileges.h"

/* Names are other processes' words: a copy in which nothing can steer the terminal, in a buffer of
 * ESCAPED(length). */
const char *rings_printable(const char *text, char *buffer, size_t size);

/* What reads the pages of live rings needs no more; CLI_GOOD or an exit status. port: 0, or to listen on. */
int rings_confine(const struct sandbox_settings *sandbox, uint32_t roles, uint16_t port);

/* The folders where rings tell of themselves; how many. */
enum { RINGS_PATHS_MAX = 4 };
unsigned int rings_paths(const char **paths);
/* Of a ring whose process is stopped: does it hand out the packets of a whole cluster? */
bool rings_hold_up_others(const struct torc_live_ring *ring);
/* A ring as a JSON object but for its last brace. */
void rings_json(FILE *out, const struct torc_live_ring *ring, const struct torc_stats *stats);

/* Clusters, with their members. */
void rings_print_clusters(struct torc_cluster_info *const *clusters, unsigned int count, bool json);

#endif
