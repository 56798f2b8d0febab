/* SPDX-License-Identifier: BSD-3-Clause */
/* rates.h - the rings of this machine, and what each did since they were looked at before */
#ifndef TORC_CLI_RATES_H
#define TORC_CLI_RATES_H

#include <torc/live.h>

#include "cli.h"

/* A ring now, and what it did since the picture before. */
struct rate_row {
	struct torc_live_ring ring;
	struct torc_stats stats;
	uint64_t seen_ns;
	double packets, bits, drops; /* a second */
	double share;                /* of its cluster's flows; negative: in none, or not known */
	bool fresh;                  /* it was not in the picture before */
};

struct rate_rows {
	struct rate_row *items;
	size_t count;
};

struct rates {
	struct rate_rows now, then;
};

/* Looks at them; once a second is often enough. 0 or a negative errno. */
int rates_take(struct rates *rates);
void rates_free(struct rates *rates);

#endif
