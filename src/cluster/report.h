/* SPDX-License-Identifier: BSD-3-Clause */
/* report.h - telling anyone who asks who is in a cluster */
#ifndef TORC_CLUSTER_REPORT_H
#define TORC_CLUSTER_REPORT_H

#include "cluster/table.h"

/* Answer a PEER_QUERY: one message, struct torc_cluster_info and its members. */
void torc_report_send(const struct cluster_table *table, int fd);

#endif
