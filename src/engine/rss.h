/* SPDX-License-Identifier: BSD-3-Clause */
/* rss.h - a network card's receive-side scaling */
#ifndef TORC_ENGINE_RSS_H
#define TORC_ENGINE_RSS_H

#include <torc/base.h>

/*
 * torc_rss_symmetric - both directions of a flow to the same receive queue
 *
 * Nothing to do with one queue. -EOPNOTSUPP where the card does not let its hash key be set, -EPERM
 * without CAP_NET_ADMIN. The key stays after the ring is closed.
 */
int torc_rss_symmetric(const char *interface, struct torc_error *error);

#endif
