/* SPDX-License-Identifier: BSD-3-Clause */
/* pf_ring.h - torc rings --pf-ring: what PF_RING's /proc/net/pf_ring would show */
#ifndef TORC_CLI_PF_RING_H
#define TORC_CLI_PF_RING_H

struct if_nameindex;
struct torc_live_list;

/*
 * Prints the files that names (they end with NULL) name, such as "info" or "1234-eth0.1"; all of
 * them under their names when there is none. list: of all rings; interfaces: of this network namespace,
 * or NULL; both borrowed. Returns an exit status.
 */
int cli_print_pf_ring(struct torc_live_list *list, const struct if_nameindex *interfaces, char **names);

#endif
