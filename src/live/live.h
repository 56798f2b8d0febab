/* SPDX-License-Identifier: BSD-3-Clause */
/* live.h - publishing a ring; torc/live.h reads what is published */
#ifndef TORC_LIVE_LIVE_H
#define TORC_LIVE_LIVE_H

#include <torc/live.h>

struct torc_live;

/* NULL when nothing can be published here; the ring works all the same. */
struct torc_live *torc_live_publish(uint32_t ring_id);

void torc_live_update(struct torc_live *live, const struct torc_ring_info *info,
		      const struct torc_stats *stats, const char *application_stats,
		      uint64_t poll_calls);

/* NULL is allowed. */
void torc_live_withdraw(struct torc_live *live);

#endif
