/* SPDX-License-Identifier: BSD-3-Clause */
/* netflow.h - the records of NetFlow version 9 and IPFIX, for people */
#ifndef TORC_CLI_NETFLOW_H
#define TORC_CLI_NETFLOW_H

#include <torc/netflow_templates.h>

/* Prints the records of a packet's messages whose templates are known, and learns those it has. */
void netflow_print(struct torc_netflow_templates *templates, const struct torc_decoded *decoded);

#endif
